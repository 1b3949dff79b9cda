package intake

import (
	"fmt"
	"testing"

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
