package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// oneRun plays ten minutes of a fleet that joins again, jumps and restarts, and writes its truth
// log. used is told each frame sent, and each event's identifier, as whoever listens tells them
// apart.
func oneRun(t *testing.T, former Former, used func(what string)) []byte {
	t.Helper()
	var log bytes.Buffer
	enc := json.NewEncoder(&log)
	note := func(r *Record) {
		if err := enc.Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	start := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	if former.Ended.After(start) {
		start = former.Ended.Add(Resumes)
	}
	w, err := New(Setup{
		Seed: 3, Start: start, Region: Regions["eu868"], Former: former, Gateways: Grid(3, 2, 300),
		Devices: Fleet(3, 12, FleetSetup{Mixed: true, Interval: 10 * time.Second, NoDutyCycle: true, Radius: 300, FCnt: 7, Sold: true, StatusOnly: 3}),
		Faults:  Faults{FaultRejoin: 0.1, FaultLate: 0.02},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Read = func(r *Reading) { note(ReadingRecord(r)) }
	w.Activated = func(d *Device) {
		used(fmt.Sprintf("address %s", d.DevAddr()))
		used(fmt.Sprintf("JoinNonce %s %d", d.DevEUI, w.server.joined[d].joinNonce))
		note(SessionRecord(w.Now(), d))
	}
	w.Event = func(e *Event) {
		used("event " + e.DedupID)
		note(MessageRecord("app", e, Foretold{}, ""))
	}
	w.Captured = func(c *Capture) {
		switch {
		case c.Join && c.Down:
			used(fmt.Sprintf("join-accept %x", c.PHY))
		case c.Join:
			used(fmt.Sprintf("DevNonce %s %d", c.Device.DevEUI, c.DevNonce))
		case !c.Down:
			used(fmt.Sprintf("counter %x %d", c.Keys.FNwkSIntKey[:], c.FCnt))
		}
	}
	w.RunUntil(start.Add(10 * time.Minute))
	return log.Bytes()
}

// A fleet that goes on behind its earlier runs uses no DevNonce, JoinNonce, address, counter of a
// session or event again; without them it uses every one again, which is what a network server refuses.
func TestAWorldThatGoesOnRepeatsNothing(t *testing.T) {
	for goesOn, want := range map[bool]bool{true: false, false: true} {
		seen, repeated, kinds := map[string]bool{}, map[string]int{}, map[string]int{}
		var former Former
		for run := range 4 {
			now := map[string]bool{}
			log := oneRun(t, former, func(what string) {
				now[what] = true
				kind, _, _ := strings.Cut(what, " ")
				kinds[kind]++
				if seen[what] {
					repeated[kind]++
				}
			})
			for what := range now {
				seen[what] = true
			}
			if !goesOn {
				continue
			}
			if run == 1 { // as one that was killed while it wrote
				log = log[:len(log)-20]
			}
			if err := former.Add(bytes.NewReader(log)); err != nil {
				t.Fatal(err)
			}
		}
		for _, kind := range []string{"event", "address", "JoinNonce", "join-accept", "DevNonce", "counter"} {
			if kinds[kind] < 100 || (repeated[kind] > 0) != want {
				t.Errorf("goes on %v: %d of %d of kind %s were used before", goesOn, repeated[kind], kinds[kind], kind)
			}
		}
	}
	var jumped Former // raw frames tell no counter of the one that may follow the last reading
	abp := Fleet(3, 1, FleetSetup{ABP: true})
	line := fmt.Sprintf(`{"type":"reading","device":%q,"f_cnt":9,"fault":"late"}`, abp[0].DevEUI)
	if err := jumped.Add(strings.NewReader(line)); err != nil {
		t.Fatal(err)
	}
	w, err := New(Setup{Region: Regions["eu868"], Devices: abp, Former: jumped})
	if err != nil || w.Devices()[0].NextFCnt() != 9+600+2 {
		t.Errorf("after a jump from 9 by 600 and a frame without a reading it goes on at %d: %v", w.Devices()[0].NextFCnt(), err)
	}
	if err := new(Former).Add(strings.NewReader("dev_eui,name\n")); err == nil {
		t.Error("a file that is no truth log is taken for one")
	}
}
