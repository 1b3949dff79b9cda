package settlement

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/contracts/contractstest"
	ethnode "github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// hot is a market in use, and somebody who has taken the operator's hot key.
type hot struct {
	*contractstest.Yard
	t    *testing.T
	cold common.Address // payout
}

const thief = 1

// holdings are everybody's tokens and credits, by name.
type holdings map[string]*big.Int

func (h *hot) people() map[string]common.Address {
	return map[string]common.Address{"platform": h.Addr(0), "owner": h.Addr(2), "buyer": h.Addr(3), "admin": h.Addr(h.Admin), "guardian": h.Addr(h.Guardian),
		"arbiter": h.Addr(h.Arbiter), "payout": h.cold, "the hot key": h.Addr(thief)}
}

func (h *hot) ask(to common.Address, data []byte) []byte {
	h.t.Helper()
	out, err := h.Client.CallContract(context.Background(), ethereum.CallMsg{To: &to, Data: data}, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

func (h *hot) holdings() holdings {
	h.t.Helper()
	all := holdings{}
	for who, a := range h.people() {
		all[who+"'s tokens"] = new(big.Int).SetBytes(h.ask(h.D.Token, contracts.NewDTX().PackBalanceOf(a)))
		all[who+"'s credit"] = new(big.Int).SetBytes(h.ask(h.D.Market, h.DM.PackCredit(a)))
		ether, err := h.Client.BalanceAt(context.Background(), a, nil)
		if err != nil {
			h.t.Fatal(err)
		}
		if who != "the hot key" {
			all[who+"'s ether"] = ether
		}
	}
	return all
}

// roles are who is who, what is staked and what is for sale: as the contract returns it.
func (h *hot) roles() string {
	h.t.Helper()
	var all []string
	for _, data := range [][]byte{h.DM.PackGetOperator(big.NewInt(1)), h.DM.PackConfig(), h.DM.PackPendingOwner(), h.DM.PackPausedUntil(), h.DM.PackGetStream(1), h.DM.PackGetStream(2)} {
		all = append(all, common.Bytes2Hex(h.ask(h.D.Market, data)))
	}
	return strings.Join(all, " ")
}

// changed lists what differs, with the difference.
func (before holdings) changed(after holdings) map[string]int64 {
	all := map[string]int64{}
	for what, n := range after {
		if d := new(big.Int).Sub(n, before[what]); d.Sign() != 0 {
			all[what] = d.Div(d, contracts.Pow10(12)).Int64() // 10⁻⁶ DTX
		}
	}
	return all
}

// N6: whoever takes the key on the server calls every function of the market with it. None
// moves tokens, stake, payout or roles, but to whom they are due; and of ether it spends
// what gas costs. The list is that of the ABI: a new function without a row fails.
func TestTheHotKeyMovesNothingButWhatIsDue(t *testing.T) {
	h := &hot{contractstest.New(t, 2, false), t, common.Address{0xc0, 1}}
	h.Call(h.Admin, h.DM.PackSetPayout(big.NewInt(1), h.cold))
	first, _ := h.List(2, 1)
	h.Buy(3, first) // 1: is over, its window closed
	h.Skip(9 * 24 * time.Hour)
	second, _ := h.List(2, 2)
	h.Buy(3, second) // 2: runs
	h.Skip(5 * time.Minute)
	h.Call(2, h.DM.PackClose(first))
	one, me := big.NewInt(1), h.Addr(thief)
	much := []contracts.Claim{{Purchase: 2, Delivered: 1_000_000, Last: true}} // of 1,440; six minutes have begun
	signed, err := Sign(h.ID, h.D.Market, 1, []Claim{{Purchase: 2, Delivered: 1_000_000, Last: true}}, h.Now()+86_400, NewKey(h.Keys[thief]))
	if err != nil {
		t.Fatal(err)
	}
	tried := map[string]bool{}
	for _, row := range []struct {
		name    string
		data    []byte
		refused string           // part of the error's name; "": it is taken
		moves   map[string]int64 // 10⁻⁶ DTX
	}{
		{name: "settle", data: h.DM.PackSettle(one, much, [32]byte{}), moves: map[string]int64{"owner's credit": 4_800, "payout's credit": 600, "platform's credit": 600}},
		{name: "settleSigned", data: signed.Call(1)}, // the same again pays nothing
		{name: "withdraw", data: h.DM.PackWithdraw(h.Addr(2)), moves: map[string]int64{"owner's credit": -4_800, "owner's tokens": 4_800}},
		{name: "finish", data: h.DM.PackFinish(1), moves: map[string]int64{"buyer's credit": 1_440_000}},
		{name: "registerOperator", data: h.DM.PackRegisterOperator(h.Addr(2), me, [32]byte{}, "", [32]byte{})}, // one of his own
		{name: "usePermit", data: h.DM.PackUsePermit(contracts.Permit{Value: big.NewInt(1), Deadline: new(big.Int).SetUint64(h.Now() + 100), V: 27})},

		{name: "acceptAdmin", data: h.DM.PackAcceptAdmin(one), refused: "NotPending"},
		{name: "acceptOwnership", data: h.DM.PackAcceptOwnership(), refused: "UnauthorizedAccount"},
		{name: "addStake", data: h.DM.PackAddStake(second, one), refused: "NotOwner"},
		{name: "allow", data: h.DM.PackAllow(second, []common.Address{me}, true), refused: "NotOwner"},
		{name: "buy", data: h.Buying(second), refused: "InsufficientAllowance"},
		{name: "cancel", data: h.DM.PackCancel(2), refused: "NotBuyer"},
		{name: "challenge", data: h.DM.PackChallenge(2, [32]byte{1}), refused: "NotBuyer"},
		{name: "close", data: h.DM.PackClose(second), refused: "NotOwner"},
		{name: "expire", data: h.DM.PackExpire(second), refused: "TooEarly"},
		{name: "extend", data: h.DM.PackExtend(2, new(big.Int).SetUint64(h.Now()+172_800), h.Terms), refused: "NotBuyer"},
		{name: "list", data: h.Listing(thief, 3), refused: "InsufficientAllowance"},
		{name: "multicall", data: h.DM.PackMulticall([][]byte{h.DM.PackSettle(one, much, [32]byte{}), h.DM.PackSetPayout(one, me)}), refused: "NotAdmin"},
		{name: "pause", data: h.DM.PackPause(), refused: "NotGuardian"},
		{name: "redeem", data: h.DM.PackRedeem(second, 1, me), refused: "NothingToRedeem"},
		{name: "renounceOwnership", data: h.DM.PackRenounceOwnership(), refused: "UnauthorizedAccount"},
		{name: "respond", data: h.DM.PackRespond(second, 1, [32]byte{1}), refused: "NotAdmin"},
		{name: "retire", data: h.DM.PackRetire(second), refused: "NotAdmin"},
		{name: "rule", data: h.DM.PackRule(second, 1, 2, [32]byte{1}), refused: "NotArbiter"},
		{name: "setOperatorMetadata", data: h.DM.PackSetOperatorMetadata(one, [32]byte{1}, "https://thief.example", [32]byte{1}), refused: "NotAdmin"},
		{name: "setPayout", data: h.DM.PackSetPayout(one, me), refused: "NotAdmin"},
		{name: "setPrice", data: h.DM.PackSetPrice(second, big.NewInt(10), 60), refused: "NotOwner"},
		{name: "setRestricted", data: h.DM.PackSetRestricted(second, true), refused: "NotOwner"},
		{name: "setSigner", data: h.DM.PackSetSigner(one, h.Addr(2)), refused: "NotAdmin"},
		{name: "setTerms", data: h.DM.PackSetTerms(second, [32]byte{9}), refused: "NotOwner"},
		{name: "transferAdmin", data: h.DM.PackTransferAdmin(one, me), refused: "NotAdmin"},
		{name: "transferOwnership", data: h.DM.PackTransferOwnership(me), refused: "UnauthorizedAccount"},
		{name: "verifyOperator", data: h.DM.PackVerifyOperator(one, true, [32]byte{}), refused: "UnauthorizedAccount"},
		{name: "withdrawStake", data: h.DM.PackWithdrawStake(first), refused: "NotOwner"},
	} {
		h.row(row.name, row.data, row.refused, row.moves)
		tried[row.name] = true
	}
	for name, m := range h.DM.GetABI().Methods {
		switch {
		case m.IsConstant():
		case !tried[name]:
			t.Errorf("%s has no row: what can the hot key do with it?", name)
		case m.IsPayable():
			t.Errorf("%s takes ether", name)
		}
	}
}

func (h *hot) row(name string, data []byte, refused string, moves map[string]int64) {
	t := h.t
	t.Helper()
	m, known := h.DM.GetABI().Methods[name]
	if !known || string(m.ID) != string(data[:4]) {
		t.Fatalf("the market has no %s, or the row calls another", name)
	}
	before, roles := h.holdings(), h.roles()
	if refused != "" {
		_, err := h.Client.CallContract(context.Background(), ethereum.CallMsg{From: h.Addr(thief), To: &h.D.Market, Data: data}, nil)
		if reason := h.reason(err); !strings.Contains(reason, refused) {
			t.Errorf("%s: %s, want one that contains %q", name, reason, refused)
		}
	}
	ether := h.ether()
	r := h.Mine([]common.Hash{h.Queue(thief, 0, &h.D.Market, data)})[0]
	if (r.Status == types.ReceiptStatusSuccessful) != (refused == "") {
		t.Errorf("%s: status %d, want it refused: %t", name, r.Status, refused != "")
	}
	gas := new(big.Int).Mul(new(big.Int).SetUint64(r.GasUsed), r.EffectiveGasPrice)
	if spent := new(big.Int).Sub(ether, h.ether()); spent.Cmp(gas) != 0 {
		t.Errorf("%s: %s wei of ether are gone, gas cost %s", name, spent, gas)
	}
	if h.roles() != roles {
		t.Errorf("%s changed who is who, a stake or an offer", name)
	}
	if got := before.changed(h.holdings()); !maps.Equal(got, moves) {
		t.Errorf("%s moved %v, want %v", name, got, moves)
	}
}

func (h *hot) ether() *big.Int {
	h.t.Helper()
	n, err := h.Client.BalanceAt(context.Background(), h.Addr(thief), nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// reason names the error of a call, of the market or of its token.
func (h *hot) reason(err error) string {
	if err == nil {
		return "it is taken"
	}
	data, ok := ethnode.RevertData(err)
	if !ok {
		return err.Error()
	}
	if e, err := h.DM.UnpackError(data); err == nil {
		return fmt.Sprintf("%T", e)
	}
	if e, err := contracts.NewDTX().UnpackError(data); err == nil {
		return fmt.Sprintf("%T", e)
	}
	return err.Error()
}
