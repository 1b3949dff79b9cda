package contracts_test

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"
)

// The dice of what owners, operators, challengers and the platform do.

func (h *history) close() call {
	id := h.stream(open)
	for i := range h.m.streams { // under review, if one is
		if s := &h.m.streams[i]; s.state() == open && h.m.underReview(s) && h.chance(1, 2) {
			id = uint64(i + 1)
		}
	}
	who := h.owner(id)
	h.touchS[id] = true
	return call{
		name: "close", who: who, data: h.DM.PackClose(id), note: fmt.Sprintf("stream %d", id),
		play: func(m *model) bool { return m.close(h.who[who], id) },
	}
}

func (h *history) retire() call {
	id := h.stream(open)
	who := stranger
	if s := h.m.stream(id); s != nil {
		o := h.m.operator(s.operator)
		who = h.somebody(h.keys[pick(h, o.admin, o.admin, o.signer)])
	}
	h.touchS[id] = true
	return call{
		name: "retire", who: who, data: h.DM.PackRetire(id), note: fmt.Sprintf("stream %d", id),
		play: func(m *model) bool { return m.retire(h.who[who], id) },
	}
}

func (h *history) withdrawStake() call {
	id := h.stream(closed)
	for i := range h.m.streams { // one a round might hold, if there is one
		s := &h.m.streams[i]
		if r := h.m.lastRound(s); s.state() == closed && r != nil && h.m.roundState(r) <= roundReview && h.chance(1, 3) {
			id = uint64(i + 1)
		}
	}
	who := h.owner(id)
	h.touchS[id] = true
	return call{
		name: "withdrawStake", who: who, data: h.DM.PackWithdrawStake(id), note: fmt.Sprintf("stream %d", id),
		play: func(m *model) bool {
			if s := m.ownStream(h.who[who], id); m == h.m && s != nil && s.state() == closed && m.now >= s.stopAt+m.rules.complain {
				if r := m.lastRound(s); r != nil {
					h.states["Case: stake asked for under "+roundNames[m.roundState(r)]]++
				}
			}
			return m.withdrawStake(h.who[who], id)
		},
	}
}

func (h *history) addStake() call {
	id := h.stream(open)
	who, amount := h.owner(id), big.NewInt(h.dice.Int64N(1e17))
	h.touchS[id] = true
	return call{
		name: "addStake", who: who, data: h.DM.PackAddStake(id, amount), note: fmt.Sprintf("stream %d, %d wei", id, amount),
		play: func(m *model) bool { return m.addStake(h.who[who], id, amount) },
	}
}

func (h *history) setPrice() call {
	id := h.stream(open)
	stake := h.m.rules.minStake
	if s := h.m.stream(id); s != nil {
		stake = s.stake
	}
	interval := pick[uint64](h, 1, 60, 300, 86_400, h.m.rules.maxTerm, h.m.rules.maxTerm+1, 0)
	who, price := h.owner(id), h.price(stake, interval)
	h.touchS[id] = true
	return call{
		name: "setPrice", who: who, data: h.DM.PackSetPrice(id, word(price), uint32(interval)),
		note: fmt.Sprintf("stream %d price %d interval %d", id, price, interval),
		play: func(m *model) bool { return m.setPrice(h.who[who], id, price, interval) },
	}
}

func (h *history) setTerms() call {
	id := h.stream(open)
	who, terms := h.owner(id), h.terms()
	h.touchS[id] = true
	return call{
		name: "setTerms", who: who, data: h.DM.PackSetTerms(id, terms), note: fmt.Sprintf("stream %d", id),
		play: func(m *model) bool { return m.setTerms(h.who[who], id, terms) },
	}
}

func (h *history) setRestricted() call {
	id := h.stream(open)
	who, yes := h.owner(id), h.chance(1, 5)
	h.touchS[id] = true
	return call{
		name: "setRestricted", who: who, data: h.DM.PackSetRestricted(id, yes), note: fmt.Sprintf("stream %d %v", id, yes),
		play: func(m *model) bool { return m.setRestricted(h.who[who], id, yes) },
	}
}

func (h *history) allow() call {
	id := h.stream(open, closed)
	who, yes, n := h.owner(id), h.chance(3, 4), h.dice.IntN(manyPeople)
	if h.chance(1, 10) {
		n = 64 + h.dice.IntN(2)
	}
	buyers := make([]common.Address, n)
	for i := range buyers {
		buyers[i] = h.who[people+h.dice.IntN(manyPeople)]
	}
	h.touchS[id] = true
	return call{
		name: "allow", who: who, data: h.DM.PackAllow(id, buyers, yes), note: fmt.Sprintf("stream %d, %d buyers, %v", id, n, yes),
		play: func(m *model) bool { return m.allow(h.who[who], id, buyers, yes) },
	}
}

// joinable is a stream whose round can be joined, mostly; else any that may be
// challenged.
func (h *history) joinable() uint64 {
	var all []uint64
	for i := range h.m.streams {
		s := &h.m.streams[i]
		if r := h.m.lastRound(s); r != nil && s.state() <= closed {
			st := h.m.roundState(r)
			if st == roundOpen || st == roundReview && h.m.now < r.reviewed+h.m.rules.reviewMin {
				all = append(all, uint64(i+1))
			}
		}
	}
	if len(all) > 0 && h.chance(5, 6) {
		return pick(h, all...)
	}
	return h.stream(open, closed)
}

// complaint is a purchase that may challenge, of a stream whose round it can join or
// raise its weight in, mostly; 0 if there is none.
func (h *history) complaint() uint64 {
	var all []uint64
	stream := h.joinable()
	if h.at != nil && h.chance(2, 3) {
		stream = h.at.stream
	}
	for i := max(0, len(h.m.sales)-200); i < len(h.m.sales); i++ {
		p := &h.m.sales[i]
		if p.paid.Sign() == 0 || h.m.end(p)+h.m.rules.complain <= h.m.now || h.m.stream(p.stream).state() > closed {
			continue
		}
		all = append(all, uint64(i+1))
		if p.stream != stream {
			continue
		}
		r := h.m.lastRound(h.m.stream(stream))
		if r == nil || h.m.roundState(r) > roundReview {
			all = append(all, slices.Repeat([]uint64{uint64(i + 1)}, 5)...)
		} else if in, known := r.members[p.buyer]; !known || in.weight.Cmp(p.paid) < 0 {
			all = append(all, slices.Repeat([]uint64{uint64(i + 1)}, 30)...)
		}
	}
	if len(all) == 0 {
		return 0
	}
	return pick(h, all...)
}

func (h *history) challenge() call {
	id := h.complaint()
	switch {
	case h.at != nil && h.at.sale != 0 && h.chance(1, 2):
		id = h.at.sale
	case id == 0 && h.chance(7, 8):
		return h.settle()
	case h.chance(1, 15):
		id = h.sale(h.chance(1, 2))
	}
	who := h.buyer(id)
	if p := h.m.sale(id); p != nil {
		h.touchS[p.stream] = true
	}
	return call{
		name: "challenge", who: who, data: h.DM.PackChallenge(id, common.Hash{}), note: fmt.Sprintf("purchase %d", id),
		play: func(m *model) bool {
			did := m.challenge(h.who[who], id)
			if p := m.sale(id); did && m == h.m && m.end(p)+m.rules.complain < m.now+1000 {
				h.states["Case: challenged in the last minutes"]++
			}
			return did
		},
	}
}

// reviewed is a stream under review, mostly, and the number of its last round.
func (h *history) reviewed() (id uint64, round uint32) {
	id = h.stream(open, closed)
	for i := range h.m.streams {
		if h.m.underReview(&h.m.streams[i]) && h.chance(4, 5) && (h.at == nil || h.at.stream == 0 || h.chance(1, 3)) {
			id = uint64(i + 1)
		}
	}
	if s := h.m.stream(id); s != nil {
		round = uint32(len(s.rounds))
	}
	if h.chance(1, 15) {
		round += uint32(h.dice.IntN(3)) - 1
	}
	return id, round
}

func (h *history) respond() call {
	id, round := h.reviewed()
	who := h.owner(id)
	if s := h.m.stream(id); s != nil && h.chance(1, 2) {
		o := h.m.operator(s.operator)
		who = h.somebody(h.keys[pick(h, o.admin, o.signer)])
	}
	return call{
		name: "respond", who: who, data: h.DM.PackRespond(id, round, common.Hash{3}), note: fmt.Sprintf("stream %d round %d", id, round),
		play: func(m *model) bool { return m.respond(h.who[who], id, round) },
	}
}

func (h *history) rule() call {
	id, round := h.reviewed()
	if s := h.m.stream(id); (s == nil || !h.m.underReview(s)) && h.chance(3, 4) {
		return h.challenge()
	}
	who, verdict := h.somebody(arbiterKey), uint8(1+h.dice.IntN(4))
	for v := rejected; v <= bothAtFault; v++ { // one that was not seen yet
		if h.states["Round "+roundNames[uint8(roundRuled)+v-1]] == 0 {
			verdict = v
		}
	}
	if h.chance(1, 20) {
		verdict = 0
	}
	h.touchS[id] = true
	return call{
		name: "rule", who: who, data: h.DM.PackRule(id, round, verdict, common.Hash{}), note: fmt.Sprintf("stream %d round %d verdict %d", id, round, verdict),
		play: func(m *model) bool { return m.rule(h.who[who], id, round, verdict) },
	}
}

// due says whether somebody may redeem in a round.
func (h *history) due(r *mRound, who common.Address) bool {
	in, known := r.members[who]
	return known && !in.redeemed && r.verdict != rejected && h.m.roundState(r) > roundReview
}

func (h *history) redeem() call {
	id, round, who := h.stream(open, closed, withdrawn, slashed), uint32(h.dice.IntN(2)), h.who[people+h.dice.IntN(manyPeople)]
	type what struct {
		id    uint64
		round uint32
		who   common.Address
	}
	var all []what
	for i := range h.m.streams {
		for j := range h.m.streams[i].rounds {
			for _, k := range h.who[people : people+manyPeople] {
				if h.due(&h.m.streams[i].rounds[j], k) {
					all = append(all, what{uint64(i + 1), uint32(j + 1), k})
				}
			}
		}
	}
	if len(all) > 0 && h.chance(5, 6) {
		w := pick(h, all...)
		id, round, who = w.id, w.round, w.who
	}
	h.touchS[id] = true
	return call{
		name: "redeem", who: h.dice.IntN(allKeys), data: h.DM.PackRedeem(id, round, who), note: fmt.Sprintf("stream %d round %d %s", id, round, who),
		play: func(m *model) bool { return m.redeem(id, round, who) },
	}
}

func (h *history) expire() call {
	id := h.stream(open, closed)
	for i := range h.m.streams {
		if r := h.m.lastRound(&h.m.streams[i]); r != nil && !r.told && h.chance(4, 5) {
			if st := h.m.roundState(r); st == roundExpired || st == roundLapsed {
				id = uint64(i + 1)
			}
		}
	}
	h.touchS[id] = true
	return call{
		name: "expire", who: h.dice.IntN(allKeys), data: h.DM.PackExpire(id), note: fmt.Sprintf("stream %d", id),
		play: func(m *model) bool { return m.expire(id) },
	}
}

func (h *history) pause() call {
	who := h.somebody(guardianKey)
	return call{name: "pause", who: who, data: h.DM.PackPause(), play: func(m *model) bool { return m.pause(h.who[who]) }}
}

// administered is an operator, or none, and its admin, mostly.
func (h *history) administered() (op uint64, admin int) {
	op, admin = 1+uint64(h.dice.IntN(len(h.m.operators))), firstAdmin
	if h.chance(1, 10) {
		op = pick(h, 0, uint64(len(h.m.operators))+1)
	}
	if o := h.m.operator(op); o.admin != (common.Address{}) {
		admin = h.keys[o.admin]
	}
	return op, h.somebody(admin)
}

func (h *history) setSigner() call {
	op, admin := h.administered()
	to := pick(h, h.who[firstSigner], h.who[otherSigner], h.who[admin], common.Address{})
	return call{
		name: "setSigner", who: admin, data: h.DM.PackSetSigner(word(op), to), note: to.String(),
		play: func(m *model) bool { return m.setSigner(h.who[admin], op, to) },
	}
}

func (h *history) setPayout() call {
	op, admin := h.administered()
	to := pick(h, h.who[firstSigner], h.who[payoutKey], h.who[otherPayout], common.Address{}, h.D.Market)
	return call{
		name: "setPayout", who: admin, data: h.DM.PackSetPayout(word(op), to), note: to.String(),
		play: func(m *model) bool { return m.setPayout(h.who[admin], op, to) },
	}
}

func (h *history) setMetadata() call {
	op, admin := h.administered()
	keys, hash := common.Hash{byte(h.dice.IntN(9))}, common.Hash{byte(h.dice.IntN(3))}
	uri := fmt.Sprintf("https://operator.example/%d", h.dice.IntN(1e9))
	return call{
		name: "setOperatorMetadata", who: admin, data: h.DM.PackSetOperatorMetadata(word(op), keys, uri, hash), note: uri,
		play: func(m *model) bool { return m.setMetadata(h.who[admin], op, keys, hash, uri) },
	}
}

func (h *history) transferAdmin() call {
	op, admin := h.administered()
	to := pick(h, h.who[firstAdmin], h.who[secondAdmin], h.who[firstSigner], h.who[otherSigner], common.Address{})
	return call{
		name: "transferAdmin", who: admin, data: h.DM.PackTransferAdmin(word(op), to), note: to.String(),
		play: func(m *model) bool { return m.transferAdmin(h.who[admin], op, to) },
	}
}

// acceptAdmin is by whom it was offered to, mostly, for any operator it was offered of.
func (h *history) acceptAdmin() call {
	op, who := h.administered()
	for i, o := range h.m.operators {
		if o.pending != (common.Address{}) && h.chance(2, 3) {
			op, who = uint64(i+1), h.somebody(h.keys[o.pending])
		}
	}
	return call{
		name: "acceptAdmin", who: who, data: h.DM.PackAcceptAdmin(word(op)), note: fmt.Sprintf("operator %d", op),
		play: func(m *model) bool { return m.acceptAdmin(h.who[who], op) },
	}
}

func (h *history) verify() call {
	op, _ := h.administered()
	boss, yes, hash := h.somebody(h.keys[h.m.owner]), h.chance(3, 4), h.m.operator(op).hash
	if h.chance(1, 6) {
		hash[31]++
	}
	return call{
		name: "verifyOperator", who: boss, data: h.DM.PackVerifyOperator(word(op), yes, hash),
		play: func(m *model) bool { return m.verify(h.who[boss], op, yes, hash) },
	}
}

func (h *history) transferOwnership() call {
	boss, to := h.somebody(h.keys[h.m.owner]), h.who[pick(h, platformOwner, stranger)]
	return call{
		name: "transferOwnership", who: boss, data: h.DM.PackTransferOwnership(to),
		play: func(m *model) bool { return m.transferOwnership(h.who[boss], to) },
	}
}

func (h *history) acceptOwnership() call {
	next := h.somebody(h.keys[h.m.nextOwner])
	return call{
		name: "acceptOwnership", who: next, data: h.DM.PackAcceptOwnership(),
		play: func(m *model) bool { return m.acceptOwnership(h.who[next]) },
	}
}

// strangerRenounces is a call of somebody who is never owner.
func (h *history) strangerRenounces() call {
	return call{
		name: "renounceOwnership", who: otherPayout, data: h.DM.PackRenounceOwnership(),
		play: func(m *model) bool { return m.renounceOwnership(h.who[otherPayout]) },
	}
}

// renounce is the owner's last call.
func (h *history) renounce() call {
	boss := h.keys[h.m.owner]
	return call{
		name: "renounceOwnership", who: boss, data: h.DM.PackRenounceOwnership(),
		play: func(m *model) bool { return m.renounceOwnership(h.who[boss]) },
	}
}

func (h *history) register() call {
	who := pick(h, firstAdmin, secondAdmin)
	o := mOperator{signer: h.who[pick(h, firstSigner, otherSigner)], payout: h.who[payoutKey], keys: common.Hash{1}, hash: common.Hash{2}, uri: "u"}
	if len(h.m.operators) >= 4 || h.chance(1, 4) { // enough of them: one that is refused
		if o.payout = (common.Address{}); h.chance(1, 2) {
			o.signer, o.payout = h.who[who], h.who[payoutKey]
		}
	}
	return call{
		name: "registerOperator", who: who, data: h.DM.PackRegisterOperator(o.signer, o.payout, o.keys, o.uri, o.hash),
		play: func(m *model) bool { return m.register(h.who[who], o) },
	}
}
