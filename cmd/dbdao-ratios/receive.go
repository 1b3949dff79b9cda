package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/load"
)

// form tells which reading a message is: what stands before the device's name, how long
// the name is, and what stands before the counter.
type form struct {
	device  []byte
	length  int
	counter []byte
}

var (
	parcels = form{[]byte(`"dev":"`), 66, []byte(`"f_cnt":`)}
	metrics = form{[]byte(`"dev_eui":"`), 16, []byte(`"fCnt":`)}
	events  = form{[]byte(`"devEui":"`), 16, []byte(`"fCnt":`)}
)

// receiver counts what arrives in a run, each reading once.
type receiver struct {
	form
	number  map[string]int
	devices int // that send
	sent    []atomic.Int64
	from    int // messages before are not timed

	mu      sync.Mutex
	got     []bool
	times   []time.Duration
	alien   int
	total   atomic.Int64
	repeats atomic.Int64
}

func (s *stage) receiver(f form, devices, most int) *receiver {
	return &receiver{form: f, number: s.number, devices: devices, sent: make([]atomic.Int64, most), got: make([]bool, most)}
}

// sending notes when a message leaves.
func (r *receiver) sending(i int) { r.sent[i].Store(time.Now().UnixNano()) }

// take finds the readings in what arrived, one or many.
func (r *receiver) take(b []byte) {
	now := time.Now().UnixNano()
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		i, rest := r.next(b)
		if rest == nil {
			return
		}
		b = rest
		switch {
		case i < 0 || i >= len(r.got):
			r.alien++
		case r.got[i]:
			r.repeats.Add(1)
		default:
			r.got[i] = true
			r.total.Add(1)
			if i >= r.from {
				r.times = append(r.times, time.Duration(now-r.sent[i].Load()))
			}
		}
	}
}

// next gives the number of the first reading's message, and what is behind it. Members may
// stand in either order, but those of a reading stand together.
func (r *receiver) next(b []byte) (i int, rest []byte) {
	dev, cnt := bytes.Index(b, r.device), bytes.Index(b, r.counter)
	if dev < 0 || cnt < 0 || dev+len(r.device)+r.length > len(b) {
		return 0, nil
	}
	name := b[dev+len(r.device):][:r.length]
	digits := b[cnt+len(r.counter):]
	end := bytes.IndexFunc(digits, func(c rune) bool { return c < '0' || c > '9' })
	n, err := strconv.Atoi(string(digits[:max(end, 0)]))
	no, known := r.number[string(name)]
	rest = b[max(dev+len(r.device)+r.length, cnt+len(r.counter)+max(end, 0)):]
	if err != nil || !known {
		return -1, rest
	}
	return (n-load.First)*r.devices + no, rest
}

// percentile of the times, which it sorts.
func (r *receiver) percentile(p float64) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.times) == 0 {
		return 0
	}
	slices.Sort(r.times)
	return r.times[min(len(r.times)-1, int(p*float64(len(r.times))))]
}

// httpSink is a plain web server that takes everything.
type httpSink struct {
	server *http.Server
	to     atomic.Pointer[receiver]
}

func (s *stage) listen() (*httpSink, error) {
	l, err := net.Listen("tcp", local(s.ports.http))
	if err != nil {
		return nil, err
	}
	h := &httpSink{}
	pool := sync.Pool{New: func() any { return new(bytes.Buffer) }}
	h.server = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := pool.Get().(*bytes.Buffer)
		defer pool.Put(b)
		b.Reset()
		if _, err := b.ReadFrom(r.Body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if to := h.to.Load(); to != nil {
			to.take(b.Bytes())
		}
		w.WriteHeader(http.StatusNoContent)
	})}
	go func() { _ = h.server.Serve(l) }()
	return h, nil
}

func (h *httpSink) close() { _ = h.server.Close() }

// subscribe reads a broker's messages until ctx ends, with QoS 1 and a clean session: what
// a buyer's own program does at his broker.
func subscribe(ctx context.Context, broker, id, topic string, to *receiver) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", broker)
	if err != nil {
		return err
	}
	field := func(b []byte, s string) []byte {
		return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
	}
	connect := field(append(field(nil, "MQTT"), 4, 2, 0, 0), id) // MQTT 3.1.1, section 3.1
	filter := append(field([]byte{0, 1}, topic), 1)              // section 3.8
	b := append(binary.AppendUvarint([]byte{0x10}, uint64(len(connect))), connect...)
	b = append(binary.AppendUvarint(append(b, 0x82), uint64(len(filter))), filter...)
	if _, err := conn.Write(b); err != nil {
		return errors.Join(err, conn.Close())
	}
	in := bufio.NewReaderSize(conn, 1<<16)
	answers := make([]byte, 9) // CONNACK, SUBACK
	if _, err := io.ReadFull(in, answers); err != nil || answers[3] != 0 || answers[8] > 1 {
		return errors.Join(fmt.Errorf("subscribe at %s: %x", broker, answers), err, conn.Close())
	}
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	go read(conn, in, to)
	return nil
}

func read(conn net.Conn, in *bufio.Reader, to *receiver) {
	var acks, body []byte
	for {
		if in.Buffered() == 0 && len(acks) > 0 {
			if _, err := conn.Write(acks); err != nil {
				return
			}
			acks = acks[:0]
		}
		kind, err := in.ReadByte()
		if err != nil {
			return
		}
		n, err := binary.ReadUvarint(in)
		if err != nil {
			return
		}
		body = slices.Grow(body[:0], int(n))[:n]
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		if kind>>4 != 3 {
			continue
		}
		at := 2 + int(binary.BigEndian.Uint16(body))
		if kind>>1&3 == 1 {
			acks = append(acks, 0x40, 2, body[at], body[at+1])
			at += 2
		}
		to.take(body[at:])
	}
}
