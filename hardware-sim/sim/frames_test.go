package sim

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
	"time"

	brocaar "github.com/brocaar/lorawan"
	"github.com/brocaar/lorawan/airtime"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// captures plays a world whose devices join again and again, and gives its frames.
func captures(t *testing.T) []*Capture {
	t.Helper()
	var all []*Capture
	for _, region := range []string{"eu868", "us915"} {
		f := Fleet(5, 12, FleetSetup{Kinds: KindNames(), Forms: Forms, Mixed: true, Interval: time.Minute, Radius: 800, ADR: true, ConfirmEvery: 3, LinkCheckEvery: 4, StatusOnly: 5})
		for i := range f {
			if f[i].ABP && i%2 == 0 { // a counter beyond 16 bits
				f[i].FCnt = 70_000
			}
		}
		w, err := New(Setup{Seed: 5, Start: noon, Region: Regions[region], Devices: f, Gateways: Grid(5, 2, 500),
			Server: ServerSetup{StatusEvery: 3, DownlinkEvery: 4}, FaultsAfter: 10 * time.Minute, Faults: Faults{FaultRejoin: .05}})
		if err != nil {
			t.Fatal(err)
		}
		w.Captured = func(c *Capture) { all = append(all, c) }
		w.RunUntil(noon.Add(70 * time.Minute))
	}
	return all
}

// bKeys gives the keys a frame was sealed with as brocaar has them.
func bKeys(k lorawan.SessionKeys) (app, f, s, enc brocaar.AES128Key) {
	return brocaar.AES128Key(k.AppSKey), brocaar.AES128Key(k.FNwkSIntKey), brocaar.AES128Key(k.SNwkSIntKey), brocaar.AES128Key(k.NwkSEncKey)
}

func TestEveryFrameVerifiesWithAnotherImplementation(t *testing.T) {
	counts := map[string]int{}
	for _, c := range captures(t) {
		var p brocaar.PHYPayload
		if err := p.UnmarshalBinary(bytes.Clone(c.PHY)); err != nil {
			t.Fatalf("%x: %v", c.PHY, err)
		}
		kind := map[bool]string{false: "up", true: "down"}[c.Down]
		if c.Join {
			kind = "join " + kind
			key := brocaar.AES128Key(c.Device.joinKey())
			var ok bool
			var err error
			switch {
			case !c.Down:
				ok, err = p.ValidateUplinkJoinMIC(key)
			default:
				if err := p.DecryptJoinAcceptPayload(key); err != nil {
					t.Fatal(err)
				}
				if c.Version == lorawan.LoRaWAN11 {
					jsInt, _ := lorawan.JoinServerKeys(c.Device.NwkKey, c.Device.DevEUI)
					key = brocaar.AES128Key(jsInt)
				}
				ok, err = p.ValidateDownlinkJoinMIC(brocaar.JoinRequestType, brocaar.EUI64(c.Device.JoinEUI), brocaar.DevNonce(c.DevNonce), key)
			}
			if err != nil || !ok {
				t.Fatalf("%s %x: %v %v", kind, c.PHY, ok, err)
			}
			counts[kind]++
			continue
		}
		m, ok := p.MACPayload.(*brocaar.MACPayload)
		if !ok {
			t.Fatalf("%x is no data frame", c.PHY)
		}
		m.FHDR.FCnt = c.FCnt
		app, f, s, enc := bKeys(c.Keys)
		version := brocaar.LoRaWAN1_0
		if c.Version == lorawan.LoRaWAN11 {
			version, kind = brocaar.LoRaWAN1_1, "1.1 "+kind
		}
		conf := uint32(0)
		if m.FHDR.FCtrl.ACK {
			conf = uint32(c.ConfFCnt)
		}
		var err error
		if c.Down {
			ok, err = p.ValidateDownlinkDataMIC(version, conf, s)
		} else {
			ok, err = p.ValidateUplinkDataMIC(version, conf, c.DR, c.Chan, f, s)
		}
		if err != nil || !ok {
			t.Fatalf("%s %x: %v %v", kind, c.PHY, ok, err)
		}
		if len(c.Payload) > 0 {
			raw, err := m.FRMPayload[0].MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			clear, err := brocaar.EncryptFRMPayload(app, !c.Down, m.FHDR.DevAddr, c.FCnt, raw)
			if err != nil || !bytes.Equal(clear, c.Payload) {
				t.Fatalf("%s %x: payload %x, want %x", kind, c.PHY, clear, c.Payload)
			}
		}
		if opts := rawOpts(m.FHDR.FOpts); len(c.FOpts) > 0 && version == brocaar.LoRaWAN1_1 {
			clear, err := brocaar.EncryptFOpts(enc, c.Down && m.FPort != nil && *m.FPort > 0, !c.Down, m.FHDR.DevAddr, c.FCnt, opts)
			if err != nil || !bytes.Equal(clear, c.FOpts) {
				t.Fatalf("%s %x: FOpts %x, want %x", kind, c.PHY, clear, c.FOpts)
			}
		}
		counts[kind]++
	}
	total := 0
	for _, kind := range []string{"up", "1.1 up", "down", "1.1 down", "join up", "join down"} {
		if total += counts[kind]; counts[kind] < 40 {
			t.Errorf("only %d frames of kind %q", counts[kind], kind)
		}
	}
	if total < 1000 {
		t.Errorf("only %d frames", total)
	}
	t.Logf("%v", counts)
}

// npm's lora-packet knows nothing of Go. .ci/install installs it; elsewhere run npm
// ci in hardware-sim/testdata/verify.
func TestEveryFrameVerifiesWithLoraPacket(t *testing.T) {
	const dir = "../testdata/verify"
	node, err := exec.LookPath("node")
	if _, missing := os.Stat(dir + "/node_modules/lora-packet"); err != nil || missing != nil {
		if os.Getenv("DBDAO_REAL") == "1" {
			t.Fatal("node and lora-packet are required: run .ci/install")
		}
		t.Skip("lora-packet is not installed: run npm ci in hardware-sim/testdata/verify")
	}
	var in bytes.Buffer
	enc := json.NewEncoder(&in)
	all := captures(t)
	joined := map[*Device]lorawan.SessionKeys{}
	for i := len(all) - 1; i >= 0; i-- { // a join-accept gives the keys of the frames behind it
		c := all[i]
		if c.Join && c.Down {
			c.Keys = joined[c.Device]
		} else if !c.Join {
			joined[c.Device] = c.Keys
		}
	}
	sent := 0
	for _, c := range all {
		if c.Join && c.Down && c.Keys == (lorawan.SessionKeys{}) {
			continue // the world ended before the device spoke
		}
		version := "1.0"
		if c.Version == lorawan.LoRaWAN11 {
			version = "1.1"
		}
		root := c.Device.joinKey()
		text := func(b []byte) string { return hex.EncodeToString(b) }
		if err := enc.Encode(map[string]any{
			"phy": text(c.PHY), "down": c.Down, "join": c.Join, "version": version, "dev_eui": c.Device.DevEUI, "root": text(root[:]), "app_key": text(c.Device.AppKey[:]),
			"f_nwk": text(c.Keys.FNwkSIntKey[:]), "s_nwk": text(c.Keys.SNwkSIntKey[:]), "enc": text(c.Keys.NwkSEncKey[:]), "app": text(c.Keys.AppSKey[:]),
			"f_cnt": c.FCnt, "conf_f_cnt": c.ConfFCnt, "dr": c.DR, "chan": c.Chan, "dev_nonce": c.DevNonce, "payload": text(c.Payload), "f_opts": text(c.FOpts),
		}); err != nil {
			t.Fatal(err)
		}
		sent++
	}
	cmd := exec.Command(node, "check.js")
	cmd.Dir, cmd.Stdin = dir, &in
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	counts := map[string]int{}
	if err := json.Unmarshal(out.Bytes(), &counts); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, n := range counts {
		checked += n
	}
	if checked != sent || checked < 1000 || len(counts) != 8 {
		t.Errorf("lora-packet checked %v of %d frames", counts, sent)
	}
	t.Logf("%s", bytes.TrimSpace(out.Bytes()))
}

func TestAirtimeIsSemtechs(t *testing.T) {
	for _, r := range Regions {
		for _, d := range r.DataRates {
			if d.SF == 0 {
				continue
			}
			for n := range 243 {
				want, err := airtime.CalculateLoRaAirtime(n, d.SF, d.Bandwidth, 8, airtime.CodingRate45, true, d.lowRate())
				if err != nil {
					t.Fatal(err)
				}
				want *= 1000 // brocaar counts µs
				if got := d.Airtime(n, true); (got - want).Abs() > 100*time.Microsecond {
					t.Fatalf("%s, %d bytes: %v, want %v", d, n, got, want)
				}
			}
		}
	}
	// The calculator of Semtech's LoRa Design Guide: 23 bytes at SF12 and SF7, 125 kHz.
	if got := (DataRate{SF: 12, Bandwidth: 125_000}).Airtime(23, true); got.Round(time.Millisecond/10) != 1_482_800*time.Microsecond {
		t.Errorf("SF12: %v", got)
	}
	if got := (DataRate{SF: 7, Bandwidth: 125_000}).Airtime(23, true); got.Round(time.Millisecond/10) != 61_700*time.Microsecond {
		t.Errorf("SF7: %v", got)
	}
}
