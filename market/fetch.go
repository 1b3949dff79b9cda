package market

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
)

// position of a header.
func position(h *node.Header) Position {
	return Position{Number: h.Number, Hash: h.Hash, Time: h.Time}
}

// dense reads every block of a stretch: headers first, which must link, then the logs of
// those whose proved bloom does not rule ours out, by block hash; at last it makes sure
// that the stretch is still canonical.
func (f *Follower) dense(ctx context.Context, n *node.Node, from, to uint64, at Position, linked bool) ([]Block, error) {
	numbers := make([]uint64, 0, to-from+1)
	for number := from; number <= to; number++ {
		numbers = append(numbers, number)
	}
	hs, err := n.Headers(ctx, numbers)
	if err != nil {
		return nil, err
	}
	blocks := make([]Block, len(hs))
	var maybe []common.Hash
	for i, h := range hs {
		if i > 0 && h.Parent != hs[i-1].Hash || i == 0 && linked && h.Parent != at.Hash {
			return nil, errUnlinked
		}
		if err := f.honest(n, h); err != nil {
			return nil, err
		}
		blocks[i] = Block{Position: position(h), Parent: h.Parent}
		if !f.nodes.Trusted(h) || types.BloomLookup(h.Bloom, f.cfg.Market) {
			maybe = append(maybe, h.Hash)
		}
	}
	found, err := n.LogsOf(ctx, f.cfg.Market, maybe)
	if err != nil {
		return nil, err
	}
	for i, h := range hs {
		if !slices.Contains(maybe, h.Hash) {
			continue
		}
		logs, err := f.whole(ctx, n, h, found[h.Hash])
		if err != nil {
			return nil, err
		}
		if err := blocks[i].fill(logs); err != nil {
			return nil, err
		}
	}
	return blocks, f.still(ctx, n, hs[len(hs)-1])
}

// honest looks whether a header is what its hash says. One that is not accuses its node;
// if there is no other, its logs are asked for whatever its bloom says.
func (f *Follower) honest(n *node.Node, h *node.Header) error {
	if !f.nodes.False(h) {
		return nil
	}
	n.Accuse(node.Untrue, fmt.Sprintf("its header of block %d is not the one of that hash", h.Number))
	if len(f.nodes.Right(n)) > 0 {
		return fmt.Errorf("block %d: %w", h.Number, errUnlinked)
	}
	return nil
}

// still makes sure that a block is canonical after its logs were read: nodes answer for
// orphaned blocks too.
func (f *Follower) still(ctx context.Context, n *node.Node, last *node.Header) error {
	again, err := n.Header(ctx, hexutil.EncodeUint64(last.Number))
	if err != nil {
		return err
	}
	if again.Hash != last.Hash {
		return errUnlinked
	}
	return nil
}

// fill decodes the logs of a block.
func (b *Block) fill(logs []types.Log) error {
	b.Logs = node.Digest(logs)
	b.Events = nil
	for _, l := range logs {
		ev, ok, err := Decode(l)
		if err != nil {
			return err
		}
		if ok {
			b.Events = append(b.Events, ev)
		}
	}
	return nil
}

// whole makes sure that a node gave all logs of a block. What the block's receipts prove
// counts, whoever gave them. Where nothing proves it, logs of another node, or receipts
// that show more, keep the block from being folded.
func (f *Follower) whole(ctx context.Context, n *node.Node, h *node.Header, logs []types.Log) ([]types.Log, error) {
	if len(logs) == 0 {
		switch m, found := f.another(ctx, n, h.Hash); {
		case len(found) > 0:
			return f.truth(ctx, h.Number, n, m, logs, found)
		case m != nil:
			return nil, nil // the bloom promised somebody else's, or nothing promised any
		case f.nodes.False(h): // it lies, and there is nobody else: what its receipts hold counts
		case !f.nodes.Trusted(h):
			return nil, nil
		}
	}
	all, proved, err := f.nodes.Prove(ctx, h, f.cfg.Market)
	switch {
	case proved:
		if node.Digest(all) != node.Digest(logs) {
			n.Accuse(node.Untrue, fmt.Sprintf("its logs of block %d are not those its receipts prove", h.Number))
		}
		return all, nil
	case err == nil && len(all) != len(logs):
		n.Accuse(node.Untrue, fmt.Sprintf("its logs of block %d are fewer than in its receipts", h.Number))
		return nil, errHidesLogs
	case err != nil && len(logs) == 0 && f.nodes.False(h):
		return nil, errFalse
	}
	return logs, nil
}

// another asks another node for the logs of a block; m is nil if none could say.
func (f *Follower) another(ctx context.Context, n *node.Node, block common.Hash) (m *node.Node, logs []types.Log) {
	for _, m := range f.nodes.Right(n) {
		found, err := m.LogsOf(ctx, f.cfg.Market, []common.Hash{block})
		if err == nil {
			return m, found[block]
		}
	}
	return nil, nil
}

// sparse reads a stretch below the finalized block: all logs of it, and the headers of its
// last block and of those with logs. Another node is asked for the same logs.
func (f *Follower) sparse(ctx context.Context, n *node.Node, from, to uint64, at Position, linked bool) ([]Block, error) {
	byBlock, done, compared, err := f.agreed(ctx, n, from, to)
	if err != nil {
		return nil, err
	}
	numbers := []uint64{done}
	for number := range byBlock {
		if number != done {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	hs, err := n.Headers(ctx, numbers)
	if err != nil {
		return nil, err
	}
	blocks := make([]Block, len(hs))
	parent := at.Hash
	if !linked {
		parent = hs[0].Parent
	}
	for i, h := range hs {
		if err := f.honest(n, h); err != nil {
			return nil, err
		}
		if !compared && f.nodes.False(h) {
			return nil, errFalse // it is accused now: the next step looks at each block
		}
		logs := byBlock[h.Number]
		for _, l := range logs {
			if l.BlockHash != h.Hash {
				return nil, errUnlinked
			}
		}
		if !compared && len(logs) > 0 {
			if logs, err = f.whole(ctx, n, h, logs); err != nil {
				return nil, err
			}
		}
		blocks[i] = Block{Position: position(h), Parent: parent}
		parent = h.Hash
		if err := blocks[i].fill(logs); err != nil {
			return nil, err
		}
	}
	return blocks, f.still(ctx, n, hs[len(hs)-1])
}

// agreed reads the logs of a stretch from a node and from another one, and settles where
// they differ. compared is false if no other node could be asked.
func (f *Follower) agreed(ctx context.Context, n *node.Node, from, to uint64) (byBlock map[uint64][]types.Log, done uint64, compared bool, err error) {
	others := f.nodes.Right(n)
	var theirs []types.Log
	var theirDone uint64
	var theirErr error
	var wg sync.WaitGroup
	if len(others) > 0 {
		wg.Go(func() { theirs, theirDone, theirErr = others[0].Between(ctx, f.cfg.Market, from, to) })
	}
	ours, done, err := n.Between(ctx, f.cfg.Market, from, to)
	wg.Wait()
	if err != nil {
		return nil, 0, false, err
	}
	byBlock = perBlock(ours, done)
	if len(others) == 0 || theirErr != nil {
		return byBlock, done, false, nil
	}
	done = min(done, theirDone)
	byBlock = perBlock(ours, done)
	second := perBlock(theirs, done)
	for _, number := range differing(byBlock, second) {
		truth, err := f.truth(ctx, number, n, others[0], byBlock[number], second[number])
		if err != nil {
			return nil, 0, false, err
		}
		if byBlock[number] = truth; len(truth) == 0 {
			delete(byBlock, number)
		}
	}
	return byBlock, done, true, nil
}

func perBlock(logs []types.Log, upTo uint64) map[uint64][]types.Log {
	m := map[uint64][]types.Log{}
	for _, l := range logs {
		if l.BlockNumber <= upTo {
			m[l.BlockNumber] = append(m[l.BlockNumber], l)
		}
	}
	return m
}

// differing lists the blocks where two nodes give other logs.
func differing(a, b map[uint64][]types.Log) []uint64 {
	var all []uint64
	for number := range a {
		if node.Digest(a[number]) != node.Digest(b[number]) {
			all = append(all, number)
		}
	}
	for number := range b {
		if len(a[number]) == 0 {
			all = append(all, number)
		}
	}
	slices.Sort(all)
	return all
}

// truth settles which of two nodes gives the logs of a finalized block: the block's
// receipts prove it, or both nodes' receipts of the transactions in question say the same.
func (f *Follower) truth(ctx context.Context, number uint64, n, m *node.Node, ours, theirs []types.Log) ([]types.Log, error) {
	h, err := n.Header(ctx, hexutil.EncodeUint64(number))
	if err != nil {
		return nil, err
	}
	logs, proved, err := f.nodes.Prove(ctx, h, f.cfg.Market)
	if ctx.Err() != nil {
		return nil, err
	}
	if !proved {
		logs, proved = f.testify(ctx, h, n, m, append(slices.Clone(ours), theirs...))
	}
	if !proved {
		text := fmt.Sprintf("it gives %d logs of block %d, %s gives %d", len(theirs), number, n.Name(), len(ours))
		m.Accuse(node.Differing, text)
		f.log.Warn("two nodes give different logs and nothing proves which are right", "block", number, "node", n.Name(), "logs", len(ours), "other", m.Name(), "other_logs", len(theirs))
		return nil, errDiffer
	}
	for _, one := range []struct {
		who  *node.Node
		gave []types.Log
	}{{n, ours}, {m, theirs}} {
		if node.Digest(one.gave) != node.Digest(logs) {
			one.who.Accuse(node.Untrue, fmt.Sprintf("its logs of block %d are not those of the block (%d of %d)", number, len(one.gave), len(logs)))
		}
	}
	return logs, nil
}

// testify asks both nodes for the receipts of the transactions in question. agreed is true
// if they say the same: then the one whose logs differ contradicts itself.
func (f *Follower) testify(ctx context.Context, h *node.Header, n, m *node.Node, in []types.Log) (logs []types.Log, agreed bool) {
	txs := map[common.Hash]bool{}
	for _, l := range in {
		txs[l.TxHash] = true
	}
	said := make([][]types.Log, 2)
	for i, who := range []*node.Node{n, m} {
		for tx := range txs {
			receipt, err := who.Receipt(ctx, tx)
			if err != nil || receipt.BlockHash != h.Hash {
				return nil, false
			}
			for _, l := range receipt.Logs {
				if l.Address == f.cfg.Market {
					said[i] = append(said[i], *l)
				}
			}
		}
	}
	return said[0], node.Digest(said[0]) == node.Digest(said[1])
}

// Second looks are no hurry: blocks they cover can still be unwound.
const (
	secondLookEach = 5 * time.Second
	secondLookWait = 512 // finalized blocks that wait for another node to be right again
)

// secondLook compares the logs of finalized blocks that were folded from one node with
// another node's. If the book lacks what is proved, it goes back before that: again.
func (f *Follower) secondLook(ctx context.Context, n *node.Node, at Position, final uint64) (again bool, err error) {
	f.mu.Lock()
	checked := f.status.Checked
	f.mu.Unlock()
	if checked == 0 {
		if checked, err = f.lowest(at); err != nil {
			return false, err
		}
	}
	upTo := min(final, at.Number)
	others := f.nodes.Right(n)
	switch {
	case upTo <= checked:
		upTo = checked
	case len(f.nodes.Nodes()) == 1 || len(others) == 0 && upTo-checked > secondLookWait:
	case len(others) == 0 || time.Since(f.looked) < secondLookEach:
		upTo = checked
	default:
		f.looked = time.Now()
		logs, done, err := others[0].Between(ctx, f.cfg.Market, checked+1, upTo)
		if err != nil {
			return false, nil // the other node's trouble
		}
		upTo = done
		bad, err := f.compare(ctx, n, others[0], checked+1, upTo, perBlock(logs, done))
		switch {
		case errors.Is(err, errDiffer):
			return false, nil // named, and not called checked
		case err != nil:
			return false, err
		case bad != nil:
			return true, f.refold(bad)
		}
	}
	f.mu.Lock()
	f.status.Checked = upTo
	f.mu.Unlock()
	return false, nil
}

// lowest is the oldest folded block that can still be unwound: what is below was compared
// before the bridge was started.
func (f *Follower) lowest(at Position) (uint64, error) {
	number := at.Number
	for number > 0 {
		_, ok, err := f.book.At(number - 1)
		if err != nil {
			return 0, &bookError{err}
		}
		if !ok {
			break
		}
		number--
	}
	return number, nil
}

// compare finds the first block where the book differs from what is proved.
func (f *Follower) compare(ctx context.Context, n, m *node.Node, from, to uint64, theirs map[uint64][]types.Log) (bad *Folded, err error) {
	for number := from; number <= to; number++ {
		b, ok, err := f.book.At(number)
		if err != nil {
			return nil, &bookError{err}
		}
		if !ok || b.Logs == node.Digest(theirs[number]) {
			continue
		}
		found, err := n.LogsOf(ctx, f.cfg.Market, []common.Hash{b.Hash})
		if err != nil {
			return nil, err
		}
		truth, err := f.truth(ctx, number, n, m, found[b.Hash], theirs[number])
		if err != nil {
			return nil, err
		}
		if node.Digest(truth) != b.Logs {
			return &b, nil
		}
	}
	return nil, nil
}

// refold goes back to before a block whose logs were not all folded.
func (f *Follower) refold(bad *Folded) error {
	before, ok, err := f.book.At(bad.Number - 1)
	if err != nil || !ok {
		return &bookError{fmt.Errorf("block %d lacks events and cannot be unwound any more: %w", bad.Number, err)}
	}
	f.log.Warn("a node hid events of the market: its blocks are folded again", "block", bad.Number)
	return f.rewind(before.Position)
}
