package contracts_test

import (
	"maps"
	"math/big"
	"slices"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/ethereum/go-ethereum/common"
)

// model is the market a second time, written from the rules rather than from the
// Solidity: money lies in named pots and moves from one to another, and what time has
// ended is asked of the clock, not stored. A method says whether the call succeeds;
// one that says no has changed nothing.
//
// Amounts are wei. A *big.Int here is never changed in place, so a shallow copy of
// the model is a deep one.
type model struct {
	now    uint64 // unix seconds of the block being played
	market common.Address
	rules  struct {
		platform, guardian, arbiter                          common.Address
		minStake, deposit                                    *big.Int
		quorum                                               int
		ttl, reviewMin, review, notice, window, complain     uint64 // complain: CHALLENGE_AFTER
		maxTerm, pauseMax, pauseGap, claimAge, parents, many uint64
	}
	owner, nextOwner common.Address
	pauses           []uint64 // when each began
	operators        []mOperator
	streams          []mStream
	sales            []mSale
	devices          map[mDevice]mSlot
	allowed          map[mAllowed]bool
	credit, purse    map[common.Address]*big.Int // purse: tokens held
	gifts            *big.Int                    // tokens thrown at the market

	// fault is what a wrong model does otherwise; none, in the model we compare with.
	fault string
}

type (
	mOperator struct {
		admin, pending, signer, payout common.Address
		verified                       bool
		keys, hash                     common.Hash
		uri                            string
	}
	mDevice struct {
		operator uint64
		device   common.Hash
	}
	mSlot struct {
		stream uint64
		nonce  uint32
	}
	mAllowed struct {
		stream uint64
		buyer  common.Address
	}
	mStream struct {
		owner               common.Address
		operator            uint64
		device, terms       common.Hash
		price               uint64 // 10⁻⁶ DTX
		interval            uint64
		stake               *big.Int
		restricted, unpaid  bool
		closed, out, slayed bool   // slayed: the stake was slashed
		stopAt              uint64 // 0 never
		rounds              []mRound
	}
	mRound struct {
		opened, reviewed uint64 // when; 0 never
		members          map[common.Address]mMember
		verdict          uint8 // 0 none yet
		told             bool  // its end without a ruling was recorded
		pool             *big.Int
	}
	mMember struct {
		weight   *big.Int // wei paid on the purchase he named
		later    bool     // it began when the round was open
		redeemed bool
	}
	mSale struct {
		buyer              common.Address
		stream             uint64
		start, end         uint64
		price, interval    uint64
		quota, delivered   uint64
		escrow             *big.Int
		closed             bool
		terms              common.Hash
		paid, refund, cost *big.Int
	}
	mStreamState uint8
	mRoundState  uint8
)

// The numbers of the states are part of the interface; the last four of a round are
// the verdicts.
const (
	open mStreamState = 1 + iota
	closed
	withdrawn
	slashed
)

const (
	roundOpen mRoundState = 1 + iota
	roundReview
	roundExpired
	roundLapsed
	roundRuled // plus the verdict less one
)

func (m *model) clone() *model {
	c := *m
	c.operators = slices.Clone(m.operators)
	c.sales = slices.Clone(m.sales)
	c.streams = slices.Clone(m.streams)
	c.pauses = slices.Clone(m.pauses)
	for i := range c.streams {
		c.streams[i].rounds = slices.Clone(c.streams[i].rounds)
		for j := range c.streams[i].rounds {
			c.streams[i].rounds[j].members = maps.Clone(c.streams[i].rounds[j].members)
		}
	}
	c.devices, c.allowed = maps.Clone(m.devices), maps.Clone(m.allowed)
	c.credit, c.purse = maps.Clone(m.credit), maps.Clone(m.purse)
	return &c
}

func plus(a, b *big.Int) *big.Int  { return new(big.Int).Add(a, b) }
func minus(a, b *big.Int) *big.Int { return new(big.Int).Sub(a, b) }
func times(a *big.Int, n int64) *big.Int {
	return new(big.Int).Mul(a, big.NewInt(n))
}

// part is a·n/of, rounded down.
func part(a, n, of *big.Int) *big.Int {
	b := new(big.Int).Mul(a, n)
	return b.Div(b, of)
}

func percent(a *big.Int, n int64) *big.Int { return part(a, big.NewInt(n), big.NewInt(100)) }

// readings is the price of n readings: 10⁻⁶ DTX are 10¹² wei.
func readings(n, price uint64) *big.Int {
	b := new(big.Int).Mul(new(big.Int).SetUint64(n), new(big.Int).SetUint64(price))
	return b.Mul(b, big.NewInt(1e12))
}

// intervals counts the intervals begun in so many seconds.
func intervals(seconds, interval uint64) (n uint64) {
	n = seconds / interval
	if n*interval < seconds {
		n++
	}
	return n
}

func (m *model) of(book map[common.Address]*big.Int, who common.Address) *big.Int {
	if b := book[who]; b != nil {
		return b
	}
	return new(big.Int)
}

func (m *model) give(who common.Address, amount *big.Int) {
	m.credit[who] = plus(m.of(m.credit, who), amount)
}

// transfer moves tokens, if they are there.
func (m *model) transfer(from, to common.Address, amount *big.Int) bool {
	if m.of(m.purse, from).Cmp(amount) < 0 {
		return false
	}
	m.purse[from] = minus(m.of(m.purse, from), amount)
	m.purse[to] = plus(m.of(m.purse, to), amount)
	return true
}

// donate throws tokens at the market.
func (m *model) donate(who common.Address, amount *big.Int) bool {
	if !m.transfer(who, m.market, amount) {
		return false
	}
	m.gifts = plus(m.gifts, amount)
	return true
}

func (m *model) operator(id uint64) *mOperator {
	if id == 0 || id > uint64(len(m.operators)) {
		return &mOperator{}
	}
	return &m.operators[id-1]
}

func (m *model) stream(id uint64) *mStream {
	if id == 0 || id > uint64(len(m.streams)) {
		return nil
	}
	return &m.streams[id-1]
}

func (m *model) sale(id uint64) *mSale {
	if id == 0 || id > uint64(len(m.sales)) {
		return nil
	}
	return &m.sales[id-1]
}

// ownStream is a stream of this owner, or nil.
func (m *model) ownStream(who common.Address, id uint64) *mStream {
	if s := m.stream(id); s != nil && s.owner == who {
		return s
	}
	return nil
}

func (m *model) ownSale(who common.Address, id uint64) *mSale {
	if p := m.sale(id); p != nil && p.buyer == who {
		return p
	}
	return nil
}

func (s *mStream) state() mStreamState {
	switch {
	case s.slayed:
		return slashed
	case s.out:
		return withdrawn
	case s.closed:
		return closed
	}
	return open
}

// end is when a purchase ends: at its own end, or with its stream.
func (m *model) end(p *mSale) uint64 {
	if stop := m.streams[p.stream-1].stopAt; stop != 0 && stop < p.end && m.fault != "closing ends nothing that was sold" {
		return stop
	}
	return p.end
}

func (m *model) running(p *mSale) bool { return !p.closed && m.now < m.end(p) }

func (m *model) paused() bool {
	return len(m.pauses) > 0 && m.now < m.pauses[len(m.pauses)-1]+m.rules.pauseMax
}

// Operators

func (m *model) register(who common.Address, o mOperator) bool {
	zero := common.Address{}
	if o.signer == zero || o.payout == zero || o.payout == m.market || o.signer == who && m.fault != "an admin may be signer" {
		return false
	}
	o.admin = who
	m.operators = append(m.operators, o)
	return true
}

func (m *model) setSigner(who common.Address, id uint64, to common.Address) bool {
	o := m.operator(id)
	if o.admin != who || to == (common.Address{}) || to == o.admin && m.fault != "an admin may be signer" {
		return false
	}
	o.signer = to
	return true
}

func (m *model) setPayout(who common.Address, id uint64, to common.Address) bool {
	o := m.operator(id)
	if o.admin != who || to == (common.Address{}) || to == m.market {
		return false
	}
	o.payout = to
	return true
}

func (m *model) setMetadata(who common.Address, id uint64, keys, hash common.Hash, uri string) bool {
	o := m.operator(id)
	if o.admin != who {
		return false
	}
	o.keys, o.hash, o.uri, o.verified = keys, hash, uri, false
	return true
}

func (m *model) transferAdmin(who common.Address, id uint64, to common.Address) bool {
	o := m.operator(id)
	if o.admin != who {
		return false
	}
	o.pending = to
	return true
}

func (m *model) acceptAdmin(who common.Address, id uint64) bool {
	o := m.operator(id)
	if o.pending != who || o.signer == who {
		return false
	}
	o.admin, o.pending = who, common.Address{}
	if m.fault != "a new admin stays verified" {
		o.verified = false
	}
	return true
}

func (m *model) verify(who common.Address, id uint64, yes bool, hash common.Hash) bool {
	o := m.operator(id)
	if who != m.owner || o.admin == (common.Address{}) || o.hash != hash {
		return false
	}
	o.verified = yes
	return true
}

func (m *model) transferOwnership(who, to common.Address) bool {
	if who != m.owner {
		return false
	}
	m.nextOwner = to
	return true
}

func (m *model) acceptOwnership(who common.Address) bool {
	if who != m.nextOwner {
		return false
	}
	m.owner, m.nextOwner = who, common.Address{}
	return true
}

func (m *model) renounceOwnership(who common.Address) bool {
	if who != m.owner {
		return false
	}
	m.owner, m.nextOwner = common.Address{}, common.Address{}
	return true
}

func (m *model) pause(who common.Address) bool {
	if who != m.rules.guardian {
		return false
	}
	gap := m.rules.pauseGap
	if m.fault == "a pause can be renewed at once" {
		gap = 0
	}
	if n := len(m.pauses); n > 0 && m.now < m.pauses[n-1]+m.rules.pauseMax+gap {
		return false
	}
	m.pauses = append(m.pauses, m.now)
	return true
}

// Streams

// bears says whether a stake bears a price: a reading costs a hundredth of it at
// most, and what a buyer can owe in a day a tenth.
func (m *model) bears(stake *big.Int, price, interval uint64) bool {
	if price == 0 || price%10 != 0 || interval == 0 || interval > m.rules.maxTerm {
		return false
	}
	one, aDay := readings(1, price), readings(intervals(86_400, interval), price)
	if m.fault == "no bound on a day's price" {
		aDay = new(big.Int)
	}
	return times(one, 100).Cmp(stake) <= 0 && times(aDay, 10).Cmp(stake) <= 0
}

// list is told who really signed the device claim, and for whom; the rest of the
// claim is what the listing says.
func (m *model) list(who common.Address, l contracts.Listing, signer, signedFor common.Address) bool {
	price, deadline, op := l.Price.Uint64(), l.Deadline.Uint64(), l.Operator.Uint64()
	if m.paused() || l.Stake.Cmp(m.rules.minStake) < 0 || !m.bears(l.Stake, price, uint64(l.Interval)) {
		return false
	}
	if uint64(len(l.Parents)) > m.rules.parents {
		return false
	}
	for _, id := range l.Parents {
		if p := m.ownSale(who, id); p == nil || !m.running(p) {
			return false
		}
	}
	at := mDevice{op, l.Device}
	slot := m.devices[at]
	o := m.operator(op)
	if slot.stream != 0 || slot.nonce != l.Nonce || m.now > deadline || deadline-m.now > m.rules.claimAge {
		return false
	}
	if o.signer == (common.Address{}) || o.signer != signer || signedFor != who || !m.transfer(who, m.market, l.Stake) {
		return false
	}
	m.streams = append(m.streams, mStream{
		owner: who, operator: op, device: l.Device, terms: l.Terms, price: price, interval: uint64(l.Interval), stake: l.Stake,
	})
	m.devices[at] = mSlot{uint64(len(m.streams)), slot.nonce + 1}
	return true
}

func (m *model) setPrice(who common.Address, id, price, interval uint64) bool {
	s := m.ownStream(who, id)
	if s == nil || s.state() != open || !m.bears(s.stake, price, interval) {
		return false
	}
	s.price, s.interval = price, interval
	return true
}

func (m *model) setTerms(who common.Address, id uint64, terms common.Hash) bool {
	s := m.ownStream(who, id)
	if s == nil || s.state() != open {
		return false
	}
	s.terms = terms
	return true
}

func (m *model) setRestricted(who common.Address, id uint64, yes bool) bool {
	s := m.ownStream(who, id)
	if s == nil || s.state() != open {
		return false
	}
	s.restricted = yes
	return true
}

func (m *model) allow(who common.Address, id uint64, buyers []common.Address, yes bool) bool {
	if m.ownStream(who, id) == nil || uint64(len(buyers)) > m.rules.many {
		return false
	}
	for _, b := range buyers {
		m.allowed[mAllowed{id, b}] = yes
	}
	return true
}

func (m *model) addStake(who common.Address, id uint64, amount *big.Int) bool {
	s := m.ownStream(who, id)
	if s == nil || s.state() != open || !m.transfer(who, m.market, amount) {
		return false
	}
	s.stake = plus(s.stake, amount)
	return true
}

// stop ends sales for ever, and what was sold at a time; the device can be listed
// again.
func (m *model) stop(id, at uint64) {
	s := m.stream(id)
	if !s.closed && !s.slayed {
		key := mDevice{s.operator, s.device}
		m.devices[key] = mSlot{0, m.devices[key].nonce}
	}
	s.closed = true
	if s.stopAt == 0 || at < s.stopAt {
		s.stopAt = at
	}
}

func (m *model) close(who common.Address, id uint64) bool {
	s := m.ownStream(who, id)
	if s == nil || s.stopAt != 0 || m.fault == "no closing under review" && m.underReview(s) {
		return false
	}
	m.stop(id, m.now+m.rules.notice)
	return true
}

func (m *model) retire(who common.Address, id uint64) bool {
	s := m.stream(id)
	if s == nil || s.stopAt != 0 {
		return false
	}
	o := m.operator(s.operator)
	if who != o.admin && !(m.fault == "the signer retires" && who == o.signer) {
		return false
	}
	m.stop(id, m.now+m.rules.notice)
	return true
}

func (m *model) withdrawStake(who common.Address, id uint64) bool {
	s := m.ownStream(who, id)
	if s == nil || s.state() != closed || m.now < s.stopAt+m.rules.complain {
		return false
	}
	if m.underReview(s) && m.fault != "the stake leaves under review" {
		return false
	}
	if n := len(s.rounds); m.fault == "one challenge holds the stake" && n > 0 && m.roundState(&s.rounds[n-1]) == roundOpen {
		return false
	}
	if !m.transfer(m.market, who, s.stake) {
		return false
	}
	s.out, s.stake = true, new(big.Int)
	return true
}

// Purchases

// offers says whether a stream offers a buyer just this, now.
func (m *model) offers(id uint64, price, interval uint64, terms common.Hash, buyer common.Address) bool {
	s := m.stream(id)
	if m.paused() || s == nil || s.state() != open || s.terms != terms {
		return false
	}
	if m.fault != "price and interval are bought unseen" && (s.price != price || s.interval != interval) {
		return false
	}
	if m.fault == "a review stops sales" && m.underReview(s) {
		return false
	}
	return !s.restricted || m.allowed[mAllowed{id, buyer}]
}

func (m *model) buy(who common.Address, id, duration, price, interval uint64, terms common.Hash, beneficiary common.Address) bool {
	buyer := who
	if beneficiary != (common.Address{}) {
		buyer = beneficiary
	}
	if buyer == m.market && m.fault != "the market buys" {
		return false
	}
	if !m.offers(id, price, interval, terms, buyer) || duration == 0 || duration > m.rules.maxTerm {
		return false
	}
	s := m.stream(id)
	quota := intervals(duration, s.interval)
	cost := readings(quota, s.price)
	if !m.transfer(who, m.market, cost) {
		return false
	}
	m.sales = append(m.sales, mSale{
		buyer: buyer, stream: id, start: m.now, end: m.now + duration, price: s.price, interval: s.interval, quota: quota,
		escrow: cost, cost: cost, paid: new(big.Int), refund: new(big.Int), terms: terms,
	})
	return true
}

func (m *model) extend(who common.Address, id, newEnd uint64, terms common.Hash) bool {
	p := m.ownSale(who, id)
	if p == nil || !m.running(p) || !m.offers(p.stream, p.price, p.interval, terms, who) {
		return false
	}
	// What a purchase remembers of its terms is their first eight bytes.
	if m.fault != "other terms are extended" && [8]byte(p.terms[:8]) != [8]byte(terms[:8]) {
		return false
	}
	if newEnd <= p.end || newEnd > m.now+m.rules.maxTerm {
		return false
	}
	quota := intervals(newEnd-p.start, p.interval)
	more := readings(quota-p.quota, p.price)
	if !m.transfer(who, m.market, more) {
		return false
	}
	p.end, p.quota = newEnd, quota
	p.escrow, p.cost = plus(p.escrow, more), plus(p.cost, more)
	return true
}

func (m *model) cancel(who common.Address, id uint64) bool {
	p := m.ownSale(who, id)
	if p == nil || !m.running(p) {
		return false
	}
	p.end = m.now
	return true
}

// payable says whether an operator may still claim.
func (m *model) payable(p *mSale) bool {
	s := m.stream(p.stream)
	if p.closed || s.unpaid && m.fault != "an operator at fault is paid" {
		return false
	}
	if m.fault == "a review stops claims" && m.underReview(s) {
		return false
	}
	return m.now < m.end(p)+m.rules.window
}

// cap is the most readings a purchase can have had by now.
func (m *model) cap(p *mSale) uint64 {
	end := m.end(p)
	if m.now < end {
		return m.inQuota(p, (m.now-p.start)/p.interval+1)
	}
	if m.fault == "a cancel in the buying second costs a reading" {
		return m.inQuota(p, (end-p.start)/p.interval+1)
	}
	return m.inQuota(p, intervals(end-p.start, p.interval))
}

func (m *model) inQuota(p *mSale, n uint64) uint64 { return min(p.quota, n) }

// settle is told who really signed, for settleSigned; for settle that is the sender.
func (m *model) settle(signer common.Address, id uint64, claims []contracts.Claim) bool {
	if o := m.operator(id); o.signer == (common.Address{}) || o.signer != signer {
		return false
	}
	for _, c := range claims {
		p := m.sale(c.Purchase)
		if p == nil || m.stream(p.stream).operator != id {
			return false
		}
		if m.fault == "one claim too high stops a batch" && m.payable(p) && uint64(c.Delivered) > m.cap(p) {
			return false
		}
	}
	for _, c := range claims {
		if p := m.sale(c.Purchase); m.payable(p) {
			m.pay(p, uint64(c.Delivered))
			if c.Last && m.now >= m.end(p) {
				m.refund(p)
			}
		}
	}
	return true
}

// pay splits what is new of a claim.
func (m *model) pay(p *mSale, claimed uint64) {
	s := m.stream(p.stream)
	n := min(claimed, m.cap(p))
	if n <= p.delivered {
		return
	}
	gross := readings(n-p.delivered, p.price)
	payee, share := s.owner, int64(80)
	if s.slayed && m.fault != "a seller at fault is paid" {
		payee = p.buyer
	}
	if m.fault == "the owner's share is 79 %" {
		share = 79
	}
	toOperator := percent(gross, 10)
	toPayee := percent(gross, share)
	m.give(payee, toPayee)
	m.give(m.operator(s.operator).payout, toOperator)
	m.give(m.rules.platform, minus(minus(gross, toPayee), toOperator))
	p.delivered = n
	p.paid, p.escrow = plus(p.paid, gross), minus(p.escrow, gross)
}

// refund empties the purchase's pot.
func (m *model) refund(p *mSale) {
	m.give(p.buyer, p.escrow)
	p.refund, p.escrow, p.closed = p.escrow, new(big.Int), true
}

func (m *model) finish(id uint64) bool {
	p := m.sale(id)
	if p == nil || p.closed {
		return false
	}
	if m.now < m.end(p)+m.rules.window && !m.stream(p.stream).unpaid {
		return false
	}
	m.refund(p)
	return true
}

func (m *model) withdraw(who common.Address) bool {
	c := m.of(m.credit, who)
	if c.Sign() == 0 || !m.transfer(m.market, who, c) {
		return false
	}
	m.credit[who] = new(big.Int)
	return true
}

// owed is what must lie in the market's purse, besides what strangers threw in.
func (m *model) owed() *big.Int {
	sum := new(big.Int)
	for _, s := range m.streams {
		sum = plus(sum, s.stake)
		for _, r := range s.rounds {
			if r.pool != nil {
				sum = plus(sum, r.pool)
			}
			for _, in := range r.members {
				if !in.redeemed && r.verdict != rejected {
					sum = plus(sum, m.rules.deposit)
				}
			}
		}
	}
	for _, p := range m.sales {
		sum = plus(sum, p.escrow)
	}
	for _, c := range m.credit {
		sum = plus(sum, c)
	}
	return sum
}
