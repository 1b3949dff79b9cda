package intake_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/bridgetest"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/codec/js"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/offer"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// sold is what a listing sells, and the script of its codec.
type sold struct {
	Sell        []string // empty: values, and data where nothing is hidden
	Quantities  []offer.Quantity
	GeoDecimals *int
	Codec       *choice
}

type choice struct {
	Kind, Script string
	Variables    map[string]string
}

func (r *sold) document(t *testing.T) []byte {
	t.Helper()
	o := offer.Offer{Sell: r.Sell, Quantities: r.Quantities, GeoDecimals: r.GeoDecimals}
	if len(o.Sell) == 0 {
		o.Sell = []string{"data", "values"}
		if len(o.Quantities) > 0 || o.GeoDecimals != nil {
			o.Sell = []string{"values"}
		}
	}
	if c := r.Codec; c != nil {
		o.Codec = &offer.Codec{Kind: c.Kind, Variables: c.Variables}
		if c.Script != "" {
			o.Codec.Script = new(crypto.Keccak256Hash([]byte(c.Script)))
		}
	}
	if err := o.Check(); err != nil {
		t.Fatal(err)
	}
	doc, err := o.Document()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// listed stores what an attestation stores and entitles a buyer to it.
func listed(t *testing.T, h *bridgetest.Hall, p market.PurchaseID, dev lorawan.DevEUI, r sold) common.Hash {
	t.Helper()
	doc := r.document(t)
	if r.Codec != nil && r.Codec.Script != "" {
		if err := h.Ledger.Attest(market.Device{DevEUI: dev, Commitment: crypto.Keccak256Hash(dev[:])}, doc, []byte(r.Codec.Script)); err != nil {
			t.Fatal(err)
		}
	}
	hash, err := h.Ledger.PutTerms(doc)
	if err != nil {
		t.Fatal(err)
	}
	sale, err := offer.SaleOf(hash, doc)
	if err != nil {
		t.Fatal(err)
	}
	now := uint64(time.Now().Unix())
	h.Index.Set(&market.Entitlement{
		Purchase: p, Stream: market.StreamID(p), DevEUI: dev, Start: now - 1_000_000, End: now + 1_000_000, Price: 1000, Interval: 1, Quota: 2_000_000,
		Sale: sale, State: market.PurchaseActive,
	})
	return hash
}

// up is a ChirpStack v4 event without an object, as a server without a codec sends it.
func up(dev lorawan.DevEUI, fCnt int, data []byte, more string) mqtt.Message {
	return mqtt.Message{QoS: 1, Topic: bridgetest.Address + dev.String() + "/event/up", Payload: fmt.Appendf(nil,
		`{"deduplicationId":"x","time":"2026-11-24T12:00:00Z","deviceInfo":{"devEui":"%s"},"devAddr":"01020304","fCnt":%d,"fPort":2,"data":"%s"%s}`,
		dev, fCnt, base64.StdEncoding.EncodeToString(data), more)}
}

func scripts(t *testing.T, h *bridgetest.Hall, workers int, run intake.Interpreter) {
	t.Helper()
	h.Codecs.UseScripts(h.Ledger, run)
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() { h.Codecs.Work(ctx) })
	}
	t.Cleanup(func() { stop(); wg.Wait() })
}

func next(t *testing.T, h *bridgetest.Hall) delivery.Parcel {
	t.Helper()
	for end := time.After(30 * time.Second); ; {
		select {
		case p := <-h.Posted:
			if len(p) > 0 { // empty: withheld
				return p[0]
			}
		case <-end:
			t.Fatal("no parcel")
		}
	}
}

func TestAListingsCodecDecodesWhatTheServerDoesNot(t *testing.T) {
	h := bridgetest.New(t, 0, bridgetest.Template)
	pool := js.NewPool(1, js.Limits{Time: 20 * time.Second})
	t.Cleanup(pool.Close)
	scripts(t, h, 2, pool)
	const script = `function decodeUplink(i) { if (i.fPort !== 2 || i.recvTime.getUTCFullYear() !== 2026) throw 1; return {data: {temperature: i.bytes[0] / 2, gps: {lat: 50.84673}, unit: i.variables.unit}}; }`
	for i, c := range []struct {
		r       sold
		data    []byte
		more    string
		members map[string]string // nil: withheld
		fate    intake.Fate
	}{
		{sold{Sell: []string{"values"}, Codec: &choice{Kind: "js", Script: script, Variables: map[string]string{"unit": "C"}}}, []byte{43}, "",
			map[string]string{"values": `{"temperature":21.5,"gps":{"lat":50.84673},"unit":"C"}`}, intake.FatePosted},
		{sold{Sell: []string{"values"}, Codec: &choice{Kind: "js", Script: script}}, []byte{43}, `,"object":{"server":1}`,
			map[string]string{"values": `{"server":1}`}, intake.FatePosted},
		{sold{Quantities: named("temperature", "gps"), GeoDecimals: new(1), Codec: &choice{Kind: "js", Script: script}}, []byte{43}, "",
			map[string]string{"values": `{"temperature":21.5,"gps":{"lat":50.8}}`}, intake.FatePosted},
		{sold{Sell: []string{"values", "senml", "data"}, Codec: &choice{Kind: "cayenne_lpp"}}, []byte{3, 103, 1, 16}, "",
			map[string]string{"values": `{"temperatureSensor":{"3":27.2}}`, "senml": `[{"n":"temperature/3","u":"Cel","v":27.2}]`, "data": `"A2cBEA=="`}, intake.FatePosted},
		{sold{Codec: &choice{Kind: "cayenne_lpp"}}, []byte{9}, "", map[string]string{"data": `"CQ=="`}, intake.FatePosted},
		{sold{Sell: []string{"values"}, Codec: &choice{Kind: "cayenne_lpp"}}, []byte{9}, "", nil, intake.FateCodecFailed},
		{sold{Sell: []string{"values"}, Codec: &choice{Kind: "js", Script: `function decodeUplink() { return {errors: ['no']}; }`}}, []byte{9}, "", nil, intake.FateCodecFailed},
		{sold{Sell: []string{"values"}}, []byte{9}, "", nil, intake.FateNothingSold},
		{sold{Quantities: named("wind")}, []byte{9}, `,"object":{"temperature":1}`, nil, intake.FateNothingSold},
		{sold{Sell: []string{"values"}, Codec: &choice{Kind: "raw"}}, []byte{9, 10}, "", map[string]string{"values": `{"bytes":"090a"}`}, intake.FatePosted},
	} {
		dev := lorawan.DevEUI{1, 7: byte(i)}
		listed(t, h, market.PurchaseID(i+1), dev, c.r)
		before := h.Count(c.fate)
		h.Handle(up(dev, 1, c.data, c.more))
		if c.members != nil {
			var got map[string]json.RawMessage
			if err := json.Unmarshal(next(t, h).Body, &got); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"values", "senml", "data", "link"} {
				if string(got[name]) != c.members[name] {
					t.Errorf("%d: %s is %s, want %s", i, name, got[name], c.members[name])
				}
			}
		}
		h.Ended(t)
		if got := h.Count(c.fate) - before; got != 1 {
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
	h := bridgetest.New(t, 0, bridgetest.Template)
	g := &gated{gate: make(chan struct{})}
	scripts(t, h, 2, g)
	open := sync.OnceFunc(func() { close(g.gate) })
	t.Cleanup(open) // or a failure would wait for the decoders for ever
	slow, quick := lorawan.DevEUI{1}, lorawan.DevEUI{2}
	listed(t, h, 1, slow, sold{Sell: []string{"values"}, Codec: &choice{Kind: "js", Script: "s"}})
	listed(t, h, 2, quick, sold{Sell: []string{"values"}, Codec: &choice{Kind: "raw"}})
	for i := range 6 {
		more := ""
		if i == 3 { // decoded by the server, it must not overtake
			more = `,"object":{"v":3}`
		}
		h.Handle(up(slow, i, []byte{byte(i)}, more))
	}
	h.Handle(up(quick, 1, []byte{1}, ""))
	if p := next(t, h); p.Purchase != 2 {
		t.Fatalf("the quick device waited for the slow one: %s", p.Body)
	}
	if got := h.Acks.Flush(); got != 0 {
		t.Error("acknowledged before it was decoded")
	}
	open()
	for i := range 6 {
		p := next(t, h)
		var body struct {
			FCnt   int             `json:"f_cnt"`
			Values struct{ V int } `json:"values"`
		}
		if err := json.Unmarshal(p.Body, &body); err != nil || body.FCnt != i || body.Values.V != i || p.Seq != uint32(i) {
			t.Errorf("in place %d stands %s %v", i, p.Body, err)
		}
	}
	h.Ended(t)
	if g.most.Load() != 1 {
		t.Errorf("%d readings of one device were decoded at once", g.most.Load())
	}
}

func TestManyDevicesKeepTheirOrder(t *testing.T) {
	h := bridgetest.New(t, 0, bridgetest.Template)
	g := &gated{gate: make(chan struct{})}
	close(g.gate)
	scripts(t, h, 4, g)
	const devices, each = 20, 40
	for d := range devices {
		listed(t, h, market.PurchaseID(d+1), lorawan.DevEUI{1, byte(d)}, sold{Sell: []string{"values"}, Codec: &choice{Kind: "js", Script: fmt.Sprint(d)}})
	}
	for i := range each {
		for d := range devices {
			h.Handle(up(lorawan.DevEUI{1, byte(d)}, i, []byte{byte(i)}, ""))
		}
	}
	order := map[market.PurchaseID]uint32{}
	for range devices * each {
		p := next(t, h)
		if p.FCnt != order[p.Purchase] {
			t.Fatalf("purchase %d: f_cnt %d, want %d", p.Purchase, p.FCnt, order[p.Purchase])
		}
		order[p.Purchase]++
	}
	h.Ended(t)
}

func TestAScriptThatIsNotThereIsNamed(t *testing.T) {
	h := bridgetest.New(t, 0, bridgetest.Template)
	scripts(t, h, 1, &idle{})
	dev := lorawan.DevEUI{5}
	doc := []byte(`{"codec":{"kind":"js","script":"0x` + common.Hash{7}.Hex()[2:] + `"},"sell":["data","values"],"version":2}`)
	hash, err := h.Ledger.PutTerms(doc)
	if err != nil {
		t.Fatal(err)
	}
	sale, err := offer.SaleOf(hash, doc)
	if err != nil {
		t.Fatal(err)
	}
	now := uint64(time.Now().Unix())
	h.Index.Set(&market.Entitlement{Purchase: 1, Stream: 1, DevEUI: dev, Start: now - 1000, End: now + 1000, Price: 10, Interval: 1, Quota: 10,
		Sale: sale, State: market.PurchaseActive})
	h.Handle(up(dev, 1, []byte{1}, ""))
	next(t, h) // the bytes are sold
	if c := h.Health.List(); len(c) != 1 || c[0].Code != "codec_missing" {
		t.Errorf("%v", c)
	}
}

// idle is an interpreter nobody asks.
type idle struct{}

func (*idle) Decode(context.Context, string, js.Input) (js.Result, error) {
	return js.Result{}, js.ErrTime
}

// named are quantities of which nothing is promised.
func named(names ...string) (all []offer.Quantity) {
	for _, n := range names {
		all = append(all, offer.Quantity{Name: n})
	}
	return all
}
