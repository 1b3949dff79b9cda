package settlement

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// candidate is a claim that could be made now.
type candidate struct {
	claim   Claim
	payee   common.Address
	buyer   common.Address
	gain    *big.Int // wei of DTX of the operator's tenth; 0 of a claim that only closes
	closing bool     // its window closes within the deadline margin
}

// plan is the claims of one transaction with what it may cost.
type plan struct {
	claims  []Claim
	gas     uint64   // limit
	reserve uint64   // of it, what it takes only if somebody withdraws credits first
	cut     *big.Int // wei of DTX
	bid     bid
	forced  bool
}

// budget is the most ether the plan may cost: what it earns. nil: the policy looks at
// no cost, or the operator gave the order himself.
func (s *Settler) budget(cut *big.Int, forced bool) *big.Int {
	if s.cfg.Policy.free() || forced {
		return nil
	}
	return s.cfg.worth(cut)
}

// candidates lists what can be claimed at unix second t, the most money first. under
// has the counts that transactions under way claim already; rested takes in claims that wait
// for their next try.
func (s *Settler) candidates(t uint64, under map[market.PurchaseID]uint32, closing map[market.PurchaseID]bool, rested bool) []candidate {
	var all []candidate
	now := time.Now()
	for id, a := range s.accounts {
		if x, ok := s.exclusions[id]; ok && now.Before(x.next) && !rested {
			continue
		}
		standing, n := s.cfg.standing(a, t)
		last := s.cfg.closable(a, t) && !closing[id]
		paid := max(a.Delivered, under[id])
		if standing != StandingDue {
			n = a.Delivered
		}
		if n <= paid && !last {
			continue
		}
		c := candidate{payee: a.Payee, buyer: a.Buyer, claim: Claim{Purchase: id, Delivered: max(n, paid), Head: a.Head, Last: last}, gain: s.cfg.gain(a, paid, max(n, paid))}
		c.closing = c.gain.Sign() > 0 && t+uint64(s.cfg.Deadline/time.Second) >= s.cfg.windowEnd(a)
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(b.gain.Cmp(a.gain), cmp.Compare(a.claim.Purchase, b.claim.Purchase))
	})
	return all
}

// worthwhile leaves out what does not pay for its own share of the gas: k times over,
// or once while its window closes. Claims that only close a purchase come along as far
// as the rest of the cut allows.
func (s *Settler) worthwhile(all []candidate, f fees, cover *big.Rat) []candidate {
	if s.cfg.Policy.free() {
		return all
	}
	if time.Since(s.estimated) > time.Hour { // an estimate is not believed for ever
		s.claimGas, s.estimated = max(claimGasLeast, s.claimGas/2), time.Now()
	}
	kept := all[:0:0]
	cut, gas := new(big.Int), uint64(txGas)
	for _, c := range all {
		times := cover
		if c.closing {
			times = once
		}
		switch {
		case c.gain.Sign() > 0 && s.cfg.covers(times, c.gain, s.claimGas, f.now()):
		case c.gain.Sign() == 0 && s.cfg.covers(cover, cut, gas+s.claimGas, f.now()):
		default:
			continue
		}
		kept = append(kept, c)
		cut.Add(cut, c.gain)
		gas += s.claimGas
	}
	return kept
}

// once is a cut that is worth its gas.
var once = big.NewRat(1, 1)

// claimGasLeast is what a claim costs at least: a log and a word that is not new.
const claimGasLeast = 12_000

// txGas is what a transaction costs without a claim: 21,000, its data, one root.
const txGas = 30_000

// claimsMax is how many claims are tried in one transaction; its gas bounds it further.
// More would pass the 128 KiB that nodes relay.
const claimsMax = 1_000

// errNothing says that there is nothing worth a transaction now; its text says why.
var errNothing = errors.New("nothing to settle")

// plan makes the next transaction of what can be claimed. except is a transaction the
// plan is to replace, nil if none.
func (s *Settler) plan(ctx context.Context, v *view, open []Tx, except *Tx, forced bool) (plan, error) {
	under, closing := s.underWay(v, open, except)
	all := s.candidates(v.clock, under, closing, forced)
	urgent := slices.ContainsFunc(all, func(c candidate) bool { return c.closing })
	if len(all) == 0 {
		return plan{}, fmt.Errorf("%w: %s", errNothing, s.claimed(v.clock, under, closing))
	}
	if waited := time.Since(s.last); !forced && !urgent && except == nil && waited < s.cfg.Interval {
		return plan{}, fmt.Errorf("%w: settlement.interval is over in %s", errNothing, (s.cfg.Interval - waited).Round(time.Second))
	}
	if v.fees == nil {
		if err := s.askFees(ctx, v); err != nil {
			return plan{}, err
		}
	}
	f, times := *v.fees, s.cfg.Policy.Cover
	if except != nil { // that it is worth while was decided; it must still earn its gas
		times = once
	}
	if !forced {
		if all = s.worthwhile(all, f, times); len(all) == 0 {
			return plan{}, fmt.Errorf("%w: no claim is worth %s its gas (%s gwei now) yet", errNothing, s.times(), gwei(f.now()))
		}
	}
	if least := txGas + s.claimGas; !s.affords(v, least, f.now()) {
		return plan{}, s.poor(v.balance, least, f.now())
	}
	chosen, gas, err := s.fit(ctx, all, v.head)
	if err != nil {
		return plan{}, err
	}
	return s.price(v, chosen, gas, times, forced)
}

// claimed says why there is nothing to claim.
func (s *Settler) claimed(t uint64, under map[market.PurchaseID]uint32, closing map[market.PurchaseID]bool) string {
	resting := s.candidates(t, under, closing, true)
	if len(resting) == 0 {
		return "everything payable is claimed"
	}
	next := s.exclusions[resting[0].claim.Purchase].next
	for _, c := range resting[1:] {
		if at := s.exclusions[c.claim.Purchase].next; at.Before(next) {
			next = at
		}
	}
	return fmt.Sprintf("everything else payable is claimed, and %d refused claims rest until their next try, the first at %s", len(resting), next.UTC().Format(time.RFC3339))
}

// price decides whether the chosen claims are worth their gas, and what to offer.
func (s *Settler) price(v *view, chosen []candidate, gas uint64, times *big.Rat, forced bool) (plan, error) {
	f := *v.fees
	p := plan{cut: new(big.Int), forced: forced}
	p.gas = s.gasLimit(gas, chosen, v.head)
	p.reserve = p.gas - min(p.gas, withMargin(gas))
	urgent := true
	for _, c := range chosen {
		p.claims = append(p.claims, c.claim)
		p.cut.Add(p.cut, c.gain)
		urgent = urgent && (c.closing || c.gain.Sign() == 0)
	}
	if urgent {
		times = once
	}
	if !forced && !s.cfg.covers(times, p.cut, gas, f.now()) {
		return plan{}, fmt.Errorf("%w: the cut of %d claims is worth %s ether, %s its gas of %d at %s gwei is more", errNothing,
			len(chosen), Ether(s.cfg.worth(p.cut)), s.times(), gas, gwei(f.now()))
	}
	var err error
	if p.bid, err = s.bid(f, p.gas-p.reserve, s.budget(p.cut, forced)); err != nil {
		return plan{}, s.expensive(err)
	}
	s.recovered(FaultFees)
	if balance := v.balance; balance != nil { // nodes want gas × cap to be there
		if most := new(big.Int).Div(balance, new(big.Int).SetUint64(p.gas)); p.bid.cap.Cmp(most) > 0 && most.Cmp(f.now()) >= 0 {
			p.bid.cap = most
			if p.bid.tip.Cmp(most) > 0 {
				p.bid.tip = most
			}
		}
	}
	return p, s.solvent(v, p.gas, p.bid.cap)
}

// times prints the policy.
func (s *Settler) times() string {
	if s.cfg.Policy.free() {
		return "0 times"
	}
	return s.cfg.Policy.Cover.RatString() + " times"
}

// withMargin is an estimate with room for what depends on the time of the block.
func withMargin(gas uint64) uint64 { return gas + gas/4 + 20_000 }

// zeroedGas is what a credit costs more (EIP-2200, EIP-2929) if it was withdrawn since the
// estimate: a word that is new instead of one that changes. Anybody may withdraw for anybody.
const zeroedGas = 17_100

// reserve is the gas a settlement takes more if all its payees' credits are withdrawn
// before it. Where the limit was not enough it is twice as much the next time, so that a
// chain on which new words are more expensive is learned.
func (s *Settler) reserve(chosen []candidate) uint64 {
	payees := map[common.Address]struct{}{}
	for i := range chosen {
		payees[chosen[i].payee] = struct{}{}
		if chosen[i].claim.Last {
			payees[chosen[i].buyer] = struct{}{}
		}
	}
	return zeroedGas * uint64(len(payees)+2) << s.starved // and the operator's payout and the platform
}

// gasLimit is an estimate with margin and reserve, within what a transaction may ask for.
func (s *Settler) gasLimit(gas uint64, chosen []candidate, head *types.Header) uint64 {
	return max(gas, min(withMargin(gas)+s.reserve(chosen), gasMax(head)))
}

// underWay gives the counts claimed by transactions whose blocks are not folded yet, and
// which purchases they close.
func (s *Settler) underWay(v *view, open []Tx, except *Tx) (map[market.PurchaseID]uint32, map[market.PurchaseID]bool) {
	under, closing := map[market.PurchaseID]uint32{}, map[market.PurchaseID]bool{}
	for i := range open {
		t := &open[i]
		if t.State.Finished() || t.State == TxMined && t.Block <= v.folded.Number || except != nil && t.Nonce == except.Nonce && t.From == except.From {
			continue
		}
		for _, c := range t.Claims {
			under[c.Purchase] = max(under[c.Purchase], c.Delivered)
			closing[c.Purchase] = closing[c.Purchase] || c.Last
		}
	}
	return under, closing
}

// fit finds the claims of the next transaction and their gas: as many as fit, without
// those the contract refuses.
func (s *Settler) fit(ctx context.Context, all []candidate, head *types.Header) ([]candidate, uint64, error) {
	all = all[:min(len(all), claimsMax)]
	for len(all) > 0 {
		gas, err := s.estimate(ctx, all)
		limit := withMargin(gas) + s.reserve(all)
		switch {
		case err == nil && (len(all) == 1 || limit <= gasMax(head)):
			s.claimGas, s.estimated = max(claimGasLeast, (gas-min(gas, txGas))/uint64(len(all))), time.Now()
			return all, gas, nil
		case err == nil:
			share := uint64(len(all)) * gasMax(head) / limit
			all = all[:max(1, min(share, uint64(len(all)-1)))]
		case noFunds(err):
			return nil, 0, s.poor(nil, txGas+s.claimGas, nil)
		case tooMuchGas(err) && len(all) > 1:
			all = all[:len(all)/2]
		case reverted(err):
			if all, err = s.sift(ctx, all, err); err != nil {
				return nil, 0, err
			}
		default:
			return nil, 0, s.trouble(FaultNode, fmt.Errorf("estimate a settlement: %w", err))
		}
	}
	return nil, 0, fmt.Errorf("%w: the contract refuses what is left", errNothing)
}

// estimate asks for the gas of a settlement of claims. An answer shows that the market
// takes our key.
func (s *Settler) estimate(ctx context.Context, all []candidate) (uint64, error) {
	claims := make([]Claim, len(all))
	for i := range all {
		claims[i] = all[i].claim
	}
	gas, err := s.node.EstimateGas(ctx, ethereum.CallMsg{From: s.signer.Address(), To: &s.cfg.Market, Data: s.input(claims)})
	if err == nil {
		s.recovered(FaultSigner)
	}
	return gas, err
}

// sift finds the claims for which the contract refuses a batch, halving it, and leaves
// them out until their next try.
func (s *Settler) sift(ctx context.Context, all []candidate, why error) ([]candidate, error) {
	if expected, is := s.notSigner(why); is {
		return nil, s.trouble(FaultSigner, s.wrongSigner(expected))
	}
	if len(all) == 1 {
		s.exclude(all[0].claim.Purchase, "the contract refuses the claim: "+s.reason(why), time.Second, time.Hour)
		return nil, nil
	}
	var good []candidate
	for _, half := range [][]candidate{all[:len(all)/2], all[len(all)/2:]} {
		_, err := s.estimate(ctx, half)
		switch {
		case err == nil:
		case reverted(err):
			if half, err = s.sift(ctx, half, err); err != nil {
				return nil, err
			}
		default:
			return nil, s.trouble(FaultNode, fmt.Errorf("estimate a settlement: %w", err))
		}
		good = append(good, half...)
	}
	if len(good) == len(all) { // each half alone is taken
		good = good[:len(good)/2]
	}
	return good, nil
}

// reason names a refusal of the contract.
func (s *Settler) reason(err error) string {
	if r := s.refusal(err); r != nil {
		return fmt.Sprintf("%T %+v", r, r)
	}
	return err.Error()
}
