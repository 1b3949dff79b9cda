package source

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// What of the heard is bought is told as the running bridge said, or why it did not; of a rehearsal,
// in which nothing is sold, nothing is.
func TestWhatIsBoughtIsToldOrWhyNot(t *testing.T) {
	a, b := lorawan.DevEUI{1}, lorawan.DevEUI{2}
	for _, c := range []struct {
		bought  map[lorawan.DevEUI]bool
		unknown error
		says    string
	}{
		{map[lorawan.DevEUI]bool{a: true, b: true}, nil, "; bought: 1 devices of 2 that are, 3 uplinks"},
		{map[lorawan.DevEUI]bool{}, nil, "; bought: 0 devices of 0 that are, 0 uplinks"},
		{nil, errors.New("its token is missing"), "; what of it is bought the running bridge did not say: its token is missing"},
		{nil, nil, "of 1 devices"},
	} {
		o := overheard{all: 3, events: map[lorawan.Event]int{lorawan.EventUp: 3}, devices: map[lorawan.DevEUI]bool{a: true}, bought: map[lorawan.DevEUI]int{}}
		if c.bought[a] {
			o.bought[a] = 3
		}
		said, err := o.tell(config.Source{Kind: config.KindMQTT}, nil, time.Second, "", c.bought, c.unknown)
		if err != nil || !strings.HasSuffix(said, c.says) {
			t.Errorf("%q, %v; want %q", said, err, c.says)
		}
	}
}
