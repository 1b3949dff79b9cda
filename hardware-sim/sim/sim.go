// Package sim makes virtual LoRaWAN devices: they join over the air, measure a
// simulated room, and send real encrypted frames; a small network server opens them
// and publishes what ChirpStack v4 would. The same seed gives the same bytes.
//
// It stands in for hardware and radio in the demo and in tests. It refuses to know
// the bridge: what it makes, any subscriber may read.
package sim

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// Device is one OTAA device of LoRaWAN 1.0.x with a temperature and humidity sensor.
type Device struct {
	DevEUI lorawan.DevEUI
	Name   string

	appKey   lorawan.Key
	joinEUI  lorawan.DevEUI
	devNonce uint16
	session  *lorawan.Session
	fCnt     uint32
	rng      *rand.Rand
	base     float64 // °C of the room at rest
}

// Fleet makes n devices that differ, from a seed.
func Fleet(seed uint64, n int) []*Device {
	rng := rand.New(rand.NewPCG(seed, 0x10a))
	all := make([]*Device, n)
	for i := range all {
		d := &Device{Name: fmt.Sprintf("room-%d", i+1), rng: rand.New(rand.NewPCG(seed, uint64(i)+1)), base: 17 + 6*rng.Float64()}
		// 70b3d5 is the OUI The Things Industries hands out blocks of; 7edbda0 is nobody's block.
		binary.BigEndian.PutUint64(d.DevEUI[:], 0x70b3d57edbda0000|uint64(rng.Uint32N(0xff))<<8|uint64(i&0xff))
		binary.BigEndian.PutUint64(d.joinEUI[:], 0x70b3d57edbda0000)
		for j := range d.appKey {
			d.appKey[j] = byte(rng.Uint32())
		}
		all[i] = d
	}
	return all
}

// Join makes the device's join-request frame.
func (d *Device) Join() []byte {
	d.devNonce++
	return lorawan.JoinRequest{JoinEUI: d.joinEUI, DevEUI: d.DevEUI, DevNonce: d.devNonce}.Seal(d.appKey)
}

// Joined takes the join-accept: from now on the device can send.
func (d *Device) Joined(phy []byte) error {
	a, err := lorawan.OpenJoinAccept(d.appKey, phy)
	if err != nil {
		return fmt.Errorf("device %s: %w", d.DevEUI, err)
	}
	d.session = lorawan.NewSession(lorawan.LoRaWAN10, a.DevAddr, lorawan.DeriveKeys10(d.appKey, &a, d.devNonce))
	d.fCnt = 0
	return nil
}

// Sample is what a device measured.
type Sample struct {
	Temperature float64 `json:"temperature"` // °C, in tenths
	Humidity    float64 `json:"humidity"`    // % relative, in halves
}

// measure follows the day, with some noise of the sensor.
func (d *Device) measure(at time.Time) Sample {
	hour := float64(at.Unix()%86_400) / 3600
	warm := 3*math.Sin((hour-9)/24*2*math.Pi) + d.rng.NormFloat64()*0.15
	t := math.Round((d.base+warm)*10) / 10
	h := math.Round(math.Min(95, math.Max(15, 55-2*warm+d.rng.NormFloat64()))*2) / 2
	return Sample{Temperature: t, Humidity: h}
}

// Send measures and makes the next uplink frame: Cayenne LPP on FPort 2.
func (d *Device) Send(at time.Time) (phy []byte, fCnt uint32, s Sample, err error) {
	if d.session == nil {
		return nil, 0, Sample{}, errors.New("the device has not joined")
	}
	s = d.measure(at)
	payload := []byte{1, 0x67, 0, 0, 2, 0x68, byte(s.Humidity * 2)}
	binary.BigEndian.PutUint16(payload[2:], uint16(int16(math.Round(s.Temperature*10))))
	fCnt = d.fCnt
	phy, err = d.session.SealUp(lorawan.Frame{Type: lorawan.UnconfirmedUp, ADR: true, HasPort: true, FPort: 2, Payload: payload}, fCnt, lorawan.Radio{})
	d.fCnt++
	return phy, fCnt, s, err
}

// Server is a network server for the devices it knows: it answers joins, checks
// MIC and counter, decrypts, decodes Cayenne LPP, and renders events as ChirpStack
// v4 does.
type Server struct {
	application string
	devices     map[lorawan.DevEUI]*Device // root keys and names, as provisioned
	active      map[lorawan.DevAddr]*activation
	next        uint32
	rng         *rand.Rand
}

type activation struct {
	device  *Device
	session *lorawan.Session
}

// NewServer provisions devices.
func NewServer(seed uint64, devices []*Device) *Server {
	s := &Server{
		application: "17c82e96-be03-4f38-aef3-f83d48582d97", devices: map[lorawan.DevEUI]*Device{},
		active: map[lorawan.DevAddr]*activation{}, rng: rand.New(rand.NewPCG(seed, 0x5e17e1)),
	}
	for _, d := range devices {
		s.devices[d.DevEUI] = d
	}
	return s
}

// Join answers a join-request frame with a join-accept frame.
func (s *Server) Join(phy []byte) ([]byte, error) {
	j, err := lorawan.ParseJoinRequest(phy)
	if err != nil {
		return nil, err
	}
	d, ok := s.devices[j.DevEUI]
	if !ok {
		return nil, fmt.Errorf("device %s is not provisioned", j.DevEUI)
	}
	if err := lorawan.VerifyJoin(d.appKey, phy); err != nil {
		return nil, err
	}
	s.next++
	a := lorawan.JoinAccept{JoinNonce: s.next, NetID: lorawan.NetID{0, 0, 0x13}, RxDelay: 1}
	binary.BigEndian.PutUint32(a.DevAddr[:], 0x26000000|s.next)
	accept, err := a.Seal(d.appKey)
	if err != nil {
		return nil, err
	}
	s.active[a.DevAddr] = &activation{d, lorawan.NewSession(lorawan.LoRaWAN10, a.DevAddr, lorawan.DeriveKeys10(d.appKey, &a, j.DevNonce))}
	return accept, nil
}

// Receive opens an uplink frame and gives topic and JSON of the event it makes.
func (s *Server) Receive(phy []byte, at time.Time) (topic string, event []byte, err error) {
	f, err := lorawan.ParseFrame(phy)
	if err != nil {
		return "", nil, err
	}
	a, ok := s.active[f.DevAddr]
	if !ok {
		return "", nil, fmt.Errorf("no session has address %s", f.DevAddr)
	}
	opened, fCnt, err := a.session.OpenUp(phy, lorawan.Radio{})
	if err != nil {
		return "", nil, err
	}
	values, err := decodeLPP(opened.Payload)
	if err != nil {
		return "", nil, err
	}
	event, err = json.Marshal(s.render(a, opened, fCnt, values, at))
	return fmt.Sprintf("application/%s/device/%s/event/up", s.application, a.device.DevEUI), event, err
}

// decodeLPP reads the two Cayenne LPP types the devices send.
func decodeLPP(b []byte) (Sample, error) {
	var s Sample
	for len(b) > 0 {
		switch {
		case len(b) >= 4 && b[1] == 0x67:
			s.Temperature = float64(int16(binary.BigEndian.Uint16(b[2:]))) / 10
			b = b[4:]
		case len(b) >= 3 && b[1] == 0x68:
			s.Humidity = float64(b[2]) / 2
			b = b[3:]
		default:
			return s, errors.New("the payload is not the device's Cayenne LPP")
		}
	}
	return s, nil
}

// The members of ChirpStack's integration.UplinkEvent that matter to a subscriber.
type upEvent struct {
	DeduplicationID string         `json:"deduplicationId"`
	Time            string         `json:"time"`
	DeviceInfo      map[string]any `json:"deviceInfo"`
	DevAddr         string         `json:"devAddr"`
	ADR             bool           `json:"adr"`
	DR              int            `json:"dr"`
	FCnt            uint32         `json:"fCnt"`
	FPort           uint8          `json:"fPort"`
	Confirmed       bool           `json:"confirmed"`
	Data            string         `json:"data"`
	Object          Sample         `json:"object"`
	RxInfo          []any          `json:"rxInfo"`
	TxInfo          any            `json:"txInfo"`
	RegionConfigID  string         `json:"regionConfigId"`
}

func (s *Server) render(a *activation, f lorawan.Frame, fCnt uint32, values Sample, at time.Time) upEvent {
	stamp := at.UTC().Format("2006-01-02T15:04:05.000000000+00:00")
	heard := func(gateway string, lat, lon float64) any {
		return map[string]any{
			"gatewayId": gateway, "uplinkId": s.rng.Uint32(), "nsTime": stamp, "rssi": -60 - s.rng.IntN(60), "snr": float64(s.rng.IntN(40)-20) / 2,
			"channel": s.rng.IntN(8), "location": map[string]float64{"latitude": lat, "longitude": lon}, "context": "AAAAAA==", "crcStatus": "CRC_OK",
		}
	}
	return upEvent{
		DeduplicationID: fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", s.rng.Uint32(), s.rng.Uint32N(1<<16), s.rng.Uint32N(1<<12), s.rng.Uint32N(1<<12), s.rng.Uint64N(1<<48)),
		Time:            stamp,
		DeviceInfo: map[string]any{
			"tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242", "tenantName": "Example Telecom", "applicationId": s.application, "applicationName": "rooms",
			"deviceProfileId": "14855bf7-d10d-4aee-b618-ebfcb64dc7ad", "deviceProfileName": "room sensor", "deviceName": a.device.Name,
			"devEui": a.device.DevEUI.String(), "deviceClassEnabled": "CLASS_A", "tags": map[string]string{},
		},
		DevAddr: f.DevAddr.String(), ADR: f.ADR, DR: 5, FCnt: fCnt, FPort: f.FPort, Data: base64.StdEncoding.EncodeToString(f.Payload), Object: values,
		RxInfo: []any{heard("0016c001f153a14c", 51.22, 4.40), heard("b827ebffff7d667b", 51.21, 4.42)},
		TxInfo: map[string]any{"frequency": 868_100_000, "modulation": map[string]any{"lora": map[string]any{
			"bandwidth": 125_000, "spreadingFactor": 7, "codeRate": "CR_4_5"}}},
		RegionConfigID: "eu868",
	}
}
