package buyer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/bridge/meter"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

var ann = common.Address{0xbb, 1}

// shop is a bridge's delivery side: a ledger with purchase 1 of ann's, a courier that runs.
func shop(t *testing.T, path string) (b *Desk, post func(f uint32) delivery.Parcel, stop func()) {
	t.Helper()
	quick := []time.Duration{0, 50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, time.Hour}
	return openShop(t, path, quick, nil)
}

// openShopWith is a shop on a ledger of certain options.
func openShopWith(t *testing.T, path string, o ledger.Options) (b *Desk, post func(f uint32) delivery.Parcel, stop func()) {
	t.Helper()
	return openShopOf(t, path, o, []time.Duration{0, 50 * time.Millisecond, time.Hour}, nil)
}

// openShop is a shop with a schedule of its own; open, if not nil, opens its destinations.
func openShop(t *testing.T, path string, schedule []time.Duration, open func(delivery.Destination) (delivery.Target, delivery.Sink, error), before ...func(*Desk)) (b *Desk, post func(f uint32) delivery.Parcel, stop func()) {
	t.Helper()
	return openShopOf(t, path, ledgertest.Options(), schedule, open, before...)
}

func openShopOf(t *testing.T, path string, o ledger.Options, schedule []time.Duration, open func(delivery.Destination) (delivery.Target, delivery.Sink, error), before ...func(*Desk)) (b *Desk, post func(f uint32) delivery.Parcel, stop func()) {
	t.Helper()
	l, err := ledger.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	c := &ledgertest.Chain{}
	if _, known, err := l.Head(); err != nil || !known {
		if err := errors.Join(l.PutDevice(ledgertest.Device(1)), l.Advance([]market.Block{c.Mine(ledgertest.Listed(1, 1), ledgertest.Purchased(1, 1, 1, 1_000, 50_000)), c.Mine()}, 0)); err != nil {
			t.Fatal(err)
		}
		l.Owe(ann, delivery.DebtChange{Taken: 20_000}, nil) // she is known to pay
	}
	head, _, _ := l.Head()
	head.Time = 40_000
	o.Index.SetHead(head, time.Now())
	log := slog.New(slog.DiscardHandler)
	b = New(Deps{Delivery: config.Delivery{Timeout: 5 * time.Second, AllowPrivateAddress: true}, Ledger: l, Index: o.Index, Signing: sinktest.Key, Meter: meter.New(), Health: health.New(log), Log: log})
	if open == nil {
		open = b.openDestination
	}
	b.employ(delivery.CourierConfig{Schedule: schedule}, open)
	for _, f := range before {
		f(b)
	}
	ctx, end := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := b.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	post = func(f uint32) (parcel delivery.Parcel) {
		done := make(chan error, 1)
		r := lorawan.Reading{Network: "n", Session: "s", DevEUI: ledgertest.Dev(1), FCnt: f, FPort: 1, Received: time.Unix(2_000, 0), Counted: time.Unix(40_000, 0), Data: []byte{byte(f)}}
		l.Ingest(&r, func(out ledger.Outcome, err error) {
			if err == nil && len(out.Parcels) != 1 {
				err = fmt.Errorf("reading %d: %+v", f, out)
			}
			if err == nil {
				parcel = out.Parcels[0]
				b.Posted(out.Parcels)
			}
			done <- err
		})
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		return parcel
	}
	return b, post, sync.OnceFunc(func() {
		end()
		running.Wait()
		ledgertest.Close(t, l)
	})
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: " + what)
		}
	}
}

// D6, D7, D10: a buyer sets a destination, changes one option without losing the others,
// tests it, sees what it refuses and why, brings it back, and rotates its secret.
func TestABuyerLooksAfterHisDestination(t *testing.T) {
	b, post, stop := shop(t, filepath.Join(t.TempDir(), "ledger.db"))
	defer stop()
	var mu sync.Mutex
	status, got := 422, []string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if status == 200 || strings.Contains(string(body), `"test":true`) {
			got = append(got, string(body))
			return
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	set := func(config string) (api.DestinationView, error) {
		return b.SetDestination(ann, "", "store", api.DestinationInput{Kind: "http", Config: json.RawMessage(config)})
	}
	if _, err := set(`{"url":"https://example.com:99999/"}`); !errors.Is(err, api.ErrRefused) {
		t.Errorf("a wrong port: %v", err)
	}
	if _, err := set(`{"url":"https://example.com","ca":"no PEM"}`); !errors.Is(err, api.ErrRefused) {
		t.Errorf("a wrong authority: %v", err)
	}
	v, err := set(`{"url":"` + server.URL + `/x?token=deep","secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}`)
	if err != nil || !v.Default || v.RouteHash == (common.Hash{}) || strings.Contains(string(v.Config), "deep") || strings.Contains(string(v.Config), "MfKQ") {
		t.Fatalf("%+v %v", v, err)
	}
	again := strings.Replace(string(v.Config), "{", `{"headers":{"X-A":"b"},`, 1)
	v2, err := set(again)
	d, _, _ := b.ledger.DestinationNamed(ann, "store")
	if err != nil || v2.RouteHash != v.RouteHash || !strings.Contains(string(d.Config), "token=deep") || !strings.Contains(string(d.Config), "MfKQ") || !strings.Contains(string(d.Config), "X-A") {
		t.Errorf("an option was changed: %+v %v", v2, err)
	}
	if r, err := b.TestDestination(t.Context(), ann, "store"); err != nil || !r.Taken {
		t.Errorf("test: %+v %v", r, err)
	}

	first := post(1)
	eventually(t, "the refused reading is parked", func() bool { all, _ := b.Parked(1, 0, 10); return len(all) == 1 })
	parked, _ := b.Parked(1, 0, 10)
	if parked[0].ID != first.ID || parked[0].Code != delivery.CodeRefused || parked[0].Text != "HTTP 422" {
		t.Errorf("%+v", parked)
	}
	dv, err := b.Delivery(1)
	if err != nil || dv.Destination != "store" || dv.Delivery.Parked != 1 || len(dv.SetAside) != 1 || dv.SetAside[0].Code != delivery.CodeRefused || dv.Standing.LastError.Text != "HTTP 422" {
		t.Errorf("%+v %v", dv, err)
	}
	mu.Lock()
	status = 200
	mu.Unlock()
	if done, err := b.Replay(t.Context(), 1, api.Range{}); err != nil || done.Unparked != 1 {
		t.Errorf("%+v %v", done, err)
	}
	if err := b.RetryDestination(ann, "store"); err != nil {
		t.Error(err)
	}
	eventually(t, "it arrives after the replay", func() bool { dv, _ := b.Delivery(1); return dv.Receipts == 1 })
	rotated, err := b.RotateDestination(ann, "store", "whsec_"+strings.Repeat("QUJD", 10), time.Now().Add(time.Hour))
	if err != nil || !strings.Contains(string(rotated.Config), "former_until") || strings.Contains(string(rotated.Config), "QUJD") {
		t.Errorf("%s %v", rotated.Config, err)
	}
	if _, err := b.RotateDestination(ann, "store", "whsec_"+strings.Repeat("QUJE", 10), time.Now().Add(time.Hour)); !errors.Is(err, api.ErrRefused) || !strings.Contains(err.Error(), "a minute ago") {
		t.Errorf("rotated again at once: %v", err)
	}
	if d, _, _ := b.ledger.DestinationNamed(ann, "store"); strings.Contains(string(d.Config), "QUJE") || !strings.Contains(string(d.Config), "MfKQ") || strings.Count(string(d.Config), "whsec_") != 2 {
		t.Error("the secrets are not the last two")
	}
	if err := b.RemoveDestination(ann, "store"); err != nil {
		t.Error(err)
	}
	if _, err := b.Destination(ann, "store"); !errors.Is(err, api.ErrAbsent) {
		t.Errorf("after its removal: %v", err)
	}
	post(2)
	eventually(t, "what has no destination waits", func() bool { dv, _ := b.Delivery(1); return dv.Queue == "unrouted" && dv.Waiting == 1 })
}

// A test that is taken says that what waits may be taken too: it is tried at once, not when its time comes.
func TestATestThatIsTakenWakesWhatWaits(t *testing.T) {
	b, post, stop := shop(t, filepath.Join(t.TempDir(), "ledger.db"))
	defer stop()
	var mended atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !mended.Load() {
			w.Header().Set("Retry-After", "600")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	if _, err := b.SetDestination(ann, "", "store", api.DestinationInput{Kind: "http", Config: json.RawMessage(`{"url":"` + server.URL + `"}`)}); err != nil {
		t.Fatal(err)
	}
	post(1)
	fares := func() delivery.Standing { v, _ := b.Destination(ann, "store"); return v.Standing }
	eventually(t, "it is refused for a minute", func() bool { s := fares(); return s.Streak == 1 && time.Until(s.Next) > 50*time.Second })
	if r, err := b.TestDestination(t.Context(), ann, "store"); err != nil || r.Taken || fares().Delivered != 0 {
		t.Errorf("a test that is refused: %+v, %v, %+v", r, err, fares())
	}
	mended.Store(true)
	if r, err := b.TestDestination(t.Context(), ann, "store"); err != nil || !r.Taken {
		t.Errorf("%+v, %v", r, err)
	}
	eventually(t, "what waited is taken", func() bool { return fares().Delivered == 1 })
}

// A test of a destination holds a connection until the other side answers or its time is
// over. However many accounts ask for one, and each however often, few are under way.
func TestTestsOfDestinationsAreBounded(t *testing.T) {
	b, _, stop := shop(t, filepath.Join(t.TempDir(), "ledger.db"))
	defer stop()
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	account := func(i int) common.Address { return common.Address{7, byte(i)} }
	ctx, end := context.WithCancel(t.Context())
	var under sync.WaitGroup
	defer under.Wait()
	defer end()
	set := func(i int) {
		t.Helper()
		if _, err := b.SetDestination(account(i), "", "hook", api.DestinationInput{Kind: "http", Config: json.RawMessage(`{"url":"http://` + l.Addr().String() + `/"}`)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range testsMax {
		set(i)
		under.Go(func() { _, _ = b.TestDestination(ctx, account(i), "hook") })
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := b.TestDestination(t.Context(), account(i), "hook"); !errors.Is(err, api.ErrRefused) {
			t.Fatalf("a second test of one account: %v", err)
		}
	}
	set(testsMax)
	if _, err := b.TestDestination(t.Context(), account(testsMax), "hook"); !errors.Is(err, api.ErrRefused) {
		t.Errorf("one test too many: %v", err)
	}
}
