package contracts_test

import (
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/ethereum/go-ethereum/common"
	"github.com/google/go-cmp/cmp"
)

var (
	streamNames   = []string{"None", "Open", "Closed", "Withdrawn", "Slashed"}
	roundNames    = []string{"None", "Open", "Review", "Expired", "Lapsed", "Rejected", "SellerAtFault", "OperatorAtFault", "BothAtFault"}
	purchaseNames = []string{"None", "Active", "Closed"}
	sameNumber    = cmp.Comparer(func(a, b *big.Int) bool { return a.Cmp(b) == 0 })
)

// What the contract must show, by the model.

func word(n uint64) *big.Int { return new(big.Int).SetUint64(n) }

// pot is the stake, or what is left of it for challengers.
func (s *mStream) pot() *big.Int {
	for _, r := range s.rounds {
		if r.pool != nil {
			return r.pool
		}
	}
	return s.stake
}

func (m *model) viewStream(id uint64) contracts.Stream {
	s := m.stream(id)
	return contracts.Stream{
		Owner: s.owner, Operator: word(s.operator), StopAt: word(s.stopAt), State: uint8(s.state()), Unpaid: s.unpaid, Device: s.device,
		Price: word(s.price), Interval: uint32(s.interval), Stake: s.pot(), Round: uint32(len(s.rounds)), Restricted: s.restricted, Terms: s.terms,
	}
}

// viewRound is a round as it is stored: one that time has ended stays what it was
// until somebody tells.
func (m *model) viewRound(id, n uint64) contracts.Round {
	r := &m.stream(id).rounds[n-1]
	v := contracts.Round{
		Opened: word(r.opened), ReviewStart: word(r.reviewed), Deadline: word(r.opened + m.rules.ttl), Count: uint32(r.count()), State: uint8(m.roundState(r)),
		Weight: new(big.Int),
	}
	if r.reviewed != 0 {
		v.Deadline = word(r.reviewed + m.rules.review)
	}
	if !r.told && r.verdict == 0 {
		v.State = uint8(roundOpen)
		if r.reviewed != 0 {
			v.State = uint8(roundReview)
		}
	}
	for _, in := range r.members {
		if r.pool == nil || !in.redeemed {
			v.Weight = plus(v.Weight, part(in.weight, big.NewInt(1), readings(1, 1)))
		}
	}
	return v
}

// viewVoice is what a challenger can redeem by.
func (m *model) viewVoice(id, n uint64, who common.Address) contracts.Voice {
	in, known := m.stream(id).rounds[n-1].members[who]
	if !known || in.redeemed {
		return contracts.Voice{Weight: new(big.Int)}
	}
	return contracts.Voice{Weight: part(in.weight, big.NewInt(1), readings(1, 1)), Later: in.later}
}

func (m *model) viewSale(id uint64) contracts.Purchase {
	p := m.sale(id)
	state := uint8(1)
	if p.closed {
		state = 2
	}
	return contracts.Purchase{
		Buyer: p.buyer, Stream: p.stream, Delivered: uint32(p.delivered), Start: word(p.start), End: word(p.end), Price: word(p.price),
		Interval: uint32(p.interval), Quota: uint32(p.quota), State: state, TermsTag: [8]byte(p.terms[:8]),
	}
}

func (m *model) viewOperator(id uint64) contracts.Operator {
	o := m.operator(id)
	return contracts.Operator{
		Admin: o.admin, Verified: o.verified, Pending: o.pending, Signer: o.signer, Payout: o.payout, Keys: o.keys, MetadataHash: o.hash, MetadataURI: o.uri,
	}
}

func (m *model) viewPause() *big.Int {
	if n := len(m.pauses); n > 0 {
		return word(m.pauses[n-1] + m.rules.pauseMax)
	}
	return new(big.Int)
}

// visible says in what two models differ of what the contract would show of these
// purchases and streams, and of everybody's money.
func visible(right, wrong *model, sales, streams map[uint64]bool) string {
	if len(right.streams) != len(wrong.streams) || len(right.sales) != len(wrong.sales) || len(right.operators) != len(wrong.operators) {
		return "another number of streams, purchases or operators"
	}
	found := ""
	diff := func(what string, a, b any) {
		if found == "" && !cmp.Equal(a, b, sameNumber) {
			found = what + " differs"
		}
	}
	sum := func(what string, a, b *big.Int) { // most of what there is to compare
		if found == "" && a.Cmp(b) != 0 {
			found = what + " differs"
		}
	}
	for id := range streams {
		s := right.stream(id)
		if s == nil {
			continue
		}
		diff("a stream", right.viewStream(id), wrong.viewStream(id))
		for i := range min(len(s.rounds), len(wrong.stream(id).rounds)) {
			n := uint64(i + 1)
			diff("a round", right.viewRound(id, n), wrong.viewRound(id, n))
			for who := range s.rounds[i].members {
				diff("a voice", right.viewVoice(id, n, who), wrong.viewVoice(id, n, who))
			}
		}
	}
	for id := range sales {
		if right.sale(id) != nil {
			diff("a purchase", right.viewSale(id), wrong.viewSale(id))
		}
	}
	for i := range right.operators {
		diff("an operator", right.viewOperator(uint64(i+1)), wrong.viewOperator(uint64(i+1)))
	}
	for who := range right.purse {
		sum("a credit", right.of(right.credit, who), wrong.of(wrong.credit, who))
		sum("somebody's tokens", right.of(right.purse, who), wrong.of(wrong.purse, who))
	}
	diff("the end of the pause", right.viewPause(), wrong.viewPause())
	diff("the owner", right.owner, wrong.owner)
	return found
}

// look adds a view to the next comparison.
func look[T any](h *history, what string, data []byte, unpack func([]byte) (T, error), want T) {
	h.views = append(h.views, data)
	h.reads = append(h.reads, func(out []byte) error {
		have, err := unpack(out)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if d := cmp.Diff(want, have, sameNumber); d != "" {
			return fmt.Errorf("%s differs (- model, + contract):\n%s", what, d)
		}
		return nil
	})
}

func (h *history) lookStream(id uint64) {
	s := h.m.stream(id)
	if s == nil {
		return
	}
	h.states["Stream "+streamNames[s.state()]]++
	look(h, fmt.Sprintf("stream %d", id), h.DM.PackGetStream(id), h.DM.UnpackGetStream, h.m.viewStream(id))
	for i := max(0, len(s.rounds)-2); i < len(s.rounds); i++ {
		n := uint32(i + 1)
		want := h.m.viewRound(id, uint64(n))
		h.states["Round "+roundNames[want.State]]++
		look(h, fmt.Sprintf("round %d of stream %d", n, id), h.DM.PackGetRound(id, n), h.DM.UnpackGetRound, want)
		for k := people; k < people+manyPeople; k++ {
			look(h, fmt.Sprintf("key %d in round %d of stream %d", k, n, id), h.DM.PackVoiceOf(id, n, h.who[k]), h.DM.UnpackVoiceOf, h.m.viewVoice(id, uint64(n), h.who[k]))
		}
	}
	for k := people; k < people+manyPeople; k++ {
		look(h, "who may buy", h.DM.PackIsAllowed(id, h.who[k]), h.DM.UnpackIsAllowed, h.m.allowed[mAllowed{id, h.who[k]}])
	}
}

func (h *history) lookSale(id uint64) {
	if h.m.sale(id) == nil {
		return
	}
	want := h.m.viewSale(id)
	h.states["Purchase "+purchaseNames[want.State]]++
	look(h, fmt.Sprintf("purchase %d", id), h.DM.PackGetPurchase(id), h.DM.UnpackGetPurchase, want)
}

// compare asks the contract for everything the batch may have changed.
func (h *history) compare() error {
	for _, id := range slices.Sorted(maps.Keys(h.touchS)) {
		h.lookStream(id)
	}
	for _, id := range slices.Sorted(maps.Keys(h.touch)) {
		h.lookSale(id)
	}
	clear(h.touch)
	clear(h.touchS)
	for i, a := range h.who {
		look(h, fmt.Sprintf("credit of key %d", i), h.DM.PackCredit(a), h.DM.UnpackCredit, h.m.of(h.m.credit, a))
	}
	for at, slot := range h.m.devices {
		look(h, "live stream of a device", h.DM.PackLiveStream(word(at.operator), at.device), h.DM.UnpackLiveStream, slot.stream)
		look(h, "nonce of a device", h.DM.PackDeviceNonce(word(at.operator), at.device), h.DM.UnpackDeviceNonce, slot.nonce)
	}
	for i := range h.m.operators {
		id := uint64(i + 1)
		look(h, fmt.Sprintf("operator %d", id), h.DM.PackGetOperator(word(id)), h.DM.UnpackGetOperator, h.m.viewOperator(id))
	}
	look(h, "the end of the pause", h.DM.PackPausedUntil(), h.DM.UnpackPausedUntil, h.m.viewPause())
	look(h, "owner", h.DM.PackOwner(), h.DM.UnpackOwner, h.m.owner)
	look(h, "next owner", h.DM.PackPendingOwner(), h.DM.UnpackPendingOwner, h.m.nextOwner)
	look(h, "number of operators", h.DM.PackOperatorCount(), h.DM.UnpackOperatorCount, word(uint64(len(h.m.operators))))
	look(h, "number of streams", h.DM.PackStreamCount(), h.DM.UnpackStreamCount, uint64(len(h.m.streams)))
	look(h, "number of purchases", h.DM.PackPurchaseCount(), h.DM.UnpackPurchaseCount, uint64(len(h.m.sales)))
	return h.readViews()
}

func (h *history) readViews() error {
	views, reads := h.views, h.reads
	h.views, h.reads = nil, nil
	if h.atEnd {
		return nil
	}
	for len(views) > 0 {
		n := min(len(views), 200)
		outs, err := h.DM.UnpackMulticall(h.ask(h.D.Market, h.DM.PackMulticall(views[:n])))
		if err != nil {
			return err
		}
		for i, out := range outs {
			if err := reads[i](out); err != nil {
				return err
			}
		}
		views, reads = views[n:], reads[n:]
	}
	for i, a := range append(slices.Clone(h.who), h.D.Market) {
		if have, want := h.tokens(a), h.m.of(h.m.purse, a); have.Cmp(want) != 0 {
			return fmt.Errorf("tokens of key %d (%s): %d, by the model %d", i, a, have, want)
		}
	}
	if held, owed := minus(h.m.of(h.m.purse, h.D.Market), h.m.gifts), h.m.owed(); held.Cmp(owed) != 0 {
		return fmt.Errorf("the market holds %d and owes %d", held, owed)
	}
	return nil
}

// everything compares all that was ever made.
func (h *history) everything() error {
	for i := range h.m.streams {
		h.touchS[uint64(i+1)] = true
	}
	for i, p := range h.m.sales {
		h.touch[uint64(i+1)] = true
		if sum := plus(plus(p.paid, p.refund), p.escrow); sum.Cmp(p.cost) != 0 {
			return fmt.Errorf("purchase %d cost %d, of which %d are accounted for", i+1, p.cost, sum)
		}
	}
	return h.compare()
}
