package lorawan

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// ErrTemplate says that a topic template cannot be used; the wrapping error says
// why.
var ErrTemplate = errors.New(`not a topic template: want levels of text or of one {name}, e.g. "application/{application_id}/device/{dev_eui}/event/{event}"`)

// Template is the shape of the topics a network server publishes events under.
// The zero Template routes nothing.
type Template struct {
	levels  []level
	device  bool // a level is {dev_eui}
	event   bool // a level is {event}
	written string
}

type level struct {
	text string // the level itself, if kind is levelText
	kind levelKind
}

type levelKind uint8

const (
	levelText levelKind = iota
	levelDevEUI
	levelEvent
	levelAny // an id the bridge does not route by
)

// placeholders by the names operators know: those of this bridge and of
// ChirpStack v4, and those of ChirpStack v3's Go templates.
var placeholders = map[string]levelKind{
	"dev_eui": levelDevEUI, ".DevEUI": levelDevEUI,
	"event": levelEvent, ".EventType": levelEvent,
	"application_id": levelAny, ".ApplicationID": levelAny,
	"tenant_id": levelAny, "device_id": levelAny, "region": levelAny, "any": levelAny,
}

// ParseTemplate reads a template. A placeholder takes a whole level; `{dev_eui}`
// and `{event}` may be missing, then the payload has to tell. The double braces
// of ChirpStack's own configuration are accepted, so that an operator can paste
// its event_topic.
func ParseTemplate(s string) (Template, error) {
	t := Template{written: s}
	if s == "" {
		return Template{}, fmt.Errorf("empty: %w", ErrTemplate)
	}
	for text := range strings.SplitSeq(s, "/") {
		l := level{text: text}
		if strings.ContainsAny(text, "{}") {
			name, ok := placeholder(text)
			kind, known := placeholders[name]
			if !ok || !known {
				return Template{}, fmt.Errorf("level %q: %w", text, ErrTemplate)
			}
			if kind == levelDevEUI && t.device || kind == levelEvent && t.event {
				return Template{}, fmt.Errorf("level %q stands twice: %w", text, ErrTemplate)
			}
			t.device = t.device || kind == levelDevEUI
			t.event = t.event || kind == levelEvent
			l = level{kind: kind}
		} else if strings.ContainsAny(text, "+#\x00") {
			return Template{}, fmt.Errorf("level %q: write {any} for a level that varies: %w", text, ErrTemplate)
		}
		t.levels = append(t.levels, l)
	}
	return t, nil
}

func placeholder(text string) (string, bool) {
	inner, ok := strings.CutPrefix(text, "{")
	if !ok {
		return "", false
	}
	if inner, ok = strings.CutSuffix(inner, "}"); !ok {
		return "", false
	}
	if twice, ok := strings.CutPrefix(inner, "{"); ok {
		if inner, ok = strings.CutSuffix(twice, "}"); !ok {
			return "", false
		}
	}
	return strings.TrimSpace(inner), true
}

// String gives the template as it was written.
func (t *Template) String() string { return t.written }

// Subscription is the MQTT topic filter that catches the template's topics.
func (t *Template) Subscription() string { return t.topic("+", "+") }

// DeviceSubscription is the filter that catches one device's uplinks only.
func (t *Template) DeviceSubscription(dev DevEUI) string {
	return t.topic(dev.String(), string(EventUp))
}

func (t *Template) topic(dev, event string) string {
	var b strings.Builder
	for i, l := range t.levels {
		if i > 0 {
			b.WriteByte('/')
		}
		switch l.kind {
		case levelText:
			b.WriteString(l.text)
		case levelDevEUI:
			b.WriteString(dev)
		case levelEvent:
			b.WriteString(event)
		case levelAny:
			b.WriteByte('+')
		}
	}
	return b.String()
}

// NamesDevice says whether topics carry the DevEUI. Where they do not,
// [ScanDevEUI] finds it in the payload.
func (t *Template) NamesDevice() bool { return t.device }

// NamesEvent says whether topics carry the kind of event.
func (t *Template) NamesEvent() bool { return t.event }

// Route reads a topic. ok is false if it is not one of the template's, or if the
// level of the DevEUI is no EUI-64. Without {dev_eui} dev is zero; without
// {event}, and for events the bridge does not know, event is EventUnknown.
func (t *Template) Route(topic string) (dev DevEUI, event Event, ok bool) {
	event = EventUnknown
	rest := topic
	for i := range t.levels {
		text := rest
		if level, after, more := strings.Cut(rest, "/"); more {
			text, rest = level, after
			if i == len(t.levels)-1 {
				return DevEUI{}, EventUnknown, false // more levels than the template
			}
		} else if i != len(t.levels)-1 {
			return DevEUI{}, EventUnknown, false // fewer
		}
		switch l := &t.levels[i]; l.kind {
		case levelText:
			if l.text != text {
				return DevEUI{}, EventUnknown, false
			}
		case levelDevEUI:
			if !decodeEUI(&dev, text) {
				return DevEUI{}, EventUnknown, false
			}
		case levelEvent:
			event = EventOf(text)
		case levelAny:
			if text == "" {
				return DevEUI{}, EventUnknown, false
			}
		}
	}
	return dev, event, len(t.levels) > 0
}

// EventOf reads the kind of an event as network servers write it in topics and
// query strings: ChirpStack v4 and v3, the legacy topics of v3, The Things Stack.
func EventOf(s string) Event {
	switch s {
	case "up", "rx", "uplink_message":
		return EventUp
	case "join", "join_accept":
		return EventJoin
	case "ack":
		return EventAck
	case "txack", "tx":
		return EventTxAck
	case "log", "error":
		return EventLog
	case "status":
		return EventStatus
	case "location", "solved":
		return EventLocation
	case "integration":
		return EventIntegration
	}
	return EventUnknown
}

// decodeEUI reads exactly 16 hexadecimal digits in either case.
func decodeEUI[T string | []byte](e *DevEUI, s T) bool {
	if len(s) != 2*len(e) {
		return false
	}
	for i := range e {
		hi, lo := nibble(s[2*i]), nibble(s[2*i+1])
		if hi|lo > 0xf {
			return false
		}
		e[i] = hi<<4 | lo
	}
	return true
}

func nibble(c byte) byte {
	switch {
	case c-'0' <= 9:
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 0xff
}

// DecodeDevEUI reads exactly 16 hexadecimal digits without allocating.
func DecodeDevEUI(b []byte) (e DevEUI, ok bool) {
	if !decodeEUI(&e, b) {
		return DevEUI{}, false
	}
	return e, true
}

// euiKeys name the DevEUI in the JSON of ChirpStack v4, ChirpStack v3 and The
// Things Stack.
var euiKeys = [][]byte{[]byte(`"devEui"`), []byte(`"devEUI"`), []byte(`"dev_eui"`)}

// ScanDevEUI finds the DevEUI of an event without parsing it, for topics that do
// not carry one. It is a hint that decides whether parsing pays: the parser's
// answer is the one that counts.
func ScanDevEUI(payload []byte) (DevEUI, bool) {
	if IsJSON(payload) {
		return scanJSON(payload)
	}
	return scanProtobuf(payload)
}

// IsJSON tells an event written as a JSON object from one written as protobuf.
// Protobuf events often begin with a newline, the tag of their field 1, but what
// follows is the length of that field and never a brace.
func IsJSON(payload []byte) bool {
	b := bytes.TrimLeft(payload, " \t\r\n")
	return len(b) > 0 && b[0] == '{'
}

// scanJSON takes the first key that names a DevEUI. Inside a JSON string the
// quotes of such a key would be escaped, so what matches is a key.
func scanJSON(b []byte) (DevEUI, bool) {
	at, key := -1, 0
	for _, k := range euiKeys {
		if i := bytes.Index(b, k); i >= 0 && (at < 0 || i < at) {
			at, key = i, len(k)
		}
	}
	if at < 0 {
		return DevEUI{}, false
	}
	b = bytes.TrimLeft(b[at+key:], " \t\r\n")
	if len(b) == 0 || b[0] != ':' {
		return DevEUI{}, false
	}
	b = bytes.TrimLeft(b[1:], " \t\r\n")
	if len(b) == 0 || b[0] != '"' {
		return DevEUI{}, false
	}
	end := bytes.IndexByte(b[1:], '"')
	if end < 0 {
		return DevEUI{}, false
	}
	text := b[1 : 1+end]
	if len(text) == 12 { // base64 of 8 bytes, ChirpStack v3 `json`
		return base64EUI(text)
	}
	return DecodeDevEUI(text)
}
