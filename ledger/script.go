package ledger

import (
	"bytes"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"go.etcd.io/bbolt"
)

// PutScript remembers the script of a codec and gives the hash terms name it by.
func (l *Ledger) PutScript(script []byte) (common.Hash, error) {
	hash := crypto.Keccak256Hash(script)
	return hash, l.update(func(tx *bbolt.Tx) error { return store(tx, bScripts, hash[:], seal(script)) }, nil)
}

// Script finds a script by its hash.
func (l *Ledger) Script(hash common.Hash) (script []byte, ok bool, err error) {
	err = l.view(func(tx *bbolt.Tx) error {
		b, err := fetch(tx, bScripts, hash[:])
		script, ok = bytes.Clone(b), b != nil
		return err
	})
	return script, ok, err
}
