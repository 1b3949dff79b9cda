package app

import (
	"math/big"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
)

// M12: a condition stands as long as its fault does, one for each, and low ether comes
// with address and need.
func TestConditionsOfSettlementNameAddressAndNeed(t *testing.T) {
	key := common.Address{0xa1}
	ether := func(n int64) *big.Int { return new(big.Int).Mul(big.NewInt(n), big.NewInt(1_000_000_000_000_000)) }
	for _, c := range []struct {
		s    settlement.Status
		want []string
	}{
		{settlement.Status{Balance: ether(5), Need: ether(4)}, nil},
		{settlement.Status{Balance: ether(1), Need: ether(4)}, []string{"low_gas/" + key.Hex() + ": send about 0.003 ether to " + key.Hex()}},
		{settlement.Status{Balance: ether(1), Need: ether(4), Faults: []settlement.Fault{{Code: settlement.FaultEther, Text: "send about 0.002 ether to " + key.Hex()}}},
			[]string{"low_gas/" + key.Hex() + ": send about 0.002 ether to " + key.Hex()}},
		{settlement.Status{Balance: ether(5), Need: ether(4), Faults: []settlement.Fault{{Code: settlement.FaultSigner, Text: "another key"}, {Code: settlement.FaultNode, Text: "no answer"}}},
			[]string{"settlement_failing/signer: another key", "settlement_failing/node: no answer"}},
	} {
		c.s.Signer = key
		got := settlementConditions(c.s)
		if len(got) != len(c.want) {
			t.Errorf("%+v, want %q", got, c.want)
			continue
		}
		for i, want := range c.want {
			name, text, _ := strings.Cut(want, ": ")
			if got[i].Code+"/"+got[i].Subject != name || !strings.Contains(got[i].Text, text) {
				t.Errorf("%+v, want %q", got[i], want)
			}
		}
	}
}
