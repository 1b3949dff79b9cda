// Package nodetest has a proxy in front of a real Ethereum node that fails and lies as real
// nodes and providers do, and a contract that leaves logs. It is for tests.
package nodetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/ethereum/go-ethereum/common"
)

// Mood is how a proxy behaves. The zero mood is that of the node behind it.
type Mood struct {
	Target     string // another node answers; "": the one the proxy was made for
	Hang       bool   // takes requests and never answers
	Freeze     uint64 // knows no block above this; 0: all
	ZeroBlooms bool   // all blooms are zero
	Drop       int    // every so manieth log is missing from eth_getLogs, always the same ones
	DropAll    bool   // eth_getLogs finds nothing
	NoReceipts bool   // does not know eth_getBlockReceipts
	NoProof    bool   // nor eth_getTransactionReceipt
	Endless    string // answers without end: "list", "string" or "space"
	Status     int    // answers this HTTP status
	PerSecond  int    // calls a second; more are refused with 429
	MaxBatch   int    // calls in one request
	MaxRange   uint64 // blocks of one eth_getLogs
	Delay      time.Duration
	Raw        string // answers this text, whatever it is asked
	// Bend answers instead: ask gives what the node behind says, nil if it refuses. nil: nobody does.
	Bend func(method string, params []any, ask func() json.RawMessage) any
}

// Proxy is an HTTP server in front of a node.
type Proxy struct {
	URL string

	t      testing.TB
	target string
	end    chan struct{}

	mu      sync.Mutex
	mood    Mood
	asked   int // requests in this mood
	calls   map[string]int
	refused int
	window  []time.Time
	seen    map[string]bool // logs: whether they are dropped
}

// New starts a proxy in front of a node.
func New(t testing.TB, target string) *Proxy {
	t.Helper()
	p := &Proxy{t: t, target: target, end: make(chan struct{}), calls: map[string]int{}, seen: map[string]bool{}}
	h := httptest.NewServer(p)
	p.URL = h.URL
	t.Cleanup(func() { close(p.end); h.CloseClientConnections(); h.Close() })
	return p
}

// Set changes the mood from the next request on; what hangs goes on hanging.
func (p *Proxy) Set(m Mood) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mood, p.asked = m, 0
}

// Asked counts the requests since the mood was set.
func (p *Proxy) Asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// Calls counts the calls of a method ("": of all), without those refused for their number.
func (p *Proxy) Calls(method string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if method != "" {
		return p.calls[method]
	}
	n := 0
	for _, c := range p.calls {
		n += c
	}
	return n
}

// Refused counts the calls refused because there were too many.
func (p *Proxy) Refused() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refused
}

// Dropped counts the logs the proxy hides.
func (p *Proxy) Dropped() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, dropped := range p.seen {
		if dropped {
			n++
		}
	}
	return n
}

type call struct {
	ID     json.RawMessage   `json:"id"`
	Method string            `json:"method"`
	Params []json.RawMessage `json:"params"`
}

// ServeHTTP answers as the mood is.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	m := p.mood
	p.asked++
	p.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	wait := m.Delay
	if m.Hang {
		wait = time.Hour
	}
	select {
	case <-time.After(wait):
	case <-p.end:
		return
	case <-r.Context().Done():
		return
	}
	if m.Endless != "" {
		p.pour(w, m.Endless)
		return
	}
	if m.Status != 0 {
		w.WriteHeader(m.Status)
		return
	}
	if m.Raw != "" {
		_, _ = io.WriteString(w, m.Raw)
		return
	}
	single := !bytes.HasPrefix(bytes.TrimSpace(body), []byte("["))
	var calls []call
	if single {
		calls = make([]call, 1)
		err = json.Unmarshal(body, &calls[0])
	} else {
		err = json.Unmarshal(body, &calls)
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if m.MaxBatch > 0 && len(calls) > m.MaxBatch {
		fmt.Fprintf(w, `{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"batch limit %d exceeded: %d requests given"}}`, m.MaxBatch, len(calls))
		return
	}
	if !p.admit(m, calls) {
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprintf(w, `{"code":-32007,"message":"%d/second request limit reached - reduce calls per second or upgrade your account at quicknode.com"}`, m.PerSecond)
		return
	}
	answers := make([]any, len(calls))
	for i, c := range calls {
		answers[i] = p.answer(r.Context(), m, c)
	}
	w.Header().Set("Content-Type", "application/json")
	if single {
		_ = json.NewEncoder(w).Encode(answers[0])
	} else {
		_ = json.NewEncoder(w).Encode(answers)
	}
}

// pour sends an answer that never ends.
func (p *Proxy) pour(w http.ResponseWriter, kind string) {
	log := `{"address":"0x0000000000000000000000000000000000000001","topics":[],"data":"0x","blockNumber":"0x1","transactionHash":"0x` + strings.Repeat("00", 32) + `","transactionIndex":"0x0","blockHash":"0x` + strings.Repeat("00", 32) + `","logIndex":"0x0","removed":false},`
	start, part := `{"jsonrpc":"2.0","id":1,"result":[`, strings.Repeat(log, 100)
	switch kind {
	case "string":
		start, part = `{"jsonrpc":"2.0","id":1,"result":"0x`, strings.Repeat("00", 16<<10)
	case "space":
		start, part = `{"jsonrpc":"2.0","id":1,`, strings.Repeat(" ", 32<<10)
	}
	if _, err := io.WriteString(w, start); err != nil {
		return
	}
	for {
		select {
		case <-p.end:
			return
		default:
		}
		if _, err := io.WriteString(w, part); err != nil {
			return
		}
	}
}

// admit counts calls and holds them to the limit of a second.
func (p *Proxy) admit(m Mood, calls []call) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for len(p.window) > 0 && now.Sub(p.window[0]) >= time.Second {
		p.window = p.window[1:]
	}
	if m.PerSecond > 0 && len(p.window)+len(calls) > m.PerSecond {
		p.refused += len(calls)
		return false
	}
	for _, c := range calls {
		p.window = append(p.window, now)
		p.calls[c.Method]++
	}
	return true
}

func refuse(c call, code int, format string, args ...any) any {
	return map[string]any{"jsonrpc": "2.0", "id": c.ID, "error": map[string]any{"code": code, "message": fmt.Sprintf(format, args...)}}
}

func (p *Proxy) answer(ctx context.Context, m Mood, c call) any {
	params := make([]any, len(c.Params))
	for i, raw := range c.Params {
		params[i] = raw
	}
	switch c.Method {
	case "eth_getBlockReceipts":
		if m.NoReceipts {
			return refuse(c, -32601, "the method eth_getBlockReceipts does not exist/is not available")
		}
	case "eth_getTransactionReceipt":
		if m.NoProof {
			return refuse(c, -32601, "the method eth_getTransactionReceipt does not exist/is not available")
		}
	case "eth_getLogs":
		if from, to, ok := rangeOf(c); ok {
			switch {
			case m.Freeze > 0 && to > m.Freeze:
				return refuse(c, -32602, "block range extends beyond current head block")
			case m.MaxRange > 0 && to-from+1 > m.MaxRange:
				return refuse(c, -32600, "You can make eth_getLogs requests with up to a %d block range.", m.MaxRange)
			}
		}
	case "eth_getBlockByNumber":
		if m.Freeze > 0 && len(params) > 0 {
			params[0] = frozen(params[0].(json.RawMessage), m.Freeze)
		}
	}
	target := p.target
	if m.Target != "" {
		target = m.Target
	}
	var result json.RawMessage
	var err error
	ask := func() json.RawMessage {
		err = servers.Call(ctx, target, &result, c.Method, params...)
		return result
	}
	if m.Bend != nil {
		bent := m.Bend(c.Method, params, ask)
		if err == nil {
			return map[string]any{"jsonrpc": "2.0", "id": c.ID, "result": bent}
		}
	} else if ask(); err == nil {
		return map[string]any{"jsonrpc": "2.0", "id": c.ID, "result": p.bend(m, c.Method, result)}
	}
	return refuse(c, -32000, "%v", err)
}

// frozen keeps a question for a block below the frozen head; above it asks for one that is
// nowhere.
func frozen(raw json.RawMessage, at uint64) json.RawMessage {
	var tag string
	if json.Unmarshal(raw, &tag) != nil {
		return raw
	}
	switch tag {
	case "latest", "pending":
		return fmt.Appendf(nil, `"0x%x"`, at)
	case "finalized", "safe":
		return fmt.Appendf(nil, `"0x%x"`, at-min(at, 2))
	}
	if n, err := strconv.ParseUint(strings.TrimPrefix(tag, "0x"), 16, 64); err == nil && n > at {
		return json.RawMessage(`"0xfffffffffffff"`)
	}
	return raw
}

func rangeOf(c call) (from, to uint64, ok bool) {
	var q struct{ FromBlock, ToBlock string }
	if len(c.Params) == 0 || json.Unmarshal(c.Params[0], &q) != nil || q.ToBlock == "" {
		return 0, 0, false
	}
	from, err := strconv.ParseUint(strings.TrimPrefix(q.FromBlock, "0x"), 16, 64)
	to, err2 := strconv.ParseUint(strings.TrimPrefix(q.ToBlock, "0x"), 16, 64)
	return from, to, err == nil && err2 == nil
}

// bend changes a true answer.
func (p *Proxy) bend(m Mood, method string, result json.RawMessage) any {
	switch {
	case method == "eth_getBlockByNumber" && m.ZeroBlooms:
		var block map[string]any
		if json.Unmarshal(result, &block) == nil && block != nil {
			block["logsBloom"] = "0x" + strings.Repeat("00", 256)
			return block
		}
	case method == "eth_getLogs" && m.DropAll:
		return []any{}
	case method == "eth_getLogs" && m.Drop > 0:
		var logs []map[string]any
		if json.Unmarshal(result, &logs) == nil {
			return p.without(m, logs)
		}
	}
	return result
}

func (p *Proxy) without(m Mood, logs []map[string]any) []map[string]any {
	p.mu.Lock()
	defer p.mu.Unlock()
	rest := []map[string]any{}
	for _, l := range logs {
		key := fmt.Sprint(l["blockHash"], l["logIndex"])
		if _, known := p.seen[key]; !known {
			p.seen[key] = (len(p.seen)+1)%m.Drop == 0
		}
		if !p.seen[key] {
			rest = append(rest, l)
		}
	}
	return rest
}

// Chain is a development node with a contract that leaves two logs whenever it is called.
type Chain struct {
	URL      string
	Contract common.Address

	t    testing.TB
	from string
}

// noisy is the contract: LOG1 twice, then STOP.
const noisy = "0x600f80600b6000396000f3" + "604260006000a1604360006000a100"

// NewChain deploys the contract on a node with unlocked accounts that mines when told
// (anvil).
func NewChain(t testing.TB, url string) *Chain {
	t.Helper()
	c := &Chain{URL: url, t: t}
	var accounts []string
	c.Do(&accounts, "eth_accounts")
	c.from = accounts[0]
	var tx string
	c.Do(&tx, "eth_sendTransaction", map[string]any{"from": c.from, "data": noisy, "gas": "0x100000"})
	c.Mine(1)
	var receipt struct{ ContractAddress common.Address }
	c.Do(&receipt, "eth_getTransactionReceipt", tx)
	c.Contract = receipt.ContractAddress
	return c
}

// Do makes a call that must succeed.
func (c *Chain) Do(result any, method string, params ...any) {
	c.t.Helper()
	if err := servers.Call(context.Background(), c.URL, result, method, params...); err != nil {
		c.t.Fatal(err)
	}
}

// Mine makes blocks.
func (c *Chain) Mine(blocks uint64) {
	c.t.Helper()
	c.Do(nil, "anvil_mine", fmt.Sprintf("0x%x", blocks))
}

// Call lets the contract leave two logs in a block of their own.
func (c *Chain) Call() {
	c.t.Helper()
	var tx string
	c.Do(&tx, "eth_sendTransaction", map[string]any{"from": c.from, "to": c.Contract, "gas": "0x10000"})
	for range 500 {
		var receipt *struct{}
		if c.Do(&receipt, "eth_getTransactionReceipt", tx); receipt != nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	c.t.Fatal("a transaction is not mined")
}

// Head is the number of the newest block.
func (c *Chain) Head() uint64 {
	c.t.Helper()
	var n string
	c.Do(&n, "eth_blockNumber")
	head, err := strconv.ParseUint(strings.TrimPrefix(n, "0x"), 16, 64)
	if err != nil {
		c.t.Fatal(err)
	}
	return head
}
