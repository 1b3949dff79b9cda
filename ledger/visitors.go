package ledger

import (
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/ethereum/go-ethereum/common"
)

// Buyers are the accounts with a purchase here, running or over.
func (l *Ledger) Buyers() (all map[common.Address]bool, err error) {
	all = map[common.Address]bool{}
	err = l.view(func(tx *txn) error {
		c := tx.Bucket(bPurchases).Cursor()
		for k, v := c.First(); k != nil; k, v = c.Next() {
			p, err := decodePurchase(k, v)
			if err != nil {
				return err
			}
			all[p.Buyer] = true
		}
		return nil
	})
	return all, err
}

// Visiting lists the destinations of accounts that are none of the buyers given, without what is
// sealed of them but their age.
func (l *Ledger) Visiting(buyers map[common.Address]bool) (all []delivery.Destination, err error) {
	err = l.view(func(tx *txn) error {
		c := tx.Bucket(bDests).Cursor()
		for k, v := c.First(); k != nil; k, v = c.Next() {
			if buyers[common.BytesToAddress(k[:min(len(k), common.AddressLength)])] {
				continue
			}
			d, err := l.decodeDestination(k, v)
			if err != nil {
				return err
			}
			all = append(all, delivery.Destination{ID: d.ID, Buyer: d.Buyer, Name: d.Name, Set: d.Set})
		}
		return nil
	})
	return all, err
}
