package ledger

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"go.etcd.io/bbolt"
)

// Snapshot is a copy of a ledger as it was at one moment.
type Snapshot struct {
	*os.File // open at its beginning; it has no name any more
	Size     int64
	SHA256   [32]byte
}

// Snapshot copies the file, while it is in use, to a nameless one beside it, which must
// have room. The copy is of one moment. The caller closes it.
func (l *Ledger) Snapshot() (s *Snapshot, err error) {
	f, err := os.CreateTemp(filepath.Dir(l.db.Path()), "backup-*.tmp")
	if err != nil {
		return nil, fmt.Errorf("copy the ledger: %w", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
		}
	}()
	if err := os.Remove(f.Name()); err != nil {
		return nil, fmt.Errorf("copy the ledger: %w", err)
	}
	h := sha256.New()
	s = &Snapshot{File: f}
	err = l.view(func(tx *txn) error {
		s.Size, err = tx.file.WriteTo(io.MultiWriter(f, h))
		return err
	})
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, fmt.Errorf("copy the ledger: %w", err)
	}
	s.SHA256 = [32]byte(h.Sum(nil))
	return s, nil
}

// Look is what a file that no bridge has open says of itself.
type Look struct {
	Place    delivery.Place
	Operator market.OperatorID
	Head     market.Position // the newest folded block
	Accounts []settlement.Account
}

// LookAt reads a closed file, whole: every record is checked. It changes nothing.
func LookAt(path string) (look Look, err error) {
	db, _, err := openToRead(path)
	if err != nil {
		return look, err
	}
	l := &Ledger{db: db}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := l.look(); err != nil {
		return look, err
	}
	err = l.view(func(tx *txn) error {
		id, err := identityOf(tx.Bucket(bMeta).Get(kIdentity))
		if err != nil {
			return err
		}
		look.Place, look.Operator = delivery.Place{ChainID: id.Chain, Market: id.Market}, id.Operator
		if look.Head, _, err = headOf(tx); err != nil {
			return err
		}
		return checkRecords(tx)
	})
	if err != nil {
		return look, err
	}
	look.Accounts, err = l.Accounts()
	return look, err
}

// MarkRestored tells a closed file that it is a copy made at a time: whoever opens it next
// leaves out the numbers that may have been given out since.
func MarkRestored(path string, made time.Time) (err error) {
	db, _, err := openWhole(path, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	encoded, err := encodeJSON(copied{Copied: made.UTC(), Restored: time.Now().UTC()})
	if err != nil {
		return err
	}
	return db.Update(func(tx *bbolt.Tx) error { return store(&txn{file: tx}, bMeta, kRestored, encoded) })
}

// look makes sure that a file that was opened to be read has every bucket, and reads its journal.
func (l *Ledger) look() (err error) {
	defer onFault(&err)
	debug.SetPanicOnFault(true)
	err = l.db.View(func(tx *bbolt.Tx) error {
		for _, b := range buckets {
			if tx.Bucket(b) == nil {
				return fmt.Errorf("%w (bucket %s is missing)", ErrCorrupt, b)
			}
		}
		_, err := identityOf(tx.Bucket(bMeta).Get(kIdentity))
		return err
	})
	if err != nil {
		return err
	}
	return l.recall()
}
