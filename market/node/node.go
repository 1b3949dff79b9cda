// Package node is the one way to Ethereum nodes: for the follower, the settler, the
// API and every command.
//
// A [Client] holds a list of JSON-RPC URLs in order of preference. Every request has a
// deadline and a limit on the bytes of its answer, and follows neither redirects nor
// proxies. What a node refuses is looked up in a table (verdict.go): it is an answer,
// or another node is asked, or less is asked at once, or more slowly. A [Client] that
// runs compares the heads of all nodes and says which is frozen, behind, on a fork or
// on another chain; such a node is passed over until it is right again.
//
// It refuses to know what the market's events mean, what is folded, and keys.
package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// Why a node is not asked, or nobody is.
var (
	ErrWrongChain   = errors.New("the node serves another chain: check chain.rpc and chain.chain_id")
	ErrWrongGenesis = errors.New("the node serves a chain with another genesis: check chain.rpc, or start with an empty data_dir")
	ErrNoContract   = errors.New("there is no contract at the market's address on this chain: check chain.market and chain.rpc")
	ErrNoNode       = errors.New("no Ethereum node answers: check chain.rpc or --rpc")
	ErrURL          = errors.New("no URL of an Ethereum node, e.g. http://127.0.0.1:8545")
)

// Limits of an answer and of the time it may take.
const (
	AnswerMax      = 32 << 20 // bytes; what is longer is cut off while it arrives
	TimeoutDefault = 8 * time.Second
	TimeoutMin     = time.Second
	TimeoutMax     = time.Minute
)

// Config says which nodes to ask and what they must serve.
type Config struct {
	URLs     []string       // http or https, in order of preference
	ChainID  uint64         // 0: whatever the first node that answers says
	Genesis  common.Hash    // zero: likewise
	Contract common.Address // has code on the chain; zero: not looked at
	Timeout  time.Duration  // of one request; default TimeoutDefault
	Look     time.Duration  // between two comparisons of the heads; default 4 s
	Log      *slog.Logger   // nil: nothing is logged
}

// Client asks several nodes as if they were one. Its methods may be called from many
// goroutines.
type Client struct {
	cfg   Config
	log   *slog.Logger
	nodes []*Node
	large chan struct{} // held by the one request whose answer is longer than answerSmall

	mu      sync.Mutex
	chainID uint64
	genesis common.Hash
	anchor  func(upTo uint64) (number uint64, hash common.Hash, ok bool)
}

// New prepares a client; it connects when it is first asked.
func New(cfg Config) (*Client, error) {
	if len(cfg.URLs) == 0 {
		return nil, errors.New("no Ethereum node is configured: set chain.rpc or give --rpc")
	}
	cfg.Timeout = cmp.Or(cfg.Timeout, TimeoutDefault)
	cfg.Look = cmp.Or(cfg.Look, 4*time.Second)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	c := &Client{cfg: cfg, log: cfg.Log.With("component", "node"), large: make(chan struct{}, 1), chainID: cfg.ChainID, genesis: cfg.Genesis}
	web := &http.Client{
		Transport: &http.Transport{ // no Proxy: none is taken from the environment
			MaxIdleConnsPerHost: parallel, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for i, raw := range cfg.URLs {
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("chain.rpc[%d] is %w", i, ErrURL)
		}
		c.nodes = append(c.nodes, newNode(c, web, u, c.name(u.Host)))
	}
	return c, nil
}

// name tells two nodes of one host apart.
func (c *Client) name(host string) string {
	name := host
	for n := 2; slices.ContainsFunc(c.nodes, func(o *Node) bool { return o.name == name }); n++ {
		name = fmt.Sprintf("%s#%d", host, n)
	}
	return name
}

// Close hangs up.
func (c *Client) Close() { c.nodes[0].web.CloseIdleConnections() }

// Nodes lists all nodes in order of preference.
func (c *Client) Nodes() []*Node { return c.nodes }

// Known gives chain id and genesis as configured or learnt; zero before a node answered.
func (c *Client) Known() (chainID uint64, genesis common.Hash) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.chainID, c.genesis
}

// Pin says what the ledger knows of its chain: nodes of another one are refused from now on.
func (c *Client) Pin(chainID uint64, genesis common.Hash) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.chainID, c.genesis = cmp.Or(chainID, c.chainID), cmp.Or(genesis, c.genesis)
}

// Anchor tells how to look up the newest block that was folded up to a height: it decides
// which of two branches is the right one when nodes differ.
func (c *Client) Anchor(folded func(upTo uint64) (number uint64, hash common.Hash, ok bool)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.anchor = folded
}

// Order lists the nodes worth asking now, best first: those that are right in order of
// preference, then those that may have become right, then, as a last resort, those that
// are behind. A node of another chain or branch is never among them.
func (c *Client) Order() []*Node {
	type ranked struct {
		n    *Node
		rank int
	}
	var all []ranked
	now := time.Now()
	for _, n := range c.nodes {
		if rank, ok := n.rank(now); ok {
			all = append(all, ranked{n, rank})
		}
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
	order := make([]*Node, 0, len(all))
	for _, r := range all {
		order = append(order, r.n)
	}
	return order
}

// Right lists the nodes nothing is known against, except one.
func (c *Client) Right(except *Node) []*Node {
	var all []*Node
	for _, n := range c.nodes {
		if n != except && n.State() == Alive {
			all = append(all, n)
		}
	}
	return all
}

// ask asks one node after the other until one gives an answer: a value, or a refusal
// that every node would give.
func ask[T any](ctx context.Context, c *Client, f func(context.Context, *Node) (T, error)) (v T, err error) {
	var faults []string
	missing := error(nil)
	for _, n := range c.Order() {
		if err = n.Identify(ctx); err == nil {
			v, err = f(ctx, n)
		}
		var refusal *Error
		switch {
		case err == nil:
			return v, nil
		case ctx.Err() != nil:
			return v, err
		case isMissing(err): // the node may be behind
			missing = err
		case errors.As(err, &refusal) && refusal.Verdict == Final:
			return v, err
		}
		faults = append(faults, fmt.Sprintf("%s: %s", n.name, n.why(err)))
	}
	if missing != nil {
		return v, missing
	}
	for _, n := range c.nodes {
		if s := n.Status(); s.State == WrongChain || s.State == Forked {
			faults = append(faults, fmt.Sprintf("%s: %s", n.name, s.LastError))
		}
	}
	return v, fmt.Errorf("%w (%s)", ErrNoNode, strings.Join(faults, "; "))
}

// Check looks at every node at once: chain id, genesis and contract. It returns an error
// if none is right and none may become right by itself: all that there are answered, and
// all are wrong.
func (c *Client) Check(ctx context.Context) error {
	faults := make([]error, len(c.nodes))
	if id, _ := c.Known(); id == 0 { // the first that answers says which chain is meant
		for _, n := range c.nodes {
			if n.Identify(ctx) == nil {
				break
			}
		}
	}
	var all sync.WaitGroup
	for i, n := range c.nodes {
		all.Go(func() { faults[i] = n.Identify(ctx) })
	}
	all.Wait()
	for i, err := range faults {
		if !isWrong(err) {
			return nil
		}
		faults[i] = fmt.Errorf("%s: %w", c.nodes[i].name, err)
	}
	return errors.Join(faults...)
}

func isWrong(err error) bool {
	return errors.Is(err, ErrWrongChain) || errors.Is(err, ErrWrongGenesis) || errors.Is(err, ErrNoContract)
}
