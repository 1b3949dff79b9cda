package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// soakRate is how many uplinks a second come of devices that were bought, and as many of others.
const soakRate = 40

// soakScenario is a fleet of which somebody bought the one half, and nobody the other.
const soakScenario = `
seed = 14
duration = "%s"
speed = 25
truth = %q
[[gateways]]
count = 2
radius = 300
[[devices]]
name = "sold"
count = %d
kinds = ["climate", "air", "water"]
forms = ["lpp", "binary"]
activation = "abp"
interval = "25s"
radius = 200
duty_cycle = false
[[devices]]
name = "unsold"
count = %d
interval = "25s"
activation = "abp"
radius = 200
duty_cycle = false
sold = false
[[outputs]]
name = "chirpstack"
format = "v4_json"
url = %q
`

// soaked is a look at the bridge while it works.
type soaked struct {
	at                        time.Duration
	own, rss, file            float64 // bytes: memory of its own, that and what of the ledger is mapped, the ledger
	goroutines, descriptors   float64
	waiting, uplinks, receipt float64
}

// memoryMost is what the bridge may have of its own with a hundred thousand readings waiting. What it
// reads of the ledger is mapped, and counted as resident until the system wants the memory back.
const memoryMost = 150e6

// T5: the built bridge at rate for as long as DBDAO_SOAK says: 80 uplinks a second, of which 40 are
// sold. One buyer's storage refuses one in a hundred; another has none, and bought as often as makes a
// hundred thousand readings wait in the end; purchases are made all the time, and the chain takes blocks back. Memory, goroutines and
// descriptors stay where they are, the file takes as much for a reading as at the beginning, and nothing
// is lost or comes twice.
func TestSoak(t *testing.T) {
	span, err := time.ParseDuration(os.Getenv("DBDAO_SOAK"))
	if err != nil {
		t.Skip("DBDAO_SOAK says how long, e.g. 30m: make soak")
	}
	servers.Need(t, "mosquitto", "anvil")
	c := newChaos(t)
	c.store.refuse = func() bool { return rand.IntN(100) == 0 }
	a := &act{group: "soak", name: span.String(), devices: map[string]sold{}, over: make(chan struct{}), truths: []string{filepath.Join(c.dir, "truth.ndjson")}}
	a.scenario = c.write("soak.toml", fmt.Sprintf(soakScenario, 25*span, a.truths[0], soakRate, soakRate, c.world.broker.URL))
	c.listActs([]*act{a})
	c.buyActs("ann", a)
	c.as("platform", "token", "transfer", c.wallets["bob"], "1000")
	for range 1 + int(100_000/(soakRate*span.Seconds())) {
		var bought []struct{}
		c.several(&bought, "bob", slices.Concat([]string{"purchase", "buy"}, a.streams, []string{"--duration", "2h"})...)
		c.total += len(bought)
	}
	c.eventually("the bridge serves bob too", 60*time.Second, func() bool { return c.serving() >= c.total })
	c.bought = int64(c.head())
	c.restart() // what was done so far has left garbage

	var all []soaked
	a.play = func(c *chaos, a *act) (reorgs int) {
		began := time.Now()
		tick := time.NewTicker(max(span/60, time.Second))
		defer tick.Stop()
		for n := 1; ; n++ {
			select {
			case <-a.over:
				return reorgs
			case <-tick.C:
			}
			all = append(all, c.look(began))
			switch {
			case n%6 == 3:
				c.buy("cid", a.streams[n%len(a.streams)], "1m")
			case n%12 == 7 && int64(c.head()) > c.bought+5:
				if err := servers.Call(t.Context(), c.world.node.URL, nil, "anvil_reorg", 3, []any{}); err != nil {
					t.Error(err)
				}
				reorgs++
			}
		}
	}
	c.act(a)
	c.judge([]*act{a})
	c.flat(all)
}

// look takes the bridge's measure.
func (c *chaos) look(began time.Time) (s soaked) {
	c.t.Helper()
	s.at = time.Since(began).Round(time.Second)
	text := c.metrics()
	value := func(name string) (sum float64) {
		for _, m := range regexp.MustCompile(`(?m)^`+name+`(?:\{[^}]*\})? (\S+)$`).FindAllStringSubmatch(text, -1) {
			v, err := strconv.ParseFloat(m[1], 64)
			if err != nil {
				c.t.Fatal(err)
			}
			sum += v
		}
		return sum
	}
	s.goroutines, s.waiting, s.uplinks, s.receipt, s.file = value("go_goroutines"), value("dbdao_parcels_waiting"), value("dbdao_uplinks_total"), value("dbdao_receipts_total"), value("dbdao_ledger_bytes")
	pid := c.running.cmd.Process.Pid
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		c.t.Fatal(err)
	}
	for line, into := range map[string]*float64{"VmRSS": &s.rss, "RssAnon": &s.own} {
		m := regexp.MustCompile(line + `:\s+(\d+) kB`).FindSubmatch(status)
		if m == nil || s.goroutines == 0 || s.uplinks == 0 && s.at > time.Minute {
			c.t.Fatalf("the bridge cannot be measured: %+v", s)
		}
		kb, _ := strconv.ParseFloat(string(m[1]), 64)
		*into = kb * 1024
	}
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		c.t.Fatal(err)
	}
	s.descriptors = float64(len(open))
	return s
}

// flat prints a table of what was seen, and holds its end against its beginning.
func (c *chaos) flat(all []soaked) {
	c.t.Helper()
	if len(all) < 9 {
		c.t.Fatalf("%d looks show nothing", len(all))
	}
	var table strings.Builder
	fmt.Fprint(&table, "\n| after | uplinks | delivered | waiting | memory, MB | with the mapped ledger | goroutines | descriptors | ledger, MB | bytes a reading |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	perReading := func(s soaked) float64 { return s.file / max(1, s.receipt+s.waiting) }
	for i, s := range all {
		if i%max(1, len(all)/15) == 0 || i == len(all)-1 {
			fmt.Fprintf(&table, "| %v | %.0f | %.0f | %.0f | %.0f | %.0f | %.0f | %.0f | %.0f | %.0f |\n", s.at, s.uplinks, s.receipt, s.waiting, s.own/1e6, s.rss/1e6, s.goroutines, s.descriptors, s.file/1e6, perReading(s))
		}
	}
	c.t.Log(table.String())
	third := len(all) / 3
	early, late := all[third:2*third], all[2*third:] // the first third warms up
	middle := func(of []soaked, what func(soaked) float64) float64 {
		v := make([]float64, len(of))
		for i := range of {
			v[i] = what(of[i])
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	for _, is := range []struct {
		name     string
		of       func(soaked) float64
		part, by float64 // more there may be
	}{
		{"memory", func(s soaked) float64 { return s.own }, 0.2, 10e6},
		{"goroutines", func(s soaked) float64 { return s.goroutines }, 0.25, 40},
		{"descriptors", func(s soaked) float64 { return s.descriptors }, 0.25, 20},
		{"bytes of the file for a reading", perReading, 0.1, 0},
	} {
		if a, b := middle(early, is.of), middle(late, is.of); b > a*(1+is.part)+is.by {
			c.t.Errorf("%s: %.0f in the second third, %.0f in the last", is.name, a, b)
		}
	}
	for _, s := range all {
		if s.own > memoryMost {
			c.t.Errorf("after %v: %.0f MB of memory with %.0f readings waiting", s.at, s.own/1e6, s.waiting)
		}
	}
}
