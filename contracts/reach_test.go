package contracts_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/contracts"
)

// The list of functions the fuzzing handler must reach is that of the ABI: a new
// function that can change the state cannot be forgotten.
func TestHandlerMustReachEveryFunctionThatChangesState(t *testing.T) {
	abi, err := contracts.DataMarketMetaData.ParseABI()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range abi.Methods {
		if !m.IsConstant() {
			want = append(want, m.Name)
		}
	}
	slices.Sort(want)

	handler, err := os.ReadFile("test/Handler.sol")
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile(`(?s)function wanted\(\).*?\[(.*?)\];`).FindSubmatch(handler)
	if list == nil {
		t.Fatal("the handler has no list")
	}
	var have []string
	for _, m := range regexp.MustCompile(`"([a-z]\w+)"`).FindAllSubmatch(list[1], -1) {
		have = append(have, string(m[1]))
	}
	slices.Sort(have)
	if !slices.Equal(have, want) {
		t.Errorf("the handler's list %v\nis not that of the ABI %v", have, want)
	}
}
