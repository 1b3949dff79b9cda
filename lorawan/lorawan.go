// Package lorawan reads what LoRaWAN network servers publish: an uplink event
// becomes an [Uplink], and what a buyer may see of it becomes a [Reading].
//
// A reader of events goes three steps. A [Template] tells from a topic alone whose
// event it is, so that an event nobody wants costs no parsing ([ScanDevEUI] looks
// into the payload where topics carry no device). A decoder of the network server's
// format fills an Uplink: packages chirpstack and thethings, or package detect, which
// tells the formats apart. [Topic.Check] then holds the two against each other,
// [Uplink.Billing] says what kind of thing it is, and [Uplink.Reading] takes from it
// what may be sold.
//
// What servers write differently is the same in an Uplink: EUIs are eight bytes,
// frequencies and bandwidths hertz, strengths dBm, ratios dB, times UTC, counters 32
// bits. Absent numbers are 0 where the server leaves zeros out.
//
// It knows formats and radio frames. It refuses to know purchases, chains,
// brokers and storage: nothing here opens a socket or a file.
package lorawan

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// DevEUI is the 64-bit identifier of an end device, most significant byte
// first (LoRaWAN L2 1.0.4, section 6.1.1.2).
type DevEUI [8]byte

// DevAddr is the 32-bit address of a device within its network, most
// significant byte first (LoRaWAN L2 1.0.4, section 6.1.1).
type DevAddr [4]byte

// ErrEUI says that a text is not an EUI-64.
var ErrEUI = errors.New("not an EUI-64: want 16 hexadecimal digits, e.g. 70b3d57ed8005343")

// ParseDevEUI reads 16 hexadecimal digits in any case, with or without a 0x
// prefix and with `-` or `:` between bytes, as operators and servers write them.
func ParseDevEUI(s string) (DevEUI, error) {
	var e DevEUI
	t := strings.TrimPrefix(strings.TrimPrefix(s, "0x"), "0X")
	if strings.ContainsAny(t, "-:") {
		t = strings.NewReplacer("-", "", ":", "").Replace(t)
	}
	if len(t) != 2*len(e) {
		return DevEUI{}, fmt.Errorf("%q: %w", s, ErrEUI)
	}
	if _, err := hex.Decode(e[:], []byte(t)); err != nil {
		return DevEUI{}, fmt.Errorf("%q: %w", s, ErrEUI)
	}
	return e, nil
}

// String gives 16 lower-case hexadecimal digits.
func (e DevEUI) String() string { return hex.EncodeToString(e[:]) }

// MarshalText writes the form of String.
func (e DevEUI) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText accepts whatever ParseDevEUI accepts.
func (e *DevEUI) UnmarshalText(b []byte) (err error) {
	*e, err = ParseDevEUI(string(b))
	return err
}

// String gives 8 lower-case hexadecimal digits.
func (a DevAddr) String() string {
	var b [8]byte
	hex.Encode(b[:], a[:])
	return string(b[:])
}

// MarshalText writes the form of String.
func (a DevAddr) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads 8 hexadecimal digits.
func (a *DevAddr) UnmarshalText(b []byte) error {
	if len(b) != 2*len(a) {
		return fmt.Errorf("%q is not a DevAddr: want 8 hexadecimal digits", b)
	}
	if _, err := hex.Decode(a[:], b); err != nil {
		return fmt.Errorf("%q is not a DevAddr: want 8 hexadecimal digits", b)
	}
	return nil
}

// Event is the kind of an application-level event.
type Event string

// The events network servers publish. Only EventUp carries a reading; the
// others are recognised, counted and acknowledged.
const (
	EventUp          Event = "up"
	EventJoin        Event = "join"
	EventAck         Event = "ack"
	EventTxAck       Event = "txack"
	EventLog         Event = "log"
	EventStatus      Event = "status"
	EventLocation    Event = "location"
	EventIntegration Event = "integration"
	EventDownlink    Event = "downlink"   // a downlink was queued, failed or invalidated (The Things Stack)
	EventNormalized  Event = "normalized" // a second rendering of an uplink (The Things Stack): selling it would bill twice
	EventUnknown     Event = "unknown"
)

// LogCode says what a log event is about, in the words of ChirpStack v4
// (api/proto/integration, enum LogCode).
type LogCode string

// The codes of log events. LogUplinkCodec explains an uplink without an object:
// the server's codec failed on it.
const (
	LogUnknown              LogCode = "UNKNOWN" // also whatever a later version invents
	LogDownlinkPayloadSize  LogCode = "DOWNLINK_PAYLOAD_SIZE"
	LogUplinkCodec          LogCode = "UPLINK_CODEC"
	LogDownlinkCodec        LogCode = "DOWNLINK_CODEC"
	LogOTAA                 LogCode = "OTAA"
	LogUplinkFCntReset      LogCode = "UPLINK_F_CNT_RESET"
	LogUplinkMIC            LogCode = "UPLINK_MIC"
	LogUplinkFCntRetransmit LogCode = "UPLINK_F_CNT_RETRANSMISSION"
	LogDownlinkGateway      LogCode = "DOWNLINK_GATEWAY"
	LogRelayNewEndDevice    LogCode = "RELAY_NEW_END_DEVICE"
	LogFCntDown             LogCode = "F_CNT_DOWN"
	LogExpired              LogCode = "EXPIRED"
)

// LogCodeOf reads a log event's code as ChirpStack v4 writes it, or the type of an
// error event as v3 does; v3's names of counters differ. It never quotes its
// argument: what it does not know is LogUnknown.
func LogCodeOf(s string) LogCode {
	switch c := LogCode(s); c {
	case LogDownlinkPayloadSize, LogUplinkCodec, LogDownlinkCodec, LogOTAA, LogUplinkFCntReset, LogUplinkMIC,
		LogUplinkFCntRetransmit, LogDownlinkGateway, LogRelayNewEndDevice, LogFCntDown, LogExpired:
		return c
	case "UPLINK_FCNT_RESET":
		return LogUplinkFCntReset
	case "UPLINK_FCNT_RETRANSMISSION":
		return LogUplinkFCntRetransmit
	case "DOWNLINK_FCNT":
		return LogFCntDown
	}
	return LogUnknown
}

// LocationSource says how a device's position was found.
type LocationSource string

// The sources of positions.
const (
	LocationPayload  LocationSource = "payload"  // the device sent it
	LocationGPS      LocationSource = "gps"      // a satellite receiver, the server does not say whose
	LocationNetwork  LocationSource = "network"  // worked out from receptions, Wi-Fi or Bluetooth
	LocationRegistry LocationSource = "registry" // somebody typed it in
	LocationUnknown  LocationSource = "unknown"
)

// Location is a device's position (WGS 84). The zero Location is no position: a
// server that writes latitude and longitude 0 means that too.
type Location struct {
	Latitude  float64        // degrees, -90 to 90
	Longitude float64        // degrees, -180 to 180
	Altitude  float64        // metres
	Accuracy  float64        // metres; 0 if not given
	Source    LocationSource // "" if there is no position
}

// At gives the position, or none if the coordinates are not on Earth or both 0.
func At(latitude, longitude, altitude, accuracy float64, source LocationSource) Location {
	if latitude == 0 && longitude == 0 || !(math.Abs(latitude) <= 90 && math.Abs(longitude) <= 180) {
		return Location{}
	}
	return Location{Latitude: latitude, Longitude: longitude, Altitude: altitude, Accuracy: accuracy, Source: source}
}

// Uplink is one application-level event of a device as its network server
// published it, normalised. Its slices may alias the payload it was decoded
// from: whoever keeps an Uplink past the payload's life copies them.
type Uplink struct {
	Network     string          // name of the source's network: part of the identity of an uplink
	Event       Event           // what kind of event it is; all below may be zero for other kinds than EventUp
	Code        LogCode         // of a log event: what it is about; "" for others
	TraceID     string          // deduplicationId or similar: for tracing, never for billing
	DevEUI      DevEUI          // the device; every event names it
	DeviceID    []byte          // the free name topics of The Things Stack have for the device; nil with other servers
	Application []byte          // id of the application, as the server writes it: a UUID, a number, a name; nil if not given
	Tenant      []byte          // id of the tenant, as the server writes it; nil if not given
	Region      []byte          // the server's name of the region, by which DR is to be read; nil if not given
	Relayed     bool            // a relay (LoRaWAN TS011) passed the frame on: gateways heard the relay
	Relay       DevEUI          // the relay; zero if not given
	DevAddr     DevAddr         // the device's address in this session; zero if not given
	Session     string          // what names the session in billing: DevAddr hex (ChirpStack), session key id (TTS)
	FCnt        uint32          // full 32-bit uplink counter; 0 when the server left it out
	FPort       uint8           // 0: no port, or MAC commands only
	Confirmed   bool            // the device asked for an acknowledgement
	ADR         bool            // the device lets the network choose its data rate
	DR          uint8           // data rate index, region-relative; means something if HasDR
	HasDR       bool            // the server told the index; The Things Stack tells what it stands for instead
	Data        []byte          // FRMPayload as the server handed it out (decrypted unless Encrypted)
	Object      json.RawMessage // the server's decoded object, verbatim; nil if none
	Normalized  json.RawMessage // the same in the vocabulary of normalizeUplink (The Things Stack), verbatim; nil if none
	Encrypted   bool            // end-to-end encrypted: Data is opaque and no codec applies
	Simulated   bool            // the server says no radio was involved: never sold
	Received    time.Time       // time of reception by the server's clock; zero if not given
	Gateway     time.Time       // time of reception by a gateway's clock; zero if not given
	Owner       string          // value of the device tag dbdao_owner, "" if none
	Odd         int             // members that only describe and were of a kind no server writes: left out
	Location    Location        // of the device, never of a gateway; zero if not given

	Frequency       uint32  // Hz; 0 if not given
	Bandwidth       uint32  // Hz; 0 if not given or not LoRa
	SpreadingFactor uint8   // 5 to 12; 0 if not given or not LoRa
	CodeRate        string  // "4/5" and the like, "LI" behind it for long interleaving; "" if not given
	RSSI            int     // dBm of the best reception; 0 if none told
	SNR             float64 // dB of the best reception
	Gateways        int     // number of distinct gateways listed
}

// Billing says whether an uplink may be sold, and if not, why.
type Billing string

// The billing classes of an uplink. Only BillingSale is ever sold.
const (
	BillingSale      Billing = "sale"      // a new reading
	BillingEmpty     Billing = "empty"     // MAC-only or empty: nothing to sell
	BillingSimulated Billing = "simulated" // the server says so
	BillingNotUplink Billing = "event"     // join, status, log …
)

// Billing classifies the uplink by what it says of itself. Repeats and counter
// resets need history and are found where history is kept.
func (u *Uplink) Billing() Billing {
	switch {
	case u.Event != EventUp:
		return BillingNotUplink
	case u.Simulated:
		return BillingSimulated
	case u.FPort == 0 || len(u.Data) == 0 && len(u.Object) == 0:
		return BillingEmpty
	}
	return BillingSale
}

// ErrMalformed says that a payload is not an event the decoder knows; the
// wrapping error says what was found where.
var ErrMalformed = errors.New("malformed event")
