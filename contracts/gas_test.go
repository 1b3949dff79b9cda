package contracts_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/big"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/contracts/contractstest"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient/gethclient"
)

var update = flag.Bool("update", false, "rewrite gas.json")

// The verdicts, as the contract numbers them.
const (
	rejected uint8 = 1 + iota
	sellerAtFault
	operatorAtFault
	bothAtFault
)

const day = 24 * time.Hour

// bounds are what a whole transaction may cost under today's rules. Opening a round writes one
// word more than joining it; redeeming a share writes pool, weight and the platform's credit
// beside the challenger's own: three words that shares by head did not need.
var bounds = map[string]uint64{
	"list": 190_000, "buy_steady": 110_000,
	"settle_per_claim_of_100_one_owner": 12_000, "settle_per_claim_of_100_owners": 38_000,
	"challenge_opening": 112_000, "challenge_joining": 100_000, "challenge_reweighing": 100_000,
	"rule_rejected": 70_000, "rule_seller_at_fault": 70_000, "rule_operator_at_fault": 70_000, "rule_both_at_fault": 70_000,
	"redeem": 59_000,
}

// firstEdition is what the first edition of the market cost under Amsterdam's rules: the
// second costs no more, but for a challenge, which records weights (1 %), and a redeem, which
// cuts shares by them.
var firstEdition = map[string]uint64{
	"list": 653_949, "buy_steady": 326_002, "settle_per_claim_of_100_one_owner": 19_383, "settle_per_claim_of_100_owners": 131_677,
	"settle_per_claim_of_100_owners_paid_before": 33_757, "challenge_joining": 205_200,
	"rule_rejected": 92_465, "rule_seller_at_fault": 92_465, "rule_operator_at_fault": 92_465, "rule_both_at_fault": 92_465, "redeem": 95_500,
}

// meter measures whole transactions on one yard.
type meter struct {
	*contractstest.Yard
	gas  map[string]uint64
	sold uint64 // purchases so far
}

func (m *meter) call(name string, who int, data []byte) {
	m.gas[name] = m.Call(who, data).GasUsed
}

func (m *meter) buy(who int, stream uint64) (purchase uint64) {
	m.Buy(who, stream)
	m.sold++
	return m.sold
}

// claims are claims of n readings each of purchases that follow each other.
func claims(from uint64, many int, n uint32) []contracts.Claim {
	all := make([]contracts.Claim, many)
	for i := range all {
		all[i] = contracts.Claim{Purchase: from + uint64(i), Delivered: n}
	}
	return all
}

var operatorOne = big.NewInt(1)

// settle has n readings each of many purchases from one on paid, and returns the gas.
func (m *meter) settle(from uint64, many int, n uint32) uint64 {
	m.Skip(5 * time.Minute)
	return m.Call(1, m.DM.PackSettle(operatorOne, claims(from, many, n), [32]byte{})).GasUsed
}

func measure(t *testing.T, amsterdam bool) map[string]uint64 {
	m := &meter{Yard: contractstest.New(t, 107, amsterdam), gas: map[string]uint64{}}
	const owner, buyer = 2, 3
	m.List(owner, 1)
	stream, gas := m.List(owner, 2)
	m.gas["list"] = gas
	m.buy(buyer, stream)
	m.call("buy_steady", buyer, m.Buying(stream))
	m.sold++

	// One owner: a hundred purchases of his stream, each claimed once before.
	buyMany(m.Yard, buyer, stream, 98)
	m.sold += 98
	m.settle(1, 100, 1)
	m.gas["settle_per_claim_of_100_one_owner"] = m.settle(1, 100, 2) / 100

	// A hundred owners who were never paid before.
	for i := range 100 {
		s, _ := m.List(4+i, 1000+i)
		m.buy(buyer, s)
	}
	m.gas["settle_per_claim_of_100_owners"] = m.settle(101, 100, 1) / 100
	m.gas["settle_per_claim_of_100_owners_paid_before"] = m.settle(101, 100, 2) / 100

	mine := m.buy(buyer, stream)
	m.call("extend", buyer, m.DM.PackExtend(mine, new(big.Int).SetUint64(m.Now()+2*86_400), [32]byte{1}))
	m.call("cancel", buyer, m.DM.PackCancel(mine))
	for verdict := rejected; verdict <= bothAtFault; verdict++ {
		m.review(owner, verdict)
	}
	m.call("close", owner, m.DM.PackClose(stream))
	m.Skip(14 * day)
	m.call("finish", 0, m.DM.PackFinish(mine))
	m.Skip(7 * day)
	m.call("withdrawStake", owner, m.DM.PackWithdrawStake(stream))
	m.several(104, amsterdam)
	return m.gas
}

// review measures a round from the first challenge to the ruling; the figures of the
// challenges are those of the last stream, when everybody has challenged before.
func (m *meter) review(owner int, verdict uint8) {
	stream, _ := m.List(owner, 5000+int(verdict))
	first := m.buy(4, stream)
	m.buy(5, stream)
	m.buy(6, stream)
	more := m.buy(4, stream)
	m.settle(first, 4, 1)
	m.settle(more, 1, 2)
	m.call("challenge_opening", 4, m.DM.PackChallenge(first, [32]byte{1}))
	m.call("challenge_joining", 5, m.DM.PackChallenge(first+1, [32]byte{1}))
	m.call("challenge_reweighing", 4, m.DM.PackChallenge(more, [32]byte{1}))
	m.call("challenge_quorum", 6, m.DM.PackChallenge(first+2, [32]byte{1}))
	m.call("respond", owner, m.DM.PackRespond(stream, 1, [32]byte{1}))
	m.Skip(2 * day)
	name := []string{"rejected", "seller_at_fault", "operator_at_fault", "both_at_fault"}[verdict-1]
	m.call("rule_"+name, m.Arbiter, m.DM.PackRule(stream, 1, verdict, [32]byte{1}))
	if verdict == sellerAtFault {
		m.Call(0, m.DM.PackRedeem(stream, 1, m.Addr(4)))
		m.call("redeem", 0, m.DM.PackRedeem(stream, 1, m.Addr(5)))
	}
}

// several measures fleets and baskets: a permit and many calls in one transaction, by
// people who come new.
func (m *meter) several(who int, amsterdam bool) {
	stream, _ := m.List(2, 6000)
	m.gas["multicall_permit_25_lists"] = m.fleet(who, 25)
	if amsterdam { // a transaction may not hold fifty: two of twenty-five
		m.gas["multicall_permit_50_lists"] = m.fleet(who+1, 25) + m.fleet(who+2, 25)
	} else {
		m.gas["multicall_permit_50_lists"] = m.fleet(who+1, 50)
	}
	for i, n := range []int{25, 50} {
		buys := [][]byte{m.Permit(2+i, contracts.DTXWei(9000))}
		for range n {
			buys = append(buys, m.Buying(stream))
		}
		m.call(fmt.Sprintf("multicall_permit_%d_buys", n), 2+i, m.DM.PackMulticall(buys))
	}
}

// fleet lists so many devices in one transaction.
func (m *meter) fleet(who, n int) uint64 {
	lists := [][]byte{m.Permit(who, contracts.DTXWei(9000))}
	for i := range n {
		lists = append(lists, m.Listing(who, 100*who+i))
	}
	return m.Call(who, m.DM.PackMulticall(lists)).GasUsed
}

// buyMany makes n purchases in as few blocks as they need.
func buyMany(y *contractstest.Yard, buyer int, stream uint64, n int) {
	for n > 0 {
		txs := make([]common.Hash, min(n, 50))
		for i := range txs {
			txs[i] = y.Queue(buyer, i, &y.D.Market, y.Buying(stream))
		}
		y.Mine(txs)
		n -= len(txs)
	}
}

// gas.json holds what every kind of transaction costs under today's rules and under
// the coming ones; a rise of more than 2 % fails, and so does one above what the rules
// of the market promise.
func TestNoTransactionHasBecomeMoreExpensive(t *testing.T) {
	have := map[string]map[string]uint64{"today": measure(t, false), "amsterdam": measure(t, true)}
	if *update {
		b, err := json.MarshalIndent(have, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("gas.json", append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile("gas.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]map[string]uint64
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(have["today"])) {
		t.Logf("%-45s %10d today %10d Amsterdam", name, have["today"][name], have["amsterdam"][name])
	}
	for rules, figures := range have {
		if a, b := slices.Sorted(maps.Keys(figures)), slices.Sorted(maps.Keys(want[rules])); !slices.Equal(a, b) {
			t.Errorf("measured under %s: %v\nin gas.json: %v", rules, a, b)
		}
		for name, gas := range figures {
			if was := want[rules][name]; gas > was+was/50 {
				t.Errorf("%s under %s costs %d gas, was %d: if that is meant, run go test ./contracts -run MoreExpensive -update", name, rules, gas, was)
			}
		}
	}
	within(t, "today", have["today"], bounds)
	within(t, "Amsterdam", have["amsterdam"], firstEdition)
}

func within(t *testing.T, rules string, figures, most map[string]uint64) {
	t.Helper()
	for name, bound := range most {
		if gas := figures[name]; gas == 0 || gas > bound {
			t.Errorf("%s under %s costs %d gas, at most %d was promised", name, rules, gas, bound)
		}
	}
}

// A purchase adds two storage slots at most: under the coming rules each costs about
// 97,900 gas.
func TestBuyTakesTwoNewSlots(t *testing.T) {
	y := contractstest.New(t, 3, false)
	stream, _ := y.List(2, 1)
	y.Buy(3, stream)
	data := y.Buying(stream)
	touched, _, reason, err := gethclient.New(y.RPC()).CreateAccessList(context.Background(), ethereum.CallMsg{From: y.Addr(3), To: &y.D.Market, Data: data, Gas: 1_000_000})
	if err != nil || reason != "" {
		t.Fatal(err, reason)
	}
	r := y.Call(3, data)
	before := new(big.Int).Sub(r.BlockNumber, big.NewInt(1))
	slots, added := 0, 0
	for _, at := range *touched {
		for _, key := range at.StorageKeys {
			value := func(block *big.Int) common.Hash {
				b, err := y.Client.StorageAt(context.Background(), at.Address, key, block)
				if err != nil {
					t.Fatal(err)
				}
				return common.BytesToHash(b)
			}
			slots++
			if was, is := value(before), value(r.BlockNumber); was == (common.Hash{}) && is != was {
				added++
			}
		}
	}
	t.Logf("%d slots touched, %d of them new", slots, added)
	if slots < 8 {
		t.Errorf("only %d slots were looked at", slots)
	}
	if added == 0 || added > 2 {
		t.Errorf("a purchase adds %d storage slots", added)
	}
}

// blockGas is what a block must be able to hold of a settlement of 500 claims.
const blockGas = 30_000_000

// A settlement of 500 claims of one owner is one transaction. Of 500 owners, none of
// whom was paid before, it is two: a transaction may ask for 2²⁴ gas at most
// (EIP-7825); the two fit one block. DBDAO_GAS_LONG=1 measures those too.
func TestSettlementOf500ClaimsFitsABlock(t *testing.T) {
	y := contractstest.New(t, 2, false)
	stream, _ := y.List(2, 1)
	buyMany(y, 3, stream, 500)
	y.Skip(time.Hour)
	gas := y.Call(1, y.DM.PackSettle(operatorOne, claims(1, 500, 1), [32]byte{})).GasUsed
	t.Logf("500 claims of one owner: %d gas, %d a claim", gas, gas/500)
	if gas > contracts.TxGasMax {
		t.Errorf("500 claims of one owner cost %d gas, more than a transaction may", gas)
	}
	if os.Getenv("DBDAO_GAS_LONG") == "" {
		return
	}
	for rules, amsterdam := range map[string]bool{"today": false, "Amsterdam": true} {
		y := contractstest.New(t, 501, amsterdam)
		for i := range 500 {
			s, _ := y.List(3+i, i)
			y.Buy(2, s)
		}
		y.Skip(time.Hour)
		per := 250
		if amsterdam {
			per = 100
		}
		settle := func(n uint32) (sum uint64) {
			for from := 1; from <= 500; from += per {
				sum += y.Call(1, y.DM.PackSettle(operatorOne, claims(uint64(from), per, n), [32]byte{})).GasUsed
			}
			return sum
		}
		first, again := settle(1), settle(2)
		t.Logf("500 claims of 500 owners, %s, %d a transaction: %d gas the first time, %d from then on", rules, per, first, again)
		if !amsterdam && first > blockGas {
			t.Errorf("500 claims of 500 owners cost %d gas: more than a block of %d", first, blockGas)
		}
	}
}
