package contracts_test

import (
	"encoding/json"
	"flag"
	"maps"
	"math/big"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/contracts/contractstest"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

var update = flag.Bool("update", false, "rewrite gas.json")

// figures are the gas of whole transactions.
type figures struct {
	List         uint64 `json:"list"`
	Buy          uint64 `json:"buy_steady"`
	SettleOne    uint64 `json:"settle_per_claim_of_100_one_owner"`
	SettleOwners uint64 `json:"settle_per_claim_of_100_owners"`
	SettlePaid   uint64 `json:"settle_per_claim_of_100_owners_paid_before"`
	Challenge    uint64 `json:"challenge"`
	Rule         uint64 `json:"rule"`
	Redeem       uint64 `json:"redeem"`
}

func measure(t *testing.T, amsterdam bool) (f figures) {
	y := contractstest.New(t, 105, amsterdam)
	const owner, buyer = 2, 3
	y.List(owner, 1)
	stream, gas := y.List(owner, 2)
	f.List = gas
	y.Buy(buyer, stream)
	f.Buy = y.Buy(buyer, stream)

	// One owner: a hundred purchases of his stream, each claimed once before.
	claims := make([]contracts.Claim, 100)
	settle := func(n uint32) uint64 {
		for i := range claims {
			claims[i].Delivered = n
		}
		y.Skip(5 * time.Minute)
		return y.Call(1, y.DM.PackSettle(1, claims, [32]byte{})).GasUsed / 100
	}
	buyMany(y, buyer, stream, 98)
	for i := range claims {
		claims[i].Purchase = uint64(i + 1)
	}
	settle(1)
	f.SettleOne = settle(2)

	// A hundred owners who were never paid before.
	for i := range claims {
		s, _ := y.List(4+i, 1000+i)
		y.Buy(buyer, s)
		claims[i].Purchase = uint64(101 + i)
	}
	f.SettleOwners = settle(1)
	f.SettlePaid = settle(2)

	for i := range 3 {
		y.Buy(4+i, stream)
		r := y.Call(4+i, y.DM.PackChallenge(uint64(201+i), [32]byte{}))
		if i == 1 {
			f.Challenge = r.GasUsed
		}
	}
	f.Rule = y.Call(0, y.DM.PackRule(stream, true, [32]byte{})).GasUsed
	y.Call(0, y.DM.PackRedeem(stream, 1, y.Addr(4)))
	f.Redeem = y.Call(0, y.DM.PackRedeem(stream, 1, y.Addr(5))).GasUsed
	return f
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
// the coming ones; a rise of more than 2 % fails.
func TestNoTransactionHasBecomeDearer(t *testing.T) {
	have := map[string]figures{"today": measure(t, false), "amsterdam": measure(t, true)}
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
	var want map[string]figures
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	flat := func(f figures) map[string]uint64 {
		b, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]uint64
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	for rules, f := range have {
		was := flat(want[rules])
		for name, gas := range flat(f) {
			if gas > was[name]+was[name]/50 {
				t.Errorf("%s under %s costs %d gas, was %d: if that is meant, run go test ./contracts -run Dearer -update", name, rules, gas, was[name])
			}
		}
	}
}

// blockGas is what a block must be able to hold of a settlement of 500 claims.
const blockGas = 30_000_000

// A settlement of 500 claims of one owner is one transaction. Of 500 owners, none of
// whom was paid before, it is two: a transaction may ask for 2²⁴ gas at most
// (EIP-7825); the two fit one block. DBDAO_GAS_LONG=1 measures those too.
func TestSettlementOf500ClaimsFitsABlock(t *testing.T) {
	claims := func(from, n int) []contracts.Claim {
		all := make([]contracts.Claim, n)
		for i := range all {
			all[i] = contracts.Claim{Purchase: uint64(from + i), Delivered: 1}
		}
		return all
	}
	y := contractstest.New(t, 2, false)
	stream, _ := y.List(2, 1)
	buyMany(y, 3, stream, 500)
	y.Skip(time.Hour)
	gas := y.Call(1, y.DM.PackSettle(1, claims(1, 500), [32]byte{})).GasUsed
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
				c := claims(from, per)
				for i := range c {
					c[i].Delivered = n
				}
				sum += y.Call(1, y.DM.PackSettle(1, c, [32]byte{})).GasUsed
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

// Invariant 7: what a call costs does not depend on how many users, streams,
// purchases and challengers there are.
func TestGasDoesNotGrow(t *testing.T) {
	few, many := world(t, 3), world(t, 205)
	if len(few) < 30 {
		t.Fatalf("only %d calls were measured", len(few))
	}
	for _, call := range slices.Sorted(maps.Keys(few)) {
		a, b := few[call], many[call]
		t.Logf("%-20s %7d gas among 3, %7d among 205", call, a, b)
		// Longer numbers and addresses with fewer zeros cost a little more in the call's data.
		if b > a+a/100+150 {
			t.Errorf("%s costs %d gas among 3 of everything, %d among 205", call, a, b)
		}
	}
}

// world makes so many owners, streams, purchases and challengers of one round, and
// then measures every call once, by somebody who comes last.
func world(t *testing.T, crowd int) map[string]uint64 {
	y := contractstest.NewWith(t, crowd+4, false, func(_ *contractstest.Yard, r *contracts.Config) {
		r.Quorum = uint32(crowd)
		r.Ttl, r.Review, r.ClaimWindow = big.NewInt(100_000), big.NewInt(100_000), big.NewInt(100_000)
		r.ChallengeAfter, r.Unbond = big.NewInt(1_000_000), big.NewInt(200_000)
	})
	gas := map[string]uint64{}
	call := func(name string, who int, data []byte) {
		t.Helper()
		gas[name] = y.Call(who, data).GasUsed
	}
	everyone := func(data func(i int) []byte) {
		t.Helper()
		for from := 0; from < crowd; from += 40 {
			var txs []common.Hash
			for i := from; i < min(crowd, from+40); i++ {
				txs = append(txs, y.Queue(2+i, i-from, &y.D.Market, data(i)))
			}
			for _, r := range y.Mine(txs) {
				if r.Status != types.ReceiptStatusSuccessful {
					t.Fatal("somebody of the crowd was refused")
				}
			}
		}
	}
	owner, buyer := 2+crowd, 3+crowd // the last to come
	everyone(func(i int) []byte { return y.Listing(2+i, i) })
	stream, n := y.List(owner, 10_000)
	gas["list"] = n
	sold := uint64(0)
	everyone(func(int) []byte { return y.Buying(stream) })
	sold += uint64(crowd)

	one := func(id uint64, n uint32, last bool) []contracts.Claim {
		return []contracts.Claim{{Purchase: id, Delivered: n, Last: last}}
	}
	call("buy", buyer, y.Buying(stream))
	sold++
	mine := sold
	call("extend", buyer, y.DM.PackExtend(mine, 3600, contracts.DTXWei(10)))
	call("settle", 1, y.DM.PackSettle(1, one(mine, 1, false), [32]byte{}))
	call("withdraw", 0, y.DM.PackWithdraw(y.Addr(owner)))
	call("cancel", buyer, y.DM.PackCancel(mine))
	call("settle, the last", 1, y.DM.PackSettle(1, one(mine, 1, true), [32]byte{}))
	deadline := new(big.Int).SetUint64(1 << 39)
	signed := one(1, 1, false)
	digest, err := contracts.SettlementHash(y.ID, y.D.Market, 1, contracts.ClaimsHash(signed), common.Hash{}, deadline.Uint64())
	if err != nil {
		t.Fatal(err)
	}
	sig, err := crypto.Sign(digest[:], y.Keys[1])
	if err != nil {
		t.Fatal(err)
	}
	sig[64] += 27
	call("settleSigned", owner, y.DM.PackSettleSigned(1, signed, [32]byte{}, deadline, sig))
	call("addStake", owner, y.DM.PackAddStake(stream, big.NewInt(1)))
	call("setOffer", owner, y.DM.PackSetOffer(stream, big.NewInt(2000), 60, 0))
	call("setTerms", owner, y.DM.PackSetTerms(stream, [32]byte{2}))
	call("setRestricted", owner, y.DM.PackSetRestricted(stream, true))
	call("allow", owner, y.DM.PackAllow(stream, []common.Address{y.Addr(buyer)}, true))

	// All of the crowd challenge in one round: the last of them is the quorum.
	everyone(func(i int) []byte {
		if i == crowd-1 {
			return y.DM.PackUsePermit(contracts.Permit{Value: big.NewInt(0), Deadline: big.NewInt(0)})
		}
		return y.DM.PackChallenge(uint64(i+1), [32]byte{})
	})
	call("challenge, quorum", 1+crowd, y.DM.PackChallenge(uint64(crowd), [32]byte{}))
	call("rule, upheld", 0, y.DM.PackRule(stream, true, [32]byte{}))
	y.Call(0, y.DM.PackRedeem(stream, 1, y.Addr(2)))
	call("redeem", 0, y.DM.PackRedeem(stream, 1, y.Addr(3)))
	call("finish", 0, y.DM.PackFinish(2))

	other, _ := y.List(owner, 10_001)
	y.Call(buyer, y.Buying(other))
	sold++
	y.Call(2, y.Buying(other))
	sold++
	y.Call(buyer, y.DM.PackChallenge(sold-1, [32]byte{}))
	call("challenge", 2, y.DM.PackChallenge(sold, [32]byte{}))
	y.Skip(200_000 * time.Second)
	call("expire", 0, y.DM.PackExpire(other))
	call("close", owner, y.DM.PackClose(other))
	third, _ := y.List(owner, 10_002)
	call("retire", 1, y.DM.PackRetire(third))
	y.Skip(400_000 * time.Second)
	call("withdrawStake", owner, y.DM.PackWithdrawStake(other))

	call("registerOperator", owner, y.DM.PackRegisterOperator(y.Addr(owner), y.Addr(owner), [32]byte{1}, "u", [32]byte{1}))
	call("setSigner", owner, y.DM.PackSetSigner(2, y.Addr(buyer)))
	call("setPayout", owner, y.DM.PackSetPayout(2, y.Addr(buyer)))
	call("setOperatorMetadata", owner, y.DM.PackSetOperatorMetadata(2, [32]byte{2}, "v", [32]byte{2}))
	call("verifyOperator", 0, y.DM.PackVerifyOperator(2, true))
	call("pause", 0, y.DM.PackPause())
	call("unpause", 0, y.DM.PackUnpause())
	call("transferOwnership", 0, y.DM.PackTransferOwnership(y.Addr(owner)))
	call("acceptOwnership", owner, y.DM.PackAcceptOwnership())
	return gas
}
