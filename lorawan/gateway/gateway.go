// Package gateway reads what LoRa gateways publish before any network server has
// seen it: raw frames, of which those of registered devices become uplinks. A
// [Reception] is one gateway's copy of a frame; a [Registry] holds the devices
// whose frames it can check, decrypt and tell from replays.
//
// It refuses to know brokers, purchases and storage: a Registry's state is handed
// out and taken back as bytes, with keys in it, and whoever stores it seals it.
package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/scan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/wire"
	"google.golang.org/protobuf/encoding/protowire"
)

// Kind is what a gateway's topic announces.
type Kind uint8

// The kinds of topics. Of a gateway's events only frames matter here.
const (
	NoTopic  Kind = iota // not a gateway's topic
	Up                   // …/{gateway_id}/event/up: a frame was received
	Down                 // …/{gateway_id}/command/down: a frame is to be sent
	Other                // stats, ack, exec, raw, mesh, conn, config …
	eventUp  = "event/up"
	downlink = "command/down"
)

// ParseTopic reads the last three levels of a topic, as ChirpStack matches its
// gateways' topics: whatever region or prefix stands before them is passed over.
func ParseTopic(topic string) (gateway lorawan.DevEUI, k Kind) {
	at := strings.LastIndexByte(topic, '/')
	if at < 0 {
		return gateway, NoTopic
	}
	at = strings.LastIndexByte(topic[:at], '/')
	if at < 0 {
		return gateway, NoTopic
	}
	what, rest := topic[at+1:], topic[:at]
	id := rest[strings.LastIndexByte(rest, '/')+1:]
	var ok bool
	if gateway, ok = decodeEUI(id); !ok {
		return gateway, NoTopic
	}
	switch {
	case what == eventUp:
		return gateway, Up
	case what == downlink:
		return gateway, Down
	case strings.HasPrefix(what, "event/"), strings.HasPrefix(what, "state/"), strings.HasPrefix(what, "command/"):
		return gateway, Other
	}
	return gateway, NoTopic
}

func decodeEUI(s string) (e lorawan.DevEUI, ok bool) {
	var b [16]byte
	if len(s) != len(b) {
		return e, false
	}
	copy(b[:], s)
	_, err := hex.Decode(e[:], b[:])
	return e, err == nil
}

// Subscriptions are the topic filters that catch gateways' events and downlinks
// under a prefix such as "eu868/gateway". Without one they catch any region's
// (ChirpStack v4) and those that have none (ChirpStack v3, gateway-bridge).
func Subscriptions(prefix string) ([]string, error) {
	prefixes := []string{"+/gateway", "gateway"}
	if prefix != "" {
		p := strings.TrimSuffix(prefix, "/")
		if p == "" || strings.ContainsAny(p, "+#{}\x00") {
			return nil, fmt.Errorf(`%q is no topic prefix: write what stands before the gateway's id, e.g. "eu868/gateway"`, prefix)
		}
		prefixes = []string{p}
	}
	var all []string
	for _, p := range prefixes {
		for _, what := range []string{"event/+", "state/+", downlink} {
			all = append(all, p+"/+/"+what)
		}
	}
	return all, nil
}

// CRC is what the gateway's radio says of a frame's checksum.
type CRC uint8

// The states of a checksum.
const (
	NoCRC CRC = iota // the frame has none, or the gateway does not say
	BadCRC
	CRCOK
)

// Reception is one gateway's copy of a frame. PHY may alias the payload it was
// decoded from.
type Reception struct {
	PHY       []byte
	Frequency uint32 // Hz
	Bandwidth uint32 // Hz; LR-FHSS: the operating channel's width
	SF        uint8  // spreading factor; 0: not LoRa
	Bitrate   uint32 // bit/s, FSK
	LRFHSS    bool
	RSSI      int       // dBm
	SNR       float64   // dB
	Time      time.Time // by the gateway's clock; zero if it has none
	CRC       CRC
	Odd       int // parts that only describe and could not be read: left out
}

// Head is the beginning of a frame: enough to see that it is nobody's we know.
type Head struct {
	Type    lorawan.FrameType
	Clear   bool // no reserved bit, and major version R1
	DevAddr lorawan.DevAddr
}

// Peek reads the head of an uplink event's frame without parsing the event. It is
// a hint that decides whether parsing pays.
func Peek(payload []byte) (h Head, ok bool) {
	var b [6]byte
	if lorawan.IsJSON(payload) {
		ok = peekJSON(payload, &b)
	} else {
		ok = peekProtobuf(payload, &b)
	}
	if !ok {
		return h, false
	}
	return Head{Type: lorawan.FrameType(b[0] >> 5), Clear: b[0]&0x1f == 0, DevAddr: lorawan.DevAddr{b[4], b[3], b[2], b[1]}}, true
}

var phyKey = []byte(`"phyPayload"`)

func peekJSON(b []byte, head *[6]byte) bool {
	at := bytes.Index(b, phyKey)
	if at < 0 {
		return false
	}
	b = bytes.TrimLeft(b[at+len(phyKey):], " \t\r\n")
	if len(b) == 0 || b[0] != ':' {
		return false
	}
	b = bytes.TrimLeft(b[1:], " \t\r\n")
	if len(b) < 9 || b[0] != '"' {
		return false
	}
	n, err := base64.StdEncoding.Decode(head[:], b[1:9])
	return err == nil && n == len(head)
}

func peekProtobuf(b []byte, head *[6]byte) bool {
	for w := wire.New(b); w.Next(); {
		if w.Is(1, protowire.BytesType) {
			return copy(head[:], w.Bytes()) == len(head)
		}
	}
	return false
}

// Decode reads an uplink frame as gateways publish it (gw.UplinkFrame of
// ChirpStack v4, or of v3 and its Gateway Bridge), in JSON or protobuf. The
// gateway's own id is not read: the topic has it, where access lists can bind it.
// The frame decides; what is odd of what describes its reception is left out and
// counted. An error wraps lorawan.ErrMalformed.
func Decode(payload []byte, rx *Reception) error {
	*rx = Reception{}
	var err error
	if lorawan.IsJSON(payload) {
		err = decodeJSON(payload, rx)
	} else {
		err = decodeProtobuf(payload, rx)
	}
	if err == nil && len(rx.PHY) == 0 {
		err = errors.New("it has no phyPayload")
	}
	if err != nil {
		*rx = Reception{}
		return fmt.Errorf("%w of a gateway: %w", lorawan.ErrMalformed, err)
	}
	return nil
}

const (
	inPHY = iota
	inTxInfo
	inRxInfo
)

func decodeJSON(payload []byte, rx *Reception) error {
	r := scan.New(payload)
	var seen uint64
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "phyPayload":
			r.Once(&seen, inPHY)
			rx.PHY = r.Base64()
		case "txInfo":
			r.Once(&seen, inTxInfo)
			r.Describe(func(r *scan.Reader) { each(r, func(key string) { rx.readTxJSON(r, key) }) })
		case "rxInfo":
			r.Once(&seen, inRxInfo)
			r.Describe(func(r *scan.Reader) { each(r, func(key string) { rx.readRxJSON(r, key) }) })
		default:
			r.Skip()
		}
	}
	rx.Odd = r.Odd()
	return r.End()
}

// each visits the members of an object that may be null.
func each(r *scan.Reader, visit func(key string)) {
	if r.IsNull() {
		return
	}
	for r.Object(); r.Next(); {
		visit(string(r.Key()))
	}
}

// readTxJSON takes both shapes: v4 nests the modulation, v3 names it and puts its
// parameters beside it, with bandwidths in kHz.
func (rx *Reception) readTxJSON(r *scan.Reader, key string) {
	switch key {
	case "frequency":
		rx.Frequency = uint32(r.Uint(32))
	case "modulation":
		if !r.IsObject() {
			r.Skip()
			return
		}
		each(r, func(kind string) { rx.readModulationJSON(r, kind, 1) })
	case "loRaModulationInfo":
		rx.readModulationJSON(r, "lora", 1000)
	case "fskModulationInfo":
		rx.readModulationJSON(r, "fsk", 1)
	default:
		r.Skip()
	}
}

func (rx *Reception) readModulationJSON(r *scan.Reader, kind string, unit uint32) {
	switch kind {
	case "lora":
		each(r, func(key string) {
			switch key {
			case "bandwidth":
				rx.Bandwidth = uint32(r.Uint(20)) * unit
			case "spreadingFactor":
				rx.SF = uint8(r.Uint(8))
			default:
				r.Skip()
			}
		})
	case "fsk":
		each(r, func(key string) {
			if key == "datarate" {
				rx.Bitrate = uint32(r.Uint(32))
				return
			}
			r.Skip()
		})
	case "lrFhss":
		rx.LRFHSS = true
		each(r, func(key string) {
			if key == "operatingChannelWidth" {
				rx.Bandwidth = uint32(r.Uint(32))
				return
			}
			r.Skip()
		})
	default:
		r.Skip()
	}
}

func (rx *Reception) readRxJSON(r *scan.Reader, key string) {
	switch key {
	case "rssi":
		r.Describe(func(r *scan.Reader) { rx.RSSI = orFail(r, strength) })
	case "snr", "loRaSNR":
		r.Describe(func(r *scan.Reader) { rx.SNR = orFail(r, ratio) })
	case "gwTime", "time":
		r.Describe(func(r *scan.Reader) { rx.Time = r.Time() })
	case "crcStatus": // damaged frames fail their integrity code too
		r.Describe(func(r *scan.Reader) {
			switch string(r.Text()) {
			case "BAD_CRC":
				rx.CRC = BadCRC
			case "CRC_OK":
				rx.CRC = CRCOK
			}
		})
	default:
		r.Skip()
	}
}

// strength takes a reception's strength in whole dBm.
func strength(dBm float64) (int, error) {
	if !(dBm >= -1000 && dBm <= 1000) {
		return 0, errors.New("rssi is out of range")
	}
	return int(dBm), nil
}

// ratio takes a reception's signal-to-noise ratio in dB.
func ratio(dB float64) (float64, error) {
	if math.IsNaN(dB) || math.IsInf(dB, 0) {
		return 0, errors.New("snr is out of range")
	}
	return dB, nil
}

// orFail takes a number, or fails.
func orFail[T int | float64](r *scan.Reader, take func(float64) (T, error)) T {
	v, err := take(r.Float())
	if err != nil {
		r.Fail("%v", err)
	}
	return v
}

// downlinksMax bounds the alternatives of one downlink (RX1 and RX2; class B and C
// gateways get no more).
const downlinksMax = 8

// Downlinks lists the frames of a downlink command (gw.DownlinkFrame of v4 and v3,
// JSON or protobuf): the same frame once for each receive window.
func Downlinks(payload []byte) (frames [][]byte, err error) {
	add := func(phy []byte) {
		if len(phy) > 0 && len(frames) < downlinksMax {
			frames = append(frames, phy)
		}
	}
	if lorawan.IsJSON(payload) {
		r := scan.New(payload)
		for r.Object(); r.Next(); {
			switch string(r.Key()) {
			case "phyPayload":
				add(r.Base64())
			case "items":
				if r.IsNull() {
					continue
				}
				for r.Array(); r.NextItem(); {
					each(&r, func(key string) {
						if key == "phyPayload" {
							add(r.Base64())
							return
						}
						r.Skip()
					})
				}
			default:
				r.Skip()
			}
		}
		err = r.End()
	} else {
		err = eachField(payload, func(w *wire.Reader) error {
			switch {
			case w.Is(1, protowire.BytesType):
				add(w.Bytes())
			case w.Is(5, protowire.BytesType):
				return eachField(w.Bytes(), func(w *wire.Reader) error {
					if w.Is(1, protowire.BytesType) {
						add(w.Bytes())
					}
					return nil
				})
			}
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("%w: no downlink of a network server: %w", lorawan.ErrMalformed, err)
	}
	return frames, nil
}
