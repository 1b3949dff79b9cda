package settlement

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"slices"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// Config is what a settler goes by.
type Config struct {
	Operator  market.OperatorID
	Market    common.Address
	ChainID   *big.Int
	Policy    Policy
	Interval  time.Duration // between settlements; default 10 min
	Rules     market.Rules  // of the deployment
	Deadline  time.Duration // before a window closes a claim waits neither for Interval nor for Policy.Cover, if it earns its gas; default 1/4 of the window
	BumpAfter time.Duration // an unmined transaction is replaced; default 90 s
	Confirm   uint64        // blocks on top of a receipt that make it final where the chain knows no finality; default 12
	Poll      time.Duration // default 2 s
}

// Status is what `status` shows of settlement.
type Status struct {
	Signer   common.Address `json:"signer"`
	Balance  *big.Int       `json:"balance"`           // wei of the hot key
	Need     *big.Int       `json:"need"`              // wei it should have for the next settlements
	Pending  []Tx           `json:"pending"`           // not finished, by nonce
	Last     time.Time      `json:"last,omitzero"`     // when the newest settlement was signed
	Waits    string         `json:"waits,omitempty"`   // why no settlement is made now
	Faults   []Fault        `json:"faults"`            // what does not work, each until it has been seen to work
	Refused  []Refused      `json:"refused,omitempty"` // claims the contract did not take
	Accounts int            `json:"accounts"`          // purchases not closed
}

// Refused is a claim the contract did not take: left out until its next try.
type Refused struct {
	Purchase market.PurchaseID `json:"purchase"`
	Reason   string            `json:"reason"`
	Tries    int               `json:"tries"`
	NextTry  time.Time         `json:"next_try"`
}

// exclusion is a Refused with its clock.
type exclusion struct {
	Refused
	next time.Time
}

// view is what a round knows of the chain.
type view struct {
	head    *types.Header   // the node's newest
	folded  market.Position // the book's newest
	clock   uint64          // unix seconds: what is claimed is due by both
	final   *big.Int        // the newest final block
	balance *big.Int        // of the hot key; nil: no answer
	fees    *fees           // as asked in this round; nil: not asked
	waits   string
}

// Settler turns accounts into transactions. One unmined transaction at a time:
// the next claims are cumulative and carry whatever this one did not.
type Settler struct {
	cfg    Config
	node   Node
	book   Book
	signer Signer
	log    *slog.Logger
	dm     *contracts.DataMarket

	work       sync.Mutex // one round at a time; guards what follows
	news       func() (News, error)
	accounts   map[market.PurchaseID]*Account // active purchases
	folded     market.Position
	exclusions map[market.PurchaseID]exclusion
	checked    map[common.Hash]bool        // mined transactions whose claims were compared with what the chain paid
	last       time.Time                   // when the newest transaction was signed
	sentAt     map[common.Hash]common.Hash // form → the head at which it was sent last
	stranded   map[uint64]bool             // nonces of transactions that will not be mined
	told       map[uint64]bool             // of which the log has said so
	knownSince map[common.Hash]time.Time   // form → since when this process has known it
	starved    uint                        // transactions in a row that used up their gas limit
	claimGas   uint64                      // of one claim, as estimated last
	estimated  time.Time                   // when that was
	priced     time.Time                   // when the fees were asked last
	unwritten  bool                        // the last transaction could not be stored
	unanswered bool                        // a node did not answer something in this round
	lacking    *big.Int                    // wei the hot key should have had when it was found too poor
	probed     time.Time                   // when the market was last asked whether it takes our key
	lastClock  uint64                      // clock of the newest round that had one
	learned    time.Time                   // when the accounts were read last
	learning   time.Duration               // how long that took
	planned    time.Time                   // when a round looked last what it could claim, and found nothing
	planning   time.Duration               // how long that took
	idle       error                       // why it found nothing

	mu     sync.Mutex // guards what follows
	status Status
	faults map[FaultCode]Fault
	shown  snapshot
}

// New makes a settler; nothing is sent before Run or SettleNow.
func New(cfg Config, node Node, book Book, signer Signer, log *slog.Logger) *Settler {
	cfg.Interval = cmp.Or(cfg.Interval, 10*time.Minute)
	cfg.BumpAfter = cmp.Or(cfg.BumpAfter, 90*time.Second)
	cfg.Poll = cmp.Or(cfg.Poll, 2*time.Second)
	cfg.Confirm = cmp.Or(cfg.Confirm, 12)
	cfg.Deadline = cmp.Or(cfg.Deadline, time.Duration(cfg.Rules.ClaimWindow)*time.Second/4)
	s := &Settler{
		cfg: cfg, node: node, book: book, signer: signer, log: log.With("component", "settler"), dm: contracts.NewDataMarket(),
		news: book.Watch(), accounts: map[market.PurchaseID]*Account{}, exclusions: map[market.PurchaseID]exclusion{},
		checked: map[common.Hash]bool{}, sentAt: map[common.Hash]common.Hash{}, stranded: map[uint64]bool{}, told: map[uint64]bool{}, knownSince: map[common.Hash]time.Time{}, claimGas: claimGasLeast, faults: map[FaultCode]Fault{},
	}
	if t, ok, err := book.LastTransaction(signer.Address()); err == nil && ok && t.Sealed.Before(time.Now()) {
		s.last = t.Sealed
	}
	s.status = Status{Signer: signer.Address(), Balance: new(big.Int), Need: new(big.Int), Pending: []Tx{}, Faults: []Fault{}, Last: s.last}
	return s
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
		if err != nil {
			s.log.Debug("a round of settlement ended early", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// SettleNow claims whatever is payable, without regard to interval and gas policy (but
// to max_fee). It returns the transactions under way.
func (s *Settler) SettleNow(ctx context.Context) ([]Tx, error) { return s.round(ctx, true) }

// round looks after the unfinished transactions, then makes a new one if it is time.
func (s *Settler) round(ctx context.Context, forced bool) ([]Tx, error) {
	s.work.Lock()
	defer s.work.Unlock()
	v := &view{}
	s.unanswered = false
	open, err := s.step(ctx, v, forced)
	if !s.unanswered && v.head != nil {
		s.recovered(FaultNode)
	}
	if errors.Is(err, errNothing) {
		v.waits, err = err.Error(), nil
	} else if err != nil {
		v.waits = err.Error()
	}
	open = slices.DeleteFunc(open, func(t Tx) bool { return t.State.Finished() })
	s.show(v, open)
	return open, err
}

// step is a round; what it returns beside an error is still true.
func (s *Settler) step(ctx context.Context, v *view, forced bool) ([]Tx, error) {
	if err := s.learn(forced); err != nil {
		return nil, err
	}
	open, err := s.book.Transactions()
	if err != nil {
		return nil, s.trouble(FaultLedger, fmt.Errorf("read the settlements: %w", err))
	}
	if err := s.look(ctx, v); err != nil {
		return open, err
	}
	if open, err = s.reopen(ctx, open); err != nil {
		return open, err
	}
	for i := range open {
		if err := s.tend(ctx, v, open, &open[i]); err != nil {
			return open, err
		}
	}
	s.compare(v, open)
	s.leave(v)
	if slices.ContainsFunc(open, func(t Tx) bool { return !t.State.Finished() && t.State != TxMined }) {
		return open, fmt.Errorf("%w: a transaction is not mined yet", errNothing)
	}
	began := time.Now()
	if s.idle != nil && !forced && s.soon(began, s.planned, s.planning) {
		return open, s.idle
	}
	p, err := s.plan(ctx, v, open, nil, forced)
	s.planned, s.planning, s.idle = time.Now(), time.Since(began), nil
	if errors.Is(err, errNothing) {
		s.idle = err
	}
	if err != nil {
		return open, err
	}
	t, err := s.seal(ctx, &p)
	if err != nil {
		return open, err
	}
	s.last = t.Sealed
	open = append(open, t)
	return open, s.send(ctx, &open[len(open)-1])
}

// learn takes the book's news in.
func (s *Settler) learn(forced bool) error {
	// Thousands of accounts that change all the time are not read at every poll: what is claimed
	// is at most a twentieth of the interval old.
	began := time.Now()
	if !forced && s.soon(began, s.learned, s.learning) {
		return nil
	}
	defer func() { s.learned, s.learning = time.Now(), time.Since(began) }()
	news, err := s.news()
	if err != nil {
		return s.trouble(FaultLedger, fmt.Errorf("read the accounts: %w", err))
	}
	if !s.unwritten {
		s.recovered(FaultLedger)
	}
	s.folded = news.Head
	for i := range news.Accounts {
		a := &news.Accounts[i]
		if a.State != market.PurchaseActive {
			delete(s.accounts, a.Purchase)
			delete(s.exclusions, a.Purchase)
			continue
		}
		s.accounts[a.Purchase] = a
	}
	return nil
}

// soon tells that what took so long when it was done last should not be done again yet: it takes
// half a percent of the time at most, and rests for a twentieth of the interval at most.
func (s *Settler) soon(now, done time.Time, took time.Duration) bool {
	return now.Sub(done) < min(200*took, s.cfg.Interval/20)
}

// look asks the node for what a round needs. The clock is the chain's: the older of the
// node's newest block and the book's, so that what is claimed is due at both.
func (s *Settler) look(ctx context.Context, v *view) (err error) {
	v.folded = s.folded
	if v.head, err = s.node.HeaderByNumber(ctx, nil); err != nil {
		return s.trouble(FaultNode, fmt.Errorf("ask for the head: %w", err))
	}
	v.clock = min(v.head.Time, v.folded.Time)
	s.lastClock = v.clock
	v.final = s.finality(ctx, v.head)
	if v.balance, err = s.node.BalanceAt(ctx, s.signer.Address(), nil); err != nil {
		return s.trouble(FaultNode, fmt.Errorf("ask for the balance of %s: %w", s.signer.Address(), err))
	}
	if time.Since(s.priced) > time.Minute { // so that `status` says what the hot key needs
		if err := s.askFees(ctx, v); err != nil {
			return err
		}
	}
	if s.lacking != nil && v.balance.Cmp(s.lacking) >= 0 {
		s.lacking = nil
		s.recovered(FaultEther)
	}
	s.probe(ctx)
	return nil
}

// askFees asks what the chain takes now.
func (s *Settler) askFees(ctx context.Context, v *view) error {
	f, err := s.fees(ctx, v.head)
	if err != nil {
		return s.trouble(FaultNode, err)
	}
	s.priced, v.fees = time.Now(), &f
	return nil
}

// compare looks what the chain paid for claims whose blocks are folded. A claim that it
// skipped, or paid less of, is not made again at once.
func (s *Settler) compare(v *view, open []Tx) {
	for i := range open {
		t := &open[i]
		if !t.State.OnChain() || t.Block > v.folded.Number || s.checked[t.Mined] {
			continue
		}
		s.checked[t.Mined] = true
		for _, c := range t.Claims {
			a, active := s.accounts[c.Purchase]
			switch {
			case !active:
			case a.Delivered >= c.Delivered:
				delete(s.exclusions, c.Purchase)
			case t.Starved && s.starved <= starvedMax:
				s.last = time.Time{} // it is made again at once
			case t.Failed:
				s.exclude(c.Purchase, "the transaction that claimed it reverted", time.Minute, 24*time.Hour)
			default:
				s.exclude(c.Purchase, fmt.Sprintf("%d readings were claimed, the contract has paid %d", c.Delivered, a.Delivered), rateRetry, 24*time.Hour)
			}
		}
	}
	if len(s.exclusions) == 0 {
		s.recovered(FaultRefused)
	}
	if len(s.checked) > 1_000 {
		clear(s.checked)
	}
}

// rateRetry is after what time a claim is made again of which the chain paid less: mostly its
// block was an earlier one than the claim was made for, and the rate allows the rest by now.
const rateRetry = 15 * time.Second

// starvedMax is how often in a row a settlement that used up its gas limit is made again at
// once, each time with twice the reserve: by then a claim has more than it can take.
const starvedMax = 6

// exclude leaves a claim out until its next try, which comes later each time, and never
// after its window.
func (s *Settler) exclude(p market.PurchaseID, reason string, first, most time.Duration) {
	x := s.exclusions[p]
	wait := min(first<<min(x.Tries, 16), most)
	if a, ok := s.accounts[p]; ok { // while it can be paid at all
		end := s.cfg.windowEnd(a)
		if s.lastClock >= end {
			delete(s.exclusions, p) // told by leave
			return
		}
		wait = min(wait, time.Duration(end-min(end, s.lastClock))*time.Second/2)
	}
	x.next = time.Now().Add(wait)
	x.Refused = Refused{Purchase: p, Reason: reason, Tries: x.Tries + 1, NextTry: x.next.UTC()}
	s.exclusions[p] = x
	_ = s.trouble(FaultRefused, fmt.Errorf("purchase %d: %s; it is tried again in %s, and the claims that are not refused are made meanwhile", p, reason, wait.Round(time.Second)))
}

// leave names the accounts whose claim window closed with readings unpaid, once each.
func (s *Settler) leave(v *view) {
	var told []market.PurchaseID
	for id, a := range s.accounts {
		if standing, _ := s.cfg.standing(a, v.clock); standing == StandingWindow && !a.Told {
			told = append(told, id)
			delete(s.exclusions, id)
			s.log.Warn("a claim window is over: these readings are not paid any more", "purchase", id, "unpaid", a.Receipts-a.Delivered, "ended", time.Unix(int64(a.End), 0).UTC())
		}
	}
	if len(told) == 0 {
		return
	}
	if err := s.book.Tell(told); err != nil {
		_ = s.trouble(FaultLedger, err)
		return
	}
	for _, id := range told {
		s.accounts[id].Told = true
	}
}
