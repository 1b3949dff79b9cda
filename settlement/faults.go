package settlement

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
)

// FaultCode names something that does not work. Each fault stays until what it names has
// been seen to work, however many rounds have nothing to do meanwhile.
type FaultCode string

// The faults of settlement.
const (
	FaultNode     FaultCode = "node"
	FaultSigner   FaultCode = "signer"
	FaultEther    FaultCode = "ether"
	FaultFees     FaultCode = "fees"
	FaultSend     FaultCode = "send"
	FaultRefused  FaultCode = "refused"
	FaultReverted FaultCode = "reverted"
	FaultShared   FaultCode = "shared"
	FaultLedger   FaultCode = "ledger"
)

// Faults explains every fault.
var Faults = []struct {
	Code         FaultCode
	Means, Until string
}{
	{FaultNode, "the nodes do not answer what the settler asks", "a round has all its answers"},
	{FaultSigner, "the market does not take the bridge's key as the operator's signer", "it does: the bridge asks by an estimate, every 15 s"},
	{FaultEther, "the hot key cannot pay the gas of the next settlement", "the ether is there"},
	{FaultFees, "gas costs more than `max_fee_gwei`", "an offer is within, or what was offered is mined"},
	{FaultSend, "the nodes do not take a transaction", "one does, or it is mined"},
	{FaultRefused, "the contract does not take a claim", "no claim is left out any more"},
	{FaultReverted, "a settlement failed on chain", "one is final that did not"},
	{FaultShared, "the hot key was used by somebody else", "a settlement of the bridge is final"},
	{FaultLedger, "the ledger fails", "it does not"},
}

// Fault is something that does not work now.
type Fault struct {
	Code  FaultCode `json:"code"`
	Text  string    `json:"text"`
	Since time.Time `json:"since"`
}

// trouble notes a fault and gives the error back.
func (s *Settler) trouble(code FaultCode, err error) error {
	s.unanswered = s.unanswered || code == FaultNode
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.faults[code]
	if !ok {
		f = Fault{Code: code, Since: time.Now().UTC()}
		s.log.Warn("settlement: "+err.Error(), "fault", code)
	}
	f.Text = err.Error()
	s.faults[code] = f
	return err
}

// recovered says that what a fault names was seen to work.
func (s *Settler) recovered(code FaultCode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.faults, code)
}

// failing tells whether a fault is noted.
func (s *Settler) failing(code FaultCode) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.faults[code]
	return ok
}

// probe asks the market, by a settlement of nothing that is not sent, whether it takes
// our key: now and then, and often while it does not.
func (s *Settler) probe(ctx context.Context) {
	every := 10 * time.Minute
	if s.failing(FaultSigner) {
		every = 15 * time.Second
	}
	if time.Since(s.probed) < every {
		return
	}
	s.probed = time.Now()
	_, err := s.node.EstimateGas(ctx, ethereum.CallMsg{From: s.signer.Address(), To: &s.cfg.Market, Data: s.input(nil)})
	switch {
	case err == nil:
		s.recovered(FaultSigner)
	case reverted(err):
		if expected, is := s.notSigner(err); is {
			_ = s.trouble(FaultSigner, s.wrongSigner(expected))
		}
	}
}

func (s *Settler) wrongSigner(expected common.Address) error {
	return fmt.Errorf("the market takes settlements of operator %d from %s only, and the bridge signs with %s: point operator.keystore to that key, or let the operator's admin make %s the signer",
		s.cfg.Operator, expected, s.signer.Address(), s.signer.Address())
}

// solvent makes sure that the hot key can pay for gas at a price.
func (s *Settler) solvent(v *view, gas uint64, price *big.Int) error {
	if !s.affords(v, gas, price) {
		return s.poor(v.balance, gas, price)
	}
	s.recovered(FaultEther)
	return nil
}

func (s *Settler) affords(v *view, gas uint64, price *big.Int) bool {
	return v.balance == nil || v.balance.Cmp(new(big.Int).Mul(new(big.Int).SetUint64(gas), price)) >= 0
}

// poor says how much ether the hot key needs, and where.
func (s *Settler) poor(balance *big.Int, gas uint64, price *big.Int) error {
	if price == nil || price.Sign() == 0 {
		price = s.cfg.Policy.MaxFee
	}
	cost := new(big.Int).Mul(new(big.Int).SetUint64(gas), price)
	s.lacking = cost
	lacks := new(big.Int).Mul(cost, big.NewInt(floatSettlements))
	has := "too little"
	if balance != nil {
		lacks.Sub(lacks, balance)
		has = Ether(balance) + " ether"
	}
	return s.trouble(FaultEther, fmt.Errorf("the hot key has %s and the next settlement takes up to %s: send about %s ether to %s", has, Ether(cost), Ether(lacks), s.signer.Address()))
}

// floatSettlements is for how many settlements the hot key should have ether.
const floatSettlements = 10

// snapshot is what explains accounts between rounds.
type snapshot struct {
	clock      uint64
	waits      string
	under      map[market.PurchaseID]uint32
	exclusions map[market.PurchaseID]Refused
}

// show publishes what a round found.
func (s *Settler) show(v *view, open []Tx) {
	under, _ := s.underWay(v, open, nil)
	shown := snapshot{clock: s.lastClock, waits: strings.TrimPrefix(v.waits, errNothing.Error()+": "), under: under, exclusions: map[market.PurchaseID]Refused{}}
	var refused []Refused
	for id, x := range s.exclusions {
		shown.exclusions[id] = x.Refused
		refused = append(refused, x.Refused)
	}
	slices.SortFunc(refused, func(a, b Refused) int { return int(int64(a.Purchase) - int64(b.Purchase)) })

	open = slices.Clone(open)
	for i := range open { // the signed bytes are nobody's business
		open[i].Forms = slices.Clone(open[i].Forms)
		for n := range open[i].Forms {
			open[i].Forms[n].Raw = nil
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown = shown
	s.status.Pending, s.status.Refused, s.status.Last, s.status.Waits, s.status.Accounts = open, refused, s.last, shown.waits, len(s.accounts)
	if v.balance != nil {
		s.status.Balance = v.balance
	}
	if v.fees != nil {
		gas := new(big.Int).SetUint64(txGas + 10*s.claimGas)
		s.status.Need = gas.Mul(gas, v.fees.now()).Mul(gas, big.NewInt(floatSettlements))
	}
	s.status.Faults = []Fault{}
	for _, f := range s.faults {
		s.status.Faults = append(s.status.Faults, f)
	}
	slices.SortFunc(s.status.Faults, func(a, b Fault) int { return strings.Compare(string(a.Code), string(b.Code)) })
}

// explain says where what is unclaimed of an account stands, and why.
func (s *Settler) explain(a *Account, e *Earning) {
	if s == nil {
		if e.Standing = StandingPaid; e.Unclaimed > 0 {
			e.Standing, e.Why = StandingNoSettler, "settlement is off, or no node has answered yet"
		}
		return
	}
	s.mu.Lock()
	shown := s.shown
	s.mu.Unlock()
	standing, n := s.cfg.standing(a, shown.clock)
	e.Standing = standing
	if standing == StandingPaid {
		return
	}
	e.Until = s.cfg.windowEnd(a)
	if x, ok := shown.exclusions[a.Purchase]; ok && standing == StandingDue {
		e.Standing, e.Why, e.NextTry = StandingRefused, x.Reason, x.NextTry
		return
	}
	if standing == StandingDue && n <= shown.under[a.Purchase] {
		e.Standing = StandingUnderWay
	}
	for _, one := range Standings {
		if one.Standing == e.Standing {
			e.Why = one.Means
		}
	}
	if e.Standing == StandingDue && shown.waits != "" {
		e.Why = shown.waits
	}
}
