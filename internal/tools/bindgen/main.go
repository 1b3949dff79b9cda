// Command bindgen writes the Go bindings of contracts from forge's artifacts:
//
//	go run ./internal/tools/bindgen contracts/out contracts contracts/bindings.go DataMarket DTX
//
// It uses go-ethereum's generator as a library; cmd/abigen would build a whole node.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi/abigen"
)

func main() {
	if len(os.Args) < 5 {
		fmt.Fprintln(os.Stderr, "usage: bindgen OUT PACKAGE FILE CONTRACT...")
		os.Exit(2)
	}
	if err := generate(os.Args[1], os.Args[2], os.Args[3], os.Args[4:]); err != nil {
		fmt.Fprintln(os.Stderr, "bindgen:", err)
		os.Exit(1)
	}
}

func generate(out, pkg, file string, names []string) error {
	var abis, bins []string
	for _, n := range names {
		raw, err := os.ReadFile(filepath.Join(out, n+".sol", n+".json"))
		if err != nil {
			return fmt.Errorf("artifact of %s (run forge build first): %w", n, err)
		}
		var a struct {
			ABI      []map[string]any
			Bytecode struct{ Object string }
		}
		if err := json.Unmarshal(raw, &a); err != nil {
			return fmt.Errorf("artifact of %s: %w", n, err)
		}
		// Both contracts have it, and the generator would declare its result twice.
		a.ABI = slices.DeleteFunc(a.ABI, func(e map[string]any) bool { return e["name"] == "eip712Domain" })
		text, err := json.Marshal(a.ABI)
		if err != nil {
			return fmt.Errorf("ABI of %s: %w", n, err)
		}
		abis, bins = append(abis, string(text)), append(bins, strings.TrimPrefix(a.Bytecode.Object, "0x"))
	}
	code, err := abigen.BindV2(names, abis, bins, pkg, nil, nil)
	if err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	return os.WriteFile(file, []byte(code), 0o644)
}
