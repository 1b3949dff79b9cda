package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
)

// State is what is thought of a node.
type State string

// The states of a node. A node that is Alive is asked in order of preference; the others
// are passed over as long as an Alive one is there.
const (
	Alive       State = "alive"
	Unreachable State = "unreachable"
	Limited     State = "over its limit"       // it wants to be left alone for a while
	Slow        State = "slow"                 // it answers, but takes long
	Behind      State = "behind"               // its head moves, but behind the others'
	Frozen      State = "frozen"               // its head does not move any more
	Untrue      State = "untrue"               // what it said was proved wrong
	Forked      State = "on another branch"    // its blocks are not those of the others, or of the ledger
	WrongChain  State = "on another chain"     // chain id, genesis or contract are not ours
	Differing   State = "at odds with another" // two nodes give different logs and nobody can prove which is right
)

// Status is the standing of one node.
type Status struct {
	Host      string            `json:"host"`
	State     State             `json:"state"`
	Head      uint64            `json:"head"`
	HeadTime  uint64            `json:"head_time,omitempty"` // unix seconds, as its newest block says
	LastError string            `json:"last_error,omitempty"`
	Since     time.Time         `json:"since"`
	Latency   time.Duration     `json:"latency_ns,omitempty"` // of its last answer
	Span      uint64            `json:"span"`                 // blocks of one eth_getLogs
	Batch     uint64            `json:"batch"`                // calls of one request
	Outcomes  map[string]uint64 `json:"-"`                    // requests by outcome
}

// parallel is how many requests of one job are under way at a node at once.
const parallel = 8

// Node is one Ethereum node. Its methods ask this node alone.
type Node struct {
	client  *Client
	web     *http.Client
	url     *url.URL
	name    string
	secrets []string
	pace    pace
	spans   size
	batches size

	known sync.Mutex // one identification at a time
	is    bool       // it was identified since it last failed

	mu          sync.Mutex
	status      Status
	late        time.Time // asked after the others until then
	till        time.Time // an Untrue or Unreachable node is looked at again after this
	unsupported map[string]time.Time
	outcomes    map[string]uint64
}

func newNode(c *Client, web *http.Client, u *url.URL, name string) *Node {
	n := &Node{client: c, web: web, url: u, name: name, secrets: secretsOf(u), unsupported: map[string]time.Time{}, outcomes: map[string]uint64{}}
	n.spans.good, n.spans.most = 1_024, 100_000
	n.batches.good, n.batches.most = 64, 256
	n.status = Status{Host: name, State: Alive, Since: time.Now().UTC()}
	return n
}

// Name is the node's host; a second node of the same host has a number behind it.
func (n *Node) Name() string { return n.name }

// State is what is thought of the node now.
func (n *Node) State() State {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.status.State
}

// Status is the node's standing.
func (n *Node) Status() Status {
	n.mu.Lock()
	s := n.status
	if s.State == Alive && time.Now().Before(n.late) {
		s.State, s.LastError = Slow, "its latest blocks took it too long"
	}
	s.Outcomes = make(map[string]uint64, len(n.outcomes))
	maps.Copy(s.Outcomes, n.outcomes)
	n.mu.Unlock()
	if s.State == Alive && time.Until(n.pace.resting()) > patience {
		s.State = Limited
	}
	s.Span, s.Batch = n.spans.next(), n.batches.next()
	return s
}

// Reach is how many blocks one reading of logs should cover: some minutes of it at worst.
func (n *Node) Reach() uint64 { return min(n.spans.next()*128, 200_000) }

// BatchSize is how many calls one request may hold now.
func (n *Node) BatchSize() uint64 { return n.batches.next() }

// Late says that a node took too long for several requests together: for a while it is
// asked after the others.
func (n *Node) Late(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.late = time.Now().Add(d)
}

// rank orders nodes for asking; ok is false for one that must not be asked.
func (n *Node) rank(now time.Time) (rank int, ok bool) {
	resting := n.pace.resting().Sub(now) > patience
	n.mu.Lock()
	defer n.mu.Unlock()
	switch n.status.State {
	case WrongChain, Forked:
		return 0, false
	case Alive:
		if resting || now.Before(n.late) {
			return 1, true
		}
		return 0, true
	case Unreachable:
		if now.Before(n.till) {
			return 6, true
		}
		return 2, true
	case Untrue, Differing:
		return 3, true
	case Behind:
		return 4, true
	}
	return 5, true
}

// set changes the state; text says why, and is empty for Alive.
func (n *Node) set(state State, text string) {
	n.mu.Lock()
	old := n.status.State
	if old != state {
		n.status.State, n.status.Since = state, time.Now().UTC()
	}
	n.status.LastError = text
	n.mu.Unlock()
	if old != state {
		n.client.log.Info("a node's state changed", "node", n.name, "former_state", string(old), "state", string(state), "reason", text)
	}
}

// Accuse says what was proved against a node, or found at odds. It is passed over for a
// while, and forever while it is on another branch.
func (n *Node) Accuse(state State, text string) {
	n.mu.Lock()
	n.till = time.Now().Add(accusedFor)
	n.mu.Unlock()
	n.set(state, text)
}

const (
	accusedFor     = 10 * time.Minute // a node proved untrue is not trusted again before
	unreachableFor = 5 * time.Second
)

// count notes how a request ended. A node that gave no answer at all is unreachable until
// it is looked at again.
func (n *Node) count(err error) {
	outcome := "ok"
	var e *Error
	if errors.As(err, &e) {
		outcome = e.Verdict.String()
		if e.Cause != nil || e.Code == 0 && e.Status >= 500 {
			outcome = "silent"
		}
	} else if err != nil {
		outcome = "stopped"
	}
	n.mu.Lock()
	n.outcomes[outcome]++
	if outcome == "silent" {
		n.till = time.Now().Add(unreachableFor)
		n.is = false
	}
	state := n.status.State
	n.mu.Unlock()
	switch {
	case outcome == "silent" && state == Alive:
		n.set(Unreachable, e.Text)
	case err == nil && state == Unreachable:
		n.set(Alive, "")
	}
}

func (n *Node) answered(took time.Duration) {
	n.mu.Lock()
	n.status.Latency = took
	n.mu.Unlock()
}

// why is an error as an operator may read it.
func (n *Node) why(err error) string {
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		return "it refuses connections"
	}
	return n.redact(err.Error())
}

// Doubt makes the node identify itself again before it is asked for anything else.
func (n *Node) Doubt() {
	n.mu.Lock()
	n.is = false
	n.mu.Unlock()
}

// Identify makes sure, once after each failure, that the node is of our chain.
func (n *Node) Identify(ctx context.Context) error {
	n.known.Lock()
	defer n.known.Unlock()
	n.mu.Lock()
	is := n.is
	n.mu.Unlock()
	if is {
		return nil
	}
	if err := n.examine(ctx); err != nil {
		if isWrong(err) {
			n.set(WrongChain, err.Error())
		}
		return err
	}
	n.mu.Lock()
	n.is = true
	n.mu.Unlock()
	if n.State() == WrongChain {
		n.set(Alive, "")
	}
	return nil
}

// examine asks for chain id, genesis and contract.
func (n *Node) examine(ctx context.Context) error {
	if err := n.sameChain(ctx); err != nil {
		return err
	}
	c := n.client
	if c.cfg.Contract == noAddress {
		return nil
	}
	genesis, err := n.Header(ctx, "0x0")
	if err != nil {
		return err
	}
	c.mu.Lock()
	if c.genesis == noHash {
		c.genesis = genesis.Hash
	}
	want := c.genesis
	c.mu.Unlock()
	if genesis.Hash != want {
		return fmt.Errorf("%w (it says %s, we want %s)", ErrWrongGenesis, genesis.Hash, want)
	}
	var code hexutil.Bytes
	if err := n.get(ctx, &code, "eth_getCode", c.cfg.Contract, "latest"); err != nil {
		return err
	}
	if len(code) == 0 {
		id, _ := c.Known()
		return fmt.Errorf("%w (%s, chain %d)", ErrNoContract, c.cfg.Contract, id)
	}
	return nil
}

func (n *Node) sameChain(ctx context.Context) error {
	var id hexutil.Uint64
	if err := n.get(ctx, &id, "eth_chainId"); err != nil {
		return err
	}
	c := n.client
	c.mu.Lock()
	if c.chainID == 0 {
		c.chainID = uint64(id)
	}
	want := c.chainID
	c.mu.Unlock()
	if uint64(id) != want {
		return fmt.Errorf("%w (it says %d, we want %d)", ErrWrongChain, uint64(id), want)
	}
	return nil
}

// supports tells whether a method is worth a try.
func (n *Node) supports(method string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return time.Now().After(n.unsupported[method])
}

// lacks notes a method the node does not know; it is tried again after a while.
func (n *Node) lacks(method string, err error) {
	if v, ok := verdictOf(err); ok && v == Unsupported {
		n.mu.Lock()
		n.unsupported[method] = time.Now().Add(ceilingKept)
		n.mu.Unlock()
	}
}
