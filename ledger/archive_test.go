package ledger_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// shop is a ledger with one running purchase of device 1.
func shop(t *testing.T, o ledger.Options) (*ledger.Ledger, *ledgertest.Chain) {
	t.Helper()
	l, c := ledgertest.New(t, o), &ledgertest.Chain{}
	ok(t, l.PutDevice(ledgertest.Device(1)))
	ok(t, l.Advance([]market.Block{c.Mine(ledgertest.Listed(1, 1))}, 0))
	ok(t, l.Advance([]market.Block{c.Mine(ledgertest.Purchased(1, 1, 1, 0, 1<<31))}, 0))
	return l, c
}

func prevOf(t *testing.T, body []byte) common.Hash {
	t.Helper()
	var b struct{ Prev common.Hash }
	if err := json.Unmarshal(body, &b); err != nil || !bytes.Contains(body, []byte(`"prev":"0x`)) {
		t.Fatalf("%v: %s", err, body)
	}
	return b.Prev
}

func TestADeliveredBodyIsKeptAsItWas(t *testing.T) {
	l, _ := shop(t, ledgertest.Options())
	var parcels []delivery.Parcel
	for f := range uint32(5) {
		parcels = append(parcels, ingest(t, l, uplink(1, f, 2_000_000_000)).Parcels...)
	}
	deliver(t, l, parcels[0], parcels[2], parcels[1]) // receipts in another order than seqs
	ok(t, park(l, 1, 3))
	r, found, err := l.Proof(1, 0, 100)
	ok(t, err)
	if !found || r.Total != 3 || len(r.Readings) != 3 {
		t.Fatalf("%v %+v", found, r)
	}
	var head common.Hash
	for i, seq := range []uint32{0, 2, 1} {
		one := r.Readings[i]
		if one.Ordinal != uint32(i) || one.Seq != seq || !bytes.Equal(one.Body, parcels[seq].Body) {
			t.Errorf("receipt %d is reading %d (%d bytes), want %d", one.Ordinal, one.Seq, len(one.Body), seq)
		}
		head = settlement.Link(head, one.Seq, one.Digest)
	}
	if r.After != head || r.Before != (common.Hash{}) {
		t.Errorf("head %s, want %s", r.After, head)
	}
	if len(r.Skipped) != 1 || r.Skipped[0].From != 3 || r.Skipped[0].To != 4 {
		t.Errorf("skipped %+v, want 3 to 4", r.Skipped)
	}
	part, _, err := l.Proof(1, 1, 1)
	ok(t, err)
	if len(part.Readings) != 1 || part.Readings[0].Seq != 2 || part.Total != 3 ||
		settlement.Link(part.Before, 2, part.Readings[0].Digest) != part.After || part.Before != settlement.Link(common.Hash{}, 0, r.Readings[0].Digest) {
		t.Errorf("a part: %+v", part)
	}
	if _, found, err := l.Proof(9, 0, 1); found || err != nil {
		t.Errorf("a purchase there is not: %v %v", found, err)
	}
}

func park(l *ledger.Ledger, p market.PurchaseID, seqs ...uint32) error {
	done := make(chan error, 1)
	l.Park(p, seqs, delivery.Reason{Code: delivery.CodeRefused, Text: "refused"}, func(err error) { done <- err })
	return <-done
}

// Each body names the digest of the one before: through restarts, reorgs and parcels
// that were never delivered.
func TestBodiesFormAChain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	o := ledgertest.Options()
	l, c := ledgertest.Open(t, path, o), &ledgertest.Chain{}
	ok(t, l.PutDevice(ledgertest.Device(1)))
	ok(t, l.Advance([]market.Block{c.Mine(ledgertest.Listed(1, 1))}, 0))
	bought := func() { ok(t, l.Advance([]market.Block{c.Mine(ledgertest.Purchased(1, 1, 1, 0, 1<<31))}, 0)) }
	bought()
	var prev common.Hash
	f := uint32(0)
	next := func(why string) {
		t.Helper()
		p := ingest(t, l, uplink(1, f, 2_000_000_000)).Parcels[0]
		if p.Seq != f || prevOf(t, p.Body) != prev {
			t.Errorf("%s: parcel %d names %s, want %s", why, p.Seq, prevOf(t, p.Body), prev)
		}
		prev = crypto.Keccak256Hash(p.Body)
		f++
	}
	next("the first")
	next("the second")
	ledgertest.Close(t, l)
	o.Index = ledgertest.Options().Index
	l = ledgertest.Open(t, path, o)
	next("after a restart")
	ok(t, l.Rewind(c.Fork(1)))
	bought()
	next("after a reorg")
	ok(t, park(l, 1, 3))
	next("after one was parked")
	ok(t, l.Rewind(c.Fork(1)))
	other := ledgertest.Purchased(1, 1, 2, 0, 1<<31)
	ok(t, l.Advance([]market.Block{c.Mine(other)}, 0))
	if p := ingest(t, l, uplink(1, 99, 2_000_000_000)).Parcels[0]; p.Seq != 0 || prevOf(t, p.Body) != (common.Hash{}) {
		t.Errorf("another's purchase of the same id goes on with a chain that is not his: %s", p.Body)
	}
}

func TestWhatIsOlderThanTheRetentionGoesInSmallSteps(t *testing.T) {
	o := ledgertest.Options()
	o.Retention = 48 * time.Hour
	l, _ := shop(t, o)
	now := time.Now()
	const old, young = 1_100, 3
	for f := range uint32(old + young) {
		p := ingest(t, l, uplink(1, f, 2_000_000_000)).Parcels[0]
		r := receiptOf(p)
		if r.At = now.Add(-30 * 24 * time.Hour); f >= old {
			r.At = now
		}
		l.Delivered([]delivery.Receipt{r}, nil, nil)
	}
	p := ingest(t, l, uplink(1, 5_000, 2_000_000_000)).Parcels[0]
	ok(t, park(l, 1, p.Seq))
	steps := 1
	for {
		more, err := l.Purge(now)
		ok(t, err)
		if !more {
			break
		}
		steps++
	}
	if steps < 3 {
		t.Errorf("%d bodies went in %d steps", old, steps)
	}
	r, _, err := l.Proof(1, 0, 10_000)
	ok(t, err)
	bodies := 0
	for _, one := range r.Readings {
		if one.Body != nil {
			bodies++
		}
	}
	if r.Total != old+young || bodies != young {
		t.Errorf("%d receipts, %d with bodies, want %d and %d", r.Total, bodies, old+young, young)
	}
	if s, err := l.Stats(); err != nil || s.Parked != 1 || s.Expired != 0 {
		t.Errorf("%+v %v", s, err)
	}
	_, err = l.Purge(now.Add(72 * time.Hour))
	ok(t, err)
	if s, err := l.Stats(); err != nil || s.Parked != 0 || s.Expired != 1 {
		t.Errorf("%+v %v", s, err)
	}
	if n, err := l.Unpark(1, 0, math.MaxUint32); n != 0 || err != nil {
		t.Errorf("%d came back: %v", n, err)
	}
}

func TestNoRetentionKeepsNoBody(t *testing.T) {
	o := ledgertest.Options()
	o.Retention = 0
	l, _ := shop(t, o)
	p := ingest(t, l, uplink(1, 1, 2_000_000_000)).Parcels[0]
	deliver(t, l, p)
	if r, _, err := l.Proof(1, 0, 10); err != nil || len(r.Readings) != 1 || r.Readings[0].Body != nil {
		t.Errorf("%+v %v", r, err)
	}
}

// testdata/schema1.db.gz was written by the first release, for the market's first edition.
func TestALedgerOfTheFirstEditionIsRefusedWithWhatToDo(t *testing.T) {
	f, err := os.Open("testdata/schema1.db.gz")
	ok(t, err)
	z, err := gzip.NewReader(f)
	ok(t, err)
	b, err := io.ReadAll(z)
	ok(t, err)
	path := filepath.Join(t.TempDir(), "ledger.db")
	ok(t, os.WriteFile(path, b, 0o600))
	_, err = ledger.Open(path, ledgertest.Options())
	if !errors.Is(err, ledger.ErrOlder) || !strings.Contains(err.Error(), "another data_dir") {
		t.Errorf("%v", err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, b) {
		t.Errorf("the refused file was changed (%v)", err)
	}
}

// Rounds of challenges fold like everything else: unwound by a reorg, and equal to a
// fold from scratch.
func TestRoundsSurviveReorgs(t *testing.T) {
	l, c := shop(t, ledgertest.Options())
	challenged := func(round uint32, buyer byte, count uint32) any {
		return &contracts.DataMarketChallenged{Stream: 1, Round: round, Purchase: uint64(buyer), Challenger: common.Address{0xbb, buyer},
			EvidenceHash: common.Hash{buyer}, Weight: big.NewInt(int64(buyer) * 10), Total: big.NewInt(int64(count) * 100), Count: count}
	}
	review := func(round uint32, deadline int64) any {
		return &contracts.DataMarketReviewOpened{Stream: 1, Round: round, From: big.NewInt(deadline - 1_000), Deadline: big.NewInt(deadline)}
	}
	round := func() market.Round {
		s, _, err := l.Stream(1)
		ok(t, err)
		return s.Round
	}
	standing := func() market.Standing {
		l.Index().SetHead(c.Head(), time.Now())
		return l.Index().Standing(1, 0, 2_000)
	}
	fold := func(events ...any) { t.Helper(); ok(t, l.Advance([]market.Block{c.Mine(events...)}, 0)) }
	fold(challenged(1, 1, 1))
	first := c.Head()
	if r := round(); r.Number != 1 || r.State != market.RoundOpen || r.Count != 1 || r.Opened != first.Time || r.Challenges[0].Evidence != (common.Hash{1}) {
		t.Errorf("%+v", r)
	}
	fold(challenged(1, 2, 2))
	fold(challenged(1, 3, 3), review(1, 9_999))
	if r := round(); r.State != market.RoundReview || r.Deadline != 9_999 || r.RuleFrom != 8_999 || r.ReviewStart != c.Head().Time || len(r.Challenges) != 3 || r.Opened != first.Time {
		t.Errorf("%+v", r)
	}
	if got := standing(); got != market.Deliver {
		t.Errorf("in review a parcel's standing is %v: a review holds nothing but the stake", got)
	}
	ok(t, l.Rewind(c.Fork(2)))
	if got := standing(); got != market.Deliver {
		t.Errorf("after the reorg a parcel's standing is %v", got)
	}
	if r := round(); r.Count != 1 || r.State != market.RoundOpen || len(r.Challenges) != 1 {
		t.Errorf("after the reorg: %+v", r)
	}
	fold(&contracts.DataMarketRoundExpired{Stream: 1, Round: 1, State: uint8(market.RoundExpired)}, challenged(2, 3, 1))
	if r := round(); r.Number != 2 || r.Count != 1 || r.Opened != c.Head().Time || r.Challenges[0].Challenger != (common.Address{0xbb, 3}) {
		t.Errorf("a second round: %+v", r)
	}
	fold(challenged(2, 1, 2), challenged(2, 2, 3), review(2, 20_000))
	fold(&contracts.DataMarketRoundExpired{Stream: 1, Round: 2, State: uint8(market.RoundLapsed)})
	if s, _, _ := l.Stream(1); s.State != market.StreamOpen || s.Round.State != market.RoundLapsed {
		t.Errorf("after a silent arbiter: %+v", s)
	}
	fold(challenged(3, 1, 1), challenged(3, 2, 2), challenged(3, 3, 3), challenged(3, 3, 3), review(3, 30_000),
		&contracts.DataMarketResponded{Stream: 1, Round: 3, By: common.Address{0xaa, 1}, ResponseHash: common.Hash{7}})
	fold(&contracts.DataMarketRuled{Stream: 1, Round: 3, Verdict: 2, RulingHash: common.Hash{9}})
	ruled := c.Head().Time
	s, _, _ := l.Stream(1)
	if s.State != market.StreamSlashed || s.Round.State != market.RoundSellerAtFault || s.Stake.Sign() != 0 || s.StopAt != ruled || s.Unpaid {
		t.Errorf("after the ruling: %+v", s)
	}
	if r := s.Round; len(r.Challenges) != 3 || r.Challenges[2].Weight != 30 || r.Weight != 300 || r.RuleFrom != 29_000 || r.Ruling != (common.Hash{9}) || len(r.Responses) != 1 {
		t.Errorf("the round: %+v", r)
	}
	l.Index().SetHead(c.Head(), time.Now())
	if a, b := l.Index().Standing(1, 0, ruled-1), l.Index().Standing(1, 0, ruled); a != market.Deliver || b != market.Cancel {
		t.Errorf("of a slashed stream the standing of a parcel is %v before the ruling and %v after", a, b)
	}
	fold(&contracts.DataMarketSettled{Purchase: 1, Delivered: 4})
	if p, _, _ := l.Purchase(1); p.Delivered != 4 || p.Returned != 4 {
		t.Errorf("paid after the slash: %+v", p)
	}

	scratch := ledgertest.New(t, ledgertest.Options())
	ok(t, scratch.Advance(c.Blocks, 0))
	a, err := l.Digest()
	ok(t, err)
	b, err := scratch.Digest()
	ok(t, err)
	if a != b {
		t.Error("the ledger that saw the reorg differs from one folded from scratch")
	}
}
