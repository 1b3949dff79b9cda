package market

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"
)

// Book is where the follower keeps what it folded. Each write is atomic and
// durable when it returns.
type Book interface {
	// Head is the newest folded block; ok is false for an empty book.
	Head() (p Position, ok bool, err error)
	// HashAt gives the hash of a folded block, as far back as a reorg may reach.
	HashAt(number uint64) (hash common.Hash, ok bool, err error)
	// Advance folds blocks that follow Head in order. Blocks at or below finalized
	// need not be unwound any more.
	Advance(blocks []Block, finalized uint64) error
	// Rewind takes back every block above to.
	Rewind(to Position) error
}

// Why a follower refuses to follow.
var (
	ErrWrongChain   = errors.New("the node serves another chain: check chain.rpc and chain.chain_id")
	ErrWrongGenesis = errors.New("the node serves a chain with another genesis: check chain.rpc, or start with an empty data_dir")
	ErrNoContract   = errors.New("there is no contract at the market's address on this chain: check chain.market and chain.rpc")
	ErrDeepReorg    = errors.New("the chain was reorganised deeper than the ledger can unwind: remove the ledger's cache and fold anew")
)

// FollowerConfig says what to follow.
type FollowerConfig struct {
	RPC     []string // http(s) URLs, in order of preference
	ChainID uint64   // 0: whatever the first node says
	Genesis common.Hash
	Market  common.Address
	Start   uint64        // block of the deployment
	Poll    time.Duration // time between looks at the head
	Timeout time.Duration // of one request; default 10 s
	Heard   func(head Position, by time.Time)
	Folded  func() // after every change of the book
}

// EndpointState is what the follower thinks of a node.
type EndpointState string

// The states of a node.
const (
	EndpointAlive       EndpointState = "alive"
	EndpointUnreachable EndpointState = "unreachable"
	EndpointBehind      EndpointState = "behind"
	EndpointWrongChain  EndpointState = "on another chain"
)

// EndpointStatus is the standing of one node.
type EndpointStatus struct {
	Host      string        `json:"host"`
	State     EndpointState `json:"state"`
	Head      uint64        `json:"head"`
	LastError string        `json:"last_error,omitempty"`
	Since     time.Time     `json:"since"`
}

// FollowerStatus is what `status` shows of the chain.
type FollowerStatus struct {
	Head      Position         `json:"head"`
	Finalized uint64           `json:"finalized"`
	Reorgs    int              `json:"reorgs"`
	Endpoints []EndpointStatus `json:"nodes"`
}

// Follower polls Ethereum nodes and keeps a book in step with the chain. All
// headers and logs of one step come from one node.
type Follower struct {
	cfg       FollowerConfig
	book      Book
	log       *slog.Logger
	endpoints []*endpoint
	span      uint64 // blocks a step asks for: halved on errors, raised slowly

	mu     sync.Mutex
	status FollowerStatus
}

type endpoint struct {
	host    string
	url     string
	client  *rpc.Client
	checked bool
}

const (
	spanMax  = 512
	spanStep = 16

	// anchorBlocks are folded before the deployment, so that a reorg of the deployment
	// itself has an ancestor to go back to.
	anchorBlocks = 64
)

// NewFollower prepares a follower; it connects in Run.
func NewFollower(cfg FollowerConfig, book Book, log *slog.Logger) (*Follower, error) {
	if len(cfg.RPC) == 0 {
		return nil, errors.New("no Ethereum node is configured: set chain.rpc")
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 10 * time.Second
	}
	if cfg.Poll == 0 {
		cfg.Poll = 2 * time.Second
	}
	f := &Follower{cfg: cfg, book: book, log: log.With("component", "follower"), span: 64}
	for _, raw := range cfg.RPC {
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" {
			return nil, errors.New("chain.rpc holds something that is no URL, e.g. http://127.0.0.1:8545")
		}
		f.endpoints = append(f.endpoints, &endpoint{host: u.Host, url: raw})
		f.status.Endpoints = append(f.status.Endpoints, EndpointStatus{Host: u.Host, State: EndpointAlive, Since: time.Now().UTC()})
	}
	return f, nil
}

// Status is safe to call at any time.
func (f *Follower) Status() FollowerStatus {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.status
	s.Endpoints = append([]EndpointStatus(nil), f.status.Endpoints...)
	return s
}

// Pin checks every node that answers: chain id, genesis, contract code. It
// returns an error only for a node that is wrong; one that is down is tried later.
func (f *Follower) Pin(ctx context.Context) error {
	for i, e := range f.endpoints {
		err := f.check(ctx, e)
		if isWrong(err) {
			return fmt.Errorf("%s: %w", e.host, err)
		}
		f.note(i, 0, err)
	}
	return nil
}

func isWrong(err error) bool {
	return errors.Is(err, ErrWrongChain) || errors.Is(err, ErrWrongGenesis) || errors.Is(err, ErrNoContract)
}

func (f *Follower) check(ctx context.Context, e *endpoint) error {
	if e.client == nil {
		c, err := rpc.DialContext(ctx, e.url)
		if err != nil {
			return err
		}
		e.client = c
	}
	var id hexutil.Uint64
	if err := f.call(ctx, e, &id, "eth_chainId"); err != nil {
		return err
	}
	if f.cfg.ChainID == 0 {
		f.cfg.ChainID = uint64(id)
	}
	if uint64(id) != f.cfg.ChainID {
		return fmt.Errorf("%w (it says %d, we want %d)", ErrWrongChain, uint64(id), f.cfg.ChainID)
	}
	genesis, err := f.header(ctx, e, "0x0")
	if err != nil {
		return err
	}
	if f.cfg.Genesis == (common.Hash{}) {
		f.cfg.Genesis = genesis.Hash
	}
	if genesis.Hash != f.cfg.Genesis {
		return fmt.Errorf("%w (it says %s, we want %s)", ErrWrongGenesis, genesis.Hash, f.cfg.Genesis)
	}
	var code hexutil.Bytes
	if err := f.call(ctx, e, &code, "eth_getCode", f.cfg.Market, "latest"); err != nil {
		return err
	}
	if len(code) == 0 {
		return fmt.Errorf("%w (%s, chain %d)", ErrNoContract, f.cfg.Market, f.cfg.ChainID)
	}
	e.checked = true
	return nil
}

// ChainID and Genesis are those learnt or configured; zero before a node answered.
func (f *Follower) ChainID() uint64      { return f.cfg.ChainID }
func (f *Follower) Genesis() common.Hash { return f.cfg.Genesis }

// Run follows until ctx ends; it returns an error only when going on would be
// wrong (ErrDeepReorg, or a book that fails).
func (f *Follower) Run(ctx context.Context) error {
	defer f.Close()
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

// Close hangs up; Run does it at its end.
func (f *Follower) Close() {
	for _, e := range f.endpoints {
		if e.client != nil {
			e.client.Close()
			e.client, e.checked = nil, false
		}
	}
}

// round asks the nodes in order until one answers. more: the head is not reached yet.
func (f *Follower) round(ctx context.Context) (more bool, err error) {
	for i, e := range f.endpoints {
		if !e.checked {
			if err := f.check(ctx, e); err != nil {
				f.note(i, 0, err)
				continue
			}
		}
		more, head, err := f.step(ctx, e)
		var fatal *bookError
		switch {
		case errors.As(err, &fatal):
			return false, fatal.err
		case errors.Is(err, ErrDeepReorg):
			return false, err
		case ctx.Err() != nil:
			return false, nil
		case err != nil:
			f.span = max(1, f.span/2)
			f.note(i, head, err)
			e.checked = false // look again at who it is before it is trusted
			continue
		}
		f.span = min(spanMax, f.span+spanStep)
		f.note(i, head, nil)
		return more, nil
	}
	return false, nil
}

// bookError is a failure of our own disk, not of a node.
type bookError struct{ err error }

func (e *bookError) Error() string { return e.err.Error() }

var (
	errBehind    = errors.New("its head is behind what we have folded")
	errUnlinked  = errors.New("its headers do not link: it mixes two chains")
	errHidesLogs = errors.New("it hides logs that its headers promise")
)

// note records what came of asking a node.
func (f *Follower) note(i int, head uint64, err error) {
	state, text := EndpointAlive, ""
	switch {
	case err == nil:
	case isWrong(err):
		state, text = EndpointWrongChain, err.Error()
	case errors.Is(err, errBehind):
		state, text = EndpointBehind, err.Error()
	default:
		state, text = EndpointUnreachable, f.redact(err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s := &f.status.Endpoints[i]
	if s.State != state {
		s.State, s.Since = state, time.Now().UTC()
	}
	s.LastError = text
	if head > 0 {
		s.Head = head
	}
}

// redact drops URLs, which may carry keys, from what a client says.
func (f *Follower) redact(err error) string {
	text := err.Error()
	for _, e := range f.endpoints {
		text = strings.ReplaceAll(text, e.url, e.host)
	}
	return text
}

// header is what of a block the follower reads, as the node states it.
type header struct {
	Number hexutil.Uint64 `json:"number"`
	Hash   common.Hash    `json:"hash"`
	Parent common.Hash    `json:"parentHash"`
	Time   hexutil.Uint64 `json:"timestamp"`
	Bloom  types.Bloom    `json:"logsBloom"`
}

func (h *header) position() Position {
	return Position{Number: uint64(h.Number), Hash: h.Hash, Time: uint64(h.Time)}
}

func (f *Follower) call(ctx context.Context, e *endpoint, result any, method string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, f.cfg.Timeout)
	defer cancel()
	return e.client.CallContext(ctx, result, method, args...)
}

func (f *Follower) header(ctx context.Context, e *endpoint, tag string) (*header, error) {
	var h *header
	if err := f.call(ctx, e, &h, "eth_getBlockByNumber", tag, false); err != nil {
		return nil, err
	}
	if h == nil {
		return nil, fmt.Errorf("it has no block %s", tag)
	}
	return h, nil
}

func (f *Follower) headers(ctx context.Context, e *endpoint, from, to uint64) ([]*header, error) {
	hs := make([]*header, to-from+1)
	batch := make([]rpc.BatchElem, len(hs))
	for i := range batch {
		batch[i] = rpc.BatchElem{Method: "eth_getBlockByNumber", Args: []any{hexutil.EncodeUint64(from + uint64(i)), false}, Result: &hs[i]}
	}
	ctx, cancel := context.WithTimeout(ctx, f.cfg.Timeout)
	defer cancel()
	if err := e.client.BatchCallContext(ctx, batch); err != nil {
		return nil, err
	}
	for i := range batch {
		if batch[i].Error != nil {
			return nil, batch[i].Error
		}
		if hs[i] == nil {
			return nil, fmt.Errorf("it has no block %d", from+uint64(i))
		}
	}
	return hs, nil
}

// step brings the book a stretch nearer to one node's head.
func (f *Follower) step(ctx context.Context, e *endpoint) (more bool, head uint64, err error) {
	top, err := f.header(ctx, e, "latest")
	if err != nil {
		return false, 0, err
	}
	head = uint64(top.Number)
	finalized := uint64(0)
	if h, err := f.header(ctx, e, "finalized"); err == nil {
		finalized = uint64(h.Number)
	}
	at, ok, err := f.book.Head()
	if err != nil {
		return false, head, &bookError{err}
	}
	from := f.cfg.Start - min(f.cfg.Start, anchorBlocks)
	if ok {
		canonical, err := f.canonical(ctx, e, at, head)
		if err != nil {
			return false, head, err
		}
		if !canonical {
			return true, head, f.unwind(ctx, e, min(at.Number, head))
		}
		from = at.Number + 1
	}
	if from > head {
		f.heard(at, finalized)
		return false, head, nil
	}
	to := min(head, from+f.span-1)
	blocks, err := f.fetch(ctx, e, from, to, at, ok)
	if err != nil {
		return false, head, err
	}
	if err := f.book.Advance(blocks, min(finalized, to)); err != nil {
		return false, head, &bookError{fmt.Errorf("store blocks %d to %d: %w", from, to, err)}
	}
	f.heard(blocks[len(blocks)-1].Position, finalized)
	if f.cfg.Folded != nil {
		f.cfg.Folded()
	}
	return to < head, head, nil
}

// canonical asks whether the node still has the block we folded last. A node
// whose head is below ours is behind, unless its head contradicts ours.
func (f *Follower) canonical(ctx context.Context, e *endpoint, at Position, head uint64) (bool, error) {
	if head >= at.Number {
		h, err := f.header(ctx, e, hexutil.EncodeUint64(at.Number))
		if err != nil {
			return false, err
		}
		return h.Hash == at.Hash, nil
	}
	h, err := f.header(ctx, e, hexutil.EncodeUint64(head))
	if err != nil {
		return false, err
	}
	ours, ok, err := f.book.HashAt(head)
	if err != nil {
		return false, &bookError{err}
	}
	if ok && ours != h.Hash {
		return false, nil
	}
	return false, errBehind
}

// unwind takes back blocks the chain no longer has, down to the newest that both
// sides know.
func (f *Follower) unwind(ctx context.Context, e *endpoint, from uint64) error {
	for n := from; ; n-- {
		ours, ok, err := f.book.HashAt(n)
		if err != nil {
			return &bookError{err}
		}
		if !ok {
			return fmt.Errorf("%w (at block %d)", ErrDeepReorg, n)
		}
		h, err := f.header(ctx, e, hexutil.EncodeUint64(n))
		if err != nil {
			return err
		}
		if h.Hash == ours {
			if err := f.book.Rewind(h.position()); err != nil {
				return &bookError{fmt.Errorf("unwind to block %d: %w", n, err)}
			}
			f.log.Info("the chain was reorganised", "ancestor", n, "head", from)
			f.mu.Lock()
			f.status.Reorgs++
			f.mu.Unlock()
			if f.cfg.Folded != nil {
				f.cfg.Folded()
			}
			return nil
		}
		if n == 0 {
			return ErrWrongGenesis
		}
	}
}

// fetch reads headers first, links them, reads the logs of blocks whose bloom
// may hold ours by block hash, and makes sure that the stretch is still canonical.
func (f *Follower) fetch(ctx context.Context, e *endpoint, from, to uint64, at Position, linked bool) ([]Block, error) {
	hs, err := f.headers(ctx, e, from, to)
	if err != nil {
		return nil, err
	}
	blocks := make([]Block, len(hs))
	for i, h := range hs {
		if uint64(h.Number) != from+uint64(i) || i > 0 && h.Parent != hs[i-1].Hash || i == 0 && linked && h.Parent != at.Hash {
			return nil, errUnlinked
		}
		blocks[i] = Block{Position: h.position(), Parent: h.Parent}
		if !types.BloomLookup(h.Bloom, f.cfg.Market) {
			continue
		}
		if blocks[i].Events, err = f.events(ctx, e, h); err != nil {
			return nil, err
		}
	}
	// Nodes answer for orphaned blocks too: only a look afterwards tells.
	again, err := f.header(ctx, e, hexutil.EncodeUint64(to))
	if err != nil {
		return nil, err
	}
	if again.Hash != hs[len(hs)-1].Hash {
		return nil, errUnlinked
	}
	return blocks, nil
}

// events reads one block's logs. A bloom may promise logs that are none of ours;
// when there are none, the receipts decide whether the node hides some.
func (f *Follower) events(ctx context.Context, e *endpoint, h *header) ([]Event, error) {
	var logs []types.Log
	query := map[string]any{"blockHash": h.Hash, "address": f.cfg.Market}
	if err := f.call(ctx, e, &logs, "eth_getLogs", query); err != nil {
		return nil, err
	}
	for _, l := range logs {
		if l.BlockHash != h.Hash || l.Address != f.cfg.Market {
			return nil, errUnlinked
		}
	}
	all, err := f.receiptLogs(ctx, e, h)
	switch {
	case err == nil && len(all) != len(logs):
		return nil, errHidesLogs
	case err != nil && len(logs) == 0:
		return nil, err // a promise nobody can check
	}
	var events []Event
	for _, l := range logs {
		ev, ok, err := Decode(l)
		if err != nil {
			return nil, err
		}
		if ok {
			events = append(events, ev)
		}
	}
	return events, nil
}

func (f *Follower) receiptLogs(ctx context.Context, e *endpoint, h *header) ([]*types.Log, error) {
	var receipts []struct {
		Logs []*types.Log `json:"logs"`
	}
	if err := f.call(ctx, e, &receipts, "eth_getBlockReceipts", h.Hash); err != nil {
		return nil, err
	}
	var ours []*types.Log
	for _, r := range receipts {
		for _, l := range r.Logs {
			if l.Address == f.cfg.Market {
				ours = append(ours, l)
			}
		}
	}
	return ours, nil
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
