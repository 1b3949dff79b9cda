package source

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/bridgetest"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/detect"
	"github.com/databrokerdao/dbdao-bridge/market"
)

func repair(t *testing.T, h *bridgetest.Hall, lines ...string) map[string]int {
	t.Helper()
	sum, err := bring(t.Context(), h.Bridge, h.In, strings.NewReader(strings.Join(lines, "\n")), 64<<10, 720*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestWhatWasMissedIsSoldOnceHoweverFarBelowTheNewestCounter(t *testing.T) {
	h := bridgetest.NewPit(t)
	h.Deaf = true
	now := time.Now()
	for f := range 6 {
		h.Expect(t, intake.FatePosted, "live", bridgetest.At(f, now))
	}
	h.Expect(t, intake.FatePosted, "live again after an outage", bridgetest.At(3_000, now))
	h.Expect(t, intake.FateLate, "live and far behind", bridgetest.At(600, now))
	var lines []string
	for f := range 3_001 {
		lines = append(lines, bridgetest.At(f, now.Add(-time.Duration(3_000-f)*time.Second)))
	}
	lines = append(lines, "", "not an event", strings.Replace(bridgetest.At(1, now), "5343", "5344", 1))
	want := map[string]int{"posted": 3_000 - 6, "repeat": 7, "malformed": 1, "unbought": 1}
	if got := repair(t, h, lines...); !maps.Equal(got, want) {
		t.Errorf("brought %v, want %v", got, want)
	}
	want = map[string]int{"repeat": 3_001, "malformed": 1, "unbought": 1}
	if got := repair(t, h, lines...); !maps.Equal(got, want) {
		t.Errorf("brought again: %v, want %v", got, want)
	}
	h.Expect(t, intake.FatePosted, "live goes on", bridgetest.At(3_001, now))
}

func TestStorageLinesOfTheThingsStackAreTaken(t *testing.T) {
	h := bridgetest.NewPit(t)
	line := func(f int) string {
		return fmt.Sprintf(`{"result":{"end_device_ids":{"device_id":"d","application_ids":{"application_id":"x"},"dev_eui":"70B3D57ED8005343","dev_addr":"01020304"},"received_at":%q,"uplink_message":{"session_key_id":"AY0=","f_port":2,"f_cnt":%d,"frm_payload":"qg==","received_at":%q}}}`,
			time.Now().UTC().Format(time.RFC3339Nano), f, time.Now().UTC().Format(time.RFC3339Nano))
	}
	if got := repair(t, h, line(2), line(1), line(2)); got["posted"] != 2 || got["repeat"] != 1 {
		t.Errorf("brought %v", got)
	}
}

// TestARepairedReadingBelongsToTheWindowItWasReceivedIn moves a device's receptions
// around two purchases, one after the other.
func TestARepairedReadingBelongsToTheWindowItWasReceivedIn(t *testing.T) {
	h := bridgetest.New(t, 0, "events/{any}")
	now := time.Now().Truncate(time.Second)
	set := func(p market.PurchaseID, from, to time.Duration) {
		h.Index.Set(&market.Entitlement{Purchase: p, Stream: 1, DevEUI: bridgetest.Device, Start: uint64(now.Add(from).Unix()), End: uint64(now.Add(to).Unix()),
			Price: 1, Interval: 1, Quota: 1e6, Sale: lorawan.Sale{Fields: lorawan.FieldData}, State: market.PurchaseActive})
	}
	set(1, -3*time.Hour, -time.Hour)
	set(2, -time.Hour, 3*time.Hour)
	bought := func() (p []market.PurchaseID) {
		for {
			select {
			case all := <-h.Posted:
				for _, one := range all {
					p = append(p, one.Purchase)
				}
			default:
				return p
			}
		}
	}
	for i, c := range []struct {
		why      string
		received time.Duration
		oldest   time.Duration
		fate     intake.Fate
		to       string
	}{
		{"before any purchase", -4 * time.Hour, time.Hour * 720, intake.FateUnbought, "[]"},
		{"in the first's window, which is over", -2 * time.Hour, time.Hour * 720, intake.FatePosted, "[1]"},
		{"in the second's", -time.Minute, time.Hour * 720, intake.FatePosted, "[2]"},
		{"by a clock that is ahead", time.Hour, time.Hour * 720, intake.FatePosted, "[2]"},
		{"older than is sold", -2 * time.Hour, time.Hour, intake.FateTooOld, "[]"},
	} {
		done := make(chan intake.Fate, 1)
		h.Take(h.In, intake.Arrival{Payload: []byte(bridgetest.At(i, now.Add(c.received))), Missed: c.oldest, Done: intake.Then(func(e intake.End) { done <- e.Fate })})
		if got := <-done; got != c.fate {
			t.Errorf("%s: %s, want %s", c.why, got, c.fate)
		}
		if got := fmt.Sprint(bought()); got != c.to {
			t.Errorf("%s: sold to %s, want %s", c.why, got, c.to)
		}
	}
	if got := repair(t, h, bridgetest.V4Event("a", "x", "01020304", 99, "qg==")); got["undated"] != 1 {
		t.Errorf("nobody tells when it was received: %v", got)
	}
	h.Expect(t, intake.FatePosted, "a live one belongs to now, whatever its clock says", bridgetest.At(100, now.Add(-2*time.Hour)))
	if got := fmt.Sprint(bought()); got != "[2]" {
		t.Errorf("live: sold to %s", got)
	}
}

func TestBackfillNeverMakesMoreThanTheContractPays(t *testing.T) {
	h := bridgetest.New(t, 0, "events/{any}")
	now := time.Now()
	e := &market.Entitlement{Purchase: 1, Stream: 1, DevEUI: bridgetest.Device, Start: uint64(now.Add(-10 * time.Minute).Unix()), End: uint64(now.Add(time.Hour).Unix()),
		Price: 1, Interval: 60, Quota: 1000, Sale: lorawan.Sale{Fields: lorawan.FieldData}, State: market.PurchaseActive}
	h.Index.Set(e)
	for f := range 3 {
		h.Expect(t, intake.FatePosted, "live", bridgetest.At(500+f, now))
	}
	var lines []string
	for f := range 100 {
		lines = append(lines, bridgetest.At(f, now.Add(-5*time.Minute)))
	}
	got := repair(t, h, lines...)
	if due := int(e.Due(uint64(time.Now().Unix()))); got["posted"]+3 != due || got["over_rate"] != 100-got["posted"] {
		t.Errorf("%v, the contract pays %d", got, due)
	}
}

// TestACrashDuringBackfillNeitherLosesNorSellsTwice stops the ledger while uplinks
// are brought, and brings them again to what the file then holds.
func TestACrashDuringBackfillNeitherLosesNorSellsTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	device := bridgetest.Ours.DevEUI.String()
	var lines []string
	for f := range 2_000 {
		lines = append(lines, strings.Replace(bridgetest.At(f, time.Now()), "70b3d57ed8005343", device, 1))
	}
	posted := 0
	for round := range 3 {
		y := bridgetest.OpenYard(t, path, time.Millisecond, bridgetest.Ours)
		y.In.Decode, y.Deaf = detect.Decode, true
		var sum map[string]int
		done := make(chan struct{})
		go func() {
			defer close(done)
			sum, _ = bring(context.Background(), y.Bridge, y.In, strings.NewReader(strings.Join(lines, "\n")), 64<<10, time.Hour)
		}()
		if round < 2 {
			time.Sleep(5 * time.Millisecond)
			if err := y.Ledger.Close(); err != nil { // what is not stored by now is refused
				t.Fatal(err)
			}
		}
		<-done
		posted += sum["posted"]
		if sum["posted"]+sum["repeat"]+sum["uncommitted"] != 2_000 {
			t.Errorf("round %d: %v", round, sum)
		}
	}
	if posted != 2_000 {
		t.Errorf("%d uplinks were posted, of 2000", posted)
	}
}
