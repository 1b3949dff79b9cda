package statement_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/contracts/contractstest"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/databrokerdao/dbdao-bridge/market/statement"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// The people of the story: an owner of two streams, one of a third, a buyer, and two who buy and
// challenge.
const (
	owner = 2 + iota
	other
	buyer
	ann
	bob
)

// story is a market whose clock is moved over months.
type story struct {
	*contractstest.Yard
	t     *testing.T
	nodes *node.Client
	now   *client.Client
	first time.Time // of the month it begins in
}

func newStory(t *testing.T) *story {
	y := contractstest.NewWith(t, 5, false, func(_ *contractstest.Yard, c *contracts.Config) { c.Quorum = 2 })
	nodes, err := node.New(node.Config{URLs: []string{y.URL()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nodes.Close)
	s := &story{Yard: y, t: t, nodes: nodes}
	begins := time.Unix(int64(y.Now()), 0).UTC()
	s.first = time.Date(begins.Year(), begins.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	if s.now, err = client.New(t.Context(), nodes, y.D.Market, common.Address{}); err != nil {
		t.Fatal(err)
	}
	return s
}

// until moves the clock to a day of a month of the story, both from 0.
func (s *story) until(month, day int) {
	s.t.Helper()
	to := s.first.AddDate(0, month, day).Add(time.Hour)
	s.Skip(to.Sub(time.Unix(int64(s.Now()), 0)))
}

func (s *story) buys(who int, stream uint64, days uint32, beneficiary common.Address) {
	s.t.Helper()
	s.Call(who, s.DM.PackBuy(stream, days*86_400, big.NewInt(1000), 60, s.Terms, beneficiary, [32]byte{}))
}

// claims settles so many readings of purchases, in all.
func (s *story) claims(delivered map[uint64]uint32) {
	s.t.Helper()
	var all []contracts.Claim
	for _, p := range slices.Sorted(maps.Keys(delivered)) {
		all = append(all, contracts.Claim{Purchase: p, Delivered: delivered[p]})
	}
	s.Call(1, s.DM.PackSettle(big.NewInt(1), all, common.Hash{1}))
}

// ruled has ann and bob challenge a stream with these purchases, and the arbiter rule.
func (s *story) ruled(stream uint64, round uint32, verdict market.RoundState, anns, bobs uint64) {
	s.t.Helper()
	s.Call(ann, s.DM.PackChallenge(anns, common.Hash{2}))
	s.Call(bob, s.DM.PackChallenge(bobs, common.Hash{2}))
	s.Skip(48 * time.Hour)
	s.Call(s.Arbiter, s.DM.PackRule(stream, round, uint8(verdict-market.RoundLapsed), common.Hash{3}))
}

// has is what an account has in tokens.
func (s *story) has(who int) *big.Int {
	s.t.Helper()
	wei, err := s.now.Reader.Balance(s.t.Context(), s.D.Token, s.Addr(who))
	if err != nil {
		s.t.Fatal(err)
	}
	return wei
}

// brings is what a call brings an account, in wei; below 0, what it costs him.
func (s *story) brings(who int, call func()) *big.Int {
	s.t.Helper()
	before := s.has(who)
	call()
	return new(big.Int).Sub(s.has(who), before)
}

// withdraws is what the market owed somebody.
func (s *story) withdraws(who int) *big.Int {
	s.t.Helper()
	return s.brings(who, func() { s.Call(0, s.DM.PackWithdraw(s.Addr(who))) })
}

func (s *story) ownerBook(stakes *uint64) *statement.Book {
	s.t.Helper()
	b, err := statement.OfOwner(s.t.Context(), s.now, s.Addr(owner), stakes)
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

func (s *story) lines(b *statement.Book, from, to time.Time) []statement.Line {
	s.t.Helper()
	span, err := b.Between(s.t.Context(), from, to)
	if err != nil {
		s.t.Fatal(err)
	}
	lines, err := b.ByMonth(s.t.Context(), span)
	if err != nil {
		s.t.Fatal(err)
	}
	return lines
}

// sum adds an owner's lines of a month, or of all, of some kinds.
func sum(lines []statement.Line, month time.Time, kinds ...statement.Kind) *big.Int {
	wei := new(big.Int)
	for _, l := range lines {
		if (month.IsZero() || l.Month.Equal(month)) && slices.Contains(kinds, l.Kind) {
			wei.Add(wei, l.Wei)
		}
	}
	return wei
}

func (s *story) same(what string, got, want *big.Int) {
	s.t.Helper()
	if got.Cmp(want) != 0 {
		s.t.Errorf("%s: %s wei in the book, %s on the chain", what, got, want)
	}
}

func negated(wei *big.Int) *big.Int { return new(big.Int).Neg(wei) }

// begun lists three streams, two of them the owner's, and has all of them bought: purchases 1 to 8.
func (s *story) begun() (escrowed *big.Int) {
	s.until(0, 5)
	s.List(owner, 1)
	s.List(owner, 2)
	s.List(other, 3)
	nobody := common.Address{}
	escrowed = s.brings(buyer, func() {
		s.buys(buyer, 3, 50, nobody) // purchase 1, whose number is that of a stream of the owner's
		s.buys(buyer, 1, 50, nobody)
	})
	s.buys(ann, 1, 50, nobody)
	s.buys(bob, 1, 50, nobody)
	escrowed.Add(escrowed, s.brings(buyer, func() { s.buys(buyer, 2, 50, nobody) })) // 5
	s.buys(ann, 2, 50, nobody)
	s.buys(bob, 2, 50, nobody)
	s.buys(bob, 1, 50, s.Addr(buyer)) // 8, a gift
	return negated(escrowed)
}

// An owner's book of three months, with a round that was rejected and one that cost a stake, is
// what he could withdraw in each of them; a buyer's, what left his account and came back.
func TestABookIsWhatTheChainPaidAndTook(t *testing.T) {
	s := newStory(t)
	escrowed := s.begun()
	s.until(0, 20)
	s.claims(map[uint64]uint32{1: 7, 2: 10, 3: 20, 4: 30})
	credited := []*big.Int{s.withdraws(owner)}

	s.until(1, 0) // the first hour of the month
	s.claims(map[uint64]uint32{2: 15, 5: 4, 6: 5, 7: 6, 8: 3})
	s.ruled(1, 1, market.RoundRejected, 3, 4)
	added := negated(s.brings(owner, func() { s.Call(owner, s.DM.PackAddStake(1, s.Tokens(5))) }))
	end := s.first.AddDate(0, 2, 3).Unix()
	escrowed.Sub(escrowed, s.brings(buyer, func() { s.Call(buyer, s.DM.PackExtend(2, big.NewInt(end), s.Terms)) }))
	s.until(1, 10)
	s.ruled(2, 1, market.RoundSellerAtFault, 6, 7)
	s.claims(map[uint64]uint32{2: 20, 5: 9, 6: 8}) // of 5 and 6 the owner's part goes back
	returned := s.withdraws(buyer)
	credited = append(credited, s.withdraws(owner))
	s.Call(buyer, s.DM.PackCancel(8))

	s.until(2, 14)
	s.claims(map[uint64]uint32{1: 9}) // too late: it is skipped
	for _, p := range []uint64{1, 2, 5} {
		s.Call(0, s.DM.PackFinish(p))
	}
	refunded := s.withdraws(buyer)

	b := s.ownerBook(nil)
	lines := s.lines(b, time.Time{}, time.Time{})
	for i, want := range credited {
		s.same(fmt.Sprintf("month %d", i), sum(lines, s.first.AddDate(0, i, 0), statement.Readings, statement.Deposits), want)
	}
	s.same("all months", sum(lines, time.Time{}, statement.Readings, statement.Deposits), new(big.Int).Add(credited[0], credited[1]))
	s.same("the second month, asked for", sum(s.lines(b, s.first.AddDate(0, 1, 0), s.first.AddDate(0, 2, 0)), time.Time{}, statement.Readings, statement.Deposits), credited[1])
	s.same("by stream", new(big.Int).Add(b.Earned()[1], b.Earned()[2]), new(big.Int).Add(credited[0], credited[1]))
	if sum(lines, time.Time{}, statement.Staked, statement.StakeLost).Sign() != 0 {
		t.Errorf("stakes were not asked for: %+v", lines)
	}
	s.stakes(added)
	s.spent(escrowed, returned, refunded)
}

// stakes compares what the owner staked, lost and has.
func (s *story) stakes(added *big.Int) {
	s.t.Helper()
	out := s.brings(owner, func() {
		s.Call(owner, s.DM.PackClose(1))
		s.Skip(22 * 24 * time.Hour)
		s.Call(owner, s.DM.PackWithdrawStake(1))
	})
	lines := s.lines(s.ownerBook(new(uint64)), time.Time{}, time.Time{})
	s.same("staked", sum(lines, time.Time{}, statement.Staked), new(big.Int).Add(s.Tokens(200), added))
	s.same("taken out", sum(lines, time.Time{}, statement.StakeReturned), out)
	s.same("lost", sum(lines, time.Time{}, statement.StakeLost), s.Tokens(100)) // of 205, 105 came out
}

// spent compares the buyer's book with what left his account and came back.
func (s *story) spent(escrowed, returned, refunded *big.Int) {
	t := s.t
	t.Helper()
	b, err := statement.OfBuyer(t.Context(), s.now, s.Addr(buyer))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := b.Between(t.Context(), time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	total := func(all []statement.Account, of func(statement.Account) *big.Int, purchases ...market.PurchaseID) *big.Int {
		wei := new(big.Int)
		for _, a := range all {
			if len(purchases) == 0 || slices.Contains(purchases, a.ID) {
				wei.Add(wei, of(a))
			}
		}
		return wei
	}
	all := b.ByPurchase(whole)
	own := []market.PurchaseID{1, 2, 5}
	s.same("escrowed", total(all, func(a statement.Account) *big.Int { return a.Escrowed }, own...), escrowed)
	s.same("refunded", total(all, func(a statement.Account) *big.Int { return a.Refunded }), new(big.Int).Add(returned, refunded))
	s.same("locked of what is finished", total(all, func(a statement.Account) *big.Int { return a.Locked }, own...), new(big.Int))
	if len(all) != 4 || all[3].ID != 8 || all[3].Payer != s.Addr(bob) || all[3].Readings != 3 {
		t.Errorf("the gift, of %d purchases: %+v", len(all), all[len(all)-1])
	}
	came := s.brings(buyer, func() { s.Call(0, s.DM.PackFinish(8)); s.Call(0, s.DM.PackWithdraw(s.Addr(buyer))) })
	s.same("locked of the gift", all[3].Locked, came)

	// Month by month what was carried over and came in is what went out and is left.
	carried := map[market.PurchaseID]*big.Int{}
	for m := range 4 {
		span, err := b.Between(t.Context(), s.first.AddDate(0, m, 0), s.first.AddDate(0, m+1, 0))
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range b.ByPurchase(span) {
			if before := carried[a.ID]; before != nil && before.Cmp(a.Carried) != 0 || before == nil && a.Carried.Sign() != 0 {
				t.Errorf("month %d, purchase %d: %s carried over, %s were left", m, a.ID, a.Carried, before)
			}
			in := new(big.Int).Add(a.Carried, a.Escrowed)
			if out := new(big.Int).Add(new(big.Int).Add(a.Paid, a.Refunded), a.Locked); in.Cmp(out) != 0 {
				t.Errorf("month %d, purchase %d: %s in, %s out", m, a.ID, in, out)
			}
			carried[a.ID] = a.Locked
		}
	}
}

// forgetful is a node that lost the logs below a block.
type forgetful struct {
	*node.Client
	from uint64
}

func (f forgetful) FilterLogs(ctx context.Context, q ethereum.FilterQuery) ([]types.Log, error) {
	all, err := f.Client.FilterLogs(ctx, q)
	return slices.DeleteFunc(all, func(l types.Log) bool { return l.BlockNumber < f.from }), err
}

// A node without all of the logs makes no book: half of the sums would be nobody's.
func TestANodeThatForgotEventsMakesNoBook(t *testing.T) {
	s := newStory(t)
	s.begun()
	s.until(0, 20)
	head, err := s.nodes.HeaderByNumber(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s.claims(map[uint64]uint32{2: 10})
	c, err := client.New(t.Context(), forgetful{s.nodes, head.Number.Uint64()}, s.D.Market, common.Address{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := statement.OfOwner(t.Context(), c, s.Addr(owner), nil); !errors.Is(err, market.ErrNoLog) {
		t.Errorf("an owner's: %v", err)
	}
	if _, err := statement.OfBuyer(t.Context(), c, s.Addr(buyer)); !errors.Is(err, market.ErrNoLog) {
		t.Errorf("a buyer's: %v", err)
	}
	begun := s.Now()
	if _, err := statement.OfOwner(t.Context(), s.now, s.Addr(owner), &begun); !errors.Is(err, market.ErrNoLog) {
		t.Errorf("stakes from a block after the listing: %v", err)
	}
}
