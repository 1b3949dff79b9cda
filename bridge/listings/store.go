package listings

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// store keeps fetched offers as files named by their hashes. What is lost or damaged of it is
// fetched again. The file kept has a line for each, an operator's number and the document's length: what
// is kept of an operator has its bounds, however often the bridge restarts.
type store struct{ dir string }

// share is what of the store one operator takes.
type share struct {
	kept  int
	bytes int64
}

// shares reads what each operator takes. A line that a crash cut short counts for nobody.
func (s *store) shares() (map[market.OperatorID]share, error) {
	of := map[market.OperatorID]share{}
	f, err := os.Open(filepath.Join(s.dir, "kept"))
	if errors.Is(err, fs.ErrNotExist) {
		return of, nil
	} else if err != nil {
		return of, err
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var op market.OperatorID
		var size int64
		if n, _ := fmt.Sscanf(lines.Text(), "%d %d.", &op, &size); n == 2 && size >= 0 && strings.HasSuffix(lines.Text(), ".") {
			of[op] = share{of[op].kept + 1, of[op].bytes + size}
		}
	}
	return of, lines.Err()
}

// count notes that an operator's document is about to be kept.
func (s *store) count(op market.OperatorID, size int) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(s.dir, "kept"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "\n%d %d.", op, size) // the line end first: it parts the line from one that was cut short
	return errors.Join(err, f.Close())
}

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

// put keeps an operator's document. It is counted first: a crash between the two makes the share too
// large, never too small.
func (s *store) put(op market.OperatorID, terms common.Hash, doc []byte) error {
	if err := s.count(op, len(doc)); err != nil {
		return fmt.Errorf("count an offer: %w", err)
	}
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
