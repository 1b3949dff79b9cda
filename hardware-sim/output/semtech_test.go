package output

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/brocaar/lorawan"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	ours "github.com/databrokerdao/dbdao-bridge/lorawan"
)

// udpServer is a network server at the far end of Semtech's protocol, written from
// PROTOCOL.TXT of Lora-net/packet_forwarder (version 2) with nothing of this module:
// it answers PUSH_DATA and PULL_DATA, and join-requests with a join-accept in
// PULL_RESP, in RX1.
type udpServer struct {
	t      *testing.T
	conn   *net.UDPConn
	appKey lorawan.AES128Key
	late   bool // schedules the first join-accept a second too late

	mu       sync.Mutex
	routes   map[[8]byte]*net.UDPAddr // by gateway, from PULL_DATA
	pushed   map[[8]byte]int
	stats    int
	tokens   map[uint16]string // PULL_RESP → what came of it
	session  []byte            // NwkSKey, AppSKey, DevAddr of the last join
	readings []string
	refused  bool
	faults   []string
}

func (s *udpServer) fault(format string, args ...any) {
	s.faults = append(s.faults, fmt.Sprintf(format, args...))
}

func (s *udpServer) run() {
	buf := make([]byte, 65536)
	for {
		n, from, err := s.conn.ReadFromUDP(buf)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.datagram(slices.Clone(buf[:n]), from)
		s.mu.Unlock()
	}
}

func (s *udpServer) datagram(b []byte, from *net.UDPAddr) {
	if len(b) < 12 || b[0] != 2 {
		s.fault("a datagram of %d bytes, version %d", len(b), b[0])
		return
	}
	gateway := [8]byte(b[4:12])
	switch b[3] {
	case 0x00: // PUSH_DATA → PUSH_ACK, at once, then the packets
		_, _ = s.conn.WriteToUDP([]byte{2, b[1], b[2], 0x01}, from)
		s.push(gateway, b[12:])
	case 0x02: // PULL_DATA → PULL_ACK
		if len(b) != 12 {
			s.fault("PULL_DATA of %d bytes", len(b))
		}
		s.routes[gateway] = from
		_, _ = s.conn.WriteToUDP([]byte{2, b[1], b[2], 0x04}, from)
	case 0x05: // TX_ACK
		token := binary.BigEndian.Uint16(b[1:])
		if _, known := s.tokens[token]; !known {
			s.fault("TX_ACK for a token never sent")
		}
		result := "NONE"
		if len(b) > 12 {
			var ack struct {
				TXPKAck struct{ Error string } `json:"txpk_ack"`
			}
			if err := json.Unmarshal(b[12:], &ack); err != nil {
				s.fault("TX_ACK: %v", err)
			}
			result = ack.TXPKAck.Error
		}
		s.tokens[token] = result
	default:
		s.fault("identifier %d", b[3])
	}
}

func (s *udpServer) push(gateway [8]byte, body []byte) {
	var m struct {
		RXPK []map[string]any `json:"rxpk"`
		Stat map[string]any   `json:"stat"`
	}
	if err := json.Unmarshal(body, &m); err != nil {
		s.fault("PUSH_DATA: %v", err)
		return
	}
	if m.Stat != nil {
		s.stats++
		for _, key := range []string{"time", "lati", "long", "alti", "rxnb", "rxok", "rxfw", "ackr", "dwnb", "txnb"} {
			if m.Stat[key] == nil {
				s.fault("stat lacks %s", key)
			}
		}
		if _, err := time.Parse("2006-01-02 15:04:05 MST", fmt.Sprint(m.Stat["time"])); err != nil {
			s.fault("stat: %v", err)
		}
	}
	for _, r := range m.RXPK {
		s.pushed[gateway]++
		data, err := base64.StdEncoding.DecodeString(fmt.Sprint(r["data"]))
		freq, _ := r["freq"].(float64)
		tmst, _ := r["tmst"].(float64)
		if err != nil || float64(len(data)) != r["size"] || r["modu"] != "LORA" || r["codr"] != "4/5" || r["stat"] != 1.0 || freq < 867 || freq > 869 {
			s.fault("rxpk %v: %v", r, err)
			continue
		}
		if at, err := time.Parse(time.RFC3339Nano, fmt.Sprint(r["time"])); err != nil || at.Nanosecond()%1000 != 0 {
			s.fault("rxpk time %v", r["time"])
		}
		s.frame(gateway, data, freq, uint32(tmst), fmt.Sprint(r["datr"]))
	}
}

func (s *udpServer) frame(gateway [8]byte, phy []byte, freq float64, tmst uint32, datr string) {
	var p lorawan.PHYPayload
	if err := p.UnmarshalBinary(phy); err != nil {
		s.fault("frame: %v", err)
		return
	}
	switch q := p.MACPayload.(type) {
	case *lorawan.JoinRequestPayload:
		if ok, err := p.ValidateUplinkJoinMIC(s.appKey); err != nil || !ok {
			s.fault("join-request: MIC %v %v", ok, err)
			return
		}
		if s.routes[gateway] == nil || len(s.session) > 0 {
			return // nobody pulls yet, or the other gateway's copy
		}
		s.accept(gateway, q, freq, tmst, datr)
	case *lorawan.MACPayload:
		if len(s.session) == 0 {
			return
		}
		key := lorawan.AES128Key(s.session[:16])
		if ok, err := p.ValidateUplinkDataMIC(lorawan.LoRaWAN1_0, 0, 0, 0, key, key); err != nil || !ok {
			s.fault("uplink: MIC %v %v", ok, err)
			return
		}
		if err := p.DecryptFRMPayload(lorawan.AES128Key(s.session[16:32])); err != nil {
			s.fault("uplink: %v", err)
			return
		}
		raw, err := q.FRMPayload[0].MarshalBinary()
		if err == nil && !slices.Contains(s.readings, string(raw)) {
			s.readings = append(s.readings, string(raw))
		}
	}
}

// accept sends a join-accept, 5 s behind the request by the gateway's own counter.
func (s *udpServer) accept(gateway [8]byte, q *lorawan.JoinRequestPayload, freq float64, tmst uint32, datr string) {
	addr := lorawan.DevAddr{0x26, 0x01, 0x02, 0x03}
	a := lorawan.PHYPayload{MHDR: lorawan.MHDR{MType: lorawan.JoinAccept}, MACPayload: &lorawan.JoinAcceptPayload{JoinNonce: 77, HomeNetID: lorawan.NetID{0, 0, 0x13}, DevAddr: addr, RXDelay: 1}}
	if err := a.SetDownlinkJoinMIC(lorawan.JoinRequestType, q.JoinEUI, q.DevNonce, s.appKey); err != nil {
		s.fault("%v", err)
	}
	if err := a.EncryptJoinAcceptPayload(s.appKey); err != nil {
		s.fault("%v", err)
	}
	phy, err := a.MarshalBinary()
	if err != nil {
		s.fault("%v", err)
	}
	due := tmst + 5_000_000
	if s.late && !s.refused {
		s.refused = true
		due = tmst - 1_000_000 // has passed
	} else {
		k := ours.DeriveKeys10(ours.Key(s.appKey), &ours.JoinAccept{JoinNonce: 77, NetID: ours.NetID{0, 0, 0x13}, DevAddr: ours.DevAddr(addr)}, uint16(q.DevNonce))
		s.session = slices.Concat(k.FNwkSIntKey[:], k.AppSKey[:], addr[:])
	}
	body, err := json.Marshal(map[string]any{"txpk": map[string]any{
		"imme": false, "tmst": due, "freq": freq, "rfch": 0, "powe": 14, "modu": "LORA", "datr": datr, "codr": "4/5", "ipol": true, "size": len(phy),
		"data": strings.TrimRight(base64.StdEncoding.EncodeToString(phy), "="),
	}})
	if err != nil {
		s.fault("%v", err)
	}
	token := uint16(len(s.tokens) + 0x1234)
	s.tokens[token] = ""
	_, _ = s.conn.WriteToUDP(append([]byte{2, byte(token >> 8), byte(token), 0x03}, body...), s.routes[gateway])
}

// A device joins through a real network server's answer: the join-accept arrives by
// PULL_RESP, is sent when the gateway's counter says so, and falls into the device's
// receive window. What comes too late is refused by its name, and the device tries
// again.
func TestADeviceJoinsOverSemtechsProtocol(t *testing.T) {
	speed := 5.0
	if os.Getenv("DBDAO_LONG") == "1" {
		speed = 1
	}
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	devices := sim.Fleet(1, 1, sim.FleetSetup{Interval: 3 * time.Second, NoDutyCycle: true, Radius: 300, Sold: true})
	server := &udpServer{t: t, conn: conn, appKey: lorawan.AES128Key(devices[0].AppKey), late: true,
		routes: map[[8]byte]*net.UDPAddr{}, pushed: map[[8]byte]int{}, tokens: map[uint16]string{}}
	var serving sync.WaitGroup
	serving.Go(server.run)

	w, err := sim.New(sim.Setup{Seed: 1, Start: time.Now(), Region: sim.Regions["eu868"], Devices: devices, Gateways: sim.Grid(1, 2, 300), External: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	inject := make(chan func(), 16)
	var records []*sim.Record
	out, err := Semtech(ctx, "udp", conn.LocalAddr().String(), 200*time.Millisecond, 1, w, inject, func(r *sim.Record) error { records = append(records, r); return nil })
	if err != nil {
		t.Fatal(err)
	}
	var wanted []string
	w.Heard = func(r *sim.Reception) {
		if err := out.Heard(ctx, r); err != nil {
			t.Error(err)
		}
	}
	w.Activated = out.Activated
	w.Read = func(r *sim.Reading) { wanted = append(wanted, string(r.Data)) }
	done := make(chan struct{})
	inject <- func() {} // the loop takes injections from the start
	go func() {
		defer close(done)
		sim.Pace(ctx, w, speed, w.Now().Add(40*time.Second), inject)
	}()
	<-done
	if err := out.Close(); err != nil {
		t.Error(err)
	}
	conn.Close()
	serving.Wait()

	for _, f := range server.faults {
		t.Error(f)
	}
	fates := map[sim.Fate]int{}
	for _, r := range records {
		fates[r.Fate]++
	}
	if fates[sim.FatePosted] < 3 || fates[sim.FateUnknownSession] > 0 || fates[sim.FateJoin] < 2 { // the session is a real server's
		t.Errorf("fates %v", fates)
	}
	var results []string
	for _, r := range server.tokens {
		results = append(results, r)
	}
	slices.Sort(results)
	if !slices.Equal(results, []string{"NONE", "TOO_LATE"}) {
		t.Errorf("PULL_RESPs were answered with %q", results)
	}
	if d := w.Devices()[0]; !d.Joined() || d.DevAddr() != (ours.DevAddr{0x26, 0x01, 0x02, 0x03}) {
		t.Error("the device did not join")
	}
	if len(server.pushed) != 2 || server.stats < 2 || len(records) < 6 {
		t.Errorf("pushed %v, %d stats, %d records", server.pushed, server.stats, len(records))
	}
	if len(wanted) < 3 || len(server.readings) < 3 || !slices.Equal(server.readings, unique(wanted)[:len(server.readings)]) {
		t.Errorf("the server read %x of %x", server.readings, wanted)
	}
}

func unique(all []string) (out []string) {
	for _, s := range all {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
