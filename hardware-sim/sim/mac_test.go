package sim

import (
	"testing"
	"time"

	brocaar "github.com/brocaar/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// world makes one of a few devices, with hooks for what a test looks at.
func world(t *testing.T, region string, f FleetSetup, gateways []GatewaySetup, s ServerSetup, n int) *World {
	t.Helper()
	w, err := New(Setup{Seed: 3, Start: noon, Region: Regions[region], Devices: Fleet(3, n, f), Gateways: gateways, Server: s})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestDevicesKeepTheRegionsRulesOfTheAir(t *testing.T) {
	for name, region := range Regions {
		w := world(t, name, FleetSetup{Interval: 20 * time.Second, Mixed: true, Kinds: KindNames(), Forms: Forms, ADR: true, Radius: 4000, ConfirmEvery: 3}, Grid(3, 2, 2000), ServerSetup{}, 21)
		type use struct {
			dev  string
			band uint32
		}
		air := map[use]time.Duration{}
		frames, perGateway := 0, w.Gateways()[0]
		w.Heard = func(r *Reception) {
			if r.Gateway != perGateway {
				return
			}
			frames++
			d := r.DataRate
			time := d.Airtime(len(r.PHY), true)
			if region.Dwell > 0 && time > region.Dwell {
				t.Errorf("%s: %v on air with %s", name, time, d)
			}
			if lorawan.FrameType(r.PHY[0]>>5) == lorawan.JoinRequestFrame {
				return
			}
			if f, err := lorawan.ParseFrame(r.PHY); err != nil || len(f.Payload)+len(f.FOpts) > d.MaxPayload {
				t.Errorf("%s: %d bytes of payload with %s: %v", name, len(f.Payload), d, err)
			}
		}
		w.onAir = func(tx *Transmission) {
			band, share := region.duty(tx.Frequency)
			if share < 1 {
				air[use{tx.device.DevEUI.String(), band}] += tx.End.Sub(tx.Start)
			}
		}
		const hours = 1
		w.RunUntil(noon.Add(hours * time.Hour))
		for u, total := range air {
			if limit := time.Duration(hours*3600)*time.Second/100 + 3*time.Second; total > limit {
				t.Errorf("%s: device %s sent %v in %d h in the band from %d Hz", name, u.dev, total, hours, u.band)
			}
		}
		if frames < 60 || region.bands != nil && len(air) == 0 {
			t.Errorf("%s: only %d frames", name, frames)
		}
	}
}

func TestTheNetworkAdaptsDataRateAndPowerAndAsksForTheBattery(t *testing.T) {
	w := world(t, "eu868", FleetSetup{Interval: time.Minute, ADR: true, Radius: 100}, Grid(3, 1, 100), ServerSetup{StatusEvery: 10}, 2)
	status := map[*Device]int{}
	first, last := map[*Device]uint8{}, map[*Device]uint8{}
	w.Event = func(e *Event) {
		switch e.Kind {
		case EventStatus:
			status[e.Device]++
			if e.Battery != e.Device.batteryLevel() || e.Margin < -32 || e.Margin > 31 {
				t.Errorf("battery %d, margin %d", e.Battery, e.Margin)
			}
		case EventUp:
			if _, ok := first[e.Device]; !ok {
				first[e.Device] = e.DR
			}
			last[e.Device] = e.DR
		}
	}
	w.RunUntil(noon.Add(2 * time.Hour))
	for _, d := range w.Devices() {
		if first[d] != 0 || last[d] != 5 || d.power == 0 || status[d] < 5 {
			t.Errorf("device %s went from DR%d to DR%d, %v dB down, and told its status %d times", d.Name, first[d], last[d], d.power, status[d])
		}
	}
}

func TestAConfirmedUplinkIsSentAgainUntilItIsAcknowledged(t *testing.T) {
	count := func(lossy bool) (frames map[uint32]int, events int) {
		g := Grid(3, 1, 100)
		if lossy { // what the gateway hears never reaches the network
			g[0].Outages = []Outage{{After: 5 * time.Minute, For: 24 * time.Hour}}
		}
		w := world(t, "eu868", FleetSetup{Interval: 2 * time.Minute, ConfirmEvery: 1, Radius: 100}, g, ServerSetup{}, 1)
		frames = map[uint32]int{}
		w.Captured = func(c *Capture) {
			if !c.Down && !c.Join {
				frames[c.FCnt]++
			}
		}
		w.Event = func(e *Event) {
			if e.Kind == EventUp {
				events++
				if !e.Confirmed {
					t.Error("not confirmed")
				}
			}
		}
		w.RunUntil(noon.Add(30 * time.Minute))
		return frames, events
	}
	frames, events := count(false)
	for fCnt, n := range frames {
		if n != 1 {
			t.Errorf("f_cnt %d was sent %d times though it was acknowledged", fCnt, n)
		}
	}
	if events < 10 {
		t.Errorf("%d events", events)
	}
	frames, _ = count(true)
	most := 0
	for _, n := range frames {
		most = max(most, n)
	}
	if most != confirmTries {
		t.Errorf("an unacknowledged frame was sent %d times, want %d", most, confirmTries)
	}
}

func TestADeviceOf11KeepsGreetingUntilItIsConfirmed(t *testing.T) {
	w := world(t, "eu868", FleetSetup{Interval: time.Minute, Version: lorawan.LoRaWAN11, Radius: 100}, Grid(3, 1, 100), ServerSetup{}, 1)
	greeted, after := 0, 0
	w.Captured = func(c *Capture) {
		if c.Down || c.Join {
			return
		}
		if len(c.FOpts) >= 2 && c.FOpts[0] == 0x0b {
			greeted++
		} else {
			after++
		}
	}
	w.RunUntil(noon.Add(20 * time.Minute))
	if greeted != 1 || after < 10 {
		t.Errorf("RekeyInd in %d frames, none in %d", greeted, after)
	}
}

func TestTheNetworkServerRefusesWhatIsNotOrNoLongerRight(t *testing.T) {
	w := world(t, "eu868", FleetSetup{Interval: time.Minute, Radius: 100}, Grid(3, 1, 100), ServerSetup{}, 1)
	d := w.Devices()[0]
	var join []byte
	var last *Reception
	joins, logs, ups := 0, map[string]int{}, 0
	w.Captured = func(c *Capture) {
		if c.Join && !c.Down && join == nil {
			join = c.PHY
		}
	}
	w.Sent = func(dl *Downlink) {
		if dl.Join != nil {
			joins++
		}
	}
	w.Heard = func(r *Reception) { last = r }
	w.Event = func(e *Event) {
		switch e.Kind {
		case EventUp:
			ups++
		case EventLog:
			logs[e.Code]++
		}
	}
	w.RunUntil(noon.Add(10 * time.Minute))
	w.Stop()
	w.RunUntil(noon.Add(15 * time.Minute))
	before := ups
	again := func(phy []byte) {
		r := *last
		r.PHY, r.reading, r.At, r.Forwarded = phy, nil, w.Now(), w.Now()
		w.server.receive(&r)
		w.RunUntil(w.Now().Add(20 * time.Second))
	}
	again(join)                                      // its DevNonce was used
	again(last.PHY)                                  // its counter was used
	again(damaged(last.PHY))                         // a bit is wrong
	again(append([]byte{0x44}, last.PHY[1:]...))     // a reserved bit is set
	again(append([]byte{0x41}, last.PHY[1:]...))     // another major version
	again([]byte{0x40, 1, 2, 3})                     // too short
	again(append([]byte{0xe0}, make([]byte, 20)...)) // proprietary
	if joins != 1 || ups != before || logs["OTAA"] != 1 || logs["UPLINK_F_CNT_RETRANSMISSION"] != 1 || logs["UPLINK_MIC"] != 1 {
		t.Errorf("%d joins, %d new uplinks, logs %v", joins, ups-before, logs)
	}
	if !d.Joined() {
		t.Error("the device lost its session")
	}
}

func TestGatewaysHearByDistanceAndSpreadingFactor(t *testing.T) {
	near, far := Home, Home.moved(0, 9000)
	p := Propagation{}.orOulu()
	p.Shadowing, p.Fading = 0, 0
	rng := source(1, "x")
	rate := func(sf int) DataRate { return DataRate{SF: sf, Bandwidth: 125_000} }
	rssi, snr, ok := p.hear(rng, p.link(rng, near, near.moved(100, 0)), 14, rate(7))
	if !ok || rssi < -100 || snr != 14 {
		t.Errorf("100 m: %v dBm, %v dB, %v", rssi, snr, ok)
	}
	l := p.link(rng, near, far) // 128.95 + 23.2·log10(9) = 151.1 dB
	if rssi, _, ok := p.hear(rng, l, 16, rate(7)); ok || rssi != -135 {
		t.Errorf("9 km, SF7: %v dBm, %v", rssi, ok)
	}
	if _, snr, ok := p.hear(rng, l, 16, rate(12)); !ok || snr > -17 || snr < -19 {
		t.Errorf("9 km, SF12: %v dB, %v", snr, ok)
	}
	if got := rate(12).Sensitivity(); got < -138 || got > -136 {
		t.Errorf("sensitivity of SF12: %v dBm", got)
	}
}

func TestAGatewayForwardsWhatItStoredAndLosesWhatItDidNot(t *testing.T) {
	play := func(store bool) (stored, lost, events int, skew bool) {
		g := Grid(3, 1, 100)
		g[0].Store, g[0].Skew = store, 1500*time.Millisecond
		g[0].Outages = []Outage{{After: 10 * time.Minute, For: 10 * time.Minute}}
		w := world(t, "eu868", FleetSetup{Interval: time.Minute, Radius: 100}, g, ServerSetup{}, 3)
		skew = true
		w.Heard = func(r *Reception) {
			if r.Stored {
				stored++
				if end := noon.Add(20 * time.Minute); r.Forwarded.Before(end) || !r.At.Before(end) {
					t.Errorf("heard %v, forwarded %v", r.At, r.Forwarded)
				}
			}
			skew = skew && r.Time.Sub(r.At) > 1400*time.Millisecond
			if back := r.Gateway.At(w.Now(), r.Tmst); back.Sub(r.At).Abs() > 2*time.Microsecond {
				t.Errorf("counter %d is %v, not %v", r.Tmst, back, r.At)
			}
		}
		w.Lost = func(_ *Reading, where, _ string) {
			if where == "backhaul" {
				lost++
			}
		}
		w.Event = func(e *Event) {
			if e.Kind == EventUp {
				events++
			}
		}
		w.RunUntil(noon.Add(40 * time.Minute))
		return stored, lost, events, skew
	}
	stored, lost, events, skew := play(true)
	if stored < 20 || lost != 0 || events < 100 || !skew {
		t.Errorf("stored: %d stored, %d lost, %d events", stored, lost, events)
	}
	stored, lost, fewer, _ := play(false)
	if stored != 0 || lost < 20 || fewer > events-20 {
		t.Errorf("not stored: %d stored, %d lost, %d events", stored, lost, fewer)
	}
}

// brocaar's names of the MAC commands are the specification's: the lengths the device
// and the network server go by are the same as its.
func TestMACCommandsHaveTheLengthsOfTheSpecification(t *testing.T) {
	for cid, n := range downCommands {
		if _, size, err := brocaar.GetMACPayloadAndSize(false, brocaar.CID(cid)); n > 0 && (err != nil || size != n) {
			t.Errorf("down %#x: %d, brocaar says %d, %v", cid, n, size, err)
		}
	}
	for cid, n := range upCommands {
		if _, size, err := brocaar.GetMACPayloadAndSize(true, brocaar.CID(cid)); n > 0 && (err != nil || size != n) {
			t.Errorf("up %#x: %d, brocaar says %d, %v", cid, n, size, err)
		}
	}
}

// A real server refuses a DevNonce it has seen: a second run a minute later, and every
// further one, uses others, though the seed is the same.
func TestASecondRunAgainstARealServerUsesOtherDevNonces(t *testing.T) {
	used := map[uint16]time.Time{}
	for run := range 5 {
		start := noon.Add(time.Duration(run) * time.Minute)
		w, err := New(Setup{Seed: 3, Start: start, Region: Regions["eu868"], Devices: Fleet(3, 1, FleetSetup{NoDutyCycle: true, Radius: 100}), Gateways: Grid(3, 1, 100), External: true})
		if err != nil {
			t.Fatal(err)
		}
		requests := 0
		w.Captured = func(c *Capture) {
			requests++
			if before, ok := used[c.DevNonce]; ok {
				t.Errorf("run %d: DevNonce %d was used at %v", run, c.DevNonce, before)
			}
			used[c.DevNonce] = w.Now()
		}
		w.RunUntil(start.Add(time.Minute)) // nobody answers
		if requests < 3 {
			t.Errorf("%d join-requests", requests)
		}
	}
}
