// Package secrets tells whether a file of secrets is closed to the other accounts of its machine, and
// insists that its name is on disk. It reads no file.
package secrets

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Open tells whether accounts besides the file's owner may read or change it. A credential that
// systemd hands to a service may have the mode 0440: the group's bits are the mask of an access list
// that names the service's account alone, in a folder that only it may enter (systemd.exec(5), LoadCredential=).
func Open(path string, st fs.FileInfo) bool {
	closed := fs.FileMode(0o077)
	if dir := os.Getenv("CREDENTIALS_DIRECTORY"); dir != "" && filepath.Dir(path) == filepath.Clean(dir) {
		closed = 0o037
	}
	return st.Mode().Perm()&closed != 0
}

// Named insists that the name of a file that was made, or took another's place, is on disk: until its
// folder is, a power cut may take it back.
func Named(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
