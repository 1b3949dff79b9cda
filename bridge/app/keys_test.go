package app

import (
	"os"
	"path/filepath"
	"testing"
)

// R1: the token is made once, closed to other accounts, and refused if it is not.
func TestTheAdminTokenIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), AdminToken)
	made, err := MakeAdminToken(path)
	if err != nil || len(made) != 64 {
		t.Fatalf("%q %v", made, err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", st.Mode(), err)
	}
	if again, err := MakeAdminToken(path); err != nil || again != made {
		t.Errorf("another one at the second start: %v", err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := MakeAdminToken(path); err == nil {
		t.Error("a token that others may read is taken")
	}
	if err := os.WriteFile(path, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = os.Chmod(path, 0o600)
	if _, err := MakeAdminToken(path); err == nil {
		t.Error("a short token is taken")
	}
	_ = os.Remove(path)
	if other, err := MakeAdminToken(path); err != nil || other == made {
		t.Errorf("deleted, it is the same again: %v", err)
	}
}
