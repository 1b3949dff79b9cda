package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/verify"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// S2: one bridge, one fleet, and a buyer for each kind of storage, all on real servers. What
// the stores hold, read by clients of their own makers, is exactly what the simulator's
// truth log says is owed: nothing lost, leaked, altered or doubled, though the bridge and a
// server are killed meanwhile. The long form kills every server in turn. Whoever adds a
// kind runs it alone: DBDAO_STORES=name,name.
func TestAnyStorage(t *testing.T) {
	t.Parallel()
	if only := os.Getenv("DBDAO_STORES"); only != "" {
		names := strings.Split(only, ",")
		some := slices.DeleteFunc(slices.Clone(stores), func(s store) bool { return !slices.Contains(names, s.name) })
		anyStorage(t, some, 20*time.Second, append(names, "bridge")...)
		return
	}
	if !servers.Long() {
		usual := slices.DeleteFunc(slices.Clone(stores), func(s store) bool { return !s.usual })
		anyStorage(t, usual, 20*time.Second, "bridge", "rows")
		return
	}
	t.Run("in peace", func(t *testing.T) { anyStorage(t, stores, 30*time.Second) })
	t.Run("while everything is killed in turn", func(t *testing.T) {
		order := []string{"bridge", "uplinks"}
		for _, s := range stores {
			order = append(order, s.name, "bridge")
		}
		anyStorage(t, stores, 7*time.Minute, order...)
	})
}

// Every kind of server and the bridge are killed in turn, twice, while the bridge delivers to one of
// each; what each store holds then is a row of the table.
func TestChaosServers(t *testing.T) {
	t.Parallel()
	if !servers.Long() {
		t.Skip("TestAnyStorage kills some; DBDAO_LONG=1 kills all")
	}
	others := []string{"exchange", "node", "stream"}
	all := slices.DeleteFunc(slices.Clone(stores), func(s store) bool { return !s.usual && !slices.Contains(others, s.name) })
	var order []string
	for range 2 {
		order = append(order, "bridge", "uplinks")
		for _, s := range all {
			order = append(order, s.name)
		}
	}
	anyStorage(t, all, 150*time.Second, append(order, "bridge")...)
}

const storageScenario = `
seed = 11
duration = "%s"
speed = 25
truth = %q
[server]
status_every = 5
downlink_every = 6
[[gateways]]
count = 3
radius = 400
[[devices]]
count = 4
kinds = ["climate", "air", "gps", "water"]
forms = ["lpp", "binary"]
activation = "mixed"
interval = "25s"
radius = 300
duty_cycle = false
f_cnt = 900
confirm_every = 4
[[devices]]
name = "unsold"
interval = "50s"
radius = 300
duty_cycle = false
sold = false
[faults]
after = "20s"
loss = 0.03
bad_mic = 0.04
replay = 0.06
duplicate = 0.06
f_cnt_reset = 0.04
rejoin = 0.03
reorder = 0.05
late = 0.05
malformed = 0.05
spoofed = 0.05
[[outputs]]
name = "chirpstack"
format = "v4_json"
url = %q
`

// storageRun is a run of TestAnyStorage.
type storageRun struct {
	*world
	hardware string
	scenario string // files
	truth    string
	streams  []string
	devices  map[string]sold // by stream
	shelves  []*shelf
	killings map[string]int // how often somebody was killed
}

type sold struct{ devEUI, commitment string }

// anyStorage plays a fleet for a while and kills whom kill names, one after the other.
func anyStorage(t *testing.T, stores []store, play time.Duration, kill ...string) {
	needs := []string{"mosquitto", "anvil"}
	for _, s := range stores {
		needs = append(needs, s.needs...)
	}
	servers.Need(t, needs...)
	hardware, err := simulator()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	s := &storageRun{world: newWorld(t, func(t testing.TB) *servers.Process { return servers.Anvil(t, "--mixed-mining") }), hardware: hardware, devices: map[string]sold{}, killings: map[string]int{}}
	s.openStores(stores)
	s.truth = filepath.Join(s.dir, "truth.ndjson")
	s.scenario = s.write("fleet.toml", fmt.Sprintf(storageScenario, 25*play, s.truth, s.mqtt))
	s.operate("")
	s.start()
	s.listFleet()
	for _, f := range s.shelves {
		s.buyAll(f)
	}
	s.settled(slices.Concat(mapped(s.shelves, func(f *shelf) []string { return f.purchases })...)...)
	t.Logf("%d stores and %d streams after %v", len(s.shelves), len(s.streams), time.Since(began).Round(time.Second))

	fleet := make(chan struct{})
	go func() {
		defer close(fleet)
		if out, err := exec.Command(hardware, "run", "-q", "-c", s.scenario).CombinedOutput(); err != nil {
			t.Errorf("hardware-sim run: %v\n%s", err, out)
		}
	}()
	for _, name := range kill {
		s.killed(name, fleet)
	}
	<-fleet
	t.Logf("the fleet has played after %v", time.Since(began).Round(time.Second))
	s.judge()
	t.Logf("%v in all", time.Since(began).Round(time.Second))
}

func mapped[A, B any](all []A, f func(A) B) (out []B) {
	for _, a := range all {
		out = append(out, f(a))
	}
	return out
}

// openStores starts the servers side by side.
func (s *storageRun) openStores(stores []store) {
	s.t.Helper()
	r := newRack(s.world)
	s.shelves = make([]*shelf, len(stores))
	var opening sync.WaitGroup
	for i := range stores {
		opening.Go(func() {
			f := stores[i].open(r, &stores[i])
			f.store = &stores[i]
			s.shelves[i] = f
		})
	}
	opening.Wait()
	if s.t.Failed() {
		s.t.FailNow()
	}
}

// listFleet attests what is for sale and lists it.
func (s *storageRun) listFleet() {
	s.t.Helper()
	for _, d := range devicesOf(s.t, s.scenario) {
		if !d.Sold {
			continue
		}
		dev := d.DevEUI.String()
		stream := s.list(dev, "0.0001", 1)
		b, err := os.ReadFile(filepath.Join(s.dir, "attestation-"+dev+".json"))
		var attested struct{ Device string }
		if err != nil || json.Unmarshal(b, &attested) != nil || attested.Device == "" {
			s.t.Fatalf("the attestation of %s names no device: %v", dev, err)
		}
		s.streams = append(s.streams, stream)
		s.devices[stream] = sold{dev, attested.Device}
	}
}

// buyAll makes a buyer who wants every stream in his store.
func (s *storageRun) buyAll(f *shelf) {
	s.t.Helper()
	s.person(f.name)
	s.as("platform", "token", "transfer", s.wallets[f.name], "1000")
	api := []string{"--api", "http://" + s.public, "--keystore", s.keystore(f.name), "-o", "json"}
	s.run(slices.Concat([]string{"destination", "set", f.name, "--kind", f.kind}, f.options, f.store.options, api)...)
	out, errs, code := s.try(slices.Concat([]string{"purchase", "buy"}, s.streams, []string{"--duration", "2h", "--to", f.name}, api)...)
	var bought []struct{ Purchase, Stream json.Number }
	if err := json.Unmarshal([]byte(out), &bought); code != 0 || err != nil || len(bought) != len(s.streams) {
		s.t.Fatalf("%s buys: exit %d, %v\n%s%s", f.name, code, err, out, errs)
	}
	var sales strings.Builder
	for _, b := range bought {
		f.purchases = append(f.purchases, b.Purchase.String())
		d := s.devices[b.Stream.String()]
		fmt.Fprintf(&sales, "{\"dev_eui\":%q,\"device\":%q,\"purchase\":%s}\n", d.devEUI, d.commitment, b.Purchase)
	}
	f.sales = s.write(f.name+".sales.ndjson", sales.String())
	if f.begin != nil {
		f.server = f.begin(f.purchases)
	}
}

// killed ends somebody with SIGKILL while readings come in, and has him back.
func (s *storageRun) killed(name string, fleet <-chan struct{}) {
	s.t.Helper()
	const meanwhile = 8 // uplinks
	s.published(meanwhile, fleet)
	var v victim = bridgeVictim{s.world}
	switch name {
	case "bridge":
	case "uplinks":
		v = s.broker
	default:
		i := slices.IndexFunc(s.shelves, func(f *shelf) bool { return f.name == name })
		v = s.shelves[i].server
	}
	v.Kill()
	s.killings[name]++
	if name == "uplinks" { // without its broker the fleet waits
		time.Sleep(time.Second)
		v.Start()
	}
	playing := s.published(meanwhile, fleet)
	if name != "uplinks" {
		v.Start()
	}
	s.t.Logf("%s was killed and came back; the fleet plays: %v", name, playing)
}

type bridgeVictim struct{ w *world }

func (b bridgeVictim) Kill()  { b.w.kill() }
func (b bridgeVictim) Start() { b.w.start() }

// published waits until the fleet has published some more; false: it has ended.
func (s *storageRun) published(more int, fleet <-chan struct{}) bool {
	s.t.Helper()
	lines := func() int {
		text, _ := os.ReadFile(s.truth)
		return strings.Count(string(text), `"type":"message"`)
	}
	for until := lines() + more; lines() < until; {
		select {
		case <-fleet:
			return false
		case <-time.After(50 * time.Millisecond):
		}
	}
	return true
}

// judge compares every store with the truth log, and the chain with both.
func (s *storageRun) judge() {
	s.t.Helper()
	truth := truths(s.t, s.truth)
	owed := truth.Owed()
	if owed < 40 {
		s.t.Errorf("only %d readings are owed: too few to judge by", owed)
	}
	for _, f := range s.shelves {
		s.judgeStore(f, owed)
	}
	s.eventually("every reading is paid for, once", 60*time.Second, func() bool {
		out, _, _ := s.try("purchase", "ls", "-o", "json")
		var all []struct{ Paid int }
		sum := 0
		if json.Unmarshal([]byte(out), &all) == nil {
			for _, p := range all {
				sum += p.Paid
			}
		}
		return sum == owed*len(s.shelves)
	})
	s.t.Logf("%d readings owed to each of %d buyers, all paid once; faults %v", owed, len(s.shelves), truth.Labels)
}

// judgeStore waits until a store holds all it is owed and has hardware-sim judge it.
func (s *storageRun) judgeStore(f *shelf, owed int) {
	s.t.Helper()
	var all []kept
	var again int
	var missing string
	deadline := time.Now().Add(slow * 60 * time.Second)
	for {
		all, again = once(s.t, f.held(s.t))
		if len(all) >= owed || time.Now().After(deadline) {
			break
		}
		time.Sleep(500 * time.Millisecond)
	}
	if len(all) < owed {
		missing = fmt.Sprint(s.run("destination", "show", f.name, "--api", "http://"+s.public, "--keystore", s.keystore(f.name), "-o", "json"))
	}
	if f.ordered {
		inOrder(s.t, f.name, all)
	}
	bodies := strings.Join(mapped(all, func(k kept) string { return k.body }), "\n")
	sink := s.write(f.name+".held.ndjson", bodies+"\n")
	out, err := exec.Command(s.hardware, "verify", "--truth", s.truth, "--devices", f.sales, "--sink", sink, "-o", "json").Output()
	var rep verify.Report
	if json.Unmarshal(out, &rep) != nil {
		s.t.Fatalf("verify: %v\n%s", err, out)
	}
	s.t.Logf("%-14s %-8s owed %d, delivered %d, lost %d, leaked %d, altered %d, duplicated %d, repeated %d; taken for what it had: %d",
		f.name, f.kind, rep.Owed, rep.Delivered, rep.Lost, rep.Leaked, rep.Altered, rep.Duplicated, rep.Repeats, again)
	if err != nil || rep.Owed != owed || rep.Delivered != owed || rep.Lost+rep.Leaked+rep.Altered+rep.Duplicated+rep.Repeats != 0 {
		s.t.Errorf("%s: %v: %v\n%s", f.name, err, kindsOf(rep), missing)
	}
	if n := s.killings[f.name]; n > 0 {
		servers.Row{Group: "server", Name: "the store of " + f.name + " (" + f.kind + ") is killed, and the bridge and its broker", Tries: n + s.killings["bridge"] + s.killings["uplinks"],
			Owed: rep.Owed, Lost: rep.Lost, Twice: rep.Duplicated + rep.Repeats, Leaked: rep.Leaked, Altered: rep.Altered}.Print(s.t)
	}
}

// kindsOf tells what went wrong, with an example each.
func kindsOf(rep verify.Report) string {
	var b strings.Builder
	for _, k := range rep.Kinds {
		fmt.Fprintf(&b, "\n%d × %s, e.g. %q", k.Count, k.What, k.Examples)
	}
	return b.String()
}

// once is what a consumer takes who skips the keys he has seen; again counts those. A
// reading that came again is the same, byte for byte.
func once(t *testing.T, all []kept) (first []kept, again int) {
	t.Helper()
	seen := map[string]string{}
	for _, k := range all {
		body, twice := seen[k.key]
		if !twice {
			seen[k.key] = k.body
			first = append(first, k)
			continue
		}
		again++
		if body != k.body {
			t.Errorf("%s came with two bodies:\n%s\n%s", k.key, body, k.body)
		}
	}
	return first, again
}

// inOrder says whether the readings of each purchase came in their order.
func inOrder(t *testing.T, who string, all []kept) {
	t.Helper()
	next := map[uint64]uint64{}
	for _, k := range all {
		var one struct{ Purchase, Seq uint64 }
		if err := json.Unmarshal([]byte(k.body), &one); err != nil {
			t.Fatal(err)
		}
		if one.Seq != next[one.Purchase] {
			t.Errorf("%s: of purchase %d seq %d came where %d was due", who, one.Purchase, one.Seq, next[one.Purchase])
		}
		next[one.Purchase] = one.Seq + 1
	}
}
