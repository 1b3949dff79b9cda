package ledger

import (
	"bytes"
	"math/big"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// FuzzStoredRecords reads any bytes as any record: with a wrong checksum they are
// refused, with a right one they are read or refused, and what is read is written
// back as it was.
func FuzzStoredRecords(f *testing.F) {
	w := window{}
	w.take(7, 1, false)
	seeds := [][]byte{
		encodeStream(&market.Stream{Stake: big.NewInt(1e18), State: market.StreamOpen}),
		encodePurchase(&market.Purchase{Buyer: common.Address{1}, Quota: 9}),
		(&held{Parcel: delivery.Parcel{ID: "msg_A", DevEUI: lorawan.DevEUI{1}, Created: time.Unix(1, 0), Digest: common.Hash{9}}, place: 7}).encode(),
		appendChange([]byte{recordVersion, 0, 0, 0, 0, 0, 0, 0, 1}, 1, "key", change{value: []byte("value")}),
		(&account{next: 3, receipts: 2}).encode(), (&receipt{ordinal: 5}).encode(), w.encode(), (&counts{commits: 9}).encode(), encode([]byte(`{"number":1}`)),
	}
	for _, s := range seeds {
		f.Add(s[1:len(s)-4], uint8(20))
	}
	f.Fuzz(func(t *testing.T, body []byte, n uint8) {
		for _, k := range [][]byte{make([]byte, 8), make([]byte, 12), make([]byte, 16), make([]byte, 20), make([]byte, 1+n%40)} {
			for _, b := range buckets {
				v := bind(b, k, encode(body))
				if err := reads(b, k, v); err == nil && len(body) > 0 {
					v[1] ^= 1
					if reads(b, k, v) == nil {
						t.Errorf("a flipped bit in %s is read", b)
					}
					v[1] ^= 1
					if k[0] ^= 1; reads(b, k, v) == nil {
						t.Errorf("a value of %s is read under another key", b)
					}
					k[0] ^= 1
				}
			}
		}
		k := make([]byte, 8)
		if s, err := decodeStream(k, bind(bStreams, k, encode(body))); err == nil && s.Stake.BitLen() > 8*len(body) {
			t.Errorf("stake %s of %d bytes", s.Stake, len(body))
		}
		if p, err := decodePurchase(k, bind(bPurchases, k, encode(body))); err == nil {
			if again := encodePurchase(&p); !same(again[1:len(again)-4], body) {
				t.Errorf("%x is written back as %x", body, again)
			}
		}
		k = make([]byte, 12)
		if p, err := decodeHeld(bParcels, k, bind(bParcels, k, encode(body))); err == nil {
			if again := p.encode(); !bytes.Equal(again[1:len(again)-4], body) {
				t.Errorf("%x is written back as %x", body, again)
			}
		}
		k = make([]byte, 16)
		if a, err := decodeAccount(k, bind(bAccounts, k, encode(body))); err == nil {
			if again := a.encode(); !same(again[1:len(again)-4], body) {
				t.Errorf("%x is written back as %x", body, again)
			}
		}
	})
}

// same tells whether a body was written back as it was, or, if schema 1 wrote it, with
// an empty hash more.
func same(again, body []byte) bool {
	return bytes.Equal(again, body) || bytes.Equal(again, append(bytes.Clone(body), make([]byte, 32)...))
}
