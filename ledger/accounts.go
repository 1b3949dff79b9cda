package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"go.etcd.io/bbolt"
)

// Accounts lists purchases that are active on chain, or closed with receipts unpaid.
func (l *Ledger) Accounts() ([]settlement.Account, error) {
	var all []settlement.Account
	err := l.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(bPurchases).ForEach(func(k, v []byte) error {
			p, err := openPurchase(k, v)
			if err != nil {
				return err
			}
			a := account{}
			if v := tx.Bucket(bAccounts).Get(k); v != nil {
				stored, err := openAccount(v)
				if err != nil {
					return err
				}
				// The account of another purchase of this id, orphaned since, counts for nothing.
				if stored.identity == accountIdentity(&market.Entitlement{Buyer: p.Buyer, Stream: p.Stream, Start: p.Start}) {
					a = stored
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
	all, err := list(l, bTxs, openAs[settlement.Tx])
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
func (l *Ledger) History() ([]settlement.Tx, error) { return list(l, bTxs, openAs[settlement.Tx]) }

// Record stores a settlement transaction under its nonce.
func (l *Ledger) Record(tx settlement.Tx) error {
	sealed, err := sealJSON(tx)
	if err != nil {
		return fmt.Errorf("store a settlement: %w", err)
	}
	return l.update(func(b *bbolt.Tx) error {
		k := binary.BigEndian.AppendUint64(nil, tx.Nonce)
		if v := b.Bucket(bTxs).Get(k); v != nil {
			var old settlement.Tx
			if err := openJSON(v, &old); err != nil {
				return err
			}
			if !old.SameAs(tx) {
				return errors.Join(settlement.ErrNonceTaken, fmt.Errorf("nonce %d", tx.Nonce))
			}
		}
		return b.Bucket(bTxs).Put(k, sealed)
	}, nil)
}
