// Package load publishes uplinks to an MQTT broker at rates that measure the broker
// and what stands behind it, not the publisher: messages are rendered beforehand,
// with only the counter changed in place, and written as raw MQTT packets.
//
// It refuses to be a good MQTT client: no reconnection, no TLS, no session.
package load

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// Format is a format of application-level events.
type Format = sim.Format

// Options say what to publish.
type Options struct {
	Broker             string // host:port
	Username, Password string
	Messages           int
	Rate               float64 // a second; 0: no limit
	Devices            int
	QoS                byte
	InFlight           int
	Format             Format
	Seed               uint64
	Timeout            time.Duration
}

// Report says what was published and what it cost this process.
type Report struct {
	Messages     int     `json:"messages"`
	Bytes        int64   `json:"bytes"`
	Seconds      float64 `json:"seconds"`
	PerSecond    float64 `json:"messages_per_second"`
	RenderCPU    float64 `json:"render_cpu_seconds"`   // before the first message
	PublishCPU   float64 `json:"publish_cpu_seconds"`  // from the first to the last
	CPUPer100k   float64 `json:"cpu_seconds_per_100k"` // of publishing
	Acknowledged int64   `json:"acknowledged"`         // QoS 1
}

// First is where counters begin: their width in a message never changes. It
// has seven digits, and four bytes as a varint.
const First = 3_000_000

// counterMax keeps them so.
const counterMax = 9_999_999

// template is a device's PUBLISH packet.
type template struct {
	packet []byte
	id     int // offset of the packet identifier; 0: QoS 0
	fCnt   int // offset of the counter
	body   int // offset of the message
	text   bool
}

// Load is uplinks rendered beforehand: message number i is uplink i/Devices of device
// i%Devices, and has the counter First plus that. It is used by one goroutine at a time.
type Load struct {
	o         Options
	all       []template
	devices   []lorawan.DevEUI
	renderCPU float64
}

// Devices are the devices, in the order in which they take turns.
func (l *Load) Devices() []lorawan.DevEUI { return l.devices }

// Body is the message of a device, by its place among [Load.Devices], as it was sent last.
func (l *Load) Body(device int) []byte { return l.all[device].packet[l.all[device].body:] }

// Prepare renders the uplinks. Messages need not be set before Run.
func Prepare(o Options) (*Load, error) {
	if o.Devices < 1 || o.QoS > 1 {
		return nil, errors.New("devices must be positive, qos 0 or 1")
	}
	before := cpu()
	all, devices, err := templates(&o)
	if err != nil {
		return nil, err
	}
	return &Load{o: o, all: all, devices: devices, renderCPU: cpu() - before}, nil
}

// Run publishes the messages. Those of a device are in order, and devices take turns.
func Run(ctx context.Context, o Options) (*Report, error) {
	l, err := Prepare(o)
	if err != nil {
		return nil, err
	}
	return l.Publish(ctx, o.Broker, 0, o.Messages, o.Rate, nil)
}

// Publish publishes n messages from number from on to a broker, at a rate a second (0: no
// limit). sent, unless nil, is told of each just before it is written.
func (l *Load) Publish(ctx context.Context, broker string, from, n int, rate float64, sent func(i int)) (*Report, error) {
	if from < 0 || n < 1 {
		return nil, errors.New("messages must be positive")
	}
	if (from+n)/len(l.all) > counterMax-First {
		return nil, fmt.Errorf("at most %d messages a device", counterMax-First)
	}
	o := l.o
	o.Broker = broker
	ctx, cancel := context.WithTimeout(ctx, max(o.Timeout, time.Second))
	defer cancel()
	rep := &Report{Messages: n, RenderCPU: l.renderCPU}
	conn, err := connect(ctx, &o)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })
	defer stop()

	p := &publisher{conn: conn, out: bufio.NewWriterSize(conn, 1<<16), window: make(chan struct{}, min(max(o.InFlight, 1), 60_000)), failed: make(chan error, 1)}
	go p.acknowledgements()
	before := cpu()
	started := time.Now()
	for i := from; i < from+n; i++ {
		if err := p.pace(started, i-from, rate); err != nil {
			return nil, err
		}
		if sent != nil {
			sent(i)
		}
		t := &l.all[i%len(l.all)]
		if err := p.publish(t, First+uint32(i/len(l.all)), i); err != nil {
			return nil, err
		}
		rep.Bytes += int64(len(t.packet))
	}
	if err := p.finish(ctx, o.QoS, n); err != nil {
		return nil, err
	}
	rep.Seconds = time.Since(started).Seconds()
	rep.PublishCPU = cpu() - before
	rep.PerSecond = float64(n) / rep.Seconds
	rep.CPUPer100k = rep.PublishCPU / float64(n) * 100_000
	rep.Acknowledged = p.acked.Load()
	return rep, nil
}

// pace waits until message number i of a run is due, if that is a millisecond or more away.
func (p *publisher) pace(started time.Time, i int, rate float64) error {
	if rate <= 0 {
		return nil
	}
	wait := time.Until(started.Add(time.Duration(float64(i) / rate * float64(time.Second))))
	if wait < time.Millisecond {
		return nil
	}
	if err := p.out.Flush(); err != nil {
		return err
	}
	time.Sleep(wait)
	return nil
}

// cpu is the processor time this process has used, in seconds.
func cpu() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return seconds(u.Utime) + seconds(u.Stime)
}

// templates lets each device join and send once, and keeps the packets.
func templates(o *Options) (all []template, euis []lorawan.DevEUI, err error) {
	devices := sim.Fleet(o.Seed, o.Devices, sim.FleetSetup{ABP: true, FCnt: First, NoDutyCycle: true, Radius: 300})
	w, err := sim.New(sim.Setup{Seed: o.Seed, Start: time.Now().Add(-time.Minute), Region: sim.Regions["us915"], Devices: devices, Gateways: sim.Grid(o.Seed, 2, 200)})
	if err != nil {
		return nil, nil, err
	}
	byDevice := map[*sim.Device]*template{}
	var fault error
	w.Event = func(e *sim.Event) {
		topic, body := o.Format.Render(e)
		t, err := packet(topic, body, o.QoS)
		if err != nil {
			fault = err
		}
		byDevice[e.Device] = t
	}
	for _, d := range w.Devices() {
		w.Measure(d)
	}
	w.RunUntil(w.Now().Add(time.Minute))
	if fault != nil {
		return nil, nil, fault
	}
	for _, d := range w.Devices() {
		t := byDevice[d]
		if t == nil {
			return nil, nil, fmt.Errorf("device %s was not heard", d.DevEUI)
		}
		all, euis = append(all, *t), append(euis, d.DevEUI)
	}
	return all, euis, nil
}

// packet makes a PUBLISH packet (MQTT 3.1.1, section 3.3) and finds its counter.
func packet(topic string, body []byte, qos byte) (*template, error) {
	t := &template{}
	n := 2 + len(topic) + len(body) + 2*int(qos)
	b := []byte{0x30 | qos<<1}
	b = binary.AppendUvarint(b, uint64(n)) // the remaining length has the form of a varint
	b = binary.BigEndian.AppendUint16(b, uint16(len(topic)))
	b = append(b, topic...)
	if qos > 0 {
		t.id = len(b)
		b = append(b, 0, 0)
	}
	text, wire := strconv.AppendUint(nil, First, 10), binary.AppendUvarint(nil, First)
	at := bytes.Index(body, text)
	if t.text = len(body) > 0 && body[0] == '{'; !t.text {
		at = bytes.Index(body, wire)
		text = wire
	}
	if at < 0 || bytes.Count(body, text) != 1 {
		return nil, errors.New("bug: a message does not show its counter exactly once")
	}
	t.fCnt, t.body = len(b)+at, len(b)
	t.packet = append(b, body...)
	return t, nil
}

// publisher writes packets and reads what comes back.
type publisher struct {
	conn   net.Conn
	out    *bufio.Writer
	window chan struct{} // one for each unacknowledged packet
	acked  atomic.Int64
	failed chan error
}

func (p *publisher) publish(t *template, fCnt uint32, i int) error {
	if t.text {
		n := fCnt
		for at := t.fCnt + 6; at >= t.fCnt; at-- {
			t.packet[at] = byte('0' + n%10)
			n /= 10
		}
	} else {
		binary.PutUvarint(t.packet[t.fCnt:t.fCnt+4], uint64(fCnt))
	}
	if t.id > 0 {
		select {
		case p.window <- struct{}{}:
		default: // full: what is written must leave before an answer can come
			if err := p.out.Flush(); err != nil {
				return err
			}
			select {
			case p.window <- struct{}{}:
			case err := <-p.failed:
				return err
			}
		}
		binary.BigEndian.PutUint16(t.packet[t.id:], uint16(1+i%65_535))
	}
	_, err := p.out.Write(t.packet)
	return err
}

// acknowledgements reads PUBACK packets until the connection ends.
func (p *publisher) acknowledgements() {
	in := bufio.NewReader(p.conn)
	var b [4]byte
	for {
		if _, err := io.ReadFull(in, b[:2]); err != nil {
			p.failed <- fmt.Errorf("the broker hung up: %w", err)
			return
		}
		if _, err := io.ReadFull(in, b[:min(int(b[1]), 4)]); err != nil {
			p.failed <- fmt.Errorf("the broker hung up: %w", err)
			return
		}
		if len(p.window) > 0 {
			<-p.window
			p.acked.Add(1)
		}
	}
}

// finish waits until everything has left and, for QoS 1, is acknowledged.
func (p *publisher) finish(ctx context.Context, qos byte, n int) error {
	if err := p.out.Flush(); err != nil {
		return err
	}
	for qos > 0 && p.acked.Load() < int64(n) {
		select {
		case err := <-p.failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	_, err := p.conn.Write([]byte{0xe0, 0}) // DISCONNECT
	return err
}

// connect opens a clean session (MQTT 3.1.1, section 3.1).
func connect(ctx context.Context, o *Options) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", o.Broker)
	if err != nil {
		return nil, err
	}
	field := func(b []byte, s string) []byte {
		return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
	}
	flags := byte(0x02)
	if o.Username != "" {
		flags |= 0xc0
	}
	b := append(field(nil, "MQTT"), 4, flags, 0, 0)
	b = field(b, fmt.Sprintf("hardware-sim-load-%d", o.Seed))
	if o.Username != "" {
		b = field(field(b, o.Username), o.Password)
	}
	if _, err := conn.Write(append(binary.AppendUvarint([]byte{0x10}, uint64(len(b))), b...)); err != nil {
		_ = conn.Close()
		return nil, err
	}
	var ack [4]byte
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.ReadFull(conn, ack[:]); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("the broker did not answer: %w", err)
	}
	if ack[0] != 0x20 || ack[3] != 0 {
		_ = conn.Close()
		return nil, fmt.Errorf("the broker refused the connection (code %d)", ack[3])
	}
	_ = conn.SetReadDeadline(time.Time{})
	return conn, nil
}
