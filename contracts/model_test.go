package contracts_test

import (
	"maps"
	"math/big"
	"slices"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/ethereum/go-ethereum/common"
)

// model is the market a second time, written from the rules rather than from the
// Solidity: money lies in named pots and moves from one to another. A method says
// whether the call succeeds; one that says no has changed nothing.
//
// Amounts are wei. A *big.Int here is never changed in place, so a shallow copy of
// the model is a deep one.
type model struct {
	now    uint64 // unix seconds of the block being played
	market common.Address
	rules  struct {
		platform, guardian, arbiter                            common.Address
		minStake, deposit, fee                                 *big.Int
		quorum                                                 int
		ttl, review, window, challengeAfter, unbond, maxPeriod uint64
	}
	owner, nextOwner common.Address
	paused           bool
	operators        []mOperator
	streams          []mStream
	sales            []mSale
	devices          map[mDevice]mSlot
	allowed          map[mAllowed]bool
	credit, purse    map[common.Address]*big.Int // purse: tokens held

	// What a wrong model would do; nothing, in the model we compare with.
	bend struct {
		ownerPercent int64  // instead of 80
		window       uint64 // added to the claim window
		feeTwice     bool
	}
}

type (
	mOperator struct {
		admin, signer, payout common.Address
		verified              bool
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
		owner                          common.Address
		operator                       uint64
		device, terms                  common.Hash
		price                          uint64 // 10⁻⁶ DTX
		interval, minDuration          uint64
		stake                          *big.Int
		state, before                  mStreamState // before: the state a review interrupted
		restricted                     bool
		lastEnd, unbondAt, reviewEnded uint64
		rounds                         []mRound
	}
	mRound struct {
		opened, deadline uint64
		count            int
		state            mRoundState
		each             *big.Int // what a challenger may fetch; nil while undecided or lost
		in               map[common.Address]bool
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

// The numbers of the states are part of the interface.
const (
	open      mStreamState = 1
	closed    mStreamState = 2
	withdrawn mStreamState = 3
	review    mStreamState = 4
	slashed   mStreamState = 5

	roundOpen     mRoundState = 1
	roundExpired  mRoundState = 2
	roundReview   mRoundState = 3
	roundUpheld   mRoundState = 4
	roundRejected mRoundState = 5
	roundLapsed   mRoundState = 6
)

func (m *model) clone() *model {
	c := *m
	c.operators = slices.Clone(m.operators)
	c.sales = slices.Clone(m.sales)
	c.streams = slices.Clone(m.streams)
	for i := range c.streams {
		c.streams[i].rounds = slices.Clone(c.streams[i].rounds)
		for j := range c.streams[i].rounds {
			c.streams[i].rounds[j].in = maps.Clone(c.streams[i].rounds[j].in)
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

func (m *model) operator(id uint64) *mOperator {
	if id == 0 || id > uint64(len(m.operators)) {
		return &mOperator{}
	}
	return &m.operators[id-1]
}

// ownStream is a stream of this owner.
func (m *model) ownStream(who common.Address, id uint64) (s *mStream, ok bool) {
	if id == 0 || id > uint64(len(m.streams)) || m.streams[id-1].owner != who {
		return nil, false
	}
	return &m.streams[id-1], true
}

func (m *model) ownSale(who common.Address, id uint64) (p *mSale, ok bool) {
	if id == 0 || id > uint64(len(m.sales)) || m.sales[id-1].buyer != who {
		return nil, false
	}
	return &m.sales[id-1], true
}

// Operators

func (m *model) register(who, signer, payout common.Address) bool {
	zero := common.Address{}
	if signer == zero || payout == zero {
		return false
	}
	m.operators = append(m.operators, mOperator{admin: who, signer: signer, payout: payout})
	return true
}

func (m *model) setSigner(who common.Address, id uint64, to common.Address) bool {
	o := m.operator(id)
	if o.admin != who || to == (common.Address{}) {
		return false
	}
	o.signer = to
	return true
}

func (m *model) setPayout(who common.Address, id uint64, to common.Address) bool {
	o := m.operator(id)
	if o.admin != who || to == (common.Address{}) {
		return false
	}
	o.payout = to
	return true
}

func (m *model) verify(who common.Address, id uint64, yes bool) bool {
	if who != m.owner || m.operator(id).admin == (common.Address{}) {
		return false
	}
	m.operator(id).verified = yes
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

func (m *model) setPause(who common.Address, to bool) bool {
	if who != m.rules.guardian || m.paused == to {
		return false
	}
	m.paused = to
	return true
}

// Streams

func (m *model) goodOffer(price, interval, minDuration uint64) bool {
	return price > 0 && price%10 == 0 && interval > 0 && interval <= m.rules.maxPeriod && minDuration <= m.rules.maxPeriod
}

// list is told who really signed the device claim, and for whom; the rest of the
// claim is what the listing says.
func (m *model) list(who common.Address, l contracts.Listing, signer, signedFor common.Address) bool {
	price := l.Price.Uint64()
	if m.paused || !m.goodOffer(price, uint64(l.Interval), uint64(l.MinDuration)) || l.Stake.Cmp(m.rules.minStake) < 0 || len(l.Parents) > 8 {
		return false
	}
	for _, id := range l.Parents {
		p, ok := m.ownSale(who, id)
		if !ok || p.closed || m.now >= p.end {
			return false
		}
	}
	at := mDevice{l.Operator, l.Device}
	slot := m.devices[at]
	o := m.operator(l.Operator)
	if slot.stream != 0 || slot.nonce != l.Nonce || m.now > l.Deadline.Uint64() {
		return false
	}
	if o.signer == (common.Address{}) || o.signer != signer || signedFor != who || !m.transfer(who, m.market, l.Stake) {
		return false
	}
	m.streams = append(m.streams, mStream{
		owner: who, operator: l.Operator, device: l.Device, terms: l.Terms, price: price, interval: uint64(l.Interval),
		minDuration: uint64(l.MinDuration), stake: l.Stake, state: open,
	})
	m.devices[at] = mSlot{uint64(len(m.streams)), slot.nonce + 1}
	return true
}

// free lets the device of a stream be listed again.
func (m *model) free(id uint64) {
	at := mDevice{m.streams[id-1].operator, m.streams[id-1].device}
	if slot := m.devices[at]; slot.stream == id {
		m.devices[at] = mSlot{0, slot.nonce}
	}
}

func (m *model) setOffer(who common.Address, id, price, interval, minDuration uint64) bool {
	s, ok := m.ownStream(who, id)
	if !ok || s.state != open || !m.goodOffer(price, interval, minDuration) {
		return false
	}
	s.price, s.interval, s.minDuration = price, interval, minDuration
	return true
}

func (m *model) setTerms(who common.Address, id uint64, terms common.Hash) bool {
	s, ok := m.ownStream(who, id)
	if !ok || s.state != open {
		return false
	}
	s.terms = terms
	return true
}

func (m *model) setRestricted(who common.Address, id uint64, yes bool) bool {
	s, ok := m.ownStream(who, id)
	if !ok || s.state != open {
		return false
	}
	s.restricted = yes
	return true
}

func (m *model) allow(who common.Address, id uint64, buyers []common.Address, yes bool) bool {
	if _, ok := m.ownStream(who, id); !ok || len(buyers) > 64 {
		return false
	}
	for _, b := range buyers {
		m.allowed[mAllowed{id, b}] = yes
	}
	return true
}

func (m *model) addStake(who common.Address, id uint64, amount *big.Int) bool {
	s, ok := m.ownStream(who, id)
	if !ok || s.state != open || !m.transfer(who, m.market, amount) {
		return false
	}
	s.stake = plus(s.stake, amount)
	return true
}

func (m *model) endSales(id uint64) {
	s := &m.streams[id-1]
	s.unbondAt = max(m.now, s.lastEnd) + m.rules.unbond
	m.free(id)
}

func (m *model) close(who common.Address, id uint64) bool {
	s, ok := m.ownStream(who, id)
	if !ok || s.state != open {
		return false
	}
	s.state = closed
	m.endSales(id)
	return true
}

func (m *model) retire(who common.Address, id uint64) bool {
	if id == 0 || id > uint64(len(m.streams)) {
		return false
	}
	s := &m.streams[id-1]
	if o := m.operator(s.operator); who != o.admin && who != o.signer {
		return false
	}
	switch {
	case s.state == open:
		s.state = closed
	case s.state == review && s.before == open:
		s.before = closed
	default:
		return false
	}
	m.endSales(id)
	return true
}

func (m *model) withdrawStake(who common.Address, id uint64) bool {
	s, ok := m.ownStream(who, id)
	if !ok || s.state != closed || m.now < s.unbondAt {
		return false
	}
	if n := len(s.rounds); n > 0 && s.rounds[n-1].state == roundOpen && m.now < s.rounds[n-1].deadline {
		return false
	}
	if !m.transfer(m.market, who, s.stake) {
		return false
	}
	s.state, s.stake = withdrawn, new(big.Int)
	return true
}

// Purchases

func (m *model) buy(who common.Address, id, duration uint64, most *big.Int, terms common.Hash, beneficiary common.Address) bool {
	if id == 0 || id > uint64(len(m.streams)) || m.paused {
		return false
	}
	s := &m.streams[id-1]
	buyer := who
	if beneficiary != (common.Address{}) {
		buyer = beneficiary
	}
	if s.state != open || s.restricted && !m.allowed[mAllowed{id, buyer}] || terms != s.terms {
		return false
	}
	if duration == 0 || duration < s.minDuration || duration > m.rules.maxPeriod {
		return false
	}
	quota := intervals(duration, s.interval)
	cost := readings(quota, s.price)
	if cost.Cmp(most) > 0 || !m.transfer(who, m.market, cost) {
		return false
	}
	m.sales = append(m.sales, mSale{
		buyer: buyer, stream: id, start: m.now, end: m.now + duration, price: s.price, interval: s.interval, quota: quota,
		escrow: cost, cost: cost, paid: new(big.Int), refund: new(big.Int), terms: terms,
	})
	s.lastEnd = max(s.lastEnd, m.now+duration)
	return true
}

func (m *model) extend(who common.Address, id, duration uint64, most *big.Int) bool {
	p, ok := m.ownSale(who, id)
	if !ok || m.paused || p.closed || m.now >= p.end {
		return false
	}
	s := &m.streams[p.stream-1]
	if s.state != open || s.price != p.price || s.interval != p.interval || s.terms != p.terms {
		return false
	}
	if s.restricted && !m.allowed[mAllowed{p.stream, p.buyer}] || duration == 0 || p.end+duration > m.now+m.rules.maxPeriod {
		return false
	}
	quota := intervals(p.end+duration-p.start, p.interval)
	more := readings(quota-p.quota, p.price)
	if more.Cmp(most) > 0 || !m.transfer(who, m.market, more) {
		return false
	}
	p.end, p.quota = p.end+duration, quota
	p.escrow, p.cost = plus(p.escrow, more), plus(p.cost, more)
	s.lastEnd = max(s.lastEnd, p.end)
	return true
}

func (m *model) cancel(who common.Address, id uint64) bool {
	p, ok := m.ownSale(who, id)
	if !ok || p.closed || m.now >= p.end {
		return false
	}
	p.end = m.now
	return true
}

// claimable says until when an operator may claim.
func (m *model) claimable(p *mSale) (until uint64) {
	return max(p.end, m.streams[p.stream-1].reviewEnded) + m.rules.window + m.bend.window
}

// settle is told who really signed, for settleSigned; for settle that is the sender.
func (m *model) settle(signer common.Address, id uint64, claims []contracts.Claim) bool {
	if o := m.operator(id); o.signer == (common.Address{}) || o.signer != signer {
		return false
	}
	// Look first, so that a refused batch leaves nothing behind.
	counted := map[uint64]uint64{}
	over := map[uint64]bool{}
	type move struct {
		sale, more uint64
		last       bool
	}
	var moves []move
	for _, c := range claims {
		if c.Purchase == 0 || c.Purchase > uint64(len(m.sales)) {
			return false
		}
		p := &m.sales[c.Purchase-1]
		s := &m.streams[p.stream-1]
		if s.operator != id {
			return false
		}
		if p.closed || over[c.Purchase] || s.state == review || s.state == slashed || m.now >= m.claimable(p) {
			continue
		}
		had, seen := counted[c.Purchase]
		if !seen {
			had = p.delivered
		}
		mv := move{sale: c.Purchase, last: c.Last && m.now >= p.end}
		if want := uint64(c.Delivered); want > had {
			most := (min(m.now, p.end)-p.start)/p.interval + 1
			if want > p.quota || want > most {
				return false
			}
			mv.more = want - had
			counted[c.Purchase] = want
		}
		over[c.Purchase] = mv.last
		moves = append(moves, mv)
	}
	for _, mv := range moves {
		p := &m.sales[mv.sale-1]
		gross := readings(mv.more, p.price)
		percent := m.bend.ownerPercent
		if percent == 0 {
			percent = 80
		}
		toOwner := new(big.Int).Div(times(gross, percent), big.NewInt(100))
		toOperator := new(big.Int).Div(times(gross, 10), big.NewInt(100))
		m.give(m.streams[p.stream-1].owner, toOwner)
		m.give(m.operator(id).payout, toOperator)
		m.give(m.rules.platform, minus(minus(gross, toOwner), toOperator))
		p.delivered += mv.more
		p.paid, p.escrow = plus(p.paid, gross), minus(p.escrow, gross)
		if mv.last {
			m.refund(p)
		}
	}
	return true
}

// refund empties the purchase's pot.
func (m *model) refund(p *mSale) {
	m.give(p.buyer, p.escrow)
	p.refund, p.escrow, p.closed = p.escrow, new(big.Int), true
}

func (m *model) finish(id uint64) bool {
	if id == 0 || id > uint64(len(m.sales)) || m.sales[id-1].closed {
		return false
	}
	p := &m.sales[id-1]
	switch m.streams[p.stream-1].state {
	case review:
		return false
	case slashed:
	default:
		if m.now < m.claimable(p) {
			return false
		}
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

// Challenges

func (m *model) challenge(who common.Address, id uint64) bool {
	p, ok := m.ownSale(who, id)
	if !ok || m.now > p.end+m.rules.challengeAfter {
		return false
	}
	s := &m.streams[p.stream-1]
	if s.state != open && s.state != closed {
		return false
	}
	n := len(s.rounds)
	joins := n > 0 && s.rounds[n-1].state == roundOpen && m.now < s.rounds[n-1].deadline
	if joins && s.rounds[n-1].in[who] || !m.transfer(who, m.market, m.rules.deposit) {
		return false
	}
	if !joins {
		if n > 0 && s.rounds[n-1].state == roundOpen {
			s.rounds[n-1].state, s.rounds[n-1].each = roundExpired, m.rules.deposit
		}
		s.rounds = append(s.rounds, mRound{opened: m.now, deadline: m.now + m.rules.ttl, state: roundOpen, in: map[common.Address]bool{}})
	}
	r := &s.rounds[len(s.rounds)-1]
	r.in[who] = true
	if r.count++; r.count == m.rules.quorum {
		r.state, r.deadline = roundReview, m.now+m.rules.review
		s.before, s.state = s.state, review
	}
	return true
}

func (m *model) goOn(s *mStream) {
	s.state, s.reviewEnded = s.before, m.now
}

func (m *model) rule(who common.Address, id uint64, upheld bool) bool {
	if who != m.rules.arbiter || id == 0 || id > uint64(len(m.streams)) || m.streams[id-1].state != review {
		return false
	}
	s := &m.streams[id-1]
	r := &s.rounds[len(s.rounds)-1]
	if m.now >= r.deadline {
		return false
	}
	fee := m.rules.fee
	if m.bend.feeTwice {
		fee = plus(fee, fee)
	}
	if upheld {
		share := new(big.Int).Div(minus(s.stake, fee), big.NewInt(int64(r.count)))
		r.state, r.each = roundUpheld, plus(m.rules.deposit, share)
		m.give(m.rules.platform, minus(s.stake, times(share, int64(r.count))))
		s.stake, s.state = new(big.Int), slashed
		m.free(id)
		return true
	}
	r.state = roundRejected
	m.give(m.rules.platform, fee)
	m.give(s.owner, minus(times(m.rules.deposit, int64(r.count)), fee))
	m.goOn(s)
	return true
}

func (m *model) expire(id uint64) bool {
	if id == 0 || id > uint64(len(m.streams)) || len(m.streams[id-1].rounds) == 0 {
		return false
	}
	s := &m.streams[id-1]
	r := &s.rounds[len(s.rounds)-1]
	if r.state != roundOpen && r.state != roundReview || m.now < r.deadline {
		return false
	}
	r.each = m.rules.deposit
	if r.state == roundReview {
		r.state = roundLapsed
		m.goOn(s)
	} else {
		r.state = roundExpired
	}
	return true
}

func (m *model) redeem(id uint64, round uint32, who common.Address) bool {
	if id == 0 || id > uint64(len(m.streams)) || round == 0 || int(round) > len(m.streams[id-1].rounds) {
		return false
	}
	r := &m.streams[id-1].rounds[round-1]
	if !r.in[who] || r.each == nil || !m.transfer(m.market, who, r.each) {
		return false
	}
	delete(r.in, who)
	return true
}

// owed is what must lie in the market's purse, besides what strangers threw in.
func (m *model) owed() *big.Int {
	sum := new(big.Int)
	for _, s := range m.streams {
		sum = plus(sum, s.stake)
		for _, r := range s.rounds {
			switch {
			case r.each != nil:
				sum = plus(sum, times(r.each, int64(len(r.in))))
			case r.state != roundRejected:
				sum = plus(sum, times(m.rules.deposit, int64(len(r.in))))
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
