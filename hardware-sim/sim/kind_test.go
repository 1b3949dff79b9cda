package sim

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan/codec"
	"github.com/databrokerdao/dbdao-bridge/lorawan/codec/js"
)

// samples are a week of a kind's readings, by two devices.
func samples(kind *Kind, n int) (all []Values) {
	w := &weather{5}
	for dev := range 2 {
		s := &state{rng: source(5, fmt.Sprint(dev)), home: Place{Latitude: -33.9, Longitude: -70.7, Altitude: 520}, base: float64(dev)}
		for i := range n {
			all = append(all, kind.sample(w, s, noon.Add(time.Duration(i)*7*24*time.Hour/time.Duration(n))))
		}
	}
	return all
}

// What is measured can be read back from every form: by the script shipped with the
// kind, in the bridge's own sandbox, by the bridge's Cayenne LPP and SenML, and by
// the simulated network server.
func TestEveryFormTellsWhatWasMeasured(t *testing.T) {
	pool := js.NewPool(1, js.Limits{Time: 5 * time.Second})
	defer pool.Close()
	for _, name := range KindNames() {
		kind := Kinds[name]
		if err := pool.Check(t.Context(), kind.Codec()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, v := range samples(kind, 40) {
			want, err := v.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			binary := kind.encode(FormBinary, v)
			served, err := kind.object(FormBinary, binary)
			if err != nil || !sameJSON(t, served, want) {
				t.Fatalf("%s: the server reads %s, %v of %s", name, served, err, want)
			}
			if i%4 == 0 {
				r, err := pool.Decode(t.Context(), kind.Codec(), js.Input{Bytes: binary, FPort: FormBinary.port(), Received: noon})
				if err != nil || len(r.Errors) > 0 || !sameJSON(t, r.Data, want) {
					t.Fatalf("%s: the script reads %s, %v, %v of %s", name, r.Data, r.Errors, err, want)
				}
			}
			lpp := kind.encode(FormLPP, v)
			served, err = kind.object(FormLPP, lpp)
			if err != nil {
				t.Fatal(err)
			}
			if theirs, err := codec.CayenneLPP(lpp); err != nil || !sameJSON(t, theirs, served) {
				t.Fatalf("%s: Cayenne LPP %x is %s, %v to the bridge and %s to the server", name, lpp, theirs, err, served)
			}
			senml, err := codec.SenML(kind.encode(FormSenML, v))
			if err != nil {
				t.Fatal(err)
			}
			var records map[string]struct{ V float64 }
			if err := json.Unmarshal(senml, &records); err != nil {
				t.Fatal(err)
			}
			for _, one := range v {
				if records[one.Name].V != one.Value {
					t.Fatalf("%s: SenML says %s of %s", name, senml, want)
				}
			}
		}
		r, err := pool.Decode(t.Context(), kind.Codec(), js.Input{Bytes: []byte{1}, FPort: 10, Received: noon})
		if err != nil || len(r.Errors) == 0 {
			t.Errorf("%s: the script takes one byte for %s, %v", name, r.Data, err)
		}
	}
}

// The physics is that of the thing: days are warmer than nights, meters do not run
// back, alarms are rare.
func TestReadingsLookLikeTheThing(t *testing.T) {
	w := &weather{5}
	series := func(kind string, every time.Duration, n int) (all [][]float64) {
		s := &state{rng: source(5, kind), home: Home, base: 0.5}
		for i := range n {
			all = append(all, Kinds[kind].measure(w, s, noon.Add(time.Duration(i)*every)))
		}
		return all
	}
	day, night := 0.0, 0.0
	for i, v := range series("climate", time.Hour, 24*30) {
		switch (12 + i) % 24 {
		case 15:
			day += v[0] / 30
		case 3:
			night += v[0] / 30
		}
	}
	if day-night < 2 || day-night > 10 {
		t.Errorf("days have %.1f °C, nights %.1f °C", day, night)
	}
	last := 0.0
	for _, v := range series("water", 10*time.Minute, 1000) {
		if v[0] < last {
			t.Fatalf("the water meter ran back from %v to %v", last, v[0])
		}
		last = v[0]
	}
	full, alarms := 0.0, 0.0
	for _, v := range series("parking", 10*time.Minute, 2000) {
		full += v[0] / 2000
	}
	for _, v := range series("leak", 10*time.Minute, 5000) {
		alarms += v[0] / 5000
	}
	if full < 0.2 || full > 0.8 || alarms == 0 || alarms > 0.1 {
		t.Errorf("parking occupied %.2f, leaks %.3f of the time", full, alarms)
	}
	for _, v := range series("gps", time.Minute, 2000) {
		if d := distance(Home, Place{Latitude: v[0], Longitude: v[1], Altitude: Home.Altitude}); d > 50_000 || math.IsNaN(d) {
			t.Fatalf("the tracker is %v m from home", d)
		}
	}
	wettest, driest := 0.0, 100.0
	for _, v := range series("soil", time.Hour, 24*30) {
		wettest, driest = max(wettest, v[0]), min(driest, v[0])
	}
	if wettest < 30 || driest > 25 {
		t.Errorf("soil between %.0f and %.0f %%", driest, wettest)
	}
}
