package catalogue

import (
	"math/big"
	"os"
	"regexp"
	"strconv"
	"testing"
)

// The page that tells owners how streams are ordered gives scores: they are those the program gives,
// and those of the formula, worked out here in another way.
func TestThePageOfOffersTellsTheRankAsItIs(t *testing.T) {
	page, err := os.ReadFile("../../docs/offers.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$`).FindAllSubmatch(page, -1)
	for _, r := range rows {
		var n [4]int
		for i := range n {
			if n[i], err = strconv.Atoi(string(r[i+1])); err != nil {
				t.Fatal(err)
			}
		}
		wei := new(big.Int).Mul(big.NewInt(int64(n[0])), big.NewInt(1e18))
		if got := Ranked(wei, 18, true, n[1], n[2]).Score; got != uint32(n[3]) {
			t.Errorf("%s: the score is %d", r[0], got)
		}
	}
	if len(rows) < 6 || !regexp.MustCompile(`log₂\(1 \+ stake in DTX\) ÷ \(\(1 \+ seller faults\) × √\(1 \+ operator faults\)\) × 10⁶`).Match(page) {
		t.Errorf("only %d rows and no formula", len(rows))
	}
}
