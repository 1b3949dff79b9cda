package listings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// store keeps fetched offers as files named by their hashes. What is lost or damaged of it is
// fetched again.
type store struct{ dir string }

func (s *store) path(terms common.Hash) string {
	name := terms.Hex()[2:]
	return filepath.Join(s.dir, name[:2], name+".json")
}

// get gives a document, nil if it is not there, or is another than its name says.
func (s *store) get(terms common.Hash) []byte {
	doc, err := os.ReadFile(s.path(terms))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err == nil && crypto.Keccak256Hash(doc) == terms:
		return doc
	default:
		_ = os.Remove(s.path(terms))
	}
	return nil
}

// put keeps a document.
func (s *store) put(terms common.Hash, doc []byte) error {
	path := s.path(terms)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("keep an offer: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "new-*")
	if err != nil {
		return fmt.Errorf("keep an offer: %w", err)
	}
	_, err = f.Write(doc)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("keep an offer: %w", err)
	}
	return nil
}
