package settlement

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/core/types"
)

// owners adds a purchase of a stream of each of n owners, and settles once, so that every
// credit is a word that is not new.
func (s *scene) owners(n int, st *Settler) (credits [][]byte) {
	s.t.Helper()
	for i := range n {
		who := 4 + i
		stream, _ := s.List(who, 100+i)
		s.buyOf(stream, who)
		credits = append(credits, s.DM.PackWithdraw(s.Addr(who)))
	}
	s.skip(5 * time.Minute)
	s.settled(st, 2)
	return append(credits, s.DM.PackWithdraw(s.Addr(2)), s.DM.PackWithdraw(s.Addr(0)), s.DM.PackWithdraw(s.Addr(1)))
}

// settled delivers so many readings of each purchase in all, and settles them.
func (s *scene) settled(st *Settler, each uint32) {
	s.t.Helper()
	s.delivers(slices.Repeat([]uint32{each}, len(s.book.accounts))...)
	s.until(st, each*uint32(len(s.book.accounts)))
}

// all are the transactions stored, by nonce.
func (s *scene) all() []Tx { return s.book.list(func(Tx) bool { return true }) }

// Anybody may withdraw for anybody. Whoever empties the credits of all payees between
// estimate and block makes a settlement more expensive, and does not make it fail.
func TestWithdrawalsBeforeASettlementDoNotBreakIt(t *testing.T) {
	const n = 12
	s := newSceneOf(t, 2+n, false)
	st := s.settler()
	credits := s.owners(n, st)
	s.node.before = func() {
		s.node.before = nil
		s.Call(s.Guardian, s.DM.PackMulticall(credits))
	}
	before := len(s.all())
	s.settled(st, 4)
	s.round(st)
	txs := s.all()[before:]
	if len(txs) != 1 || !txs[0].State.OnChain() || txs[0].Failed {
		t.Fatalf("%d transactions, the first %s, failed %t", len(txs), txs[0].State, txs[0].Failed)
	}
	var form types.Transaction
	if err := form.UnmarshalBinary(txs[0].Forms[0].Raw); err != nil {
		t.Fatal(err)
	}
	bare := form.Gas() - st.reserve(of(s.book.accounts))
	if txs[0].GasUsed <= bare { // else the test shows nothing
		t.Errorf("it took %d gas, an estimate with its margin allows %d", txs[0].GasUsed, bare)
	}
	t.Logf("%d claims of %d owners: limit %d, took %d, an estimate with its margin %d", len(txs[0].Claims), n+1, form.Gas(), txs[0].GasUsed, bare)
}

func of(accounts []Account) (all []candidate) {
	for _, a := range accounts {
		all = append(all, candidate{payee: a.Payee, buyer: a.Buyer})
	}
	return all
}

// Where a new word is more expensive than today (EIP-8037) the room is not enough: the settlement
// fails, and is made again at once with more, without a back-off and without waiting for the
// interval.
func TestASettlementThatUsedUpItsGasIsMadeAgainAtOnce(t *testing.T) {
	const n = 6
	s := newSceneOf(t, 2+n, true)
	s.cfg.Interval = time.Nanosecond
	st := s.settler()
	credits := s.owners(n, st)
	s.node.before = func() {
		s.node.before = nil
		s.Call(s.Guardian, s.DM.PackMulticall(credits))
	}
	before := len(s.all())
	st.cfg.Interval = time.Hour
	st.last = time.Time{}
	s.delivers(slices.Repeat([]uint32{4}, 2+n)...)
	for range 20 {
		s.round(st)
		s.mine()
	}
	if s.paid() != 4*(2+n) {
		t.Fatalf("%d paid of %d: %s", s.paid(), 4*(2+n), st.Status().Waits)
	}
	txs := s.all()[before:]
	if len(txs) < 2 || !txs[0].Starved || len(st.Status().Refused) > 0 || st.starved != 0 {
		t.Errorf("%d transactions, the first starved %t; refused %+v; starved %d", len(txs), txs[0].Starved, st.Status().Refused, st.starved)
	}
	for i, tx := range txs {
		t.Logf("%d: %s, took %d gas, starved %t", i, tx.State, tx.GasUsed, tx.Starved)
	}
}

// However often a claim was refused, it is tried again before its window closes.
func TestNoBackOffReachesPastTheClaimWindow(t *testing.T) {
	s := newScene(t)
	st := s.settler()
	s.round(st)
	a := &s.book.accounts[0]
	end := st.cfg.windowEnd(a)
	for _, left := range []uint64{7 * 86_400, 86_400, 3_600, 60, 2} {
		t.Run(fmt.Sprintf("%d s left", left), func(t *testing.T) {
			st.lastClock = end - left
			for tries := range 20 {
				st.exclude(a.Purchase, "refused", time.Minute, 24*time.Hour)
				x := st.exclusions[a.Purchase]
				if in := time.Until(x.next); in >= time.Duration(left)*time.Second || in > 24*time.Hour {
					t.Errorf("try %d: the next in %s", tries, in)
				}
			}
		})
	}
	if _, known := st.accounts[market.PurchaseID(1)]; !known {
		t.Fatal("the account is not known: nothing was tested")
	}
}
