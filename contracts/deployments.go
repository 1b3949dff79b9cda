package contracts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strconv"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// Manifest is what a deployment's file says: enough to find the market, to build its
// code again and to compare. docs/contracts.md documents each key.
type Manifest struct {
	Schema int `json:"schema"` // 2
	Deployment
	CodeHash common.Hash `json:"code_hash"` // keccak256 of the market's runtime code on chain
	Config   Rules       `json:"config"`
	Compiler Compiler    `json:"compiler"`
}

// Rules are a market's constructor arguments. Amounts are wei in decimal, times are
// seconds.
type Rules struct {
	Token          common.Address `json:"token"`
	Owner          common.Address `json:"owner"`
	Platform       common.Address `json:"platform"`
	Guardian       common.Address `json:"guardian"`
	Arbiter        common.Address `json:"arbiter"`
	MinStake       string         `json:"min_stake"`
	Deposit        string         `json:"deposit"`
	Quorum         uint32         `json:"quorum"`
	TTL            uint64         `json:"ttl"`
	ReviewMin      uint64         `json:"review_min"`
	Review         uint64         `json:"review"`
	Notice         uint64         `json:"notice"`
	ClaimWindow    uint64         `json:"claim_window"`
	ChallengeAfter uint64         `json:"challenge_after"`
	MaxTerm        uint32         `json:"max_term"`
	PauseMax       uint64         `json:"pause_max"`
	PauseGap       uint64         `json:"pause_gap"`
}

// Compiler is how the code in this package was compiled.
type Compiler struct {
	Solc          string `json:"solc"`
	ViaIR         bool   `json:"via_ir"`
	OptimizerRuns int    `json:"optimizer_runs"`
	EVMVersion    string `json:"evm_version"`
	BytecodeHash  string `json:"bytecode_hash"`
	CBORMetadata  bool   `json:"cbor_metadata"`
}

// Built is how the code in this package was compiled; a test compares it with
// foundry.toml and package.json.
var Built = Compiler{Solc: "0.8.37", ViaIR: true, OptimizerRuns: 200, EVMVersion: "cancun", BytecodeHash: "none"}

// runtimeCode is a contract's deployed code but for its immutables, which stand at
// the same places as zeros. Places of one immutable are one slice.
type runtimeCode struct {
	length     int
	hash       string
	immutables [][]int
}

// Asker is what checking a deployment needs of a node.
type Asker interface {
	CodeAt(ctx context.Context, a common.Address, block *big.Int) ([]byte, error)
	CallContract(ctx context.Context, call ethereum.CallMsg, block *big.Int) ([]byte, error)
}

// ErrOtherCode says that an address holds other code than this package's market.
var ErrOtherCode = errors.New("not the market of this version: check the address and the chain, or use the version that deployed it")

// CheckCode compares runtime code with the market built from these sources. Immutables
// may differ, but each must be the same wherever it stands.
func CheckCode(code []byte) error { return check(code, runtimes["DataMarket"]) }

func check(code []byte, want runtimeCode) error {
	if len(code) == 0 {
		return fmt.Errorf("there is no code: %w", ErrOtherCode)
	}
	if len(code) != want.length {
		return fmt.Errorf("%d bytes of code, %d expected: %w", len(code), want.length, ErrOtherCode)
	}
	masked := bytes.Clone(code)
	for _, places := range want.immutables {
		first := code[places[0] : places[0]+32]
		for _, at := range places {
			if !bytes.Equal(code[at:at+32], first) {
				return fmt.Errorf("a constant differs from itself at byte %d: %w", at, ErrOtherCode)
			}
			clear(masked[at : at+32])
		}
	}
	if got := crypto.Keccak256Hash(masked); got != common.HexToHash(want.hash) {
		return fmt.Errorf("code hash %s, %s expected: %w", got, want.hash, ErrOtherCode)
	}
	return nil
}

// Describe asks a node about a deployment and checks that the code there is that of
// this package.
func Describe(ctx context.Context, node Asker, d Deployment) (Manifest, error) {
	code, err := node.CodeAt(ctx, d.Market, nil)
	if err != nil {
		return Manifest{}, fmt.Errorf("ask the code of %s: %w", d.Market, err)
	}
	if err := CheckCode(code); err != nil {
		return Manifest{}, fmt.Errorf("market %s: %w", d.Market, err)
	}
	dm := NewDataMarket()
	out, err := node.CallContract(ctx, ethereum.CallMsg{To: &d.Market, Data: dm.PackConfig()}, nil)
	if err != nil {
		return Manifest{}, fmt.Errorf("ask the rules of %s: %w", d.Market, err)
	}
	c, err := dm.UnpackConfig(out)
	if err != nil {
		return Manifest{}, fmt.Errorf("read the rules of %s: %w", d.Market, err)
	}
	return Manifest{
		Schema: 2, Deployment: d, CodeHash: crypto.Keccak256Hash(code), Compiler: Built,
		Config: Rules{
			Token: c.Token, Owner: c.Owner, Platform: c.Platform, Guardian: c.Guardian, Arbiter: c.Arbiter,
			MinStake: c.MinStake.String(), Deposit: c.Deposit.String(), Quorum: c.Quorum,
			TTL: c.Ttl.Uint64(), ReviewMin: c.ReviewMin.Uint64(), Review: c.Review.Uint64(), Notice: c.Notice.Uint64(),
			ClaimWindow: c.ClaimWindow.Uint64(), ChallengeAfter: c.ChallengeAfter.Uint64(), MaxTerm: c.MaxTerm,
			PauseMax: c.PauseMax.Uint64(), PauseGap: c.PauseGap.Uint64(),
		},
	}, nil
}

// WriteManifest writes a deployment's file into a folder, which it makes, and returns
// its name: <chain id>.json. A file of another market is not overwritten.
func WriteManifest(dir string, m Manifest) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the folder of deployments: %w", err)
	}
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return "", fmt.Errorf("write the deployment: %w", err)
	}
	name := filepath.Join(dir, strconv.FormatUint(m.ChainID, 10)+".json")
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("%s exists: move it away to record another market on that chain", name)
	}
	if err != nil {
		return "", fmt.Errorf("write the deployment: %w", err)
	}
	_, err = f.Write(append(b, '\n'))
	return name, errors.Join(err, f.Close())
}

// ReadManifest reads what WriteManifest wrote; unknown keys are refused.
func ReadManifest(name string) (m Manifest, err error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return m, fmt.Errorf("read the deployment: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, fmt.Errorf("read the deployment %s: %w", name, err)
	}
	if m.Schema != 2 {
		return m, fmt.Errorf("read the deployment %s: schema %d is not known here, only 2", name, m.Schema)
	}
	return m, nil
}
