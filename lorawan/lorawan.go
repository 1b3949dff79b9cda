// Package lorawan reads what LoRaWAN network servers publish: an uplink event
// becomes an [Uplink], and what a buyer may see of it becomes a [Reading].
//
// It knows formats and radio frames. It refuses to know purchases, chains,
// brokers and storage: nothing here opens a socket or a file.
package lorawan

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
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
func (a DevAddr) String() string { return hex.EncodeToString(a[:]) }

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
	EventUnknown     Event = "unknown"
)

// Uplink is one application-level event of a device as its network server
// published it, normalised. Its slices may alias the payload it was decoded
// from: whoever keeps an Uplink past the payload's life copies them.
type Uplink struct {
	Network   string // name of the source's network: part of the identity of an uplink
	Event     Event
	TraceID   string // deduplicationId or similar: for tracing, never for billing
	DevEUI    DevEUI
	DevAddr   DevAddr
	Session   string // what names the session in billing: DevAddr hex (ChirpStack), session key id (TTS)
	FCnt      uint32 // full 32-bit uplink counter; 0 when the server left it out
	FPort     uint8  // 0: no port, or MAC commands only
	Confirmed bool
	ADR       bool
	DR        uint8           // data rate index, region-relative
	Data      []byte          // FRMPayload as the server handed it out (decrypted unless Encrypted)
	Object    json.RawMessage // the server's decoded object, verbatim; nil if none
	Encrypted bool            // end-to-end encrypted: Data is opaque and no codec applies
	Simulated bool            // the server says no radio was involved: never sold
	Received  time.Time       // time of reception by the server's clock; zero if not told
	Gateway   time.Time       // time of reception by a gateway's clock; zero if not told
	Owner     string          // value of the device tag dbdao_owner, "" if none

	Frequency uint32  // Hz; 0 if not told
	RSSI      int     // dBm of the best reception; 0 if none told
	SNR       float64 // dB of the best reception
	Gateways  int     // number of distinct receptions listed
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
