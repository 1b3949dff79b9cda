package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// Devices of testdata/events (real captures, see lorawan/chirpstack/testdata).
const (
	buoy    = "70b3d57ed8005343" // v4-up-01-as923.json
	climate = "24e124538b223213" // v4-up-03-gwtime.json
	twoGW   = "ffffff200000b703" // v4-up-04-two-gateways.json: nobody buys it
	docs    = "0101010101010101" // v4-doc-up.json
)

func eachNode(t *testing.T, test func(t *testing.T, w *world)) {
	nodes := map[string]func(testing.TB) *servers.Process{
		"geth": servers.Geth, "anvil": func(t testing.TB) *servers.Process { return servers.Anvil(t) },
	}
	for name, start := range nodes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			servers.Need(t, "mosquitto", name)
			test(t, newWorld(t, start))
		})
	}
}

// A2: real Mosquitto, real Ethereum node, everything by command, the captured
// events of real ChirpStack servers.
func TestCapturedUplinksBecomePaidDeliveries(t *testing.T) {
	t.Parallel()
	eachNode(t, func(t *testing.T, w *world) {
		w.operate("")
		w.start()
		streams := map[string]string{}
		for _, dev := range []string{buoy, climate, docs, twoGW} {
			streams[dev] = w.list(dev, "0.0001", 1)
		}
		bought := map[string][]string{} // buyer → purchases
		buy := func(who, dev string) string {
			p := w.buy(who, streams[dev], "1h")
			w.route(who, p)
			bought[who] = append(bought[who], p)
			return p
		}
		annBuoy, annClimate, bobBuoy := buy("ann", buoy), buy("ann", climate), buy("bob", buoy)
		bobDocs := buy("bob", docs)
		w.settled(annBuoy, annClimate, bobBuoy, bobDocs)

		files, err := filepath.Glob("testdata/events/v4-*.json")
		if err != nil || len(files) < 10 {
			t.Fatalf("events: %v %v", files, err)
		}
		for range 2 { // published twice: sold once
			for _, f := range files {
				w.publishFile(f)
			}
		}
		w.eventually("4 readings at the sinks", 30*time.Second, func() bool {
			return len(w.sink.received("ann"))+len(w.sink.received("bob")) >= 4
		})
		w.eventually("4 readings settled", 60*time.Second, func() bool { return w.delivered(bought) == 4 })

		want := map[string]map[string]int{ // buyer → purchase → f_cnt
			"ann": {annBuoy: 174, annClimate: 153},
			"bob": {bobBuoy: 174, bobDocs: 0},
		}
		for who, purchases := range want {
			got := w.sink.received(who)
			if len(got) != len(purchases) {
				t.Errorf("%s received %d readings, want %d", who, len(got), len(purchases))
			}
			for id, one := range got {
				f, ok := purchases[one.Purchase.String()]
				if !ok || f != one.FCnt || one.times != 1 || strings.HasPrefix(one.body, "DIFFERS") {
					t.Errorf("%s: parcel %s: purchase %s f_cnt %d, %d times", who, id, one.Purchase, one.FCnt, one.times)
				}
				for _, private := range []string{"gatewayId", "tenant", "ChirpStack", "location\":", "devEui", "b827ebffff7d667b"} {
					if strings.Contains(one.body, private) {
						t.Errorf("%s: parcel %s tells %q of the operator", who, id, private)
					}
				}
			}
		}
		w.exact(4, "100000000000000") // 0.0001 DTX each
		w.moreStakeIsMoreVisible(streams[buoy], streams[twoGW])
		w.windDown(annBuoy)
	})
}

// moreStakeIsMoreVisible searches before and after add-stake (U6): of two streams with the same
// stake the older one comes first, then the one with more.
func (w *world) moreStakeIsMoreVisible(older, younger string) {
	w.t.Helper()
	found := func() (order []string) {
		out, _, code := w.try("stream", "search", "--api", "http://"+w.public, "-o", "json")
		var page struct {
			Streams []struct {
				Stream json.Number
				Score  int
			}
		}
		if code != 0 || json.Unmarshal([]byte(out), &page) != nil {
			return nil
		}
		for _, s := range page.Streams {
			if id := s.Stream.String(); id == older || id == younger {
				order = append(order, id)
			}
		}
		return order
	}
	w.eventually("a search finds the older stream first", 30*time.Second, func() bool { return slices.Equal(found(), []string{older, younger}) })
	w.as("owner", "stream", "add-stake", younger, "1")
	w.eventually("a search finds the stream with more stake first", 30*time.Second, func() bool { return slices.Equal(found(), []string{younger, older}) })
	out, errs, code := w.try("stream", "show", younger, "--api", "http://"+w.public)
	for _, want := range []string{"101 DTX, which the owner loses", "rank:", "1 of 4", "0.0001 DTX a reading", "no review possible", "more stake it would be 1 of 4"} {
		if code != 0 || !strings.Contains(out, want) {
			w.t.Errorf("stream show: exit %d, no %q\n%s%s", code, want, out, errs)
		}
	}
}

// windDown uses the commands a story does not need on its way.
func (w *world) windDown(purchase string) {
	w.t.Helper()
	w.as("ann", "purchase", "cancel", purchase)
	w.eventually("the last claim closes the cancelled purchase", 30*time.Second, func() bool {
		return w.run("purchase", "show", purchase, "-o", "json").text(w.t, "state") == "closed"
	})
	for _, c := range []struct{ args, says string }{
		{"stream ls", "price_dtx"}, {"stream show 1", "0.0001"}, {"purchase ls --buyer " + w.wallets["ann"], "quota"},
		{"operator show 1", w.wallets["operator"]}, {"version", "version"}, {"configfile", "[chain]"},
		{"wallet show --keystore " + w.keystore("ann"), w.wallets["ann"]}, {"check -c " + w.config, "\"ok\": true"},
		{"earnings --wei -c " + w.config, "80000000000000"}, {"earnings --csv -c " + w.config, "gross_wei"}, {"settle -c " + w.config, "["},
		{"device ls -c " + w.config, buoy}, {"destination ls --api http://" + w.public + " --keystore " + w.keystore("ann"), "http"}, {"parcel show " + purchase + " --api http://" + w.public + " --keystore " + w.keystore("ann"), "store"}, {"destination kinds", "mqtt"},
	} {
		args := strings.Fields(c.args)
		if args[0] != "configfile" {
			args = append(args, "-o", "json")
		}
		out, errs, code := w.try(args...)
		if code != 0 || !strings.Contains(strings.ToLower(out), strings.ToLower(c.says)) {
			w.t.Errorf("%s: exit %d\n%s%s", c.args, code, out, errs)
		}
	}
	for _, bad := range []string{"purchase finish " + purchase, "stream show 99", "purchase buy 1 --duration 0s", "nonsense", "stream", "destination set x"} {
		args := append(strings.Fields(bad), "--keystore", w.keystore("ann"))
		if out, errs, code := w.try(args...); code == 0 || strings.Count(strings.TrimSpace(errs), "\n") > 1 {
			w.t.Errorf("%s: exit %d, want a sentence\n%s%s", bad, code, out, errs)
		}
	}
}

// settled waits until the running bridge knows the purchases and serves them.
func (w *world) settled(purchases ...string) {
	w.t.Helper()
	w.eventually("the bridge serves "+strings.Join(purchases, ", "), 30*time.Second, func() bool {
		s := w.status()
		e, _ := s["entitlements"].(map[string]any)
		n, _ := e["serving"].(json.Number)
		have, _ := strconv.Atoi(n.String())
		return have >= len(purchases)
	})
}

// delivered sums what the chain has paid for over all purchases.
func (w *world) delivered(bought map[string][]string) int {
	sum := 0
	for _, purchases := range bought {
		for _, p := range purchases {
			n, _ := strconv.Atoi(w.run("purchase", "show", p, "-o", "json").text(w.t, "paid"))
			sum += n
		}
	}
	return sum
}

// exact withdraws what owner, operator and platform earned and compares what
// arrived with 80, 10 and 10 per cent of n readings, to the wei.
func (w *world) exact(n int64, price string) {
	w.t.Helper()
	gross := new(big.Int).Mul(big.NewInt(n), wei(w.t, price))
	for who, percent := range map[string]int64{"owner": 80, "operator": 10, "platform": 10} {
		before := w.balance(who)
		w.as("platform", "withdraw", w.wallets[who])
		earned := new(big.Int).Sub(w.balance(who), before)
		want := new(big.Int).Div(new(big.Int).Mul(gross, big.NewInt(percent)), big.NewInt(100))
		if earned.Cmp(want) != 0 {
			w.t.Errorf("%s earned %s wei of %s, want %s", who, earned, gross, want)
		}
	}
}

func (w *world) balance(who string) *big.Int { w.t.Helper(); return w.tokens(w.wallets[who]) }

// tokens is what an account has, in wei.
func (w *world) tokens(account string) *big.Int {
	w.t.Helper()
	return wei(w.t, w.run("token", "balance", account, "--wei", "-o", "json").text(w.t, "tokens_wei"))
}

// publishFile publishes a captured event on the topic ChirpStack would use.
func (w *world) publishFile(file string) {
	w.t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		w.t.Fatal(err)
	}
	var e struct {
		DeviceInfo struct{ ApplicationID, DevEui string }
	}
	_ = json.Unmarshal(body, &e)
	kind := strings.Split(strings.TrimSuffix(filepath.Base(file), ".json"), "-")
	name := "up"
	if kind[1] == "doc" {
		name = kind[2]
	}
	if kind[1] == "gw" {
		return // gateway level: another source's business
	}
	w.raw("application/"+e.DeviceInfo.ApplicationID+"/device/"+e.DeviceInfo.DevEui+"/event/"+name, body)
}

func (w *world) raw(topic string, body []byte) {
	w.t.Helper()
	if w.pub == nil {
		w.pub = mqtt.NewPublisher(mqtt.Config{URL: w.broker.URL, ClientID: "chirpstack-test"})
		w.t.Cleanup(func() { _ = w.pub.Close() })
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := w.pub.Publish(ctx, topic, body, 1); err != nil {
		w.t.Fatalf("publish: %v", err)
	}
}

// A3: SIGKILL over and over while uplinks arrive.
func TestKilledBridgesLoseNothingAndBillOnce(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "geth")
	kills := number("DBDAO_KILLS", 12)
	w := newWorld(t, servers.Geth)
	w.operate("")
	w.start()
	const fleet = 8
	var devices []string
	purchases := map[string]string{} // device → purchase of ann
	for i := range fleet {
		dev := fmt.Sprintf("00000000000000%02x", i+1)
		devices = append(devices, dev)
		p := w.buy("ann", w.list(dev, "0.0001", 1), "1h")
		w.route("ann", p)
		purchases[dev] = p
	}
	all := make([]string, 0, fleet)
	for _, p := range purchases {
		all = append(all, p)
	}
	w.settled(all...)

	ctx, cancel := context.WithCancel(t.Context())
	published := make(chan int, 1)
	pub := mqtt.NewPublisher(mqtt.Config{URL: w.broker.URL, ClientID: "chirpstack-fleet"})
	defer pub.Close()
	go func() { // a counter per device, one uplink a device every 1.1 s, as bought
		n := 0
		defer func() { published <- n }()
		for f := 1; ctx.Err() == nil; f++ {
			for _, dev := range devices {
				topic := "application/1f1e46b9-af07-462a-8475-c02cf6225c0b/device/" + dev + "/event/up"
				if err := pub.Publish(t.Context(), topic, uplink(dev, f), 1); err != nil {
					t.Errorf("publish: %v", err)
					return
				}
			}
			n = f
			time.Sleep(1100 * time.Millisecond)
		}
	}()
	for i := range kills {
		time.Sleep(time.Duration(100+i*137%900) * time.Millisecond)
		w.kill()
		w.start()
	}
	cancel()
	rounds := <-published
	want := rounds * fleet
	w.eventually(fmt.Sprintf("%d readings at the sink", want), 60*time.Second, func() bool { return len(w.sink.received("ann")) >= want })
	w.eventually(fmt.Sprintf("%d readings settled", want), 90*time.Second, func() bool {
		return w.delivered(map[string][]string{"ann": all}) == want
	})

	repeats := 0
	seen := map[string]string{} // purchase/f_cnt → webhook-id
	for id, one := range w.sink.received("ann") {
		repeats += one.times - 1
		key := one.Purchase.String() + "/" + strconv.Itoa(one.FCnt)
		if other, twice := seen[key]; twice {
			t.Errorf("reading %s has two ids: %s and %s", key, id, other)
		}
		seen[key] = id
		if strings.HasPrefix(one.body, "DIFFERS") {
			t.Errorf("parcel %s changed between attempts", id)
		}
	}
	lost := 0
	for _, p := range purchases {
		for f := 1; f <= rounds; f++ {
			if seen[p+"/"+strconv.Itoa(f)] == "" {
				lost++
			}
		}
	}
	t.Logf("kills %d, uplinks %d, at the sink %d, lost %d, repeated deliveries %d (each with its first id)", kills, want, len(seen), lost, repeats)
	if lost > 0 || len(seen) != want {
		t.Errorf("lost %d, %d readings at the sink, want %d", lost, len(seen), want)
	}
	w.exact(int64(want), "100000000000000")
}

func number(env string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(env)); err == nil {
		return n
	}
	return otherwise
}

// A4: the chain takes a purchase back.
func TestAReorgThatDropsAPurchaseStopsItsDelivery(t *testing.T) {
	servers.Need(t, "mosquitto", "anvil")
	w := newWorld(t, func(t testing.TB) *servers.Process { return servers.Anvil(t) })
	w.operate("")
	w.start()
	stream := w.list(buoy, "0.0001", 1)
	kept := w.buy("ann", stream, "1h")
	w.route("ann", kept)
	w.settled(kept)
	time.Sleep(4 * time.Second) // the kept purchase gets deeper than the reorg
	w.sink.setDown(true)
	sold := w.as("bob", "purchase", "buy", stream, "--duration", "1h")
	lost, block := sold.text(t, "purchase"), number64(t, sold.text(t, "block"))
	w.route("bob", lost)
	w.settled(kept, lost)
	w.publish(buoy, uplink(buoy, 1))
	w.eventually("a parcel waits for each", 10*time.Second, func() bool { return w.waiting() == 2 })

	var head string
	if err := servers.Call(t.Context(), w.node.URL, &head, "eth_blockNumber"); err != nil {
		t.Fatal(err)
	}
	depth := max(3, number64(t, head)-block+1) // three blocks, more where this machine was slow
	if err := servers.Call(t.Context(), w.node.URL, nil, "anvil_reorg", depth, []any{}); err != nil {
		t.Fatal(err)
	}
	t.Logf("a reorg of %d blocks", depth)
	w.eventually("the dropped purchase's parcel is cancelled", 20*time.Second, func() bool { return w.waiting() == 1 })
	w.sink.setDown(false)
	w.publish(buoy, uplink(buoy, 2))
	w.eventually("ann has both", 20*time.Second, func() bool { return len(w.sink.received("ann")) == 2 })
	if got := len(w.sink.received("bob")); got != 0 {
		t.Errorf("bob, whose purchase is gone, received %d readings", got)
	}

	// A bridge that folds the chain from scratch has the same cache. Nothing may be under
	// way any more: a settlement changes it.
	w.eventually("both readings are settled", 60*time.Second, func() bool {
		return w.delivered(map[string][]string{"ann": {kept}}) == 2
	})
	w.eventually("the bridge has seen it", 20*time.Second, func() bool {
		out, _, _ := w.try("earnings", "-c", w.config, "--csv")
		return strings.Contains(out, ","+kept+",2,0,")
	})
	digest := w.status()["ledger"].(map[string]any)["digest"]
	w.stop()
	if err := os.Rename(filepath.Join(w.dir, "data", "ledger.db"), filepath.Join(w.dir, "old.db")); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(w.bin, "run", "-c", w.config).CombinedOutput(); err == nil || !strings.Contains(string(out), "--begin-again") { // R3
		t.Errorf("a ledger that went missing is a first start: %v %s", err, out)
	}
	w.start("--begin-again")
	w.eventually("the cache folded from scratch equals the one that saw the reorg", 20*time.Second, func() bool {
		return w.status()["ledger"].(map[string]any)["digest"] == digest
	})
}

// number64 reads a decimal or 0x number.
func number64(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 0, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// waiting counts parcels in the outbox.
func (w *world) waiting() int {
	w.t.Helper()
	l, _ := w.status()["ledger"].(map[string]any)
	n, _ := l["waiting"].(json.Number)
	have, _ := strconv.Atoi(n.String())
	return have
}

// A5: broker, node and sink go away for a while, one after the other.
func TestOutagesAreNamedAndRecovered(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "geth")
	outage := time.Duration(number("DBDAO_OUTAGE_SECONDS", 4)) * time.Second
	w := newWorld(t, servers.Geth)
	node := servers.NewProxy(t, strings.TrimPrefix(w.node.URL, "http://"))
	broker := servers.NewProxy(t, strings.TrimPrefix(w.broker.URL, "tcp://"))
	w.rpc, w.mqtt = "http://"+node.Addr, "tcp://"+broker.Addr
	w.operate("")
	w.start()
	p := w.buy("ann", w.list(buoy, "0.0001", 1), "1h")
	w.route("ann", p)
	w.settled(p)
	f := 0
	uplinks := func(d time.Duration) {
		for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(1100 * time.Millisecond) {
			f++
			w.publish(buoy, uplink(buoy, f))
		}
	}
	for _, o := range []struct {
		code         string
		cut, restore func()
	}{
		{"broker_down", broker.Cut, func() { broker.Restore(t) }},
		{"rpc_down", node.Cut, func() { node.Restore(t) }},
		{"destination_failing", func() { w.sink.setDown(true) }, func() { w.sink.setDown(false) }},
	} {
		uplinks(3 * time.Second)
		o.cut()
		uplinks(outage)
		if !w.says(o.code) {
			t.Errorf("status does not name %s: %v", o.code, w.status()["conditions"])
		}
		o.restore()
		w.eventually(o.code+" is over", 60*time.Second, func() bool { return !w.says(o.code) })
	}
	uplinks(3 * time.Second)
	w.eventually(fmt.Sprintf("%d readings at the sink", f), 60*time.Second, func() bool { return len(w.sink.received("ann")) == f })
	w.eventually("all settled", 60*time.Second, func() bool { return w.delivered(map[string][]string{"ann": {p}}) == f })
	log, err := os.ReadFile(w.log.Name())
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"broker_down", "rpc_down", "destination_failing"} {
		if n := bytes.Count(log, []byte(code)); n < 2 {
			t.Errorf("the log names %s %d times, want its begin and its end", code, n)
		}
	}
	t.Logf("outages of %v each: %d uplinks, %d at the sink", outage, f, len(w.sink.received("ann")))
	w.exact(int64(f), "100000000000000")
}

// says tells whether status names a condition.
func (w *world) says(code string) bool {
	w.t.Helper()
	all, _ := w.status()["conditions"].([]any)
	for _, c := range all {
		if o, _ := c.(map[string]any); o["code"] == code {
			return true
		}
	}
	return false
}

// A6: what strangers and typos send costs a sentence, not a reading.
func TestBadInputCostsASentenceAndLosesNothing(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "geth")
	w := newWorld(t, servers.Geth)
	w.operate("")
	good, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		from, to, says string
		code           int
	}{
		"a typo in a key":       {"poll_interval", "pol_interval", "poll_interval", 2},
		"another chain":         {"[chain]", "[chain]\nchain_id = 424242", "424242", 1},
		"a market without code": {w.market, "0x00000000000000000000000000000000000000aa", "0x00000000000000000000000000000000000000", 1},
		"a wrong password":      {"password\"", "wrong\"", "password", 1},
	} {
		t.Run(name, func(t *testing.T) {
			w.write("wrong", "not it\n")
			bad := w.write("bad.toml", strings.ReplaceAll(string(good), c.from, c.to))
			out, errs, code := w.try("run", "-c", bad)
			if code != c.code || !strings.Contains(strings.ToLower(errs), strings.ToLower(c.says)) || strings.Count(strings.TrimSpace(errs), "\n") > 3 {
				t.Errorf("exit %d, want %d and a sentence with %q:\n%s%s", code, c.code, c.says, out, errs)
			}
			if strings.Contains(errs, "not it") {
				t.Error("the error shows the password")
			}
		})
	}
	other := w.write("other.toml", strings.ReplaceAll(string(good), w.market, w.token))
	if out, _, code := w.try("check", "-c", other); code != 1 || !strings.Contains(out, "not the market") {
		t.Errorf("check with another contract's address: exit %d\n%s", code, out)
	}
	w.start()
	p := w.buy("ann", w.list(buoy, "0.0001", 1), "1h")
	w.route("ann", p)
	w.settled(p)
	topic := "application/1f1e46b9-af07-462a-8475-c02cf6225c0b/device/" + buoy + "/event/up"
	w.raw(topic, uplink(buoy, 1))
	w.raw(topic, []byte(`{"deviceInfo":{"devEui":"70b3`))
	w.raw(topic, uplink(climate, 1))
	w.raw(topic, bytes.Repeat([]byte("x"), 1<<20))
	w.raw("something/else", uplink(buoy, 9))
	time.Sleep(1100 * time.Millisecond)
	w.raw(topic, uplink(buoy, 2))
	w.eventually("both good readings", 20*time.Second, func() bool { return len(w.sink.received("ann")) == 2 })
	for _, metric := range []string{
		`dbdao_uplinks_total{fate="malformed",source="chirpstack"} 1`,
		`dbdao_uplinks_total{fate="mismatch",source="chirpstack"} 1`,
		`dbdao_uplinks_overlong_total{source="chirpstack"} 1`,
		`dbdao_uplinks_total{fate="posted",source="chirpstack"} 2`,
	} {
		if !strings.Contains(w.metrics(), metric) {
			t.Errorf("metrics lack %s", metric)
		}
	}
}
