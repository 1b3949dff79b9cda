package ledger

import (
	"bytes"
	"encoding/binary"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/databrokerdao/dbdao-bridge/settlement/evidence"
	"github.com/ethereum/go-ethereum/common"
)

// signed are claims that the hot key signed, under the root a settlement of them emits:
// of a transaction of the settler's, or for a stream's owner, who may relay them. A root
// on chain that no record has is another ledger's.
type signed struct {
	claims   []settlement.Claim
	stream   market.StreamID // signed for its owner; 0: for a transaction
	deadline uint64          // unix seconds until which they can be relayed; 0: of a transaction
	made     uint64          // unix seconds
	settled  bool            // a settlement on chain has the root: it stays as its proof
	sig      []byte          // of what was signed for an owner
}

// encodeClaims writes stream(8) deadline(8) made(8) settled(1) signature length(1) signature,
// and each claim: purchase(8) delivered(4) head(32) last(1).
func encodeClaims(s *signed) []byte {
	b := append(make([]byte, 0, 31+len(s.sig)+45*len(s.claims)), recordVersion)
	for _, n := range []uint64{uint64(s.stream), s.deadline, s.made} {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	b = append(appendBool(b, s.settled), byte(len(s.sig)))
	b = append(b, s.sig...)
	for _, c := range s.claims {
		b = binary.BigEndian.AppendUint64(b, uint64(c.Purchase))
		b = append(binary.BigEndian.AppendUint32(b, c.Delivered), c.Head[:]...)
		b = appendBool(b, c.Last)
	}
	return append(b, room[:]...)
}

func decodeClaims(k, v []byte) (s signed, err error) {
	b, err := decode(bClaims, k, v)
	if err != nil {
		return s, err
	}
	r := reader{b: b}
	s = signed{stream: market.StreamID(r.u64()), deadline: r.u64(), made: r.u64(), settled: r.flag()}
	s.sig = bytes.Clone(r.take(int(r.u8())))
	for len(r.b) > 0 && !r.bad {
		s.claims = append(s.claims, settlement.Claim{Purchase: market.PurchaseID(r.u64()), Delivered: r.u32(), Head: r.hash(), Last: r.flag()})
	}
	if len(k) != 32 {
		return s, ErrCorrupt
	}
	return s, r.done()
}

// recordClaims remembers what each form of a transaction claims, before it is sent.
func recordClaims(tx *txn, t *settlement.Tx) error {
	put := func(root common.Hash, claims []settlement.Claim) error {
		if len(claims) == 0 || tx.Bucket(bClaims).Get(root[:]) != nil {
			return nil
		}
		return store(tx, bClaims, root[:], encodeClaims(&signed{claims: claims}))
	}
	for i := range t.Forms {
		if err := put(t.Forms[i].Root, t.Forms[i].Claims); err != nil {
			return err
		}
	}
	return put(t.Root, t.Claims)
}

// foldPayment notes who was paid in which settlement. A settlement's payments come before
// its root; waiting are those of the block whose root has not come yet.
func (l *Ledger) foldPayment(tx *txn, ev *market.Event, waiting []market.Event, put func(bucket, key, value []byte) error) ([]market.Event, error) {
	body, ok := ev.Body.(*contracts.DataMarketSettlementRoot)
	if !ok {
		if _, paid := ev.Body.(*contracts.DataMarketSettled); paid {
			waiting = append(waiting, *ev)
		}
		return waiting, nil
	}
	if market.OperatorID(body.Operator.Uint64()) != l.o.Operator {
		return nil, nil
	}
	var known signed
	v := tx.Bucket(bClaims).Get(body.Root[:])
	if v != nil {
		var err error
		if known, err = decodeClaims(body.Root[:], v); err != nil {
			return nil, err
		}
		if !known.settled {
			known.settled = true
			if err := put(bClaims, body.Root[:], encodeClaims(&known)); err != nil {
				return nil, err
			}
		}
	} else if err := l.strange(ev, put); err != nil {
		return nil, err
	}
	for _, one := range waiting {
		if one.TxHash != ev.TxHash {
			continue
		}
		paid := one.Body.(*contracts.DataMarketSettled)
		p := market.PurchaseID(paid.Purchase)
		k := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(key64(uint64(p)), ev.Block), uint32(one.Index))
		if err := put(bPaid, k, encodePaid(paid.Delivered, ev.TxHash, body.Root)); err != nil {
			return nil, err
		}
		if v == nil {
			l.strangers.by[p] = stranger{max(paid.Delivered, l.strangers.by[p].paid), ev.Time}
		}
	}
	return nil, nil
}

// Stranger is a settlement for this operator that another ledger made while this one ran.
type Stranger struct {
	Tx    common.Hash `json:"tx"`
	Block uint64      `json:"block"`
	Time  uint64      `json:"time"` // of the block, unix seconds
}

// strange notes a settlement that is not this ledger's.
func (l *Ledger) strange(ev *market.Event, put func(bucket, key, value []byte) error) error {
	l.strangers.seen = true
	if l.strangers.by == nil {
		l.strangers.by = map[market.PurchaseID]stranger{}
	}
	if l.inStep == 0 || ev.Time <= l.inStep {
		return nil // of a ledger this one may be a copy of
	}
	encoded, err := encodeJSON(Stranger{ev.TxHash, ev.Block, ev.Time})
	if err != nil {
		return err
	}
	return put(bMeta, kStranger, encoded)
}

// Stranger gives the last settlement for this operator that another ledger made while this
// one ran: two bridges work with one operator. ok is false if there was none.
func (l *Ledger) Stranger() (s Stranger, ok bool, err error) {
	err = l.view(func(tx *txn) error {
		v := tx.Bucket(bMeta).Get(kStranger)
		if v == nil {
			return nil
		}
		err := decodeJSON(bMeta, kStranger, v, &s)
		ok = err == nil
		return err
	})
	return s, ok, err
}

func encodePaid(delivered uint32, tx, root common.Hash) []byte {
	b := binary.BigEndian.AppendUint32([]byte{recordVersion}, delivered)
	b = append(append(b, tx[:]...), root[:]...)
	return append(b, room[:]...)
}

func decodePaid(k, v []byte) (p evidence.Payment, err error) {
	b, err := decode(bPaid, k, v)
	if err != nil {
		return p, err
	}
	r := reader{b: b}
	p = evidence.Payment{Delivered: r.u32(), Tx: r.hash(), Root: r.hash()}
	if len(k) != 20 {
		return p, ErrCorrupt
	}
	p.Block = binary.BigEndian.Uint64(k[8:])
	return p, r.done()
}

// paymentsOf lists what the chain paid for a purchase, oldest first, each with the claims
// that prove it; those of another ledger have none.
func paymentsOf(tx *txn, p market.PurchaseID) ([]evidence.Payment, error) {
	var all []evidence.Payment
	prefix := key64(uint64(p))
	c := tx.Bucket(bPaid).Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		one, err := decodePaid(k, v)
		if err != nil {
			return nil, err
		}
		if v := tx.Bucket(bClaims).Get(one.Root[:]); v != nil {
			s, err := decodeClaims(one.Root[:], v)
			if err != nil {
				return nil, err
			}
			one.Claims = s.claims
		}
		all = append(all, one)
	}
	return all, nil
}
