package client

import (
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
)

// Errors no command can provoke: libraries' own, and what the DTX says of permits and
// zero addresses.
var unmet = []string{
	"AddressEmptyCode", "FailedCall", "InvalidShortString", "StringTooLong", "OwnableInvalidOwner", "ReentrancyGuardReentrantCall",
	"ECDSAInvalidSignature", "ECDSAInvalidSignatureLength", "ECDSAInvalidSignatureS", "ERC20InvalidApprover", "ERC20InvalidReceiver",
	"ERC20InvalidSender", "ERC20InvalidSpender", "ERC2612ExpiredSignature", "ERC2612InvalidSigner", "InvalidAccountNonce",
}

func TestEveryRefusalOfTheContractIsASentence(t *testing.T) {
	dm, dtx := contracts.NewDataMarket(), contracts.NewDTX()
	for _, c := range []struct {
		abi    abi.ABI
		unpack func([]byte) (any, error)
	}{{dm.GetABI(), dm.UnpackError}, {dtx.GetABI(), dtx.UnpackError}} {
		for name, e := range c.abi.Errors {
			var args []any
			for _, in := range e.Inputs { // any values of the right types
				v := reflect.New(in.Type.GetType()).Elem()
				if v.Type() == reflect.TypeFor[*big.Int]() {
					v.Set(reflect.ValueOf(big.NewInt(1_800_000_000)))
				}
				args = append(args, v.Interface())
			}
			packed, err := e.Inputs.Pack(args...)
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.unpack(append(e.ID.Bytes()[:4], packed...))
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			said := Sentence(got, 18)
			if known := said != nameless(got); known == slices.Contains(unmet, name) {
				t.Errorf("%s: %q (a sentence: %v)", name, said, known)
			}
			if strings.Contains(said, "%!") {
				t.Errorf("%s: %q", name, said)
			}
		}
	}
}

func TestSentencesGiveTimesInRFC3339AndAmountsInDTX(t *testing.T) {
	unix := big.NewInt(1_800_000_000)
	for _, c := range []struct {
		e    any
		want []string
	}{
		{&contracts.DataMarketStreamsStakeBound{From: unix, Actual: unix}, []string{"2027-01-15T08:00:00Z"}},
		{&contracts.DataMarketChallengesTwice{Round: 1, Had: big.NewInt(1000), Actual: big.NewInt(500)}, []string{"round 1 already", "0.001 DTX", "0.0005 DTX"}},
		{&contracts.DataMarketStreamsStakeTooSmall{Expected: contracts.DTXWei(100), Actual: contracts.DTXWei(5)}, []string{"5 DTX", "at least 100 DTX"}},
		{&contracts.DataMarketStreamsBadPrice{MultipleOf: big.NewInt(10), Actual: big.NewInt(15)}, []string{"0.000015 DTX", "0.00001 DTX"}},
		{&contracts.DataMarketChallengesBadState{Expected: 2, Actual: 5}, []string{"is rejected", "must be review"}},
		{&contracts.DataMarketStreamsBadState{Expected: 1, Actual: 4}, []string{"slashed", "purchase finish"}},
		{&contracts.DataMarketChallengesNotArbiter{Expected: common.HexToAddress("0x01")}, []string{"arbiter 0x0000000000000000000000000000000000000001"}},
		{&contracts.DataMarketPurchasesBadDuration{Most: big.NewInt(3600), Actual: big.NewInt(5)}, []string{"5s", "1h"}},
	} {
		for _, want := range c.want {
			if got := Sentence(c.e, 18); !strings.Contains(got, want) {
				t.Errorf("%q does not say %q", got, want)
			}
		}
	}
}

// AUDIT, first edition: a token of other decimals was priced wrong.
func TestAmountsFollowTheTokensDecimals(t *testing.T) {
	c := &Client{Places: 6}
	if got := c.Price(1000); got.String() != "0.001 DTX" || got.Wei.Int64() != 1000 {
		t.Errorf("a price of 1000 is %s, %s wei", got, got.Wei)
	}
	if got := Sentence(&contracts.DataMarketMarketPulledLess{Expected: big.NewInt(1_500_000), Actual: big.NewInt(1)}, 6); !strings.Contains(got, "0.000001 DTX instead of 1.5 DTX") {
		t.Error(got)
	}
}
