package ledger

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
)

// Parking is why and since when a parcel is parked.
type Parking struct {
	delivery.Reason
	At time.Time `json:"at"`
}

// ParkedParcel is a parcel set aside, with the reason.
type ParkedParcel struct {
	delivery.Parcel
	Parking
}

func (l *Ledger) putReason(tx *txn, parcel []byte, why delivery.Reason) error {
	encoded, err := encodeJSON(Parking{why, l.o.Index.Clock().UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	return store(tx, bReasons, parcel, encoded)
}

// Parked reads up to limit parcels set aside with Seq >= from, in order, with the reason.
func (l *Ledger) Parked(p market.PurchaseID, from uint32, limit int) (all []ParkedParcel, err error) {
	err = l.view(func(tx *txn) error {
		prefix := key64(uint64(p))
		c := tx.Bucket(bParked).Cursor()
		for k, v := c.Seek(parcelKey(p, from)); bytes.HasPrefix(k, prefix) && len(all) < limit; k, v = c.Next() {
			one := ParkedParcel{}
			if one.Parcel, err = decodeParcel(tx, bParked, k, v); err != nil {
				return err
			}
			if v := tx.Bucket(bReasons).Get(k); v != nil {
				if err := decodeJSON(bReasons, k, v, &one.Parking); err != nil {
					return err
				}
			}
			all = append(all, one)
		}
		return nil
	})
	return all, err
}

// SetAside counts parcels parked or dropped for one reason, ever: one that was replayed
// and parked again counts twice.
type SetAside struct {
	Action   string        `json:"action"` // parked or dropped
	Code     delivery.Code `json:"code"`
	Count    uint64        `json:"count"`
	LastText string        `json:"last_text"`
	LastAt   time.Time     `json:"last_at"`
}

func asideKey(a *account, action string, code delivery.Code) []byte {
	k := append(make([]byte, 0, 32), a.key[:]...)
	return append(append(append(k, action...), 0), code...)
}

// count counts a parcel parked or dropped.
func (l *Ledger) count(tx *txn, a *account, action string, why delivery.Reason) error {
	k := asideKey(a, action, why.Code)
	var n uint64
	if v := tx.Bucket(bAsides).Get(k); v != nil {
		old, err := decodeAside(k, v)
		if err != nil {
			return err
		}
		n = old.Count
	}
	b := binary.BigEndian.AppendUint64(append(make([]byte, 0, 32+len(why.Text)), recordVersion), n+1)
	b = binary.BigEndian.AppendUint64(b, uint64(l.o.Index.Clock().Unix()))
	return store(tx, bAsides, k, append(append(b, why.Text...), room[:]...))
}

func decodeAside(k, v []byte) (s SetAside, err error) {
	b, err := decode(bAsides, k, v)
	if err != nil {
		return s, err
	}
	if len(k) < 16 || len(b) < 16 {
		return s, ErrCorrupt
	}
	action, code, ok := strings.Cut(string(k[16:]), "\x00")
	if !ok {
		return s, ErrCorrupt
	}
	return SetAside{Action: action, Code: delivery.Code(code), Count: binary.BigEndian.Uint64(b),
		LastAt: time.Unix(int64(binary.BigEndian.Uint64(b[8:])), 0).UTC(), LastText: string(b[16:])}, nil
}

// sumAsides adds the counts up by action and code, of the account a prefix names or of all.
func sumAsides(tx *txn, prefix []byte) ([]SetAside, error) {
	sums := map[string]SetAside{}
	c := tx.Bucket(bAsides).Cursor()
	for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		one, err := decodeAside(k, v)
		if err != nil {
			return nil, err
		}
		name := one.Action + "\x00" + string(one.Code)
		sum := sums[name]
		if one.LastAt.Before(sum.LastAt) {
			one.LastAt, one.LastText = sum.LastAt, sum.LastText
		}
		one.Count += sum.Count
		sums[name] = one
	}
	all := make([]SetAside, 0, len(sums))
	for _, s := range sums {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b SetAside) int {
		return cmp.Or(cmp.Compare(a.Action, b.Action), cmp.Compare(a.Code, b.Code))
	})
	return all, nil
}

// Delivery is what the bridge counts of a purchase.
type Delivery struct {
	Posted   uint32            `json:"posted"`    // readings taken in for it
	Receipts uint32            `json:"delivered"` // of these, accepted
	Waiting  uint32            `json:"waiting"`
	Parked   uint32            `json:"parked"`
	Untaken  uint32            `json:"untaken"`        // readings that were not stored for it: its buyer had let too much wait
	SetAside []SetAside        `json:"set_aside"`      // parked and dropped ever, by reason
	Lost     []settlement.Lost `json:"lost,omitempty"` // breaks: another ledger of the operator's sold readings of it
}

// Delivery sums a purchase up; ok is false if there is none.
func (l *Ledger) Delivery(p market.PurchaseID) (d Delivery, ok bool, err error) {
	err = l.view(func(tx *txn) error {
		purchase, known, err := view{tx}.Purchase(p)
		if err != nil || !known {
			return err
		}
		ok = true
		k := accountOfPurchase(&purchase)
		if v := tx.Bucket(bAccounts).Get(k[:]); v != nil {
			a, err := decodeAccount(k[:], v)
			if err != nil {
				return err
			}
			d.Posted, d.Receipts, d.Waiting, d.Parked, d.Untaken = a.next, a.receipts, a.waiting, a.parked, a.untaken
		}
		if d.SetAside, err = sumAsides(tx, k[:]); err != nil {
			return err
		}
		d.Lost, err = lostOf(tx, k)
		return err
	})
	return d, ok, err
}
