package contracts_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/contracts/contractstest"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/google/go-cmp/cmp"
)

// Keys of the yard, by part.
const (
	platformOwner = 0
	firstAdmin    = 1 // of operator 1, and its first signer
	people        = 2 // 2 to 8; the first three list streams
	manyPeople    = 7
	guardianKey   = 9
	arbiterKey    = 10
	secondAdmin   = 11
	otherSigner   = 12
	platformKey   = 13
	payoutKey     = 14
	otherPayout   = 15
	stranger      = 16
	allKeys       = 17
)

// history plays random calls on the contract and on the model.
type history struct {
	*contractstest.Yard
	t      testing.TB
	dice   *rand.Rand
	m      *model
	wet    *big.Int               // tokens thrown at the market
	done   map[string]*[2]int     // by call: refused, succeeded
	states map[string]int         // states seen
	who    []common.Address       // address by key
	keys   map[common.Address]int // key by address
	touch  map[uint64]bool        // purchases to look at after this batch
	touchS map[uint64]bool        // streams
	views  [][]byte
	reads  []func([]byte) error
}

// call is one transaction: what is sent, and what the model does.
type call struct {
	name string
	who  int
	to   *common.Address
	data []byte
	play func(*model) bool
	note string
}

func newHistory(t testing.TB, seed uint64) *history {
	h := &history{
		t: t, dice: rand.New(rand.NewPCG(seed, 0xdb)), wet: new(big.Int), done: map[string]*[2]int{}, states: map[string]int{},
		keys: map[common.Address]int{}, touch: map[uint64]bool{}, touchS: map[uint64]bool{},
	}
	var rules contracts.Config
	h.Yard = contractstest.NewWith(t, allKeys-2, false, func(y *contractstest.Yard, r *contracts.Config) {
		r.Platform, r.Guardian, r.Arbiter = y.Addr(platformKey), y.Addr(guardianKey), y.Addr(arbiterKey)
		rules = *r
	})
	for i := range allKeys {
		h.who = append(h.who, h.Addr(i))
		h.keys[h.Addr(i)] = i
	}
	dtx := contracts.NewDTX()
	var txs []common.Hash
	for i := people; i < people+manyPeople; i++ {
		txs = append(txs, h.Queue(i, i, &h.D.Token, dtx.PackApprove(h.D.Market, new(big.Int).Lsh(big.NewInt(1), 255))))
		txs = append(txs, h.Queue(0, i, &h.D.Token, dtx.PackTransfer(h.who[i], contracts.DTXWei(20_000))))
	}
	h.Mine(txs)

	m := &model{market: h.D.Market, owner: h.who[0], devices: map[mDevice]mSlot{}, allowed: map[mAllowed]bool{}}
	m.credit, m.purse = map[common.Address]*big.Int{}, map[common.Address]*big.Int{}
	m.rules.platform, m.rules.guardian, m.rules.arbiter = rules.Platform, rules.Guardian, rules.Arbiter
	m.rules.minStake, m.rules.deposit, m.rules.fee, m.rules.quorum = rules.MinStake, rules.Deposit, rules.Fee, int(rules.Quorum)
	m.rules.ttl, m.rules.review, m.rules.window = rules.Ttl.Uint64(), rules.Review.Uint64(), rules.ClaimWindow.Uint64()
	m.rules.challengeAfter, m.rules.unbond, m.rules.maxPeriod = rules.ChallengeAfter.Uint64(), rules.Unbond.Uint64(), uint64(rules.MaxTerm)
	m.register(h.who[firstAdmin], h.who[firstAdmin], h.who[firstAdmin]) // as the yard did
	for _, a := range h.who {
		m.purse[a] = h.tokens(a)
	}
	m.now = h.head().Time
	h.m = m
	return h
}

func (h *history) head() *types.Header {
	head, err := h.Client.HeaderByNumber(context.Background(), nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return head
}

func (h *history) ask(to common.Address, data []byte) []byte {
	out, err := h.Client.CallContract(context.Background(), ethereum.CallMsg{To: &to, Data: data}, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

func (h *history) tokens(a common.Address) *big.Int {
	dtx := contracts.NewDTX()
	b, err := dtx.UnpackBalanceOf(h.ask(h.D.Token, dtx.PackBalanceOf(a)))
	if err != nil {
		h.t.Fatal(err)
	}
	return b
}

func (h *history) sign(key int, digest common.Hash, err error) []byte {
	if err != nil {
		h.t.Fatal(err)
	}
	sig, err := crypto.Sign(digest[:], h.Keys[key])
	if err != nil {
		h.t.Fatal(err)
	}
	sig[64] += 27
	return sig
}

// Dice

func (h *history) chance(of, in int) bool { return h.dice.IntN(in) < of }

// somebody is the right key nine times out of ten.
func (h *history) somebody(right int) int {
	if h.chance(1, 10) {
		return h.dice.IntN(allKeys)
	}
	return right
}

// stream is mostly one of these states, of the youngest; 0 or one too many now and then.
func (h *history) stream(states ...mStreamState) uint64 {
	n := len(h.m.streams)
	if n == 0 || h.chance(1, 30) {
		return uint64(h.dice.IntN(n + 2))
	}
	for range 20 {
		id := n - h.dice.IntN(min(n, 12))
		if slices.Contains(states, h.m.streams[id-1].state) {
			return uint64(id)
		}
	}
	return uint64(n)
}

// sale is mostly a young one that runs, if running, or is over.
func (h *history) sale(running bool) uint64 {
	n := len(h.m.sales)
	if n == 0 || h.chance(1, 30) {
		return uint64(h.dice.IntN(n + 2))
	}
	for range 20 {
		id := n - h.dice.IntN(min(n, 80))
		if p := h.m.sales[id-1]; !p.closed && (p.end > h.m.now) == running {
			return uint64(id)
		}
	}
	return uint64(n - h.dice.IntN(min(n, 80)))
}

func (h *history) lots() *big.Int { return contracts.DTXWei(1_000_000) }

func (h *history) seconds() uint64 {
	return []uint64{1, 59, 60, 61, 3600, 86_400, 10 * 86_400}[h.dice.IntN(7)] + uint64(h.dice.IntN(3*86_400))
}

// next chooses a call.
func (h *history) next() call {
	if h.m.paused && h.chance(1, 4) {
		return h.pause()
	}
	type choice struct {
		weight int
		make   func() call
	}
	choices := []choice{
		{8, h.list}, {16, h.buy}, {5, h.extend}, {4, h.cancel}, {16, h.settle}, {6, h.settleSigned}, {8, h.finish}, {6, h.withdraw},
		{1, h.close}, {1, h.retire}, {3, h.withdrawStake}, {3, h.addStake}, {9, h.challenge}, {4, h.rule}, {6, h.redeem}, {3, h.expire},
		{2, h.setOffer}, {2, h.setTerms}, {2, h.setRestricted}, {3, h.allow}, {2, h.administer}, {1, h.pause}, {1, h.donate}, {3, h.several},
		{1, h.uselessPermit},
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
	l := contracts.Listing{
		Operator: op, Device: device, Price: big.NewInt(10 * (1 + h.dice.Int64N(5000))), Interval: []uint32{1, 60, 61, 600, 3600}[h.dice.IntN(5)],
		MinDuration: []uint32{0, 0, 3600}[h.dice.IntN(3)], Terms: common.Hash{byte(h.dice.IntN(2))},
		Stake: plus(h.m.rules.minStake, big.NewInt(h.dice.Int64N(1e18))), ProofKind: uint8(h.dice.IntN(4)), Nonce: slot.nonce,
		Deadline: new(big.Int).SetUint64(h.m.now + 1000), Parents: []uint64{},
	}
	switch h.dice.IntN(30) {
	case 0:
		l.Price.Add(l.Price, big.NewInt(5))
	case 1:
		l.Stake = minus(h.m.rules.minStake, big.NewInt(1))
	case 2:
		l.Nonce++
	case 3:
		l.Deadline = new(big.Int).SetUint64(h.m.now - 1)
	case 4:
		l.Interval = 0
	case 5:
		l.MinDuration = uint32(h.m.rules.maxPeriod) + 1
	}
	if h.chance(1, 3) {
		for range h.dice.IntN(10) {
			id := h.sale(true)
			for i, p := range h.m.sales { // one of his own, if he has one
				if p.buyer == h.who[who] && !p.closed && p.end > h.m.now+100 {
					id = uint64(i + 1)
				}
			}
			l.Parents = append(l.Parents, id)
		}
	}
	signer := h.somebody(h.keys[h.m.operator(op).signer])
	for_ := h.somebody(who)
	digest, err := contracts.DeviceClaimHash(h.ID, h.D.Market, contracts.DeviceClaim{
		Operator: op, Owner: h.who[for_], Device: device, ProofKind: l.ProofKind, Nonce: l.Nonce, Deadline: l.Deadline.Uint64(),
	})
	l.OperatorSig = h.sign(signer, digest, err)
	return call{
		name: "list", who: who, data: h.DM.PackList(l), note: fmt.Sprintf("%+v", l),
		play: func(m *model) bool { return m.list(h.who[who], l, h.who[signer], h.who[for_]) },
	}
}

func (h *history) buy() call {
	who := people + h.dice.IntN(manyPeople)
	id := h.stream(open)
	var s mStream
	if id > 0 && id <= uint64(len(h.m.streams)) {
		s = h.m.streams[id-1]
	}
	terms, duration := s.terms, max(s.minDuration, 1)+h.seconds()
	most := h.lots()
	switch h.dice.IntN(25) {
	case 0:
		duration = 0
	case 1:
		duration = h.m.rules.maxPeriod + 1
	case 2:
		terms[31]++
	case 3:
		if s.interval > 0 {
			most = minus(readings(intervals(duration, s.interval), s.price), big.NewInt(1))
		}
	case 4:
		if s.interval > 0 {
			most = readings(intervals(duration, s.interval), s.price)
		}
	}
	var beneficiary common.Address
	if h.chance(1, 8) {
		beneficiary = h.who[people+h.dice.IntN(manyPeople)]
	}
	return call{
		name: "buy", who: who, data: h.DM.PackBuy(id, uint32(duration), most, terms, beneficiary, common.Hash{9}),
		note: fmt.Sprintf("stream %d for %d s, at most %d, beneficiary %s", id, duration, most, beneficiary),
		play: func(m *model) bool { return m.buy(h.who[who], id, duration, most, terms, beneficiary) },
	}
}

// buyer is the key of a purchase's buyer, mostly.
func (h *history) buyer(id uint64) int {
	if id == 0 || id > uint64(len(h.m.sales)) {
		return stranger
	}
	return h.somebody(h.keys[h.m.sales[id-1].buyer])
}

func (h *history) owner(id uint64) int {
	if id == 0 || id > uint64(len(h.m.streams)) {
		return stranger
	}
	return h.somebody(h.keys[h.m.streams[id-1].owner])
}

func (h *history) extend() call {
	id := h.sale(true)
	who, duration, most := h.buyer(id), h.seconds(), h.lots()
	switch h.dice.IntN(20) {
	case 0:
		duration = 0
	case 1:
		duration = h.m.rules.maxPeriod
	case 2:
		most = new(big.Int)
	}
	h.touch[id] = true
	return call{
		name: "extend", who: who, data: h.DM.PackExtend(id, uint32(duration), most), note: fmt.Sprintf("purchase %d by %d s", id, duration),
		play: func(m *model) bool { return m.extend(h.who[who], id, duration, most) },
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
		id := h.sale(h.chance(1, 2))
		if id == 0 || id > uint64(len(h.m.sales)) {
			continue
		}
		p := h.m.sales[id-1]
		if of := h.m.streams[p.stream-1].operator; of != op {
			if len(all) == 0 {
				op = of
			} else if !h.chance(1, 40) {
				continue
			}
		}
		n := min((min(h.m.now, p.end)-p.start)/p.interval+1, p.quota)
		switch h.dice.IntN(40) {
		case 0:
			n++
		case 1:
			n = p.quota + 1
		case 2, 3, 4, 5:
			n = p.delivered
		case 6, 7, 8, 9, 10, 11:
			n = h.dice.Uint64N(n + 1)
		}
		h.touch[id] = true
		all = append(all, contracts.Claim{Purchase: id, Delivered: uint32(n), Last: h.chance(1, 3)})
	}
	return op, all
}

func (h *history) settle() call {
	op, claims := h.claims()
	who := h.somebody(h.keys[h.m.operator(op).signer])
	return call{
		name: "settle", who: who, data: h.DM.PackSettle(op, claims, common.Hash{}), note: fmt.Sprintf("operator %d %+v", op, claims),
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
	sig := h.sign(signer, digest, err)
	if h.chance(1, 15) {
		root[31]++ // signed for another root
		signer = -1
	}
	return call{
		name: "settleSigned", who: h.dice.IntN(allKeys), data: h.DM.PackSettleSigned(op, claims, root, new(big.Int).SetUint64(deadline), sig),
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

func (h *history) close() call {
	id := h.stream(open)
	who := h.owner(id)
	h.touchS[id] = true
	return call{
		name: "close", who: who, data: h.DM.PackClose(id), note: fmt.Sprintf("stream %d", id),
		play: func(m *model) bool { return m.close(h.who[who], id) },
	}
}

func (h *history) retire() call {
	id := h.stream(review)
	if h.chance(1, 3) {
		id = h.stream(open)
	}
	who := stranger
	if id > 0 && id <= uint64(len(h.m.streams)) {
		o := h.m.operator(h.m.streams[id-1].operator)
		who = h.somebody(h.keys[[]common.Address{o.admin, o.signer}[h.dice.IntN(2)]])
	}
	h.touchS[id] = true
	return call{
		name: "retire", who: who, data: h.DM.PackRetire(id), note: fmt.Sprintf("stream %d", id),
		play: func(m *model) bool { return m.retire(h.who[who], id) },
	}
}

func (h *history) withdrawStake() call {
	id := h.stream(closed)
	who := h.owner(id)
	h.touchS[id] = true
	return call{
		name: "withdrawStake", who: who, data: h.DM.PackWithdrawStake(id), note: fmt.Sprintf("stream %d", id),
		play: func(m *model) bool { return m.withdrawStake(h.who[who], id) },
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

func (h *history) challenge() call {
	id := h.sale(h.chance(1, 2))
	if n := len(h.m.sales); n > 0 && h.chance(3, 4) { // join a round that waits for its quorum
		for i := n - 1; i >= max(0, n-200); i-- {
			p := h.m.sales[i]
			rounds := h.m.streams[p.stream-1].rounds
			if len(rounds) == 0 || p.end+h.m.rules.challengeAfter <= h.m.now+100 {
				continue
			}
			if r := rounds[len(rounds)-1]; r.state == roundOpen && r.deadline > h.m.now && !r.in[p.buyer] {
				id = uint64(i + 1)
				break
			}
		}
	}
	who := h.buyer(id)
	if id > 0 && id <= uint64(len(h.m.sales)) {
		h.touchS[h.m.sales[id-1].stream] = true
	}
	return call{
		name: "challenge", who: who, data: h.DM.PackChallenge(id, common.Hash{}), note: fmt.Sprintf("purchase %d", id),
		play: func(m *model) bool { return m.challenge(h.who[who], id) },
	}
}

func (h *history) rule() call {
	id := h.stream(review)
	who, upheld := h.somebody(arbiterKey), h.chance(1, 2)
	h.touchS[id] = true
	return call{
		name: "rule", who: who, data: h.DM.PackRule(id, upheld, common.Hash{}), note: fmt.Sprintf("stream %d upheld %v", id, upheld),
		play: func(m *model) bool { return m.rule(h.who[who], id, upheld) },
	}
}

func (h *history) redeem() call {
	id := h.stream(open, closed, withdrawn, slashed)
	for i := range h.m.streams { // something is due, mostly
		if h.chance(1, 3) && slices.ContainsFunc(h.m.streams[i].rounds, func(r mRound) bool { return r.each != nil && len(r.in) > 0 }) {
			id = uint64(i + 1)
		}
	}
	round, who := uint32(h.dice.IntN(2)), h.who[people+h.dice.IntN(manyPeople)]
	if id > 0 && id <= uint64(len(h.m.streams)) {
		rounds := h.m.streams[id-1].rounds
		round = uint32(h.dice.IntN(len(rounds) + 2))
		for i, r := range rounds {
			if r.each == nil || h.chance(1, 6) {
				continue
			}
			for _, k := range slices.SortedFunc(maps.Keys(r.in), common.Address.Cmp) {
				round, who = uint32(i+1), k
			}
		}
	}
	h.touchS[id] = true
	return call{
		name: "redeem", who: h.dice.IntN(allKeys), data: h.DM.PackRedeem(id, round, who), note: fmt.Sprintf("stream %d round %d %s", id, round, who),
		play: func(m *model) bool { return m.redeem(id, round, who) },
	}
}

func (h *history) expire() call {
	id := h.stream(open, closed, review)
	for i, s := range h.m.streams {
		if n := len(s.rounds); n > 0 && h.chance(4, 5) {
			if r := s.rounds[n-1]; (r.state == roundOpen || r.state == roundReview) && r.deadline <= h.m.now {
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

func (h *history) setOffer() call {
	id := h.stream(open)
	who, price, interval := h.owner(id), 10*(1+h.dice.Uint64N(3000)), []uint64{60, 300, 0}[h.dice.IntN(3)]
	h.touchS[id] = true
	return call{
		name: "setOffer", who: who, data: h.DM.PackSetOffer(id, new(big.Int).SetUint64(price), uint32(interval), 0),
		note: fmt.Sprintf("stream %d price %d interval %d", id, price, interval),
		play: func(m *model) bool { return m.setOffer(h.who[who], id, price, interval, 0) },
	}
}

func (h *history) setTerms() call {
	id := h.stream(open)
	who, terms := h.owner(id), common.Hash{byte(h.dice.IntN(2))}
	h.touchS[id] = true
	return call{
		name: "setTerms", who: who, data: h.DM.PackSetTerms(id, terms), note: fmt.Sprintf("stream %d", id),
		play: func(m *model) bool { return m.setTerms(h.who[who], id, terms) },
	}
}

func (h *history) setRestricted() call {
	id := h.stream(open)
	who, yes := h.owner(id), h.chance(1, 3)
	h.touchS[id] = true
	return call{
		name: "setRestricted", who: who, data: h.DM.PackSetRestricted(id, yes), note: fmt.Sprintf("stream %d %v", id, yes),
		play: func(m *model) bool { return m.setRestricted(h.who[who], id, yes) },
	}
}

func (h *history) allow() call {
	id := h.stream(open, closed)
	who, yes, n := h.owner(id), h.chance(3, 4), h.dice.IntN(manyPeople)
	if h.chance(1, 20) {
		n = 65
	}
	buyers := make([]common.Address, n)
	for i := range buyers {
		buyers[i] = h.who[people+h.dice.IntN(manyPeople)]
	}
	return call{
		name: "allow", who: who, data: h.DM.PackAllow(id, buyers, yes), note: fmt.Sprintf("stream %d, %d buyers, %v", id, n, yes),
		play: func(m *model) bool { return m.allow(h.who[who], id, buyers, yes) },
	}
}

func (h *history) administer() call {
	op := uint64(h.dice.IntN(len(h.m.operators) + 2))
	admin := h.somebody(firstAdmin)
	if op > 0 && op <= uint64(len(h.m.operators)) {
		admin = h.somebody(h.keys[h.m.operator(op).admin])
	}
	switch h.dice.IntN(6) {
	case 0:
		to := h.who[[]int{firstAdmin, secondAdmin, otherSigner}[h.dice.IntN(3)]]
		return call{
			name: "setSigner", who: admin, data: h.DM.PackSetSigner(op, to), note: to.String(),
			play: func(m *model) bool { return m.setSigner(h.who[admin], op, to) },
		}
	case 1:
		to := h.who[[]int{firstAdmin, payoutKey, otherPayout}[h.dice.IntN(3)]]
		return call{
			name: "setPayout", who: admin, data: h.DM.PackSetPayout(op, to), note: to.String(),
			play: func(m *model) bool { return m.setPayout(h.who[admin], op, to) },
		}
	case 2:
		boss := h.somebody(h.keys[h.m.owner])
		yes := h.chance(1, 2)
		return call{
			name: "verifyOperator", who: boss, data: h.DM.PackVerifyOperator(op, yes),
			play: func(m *model) bool { return m.verify(h.who[boss], op, yes) },
		}
	case 3:
		boss, to := h.somebody(h.keys[h.m.owner]), h.who[[]int{platformOwner, stranger}[h.dice.IntN(2)]]
		return call{
			name: "transferOwnership", who: boss, data: h.DM.PackTransferOwnership(to),
			play: func(m *model) bool { return m.transferOwnership(h.who[boss], to) },
		}
	case 4:
		next := h.somebody(h.keys[h.m.nextOwner])
		return call{
			name: "acceptOwnership", who: next, data: h.DM.PackAcceptOwnership(),
			play: func(m *model) bool { return m.acceptOwnership(h.who[next]) },
		}
	}
	var payout common.Address
	if len(h.m.operators) < 4 {
		payout = h.who[payoutKey]
	}
	return call{
		name: "registerOperator", who: secondAdmin, data: h.DM.PackRegisterOperator(h.who[secondAdmin], payout, common.Hash{}, "", common.Hash{}),
		play: func(m *model) bool { return m.register(h.who[secondAdmin], h.who[secondAdmin], payout) },
	}
}

func (h *history) pause() call {
	who, to := h.somebody(guardianKey), !h.m.paused
	if h.chance(1, 20) {
		to = !to
	}
	data, name := h.DM.PackUnpause(), "unpause"
	if to {
		data, name = h.DM.PackPause(), "pause"
	}
	return call{name: name, who: who, data: data, play: func(m *model) bool { return m.setPause(h.who[who], to) }}
}

func (h *history) donate() call {
	who, amount := people+h.dice.IntN(manyPeople), big.NewInt(h.dice.Int64N(1e9))
	return call{
		name: "(a gift of tokens)", who: who, to: &h.D.Token, data: contracts.NewDTX().PackTransfer(h.D.Market, amount),
		play: func(m *model) bool {
			h.wet = plus(h.wet, amount)
			return m.transfer(h.who[who], m.market, amount)
		},
	}
}

func (h *history) uselessPermit() call {
	return call{
		name: "usePermit", who: people, data: h.DM.PackUsePermit(contracts.Permit{Value: h.lots(), Deadline: h.lots(), V: 27}),
		play: func(*model) bool { return true },
	}
}

// several is a multicall: all of it or nothing.
func (h *history) several() call {
	kinds := []func() call{h.buy, h.extend, h.cancel, h.close, h.setOffer, h.addStake, h.withdrawStake, h.finish, h.challenge, h.redeem}
	parts := []call{kinds[h.dice.IntN(len(kinds))]()}
	for range 12 { // calls the same sender may make
		if c := kinds[h.dice.IntN(len(kinds))](); c.who == parts[0].who && len(parts) < 4 {
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

// batch plays n calls in one block, or in a few, and compares.
func (h *history) batch(n int) error {
	var calls []call
	var txs []common.Hash
	sold, listed := len(h.m.sales), len(h.m.streams)
	for i := range n {
		c := h.next()
		to := c.to
		if to == nil {
			to = &h.D.Market
		}
		calls = append(calls, c)
		txs = append(txs, h.Queue(c.who, i, to, c.data))
	}
	receipts := h.Mine(txs)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		ra, rb := receipts[a], receipts[b]
		if c := ra.BlockNumber.Cmp(rb.BlockNumber); c != 0 {
			return c
		}
		return int(ra.TransactionIndex) - int(rb.TransactionIndex)
	})
	var block *types.Header
	for _, i := range order {
		c, r := calls[i], receipts[i]
		if block == nil || block.Number.Cmp(r.BlockNumber) != 0 {
			var err error
			if block, err = h.Client.HeaderByNumber(context.Background(), r.BlockNumber); err != nil {
				return err
			}
		}
		h.m.now = block.Time
		should, did := c.play(h.m), r.Status == types.ReceiptStatusSuccessful
		if h.done[c.name] == nil {
			h.done[c.name] = new([2]int)
		}
		if should != did {
			return fmt.Errorf("%s by key %d at %d (%s): the model says %v, the contract %v", c.name, c.who, h.m.now, c.note, should, did)
		}
		if did {
			h.done[c.name][1]++
		} else {
			h.done[c.name][0]++
		}
	}
	for id := sold + 1; id <= len(h.m.sales); id++ {
		h.touch[uint64(id)] = true
	}
	for id := listed + 1; id <= len(h.m.streams); id++ {
		h.touchS[uint64(id)] = true
	}
	return h.compare()
}

// look adds a view to the next comparison.
func look[T any](h *history, what string, data []byte, unpack func([]byte) (T, error), want T) {
	h.views = append(h.views, data)
	h.reads = append(h.reads, func(out []byte) error {
		have, err := unpack(out)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if d := cmp.Diff(want, have, cmp.Comparer(func(a, b *big.Int) bool { return a.Cmp(b) == 0 })); d != "" {
			return fmt.Errorf("%s differs (- model, + contract):\n%s", what, d)
		}
		return nil
	})
}

var (
	streamNames = []string{"None", "Open", "Closed", "Withdrawn", "Review", "Slashed"}
	roundNames  = []string{"None", "Open", "Expired", "Review", "Upheld", "Rejected", "Lapsed"}
)

func (h *history) lookStream(id uint64) {
	if id == 0 || id > uint64(len(h.m.streams)) {
		return
	}
	s := h.m.streams[id-1]
	h.states["Stream "+streamNames[s.state]]++
	num := func(n uint64) *big.Int { return new(big.Int).SetUint64(n) }
	unpack := func(b []byte) (contracts.Stream, error) {
		v, err := h.DM.UnpackGetStream(b)
		v.Reopen = v.Reopen && v.State == uint8(review) // means nothing elsewhere
		return v, err
	}
	look(h, fmt.Sprintf("stream %d", id), h.DM.PackGetStream(id), unpack, contracts.Stream{
		Owner: s.owner, Operator: s.operator, State: uint8(s.state), Restricted: s.restricted, Reopen: s.state == review && s.before == open,
		Device: s.device, Price: num(s.price), Interval: uint32(s.interval), MinDuration: uint32(s.minDuration), Stake: s.stake,
		LastEnd: num(s.lastEnd), Terms: s.terms, UnbondAt: num(s.unbondAt), ResumedAt: num(s.reviewEnded), Round: uint32(len(s.rounds)),
	})
	for i, r := range s.rounds {
		if i < len(s.rounds)-2 {
			continue
		}
		h.states["Round "+roundNames[r.state]]++
		each := r.each
		if each == nil {
			each = new(big.Int)
		}
		look(h, fmt.Sprintf("round %d of stream %d", i+1, id), h.DM.PackGetRound(id, uint32(i+1)), h.DM.UnpackGetRound, contracts.Round{
			Opened: num(r.opened), Deadline: num(r.deadline), Count: uint32(r.count), State: uint8(r.state), Payout: each,
		})
		for k := people; k < people+manyPeople; k++ {
			look(h, fmt.Sprintf("key %d in round %d of stream %d", k, i+1, id), h.DM.PackHasChallenged(id, uint32(i+1), h.who[k]), h.DM.UnpackHasChallenged, r.in[h.who[k]])
		}
	}
}

func (h *history) lookSale(id uint64) {
	if id == 0 || id > uint64(len(h.m.sales)) {
		return
	}
	p := h.m.sales[id-1]
	state := uint8(1)
	if p.closed {
		state = 2
	}
	h.states["Purchase "+[]string{"", "Active", "Closed"}[state]]++
	num := func(n uint64) *big.Int { return new(big.Int).SetUint64(n) }
	look(h, fmt.Sprintf("purchase %d", id), h.DM.PackGetPurchase(id), h.DM.UnpackGetPurchase, contracts.Purchase{
		Buyer: p.buyer, Stream: p.stream, Delivered: uint32(p.delivered), Start: num(p.start), End: num(p.end), Price: num(p.price),
		Interval: uint32(p.interval), Quota: uint32(p.quota), State: state, TermsTag: [7]byte(p.terms[:7]),
	})
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
		look(h, "live stream of a device", h.DM.PackLiveStream(at.operator, at.device), h.DM.UnpackLiveStream, slot.stream)
		look(h, "nonce of a device", h.DM.PackDeviceNonce(at.operator, at.device), h.DM.UnpackDeviceNonce, slot.nonce)
	}
	for i, o := range h.m.operators {
		unpack := func(b []byte) (mOperator, error) {
			v, err := h.DM.UnpackGetOperator(b)
			return mOperator{v.Admin, v.Signer, v.Payout, v.Verified}, err
		}
		h.views = append(h.views, h.DM.PackGetOperator(uint64(i+1)))
		h.reads = append(h.reads, func(out []byte) error {
			if have, err := unpack(out); err != nil || have != o {
				return errors.Join(err, fmt.Errorf("operator %d is %v, by the model %v", i+1, have, o))
			}
			return nil
		})
	}
	look(h, "paused", h.DM.PackPaused(), h.DM.UnpackPaused, h.m.paused)
	look(h, "owner", h.DM.PackOwner(), h.DM.UnpackOwner, h.m.owner)
	look(h, "next owner", h.DM.PackPendingOwner(), h.DM.UnpackPendingOwner, h.m.nextOwner)
	look(h, "number of streams", h.DM.PackStreamCount(), h.DM.UnpackStreamCount, uint64(len(h.m.streams)))
	look(h, "number of purchases", h.DM.PackPurchaseCount(), h.DM.UnpackPurchaseCount, uint64(len(h.m.sales)))

	views, reads := h.views, h.reads
	h.views, h.reads = nil, nil
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
	if held, owed := minus(h.m.of(h.m.purse, h.D.Market), h.wet), h.m.owed(); held.Cmp(owed) != 0 {
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

// play plays so many calls, batch by batch, with leaps of time between.
func (h *history) play(ops int) error {
	for left := ops; left > 0; {
		n := min(left, 5+h.dice.IntN(30))
		if err := h.batch(n); err != nil {
			return fmt.Errorf("after %d calls: %w", ops-left, err)
		}
		left -= n
		if h.chance(1, 2) {
			h.Skip([]time.Duration{time.Minute, time.Hour, 20 * time.Hour, 4 * 24 * time.Hour, 9 * 24 * time.Hour}[h.dice.IntN(5)] + time.Duration(h.dice.IntN(5000))*time.Second)
			h.m.now = h.head().Time
		}
	}
	return h.everything()
}

func number(t testing.TB, name string, otherwise uint64) uint64 {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// Random histories of calls, right and wrong, by everybody: the contract and the
// model agree on every refusal, balance, credit and state. DBDAO_DIFF_OPS sets the
// number of calls, DBDAO_DIFF_SEED the dice.
func TestDifferentialAgainstTheModel(t *testing.T) {
	ops, seed := number(t, "DBDAO_DIFF_OPS", 600), number(t, "DBDAO_DIFF_SEED", 1)
	h := newHistory(t, seed)
	if err := h.play(int(ops)); err != nil {
		t.Fatalf("DBDAO_DIFF_OPS=%d DBDAO_DIFF_SEED=%d: %v", ops, seed, err)
	}
	for _, name := range slices.Sorted(maps.Keys(h.done)) {
		t.Logf("%-20s %5d succeeded %5d refused", name, h.done[name][1], h.done[name][0])
	}
	for _, name := range slices.Sorted(maps.Keys(h.states)) {
		t.Logf("%-20s seen %d times", name, h.states[name])
	}
	if ops < 5000 {
		return // too short to reach everything for certain
	}
	for name, n := range h.done {
		if n[1] == 0 {
			t.Errorf("%s never succeeded", name)
		}
	}
	for i, names := range [][]string{streamNames[1:], roundNames[1:], {"Active", "Closed"}} {
		for _, s := range names {
			if s := []string{"Stream ", "Round ", "Purchase "}[i] + s; h.states[s] == 0 {
				t.Errorf("%s was never seen", s)
			}
		}
	}
}

// A model that is wrong in one line must not get through: otherwise the test above
// would prove nothing.
func TestDifferentialNoticesAWrongModel(t *testing.T) {
	for name, bend := range map[string]func(*model){
		"owner's share is 79 %":         func(m *model) { m.bend.ownerPercent = 79 },
		"claim window a day longer":     func(m *model) { m.bend.window = 86_400 },
		"the fee of a ruling is double": func(m *model) { m.bend.feeTwice = true },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHistory(t, 2)
			bend(h.m)
			err := h.play(1500)
			if err == nil {
				t.Fatal("1500 calls did not show it")
			}
			t.Log(err)
		})
	}
}
