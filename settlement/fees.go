package settlement

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/params"
)

// Policy is what a settlement may cost.
type Policy struct {
	Cover    *big.Rat // a settlement waits until the cut is worth so many times its gas; 0: it never waits for that
	DTXPrice *big.Int // wei of ether that one DTX is worth; needed if Cover > 0
	MaxFee   *big.Int // wei per gas never exceeded; > 0
}

// worth is what wei of DTX are worth, in wei of ether.
func (c *Config) worth(dtx *big.Int) *big.Int {
	if c.Policy.DTXPrice == nil {
		return new(big.Int)
	}
	w := new(big.Int).Mul(dtx, c.Policy.DTXPrice)
	return w.Div(w, contracts.Pow10(c.Rules.Decimals))
}

// free tells that the policy does not look at what a settlement costs.
func (p *Policy) free() bool { return p.Cover == nil || p.Cover.Sign() == 0 }

// covers tells whether a cut (wei of DTX) is worth times as much as gas at a price.
func (c *Config) covers(times *big.Rat, cut *big.Int, gas uint64, price *big.Int) bool {
	if c.Policy.free() {
		return true
	}
	cost := new(big.Int).Mul(new(big.Int).SetUint64(gas), price)
	have := new(big.Int).Mul(c.worth(cut), times.Denom())
	return have.Cmp(cost.Mul(cost, times.Num())) >= 0
}

// fees are what the chain asks per gas now, in wei.
type fees struct {
	legacy bool
	base   *big.Int // goes to nobody; 0 on a chain without EIP-1559
	tip    *big.Int // or the whole price on a chain without EIP-1559
}

// now is what a transaction mined now would pay.
func (f fees) now() *big.Int { return new(big.Int).Add(f.base, f.tip) }

// fees asks what the chain takes: with EIP-1559 where the head has a base fee, else the
// node's gas price.
func (s *Settler) fees(ctx context.Context, head *types.Header) (fees, error) {
	if head.BaseFee == nil {
		price, err := s.node.SuggestGasPrice(ctx)
		if err != nil {
			return fees{}, fmt.Errorf("ask for the gas price: %w", err)
		}
		return fees{legacy: true, base: new(big.Int), tip: price}, nil
	}
	tip, err := s.node.SuggestGasTipCap(ctx)
	if err != nil {
		return fees{}, fmt.Errorf("ask for the fees: %w", err)
	}
	return fees{base: head.BaseFee, tip: tip}, nil
}

// errExpensive says that gas costs more than the operator allows.
var errExpensive = errors.New("gas is too expensive")

// expensive notes a fault if gas is more expensive than the operator allows. That claims do not earn
// it is none: they wait.
func (s *Settler) expensive(err error) error {
	if errors.Is(err, errExpensive) {
		return s.trouble(FaultFees, err)
	}
	return err
}

// bid is what a form offers.
type bid struct {
	fees
	cap *big.Int // most per gas
	tip *big.Int
}

// bid makes an offer: room for the base fee to double, within the operator's limit and
// within budget (wei, for all of gas; nil: none).
func (s *Settler) bid(f fees, gas uint64, budget *big.Int) (bid, error) {
	b := bid{fees: f, cap: new(big.Int).Add(new(big.Int).Lsh(f.base, 1), f.tip), tip: f.tip}
	most, tooMuch := s.most(gas, budget)
	if b.cap.Cmp(most) > 0 {
		if f.now().Cmp(most) > 0 {
			return bid{}, tooMuch(f.now())
		}
		b.cap = most
	}
	if b.tip.Cmp(b.cap) > 0 {
		b.tip = b.cap
	}
	return b, nil
}

// most is what a form may offer per gas, and how to say that a price is more.
func (s *Settler) most(gas uint64, budget *big.Int) (*big.Int, func(price *big.Int) error) {
	allowed := s.cfg.Policy.MaxFee
	if budget != nil {
		if each := new(big.Int).Div(budget, new(big.Int).SetUint64(max(gas, 1))); each.Cmp(allowed) < 0 {
			return each, func(price *big.Int) error {
				if price.Cmp(allowed) > 0 {
					return fmt.Errorf("%w: it takes %s gwei, settlement.max_fee_gwei allows %s", errExpensive, gwei(price), gwei(allowed))
				}
				return fmt.Errorf("%w: it takes %s gwei per gas, the claims earn %s", errNothing, gwei(price), gwei(each))
			}
		}
	}
	return allowed, func(price *big.Int) error {
		return fmt.Errorf("%w: it takes %s gwei, settlement.max_fee_gwei allows %s", errExpensive, gwei(price), gwei(allowed))
	}
}

// raise makes an offer that replaces one of cap and tip: nodes demand a tenth more of
// both.
func (s *Settler) raise(b bid, cap, tip *big.Int, gas uint64, budget *big.Int) (bid, error) {
	more := func(v *big.Int) *big.Int {
		m := new(big.Int).Add(v, new(big.Int).Div(v, big.NewInt(8)))
		return m.Add(m, big.NewInt(1))
	}
	if m := more(tip); b.tip.Cmp(m) < 0 {
		b.tip = m
	}
	if m := more(cap); b.cap.Cmp(m) < 0 {
		b.cap = m
	}
	if b.cap.Cmp(b.tip) < 0 {
		b.cap = b.tip
	}
	if most, tooMuch := s.most(gas, budget); b.cap.Cmp(most) > 0 {
		return bid{}, tooMuch(b.cap)
	}
	return b, nil
}

// transaction is the unsigned form.
func (s *Settler) transaction(b bid, nonce, gas uint64, data []byte) *types.Transaction {
	if b.legacy {
		return types.NewTx(&types.LegacyTx{Nonce: nonce, GasPrice: b.cap, Gas: gas, To: &s.cfg.Market, Data: data})
	}
	return types.NewTx(&types.DynamicFeeTx{ChainID: s.cfg.ChainID, Nonce: nonce, GasTipCap: b.tip, GasFeeCap: b.cap, Gas: gas, To: &s.cfg.Market, Data: data})
}

// gasMax is what one transaction may ask for: EIP-7825's bound, and a quarter of the
// block, so that it finds room in one.
func gasMax(head *types.Header) uint64 { return min(contracts.TxGasMax, head.GasLimit/4) }

// gwei prints wei per gas.
func gwei(v *big.Int) string { return decimal(v, params.GWei) }

// Ether prints wei as ether, with three significant digits.
func Ether(v *big.Int) string { return decimal(v, params.Ether) }

// decimal prints v in units with three significant digits, or as an integer.
func decimal(v *big.Int, unit int64) string {
	return new(big.Float).SetPrec(64).Quo(new(big.Float).SetInt(v), new(big.Float).SetInt64(unit)).Text('g', 3)
}
