package ledger

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// sumOf is the payload hash of the reading a device sends under a counter.
func sumOf(fCnt uint32) uint32 { return fCnt*2654435761 + 1 }

// TestAWindowTakesEveryCounterOnce holds a window to a plain set: what was taken is
// never taken again, live or by back-fill; what was not can be repaired as long as
// no gap was forgotten; and a stored window reads back as it was.
func TestAWindowTakesEveryCounterOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, taken := &window{}, map[uint32]bool{}
		newest, forgotten := uint32(0), false
		for range rapid.IntRange(1, 60).Draw(t, "uplinks") {
			fCnt := newest
			switch rapid.IntRange(0, 5).Draw(t, "kind") {
			case 0, 1:
				fCnt += rapid.Uint32Range(0, 3).Draw(t, "ahead")
			case 2:
				fCnt += rapid.Uint32Range(0, 2_000).Draw(t, "far ahead")
			default:
				fCnt -= min(newest, rapid.Uint32Range(0, 3_000).Draw(t, "behind"))
			}
			repaired := rapid.Bool().Draw(t, "repaired")
			first := len(taken) == 0
			got := w.take(fCnt, sumOf(fCnt), repaired)
			if got == Posted && taken[fCnt] {
				t.Fatalf("f_cnt %d was taken twice", fCnt)
			}
			inReach := first || fCnt > newest || newest-fCnt < windowBits || repaired
			if !taken[fCnt] && inReach && !forgotten && got != Posted {
				t.Fatalf("f_cnt %d (newest %d, repaired %v) was never taken and is %s", fCnt, newest, repaired, got)
			}
			if got == Posted {
				taken[fCnt] = true
			}
			if taken[fCnt] && got == Reset && inReach && newest-fCnt < windowBits {
				t.Fatalf("the same reading under f_cnt %d is a reset", fCnt)
			}
			newest = w.newest
			forgotten = forgotten || len(w.gaps) == gapsMax

			k := []byte("12345678\x00")
			again, err := decodeWindow(k, bind(bWindows, k, w.encode()))
			if err != nil || !reflect.DeepEqual(&again, w) {
				t.Fatalf("stored %+v, read %+v (%v)", w, again, err)
			}
		}
	})
}

func TestAnotherReadingUnderAUsedCounterIsAReset(t *testing.T) {
	w := &window{}
	for f := range uint32(50) {
		w.take(f, sumOf(f), false)
	}
	for _, c := range []struct {
		why      string
		f, sum   uint32
		repaired bool
		want     Verdict
	}{
		{"a retransmission", 49, sumOf(49), false, Repeat},
		{"an older one", 20, sumOf(20), false, Repeat},
		{"another payload", 49, sumOf(1), false, Reset},
		{"another payload long ago, when hashes are forgotten", 2, sumOf(1), false, Repeat},
		{"another payload by back-fill", 49, sumOf(1), true, Repeat},
	} {
		if got := w.take(c.f, c.sum, c.repaired); got != c.want {
			t.Errorf("%s: %s, want %s", c.why, got, c.want)
		}
	}
}

func TestApplicationsBeforeAndAfterTheMoveToV4AreOne(t *testing.T) {
	for id, want := range map[string]string{
		"1234": "1234", "00000000-0000-0000-0000-000000001234": "1234", "00000000-0000-0000-0000-00000000ABCD": "00000000-0000-0000-0000-00000000abcd",
		"1F1E46B9-af07-462a-8475-c02cf6225c0b": "1f1e46b9-af07-462a-8475-c02cf6225c0b", "my-app": "my-app",
	} {
		if got := canonicalApplication(id); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}
