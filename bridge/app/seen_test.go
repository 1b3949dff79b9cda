package app

import (
	"os"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
)

// R2: what the chain bore out is kept over a restart, and nothing else is.
func TestTheTimeThatTheChainBoreOutIsKept(t *testing.T) {
	d := newDesk(t)
	if err := d.writeTime(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(d.cfg.Path(seenFile))
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, string(text[:len(text)-1]))
	if head, _ := d.index.Head(); err != nil || at.Unix() > int64(head.Time) {
		t.Errorf("kept is %s, the head's time is %d: %v", text, head.Time, err)
	}
	if err := os.WriteFile(d.cfg.Path(seenFile), []byte(time.Now().Add(48*time.Hour).UTC().Format(time.RFC3339)), 0o600); err != nil {
		t.Fatal(err)
	}
	again := &parts{cfg: d.cfg, index: market.NewIndex(1, time.Hour)} // as after a start at which no node answers
	again.index.DoubtClock(clockDoubt, false)
	if off := again.index.ClockOff(); off != 0 {
		t.Errorf("without a witness the clock is doubted: %v", off)
	}
	again.recallTime() // this machine's clock is two days before a time that was right
	if off := again.index.ClockOff(); off > -47*time.Hour {
		t.Errorf("the clock is believed: %v", off)
	}
}
