package listings

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/internal/netguard"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/catalogue"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// stand is a market with a ledger of operator 1 and listings in step with it.
type stand struct {
	*Listings
	t     *testing.T
	chain *ledgertest.Chain
}

func open(t *testing.T, guard netguard.Guard) *stand {
	t.Helper()
	o := ledgertest.Options()
	s := &stand{t: t, chain: &ledgertest.Chain{}}
	_, signing, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	l := ledgertest.New(t, o)
	rules := contracts.Config{Quorum: 3, Notice: big.NewInt(86_400), MinStake: big.NewInt(1), Deposit: big.NewInt(1), Ttl: big.NewInt(1), ReviewMin: big.NewInt(1), Review: big.NewInt(1), ClaimWindow: big.NewInt(1), ChallengeAfter: big.NewInt(1)}
	s.Listings = New(Deps{Ledger: l, Index: o.Index, Operator: 1, Guard: guard, Dir: t.TempDir(), Signing: signing, Log: slog.New(slog.DiscardHandler), Pace: 20 * time.Millisecond,
		AskRules: func(context.Context) (contracts.Config, int, error) { return rules, 18, nil }})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { s.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	return s
}

func (s *stand) mine(events ...any) {
	s.t.Helper()
	if err := s.Ledger.Advance([]market.Block{s.chain.Mine(events...)}, 0); err != nil {
		s.t.Fatal(err)
	}
	s.Index.SetHead(s.chain.Head(), time.Now())
}

// finds waits until a search finds these streams, in this order.
func (s *stand) finds(q catalogue.Query, want ...market.StreamID) []api.StreamSummary {
	s.t.Helper()
	var page api.StreamList
	var err error
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		page, err = s.Search(q)
		var got []market.StreamID
		for _, one := range page.Streams {
			got = append(got, one.Stream)
		}
		if err == nil && slices.Equal(got, want) {
			return page.Streams
		}
		if time.Now().After(end) {
			s.t.Fatalf("%+v finds %v (%v), want %v", q, got, err, want)
		}
	}
}

func listed(id uint64, operator int64, stake float64, terms common.Hash) *contracts.DataMarketStreamListed {
	e := ledgertest.Listed(id, byte(id))
	e.Operator, e.Terms = big.NewInt(operator), terms
	wei, _ := new(big.Float).Mul(big.NewFloat(stake), big.NewFloat(1e18)).Int(nil)
	e.Stake = wei
	return e
}

func document(title string) []byte {
	return []byte(`{"interval":60,"place":{"country":"BE","decimals":2,"lat":51.05,"lon":3.71},"quantities":[{"measures":"temperature","name":"t","unit":"Cel"}],"sell":["values"],"title":"` + title + `","version":2}`)
}

// U6, and what a ruling does to the others: the order of searches is that of the chain, at once.
func TestSearchesFollowTheChain(t *testing.T) {
	s := open(t, netguard.Guard{})
	s.mine(listed(1, 1, 100, common.Hash{}), listed(2, 2, 300, common.Hash{}), listed(3, 2, 200, common.Hash{}))
	s.finds(catalogue.Query{}, 2, 3, 1)
	p, ok, err := s.Stream(t.Context(), 1)
	if err != nil || !ok || p.Position != 3 || p.Of != 3 || p.MoreStake[1].AddDTX != "300" || p.MoreStake[1].Position != 1 {
		t.Fatalf("%+v %v", p, err)
	}
	stake := new(big.Int).Mul(big.NewInt(400), big.NewInt(1e18))
	s.mine(&contracts.DataMarketStakeAdded{Stream: 1, Stake: stake})
	s.finds(catalogue.Query{}, 1, 2, 3)
	if now, _, _ := s.Stream(t.Context(), 1); now.Position != 1 || now.Rank.Score != p.MoreStake[1].Score {
		t.Errorf("position %d, score %d; %+v was promised", now.Position, now.Rank.Score, p.MoreStake[1])
	}
	// A stake of the same owner as stream 2's is taken: stream 2 falls behind.
	other := listed(4, 3, 1000, common.Hash{})
	other.Owner = listed(2, 2, 1, common.Hash{}).Owner
	s.mine(other)
	s.finds(catalogue.Query{}, 4, 1, 2, 3)
	s.mine(&contracts.DataMarketRuled{Stream: 4, Round: 1, Verdict: 2})
	s.finds(catalogue.Query{}, 1, 3, 2)
	if p, _, err := s.Stream(t.Context(), 2); err != nil || len(p.Former) != 1 || p.Former[0].Stream != 4 || p.Former[0].Upheld != 1 || p.Rank.SellerFaults != 1 || p.Reviewable {
		t.Errorf("%+v %v", p, err)
	}
	// A reorg takes the ruling and the fourth stream away.
	if err := s.Ledger.Rewind(s.chain.Fork(2)); err != nil {
		t.Fatal(err)
	}
	s.finds(catalogue.Query{}, 1, 2, 3)
	s.mine(&contracts.DataMarketStreamClosed{Stream: 2, StopAt: big.NewInt(99_999)})
	s.finds(catalogue.Query{}, 1, 3)
}

// An offer of another operator's is fetched from the address he gives on chain; until then the
// stream is found by what the chain says, and says so.
func TestForeignOffersAreFetchedAndFound(t *testing.T) {
	s := open(t, netguard.Guard{AllowPrivate: true})
	doc := document("Roof of the town hall")
	hash := crypto.Keccak256Hash(doc)
	var serves atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !serves.Load() || r.URL.Path != "/v1/terms/"+hash.Hex() {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(doc)
	}))
	defer server.Close()
	two := big.NewInt(2)
	s.mine(&contracts.DataMarketOperatorRegistered{Operator: two}, &contracts.DataMarketOperatorMetadataSet{Operator: two, MetadataURI: server.URL}, listed(1, 2, 100, hash), listed(2, 2, 90, hash))
	got := s.finds(catalogue.Query{Operator: 2}, 1, 2)
	if !strings.HasPrefix(got[0].OfferState, "not fetched yet") || got[0].Title != "" {
		t.Errorf("%+v", got[0])
	}
	serves.Store(true)
	s.mine(&contracts.DataMarketOperatorVerified{Operator: two, Verified: true}) // he told something new: he is asked at once
	got = s.finds(catalogue.Query{Text: "TOWN hal", Quantity: "temperature", Near: &catalogue.Near{Point: catalogue.Point{Lat: 51, Lon: 3.7}, Radius: 20_000}, Country: "be"}, 1, 2)
	if got[0].Title != "Roof of the town hall" || got[0].OfferState != "here" || got[0].DayDTX != "0.0144" {
		t.Errorf("%+v", got[0])
	}
	p, _, err := s.Stream(t.Context(), 1)
	if err != nil || crypto.Keccak256Hash(p.Offer) != hash || !json.Valid(p.Offer) {
		t.Errorf("%s %v", p.Offer, err)
	}
	if all, err := s.Operators(0, 10); err != nil || len(all) != 1 || !all[0].Verified {
		t.Errorf("%+v %v", all, err)
	}
	if _, _, err := s.Sample(1); !errors.Is(err, api.ErrRefused) || !strings.Contains(err.Error(), "ask his bridge") {
		t.Errorf("a sample of another's: %v", err)
	}
	// What is damaged on disk is not shown.
	if err := os.WriteFile(s.store.path(hash), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s.store.get(hash) != nil {
		t.Error("a damaged offer is taken")
	}
}

// An offer of this operator's own is found when its owner publishes it, be that after he listed.
func TestAnOfferPublishedAfterTheListingIsFound(t *testing.T) {
	s := open(t, netguard.Guard{})
	doc := document("Published later")
	s.mine(listed(1, 1, 100, crypto.Keccak256Hash(doc)))
	s.finds(catalogue.Query{}, 1)
	s.mine(listed(2, 1, 90, common.Hash{})) // nothing of the first is under way any more
	s.finds(catalogue.Query{}, 1, 2)
	s.finds(catalogue.Query{Text: "later"})
	if _, err := s.Ledger.PutTerms(doc); err != nil {
		t.Fatal(err)
	}
	s.finds(catalogue.Query{Text: "later"}, 1)
}

// Owners who have not published their offers yet hold up no other's, and neither does an operator who
// asks for a second's patience: he is not taken for one who is away.
func TestOffersThatAreNotThereHoldUpNoOther(t *testing.T) {
	s := open(t, netguard.Guard{AllowPrivate: true})
	doc := document("Published")
	hash := crypto.Keccak256Hash(doc)
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 2 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		if r.URL.Path != "/v1/terms/"+hash.Hex() {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(doc)
	}))
	defer server.Close()
	two := big.NewInt(2)
	began := time.Now()
	s.mine(&contracts.DataMarketOperatorRegistered{Operator: two}, &contracts.DataMarketOperatorMetadataSet{Operator: two, MetadataURI: server.URL},
		listed(1, 2, 100, common.Hash{1}), listed(2, 2, 100, common.Hash{2}), listed(3, 2, 100, common.Hash{3}), listed(4, 2, 90, hash))
	s.finds(catalogue.Query{Text: "published"}, 4)
	if took := time.Since(began); took >= backoffMin {
		t.Errorf("it was found after %v: the others had to be given up first", took)
	}
}

// A hostile operator gets in nobody's way, is asked seldom, and leads nowhere.
func TestAHostileOperatorCostsNothing(t *testing.T) {
	s := open(t, netguard.Guard{AllowPrivate: true})
	var asked, inside atomic.Int32
	loopback := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inside.Add(1) }))
	defer loopback.Close()
	held := make(chan struct{})
	moods := []func(http.ResponseWriter, *http.Request){
		func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"sell":["values"],"version":2}`))
		}, // another document
		func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, loopback.URL, http.StatusFound) },
		func(_ http.ResponseWriter, r *http.Request) { // slow
			select {
			case <-held:
			case <-r.Context().Done():
			}
		},
		func(w http.ResponseWriter, _ *http.Request) { // huge
			for range 10_000 {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		},
	}
	events := []any{}
	for i, mood := range moods {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked.Add(1); mood(w, r) }))
		defer server.Close()
		op := big.NewInt(int64(10 + i))
		events = append(events, &contracts.DataMarketOperatorRegistered{Operator: op}, &contracts.DataMarketOperatorMetadataSet{Operator: op, MetadataURI: server.URL})
		for n := range 400 { // more distinct hashes than are waited for
			id := uint64(1000*(i+1) + n)
			events = append(events, listed(id, op.Int64(), 1, crypto.Keccak256Hash(fmt.Appendf(nil, "%d", id))))
		}
	}
	for i, uri := range []string{"file:///etc/passwd", "http://", "https://user:secret@x.example", "", "gopher://x", strings.Repeat("h", 2000), "http://[::1%25lo]:1/?q=", "\x00"} {
		op := big.NewInt(int64(30 + i))
		events = append(events, &contracts.DataMarketOperatorRegistered{Operator: op}, &contracts.DataMarketOperatorMetadataSet{Operator: op, MetadataURI: uri}, listed(uint64(50+i), op.Int64(), 1, common.Hash{1}))
	}
	good := document("Honest")
	honest := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(good) }))
	defer honest.Close()
	defer close(held) // before the servers wait for their handlers
	events = append(events, &contracts.DataMarketOperatorRegistered{Operator: big.NewInt(5)}, &contracts.DataMarketOperatorMetadataSet{Operator: big.NewInt(5), MetadataURI: honest.URL},
		listed(7, 5, 1, crypto.Keccak256Hash(good)))
	s.mine(events...)
	s.finds(catalogue.Query{Text: "honest"}, 7)
	time.Sleep(500 * time.Millisecond)
	if n := asked.Load(); n > 4*4 {
		t.Errorf("hostile operators were asked %d times within a second", n)
	}
	if inside.Load() > 0 {
		t.Error("a redirect was followed")
	}
	f := s.fetches
	f.mu.Lock()
	defer f.mu.Unlock()
	for op, q := range f.of {
		if len(q.wanted) > wantedMax || len(q.order) > wantedMax || len(q.bad) > badMax {
			t.Errorf("operator %d: %d offers are waited for", op, len(q.wanted))
		}
	}
}

// Without the lab's switch nothing but public addresses is dialled.
func TestOffersAreFetchedFromPublicAddressesOnly(t *testing.T) {
	touched := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { touched = true }))
	defer server.Close()
	_, err := newFetcher(netguard.Guard{}).fetch(t.Context(), server.URL, common.Hash{1})
	if !errors.Is(err, errNotServed) || !strings.Contains(err.Error(), "not a public one") || touched || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("%v (touched: %t)", err, touched)
	}
}

// A sample is what the offer lets everybody see, and whoever knows the operator's key can tell that he signed it.
func TestASampleIsSignedAndOldEnough(t *testing.T) {
	s := open(t, netguard.Guard{})
	doc := []byte(`{"sample":{"count":2,"delay":3600},"sell":["values"],"version":2}`)
	if _, err := s.Ledger.PutTerms(doc); err != nil {
		t.Fatal(err)
	}
	if err := s.Ledger.PutDevice(ledgertest.Device(1)); err != nil {
		t.Fatal(err)
	}
	s.mine()
	s.mine(listed(1, 1, 100, crypto.Keccak256Hash(doc)))
	s.mine(ledgertest.Purchased(1, 1, 1, 1_000, 5_000))
	now := time.Now()
	for n, delivered := range []time.Time{now.Add(-4 * time.Hour), now.Add(-3 * time.Hour), now.Add(-2 * time.Hour), now} {
		done := make(chan error, 1)
		var parcels []delivery.Parcel
		s.Ledger.Ingest(&lorawan.Reading{Network: "cs", Session: "01020304", DevEUI: ledgertest.Dev(1), FCnt: uint32(n), FPort: 2, Received: time.Unix(int64(2_000+n), 0), Values: fmt.Appendf(nil, `{"n":%d}`, n)},
			func(o ledger.Outcome, err error) { parcels = o.Parcels; done <- err })
		if err := <-done; err != nil || len(parcels) != 1 {
			t.Fatalf("%d parcels: %v", len(parcels), err)
		}
		p := parcels[0]
		s.Ledger.Delivered([]delivery.Receipt{{Purchase: p.Purchase, Seq: p.Seq, Digest: crypto.Keccak256Hash(p.Body), At: delivered}}, nil, func(err error) { done <- err })
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	got, ok, err := s.Sample(1)
	if err != nil || !ok || got.Delay != 3600 || len(got.Readings) != 2 || !strings.Contains(got.Readings[0], `"n":1`) || !strings.Contains(got.Readings[1], `"n":2`) {
		t.Fatalf("%+v %t %v", got, ok, err)
	}
	signed := func(one api.Sample) bool {
		sig, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(one.Signature, "v1a,"))
		content := one.ID + "." + one.Timestamp + "." + strings.Join(one.Readings, "\n") + "\n"
		return err == nil && ed25519.Verify(s.Signing.Public().(ed25519.PublicKey), []byte(content), sig)
	}
	if !strings.HasPrefix(got.Signature, "v1a,") || !signed(got) {
		t.Errorf("%+v is not signed", got)
	}
	other, later, fewer := got, got, got
	other.Readings = []string{got.Readings[0], strings.Replace(got.Readings[1], `"n":2`, `"n":9`, 1)}
	later.Timestamp += "0"
	fewer.Readings = got.Readings[:1]
	if signed(other) || signed(later) || signed(fewer) {
		t.Error("the signature fits another sample")
	}
}

// What is kept of an operator has its bounds, however often the bridge restarts.
func TestAnOperatorsShareOutlivesARestart(t *testing.T) {
	s := open(t, netguard.Guard{AllowPrivate: true})
	first, second := document("First"), document("The second")
	docs := map[string][]byte{}
	for _, doc := range [][]byte{first, second} {
		docs["/v1/terms/"+crypto.Keccak256Hash(doc).Hex()] = doc
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(docs[r.URL.Path]) }))
	defer server.Close()
	two := big.NewInt(2)
	s.mine(&contracts.DataMarketOperatorRegistered{Operator: two}, &contracts.DataMarketOperatorMetadataSet{Operator: two, MetadataURI: server.URL},
		listed(1, 2, 100, crypto.Keccak256Hash(first)), listed(2, 2, 90, crypto.Keccak256Hash(second)))
	s.finds(catalogue.Query{Text: "first"}, 1)
	s.finds(catalogue.Query{Text: "second"}, 2)

	want := share{2, int64(len(first) + len(second))}
	if got := New(s.Deps).fetches.queue(2).share; got != want {
		t.Errorf("after a restart %+v is kept, want %+v", got, want)
	}
	kept, err := os.OpenFile(filepath.Join(s.Dir, "kept"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = kept.WriteString("\n2 1") // a crash cut it short
	if err := errors.Join(err, kept.Close(), s.store.count(3, bytesMax)); err != nil {
		t.Fatal(err)
	}
	again := New(s.Deps)
	if got := again.fetches.queue(2).share; got != want {
		t.Errorf("with a line cut short %+v is kept, want %+v", got, want)
	}
	if _, err := again.fetchOne(t.Context(), 3, common.Hash{1}); !errors.Is(err, errTooMany) {
		t.Errorf("an operator whose share is full: %v", err)
	}
}
