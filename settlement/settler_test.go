package settlement

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
	"github.com/google/uuid"
)

// books are Accounts in memory; what was recorded survives a settler.
type books struct {
	mu       sync.Mutex
	accounts []Account
	txs      map[uint64]Tx
}

func (b *books) Accounts() ([]Account, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.accounts), nil
}

func (b *books) Transactions() (all []Tx, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.txs {
		if t.State != TxFinal && t.State != TxReverted {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b Tx) int { return int(a.Nonce) - int(b.Nonce) })
	return all, nil
}

func (b *books) Record(t Tx) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if old, ok := b.txs[t.Nonce]; ok && !old.SameAs(t) {
		return ErrNonceTaken
	}
	b.txs[t.Nonce] = t
	return nil
}

// node is the yard's chain with faults: call number fail returns an error, before or
// after it was made.
type node struct {
	Node
	calls, fail int
	after       bool
	sent        int
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
	return h, err
}

func (n *node) TransactionReceipt(ctx context.Context, tx common.Hash) (r *types.Receipt, err error) {
	err = n.fault(func() (err error) { r, err = n.Node.TransactionReceipt(ctx, tx); return err })
	return r, err
}

func (n *node) NonceAt(ctx context.Context, a common.Address, block *big.Int) (v uint64, err error) {
	err = n.fault(func() (err error) { v, err = n.Node.NonceAt(ctx, a, block); return err })
	return v, err
}

func (n *node) SuggestGasTipCap(ctx context.Context) (v *big.Int, err error) {
	err = n.fault(func() (err error) { v, err = n.Node.SuggestGasTipCap(ctx); return err })
	return v, err
}

func (n *node) EstimateGas(ctx context.Context, c ethereum.CallMsg) (v uint64, err error) {
	err = n.fault(func() (err error) { v, err = n.Node.EstimateGas(ctx, c); return err })
	return v, err
}

func (n *node) SendTransaction(ctx context.Context, tx *types.Transaction) error {
	return n.fault(func() error { n.sent++; return n.Node.SendTransaction(ctx, tx) })
}

// scene is a stream with two purchases of a day that five minutes have passed of.
type scene struct {
	*contractstest.Yard
	t    *testing.T
	book *books
	node *node
	cfg  Config
}

const price = 1000 // of contractstest, 10⁻⁶ DTX

func newScene(t *testing.T) *scene {
	t.Helper()
	y := contractstest.New(t, 2, false)
	stream, _ := y.List(2, 1)
	y.Buy(3, stream)
	y.Buy(3, stream)
	s := &scene{Yard: y, t: t, book: &books{txs: map[uint64]Tx{}}, node: &node{Node: y.Client}}
	s.cfg = Config{Operator: 1, Market: y.D.Market, ChainID: y.ID, ClaimWindow: 7 * 24 * time.Hour, Confirm: 1, Interval: time.Nanosecond,
		Now: func() uint64 {
			h, err := y.Client.HeaderByNumber(context.Background(), nil)
			if err != nil {
				t.Fatal(err)
			}
			return h.Time
		}}
	y.Skip(5 * time.Minute)
	for id := uint64(1); id <= 2; id++ {
		p := s.purchase(id)
		s.book.accounts = append(s.book.accounts, Account{Purchase: market.PurchaseID(id), Stream: market.StreamID(stream), Price: price,
			Start: p.Start.Uint64(), End: p.End.Uint64(), Interval: p.Interval, Quota: p.Quota, State: market.PurchaseActive})
	}
	return s
}

func (s *scene) settler() *Settler {
	return New(s.cfg, s.node, s.book, NewKey(s.Keys[1]), slog.New(slog.DiscardHandler))
}

func (s *scene) purchase(id uint64) contracts.Purchase {
	s.t.Helper()
	out, err := s.Client.CallContract(context.Background(), ethereum.CallMsg{To: &s.D.Market, Data: s.DM.PackGetPurchase(id)}, nil)
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

// until makes rounds, a block after each, until the chain has paid n readings in all.
func (s *scene) until(st *Settler, n uint32) {
	s.t.Helper()
	for range 30 {
		_, _ = st.SettleNow(context.Background()) // its faults are what the test is about
		s.Backend.Commit()
		var paid uint32
		for i := range s.book.accounts {
			p := s.purchase(uint64(i + 1))
			s.book.accounts[i].Delivered, s.book.accounts[i].State = p.Delivered, market.PurchaseState(p.State)
			paid += p.Delivered
		}
		if paid == n {
			return
		}
	}
	s.t.Fatalf("not settled after 30 rounds: %+v", st.Status())
}

// exact checks 80/10/10 of n readings, to the wei.
func (s *scene) exact(n uint32) {
	s.t.Helper()
	owner, operator, platform := Split(contracts.Gross(n, price))
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

func TestReceiptsBecomeMoneyOnceWhateverBreaksAndWhenever(t *testing.T) {
	for _, after := range []bool{false, true} {
		for fail := 0; fail <= 14; fail++ {
			t.Run(fmt.Sprintf("call %d fails, through=%v", fail, after), func(t *testing.T) {
				t.Parallel()
				s := newScene(t)
				s.book.accounts[0].Receipts, s.book.accounts[1].Receipts = 3, 2
				s.node.fail, s.node.after = fail, after
				_, _ = s.settler().SettleNow(t.Context()) // breaks somewhere, and the process with it
				s.until(s.settler(), 5)                   // a new one on the same books
				s.exact(5)
				s.book.accounts[0].Receipts = 5
				s.until(s.settler(), 7)
				s.exact(7)
			})
		}
	}
}

func TestNothingIsSentThatWouldPayNothing(t *testing.T) {
	s := newScene(t)
	st := s.settler()
	s.book.accounts[0].Receipts = 2
	s.book.accounts[0].Frozen = true
	if txs, err := st.SettleNow(t.Context()); err != nil || len(txs) != 0 {
		t.Errorf("a frozen purchase was claimed: %v %v", txs, err)
	}
	s.book.accounts[0].Frozen = false
	s.until(st, 2)
	sent := s.node.sent
	for range 3 {
		if _, err := st.SettleNow(t.Context()); err != nil {
			t.Error(err)
		}
		s.Backend.Commit()
	}
	if s.node.sent != sent {
		t.Errorf("%d transactions were sent though everything is paid", s.node.sent-sent)
	}
}

func TestAClaimNeverExceedsWhatTheContractPays(t *testing.T) {
	s := newScene(t)
	s.book.accounts[0].Receipts = 500 // a bug, or a restored backup: five minutes pay six readings
	s.until(s.settler(), 6)
	s.exact(6)
}

func TestTheLastClaimReturnsTheRestToTheBuyer(t *testing.T) {
	s := newScene(t)
	s.book.accounts[0].Receipts = 2
	s.book.accounts = s.book.accounts[:1]
	s.Skip(25 * time.Hour)
	s.until(s.settler(), 2)
	if p := s.purchase(1); market.PurchaseState(p.State) != market.PurchaseClosed {
		t.Errorf("the purchase is %d", p.State)
	}
	quota := s.purchase(1).Quota
	if got, want := s.credit(s.Addr(3)), contracts.Gross(quota-2, price); got.Cmp(want) != 0 {
		t.Errorf("the buyer has %s wei back, want %s", got, want)
	}
}

func TestPolicyWaitsForIntervalAndMinimumButNotForADeadline(t *testing.T) {
	s := newScene(t)
	s.cfg.Interval, s.cfg.MinCut = time.Hour, contracts.DTXWei(1)
	s.book.accounts[0].Receipts = 2
	st := s.settler()
	if txs, err := st.round(t.Context(), false); err != nil || len(txs) != 0 {
		t.Errorf("settled before the interval was over: %v %v", txs, err)
	}
	st.last = time.Now().Add(-2 * time.Hour)
	if txs, err := st.round(t.Context(), false); err != nil || len(txs) != 0 {
		t.Errorf("settled below the minimum: %v %v", txs, err)
	}
	s.Skip(24*time.Hour + 6*24*time.Hour) // a day before the window closes
	if txs, err := st.round(t.Context(), false); err != nil || len(txs) != 1 {
		t.Errorf("did not settle before the window closes: %v %v", txs, err)
	}
}

func TestDearGasIsNamedAndNothingIsSent(t *testing.T) {
	s := newScene(t)
	s.cfg.MaxFee = big.NewInt(1)
	s.book.accounts[0].Receipts = 2
	st := s.settler()
	if _, err := st.SettleNow(t.Context()); err == nil || !strings.Contains(err.Error(), "max_fee_gwei") || s.node.sent != 0 {
		t.Errorf("%v, %d sent", err, s.node.sent)
	}
	if st.Status().LastError == "" {
		t.Error("status does not say so")
	}
}

func TestAnUnminedTransactionIsMadeDearerOnItsOwnNonce(t *testing.T) {
	s := newScene(t)
	s.cfg.BumpAfter = time.Nanosecond
	s.book.accounts[0].Receipts = 2
	st := s.settler()
	for range 3 { // no block is made
		if _, err := st.SettleNow(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	txs, err := s.book.Transactions()
	if err != nil || len(txs) != 1 || len(txs[0].Raws) < 2 {
		t.Fatalf("%d transactions, %v", len(txs), err)
	}
	var fees []*big.Int
	for _, raw := range txs[0].Raws {
		var tx types.Transaction
		if err := tx.UnmarshalBinary(raw); err != nil || tx.Nonce() != txs[0].Nonce {
			t.Fatalf("nonce %d, %v", tx.Nonce(), err)
		}
		fees = append(fees, tx.GasFeeCap())
	}
	for i := 1; i < len(fees); i++ {
		if least := new(big.Int).Div(new(big.Int).Mul(fees[i-1], big.NewInt(110)), big.NewInt(100)); fees[i].Cmp(least) < 0 {
			t.Errorf("bump %d offers %s after %s: nodes want a tenth more", i, fees[i], fees[i-1])
		}
	}
	s.until(s.settler(), 2)
	s.exact(2)
}

func TestASplitLosesNoWei(t *testing.T) {
	for _, n := range []uint32{1, 3, 7, 4_294_967_295} {
		g := contracts.Gross(n, 10)
		a, b, c := Split(g)
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
