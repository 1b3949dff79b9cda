package contracts_test

import (
	"maps"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/contracts/contractstest"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// mutators are the functions of the market that change its state.
func mutators(t testing.TB) (names []string) {
	abi, err := contracts.DataMarketMetaData.ParseABI()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range abi.Methods {
		if !m.IsConstant() {
			names = append(names, m.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Invariant 7: what a call costs does not depend on how many users, streams,
// purchases and challengers there are.
func TestGasDoesNotGrow(t *testing.T) {
	few, many := world(t, 3), world(t, 205)
	for _, name := range mutators(t) {
		if few[name] == 0 {
			t.Errorf("%s was not measured", name)
		}
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

// crowded is a world in which so many people do everything first; owner and buyer come
// last.
type crowded struct {
	*meter
	t            *testing.T
	crowd        int
	owner, buyer int
}

// world makes so many owners, streams, purchases and challengers of one round, and
// then measures every call once, by somebody who comes last.
func world(t *testing.T, crowd int) map[string]uint64 {
	y := contractstest.NewWith(t, crowd+4, false, func(_ *contractstest.Yard, r *contracts.Config) {
		r.PauseMax = big.NewInt(1)
	})
	w := &crowded{meter: &meter{Yard: y, gas: map[string]uint64{}}, t: t, crowd: crowd, owner: 2 + crowd, buyer: 3 + crowd}
	stream := w.trade()
	w.quarrel(stream)
	w.leave()
	w.govern()
	return w.gas
}

// everyone has each of the crowd make a call, in as few blocks as that needs.
func (w *crowded) everyone(data func(i int) []byte) {
	w.t.Helper()
	for from := 0; from < w.crowd; from += 40 {
		var txs []common.Hash
		for i := from; i < min(w.crowd, from+40); i++ {
			txs = append(txs, w.Queue(2+i, i-from, &w.D.Market, data(i)))
		}
		for _, r := range w.Mine(txs) {
			if r.Status != types.ReceiptStatusSuccessful {
				w.t.Fatal("somebody of the crowd was refused")
			}
		}
	}
}

func (w *crowded) trade() (stream uint64) {
	w.everyone(func(i int) []byte { return w.Listing(2+i, i) })
	stream, n := w.List(w.owner, 10_000)
	w.gas["list"] = n
	w.everyone(func(int) []byte { return w.Buying(stream) })
	w.sold = uint64(w.crowd)
	w.call("buy", w.buyer, w.Buying(stream))
	w.sold++
	mine := w.sold
	w.call("extend", w.buyer, w.DM.PackExtend(mine, new(big.Int).SetUint64(w.Now()+100_000), [32]byte{1}))
	w.call("settle", 1, w.DM.PackSettle(operatorOne, claims(mine, 1, 1), [32]byte{}))
	w.call("withdraw", 0, w.DM.PackWithdraw(w.Addr(w.owner)))
	w.call("cancel", w.buyer, w.DM.PackCancel(mine))
	last := claims(mine, 1, 1)
	last[0].Last = true
	w.call("settle, the last", 1, w.DM.PackSettle(operatorOne, last, [32]byte{}))
	deadline := new(big.Int).SetUint64(1 << 39)
	signed := claims(1, w.crowd, 1)[:1]
	digest, err := contracts.SettlementHash(w.ID, w.D.Market, 1, contracts.ClaimsHash(signed), common.Hash{}, deadline.Uint64())
	sig := w.Sign(1, digest, err)
	w.call("settleSigned", w.owner, w.DM.PackSettleSigned(operatorOne, signed, [32]byte{}, deadline, sig))
	w.call("multicall", w.owner, w.DM.PackMulticall([][]byte{w.DM.PackSetRestricted(stream, true), w.DM.PackSetRestricted(stream, false)}))
	w.call("usePermit", w.owner, w.Permit(w.owner, contracts.DTXWei(5000)))
	w.call("addStake", w.owner, w.DM.PackAddStake(stream, big.NewInt(1)))
	w.call("setPrice", w.owner, w.DM.PackSetPrice(stream, big.NewInt(2000), 60))
	w.call("setTerms", w.owner, w.DM.PackSetTerms(stream, [32]byte{2}))
	w.call("setRestricted", w.owner, w.DM.PackSetRestricted(stream, true))
	w.call("allow", w.owner, w.DM.PackAllow(stream, []common.Address{w.Addr(w.buyer)}, true))
	return stream
}

// quarrel has all of the crowd challenge in one round: a quorum of three, and the
// others join.
func (w *crowded) quarrel(stream uint64) {
	for from := 2; from <= w.crowd; from += 100 { // purchase 1 is paid already
		w.Skip(time.Minute)
		w.Call(1, w.DM.PackSettle(operatorOne, claims(uint64(from), min(100, w.crowd+1-from), 1), [32]byte{}))
	}
	w.Call(2, w.DM.PackChallenge(1, [32]byte{}))
	w.Call(3, w.DM.PackChallenge(2, [32]byte{}))
	w.call("challenge, quorum", 4, w.DM.PackChallenge(3, [32]byte{}))
	w.everyone(func(i int) []byte {
		if i < 3 {
			return w.DM.PackUsePermit(contracts.Permit{Value: big.NewInt(0), Deadline: big.NewInt(0)})
		}
		return w.DM.PackChallenge(uint64(i+1), [32]byte{})
	})
	w.call("challenge, joining", w.buyer, w.DM.PackChallenge(uint64(w.crowd)+1, [32]byte{}))
	w.call("respond", w.owner, w.DM.PackRespond(stream, 1, [32]byte{}))
	w.Skip(2 * day)
	w.call("rule", w.Arbiter, w.DM.PackRule(stream, 1, sellerAtFault, [32]byte{}))
	w.Call(0, w.DM.PackRedeem(stream, 1, w.Addr(2)))
	w.call("redeem", 0, w.DM.PackRedeem(stream, 1, w.Addr(3)))
}

// leave measures what ends things.
func (w *crowded) leave() {
	other, _ := w.List(w.owner, 10_001)
	first := w.buy(w.buyer, other)
	w.buy(2, other)
	w.settle(first, 2, 1)
	w.Call(w.buyer, w.DM.PackChallenge(first, [32]byte{}))
	w.call("challenge", 2, w.DM.PackChallenge(first+1, [32]byte{}))
	w.Skip(14 * day)
	w.call("expire", 0, w.DM.PackExpire(other))
	w.call("finish", 0, w.DM.PackFinish(first))
	w.call("close", w.owner, w.DM.PackClose(other))
	third, _ := w.List(w.owner, 10_002)
	w.call("retire", w.Admin, w.DM.PackRetire(third))
	w.Skip(21 * day)
	w.call("withdrawStake", w.owner, w.DM.PackWithdrawStake(other))
}

func (w *crowded) govern() {
	two := big.NewInt(2)
	w.call("registerOperator", w.owner, w.DM.PackRegisterOperator(w.Addr(w.buyer), w.Addr(w.owner), [32]byte{1}, "u", [32]byte{1}))
	w.call("setSigner", w.owner, w.DM.PackSetSigner(two, w.Addr(2)))
	w.call("setPayout", w.owner, w.DM.PackSetPayout(two, w.Addr(w.buyer)))
	w.call("setOperatorMetadata", w.owner, w.DM.PackSetOperatorMetadata(two, [32]byte{2}, "v", [32]byte{2}))
	w.call("verifyOperator", 0, w.DM.PackVerifyOperator(two, true, [32]byte{2}))
	w.call("transferAdmin", w.owner, w.DM.PackTransferAdmin(two, w.Addr(w.buyer)))
	w.call("acceptAdmin", w.buyer, w.DM.PackAcceptAdmin(two))
	w.call("pause", w.Guardian, w.DM.PackPause())
	w.call("transferOwnership", 0, w.DM.PackTransferOwnership(w.Addr(w.owner)))
	w.call("acceptOwnership", w.owner, w.DM.PackAcceptOwnership())
	w.call("renounceOwnership", w.owner, w.DM.PackRenounceOwnership())
}
