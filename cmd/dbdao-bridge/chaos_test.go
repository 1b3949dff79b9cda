package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/verify"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/databrokerdao/dbdao-bridge/market/node/nodetest"
)

// T1: the built bridge with real servers goes through everything that goes wrong, one act
// after the other, and nothing is lost, comes twice, leaks or is altered: what the buyers'
// stores hold is what the truth log of hardware-sim says is owed, and the chain has paid for
// just that. Each act is a row of the table that `make chaos` prints; it has a fleet and
// purchases of its own. The usual form plays some acts in one world; the long form all,
// in several worlds beside each other; DBDAO_ACTS, an expression, some. A further act is one entry;
// whoever has a world of his own names his test TestChaos… and prints rows (servers.Row).
func TestChaos(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil", "strace")
	groups := map[string][]*act{"kill": kills(), "error": failures(), "twin": twins(), "broker": brokers(), "reorg": reorgs(), "full": fullVolumes(t)}
	groups["answer"], groups["node"] = lies()
	only := onlyActs(t)
	if only != nil || !servers.Long() {
		var some []*act
		for _, name := range slices.Sorted(keysOf(groups)) {
			for _, a := range groups[name] {
				if a.group = name; only == nil && a.usual || only != nil && only.MatchString(name+": "+a.name) {
					some = append(some, a)
				}
			}
		}
		play := 2 * time.Second
		if only != nil {
			play = 12 * time.Second
		}
		chaosWorld(t, some, play)
		return
	}
	groups["clock"] = clocks()
	for name, acts := range groups {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, a := range acts {
				a.group = name
			}
			var node []string
			if name == "clock" { // the clock of a development chain is nobody's witness
				node = []string{"--chain-id", fmt.Sprint(livingChain)}
			}
			chaosWorld(t, acts, 4*time.Second, node...)
		})
	}
}

// onlyActs is what DBDAO_ACTS says; nil: nothing.
func onlyActs(t *testing.T) *regexp.Regexp {
	t.Helper()
	text := os.Getenv("DBDAO_ACTS")
	if text == "" {
		return nil
	}
	r, err := regexp.Compile(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// livingChain is none of a development chain's, which makes blocks when it likes.
const livingChain = 424_242

func keysOf[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// act is something that goes wrong while a fleet plays.
type act struct {
	group, name string
	usual       bool // also in the usual form
	// before is called before the fleet plays, and buys; nil: the purchases are made at the
	// beginning of the play, when all is well.
	before func(c *chaos, a *act)
	// play lets it go wrong until the fleet has played, or longer, and counts how often it did.
	play func(c *chaos, a *act) int
	// unpaid: what was delivered need not all be paid for.
	unpaid bool

	fleet     []string // DevEUIs of what is sold; nil: those of the scenario
	scenario  string   // file
	truths    []string // files
	streams   []string
	devices   map[string]sold // by stream
	purchases []string
	over      chan struct{} // closed when the fleet has played
	tries     int
	leaked    int // that play has found itself
	misdated  int // deliveries whose signature says another time
}

// ended says whether the fleet has played.
func (a *act) ended() bool {
	select {
	case <-a.over:
		return true
	default:
		return false
	}
}

const chaosScenario = `
seed = %d
duration = "%s"
speed = 25
truth = %q
[[gateways]]
count = 2
radius = 300
[[devices]]
count = 3
kinds = ["climate", "air", "water"]
forms = ["lpp", "binary"]
activation = "abp"
interval = "25s"
radius = 200
duty_cycle = false
f_cnt = 900
[[devices]]
name = "unsold"
interval = "50s"
activation = "abp"
radius = 200
duty_cycle = false
sold = false
[faults]
after = "5s"
replay = 0.06
duplicate = 0.06
reorder = 0.05
malformed = 0.05
spoofed = 0.05
[[outputs]]
name = "chirpstack"
format = "v4_json"
url = %q
`

// chaos is a world whose servers and whose bridge have faults.
type chaos struct {
	*world
	hardware     string
	node         *nodetest.Proxy                  // before the first node the bridge asks; the second is the same without it
	broker       *middleman                       // before the broker
	store        *pile                            // what the acts' buyer was sent
	taker        atomic.Pointer[http.HandlerFunc] // has the place of the store; nil: the store takes what comes
	misdated     atomic.Int64                     // deliveries the bridge signed with a time that is not now
	storeAddress string
	running      *process
	tokenMu      sync.Mutex // one transaction of the platform's at a time
	acts         []*act     // that are played or have been
	total        int        // purchases of acts
	bought       int64      // block by which what all acts sell was bought
}

// chaosWorld plays acts one after the other, each with a fleet that plays so long.
func chaosWorld(t *testing.T, acts []*act, play time.Duration, node ...string) {
	if len(acts) == 0 {
		t.Skip("there is no such act")
	}
	began := time.Now()
	c := newChaos(t, node...)
	for i, a := range acts {
		c.prepare(a, i, play)
	}
	c.listActs(acts)
	var basket []*act
	for _, a := range acts {
		if a.before == nil {
			basket = append(basket, a)
		}
	}
	c.buyActs("ann", basket...)
	c.bought = int64(c.head())
	t.Logf("%d acts after %v", len(acts), time.Since(began).Round(time.Second))
	for _, a := range acts {
		c.act(a)
	}
	c.judge(acts)
	c.discreet(acts)
	t.Logf("%v in all", time.Since(began).Round(time.Second))
}

// newChaos is a world whose bridge runs, with a buyer ann who has a store. What is given is the node's.
func newChaos(t *testing.T, node ...string) *chaos {
	return chaosIn(t, newWorld(t, func(t testing.TB) *servers.Process {
		return servers.Anvil(t, append([]string{"--mixed-mining"}, node...)...)
	}))
}

func chaosIn(t *testing.T, w *world) *chaos {
	hardware, err := simulator()
	if err != nil {
		t.Fatal(err)
	}
	c := &chaos{world: w, hardware: hardware, store: &pile{}}
	c.node = nodetest.New(t, c.world.node.URL)
	c.broker = newMiddleman(t, strings.TrimPrefix(c.world.broker.URL, "tcp://"))
	c.rpc, c.mqtt = c.node.URL, "tcp://"+c.broker.address
	c.operate("")
	c.configure("[settlement]", "[settlement]\nbump_after = \"10s\"", "rpc = [", fmt.Sprintf("request_timeout = \"2s\"\nrpc = [%q, ", c.node.URL), c.node.URL+"\"]", c.world.node.URL+"\"]")
	f, err := os.Create(filepath.Join(c.dir, "bridge.log"))
	if err != nil {
		t.Fatal(err)
	}
	c.log = f
	t.Cleanup(func() {
		c.kill()
		if text, _ := os.ReadFile(f.Name()); t.Failed() {
			t.Logf("the bridge's log ends:\n%s", text[max(0, len(text)-6000):])
			if at := os.Getenv("DBDAO_KEEP"); at != "" {
				_ = os.CopyFS(filepath.Join(at, filepath.Base(t.Name())), os.DirFS(c.dir))
			}
		}
		f.Close()
	})
	c.start()
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n, err := strconv.ParseInt(r.Header.Get("webhook-timestamp"), 10, 64); err != nil || time.Since(time.Unix(n, 0)).Abs() > 10*time.Minute {
			c.misdated.Add(1)
		}
		if other := c.taker.Load(); other != nil {
			other.ServeHTTP(w, r)
			return
		}
		c.store.take(w, r)
	}))
	t.Cleanup(store.Close)
	c.storeAddress = store.Listener.Addr().String()
	c.as("ann", "destination", "set", "store", "--api", "http://"+c.public, "--kind", "http", "url="+store.URL+"/?token="+storeToken, "--default")
	return c
}

// configure replaces texts in the bridge's configuration.
func (c *chaos) configure(pairs ...string) {
	c.t.Helper()
	b, err := os.ReadFile(c.config)
	if err != nil {
		c.t.Fatal(err)
	}
	text := string(b)
	for i := 0; i < len(pairs); i += 2 {
		if strings.Count(text, pairs[i]) != 1 {
			c.t.Fatalf("the configuration has no %q, or several", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	c.write(filepath.Base(c.config), text)
}

// process is a bridge that runs, perhaps under a tracer.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// spawn starts a program whose log is the bridge's, in a process group of its own.
func (c *chaos) spawn(args ...string) *process {
	c.t.Helper()
	p := &process{cmd: exec.Command(args[0], args[1:]...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = c.log, c.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	go func() { defer close(p.done); _ = p.cmd.Wait() }()
	return p
}

// kill ends it, and whatever it runs, with SIGKILL.
func (p *process) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
}

// waits waits until it has ended by itself; false: it has not in time.
func (p *process) waits(most time.Duration) bool {
	select {
	case <-p.done:
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // what a tracer has left
		return true
	case <-time.After(most):
		return false
	}
}

// boot starts the bridge without waiting for it, under a tracer if told so.
func (c *chaos) boot(tracer ...string) *process {
	c.t.Helper()
	c.running = c.spawn(append(slices.Clone(tracer), c.bin, "run", "-c", c.config)...)
	return c.running
}

// start starts the bridge and waits until it answers.
func (c *chaos) start() {
	c.t.Helper()
	deadline := time.Now().Add(slow * 20 * time.Second)
	for c.boot(); ; {
		if conn, err := net.Dial("tcp", c.admin); err == nil {
			conn.Close()
			return
		}
		if c.running.waits(10 * time.Millisecond) {
			c.t.Fatal("the bridge does not start")
		}
		if time.Now().After(deadline) {
			c.t.Fatal("the bridge does not listen")
		}
	}
}

// kill is SIGKILL. What a tracer ran may listen for a moment longer than the tracer lives.
func (c *chaos) kill() {
	if c.running != nil {
		c.running.kill()
		c.running = nil
	}
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		conn, err := net.Dial("tcp", c.admin)
		if err != nil {
			return
		}
		conn.Close()
	}
}

// restart kills the bridge and starts it.
func (c *chaos) restart() { c.t.Helper(); c.kill(); c.start() }

// prepare writes an act's scenario, the n-th of this world.
func (c *chaos) prepare(a *act, n int, play time.Duration) {
	c.t.Helper()
	a.truths = []string{filepath.Join(c.dir, fmt.Sprintf("truth-%d.ndjson", n))}
	a.scenario = c.write(fmt.Sprintf("fleet-%d.toml", n), fmt.Sprintf(chaosScenario, 1000+n, 25*play, a.truths[0], c.world.broker.URL))
	a.over, a.devices = make(chan struct{}), map[string]sold{}
}

// listActs attests and lists the devices of all acts, as a fleet.
func (c *chaos) listActs(acts []*act) {
	c.t.Helper()
	type entry struct {
		a   *act
		dev string
	}
	var all []entry
	for _, a := range acts {
		if a.fleet == nil {
			for _, d := range devicesOf(c.t, a.scenario) {
				if d.Sold {
					a.fleet = append(a.fleet, d.DevEUI.String())
				}
			}
		}
		for _, dev := range a.fleet {
			all = append(all, entry{a, dev})
		}
	}
	each(len(all), 4, func(i int) {
		o := c.run("device", "attest", "--force", "-c", c.config, "--dev-eui", all[i].dev, "--owner", c.wallets["owner"], "-o", "json")
		c.write(fmt.Sprintf("listed-%04d.json", i), jsonText(c.t, o))
	})
	if c.t.Failed() {
		c.t.FailNow()
	}
	c.as("platform", "token", "transfer", c.wallets["owner"], fmt.Sprint(200*len(all)))
	var listed []struct{ Stream json.Number }
	c.several(&listed, "owner", "stream", "create", "--price", "0.0001", "--interval", "1s", "--stake", "100", "--attestation", filepath.Join(c.dir, "listed-*.json"))
	if len(listed) != len(all) {
		c.t.Fatalf("%d of %d streams were listed", len(listed), len(all))
	}
	for i, e := range all {
		b, err := os.ReadFile(filepath.Join(c.dir, fmt.Sprintf("listed-%04d.json", i)))
		var attested struct{ Device string }
		if err != nil || json.Unmarshal(b, &attested) != nil || attested.Device == "" {
			c.t.Fatalf("an attestation names no device: %v", err)
		}
		stream := listed[i].Stream.String()
		e.a.streams = append(e.a.streams, stream)
		e.a.devices[stream] = sold{e.dev, attested.Device}
	}
}

// several executes a command with somebody's key that prints an array.
func (c *chaos) several(into any, who string, args ...string) {
	c.t.Helper()
	out, errs, code := c.try(append(args, "--keystore", c.keystore(who), "-o", "json")...)
	if err := json.Unmarshal([]byte(out), into); code != 0 || err != nil {
		c.t.Fatalf("%v: exit %d: %v\n%s%s", args[:2], code, err, out, errs)
	}
}

// basket buys streams and gives the purchases, by stream.
func (c *chaos) basket(who string, streams []string) map[string]string {
	c.t.Helper()
	var bought []struct{ Purchase, Stream json.Number }
	c.several(&bought, who, slices.Concat([]string{"purchase", "buy"}, streams, []string{"--duration", "2h", "--to", "store", "--api", "http://" + c.public})...)
	all := map[string]string{}
	for _, b := range bought {
		all[b.Stream.String()] = b.Purchase.String()
	}
	if len(all) != len(streams) {
		c.t.Fatalf("%s bought %d of %d streams", who, len(all), len(streams))
	}
	return all
}

// buyActs buys the streams of acts, and waits until the bridge serves them.
func (c *chaos) buyActs(who string, acts ...*act) {
	c.t.Helper()
	if len(acts) == 0 {
		return
	}
	c.as("platform", "token", "transfer", c.wallets[who], "1000")
	bought := c.basket(who, slices.Concat(mapped(acts, func(a *act) []string { return a.streams })...))
	for _, a := range acts {
		for _, stream := range a.streams {
			a.purchases = append(a.purchases, bought[stream])
		}
	}
	c.total += len(bought)
	c.eventually("the bridge serves what was bought", 60*time.Second, func() bool { return c.serving() >= c.total })
}

// serving counts the purchases the bridge serves; -1: it does not answer.
func (c *chaos) serving() int {
	out, _, code := c.try("status", "-c", c.config, "-o", "json")
	var s struct{ Entitlements struct{ Serving int } }
	if code != 0 || json.Unmarshal([]byte(out), &s) != nil {
		return -1
	}
	return s.Entitlements.Serving
}

// act plays one.
func (c *chaos) act(a *act) {
	c.t.Helper()
	if a.before != nil {
		a.before(c, a)
	}
	c.acts = append(c.acts, a)
	go func() {
		defer close(a.over)
		c.fleet(a.scenario)
	}()
	misdated := c.misdated.Load()
	a.tries = a.play(c, a)
	<-a.over
	a.misdated = int(c.misdated.Load() - misdated)
	c.node.Set(nodetest.Mood{})
	c.broker.set(nil)
	if c.running == nil || c.running.waits(0) {
		c.start()
	}
}

// fleet plays a scenario to its end.
func (c *chaos) fleet(scenario string, flags ...string) {
	if out, err := exec.Command(c.hardware, append([]string{"run", "-q", "-c", scenario}, flags...)...).CombinedOutput(); err != nil {
		c.t.Errorf("hardware-sim run: %v\n%s", err, out)
	}
}

// again lets an act's fleet go on.
func (c *chaos) again(a *act) {
	c.t.Helper()
	c.fleet(a.scenario, "--continue")
	a.truths = append(a.truths, strings.TrimSuffix(a.truths[0], ".ndjson")+"-2.ndjson")
}

// quiet waits until all that is owed has come.
func (c *chaos) quiet() {
	c.t.Helper()
	owed := 0
	for _, a := range c.acts {
		owed += c.truthOf(a).Owed()
	}
	c.await(func() bool { return c.store.different() >= owed })
}

// aside moves a folder of the world out of the way.
func (c *chaos) aside(name string) {
	c.t.Helper()
	from := filepath.Join(c.dir, name)
	if err := os.Rename(from, fmt.Sprintf("%s.%d", from, time.Now().UnixNano())); err != nil {
		c.t.Fatal(err)
	}
}

// judge waits until everything is delivered and paid for, and prints a row for each act.
func (c *chaos) judge(acts []*act) {
	c.t.Helper()
	ours := map[uint64]*act{}
	truths := map[*act]*verify.Truth{}
	owed, due := 0, 0
	for _, a := range acts {
		truths[a] = c.truthOf(a)
		owed += truths[a].Owed()
		if !a.unpaid {
			due += truths[a].Owed()
		}
		for _, p := range a.purchases {
			ours[uint64(number64(c.t, p))] = a
		}
	}
	c.await(func() bool { return c.store.different() >= owed })
	var paid map[string]int
	c.await(func() bool {
		paid = c.paid()
		sum := 0
		for _, a := range acts {
			for _, p := range a.purchases {
				if !a.unpaid {
					sum += paid[p]
				}
			}
		}
		return sum >= due
	})
	got := map[*act][]verify.Delivery{}
	for _, d := range c.store.deliveries(c.t) {
		a := ours[d.Purchase]
		got[a] = append(got[a], d)
	}
	if n := len(got[nil]); n > 0 {
		c.t.Errorf("%d readings came of purchases nobody made", n)
	}
	for _, a := range acts {
		var sales []verify.Sale
		for i, p := range a.purchases {
			sales = append(sales, c.sale(a.devices[a.streams[i]], p))
		}
		c.row(a, verify.Compare(truths[a], sales, got[a], 0), sales, paid).Print(c.t)
	}
}

// await waits for something that a fault of the bridge may keep from happening: the rows
// then tell.
func (c *chaos) await(is func() bool) bool {
	for deadline := time.Now().Add(slow * 15 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if is() {
			return true
		}
	}
	return false
}

// expect is await for what the rows do not tell.
func (c *chaos) expect(what string, is func() bool) {
	c.t.Helper()
	if !c.await(is) {
		c.t.Errorf("not within %v: %s", slow*15*time.Second, what)
	}
}

func (c *chaos) sale(s sold, purchase string) verify.Sale {
	c.t.Helper()
	sales, err := verify.ReadSales(strings.NewReader(fmt.Sprintf("{\"dev_eui\":%q,\"device\":%q,\"purchase\":%s}\n", s.devEUI, s.commitment, purchase)))
	if err != nil {
		c.t.Fatal(err)
	}
	return sales[0]
}

// row is what a report and the chain say.
func (c *chaos) row(a *act, rep *verify.Report, sales []verify.Sale, paid map[string]int) servers.Row {
	r := servers.Row{Group: a.group, Name: a.name, Tries: a.tries, Owed: rep.Owed, Lost: rep.Lost, Twice: rep.Duplicated, Leaked: rep.Leaked + a.leaked, Altered: rep.Altered + a.misdated}
	sum := 0
	for _, s := range sales {
		sum += paid[fmt.Sprint(s.Purchase)]
	}
	if r.Twice += max(0, sum-rep.Delivered); !a.unpaid {
		r.Lost += max(0, rep.Delivered-sum)
	}
	if r.Wrong() > 0 {
		c.t.Logf("%s: %d delivered of %d, %d paid: %s", a.name, rep.Delivered, rep.Owed, sum, kindsOf(*rep))
	}
	return r
}

// paid is what the chain has paid for, by purchase.
func (c *chaos) paid() map[string]int {
	c.t.Helper()
	out, errs, code := c.try("purchase", "ls", "-o", "json")
	var all []struct {
		Purchase json.Number
		Paid     int
	}
	if err := json.Unmarshal([]byte(out), &all); code != 0 || err != nil {
		c.t.Fatalf("purchase ls: exit %d: %v\n%s", code, err, errs)
	}
	paid := map[string]int{}
	for _, p := range all {
		paid[p.Purchase.String()] = p.Paid
	}
	return paid
}

// truthOf reads what an act's fleet says of itself.
func (c *chaos) truthOf(a *act) *verify.Truth {
	c.t.Helper()
	return truths(c.t, a.truths...)
}

// each does something n times, some of them at once.
func each(n, atOnce int, do func(i int)) {
	var all sync.WaitGroup
	var next atomic.Int64
	for range atOnce {
		all.Go(func() { // one that fails ends its goroutine, and the others go on
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				do(int(i))
			}
		})
	}
	all.Wait()
}

// pile is what a store was given, every time.
type pile struct {
	mu     sync.Mutex
	bodies [][]byte
	ids    map[string]bool
}

// take stores what a request brings.
func (p *pile) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || !p.add(body) {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// add stores a body: a reading, or an array of them.
func (p *pile) add(body []byte) bool {
	type reading struct{ ID string }
	all := make([]reading, 1)
	var err error
	if bytes.HasPrefix(body, []byte("[")) {
		err = json.Unmarshal(body, &all)
	} else {
		err = json.Unmarshal(body, &all[0])
	}
	if err != nil || slices.ContainsFunc(all, func(r reading) bool { return r.ID == "" }) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bodies = append(p.bodies, bytes.ReplaceAll(body, []byte("\n"), []byte(" ")))
	if p.ids == nil {
		p.ids = map[string]bool{}
	}
	for _, r := range all {
		p.ids[r.ID] = true
	}
	return true
}

// different counts the ids.
func (p *pile) different() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.ids)
}

// deliveries reads the pile as hardware-sim verify does.
func (p *pile) deliveries(t *testing.T) []verify.Delivery {
	t.Helper()
	p.mu.Lock()
	text := bytes.Join(p.bodies, []byte("\n"))
	p.mu.Unlock()
	all, err := verify.ReadSink(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return all
}
