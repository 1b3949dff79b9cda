package ledger_test

import (
	"path/filepath"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// With chain.chain_id = 0 and no node that answers, the bridge starts on what this tells.
func TestALedgerTellsItsChainBeforeItIsOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	if _, _, known, err := ledger.Pinned(path); known || err != nil {
		t.Errorf("no file yet: %v %v", known, err)
	}
	o := ledgertest.Options()
	l, err := ledger.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	ok(t, l.PinGenesis(common.Hash{9}))
	if _, known, err := l.Rules(); known || err != nil {
		t.Errorf("nobody has told the market's rules: %t %v", known, err)
	}
	rules := market.Rules{ClaimWindow: 7 * 86_400, Decimals: 6}
	ok(t, l.PinRules(rules))
	if _, _, _, err := ledger.Pinned(path); err == nil {
		t.Error("a ledger in use was read")
	}
	ok(t, l.Close())
	place, genesis, known, err := ledger.Pinned(path)
	if err != nil || !known || place != o.Place || genesis != (common.Hash{9}) {
		t.Errorf("%+v %s %v %v", place, genesis, known, err)
	}
	l = ledgertest.Open(t, path, o)
	if got, known, err := l.Rules(); err != nil || !known || got != rules {
		t.Errorf("%+v %t %v", got, known, err)
	}
}
