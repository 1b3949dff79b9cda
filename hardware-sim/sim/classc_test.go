package sim

import (
	"fmt"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// A device of class C hears what is sent at any time, and acknowledges what is confirmed
// at once; one of class A hears nothing then. A multicast downlink is heard by the whole
// group and answered by nobody.
func TestClassCIsHeardAtAnyTimeAndAnswered(t *testing.T) {
	for _, version := range []lorawan.Version{lorawan.LoRaWAN10, lorawan.LoRaWAN11} {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			devices := append(Fleet(3, 3, FleetSetup{ABP: true, Multicast: true, Version: version, Radius: 100, NoDutyCycle: true}), Fleet(3, 1, FleetSetup{ABP: true, First: 3, Version: version, Radius: 100})...)
			w, err := New(Setup{Seed: 3, Start: noon, Region: Regions["eu868"], Devices: devices, Gateways: Grid(3, 1, 100), External: true})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			w.Received = func(r *Received) {
				got = append(got, fmt.Sprintf("%s %d %s %v %v", r.Device.Name, r.FCnt, r.Payload, r.Confirmed, r.Multicast))
			}
			acks, ups := 0, 0
			w.onAir = func(tx *Transmission) {
				f, err := lorawan.ParseFrame(tx.PHY)
				if err != nil {
					t.Error(err)
				}
				if ups++; f.ACK {
					acks++
				}
			}
			send := func(s *lorawan.Session, typ lorawan.FrameType, fCnt uint32, freq uint32) {
				t.Helper()
				phy, err := s.SealDown(lorawan.Frame{Type: typ, HasPort: true, FPort: 9, Payload: []byte("on")}, fCnt, 0)
				if err != nil {
					t.Fatal(err)
				}
				got, acks, ups = nil, 0, 0
				if err := w.Transmit(Downlink{Gateway: w.Gateways()[0], PHY: phy, At: w.Now(), Frequency: freq, DR: 0}); err != nil {
					t.Fatal(err)
				}
				w.RunUntil(w.Now().Add(time.Minute))
			}
			expect := func(heard, acknowledged, sent int) {
				t.Helper()
				if len(got) != heard || acks != acknowledged || ups != sent {
					t.Errorf("heard %v, %d uplinks of which %d acknowledge", got, ups, acks)
				}
			}
			rx2 := Regions["eu868"].RX2Freq
			c, a := &devices[0], &devices[3]
			own := lorawan.NewSession(version, c.Addr, c.Keys)
			send(own, lorawan.UnconfirmedDown, 0, rx2)
			expect(1, 0, 0)
			send(own, lorawan.ConfirmedDown, 1, rx2)
			expect(1, 1, 1)
			send(own, lorawan.ConfirmedDown, 1, rx2) // once more: a replay
			expect(0, 0, 0)
			send(own, lorawan.UnconfirmedDown, 2, rx2+200_000)
			expect(0, 0, 0)
			send(lorawan.NewSession(version, a.Addr, a.Keys), lorawan.ConfirmedDown, 0, rx2)
			expect(0, 0, 0) // class A
			m := c.Multicast
			group := lorawan.NewSession(lorawan.LoRaWAN10, m.Addr, lorawan.Keys10(m.NwkSKey, m.AppSKey))
			send(group, lorawan.UnconfirmedDown, 7, rx2)
			expect(3, 0, 0)
			if len(got) > 0 && got[0] != "climate-1 7 on false true" {
				t.Errorf("%v", got)
			}
			send(group, lorawan.ConfirmedDown, 8, rx2) // not for a group
			expect(0, 0, 0)
			send(group, lorawan.UnconfirmedDown, 7, rx2)
			expect(0, 0, 0)
		})
	}
}

// A 1.1 device tells the network that it is of class C until that is confirmed.
func TestADeviceOf11SaysThatItIsOfClassC(t *testing.T) {
	w := world(t, "eu868", FleetSetup{Interval: time.Minute, Version: lorawan.LoRaWAN11, ClassC: true, Radius: 100}, Grid(3, 1, 100), ServerSetup{}, 1)
	told, after := 0, 0
	w.Captured = func(c *Capture) {
		switch {
		case c.Down || c.Join:
		case len(c.FOpts) >= 4 && c.FOpts[2] == 0x20 && c.FOpts[3] == 2:
			told++
		default:
			after++
		}
	}
	w.RunUntil(noon.Add(20 * time.Minute))
	if told != 1 || after < 10 {
		t.Errorf("DeviceModeInd in %d frames, none in %d", told, after)
	}
}
