package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// Devices of this story's captures, and two whose frames are made here.
const (
	posted  = "ca5e6b034eef0001" // testdata/http
	starter = "70b3d52dd600035a" // lorawan/thethings/testdata/tts-up-01-starter-kit-2025.json
	listed  = "0000000000000a01" // in the devices file
	tagged  = "0000000000000a03" // has an owner's tag
	added   = "0000000000000a02" // given to the running bridge by session add
)

// abp is a device of a gateway-level source with a session.
type abp struct {
	devEUI           string
	addr             lorawan.DevAddr
	nwkSKey, appSKey lorawan.Key
}

func (d abp) table() string {
	return fmt.Sprintf("[[device]]\ndev_eui = %q\nversion = \"1.0.3\"\ndev_addr = %q\nnwk_s_key = %q\napp_s_key = %q\n",
		d.devEUI, d.addr, hex.EncodeToString(d.nwkSKey[:]), hex.EncodeToString(d.appSKey[:]))
}

// hear publishes a frame of the device as v4 gateways do, one message for each.
func (w *world) hear(d abp, fCnt uint32, payload string, gateways ...string) {
	w.t.Helper()
	phy, err := lorawan.NewSession(lorawan.LoRaWAN10, d.addr, lorawan.Keys10(d.nwkSKey, d.appSKey)).
		SealUp(lorawan.Frame{Type: lorawan.UnconfirmedUp, HasPort: true, FPort: 2, Payload: []byte(payload)}, fCnt, lorawan.Radio{DR: 5})
	if err != nil {
		w.t.Fatal(err)
	}
	for i, g := range gateways {
		w.raw("eu868/gateway/"+g+"/event/up", fmt.Appendf(nil, `{"phyPayload":%q,"txInfo":{"frequency":868100000,"modulation":{"lora":{"bandwidth":125000,"spreadingFactor":7,"codeRate":"CR_4_5"}}},`+
			`"rxInfo":{"gatewayId":%q,"uplinkId":%d,"rssi":%d,"snr":8.2,"crcStatus":"CRC_OK"}}`, base64.StdEncoding.EncodeToString(phy), g, 100+i, -90+10*i))
	}
}

// recorded reads a post as a network server sent it.
func recorded(t *testing.T, file string) (*http.Request, []byte) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata/http", file))
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, body
}

// send posts a request recorded from a network server to a source, with a token.
func send(t *testing.T, base, source, token, file string) (code int, fate string) {
	t.Helper()
	rec, body := recorded(t, file)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/ingest/"+source+"?"+rec.URL.RawQuery, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = rec.Header.Clone()
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct{ Fate string }
	_ = json.NewDecoder(res.Body).Decode(&answer)
	return res.StatusCode, answer.Fate
}

// fateful waits until a source's counters are exactly these.
func (w *world) fateful(source string, want map[string]int) {
	w.t.Helper()
	var got map[string]int
	for end := time.Now().Add(15 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if got = w.fates(source); maps.Equal(got, want) {
			return
		}
		if time.Now().After(end) {
			w.t.Fatalf("source %s counts %v, want %v", source, got, want)
		}
	}
}

// brought runs backfill and compares what became of the lines.
func (w *world) brought(source, file string, want map[string]int) {
	w.t.Helper()
	got := map[string]int{}
	o := w.run("backfill", "-c", w.config, "--source", source, "--file", file, "-o", "json")
	fates, _ := o["fates"].(map[string]any)
	for f, n := range fates {
		got[f], _ = strconv.Atoi(fmt.Sprint(n))
	}
	if !maps.Equal(got, want) {
		w.t.Errorf("backfill of %s: %v, want %v", filepath.Base(file), got, want)
	}
}

// started gives when a purchase's window opens.
func (w *world) started(purchase string) time.Time {
	w.t.Helper()
	at, err := time.Parse(time.RFC3339, w.run("purchase", "show", purchase, "-o", "json").text(w.t, "start"))
	if err != nil {
		w.t.Fatal(err)
	}
	return at
}

// Every way in at once, each used as its operator would: a broker, posts of a network
// server, raw frames of two gateways, and what was missed brought by hand.
func TestEveryWayInSellsEachReadingOnce(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil")
	w := newWorld(t, func(t testing.TB) *servers.Process { return servers.Anvil(t, "--mixed-mining") })
	first := abp{listed, lorawan.DevAddr{1, 2, 3, 4}, lorawan.Key{0: 0xa1, 7: 0x5c, 15: 0xe1}, lorawan.Key{0: 0xa2, 7: 0x5d, 15: 0xe2}}
	second := abp{added, lorawan.DevAddr{1, 2, 3, 5}, lorawan.Key{0: 0xb1, 7: 0x6c, 15: 0xf1}, lorawan.Key{0: 0xb2, 7: 0x6d, 15: 0xf2}}
	const token = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	posts := fmt.Sprintf("127.0.0.1:%d", servers.FreePort(t))
	w.operate(fmt.Sprintf(`
[[sources]]
name = "posts"
network = "posts"
kind = "http"
listen = %q
token_file = %q

[[sources]]
name = "yard"
network = "yard"
kind = "gateway"
url = %q
topic = "eu868/gateway"
devices_file = %q
dedup_window = "1s"
`, posts, w.write("posts.token", token+"\n"), w.mqtt, w.write("devices.toml", first.table())))
	w.passes("source posts: can take posts at " + posts)
	w.start()
	w.passes("source posts: a bridge that runs takes posts at " + posts)
	posts = "http://" + posts

	bought := map[string][]string{}
	purchase := map[string]string{} // DevEUI → purchase
	for _, sale := range []struct{ who, dev string }{{"ann", buoy}, {"bob", posted}, {"cid", listed}, {"ann", starter}} {
		p := w.buy(sale.who, w.list(sale.dev, "0.0001", 1), "1h")
		w.route(sale.who, p)
		bought[sale.who], purchase[sale.dev] = append(bought[sale.who], p), p
	}
	w.settled(purchase[buoy], purchase[posted], purchase[listed], purchase[starter])

	// A broker.
	for _, f := range []int{7, 8, 8} {
		w.publish(buoy, uplink(buoy, f))
	}
	w.fateful("chirpstack", map[string]int{"posted": 2, "repeat": 1})

	// Posts.
	for _, c := range []struct {
		token, file string
		code        int
		fate        string
	}{
		{"not-the-token-of-this-source", "002.up.http", 401, ""},
		{token, "001.join.http", 200, "other_event"},
		{token, "002.up.http", 200, "posted"},
		{token, "002.up.http", 200, "repeat"},
		{token, "003.status.http", 200, "other_event"},
	} {
		if code, fate := send(t, posts, "posts", c.token, c.file); code != c.code || fate != c.fate {
			t.Errorf("%s is answered with %d %q, want %d %q", c.file, code, fate, c.code, c.fate)
		}
	}
	if code, _ := send(t, posts, "chirpstack", token, "002.up.http"); code != 404 {
		t.Errorf("a source of another kind takes posts: %d", code)
	}

	// Raw frames.
	w.hear(first, 3, "one frame, two gateways", "be00000000ff0000", "be00000000ff0001")
	w.hear(second, 0, "of a device that comes later", "be00000000ff0000")
	w.fateful("yard", map[string]int{"posted": 1, "duplicate_copy": 1, "unknown_session": 1})
	w.sessions(first, second)
	w.hear(second, 1, "of a device nobody bought", "be00000000ff0000")
	w.fateful("yard", map[string]int{"posted": 1, "duplicate_copy": 1, "unknown_session": 1, "unbought": 1})

	// What was missed, of two servers.
	opens := w.started(purchase[starter])
	time.Sleep(time.Until(opens.Add(4 * time.Second))) // as many readings as intervals are paid
	storage := w.write("storage.ndjson", storageLines(t, map[int]time.Time{5: opens.Add(2 * time.Second), 3: opens, 4: opens.Add(time.Second), 2: opens.Add(-time.Hour)}))
	w.brought("posts", storage, map[string]int{"posted": 3, "unbought": 1})
	w.brought("posts", storage, map[string]int{"repeat": 4})
	events := w.write("events.ndjson", eventLines(t, w.started(purchase[posted]), 0, 1, 2, 3)+"\nnot an event\n")
	w.brought("posts", events, map[string]int{"posted": 3, "repeat": 1, "malformed": 1})
	w.brought("posts", events, map[string]int{"repeat": 4, "malformed": 1})
	if err := os.WriteFile(filepath.Join(w.dir, "open.toml"), []byte(second.table()), 0o644); err != nil {
		t.Fatal(err)
	}
	for args, says := range map[string]string{
		"backfill --source yard --file " + events: "raw frames", "backfill --source nowhere --file " + events: "nowhere",
		"backfill --source posts": "--file", "backfill --source posts --file " + filepath.Join(w.dir, "none"): "none",
		"session rm " + posted: posted, "session add " + filepath.Join(w.dir, "open.toml"): "chmod 600",
	} {
		if out, errs, code := w.try(append(strings.Fields(args), "-c", w.config)...); code == 0 || !strings.Contains(errs, says) {
			t.Errorf("%s: exit %d, want a sentence with %q\n%s%s", args, code, says, out, errs)
		}
	}

	// The word that a device is its owner's may rest on its tag.
	w.vouches(tagged)

	// A bridge that was restarted knows all of it.
	w.stop()
	w.start()
	w.eventually("the posts' listener is back", 10*time.Second, func() bool {
		res, err := http.Get(posts + "/ingest/posts")
		if err == nil {
			res.Body.Close()
		}
		return err == nil
	})
	if code, fate := send(t, posts, "posts", token, "002.up.http"); code != 200 || fate != "repeat" {
		t.Errorf("a post from before the restart is answered with %d %q", code, fate)
	}
	w.hear(first, 3, "one frame, two gateways", "be00000000ff0000")
	w.hear(first, 4, "another", "be00000000ff0000")
	w.hear(second, 2, "of a device nobody bought", "be00000000ff0000")
	w.fateful("yard", map[string]int{"posted": 1, "repeat": 1, "unbought": 1})
	w.run("session", "rm", added, "-c", w.config, "-o", "json")
	w.hear(second, 3, "of a device that was removed", "be00000000ff0000")
	w.fateful("yard", map[string]int{"posted": 1, "repeat": 1, "unbought": 1, "unknown_session": 1})

	// Each buyer has what is his, and all of it is paid.
	data := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	want := map[string][]string{
		"ann": {
			purchase[buoy] + "/7 AEIkXEF7AclCAAAEAC0AEQA=", purchase[buoy] + "/8 AEIkXEF7AclCAAAEAC0AEQA=",
			purchase[starter] + "/3 " + starterData, purchase[starter] + "/4 " + starterData, purchase[starter] + "/5 " + starterData,
		},
		"bob": {
			purchase[posted] + "/0 AWcAyAJoWg==", purchase[posted] + "/1 AWcAyAJoWg==",
			purchase[posted] + "/2 AWcAyAJoWg==", purchase[posted] + "/3 AWcAyAJoWg==",
		},
		"cid": {purchase[listed] + "/3 " + data("one frame, two gateways"), purchase[listed] + "/4 " + data("another")},
	}
	n := 0
	for who, all := range want {
		n += len(all)
		w.eventually(who+" has his readings", 20*time.Second, func() bool { return len(w.sink.received(who)) >= len(all) })
	}
	w.eventually("all are settled", 30*time.Second, func() bool { return w.delivered(bought) >= n })
	for who, all := range want {
		var got []string
		for id, one := range w.sink.received(who) {
			var body struct{ Data string }
			if err := json.Unmarshal([]byte(one.body), &body); err != nil || one.times != 1 {
				t.Errorf("parcel %s: %d times, %v", id, one.times, err)
			}
			got = append(got, fmt.Sprintf("%s/%d %s", one.Purchase, one.FCnt, body.Data))
		}
		slices.Sort(got)
		if slices.Sort(all); !slices.Equal(got, all) {
			t.Errorf("%s has\n%q, want\n%q", who, got, all)
		}
	}
	if got := w.delivered(bought); got != n {
		t.Errorf("%d readings are settled, want %d", got, n)
	}
	w.exact(int64(n), "100000000000000")
	w.silent(token, first, second)
}

// vouches attests a device by the tag of a live uplink, and lists it.
func (w *world) vouches(dev string) {
	w.t.Helper()
	attest := func(tag string, fCnt int) (out, errs string, code int) {
		stop := make(chan struct{})
		var sending sync.WaitGroup
		sending.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(100 * time.Millisecond):
					w.publish(dev, bytes.Replace(uplink(dev, fCnt), []byte(`"tags":{}`), fmt.Appendf(nil, `"tags":{"dbdao_owner":%q}`, tag), 1))
					fCnt++
				}
			}
		})
		out, errs, code = w.try("device", "attest", "-c", w.config, "--dev-eui", dev, "--owner", w.wallets["owner"], "--proof-kind", "1", "--wait", "20s", "-o", "json")
		close(stop)
		sending.Wait()
		return out, errs, code
	}
	if out, errs, code := attest(w.wallets["bob"], 0); code == 0 || !strings.Contains(errs, "names "+w.wallets["bob"]) {
		w.t.Errorf("a device whose tag names bob is vouched for as the owner's: exit %d\n%s%s", code, out, errs)
	}
	out, errs, code := attest(strings.ToLower(w.wallets["owner"]), 1000)
	if code != 0 {
		w.t.Fatalf("device attest --proof-kind 1: exit %d\n%s%s", code, out, errs)
	}
	stream := w.as("owner", "stream", "create", "--attestation", w.write("tagged.json", out), "--price", "0.0001", "--interval", "1s", "--stake", "100").text(w.t, "stream")
	if kind := w.run("stream", "show", stream, "-o", "json").text(w.t, "proof_kind"); kind != "1" {
		w.t.Errorf("the chain has proof kind %s", kind)
	}
}

// passes runs check, which must find no fault and say something.
func (w *world) passes(says string) {
	w.t.Helper()
	if out, errs, code := w.try("check", "-c", w.config); code != 0 || !strings.Contains(out, says) || !strings.Contains(out, "source yard: connected") {
		w.t.Errorf("check: exit %d, want 0 and %q\n%s%s", code, says, out, errs)
	}
}

const starterData = "sQAAEAHlANcB" // of the capture, whatever its counter

// storageLines is what The Things Stack's Storage Integration returns: the captured
// uplink, with counters and when they were received.
func storageLines(t *testing.T, received map[int]time.Time) string {
	t.Helper()
	text, err := os.ReadFile("../../lorawan/thethings/testdata/tts-up-01-starter-kit-2025.json")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for fCnt, at := range received { // in any order
		var e struct {
			IDs      json.RawMessage `json:"end_device_ids"`
			Received string          `json:"received_at"`
			Uplink   map[string]any  `json:"uplink_message"`
		}
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatal(err)
		}
		e.Received = at.UTC().Format(time.RFC3339Nano)
		e.Uplink["received_at"], e.Uplink["f_cnt"] = e.Received, fCnt
		line, err := json.Marshal(map[string]any{"result": e})
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	return strings.Join(lines, "\n")
}

// eventLines is the recorded post's event with other counters, received from then on,
// one a second.
func eventLines(t *testing.T, from time.Time, counters ...int) string {
	t.Helper()
	_, body := recorded(t, "002.up.http")
	var lines []string
	for i, f := range counters {
		var e map[string]any
		if err := json.Unmarshal(body, &e); err != nil {
			t.Fatal(err)
		}
		e["fCnt"], e["publishedAt"] = f, from.Add(time.Duration(i)*time.Second).UTC().Format(time.RFC3339Nano)
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	return strings.Join(lines, "\n")
}

// sessions adds a device and lists what there is; no key may be shown.
func (w *world) sessions(first, second abp) {
	w.t.Helper()
	out, errs, code := w.try("session", "add", w.write("more.toml", second.table()), "--source", "yard", "-c", w.config)
	if code != 0 {
		w.t.Fatalf("session add: exit %d\n%s%s", code, out, errs)
	}
	said := out + errs
	type info struct {
		DevEUI   string `json:"dev_eui"`
		DevAddr  string `json:"dev_addr"`
		FCnt     int    `json:"f_cnt"`
		FromFile bool   `json:"from_file"`
	}
	var all []info
	out, errs, code = w.try("session", "ls", "-c", w.config, "-o", "json")
	if err := json.Unmarshal([]byte(out), &all); err != nil || code != 0 || len(all) != 2 {
		w.t.Fatalf("session ls: exit %d, %v\n%s%s", code, err, out, errs)
	}
	slices.SortFunc(all, func(a, b info) int { return strings.Compare(a.DevEUI, b.DevEUI) })
	if want := []info{{listed, "01020304", 4, true}, {added, "01020305", 0, false}}; !slices.Equal(all, want) {
		w.t.Errorf("session ls: %+v, want %+v", all, want)
	}
	said += out + errs
	out, errs, _ = w.try("session", "ls", "-c", w.config)
	w.hides("session add and ls", said+out+errs, first, second)
}

// hides fails if a text holds a key of the devices.
func (w *world) hides(what, text string, devices ...abp) {
	w.t.Helper()
	for _, d := range devices {
		for _, k := range []lorawan.Key{d.nwkSKey, d.appSKey} {
			for _, form := range []string{hex.EncodeToString(k[:]), base64.StdEncoding.EncodeToString(k[:]), fmt.Sprint([16]byte(k))} {
				if strings.Contains(strings.ToLower(text), strings.ToLower(form)) {
					w.t.Errorf("%s shows a key of %s", what, d.devEUI)
				}
			}
		}
	}
}

// silent fails if log, metrics or ledger hold a secret in clear.
func (w *world) silent(token string, devices ...abp) {
	w.t.Helper()
	log, err := os.ReadFile(w.log.Name())
	if err != nil || len(log) == 0 {
		w.t.Fatalf("the log: %d bytes, %v", len(log), err)
	}
	text := string(log) + w.metrics()
	w.hides("log or metrics", text, devices...)
	if strings.Contains(text, token) {
		w.t.Error("log or metrics show the token")
	}
	file, err := os.ReadFile(filepath.Join(w.dir, "data", "ledger.db"))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, d := range devices {
		if bytes.Contains(file, d.nwkSKey[:]) || bytes.Contains(file, d.appSKey[:]) {
			w.t.Errorf("the ledger holds a key of %s in clear", d.devEUI)
		}
	}
}
