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
	named   uint16 // bit k: a level is of kind k
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
	levelApplication
	levelApplicationTenant // application@tenant, as The Things Stack writes it
	levelTenant
	levelDevice
	levelAny // something the bridge does not look at
)

// placeholders by the names operators know: those of this bridge and of
// ChirpStack v4, and those of ChirpStack v3's Go templates.
var placeholders = map[string]levelKind{
	"dev_eui": levelDevEUI, ".DevEUI": levelDevEUI,
	"event": levelEvent, ".EventType": levelEvent,
	"application_id": levelApplication, ".ApplicationID": levelApplication,
	"tenant_id": levelTenant, "device_id": levelDevice, "region": levelAny, "any": levelAny,
}

// ParseTemplate reads a template. A placeholder takes a whole level; all may be
// missing, then the payload has to tell. Known are
//
//	{dev_eui}         the device, 16 hexadecimal digits in either case
//	{event}           the kind of event; as the last level it also takes the two
//	                  levels some events of The Things Stack have (down/ack)
//	{application_id}  the application: a UUID, a number, or a name that may be
//	                  followed by @ and the tenant
//	{tenant_id}       the tenant
//	{device_id}       a device's free name (The Things Stack)
//	{region}, {any}   a level that varies and is not looked at
//
// and {application_id}@{tenant_id} in one level. The double braces of ChirpStack
// v4's own configuration ({{application_id}}) and of v3's ({{ .ApplicationID }})
// are accepted, so that an operator can paste event_topic, event_topic_template or
// a legacy template such as uplink_topic_template.
func ParseTemplate(s string) (Template, error) {
	t := Template{written: s}
	if s == "" {
		return Template{}, fmt.Errorf("empty: %w", ErrTemplate)
	}
	for text := range strings.SplitSeq(s, "/") {
		l := level{text: text}
		if strings.ContainsAny(text, "{}") {
			kind, known := kindOf(text)
			if !known {
				return Template{}, fmt.Errorf("level %q: %w", text, ErrTemplate)
			}
			bit := uint16(1) << kind
			if kind == levelApplicationTenant {
				bit = 1<<levelApplication | 1<<levelTenant
			}
			if kind != levelAny && t.named&bit != 0 {
				return Template{}, fmt.Errorf("level %q appears twice: %w", text, ErrTemplate)
			}
			t.named |= bit
			l = level{kind: kind}
		} else if strings.ContainsAny(text, "+#\x00") {
			return Template{}, fmt.Errorf("level %q: write {any} for a level that varies: %w", text, ErrTemplate)
		}
		t.levels = append(t.levels, l)
	}
	return t, nil
}

func kindOf(text string) (kind levelKind, known bool) {
	if application, tenant, ok := strings.Cut(text, "@"); ok {
		a, okA := kindOf(application)
		b, okB := kindOf(tenant)
		return levelApplicationTenant, okA && okB && a == levelApplication && b == levelTenant
	}
	name, ok := placeholder(text)
	kind, known = placeholders[name]
	return kind, ok && known
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
		default:
			b.WriteByte('+')
		}
	}
	return b.String()
}

// NamesDevice says whether topics carry the DevEUI. Where they do not,
// [ScanDevEUI] finds it in the payload.
func (t *Template) NamesDevice() bool { return t.named&(1<<levelDevEUI) != 0 }

// NamesEvent says whether topics carry the kind of event.
func (t *Template) NamesEvent() bool { return t.named&(1<<levelEvent) != 0 }

// Topic is what a topic says of the uplink published under it. Its strings are
// parts of the topic. What the template does not carry is left zero.
type Topic struct {
	DevEUI      DevEUI // of {dev_eui}
	Event       Event  // of {event}; EventUnknown if the topic does not tell, or tells one the bridge does not know
	Application string // as it stands in the topic, without @ and the tenant
	Tenant      string // what follows the @, or stands for {tenant_id}
	DeviceID    string // a device's free name
	named       uint16 // the template's
}

// Route reads the device and the kind of event from a topic, like Read.
func (t *Template) Route(topic string) (dev DevEUI, event Event, ok bool) {
	read, ok := t.Read(topic)
	return read.DevEUI, read.Event, ok
}

// Read reads a topic without allocating. ok is false if it is not one of the
// template's, or if the level of the DevEUI is no EUI-64; then the Topic is zero
// but for EventUnknown.
func (t *Template) Read(topic string) (read Topic, ok bool) {
	none := Topic{Event: EventUnknown}
	read.Event, read.named = EventUnknown, t.named
	rest := topic
	last := len(t.levels) - 1
	for i := range t.levels {
		text := rest
		if at := strings.IndexByte(rest, '/'); at >= 0 && i != last {
			text, rest = rest[:at], rest[at+1:]
		} else if at >= 0 { // more levels than the template
			if read.Event = EventOf(rest); t.levels[i].kind == levelEvent && read.Event != EventUnknown {
				return read, true
			}
			return none, false
		} else if i != last {
			return none, false
		}
		switch l := &t.levels[i]; l.kind {
		case levelText:
			if l.text != text {
				return none, false
			}
			continue
		case levelDevEUI:
			if !decodeEUI(&read.DevEUI, text) {
				return none, false
			}
		case levelEvent:
			read.Event = EventOf(text)
		case levelApplication, levelApplicationTenant:
			read.Application = text
			if application, tenant, ok := strings.Cut(text, "@"); ok {
				read.Application, read.Tenant = application, tenant
			}
		case levelTenant:
			read.Tenant = text
		case levelDevice:
			read.DeviceID = text
		}
		if text == "" {
			return none, false
		}
	}
	return read, last >= 0
}

// What Check may find. They name the place, never what stands there.
var (
	ErrTopic            = errors.New("topic and body disagree")
	errTopicDevice      = fmt.Errorf("%w about the device (dev_eui)", ErrTopic)
	errTopicApplication = fmt.Errorf("%w about the application", ErrTopic)
	errTopicDeviceID    = fmt.Errorf("%w about the device (device_id)", ErrTopic)
)

// Check holds an uplink's body against the topic it was published under, without
// allocating: a broker's access list guards topics, so whoever may publish under
// one topic could forge the uplinks of another's device in the body. Only what both
// tell is compared, but for the DevEUI, which every body must tell if the topic
// does, or if the caller has set it to what [ScanDevEUI] found. Tenants are not
// compared: The Things Stack's topics name the application's, its bodies the network
// server's. The error wraps ErrTopic; the uplink must then not be sold.
func (t *Topic) Check(u *Uplink) error {
	switch {
	case t.DevEUI != u.DevEUI && (t.DevEUI != DevEUI{} || t.named&(1<<levelDevEUI) != 0):
		return errTopicDevice
	case disagree(t.Application, u.Application):
		return errTopicApplication
	case disagree(t.DeviceID, u.DeviceID):
		return errTopicDeviceID
	}
	return nil
}

// disagree compares ids; a UUID may be written in either case.
func disagree(topic string, body []byte) bool {
	if topic == "" || len(body) == 0 || topic == string(body) {
		return false
	}
	if len(topic) != len(body) {
		return true
	}
	for i := range len(topic) {
		a, b := topic[i], body[i]
		if a != b && (a|0x20 != b|0x20 || a|0x20 < 'a' || a|0x20 > 'z') {
			return true
		}
	}
	return false
}

// EventOf reads the kind of an event as network servers write it in topics and
// query strings: ChirpStack v4 and v3, the legacy topics of v3, The Things Stack
// (where some are two levels of a topic, and webhooks write the field's name).
// What it does not know is EventUnknown.
func EventOf(s string) Event {
	switch s {
	case "up", "rx", "uplink_message":
		return EventUp
	case "join", "join_accept":
		return EventJoin
	case "ack", "down/ack", "down/nack", "downlink_ack", "downlink_nack":
		return EventAck
	case "txack", "tx", "down/sent", "downlink_sent":
		return EventTxAck
	case "log", "error":
		return EventLog
	case "status":
		return EventStatus
	case "location", "location/solved", "solved", "location_solved":
		return EventLocation
	case "integration", "service/data", "service_data":
		return EventIntegration
	case "down/queued", "down/failed", "down/invalidated", "downlink_queued", "downlink_failed", "downlink_queue_invalidated":
		return EventDownlink
	case "up/normalized", "uplink_normalized":
		return EventNormalized
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

// euiKeys name the DevEUI in the JSON of ChirpStack v4, ChirpStack v3, The Things
// Stack and ThingPark.
var euiKeys = [][]byte{[]byte(`"devEui"`), []byte(`"devEUI"`), []byte(`"dev_eui"`), []byte(`"DevEUI"`)}

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
