package sim

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/detect"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// everyFault is a setup with all kinds, forms, versions and faults.
func everyFault(seed uint64, region string) Setup {
	f := Fleet(seed, 14, FleetSetup{Interval: time.Minute, Kinds: KindNames(), Forms: Forms, Mixed: true, ADR: true, ConfirmEvery: 5, LinkCheckEvery: 6, StatusOnly: 9, Sold: true, FCnt: 700})
	f[3].Sold = false
	return Setup{
		Seed: seed, Start: noon, Region: Regions[region], Devices: f, Gateways: Grid(seed, 3, 1500),
		Server:      ServerSetup{StatusEvery: 7, DownlinkEvery: 11},
		FaultsAfter: 5 * time.Minute,
		Faults: Faults{FaultLoss: .02, FaultBadMIC: .02, FaultRFU: .02, FaultReplay: .02, FaultDuplicate: .02, FaultFCntReset: .01, FaultRejoin: .01,
			FaultReorder: .03, FaultLate: .02, FaultMalformed: .04, FaultSpoofed: .02, FaultFlood: .01, FaultSimulated: .02},
	}
}

// run plays a world for a while and gives the truth log.
func run(t *testing.T, s Setup, span time.Duration, formats []Format, see func(f Format, topic string, body []byte, e *Event, fate Fate)) []byte {
	t.Helper()
	w, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	enc := json.NewEncoder(&log)
	write := func(r *Record) {
		if err := enc.Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	oracles := map[Format]*Oracle{}
	for _, f := range formats {
		oracles[f] = &Oracle{Format: f}
	}
	w.Read = func(r *Reading) { write(ReadingRecord(r)) }
	w.Lost = func(r *Reading, where, why string) { write(LostRecord(w.Now(), r, where, why)) }
	w.Event = func(e *Event) {
		for _, f := range formats {
			topic, body := f.Render(e)
			if topic == "" {
				continue
			}
			fate := oracles[f].Foretell(e)
			sum := sha256.Sum256(body)
			write(MessageRecord(string(f), e, fate, hex.EncodeToString(sum[:])))
			if see != nil {
				see(f, topic, body, e, fate.Fate)
			}
		}
	}
	w.RunUntil(s.Start.Add(span))
	return log.Bytes()
}

func digest(h hash.Hash, parts ...[]byte) {
	for _, p := range parts {
		fmt.Fprintf(h, "%d:", len(p))
		h.Write(p)
	}
}

func TestTheSameSeedGivesTheSameBytes(t *testing.T) {
	all := func(seed uint64) (truth [32]byte, out string) {
		h := sha256.New()
		log := run(t, everyFault(seed, "eu868"), 20*time.Minute, Formats, func(_ Format, topic string, body []byte, _ *Event, _ Fate) {
			digest(h, []byte(topic), body)
		})
		return sha256.Sum256(log), hex.EncodeToString(h.Sum(nil))
	}
	t1, o1 := all(7)
	t2, o2 := all(7)
	t3, o3 := all(8)
	if t1 != t2 || o1 != o2 {
		t.Error("two runs of one seed differ")
	}
	if t1 == t3 || o1 == o3 {
		t.Error("another seed gives the same")
	}
}

func TestEveryFaultHappensInEveryRegionAndTheBridgesDecodersReadWhatTheyShould(t *testing.T) {
	for name := range Regions {
		t.Run(name, func(t *testing.T) {
			fates := map[Format]map[Fate]int{}
			labels := map[Fault]int{}
			formats := Formats
			if name != "eu868" { // the region changes the radio, not the format
				formats = []Format{V4JSON, V3JSONv3, TTS}
			}
			log := run(t, everyFault(3, name), 75*time.Minute, formats, func(f Format, topic string, body []byte, e *Event, fate Fate) {
				if fates[f] == nil {
					fates[f] = map[Fate]int{}
				}
				fates[f][fate]++
				var u lorawan.Uplink
				err := detect.Decode(body, &u)
				if e.Mangle != 0 {
					if err == nil {
						t.Errorf("%s: a mangled body was read (%d): %s", f, e.Mangle%4, body)
					}
					return
				}
				if err != nil {
					t.Fatalf("%s %s: %v\n%q", f, topic, err, body)
				}
				if e.Kind != EventUp {
					if u.Event == lorawan.EventUp {
						t.Errorf("%s: a %s event is read as an uplink", f, e.Kind)
					}
					return
				}
				if u.Event != lorawan.EventUp || u.DevEUI != e.body() || u.FCnt != e.FCnt || u.FPort != e.FPort || !bytes.Equal(u.Data, e.Data) || u.Gateways != len(e.Receptions) {
					t.Errorf("%s: read %+v of %+v", f, u, e)
				}
				if f != V3JSONv3 && f != TTS && u.DevAddr != e.Addr {
					t.Errorf("%s: address %s, want %s", f, u.DevAddr, e.Addr)
				}
				if sale := u.Billing() == lorawan.BillingSale; sale != (e.FPort > 0 && !(e.Simulated && f == TTS)) {
					t.Errorf("%s: billed as %s: %+v", f, u.Billing(), e)
				}
				if e.Object != nil && !sameJSON(t, u.Object, e.Object) {
					t.Errorf("%s: object %s, want %s", f, u.Object, e.Object)
				}
			})
			dec := json.NewDecoder(bytes.NewReader(log))
			readings, lost := 0, 0
			for dec.More() {
				var r struct {
					Type         string
					Fault, Label Fault
				}
				if err := dec.Decode(&r); err != nil {
					t.Fatal(err)
				}
				switch r.Type {
				case "reading":
					readings++
					labels[r.Fault]++
				case "message":
					labels[r.Label]++
				case "lost":
					lost++
				}
			}
			for _, f := range AllFaults {
				if labels[f] == 0 {
					t.Errorf("no %s among %d readings", f, readings)
				}
			}
			t.Logf("%d readings, %d lost, fates of v4: %v, of json_v3: %v", readings, lost, fates[V4JSON], fates[V3JSONv3])
			for _, f := range []Fate{FatePosted, FateUnbought, FateRepeat, FateEmpty, FateOtherEvent, FateMalformed, FateMismatch, FateReset, FateLate} {
				if fates[V4JSON][f] == 0 {
					t.Errorf("nothing has the fate %s", f)
				}
			}
			if fates[TTS][FateSimulated] == 0 {
				t.Error("nothing is simulated")
			}
		})
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal(a, &x); err != nil {
		return false
	}
	if err := json.Unmarshal(b, &y); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(x) == fmt.Sprint(y)
}
