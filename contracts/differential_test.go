package contracts_test

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/contracts/contractstest"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// Keys of the yard, by part.
const (
	platformOwner = 0
	firstSigner   = 1 // of operator 1
	people        = 2 // 2 to 8; the first three list streams
	manyPeople    = 7
	secondAdmin   = 9
	otherSigner   = 10
	platformKey   = 11
	payoutKey     = 12
	otherPayout   = 13
	stranger      = 14
	firstAdmin    = 15 // of operator 1
	guardianKey   = 16
	arbiterKey    = 17
	allKeys       = 18
)

// history plays random calls on the contract and on the model.
type history struct {
	*contractstest.Yard
	t      testing.TB
	dice   *rand.Rand
	m      *model
	done   map[string]*[2]int     // by call: refused, succeeded
	states map[string]int         // states seen
	who    []common.Address       // address by key
	keys   map[common.Address]int // key by address
	touch  map[uint64]bool        // purchases to look at after this batch
	touchS map[uint64]bool        // streams
	astray bool                   // the next call should be refused
	at     *moment                // the moment the clock was set to, for this batch
	views  [][]byte
	reads  []func([]byte) error

	played int      // calls
	wrong  []*model // with a fault each that nothing has told against yet
	atEnd  bool     // the chain's views are read once, at the end: outcomes tell after each call
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
		t: t, dice: rand.New(rand.NewPCG(seed, 0xdb)), done: map[string]*[2]int{}, states: map[string]int{},
		keys: map[common.Address]int{}, touch: map[uint64]bool{}, touchS: map[uint64]bool{},
	}
	var rules contracts.Config
	h.Yard = contractstest.NewWith(t, allKeys-5, false, func(y *contractstest.Yard, r *contracts.Config) {
		// Short pauses, small quorums and stakes that leave while rounds are open: more happens.
		r.Platform, r.PauseMax, r.Quorum = y.Addr(platformKey), big.NewInt(86_400), 2
		r.Review, r.ChallengeAfter = big.NewInt(9*86_400), big.NewInt(8*86_400)
		rules = *r
	})
	if h.Admin != firstAdmin || h.Guardian != guardianKey || h.Arbiter != arbiterKey {
		t.Fatal("bug: the yard gives its roles to other keys")
	}
	for i := range allKeys {
		h.who = append(h.who, h.Addr(i))
		h.keys[h.Addr(i)] = i
	}
	dtx := contracts.NewDTX()
	var txs []common.Hash
	for i := people; i < people+manyPeople; i++ {
		txs = append(txs, h.Queue(i, i, &h.D.Token, dtx.PackApprove(h.D.Market, new(big.Int).Lsh(big.NewInt(1), 255))))
		txs = append(txs, h.Queue(0, i, &h.D.Token, dtx.PackTransfer(h.who[i], contracts.DTXWei(200_000))))
	}
	h.Mine(txs)

	m := &model{market: h.D.Market, owner: h.who[0], devices: map[mDevice]mSlot{}, allowed: map[mAllowed]bool{}, gifts: new(big.Int)}
	m.credit, m.purse = map[common.Address]*big.Int{}, map[common.Address]*big.Int{}
	m.rules.platform, m.rules.guardian, m.rules.arbiter = rules.Platform, rules.Guardian, rules.Arbiter
	m.rules.minStake, m.rules.deposit, m.rules.quorum = rules.MinStake, rules.Deposit, int(rules.Quorum)
	m.rules.ttl, m.rules.reviewMin, m.rules.review = rules.Ttl.Uint64(), rules.ReviewMin.Uint64(), rules.Review.Uint64()
	m.rules.notice, m.rules.window, m.rules.complain = rules.Notice.Uint64(), rules.ClaimWindow.Uint64(), rules.ChallengeAfter.Uint64()
	m.rules.maxTerm, m.rules.pauseMax, m.rules.pauseGap = uint64(rules.MaxTerm), rules.PauseMax.Uint64(), rules.PauseGap.Uint64()
	m.rules.claimAge, m.rules.parents, m.rules.many = 86_400, 8, 64
	m.register(h.who[firstAdmin], mOperator{signer: h.who[firstSigner], payout: h.who[firstSigner]}) // as the yard did
	for _, a := range append(slices.Clone(h.who), h.D.Market) {
		m.purse[a] = h.tokens(a)
	}
	m.now = h.Now()
	h.m = m
	return h
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

// batch plays these calls in one block, or in a few, and compares.
func (h *history) batch(n int, next func() call) error {
	var calls []call
	var txs []common.Hash
	sold, listed := len(h.m.sales), len(h.m.streams)
	for i := range n {
		c := next()
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
		did := r.Status == types.ReceiptStatusSuccessful
		if err := h.judge(c, did); err != nil {
			return err
		}
	}
	for id := sold + 1; id <= len(h.m.sales); id++ {
		h.touch[uint64(id)] = true
	}
	for id := listed + 1; id <= len(h.m.streams); id++ {
		h.touchS[uint64(id)] = true
	}
	h.suspect(func(m *model) string { return visible(h.m, m, h.touch, h.touchS) })
	return h.compare()
}

// judge plays a call on the model and compares what came of it.
func (h *history) judge(c call, did bool) error {
	should := c.play(h.m)
	h.suspect(func(m *model) string {
		if m.now = h.m.now; c.play(m) != did {
			return "another outcome of " + c.name
		}
		return ""
	})
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
	return nil
}

// unreached is what no call has reached: functions that never succeeded or were never
// refused, and states never seen.
func (h *history) unreached() (all []string) {
	for _, name := range mutators(h.t) {
		n := h.done[name]
		if n == nil {
			n = new([2]int)
		}
		if n[1] == 0 && name != "renounceOwnership" { // which is the last call
			all = append(all, name+" never succeeded")
		}
		if n[0] == 0 && name != "usePermit" { // a bad permit is ignored
			all = append(all, name+" was never refused")
		}
	}
	for i, names := range [][]string{streamNames[1:], roundNames[1:], purchaseNames[1:]} {
		for _, s := range names {
			if s := []string{"Stream ", "Round ", "Purchase "}[i] + s; h.states[s] == 0 {
				all = append(all, s+" was never seen")
			}
		}
	}
	return all
}

// suspect drops the wrong models that differ from what the chain did or showed.
func (h *history) suspect(look func(*model) string) {
	h.wrong = slices.DeleteFunc(h.wrong, func(m *model) bool {
		how := look(m)
		if how != "" {
			h.t.Logf("%-45s noticed after %4d calls: %s", m.fault, h.played, how)
		}
		return how != ""
	})
}

// play plays at least so many calls, batch by batch, with leaps of time between, and
// goes on to the most as long as something is wanting.
func (h *history) play(least, most int, wanting func() bool) error {
	for h.played < least || h.played < most && wanting() {
		n := min(max(least-h.played, 5), 5+h.dice.IntN(25))
		if h.at != nil {
			n = min(n, 8)
		}
		if err := h.batch(n, h.next); err != nil {
			return fmt.Errorf("after %d calls: %w", h.played, err)
		}
		h.played += n
		h.at = nil
		if h.chance(2, 3) || h.m.paused() {
			h.leap()
		}
	}
	h.atEnd = false
	if err := h.batch(1, h.renounce); err != nil {
		return err
	}
	return h.everything()
}

// leap moves the clock: mostly to a moment at which something changes, or a second
// before or after it.
func (h *history) leap() {
	by := pick[uint64](h, 60, 60, 600, 20*3600) + uint64(h.dice.IntN(5000))
	if moments := h.moments(); len(moments) > 0 && h.chance(1, 2) {
		at := moments[h.dice.IntN(min(len(moments), 1+h.dice.IntN(8)))]
		for _, m := range moments { // one that leads to what was not seen, or to a ruling or to a stake's way out
			unseen := slices.ContainsFunc(m.leads, func(state string) bool { return h.states[state] == 0 })
			if unseen && h.chance(1, 3) || len(m.leads) > 1 && h.chance(1, 6) || len(m.leads) > 0 && h.chance(1, 20) {
				at = m
			}
		}
		h.at = &at
		by = at.at - h.m.now - 2 + uint64(h.dice.IntN(3)) // the next block comes a second later
	}
	h.Skip(time.Duration(by) * time.Second)
	h.m.now = h.Now()
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
	ops, seed := number(t, "DBDAO_DIFF_OPS", 600), number(t, "DBDAO_DIFF_SEED", 4)
	h := newHistory(t, seed)
	if err := h.play(int(ops), 10*int(ops), func() bool { return len(h.unreached()) > 0 }); err != nil {
		t.Fatalf("DBDAO_DIFF_OPS=%d DBDAO_DIFF_SEED=%d: %v", ops, seed, err)
	}
	for _, name := range slices.Sorted(maps.Keys(h.done)) {
		t.Logf("%-20s %5d succeeded %5d refused", name, h.done[name][1], h.done[name][0])
	}
	for _, name := range slices.Sorted(maps.Keys(h.states)) {
		t.Logf("%-22s seen %d times", name, h.states[name])
	}
	if ops < 600 {
		return // too short to reach everything
	}
	t.Logf("%d calls", h.played)
	for _, what := range h.unreached() {
		t.Errorf("%d calls: %s", h.played, what)
	}
}

// faults are what the model can do wrong, by its source.
func faults(t *testing.T) (all []string) {
	for _, name := range []string{"model_test.go", "model_rounds_test.go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range regexp.MustCompile(`m\.fault [!=]= "([^"]+)"`).FindAllSubmatch(text, -1) {
			all = append(all, string(f[1]))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// rare are faults that few histories of a few thousand calls show; the long form does.
var rare = []string{
	"a cancel in the buying second costs a reading", "a purchase of the opening's second is an earlier one",
	"a raised weight keeps its bounty", "a ruling ends nothing that was sold", "a seller at fault is paid",
	"an operator at fault is paid", "no closing under review", "the market buys", "the stake leaves under review",
	"who bought in the round has a bounty",
}

// A model that is wrong in one rule must not get through: otherwise the test above
// would prove nothing. The chain plays one history; each wrong model plays along until
// what the chain does or shows tells against it. The short form ends when three are left:
// which ones is chance, and waiting for the last takes as long as for all before it. The
// long form (DBDAO_DIFF_OPS=10000) waits for every one.
func TestDifferentialNoticesAWrongModel(t *testing.T) {
	h := newHistory(t, number(t, "DBDAO_DIFF_SEED", 12))
	h.atEnd = true // the right model is what the chain shows: the test above sees to it
	all := faults(t)
	if len(all) < 30 {
		t.Errorf("only %d faults are planted", len(all))
	}
	most := int(max(number(t, "DBDAO_DIFF_OPS", 0), 5000))
	late := 3
	if most >= 10_000 {
		late = 0
	}
	for _, fault := range all {
		if most < 10_000 && slices.Contains(rare, fault) {
			continue
		}
		m := h.m.clone()
		m.fault = fault
		h.wrong = append(h.wrong, m)
	}
	right := h.m.clone() // which must not be told against
	h.wrong = append(h.wrong, right)
	if err := h.play(600, 2*most, func() bool { return len(h.wrong) > 1+late }); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(h.wrong, right) {
		t.Error("the right model was taken for a wrong one")
	}
	for _, m := range h.wrong {
		switch {
		case m == right:
		case len(h.wrong) <= 1+late:
			t.Logf("%s: not shown by %d calls", m.fault, h.played)
		default:
			t.Errorf("%s: %d calls did not show it", m.fault, h.played)
		}
	}
}
