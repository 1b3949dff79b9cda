package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/load"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// Of soakSold devices that were bought an uplink each comes a second, and soakUnsold a second of others:
// a million in half an hour.
const soakSold, soakUnsold = 200, 360

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

// T5: the built bridge at rate for as long as DBDAO_SOAK says: 560 uplinks a second, of which 200 are
// sold. One buyer's storage refuses one in a hundred; another has none, and bought so many streams that a
// hundred thousand readings wait in the end; purchases are made all the time, and the chain takes blocks
// back. Memory, goroutines and descriptors stay where they are, the file takes as much for a reading as at
// the beginning, and nothing is lost, altered or comes twice.
func TestSoak(t *testing.T) {
	span, err := time.ParseDuration(os.Getenv("DBDAO_SOAK"))
	if err != nil {
		t.Skip("DBDAO_SOAK says how long, e.g. 30m: make soak")
	}
	servers.Need(t, "mosquitto", "anvil")
	w := newWorld(t, func(t testing.TB) *servers.Process { return servers.Anvil(t, "--mixed-mining") })
	// The worlds' broker writes all it holds to the disk at every change: it takes a hundred a second.
	w.broker = servers.Mosquitto(t, "autosave_on_changes false", "autosave_interval 30")
	c := chaosIn(t, w)
	c.configure(`interval = "2s"`, `interval = "15s"`)
	s := soakFleet(t, c, span)
	c.soakMarket(s, span)
	c.restart() // what was done so far has left garbage

	began, all := time.Now(), []soaked{}
	over := s.publish(t, c.world.broker.URL, span)
	tick := time.NewTicker(max(span/60, time.Second))
	defer tick.Stop()
	reorgs, bought := 0, 0
	for n := 1; !closed(over); n++ {
		select {
		case <-over:
			continue
		case <-tick.C:
		}
		all = append(all, c.look(began))
		switch {
		case n%2 == 1:
			c.buy("cid", s.streams[n%len(s.streams)], "1m")
			bought++
		case n%12 == 6 && int64(c.head()) > c.bought+5:
			if err := servers.Call(t.Context(), c.world.node.URL, nil, "anvil_reorg", 3, []any{}); err != nil {
				t.Error(err)
			}
			reorgs++
		}
	}
	t.Logf("%d uplinks after %v, %d of bought devices; %d reorgs, %d purchases meanwhile", s.sent(), time.Since(began).Round(time.Second), s.owed(), reorgs, bought)
	c.judgeSoak(s, span, reorgs)
	c.flat(append(all, c.look(began)))
}

// soak is a fleet whose uplinks are rendered beforehand, and what of it has come to its buyer's storage.
type soak struct {
	sold, unsold *load.Load
	streams      []string // by device
	purchases    []string // by device
	each         int      // uplinks of a device that was bought
	rest         int      // of all others

	mu      sync.Mutex
	device  map[uint64]int // by the purchase
	data    [][]byte       // by device: what it measured
	got     [][]uint64     // by device and number of the uplink: which reading is in the storage; 0: none
	held    int            // different ones
	refused int            // requests
	wrong   map[string]int // what came that should not have
}

func (s *soak) owed() int { return s.each * soakSold }
func (s *soak) sent() int { return s.owed() + s.rest }

// soakFleet renders it, and takes the place of the buyer's storage.
func soakFleet(t *testing.T, c *chaos, span time.Duration) *soak {
	t.Helper()
	s := &soak{device: map[uint64]int{}, wrong: map[string]int{}, streams: make([]string, soakSold), purchases: make([]string, soakSold), each: int(span.Seconds()), rest: int(soakUnsold * span.Seconds())}
	o := load.Options{QoS: 1, InFlight: 200, Format: sim.V4JSON, Timeout: 2 * span, Devices: soakSold, Seed: 14}
	var err error
	if s.sold, err = load.Prepare(o); err != nil {
		t.Fatal(err)
	}
	o.Devices, o.Seed = soakUnsold, 15
	if s.unsold, err = load.Prepare(o); err != nil {
		t.Fatal(err)
	}
	for i := range soakSold {
		var up struct{ Data []byte }
		if err := json.Unmarshal(s.sold.Body(i), &up); err != nil || len(up.Data) == 0 {
			t.Fatalf("an uplink without a payload: %v", err)
		}
		s.data, s.got = append(s.data, up.Data), append(s.got, make([]uint64, s.each))
	}
	c.taker.Store(new(http.HandlerFunc(s.take)))
	return s
}

// soakMarket lists the devices, and has ann buy all of them and bob some.
func (c *chaos) soakMarket(s *soak, span time.Duration) {
	c.t.Helper()
	a := &act{devices: map[string]sold{}}
	for _, dev := range s.sold.Devices() {
		a.fleet = append(a.fleet, dev.String())
	}
	c.listActs([]*act{a})
	c.buyActs("ann", a)
	s.streams, s.purchases = a.streams, a.purchases
	for i, p := range s.purchases {
		id := uint64(number64(c.t, p))
		s.device[id] = slices.Index(a.fleet, a.devices[s.streams[i]].devEUI)
	}
	c.as("platform", "token", "transfer", c.wallets["bob"], "1000")
	bobs := min(soakSold, max(1, int(100_000/span.Seconds())))
	var bought []struct{}
	c.several(&bought, "bob", slices.Concat([]string{"purchase", "buy"}, s.streams[:bobs], []string{"--duration", "2h"})...)
	c.total += len(bought)
	c.eventually("the bridge serves bob too", 60*time.Second, func() bool { return c.serving() >= c.total })
	c.bought = int64(c.head())
}

// take is the buyer's storage, which refuses one request in a hundred.
func (s *soak) take(w http.ResponseWriter, r *http.Request) {
	var one struct {
		ID       string
		Purchase uint64
		FCnt     uint32 `json:"f_cnt"`
		Data     []byte
	}
	err := json.NewDecoder(r.Body).Decode(&one)
	s.mu.Lock()
	defer s.mu.Unlock()
	if rand.IntN(100) == 0 {
		s.refused++
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	device, ours := s.device[one.Purchase]
	n := int(one.FCnt) - load.First
	h := fnv.New64a()
	_, _ = io.WriteString(h, one.ID)
	switch {
	case err != nil || one.ID == "":
		s.wrong["no reading"]++
	case !ours || n < 0 || n >= s.each:
		s.wrong["leaked: nobody bought it, or nobody sent it"]++
	case !bytes.Equal(one.Data, s.data[device]):
		s.wrong["altered"]++
	case s.got[device][n] == 0:
		s.got[device][n] = h.Sum64()
		s.held++
	case s.got[device][n] != h.Sum64():
		s.wrong["twice: one uplink under two ids"]++
	}
	w.WriteHeader(http.StatusNoContent)
}

// has counts the readings in the storage.
func (s *soak) has() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held
}

// judgeSoak waits until all has come and is paid for, and prints the row.
func (c *chaos) judgeSoak(s *soak, span time.Duration, reorgs int) {
	c.t.Helper()
	sum := 0
	grows := func(of func() int) { // waits until there are all, as long as there come more
		for was := -1; of() < s.owed() && of() > was; {
			was = of()
			for deadline := time.Now().Add(slow * 15 * time.Second); of() == was && time.Now().Before(deadline); {
				time.Sleep(500 * time.Millisecond)
			}
		}
	}
	grows(s.has)
	grows(func() int {
		sum = 0
		paid := c.paid()
		for _, p := range s.purchases {
			sum += paid[p]
		}
		return sum
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	r := servers.Row{Group: "soak", Name: span.String(), Tries: reorgs + s.refused, Owed: s.owed(), Lost: s.owed() - s.held, Twice: max(0, sum-s.held)}
	r.Lost += max(0, s.held-sum)
	for what, n := range s.wrong {
		c.t.Errorf("%d × %s", n, what)
		r.Leaked += n
	}
	c.t.Logf("%d of %d are in the storage, which refused %d requests; %d are paid", s.held, s.owed(), s.refused, sum)
	r.Print(c.t)
}

// publish sends everything, in as long as is told.
func (s *soak) publish(t *testing.T, broker string, span time.Duration) (over chan struct{}) {
	address := strings.TrimPrefix(broker, "tcp://")
	var both sync.WaitGroup
	for _, part := range []struct {
		of *load.Load
		n  int
	}{{s.sold, s.owed()}, {s.unsold, s.rest}} {
		both.Go(func() {
			if _, err := part.of.Publish(t.Context(), address, 0, part.n, float64(part.n)/span.Seconds(), nil); err != nil {
				t.Errorf("publish: %v", err)
			}
		})
	}
	over = make(chan struct{})
	go func() { both.Wait(); close(over) }()
	return over
}

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
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
