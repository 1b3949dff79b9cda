package setup

import (
	"context"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/scenario"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// chain has a contract from a block on, and states from another on.
type chain struct{ head, deployed, oldest, asked uint64 }

func (c *chain) HeaderByNumber(context.Context, *big.Int) (*types.Header, error) {
	return &types.Header{Number: new(big.Int).SetUint64(c.head)}, nil
}

func (c *chain) CodeAt(_ context.Context, _ common.Address, block *big.Int) ([]byte, error) {
	c.asked++
	if block.Uint64() < c.oldest {
		return nil, errors.New("missing trie node")
	}
	if block.Uint64() >= c.deployed {
		return []byte{1}, nil
	}
	return nil, nil
}

func TestTheBlockOfADeploymentIsFound(t *testing.T) {
	for head := uint64(1); head < 40; head++ {
		for deployed := uint64(1); deployed <= head; deployed++ {
			c := &chain{head: head, deployed: deployed}
			if got, err := StartBlock(t.Context(), c, common.Address{1}); err != nil || got != deployed {
				t.Fatalf("of %d blocks, deployed in %d: %d %v", head, deployed, got, err)
			}
		}
	}
	c := &chain{head: 20_000_000, deployed: 12_345_678}
	if got, err := StartBlock(t.Context(), c, common.Address{1}); err != nil || got != c.deployed || c.asked > 25 {
		t.Errorf("%d %v, %d questions", got, err, c.asked)
	}
	c = &chain{head: 20_000_000, deployed: 12_345_678, oldest: 19_999_872}
	if got, err := StartBlock(t.Context(), c, common.Address{1}); !errors.Is(err, ErrNoHistory) {
		t.Errorf("%d %v of a node without history", got, err)
	}
}

type operators []common.Address

func (o operators) OperatorCount(context.Context) (uint64, error) { return uint64(len(o)), nil }
func (o operators) Operator(_ context.Context, id market.OperatorID) (contracts.Operator, error) {
	return contracts.Operator{Signer: o[id-1]}, nil
}

func TestWhoIsRegisteredAlreadyIsFoundNewestFirst(t *testing.T) {
	all := operators{{1}, {2}, {1}, {3}}
	for signer, want := range map[common.Address]market.OperatorID{{1}: 3, {2}: 2, {3}: 4, {9}: 0} {
		if got, err := Registered(t.Context(), all, signer); err != nil || got != want {
			t.Errorf("%s: operator %d, want %d (%v)", signer, got, want, err)
		}
	}
}

func TestTheRehearsalIsAScenario(t *testing.T) {
	s, err := scenario.Parse([]byte(Rehearsal(config.Source{URL: `tcp://h:1883`, Username: `a "b"`, PasswordFile: "/etc/x"})))
	if err != nil {
		t.Fatal(err)
	}
	if o := s.Outputs[0]; o.URL != "tcp://h:1883" || o.Username != `a "b"` || o.PasswordFile != "/etc/x" {
		t.Errorf("%+v", o)
	}
}

func TestAFileIsReplacedWholeAndKeepsItsMode(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.toml")
	if err := Save(file, "a"); err != nil {
		t.Fatal(err)
	}
	if s, err := os.Stat(file); err != nil || s.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", s.Mode(), err)
	}
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := Save(file, "b"); err != nil {
		t.Fatal(err)
	}
	s, err := os.Stat(file)
	text, _ := os.ReadFile(file)
	if err != nil || s.Mode().Perm() != 0o640 || string(text) != "b" {
		t.Errorf("%v %q %v", s.Mode(), text, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".new-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}
