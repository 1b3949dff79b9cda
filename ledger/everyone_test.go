package ledger_test

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// everyone makes events of a market with three operators; it knows what was listed and bought by
// counting alone.
type everyone struct {
	r         *rand.Rand
	streams   uint64
	purchases uint64
	counts    [][2]uint64 // after each block
}

func (e *everyone) block(c *ledgertest.Chain) market.Block {
	var events []any
	some := func(n uint64) uint64 { return 1 + e.r.Uint64N(n) }
	for range e.r.IntN(4) {
		switch k := e.r.IntN(9); {
		case k == 0 || e.streams == 0:
			e.streams++
			events = append(events, &contracts.DataMarketStreamListed{Stream: e.streams, Operator: new(big.Int).SetUint64(some(3)), Owner: common.Address{byte(some(4))},
				Device: common.Hash{byte(some(5))}, Price: big.NewInt(10), Interval: 60, Stake: big.NewInt(1e18), ProofKind: uint8(e.r.IntN(4))})
		case k == 1:
			events = append(events, &contracts.DataMarketPriceSet{Stream: some(e.streams), Price: new(big.Int).SetUint64(10 * some(9)), Interval: uint32(some(90))})
		case k == 2:
			events = append(events, &contracts.DataMarketStakeAdded{Stream: some(e.streams), Stake: new(big.Int).SetUint64(some(1e18))})
		case k == 3:
			events = append(events, &contracts.DataMarketRuled{Stream: some(e.streams), Round: 1, Verdict: uint8(some(4)), RulingHash: [32]byte{1}})
		case k == 4:
			events = append(events, &contracts.DataMarketOperatorMetadataSet{Operator: new(big.Int).SetUint64(some(3)), MetadataURI: "https://x.example", Keys: [32]byte{byte(some(9))}})
		case k == 5 || e.purchases == 0:
			e.purchases++
			events = append(events, ledgertest.Purchased(e.purchases, some(e.streams), byte(some(9)), 1_000, 500))
		case k == 6:
			events = append(events, &contracts.DataMarketSettled{Purchase: some(e.purchases), Delivered: uint32(some(400))})
		case k == 7:
			events = append(events, &contracts.DataMarketCancelled{Purchase: some(e.purchases), End: new(big.Int).SetUint64(1_000 + some(400))})
		default:
			events = append(events, &contracts.DataMarketStreamClosed{Stream: some(e.streams), StopAt: big.NewInt(9_000)})
		}
	}
	e.counts = append(e.counts, [2]uint64{e.streams, e.purchases})
	return c.Mine(events...)
}

// The whole market is folded, of every operator, and a reorg takes back what it took away: what
// stands then is what a fold from scratch gives.
func TestTheFoldOfEveryOperatorIsThatFromScratchAfterReorgs(t *testing.T) {
	for seed := range uint64(6) {
		l, c := ledgertest.New(t, ledgertest.Options()), &ledgertest.Chain{}
		e := &everyone{r: rand.New(rand.NewPCG(seed, 1))}
		for range 12 {
			var blocks []market.Block
			for range 1 + e.r.IntN(8) {
				blocks = append(blocks, e.block(c))
			}
			advance(t, l, 0, blocks...)
			if back := e.r.IntN(len(c.Blocks)); e.r.IntN(2) == 0 && back > 0 {
				ok(t, l.Rewind(c.Fork(back)))
				e.counts = e.counts[:len(e.counts)-back]
				last := e.counts[len(e.counts)-1]
				e.streams, e.purchases = last[0], last[1]
			}
		}
		sameFold(t, l, fromScratch(t, c))
		all := must[[]market.Listing](t)(l.Listings(0, 1_000))
		sold, owned := 0, 0
		for _, one := range all {
			sold += len(must[[]market.Purchase](t)(l.Sold(one.ID, 1_000)))
			if !slices.Contains(must[[]market.StreamID](t)(l.StreamsOf(one.Owner, 1_000)), one.ID) || !slices.Contains(must[[]market.StreamID](t)(l.StreamsWith(one.Device, 1_000)), one.ID) {
				t.Errorf("stream %d is not among its owner's and its device's", one.ID)
			}
		}
		for owner := range byte(5) {
			owned += len(must[[]market.StreamID](t)(l.StreamsOf(common.Address{owner}, 1_000)))
		}
		if uint64(len(all)) != e.streams || uint64(sold) != e.purchases || uint64(owned) != e.streams {
			t.Errorf("seed %d: %d streams (%d by owner) and %d purchases, the chain has %d and %d", seed, len(all), owned, sold, e.streams, e.purchases)
		}
		for _, s := range must[[]market.Stream](t)(l.Streams()) {
			if s.Operator != 1 {
				t.Errorf("stream %d of operator %d is taken for this operator's", s.ID, s.Operator)
			}
		}
	}
}

func TestAStreamsRecordIsItsHistoryOnChain(t *testing.T) {
	l, c := ledgertest.New(t, ledgertest.Options()), &ledgertest.Chain{}
	foreign := ledgertest.Listed(7, 3)
	foreign.Operator, foreign.ProofKind = big.NewInt(2), 2
	advance(t, l, 0, c.Mine(&contracts.DataMarketOperatorRegistered{Operator: big.NewInt(2), Admin: common.Address{9}},
		&contracts.DataMarketOperatorMetadataSet{Operator: big.NewInt(2), MetadataURI: "https://two.example"}, &contracts.DataMarketOperatorVerified{Operator: big.NewInt(2), Verified: true}))
	if got := l.Changes(); !got.Operators[2] || got.All {
		t.Errorf("changes %+v", got)
	}
	listed, bought := c.Mine(foreign), c.Mine(ledgertest.Purchased(1, 7, 1, 1_000, 500))
	priced := c.Mine(&contracts.DataMarketPriceSet{Stream: 7, Price: big.NewInt(20), Interval: 5})
	settled := c.Mine(&contracts.DataMarketSettled{Purchase: 1, Delivered: 42})
	ruled := c.Mine(&contracts.DataMarketRuled{Stream: 7, Round: 1, Verdict: 2, RulingHash: [32]byte{5}})
	advance(t, l, 0, listed, bought, priced, settled, ruled)
	one, found, err := l.Listing(7)
	if err != nil || !found {
		t.Fatal(found, err)
	}
	if one.ProofKind != 2 || one.Listed != listed.Time || one.Settled != settled.Time || one.Stream.Price != 20 || one.State != market.StreamSlashed {
		t.Errorf("%+v", one)
	}
	if len(one.Prices) != 2 || one.Prices[0] != (market.PriceFrom{From: listed.Time, Price: 10, Interval: 1}) || one.Prices[1] != (market.PriceFrom{From: priced.Time, Price: 20, Interval: 5}) {
		t.Errorf("prices %+v", one.Prices)
	}
	if len(one.Rounds) != 1 || one.Rounds[0] != (market.RoundOver{Round: 1, State: market.RoundSellerAtFault, At: ruled.Time, Ruling: common.Hash{5}}) {
		t.Errorf("rounds %+v", one.Rounds)
	}
	if p := must[[]market.Purchase](t)(l.Sold(7, 10)); len(p) != 1 || p[0].Delivered != 42 {
		t.Errorf("sold %+v", p)
	}
	if _, mine, _ := l.Purchase(1); mine {
		t.Error("another operator's purchase is taken for this one's")
	}
	if o, _, err := l.OperatorListing(2); err != nil || o.URI != "https://two.example" || !o.Verified || o.Admin != (common.Address{9}) {
		t.Errorf("%+v %v", o, err)
	}
	if got := l.Changes(); !got.Streams[7] || len(got.Streams) != 1 {
		t.Errorf("changes %+v", got)
	}
	for range 40 {
		advance(t, l, 0, c.Mine(&contracts.DataMarketPriceSet{Stream: 7, Price: big.NewInt(30), Interval: 5}))
	}
	if one, _, _ := l.Listing(7); len(one.Prices) != 32 || one.Prices[31].From != c.Head().Time {
		t.Errorf("%d prices are kept", len(one.Prices))
	}
}
