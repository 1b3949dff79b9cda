package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestACheckTriesTheDataDir(t *testing.T) {
	dir := t.TempDir()
	if err := writable(filepath.Join(dir, "a", "b")); err != nil {
		t.Errorf("a folder to be made: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("it left %v, %v", left, err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writable(filepath.Join(file, "a")); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("below a file: %v", err)
	}
}
