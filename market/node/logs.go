package node

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

// ErrForeignLog says that a node gives logs that were not asked for.
var ErrForeignLog = errors.New("it gives logs that were not asked for")

// How many logs Between gathers, and how long, before it stops: a book takes them in parts.
const (
	logsPart = 20_000
	timePart = 5 * time.Second
)

// filter is what of a contract's logs is asked for.
type filter struct {
	addresses []common.Address
	topics    [][]common.Hash
}

func (f filter) params(from, to uint64) []any {
	q := map[string]any{"fromBlock": hexutil.EncodeUint64(from), "toBlock": hexutil.EncodeUint64(to)}
	if len(f.addresses) == 1 {
		q["address"] = f.addresses[0] // some nodes take no list
	} else if len(f.addresses) > 1 {
		q["address"] = f.addresses
	}
	if len(f.topics) > 0 {
		topics := make([]any, len(f.topics))
		for i, alternatives := range f.topics {
			if len(alternatives) > 0 {
				topics[i] = alternatives
			}
		}
		q["topics"] = topics
	}
	return []any{q}
}

func (f filter) fits(l *types.Log, from, to uint64) bool {
	if l.Removed || l.BlockNumber < from || l.BlockNumber > to || len(f.addresses) > 0 && !slices.Contains(f.addresses, l.Address) {
		return false
	}
	for i, alternatives := range f.topics {
		if len(alternatives) > 0 && (i >= len(l.Topics) || !slices.Contains(alternatives, l.Topics[i])) {
			return false
		}
	}
	return true
}

// logs makes one eth_getLogs.
func (n *Node) logs(ctx context.Context, f filter, from, to uint64) ([]types.Log, error) {
	var all []types.Log
	err := n.call(ctx, logsMethod, f.params(from, to), func(s *stream) error {
		all = nil
		err := s.list(logMax, func() error {
			var l types.Log
			if err := s.dec.Decode(&l); err != nil {
				return err
			}
			if !f.fits(&l, from, to) {
				return ErrForeignLog
			}
			all = append(all, l)
			return nil
		})
		if errors.Is(err, errNull) { // so some nodes say that there are none
			return nil
		}
		return err
	})
	return all, err
}

// LogsOf reads one contract's logs of these blocks, by their hashes. A block the node does
// not have is an error.
func (n *Node) LogsOf(ctx context.Context, contract common.Address, blocks []common.Hash) (map[common.Hash][]types.Log, error) {
	found := make(map[common.Hash][]types.Log, len(blocks))
	params := make([][]any, len(blocks))
	for i, b := range blocks {
		params[i] = []any{map[string]any{"blockHash": b, "address": contract}}
	}
	err := n.many(ctx, logsMethod, params, func(i int, raw json.RawMessage, err error) error {
		if err != nil {
			return err
		}
		var logs []types.Log
		if err := json.Unmarshal(raw, &logs); err != nil {
			return err
		}
		for _, l := range logs {
			if l.BlockHash != blocks[i] || l.Address != contract || l.Removed {
				return ErrForeignLog
			}
		}
		if len(logs) > 0 {
			found[blocks[i]] = logs
		}
		return nil
	})
	return found, err
}

// Between reads one contract's logs of the blocks from from to to, both included, in as
// many requests as the node's limits make it. It stops early when it has gathered many, or
// has taken long: done is the last block it covered.
func (n *Node) Between(ctx context.Context, contract common.Address, from, to uint64) (logs []types.Log, done uint64, err error) {
	return n.between(ctx, filter{addresses: []common.Address{contract}}, from, to)
}

// gathering is a range being read by several requests at once.
type gathering struct {
	n     *Node
	from  uint64
	until time.Time

	mu    sync.Mutex
	free  sync.Cond // something was read, or given back
	at    uint64    // the next block nobody reads yet
	to    uint64
	back  []stretch // what was refused in one piece
	busy  int
	parts map[uint64]part // by first block
	count int
}

// stretch is blocks from a to b, both included.
type stretch struct{ a, b uint64 }

type part struct {
	to   uint64
	logs []types.Log
}

// take gives the next blocks to read; more is false when there are none left for anybody.
func (g *gathering) take(ctx context.Context) (s stretch, more bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for ctx.Err() == nil {
		span := g.n.spans.next()
		switch {
		case g.over():
			return s, false
		case len(g.back) > 0:
			slices.SortFunc(g.back, func(x, y stretch) int { return cmp.Compare(x.a, y.a) })
			if s = g.back[0]; s.b-s.a >= span {
				s.b = s.a + span - 1
				g.back[0].a = s.b + 1
			} else {
				g.back = g.back[1:]
			}
		case g.at <= g.to && g.count < logsPart:
			s = stretch{g.at, min(g.to, g.at+span-1)}
			g.at = s.b + 1
		case g.busy == 0:
			return s, false
		default:
			g.free.Wait()
			continue
		}
		g.busy++
		return s, true
	}
	return s, false
}

// over tells that the time is up and something is there to show for it.
func (g *gathering) over() bool {
	_, begun := g.parts[g.from]
	return begun && time.Now().After(g.until)
}

// done takes over what was read of a stretch, or takes it back.
func (g *gathering) done(s stretch, logs []types.Log, read bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.busy--; read {
		g.parts[s.a] = part{s.b, logs}
		g.count += len(logs)
	} else {
		g.back = append(g.back, s)
	}
	g.free.Broadcast()
}

// between reads a range by several requests at once.
func (n *Node) between(ctx context.Context, f filter, from, to uint64) ([]types.Log, uint64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	g := &gathering{n: n, from: from, until: time.Now().Add(timePart), at: from, to: to, parts: map[uint64]part{}}
	g.free.L = &g.mu
	defer context.AfterFunc(ctx, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.free.Broadcast()
	})()
	var wg sync.WaitGroup
	for range parallel {
		wg.Go(func() {
			for tries := 0; ; {
				s, more := g.take(ctx)
				if !more {
					return
				}
				blocks := s.b - s.a + 1
				logs, err := n.logs(ctx, f, s.a, s.b)
				if err == nil {
					tries = 0
					n.spans.taken(blocks)
				} else if !n.narrower(err, blocks) && !n.again(err, &tries) {
					cancel(err)
				}
				g.done(s, logs, err == nil)
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, 0, err
	}
	logs := make([]types.Log, 0, g.count)
	next := from
	for p, ok := g.parts[next]; ok; p, ok = g.parts[next] {
		logs, next = append(logs, p.logs...), p.to+1
	}
	slices.SortStableFunc(logs, func(a, b types.Log) int {
		return cmp.Or(cmp.Compare(a.BlockNumber, b.BlockNumber), cmp.Compare(a.Index, b.Index))
	})
	return logs, next - 1, nil
}

// narrower tells whether a range that failed is worth asking for in smaller ones.
func (n *Node) narrower(err error, blocks uint64) bool {
	if v, ok := verdictOf(err); !ok || v != Narrower {
		if errors.Is(err, context.DeadlineExceeded) && ok { // next time less, from whoever is asked then
			n.spans.refused(blocks)
		}
		return false
	}
	if errors.Is(err, errTooLarge) { // each try costs as much as an answer may have
		return n.spans.refused(max(min(blocks, 2), blocks/4))
	}
	return n.spans.refused(blocks)
}

// FilterLogs reads logs of a range of blocks however long, in as many requests as it
// takes; it goes on with the next node where one fails. Without ToBlock it reads up to the
// head.
func (c *Client) FilterLogs(ctx context.Context, q ethereum.FilterQuery) ([]types.Log, error) {
	f := filter{q.Addresses, q.Topics}
	if q.BlockHash != nil {
		return ask(ctx, c, func(ctx context.Context, n *Node) ([]types.Log, error) { return n.logsOfBlock(ctx, f, *q.BlockHash) })
	}
	from := uint64(0)
	if q.FromBlock != nil && q.FromBlock.Sign() > 0 {
		from = q.FromBlock.Uint64()
	}
	head, err := ask(ctx, c, func(ctx context.Context, n *Node) (*Header, error) { return n.Header(ctx, "latest") })
	if err != nil {
		return nil, err
	}
	to := head.Number
	if q.ToBlock != nil && q.ToBlock.Sign() >= 0 {
		to = min(to, q.ToBlock.Uint64())
	}
	all, tries := []types.Log{}, 0
	for first := from; from <= to; {
		p, err := ask(ctx, c, func(ctx context.Context, n *Node) (part, error) {
			logs, done, err := n.between(ctx, f, from, min(to, from+n.Reach()-1))
			return part{done, logs}, err
		})
		switch tries++; {
		case err == nil:
			all, from, tries = append(all, p.logs...), p.to+1, 0
		case from == first || tries == triesMax || wait(ctx, time.Duration(tries)*2*time.Second) != nil:
			return nil, fmt.Errorf("read the logs of blocks %d to %d: %w", from, to, err)
		}
	}
	return all, nil
}

// triesMax is how often a long reading that has come some way is taken up again.
const triesMax = 5

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

func (n *Node) logsOfBlock(ctx context.Context, f filter, block common.Hash) ([]types.Log, error) {
	q := f.params(0, 0)[0].(map[string]any)
	delete(q, "fromBlock")
	delete(q, "toBlock")
	q["blockHash"] = block
	var logs []types.Log
	err := n.get(ctx, &logs, logsMethod, q)
	return logs, err
}

// SubscribeFilterLogs is there because generated bindings ask for it: nothing subscribes.
func (c *Client) SubscribeFilterLogs(context.Context, ethereum.FilterQuery, chan<- types.Log) (ethereum.Subscription, error) {
	return nil, errors.New("bug: logs are polled, not subscribed to")
}

// Digest is a hash over logs of one block: two nodes that give the same logs give the same
// digest. It is zero for none.
func Digest(logs []types.Log) (d common.Hash) {
	if len(logs) == 0 {
		return d
	}
	sorted := slices.Clone(logs)
	slices.SortFunc(sorted, func(a, b types.Log) int { return cmp.Compare(a.Index, b.Index) })
	h := crypto.NewKeccakState()
	word := func(v uint64) { _, _ = h.Write(binary.BigEndian.AppendUint64(nil, v)) } // a hash takes everything
	for _, l := range sorted {
		word(uint64(l.Index))
		_, _ = h.Write(l.TxHash[:])
		_, _ = h.Write(l.Address[:])
		word(uint64(len(l.Topics)))
		for _, t := range l.Topics {
			_, _ = h.Write(t[:])
		}
		word(uint64(len(l.Data)))
		_, _ = h.Write(l.Data)
	}
	_, _ = h.Read(d[:])
	return d
}

// Finalized is go-ethereum's number for the newest finalized block.
const Finalized = -3

func hexBlock(number *big.Int) string {
	if number == nil {
		return "latest"
	}
	switch {
	case number.Sign() >= 0:
		return hexutil.EncodeBig(number)
	case number.Cmp(big.NewInt(Finalized)) == 0:
		return "finalized"
	case number.Cmp(big.NewInt(-4)) == 0:
		return "safe"
	case number.Cmp(big.NewInt(-1)) == 0:
		return "pending"
	}
	return "latest"
}
