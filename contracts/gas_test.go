package contracts_test

import (
	"encoding/json"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/contracts/contractstest"
)

var update = flag.Bool("update", false, "rewrite gas.json")

// figures are the gas of whole transactions.
type figures struct {
	List         uint64 `json:"list"`
	Buy          uint64 `json:"buy_steady"`
	SettleOne    uint64 `json:"settle_per_claim_of_100_one_owner"`
	SettleOwners uint64 `json:"settle_per_claim_of_100_owners"`
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
	for i := range 98 {
		_ = i
		y.Buy(buyer, stream)
	}
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
