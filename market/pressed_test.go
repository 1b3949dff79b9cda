package market

import (
	"net/http"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/databrokerdao/dbdao-bridge/market/node/nodetest"
	"github.com/ethereum/go-ethereum/common"
)

// A node that lies when there is no other is believed by its receipts alone, and where it
// has none its blocks wait until it is right.
func TestANodeThatLiesAloneHidesNothing(t *testing.T) {
	servers.Need(t, "anvil")
	for name, lie := range map[string]nodetest.Mood{
		"with receipts":    {ZeroBlooms: true, DropAll: true},
		"without receipts": {ZeroBlooms: true, DropAll: true, NoReceipts: true, NoProof: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chain := nodetest.NewChain(t, servers.StillAnvil(t, "--slots-in-an-epoch", "4").URL)
			p := nodetest.New(t, chain.URL)
			chain.Mine(40)
			f := follow(t, chain.Contract, 1, p.URL)
			until(t, 20*time.Second, "the head is folded", func() bool { h, _, _ := f.d.Head(); return h.Number == chain.Head() })
			p.Set(lie)
			for range 8 {
				chain.Call()
				chain.Mine(1)
				time.Sleep(200 * time.Millisecond)
			}
			time.Sleep(3 * time.Second)
			p.Set(nodetest.Mood{})
			until(t, 30*time.Second, "all logs are folded", func() bool {
				chain.Mine(1)
				all, _ := truthOf(t, chain)
				h, _, _ := f.d.Head()
				return h.Number+2 >= chain.Head() && missing(f.d.logs(), all) == ""
			})
		})
	}
}

// However a node is short of requests or of time, the book does not stand still for 15 s
// while another is well, and one that is alone is used at once when it is well again.
func TestANodeUnderPressureHoldsNothingUp(t *testing.T) {
	servers.Need(t, "anvil")
	for _, one := range []struct {
		name  string
		mood  nodetest.Mood
		alone bool
	}{
		{"refuses all for a while", nodetest.Mood{Status: http.StatusTooManyRequests}, false},
		{"refuses all for a while, alone", nodetest.Mood{Status: http.StatusTooManyRequests}, true},
		{"allows three calls a second", nodetest.Mood{PerSecond: 3}, false},
		{"takes 3 s for each answer", nodetest.Mood{Delay: 3 * time.Second}, false},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			chain := nodetest.NewChain(t, servers.StillAnvil(t, "--slots-in-an-epoch", "4").URL)
			first := nodetest.New(t, chain.URL)
			urls := []string{first.URL}
			if !one.alone {
				urls = append(urls, nodetest.New(t, chain.URL).URL)
			}
			chain.Mine(40)
			f := follow(t, chain.Contract, 1, urls...)
			until(t, 20*time.Second, "the head is folded", func() bool { h, _, _ := f.d.Head(); return h.Number == chain.Head() })
			first.Set(one.mood)
			began, worst := time.Now(), time.Duration(0)
			for time.Since(began) < 30*time.Second {
				if time.Since(began) > 12*time.Second && one.mood.Status != 0 {
					first.Set(nodetest.Mood{})
				}
				if one.alone && time.Since(began) < 12*time.Second {
					time.Sleep(time.Second)
					continue
				}
				chain.Call()
				marker := chain.Head()
				took := until(t, time.Minute, "the newest log is folded", func() bool { return f.d.logs()[marker] != common.Hash{} })
				worst = max(worst, took)
				time.Sleep(500 * time.Millisecond)
			}
			t.Logf("the book was at most %s behind", worst.Round(time.Millisecond))
			if worst > 15*time.Second {
				t.Errorf("the book was %s behind", worst)
			}
		})
	}
}
