package contracts_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
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
	if len(listed) != 15 {
		t.Errorf("the list has %d rows", len(listed))
	}
	tested := find(`function test_A(\d\d)_`, read("test/Attacks.t.sol"))
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
