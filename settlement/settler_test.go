package settlement

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/contracts/contractstest"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/params"
	"github.com/google/uuid"
)

// books are a Book in memory; what was recorded survives a settler.
type books struct {
	mu       sync.Mutex
	accounts []Account
	head     market.Position
	txs      map[string]Tx
	told     []market.PurchaseID
}

func txID(from common.Address, nonce uint64) string { return fmt.Sprintf("%s/%08d", from, nonce) }

func (b *books) Watch() func() (News, error) {
	return func() (News, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		return News{Head: b.head, Accounts: slices.Clone(b.accounts)}, nil
	}
}

func (b *books) list(keep func(Tx) bool) (all []Tx) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(b.txs)) {
		if t := b.txs[id]; keep(t) {
			all = append(all, t)
		}
	}
	return all
}

func (b *books) Transactions() ([]Tx, error) {
	return b.list(func(t Tx) bool { return !t.State.Finished() }), nil
}

func (b *books) TransactionsFrom(sender common.Address, nonce uint64) ([]Tx, error) {
	return b.list(func(t Tx) bool { return t.From == sender && t.Nonce >= nonce }), nil
}

func (b *books) LastTransaction(sender common.Address) (t Tx, ok bool, err error) {
	for _, t = range b.list(func(t Tx) bool { return t.From == sender }) {
		ok = true
	}
	return t, ok, nil
}

// moves are the changes of state any test has made, by the settler, on a chain.
var moves sync.Map

func (b *books) Record(t Tx) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	id := txID(t.From, t.Nonce)
	if old, ok := b.txs[id]; ok {
		if !old.SameAs(&t) {
			return ErrNonceTaken
		}
		moves.Store([2]TxState{old.State, t.State}, true)
	}
	b.txs[id] = t
	return nil
}

func (b *books) Tell(purchases []market.PurchaseID) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.told = append(b.told, purchases...)
	for i := range b.accounts {
		if slices.Contains(purchases, b.accounts[i].Purchase) {
			b.accounts[i].Told = true
		}
	}
	return nil
}

// node is the yard's chain with faults: call number fail returns an error, before or
// after it was made. It may show another head, balance or price than the chain's.
type node struct {
	Node
	calls, fail int
	after       bool
	sent        int
	refuse      error // of every transaction
	gasLimit    uint64
	legacy      bool
	balance     *big.Int
	estimates   int
	lost        bool   // transactions are taken, and never mined
	counts      uint64 // it says that an account has sent so many; 0: the truth
	before      func() // of each transaction: somebody else's come first
}

var errFault = errors.New("the connection broke")

func (n *node) fault(call func() error) error {
	n.calls++
	if n.calls != n.fail {
		return call()
	}
	if n.after {
		_ = call() // it got through, but nobody hears of it
	}
	return errFault
}

func (n *node) HeaderByNumber(ctx context.Context, number *big.Int) (h *types.Header, err error) {
	err = n.fault(func() (err error) { h, err = n.Node.HeaderByNumber(ctx, number); return err })
	if err == nil && n.gasLimit > 0 {
		h.GasLimit = n.gasLimit
	}
	if err == nil && n.legacy {
		h.BaseFee = nil
	}
	return h, err
}

func (n *node) TransactionReceipt(ctx context.Context, tx common.Hash) (r *types.Receipt, err error) {
	err = n.fault(func() (err error) { r, err = n.Node.TransactionReceipt(ctx, tx); return err })
	return r, err
}

func (n *node) NonceAt(ctx context.Context, a common.Address, block *big.Int) (v uint64, err error) {
	err = n.fault(func() (err error) { v, err = n.Node.NonceAt(ctx, a, block); return err })
	if err == nil && n.counts > 0 {
		v = n.counts
	}
	return v, err
}

func (n *node) BalanceAt(ctx context.Context, a common.Address, block *big.Int) (v *big.Int, err error) {
	err = n.fault(func() (err error) { v, err = n.Node.BalanceAt(ctx, a, block); return err })
	if err == nil && n.balance != nil {
		v = n.balance
	}
	return v, err
}

func (n *node) SuggestGasPrice(ctx context.Context) (v *big.Int, err error) {
	err = n.fault(func() (err error) { v, err = n.Node.SuggestGasPrice(ctx); return err })
	return v, err
}

func (n *node) SuggestGasTipCap(ctx context.Context) (v *big.Int, err error) {
	err = n.fault(func() (err error) { v, err = n.Node.SuggestGasTipCap(ctx); return err })
	return v, err
}

func (n *node) EstimateGas(ctx context.Context, c ethereum.CallMsg) (v uint64, err error) {
	n.estimates++
	err = n.fault(func() (err error) { v, err = n.Node.EstimateGas(ctx, c); return err })
	return v, err
}

func (n *node) SendTransaction(ctx context.Context, tx *types.Transaction) error {
	if n.refuse != nil {
		return n.refuse
	}
	return n.fault(func() error {
		if n.sent++; n.lost {
			return nil
		}
		if n.before != nil {
			n.before()
		}
		return n.Node.SendTransaction(ctx, tx)
	})
}

// scene is a stream with two purchases of a day that five minutes have passed of.
type scene struct {
	*contractstest.Yard
	t      *testing.T
	stream uint64
	book   *books
	node   *node
	cfg    Config
}

const price = 1000 // of contractstest, 10⁻⁶ DTX

func newScene(t *testing.T) *scene { return newSceneOf(t, 2, false) }

func newSceneOf(t *testing.T, people int, amsterdam bool) *scene {
	t.Helper()
	y := contractstest.New(t, people, amsterdam)
	s := &scene{Yard: y, t: t, book: &books{txs: map[string]Tx{}}, node: &node{Node: y.Client}}
	s.stream, _ = y.List(2, 1)
	s.cfg = Config{Operator: 1, Market: y.D.Market, ChainID: y.ID, Rules: market.Rules{ClaimWindow: 7 * 86_400, Decimals: 18}, Confirm: 1, Interval: time.Nanosecond,
		Policy: Policy{MaxFee: big.NewInt(1_000_000_000_000)}}
	s.buy()
	s.buy()
	s.skip(5 * time.Minute)
	return s
}

// buy adds a purchase of a day.
func (s *scene) buy() market.PurchaseID {
	s.t.Helper()
	return s.buyOf(s.stream, 2)
}

// buyOf adds a purchase of a day of somebody's stream.
func (s *scene) buyOf(stream uint64, owner int) market.PurchaseID {
	s.t.Helper()
	s.Buy(3, stream)
	id := market.PurchaseID(len(s.book.accounts) + 1)
	p := s.purchase(id)
	s.book.accounts = append(s.book.accounts, Account{Purchase: id, Stream: market.StreamID(stream), Payee: s.Addr(owner), Buyer: s.Addr(3), Price: price,
		Start: p.Start.Uint64(), End: p.End.Uint64(), Interval: p.Interval, Quota: p.Quota, State: market.PurchaseActive})
	return id
}

func (s *scene) skip(by time.Duration) { s.t.Helper(); s.Skip(by); s.fold() }

// mine makes a block and folds it.
func (s *scene) mine() { s.Backend.Commit(); s.fold() }

// fold reads the chain as a follower does.
func (s *scene) fold() {
	s.t.Helper()
	h, err := s.Client.HeaderByNumber(context.Background(), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	s.book.head = market.Position{Number: h.Number.Uint64(), Hash: h.Hash(), Time: h.Time}
	for i := range s.book.accounts {
		a := &s.book.accounts[i]
		p := s.purchase(a.Purchase)
		a.Delivered, a.State = p.Delivered, market.PurchaseState(p.State)
	}
}

// delivers sets the receipts of the purchases.
func (s *scene) delivers(receipts ...uint32) {
	for i, n := range receipts {
		s.book.accounts[i].Receipts = n
	}
}

func (s *scene) settler() *Settler { return s.settlerWith(1) }

func (s *scene) settlerWith(key int) *Settler {
	return New(s.cfg, s.node, s.book, NewKey(s.Keys[key]), slog.New(slog.DiscardHandler))
}

// round makes a round under the policy and insists that it succeeds.
func (s *scene) round(st *Settler) []Tx {
	s.t.Helper()
	txs, err := st.round(s.t.Context(), false)
	if err != nil {
		s.t.Fatal(err)
	}
	return txs
}

func (s *scene) purchase(id market.PurchaseID) contracts.Purchase {
	s.t.Helper()
	out, err := s.Client.CallContract(context.Background(), ethereum.CallMsg{To: &s.D.Market, Data: s.DM.PackGetPurchase(uint64(id))}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	p, err := s.DM.UnpackGetPurchase(out)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func (s *scene) credit(who common.Address) *big.Int {
	s.t.Helper()
	out, err := s.Client.CallContract(context.Background(), ethereum.CallMsg{To: &s.D.Market, Data: s.DM.PackCredit(who)}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := s.DM.UnpackCredit(out)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *scene) paid() (n uint32) {
	for i := range s.book.accounts {
		n += s.purchase(s.book.accounts[i].Purchase).Delivered
	}
	return n
}

// until makes rounds, a block after each, until the chain has paid n readings in all.
func (s *scene) until(st *Settler, n uint32) {
	s.t.Helper()
	for range 40 {
		_, _ = st.SettleNow(context.Background()) // its faults are what the test is about
		s.mine()
		if s.paid() == n {
			return
		}
	}
	s.t.Fatalf("%d paid of %d after 40 rounds: %+v", s.paid(), n, st.Status())
}

// exact checks 80/10/10 of n readings, to the wei.
func (s *scene) exact(n uint32) {
	s.t.Helper()
	owner, operator, platform := contracts.Split(contracts.Gross(uint64(n), price, 18))
	for _, one := range []struct {
		who  string
		addr common.Address
		want *big.Int
	}{{"owner", s.Addr(2), owner}, {"operator", s.Addr(1), operator}, {"platform", s.Addr(0), platform}} {
		if got := s.credit(one.addr); got.Cmp(one.want) != 0 {
			s.t.Errorf("the %s has %s wei, want %s", one.who, got, one.want)
		}
	}
}

// only gives the one transaction stored.
func (s *scene) only() Tx {
	s.t.Helper()
	all := s.book.list(func(Tx) bool { return true })
	if len(all) != 1 {
		s.t.Fatalf("%d transactions", len(all))
	}
	return all[0]
}

func (s *scene) faults(st *Settler) map[FaultCode]string {
	all := map[FaultCode]string{}
	for _, f := range st.Status().Faults {
		all[f.Code] = f.Text
	}
	return all
}

func TestReceiptsBecomeMoneyOnceWhateverBreaksAndWhenever(t *testing.T) {
	for _, after := range []bool{false, true} {
		for fail := 0; fail <= 22; fail++ {
			t.Run(fmt.Sprintf("call %d fails, through=%v", fail, after), func(t *testing.T) {
				t.Parallel()
				s := newScene(t)
				s.delivers(3, 2)
				s.node.fail, s.node.after = fail, after
				_, _ = s.settler().SettleNow(t.Context()) // breaks somewhere, and the process with it
				s.until(s.settler(), 5)                   // a new one on the same books
				s.exact(5)
				s.delivers(5)
				s.until(s.settler(), 7)
				s.exact(7)
			})
		}
	}
}

func TestNothingIsSentThatWouldPayNothing(t *testing.T) {
	s := newScene(t)
	st := s.settler()
	s.delivers(2)
	s.book.accounts[0].Unpaid = true
	if txs, err := st.SettleNow(t.Context()); err != nil || len(txs) != 0 {
		t.Errorf("a purchase that a ruling stopped was claimed: %v %v", txs, err)
	}
	s.book.accounts[0].Unpaid = false // nothing of it is remembered: the chain went back
	s.until(st, 2)
	sent := s.node.sent
	for range 3 {
		if _, err := st.SettleNow(t.Context()); err != nil {
			t.Error(err)
		}
		s.mine()
	}
	if s.node.sent != sent {
		t.Errorf("%d transactions were sent though everything is paid", s.node.sent-sent)
	}
}

// M1: what is claimed is bounded by the newest block, and what was too early is claimed
// as soon as it is not.
func TestAClaimNeverExceedsWhatTheContractPaysNow(t *testing.T) {
	s := newScene(t)
	s.delivers(8) // five minutes pay six readings
	st := s.settler()
	s.until(st, 6)
	s.exact(6)
	if len(st.Status().Refused) > 0 {
		t.Errorf("left out for a passing reason: %+v", st.Status().Refused)
	}
	e := Earnings(s.book.accounts, 18, st)[0]
	if e.Unclaimed != 2 || e.Standing != StandingEarly || e.Why == "" {
		t.Errorf("%+v", e)
	}
	s.skip(2 * time.Minute)
	s.until(st, 8)
	s.exact(8)
}

// The clock of the machine is nobody's business: a book that is ahead of the node, or a
// node that is ahead of the book, makes no claim the other would not pay.
func TestTheClockIsTheOlderOfNodeAndBook(t *testing.T) {
	for _, by := range []int64{-3_600, 3_600} {
		s := newScene(t)
		s.delivers(300)
		real := s.book.head.Time
		s.book.head.Time = uint64(int64(real) + by)
		st := s.settler()
		txs, err := st.SettleNow(t.Context())
		if err != nil || (by < 0) != (len(txs) == 0) {
			t.Errorf("the book is %d s off: %v %v", by, txs, err)
		}
		if by > 0 && txs[0].Claims[0].Delivered != 6 {
			t.Errorf("claims %d", txs[0].Claims[0].Delivered)
		}
	}
}

func TestTheLastClaimReturnsTheRestToTheBuyer(t *testing.T) {
	s := newScene(t)
	s.delivers(2)
	s.book.accounts = s.book.accounts[:1]
	s.skip(25 * time.Hour)
	s.until(s.settler(), 2)
	if p := s.purchase(1); market.PurchaseState(p.State) != market.PurchaseClosed {
		t.Errorf("the purchase is %d", p.State)
	}
	quota := s.purchase(1).Quota
	if got, want := s.credit(s.Addr(3)), contracts.Gross(uint64(quota-2), price, 18); got.Cmp(want) != 0 {
		t.Errorf("the buyer has %s wei back, want %s", got, want)
	}
}

// M2, N5: a window that closed while the bridge was away for eight days.
func TestAnAccountPastItsWindowIsToldOnceAndLeft(t *testing.T) {
	s := newScene(t)
	s.delivers(4, 0)
	s.skip(24*time.Hour + 8*24*time.Hour)
	st := s.settler()
	for range 60 {
		s.round(st)
		s.mine()
	}
	if _, err := st.SettleNow(t.Context()); err != nil {
		t.Error(err)
	}
	st = s.settler() // and after a restart
	s.round(st)
	if s.node.sent > 1 || s.node.estimates > 5 {
		t.Errorf("%d transactions, %d estimates", s.node.sent, s.node.estimates)
	}
	if len(s.book.told) != 1 || s.book.told[0] != 1 {
		t.Errorf("told of %v", s.book.told)
	}
	if e := Earnings(s.book.accounts, 18, st)[0]; e.Standing != StandingWindow || e.Unclaimed != 4 {
		t.Errorf("%+v", e)
	}
}

// The window closes between broadcast and block: the contract skips the claim, and it
// is not made again.
func TestAClaimThatIsTooLateByABlockCostsOneTransaction(t *testing.T) {
	s := newScene(t)
	s.book.accounts = s.book.accounts[:1]
	s.delivers(4)
	s.skip(24*time.Hour + 7*24*time.Hour - 6*time.Minute)
	s.node.lost = true
	st := s.settler()
	if txs := s.round(st); len(txs) != 1 {
		t.Fatalf("%d transactions", len(txs))
	}
	s.skip(10 * time.Minute)
	s.node.lost = false
	for range 30 {
		s.round(st)
		s.mine()
	}
	if got := s.book.list(func(Tx) bool { return true }); len(got) != 1 || got[0].State != TxFinal || s.paid() != 0 {
		t.Errorf("%d transactions, %d paid", len(got), s.paid())
	}
}

// pays sets the policy so that n readings of cut are worth times their gas at one gwei
// for a batch of that many claims.
func (s *scene) policy(cover, dtxInEther string) {
	k, _ := new(big.Rat).SetString(cover)
	p, _ := new(big.Rat).SetString(dtxInEther)
	s.cfg.Policy.Cover = k
	s.cfg.Policy.DTXPrice = new(big.Int).Div(new(big.Int).Mul(p.Num(), big.NewInt(params.Ether)), p.Denom())
}

// M11: the unit of the policy is gas.
func TestASettlementWaitsUntilTheCutCoversTheGas(t *testing.T) {
	s := newScene(t)
	s.policy("3", "1/2") // a reading's cut is 0.0001 DTX = 0.00005 ether; a claim of one purchase takes about 0.0001 ether
	s.delivers(2)
	st := s.settler()
	if txs := s.round(st); len(txs) != 0 {
		t.Fatalf("settled though the cut is worth less than three times the gas: %+v", txs)
	}
	e := Earnings(s.book.accounts, 18, st)[0]
	if e.Standing != StandingDue || !strings.Contains(e.Why, "gas") || e.Unclaimed != 2 {
		t.Errorf("earnings do not say why: %+v", e)
	}
	s.skip(30 * time.Minute)
	s.delivers(30)
	if txs := s.round(st); len(txs) != 1 {
		t.Fatalf("not settled though 30 readings cover it: %s", st.Status().Waits)
	}
	s.mine()
	s.round(st)
	if tx := s.only(); !covered(tx, contracts.Gross(30, price, 18), s.cfg.Policy, big.NewRat(3, 1)) {
		t.Errorf("it cost %d gas at %s wei", tx.GasUsed, tx.GasPrice)
	}
}

// covered tells whether the operator's tenth of gross is worth times what tx cost.
func covered(tx Tx, gross *big.Int, p Policy, times *big.Rat) bool {
	cost := new(big.Rat).SetInt(new(big.Int).Mul(new(big.Int).SetUint64(tx.GasUsed), tx.GasPrice))
	cut := new(big.Rat).SetFrac(new(big.Int).Mul(gross, p.DTXPrice), new(big.Int).Mul(big.NewInt(10), big.NewInt(params.Ether)))
	return cut.Cmp(cost.Mul(cost, times)) >= 0
}

func TestADeadlineOverridesThePolicyOnlyWhileItEarns(t *testing.T) {
	for dtx, want := range map[string]int{"1/1000000": 0, "1/2": 0, "3": 1} { // 2 readings: a loss; less than one times the gas; between one and three times
		s := newScene(t)
		s.policy("30", dtx)
		s.book.accounts = s.book.accounts[:1]
		s.delivers(2)
		st := s.settler()
		s.skip(24*time.Hour + 5*24*time.Hour)
		if txs := s.round(st); len(txs) != 0 {
			t.Errorf("dtx at %s: settled before the deadline", dtx)
		}
		s.skip(24 * time.Hour) // a day before the window closes
		if txs := s.round(st); len(txs) != want {
			t.Errorf("dtx at %s: %d transactions before the window closes, want %d: %s", dtx, len(txs), want, st.Status().Waits)
		}
	}
}

func TestPolicyWaitsForTheInterval(t *testing.T) {
	s := newScene(t)
	s.delivers(2)
	s.until(s.settler(), 2)
	s.cfg.Interval = time.Hour
	s.delivers(4)
	st := s.settler() // a restart does not begin the interval again, nor end it
	if txs := s.round(st); slices.ContainsFunc(txs, func(t Tx) bool { return t.State == TxSent }) {
		t.Errorf("settled before the interval was over: %+v", txs)
	}
	st.last, st.planned = time.Now().Add(-2*time.Hour), time.Time{} // so long ago, both
	if txs := s.round(st); !slices.ContainsFunc(txs, func(t Tx) bool { return t.State == TxSent }) {
		t.Errorf("not settled after it: %s", st.Status().Waits)
	}
}

func TestDearGasIsNamedAndNothingIsSent(t *testing.T) {
	s := newScene(t)
	s.cfg.Policy.MaxFee = big.NewInt(1)
	s.delivers(2)
	st := s.settler()
	if _, err := st.SettleNow(t.Context()); err == nil || !strings.Contains(err.Error(), "max_fee_gwei") || s.node.sent != 0 {
		t.Errorf("%v, %d sent", err, s.node.sent)
	}
	if s.faults(st)[FaultFees] == "" {
		t.Error("status does not say so")
	}
	st.cfg.Policy.MaxFee = big.NewInt(1_000_000_000_000)
	s.until(st, 2)
	if s.faults(st)[FaultFees] != "" {
		t.Error("status still says so")
	}
}

// No form of a transaction may cost more than it earns, whatever max_fee says.
func TestABidNeverExceedsWhatItEarns(t *testing.T) {
	s := newScene(t)
	s.policy("3", "5")
	s.cfg.BumpAfter = time.Nanosecond
	s.node.lost = true
	s.delivers(6, 6)
	st := s.settler()
	for range 40 {
		s.round(st)
	}
	tx := s.only()
	if len(tx.Forms) < 3 {
		t.Fatalf("%d forms: %s", len(tx.Forms), st.Status().Waits)
	}
	earned := s.cfg.worth(contracts.Tenth(contracts.Gross(12, price, 18)))
	for _, f := range tx.Forms {
		var one types.Transaction
		if err := one.UnmarshalBinary(f.Raw); err != nil {
			t.Fatal(err)
		}
		expected := one.Gas() - st.reserve([]candidate{{payee: s.Addr(2)}})
		if most := new(big.Int).Mul(one.GasFeeCap(), new(big.Int).SetUint64(expected)); most.Cmp(earned) > 0 {
			t.Errorf("a form may cost %s wei and earns %s", most, earned)
		}
	}
}

func TestAnUnminedTransactionIsReplacedOnItsOwnNonce(t *testing.T) {
	s := newScene(t)
	s.cfg.BumpAfter = time.Nanosecond
	s.delivers(2)
	st := s.settler()
	for i := range 3 { // no block is made
		s.round(st)
		s.delivers(3 + uint32(i))
	}
	tx := s.only()
	if len(tx.Forms) < 2 {
		t.Fatalf("%d forms", len(tx.Forms))
	}
	var fees []*big.Int
	for _, f := range tx.Forms {
		var one types.Transaction
		if err := one.UnmarshalBinary(f.Raw); err != nil || one.Nonce() != tx.Nonce {
			t.Fatalf("nonce %d, %v", one.Nonce(), err)
		}
		fees = append(fees, one.GasFeeCap())
	}
	for i := 1; i < len(fees); i++ {
		if least := new(big.Int).Div(new(big.Int).Mul(fees[i-1], big.NewInt(110)), big.NewInt(100)); fees[i].Cmp(least) < 0 {
			t.Errorf("form %d offers %s after %s: nodes want a tenth more", i, fees[i], fees[i-1])
		}
	}
	if last := tx.Forms[len(tx.Forms)-1]; last.Claims[0].Delivered <= tx.Forms[0].Claims[0].Delivered {
		t.Error("a later form does not claim what was delivered meanwhile")
	}
	st.cfg.BumpAfter = time.Hour
	s.until(st, 5)
	s.exact(5)
	s.round(st)
	first := s.book.list(func(Tx) bool { return true })[0]
	if first.State != TxFinal || first.Claims[0].Delivered != s.purchase(1).Delivered && len(s.book.txs) == 1 {
		t.Errorf("%+v", first)
	}
}

// A node counts transactions wrong, too many, when one is signed: the chain never comes to that
// nonce. What it claims is claimed with the next one, and everything is paid once.
func TestANonceTheChainDoesNotComeToStopsNoPayment(t *testing.T) {
	s := newScene(t)
	s.cfg.BumpAfter = time.Nanosecond
	s.delivers(2)
	st := s.settler()
	s.until(st, 2)
	s.delivers(4)
	s.node.counts = 0x7fff
	s.round(st)
	if all := s.book.list(func(t Tx) bool { return t.Nonce == 0x7fff }); len(all) != 1 {
		t.Fatalf("%d transactions have the nonce the node said", len(all))
	}
	s.node.counts = 0
	s.until(st, 4)
	s.delivers(6)
	s.until(s.settler(), 6) // a restart
	s.exact(6)
}

// The wall clock is set while a transaction is under way: ahead it replaces nothing too early,
// and back it does not keep one that was signed "in the future" from being replaced.
func TestAWallClockThatIsSetNeitherHurriesNorStopsAReplacement(t *testing.T) {
	for name, off := range map[string]time.Duration{"set ahead": -60 * 24 * time.Hour, "set back": 87_600 * time.Hour} {
		s := newScene(t)
		s.cfg.BumpAfter = time.Hour
		s.node.lost = true
		s.delivers(2)
		st := s.settler()
		s.round(st)
		tx := s.only()
		tx.Sealed, tx.Forms[0].Signed = tx.Sealed.Add(off).Round(0), tx.Forms[0].Signed.Add(off).Round(0) // as the clock says now
		if err := s.book.Record(tx); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			s.round(st)
		}
		if n := len(s.only().Forms); n != 1 {
			t.Errorf("%s: %d forms before settlement.bump_after", name, n)
		}
		for restarted, st := range map[bool]*Settler{false: st, true: s.settler()} {
			before := len(s.only().Forms)
			st.cfg.BumpAfter = time.Millisecond
			s.round(st)
			time.Sleep(5 * time.Millisecond)
			s.round(st)
			if n := len(s.only().Forms); n == before {
				t.Errorf("%s: not replaced after settlement.bump_after (restarted: %t)", name, restarted)
			}
		}
	}
}

// M10: one refusal blocks no batch, and what is refused is tried again.
func TestARefusedClaimIsFoundAndTheOthersAreSettledInTheSameRound(t *testing.T) {
	s := newScene(t)
	for range 6 {
		s.buy()
	}
	s.skip(5 * time.Minute)
	s.delivers(2, 2, 2, 2, 2, 2, 2, 2)
	foreign := s.book.accounts[0]
	foreign.Purchase, foreign.Receipts = 999, 1 // of no stream of this operator
	s.book.accounts = append(s.book.accounts, foreign)
	st := s.settler()
	if txs := s.round(st); len(txs) != 1 || len(txs[0].Claims) != 8 {
		t.Fatalf("%+v", txs)
	}
	status := st.Status()
	if len(status.Refused) != 1 || status.Refused[0].Purchase != 999 || status.Refused[0].Reason == "" || !status.Refused[0].NextTry.After(time.Now()) || s.faults(st)[FaultRefused] == "" {
		t.Errorf("%+v", status)
	}
	if s.node.estimates > 14 {
		t.Errorf("%d estimates for one refusal among nine", s.node.estimates)
	}
	if e := Earnings(s.book.accounts, 18, st)[8]; e.Standing != StandingRefused || e.NextTry.IsZero() {
		t.Errorf("%+v", e)
	}
	s.book.accounts = s.book.accounts[:8]
	s.until(st, 16)
	st.exclusions[999] = exclusion{next: time.Now().Add(-time.Second)}
	s.book.accounts = append(s.book.accounts, foreign)
	before := s.node.estimates
	s.round(st)
	if s.node.estimates == before {
		t.Error("what was refused is not tried again")
	}
}

func TestABatchFitsIntoItsBlock(t *testing.T) {
	s := newScene(t)
	for range 10 {
		s.buy()
	}
	s.skip(2 * time.Minute)
	s.delivers(2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2)
	s.node.gasLimit = 500_000 // a transaction gets a quarter
	st := s.settler()
	s.until(st, 24)
	txs := s.book.list(func(Tx) bool { return true })
	if len(txs) < 2 {
		t.Errorf("%d transactions", len(txs))
	}
	for _, tx := range txs {
		var one types.Transaction
		if err := one.UnmarshalBinary(tx.Forms[0].Raw); err != nil || one.Gas() > 125_000 {
			t.Errorf("a transaction of %d claims asks for %d gas, %v", len(tx.Claims), one.Gas(), err)
		}
	}
}

// M10: a chain without EIP-1559.
func TestAChainWithoutABaseFeeGetsLegacyTransactions(t *testing.T) {
	s := newScene(t)
	s.node.legacy = true
	s.cfg.BumpAfter = time.Nanosecond
	s.delivers(2)
	st := s.settler()
	s.round(st)
	s.delivers(3)
	s.round(st) // replaced
	tx := s.only()
	if len(tx.Forms) != 2 {
		t.Errorf("%d forms", len(tx.Forms))
	}
	for _, f := range tx.Forms {
		var one types.Transaction
		if err := one.UnmarshalBinary(f.Raw); err != nil || one.Type() != types.LegacyTxType {
			t.Errorf("a transaction of type %d, %v", one.Type(), err)
		}
	}
	s.until(st, 3)
}

// M12: a fault stays until what it names has been seen to work.
func TestARotatedSignerIsNamedUntilTheMarketTakesTheKey(t *testing.T) {
	s := newScene(t)
	s.delivers(2)
	st := s.settler()
	s.Call(s.Admin, s.DM.PackSetSigner(big.NewInt(1), s.Addr(3)))
	s.fold()
	if _, err := st.SettleNow(t.Context()); err == nil || !strings.Contains(err.Error(), s.Addr(3).Hex()) {
		t.Errorf("%v", err)
	}
	s.delivers(0) // nothing to claim any more
	for range 5 {
		s.round(st)
		if s.faults(st)[FaultSigner] == "" {
			t.Fatal("the fault went away, and the key is still not taken")
		}
	}
	if len(st.Status().Refused) != 0 {
		t.Errorf("claims were left out for the signer's sake: %+v", st.Status().Refused)
	}
	s.Call(s.Admin, s.DM.PackSetSigner(big.NewInt(1), s.Addr(1)))
	st.probed = time.Time{}
	s.round(st)
	if text := s.faults(st)[FaultSigner]; text != "" {
		t.Errorf("the key is taken, and the fault stays: %s", text)
	}
	s.delivers(2)
	s.until(st, 2)
}

func TestTooLittleEtherIsToldWithAddressAndNeed(t *testing.T) {
	for _, how := range []string{"balance", "node"} {
		s := newScene(t)
		s.delivers(2)
		st := s.settler()
		if how == "balance" {
			s.node.balance = big.NewInt(1)
		} else {
			s.node.refuse = errors.New("insufficient funds for gas * price + value: balance 0, tx cost 1, overshot 1")
		}
		_, err := st.SettleNow(t.Context())
		if err == nil || !strings.Contains(err.Error(), s.Addr(1).Hex()) || !strings.Contains(err.Error(), "send about 0.00") {
			t.Errorf("%v", err)
		}
		if how == "balance" {
			s.delivers(0)
			for range 3 {
				s.round(st)
			}
			if s.faults(st)[FaultEther] == "" {
				t.Error("the fault went away without ether")
			}
			if low := st.Status(); low.Balance.Cmp(low.Need) >= 0 {
				t.Errorf("needs %s, has %s", low.Need, low.Balance)
			}
			s.node.balance = nil
			s.round(st)
			if s.faults(st)[FaultEther] != "" {
				t.Error("the ether is there, and the fault stays")
			}
			s.delivers(2)
		}
		s.node.refuse = nil
		s.until(st, 2)
	}
}

func TestANodeThatTakesNoTransactionIsNamedUntilItDoes(t *testing.T) {
	s := newScene(t)
	s.delivers(2)
	s.node.refuse = errors.New("txpool is full")
	st := s.settler()
	for range 3 {
		if _, err := st.SettleNow(t.Context()); err == nil || s.faults(st)[FaultSend] == "" {
			t.Errorf("%v", err)
		}
	}
	s.node.refuse = nil
	s.until(st, 2)
	if s.faults(st)[FaultSend] != "" {
		t.Error("the fault stays")
	}
}

// A cut is worth the same ether whatever the token's decimals.
func TestWhatACutIsWorthFollowsTheTokensDecimals(t *testing.T) {
	for _, decimals := range []int{6, 8, 18} {
		c := Config{Rules: market.Rules{Decimals: decimals}, Policy: Policy{DTXPrice: big.NewInt(2e14)}} // 0.0002 ether
		a := Account{Price: 500_000}                                                                     // half a token
		if got := c.worth(c.gain(&a, 10, 50)); got.Int64() != 4e14 {                                     // a tenth of 40 readings: two tokens
			t.Errorf("%d decimals: %s wei of ether", decimals, got)
		}
	}
}

func TestASplitLosesNoWei(t *testing.T) {
	for _, n := range []uint32{1, 3, 7, 4_294_967_295} {
		g := contracts.Gross(uint64(n), 10, 18)
		a, b, c := contracts.Split(g)
		if sum := new(big.Int).Add(a, new(big.Int).Add(b, c)); sum.Cmp(g) != 0 || b.Cmp(c) != 0 || new(big.Int).Mul(b, big.NewInt(8)).Cmp(a) != 0 {
			t.Errorf("%s = %s + %s + %s", g, a, b, c)
		}
	}
}

func TestAKeyOpensWithItsPasswordFromFilesNobodyElseReads(t *testing.T) {
	s := contractstest.New(t, 0, false)
	dir := t.TempDir()
	sealed, err := keystore.EncryptKey(&keystore.Key{Id: uuid.New(), Address: s.Addr(1), PrivateKey: s.Keys[1]}, "right", keystore.LightScryptN, keystore.LightScryptP)
	if err != nil {
		t.Fatal(err)
	}
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key, right := file("key", string(sealed), 0o600), file("right", "right\n", 0o600)
	k, err := LoadKey(key, right)
	if err != nil || k.Address() != s.Addr(1) {
		t.Errorf("%v", err)
	}
	for want, c := range map[error][2]string{
		ErrPassword: {key, file("wrong", "wrong\n", 0o600)},
		ErrOpenFile: {key, file("open", "right\n", 0o644)},
	} {
		if _, err := LoadKey(c[0], c[1]); !errors.Is(err, want) || strings.Contains(err.Error(), "right") {
			t.Errorf("%v, want %v", err, want)
		}
	}
	if _, err := LoadKey(right, right); err == nil || !strings.Contains(err.Error(), "no keystore") {
		t.Errorf("%v", err)
	}
}

// M12, the kind: a fault that one part of a round shows is not cleared by another part
// that works.
func TestAFaultDoesNotFlicker(t *testing.T) {
	s := newScene(t)
	s.delivers(2)
	st := s.settler()
	st.node = deaf{s.node}
	_, _ = st.SettleNow(t.Context())
	since := func(code FaultCode) time.Time {
		for _, f := range st.Status().Faults {
			if f.Code == code {
				return f.Since
			}
		}
		return time.Time{}
	}
	first := since(FaultNode)
	for range 3 {
		_, _ = st.SettleNow(t.Context())
		if now := since(FaultNode); now.IsZero() || now != first {
			t.Fatalf("the fault began at %v, and again at %v", first, now)
		}
	}
	st.node = s.node
	s.until(st, 2)
	if !since(FaultNode).IsZero() {
		t.Error("the node answers, and the fault stays")
	}
}

// deaf answers everything but estimates.
type deaf struct{ Node }

func (deaf) EstimateGas(context.Context, ethereum.CallMsg) (uint64, error) { return 0, errFault }

func TestEarningsTellWhatWentBackToTheBuyer(t *testing.T) {
	e := Earnings([]Account{{Purchase: 1, Price: price, Delivered: 10, Returned: 4, Receipts: 12}}, 18, nil)[0]
	all, cut, _ := contracts.Split(contracts.Gross(10, price, 18))
	back, _, _ := contracts.Split(contracts.Gross(4, price, 18))
	if e.Returned.Cmp(back) != 0 || new(big.Int).Add(e.Owner, e.Returned).Cmp(all) != 0 || e.Operator.Cmp(cut) != 0 || e.Unclaimed != 2 || e.Standing != StandingNoSettler {
		t.Errorf("%+v", e)
	}
}
