package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/databrokerdao/dbdao-bridge/market/node/nodetest"
)

// lies are what the first node says that the bridge asks, or how it says it; the second one
// is honest. What an act sells is bought while the first node lies. Two worlds share them.
func lies() (answers, truths []*act) {
	const nobody = "0x00000000000000000000000000000000000000000000000000000000deadbeef"
	const nonsense = `{"jsonrpc":"2.0","id":1,"result":`
	type mood = nodetest.Mood
	var all []*act
	row := func(name string, m mood) {
		all = append(all, lie(name, func(*chaos) mood { return m }))
	}
	row("hangs", mood{Hang: true})
	row("answers 503", mood{Status: http.StatusServiceUnavailable})
	row("answers 429", mood{Status: http.StatusTooManyRequests})
	row("answers 401", mood{Status: http.StatusUnauthorized})
	row("is slow", mood{Delay: 700 * time.Millisecond})
	row("is slower than anybody waits", mood{Delay: 4 * time.Second})
	row("allows 4 calls a second", mood{PerSecond: 4})
	row("takes one call a request, of one block", mood{MaxBatch: 1, MaxRange: 1})
	row("streams a list without end", mood{Endless: "list"})
	row("streams a string without end", mood{Endless: "string"})
	row("streams space without end", mood{Endless: "space"})
	row("answers a page", mood{Raw: "<!DOCTYPE html><html><body>Just a moment...</body></html>"})
	row("answers half", mood{Raw: nonsense + `[{"number":"0x1","hash":"0x`})
	row("answers nothing", mood{Raw: " "})
	row("answers another question", mood{Raw: `[{"jsonrpc":"2.0","id":424242,"result":"0x1"}]`})
	row("answers a number that is none", mood{Raw: nonsense + `"0xzz"}`})
	row("answers null", mood{Bend: func(string, []any, func() json.RawMessage) any { return nil }})
	row("says it is of another chain", bent("eth_chainId", func(json.RawMessage) any { return "0x1" }))
	row("finds no logs", mood{DropAll: true})
	row("finds no logs and has no receipts", mood{DropAll: true, NoReceipts: true, NoProof: true})
	row("drops every second log", mood{Drop: 2})
	row("gives zero blooms", mood{ZeroBlooms: true})
	row("gives zero blooms and finds no logs", mood{ZeroBlooms: true, DropAll: true})
	row("names a wrong parent", bent("eth_getBlockByNumber", setting("parentHash", nobody)))
	row("names a wrong hash", bent("eth_getBlockByNumber", setting("hash", nobody)))
	row("lives a day ahead", bent("eth_getBlockByNumber", setting("timestamp", fmt.Sprintf("0x%x", time.Now().Unix()+86_400))))
	row("lives in 1970", bent("eth_getBlockByNumber", setting("timestamp", "0x1")))
	row("gives logs of another block", bent("eth_getLogs", eachLog(setting("blockHash", nobody))))
	row("says logs are removed", bent("eth_getLogs", eachLog(setting("removed", true))))
	row("gives logs twice", bent("eth_getLogs", func(raw json.RawMessage) any {
		logs := listOf(raw)
		return slices.Concat(logs, logs)
	}))
	row("gives logs backwards", bent("eth_getLogs", func(raw json.RawMessage) any {
		logs := listOf(raw)
		slices.Reverse(logs)
		return logs
	}))
	row("gives no receipts", bent("eth_getBlockReceipts", func(json.RawMessage) any { return []any{} }))
	row("knows no transaction", bent("eth_getTransactionReceipt", func(json.RawMessage) any { return nil }))
	row("says that it sends and does not", mood{Bend: func(method string, _ []any, ask func() json.RawMessage) any {
		if method == "eth_sendRawTransaction" {
			return nobody
		}
		return ask()
	}})
	row("asks a thousand times the price", bent("eth_getBlockByNumber", setting("baseFeePerGas", "0xe8d4a51000000")))
	row("counts transactions wrong", bent("eth_getTransactionCount", func(json.RawMessage) any { return "0x7fff" }))
	all = append(all,
		lie("freezes", func(c *chaos) mood { return mood{Freeze: c.head()} }),
		lie("goes back and forth", goesBack),
		lie("turns to another chain", func(c *chaos) mood {
			return mood{Target: servers.StillAnvil(c.t, "--chain-id", "424242").URL}
		}),
		lie("turns to a branch", func(c *chaos) mood { return mood{Target: c.branch()} }),
	)
	for _, a := range all {
		a.usual = a.name == "finds no logs and has no receipts" || a.name == "names a wrong parent"
	}
	half := len(all) / 2
	return all[:half], all[half:]
}

// lie is an act whose purchases are made while the first node lies.
func lie(name string, tell func(*chaos) nodetest.Mood) *act {
	return &act{name: name,
		before: func(c *chaos, a *act) {
			c.restart() // a node that lied before is believed again
			c.node.Set(tell(c))
			c.buyActs("ann", a)
		},
		play: func(c *chaos, a *act) int {
			<-a.over
			return c.node.Asked()
		},
	}
}

// bent is a node that tells the truth but for one method.
func bent(method string, bend func(json.RawMessage) any) nodetest.Mood {
	return nodetest.Mood{Bend: func(m string, _ []any, ask func() json.RawMessage) any {
		if m == method {
			return bend(ask())
		}
		return ask()
	}}
}

// setting changes a member of an object.
func setting(member string, value any) func(json.RawMessage) any {
	return func(raw json.RawMessage) any {
		var o map[string]any
		if json.Unmarshal(raw, &o) != nil || o == nil {
			return raw
		}
		o[member] = value
		return o
	}
}

func listOf(raw json.RawMessage) (all []any) {
	_ = json.Unmarshal(raw, &all)
	return all
}

// eachLog changes every log.
func eachLog(change func(json.RawMessage) any) func(json.RawMessage) any {
	return func(raw json.RawMessage) any {
		var logs []json.RawMessage
		_ = json.Unmarshal(raw, &logs)
		return mapped(logs, change)
	}
}

// goesBack is a node whose newest block is, every other time, six blocks older.
func goesBack(c *chaos) nodetest.Mood {
	var n atomic.Int64
	url := c.world.node.URL
	return nodetest.Mood{Bend: func(method string, params []any, ask func() json.RawMessage) any {
		newest := len(params) > 0 && fmt.Sprintf("%s", params[0]) == `"latest"`
		if method != "eth_getBlockByNumber" || !newest || n.Add(1)%2 == 0 {
			return ask()
		}
		var old json.RawMessage
		_ = servers.Call(c.t.Context(), url, &old, method, fmt.Sprintf("0x%x", c.head()-6), false)
		return old
	}}
}

// head is the number of the newest block.
func (c *chaos) head() uint64 {
	var n string
	if err := servers.Call(c.t.Context(), c.world.node.URL, &n, "eth_blockNumber"); err != nil {
		c.t.Error(err)
		return 0
	}
	return uint64(number64(c.t, n))
}

// branch is a chain with the same blocks up to a few below the head, and others from there on.
func (c *chaos) branch() string {
	c.t.Helper()
	url := servers.StillAnvil(c.t, "--fork-url", c.world.node.URL, "--fork-block-number", fmt.Sprint(c.head()-5), "--chain-id", "31337", "--no-rate-limit").URL
	if err := servers.Call(c.t.Context(), url, nil, "anvil_mine", "0x20", "0x2"); err != nil {
		c.t.Fatal(err)
	}
	return url
}

// reorgs take blocks back. A purchase of bob's is among what they take, unless they are
// shallower than it takes to be served; ann's are older, and what was settled meanwhile has
// to be settled again.
func reorgs() []*act {
	var all []*act
	for _, depth := range []int64{1, 2, 3, 6, 12, 24, 40, 64} {
		all = append(all, &act{name: fmt.Sprintf("a reorg of %d blocks", depth), usual: depth == 6, play: func(c *chaos, a *act) int { return c.reorganised(a, depth) }})
	}
	return all
}

func (c *chaos) reorganised(a *act, depth int64) int {
	var bobs atomic.Int64
	var open atomic.Bool
	var block int64
	if depth > 2 {
		store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if !open.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			bobs.Add(1)
		}))
		defer store.Close()
		c.as("bob", "destination", "set", "store", "--api", "http://"+c.public, "--kind", "http", "url="+store.URL, "--default")
		block = int64(c.head()) // of bob's purchases at the earliest
		bought := c.basket("bob", a.streams)
		c.eventually("bob is served", 30*time.Second, func() bool { return c.serving() >= c.total+len(bought) })
	}
	took := depth
	if depth > 2 {
		took = max(depth, int64(c.head())-block+1)
	}
	c.eventually("ann's purchases are deeper than the reorg", 2*time.Minute, func() bool { return int64(c.head()) > c.bought+took+2 })
	if depth > 2 {
		took = max(depth, int64(c.head())-block+1)
	}
	if err := servers.Call(c.t.Context(), c.world.node.URL, nil, "anvil_reorg", took, []any{}); err != nil {
		c.t.Fatal(err)
	}
	<-a.over
	if depth > 2 {
		if left := c.purchasesOf("bob"); len(left) > 0 {
			c.t.Errorf("%s: the reorg left bob the purchases %v", a.name, left)
		}
		c.eventually("the bridge has seen the reorg", 30*time.Second, func() bool { n := c.serving(); return n >= 0 && n <= c.total })
		open.Store(true)
		time.Sleep(4 * time.Second) // the retry schedule's longest pause is over
		a.leaked = int(bobs.Load())
	}
	return 1
}

// purchasesOf lists somebody's purchases, as the chain has them.
func (c *chaos) purchasesOf(who string) (all []string) {
	c.t.Helper()
	out, errs, code := c.try("purchase", "ls", "--buyer", c.wallets[who], "-o", "json")
	var list []struct{ Purchase json.Number }
	if err := json.Unmarshal([]byte(out), &list); code != 0 || err != nil {
		c.t.Fatalf("purchase ls: exit %d: %v\n%s", code, err, errs)
	}
	return mapped(list, func(p struct{ Purchase json.Number }) string { return p.Purchase.String() })
}
