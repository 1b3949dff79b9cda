package source

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge"
	"github.com/databrokerdao/dbdao-bridge/bridge/bridgetest"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/internal/chirpstackapi"
	"github.com/databrokerdao/dbdao-bridge/internal/chirpstacktest"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
)

const apiKey = "a-read-only-key-of-a-tenant"

// fleetDevice is the n-th device of a fleet.
func fleetDevice(n int) lorawan.DevEUI {
	return lorawan.DevEUI{0x70, 5: 1, 6: byte(n >> 8), 7: byte(n)}
}

// sent is an uplink of a device with the server's time of reception.
func sent(dev lorawan.DevEUI, fCnt int, received time.Time) string {
	return strings.Replace(bridgetest.At(fCnt, received), "70b3d57ed8005343", dev.String(), 1)
}

// known is what a ledger would tell of devices.
type known map[lorawan.DevEUI]ledger.Rhythm

func (k known) Devices() (all []lorawan.DevEUI) {
	for d := range k {
		all = append(all, d)
	}
	return all
}

func (k known) Rhythms() (map[string]map[lorawan.DevEUI]ledger.Rhythm, error) {
	return map[string]map[lorawan.DevEUI]ledger.Rhythm{"chirpstack": k}, nil
}

// asks is a client of a server.
func asks(t testing.TB, s *chirpstacktest.Server, key string) Histories {
	t.Helper()
	c, err := chirpstackapi.New(s.URL, key, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// fills lets a source's gaps be filled until the test ends.
func fills(t testing.TB, h *bridgetest.Hall, k Heard, parallel int, servers ...Histories) *gapFiller {
	t.Helper()
	d := deps(h)
	f := newGapFiller(&d, h.In, servers, k, parallel, 720*time.Hour)
	h.In.Skipped = f.skipped
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { f.run(ctx); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended })
	return f
}

// filled waits for the end of a round.
func filledBy(t testing.TB, f *gapFiller, within time.Duration) string {
	t.Helper()
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if r := f.filled.Load(); r != nil && !f.progress().Running {
			return r.String()
		}
	}
	t.Fatalf("the gaps are not filled: %+v", f.progress())
	return ""
}

func TestAGapInTheCounterIsFilledFromTheServersHistory(t *testing.T) {
	h := bridgetest.NewPit(t)
	server := chirpstacktest.Start(t, chirpstacktest.Options{})
	server.Tenant(apiKey, bridgetest.Bought)
	now := time.Now()
	for f := 1; f <= 5; f++ {
		server.Log(bridgetest.Bought, "up", bridgetest.At(f, now.Add(time.Duration(f-6)*time.Second)), now)
	}
	server.Log(bridgetest.Bought, "up", strings.Replace(bridgetest.At(2, now), "5343", "5344", 1), now) // another's, which no server writes
	server.Log(bridgetest.Bought, "join", bridgetest.V3Join("01020304"), now)
	f := fills(t, h, known{}, 4, asks(t, server, apiKey))
	h.Expect(t, intake.FatePosted, "live", bridgetest.At(1, now))
	h.Expect(t, intake.FatePosted, "live, the next", bridgetest.At(2, now))
	if got := server.Asked(); len(got) != 0 {
		t.Fatal("nothing was missed and the server was asked")
	}
	h.Expect(t, intake.FatePosted, "live after a gap", bridgetest.At(5, now))
	if got, want := filledBy(t, f, time.Minute), "1 of 1 devices read, 2 missed uplinks brought, 0 lost for ever"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	var order []string
	for len(order) < 5 {
		for _, p := range <-h.Posted {
			_, rest, _ := strings.Cut(string(p.Body), `"f_cnt":`)
			order = append(order, rest[:1])
		}
	}
	if got := strings.Join(order, " "); got != "1 2 5 3 4" {
		t.Errorf("sold in the order %s", got)
	}
	h.Expect(t, intake.FatePosted, "a gap at once", bridgetest.At(8, now))
	time.Sleep(50 * time.Millisecond)
	if got := server.Asked(); len(got) != 1 {
		t.Errorf("a device that was read a moment ago is read again: %v", got)
	}
}

// A server that keeps ten events has dropped what is older: that is told, once, with the cure.
func TestWhatIsLostForEverIsToldWithItsCure(t *testing.T) {
	h := bridgetest.New(t, 0, "events/{any}")
	h.Deaf = true
	server := chirpstacktest.Start(t, chirpstacktest.Options{})
	now, k := time.Now(), known{}
	for n := range 12 {
		dev := fleetDevice(n)
		bridgetest.Entitle(h.Index, 1+market.PurchaseID(n), dev)
		server.Tenant(apiKey, dev.String())
		k[dev] = ledger.Rhythm{Last: now.Add(-time.Hour), Every: 10 * time.Minute}
		h.Expect(t, intake.FatePosted, "live before the outage", sent(dev, 100, now.Add(-2*time.Hour)))
		missed := 10
		if n < 2 {
			missed = 12 // two of them lost two each
		}
		for f := 1; f <= missed; f++ {
			server.Log(dev.String(), "up", sent(dev, 100+f, now.Add(time.Duration(f-20)*time.Minute)), now)
		}
	}
	f := fills(t, h, k, 200, asks(t, server, apiKey))
	f.wantAll()
	want := "12 of 12 devices read, 120 missed uplinks brought, 4 lost for ever: ChirpStack keeps only 10 events of a device: set per_device_event_log_max_history"
	if got := filledBy(t, f, time.Minute); got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
	if got := h.Says("backfill_lost"); got != want {
		t.Errorf("the condition says %q", got)
	}
	if server.Most() != 12 {
		t.Errorf("%d devices were read at once, want 12", server.Most())
	}
	f.mu.Lock()
	clear(f.asked)
	f.mu.Unlock()
	f.filled.Store(nil)
	f.wantAll()
	if got, want := filledBy(t, f, time.Minute), "12 of 12 devices read, 0 missed uplinks brought, 0 lost for ever"; got != want {
		t.Errorf("again: %s, want %s", got, want)
	}
	if got := h.Says("backfill_lost"); got != "" {
		t.Errorf("nothing is lost any more and the condition says %q", got)
	}
}

func TestWhatIsLostSoonestIsReadFirst(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	for _, c := range []struct {
		why   string
		last  time.Duration // ago
		every time.Duration
		loses time.Duration // from now
	}{
		{"nothing is missed yet", time.Minute, 10 * time.Minute, 109 * time.Minute},
		{"five of ten are missed", 51 * time.Minute, 10 * time.Minute, 59 * time.Minute},
		{"more than ten are missed: the next uplink takes one", 115 * time.Minute, 10 * time.Minute, 5 * time.Minute},
		{"a fast one", 10 * time.Minute, 7 * time.Second, 2 * time.Second},
		{"nobody knows its rate", time.Minute, 0, time.Hour},
	} {
		if got := losesAt(now, now.Add(-c.last), c.every).Sub(now); got != c.loses {
			t.Errorf("%s: in %v, want %v", c.why, got, c.loses)
		}
	}

	h := bridgetest.New(t, 0, "events/{any}")
	server := chirpstacktest.Start(t, chirpstacktest.Options{})
	now = time.Now()
	k, want := known{}, []string(nil)
	for n, every := range []time.Duration{7 * time.Minute, 15 * time.Minute, time.Minute, 80 * time.Second} {
		dev := fleetDevice(n)
		bridgetest.Entitle(h.Index, 1+market.PurchaseID(n), dev)
		server.Tenant(apiKey, dev.String())
		k[dev] = ledger.Rhythm{Last: now.Add(-12*time.Minute - time.Duration(n)*time.Second), Every: every}
	}
	for _, n := range []int{3, 2, 0, 1} { // lost in 77 s less 3, 58 s, 65 min, 153 min
		want = append(want, fleetDevice(n).String())
	}
	slices.SortFunc(want, func(a, b string) int {
		da, _ := lorawan.ParseDevEUI(a)
		db, _ := lorawan.ParseDevEUI(b)
		return losesAt(now, k[da].Last, k[da].Every).Compare(losesAt(now, k[db].Last, k[db].Every))
	})
	f := fills(t, h, k, 1, quick{server})
	f.wantAll()
	filledBy(t, f, time.Minute)
	if got := server.Asked(); !slices.Equal(got, want) || got[0] != fleetDevice(3).String() && got[0] != fleetDevice(2).String() {
		t.Errorf("read in the order %v, want %v", got, want)
	}
}

// quick asks a server and does not wait for silence.
type quick struct{ server *chirpstacktest.Server }

func (q quick) History(ctx context.Context, dev string, take func(chirpstackapi.Event) bool) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	c, err := chirpstackapi.New(q.server.URL, apiKey, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.History(ctx, dev, take); !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return err
	}
	return nil
}

// One key reads one tenant's devices. Those of a tenant without a key were passed over in
// silence.
func TestDevicesOfSeveralTenantsAreReadOverTLSAndThoseWithoutAKeyAreNamed(t *testing.T) {
	cert, keyFile := certificate(t)
	pair, err := tls.LoadX509KeyPair(cert, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	server := chirpstacktest.Start(t, chirpstacktest.Options{TLS: &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2"}}})
	source := "[[sources]]\nname = \"chirpstack\"\n[sources.backfill]\nurl = %q\napi_key_files = [%q, %q]\nca_file = %q\n"
	p, h, err := configured(t, fmt.Sprintf(source, server.URL, secret(t, "one", "key-of-one"), secret(t, "two", "key-of-two"), cert))
	if err != nil {
		t.Fatal(err)
	}
	h.Deaf = true
	h.In = p.all[0].in
	now := time.Now()
	for n, key := range []string{"key-of-one", "key-of-two", "key-of-three"} {
		dev := fleetDevice(n)
		bridgetest.Entitle(h.Index, 1+market.PurchaseID(n), dev)
		server.Tenant(key, dev.String())
		h.Handle(mqtt.Message{Topic: "application/x/device/" + dev.String() + "/event/up", Payload: []byte(sent(dev, 1, now.Add(-time.Hour))), QoS: 1})
		h.Ended(t)
		server.Log(dev.String(), "up", sent(dev, 2, now), now)
	}
	f := p.all[0].gaps
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { f.run(ctx); close(ended) }()
	defer func() { cancel(); <-ended }()
	f.wantAll()
	if got, want := filledBy(t, f, time.Minute), "2 of 3 devices read, 2 missed uplinks brought, 0 lost for ever"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := h.Says("backfill_failing"); !strings.Contains(got, "of 3 devices that are heard here the API keys may read all but 1") || !strings.Contains(got, "api_key_files") {
		t.Errorf("the condition says %q", got)
	}
	if _, err := checkBackfill(t.Context(), p.all[0].config); err != nil {
		if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); unknown {
			t.Error(err)
		}
	}
	for why, c := range map[string]string{
		"a CA file that is none":  fmt.Sprintf(source, server.URL, "a", "b", secret(t, "ca", "none")),
		"a CA file that is not":   fmt.Sprintf(source, server.URL, "a", "b", "/nowhere/ca"),
		"a key file that is open": fmt.Sprintf(source, server.URL, "/etc/hosts", "b", cert),
	} {
		if _, _, err := configured(t, c); err == nil || !strings.Contains(err.Error(), "backfill.") {
			t.Errorf("%s: %v", why, err)
		}
	}
}

// What a moved device's former application kept says nothing of where the device is now.
func TestOldEventsOfAMovedDeviceAreQuiet(t *testing.T) {
	h := bridgetest.NewPit(t)
	now := time.Now()
	old := func(f int) string { return bridgetest.At(f, now.Add(-time.Minute)) }
	moved := func(f int) string {
		return strings.Replace(bridgetest.At(f, now), `"applicationId":"x"`, `"applicationId":"y"`, 1)
	}
	h.Expect(t, intake.FatePosted, "live", bridgetest.At(1, now))
	h.Expect(t, intake.FateMoved, "live from another application", moved(2))
	if err := h.Vouch(); err != nil { // the operator vouches for it again
		t.Fatal(err)
	}
	h.Health.Clear("device_moved", h.NameOf(bridgetest.Device))
	if got := repair(t, h, old(3)); got["posted"] != 1 {
		t.Errorf("of before it moved: %v", got)
	}
	h.Expect(t, intake.FatePosted, "live from where it is now", moved(4))
	if got := repair(t, h, old(2)); got["moved"] != 1 {
		t.Errorf("of before it moved, when it is known where it is: %v", got)
	}
	if got := h.Says("device_moved"); got != "" {
		t.Errorf("an event of before raised %q", got)
	}
}

func TestWhatTheServerDoesNotTellIsNamed(t *testing.T) {
	for _, c := range []struct {
		why, key, says string
	}{
		{"a wrong key", "of-another-server", "1 of 1 devices could not be read (ChirpStack refuses the API key"},
		{"no device is of its tenant", "of-nobody", "the API keys may read none of 1 devices"},
		{"a right one", apiKey, ""},
	} {
		h := bridgetest.NewPit(t)
		server := chirpstacktest.Start(t, chirpstacktest.Options{})
		server.Tenant(apiKey, bridgetest.Bought)
		server.Tenant("of-nobody")
		f := fills(t, h, known{bridgetest.Device: {}}, 4, asks(t, server, c.key))
		f.wantAll()
		filledBy(t, f, time.Minute)
		if got := h.Says("backfill_failing"); !strings.HasPrefix(got, c.says) || c.says == "" && got != "" {
			t.Errorf("%s: the condition says %q", c.why, got)
		}
	}
}

// fleet is devices of many rates whose uplinks a server keeps while the bridge is away, and
// goes on to get.
type fleet struct {
	h      *bridgetest.Hall
	server *chirpstacktest.Server
	rhythm known
	sent   map[lorawan.DevEUI]int // uplinks since the bridge went away
	mu     sync.Mutex
	gone   int // of these, dropped before the bridge was back
}

// newFleet has devices that send every half to ten minutes, and an outage of ten minutes that
// has just ended.
func newFleet(t *testing.T, devices int) *fleet {
	t.Helper()
	fl := &fleet{h: bridgetest.New(t, 0, "events/{any}"), server: chirpstacktest.Start(t, chirpstacktest.Options{}), rhythm: known{}, sent: map[lorawan.DevEUI]int{}}
	fl.h.Deaf = true
	now := time.Now()
	away := now.Add(-10 * time.Minute)
	for n := range devices {
		dev := fleetDevice(n)
		bridgetest.Entitle(fl.h.Index, 1+market.PurchaseID(n), dev)
		fl.server.Tenant(apiKey, dev.String())
		every := []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute}[n%5]
		last := away.Add(-rand.N(every))
		fl.rhythm[dev] = ledger.Rhythm{Last: last, Every: every}
		fl.h.Handle(mqtt.Message{Topic: "events/1", Payload: []byte(sent(dev, 100, last)), QoS: 1})
		for due := last.Add(every); due.Before(now); due = due.Add(every) {
			fl.log(dev, due)
		}
		fl.gone += max(0, fl.sent[dev]-10)
	}
	fl.h.Ended(t)
	return fl
}

func (fl *fleet) log(dev lorawan.DevEUI, due time.Time) string {
	fl.mu.Lock()
	fl.sent[dev]++
	body := sent(dev, 100+fl.sent[dev], due)
	fl.mu.Unlock()
	fl.server.Log(dev.String(), "up", body, due)
	return body
}

// goesOn lets the devices send, to the server and to the bridge, until ctx ends.
func (fl *fleet) goesOn(ctx context.Context) {
	next := map[lorawan.DevEUI]time.Time{}
	for dev, r := range fl.rhythm {
		for next[dev] = r.Last; next[dev].Before(time.Now()); {
			next[dev] = next[dev].Add(r.Every)
		}
	}
	for ctx.Err() == nil {
		now := time.Now()
		for dev, due := range next {
			if due.After(now) {
				continue
			}
			fl.h.Handle(mqtt.Message{Topic: "events/1", Payload: []byte(fl.log(dev, due)), QoS: 1})
			next[dev] = due.Add(fl.rhythm[dev].Every)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// lost counts the uplinks since the outage began that were sold to nobody.
func (fl *fleet) lost(t *testing.T) (lost, all int) {
	t.Helper()
	fl.h.Ended(t)
	for _, n := range fl.sent {
		all += n
	}
	return all + len(fl.sent) - fl.h.Count(intake.FatePosted) - int(fl.h.In.CountMissed(intake.FatePosted)), all
}

// TestBackfillWinsTheRace reads a fleet's events after an outage of ten minutes, from a server
// that keeps ten of each device. The long form has 1,000 devices that go on sending meanwhile,
// and compares with reading one device after the other.
func TestBackfillWinsTheRace(t *testing.T) {
	if os.Getenv("DBDAO_LONG") == "" {
		fl := newFleet(t, 40)
		f := fills(t, fl.h, fl.rhythm, 200, asks(t, fl.server, apiKey))
		f.wantAll()
		said := filledBy(t, f, time.Minute)
		if lost, all := fl.lost(t); lost != fl.gone || !strings.Contains(said, fmt.Sprintf("%d missed uplinks brought, %d lost", all-lost, lost)) {
			t.Errorf("%d of %d uplinks are lost, %d were dropped before the bridge was back; it says: %s", lost, all, fl.gone, said)
		}
		return
	}
	race := func(t *testing.T, read func(fl *fleet)) (inRace int) {
		fl := newFleet(t, 1000)
		ctx, cancel := context.WithCancel(t.Context())
		var devices sync.WaitGroup
		devices.Go(func() { fl.goesOn(ctx) })
		began := time.Now()
		read(fl)
		took := time.Since(began)
		cancel()
		devices.Wait()
		lost, all := fl.lost(t)
		t.Logf("1000 devices after 10 minutes: %d uplinks sent since, %d of them dropped before the bridge was back, %d more in the race; %v, at most %d read at once",
			all, fl.gone, lost-fl.gone, took.Round(time.Second), fl.server.Most())
		return lost - fl.gone
	}
	t.Run("many at once, the most endangered first", func(t *testing.T) {
		inRace := race(t, func(fl *fleet) {
			f := fills(t, fl.h, fl.rhythm, 128, asks(t, fl.server, apiKey))
			f.wantAll()
			t.Log(filledBy(t, f, 10*time.Minute))
		})
		if inRace > 10 {
			t.Errorf("%d uplinks were lost in the race", inRace)
		}
	})
	t.Run("one after the other, in any order", func(t *testing.T) {
		if os.Getenv("DBDAO_LONG") != "all" {
			t.Skip("takes 35 minutes: DBDAO_LONG=all")
		}
		race(t, func(fl *fleet) {
			client := asks(t, fl.server, apiKey)
			for dev := range fl.rhythm {
				if err := client.History(t.Context(), dev.String(), func(e chirpstackapi.Event) bool {
					fl.h.Take(fl.h.In, intake.Arrival{Payload: e.Body, Missed: 720 * time.Hour, Done: intake.Then(func(intake.End) {})})
					return true
				}); err != nil {
					t.Error(err)
				}
			}
		})
	})
}

// refuses is an outbox without room.
type refuses struct{}

func (refuses) Ingest(_ *lorawan.Reading, done func(ledger.Outcome, error)) {
	done(ledger.Outcome{}, ledger.ErrNoRoom)
}

func (refuses) Posted([]delivery.Parcel) {}

// tells is a server that tells these events.
type tells []string

func (s tells) History(_ context.Context, _ string, take func(chirpstackapi.Event) bool) error {
	for _, body := range s {
		take(chirpstackapi.Event{Body: []byte(body)})
	}
	return nil
}

// R4: what back-fill brought to a ledger without room counted as read, and was not asked for again.
func TestWhatALedgerWithoutRoomRefusesIsAskedForAgain(t *testing.T) {
	h := bridgetest.New(t, 0, bridgetest.Template)
	bridgetest.Entitle(h.Index, 1, bridgetest.Device)
	d := deps(h)
	d.Bridge = bridge.New(h.Index, refuses{}, refuses{}, h.Meter, h.Health, d.Log)
	f := newGapFiller(&d, h.In, nil, known{}, 1, 720*time.Hour)
	var sum filled
	if err := f.fill(t.Context(), tells{bridgetest.At(7, time.Now())}, &gap{dev: bridgetest.Device}, &sum); !errors.Is(err, errRefused) || sum.entries != 1 {
		t.Errorf("%+v, %v", sum, err)
	}
}
