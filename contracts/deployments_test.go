package contracts_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/contracts/contractstest"
	"github.com/google/go-cmp/cmp"
)

func TestDeploymentIsWrittenCheckedAndReadAgain(t *testing.T) {
	y := contractstest.New(t, 0, false)
	d := y.D
	d.ChainID, d.Block = y.ID.Uint64(), 7
	m, err := contracts.Describe(context.Background(), y.Client, d)
	if err != nil {
		t.Fatal(err)
	}
	if m.Config.Token != y.D.Token || m.Config.MinStake != "100000000000000000000" || m.Config.TTL != 14*86_400 ||
		m.Schema != 2 || m.Config.ReviewMin != 2*86_400 || m.Config.Notice != 7*86_400 || m.Config.PauseMax != 7*86_400 || m.Config.PauseGap != 30*86_400 {
		t.Errorf("described as %+v", m)
	}
	dir := t.TempDir()
	name, err := contracts.WriteManifest(dir, m)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, y.ID.String()+".json"); name != want {
		t.Errorf("written to %s, not %s", name, want)
	}
	back, err := contracts.ReadManifest(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m, back); diff != "" {
		t.Error(diff)
	}
	if _, err := contracts.WriteManifest(dir, m); err == nil {
		t.Error("a file that exists was overwritten")
	}
	for text, says := range map[string]string{`{"schema":2,"colour":"red"}`: "colour", `{"schema":1}`: "schema 1 is not known here, only 2"} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := contracts.ReadManifest(name); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s is read with %v", text, err)
		}
	}
}

func TestCodeOfTheMarketIsKnownAndOtherCodeIsNot(t *testing.T) {
	y := contractstest.New(t, 0, false)
	code, err := y.Client.CodeAt(context.Background(), y.D.Market, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := contracts.CheckCode(code); err != nil {
		t.Fatal(err)
	}
	dtx, err := y.Client.CodeAt(context.Background(), y.D.Token, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, other := range map[string][]byte{"nothing": nil, "the token": dtx, "half": code[:len(code)/2]} {
		if err := contracts.CheckCode(other); !errors.Is(err, contracts.ErrOtherCode) {
			t.Errorf("%s passes for the market: %v", name, err)
		}
	}
	// One bit anywhere, but in a constant that stands once: those are the constructor's
	// arguments, which config() shows.
	passed := 0
	for i := range code {
		code[i] ^= 1
		if contracts.CheckCode(code) == nil {
			passed++
		}
		code[i] ^= 1
	}
	if single := 7; passed != 32*single { // OpenZeppelin's EIP712 has seven
		t.Errorf("%d of %d changed bytes pass, %d expected", passed, len(code), 32*single)
	}
}

// The settings a deployment's file names are those the code was built with.
func TestCompilerSettingsAreThoseOfTheBuild(t *testing.T) {
	toml, err := os.ReadFile("foundry.toml")
	if err != nil {
		t.Fatal(err)
	}
	b := contracts.Built
	for _, line := range []string{
		fmt.Sprintf("optimizer_runs = %d", b.OptimizerRuns), fmt.Sprintf("via_ir = %v", b.ViaIR), fmt.Sprintf("evm_version = %q", b.EVMVersion),
		fmt.Sprintf("bytecode_hash = %q", b.BytecodeHash), fmt.Sprintf("cbor_metadata = %v", b.CBORMetadata), "optimizer = true",
	} {
		if !strings.Contains(string(toml), "\n"+line+"\n") {
			t.Errorf("foundry.toml does not say %q", line)
		}
	}
	var pkg struct {
		DevDependencies map[string]string `json:"devDependencies"`
	}
	raw, err := os.ReadFile("package.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &pkg); err != nil {
		t.Fatal(err)
	}
	if pkg.DevDependencies["solc"] != b.Solc {
		t.Errorf("solc %s is installed, %s is named", pkg.DevDependencies["solc"], b.Solc)
	}
}

// docs/contracts.md documents every key of a deployment's file.
func TestDeploymentKeysAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("../docs/contracts.md")
	if err != nil {
		t.Fatal(err)
	}
	var walk func(reflect.Type)
	walk = func(of reflect.Type) {
		for f := range of.Fields() {
			key := f.Tag.Get("json")
			if key != "" && !strings.Contains(string(doc), "`"+key+"`") {
				t.Errorf("docs/contracts.md does not document %q", key)
			}
			if f.Type.Kind() == reflect.Struct {
				walk(f.Type)
			}
		}
	}
	walk(reflect.TypeFor[contracts.Manifest]())
}
