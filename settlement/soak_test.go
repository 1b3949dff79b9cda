package settlement_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/offer"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/params"
)

// soakCase is one run: five purchases of one device's stream, eight intervals long.
type soakCase struct {
	block    uint64 // seconds from block to block
	interval uint32
	phase    string // how the device sends
	rough    bool   // node faults, restarts, a clock that is wrong, a buyer who cancels
}

const (
	soakPurchases = 5
	soakIntervals = 8
	soakPrice     = 1_000 // 10⁻⁶ DTX
)

// phases are the times a device sends at, in seconds from the first purchase on. due is
// set where each purchase must get every reading it pays for.
var phases = map[string]struct {
	due  bool
	next func(r *rand.Rand, n int, interval float64) float64
}{
	"begun":  {true, func(_ *rand.Rand, n int, i float64) float64 { return float64(n)*i + 1 }},
	"exact":  {true, func(_ *rand.Rand, n int, i float64) float64 { return float64(n) * i }},
	"jitter": {false, func(r *rand.Rand, n int, i float64) float64 { return (float64(n) + r.Float64()/2) * i }},
	"double": {false, func(_ *rand.Rand, n int, i float64) float64 { return float64(n) * i / 2 }},
	"burst":  {false, func(_ *rand.Rand, n int, i float64) float64 { return float64(n/3)*3*i + float64(n%3) }},
}

// result is what a case comes to.
type result struct {
	soakCase
	delivered, paid, most uint32 // readings: what the buyers got, what the chain paid, what it could have paid at most
	txs                   int
	cost, earned          *big.Int // wei of ether, wei of DTX: gas, and the operator's cut
}

// soak is a case under way. Its clock is the soak's own; blocks come at multiples of the
// block time, and the machine's clock only decides how fast the test runs.
type soak struct {
	*ground
	soakCase
	r        *rand.Rand
	base     uint64 // a block's time
	now      uint64
	waiting  []*types.Transaction // sent, not mined
	path     string
	l        *ledger.Ledger
	index    *market.Index
	settler  *settlement.Settler
	folded   uint64
	outbox   []delivery.Parcel
	got      map[market.PurchaseID]uint32
	device   lorawan.DevEUI
	fCnt     uint32
	skew     int64
	first    uint64 // the first purchase's id
	started  uint64 // block where the case began
	faulting bool
}

var errBroken = errors.New("connection reset by peer")

// fault breaks some calls of the settler, before or after they were made.
func (s *soak) fault(call func() error) error {
	if !s.faulting || s.r.IntN(12) > 0 {
		return call()
	}
	if s.r.IntN(2) == 0 {
		_ = call()
	}
	return errBroken
}

// shaky is the settler's node: the chain with faults, and a pool that is the soak's.
type shaky struct{ s *soak }

func (n shaky) HeaderByNumber(ctx context.Context, number *big.Int) (h *types.Header, err error) {
	err = n.s.fault(func() (err error) { h, err = n.s.chain.HeaderByNumber(ctx, number); return err })
	return h, err
}

func (n shaky) TransactionReceipt(ctx context.Context, tx common.Hash) (r *types.Receipt, err error) {
	err = n.s.fault(func() (err error) { r, err = n.s.chain.TransactionReceipt(ctx, tx); return err })
	return r, err
}

func (n shaky) NonceAt(ctx context.Context, a common.Address, block *big.Int) (v uint64, err error) {
	err = n.s.fault(func() (err error) { v, err = n.s.chain.NonceAt(ctx, a, block); return err })
	return v, err
}

func (n shaky) BalanceAt(ctx context.Context, a common.Address, block *big.Int) (v *big.Int, err error) {
	err = n.s.fault(func() (err error) { v, err = n.s.chain.BalanceAt(ctx, a, block); return err })
	return v, err
}

func (n shaky) SuggestGasPrice(ctx context.Context) (v *big.Int, err error) {
	err = n.s.fault(func() (err error) { v, err = n.s.chain.SuggestGasPrice(ctx); return err })
	return v, err
}

func (n shaky) SuggestGasTipCap(ctx context.Context) (v *big.Int, err error) {
	err = n.s.fault(func() (err error) { v, err = n.s.chain.SuggestGasTipCap(ctx); return err })
	return v, err
}

func (n shaky) EstimateGas(ctx context.Context, c ethereum.CallMsg) (v uint64, err error) {
	err = n.s.fault(func() (err error) { v, err = n.s.chain.EstimateGas(ctx, c); return err })
	return v, err
}

func (n shaky) SendTransaction(_ context.Context, tx *types.Transaction) error {
	return n.s.fault(func() error {
		for _, one := range n.s.waiting {
			if one.Hash() == tx.Hash() {
				return errors.New("already known")
			}
		}
		if count, err := n.s.chain.NonceAt(context.Background(), n.s.addr(signer), nil); err == nil && tx.Nonce() < count {
			return errors.New("nonce too low")
		}
		if n.s.faulting && n.s.r.IntN(10) == 0 {
			return nil // the pool forgets it
		}
		n.s.waiting = append(n.s.waiting, tx)
		return nil
	})
}

// advance makes the blocks that come until unix second to. Blocks without transactions
// that nobody looks at are left out.
func (s *soak) advance(to uint64) {
	s.t.Helper()
	for {
		head := s.head().Time
		next := s.base + (head-s.base)/s.block*s.block + s.block
		if next > to {
			break
		}
		if len(s.waiting) == 0 {
			next = s.base + (to-s.base)/s.block*s.block
		}
		txs := s.waiting
		s.waiting = nil
		s.seal(next, txs)
	}
	s.now = max(s.now, to)
}

// mine lets people's transactions into the next block.
func (s *soak) mine(txs ...*types.Transaction) []*types.Receipt {
	s.t.Helper()
	s.waiting = append(s.waiting, txs...)
	s.advance(s.now + s.block)
	return s.receipts(txs...)
}

// fold follows the chain, as the bridge's follower does.
func (s *soak) fold() {
	s.t.Helper()
	ctx := context.Background()
	head := s.head().Number.Uint64()
	if head < s.folded {
		return
	}
	logs := must[[]types.Log](s.t)(s.chain.FilterLogs(ctx, ethereum.FilterQuery{FromBlock: new(big.Int).SetUint64(s.folded), Addresses: []common.Address{s.market}}))
	var blocks []market.Block
	for n := s.folded; n <= head; n++ {
		h := must[*types.Header](s.t)(s.chain.HeaderByNumber(ctx, new(big.Int).SetUint64(n)))
		b := market.Block{Position: market.Position{Number: n, Hash: h.Hash(), Time: h.Time}, Parent: h.ParentHash}
		for _, l := range logs {
			if l.BlockNumber != n {
				continue
			}
			ev, ours, err := market.Decode(l)
			if err != nil {
				s.t.Fatal(err)
			}
			if ours {
				b.Events = append(b.Events, ev)
			}
		}
		blocks = append(blocks, b)
	}
	if err := s.l.Advance(blocks, 0); err != nil {
		s.t.Fatal(err)
	}
	s.folded = head + 1
	s.index.SetHead(blocks[len(blocks)-1].Position, time.Now())
}

// open opens the ledger and makes a settler on it, as a process that starts does.
func (s *soak) open() {
	s.t.Helper()
	s.index = ledgertest.Options().Index
	var err error
	if s.l, err = ledger.Open(s.path, ledger.Options{Place: delivery.Place{ChainID: s.id.Uint64(), Market: s.market}, Operator: 1, Index: s.index}); err != nil {
		s.t.Fatal(err)
	}
	if head, ok, err := s.l.Head(); err != nil {
		s.t.Fatal(err)
	} else if ok {
		s.index.SetHead(head, time.Now())
	}
	s.settler = settlement.New(settlement.Config{
		Operator: 1, Market: s.market, ChainID: s.id, Interval: time.Nanosecond, Confirm: 3,
		Rules: market.Rules{ClaimWindow: contracts.MainnetRules().ClaimWindow.Uint64(), Decimals: 18}, Policy: soakPolicy(),
	}, shaky{s}, s.l, settlement.NewKey(s.keys[signer]), slog.New(slog.DiscardHandler))
}

// soakPolicy settles when the cut is worth three times its gas; at this price one
// reading is worth its gas once.
func soakPolicy() settlement.Policy {
	return settlement.Policy{Cover: big.NewRat(3, 1), DTXPrice: new(big.Int).Mul(big.NewInt(5), big.NewInt(params.Ether)), MaxFee: big.NewInt(100 * params.GWei)}
}

// restart ends the process, in order or not, and begins again.
func (s *soak) restart() {
	s.t.Helper()
	if err := s.l.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.open()
}

// hear takes an uplink in. Its stamp is the bridge's: the machine's clock, which may be
// wrong, or the newest block if that is later.
func (s *soak) hear() {
	s.t.Helper()
	s.fCnt++
	head, _ := s.index.Head()
	stamp := max(uint64(int64(s.now)+s.skew), head.Time)
	done := make(chan error, 1)
	s.l.Ingest(&lorawan.Reading{Network: "cs", Session: "01020304", DevEUI: s.device, FCnt: s.fCnt, FPort: 2,
		Received: time.Unix(int64(stamp), 0), Values: []byte(`{"t":1}`), Data: []byte{byte(s.fCnt), byte(s.fCnt >> 8)}},
		func(o ledger.Outcome, err error) { s.outbox = append(s.outbox, o.Parcels...); done <- err })
	if err := <-done; err != nil {
		s.t.Fatal(err)
	}
}

// deliver carries what may be sent now to the buyers.
func (s *soak) deliver() {
	s.t.Helper()
	var rest []delivery.Parcel
	wait := func(call func(func(error))) {
		done := make(chan error, 1)
		call(func(err error) { done <- err })
		if err := <-done; err != nil {
			s.t.Fatal(err)
		}
	}
	var receipts []delivery.Receipt
	for _, p := range s.outbox {
		switch s.index.Standing(p.Purchase, p.Seq, p.Received) {
		case market.Deliver:
			s.got[p.Purchase]++
			receipts = append(receipts, delivery.Receipt{Purchase: p.Purchase, Seq: p.Seq, Digest: crypto.Keccak256Hash(p.Body), At: time.Now()})
		case market.Cancel:
			wait(func(done func(error)) {
				s.l.Drop(p.Purchase, []uint32{p.Seq}, delivery.Reason{Code: delivery.CodeUncovered, Text: "the soak"}, done)
			})
		default:
			rest = append(rest, p)
		}
	}
	if len(receipts) > 0 {
		wait(func(done func(error)) { s.l.Delivered(receipts, nil, done) })
	}
	s.outbox = rest
}

// tick is a moment: blocks, follower, courier, settler.
func (s *soak) tick(to uint64) {
	s.t.Helper()
	s.advance(to)
	if s.rough && s.r.IntN(40) == 0 {
		s.restart()
	}
	s.fold()
	s.deliver()
	_, _ = s.settler.Round(context.Background()) // its faults are the soak's doing; what matters is the end
}

// run is one case on a ground.
func (s *soak) run() result {
	s.t.Helper()
	s.base, s.now, s.started = s.head().Time, s.head().Time, s.head().Number.Uint64()+1
	s.folded = s.started
	terms := offer.Offer{Sell: []string{"data", "values"}, Version: offer.Version}
	doc := must[[]byte](s.t)(terms.Document())
	hash := crypto.Keccak256Hash(doc)
	stream, commitment := s.list(soakPrice, s.interval, hash)
	s.base, s.now = s.head().Time, s.head().Time
	s.device = lorawan.DevEUI{1, 2, byte(s.devices >> 8), byte(s.devices)}
	s.open()
	must[common.Hash](s.t)(s.l.PutTerms(doc))
	if err := s.l.PutDevice(market.Device{DevEUI: s.device, Commitment: commitment}); err != nil {
		s.t.Fatal(err)
	}
	duration := soakIntervals * s.interval
	var buys []*types.Transaction
	for range soakPurchases {
		buys = append(buys, s.sign(buyer, &s.market, s.buying(stream, duration, soakPrice, s.interval, hash)))
		if s.rough { // each in a block of its own
			s.mine(buys[len(buys)-1])
		}
	}
	if !s.rough {
		s.mine(buys...)
	}
	for _, l := range s.receipts(buys[0])[0].Logs {
		if e, err := s.dm.UnpackPurchasedEvent(l); err == nil {
			s.first = e.Purchase
		}
	}
	s.fold()
	s.faulting = s.rough
	s.sell()
	s.faulting = false
	return s.finish()
}

// sell lets the device send until every purchase is over.
func (s *soak) sell() {
	s.t.Helper()
	begin := s.now
	end := s.purchase(s.first+soakPurchases-1).End.Uint64() + uint64(s.interval)
	step := max(s.block, uint64(s.interval)/2, 1) // blocks that nobody looks at are left out
	cancelAt := uint64(0)
	if s.rough {
		cancelAt = begin + uint64(s.r.IntN(int(soakIntervals*s.interval)))
	}
	plan := phases[s.phase]
	for n, next := 0, begin; s.now < end; {
		at := begin + uint64(plan.next(s.r, n, float64(s.interval)))
		for next = min(s.now+s.r.Uint64N(step)+1, end); at <= next && at < end; at = begin + uint64(plan.next(s.r, n, float64(s.interval))) {
			s.advance(max(at, s.now))
			if s.r.IntN(2) == 0 {
				s.fold() // the follower has seen the newest block already, or not yet
			}
			s.hear()
			s.deliver()
			n++
		}
		if cancelAt > 0 && next >= cancelAt {
			cancelAt = 0
			s.waiting = append(s.waiting, s.sign(buyer, &s.market, s.dm.PackCancel(s.first+uint64(s.r.IntN(soakPurchases)))))
		}
		s.tick(next)
	}
}

// finish lets the claim windows close, and compares.
func (s *soak) finish() result {
	s.t.Helper()
	end := s.now
	for _, day := range []float64{1, 3, 5.5, 6, 6.4, 6.8, 7.5, 9} { // the deadline begins a quarter of the window before its end
		s.tick(end + uint64(day*86_400))
		s.tick(s.now + 2*s.block)
		s.tick(s.now + 2*s.block)
	}
	res := result{soakCase: s.soakCase, cost: new(big.Int), earned: new(big.Int)}
	for id := s.first; id < s.first+soakPurchases; id++ {
		p, got := s.purchase(id), s.got[market.PurchaseID(id)]
		length := p.End.Uint64() - p.Start.Uint64()
		most := uint32((length + uint64(p.Interval) - 1) / uint64(p.Interval))
		if p.Delivered != got {
			s.t.Errorf("%+v: purchase %d: %d delivered, %d paid (%s)", s.soakCase, id, got, p.Delivered, s.settler.Status().Waits)
		}
		if got > most {
			s.t.Errorf("%+v: purchase %d: %d delivered of %d it pays for", s.soakCase, id, got, most)
		}
		if phases[s.phase].due && !s.rough && got != soakIntervals {
			s.t.Errorf("%+v: purchase %d: %d delivered of %d it wanted", s.soakCase, id, got, soakIntervals)
		}
		res.delivered, res.paid, res.most = res.delivered+got, res.paid+p.Delivered, res.most+most
	}
	s.account(&res)
	if err := errors.Join(s.l.Check(), s.l.Close()); err != nil {
		s.t.Error(err)
	}
	return res
}

// account holds every transaction's gas against what it earned: the receipts' own
// figures, and the contract's events.
func (s *soak) account(res *result) {
	s.t.Helper()
	policy := soakPolicy()
	for _, t := range must[[]settlement.Tx](s.t)(s.l.History()) {
		if !t.State.OnChain() {
			s.t.Errorf("%+v: a settlement is %s at the end", s.soakCase, t.State)
			continue
		}
		r := must[*types.Receipt](s.t)(s.chain.TransactionReceipt(context.Background(), t.Mined))
		cut, cost := new(big.Int), new(big.Int).Mul(new(big.Int).SetUint64(r.GasUsed), r.EffectiveGasPrice)
		for _, l := range r.Logs {
			if e, err := s.dm.UnpackSettledEvent(l); err == nil {
				cut.Add(cut, new(big.Int).Div(e.Gross, big.NewInt(10)))
			}
		}
		worth := new(big.Int).Div(new(big.Int).Mul(cut, policy.DTXPrice), big.NewInt(params.Ether))
		if worth.Cmp(cost) < 0 {
			s.t.Errorf("%+v: a settlement cost %s wei and earned %s", s.soakCase, cost, worth)
		}
		res.txs++
		res.cost.Add(res.cost, cost)
		res.earned.Add(res.earned, worth)
	}
	if refused := s.settler.Status().Refused; len(refused) > 0 {
		s.t.Errorf("%+v: left out at the end: %+v", s.soakCase, refused)
	}
}

func runSoak(t *testing.T, g *ground, c soakCase, seed uint64) result {
	s := &soak{ground: g, soakCase: c, r: rand.New(rand.NewPCG(seed, 1)), path: filepath.Join(t.TempDir(), "ledger.db"), got: map[market.PurchaseID]uint32{}}
	if c.rough {
		s.skew = s.r.Int64N(61) - 30
	}
	return s.run()
}

// M1, N1: over block times, intervals, device phases, node faults, restarts, wrong
// clocks and cancellations, what was delivered is what was paid, and no settlement cost
// more than it earned.
// A diagonal of the cases is played; DBDAO_LONG=1 plays all 250.
func TestWhatWasDeliveredIsPaid(t *testing.T) {
	var mu sync.Mutex
	var all []result
	t.Run("blocks", func(t *testing.T) {
		for _, block := range []uint64{1, 2, 5, 12, 30} {
			t.Run(fmt.Sprintf("%ds", block), func(t *testing.T) {
				t.Parallel()
				g := newSimulated(t)
				n := int(block)
				for _, interval := range []uint32{10, 30, 60, 600, 3_600} {
					for _, phase := range slices.Sorted(maps.Keys(phases)) {
						for _, rough := range []bool{false, true} {
							if n++; !long() && n%13 != 0 {
								continue
							}
							begun := time.Now()
							res := runSoak(t, g, soakCase{block, interval, phase, rough}, uint64(interval)+block<<32)
							mu.Lock()
							if all = append(all, res); os.Getenv("DBDAO_SOAK_TABLE") != "" {
								fmt.Fprintln(os.Stderr, len(all), res.soakCase, res.delivered, res.paid, time.Since(begun).Round(time.Millisecond))
							}
							mu.Unlock()
						}
					}
				}
			})
		}
	})
	report(t, all)
	if least := map[bool]int{false: 15, true: 200}[long()]; len(all) < least && !t.Failed() {
		t.Errorf("%d cases", len(all))
	}
}

// The audit's own case: 5 purchases, 12 s blocks, a reading every 30 s.
func TestFortyReadingsOnTwelveSecondBlocksAreFortyPaid(t *testing.T) {
	for phase, p := range phases {
		if !p.due {
			continue
		}
		res := runSoak(t, newSimulated(t), soakCase{12, 30, phase, false}, 1)
		if res.delivered != 40 || res.paid != 40 {
			t.Errorf("%s: %d of 40 delivered, %d paid", phase, res.delivered, res.paid)
		}
	}
}

// The same against a foreign node whose clock was moved by a month.
func TestWhatWasDeliveredIsPaidOnAnvil(t *testing.T) {
	g := newAnvil(t)
	var all []result
	blocks := []uint64{12}
	if long() {
		blocks = []uint64{2, 12, 30}
	}
	for _, block := range blocks {
		for _, interval := range []uint32{30, 600} {
			for _, phase := range []string{"exact", "double"} {
				for _, rough := range []bool{false, true} {
					all = append(all, runSoak(t, g, soakCase{block, interval, phase, rough}, uint64(interval)+block<<32))
				}
			}
		}
	}
	report(t, all)
}

// long tells whether every case is wanted.
func long() bool { return os.Getenv("DBDAO_LONG") == "1" }

// report prints the table.
func report(t *testing.T, all []result) {
	slices.SortFunc(all, func(a, b result) int {
		return strings.Compare(fmt.Sprintf("%03d %05d", a.block, a.interval), fmt.Sprintf("%03d %05d", b.block, b.interval))
	})
	var b strings.Builder
	fmt.Fprintf(&b, "%8s %9s %6s %10s %6s %8s %6s %14s %14s\n", "block s", "interval", "cases", "delivered", "paid", "at most", "txs", "gas ether", "cut ether")
	line := func(block, interval string, rows []result) {
		sum := result{cost: new(big.Int), earned: new(big.Int)}
		for _, r := range rows {
			sum.delivered, sum.paid, sum.most, sum.txs = sum.delivered+r.delivered, sum.paid+r.paid, sum.most+r.most, sum.txs+r.txs
			sum.cost.Add(sum.cost, r.cost)
			sum.earned.Add(sum.earned, r.earned)
		}
		fmt.Fprintf(&b, "%8s %9s %6d %10d %6d %8d %6d %14s %14s\n", block, interval, len(rows), sum.delivered, sum.paid, sum.most, sum.txs, settlement.Ether(sum.cost), settlement.Ether(sum.earned))
	}
	for i := 0; i < len(all); {
		n := i
		for n < len(all) && all[n].block == all[i].block && all[n].interval == all[i].interval {
			n++
		}
		line(fmt.Sprint(all[i].block), fmt.Sprint(all[i].interval), all[i:n])
		i = n
	}
	line("all", "", all)
	t.Logf("\n%s", b.String())
	if path := os.Getenv("DBDAO_SOAK_TABLE"); path != "" {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Error(err)
		}
	}
}
