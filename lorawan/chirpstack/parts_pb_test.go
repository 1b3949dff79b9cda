package chirpstack

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
)

// field appends to messages what their official packages would not write.
type field func([]byte) []byte

func number(num protowire.Number, v uint64) field {
	return func(b []byte) []byte {
		return protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), v)
	}
}

func float(num protowire.Number, v float64) field {
	return func(b []byte) []byte {
		return protowire.AppendFixed64(protowire.AppendTag(b, num, protowire.Fixed64Type), math.Float64bits(v))
	}
}

func short(num protowire.Number, v float32) field {
	return func(b []byte) []byte {
		return protowire.AppendFixed32(protowire.AppendTag(b, num, protowire.Fixed32Type), math.Float32bits(v))
	}
}

func text(num protowire.Number, s string) field {
	return func(b []byte) []byte {
		return protowire.AppendString(protowire.AppendTag(b, num, protowire.BytesType), s)
	}
}

func message(fields ...field) (b []byte) {
	for _, f := range fields {
		b = f(b)
	}
	return b
}

func part(num protowire.Number, fields ...field) field { return text(num, string(message(fields...))) }

// cut is a part that ends in the middle of a field.
func cut(num protowire.Number) field { return text(num, "\x0a\x09x") }

var device = part(3, text(8, "0101010101010101"), text(3, "app"))

func TestSoundProtobufWithOddFieldsIsRead(t *testing.T) {
	up := message(device, number(8, 1), text(10, "x"),
		number(200, 7), short(17, 1), float(300, 1), // a later version's
		part(13, number(1, 868100000), number(9, 9), part(2, part(3, number(1, 125000), number(2, 7), text(3, "4/5")), part(6))),
		part(14, number(2, 1), text(1, "1112131415161718")),
		part(11, part(1, text(1, "k"), part(2, number(9, 1), float(2, 45))), part(1, text(1, "none"), part(2)), part(1, text(1, "nan"), part(2, float(2, math.NaN()))), number(7, 1)),
	)
	u := decode(t, up)
	if u.CodeRate != "4/5" || u.Bandwidth != 125000 || !u.Relayed || u.Relay != (lorawan.DevEUI{0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18}) || string(u.Object) != `{"k":45,"none":null,"nan":null}` {
		t.Errorf("%+v %s", u, u.Object)
	}
	for want, b := range map[lorawan.Event][]byte{
		// IntegrationEvent went with 4.14: integrationName 4, eventType 5, object 6.
		lorawan.EventIntegration: message(text(1, "3ac7e3c4-4401-4b8d-9386-a5c902f9202d"), part(2, number(1, 7)), device, text(4, "loracloud"), text(5, "x"), part(6)),
		lorawan.EventUnknown:     message(device, part(2, number(1, 7))),
		lorawan.EventStatus:      message(device, short(8, 55)),
	} {
		if u := decode(t, b); u.Event != want || u.Billing() != lorawan.BillingNotUplink {
			t.Errorf("%s: %+v", want, u)
		}
	}
	if u := decode(t, []byte(`{"deduplicationId":"x","deviceInfo":{"devEui":"0101010101010101"},"integrationName":"loracloud","eventType":"x","object":{"a":1}}`)); u.Event != lorawan.EventIntegration || u.Object != nil {
		t.Errorf("%+v", u)
	}
}

func TestUnsoundProtobufIsRefusedAndNotQuoted(t *testing.T) {
	up := func(fields ...field) []byte {
		return message(append([]field{device, number(8, 1), text(10, "secret")}, fields...)...)
	}
	v3 := func(fields ...field) []byte {
		return message(append([]field{number(1, 7), text(4, "\x01\x01\x01\x01\x01\x01\x01\x01"), number(10, 1), text(11, "secret")}, fields...)...)
	}
	for name, c := range map[string]struct {
		decode  func([]byte, *lorawan.Uplink) error
		payload []byte
	}{
		"a field cut off":           {Decode, up(func(b []byte) []byte { return append(b, 0x0a, 0x09) })},
		"a number cut off":          {Decode, up(func(b []byte) []byte { return append(b, 0x28, 0x80) })},
		"32 bits cut off":           {Decode, up(func(b []byte) []byte { return append(b, 0xfd, 0x01, 1) })},
		"64 bits cut off":           {Decode, up(func(b []byte) []byte { return append(b, 0xf9, 0x01, 1) })},
		"field 0":                   {Decode, up(func(b []byte) []byte { return append(b, 0x00, 0x01) })},
		"a group that does not end": {Decode, up(func(b []byte) []byte { return append(b, 0xfb, 0x01) })},
		"a port as a fraction":      {Decode, up(short(8, 1))},
		"two counters":              {Decode, up(number(7, 1), number(7, 2))},
		"an address that is none":   {Decode, up(text(4, "secretse"))},
		"a device cut off":          {Decode, message(cut(3), number(8, 1))},
		"a device twice":            {Decode, up(device)},
		"a device with two names":   {Decode, message(part(3, text(8, "0101010101010101"), text(8, "0101010101010102")), number(8, 1))},
		"a log's device cut off":    {Decode, message(cut(2))},
		"v3: cut off":               {DecodeV3, v3(func(b []byte) []byte { return append(b, 0x0a) })},
		"v3: a port of 9 bits":      {DecodeV3, message(text(4, "\x01\x01\x01\x01\x01\x01\x01\x01"), number(10, 256))},
		"v3: two counters":          {DecodeV3, v3(number(9, 1), number(9, 1))},
		"v3: data twice":            {DecodeV3, v3(text(11, "x"))},
		"v3: an EUI of 7 bytes":     {DecodeV3, message(text(4, "\x01\x01\x01\x01\x01\x01\x01"), number(10, 1))},
	} {
		u := lorawan.Uplink{Network: "n"}
		err := c.decode(c.payload, &u)
		if !errors.Is(err, lorawan.ErrMalformed) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
		if d := cmp.Diff(lorawan.Uplink{Network: "n"}, u); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	if u := decodeV3(t, v3(part(6, part(3, text(3, "4/5"), number(5, 7))))); u.CodeRate != "4/5" { // 5 is v4's
		t.Errorf("%+v", u)
	}
	// A number written as fixed bits is another field, which a later version may have.
	if u := decodeV3(t, v3(short(1, 9))); string(u.Application) != "7" || u.FPort != 1 {
		t.Errorf("%+v", u)
	}
	// What fits no kind of event is one nobody can sell.
	if u := decodeV3(t, v3(text(15, "\x01\x02\x03"))); u.Event != lorawan.EventUnknown || u.Billing() != lorawan.BillingNotUplink {
		t.Errorf("%+v", u)
	}
}

// What only describes does not lose an event in protobuf either: it is left out and counted.
func TestOddPartsOfProtobufAreLeftOutAndCounted(t *testing.T) {
	up := func(fields ...field) []byte {
		return message(append([]field{device, number(8, 1), text(10, "secret")}, fields...)...)
	}
	deep := part(5)
	for range 70 {
		deep = part(5, part(1, text(1, "k"), part(2, deep)))
	}
	v3 := func(fields ...field) []byte {
		return message(append([]field{number(1, 7), text(4, "\x01\x01\x01\x01\x01\x01\x01\x01"), number(10, 1), text(11, "secret")}, fields...)...)
	}
	for name, c := range map[string]struct {
		decode  func([]byte, *lorawan.Uplink) error
		payload []byte
	}{
		"a data rate of 9 bits":       {Decode, up(number(6, 256))},
		"a time of the year 10000":    {Decode, up(part(2, number(1, 253402300800)))},
		"a time cut off":              {Decode, up(cut(2))},
		"a strength beyond all":       {Decode, up(part(12, number(6, 2000)))},
		"a ratio that is no number":   {Decode, up(part(12, short(7, float32(math.NaN()))))},
		"two times of one gateway":    {Decode, up(part(12, part(3, number(1, 1)), part(3, number(1, 2))))},
		"a gateway's time out of it":  {Decode, up(part(12, part(3, number(2, 1e9))))},
		"a reception cut off":         {Decode, up(cut(12))},
		"metadata cut off":            {Decode, up(part(12, cut(15)))},
		"a transmission cut off":      {Decode, up(cut(13))},
		"a modulation cut off":        {Decode, up(part(13, cut(2)))},
		"LoRa's parameters cut off":   {Decode, up(part(13, part(2, cut(3))))},
		"a bandwidth beyond all":      {Decode, up(part(13, part(2, part(3, number(1, 1<<22)))))},
		"a spreading factor too":      {Decode, up(part(13, part(2, part(3, number(2, 256)))))},
		"a relay of no name":          {Decode, up(part(14, text(1, "secret")))},
		"a relay cut off":             {Decode, up(cut(14))},
		"an object cut off":           {Decode, up(cut(11))},
		"a value cut off":             {Decode, up(part(11, part(1, text(1, "k"), cut(2))))},
		"a list cut off":              {Decode, up(part(11, part(1, part(2, cut(6)))))},
		"a list's value cut off":      {Decode, up(part(11, part(1, part(2, part(6, cut(1))))))},
		"an object too deep":          {Decode, up(part(11, part(1, part(2, deep))))},
		"a name that is not UTF-8":    {Decode, up(part(11, part(1, text(1, "secret\xff"))))},
		"a text that is not UTF-8":    {Decode, up(part(11, part(1, part(2, text(3, "secret\xff")))))},
		"a tag cut off":               {Decode, message(part(3, text(8, "0101010101010101"), cut(9)), number(8, 1))},
		"a log's time":                {Decode, message(cut(1), part(2, text(8, "0101010101010101")))},
		"a join of no relay":          {Decode, message(device, text(4, "00189440"), part(5, text(1, "secret")))},
		"a position that is none":     {Decode, message(device, part(4, float(1, math.Inf(1)), float(2, 1), float(3, 7)))},
		"a position cut off":          {Decode, message(device, cut(4))},
		"v3: a data rate of 9 bits":   {DecodeV3, v3(number(8, 256))},
		"v3: a strength beyond all":   {DecodeV3, v3(part(5, number(5, 2000)))},
		"v3: a ratio that is none":    {DecodeV3, v3(part(5, float(6, math.Inf(1))))},
		"v3: two times of a gateway":  {DecodeV3, v3(part(5, part(2, number(1, 1)), part(2, number(1, 1))))},
		"v3: a time out of it":        {DecodeV3, v3(part(16, number(2, 1e9)))},
		"v3: LoRa's parameters":       {DecodeV3, v3(part(6, part(3, number(2, 256))))},
		"v3: a position not a number": {DecodeV3, message(text(4, "\x01\x01\x01\x01\x01\x01\x01\x01"), part(5, float(1, math.NaN())), number(8, 1), text(7, "x"))},
	} {
		var u lorawan.Uplink
		if err := c.decode(c.payload, &u); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if u.Odd != 1 || u.DevEUI != (lorawan.DevEUI{1, 1, 1, 1, 1, 1, 1, 1}) || u.Event == lorawan.EventUp && u.FPort != 1 {
			t.Errorf("%s: %+v", name, u)
		}
		if u.Object != nil || u.HasDR && u.DR != 0 || u.Relay != (lorawan.DevEUI{}) || u.Location != (lorawan.Location{}) {
			t.Errorf("%s: something odd was taken: %+v", name, u)
		}
	}
}
