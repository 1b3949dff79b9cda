package amqp1

import (
	"encoding/binary"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
)

// A broker that says more than it has to say makes the bridge hold little of it, whatever it says, and the
// attempt ends with nothing taken.
func TestAHostileBrokerMakesTheBridgeHoldLittle(t *testing.T) {
	if os.Getenv("DBDAO_LONG") == "" {
		t.Skip("it takes a minute: attempts that hang end with their time; DBDAO_LONG=1 runs it")
	}
	block := []byte(strings.Repeat("\x00", 64<<10))
	for name, then := range map[string]func(b *broker){
		"a frame of 4 GiB": func(b *broker) {
			_, _ = b.Write(append(binary.BigEndian.AppendUint32(nil, 0xfffffff0), 2, 0, 0, 0))
			for {
				if _, err := b.Write(block); err != nil {
					return
				}
			}
		},
		"a frame above what was agreed": func(b *broker) {
			b.send(0, 0x11, "\x60\x00\x00", uint32of(0), uint32of(5000), uint32of(5000), strings.Repeat("\x40", 1<<20))
			b.serve(accepted)
		},
		"sessions without end": func(b *broker) {
			for n := 0; ; n++ {
				body := described(0x11, "\x40", uint32of(0), uint32of(5000), uint32of(5000))
				frame := append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), 2, 0, byte(n>>8), byte(n))
				if _, err := b.Write(append(frame, body...)); err != nil {
					return
				}
			}
		},
		"links without end": func(b *broker) {
			b.send(0, 0x11, "\x60\x00\x00", uint32of(0), uint32of(5000), uint32of(5000))
			for n := uint32(0); ; n++ {
				body := described(0x12, text(strings.Repeat("l", 200)), uint32of(n), "\x41", "\x50\x00", "\x50\x00", described(0x28), described(0x29, text("q")))
				if _, err := b.Write(append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), 2, 0, 0, 0), body...)); err != nil {
					return
				}
			}
		},
		"nothing but keep-alives": func(b *broker) {
			for {
				if _, err := b.Write([]byte(strings.Repeat("\x00\x00\x00\x08\x02\x00\x00\x00", 1000))); err != nil {
					return
				}
			}
		},
	} {
		_, s := sinktest.Open(t, Kind, config(fake(t, then), "address", "q"))
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		res := send(t, s, sinktest.Parcels(1, 0, 2))
		runtime.ReadMemStats(&after)
		if res.Taken != 0 || res.Reason.None() {
			t.Errorf("%s: %+v", name, res)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
			t.Errorf("%s: the bridge took %d MiB", name, took>>20)
		}
		_ = s.Close()
	}
}
