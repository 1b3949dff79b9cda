package market

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/databrokerdao/dbdao-bridge/market/node/nodetest"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

// long tells whether the long form of a test is wanted.
func long() bool { return os.Getenv("DBDAO_LONG") == "1" }

// following is a follower that runs against nodes, with a book in memory.
type following struct {
	*Follower
	d     *diary
	nodes *node.Client
}

func follow(t *testing.T, contract common.Address, start uint64, urls ...string) *following {
	t.Helper()
	nodes, err := node.New(node.Config{URLs: urls, Contract: contract, Timeout: 3 * time.Second, Look: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	f := &following{d: &diary{}, nodes: nodes}
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("DBDAO_TRACE") == "1" {
		log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	f.Follower = NewFollower(FollowerConfig{Market: contract, Start: start, Poll: 200 * time.Millisecond}, nodes, f.d, log)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go nodes.Run(ctx)
	go func() { done <- f.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the follower ended: %v", err)
		}
		nodes.Close()
	})
	return f
}

// folded is what the book has of the market's logs: digest by block.
func (d *diary) logs() map[uint64]common.Hash {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := map[uint64]common.Hash{}
	for _, b := range d.blocks {
		if b.Logs != (common.Hash{}) {
			all[b.Number] = b.Logs
		}
	}
	return all
}

// truth is what the chain itself has, asked without the code under test.
func truthOf(t *testing.T, c *nodetest.Chain) (all map[uint64]common.Hash, logs int) {
	t.Helper()
	var list []types.Log
	c.Do(&list, "eth_getLogs", map[string]any{"fromBlock": "0x0", "toBlock": "latest", "address": c.Contract})
	per := map[uint64][]types.Log{}
	for _, l := range list {
		per[l.BlockNumber] = append(per[l.BlockNumber], l)
	}
	all = map[uint64]common.Hash{}
	for number, l := range per {
		all[number] = node.Digest(l)
	}
	return all, len(list)
}

// until waits for a condition and tells how long it took.
func until(t *testing.T, most time.Duration, what string, ok func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !ok() {
		if time.Since(began) > most {
			t.Fatalf("after %s still not: %s", most, what)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return time.Since(began)
}

func missing(book, chain map[uint64]common.Hash) string {
	for number, d := range chain {
		if book[number] != d {
			return fmt.Sprintf("block %d", number)
		}
	}
	if len(book) != len(chain) {
		return fmt.Sprintf("%d blocks with logs are folded, the chain has %d", len(book), len(chain))
	}
	return ""
}

// N2: whatever the first node does, nothing is missed, and the second is used within 15 s.
func TestAFirstNodeThatFailsOrLiesHidesNothing(t *testing.T) {
	servers.Need(t, "anvil")
	for _, one := range []struct {
		name  string
		mood  func(c *nodetest.Chain, other string) nodetest.Mood
		both  nodetest.Mood // of the second node
		state node.State    // the first one's, in the end
	}{
		{"hangs", func(*nodetest.Chain, string) nodetest.Mood { return nodetest.Mood{Hang: true} }, nodetest.Mood{}, node.Unreachable},
		{"freezes", func(c *nodetest.Chain, _ string) nodetest.Mood { return nodetest.Mood{Freeze: c.Head()} }, nodetest.Mood{}, node.Frozen},
		{"turns to another chain", func(_ *nodetest.Chain, other string) nodetest.Mood { return nodetest.Mood{Target: other} }, nodetest.Mood{}, node.WrongChain},
		{"turns to a branch", func(c *nodetest.Chain, _ string) nodetest.Mood { return nodetest.Mood{Target: branch(t, c)} }, nodetest.Mood{}, node.Forked},
		{"gives zero blooms", func(*nodetest.Chain, string) nodetest.Mood { return nodetest.Mood{ZeroBlooms: true} }, nodetest.Mood{}, node.Untrue},
		{"gives zero blooms and no receipts", func(*nodetest.Chain, string) nodetest.Mood { return nodetest.Mood{ZeroBlooms: true, NoReceipts: true} }, nodetest.Mood{NoReceipts: true}, node.Untrue},
		{"drops a log in 50", func(*nodetest.Chain, string) nodetest.Mood { return nodetest.Mood{Drop: 50} }, nodetest.Mood{}, node.Untrue},
		{"drops a log in 50 and has no receipts", func(*nodetest.Chain, string) nodetest.Mood { return nodetest.Mood{Drop: 50, NoReceipts: true} }, nodetest.Mood{NoReceipts: true}, node.Untrue},
		{"finds no logs and has no receipts", func(*nodetest.Chain, string) nodetest.Mood { return nodetest.Mood{DropAll: true, NoReceipts: true} }, nodetest.Mood{NoReceipts: true}, node.Untrue},
		{"streams a list without end", func(*nodetest.Chain, string) nodetest.Mood { return nodetest.Mood{Endless: "list"} }, nodetest.Mood{}, node.Unreachable},
		{"streams space without end", func(*nodetest.Chain, string) nodetest.Mood { return nodetest.Mood{Endless: "space"} }, nodetest.Mood{}, node.Unreachable},
		{"answers 503", func(*nodetest.Chain, string) nodetest.Mood { return nodetest.Mood{Status: 503} }, nodetest.Mood{}, node.Unreachable},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			chain := nodetest.NewChain(t, servers.StillAnvil(t, "--slots-in-an-epoch", "4").URL)
			other := servers.StillAnvil(t, "--chain-id", "424242")
			first, second := nodetest.New(t, chain.URL), nodetest.New(t, chain.URL)
			second.Set(one.both)
			chain.Mine(100)
			f := follow(t, chain.Contract, 1, first.URL, second.URL)
			until(t, 10*time.Second, "the head is folded", func() bool { h, _, _ := f.d.Head(); return h.Number == chain.Head() })

			m := one.mood(chain, other.URL)
			chain.Call()
			chain.Mine(2)
			first.Set(m)
			chain.Call()
			marker := chain.Head()
			if strings.HasPrefix(one.name, "drops") {
				for range 26 { // two logs a block: the 50th is dropped
					chain.Call()
				}
			}
			took := until(t, 15*time.Second, "a log made while the first node fails is folded", func() bool { return f.d.logs()[marker] != common.Hash{} })
			chain.Mine(20)
			until(t, 30*time.Second, "all logs are folded", func() bool {
				all, _ := truthOf(t, chain)
				return missing(f.d.logs(), all) == ""
			})
			until(t, 20*time.Second, "the first node is called "+string(one.state), func() bool {
				chain.Mine(1)
				return f.Status().Nodes[0].State == one.state
			})
			if strings.HasPrefix(one.name, "drops") && first.Dropped() == 0 {
				t.Error("the test dropped no log")
			}
			t.Logf("used another way to the new log after %s; %s", took.Round(time.Millisecond), f.Status().Nodes[0].LastError)
			if one.state == node.Untrue {
				return // passed over for ten minutes
			}
			first.Set(nodetest.Mood{})
			until(t, 20*time.Second, "the first node is used again", func() bool {
				chain.Mine(1)
				return f.Status().Nodes[0].State == node.Alive
			})
		})
	}
}

// branch is a chain with the same blocks up to a few below the head, and others from there on.
func branch(t *testing.T, c *nodetest.Chain) string {
	t.Helper()
	at := c.Head() - 10
	b := &nodetest.Chain{URL: servers.StillAnvil(t, "--fork-url", c.URL, "--fork-block-number", fmt.Sprint(at), "--chain-id", "31337", "--no-rate-limit").URL, Contract: c.Contract}
	if err := servers.Call(t.Context(), b.URL, nil, "anvil_mine", "0x40", "0x7"); err != nil {
		t.Fatal(err)
	}
	return b.URL
}

// N7: a node limited to 10 blocks, one call a request and 25 calls a second is folded at the
// speed it allows, with a projected time, and after a restart from where it was. The long form
// folds 20,000 blocks of a chain made up while it is asked for: anvil takes minutes of processor
// time to make as many.
func TestAStrictNodeIsFoldedAtTheSpeedItAllows(t *testing.T) {
	servers.Need(t, "anvil")
	const perSecond = 25
	blocks, beside, most := uint64(1_100), 150, 3*time.Minute // 110 ranges of 10 blocks, and calls for the newest blocks
	var url string
	var contract common.Address
	var head func() uint64
	var whole func(logs map[uint64]common.Hash) string // what is missing of them
	if long() {
		blocks, beside, most = 20_000, 600, 17*time.Minute
		h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { endlessChain(w, r, blocks+300) }))
		defer h.Close()
		url, contract, head = h.URL, common.Address{0xaa}, func() uint64 { return blocks + 300 }
		whole = func(logs map[uint64]common.Hash) string {
			if len(logs) != int(blocks/1_000) {
				return fmt.Sprintf("%d blocks with logs are folded, of %d", len(logs), blocks/1_000)
			}
			return ""
		}
	} else {
		chain := nodetest.NewChain(t, servers.StillAnvil(t, "--slots-in-an-epoch", "4").URL)
		for range 10 {
			chain.Mine(blocks / 10)
			chain.Call()
		}
		chain.Mine(20)
		url, contract, head = chain.URL, chain.Contract, chain.Head
		whole = func(logs map[uint64]common.Hash) string {
			all, _ := truthOf(t, chain)
			return missing(logs, all)
		}
	}
	p := nodetest.New(t, url)
	p.Set(nodetest.Mood{MaxRange: 10, MaxBatch: 1, PerSecond: perSecond})
	nodes, err := node.New(node.Config{URLs: []string{p.URL}, Contract: contract})
	if err != nil {
		t.Fatal(err)
	}
	defer nodes.Close()
	d := &diary{}
	lines := &strings.Builder{}
	cfg := FollowerConfig{Market: contract, Start: 1}
	f := NewFollower(cfg, nodes, d, slog.New(slog.NewTextHandler(lines, nil)))
	began, follows := time.Now(), time.Time{}
	resumed := false
	projections, first := 0, uint64(0)
	for {
		more, err := f.round(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		at, _, _ := d.Head()
		if p, now := f.Status().Progress, time.Now(); p != nil {
			if projections++; first == 0 {
				first, follows = p.Block, now
			} else if p.Block > first+500 { // held against what was folded in the time it took, however long that was
				left := time.Duration(float64(now.Sub(follows)) / float64(p.Block-first) * float64(p.Head-p.Block))
				if said := p.Ready.Sub(now); said > 2*left+10*time.Second || left > 2*said+10*time.Second {
					t.Errorf("at block %d of %d: ready in %s is said, %s at the rate so far", p.Block, p.Head, said.Round(time.Second), left.Round(time.Second))
				}
			}
		}
		if !resumed && at.Number > blocks/2 {
			resumed, first = true, 0
			f = NewFollower(cfg, nodes, d, slog.New(slog.NewTextHandler(lines, nil)))
		}
		if !more && at.Number == head() {
			break
		}
		if time.Since(began) > most {
			t.Fatalf("block %d of %d after %s; %+v", at.Number, head(), time.Since(began), f.Status().Nodes)
		}
	}
	took := time.Since(began)
	if what := whole(d.logs()); what != "" {
		t.Error(what)
	}
	ideal := time.Duration(float64(blocks) / 10 / float64(perSecond) * float64(time.Second))
	t.Logf("%d blocks in %s (the log requests alone need %s at 25 a second), %d calls, %d refused, %d headers",
		head(), took.Round(time.Millisecond), ideal, p.Calls(""), p.Refused(), p.Calls("eth_getBlockByNumber"))
	if n := p.Calls(""); n > int(blocks)/10*11/10+beside { // at the node's speed, calls are time
		t.Errorf("%d calls for %d blocks", n, blocks)
	}
	if long() && projections < 5 { // a short time is not told
		t.Errorf("%d projections", projections)
	}
	if !strings.Contains(lines.String(), "blocks are folded up to the head") {
		t.Errorf("no progress is told: %s", lines)
	}
	if n := p.Calls("eth_getBlockByNumber"); n > int(blocks)/20 {
		t.Errorf("%d headers were asked for", n)
	}
}

// The limit lifted, a million blocks are a matter of a node's log requests.
func TestAMillionBlocksAreFoldedByTheirLogs(t *testing.T) {
	blocks := uint64(100_000)
	if long() {
		blocks = 1_000_000
	}
	var asked atomic.Int64
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked.Add(1); endlessChain(w, r, blocks+300) }))
	defer h.Close()
	began := time.Now()
	f := follow(t, common.Address{0xaa}, 1, h.URL)
	until(t, 10*time.Minute, "the head is folded", func() bool { h, _, _ := f.d.Head(); return h.Number == blocks+300 })
	t.Logf("%d blocks in %s, %d requests", blocks, time.Since(began).Round(time.Millisecond), asked.Load())
	if n := len(f.d.logs()); n != int(blocks/1_000) {
		t.Errorf("%d blocks with logs are folded, of %d", n, blocks/1_000)
	}
}

// endlessChain answers for a chain made up while it is asked for, with a log in each
// thousandth block.
func endlessChain(w http.ResponseWriter, r *http.Request, head uint64) {
	hash := func(n uint64) common.Hash { return crypto.Keccak256Hash(fmt.Appendf(nil, "block %d", n)) }
	number := func(v any) uint64 {
		text, _ := v.(string)
		switch text {
		case "latest":
			return head
		case "finalized":
			return head - 64
		}
		n, _ := strconv.ParseUint(strings.TrimPrefix(text, "0x"), 16, 64)
		return n
	}
	answer := func(c call) any {
		switch c.Method {
		case "eth_chainId":
			return "0x309"
		case "eth_getCode":
			return "0x00"
		case "eth_getBlockByNumber":
			n := number(c.Params[0])
			return map[string]any{"number": hexutil.Uint64(n), "hash": hash(n), "parentHash": hash(n - min(n, 1)), "timestamp": hexutil.Uint64(1_700_000_000 + n), "logsBloom": "0x"}
		case "eth_getLogs":
			q := c.Params[0].(map[string]any)
			logs := []types.Log{}
			for n := (number(q["fromBlock"]) + 999) / 1_000 * 1_000; q["fromBlock"] != nil && n <= number(q["toBlock"]); n += 1_000 {
				if n > 0 {
					logs = append(logs, types.Log{Address: common.Address{0xaa}, Topics: []common.Hash{{1}}, BlockNumber: n, BlockHash: hash(n), TxHash: hash(n)})
				}
			}
			return logs
		}
		return nil
	}
	var c call
	var many []call
	body, _ := io.ReadAll(r.Body)
	if json.Unmarshal(body, &many) != nil {
		_ = json.Unmarshal(body, &c)
		_ = json.NewEncoder(w).Encode(map[string]any{"jsonrpc": "2.0", "id": c.ID, "result": answer(c)})
		return
	}
	all := make([]any, len(many))
	for i, c := range many {
		all[i] = map[string]any{"jsonrpc": "2.0", "id": c.ID, "result": answer(c)}
	}
	_ = json.NewEncoder(w).Encode(all)
}

// What two nodes give differently and nothing proves is named, and does not stop the bridge.
func TestADifferenceNobodyCanProveIsNamed(t *testing.T) {
	servers.Need(t, "anvil")
	chain := nodetest.NewChain(t, servers.StillAnvil(t, "--slots-in-an-epoch", "4").URL)
	first, second := nodetest.New(t, chain.URL), nodetest.New(t, chain.URL)
	first.Set(nodetest.Mood{NoReceipts: true, NoProof: true})
	second.Set(nodetest.Mood{NoReceipts: true, NoProof: true, DropAll: true})
	chain.Mine(20)
	chain.Call()
	chain.Mine(40)
	f := follow(t, chain.Contract, 1, first.URL, second.URL)
	until(t, 10*time.Second, "the difference is named", func() bool { return f.Status().Nodes[1].State == node.Differing })
	if s := f.Status().Nodes[1]; !strings.Contains(s.LastError, f.Status().Nodes[0].Host) || !strings.Contains(s.LastError, "0 logs") {
		t.Errorf("%+v", s)
	}
	until(t, 10*time.Second, "the head is folded", func() bool { h, _, _ := f.d.Head(); return h.Number == chain.Head() })
}

// R5: an answer without end never grows the process.
func TestAnEndlessAnswerDoesNotGrowTheProcess(t *testing.T) {
	servers.Need(t, "anvil")
	chain := nodetest.NewChain(t, servers.StillAnvil(t).URL)
	chain.Mine(200)
	for _, kind := range []string{"list", "string", "space"} {
		t.Run(kind, func(t *testing.T) {
			p := nodetest.New(t, chain.URL)
			child := exec.Command(os.Args[0], "-test.run=^TestChildThatFollows$")
			child.Env = append(os.Environ(), "DBDAO_FOLLOW="+chain.Contract.Hex()+","+p.URL+","+chain.URL)
			out, err := child.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = child.Process.Kill(); _ = child.Wait() }()
			heads := make(chan uint64, 100)
			go func() {
				for s := bufio.NewScanner(out); s.Scan(); {
					if n, err := strconv.ParseUint(s.Text(), 10, 64); err == nil {
						heads <- n
					}
				}
				close(heads)
			}()
			reach := func(want uint64) {
				t.Helper()
				after := time.After(60 * time.Second)
				for {
					select {
					case n, ok := <-heads:
						if !ok {
							t.Fatal("the child ended")
						}
						if n >= want {
							return
						}
					case <-after:
						t.Fatalf("block %d is not folded within a minute", want)
					}
				}
			}
			reach(chain.Head())
			p.Set(nodetest.Mood{Endless: kind})
			for range 5 {
				time.Sleep(time.Second)
				chain.Call()
				reach(chain.Head())
			}
			rss := peak(t, child.Process.Pid)
			t.Logf("at most %d MB", rss>>20)
			most := 100 << 20
			if servers.Race { // whose own books are several times a program's memory
				most *= 4
			}
			if rss > most {
				t.Errorf("the process grew to %d MB", rss>>20)
			}
		})
	}
}

// peak is the most memory a process ever had resident.
func peak(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Skip("no /proc on this system")
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Fatal("no VmHWM")
	return 0
}

// TestChildThatFollows is the process that TestAnEndlessAnswerDoesNotGrowTheProcess looks
// at from outside.
func TestChildThatFollows(t *testing.T) {
	args := strings.Split(os.Getenv("DBDAO_FOLLOW"), ",")
	if len(args) != 3 {
		t.Skip("only as a child of another test")
	}
	f := follow(t, common.HexToAddress(args[0]), 1, args[1:]...)
	for {
		h, _, _ := f.d.Head()
		fmt.Println(h.Number)
		time.Sleep(50 * time.Millisecond)
	}
}

// 1,000 streams are listed in less than a second.
func TestAThousandStreamsAreListedInASecond(t *testing.T) {
	servers.Need(t, "anvil")
	for name, url := range map[string]string{"anvil": servers.StillAnvil(t).URL, "geth": servers.Geth(t).URL} {
		nodes, err := node.New(node.Config{URLs: []string{url}})
		if err != nil {
			t.Fatal(err)
		}
		defer nodes.Close()
		r := NewReader(listing{nodes}, common.Address{1})
		took := time.Hour
		for range 5 { // the machine may be busy with others
			began := time.Now()
			all, err := readMany(t.Context(), r, "the streams", 1_000, func(i int) []byte { return r.dm.PackGetStream(uint64(i)) }, func(_ int, b []byte) (int, error) { return len(b), nil })
			if err != nil || len(all) != 1_000 || all[999] != 32 {
				t.Fatalf("%d, %v", len(all), err)
			}
			took = min(took, time.Since(began))
		}
		t.Logf("%s: 1,000 in %s", name, took.Round(time.Millisecond))
		if took > time.Second {
			t.Errorf("%s: 1,000 calls took %s", name, took)
		}
	}
}

// listing is a client whose calls go to a precompile that answers 32 bytes (sha256), so
// that the test needs no market of a thousand streams.
type listing struct{ *node.Client }

func (l listing) CallMany(ctx context.Context, calls []ethereum.CallMsg) ([][]byte, error) {
	for i := range calls {
		calls[i].To = &common.Address{19: 2}
	}
	return l.Client.CallMany(ctx, calls)
}
