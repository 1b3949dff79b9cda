package contracts_test

import (
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/contracts/contractstest"
	"github.com/ethereum/go-ethereum/common"
)

// Every row of the attack list in docs/contracts.md has a test that carries its
// number, in Solidity or in Go, and no test carries a number the list does not have.
func TestEveryAttackHasATestAndEveryTestAnAttack(t *testing.T) {
	read := func(name string) []byte {
		t.Helper()
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	find := func(pattern string, text []byte) (all []string) {
		for _, m := range regexp.MustCompile(pattern).FindAllSubmatch(text, -1) {
			all = append(all, string(m[1]))
		}
		return all
	}
	sorted := func(all []string) []string {
		slices.Sort(all)
		return slices.Compact(all)
	}
	listed := find(`(?m)^\| A-(\d\d) \|`, read("../docs/contracts.md"))
	if len(listed) != 31 {
		t.Errorf("the list has %d rows", len(listed))
	}
	tested := find(`function test_A(\d\d)_`, slices.Concat(read("test/Attacks.t.sol"), read("test/Economics.t.sol")))
	elsewhere, err := filepath.Glob("../*/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range elsewhere {
		tested = append(tested, find(`func TestA(\d\d)_`, read(f))...)
	}
	if listed, tested := sorted(listed), sorted(tested); !slices.Equal(listed, tested) {
		t.Errorf("listed %v\ntested %v", listed, tested)
	}
	// A-16 and after are rules of this edition: each has a planted bug that brings back
	// the rule before, so that its test is known to fail without it.
	planted := sorted(find(`(?m)^mutate 'A-(\d\d): `, read("mutants.sh")))
	if want := sorted(listed)[15:]; !slices.Equal(planted, want) {
		t.Errorf("bugs are planted for %v, not for %v", planted, want)
	}
}

// Every way to refuse is seen by a test.
func TestEveryErrorHasATest(t *testing.T) {
	errors, err := os.ReadFile("src/libraries/Errors.sol")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("test/*.t.sol")
	if err != nil {
		t.Fatal(err)
	}
	var tests []byte
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		tests = append(tests, b...)
	}
	names := regexp.MustCompile(`(?m)^    error (\w+)\(`).FindAllSubmatch(errors, -1)
	if len(names) < 40 {
		t.Fatalf("only %d errors were found", len(names))
	}
	for _, m := range names {
		if !regexp.MustCompile(`Errors\.` + string(m[1]) + `\.selector`).Match(tests) {
			t.Errorf("no test of %s", m[1])
		}
	}
}

// The nine faults of the contracts of 2018 each have a test named after them.
func TestEveryFaultOf2018HasARegressionTest(t *testing.T) {
	b, err := os.ReadFile("test/Regressions.t.sol")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"platformCutComputesToZero", "endTimeZeroBuysForEver", "anyoneRewritesAPurchase", "anyoneRewritesAListingsPrice",
		"upheldChallengersLoseDepositsAndTheStakeIsStranded", "unlistWhileChallenged", "unlistTwicePaysTwice",
		"aFakeListingDrainsTheRegistry", "rulingLoopsOverChallengesUntilOutOfGas", "thePlatformCannotWithdraw",
	} {
		if !regexp.MustCompile(`function test_2018_` + name + `\(\)`).Match(b) {
			t.Errorf("no test of %s", name)
		}
	}
}

// Whoever buys for another is named by the event: what a stranger buys is a gift.
func TestAPurchaseNamesWhoPaid(t *testing.T) {
	y := contractstest.New(t, 5, false)
	stream, _ := y.List(2, 1)
	payer := func(who int, beneficiary common.Address) (buyer, payer common.Address) {
		t.Helper()
		for _, l := range y.Call(who, y.DM.PackBuy(stream, 86_400, big.NewInt(1000), 60, y.Terms, beneficiary, [32]byte{})).Logs {
			if e, err := y.DM.UnpackPurchasedEvent(l); err == nil {
				return e.Buyer, e.Payer
			}
		}
		t.Fatal("nothing was bought")
		return
	}
	if b, p := payer(3, common.Address{}); b != y.Addr(3) || p != y.Addr(3) {
		t.Errorf("for himself: %s, paid by %s", b, p)
	}
	if b, p := payer(3, y.Addr(4)); b != y.Addr(4) || p != y.Addr(3) {
		t.Errorf("for another: %s, paid by %s", b, p)
	}
}
