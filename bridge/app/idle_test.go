package app

import (
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
)

func TestADevelopmentChainWithoutBlocksIsNoticed(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(1_800_000_000+int64(s), 0) }
	first, second := market.Position{Number: 7}, market.Position{Number: 8}
	var anvil, public idle
	for _, c := range []struct {
		head  market.Position
		after int // seconds
		want  time.Duration
	}{
		{first, 0, 0}, {first, 59, 0}, {first, 60, time.Minute}, {first, 90, 90 * time.Second},
		{second, 91, 0}, {second, 150, 0}, {second, 151, time.Minute},
	} {
		if got := anvil.look(31337, c.head, at(c.after)); got != c.want {
			t.Errorf("block %d after %d s: %v, want %v", c.head.Number, c.after, got, c.want)
		}
		if got := public.look(1, c.head, at(c.after)); got != 0 {
			t.Errorf("a public chain after %d s: %v", c.after, got)
		}
	}
}
