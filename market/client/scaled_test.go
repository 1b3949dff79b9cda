package client

import (
	"testing"

	"github.com/databrokerdao/dbdao-bridge/contracts"
)

// A market paid in a token of 6 decimals asks for 100 tokens, not for 100 million million.
func TestTheRulesOfAnotherTokenAreTheSameNumberOfTokens(t *testing.T) {
	for places, want := range map[int][2]string{
		18: {"100000000000000000000", "10000000000000000000"}, 8: {"10000000000", "1000000000"}, 6: {"100000000", "10000000"},
	} {
		r := scaled(contracts.MainnetRules(), places)
		if r.MinStake.String() != want[0] || r.Deposit.String() != want[1] {
			t.Errorf("%d decimals: stake %s, deposit %s, want %v", places, r.MinStake, r.Deposit, want)
		}
	}
}
