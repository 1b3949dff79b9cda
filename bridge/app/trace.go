package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// HasLived tells whether a data_dir shows that a bridge ran in it: a ledger, or the record of its beginning.
// What is missing beside them was lost, and is no first start.
func HasLived(dir string) (bool, error) {
	for _, name := range []string{ledgerFile, begunFile} {
		_, err := os.Lstat(filepath.Join(dir, name))
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return false, fmt.Errorf("look for %s: %w", name, err)
		}
	}
	return false, nil
}
