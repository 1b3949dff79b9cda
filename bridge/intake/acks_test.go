package intake

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
)

func TestAcksKeepTheOrderOfArrival(t *testing.T) {
	a := NewAcks()
	var all []Arrival
	for i := range 3000 {
		all = append(all, a.Arrive(mqtt.Message{Topic: fmt.Sprint(i)}))
	}
	for i := len(all) - 1; i > 0; i-- {
		all[i].Done.Tell(End{Fate: FatePosted})
	}
	if got := a.take(nil); len(got) != 0 {
		t.Fatalf("%d acknowledged before the first", len(got))
	}
	all[0].Done.Tell(End{Fate: FatePosted})
	for i := 0; i < 3000; {
		got := a.take(nil)
		if len(got) == 0 {
			t.Fatalf("stopped after %d", i)
		}
		for _, m := range got {
			if m.Topic != fmt.Sprint(i) {
				t.Fatalf("acknowledged %s where %d was due", m.Topic, i)
			}
			i++
		}
	}
}

// What is held is bounded: the connection waits until some of it has ended, or for a moment, so
// that it is not taken for dead.
func TestMuchThatHasNotEndedHoldsTheConnectionUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAcks()
		payload := make([]byte, heldMost/4)
		var all []Arrival
		began := time.Now()
		for range 4 {
			all = append(all, a.Receive(mqtt.Message{Payload: payload}))
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("what there is room for waited %s", took)
		}
		a.Receive(mqtt.Message{Payload: payload})
		if took := time.Since(began); took != moment {
			t.Errorf("the connection was held up for %s, want %s", took, moment)
		}
		go func() {
			time.Sleep(moment / 4)
			for _, one := range all[1:3] {
				one.Done.Tell(End{Fate: FatePosted})
			}
		}()
		a.Receive(mqtt.Message{})
		if took := time.Since(began); took != moment+moment/4 {
			t.Errorf("it went on after %s, want as soon as there was room", took-moment)
		}
	})
}

// While arrivals are handed over nobody is woken for each that ends: Idle acknowledges them.
func TestArrivalsThatEndWhileTheyAreHandedOverAreAcknowledgedTogether(t *testing.T) {
	a := NewAcks()
	for range 3 {
		a.Receive(mqtt.Message{}).Done.Tell(End{Fate: FateUnbought})
	}
	late := a.Receive(mqtt.Message{})
	if len(a.wake) != 0 || a.Pending() != 4 {
		t.Fatalf("woken %d times, %d pending", len(a.wake), a.Pending())
	}
	if a.Idle(); a.Pending() != 1 {
		t.Fatalf("%d pending when idle, want the one that has not ended", a.Pending())
	}
	if late.Done.Tell(End{Fate: FatePosted}); len(a.wake) != 1 {
		t.Error("nobody was woken for one that ended later")
	}
}

// R4: an arrival that was not committed held up every acknowledgement behind it, and never came again.
func TestAnArrivalThatWasNotCommittedEndsTheConnectionAndHoldsUpNothing(t *testing.T) {
	a := NewAcks()
	first, refused, last := a.Arrive(mqtt.Message{Topic: "1"}), a.Arrive(mqtt.Message{Topic: "2"}), a.Arrive(mqtt.Message{Topic: "3"})
	last.Done.Tell(End{Fate: FatePosted})
	first.Done.Tell(End{Fate: FatePosted})
	if len(a.Cut()) != 0 {
		t.Error("all that has ended was committed")
	}
	refused.Done.Tell(End{Fate: FateUncommitted})
	if len(a.Cut()) != 1 {
		t.Error("the connection goes on, on which it never comes again")
	}
	var got strings.Builder
	for _, m := range a.take(nil) {
		got.WriteString(m.Topic + ".")
	}
	if got.String() != "1.3." || a.Pending() != 0 {
		t.Errorf("acknowledged %q, %d pending", got.String(), a.Pending())
	}
}
