package main

import (
	"bufio"
	"bytes"
	mqttbytes "encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// MQTT 3.1.1, section 2.2.1: the type of a packet is in the high half of its first byte.
const (
	packetConnect, packetConnack, packetPublish = 1, 2, 3
	packetPuback, packetSuback, packetPingresp  = 4, 9, 13
)

// mischief is what a middleman does. What is nil is passed on.
type mischief struct {
	open     func(bridge net.Conn)                      // with a fresh connection, which ends when it returns
	down, up func(p []byte, pass func([]byte), n int64) // with the n-th packet of the broker, of the bridge
	chunk    int                                        // bytes passed on at a time, with a pause; 0: all
	each     func() *mischief                           // makes one for each connection that knows what was said in it; nil: this is it
}

// middleman stands between the bridge and a server, and reads their packets: MQTT's, unless it is told
// how packets of another protocol are read.
type middleman struct {
	address, target string
	packets         func(up bool) func(*bufio.Reader) ([]byte, error) // of one connection and direction
	names           func(p []byte) []byte                             // what the server says, of which it names itself

	mu    sync.Mutex
	does  *mischief
	conns map[net.Conn]bool
	done  atomic.Int64 // what it did
}

func newMiddleman(t *testing.T, target string) *middleman {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &middleman{address: l.Addr().String(), target: target, conns: map[net.Conn]bool{},
		packets: func(bool) func(*bufio.Reader) ([]byte, error) { return readPacket },
		names:   func(p []byte) []byte { return p }}
	t.Cleanup(func() { l.Close(); m.cut() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go m.serve(c)
		}
	}()
	return m
}

// set ends all connections; those that follow suffer the mischief. nil: none.
func (m *middleman) set(does *mischief) {
	m.mu.Lock()
	was := m.does
	m.does = does
	m.mu.Unlock()
	if m.done.Store(0); was != nil || does != nil {
		m.cut()
	}
}

func (m *middleman) cut() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for c := range m.conns {
		c.Close()
	}
}

func (m *middleman) keep(c net.Conn, kept bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if kept {
		m.conns[c] = true
	} else {
		delete(m.conns, c)
	}
}

func (m *middleman) serve(bridge net.Conn) {
	m.mu.Lock()
	does := m.does
	m.mu.Unlock()
	m.keep(bridge, true)
	defer func() { bridge.Close(); m.keep(bridge, false) }()
	if does == nil {
		does = &mischief{}
	}
	if does.each != nil {
		does = does.each()
	}
	if does.open != nil {
		m.done.Add(1)
		does.open(bridge)
		return
	}
	broker, err := net.Dial("tcp", m.target)
	if err != nil {
		return
	}
	m.keep(broker, true)
	defer func() { broker.Close(); m.keep(broker, false) }()
	var both sync.WaitGroup
	both.Go(func() {
		defer broker.Close()
		defer bridge.Close()
		m.pass(bridge, broker, m.packets(true), does.up, 0)
	})
	down := m.packets(false)
	named := func(r *bufio.Reader) ([]byte, error) {
		p, err := down(r)
		return m.names(p), err
	}
	both.Go(func() {
		defer broker.Close()
		defer bridge.Close()
		m.pass(broker, bridge, named, does.down, does.chunk)
	})
	both.Wait()
}

// pass reads packets and passes on what bend makes of them.
func (m *middleman) pass(from, to net.Conn, read func(*bufio.Reader) ([]byte, error), bend func([]byte, func([]byte), int64), chunk int) {
	r := bufio.NewReader(from)
	send := func(p []byte) {
		if p == nil { // the end
			to.Close()
			return
		}
		if chunk == 0 {
			_, _ = to.Write(p)
			return
		}
		m.done.Add(1)
		for len(p) > 0 {
			n := min(chunk, len(p))
			if _, err := to.Write(p[:n]); err != nil {
				return
			}
			p = p[n:]
			time.Sleep(time.Millisecond)
		}
	}
	for n := int64(1); ; n++ {
		p, err := read(r)
		if err != nil {
			return
		}
		if bend == nil {
			send(p)
			continue
		}
		sent := 0
		bend(p, func(b []byte) {
			sent++
			if sent > 1 || !bytes.Equal(b, p) {
				m.done.Add(1)
			}
			send(b)
		}, n)
		if sent == 0 {
			m.done.Add(1)
		}
	}
}

// readPacket reads one, whole.
func readPacket(r *bufio.Reader) ([]byte, error) {
	first, err := r.ReadByte()
	if err != nil {
		return nil, err
	}
	n, err := mqttbytes.ReadUvarint(r) // MQTT's remaining length is written the same way
	if err != nil || n > 1<<24 {
		return nil, fmt.Errorf("a packet of %d bytes: %w", n, err)
	}
	head := mqttbytes.AppendUvarint([]byte{first}, n)
	p := append(head, make([]byte, n)...)
	_, err = io.ReadFull(r, p[len(head):])
	return p, err
}

func kindOf(p []byte) int { return int(p[0] >> 4) }

// publication is a PUBLISH, taken apart.
type publication struct {
	first   byte // type and flags
	topic   string
	id      uint16
	payload []byte
}

// published takes a PUBLISH apart.
func published(p []byte) publication {
	n, size := mqttbytes.Uvarint(p[1:])
	body := p[1+size:][:n]
	length := int(mqttbytes.BigEndian.Uint16(body))
	one := publication{first: p[0], topic: string(body[2 : 2+length])}
	rest := body[2+length:]
	if p[0]&6 != 0 {
		one.id, rest = mqttbytes.BigEndian.Uint16(rest), rest[2:]
	}
	one.payload = rest
	return one
}

// packet puts it together.
func (o publication) packet() []byte {
	body := append(mqttbytes.BigEndian.AppendUint16(nil, uint16(len(o.topic))), o.topic...)
	if o.first&6 != 0 {
		body = mqttbytes.BigEndian.AppendUint16(body, o.id)
	}
	body = append(body, o.payload...)
	return append(mqttbytes.AppendUvarint([]byte{o.first}, uint64(len(body))), body...)
}

// publishes bends PUBLISH packets only.
func publishes(bend func(o publication, p []byte, pass func([]byte))) *mischief {
	return &mischief{down: func(p []byte, pass func([]byte), _ int64) {
		if kindOf(p) != packetPublish {
			pass(p)
			return
		}
		bend(published(p), p, pass)
	}}
}

// beside writes something of its own to the bridge after it has subscribed, and after some
// messages.
func beside(what func(n int) []byte) *mischief {
	var written atomic.Int64
	return &mischief{down: func(p []byte, pass func([]byte), n int64) {
		pass(p)
		if kindOf(p) == packetSuback || kindOf(p) == packetPublish && n%5 == 0 {
			pass(what(int(written.Add(1))))
		}
	}}
}

// brokers are brokers as a bridge may meet them, in front of a good one.
func brokers() []*act {
	const up = "application/17c82e96-be03-4f38-aef3-f83d48582d97/device/%s/event/up"
	var all []*act
	row := func(name string, does *mischief) {
		all = append(all, &act{name: name, play: func(c *chaos, a *act) int { return c.meddled(a, does) }})
	}
	once := func(what []byte) *mischief { return beside(func(int) []byte { return what }) }
	row("announces a packet of 256 MB", once([]byte{packetConnack << 4, 0xff, 0xff, 0xff, 0x7f}))
	row("announces a message of 256 MB", once([]byte{packetPublish<<4 | 2, 0xff, 0xff, 0xff, 0x7f}))
	row("a length that does not end", once([]byte{packetPublish << 4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}))
	row("garbage", once([]byte("\x00\xff\x13garbage\r\n\r\n")))
	row("acknowledges what was never sent", once([]byte{packetPuback << 4, 2, 0x77, 0x77}))
	row("a packet type that does not exist", once([]byte{0xf0, 0}))
	row("a second greeting", once([]byte{packetConnack << 4, 2, 0, 0}))
	row("a message without a topic", once(publication{first: packetPublish<<4 | 2, id: 9, payload: []byte("x")}.packet()))
	row("a message whose topic is longer than it", once([]byte{packetPublish<<4 | 2, 4, 0xff, 0xff, 'a', 'b'}))
	row("a topic that is no UTF-8", once(publication{first: packetPublish<<4 | 2, topic: "application/\xff\xfe/device/x/event/up", id: 9, payload: []byte("{}")}.packet()))
	row("retained messages and $SYS topics without end", beside(func(n int) []byte {
		var all []byte
		for i := range 500 {
			all = append(all, publication{first: packetPublish<<4 | 1, topic: fmt.Sprintf("$SYS/broker/load/%d", n*500+i), payload: []byte("1")}.packet()...)
			all = append(all, publication{first: packetPublish<<4 | 1, topic: fmt.Sprintf(up, fmt.Sprintf("%016x", n*500+i)), payload: []byte(`{"retained":true}`)}.packet()...)
		}
		return all
	}))
	row("every message comes twice", publishes(func(o publication, p []byte, pass func([]byte)) {
		pass(p)
		o.first |= 8
		pass(o.packet())
	}))
	row("every message comes again under another packet id, without a guarantee", publishes(func(o publication, p []byte, pass func([]byte)) {
		pass(p)
		o.first &^= 0x0e
		pass(o.packet())
	}))
	row("every message comes again with QoS 2", publishes(func(o publication, p []byte, pass func([]byte)) {
		pass(p)
		o.first = o.first&^6 | 4
		o.id ^= 0x4000
		pass(o.packet())
	}))
	row("every message comes again under the topic of another device", publishes(func(o publication, p []byte, pass func([]byte)) {
		pass(p)
		if parts := strings.Split(o.topic, "/"); len(parts) == 6 {
			o.first &^= 0x0e
			o.topic = fmt.Sprintf(up, otherEUI(parts[3]))
			pass(o.packet())
		}
	}))
	row("refuses the subscription at first", refuseAtFirst())
	row("forgets sessions, it says", &mischief{down: func(p []byte, pass func([]byte), _ int64) {
		if kindOf(p) == packetConnack {
			p[2] = 0
			pass(append([]byte{}, p...))
			pass([]byte{packetPingresp << 4, 0})
			return
		}
		pass(p)
	}})
	row("loses acknowledgements", &mischief{up: func(p []byte, pass func([]byte), _ int64) {
		if kindOf(p) != packetPuback {
			pass(p)
		}
	}})
	row("hears every second acknowledgement", &mischief{up: func(p []byte, pass func([]byte), n int64) {
		if kindOf(p) != packetPuback || n%2 == 0 {
			pass(p)
		}
	}})
	row("ends the connection in the middle of a message", publishes(func(o publication, p []byte, pass func([]byte)) {
		if o.id%4 != 0 {
			pass(p)
			return
		}
		pass(p[:len(p)/2])
		pass(nil)
	}))
	row("writes a few bytes at a time", &mischief{chunk: 64})
	row("takes connections and says nothing", &mischief{open: func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }})
	row("hangs up at once", &mischief{open: func(net.Conn) {}})
	row("refuses the login at first", &mischief{open: func(c net.Conn) {
		_, _ = readPacket(bufio.NewReader(c))
		_, _ = c.Write([]byte{packetConnack << 4, 2, 0, 5})
	}})
	row("falls silent and stays connected", &mischief{down: func(p []byte, pass func([]byte), n int64) {
		if n < 8 {
			pass(p)
		}
	}})
	all = append(all, &act{name: "another takes the session over", play: takenOver})
	for _, a := range all {
		switch a.name {
		case "every message comes again under the topic of another device", "loses acknowledgements", "garbage":
			a.usual = true
		}
	}
	return all
}

func otherEUI(eui string) string {
	last := byte('0')
	if strings.HasSuffix(eui, "0") {
		last = '1'
	}
	return eui[:len(eui)-1] + string(last)
}

func refuseAtFirst() *mischief {
	var refused atomic.Int64
	return &mischief{down: func(p []byte, pass func([]byte), _ int64) {
		if kindOf(p) == packetSuback && refused.Add(1) < 3 {
			b := bytes.Clone(p)
			b[len(b)-1] = 0x80
			pass(b)
			return
		}
		pass(p)
	}}
}

// meddled lets a middleman do his mischief until the fleet has played, and at least once.
func (c *chaos) meddled(a *act, does *mischief) int {
	c.broker.set(does)
	c.restart() // it connects at once, whatever the broker did before
	<-a.over
	c.await(func() bool { return c.broker.done.Load() > 0 })
	return int(c.broker.done.Load())
}

// takenOver connects with the bridge's client id, over and over; the broker ends the bridge's
// connection each time. It takes nothing.
func takenOver(c *chaos, a *act) (tries int) {
	var id []byte
	var mu sync.Mutex
	c.broker.set(&mischief{up: func(p []byte, pass func([]byte), _ int64) {
		if kindOf(p) == packetConnect {
			mu.Lock()
			id = bytes.Clone(p)
			mu.Unlock()
		}
		pass(p)
	}})
	c.restart()
	for !a.ended() || tries == 0 {
		time.Sleep(500 * time.Millisecond)
		mu.Lock()
		hello := id
		mu.Unlock()
		if hello == nil {
			continue
		}
		if conn, err := net.Dial("tcp", c.broker.target); err == nil {
			_, _ = conn.Write(hello)
			_, _ = readPacket(bufio.NewReader(conn))
			conn.Close()
			tries++
		}
	}
	return tries
}
