package amqp

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
)

// liar is a broker that greets as one does, and then says what a test wants.
func liar(t *testing.T, say func(c net.Conn)) (address string) {
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
				if _, err := io.ReadFull(c, make([]byte, 8)); err != nil {
					return
				}
				method := func(channel, class, id uint16, args string) {
					payload := append(binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, class), id), args...)
					frame := binary.BigEndian.AppendUint32(append([]byte{1}, byte(channel>>8), byte(channel)), uint32(len(payload)))
					_, _ = c.Write(append(append(frame, payload...), 0xce))
				}
				next := func() { // a frame of the client's
					head := make([]byte, 7)
					if _, err := io.ReadFull(c, head); err == nil {
						_, _ = io.CopyN(io.Discard, c, int64(binary.BigEndian.Uint32(head[3:]))+1)
					}
				}
				method(0, 10, 10, "\x00\x09\x00\x00\x00\x00\x00\x00\x00\x05PLAIN\x00\x00\x00\x05en_US")
				next()
				method(0, 10, 30, "\x00\x00\x00\x02\x00\x00\x00\x00")
				next()
				next()
				method(0, 10, 41, "\x00")
				next()
				method(1, 20, 11, "\x00\x00\x00\x00")
				next()
				method(1, 85, 11, "")
				say(c)
			}()
		}
	}()
	return l.Addr().String()
}

// Confirms of what was never sent, and returns of it, without end: nothing is called taken
// that was not confirmed, nothing grows (a mebibyte, then it is cut off, or waits), and the attempt ends in time.
func TestABrokerThatConfirmsWithoutEndGetsNowhere(t *testing.T) {
	ack := "\x01\x00\x01\x00\x00\x00\x0d\x00\x3c\x00\x50" // basic.ack, then tag and bit
	for name, say := range map[string]func(c net.Conn){
		"confirms of tags never sent": func(c net.Conn) {
			for tag := uint64(1000); ; tag++ {
				if _, err := c.Write(append(binary.BigEndian.AppendUint64([]byte(ack), tag), 0, 0xce)); err != nil {
					return
				}
			}
		},
		"returns of what was never sent": func(c net.Conn) {
			back := "\x01\x00\x01\x00\x00\x00\x12\x00\x3c\x00\x32\x01\x38\x08NO_ROUTE\x00\x00\xce" + // basic.return
				"\x02\x00\x01\x00\x00\x00\x0e\x00\x3c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xce" // an empty content
			for {
				if _, err := c.Write([]byte(back)); err != nil {
					return
				}
			}
		},
		"a frame of four gigabytes": func(c net.Conn) {
			_, _ = c.Write([]byte("\x01\x00\x01\xff\xff\xff\xff\x00\x3c\x00\x50"))
			_, _ = io.Copy(io.Discard, c)
		},
	} {
		_, s := sinktest.Open(t, Kind, config(liar(t, say), "routing_key", "q"))
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		res := s.Deliver(ctx, delivery.NewBatch(0, sinktest.Parcels(1, 0, 3)))
		cancel()
		if res.Taken != 0 || res.Reason.None() {
			t.Errorf("%s: %+v", name, res)
		}
	}
}
