package market

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// An entitlement that is replaced (a purchase extended, an offer changed) is there
// all the time: an uplink looked up meanwhile must not pass for unbought.
func TestAReplacedEntitlementIsNeverMissing(t *testing.T) {
	x := NewIndex(0, 0)
	dev := lorawan.DevEUI{7: 1}
	now := uint64(time.Now().Unix())
	e := func(end uint64) *Entitlement {
		return &Entitlement{Purchase: 9, DevEUI: dev, Start: now - 10, End: end, State: PurchaseActive, Interval: 1, Quota: 1}
	}
	x.SetHead(Position{Time: now}, time.Now())
	x.Set(e(now + 1000))
	var stop atomic.Bool
	done := make(chan int)
	go func() {
		missing := 0
		for !stop.Load() {
			if len(x.Lookup(dev)) != 1 || x.Standing(9, 0, now) != Deliver {
				missing++
			}
		}
		done <- missing
	}()
	for i := range uint64(20_000) {
		x.Set(e(now + 1000 + i))
	}
	stop.Store(true)
	if n := <-done; n > 0 {
		t.Errorf("missing %d times", n)
	}
	if d, p := x.Len(); d != 1 || p != 1 {
		t.Errorf("%d devices, %d purchases", d, p)
	}
	moved := e(now + 1000)
	moved.DevEUI = lorawan.DevEUI{7: 2}
	x.Set(moved)
	if x.Lookup(dev) != nil || len(x.Lookup(moved.DevEUI)) != 1 {
		t.Error("a purchase that moved to another device is found at the old one")
	}
	x.Remove(9)
	if d, p := x.Len(); d != 0 || p != 0 || x.Lookup(moved.DevEUI) != nil {
		t.Errorf("after removal %d devices, %d purchases", d, p)
	}
}
