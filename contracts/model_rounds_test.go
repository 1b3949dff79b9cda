package contracts_test

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"
)

// The model's rounds of challenges.

func (m *model) roundState(r *mRound) mRoundState {
	switch {
	case r.verdict != 0:
		return roundRuled + mRoundState(r.verdict) - 1
	case r.reviewed != 0 && m.now < r.reviewed+m.rules.review:
		return roundReview
	case r.reviewed != 0:
		return roundLapsed
	case m.now < r.opened+m.rules.ttl:
		return roundOpen
	}
	return roundExpired
}

func (m *model) lastRound(s *mStream) *mRound {
	if n := len(s.rounds); n > 0 {
		return &s.rounds[n-1]
	}
	return nil
}

// underReview says whether an arbiter may rule, or will.
func (m *model) underReview(s *mStream) bool {
	r := m.lastRound(s)
	return r != nil && m.roundState(r) == roundReview
}

// count is how many have challenged in a round.
func (r *mRound) count() int { return len(r.members) }

// weight is what those who have not redeemed paid.
func (r *mRound) weight() *big.Int {
	sum := new(big.Int)
	for _, in := range r.members {
		if !in.redeemed {
			sum = plus(sum, in.weight)
		}
	}
	return sum
}

func (m *model) challenge(who common.Address, id uint64) bool {
	p := m.ownSale(who, id)
	if p == nil || m.now >= m.end(p)+m.rules.complain || p.paid.Sign() == 0 {
		return false
	}
	s := m.stream(p.stream)
	if s.slayed || s.out {
		return false
	}
	r := m.lastRound(s)
	switch {
	case r == nil:
	case m.roundState(r) == roundReview:
		if m.now >= r.reviewed+m.rules.reviewMin || m.fault == "the quorum shuts the door" {
			return false
		}
	case m.roundState(r) == roundOpen || m.fault == "a round past its time is joined" && m.roundState(r) == roundExpired:
	default:
		r = nil
	}
	later := r != nil && p.start >= r.opened
	if later && m.fault == "who bought in the round may not challenge" {
		return false
	}
	if r != nil && p.start == r.opened && m.fault == "a purchase of the opening's second is an earlier one" {
		later = false
	}
	var was mMember
	known := false
	if r != nil {
		if was, known = r.members[who]; known && (p.paid.Cmp(was.weight) <= 0 || m.fault == "a weight cannot be raised") {
			return false
		}
	}
	if (!known || m.fault == "a raised weight costs a deposit") && !m.transfer(who, m.market, m.rules.deposit) {
		return false
	}
	if r == nil {
		if last := m.lastRound(s); last != nil {
			last.told = true
		}
		s.rounds = append(s.rounds, mRound{opened: m.now, members: map[common.Address]mMember{}})
		r = m.lastRound(s)
	}
	if known && m.fault == "a raised weight keeps its bounty" {
		later = was.later
	}
	r.members[who] = mMember{weight: p.paid, later: later}
	if r.count() == m.rules.quorum && r.reviewed == 0 {
		r.reviewed = m.now
	}
	return true
}

// respond is the right of reply, of the owner and of the operator's admin.
func (m *model) respond(who common.Address, id uint64, round uint32) bool {
	s := m.stream(id)
	if s == nil || round == 0 || int(round) > len(s.rounds) {
		return false
	}
	return who == s.owner || who == m.operator(s.operator).admin
}

func (m *model) rule(who common.Address, id uint64, round uint32, verdict uint8) bool {
	s := m.stream(id)
	if who != m.rules.arbiter || s == nil || round == 0 || int(round) > len(s.rounds) || verdict == 0 || verdict > bothAtFault {
		return false
	}
	r := &s.rounds[round-1]
	if m.roundState(r) != roundReview {
		return false
	}
	if m.now < r.reviewed+m.rules.reviewMin && m.fault != "a ruling in the block of the quorum" {
		return false
	}
	r.verdict = verdict
	if verdict == rejected {
		deposits := times(m.rules.deposit, int64(r.count()))
		half := percent(deposits, 50)
		if m.fault == "rejected deposits are the seller's" {
			half = new(big.Int)
		}
		m.give(m.rules.platform, half)
		m.give(s.owner, minus(deposits, half))
		return true
	}
	if m.fault != "a ruling ends nothing that was sold" || s.stopAt == 0 {
		m.stop(id, m.now)
	}
	if verdict != sellerAtFault {
		s.unpaid = true
	}
	if verdict != operatorAtFault || m.fault == "a seller answers for the operator" {
		half := percent(s.stake, 50)
		if m.fault == "the challengers have the whole stake" {
			half = new(big.Int)
		}
		m.give(m.rules.platform, half)
		r.pool, s.stake, s.slayed = minus(s.stake, half), new(big.Int), true
	}
	return true
}

// expire records that a round ended without a ruling.
func (m *model) expire(id uint64) bool {
	s := m.stream(id)
	if s == nil || m.lastRound(s) == nil {
		return false
	}
	r := m.lastRound(s)
	if st := m.roundState(r); r.told || st != roundExpired && st != roundLapsed {
		return false
	}
	r.told = true
	return true
}

func (m *model) redeem(id uint64, round uint32, who common.Address) bool {
	s := m.stream(id)
	if s == nil || round == 0 || int(round) > len(s.rounds) {
		return false
	}
	r := &s.rounds[round-1]
	in, known := r.members[who]
	st := m.roundState(r)
	if !known || in.redeemed || st == roundOpen || st == roundReview || r.verdict == rejected {
		return false
	}
	amount := m.rules.deposit
	if r.pool != nil {
		share := m.share(r, in.weight)
		most := percent(in.weight, 80)
		if !in.later || m.fault == "who bought in the round has a bounty" {
			most = plus(most, m.rules.deposit)
		}
		r.pool = minus(r.pool, share)
		if share.Cmp(most) > 0 && m.fault != "a share has no cap" {
			m.give(m.rules.platform, minus(share, most))
			share = most
		}
		amount = plus(amount, share)
	}
	in.redeemed = true
	r.members[who] = in
	return m.transfer(m.market, who, amount)
}

func (m *model) share(r *mRound, weight *big.Int) *big.Int {
	if m.fault == "shares per head" {
		left := int64(0)
		for _, in := range r.members {
			if !in.redeemed {
				left++
			}
		}
		return part(r.pool, big.NewInt(1), big.NewInt(left))
	}
	return part(r.pool, weight, r.weight())
}
