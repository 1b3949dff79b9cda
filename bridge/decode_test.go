package bridge

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/codec/js"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// listed stores what an attestation stores and entitles a buyer to it.
func (h *hall) listed(t *testing.T, p market.PurchaseID, dev lorawan.DevEUI, r api.AttestRequest) common.Hash {
	t.Helper()
	terms, script, err := termsOf(r)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := terms.Document()
	if err != nil {
		t.Fatal(err)
	}
	if script != "" {
		if _, err := h.ledger.PutScript([]byte(script)); err != nil {
			t.Fatal(err)
		}
	}
	hash, err := h.ledger.PutTerms(doc)
	if err != nil {
		t.Fatal(err)
	}
	sale, err := market.SaleOf(hash, doc)
	if err != nil {
		t.Fatal(err)
	}
	now := uint64(time.Now().Unix())
	h.index.Set(&market.Entitlement{
		Purchase: p, Stream: market.StreamID(p), DevEUI: dev, Start: now - 1_000_000, End: now + 1_000_000, Price: 1000, Interval: 1, Quota: 2_000_000,
		Sale: sale, State: market.PurchaseActive,
	})
	return hash
}

// up is a ChirpStack v4 event without an object, as a server without a codec sends it.
func up(dev lorawan.DevEUI, fCnt int, data []byte, more string) mqtt.Message {
	return mqtt.Message{QoS: 1, Topic: address + dev.String() + "/event/up", Payload: fmt.Appendf(nil,
		`{"deduplicationId":"x","time":"2026-11-24T12:00:00Z","deviceInfo":{"devEui":"%s"},"devAddr":"01020304","fCnt":%d,"fPort":2,"data":"%s"%s}`,
		dev, fCnt, base64.StdEncoding.EncodeToString(data), more)}
}

func (h *hall) scripts(t *testing.T, workers int, run Interpreter) {
	t.Helper()
	h.UseScripts(h.ledger, run)
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() { h.Decoder(ctx) })
	}
	t.Cleanup(func() { stop(); wg.Wait() })
}

func (h *hall) next(t *testing.T) delivery.Parcel {
	t.Helper()
	for end := time.After(30 * time.Second); ; {
		select {
		case p := <-h.posted:
			if len(p) > 0 { // empty: withheld
				return p[0]
			}
		case <-end:
			t.Fatal("no parcel")
		}
	}
}

func TestAListingsCodecDecodesWhatTheServerDoesNot(t *testing.T) {
	h := newHall(t, 0, template)
	pool := js.NewPool(1, js.Limits{Time: 20 * time.Second})
	t.Cleanup(pool.Close)
	h.scripts(t, 2, pool)
	const script = `function decodeUplink(i) { if (i.fPort !== 2 || i.recvTime.getUTCFullYear() !== 2026) throw 1; return {data: {temperature: i.bytes[0] / 2, gps: {lat: 50.84673}, unit: i.variables.unit}}; }`
	for i, c := range []struct {
		r       api.AttestRequest
		data    []byte
		more    string
		members map[string]string // nil: withheld
		fate    Fate
	}{
		{api.AttestRequest{Sell: []string{"values"}, Codec: &api.CodecChoice{Kind: "js", Script: script, Variables: map[string]string{"unit": "C"}}}, []byte{43}, "",
			map[string]string{"values": `{"temperature":21.5,"gps":{"lat":50.84673},"unit":"C"}`}, FatePosted},
		{api.AttestRequest{Sell: []string{"values"}, Codec: &api.CodecChoice{Kind: "js", Script: script}}, []byte{43}, `,"object":{"server":1}`,
			map[string]string{"values": `{"server":1}`}, FatePosted},
		{api.AttestRequest{Quantities: named("temperature", "gps"), GeoDecimals: new(1), Codec: &api.CodecChoice{Kind: "js", Script: script}}, []byte{43}, "",
			map[string]string{"values": `{"temperature":21.5,"gps":{"lat":50.8}}`}, FatePosted},
		{api.AttestRequest{Sell: []string{"values", "senml", "data"}, Codec: &api.CodecChoice{Kind: "cayenne_lpp"}}, []byte{3, 103, 1, 16}, "",
			map[string]string{"values": `{"temperatureSensor":{"3":27.2}}`, "senml": `[{"n":"temperature/3","u":"Cel","v":27.2}]`, "data": `"A2cBEA=="`}, FatePosted},
		{api.AttestRequest{Codec: &api.CodecChoice{Kind: "cayenne_lpp"}}, []byte{9}, "", map[string]string{"data": `"CQ=="`}, FatePosted},
		{api.AttestRequest{Sell: []string{"values"}, Codec: &api.CodecChoice{Kind: "cayenne_lpp"}}, []byte{9}, "", nil, FateCodecFailed},
		{api.AttestRequest{Sell: []string{"values"}, Codec: &api.CodecChoice{Kind: "js", Script: `function decodeUplink() { return {errors: ['no']}; }`}}, []byte{9}, "", nil, FateCodecFailed},
		{api.AttestRequest{Sell: []string{"values"}}, []byte{9}, "", nil, FateNothingSold},
		{api.AttestRequest{Quantities: named("wind")}, []byte{9}, `,"object":{"temperature":1}`, nil, FateNothingSold},
		{api.AttestRequest{Sell: []string{"values"}, Codec: &api.CodecChoice{Kind: "raw"}}, []byte{9, 10}, "", map[string]string{"values": `{"bytes":"090a"}`}, FatePosted},
	} {
		dev := lorawan.DevEUI{1, 7: byte(i)}
		h.listed(t, market.PurchaseID(i+1), dev, c.r)
		before := h.count(c.fate)
		h.Handle(h.in, up(dev, 1, c.data, c.more))
		if c.members != nil {
			var got map[string]json.RawMessage
			if err := json.Unmarshal(h.next(t).Body, &got); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"values", "senml", "data", "link"} {
				if string(got[name]) != c.members[name] {
					t.Errorf("%d: %s is %s, want %s", i, name, got[name], c.members[name])
				}
			}
		}
		h.settled(t)
		if got := h.count(c.fate) - before; got != 1 {
			t.Errorf("%d: %v counted as %s", i, got, c.fate)
		}
	}
}

// gated is an interpreter that waits to be told, and notes how many run at once.
type gated struct {
	gate    chan struct{}
	running atomic.Int32
	most    atomic.Int32
}

func (g *gated) Decode(_ context.Context, _ string, in js.Input) (js.Result, error) {
	n := g.running.Add(1)
	for m := g.most.Load(); n > m && !g.most.CompareAndSwap(m, n); m = g.most.Load() {
	}
	<-g.gate
	g.running.Add(-1)
	return js.Result{Data: fmt.Appendf(nil, `{"v":%d}`, in.Bytes[0])}, nil
}

func TestAScriptHoldsUpItsOwnDeviceAlone(t *testing.T) {
	h := newHall(t, 0, template)
	g := &gated{gate: make(chan struct{})}
	h.scripts(t, 2, g)
	open := sync.OnceFunc(func() { close(g.gate) })
	t.Cleanup(open) // or a failure would wait for the decoders for ever
	slow, quick := lorawan.DevEUI{1}, lorawan.DevEUI{2}
	h.listed(t, 1, slow, api.AttestRequest{Sell: []string{"values"}, Codec: &api.CodecChoice{Kind: "js", Script: "s"}})
	h.listed(t, 2, quick, api.AttestRequest{Sell: []string{"values"}, Codec: &api.CodecChoice{Kind: "raw"}})
	for i := range 6 {
		more := ""
		if i == 3 { // decoded by the server, it must not overtake
			more = `,"object":{"v":3}`
		}
		h.Handle(h.in, up(slow, i, []byte{byte(i)}, more))
	}
	h.Handle(h.in, up(quick, 1, []byte{1}, ""))
	if p := h.next(t); p.Purchase != 2 {
		t.Fatalf("the quick device waited for the slow one: %s", p.Body)
	}
	if got := h.in.acks.take(nil); len(got) != 0 {
		t.Error("acknowledged before it was decoded")
	}
	open()
	for i := range 6 {
		p := h.next(t)
		var body struct {
			FCnt   int             `json:"f_cnt"`
			Values struct{ V int } `json:"values"`
		}
		if err := json.Unmarshal(p.Body, &body); err != nil || body.FCnt != i || body.Values.V != i || p.Seq != uint32(i) {
			t.Errorf("in place %d stands %s %v", i, p.Body, err)
		}
	}
	h.settled(t)
	if g.most.Load() != 1 {
		t.Errorf("%d readings of one device were decoded at once", g.most.Load())
	}
}

func TestManyDevicesKeepTheirOrder(t *testing.T) {
	h := newHall(t, 0, template)
	g := &gated{gate: make(chan struct{})}
	close(g.gate)
	h.scripts(t, 4, g)
	const devices, each = 20, 40
	for d := range devices {
		h.listed(t, market.PurchaseID(d+1), lorawan.DevEUI{1, byte(d)}, api.AttestRequest{Sell: []string{"values"}, Codec: &api.CodecChoice{Kind: "js", Script: fmt.Sprint(d)}})
	}
	for i := range each {
		for d := range devices {
			h.Handle(h.in, up(lorawan.DevEUI{1, byte(d)}, i, []byte{byte(i)}, ""))
		}
	}
	next := map[market.PurchaseID]uint32{}
	for range devices * each {
		p := h.next(t)
		if p.FCnt != next[p.Purchase] {
			t.Fatalf("purchase %d: f_cnt %d, want %d", p.Purchase, p.FCnt, next[p.Purchase])
		}
		next[p.Purchase]++
	}
	h.settled(t)
}

// overrun is an interpreter whose scripts hit a limit until they are mended.
type overrun struct{ runs, mended atomic.Int32 }

func (o *overrun) Decode(context.Context, string, js.Input) (js.Result, error) {
	o.runs.Add(1)
	if o.mended.Load() > 0 {
		return js.Result{Data: json.RawMessage(`{}`)}, nil
	}
	return js.Result{}, js.ErrTime
}

func TestAScriptThatOverrunsAgainAndAgainRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run := &overrun{}
		health := NewHealth(slog.New(slog.DiscardHandler))
		c := newCodecs(NewMetrics(), health, slog.New(slog.DiscardHandler))
		c.run = run
		c.scripts = fixed{}
		outcome := func() string {
			return c.script(t.Context(), &lorawan.Reading{Data: []byte{1}}, &lorawan.Decoded{Codec: lorawan.Codec{Terms: [32]byte{1}}})
		}
		for i := range fuse {
			if got := outcome(); got != "time" {
				t.Fatalf("run %d: %s", i, got)
			}
		}
		if got := outcome(); got != "suspended" || len(health.Conditions()) != 1 || run.runs.Load() != fuse {
			t.Fatalf("%s after %d runs, %v", got, run.runs.Load(), health.Conditions())
		}
		time.Sleep(suspension)
		if got := outcome(); got != "time" {
			t.Errorf("the probe: %s", got)
		}
		if got := outcome(); got != "suspended" {
			t.Errorf("after the probe: %s", got)
		}
		time.Sleep(suspension)
		run.mended.Store(1)
		if got := outcome(); got != "ok" || len(health.Conditions()) != 0 {
			t.Errorf("mended: %s, %v", got, health.Conditions())
		}
	})
}

// fixed has one script for all terms.
type fixed struct{}

func (fixed) Terms(common.Hash) ([]byte, bool, error) {
	return []byte(`{"codec":{"kind":"js","script":"0x` + common.Hash{9}.Hex()[2:] + `"},"sell":["values"],"version":2}`), true, nil
}
func (fixed) Script(common.Hash) ([]byte, bool, error) { return []byte("script"), true, nil }

func TestAScriptThatIsNotThereIsNamed(t *testing.T) {
	h := newHall(t, 0, template)
	h.scripts(t, 1, &overrun{})
	dev := lorawan.DevEUI{5}
	doc := []byte(`{"codec":{"kind":"js","script":"0x` + common.Hash{7}.Hex()[2:] + `"},"sell":["data","values"],"version":2}`)
	hash, err := h.ledger.PutTerms(doc)
	if err != nil {
		t.Fatal(err)
	}
	sale, err := market.SaleOf(hash, doc)
	if err != nil {
		t.Fatal(err)
	}
	now := uint64(time.Now().Unix())
	h.index.Set(&market.Entitlement{Purchase: 1, Stream: 1, DevEUI: dev, Start: now - 1000, End: now + 1000, Price: 10, Interval: 1, Quota: 10,
		Sale: sale, State: market.PurchaseActive})
	h.Handle(h.in, up(dev, 1, []byte{1}, ""))
	h.next(t) // the bytes are sold
	if c := h.health.Conditions(); len(c) != 1 || c[0].Code != "codec_missing" {
		t.Errorf("%v", c)
	}
}

// broken is an interpreter whose workers do not start.
type broken struct{ mended atomic.Bool }

func (b *broken) Decode(context.Context, string, js.Input) (js.Result, error) {
	if b.mended.Load() {
		return js.Result{Data: json.RawMessage(`{}`)}, nil
	}
	return js.Result{}, js.ErrWorker
}

func TestWorkersThatDoNotStartAreNamed(t *testing.T) {
	health, run := NewHealth(slog.New(slog.DiscardHandler)), &broken{}
	c := newCodecs(NewMetrics(), health, slog.New(slog.DiscardHandler))
	c.run, c.scripts = run, fixed{}
	for _, want := range []struct {
		outcome    string
		conditions int
	}{{"worker", 1}, {"worker", 1}, {"ok", 0}} {
		run.mended.Store(want.conditions == 0)
		d := lorawan.Decoded{Codec: lorawan.Codec{Terms: [32]byte{1}}}
		if o := c.script(t.Context(), &lorawan.Reading{Data: []byte{1}}, &d); o != want.outcome || len(health.Conditions()) != want.conditions {
			t.Errorf("%s, %v", o, health.Conditions())
		}
	}
}

func TestAnAttestationsTermsAreChecked(t *testing.T) {
	for _, r := range []api.AttestRequest{
		{Sell: []string{"gateways"}}, {Sell: []string{"data"}, Quantities: named("a")}, {Codec: &api.CodecChoice{Kind: "js"}},
		{Codec: &api.CodecChoice{Kind: "js", Script: string(make([]byte, js.MaxScript+1))}}, {GeoDecimals: new(-1)},
	} {
		if _, _, err := termsOf(r); err == nil {
			t.Errorf("%+v was taken", r)
		}
	}
}

// named are quantities of which nothing is promised.
func named(names ...string) (all []market.Quantity) {
	for _, n := range names {
		all = append(all, market.Quantity{Name: n})
	}
	return all
}
