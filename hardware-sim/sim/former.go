package sim

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// Former is what earlier runs of a scenario have used up, as their truth logs tell. A network
// server or bridge that heard those takes counters, DevNonces and addresses that come again for
// replays: a world that has a Former goes on behind them. The zero value: there was no earlier run.
type Former struct {
	Ended time.Time // the time of the newest line, virtual

	logs    int
	highest uint32 // address our network server gave
	fCnt    map[lorawan.DevEUI]uint32
	joins   map[lorawan.DevEUI]join
}

// join is the last one of a device.
type join struct {
	at    time.Time
	nonce uint16
}

// Between a device's last join in the logs and their end it may have asked again in vain: so often at most.
const (
	requestEvery = joinDelay1 // no device asks again before the first receive window of a join
	requestsMost = 1 << 12
)

// Resumes is how long after the newest line of earlier runs a world may begin: DevNonces that
// are made from the clock are others then.
const Resumes = nonceEvery + 2*time.Second

// Add takes in the truth log of an earlier run; of several, the first one first. A last line that
// was cut off is passed over. It fails with a log that is none.
func (f *Former) Add(r io.Reader) error {
	if f.fCnt == nil {
		f.fCnt, f.joins = map[lorawan.DevEUI]uint32{}, map[lorawan.DevEUI]join{}
	}
	f.logs++
	dec := json.NewDecoder(r)
	for {
		var l formerLine
		err := dec.Decode(&l)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err == nil && l.Type == "" {
			err = errors.New("a line has no type")
		}
		if err != nil {
			return fmt.Errorf("not a truth log: %w", err)
		}
		f.line(&l)
	}
}

// formerLine is what counts of a Record here.
type formerLine struct {
	Type      string          `json:"type"`
	At        time.Time       `json:"at"`
	Device    lorawan.DevEUI  `json:"device"`
	Session   lorawan.DevAddr `json:"in_session"`
	DevNonce  uint16          `json:"dev_nonce"`
	FCnt      uint32          `json:"f_cnt"`
	Fault     Fault           `json:"fault"`
	Event     EventKind       `json:"event"`
	Counter   uint32          `json:"counter"`
	Confirmed bool            `json:"confirmed"`
}

func (f *Former) line(l *formerLine) {
	if l.At.After(f.Ended) {
		f.Ended = l.At
	}
	next := f.fCnt[l.Device]
	switch {
	case l.Type == "session":
		f.joins[l.Device] = join{l.At, l.DevNonce}
		f.highest = max(f.highest, binary.BigEndian.Uint32(l.Session[:]))
	case l.Type == "reading":
		next = max(next, l.FCnt+2) // a frame without a reading may follow each
		if l.Fault == FaultLate {
			next = max(next, l.FCnt+2+lateJump)
		}
	case l.Type == "message" && l.Event == EventUp:
		next = max(next, l.Counter+1)
	case l.Type == "downlink" && l.Confirmed:
		next++ // for its acknowledgement
	}
	f.fCnt[l.Device] = next
}

// Knows says whether a log tells of a device.
func (f *Former) Knows(dev lorawan.DevEUI) bool {
	_, known := f.fCnt[dev]
	return known
}

// source is one that no earlier run drew from; of a first run, the seed's.
func (f *Former) source(seed uint64, part string) *rand.Rand {
	if f.logs > 0 {
		part += "/after " + f.Ended.UTC().Format(time.RFC3339Nano)
	}
	return source(seed, part)
}

// devNonce is behind all a device has used; first is what its first run began with.
func (f *Former) devNonce(dev lorawan.DevEUI, first uint16) uint16 {
	j, joined := f.joins[dev]
	if !joined {
		return first + uint16(f.logs*requestsMost)
	}
	return j.nonce + uint16(min(f.Ended.Sub(j.at)/requestEvery+1, requestsMost))
}

// server has a network server give no address and no JoinNonce again. A device's JoinNonces are
// never above its DevNonce: it asks at least as often as it is answered.
func (f *Former) server(v *Server) {
	v.nextAddr = max(v.nextAddr, f.highest)
	if f.logs == 0 {
		return
	}
	for d, j := range v.joined {
		j.joinNonce = uint32(d.devNonce)
	}
}
