package sim

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// v3Application is the numeric id of ChirpStack v3's application.
const v3Application = 1

// uplinkUUID is the id ChirpStack v3 gives a reception.
func (r *Reception) uplinkUUID() (u [16]byte) {
	copy(u[:8], r.Gateway.ID[:])
	binary.BigEndian.PutUint32(u[8:], r.Tmst)
	binary.BigEndian.PutUint32(u[12:], r.UplinkID)
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return u
}

func uuidText(u [16]byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// v3Kinds are the names of the events in ChirpStack v3's topics.
var v3Kinds = map[EventKind]string{EventUp: "up", EventJoin: "join", EventStatus: "status", EventLog: "error", EventAck: "ack", EventTxAck: "txack"}

func renderV3(f Format, e *Event) (string, []byte) {
	topic := fmt.Sprintf("application/%d/device/%s/event/%s", v3Application, hexOf(e.DevEUI()), v3Kinds[e.Kind])
	switch f {
	case V3JSONv3:
		return topic, mustJSON(v3JSONv3(e))
	case V3JSON:
		return topic, mustJSON(v3JSON(e))
	}
	return topic, v3Protobuf(e)
}

// ordered is a JSON object whose members keep their order.
type ordered []member

type member struct {
	name  string
	value any
}

func (o ordered) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		b = append(append(b, name...), ':')
		b = append(b, mustJSON(m.value)...)
	}
	return append(b, '}'), nil
}

func (o ordered) and(name string, v any) ordered { return append(o, member{name, v}) }

func v3Location(r *Reception) ordered {
	p := r.Gateway.Place
	return ordered{{"latitude", p.Latitude}, {"longitude", p.Longitude}, {"altitude", p.Altitude}}
}

// v3JSONv3 is the marshaler json_v3, the default: hexadecimal ids, a real object.
func v3JSONv3(e *Event) ordered {
	o := ordered{{"applicationID", "1"}, {"applicationName", e.Server.Application}, {"deviceName", e.Device.Name}}
	if e.Kind == EventUp {
		o = o.and("deviceProfileName", profileName).and("deviceProfileID", profileID)
	}
	o = o.and("devEUI", hexOf(e.body()))
	var rx []ordered
	for _, r := range e.Receptions {
		one := ordered{{"gatewayID", hexOf(r.Gateway.ID)}, {"uplinkID", uuidText(r.uplinkUUID())}, {"name", r.Gateway.Name}}
		if !r.Time.IsZero() {
			one = one.and("time", zulu(r.Time))
		}
		rx = append(rx, append(one, member{"rssi", int(r.RSSI)}, member{"loRaSNR", r.SNR}, member{"location", v3Location(r)}))
	}
	tx := ordered{{"frequency", e.Receptions[0].Frequency}, {"dr", e.DR}}
	switch e.Kind {
	case EventUp:
		o = o.and("rxInfo", rx).and("txInfo", tx).and("adr", e.ADR).and("fCnt", e.FCnt).and("fPort", e.FPort).and("data", nullable(e.Data))
		if e.Object != nil {
			o = o.and("object", e.Object)
		}
	case EventJoin:
		o = o.and("devAddr", e.Addr.String()).and("rxInfo", rx).and("txInfo", tx)
	case EventStatus:
		level, external, unknown := percent(e.Battery)
		o = o.and("margin", e.Margin).and("externalPowerSource", external).and("batteryLevelUnavailable", unknown).and("batteryLevel", level)
	case EventLog:
		o = o.and("type", e.Code).and("error", e.Text).and("fCnt", e.FCnt)
	case EventAck:
		o = o.and("acknowledged", true).and("fCnt", e.FCntDown)
	case EventTxAck:
		o = o.and("fCnt", e.FCntDown)
	}
	return o.and("tags", e.tags())
}

func nullable(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

// v3JSON is the marshaler json: the protobuf mapping, with base64 ids and the object
// as JSON in a string.
func v3JSON(e *Event) ordered {
	eui := e.body()
	o := ordered{{"applicationID", "1"}, {"applicationName", e.Server.Application}, {"deviceName", e.Device.Name}, {"devEUI", eui[:]}}
	rx := []ordered{}
	for _, r := range e.Receptions {
		rx = append(rx, v3GatewayRx(r, append(v3Location(r), member{"source", "UNKNOWN"}, member{"accuracy", 0})))
	}
	tx := v3GatewayTx(e.Receptions[0])
	switch e.Kind {
	case EventUp:
		object := ""
		if e.Object != nil {
			object = string(e.Object)
		}
		data := e.Data
		if data == nil {
			data = []byte{}
		}
		return o.and("rxInfo", rx).and("txInfo", tx).and("adr", e.ADR).and("dr", e.DR).and("fCnt", e.FCnt).and("fPort", e.FPort).and("data", data).
			and("objectJSON", object).and("tags", e.tags()).and("confirmedUplink", e.Confirmed).and("devAddr", e.Addr[:]).and("publishedAt", zulu(e.Time)).
			and("deviceProfileID", profileID).and("deviceProfileName", profileName)
	case EventJoin:
		return o.and("devAddr", e.Addr[:]).and("rxInfo", rx).and("txInfo", tx).and("dr", e.DR).and("tags", e.tags()).and("publishedAt", zulu(e.Time))
	case EventStatus:
		level, external, unknown := percent(e.Battery)
		o = o.and("margin", e.Margin).and("externalPowerSource", external).and("batteryLevelUnavailable", unknown).and("batteryLevel", level)
	case EventLog:
		o = o.and("type", "UPLINK_MIC").and("error", e.Text).and("fCnt", e.FCnt)
	case EventAck:
		o = o.and("acknowledged", true).and("fCnt", e.FCntDown)
	case EventTxAck:
		gateway := e.Receptions[0].Gateway.ID
		o = o.and("gatewayID", gateway[:]).and("fCnt", e.FCntDown)
	}
	return o.and("tags", e.tags()).and("publishedAt", zulu(e.Time))
}

// v3GatewayRx is gw.UplinkRXInfo of ChirpStack v3 in JSON.
func v3GatewayRx(r *Reception, location any) ordered {
	at := any(nil)
	if !r.Time.IsZero() {
		at = zulu(r.Time)
	}
	id := r.uplinkUUID()
	return ordered{
		{"gatewayID", r.Gateway.ID[:]}, {"time", at}, {"timeSinceGPSEpoch", nil}, {"rssi", int(r.RSSI)}, {"loRaSNR", r.SNR}, {"channel", r.Channel},
		{"rfChain", 0}, {"board", 0}, {"antenna", 0}, {"location", location}, {"fineTimestampType", "NONE"}, {"context", r.context()},
		{"uplinkID", id[:]}, {"crcStatus", "CRC_OK"},
	}
}

// v3GatewayTx is gw.UplinkTXInfo of ChirpStack v3 in JSON: bandwidth in kHz.
func v3GatewayTx(r *Reception) ordered {
	return ordered{{"frequency", r.Frequency}, {"modulation", "LORA"}, {"loRaModulationInfo", ordered{
		{"bandwidth", r.DataRate.Bandwidth / 1000}, {"spreadingFactor", r.DataRate.SF}, {"codeRate", "4/5"}, {"polarizationInversion", false},
	}}}
}

// Fields of protobuf messages, appended by hand: there is no Go package of
// ChirpStack v3's messages among the dependencies. Zero values are left out.
type pb []byte

func (b pb) varint(n protowire.Number, v uint64) pb {
	if v == 0 {
		return b
	}
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), v)
}

func (b pb) bytes(n protowire.Number, v []byte) pb {
	if len(v) == 0 {
		return b
	}
	return b.message(n, v)
}

func (b pb) message(n protowire.Number, v []byte) pb {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), v)
}

func (b pb) double(n protowire.Number, v float64) pb {
	if v == 0 {
		return b
	}
	return protowire.AppendFixed64(protowire.AppendTag(b, n, protowire.Fixed64Type), math.Float64bits(v))
}

func (b pb) bool(n protowire.Number, v bool) pb {
	if v {
		return b.varint(n, 1)
	}
	return b
}

func (b pb) time(n protowire.Number, t time.Time) pb {
	if t.IsZero() {
		return b
	}
	return b.message(n, pb(nil).varint(1, uint64(t.Unix())).varint(2, uint64(t.Nanosecond())))
}

// v3RxPB is gw.UplinkRXInfo: the numbers are those of chirpstack-api v3.12.5.
func v3RxPB(r *Reception, location bool) []byte {
	id := r.uplinkUUID()
	b := pb(nil).bytes(1, r.Gateway.ID[:]).time(2, r.Time).varint(5, uint64(int64(r.RSSI))).double(6, r.SNR).varint(7, uint64(r.Channel))
	if location {
		p := r.Gateway.Place
		b = b.message(11, pb(nil).double(1, p.Latitude).double(2, p.Longitude).double(3, p.Altitude))
	}
	return b.bytes(15, r.context()).bytes(16, id[:]).varint(17, 2) // CRC_OK
}

// v3TxPB is gw.UplinkTXInfo.
func v3TxPB(r *Reception) []byte {
	lora := pb(nil).varint(1, uint64(r.DataRate.Bandwidth/1000)).varint(2, uint64(r.DataRate.SF)).bytes(3, []byte("4/5"))
	return pb(nil).varint(1, uint64(r.Frequency)).message(3, lora)
}

func v3Protobuf(e *Event) []byte {
	eui := e.body()
	b := pb(nil).varint(1, v3Application).bytes(2, []byte(e.Server.Application)).bytes(3, []byte(e.Device.Name)).bytes(4, eui[:])
	rxs := func(b pb, n protowire.Number) pb {
		for _, r := range e.Receptions {
			b = b.message(n, v3RxPB(r, true))
		}
		return b
	}
	tags := func(b pb, n protowire.Number) pb {
		t := e.tags()
		for _, k := range slices.Sorted(maps.Keys(t)) {
			b = b.message(n, pb(nil).bytes(1, []byte(k)).bytes(2, []byte(t[k])))
		}
		return b
	}
	tx := v3TxPB(e.Receptions[0])
	switch e.Kind {
	case EventUp:
		b = rxs(b, 5).message(6, tx).bool(7, e.ADR).varint(8, uint64(e.DR)).varint(9, uint64(e.FCnt)).varint(10, uint64(e.FPort)).bytes(11, e.Data).bytes(12, e.Object)
		return tags(b, 13).bool(14, e.Confirmed).bytes(15, e.Addr[:]).time(16, e.Time).bytes(17, []byte(profileID)).bytes(18, []byte(profileName))
	case EventJoin:
		b = b.bytes(5, e.Addr[:])
		return tags(rxs(b, 6).message(7, tx).varint(8, uint64(e.DR)), 9).time(10, e.Time)
	case EventStatus:
		level, external, unknown := percent(e.Battery)
		b = b.varint(5, uint64(int64(e.Margin))).bool(6, external).bool(7, unknown)
		if level != 0 {
			b = protowire.AppendFixed32(protowire.AppendTag(b, 8, protowire.Fixed32Type), math.Float32bits(float32(level)))
		}
		return b
	case EventLog:
		return tags(b.varint(5, 7).bytes(6, []byte(e.Text)).varint(7, uint64(e.FCnt)), 8) // UPLINK_MIC
	case EventAck:
		return tags(b.bool(5, true).varint(6, uint64(e.FCntDown)), 7).time(8, e.Time)
	}
	gateway := e.Receptions[0].Gateway.ID
	return tags(b.varint(5, uint64(e.FCntDown)), 6).bytes(7, gateway[:]).time(9, e.Time)
}
