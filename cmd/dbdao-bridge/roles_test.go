package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// neighbour is a second operator of the same market, with a broker of his own.
func (w *world) neighbour() *world {
	n := &world{t: w.t, bin: w.bin, dir: w.t.TempDir(), wallets: map[string]string{}, broker: servers.Mosquitto(w.t), node: w.node, rpc: w.rpc, sink: w.sink, token: w.token, market: w.market}
	n.mqtt = n.broker.URL
	n.write("password", "correct horse battery staple\n")
	for _, who := range []string{"admin", "operator", "owner"} {
		n.person(who)
	}
	w.as("platform", "token", "transfer", n.wallets["owner"], "1000")
	n.operate("")
	n.start()
	return n
}

// sends has devices send one uplink each, tagged with their owner's address.
func (w *world) sends(owner string, fCnt int, devices ...string) {
	w.t.Helper()
	for _, dev := range devices {
		w.publish(dev, []byte(strings.Replace(string(uplink(dev, fCnt)), `"tags":{}`, fmt.Sprintf(`"tags":{"dbdao_owner":%q}`, owner), 1)))
	}
}

// proves has an owner's devices vouched for while they send.
func (w *world) proves(who, api, lines string) {
	w.t.Helper()
	file := w.write("fleet.csv", lines)
	all, err := csv.NewReader(strings.NewReader(lines)).ReadAll()
	if err != nil {
		w.t.Fatal(err)
	}
	ended := make(chan string, 1)
	go func() {
		out, errs, code := w.try("device", "prove", "--csv", file, "--dir", filepath.Join(w.dir, "proofs"), "--wait", "1m", "--api", api, "--keystore", w.keystore(who), "-o", "json")
		ended <- map[bool]string{true: "", false: out + errs}[code == 0 && strings.Contains(out, fmt.Sprintf(`"attested": %d,`, len(all)-1))]
	}()
	for f := 1; ; f++ {
		for _, line := range all[1:] {
			w.sends(w.wallets[who], f, line[0])
		}
		select {
		case wrong := <-ended:
			if wrong != "" {
				w.t.Fatal(wrong)
			}
			return
		case <-time.After(time.Second):
		}
	}
}

// streamsIn reads which device has which stream.
func streamsIn(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]string{}
	for _, line := range all[1:] {
		of[line[0]] = line[1]
	}
	return of
}

// finds gives the streams that a search finds, best first.
func (w *world) finds(api string, words ...string) (all []string) {
	w.t.Helper()
	out, errs, code := w.try(append([]string{"stream", "search", "--api", api, "-o", "json"}, words...)...)
	var page struct {
		Streams []struct{ Stream json.Number }
	}
	if err := json.Unmarshal([]byte(out), &page); code != 0 || err != nil {
		w.t.Fatalf("search: %d %v\n%s%s", code, err, out, errs)
	}
	for _, s := range page.Streams {
		all = append(all, s.Stream.String())
	}
	return all
}

const weather = `title = "Temperature, roof"
sell = ["values"]
interval = "10s"

[[quantities]]
name = "temperature"
unit = "Cel"
min = -40
max = 85

[sample]
delay = "1s"
count = 3
`

// Everybody's day on a real node with blocks of two seconds and two operators: nobody but they has a
// node, and in the end every wei is where it belongs.
func TestTwoOperatorsAndEverybodysDay(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil")
	a := newWorld(t, func(t testing.TB) *servers.Process { return servers.StillAnvil(t, "--block-time", "2") })
	a.operate("")
	a.start()
	b := a.neighbour()
	everything := a.supply(b)
	a.as("platform", "token", "transfer", a.wallets["owner"], "25000")
	apiA, apiB := "http://"+a.public, "http://"+b.public

	// The owner's spreadsheet: 200 devices, 12 of them in and around Gent, the others beyond the Channel.
	fleet, here := "dev_eui,title,lat,lon,decimals\n", []string{}
	for i := range 200 {
		dev, lat, lon := fmt.Sprintf("00000000000a%04x", i+1), 52.2+float64(i%10)/10, -1.5-float64(i%7)/10
		if i%17 == 3 {
			lat, lon, here = 51.05+float64(i%3)/50, 3.72, append(here, dev)
		}
		fleet += fmt.Sprintf("%s,Sensor %d,%.3f,%.3f,3\n", dev, i, lat, lon)
	}
	began := time.Now()
	a.proves("owner", apiA, fleet)
	offers := filepath.Join(a.dir, "offers")
	a.run("offer", "fleet", a.write("all.toml", weather), filepath.Join(a.dir, "fleet.csv"), "--dir", offers, "-o", "json")
	create := []string{"stream", "create", "--attestation", filepath.Join(a.dir, "proofs", "*.json"), "--offer", offers, "--price", "0.0001", "--interval", "1s", "--stake", "100",
		"--csv", filepath.Join(a.dir, "listed.csv"), "--via-api", apiA, "--keystore", a.keystore("owner"), "-o", "json"}
	if _, errs, code := a.try(create...); code != 0 {
		t.Fatal(errs)
	}
	took := time.Since(began)
	if _, errs, code := a.try(create...); code == 0 || !strings.Contains(errs, "all 200 devices are listed") {
		t.Errorf("a second time: %d %s", code, errs)
	}
	streams := streamsIn(t, filepath.Join(a.dir, "listed.csv"))
	if len(streams) != 200 {
		t.Fatalf("%d streams", len(streams))
	}
	t.Logf("200 devices were proven and listed in %v", took.Round(100*time.Millisecond))
	files, _ := filepath.Glob(filepath.Join(offers, "*.json"))
	if _, errs, code := a.try(append([]string{"offer", "publish", "--api", apiA, "--keystore", a.keystore("owner"), "-o", "json"}, files...)...); code != 0 {
		t.Fatal(errs)
	}

	// Another owner has two at the other operator.
	b.proves("owner", apiB, "dev_eui,title,lat,lon,decimals\n00000000000b0001,Quay,51.06,3.71,3\n00000000000b0002,Lock,51.07,3.73,3\n")
	b.run("offer", "fleet", b.write("all.toml", weather), filepath.Join(b.dir, "fleet.csv"), "--dir", filepath.Join(b.dir, "offers"), "-o", "json")
	if _, errs, code := b.try("stream", "create", "--attestation", filepath.Join(b.dir, "proofs", "*.json"), "--offer", filepath.Join(b.dir, "offers"), "--price", "0.0001", "--interval", "1s",
		"--csv", filepath.Join(b.dir, "listed.csv"), "--via-api", apiB, "--keystore", b.keystore("owner"), "-o", "json"); code != 0 {
		t.Fatal(errs)
	}
	files, _ = filepath.Glob(filepath.Join(b.dir, "offers", "*.json"))
	b.try(append([]string{"offer", "publish", "--api", apiB, "--keystore", b.keystore("owner")}, files...)...)
	maps.Copy(streams, streamsIn(t, filepath.Join(b.dir, "listed.csv")))
	quay, lock := streams["00000000000b0001"], streams["00000000000b0002"]
	var near []string
	for _, dev := range append(slices.Clone(here), "00000000000b0001", "00000000000b0002") {
		near = append(near, streams[dev])
	}
	slices.Sort(near)

	// A buyer finds them, both operators', at either.
	for _, api := range []string{apiA, apiB} {
		a.eventually("a search at "+api+" finds what is near", 60*time.Second, func() bool {
			time.Sleep(time.Second) // a stranger's allowance is shared by all who come from one address
			found := a.finds(api, "--quantity", "temperature", "--near", "51.05,3.72", "--radius", "20km", "--limit", "100")
			slices.Sort(found)
			return slices.Equal(found, near)
		})
	}
	// Somebody has bought before, so that there is a sample.
	a.as("bob", "destination", "set", "store", "--api", apiA, "--kind", "http", "url="+a.sink.URL+"/bob", "--default")
	first := a.as("bob", "purchase", "buy", streams[here[0]], "--duration", "10m", "--via-api", apiA).text(t, "purchase")
	a.settled(first)
	a.sends(a.wallets["owner"], 1000, here...)
	time.Sleep(1100 * time.Millisecond)
	a.sends(a.wallets["owner"], 1001, here...)
	a.eventually("the sample is there", 30*time.Second, func() bool {
		r, err := http.Get(apiA + "/v1/streams/" + streams[here[0]] + "/sample")
		if err != nil {
			return false
		}
		defer r.Body.Close()
		var s struct{ Readings []any }
		return r.StatusCode == http.StatusOK && json.NewDecoder(r.Body).Decode(&s) == nil && len(s.Readings) > 0
	})
	if out, errs, code := a.try("stream", "show", streams[here[0]], "--api", apiB); code != 0 || !strings.Contains(out, "Sensor") || !strings.Contains(out, "0.0001 DTX a reading") {
		t.Errorf("the page at the other operator: %d\n%s%s", code, out, errs)
	}

	// More stake, more visible.
	last := streams[here[7]]
	a.as("owner", "stream", "add-stake", last, "50", "--via-api", apiA)
	a.eventually("it rose", 30*time.Second, func() bool {
		time.Sleep(time.Second)
		return a.finds(apiB, "--near", "51.05,3.72", "--radius", "20km")[0] == last
	})

	// She buys ten with one transaction: eight here and two there, all to one destination.
	for _, api := range []string{apiA, apiB} {
		a.as("ann", "destination", "set", "store", "--api", api, "--kind", "http", "url="+a.sink.URL+"/ann", "--default")
	}
	buy := []string{"purchase", "buy", quay, lock}
	sold := []string{"00000000000b0001", "00000000000b0002"}
	for _, dev := range here[:8] {
		buy, sold = append(buy, streams[dev]), append(sold, dev)
	}
	out, errs, code := a.try(append(buy, "--duration", "10m", "--max-total", "0.6", "--yes", "--via-api", apiA, "--keystore", a.keystore("ann"), "-o", "json")...)
	var bought []struct {
		Purchase json.Number
		Tx       string
	}
	if err := json.Unmarshal([]byte(out), &bought); code != 0 || err != nil || len(bought) != 10 || bought[0].Tx != bought[9].Tx {
		t.Fatalf("%d %v %s%s", code, err, out, errs)
	}
	a.settled(make([]string, 9)...)
	b.settled(make([]string, 2)...)
	deviceOf := map[string]string{}
	for i, one := range bought {
		deviceOf[one.Purchase.String()] = sold[i]
	}
	a.daysReadings(b, sold)
	held := map[string]map[int]bool{}
	a.eventually("three readings of each arrive", 60*time.Second, func() bool {
		held = a.held("ann")
		return len(held) == 10 && len(a.held("bob")[first]) == 5 && !slices.ContainsFunc(slices.Collect(maps.Values(held)), func(m map[int]bool) bool { return len(m) < 3 })
	})

	// She is away; what comes meanwhile she pulls.
	away := bought[2].Purchase.String()
	a.as("ann", "destination", "set", "later", "--api", apiA, "--kind", "pull")
	a.as("ann", "destination", "use", "later", away, "--api", apiA)
	a.sends(a.wallets["owner"], 1005, deviceOf[away])
	pulled := filepath.Join(a.dir, "pulled")
	a.eventually("the reading is pulled", 30*time.Second, func() bool {
		if _, errs, code := a.try("receive", away, "--once", "--to", "file:"+pulled, "--api", apiA, "--keystore", a.keystore("ann")); code != 0 {
			t.Log(errs)
		}
		files, _ := filepath.Glob(filepath.Join(pulled, "*"))
		for _, file := range files {
			if text, _ := os.ReadFile(file); strings.Contains(string(text), `"f_cnt":1005`) {
				held[away][1005] = true
			}
		}
		return held[away][1005]
	})
	file := a.write("evidence.json", "")
	evidence, errs, code := a.try("evidence", "build", away, "--api", apiA, "--keystore", a.keystore("ann"))
	if err := os.WriteFile(file, []byte(evidence), 0o600); code != 0 || err != nil {
		t.Fatal(errs, err)
	}
	if out, errs, code := a.try("evidence", "verify", file); code != 0 {
		t.Errorf("%s%s", out, errs)
	}

	// All is cancelled, the rest comes back, everybody withdraws.
	var purchases []string
	n := int64(0)
	for _, one := range bought {
		purchases = append(purchases, one.Purchase.String())
		n += int64(len(held[one.Purchase.String()]))
	}
	if _, errs, code := a.try(append(append([]string{"purchase", "cancel"}, purchases...), "--keystore", a.keystore("ann"), "--via-api", apiA)...); code != 0 {
		t.Fatal(errs)
	}
	a.as("bob", "purchase", "cancel", first, "--via-api", apiA)
	bobs := len(a.held("bob")[first])
	purchases = append(purchases, first)
	a.eventually("the last claims close the purchases", 60*time.Second, func() bool {
		return !slices.ContainsFunc(purchases, func(p string) bool { return a.run("purchase", "show", p, "-o", "json").text(t, "state") != "closed" })
	})
	month, errs, code := a.try("owner", "earnings", a.wallets["owner"], "--csv", "--via-api", apiA)
	lines, err := csv.NewReader(strings.NewReader(month)).ReadAll()
	if code != 0 || err != nil || len(lines) != 1+8 {
		t.Fatalf("%d %v\n%s%s", code, err, month, errs)
	}
	earned := new(big.Int)
	for _, line := range lines[1:] {
		earned.Add(earned, wei(t, line[slices.Index(lines[0], "amount_wei")]))
	}
	a.as("owner", "stream", "close", last, "--via-api", apiA)
	a.stop()
	b.stop()
	there := int64(len(held[bought[0].Purchase.String()]) + len(held[bought[1].Purchase.String()]))
	a.everyWei(b, n, int64(bobs), there, earned, everything)
}

// daysReadings has sold devices send three times.
func (a *world) daysReadings(b *world, sold []string) {
	a.t.Helper()
	for f := range 3 {
		b.sends(b.wallets["owner"], 1002+f, sold[:2]...)
		a.sends(a.wallets["owner"], 1002+f, sold[2:]...)
		time.Sleep(1100 * time.Millisecond)
	}
}

// held is which readings of each purchase a buyer's storage has, by f_cnt.
func (w *world) held(who string) map[string]map[int]bool {
	all := map[string]map[int]bool{}
	for _, one := range w.sink.received(who) {
		p := one.Purchase.String()
		if all[p] == nil {
			all[p] = map[int]bool{}
		}
		all[p][one.FCnt] = true
	}
	return all
}

// supply is what everybody has together, the market included, in wei.
func (w *world) supply(b *world) *big.Int {
	w.t.Helper()
	sum := w.tokens(w.market)
	for _, accounts := range []map[string]string{w.wallets, b.wallets} {
		for _, account := range accounts {
			sum.Add(sum, w.tokens(account))
		}
	}
	return sum
}

// everyWei has everybody withdraw, and compares what each has with the readings that arrived at ann's
// and bob's; so many of ann's came from the other operator.
func (w *world) everyWei(b *world, anns, bobs, there int64, earned, everything *big.Int) {
	t := w.t
	t.Helper()
	here := anns + bobs - there
	dtx := func(n int64) *big.Int { return new(big.Int).Mul(big.NewInt(n), big.NewInt(1_000_000_000_000_000_000)) }
	price := wei(t, "100000000000000")
	part := func(readings, percent int64) *big.Int {
		return new(big.Int).Div(new(big.Int).Mul(price, big.NewInt(readings*percent)), big.NewInt(100))
	}
	less := func(a, b *big.Int) *big.Int { return new(big.Int).Sub(a, b) }
	w.all(append([]string{"withdraw", "--keystore", w.keystore("ann")}, w.wallets["ann"], w.wallets["bob"], w.wallets["owner"], w.wallets["operator"], b.wallets["owner"], b.wallets["operator"], w.wallets["platform"])...)
	for what, c := range map[string]struct{ has, want *big.Int }{
		"ann":                {w.balance("ann"), less(dtx(1000), part(anns, 100))},
		"bob":                {w.balance("bob"), less(dtx(1000), part(bobs, 100))},
		"the owner":          {w.balance("owner"), less(part(here, 80), less(dtx(20_050), dtx(26_000)))},
		"the owner's month":  {earned, part(here, 80)},
		"the other owner":    {b.balance("owner"), less(part(there, 80), less(dtx(200), dtx(1000)))},
		"the operator":       {w.balance("operator"), part(here, 10)},
		"the other operator": {b.balance("operator"), part(there, 10)},
		"the market":         {w.tokens(w.market), dtx(20_250)},
		"all":                {w.supply(b), everything},
	} {
		if c.has.Cmp(c.want) != 0 {
			t.Errorf("%s has %s wei, want %s", what, c.has, c.want)
		}
	}
	if err := servers.Call(t.Context(), w.node.URL, nil, "evm_increaseTime", 3600); err != nil {
		t.Fatal(err)
	}
	if err := servers.Call(t.Context(), w.node.URL, nil, "evm_mine"); err != nil {
		t.Fatal(err)
	}
	closed := ""
	for _, s := range w.all("stream", "ls", "--owner", w.wallets["owner"]) {
		if s["state"] == "closed" {
			closed = s.text(t, "stream")
		}
	}
	before := w.balance("owner")
	w.as("owner", "stream", "withdraw-stake", closed)
	if got := less(w.balance("owner"), before); got.Cmp(dtx(150)) != 0 {
		t.Errorf("the stake that came back is %s wei", got)
	}
	t.Logf("%d readings at 0.0001 DTX, %d of them at the other operator: every wei is accounted for", anns+bobs, there)
}

// all executes a command that prints a list.
func (w *world) all(args ...string) (list []object) {
	w.t.Helper()
	out, errs, code := w.try(append(args, "-o", "json")...)
	d := json.NewDecoder(strings.NewReader(out))
	d.UseNumber()
	if err := d.Decode(&list); code != 0 || err != nil {
		w.t.Fatalf("%v: %d %v %s%s", args, code, err, out, errs)
	}
	return list
}
