package market

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// Book is where the follower keeps what it folded. Each write is atomic and
// durable when it returns; ErrNoRoom says that it cannot be made now.
type Book interface {
	// Head is the newest folded block; ok is false for an empty book.
	Head() (p Position, ok bool, err error)
	// At gives a folded block, as far back as a reorg may reach.
	At(number uint64) (f Folded, ok bool, err error)
	// Advance folds blocks that follow Head in order. At or below finalized blocks may
	// be left out, and need not be unwound any more.
	Advance(blocks []Block, finalized uint64) error
	// Rewind takes back every block above to.
	Rewind(to Position) error
}

// ErrNoRoom is a book's that has no room on its volume now, and works on when it has.
var ErrNoRoom = errors.New("the ledger has no room: free space on the volume of data_dir, or raise ledger.max_size; it goes on by itself")

// ErrDeepReorg ends a follower when every node contradicts what cannot be unwound.
var ErrDeepReorg = errors.New("the chain was reorganised below its finalized block, deeper than the ledger can unwind: if this is the chain you mean (look at chain.rpc), run `dbdao-bridge refold -c FILE` and start the bridge again: it folds the chain again, and keeps receipts, parcels, bodies and transactions")

// FollowerConfig says what to follow.
type FollowerConfig struct {
	Market  common.Address
	Start   uint64        // block of the deployment
	Poll    time.Duration // time between looks at the head; default 2 s
	Heard   func(head Position, by time.Time)
	InStep  func(head Position) // the book is folded up to a node's head
	Folded  func()              // after every change of the book
	Rewound func()              // before that, when blocks were taken back
}

// FollowerStatus is what `status` shows of the chain.
type FollowerStatus struct {
	Head      Position      `json:"head"`
	Finalized uint64        `json:"finalized"`
	Checked   uint64        `json:"checked"` // up to this block a second node gave the same logs, or there is none
	Reorgs    int           `json:"reorgs"`
	Progress  *Progress     `json:"progress,omitempty"` // while the head is far away
	Nodes     []node.Status `json:"nodes"`
}

// Progress is how a long fold goes on.
type Progress struct {
	Block  uint64    `json:"block"`             // folded so far
	Head   uint64    `json:"head"`              // of the chain
	Rate   float64   `json:"blocks_per_second"` // since it began
	Ready  time.Time `json:"ready"`             // when it will be done at this rate
	began  time.Time
	from   uint64
	logged time.Time
}

// Follower polls Ethereum nodes and keeps a book in step with the chain. All
// headers and logs of one step come from one node.
type Follower struct {
	cfg   FollowerConfig
	nodes *node.Client
	book  Book
	log   *slog.Logger

	final   finality
	looked  time.Time // when blocks were last compared with another node's
	doubted time.Time // since when one node alone contradicts the book
	patient time.Time // until then a step may take as long as it takes

	mu     sync.Mutex
	status FollowerStatus
}

// finality is the newest finalized block as a node gave it.
type finality struct {
	number uint64
	node   string
	by     time.Time
}

const (
	// anchorBlocks are folded before the deployment, so that a reorg of the deployment
	// itself has an ancestor to go back to.
	anchorBlocks = 64

	denseMax    = 512             // blocks of one step above the finalized one
	far         = 1_000           // blocks to the head from which on progress is told
	finalityAge = 4 * time.Second // how long a node's word on finality is good
	doubtFor    = 30 * time.Second

	stepMost = 6 * time.Second // of one step near the head, if there is another node
	lateFor  = time.Minute     // a node that took longer is asked after the others
)

// NewFollower prepares a follower; it asks the nodes in Run.
func NewFollower(cfg FollowerConfig, nodes *node.Client, book Book, log *slog.Logger) *Follower {
	cfg.Poll = cmp.Or(cfg.Poll, 2*time.Second)
	f := &Follower{cfg: cfg, nodes: nodes, book: book, log: log.With("component", "follower")}
	nodes.Anchor(f.folded)
	return f
}

// folded gives the newest folded block up to a height, as far as the book knows.
func (f *Follower) folded(upTo uint64) (number uint64, hash common.Hash, ok bool) {
	at, ok, err := f.book.Head()
	if err != nil || !ok {
		return 0, hash, false
	}
	if at.Number <= upTo {
		return at.Number, at.Hash, true
	}
	b, ok, err := f.book.At(upTo)
	return upTo, b.Hash, ok && err == nil
}

// Status is safe to call at any time.
func (f *Follower) Status() FollowerStatus {
	f.mu.Lock()
	s := f.status
	if s.Progress != nil {
		p := *s.Progress
		s.Progress = &p
	}
	f.mu.Unlock()
	for _, n := range f.nodes.Nodes() {
		s.Nodes = append(s.Nodes, n.Status())
	}
	return s
}

// Run follows until ctx ends; it returns an error only when going on would be
// wrong (ErrDeepReorg, or a book that fails). A book without room is tried again.
func (f *Follower) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		more, err := f.round(ctx)
		if err != nil {
			return err
		}
		if more {
			timer.Reset(0)
		} else {
			timer.Reset(f.cfg.Poll)
		}
	}
}

// round asks the nodes in order until one answers. more: the head is not reached yet.
func (f *Follower) round(ctx context.Context) (more bool, err error) {
	order := f.nodes.Order()
	contradicted, late := 0, false
	for _, n := range order {
		more, err = f.within(ctx, n, len(order) > 1)
		var fatal *bookError
		switch {
		case err == nil:
			return more, nil
		case errors.Is(err, ErrNoRoom): // the same blocks come again in the next round
			return false, nil
		case errors.As(err, &fatal):
			return false, fatal.err
		case ctx.Err() != nil:
			return false, nil
		case errors.Is(err, ErrDeepReorg):
			contradicted++
			n.Accuse(node.Forked, err.Error())
		case errors.Is(err, errBehind):
			n.Accuse(node.Behind, err.Error())
		}
		if late = late || errors.Is(err, errSlow); errors.Is(err, errSlow) {
			n.Late(lateFor)
		}
		f.log.Debug("a node could not be followed", "node", n.Name(), "err", err)
		n.Doubt() // look again at who it is before it is trusted
	}
	if late { // nobody is quicker
		f.patient = time.Now().Add(lateFor)
	}
	if contradicted > 0 && contradicted == len(order) {
		return false, ErrDeepReorg
	}
	return false, nil
}

// within takes one step with a node. Where others could be asked, a step near the head has a
// deadline: many answers that are each in time make a slow node all the same.
func (f *Follower) within(ctx context.Context, n *node.Node, others bool) (more bool, err error) {
	if others && time.Now().After(f.patient) && !f.catchingUp() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, stepMost, errSlow)
		defer cancel()
	}
	if err = n.Identify(ctx); err == nil {
		more, err = f.step(ctx, n)
	}
	if err != nil && errors.Is(context.Cause(ctx), errSlow) {
		err = fmt.Errorf("%w (%w)", errSlow, err)
	}
	return more, err
}

// catchingUp tells whether the head is so far that steps may be long.
func (f *Follower) catchingUp() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.status.Progress != nil || f.status.Head.Number == 0
}

// bookError is a failure of our own disk, not of a node.
type bookError struct{ err error }

func (e *bookError) Error() string { return e.err.Error() }
func (e *bookError) Unwrap() error { return e.err }

var (
	errSlow      = errors.New("it takes too long")
	errBehind    = errors.New("its head is behind what we have folded")
	errUnlinked  = errors.New("its headers do not link: it mixes two chains")
	errHidesLogs = errors.New("it hides logs")
	errFalse     = errors.New("its header contradicts its hash, and no receipts say what the block held")
	errContested = errors.New("it contradicts what was folded, and another node does not")
	errDiffer    = errors.New("its logs differ from another node's, and nobody proves which are right")
)

// step brings the book a stretch nearer to one node's head.
func (f *Follower) step(ctx context.Context, n *node.Node) (more bool, err error) {
	top, err := n.Header(ctx, "latest")
	if err != nil {
		return false, err
	}
	final := f.finalized(ctx, n, top.Number)
	at, ok, err := f.book.Head()
	if err != nil {
		return false, &bookError{err}
	}
	from := f.cfg.Start - min(f.cfg.Start, anchorBlocks)
	if ok {
		canonical, err := f.canonical(ctx, n, at, top.Number)
		if err != nil {
			return false, err
		}
		if !canonical {
			return true, f.unwind(ctx, n, at, min(at.Number, top.Number))
		}
		f.doubted = time.Time{}
		from = at.Number + 1
		if again, err := f.secondLook(ctx, n, at, final); again || err != nil {
			return again, err
		}
	}
	if from > top.Number {
		f.heard(at, final)
		f.inStep(at, top.Number)
		return false, nil
	}
	f.progress(from, from, top.Number)
	var blocks []Block
	if from <= final && !f.alone(n) {
		blocks, err = f.sparse(ctx, n, from, min(final, from+n.Reach()-1), at, ok)
	} else {
		reach := min(denseMax, max(16, 8*n.BatchSize()))
		blocks, err = f.dense(ctx, n, from, min(top.Number, from+reach-1), at, ok)
	}
	if err != nil {
		return false, err
	}
	to := blocks[len(blocks)-1].Position
	if err := f.advance(blocks, final); err != nil {
		return false, &bookError{fmt.Errorf("store blocks %d to %d: %w", from, to.Number, err)}
	}
	f.progress(from, to.Number, top.Number)
	f.heard(to, final)
	f.inStep(to, top.Number)
	if f.cfg.Folded != nil {
		f.cfg.Folded()
	}
	return to.Number < top.Number, nil
}

// alone tells that a node was proved wrong and no other is right: then each block is read
// and proved by itself, finalized or not.
func (f *Follower) alone(n *node.Node) bool {
	return n.State() == node.Untrue && len(f.nodes.Right(n)) == 0
}

// advance stores blocks. What a second node still has to confirm can be unwound.
func (f *Follower) advance(blocks []Block, final uint64) error {
	to := blocks[len(blocks)-1].Number
	f.mu.Lock()
	if blocks[0].Number <= final { // sparse: compared already
		f.status.Checked = max(f.status.Checked, min(to, final))
	}
	checked := f.status.Checked
	f.mu.Unlock()
	return f.book.Advance(blocks, min(final, checked))
}

// finalized is the newest finalized block as the node gives it, at most its head; 0 where
// the chain knows no finality.
func (f *Follower) finalized(ctx context.Context, n *node.Node, head uint64) uint64 {
	if f.final.node != n.Name() || time.Since(f.final.by) > finalityAge {
		f.final = finality{node: n.Name(), by: time.Now()}
		if h, err := n.Header(ctx, "finalized"); err == nil {
			f.final.number = h.Number
		}
	}
	return min(f.final.number, head)
}

// canonical asks whether the node still has the block we folded last. A node
// whose head is below ours is behind, unless its head contradicts ours.
func (f *Follower) canonical(ctx context.Context, n *node.Node, at Position, head uint64) (bool, error) {
	if head >= at.Number {
		h, err := n.Header(ctx, hexutil.EncodeUint64(at.Number))
		if err != nil {
			return false, err
		}
		return h.Hash == at.Hash, nil
	}
	h, err := n.Header(ctx, hexutil.EncodeUint64(head))
	if err != nil {
		return false, err
	}
	ours, ok, err := f.book.At(head)
	if err != nil {
		return false, &bookError{err}
	}
	if ok && ours.Hash != h.Hash {
		return false, nil
	}
	return false, errBehind
}

// unwind takes back blocks the chain no longer has, down to the newest that both
// sides know: if no other node stands by the block that was folded.
func (f *Follower) unwind(ctx context.Context, n *node.Node, at Position, from uint64) error {
	n.Doubt()
	if err := n.Identify(ctx); err != nil {
		return err
	}
	ancestor, err := f.ancestor(ctx, n, from)
	if err != nil {
		return err
	}
	if err := f.contest(ctx, n, at, ancestor); err != nil {
		return err
	}
	if err := f.rewind(ancestor); err != nil {
		return err
	}
	f.log.Info("the chain was reorganised", "ancestor", ancestor.Number, "head", at.Number)
	f.mu.Lock()
	f.status.Reorgs++
	f.mu.Unlock()
	return nil
}

func (f *Follower) rewind(to Position) error {
	if err := f.book.Rewind(to); err != nil {
		return &bookError{fmt.Errorf("unwind to block %d: %w", to.Number, err)}
	}
	if f.cfg.Rewound != nil {
		f.cfg.Rewound()
	}
	if f.cfg.Folded != nil {
		f.cfg.Folded()
	}
	return nil
}

// ancestor finds the newest folded block the node has too.
func (f *Follower) ancestor(ctx context.Context, n *node.Node, from uint64) (p Position, err error) {
	for number := from; ; number-- {
		ours, ok, err := f.book.At(number)
		if err != nil {
			return p, &bookError{err}
		}
		if !ok {
			return p, fmt.Errorf("%w (at block %d)", ErrDeepReorg, number)
		}
		h, err := n.Header(ctx, hexutil.EncodeUint64(number))
		if err != nil {
			return p, err
		}
		if h.Hash == ours.Hash {
			return ours.Position, nil
		}
		if number == 0 {
			return p, node.ErrWrongGenesis
		}
	}
}

// contest asks the other nodes before anything is taken back on one node's word. One that
// still has the folded block keeps it; where none can be asked, more than the newest blocks
// are taken back only if the node insists.
func (f *Follower) contest(ctx context.Context, n *node.Node, at, ancestor Position) error {
	others := f.nodes.Right(n)
	for _, m := range others {
		if h, err := m.Header(ctx, hexutil.EncodeUint64(at.Number)); err == nil && h.Hash == at.Hash {
			return errContested
		}
	}
	if len(others) > 0 || len(f.nodes.Nodes()) == 1 || at.Number-ancestor.Number <= 2 {
		return nil
	}
	if f.doubted.IsZero() {
		f.doubted = time.Now()
	}
	if time.Since(f.doubted) < doubtFor {
		return errContested
	}
	return nil
}

// progress tells how a long fold goes on.
func (f *Follower) progress(from, to, head uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.status.Progress
	if head-to < far {
		if p != nil {
			f.log.Info("the head is near", "block", to, "head", head, "took", time.Since(p.began).Round(time.Second).String())
		}
		f.status.Progress = nil
		return
	}
	now := time.Now()
	if p == nil {
		p = &Progress{began: now, from: to, logged: now}
		f.status.Progress = p
		f.log.Info("blocks are folded up to the head", "from", from, "head", head)
	}
	p.Block, p.Head = to, head
	if took := now.Sub(p.began).Seconds(); took > 0 && to > p.from {
		p.Rate = float64(to-p.from) / took
		p.Ready = now.Add(time.Duration(float64(head-to) / p.Rate * float64(time.Second))).UTC()
	}
	if now.Sub(p.logged) >= 10*time.Second {
		p.logged = now
		f.log.Info("blocks are folded up to the head", "block", to, "head", head, "blocks_per_second", int(p.Rate), "left", time.Until(p.Ready).Round(time.Second).String(), "ready", p.Ready.Format(time.RFC3339))
	}
}

func (f *Follower) inStep(at Position, head uint64) {
	if f.cfg.InStep != nil && at.Number == head {
		f.cfg.InStep(at)
	}
}

// heard tells that a node answered and that the book is in step with it.
func (f *Follower) heard(at Position, finalized uint64) {
	f.mu.Lock()
	f.status.Head, f.status.Finalized = at, finalized
	f.mu.Unlock()
	if f.cfg.Heard != nil {
		f.cfg.Heard(at, time.Now())
	}
}
