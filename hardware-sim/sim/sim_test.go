package sim

import (
	"bytes"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/chirpstack"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// play joins a fleet and sends rounds of uplinks; it gives everything published.
func play(t *testing.T, seed uint64, rounds int) (frames, events [][]byte) {
	t.Helper()
	fleet := Fleet(seed, 3)
	server := NewServer(seed, fleet)
	for _, d := range fleet {
		accept, err := server.Join(d.Join())
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Joined(accept); err != nil {
			t.Fatal(err)
		}
	}
	for r := range rounds {
		for _, d := range fleet {
			at := noon.Add(time.Duration(r) * time.Minute)
			phy, fCnt, s, err := d.Send(at)
			if err != nil {
				t.Fatal(err)
			}
			if int(fCnt) != r || s.Temperature < 5 || s.Temperature > 35 {
				t.Errorf("f_cnt %d, %+v", fCnt, s)
			}
			_, event, err := server.Receive(phy, at)
			if err != nil {
				t.Fatal(err)
			}
			frames, events = append(frames, phy), append(events, event)
		}
	}
	return frames, events
}

func TestTheSameSeedGivesTheSameBytes(t *testing.T) {
	f1, e1 := play(t, 7, 4)
	f2, e2 := play(t, 7, 4)
	f3, _ := play(t, 8, 4)
	for i := range f1 {
		if !bytes.Equal(f1[i], f2[i]) || !bytes.Equal(e1[i], e2[i]) {
			t.Fatalf("uplink %d differs between two runs", i)
		}
		if bytes.Equal(f1[i], f3[i]) {
			t.Errorf("uplink %d is the same under another seed", i)
		}
	}
}

func TestTheEventIsWhatTheDeviceMeasuredAndTheBridgesDecoderReadsIt(t *testing.T) {
	_, events := play(t, 1, 2)
	for _, e := range events {
		var u lorawan.Uplink
		if err := chirpstack.Decode(e, &u); err != nil {
			t.Fatalf("%v\n%s", err, e)
		}
		if u.Billing() != lorawan.BillingSale || u.FPort != 2 || len(u.Data) != 7 || u.Gateways != 2 || !bytes.Contains(u.Object, []byte("temperature")) {
			t.Errorf("%+v", u)
		}
	}
}

func TestTheServerRefusesForgedAndRepeatedFrames(t *testing.T) {
	fleet := Fleet(1, 1)
	server := NewServer(1, fleet)
	accept, err := server.Join(fleet[0].Join())
	if err != nil {
		t.Fatal(err)
	}
	if err := fleet[0].Joined(accept); err != nil {
		t.Fatal(err)
	}
	phy, _, _, err := fleet[0].Send(noon)
	if err != nil {
		t.Fatal(err)
	}
	forged := bytes.Clone(phy)
	forged[len(forged)-6] ^= 1
	if _, _, err := server.Receive(forged, noon); err == nil {
		t.Error("a forged frame was taken")
	}
	if _, _, err := server.Receive(phy, noon); err != nil {
		t.Errorf("the frame itself: %v", err)
	}
	if _, _, err := server.Receive(phy, noon); err == nil {
		t.Error("a repeated frame was taken")
	}
}
