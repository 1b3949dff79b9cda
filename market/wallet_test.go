package market_test

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts/contractstest"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// walletCode is a wallet that takes its owner's signatures: it recovers who signed the digest and
// answers as ERC-1271 has it.
func walletCode(owner common.Address) []byte {
	run := common.FromHex("600435600052" + "60a43560f81c602052" + "606435604052" + "608435606052" + "602060006080600060015afa" + "604435604114" + "16" +
		"60005173" + owner.Hex()[2:] + "1416" + "631626ba7e02" + "60e01b600052" + "60206000f3")
	return append([]byte{0x60, byte(len(run)), 0x80, 0x60, 0x0b, 0x60, 0, 0x39, 0x60, 0, 0xf3}, run...)
}

// R11: a wallet that is a contract, on a real chain.
func TestAWalletsContractIsAsked(t *testing.T) {
	y := contractstest.New(t, 2, false)
	ctx := t.Context()
	wallet := y.Send(3, nil, walletCode(y.Addr(2))).ContractAddress
	digest := crypto.Keccak256Hash([]byte("sign in"))
	sign := func(key int) []byte {
		sig, err := crypto.Sign(digest[:], y.Keys[key])
		if err != nil {
			t.Fatal(err)
		}
		sig[64] += 27
		return sig
	}
	nodes, err := node.New(node.Config{URLs: []string{y.URL()}, Contract: y.D.Market, Timeout: time.Minute, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer nodes.Close()
	r := market.NewReader(nodes, y.D.Market)
	for name, c := range map[string]struct {
		at   common.Address
		sig  []byte
		want bool
	}{
		"its owner's":                 {wallet, sign(2), true},
		"another's":                   {wallet, sign(3), false},
		"its owner's, one byte short": {wallet, sign(2)[:64], false},
		"nothing":                     {wallet, nil, false},
		"a long one":                  {wallet, bytes.Repeat(sign(2), 100), false},
		"an account without code":     {y.Addr(2), sign(2), false},
		"a contract that reverts":     {y.D.Market, sign(2), false},
	} {
		if ok, err := r.Accepts(ctx, c.at, digest, c.sig); err != nil || ok != c.want {
			t.Errorf("%s: %t %v", name, ok, err)
		}
	}
}
