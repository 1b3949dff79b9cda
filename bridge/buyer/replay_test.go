package buyer

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/ethereum/go-ethereum/common"
)

// A buyer whose store lost something has what was delivered sent again: the same ids and
// bytes, in order, what has a receipt and nothing else, and no receipt is made or paid twice.
func TestWhatWasDeliveredIsSentAgain(t *testing.T) {
	for _, batch := range []int{1, 7} {
		t.Run(fmt.Sprint("batches of ", batch), func(t *testing.T) { replayDelivered(t, batch) })
	}
}

func replayDelivered(t *testing.T, batch int) {
	b, post, stop := shop(t, filepath.Join(t.TempDir(), "ledger.db"))
	defer stop()
	type arrival struct{ hook, body string }
	var mu sync.Mutex
	var got []arrival
	open := true
	refuse := "none"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if !open || strings.Contains(string(body), refuse) {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		hook := r.Header.Get("webhook-id")
		for line := range strings.Lines(string(body)) {
			got = append(got, arrival{hook, strings.TrimSuffix(line, "\n")})
		}
	}))
	defer server.Close()
	format := map[bool]string{true: "json", false: "ndjson"}[batch == 1]
	config := fmt.Sprintf(`{"url":%q,"batch":%d,"batch_wait":"20ms","body":%q}`, server.URL, batch, format)
	if _, err := b.SetDestination(ann, "", "store", api.DestinationInput{Kind: "http", Config: json.RawMessage(config)}); err != nil {
		t.Fatal(err)
	}
	var parcels []delivery.Parcel
	for i := range uint32(40) {
		parcels = append(parcels, post(i))
	}
	eventually(t, "all arrive", func() bool { return receipts(t, b) == 40 })
	mu.Lock()
	got, open = nil, false
	mu.Unlock()
	post(40) // under way, not delivered
	account := func() string { d, _, _ := b.ledger.Delivery(1); return fmt.Sprint(d.Receipts, d.Posted) }
	before := account()
	replay := func(r api.Range) api.Replay {
		t.Helper()
		done, err := b.Replay(t.Context(), 1, r)
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	if done := replay(api.Range{}); done != (api.Replay{}) {
		t.Errorf("without a range: %+v", done)
	}
	if done := replay(api.Range{From: new(uint32)}); done.Resent != 0 || done.Next == nil || *done.Next != 0 || done.Reason.Text != "HTTP 503" {
		t.Errorf("to a store that is away: %+v", done)
	}
	mu.Lock()
	open, refuse = true, string(parcels[30].ID)
	mu.Unlock()
	done := replay(api.Range{From: new(uint32(5)), To: new(uint32(35))})
	if batch == 1 && (done.Resent != 25 || done.Next == nil || *done.Next != 30 || done.Reason.Code != delivery.CodeAnswer) {
		t.Errorf("one is refused: %+v", done)
	}
	mu.Lock()
	refuse = "none"
	mu.Unlock()
	if rest := replay(api.Range{From: done.Next, To: new(uint32(35))}); done.Resent+rest.Resent != 30 || rest.Next != nil || !rest.Reason.None() {
		t.Errorf("and then the rest: %+v, %+v", done, rest)
	}
	mu.Lock()
	resent := slices.Clone(got)
	mu.Unlock()
	i := 0
	for _, a := range resent {
		if strings.Contains(a.body, `"seq":40,`) {
			continue // delivered meanwhile, the first time
		}
		if want := parcels[5+i]; a.body != string(want.Body) || batch == 1 && a.hook != string(want.ID) {
			t.Fatalf("sent again, the %dth is %+v, not %s", i, a, want.Body)
		}
		i++
	}
	if i != 30 {
		t.Errorf("%d readings were sent again", i)
	}
	eventually(t, "the one under way arrives by itself", func() bool { _ = b.RetryDestination(ann, "store"); return receipts(t, b) == 41 })
	if after := account(); after != strings.Replace(before, "40", "41", 1) {
		t.Errorf("the account was %s and is %s", before, after)
	}
	if done := replay(api.Range{From: new(uint32(41))}); done != (api.Replay{}) {
		t.Errorf("behind the end: %+v", done)
	}
}

// What is parked in the range comes back as well, and gets its receipt as ever; to pull
// means to fetch: nothing is sent.
func TestAReplayOfARangeBringsParkedOnesBack(t *testing.T) {
	b, post, stop := shop(t, filepath.Join(t.TempDir(), "ledger.db"))
	defer stop()
	if _, err := b.SetDestination(ann, "", "box", api.DestinationInput{Kind: "pull", Config: json.RawMessage(`{}`)}); err != nil {
		t.Fatal(err)
	}
	for i := range uint32(4) {
		post(i)
	}
	done := make(chan error, 1)
	b.ledger.Park(1, []uint32{1, 3}, delivery.Reason{Code: delivery.CodeRefused}, func(err error) { done <- err })
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	r, err := b.Replay(t.Context(), 1, api.Range{To: new(uint32(3))})
	if err != nil || r != (api.Replay{Unparked: 1}) {
		t.Errorf("%+v %v", r, err)
	}
}

func TestReplaysAreBounded(t *testing.T) {
	all := turns{what: "replay", most: replaysMax}
	var leave func()
	for i := range byte(replaysMax) {
		l, err := all.enter(common.Address{i})
		if err != nil {
			t.Fatal(err)
		}
		leave = l
	}
	if _, err := all.enter(common.Address{0}); err == nil {
		t.Error("two of one buyer")
	}
	if _, err := all.enter(common.Address{9}); err == nil {
		t.Error("too many")
	}
	leave()
	if _, err := all.enter(common.Address{9}); err != nil {
		t.Error(err)
	}
}

func TestABatchSentAgainEndsWhereItsRangeAndSizeDo(t *testing.T) {
	var some []ledger.Received
	for seq := range uint32(5) {
		body := fmt.Appendf(nil, `{"id":"msg_%d","f_cnt":%d,"received":"2026-09-10T07:14:22Z"}`, seq, seq)
		if seq == 1 {
			body = nil // its time is over
		}
		some = append(some, ledger.Received{Receipt: delivery.Receipt{Purchase: 1, Seq: seq, At: time.Unix(1, 0)}, Body: body})
	}
	for _, c := range []struct {
		bytes         int
		to            uint32
		seqs          string
		next, expired int
	}{
		{0, 9, "[0 2 3 4]", 5, 1}, {0, 3, "[0 2]", 3, 1}, {0, 1, "[0]", 1, 0}, {1, 9, "[0]", 1, 0}, {2 * len(some[0].Body), 9, "[0 2]", 3, 1}, {0, 0, "[]", 0, 0},
	} {
		batch, next, expired, err := again(some, c.bytes, c.to)
		seqs := []uint32{}
		for _, p := range batch.Parcels {
			seqs = append(seqs, p.Seq)
			if p.Received != 1789024462 || p.ID != delivery.ParcelID(fmt.Sprint("msg_", p.Seq)) || p.FCnt != p.Seq {
				t.Errorf("%+v", p)
			}
		}
		if err != nil || fmt.Sprint(seqs) != c.seqs || int(next) != c.next || expired != c.expired || len(seqs) > 0 && !batch.Again {
			t.Errorf("%d bytes up to %d: %v, next %d, %d expired, %v", c.bytes, c.to, seqs, next, expired, err)
		}
	}
	some[0].Body = []byte("{}")
	if _, _, _, err := again(some, 0, 9); err == nil {
		t.Error("an archive that holds something else")
	}
}
