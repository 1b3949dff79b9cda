package main

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// S8: the program is small. It is while the linker leaves out the methods nobody calls,
// which ends when anything that is linked looks methods up by names it makes up
// (docs/adr/0017): then all of text/template is there, which nothing of ours calls. The long
// form builds the program as it is given away, and weighs it.
func TestTheProgramIsSmall(t *testing.T) {
	t.Parallel()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.Open(bin)
	if err != nil {
		t.Skip("the linker makes no ELF here")
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil || len(symbols) < 10_000 {
		t.Fatalf("%d symbols: %v", len(symbols), err)
	}
	for _, s := range symbols {
		if strings.HasPrefix(s.Name, "text/template.(*state).") {
			t.Errorf("%s is linked, and with it ten megabytes that nobody calls: go build -ldflags=-dumpdep ./cmd/dbdao-bridge 2>&1 | grep ReflectMethod", s.Name)
			break
		}
	}
	if !servers.Long() {
		return
	}
	const limit = 36 << 20
	out := filepath.Join(t.TempDir(), "dbdao-bridge")
	c := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, ".")
	c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if text, err := c.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, text)
	}
	st, err := os.Stat(out)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.1f MB", float64(st.Size())/1e6)
	if st.Size() > limit {
		t.Errorf("the program has %d bytes, more than %d: go tool nm -size -sort size of a build that is not stripped tells what is heavy", st.Size(), limit)
	}
}
