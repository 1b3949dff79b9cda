package node_test

import (
	"context"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/databrokerdao/dbdao-bridge/market/node/nodetest"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
)

func open(t *testing.T, urls ...string) *node.Client {
	t.Helper()
	c, err := node.New(node.Config{URLs: urls, Timeout: 3 * time.Second, Look: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestHeadersAndReceiptsOfRealNodesAreProvedByTheirHash(t *testing.T) {
	servers.Need(t, "anvil", "geth")
	chain := nodetest.NewChain(t, servers.StillAnvil(t).URL)
	chain.Call()
	for name, url := range map[string]string{"anvil": chain.URL, "geth": servers.Geth(t).URL} {
		c := open(t, url)
		if _, err := c.ChainID(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, tag := range []string{"0x0", "latest"} {
			h, err := c.Nodes()[0].Header(t.Context(), tag)
			if err != nil {
				t.Fatal(err)
			}
			if !h.Proved || c.False(h) || !c.Trusted(h) {
				t.Errorf("%s: block %s is not proved by its hash: %+v", name, tag, h)
			}
		}
		f, err := c.Fees(t.Context())
		if err != nil || f.Legacy() || f.Tip == nil || f.Price != nil {
			t.Errorf("%s: %+v %v", name, f, err)
		}
	}
	c := open(t, chain.URL)
	h, err := c.Nodes()[0].Header(t.Context(), "latest")
	if err != nil {
		t.Fatal(err)
	}
	logs, proved, err := c.Prove(t.Context(), h, chain.Contract)
	if err != nil || !proved || len(logs) != 2 {
		t.Errorf("%d logs, proved %v, %v", len(logs), proved, err)
	}
}

// A chain without EIP-1559: its headers have no base fee.
func TestAChainWithoutEIP1559HasLegacyFees(t *testing.T) {
	servers.Need(t, "anvil")
	c := open(t, servers.StillAnvil(t, "--hardfork", "berlin").URL)
	f, err := c.Fees(t.Context())
	if err != nil || !f.Legacy() || f.Price == nil || f.Price.Sign() <= 0 || f.Tip != nil {
		t.Errorf("%+v %v", f, err)
	}
	if h, err := c.Nodes()[0].Header(t.Context(), "latest"); err != nil || c.False(h) {
		t.Errorf("%+v %v", h, err)
	}
}

func TestAMissingTransactionIsNotFoundOnlyIfNoNodeHasIt(t *testing.T) {
	servers.Need(t, "anvil")
	chain := nodetest.NewChain(t, servers.StillAnvil(t).URL)
	behind := nodetest.New(t, servers.StillAnvil(t).URL)
	c := open(t, behind.URL, chain.URL)
	var hashes struct{ Transactions []common.Hash }
	chain.Call()
	chain.Do(&hashes, "eth_getBlockByNumber", "latest", false)
	if r, err := c.TransactionReceipt(t.Context(), hashes.Transactions[0]); err != nil || r.TxHash != hashes.Transactions[0] {
		t.Errorf("%v %v", r, err)
	}
	if _, err := c.TransactionReceipt(t.Context(), common.Hash{1}); !errors.Is(err, ethereum.NotFound) {
		t.Errorf("%v", err)
	}
	if _, pending, err := c.TransactionByHash(t.Context(), hashes.Transactions[0]); pending || err != nil {
		t.Errorf("pending %v, %v", pending, err)
	}
}

// Ranges however long are read from nodes however strict, at the speed they allow.
func TestALongRangeIsReadWithinANodesLimits(t *testing.T) {
	servers.Need(t, "anvil")
	chain := nodetest.NewChain(t, servers.StillAnvil(t).URL)
	for range 20 {
		chain.Call()
		chain.Mine(50)
	}
	for name, m := range map[string]nodetest.Mood{
		"10 blocks":               {MaxRange: 10},
		"1 block":                 {MaxRange: 1},
		"no batch":                {MaxBatch: 1},
		"100 blocks, 60 a second": {MaxRange: 100, PerSecond: 60},
	} {
		t.Run(name, func(t *testing.T) {
			p := nodetest.New(t, chain.URL)
			p.Set(m)
			c := open(t, p.URL)
			logs, err := c.FilterLogs(t.Context(), ethereum.FilterQuery{Addresses: []common.Address{chain.Contract}, FromBlock: big.NewInt(0)})
			if err != nil || len(logs) != 40 {
				t.Fatalf("%d logs, %v", len(logs), err)
			}
			for i := 1; i < len(logs); i++ {
				if a, b := logs[i-1], logs[i]; a.BlockNumber > b.BlockNumber || a.BlockNumber == b.BlockNumber && a.Index >= b.Index {
					t.Fatalf("log %d comes after log %d of block %d", b.Index, a.Index, a.BlockNumber)
				}
			}
			if most := int(chain.Head()/max(m.MaxRange, 100))*3/2 + 40; m.MaxRange > 0 && m.MaxRange != 1 && p.Calls("eth_getLogs") > int(chain.Head()/m.MaxRange)*3/2+40 {
				t.Errorf("%d requests, %d would do", p.Calls("eth_getLogs"), most)
			}
		})
	}
}

func TestManyCallsGoInFewRequestsOfTheSizeANodeTakes(t *testing.T) {
	servers.Need(t, "anvil")
	chain := nodetest.NewChain(t, servers.StillAnvil(t).URL)
	calls := make([]ethereum.CallMsg, 3_000)
	for i := range calls {
		calls[i] = ethereum.CallMsg{To: &chain.Contract}
	}
	for _, most := range []int{0, 100, 7, 1} {
		p := nodetest.New(t, chain.URL)
		p.Set(nodetest.Mood{MaxBatch: most})
		c := open(t, p.URL)
		out, err := c.CallMany(t.Context(), calls)
		if err != nil || len(out) != len(calls) {
			t.Errorf("at most %d: %d, %v", most, len(out), err)
		}
		if n := c.Nodes()[0].Status().Batch; most > 0 && (n > uint64(most) || n < uint64(most)*3/4) {
			t.Errorf("of %d calls a request takes %d are used", most, n)
		}
	}
}

func TestARequestEndsWithItsDeadlineAndItsLimit(t *testing.T) {
	servers.Need(t, "anvil")
	chain := nodetest.NewChain(t, servers.StillAnvil(t).URL)
	for name, m := range map[string]nodetest.Mood{"hangs": {Hang: true}, "list": {Endless: "list"}, "string": {Endless: "string"}, "space": {Endless: "space"}} {
		t.Run(name, func(t *testing.T) {
			p := nodetest.New(t, chain.URL)
			c := open(t, p.URL, chain.URL)
			if _, err := c.ChainID(t.Context()); err != nil {
				t.Fatal(err)
			}
			p.Set(m)
			ctx, cancel := context.WithTimeout(t.Context(), 14*time.Second)
			defer cancel()
			if _, err := c.BalanceAt(ctx, chain.Contract, nil); err != nil {
				t.Error(err)
			}
			if logs, err := c.FilterLogs(ctx, ethereum.FilterQuery{Addresses: []common.Address{chain.Contract}}); err != nil {
				t.Errorf("%v, %v", logs, err)
			}
			if s := c.Nodes()[0].State(); s != node.Unreachable {
				t.Errorf("the first node is %s", s)
			}
		})
	}
}
