package amqp1

import (
	"encoding/binary"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
)

// broker is one that does what a test wants: outcomes that RabbitMQ 3 never gives. It
// writes the protocol's bytes itself.
type broker struct {
	net.Conn
	t *testing.T
}

// fake signs a client in, opens, and goes on as the test says, once for each connection.
func fake(t *testing.T, then func(b *broker)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				b := &broker{c, t}
				hello := make([]byte, 8)
				if _, err := io.ReadFull(c, hello); err != nil {
					return
				}
				_, _ = c.Write(hello)
				b.send(1, 0x40, symbol("PLAIN"))
				b.next()
				b.send(1, 0x44, "\x50\x00")
				if _, err := io.ReadFull(c, hello); err != nil {
					return
				}
				_, _ = c.Write(hello)
				b.next() // open
				b.send(0, 0x10, text("fake"))
				then(b)
				_, _ = io.Copy(io.Discard, c)
			}()
		}
	}()
	return l.Addr().String()
}

func text(s string) string                    { return "\xa1" + string([]byte{byte(len(s))}) + s }
func symbol(s string) string                  { return "\xa3" + string([]byte{byte(len(s))}) + s }
func uint32of(n uint32) string                { return "\x70" + string(binary.BigEndian.AppendUint32(nil, n)) }
func list(members ...string) string           { return compound(0xd0, members) }
func table(members ...string) string          { return compound(0xd1, members) }
func atoi(s string) uint32                    { n, _ := strconv.Atoi(s); return uint32(n) }
func described(code byte, m ...string) string { return "\x00\x53" + string([]byte{code}) + list(m...) }

func compound(code byte, members []string) string {
	body := strings.Join(members, "")
	head := binary.BigEndian.AppendUint32([]byte{code}, uint32(len(body)+4))
	return string(binary.BigEndian.AppendUint32(head, uint32(len(members)))) + body
}

// send writes a frame: type 1 is of SASL.
func (b *broker) send(kind, code byte, members ...string) {
	body := described(code, members...)
	head := binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))
	_, _ = b.Write([]byte(string(append(head, 2, kind, 0, 0)) + body))
}

// next reads a frame and gives its code and what stands behind the list's head.
func (b *broker) next() (code byte, members []byte) {
	head := make([]byte, 8)
	if _, err := io.ReadFull(b, head); err != nil {
		return 0, nil
	}
	body := make([]byte, binary.BigEndian.Uint32(head)-8)
	if _, err := io.ReadFull(b, body); err != nil || len(body) < 4 {
		return 0, nil
	}
	switch body[3] {
	case 0xc0:
		members = body[6:]
	case 0xd0:
		members = body[12:]
	}
	return body[2], members
}

// serve opens the session and the link, and settles each transfer with the next state; an
// empty one settles nothing, and "" after the last begins again.
func (b *broker) serve(states ...string) {
	for n := uint32(0); ; {
		code, members := b.next()
		switch code {
		case 0:
			return
		case 0x11:
			b.send(0, 0x11, "\x60\x00\x00", uint32of(0), uint32of(5000), uint32of(5000))
		case 0x12:
			name := text(string(members[2 : 2+members[1]]))
			b.send(0, 0x12, name, uint32of(0), "\x41", "\x50\x00", "\x50\x00", described(0x28), described(0x29, text("q")), "\x40", "\x40", "\x40", "\x80\x00\x00\x00\x00\x00\x00\x08\x00")
			b.send(0, 0x13, uint32of(0), uint32of(5000), uint32of(0), uint32of(5000), uint32of(0), uint32of(0), uint32of(1000))
		case 0x14:
			if state := states[int(n)%len(states)]; state != "" {
				b.send(0, 0x15, "\x41", uint32of(n), uint32of(n), "\x41", state)
			}
			n++
		}
	}
}

var (
	accepted  = described(0x24)
	rejected  = described(0x25)
	released  = described(0x26)
	modified  = described(0x27, "\x41", "\x42")
	elsewhere = described(0x27, "\x41", "\x41")
)

func because(condition, words string) string {
	return described(0x25, described(0x1d, symbol(condition), text(words)))
}

// Every outcome becomes what it says: taken, tried again, or never.
func TestOutcomesBecomeResults(t *testing.T) {
	for _, is := range []struct {
		name    string
		states  []string
		taken   int
		never   []int
		code    delivery.Code
		refused bool
		says    string
	}{
		{"accepted", []string{accepted}, 4, nil, "", false, ""},
		{"released, all of it", []string{released}, 0, nil, delivery.CodeAnswer, false, "released"},
		{"released, one", []string{accepted, accepted, released, accepted}, 2, nil, delivery.CodeAnswer, true, "released"},
		{"modified, one", []string{accepted, modified, accepted, accepted}, 1, nil, delivery.CodeAnswer, true, "modified"},
		{"modified, undeliverable here", []string{accepted, elsewhere, accepted, accepted}, 1, []int{1}, delivery.CodeAnswer, false, "before was refused"},
		{"rejected without a reason", []string{rejected}, 0, nil, delivery.CodeAnswer, false, "full"},
		{"rejected for what it is", []string{accepted, accepted, accepted, because("amqp:decode-error", "no JSON")}, 3, []int{3}, "", false, ""},
		{"rejected, all, for what they are", []string{because("com.example:nothing", "bad \x1b[31m")}, 0, []int{0, 1, 2, 3}, "", false, ""},
		{"rejected because it is full", []string{accepted, because("amqp:resource-limit-exceeded", "full")}, 1, nil, delivery.CodeAnswer, false, "amqp:resource-limit-exceeded, full"},
		{"rejected because we may not", []string{because("amqp:unauthorized-access", "no")}, 0, nil, delivery.CodeCredentials, false, "unauthorized"},
		{"settled without an outcome", []string{"\x40"}, 0, nil, delivery.CodeProtocol, false, "without an outcome"},
	} {
		_, s := sinktest.Open(t, Kind, config(fake(t, func(b *broker) { b.serve(is.states...) }), "address", "q"))
		res := send(t, s, sinktest.Parcels(1, 0, 4))
		ok := res.Taken == is.taken && len(res.Never) == len(is.never) && res.Reason.Code == is.code && res.Refused == is.refused && strings.Contains(res.Reason.Text, is.says)
		for i, n := range is.never {
			ok = ok && i < len(res.Never) && res.Never[i].Index == n && res.Never[i].Reason.Code == delivery.CodeRefused && !strings.Contains(res.Never[i].Reason.Text, "\x1b")
		}
		if !ok {
			t.Errorf("%s: %+v", is.name, res)
		}
	}
}

// What the link will not carry is never; what is behind it is sent again and taken.
func TestAMessageAboveTheLinksSizeIsRefused(t *testing.T) {
	_, s := sinktest.Open(t, Kind, config(fake(t, func(b *broker) { b.serve(accepted) }), "address", "q"))
	p := sinktest.Parcels(1, 0, 3)
	p[1].Body = append(p[1].Body[:len(p[1].Body)-1], []byte(`,"data":"`+strings.Repeat("0", 2048)+`"}`)...)
	if res := send(t, s, p); res.Taken != 1 || len(res.Never) != 1 || res.Never[0].Index != 1 || !strings.Contains(res.Never[0].Reason.Text, "amqp:link:message-size-exceeded") {
		t.Errorf("%+v", res)
	}
	if res := send(t, s, p[2:]); res.Taken != 1 {
		t.Errorf("%+v", res)
	}
}

// Errors of link, session and connection are told, and the next attempt opens another.
func TestABrokerThatEndsThingsSaysWhy(t *testing.T) {
	say := func(condition string) string {
		return described(0x1d, symbol(condition), text("it is so"))
	}
	for name, is := range map[string]struct {
		end  func(b *broker)
		code delivery.Code
		says string
	}{
		"the address does not exist": {func(b *broker) { b.send(0, 0x16, uint32of(0), "\x41", say("amqp:not-found")) }, delivery.CodeAnswer, "does not exist"},
		"may not send":               {func(b *broker) { b.send(0, 0x16, uint32of(0), "\x41", say("amqp:unauthorized-access")) }, delivery.CodeCredentials, "not send"},
		"go elsewhere":               {func(b *broker) { b.send(0, 0x16, uint32of(0), "\x41", say("amqp:link:redirect")) }, delivery.CodeAnswer, "not followed"},
		"the session is over":        {func(b *broker) { b.send(0, 0x17, say("amqp:internal-error")) }, delivery.CodeAnswer, "amqp:internal-error, it is so"},
		"the connection is over":     {func(b *broker) { b.send(0, 0x18, say("amqp:connection:forced")) }, delivery.CodeAnswer, "amqp:connection:forced"},
		"hangs up":                   {func(b *broker) { _ = b.Close() }, delivery.CodeAnswer, "ended the connection"},
	} {
		times := 0
		_, s := sinktest.Open(t, Kind, config(fake(t, func(b *broker) {
			if times++; times > 1 {
				b.serve(accepted)
				return
			}
			for {
				switch code, members := b.next(); code {
				case 0:
					return
				case 0x11:
					b.send(0, 0x11, "\x60\x00\x00", uint32of(0), uint32of(5000), uint32of(5000))
				case 0x12:
					b.send(0, 0x12, text(string(members[2:2+members[1]])), uint32of(0), "\x41", "\x50\x00", "\x50\x00", described(0x28), described(0x29, text("q")))
					b.send(0, 0x13, uint32of(0), uint32of(5000), uint32of(0), uint32of(5000), uint32of(0), uint32of(0), uint32of(1000))
				case 0x14:
					is.end(b)
				}
			}
		}), "address", "q"))
		if res := send(t, s, sinktest.Parcels(1, 0, 1)); res.Taken != 0 || res.Reason.Code != is.code || !strings.Contains(res.Reason.Text, is.says) {
			t.Errorf("%s: %+v", name, res)
		}
		if res := send(t, s, sinktest.Parcels(1, 0, 1)); res.Taken != 1 {
			t.Errorf("%s, and then: %+v", name, res)
		}
	}
}
