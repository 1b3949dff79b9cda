package codec

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// captured is what a real ChirpStack made of a payload with every kind it knew.
const (
	capturedData   = "AQABAgEAAwL/nAQDAGQFZQH0BmYBB2f/1whokQlxBNL7LgAACnMnQguGAGT/nAABDIgGdl/ylgoAA+gNZwEQDmcA/w=="
	capturedObject = `{"accelerometer":{"9":{"x":1.234,"y":-1.234,"z":0}},"analogInput":{"3":-1},"analogOutput":{"4":1},"barometer":{"10":1005},"digitalInput":{"1":1},"digitalOutput":{"2":0},"gpsLocation":{"12":{"altitude":10,"latitude":42.3519,"longitude":-87.9094}},"gyrometer":{"11":{"x":1,"y":-1,"z":0.01}},"humiditySensor":{"8":72.5},"illuminanceSensor":{"5":500},"presenceSensor":{"6":1},"temperatureSensor":{"13":27.2,"14":25.5,"7":-4.1}}`
)

func TestCayenneLPPReadsAsARealServerReadsIt(t *testing.T) {
	data, err := base64.StdEncoding.DecodeString(capturedData)
	if err != nil {
		t.Fatal(err)
	}
	got, err := CayenneLPP(data)
	if err != nil {
		t.Fatal(err)
	}
	var have, want any
	if err := errors.Join(json.Unmarshal(got, &have), json.Unmarshal([]byte(capturedObject), &want)); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Error(d)
	}
}

func TestEveryKindComesBack(t *testing.T) {
	kinds := LPPKinds()
	if len(kinds) != 26 {
		t.Fatalf("%d kinds", len(kinds))
	}
	for _, k := range kinds {
		kind := lppTypes[k]
		values := make([]float64, kind.count())
		for i := range values {
			values[i] = float64(3*i+7) / kind.scaleOf(i)
			if kind.signed {
				values[i] = -values[i]
			}
		}
		b, err := AppendLPP(nil, 5, k, values...)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := CayenneLPP(b)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]map[string]any
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		var want any = values[0]
		if kind.parts != nil {
			m := map[string]any{}
			for i, p := range kind.parts {
				m[p] = values[i]
			}
			want = m
		}
		if d := cmp.Diff(want, got[kind.name]["5"]); d != "" {
			t.Errorf("%s: %s", kind.name, d)
		}
	}
}

func TestValuesAreHeldWithinTheirRange(t *testing.T) {
	b, err := AppendLPP(nil, 1, 104, 500)
	if err != nil || b[2] != 255 {
		t.Errorf("%v %v", b, err)
	}
	b, err = AppendLPP(nil, 1, 103, -5000)
	if err != nil || b[2] != 0x80 || b[3] != 0 {
		t.Errorf("%v %v", b, err)
	}
	if _, err := AppendLPP(nil, 1, 103, 1, 2); !errors.Is(err, ErrPayload) {
		t.Error(err)
	}
}

func TestBytesThatAreNoLPPAreRefused(t *testing.T) {
	for _, b := range [][]byte{{1}, {1, 103}, {1, 103, 0}, {1, 99, 0}, {1, 136, 0, 0, 0, 0, 0, 0, 0, 0}} {
		if _, err := CayenneLPP(b); !errors.Is(err, ErrPayload) {
			t.Errorf("%v: %v", b, err)
		}
	}
}

func FuzzCayenneLPP(f *testing.F) {
	f.Add([]byte{1, 103, 0, 200, 2, 104, 90})
	data, err := base64.StdEncoding.DecodeString(capturedData)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := CayenneLPP(b); err == nil && !json.Valid(got) {
			t.Errorf("%x gives %s", b, got)
		}
	})
}
