package ledger

import (
	"bytes"
	"encoding/binary"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
)

// StreamAccounts lists the accounts of a stream's purchases, by id. ok is false if the
// operator has no such stream.
func (l *Ledger) StreamAccounts(id market.StreamID) (s market.Stream, all []settlement.Account, ok bool, err error) {
	err = l.view(func(tx *txn) error {
		if s, ok, err = (view{tx}).Stream(id); err != nil || !ok {
			return err
		}
		for _, k := range keysWith(tx, bByStream, key64(uint64(id))) {
			p, known, err := view{tx}.Purchase(market.PurchaseID(binary.BigEndian.Uint64(k[8:])))
			if err != nil {
				return err
			}
			if !known {
				continue
			}
			a, err := standing(tx, &p)
			if err != nil {
				return err
			}
			all = append(all, a)
		}
		return nil
	})
	return s, all, ok, err
}

// RememberClaims stores claims that were signed for a stream's owner, before he gets them: a
// settlement of them on chain is then known for what it is, and evidence can prove it.
func (l *Ledger) RememberClaims(stream market.StreamID, s *settlement.Signed, now uint64) error {
	return l.update(func(tx *txn) error {
		one := signed{claims: s.Claims, stream: stream, deadline: s.Deadline, made: now, sig: s.Signature}
		if v := tx.Bucket(bClaims).Get(s.Root[:]); v != nil {
			old, err := decodeClaims(s.Root[:], v)
			if err != nil {
				return err
			}
			if old.deadline == 0 { // the settler claims the same, in a transaction: that is kept longer
				return nil
			}
			one.settled, one.deadline = old.settled, max(one.deadline, old.deadline)
		}
		return store(tx, bClaims, s.Root[:], encodeClaims(&one))
	}, nil)
}

// PurgeClaims makes one small step of forgetting claims signed for owners that were not
// relayed and cannot be any more. It tells whether there may be more to do at once.
func (l *Ledger) PurgeClaims() (more bool, err error) {
	const margin = 7 * daySeconds // a reorg does not reach back so far
	past := l.o.Index.Past()
	if past.IsZero() {
		return false, nil
	}
	now := uint64(past.Unix())
	var next []byte
	err = l.updateAs(frees, func(tx *txn) error {
		var old [][]byte
		next = nil
		c := tx.Bucket(bClaims).Cursor()
		k, v := c.Seek(l.signedAt)
		for n := 0; k != nil; k, v = c.Next() {
			if n == purgeStep {
				next = bytes.Clone(k)
				break
			}
			n++
			s, err := decodeClaims(k, v)
			if err != nil {
				return err
			}
			if s.deadline != 0 && !s.settled && s.deadline+margin < now {
				old = append(old, bytes.Clone(k))
			}
		}
		for _, k := range old {
			if err := tx.Bucket(bClaims).Delete(k); err != nil {
				return err
			}
		}
		return nil
	}, func() { l.signedAt = next })
	return next != nil, err
}
