package settlement

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// Chain is what the settler reads of a node.
type Chain interface {
	HeaderByNumber(ctx context.Context, number *big.Int) (*types.Header, error)
	TransactionReceipt(ctx context.Context, tx common.Hash) (*types.Receipt, error)
	NonceAt(ctx context.Context, account common.Address, block *big.Int) (uint64, error)
	BalanceAt(ctx context.Context, account common.Address, block *big.Int) (*big.Int, error)
}

// Pool is where the settler sends transactions, and what it asks before.
type Pool interface {
	SuggestGasTipCap(ctx context.Context) (*big.Int, error)
	EstimateGas(ctx context.Context, call ethereum.CallMsg) (uint64, error)
	SendTransaction(ctx context.Context, tx *types.Transaction) error
}

// Node is an Ethereum node.
type Node interface {
	Chain
	Pool
}

// Signer signs with the operator's hot key.
type Signer interface {
	Address() common.Address
	SignTx(tx *types.Transaction, chainID *big.Int) (*types.Transaction, error)
}

// Config is the policy of a settler.
type Config struct {
	Operator    market.OperatorID
	Market      common.Address
	ChainID     *big.Int
	Interval    time.Duration // between settlements; default 10 min
	MinCut      *big.Int      // wei of the operator's 10 % below which a settlement waits
	MaxFee      *big.Int      // wei per gas the operator is ready to pay; nil: no cap
	ClaimWindow time.Duration // of the deployment
	Deadline    time.Duration // before the window closes a settlement waits for nothing; default 1/4 of the window
	MaxClaims   int           // in one transaction; default 100
	BumpAfter   time.Duration // an unmined transaction is made dearer; default 90 s
	Confirm     uint64        // blocks on top of a receipt that make it final where the chain knows no finality; default 12
	Poll        time.Duration // default 2 s
	Now         func() uint64 // chain time
}

// Status is what `status` shows of settlement.
type Status struct {
	Signer    common.Address `json:"signer"`
	Balance   *big.Int       `json:"balance"` // wei of the hot key
	LowGas    bool           `json:"low_gas"` // not enough for a few more settlements
	Pending   []Tx           `json:"pending"`
	Last      time.Time      `json:"last_settlement,omitzero"`
	LastError string         `json:"last_error,omitempty"`
	Excluded  []Excluded     `json:"excluded,omitempty"`
}

// Excluded is a claim the contract refuses: left out of batches, for a human to look at.
type Excluded struct {
	Purchase market.PurchaseID `json:"purchase"`
	Reason   string            `json:"reason"`
}

// Settler turns accounts into transactions. One unfinished transaction at a time:
// the next claims are cumulative and carry whatever this one did not.
type Settler struct {
	cfg    Config
	node   Node
	book   Accounts
	signer Signer
	log    *slog.Logger
	dm     *contracts.DataMarket

	work     sync.Mutex // one round at a time
	mu       sync.Mutex // guards what follows
	status   Status
	excluded map[market.PurchaseID]uint32 // the count at which a claim was refused
	last     time.Time
}

// New makes a settler; nothing is sent before Run or SettleNow.
func New(cfg Config, node Node, book Accounts, signer Signer, log *slog.Logger) *Settler {
	cfg.Interval = cmp.Or(cfg.Interval, 10*time.Minute)
	cfg.BumpAfter = cmp.Or(cfg.BumpAfter, 90*time.Second)
	cfg.Poll = cmp.Or(cfg.Poll, 2*time.Second)
	cfg.MaxClaims = cmp.Or(cfg.MaxClaims, 100)
	cfg.Confirm = cmp.Or(cfg.Confirm, 12)
	cfg.Deadline = cmp.Or(cfg.Deadline, cfg.ClaimWindow/4)
	if cfg.MinCut == nil {
		cfg.MinCut = new(big.Int)
	}
	return &Settler{
		cfg: cfg, node: node, book: book, signer: signer, log: log.With("component", "settler"),
		dm: contracts.NewDataMarket(), excluded: map[market.PurchaseID]uint32{}, last: time.Now(),
		status: Status{Signer: signer.Address(), Balance: new(big.Int)},
	}
}

// Status is safe to call at any time.
func (s *Settler) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// Run settles until ctx ends.
func (s *Settler) Run(ctx context.Context) error {
	tick := time.NewTicker(s.cfg.Poll)
	defer tick.Stop()
	for {
		_, err := s.round(ctx, false)
		if ctx.Err() != nil {
			return nil
		}
		s.note(ctx, err)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// SettleNow claims whatever there is, without regard to interval and minimum. It
// returns the transactions under way.
func (s *Settler) SettleNow(ctx context.Context) ([]Tx, error) {
	txs, err := s.round(ctx, true)
	s.note(ctx, err)
	return txs, err
}

func (s *Settler) note(ctx context.Context, err error) {
	balance, berr := s.node.BalanceAt(ctx, s.signer.Address(), nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.LastError = ""
	if err != nil {
		s.status.LastError = err.Error()
	}
	if berr == nil {
		s.status.Balance = balance
		// A settlement of a hundred claims at 50 gwei costs about 0.1 ether; a tenth of that is "low".
		s.status.LowGas = balance.Cmp(big.NewInt(10_000_000_000_000_000)) < 0
	}
	s.status.Last = s.last
}

// round looks after the unfinished transactions, then makes a new one if it is time.
func (s *Settler) round(ctx context.Context, now bool) ([]Tx, error) {
	s.work.Lock()
	defer s.work.Unlock()
	open, err := s.book.Transactions()
	if err != nil {
		return nil, fmt.Errorf("read the settlements: %w", err)
	}
	unmined := 0
	for i := range open {
		if err := s.tend(ctx, &open[i]); err != nil {
			return open, err
		}
		if open[i].State == TxSigned {
			unmined++
		}
	}
	open = slices.DeleteFunc(open, func(t Tx) bool { return t.State == TxFinal || t.State == TxReverted })
	defer func() {
		s.mu.Lock()
		s.status.Pending = open
		s.mu.Unlock()
	}()
	if unmined > 0 {
		return open, nil
	}
	claims, err := s.due(open, now)
	if err != nil || len(claims) == 0 {
		return open, err
	}
	tx, err := s.seal(ctx, claims)
	if err != nil {
		return open, err
	}
	open = append(open, tx)
	if len(claims) < s.cfg.MaxClaims { // else the rest follows at once
		s.mu.Lock()
		s.last = time.Now()
		s.mu.Unlock()
	}
	return open, s.send(ctx, &open[len(open)-1])
}

// due lists the claims worth a transaction now: nothing at all unless the
// interval and the minimum are reached, a window is about to close, or `now`.
func (s *Settler) due(open []Tx, now bool) ([]Claim, error) {
	accounts, err := s.book.Accounts()
	if err != nil {
		return nil, fmt.Errorf("read the accounts: %w", err)
	}
	flying := map[market.PurchaseID]uint32{}
	closing := map[market.PurchaseID]bool{}
	for _, t := range open {
		for _, c := range t.Claims {
			flying[c.Purchase] = max(flying[c.Purchase], c.Delivered)
			closing[c.Purchase] = closing[c.Purchase] || c.Last
		}
	}
	clock := s.cfg.Now()
	var claims []Claim
	cut := new(big.Int)
	urgent := false
	gains := map[market.PurchaseID]*big.Int{}
	for _, a := range accounts {
		if a.State != market.PurchaseActive || a.Frozen {
			continue
		}
		paid := max(a.Delivered, flying[a.Purchase])
		payable := min(a.Receipts, payable(a, clock))
		over := clock >= a.End && a.Waiting == 0
		windowEnd := a.End + uint64(s.cfg.ClaimWindow/time.Second)
		if refused, ok := s.excluded[a.Purchase]; ok && refused >= payable {
			continue
		}
		last := over && !closing[a.Purchase]
		if payable <= paid && !last {
			continue
		}
		claims = append(claims, Claim{Purchase: a.Purchase, Delivered: max(payable, a.Delivered), Head: a.Head, Last: last})
		if payable > paid {
			gain := contracts.Gross(payable-paid, a.Price)
			gains[a.Purchase] = gain
			cut.Add(cut, new(big.Int).Div(gain, big.NewInt(10)))
			urgent = urgent || clock+uint64(s.cfg.Deadline/time.Second) >= windowEnd
		}
	}
	s.mu.Lock()
	waited := time.Since(s.last) >= s.cfg.Interval
	s.mu.Unlock()
	if !now && !urgent && (!waited || cut.Cmp(s.cfg.MinCut) < 0) {
		return nil, nil
	}
	// The most money first: what a batch leaves out has grown when the next is made.
	slices.SortStableFunc(claims, func(a, b Claim) int { return -cmpGain(gains[a.Purchase], gains[b.Purchase]) })
	return claims[:min(len(claims), s.cfg.MaxClaims)], nil
}

func cmpGain(a, b *big.Int) int {
	zero := new(big.Int)
	return cmp.Or(a, zero).Cmp(cmp.Or(b, zero))
}

// payable is what the contract would accept at chain time clock: one reading per
// interval begun, at most the quota.
func payable(a Account, clock uint64) uint32 {
	e := market.Entitlement{Start: a.Start, End: a.End, Interval: a.Interval, Quota: a.Quota}
	return e.Due(clock)
}

// seal makes a transaction of claims and stores its signed bytes before anybody
// sees them.
func (s *Settler) seal(ctx context.Context, claims []Claim) (Tx, error) {
	leaves := make([]common.Hash, len(claims))
	for i, c := range claims {
		leaves[i] = contracts.SettlementLeaf(uint64(c.Purchase), c.Delivered, c.Head)
	}
	root := contracts.SettlementRoot(leaves)
	gas, err := s.estimate(ctx, claims, root)
	if err != nil {
		return Tx{}, err
	}
	tip, cap, err := s.fees(ctx)
	if err != nil {
		return Tx{}, err
	}
	nonce, err := s.nonce(ctx)
	if err != nil {
		return Tx{}, err
	}
	tx := Tx{Nonce: nonce, From: s.signer.Address(), Claims: claims, Root: root, State: TxSigned, Sealed: time.Now().UTC()}
	if err := s.sign(&tx, gas, tip, cap); err != nil {
		return Tx{}, err
	}
	if err := s.book.Record(tx); err != nil {
		return Tx{}, fmt.Errorf("store a settlement: %w", err)
	}
	return tx, nil
}

func (s *Settler) input(claims []Claim, root common.Hash) []byte {
	packed := make([]contracts.Claim, len(claims))
	for i, c := range claims {
		packed[i] = contracts.Claim{Purchase: uint64(c.Purchase), Delivered: c.Delivered, Last: c.Last}
	}
	return s.dm.PackSettle(uint64(s.cfg.Operator), packed, root)
}

func (s *Settler) sign(tx *Tx, gas uint64, tip, cap *big.Int) error {
	signed, err := s.signer.SignTx(types.NewTx(&types.DynamicFeeTx{
		ChainID: s.cfg.ChainID, Nonce: tx.Nonce, GasTipCap: tip, GasFeeCap: cap, Gas: gas, To: &s.cfg.Market, Data: s.input(tx.Claims, tx.Root),
	}), s.cfg.ChainID)
	if err != nil {
		return fmt.Errorf("sign a settlement: %w", err)
	}
	raw, err := signed.MarshalBinary()
	if err != nil {
		return fmt.Errorf("sign a settlement: %w", err)
	}
	tx.Raws, tx.Hashes = append(tx.Raws, raw), append(tx.Hashes, signed.Hash())
	return nil
}

// estimate asks for the gas, with a margin. If the batch would revert, the claims at fault
// are found one by one and left out from then on.
func (s *Settler) estimate(ctx context.Context, claims []Claim, root common.Hash) (uint64, error) {
	call := func(claims []Claim) (uint64, error) {
		return s.node.EstimateGas(ctx, ethereum.CallMsg{From: s.signer.Address(), To: &s.cfg.Market, Data: s.input(claims, root)})
	}
	gas, err := call(claims)
	if err == nil {
		return contracts.GasLimit(gas), nil
	}
	if !reverted(err) {
		return 0, fmt.Errorf("estimate a settlement: %w", err)
	}
	found := false
	for _, c := range claims {
		if _, err := call([]Claim{c}); err != nil && reverted(err) {
			found = true
			s.mu.Lock()
			s.excluded[c.Purchase] = c.Delivered
			s.status.Excluded = append(s.status.Excluded, Excluded{Purchase: c.Purchase, Reason: err.Error()})
			s.mu.Unlock()
			s.log.Error("the contract refuses a claim: it is left out of settlements, look at the purchase", "purchase", c.Purchase, "delivered", c.Delivered, "err", err)
		}
	}
	if !found {
		return 0, fmt.Errorf("the contract refuses a settlement: %w", err)
	}
	return 0, errors.New("claims the contract refuses were left out; the others are settled in the next round")
}

// reverted tells a refusal by the contract from a node's trouble.
func reverted(err error) bool { return strings.Contains(err.Error(), "revert") }

// fees are tip and cap in wei per gas: the cap leaves room for the base fee to
// double, within the operator's limit.
func (s *Settler) fees(ctx context.Context) (tip, cap *big.Int, err error) {
	if tip, err = s.node.SuggestGasTipCap(ctx); err != nil {
		return nil, nil, fmt.Errorf("ask for the fees: %w", err)
	}
	head, err := s.node.HeaderByNumber(ctx, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("ask for the fees: %w", err)
	}
	base := new(big.Int)
	if head.BaseFee != nil {
		base.Set(head.BaseFee)
	}
	cap = new(big.Int).Add(new(big.Int).Mul(base, big.NewInt(2)), tip)
	if m := s.cfg.MaxFee; m != nil && m.Sign() > 0 && cap.Cmp(m) > 0 {
		if base.Cmp(m) > 0 {
			return nil, nil, fmt.Errorf("gas costs %s wei, more than settlement.max_fee_gwei allows: settling waits", base)
		}
		cap = new(big.Int).Set(m)
		if tip.Cmp(cap) > 0 {
			tip = new(big.Int).Set(cap)
		}
	}
	return tip, cap, nil
}

// nonce is the next one: what the chain has counted, or what we have stored, whichever
// is further.
func (s *Settler) nonce(ctx context.Context) (uint64, error) {
	n, err := s.node.NonceAt(ctx, s.signer.Address(), nil)
	if err != nil {
		return 0, fmt.Errorf("ask for the nonce: %w", err)
	}
	open, err := s.book.Transactions()
	if err != nil {
		return 0, err
	}
	for _, t := range open {
		n = max(n, t.Nonce+1)
	}
	return n, nil
}

// send broadcasts the newest signed form. Whatever the node answers, the receipt
// decides what became of it.
func (s *Settler) send(ctx context.Context, t *Tx) error {
	var tx types.Transaction
	if err := tx.UnmarshalBinary(t.Raws[len(t.Raws)-1]); err != nil {
		return fmt.Errorf("a stored settlement is damaged: %w", err)
	}
	t.Sent = time.Now().UTC()
	err := s.node.SendTransaction(ctx, &tx)
	switch {
	case err == nil:
		s.log.Info("settlement sent", "nonce", t.Nonce, "claims", len(t.Claims), "tx", tx.Hash().Hex())
		return nil
	case strings.Contains(err.Error(), "already known"), strings.Contains(err.Error(), "nonce too low"),
		strings.Contains(err.Error(), "underpriced"), strings.Contains(err.Error(), "already imported"):
		return nil
	}
	return fmt.Errorf("send a settlement: %w", err)
}

// tend looks what became of a transaction: final, mined, orphaned, replaced by
// somebody else's, or still waiting (then it is sent again, dearer after a while).
func (s *Settler) tend(ctx context.Context, t *Tx) error {
	receipt, err := s.receipt(ctx, t)
	if err != nil {
		return err
	}
	if receipt != nil {
		return s.mined(ctx, t, receipt)
	}
	if t.State == TxMined {
		s.log.Info("a settlement was orphaned by a reorg: sent again", "nonce", t.Nonce)
		t.State, t.Mined, t.Block, t.BlockID = TxSigned, common.Hash{}, 0, common.Hash{}
		if err := s.book.Record(*t); err != nil {
			return err
		}
	}
	count, err := s.node.NonceAt(ctx, s.signer.Address(), nil)
	if err != nil {
		return fmt.Errorf("ask for the nonce: %w", err)
	}
	if count > t.Nonce {
		return s.overtaken(ctx, t)
	}
	if time.Since(t.Sealed) > s.cfg.BumpAfter*time.Duration(len(t.Raws)) {
		if err := s.bump(ctx, t); err != nil {
			s.log.Warn("a settlement could not be made dearer", "nonce", t.Nonce, "err", err)
		}
	}
	return s.send(ctx, t)
}

func (s *Settler) receipt(ctx context.Context, t *Tx) (*types.Receipt, error) {
	for _, h := range t.Hashes {
		r, err := s.node.TransactionReceipt(ctx, h)
		switch {
		case err == nil:
			return r, nil
		case errors.Is(err, ethereum.NotFound), strings.Contains(err.Error(), "indexing is in progress"):
		default:
			return nil, fmt.Errorf("ask for a receipt: %w", err)
		}
	}
	return nil, nil
}

// mined stores the receipt, and calls it final once it cannot be unwound.
func (s *Settler) mined(ctx context.Context, t *Tx, r *types.Receipt) error {
	if t.State != TxMined || t.BlockID != r.BlockHash {
		t.State, t.Mined, t.Block, t.BlockID, t.GasUsed = TxMined, r.TxHash, r.BlockNumber.Uint64(), r.BlockHash, r.GasUsed
		if err := s.book.Record(*t); err != nil {
			return err
		}
	}
	final, err := s.final(ctx, t.Block)
	if err != nil || !final {
		return err
	}
	t.State = TxFinal
	if r.Status != types.ReceiptStatusSuccessful {
		t.State = TxReverted
		s.log.Error("a settlement reverted: its claims are claimed anew", "nonce", t.Nonce, "tx", r.TxHash.Hex())
	}
	t.Raws = t.Raws[:1] // the hashes tell enough
	return s.book.Record(*t)
}

func (s *Settler) final(ctx context.Context, block uint64) (bool, error) {
	if h, err := s.node.HeaderByNumber(ctx, big.NewInt(-3)); err == nil && h.Number.Sign() > 0 { // rpc.FinalizedBlockNumber
		if h.Number.Uint64() >= block {
			return true, nil
		}
	}
	head, err := s.node.HeaderByNumber(ctx, nil)
	if err != nil {
		return false, fmt.Errorf("ask for the head: %w", err)
	}
	return head.Number.Uint64() >= block+s.cfg.Confirm && s.cfg.Confirm > 0 && !s.knowsFinality(ctx), nil
}

func (s *Settler) knowsFinality(ctx context.Context) bool {
	h, err := s.node.HeaderByNumber(ctx, big.NewInt(-3))
	return err == nil && h.Number.Sign() > 0
}

// overtaken: the nonce was used and none of our forms has a receipt. Either the node
// has not indexed it yet, or somebody else uses the key.
func (s *Settler) overtaken(ctx context.Context, t *Tx) error {
	if time.Since(t.Sealed) < 2*s.cfg.BumpAfter {
		return nil
	}
	t.State = TxReverted
	if err := s.book.Record(*t); err != nil {
		return err
	}
	return fmt.Errorf("nonce %d of %s was used by a transaction that is not ours: does another process use the operator's hot key?", t.Nonce, t.From)
}

// bump signs the same transaction anew with at least a tenth more of both fees, as nodes
// demand of a replacement, and stores it before it is sent.
func (s *Settler) bump(ctx context.Context, t *Tx) error {
	var old types.Transaction
	if err := old.UnmarshalBinary(t.Raws[len(t.Raws)-1]); err != nil {
		return fmt.Errorf("a stored settlement is damaged: %w", err)
	}
	tip, cap, err := s.fees(ctx)
	if err != nil {
		return err
	}
	more := func(v *big.Int) *big.Int {
		return new(big.Int).Add(new(big.Int).Add(v, new(big.Int).Div(v, big.NewInt(8))), big.NewInt(1))
	}
	if m := more(old.GasTipCap()); tip.Cmp(m) < 0 {
		tip = m
	}
	if m := more(old.GasFeeCap()); cap.Cmp(m) < 0 {
		cap = m
	}
	if m := s.cfg.MaxFee; m != nil && m.Sign() > 0 && cap.Cmp(m) > 0 {
		return errors.New("it already offers what settlement.max_fee_gwei allows")
	}
	next := *t
	next.Raws, next.Hashes = slices.Clone(t.Raws), slices.Clone(t.Hashes)
	if err := s.sign(&next, old.Gas(), tip, cap); err != nil {
		return err
	}
	if err := s.book.Record(next); err != nil {
		return err
	}
	*t = next
	return nil
}

// Split shares a gross amount as the contract does: a tenth each to operator and
// platform, the rest to the owner.
func Split(gross *big.Int) (owner, operator, platform *big.Int) {
	operator = new(big.Int).Div(gross, big.NewInt(10))
	platform = new(big.Int).Set(operator)
	owner = new(big.Int).Sub(gross, new(big.Int).Lsh(operator, 1))
	return owner, operator, platform
}

// Earnings lists what the chain paid for each purchase.
func Earnings(accounts []Account) []Earning {
	all := make([]Earning, 0, len(accounts))
	for _, a := range accounts {
		gross := contracts.Gross(a.Delivered, a.Price)
		owner, operator, platform := Split(gross)
		all = append(all, Earning{
			Stream: a.Stream, Purchase: a.Purchase, Delivered: a.Delivered, Unclaimed: a.Receipts - min(a.Receipts, a.Delivered),
			Gross: gross, Owner: owner, Operator: operator, Platform: platform,
		})
	}
	return all
}
