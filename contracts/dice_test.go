package contracts_test

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// The dice of the histories: which call comes next, and with what.

func (h *history) chance(of, in int) bool { return h.dice.IntN(in) < of }

// somebody is the right key nine times out of ten, and less often if a refusal is
// looked for.
func (h *history) somebody(right int) int {
	if h.chance(1, 10) || h.astray && h.chance(2, 3) {
		return h.dice.IntN(allKeys)
	}
	return right
}

// pick is one of some things.
func pick[T any](h *history, of ...T) T { return of[h.dice.IntN(len(of))] }

// moment is a time at which something changes for a stream or a purchase, and the
// calls that feel it.
type moment struct {
	at           uint64
	stream, sale uint64
	calls        []func() call
	leads        []string // to states
}

// moments are those to come, the next first.
func (h *history) moments() (all []moment) {
	m := h.m
	add := func(at, stream, sale uint64, calls ...func() call) {
		if at > m.now+3 {
			all = append(all, moment{at: at, stream: stream, sale: sale, calls: calls})
		}
	}
	leads := func(states ...string) {
		if n := len(all); n > 0 {
			all[n-1].leads = states
		}
	}
	for i := max(0, len(m.streams)-16); i < len(m.streams); i++ {
		s, id := &m.streams[i], uint64(i+1)
		if s.stopAt != 0 && s.state() == closed {
			add(s.stopAt, id, 0, h.settle, h.cancel, h.finish)
			add(s.stopAt+m.rules.complain-600, id, 0, h.challenge, h.challenge)
			if r := m.lastRound(s); r == nil || m.roundState(r) > roundReview { // so that one holds the stake
				leads("Case: challenged in the last minutes")
			}
			add(s.stopAt+m.rules.complain, id, 0, h.withdrawStake, h.challenge)
			leads("Stream Withdrawn")
			if r := m.lastRound(s); r != nil && m.roundState(r) <= roundReview {
				leads("Case: stake asked for under " + roundNames[m.roundState(r)])
			}
		}
		if r := m.lastRound(s); r != nil {
			switch m.roundState(r) {
			case roundOpen:
				add(r.opened+m.rules.ttl, id, 0, h.challenge, h.expire, h.redeem)
				leads("Round Expired")
			case roundReview:
				add(r.reviewed+m.rules.reviewMin, id, 0, h.challenge, h.rule)
				leads("Round Rejected", "Round SellerAtFault", "Round OperatorAtFault", "Round BothAtFault", "Stream Slashed")
				add(r.reviewed+m.rules.review, id, 0, h.rule, h.expire, h.redeem, h.challenge, h.withdrawStake)
				leads("Round Lapsed")
			}
		}
	}
	for i := max(0, len(m.sales)-40); i < len(m.sales); i++ {
		p, id := &m.sales[i], uint64(i+1)
		if p.closed && !h.chance(1, 8) {
			continue
		}
		add(m.end(p), p.stream, id, h.settle, h.cancel, h.extend, h.list)
		add(m.end(p)+m.rules.window, p.stream, id, h.settle, h.finish, h.settleSigned)
		if p.paid.Sign() > 0 {
			add(m.end(p)+m.rules.complain, p.stream, id, h.challenge)
		}
	}
	if end := m.viewPause().Uint64(); end != 0 && h.chance(1, 4) {
		add(end, 0, 0, h.buy, h.list, h.extend)
		add(end+m.rules.pauseGap, 0, 0, h.pause)
	}
	slices.SortStableFunc(all, func(a, b moment) int { return cmp.Compare(a.at, b.at) })
	return all
}

// stream is mostly one of these states, of the youngest, or the one the moment is of;
// 0 or one too many now and then.
func (h *history) stream(states ...mStreamState) uint64 {
	n := len(h.m.streams)
	if n == 0 || h.chance(1, 30) {
		return uint64(h.dice.IntN(n + 2))
	}
	if h.at != nil && h.at.stream != 0 && h.chance(2, 3) {
		return h.at.stream
	}
	for range 20 {
		id := n - h.dice.IntN(min(n, 12))
		if slices.Contains(states, h.m.streams[id-1].state()) {
			return uint64(id)
		}
	}
	return uint64(n)
}

// sale is mostly a young one that runs, if running, or is over, or the one the moment
// is of.
func (h *history) sale(running bool) uint64 {
	n := len(h.m.sales)
	if n == 0 || h.chance(1, 30) {
		return uint64(h.dice.IntN(n + 2))
	}
	if h.at != nil && h.chance(2, 3) {
		if h.at.sale != 0 {
			return h.at.sale
		}
		if id := h.saleOf(h.at.stream, func(p *mSale) bool { return !p.closed }); id != 0 {
			return id
		}
	}
	odd := func(p *mSale) bool { // stopped by a ruling, or in the second it began
		s := h.m.stream(p.stream)
		return !p.closed && (s.slayed || s.unpaid || p.start == p.end && h.m.payable(p))
	}
	for i := max(0, n-150); i < n; i++ {
		if odd(&h.m.sales[i]) && h.chance(1, 20) {
			return uint64(i + 1)
		}
	}
	for range 20 {
		id := n - h.dice.IntN(min(n, 80))
		if p := &h.m.sales[id-1]; !p.closed && (h.m.end(p) > h.m.now) == running {
			return uint64(id)
		}
	}
	return uint64(n - h.dice.IntN(min(n, 80)))
}

// saleOf is a young purchase of a stream, any at random that fits; 0 for none.
func (h *history) saleOf(stream uint64, fits func(*mSale) bool) uint64 {
	var all []uint64
	for i := max(0, len(h.m.sales)-200); i < len(h.m.sales); i++ {
		if p := &h.m.sales[i]; p.stream == stream && fits(p) {
			all = append(all, uint64(i+1))
		}
	}
	if len(all) == 0 {
		return 0
	}
	return pick(h, all...)
}

func (h *history) seconds() uint64 {
	return pick[uint64](h, 1, 60, 3600, 86_400, 5*86_400, 20*86_400, 20*86_400) + uint64(h.dice.IntN(86_400))
}

// choice is a maker of calls, and how often it is chosen.
type choice struct {
	weight int
	name   string // of what it makes, if always the same
	make   func() call
}

func (h *history) choices() []choice {
	return []choice{
		{6, "list", h.list}, {24, "buy", h.buy}, {5, "extend", h.extend}, {4, "cancel", h.cancel}, {20, "settle", h.settle},
		{6, "settleSigned", h.settleSigned}, {7, "finish", h.finish}, {5, "withdraw", h.withdraw}, {1, "close", h.close},
		{1, "retire", h.retire}, {3, "withdrawStake", h.withdrawStake}, {3, "addStake", h.addStake}, {16, "challenge", h.challenge},
		{2, "respond", h.respond}, {9, "rule", h.rule}, {6, "redeem", h.redeem}, {3, "expire", h.expire}, {2, "setPrice", h.setPrice},
		{2, "setTerms", h.setTerms}, {2, "setRestricted", h.setRestricted}, {3, "allow", h.allow}, {1, "pause", h.pause}, {1, "", h.donate}, {5, "multicall", h.several}, {1, "usePermit", h.uselessPermit},
		{1, "registerOperator", h.register}, {1, "setSigner", h.setSigner}, {1, "setPayout", h.setPayout},
		{1, "setOperatorMetadata", h.setMetadata}, {2, "transferAdmin", h.transferAdmin}, {2, "acceptAdmin", h.acceptAdmin},
		{2, "verifyOperator", h.verify}, {1, "transferOwnership", h.transferOwnership}, {1, "acceptOwnership", h.acceptOwnership},
		{1, "renounceOwnership", h.strangerRenounces},
	}
}

// next chooses a call: one that feels the moment, one that has not been seen to
// succeed and to be refused, or any.
func (h *history) next() call {
	if h.at != nil && h.chance(1, 2) {
		return pick(h, h.at.calls...)()
	}
	if h.openStreams() < 4 && !h.m.paused() && h.chance(1, 3) {
		return h.list()
	}
	choices := h.choices()
	if h.chance(1, 6) {
		for _, i := range h.dice.Perm(len(choices)) {
			c := choices[i]
			n := h.done[c.name]
			if c.name == "" || n != nil && (n[0] > 0 || c.name == "usePermit") && (n[1] > 0 || c.name == "renounceOwnership") {
				continue
			}
			h.astray = n != nil && n[0] == 0
			made := c.make()
			h.astray = false
			return made
		}
	}
	all := 0
	for _, c := range choices {
		all += c.weight
	}
	at := h.dice.IntN(all)
	for _, c := range choices {
		if at -= c.weight; at < 0 {
			return c.make()
		}
	}
	panic("bug: the weights do not add up")
}

func (h *history) openStreams() (n int) {
	for i := range h.m.streams {
		if h.m.streams[i].state() == open {
			n++
		}
	}
	return n
}

// terms are one of two documents, or one whose hash begins as the other's.
func (h *history) terms() (t common.Hash) {
	t[0], t[31] = byte(1+h.dice.IntN(2)), byte(h.dice.IntN(4)/3)
	return t
}

// price is one the stake bears, at most the dearest; now and then a step above.
func (h *history) price(stake *big.Int, interval uint64) uint64 {
	most := new(big.Int).Div(stake, readings(max(100, 10*intervals(86_400, max(interval, 1))), 1)).Uint64() / 10 * 10
	switch h.dice.IntN(24) {
	case 0:
		return most
	case 1:
		return most + 10
	case 2:
		return 5
	case 3:
		return 0
	}
	return 10 * (1 + h.dice.Uint64N(max(most/10, 1)))
}

func (h *history) list() call {
	who := people + h.dice.IntN(3)
	op := uint64(1 + h.dice.IntN(max(1, len(h.m.operators))))
	device := crypto.Keccak256Hash([]byte{byte(h.dice.IntN(6))})
	for range 8 { // one that is free, mostly
		if h.m.devices[mDevice{op, device}].stream == 0 {
			break
		}
		device = crypto.Keccak256Hash([]byte{byte(h.dice.IntN(6))})
	}
	slot := h.m.devices[mDevice{op, device}]
	interval := pick[uint32](h, 1, 60, 61, 600, 3600, 86_400)
	stake := plus(h.m.rules.minStake, big.NewInt(h.dice.Int64N(1e18)))
	l := contracts.Listing{
		Operator: word(op), Device: device, Price: word(h.price(stake, uint64(interval))), Interval: interval, Terms: h.terms(),
		Stake: stake, ProofKind: uint8(h.dice.IntN(4)), Nonce: slot.nonce, Deadline: word(h.m.now + 1000), Parents: []uint64{},
	}
	switch h.dice.IntN(30) {
	case 0:
		l.Stake = minus(h.m.rules.minStake, big.NewInt(1))
	case 1:
		l.Nonce++
	case 2:
		l.Deadline = word(h.m.now - 1)
	case 3:
		l.Deadline = word(h.m.now + 86_400 + 1000)
	case 4:
		l.Interval = pick[uint32](h, 0, uint32(h.m.rules.maxTerm)+1)
	}
	if h.chance(1, 3) || h.at != nil {
		for range h.dice.IntN(10) {
			id := h.saleOf(h.stream(open, closed), func(p *mSale) bool { return p.buyer == h.who[who] && h.m.running(p) })
			if id == 0 && h.chance(1, 5) {
				id = h.sale(true)
			}
			if id != 0 {
				l.Parents = append(l.Parents, id)
			}
		}
	}
	signer, for_ := h.keys[h.m.operator(op).signer], who
	if h.chance(1, 12) {
		signer, for_ = h.somebody(signer), h.somebody(who)
	}
	digest, err := contracts.DeviceClaimHash(h.ID, h.D.Market, contracts.DeviceClaim{
		Operator: op, Owner: h.who[for_], Device: device, ProofKind: l.ProofKind, Nonce: l.Nonce, Deadline: l.Deadline.Uint64(),
	})
	l.OperatorSig = h.Sign(signer, digest, err)
	return call{
		name: "list", who: who, data: h.DM.PackList(l), note: fmt.Sprintf("%+v", l),
		play: func(m *model) bool { return m.list(h.who[who], l, h.who[signer], h.who[for_]) },
	}
}

func (h *history) buy() call {
	who := people + h.dice.IntN(manyPeople)
	id := h.stream(open)
	var s mStream
	if h.m.stream(id) != nil {
		s = *h.m.stream(id)
	}
	terms, duration, price, interval := s.terms, h.seconds(), s.price, s.interval
	switch h.dice.IntN(30) {
	case 0:
		duration = 0
	case 1:
		duration = h.m.rules.maxTerm + uint64(h.dice.IntN(2))
	case 2:
		terms[31]++
	case 3:
		price += 10
	case 4:
		interval++
	case 5:
		price -= 10
	}
	var beneficiary common.Address
	if h.chance(1, 8) {
		beneficiary = h.who[people+h.dice.IntN(manyPeople)]
	} else if h.chance(1, 50) {
		beneficiary = h.D.Market
	}
	return call{
		name: "buy", who: who, data: h.DM.PackBuy(id, uint32(duration), word(price%(1<<40)), uint32(interval), terms, beneficiary, common.Hash{9}),
		note: fmt.Sprintf("stream %d for %d s at %d per %d s, beneficiary %s", id, duration, price, interval, beneficiary),
		play: func(m *model) bool {
			return m.buy(h.who[who], id, duration, price%(1<<40), interval, terms, beneficiary)
		},
	}
}

// buyer is the key of a purchase's buyer, mostly.
func (h *history) buyer(id uint64) int {
	if p := h.m.sale(id); p != nil {
		return h.somebody(h.keys[p.buyer])
	}
	return stranger
}

func (h *history) owner(id uint64) int {
	if s := h.m.stream(id); s != nil {
		return h.somebody(h.keys[s.owner])
	}
	return stranger
}

func (h *history) extend() call {
	id := h.sale(true)
	others := false // one whose stream has other terms now, all else being the same
	for i := max(0, len(h.m.sales)-60); i < len(h.m.sales); i++ {
		p := &h.m.sales[i]
		s := h.m.stream(p.stream)
		if h.m.running(p) && s.terms[0] != p.terms[0] && h.m.offers(p.stream, p.price, p.interval, s.terms, p.buyer) && h.chance(1, 8) {
			id, others = uint64(i+1), true
		}
	}
	who, newEnd, terms := h.buyer(id), h.m.now+h.seconds(), h.terms()
	if p := h.m.sale(id); p != nil {
		newEnd = p.end + h.seconds()
		terms = pick(h, p.terms, h.m.stream(p.stream).terms)
		switch h.dice.IntN(12) {
		case 0:
			newEnd = p.end
		case 1:
			newEnd = h.m.now + h.m.rules.maxTerm + uint64(h.dice.IntN(40))
		case 2:
			newEnd = p.end + 1
		case 3:
			terms[31]++
		}
		if others {
			terms = h.m.stream(p.stream).terms
		}
	}
	h.touch[id] = true
	return call{
		name: "extend", who: who, data: h.DM.PackExtend(id, word(newEnd), terms), note: fmt.Sprintf("purchase %d to %d", id, newEnd),
		play: func(m *model) bool { return m.extend(h.who[who], id, newEnd, terms) },
	}
}

func (h *history) cancel() call {
	id := h.sale(true)
	who := h.buyer(id)
	h.touch[id] = true
	return call{
		name: "cancel", who: who, data: h.DM.PackCancel(id), note: fmt.Sprintf("purchase %d", id),
		play: func(m *model) bool { return m.cancel(h.who[who], id) },
	}
}

// claims are up to five, of one operator mostly, some too high or too low.
func (h *history) claims() (op uint64, all []contracts.Claim) {
	op = uint64(1 + h.dice.IntN(len(h.m.operators)))
	for range 1 + h.dice.IntN(5) {
		id := h.sale(h.chance(2, 3))
		p := h.m.sale(id)
		if p == nil {
			continue
		}
		if of := h.m.stream(p.stream).operator; of != op {
			if len(all) == 0 {
				op = of
			} else if !h.chance(1, 40) {
				continue
			}
		}
		n := max(h.m.cap(p), 1)
		switch h.dice.IntN(30) {
		case 0, 1:
			n++
		case 2:
			n = p.quota + 1
		case 3:
			n = 1<<32 - 1
		case 4, 5:
			n = p.delivered
		case 6, 7, 8, 9, 10, 11, 12, 13, 14:
			n = h.dice.Uint64N(min(n, 40) + 1)
		}
		h.touch[id] = true
		all = append(all, contracts.Claim{Purchase: id, Delivered: uint32(n), Last: h.chance(1, 4)})
	}
	if h.chance(1, 200) {
		all = append(all, contracts.Claim{Purchase: uint64(len(h.m.sales) + 40)})
	}
	return op, all
}

func (h *history) settle() call {
	op, claims := h.claims()
	who := h.somebody(h.keys[h.m.operator(op).signer])
	return call{
		name: "settle", who: who, data: h.DM.PackSettle(word(op), claims, common.Hash{}), note: fmt.Sprintf("operator %d %+v", op, claims),
		play: func(m *model) bool { return m.settle(h.who[who], op, claims) },
	}
}

func (h *history) settleSigned() call {
	op, claims := h.claims()
	signer := h.somebody(h.keys[h.m.operator(op).signer])
	deadline := h.m.now + 1000
	if h.chance(1, 10) {
		deadline = h.m.now - 1
	}
	root := common.Hash{1}
	digest, err := contracts.SettlementHash(h.ID, h.D.Market, op, contracts.ClaimsHash(claims), root, deadline)
	sig := h.Sign(signer, digest, err)
	if h.chance(1, 15) {
		root[31]++ // signed for another root
		signer = -1
	}
	return call{
		name: "settleSigned", who: h.dice.IntN(allKeys), data: h.DM.PackSettleSigned(word(op), claims, root, word(deadline), sig),
		note: fmt.Sprintf("operator %d %+v", op, claims),
		play: func(m *model) bool {
			return signer >= 0 && m.now <= deadline && m.settle(h.who[signer], op, claims)
		},
	}
}

func (h *history) finish() call {
	id := h.sale(false)
	h.touch[id] = true
	return call{
		name: "finish", who: h.dice.IntN(allKeys), data: h.DM.PackFinish(id), note: fmt.Sprintf("purchase %d", id),
		play: func(m *model) bool { return m.finish(id) },
	}
}

func (h *history) withdraw() call {
	who := h.who[h.dice.IntN(allKeys)]
	for range 5 {
		if h.m.of(h.m.credit, who).Sign() == 0 {
			who = h.who[h.dice.IntN(allKeys)]
		}
	}
	return call{
		name: "withdraw", who: h.dice.IntN(allKeys), data: h.DM.PackWithdraw(who), note: who.String(),
		play: func(m *model) bool { return m.withdraw(who) },
	}
}

func (h *history) donate() call {
	who, amount := people+h.dice.IntN(manyPeople), big.NewInt(h.dice.Int64N(1e9))
	return call{
		name: "(a gift of tokens)", who: who, to: &h.D.Token, data: contracts.NewDTX().PackTransfer(h.D.Market, amount),
		play: func(m *model) bool { return m.donate(h.who[who], amount) },
	}
}

func (h *history) uselessPermit() call {
	lots := contracts.DTXWei(1_000_000)
	return call{
		name: "usePermit", who: people, data: h.DM.PackUsePermit(contracts.Permit{Value: lots, Deadline: lots, V: 27}),
		play: func(*model) bool { return true },
	}
}

// several is a multicall: all of it or nothing.
func (h *history) several() call {
	kinds := []func() call{h.buy, h.extend, h.cancel, h.close, h.setPrice, h.addStake, h.withdrawStake, h.finish, h.challenge, h.redeem}
	parts := []call{pick(h, kinds...)()}
	if h.chance(1, 3) { // bought and cancelled in one second
		id := uint64(len(h.m.sales) + 1)
		buy := h.buy()
		parts = []call{buy, {
			name: "cancel", who: buy.who, data: h.DM.PackCancel(id), note: fmt.Sprintf("purchase %d", id),
			play: func(m *model) bool { return m.cancel(h.who[buy.who], id) },
		}}
		h.touch[id] = true
	}
	for range 12 { // calls the same sender may make
		if c := pick(h, kinds...)(); c.who == parts[0].who && len(parts) < 4 {
			parts = append(parts, c)
		}
	}
	data, notes := make([][]byte, len(parts)), make([]string, len(parts))
	for i, p := range parts {
		data[i], notes[i] = p.data, p.name+" "+p.note
	}
	return call{
		name: "multicall", who: parts[0].who, data: h.DM.PackMulticall(data), note: strings.Join(notes, "; "),
		play: func(m *model) bool {
			try := m.clone()
			for _, p := range parts {
				if !p.play(try) {
					return false
				}
			}
			*m = *try
			return true
		},
	}
}
