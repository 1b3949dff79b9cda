package secrets

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestAFileOfSecretsIsClosed(t *testing.T) {
	credentials, elsewhere := t.TempDir(), t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", credentials+"/")
	for _, c := range []struct {
		dir  string
		mode fs.FileMode
		open bool
	}{
		{elsewhere, 0o600, false}, {elsewhere, 0o400, false}, {elsewhere, 0o440, true}, {elsewhere, 0o604, true}, {elsewhere, 0o620, true},
		{credentials, 0o440, false}, {credentials, 0o400, false}, {credentials, 0o444, true}, {credentials, 0o460, true},
		{filepath.Join(credentials, "deeper"), 0o440, true},
	} {
		if err := os.MkdirAll(c.dir, 0o700); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(c.dir, "password")
		_ = os.Remove(path)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		st, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := Open(path, st); got != c.open {
			t.Errorf("%s of mode %o: open is %v", path, c.mode, got)
		}
	}
}
