package ledger

import (
	"errors"
	"fmt"
	"sync"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
)

// Accounts lists every purchase, closed ones too: what `earnings` shows. What changes is
// told by Watch.
func (l *Ledger) Accounts() ([]settlement.Account, error) {
	all := []settlement.Account{}
	err := l.view(func(tx *txn) error {
		return tx.Bucket(bPurchases).ForEach(func(k, v []byte) error {
			p, err := decodePurchase(k, v)
			if err != nil {
				return err
			}
			a, err := standing(tx, &p)
			all = append(all, a)
			return err
		})
	})
	return all, err
}

// standing joins a purchase with its account and its stream.
func standing(tx *txn, p *market.Purchase) (settlement.Account, error) {
	key := accountOfPurchase(p)
	a := &account{}
	if v := tx.Bucket(bAccounts).Get(key[:]); v != nil {
		var err error
		if a, err = decodeAccount(key[:], v); err != nil {
			return settlement.Account{}, err
		}
	}
	s, _, err := view{tx}.Stream(p.Stream)
	if err != nil {
		return settlement.Account{}, err
	}
	payee := s.Owner
	if s.State == market.StreamSlashed {
		payee = p.Buyer
	}
	return settlement.Account{
		Purchase: p.ID, Stream: p.Stream, Payee: payee, Buyer: p.Buyer, Receipts: a.billable(p.Delivered), Head: a.head, Delivered: p.Delivered, Price: p.Price,
		Returned: p.Returned, Start: p.Start, End: s.EndOf(p.End), Interval: p.Interval, Quota: p.Quota, Waiting: a.waiting, State: p.State,
		Unpaid: s.Unpaid,
		Told:   tx.Bucket(bTold).Get(key[:]) != nil,
	}, nil
}

// watch collects the purchases whose accounts changed since it was read.
type watch struct {
	mu      sync.Mutex
	begun   bool
	changed map[market.PurchaseID]struct{}
}

// watches are everybody who follows the accounts.
type watches struct {
	commit sync.RWMutex // held from a commit to the end of its callbacks; by readers while they begin
	mu     sync.Mutex
	all    []*watch
}

// note tells the watches, after a commit.
func (w *watches) note(changed map[market.PurchaseID]struct{}) {
	if len(changed) == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, one := range w.all {
		one.mu.Lock()
		for p := range changed {
			one.changed[p] = struct{}{}
		}
		one.mu.Unlock()
	}
}

// Watch begins to follow the accounts. The first call of what it returns lists the
// active ones, later calls those that changed since the call before, whatever their
// state; a call that fails loses nothing.
func (l *Ledger) Watch() func() (settlement.News, error) {
	w := &watch{changed: map[market.PurchaseID]struct{}{}}
	l.watches.mu.Lock()
	l.watches.all = append(l.watches.all, w)
	l.watches.mu.Unlock()
	return func() (settlement.News, error) { return l.news(w) }
}

func (l *Ledger) news(w *watch) (n settlement.News, err error) {
	l.watches.commit.RLock()
	release := sync.OnceFunc(l.watches.commit.RUnlock)
	defer release()
	w.mu.Lock()
	changed, begun := w.changed, w.begun
	w.changed, w.begun = map[market.PurchaseID]struct{}{}, true
	w.mu.Unlock()
	err = l.view(func(tx *txn) error { // it sees these changes and no others
		release()
		if n.Head, _, err = headOf(tx); err != nil {
			return err
		}
		if !begun {
			return active(tx, &n)
		}
		for id := range changed {
			if err := add(tx, &n, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.mu.Lock()
		for p := range changed {
			w.changed[p] = struct{}{}
		}
		w.begun = begun
		w.mu.Unlock()
		return settlement.News{}, err
	}
	return n, nil
}

// active lists the accounts of purchases that are not closed.
func active(tx *txn, n *settlement.News) error {
	return tx.Bucket(bPurchases).ForEach(func(k, v []byte) error {
		p, err := decodePurchase(k, v)
		if err != nil || p.State != market.PurchaseActive {
			return err
		}
		a, err := standing(tx, &p)
		n.Accounts = append(n.Accounts, a)
		return err
	})
}

// add lists an account; one without a purchase has no state.
func add(tx *txn, n *settlement.News, id market.PurchaseID) error {
	p, ok, err := view{tx}.Purchase(id)
	if err != nil {
		return err
	}
	a := settlement.Account{Purchase: id}
	if ok {
		if a, err = standing(tx, &p); err != nil {
			return err
		}
	}
	n.Accounts = append(n.Accounts, a)
	return nil
}

// Tell remembers that the operator was told of these purchases' ended claim windows.
func (l *Ledger) Tell(purchases []market.PurchaseID) error {
	return l.update(func(tx *txn) error {
		for _, id := range purchases {
			a, err := l.living(tx, id)
			if err != nil {
				return err
			}
			if a == nil {
				continue // a reorg took it away
			}
			if err := store(tx, bTold, a.key[:], encode(nil)); err != nil {
				return err
			}
		}
		return nil
	}, nil)
}

// Transactions lists settlement transactions that are not finished, by sender and nonce.
func (l *Ledger) Transactions() ([]settlement.Tx, error) {
	var all []settlement.Tx
	err := l.view(func(tx *txn) error {
		return tx.Bucket(bOpenTxs).ForEach(func(k, _ []byte) error {
			t, err := decodeTx(k, tx.Bucket(bTxs).Get(k))
			all = append(all, t)
			return err
		})
	})
	return all, err
}

// TransactionsFrom lists a sender's settlement transactions with at least this nonce,
// finished or not.
func (l *Ledger) TransactionsFrom(sender common.Address, nonce uint64) ([]settlement.Tx, error) {
	var all []settlement.Tx
	err := l.view(func(tx *txn) error {
		c := tx.Bucket(bTxs).Cursor()
		for k, v := c.Seek(txKey(sender, nonce)); k != nil && common.Address(k[:common.AddressLength]) == sender; k, v = c.Next() {
			t, err := decodeTx(k, v)
			if err != nil {
				return err
			}
			all = append(all, t)
		}
		return nil
	})
	return all, err
}

// LastTransaction gives a sender's settlement transaction with the highest nonce.
func (l *Ledger) LastTransaction(sender common.Address) (t settlement.Tx, ok bool, err error) {
	err = l.view(func(tx *txn) error {
		c := tx.Bucket(bTxs).Cursor()
		end := txKey(sender, ^uint64(0))
		k, v := c.Seek(end)
		if k == nil {
			k, v = c.Last()
		} else if string(k) != string(end) {
			k, v = c.Prev()
		}
		if k == nil || common.Address(k[:common.AddressLength]) != sender {
			return nil
		}
		ok = true
		t, err = decodeTx(k, v)
		return err
	})
	return t, ok && err == nil, err
}

// History lists every settlement transaction kept, by sender and nonce.
func (l *Ledger) History() ([]settlement.Tx, error) { return list(l, bTxs, decodeTx, nil) }

func txKey(sender common.Address, nonce uint64) []byte {
	return append(sender[:], key64(nonce)...)
}

// Record stores a settlement transaction under its sender and nonce.
func (l *Ledger) Record(t settlement.Tx) error {
	encoded, err := encodeJSON(t)
	if err != nil {
		return fmt.Errorf("store a settlement: %w", err)
	}
	return l.update(func(tx *txn) error {
		k := txKey(t.From, t.Nonce)
		if v := tx.Bucket(bTxs).Get(k); v != nil {
			old, err := decodeTx(k, v)
			if err != nil {
				return err
			}
			if !old.SameAs(&t) {
				return errors.Join(settlement.ErrNonceTaken, fmt.Errorf("nonce %d", t.Nonce))
			}
		}
		if err := recordClaims(tx, &t); err != nil {
			return err
		}
		if t.State.Finished() {
			if err := tx.Bucket(bOpenTxs).Delete(k); err != nil {
				return err
			}
		} else if err := store(tx, bOpenTxs, k, encode(nil)); err != nil {
			return err
		}
		return store(tx, bTxs, k, encoded)
	}, nil)
}
