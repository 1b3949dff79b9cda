package ledger

import (
	"bytes"

	"github.com/ethereum/go-ethereum/common"
)

// Script finds a script by its hash.
func (l *Ledger) Script(hash common.Hash) (script []byte, ok bool, err error) {
	err = l.view(func(tx *txn) error {
		b, err := fetch(tx, bScripts, hash[:])
		script, ok = bytes.Clone(b), b != nil
		return err
	})
	return script, ok, err
}
