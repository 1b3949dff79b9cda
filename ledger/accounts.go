package ledger

import (
	"errors"
	"fmt"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"go.etcd.io/bbolt"
)

// Accounts lists purchases that are active on chain, or closed with receipts unpaid.
func (l *Ledger) Accounts() ([]settlement.Account, error) {
	var all []settlement.Account
	err := l.view(func(tx *bbolt.Tx) error {
		return tx.Bucket(bPurchases).ForEach(func(k, v []byte) error {
			p, err := openPurchase(k, v)
			if err != nil {
				return err
			}
			a := &account{}
			key := accountOfPurchase(&p)
			if v := tx.Bucket(bAccounts).Get(key[:]); v != nil {
				if a, err = openAccount(key[:], v); err != nil {
					return err
				}
			}
			s, _, err := view{tx}.Stream(p.Stream)
			if err != nil {
				return err
			}
			all = append(all, settlement.Account{
				Purchase: p.ID, Stream: p.Stream, Receipts: a.receipts, Head: a.head, Delivered: p.Delivered, Price: p.Price,
				Start: p.Start, End: p.End, Interval: p.Interval, Quota: p.Quota, Waiting: a.waiting, State: p.State,
				Frozen: s.State == market.StreamReview || s.State == market.StreamSlashed,
			})
			return nil
		})
	})
	return all, err
}

// Transactions lists settlement transactions that are not final, by nonce.
func (l *Ledger) Transactions() ([]settlement.Tx, error) {
	all, err := list(l, bTxs, openTx)
	if err != nil {
		return nil, err
	}
	open := all[:0]
	for _, t := range all {
		if t.State != settlement.TxFinal && t.State != settlement.TxReverted {
			open = append(open, t)
		}
	}
	return open, nil
}

// History lists every settlement transaction kept, by nonce.
func (l *Ledger) History() ([]settlement.Tx, error) { return list(l, bTxs, openTx) }

// Record stores a settlement transaction under its sender and nonce.
func (l *Ledger) Record(tx settlement.Tx) error {
	sealed, err := sealJSON(tx)
	if err != nil {
		return fmt.Errorf("store a settlement: %w", err)
	}
	return l.update(func(b *bbolt.Tx) error {
		k := append(tx.From[:], key64(tx.Nonce)...)
		if v := b.Bucket(bTxs).Get(k); v != nil {
			old, err := openTx(k, v)
			if err != nil {
				return err
			}
			if !old.SameAs(tx) {
				return errors.Join(settlement.ErrNonceTaken, fmt.Errorf("nonce %d", tx.Nonce))
			}
		}
		return store(b, bTxs, k, sealed)
	}, nil)
}
