package app

import (
	"context"
	"errors"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/bridge/meter"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/contracts/contractstest"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// begins does what Run does with the state in a folder, and stops.
func begins(t *testing.T, y *contractstest.Yard, chain market.Chain, dir string, again bool) (*parts, error) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	cfg := config.Config{DataDir: dir}
	cfg.Operator.ID, cfg.Chain.Market = 1, y.D.Market.Hex()
	log := slog.New(slog.DiscardHandler)
	p := &parts{cfg: cfg, again: again, log: log, meter: meter.New(), health: health.New(log), key: settlement.NewKey(y.Keys[1]), chainID: y.ID.Uint64(), reader: market.NewReader(chain, y.D.Market)}
	defer func() {
		if p.ledger != nil {
			_ = p.ledger.Close()
		}
	}()
	for _, step := range []func(context.Context) error{p.findState, p.openLedger, p.markBegun} {
		if err := step(t.Context()); err != nil {
			return p, err
		}
	}
	return p, nil
}

func files(t *testing.T, dir string) string {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, one := range all {
		names = append(names, one.Name())
	}
	return strings.Join(names, " ")
}

// silentNodes answer nothing.
type silentNodes struct{}

func (silentNodes) CallContract(context.Context, ethereum.CallMsg, *big.Int) ([]byte, error) {
	return nil, errors.New("no node answers")
}
func (silentNodes) FilterLogs(context.Context, ethereum.FilterQuery) ([]types.Log, error) {
	return nil, errors.New("no node answers")
}

// R3: keys and ledger that were deleted were made again without a word.
func TestMissingStateIsNoFirstStart(t *testing.T) {
	y := contractstest.New(t, 2, false)
	if _, err := begins(t, y, silentNodes{}, filepath.Join(t.TempDir(), "d"), false); !errors.Is(err, ErrFirstStart) {
		t.Errorf("nobody tells whether it is the first start: %v", err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	first, err := begins(t, y, y.Client, dir, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{SigningKey, routeKey, begunFile, ledgerFile} {
		if st, err := os.Stat(filepath.Join(dir, name)); err != nil || st.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v %v", name, st, err)
		}
	}
	if again, err := begins(t, y, silentNodes{}, dir, false); err != nil || again.publicKey() != first.publicKey() {
		t.Errorf("the second start: %v", err)
	}
	if _, err := begins(t, y, y.Client, dir, true); !errors.Is(err, ErrNothingMissing) {
		t.Errorf("nothing is missing, and it begins again: %v", err)
	}
	// without takes a copy of the folder and deletes from it.
	without := func(names ...string) string {
		d := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(d, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		for name := range strings.FieldsSeq(files(t, d)) {
			if err := os.Chmod(filepath.Join(d, name), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range names {
			if err := os.Remove(filepath.Join(d, name)); err != nil {
				t.Fatal(err)
			}
		}
		return d
	}
	for name, gone := range map[string][]string{
		"the signing key": {SigningKey}, "the route key": {routeKey}, "the ledger": {ledgerFile}, "both keys": {SigningKey, routeKey},
		"all but the marker": {SigningKey, routeKey, ledgerFile}, "the marker and a key": {begunFile, SigningKey},
	} {
		d := without(gone...)
		before := files(t, d)
		_, err := begins(t, y, y.Client, d, false)
		if !errors.Is(err, ErrStateMissing) || !strings.Contains(err.Error(), "--begin-again") || !strings.Contains(err.Error(), "restore") {
			t.Errorf("without %s: %v", name, err)
		}
		if now := files(t, d); now != before {
			t.Errorf("without %s: there were %s, and are %s", name, before, now)
		}
		_, err = begins(t, y, y.Client, d, true)
		if stuck := name == "the route key" || name == "both keys"; (err != nil) != stuck { // the ledger would not open with another
			t.Errorf("without %s, told to begin again: %v", name, err)
		}
	}
	if _, err := begins(t, y, y.Client, without(begunFile), false); err != nil {
		t.Errorf("a restored folder, without the marker: %v", err)
	}
	for _, name := range []string{SigningKey, routeKey} {
		d := without(name)
		if _, err := ownKey(filepath.Join(d, name), 32); err != nil {
			t.Fatal(err)
		}
		if _, err := begins(t, y, y.Client, d, false); !errors.Is(err, ErrStateMissing) || !strings.Contains(err.Error(), "another key") {
			t.Errorf("another %s: %v", name, err)
		}
	}
}

// When all of data_dir is gone, the chain knows: the published key, and the streams.
func TestTheChainKnowsThatABridgeHasLived(t *testing.T) {
	y := contractstest.New(t, 2, false)
	dir := filepath.Join(t.TempDir(), "data")
	p, err := begins(t, y, y.Client, dir, false)
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, SigningKey)
	hash := common.HexToHash("0x01")
	y.Call(y.Admin, y.DM.PackSetOperatorMetadata(big.NewInt(1), hash, "", [32]byte{}))
	refused := func(name, dir, says string) {
		t.Helper()
		if _, err := begins(t, y, y.Client, dir, false); !errors.Is(err, ErrStateMissing) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(files(t, dir), ledgerFile) {
			t.Errorf("%s: a ledger was made", name)
		}
	}
	refused("an empty folder, a published key", filepath.Join(t.TempDir(), "d"), "stands on chain")
	other := t.TempDir()
	if _, err := copyFile(key, filepath.Join(other, SigningKey)); err != nil {
		t.Fatal(err)
	}
	refused("another key than the published one", other, "another signing key stands on chain")
	p.lookAtKey(hash)
	if all := p.health.List(); len(all) != 1 || all[0].Code != "key_differs" {
		t.Errorf("a running bridge whose key is not the published one has %v", all)
	}
	p.lookAtKey(common.Hash{})
	if len(p.health.List()) != 0 {
		t.Error("it does not clear")
	}

	y = contractstest.New(t, 2, false)
	y.Terms = common.Hash{}
	y.List(deskOwner, 1)
	refused("an empty folder, a listed stream", filepath.Join(t.TempDir(), "d"), "1 streams are listed on chain")
	refused("an empty folder but for the key", other, "1 streams are listed on chain")
	if _, err := begins(t, y, y.Client, other, true); err != nil {
		t.Errorf("told to begin again: %v", err)
	}
}
