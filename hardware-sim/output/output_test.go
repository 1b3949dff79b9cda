package output

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	"github.com/databrokerdao/dbdao-bridge/lorawan/gateway"
)

// recorder is a broker that writes down.
type recorder struct {
	sum   hash.Hash
	count int
	see   func(topic string, body []byte)
}

func (r *recorder) Publish(_ context.Context, topic string, body []byte, qos byte) error {
	fmt.Fprintf(r.sum, "%s %d %d:", topic, qos, len(body))
	r.sum.Write(body)
	r.count++
	if r.see != nil {
		r.see(topic, body)
	}
	return nil
}

func (r *recorder) Close() error { return nil }

func faulty(seed uint64) sim.Setup {
	return sim.Setup{
		Seed: seed, Start: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC), Region: sim.Regions["eu868"], Gateways: sim.Grid(seed, 3, 800),
		Devices: sim.Fleet(seed, 9, sim.FleetSetup{Interval: time.Minute, Kinds: sim.KindNames(), Forms: sim.Forms, Mixed: true, ADR: true, Sold: true, ConfirmEvery: 4, StatusOnly: 7, Radius: 800}),
		Server:  sim.ServerSetup{DownlinkEvery: 5, StatusEvery: 6},
		Faults: sim.Faults{sim.FaultLoss: .03, sim.FaultBadMIC: .03, sim.FaultRFU: .03, sim.FaultReplay: .03, sim.FaultDuplicate: .03, sim.FaultFCntReset: .03, sim.FaultRejoin: .03,
			sim.FaultReorder: .03, sim.FaultLate: .03, sim.FaultMalformed: .03, sim.FaultSpoofed: .03, sim.FaultFlood: .03},
	}
}

// everything plays a world through an output of every kind and format and gives the
// digest of each, and of the truth log.
func everything(t *testing.T, seed uint64) map[string]string {
	t.Helper()
	w, err := sim.New(faulty(seed))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sums := map[string]hash.Hash{"truth": sha256.New()}
	truth := func(r *sim.Record) error { return json.NewEncoder(sums["truth"]).Encode(r) }
	var outputs []Output
	for _, f := range sim.Formats {
		sums[string(f)] = sha256.New()
		outputs = append(outputs, Application(string(f), f, 1, &recorder{sum: sums[string(f)]}, truth))
	}
	for _, f := range sim.GatewayFormats {
		sums[string(f)] = sha256.New()
		outputs = append(outputs, Gateway(string(f), f, "eu868", 1, 200*time.Millisecond, w, &recorder{sum: sums[string(f)]}, truth))
	}
	sums["http"] = sha256.New()
	web := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(sums["http"], "%s %s %s ", r.URL, r.Header.Get("Content-Type"), r.Header.Get("Authorization"))
		_, _ = io.Copy(sums["http"], r.Body)
		if r.URL.Query().Get("event") == "join" {
			rw.WriteHeader(http.StatusBadRequest) // an answer too
		}
	}))
	defer web.Close()
	outputs = append(outputs, Webhook("http", sim.V4Protobuf, web.URL+"/in?a=b", http.Header{"Authorization": {"Bearer x"}}, truth))

	udp, datagrams := pushes(t)
	semtech, err := Semtech(ctx, "udp", udp, time.Hour, seed, w, make(chan func()), truth)
	if err != nil {
		t.Fatal(err)
	}
	outputs = append(outputs, semtech)
	each := func(do func(Output) error) {
		for _, o := range outputs {
			if err := do(o); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.Event = func(e *sim.Event) { each(func(o Output) error { return o.Event(ctx, e) }) }
	w.Heard = func(r *sim.Reception) { each(func(o Output) error { return o.Heard(ctx, r) }) }
	w.Sent = func(dl *sim.Downlink) { each(func(o Output) error { return o.Sent(ctx, dl) }) }
	w.Read = func(r *sim.Reading) { _ = truth(sim.ReadingRecord(r)) }
	w.Lost = func(r *sim.Reading, where, why string) { _ = truth(sim.LostRecord(w.Now(), r, where, why)) }
	w.RunUntil(w.Now().Add(20 * time.Minute))
	each(func(o Output) error { return o.Close() })

	out := map[string]string{}
	for name, h := range sums {
		out[name] = fmt.Sprintf("%x", h.Sum(nil))
	}
	maps.Copy(out, datagrams())
	return out
}

// what a packet forwarder's report says of the network depends on the network.
var network = regexp.MustCompile(`"(ackr|dwnb|txnb)":[0-9.]+`)

// pushes takes PUSH_DATA datagrams in and gives their digest by gateway.
func pushes(t *testing.T) (addr string, result func() map[string]string) {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadBuffer(8 << 20)
	sums := map[string]hash.Hash{}
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]byte, 65536)
		for {
			n, _, err := conn.ReadFromUDP(buf)
			if err != nil {
				return
			}
			if n > 12 && buf[3] == 0 {
				id := fmt.Sprintf("udp %x", buf[4:12])
				if sums[id] == nil {
					sums[id] = sha256.New()
				}
				sums[id].Write(network.ReplaceAll(bytes.Clone(buf[:n]), nil))
			}
		}
	})
	return conn.LocalAddr().String(), func() map[string]string {
		time.Sleep(100 * time.Millisecond) // what was written is in the socket's buffer
		_ = conn.SetReadDeadline(time.Now())
		wg.Wait()
		conn.Close()
		out := map[string]string{}
		for id, h := range sums {
			out[id] = fmt.Sprintf("%x", h.Sum(nil))
		}
		return out
	}
}

func TestTheSameSeedGivesTheSameBytesThroughEveryOutput(t *testing.T) {
	a, b, other := everything(t, 4), everything(t, 4), everything(t, 5)
	if len(a) != 1+len(sim.Formats)+len(sim.GatewayFormats)+1+3 {
		t.Errorf("outputs: %v", slices.Sorted(maps.Keys(a)))
	}
	for name, sum := range a {
		if b[name] != sum {
			t.Errorf("%s differs between two runs of one seed", name)
		}
		if other[name] == sum {
			t.Errorf("%s is the same under another seed", name)
		}
	}
}

// What gateways publish says the same in all four formats, and the bridge's decoder
// reads it.
func TestRawFramesAreReadAsTheyWereHeard(t *testing.T) {
	w, err := sim.New(faulty(6))
	if err != nil {
		t.Fatal(err)
	}
	heard, sent := 0, 0
	w.Heard = func(r *sim.Reception) {
		heard++
		for _, f := range sim.GatewayFormats {
			if id, kind := gateway.ParseTopic(f.Topic("eu868", r.Gateway, "event/up")); id != r.Gateway.ID || kind != gateway.Up {
				t.Fatalf("%s: topic %v %v", f, id, kind)
			}
			var got gateway.Reception
			if err := gateway.Decode(f.RenderUp(r, w.Region()), &got); err != nil {
				t.Fatalf("%s: %v", f, err)
			}
			if !bytes.Equal(got.PHY, r.PHY) || got.Frequency != r.Frequency || int(got.Bandwidth) != r.DataRate.Bandwidth || int(got.SF) != r.DataRate.SF ||
				got.RSSI != int(r.RSSI) || (got.SNR-r.SNR) > 1e-5 || got.SNR-r.SNR < -1e-5 || !got.Time.Equal(r.Time) || got.CRC != gateway.CRCOK {
				t.Fatalf("%s: read %+v of %+v", f, got, r)
			}
		}
	}
	w.Sent = func(dl *sim.Downlink) {
		sent++
		for _, f := range sim.GatewayFormats {
			frames, err := gateway.Downlinks(f.RenderDown(dl, w.Region()))
			if err != nil || len(frames) != 1 || !bytes.Equal(frames[0], dl.PHY) {
				t.Fatalf("%s: read %x, %v of %x", f, frames, err, dl.PHY)
			}
		}
		for _, f := range []sim.GatewayFormat{sim.GatewayV4JSON, sim.GatewayV4Protobuf} { // and by gateways of our own
			got, id, err := w.ParseDown(dl.Gateway, f.RenderDown(dl, w.Region()))
			if err != nil || id != dl.ID || !bytes.Equal(got.PHY, dl.PHY) || got.Frequency != dl.Frequency || got.DR != dl.DR || got.At.Sub(dl.At).Abs() > 2*time.Microsecond {
				t.Fatalf("%s: read %+v, %v of %+v", f, got, err, dl)
			}
		}
	}
	w.RunUntil(w.Now().Add(30 * time.Minute))
	if heard < 300 || sent < 20 {
		t.Errorf("%d heard, %d sent", heard, sent)
	}
}

func TestAPostThatIsRefusedOrNotTakenIsNotInTheTruthLog(t *testing.T) {
	w, err := sim.New(faulty(6))
	if err != nil {
		t.Fatal(err)
	}
	var event *sim.Event
	w.Event = func(e *sim.Event) { event = e }
	w.RunWhile(func() bool { return event == nil }, w.Now().Add(time.Hour))
	for _, c := range []struct {
		codes   []int // answered in turn
		written int
	}{{[]int{401}, 0}, {[]int{404}, 0}, {[]int{503, 429, 200}, 1}, {[]int{204}, 1}} {
		posts, written := 0, 0
		web := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			rw.WriteHeader(c.codes[posts])
			posts++
		}))
		out := Webhook("http", sim.V4JSON, web.URL, nil, func(*sim.Record) error { written++; return nil })
		err := out.Event(t.Context(), event)
		web.Close()
		if posts != len(c.codes) || written != c.written || (err == nil) != (c.written == 1) {
			t.Errorf("%v: %d posts, %d lines, %v", c.codes, posts, written, err)
		}
	}
}
