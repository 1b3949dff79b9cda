package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/ledger"
)

// Whoever notices first that the disk failed: the sentence names the file.
func TestALedgerThatFailsIsNamedWithItsPath(t *testing.T) {
	cfg := config.Config{DataDir: "/var/lib/dbdao-bridge"}
	for why, err := range map[string]error{
		"a write":       fmt.Errorf("%w: %w", ledger.ErrCommit, syscall.EIO),
		"a deep change": fmt.Errorf("fold: %w", fmt.Errorf("%w: %w", ledger.ErrCommit, &fs.PathError{Op: "write", Path: "ledger.db", Err: syscall.EIO})),
	} {
		got := ledgerFailed(&cfg, err)
		if !errors.Is(got, ErrLedgerFailed) || !errors.Is(got, syscall.EIO) || strings.Count(got.Error(), "/var/lib/dbdao-bridge/ledger.db") != 1 || strings.Count(got.Error(), ErrLedgerFailed.Error()) != 1 {
			t.Errorf("%s: %v", why, got)
		}
		if again := ledgerFailed(&cfg, got); again.Error() != got.Error() {
			t.Errorf("%s: told twice: %v", why, again)
		}
	}
	other := errors.New("another program has the port")
	if got := ledgerFailed(&cfg, other); !errors.Is(got, other) || errors.Is(got, ErrLedgerFailed) {
		t.Errorf("%v", got)
	}
	if got := ledgerFailed(&cfg, nil); got != nil {
		t.Error(got)
	}

	dir := t.TempDir() // a file that is no ledger, and one that cannot be read
	path := filepath.Join(dir, ledgerFile)
	if err := os.WriteFile(path, []byte(strings.Repeat("no ledger ", 4000)), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &parts{cfg: config.Config{DataDir: dir}}
	if err := p.openLedger(t.Context()); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a damaged file: %v", err)
	}
}
