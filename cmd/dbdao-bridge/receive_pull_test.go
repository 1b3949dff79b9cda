package main

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"golang.org/x/time/rate"
)

func TestASetOfReadingsIsASet(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var s seqs
		is := map[uint32]bool{}
		for range 60 {
			n := uint32(r.IntN(40))
			if r.IntN(20) == 0 {
				n = ^uint32(0) - n%3
			}
			before, text := s, fmt.Sprint(s)
			s, is[n] = s.with(n), true
			if fmt.Sprint(before) != text {
				t.Fatalf("%s became %v", text, before)
			}
		}
		for i, run := range s {
			if run[0] > run[1] || i > 0 && uint64(s[i-1][1])+1 >= uint64(run[0]) {
				t.Fatalf("%v", s)
			}
		}
		for n := range uint32(45) {
			if _, has := s.find(n); has != is[n] {
				t.Fatalf("%d is in %v: %v, want %v", n, s, has, is[n])
			}
		}
		if int(s.count()) != len(is) {
			t.Fatalf("%v has %d, want %d", s, s.count(), len(is))
		}
	}
}

// bridgeOf serves the readings of purchase 3 as a bridge does: 100 at most behind a cursor.
type bridgeOf struct {
	n     int          // readings
	gone  map[int]bool // without a body
	fails int          // the request that is refused, from 1; 0: none
	lies  bool         // each page has other readings that are gone, for ever

	asked int
}

func (b *bridgeOf) serve(t *testing.T, key ed25519.PrivateKey) *api.Client {
	bodies := []string{}
	prev := common.Hash{}
	for seq := range b.n {
		bodies = append(bodies, fmt.Sprintf(`{"id":"msg_%d","purchase":3,"seq":%d,"prev":"%s"}`, seq, seq, prev))
		prev = crypto.Keccak256Hash([]byte(bodies[seq]))
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.asked++; b.asked == b.fails {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		after := -1
		if text := r.URL.Query().Get("after"); text != "" {
			after, _ = strconv.Atoi(text)
		}
		page := api.Page{Readings: []api.PageReading{}, Cursor: r.URL.Query().Get("after"), ID: "bat_1", Timestamp: "1"}
		content := []byte("bat_1.1.")
		for seq := after + 1; len(page.Readings) < 100 && (seq < b.n || b.lies); seq++ {
			one := api.PageReading{Seq: uint32(seq), Acknowledged: true}
			if seq < b.n && !b.gone[seq] {
				one.Body = bodies[seq]
			}
			content = append(append(content, one.Body...), '\n')
			page.Readings, page.Cursor = append(page.Readings, one), strconv.Itoa(seq)
		}
		page.Signature = "v1a," + base64.StdEncoding.EncodeToString(ed25519.Sign(key, content))
		_ = json.NewEncoder(w).Encode(page)
	}))
	t.Cleanup(server.Close)
	return api.NewClient(server.URL, "session")
}

// What was received is what is on disk, each reading once, over restarts; a pull of everything brings
// what is missing there, and says of itself whether it came to its end.
func TestAPullOfEverythingFindsWhatIsMissing(t *testing.T) {
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	gone := map[int]bool{}
	for seq := 5; seq < 30; seq++ { // 5 to 9 are stored
		gone[seq] = true
	}
	for name, c := range map[string]struct {
		bridge            bridgeOf
		complete          bool
		received, excused uint32
		stored            int // by the pull
	}{
		"all of it":                    {bridgeOf{n: 325}, true, 325, 0, 315},
		"bodies whose time is over":    {bridgeOf{n: 325, gone: gone}, true, 305, 20, 295},
		"an end in the middle":         {bridgeOf{n: 325, fails: 3}, false, 200, 0, 190},
		"nothing new":                  {bridgeOf{n: 10}, true, 10, 0, 0},
		"less than what was delivered": {bridgeOf{n: 3}, true, 10, 0, 0},
		"readings without an end":      {bridgeOf{n: 10, lies: true}, false, 10, 0, 0},
	} {
		dir := t.TempDir()
		r := &receiver{key: public, client: c.bridge.serve(t, key), pace: rate.NewLimiter(rate.Inf, 1), state: filepath.Join(dir, "receive.json"),
			marks: map[market.PurchaseID]*mark{3: {Cursor: "9000", Seq: 9, Digest: common.Hash{1}, Have: seqs{{0, 9}}}}}
		var stored []string
		r.store = func(_ context.Context, _ market.PurchaseID, bodies []string) error {
			stored = append(stored, bodies...)
			return nil
		}
		for range 2 { // the second brings nothing new
			done, err := r.pullAll(t.Context(), 3, 100)
			if done.Complete != c.complete || (err == nil) != c.complete || c.complete && (done.Received != c.received || done.Excused != c.excused) || len(stored) != c.stored {
				t.Errorf("%s: %+v, %v, %d stored", name, done, err, len(stored))
			}
			if c.bridge.fails > 0 {
				break
			}
		}
		if c.stored > 0 {
			marks, err := readMarks(r.state)
			if err != nil || marks[3].Have.count() != c.received || marks[3].Cursor != "9000" || marks[3].Seq != 9 {
				t.Errorf("%s: after a restart %+v, %v", name, marks[3], err)
			}
		}
		seen := map[string]bool{}
		for _, body := range stored {
			if seen[body] || !strings.Contains(body, `"purchase":3`) {
				t.Errorf("%s: stored twice, or wrong: %s", name, body)
			}
			seen[body] = true
		}
	}
}

// A state file of a former version knows the last reading only: nothing before it is missed.
func TestAFormerStateFileIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "receive.json")
	if err := os.WriteFile(path, []byte(`{"3":{"cursor":"17","seq":17,"digest":"0x`+strings.Repeat("11", 32)+`"},"4":{"cursor":"","seq":0,"digest":"0x`+strings.Repeat("00", 32)+`"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	marks, err := readMarks(path)
	if err != nil || marks[3].Have.count() != 18 || marks[4].Have.count() != 0 {
		t.Errorf("%+v, %v", marks, err)
	}
}

// Readings that were lost with a ledger of the operator's excuse a claim only if that was noticed while
// no run of the program had fetched everything.
func TestWhatWasLostWhileNobodyLookedIsExcused(t *testing.T) {
	v := &api.DeliveryView{}
	for at, n := range map[uint64]uint32{50: 1, 100: 2, 101: 4, 200: 8, 201: 16} {
		v.Lost = append(v.Lost, settlement.Lost{At: at, Count: n})
	}
	if n := lostBetween(v, 100, 200); n != 4+8 {
		t.Errorf("%d are excused", n)
	}
	if n := lostBetween(v, 0, 0); n != 0 {
		t.Errorf("%d are excused before anything was fetched", n)
	}
}
