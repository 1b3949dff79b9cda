package sim

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// onAirOf plays a device that joins a real network server, which gives it this CFList,
// and gives the frequencies it sends on before and after.
func onAirOf(t *testing.T, region string, cfList []byte, commands []byte) (before, after []uint32, d *Device) {
	t.Helper()
	setup := Fleet(3, 1, FleetSetup{Interval: 5 * time.Second, NoDutyCycle: true, Radius: 100})
	w, err := New(Setup{Seed: 3, Start: noon, Region: Regions[region], Devices: setup, Gateways: Grid(3, 1, 100), External: true})
	if err != nil {
		t.Fatal(err)
	}
	d = w.Devices()[0]
	seen := map[uint32]bool{}
	into := &before
	w.onAir = func(tx *Transmission) {
		if !seen[tx.Frequency] {
			seen[tx.Frequency] = true
			*into = append(*into, tx.Frequency)
		}
	}
	w.RunUntil(noon.Add(20 * time.Minute)) // it asks on and on
	accept, err := (&lorawan.JoinAccept{JoinNonce: 1, DevAddr: lorawan.DevAddr{1, 2, 3, 4}, RxDelay: 1, DLSettings: Regions[region].RX2, CFList: cfList}).Seal(d.AppKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.receive(accept, 5); err != nil {
		t.Fatal(err)
	}
	w.joined(d)
	d.obey(commands)
	seen, into = map[uint32]bool{}, &after
	w.RunUntil(noon.Add(70 * time.Minute))
	slices.Sort(before)
	slices.Sort(after)
	return before, after, d
}

func masks(channels ...int) []byte {
	b := make([]byte, 16)
	for _, c := range channels {
		b[c/8] |= 1 << (c % 8)
	}
	b[15] = 1
	return b
}

// A device sends on the channels the network gave it and on no others: the region's own
// alone if it gave none, whatever a usual network of the region has.
func TestADeviceUsesTheChannelsOfTheJoinAcceptAlone(t *testing.T) {
	eu := []uint32{868_100_000, 868_300_000, 868_500_000}
	as := []uint32{923_200_000, 923_400_000}
	var us []uint32
	for i := range 8 {
		us = append(us, 903_900_000+uint32(i)*200_000)
	}
	usJoin := slices.Sorted(slices.Values(append(slices.Clone(us), 904_600_000)))
	newChannel := []byte{0x07, 3, 0x18, 0x4f, 0x84, 0x50} // 867.1 MHz, DR0 to DR5
	for _, c := range []struct {
		name, region     string
		cfList, commands []byte
		before, after    []uint32
	}{
		{"no list", "eu868", nil, nil, eu, eu},
		{"a usual list", "eu868", Regions["eu868"].CFList, nil, eu, append([]uint32{867_100_000, 867_300_000, 867_500_000, 867_700_000, 867_900_000}, eu...)},
		{"another network's list", "eu868", frequencyList([]uint32{864_100_000, 0, 866_300_000}), nil, eu, append([]uint32{864_100_000, 866_300_000}, eu...)},
		{"masks, where there are none", "eu868", masks(0, 1), nil, eu, eu},
		{"a channel by command", "eu868", nil, newChannel, eu, append([]uint32{867_100_000}, eu...)},
		{"no list", "as923", nil, nil, as, as},
		{"a list", "as923", frequencyList([]uint32{924_000_000}), nil, as, append(slices.Clone(as), 924_000_000)},
		{"no list", "us915", nil, nil, usJoin, us}, // the 500 kHz channel is for DR4
		{"masks", "us915", masks(0, 1, 2, 64), nil, usJoin, []uint32{902_300_000, 902_500_000, 902_700_000}},
	} {
		t.Run(c.region+" "+c.name, func(t *testing.T) {
			before, after, _ := onAirOf(t, c.region, frequencyListOf(c.cfList), c.commands)
			if !slices.Equal(before, c.before) || !slices.Equal(after, c.after) {
				t.Errorf("joined on %v, want %v; sent on %v, want %v", before, c.before, after, c.after)
			}
		})
	}
}

// frequencyListOf fills a list up to its 16 bytes.
func frequencyListOf(b []byte) []byte {
	if b == nil || len(b) == 16 {
		return b
	}
	return append(b[:len(b)-1], make([]byte, 16-len(b)+1)...)
}

// ABP devices were made for a network: they know the simulated one's channels, and of a
// real one the region's own, until it tells them.
func TestAnABPDeviceKnowsItsNetworksChannels(t *testing.T) {
	for _, external := range []bool{false, true} {
		w, err := New(Setup{Seed: 3, Start: noon, Region: Regions["as923"], Devices: Fleet(3, 1, FleetSetup{ABP: true}), External: external})
		if err != nil {
			t.Fatal(err)
		}
		want := 7
		if external {
			want = 2
		}
		if got := w.Devices()[0].plan.channels; len(got) != want {
			t.Errorf("external %v: %v", external, got)
		}
	}
}

func TestMasksAndChannelsAreAnsweredAsTheSpecificationSays(t *testing.T) {
	link := func(dr byte, mask uint16, control byte) []byte {
		return []byte{0x03, dr<<4 | 1, byte(mask), byte(mask >> 8), control<<4 | 1}
	}
	for _, c := range []struct {
		name, region  string
		ask, answer   []byte
		on            []int
		thenFrequency uint32 // of channel 3
	}{
		{"two of three channels", "eu868", link(5, 0b011, 0), []byte{0x03, 0x07}, []int{0, 1}, 0},
		{"a channel that is not there", "eu868", link(5, 0b1011, 0), []byte{0x03, 0x06}, []int{0, 1, 2}, 0},
		{"none", "eu868", link(5, 0, 0), []byte{0x03, 0x04}, []int{0, 1, 2}, 0}, // nothing carries the data rate then
		{"a data rate that is not there", "eu868", link(9, 0b111, 0), []byte{0x03, 0x05}, []int{0, 1, 2}, 0},
		{"all that are there", "eu868", link(5, 0, 6), []byte{0x03, 0x07}, []int{0, 1, 2}, 0},
		{"a control that is not there", "eu868", link(5, 1, 3), []byte{0x03, 0x06}, []int{0, 1, 2}, 0},
		{"a new channel, then it alone", "eu868", append([]byte{0x07, 3, 0x18, 0x4f, 0x84, 0x50}, link(5, 0b1000, 0)...), []byte{0x07, 0x03, 0x03, 0x07}, []int{3}, 867_100_000},
		{"one of the region's own", "eu868", []byte{0x07, 0, 0x18, 0x4f, 0x84, 0x50}, []byte{0x07, 0x00}, []int{0, 1, 2}, 0},
		{"out of the band", "eu868", []byte{0x07, 3, 0x40, 0x42, 0x0f, 0x50}, []byte{0x07, 0x02}, []int{0, 1, 2}, 0},
		{"off with the 125 kHz channels, on with two: one block", "us915", append(link(0, 0x0001, 7), link(0, 0b11, 0)...), []byte{0x03, 0x07, 0x03, 0x07}, []int{0, 1, 64}, 902_900_000},
		{"banks", "us915", link(0, 0b1, 5), []byte{0x03, 0x07}, []int{0, 1, 2, 3, 4, 5, 6, 7, 64}, 902_900_000},
		{"a block of which one is wrong", "us915", append(link(0, 0, 7), link(0, 0, 0)...), []byte{0x03, 0x04, 0x03, 0x04}, []int{8, 9, 10, 11, 12, 13, 14, 15, 65}, 902_900_000},
		{"a window elsewhere", "eu868", []byte{0x0a, 1, 0x18, 0x4f, 0x84}, []byte{0x0a, 0x03}, []int{0, 1, 2}, 0},
		{"a window of a channel that is not there", "eu868", []byte{0x0a, 7, 0x18, 0x4f, 0x84}, []byte{0x0a, 0x00}, []int{0, 1, 2}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, err := New(Setup{Seed: 3, Start: noon, Region: Regions[c.region], Devices: Fleet(3, 1, FleetSetup{ABP: true}), External: true})
			if err != nil {
				t.Fatal(err)
			}
			d := w.Devices()[0]
			d.obey(c.ask)
			var on []int
			for i, yes := range d.plan.states() {
				if yes {
					on = append(on, i)
				}
			}
			freq := uint32(0)
			if len(d.plan.channels) > 3 {
				freq = d.plan.channels[3].Frequency
			}
			if !bytes.Equal(d.answers, c.answer) || !slices.Equal(on, c.on) || freq != c.thenFrequency {
				t.Errorf("answered % x, on %v, channel 3 at %d", d.answers, on, freq)
			}
		})
	}
}
