package ledger

import (
	"github.com/databrokerdao/dbdao-bridge/market"
)

// Rules are those of the market the ledger is pinned to. known is false until they were
// pinned.
func (l *Ledger) Rules() (r market.Rules, known bool, err error) {
	err = l.view(func(tx *txn) error {
		v := tx.Bucket(bMeta).Get(kRules)
		if known = v != nil; !known {
			return nil
		}
		return decodeJSON(bMeta, kRules, v, &r)
	})
	return r, known && err == nil, err
}

// PinRules remembers the rules of the market, which never change: with them the books are
// understood while no node answers.
func (l *Ledger) PinRules(r market.Rules) error {
	encoded, err := encodeJSON(r)
	if err != nil {
		return err
	}
	if is, known, err := l.Rules(); err == nil && known && is == r {
		return nil // there may be no room to say it again
	}
	if err := l.update(func(tx *txn) error { return store(tx, bMeta, kRules, encoded) }, nil); err != nil {
		return err
	}
	l.o.Index.ClaimWithin(r.ClaimWindow)
	return nil
}
