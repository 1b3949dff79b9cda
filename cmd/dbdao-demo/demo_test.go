package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The demo is played whole, on its board: what the board says at the end is what the buyers' storage and
// the chain were found to hold, and the sensor nobody bought from stays in the house.
func TestTheDemoShowsWhatHappened(t *testing.T) {
	var screen bytes.Buffer
	tell := newTeller(&screen)
	tell.onScreen(func() int { return 200 })
	sum, err := play(t.Context(), 3*time.Second, 7, tell)
	tell.end()
	if err != nil {
		t.Fatal(err)
	}
	if err := sum.verdict(); err != nil {
		t.Fatal(err)
	}
	if sum.Uplinks < 10 || sum.Uplinks%5 != 0 || sum.Withheld != sum.Uplinks/5 || sum.Bought != sum.Uplinks/5*6 || sum.Delivered != sum.Bought || sum.Leaked != 0 {
		t.Errorf("%+v", sum)
	}
	frames := strings.Split(screen.String(), "dbdao-demo: ")
	last := regexp.MustCompile("\x1b\\[[0-9]*[AKJ]").ReplaceAllString(frames[len(frames)-1], "")
	each := sum.Uplinks / 5
	for _, want := range []struct {
		stream        int
		buyers        string
		arrived, kept int
	}{{1, "Ann", each, 0}, {2, "Ann, Bob", 2 * each, 0}, {5, "nobody", 0, each}} {
		line := regexp.MustCompile(fmt.Sprintf(`(?m)^\r?  %d .* %d   %s +%d +%d   `, want.stream, each, want.buyers, want.arrived, want.kept))
		if !line.MatchString(last) {
			t.Errorf("%+v of %d sent:\n%s", want, each, last)
		}
	}
	if !strings.Contains(last, fmt.Sprintf("%d withheld, 0 leaked", sum.Withheld)) || strings.Contains(last, "wei") {
		t.Error(last)
	}
	if len(frames) < 10 {
		t.Errorf("the board was drawn %d times", len(frames)-1)
	}
}
