package ledger

import (
	"math/big"
	"reflect"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// fill sets every field of a struct to something that is not zero, so that a
// field a record forgets is seen.
func fill(v reflect.Value, n *uint8) {
	switch v.Kind() {
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(field, n)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		*n = *n%250 + 1
		v.SetUint(uint64(*n))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.Pointer:
		v.Set(reflect.ValueOf(new(big.Int).Lsh(big.NewInt(int64(*n)+1), 80)))
	default:
		panic("bug: the test does not know " + v.Kind().String())
	}
}

func TestEveryFieldOfAStreamAndAPurchaseIsStored(t *testing.T) {
	var n uint8
	var s market.Stream
	fill(reflect.ValueOf(&s).Elem(), &n)
	if got, err := decodeStream(key64(uint64(s.ID)), bind(bStreams, key64(uint64(s.ID)), encodeStream(&s))); err != nil || !reflect.DeepEqual(got, s) {
		t.Errorf("%v\n got %+v\nwant %+v", err, got, s)
	}
	var p market.Purchase
	fill(reflect.ValueOf(&p).Elem(), &n)
	if got, err := decodePurchase(key64(uint64(p.ID)), bind(bPurchases, key64(uint64(p.ID)), encodePurchase(&p))); err != nil || got != p {
		t.Errorf("%v\n got %+v\nwant %+v", err, got, p)
	}
}

func TestAStreamWithoutStakeIsStoredAsStakeZero(t *testing.T) {
	got, err := decodeStream(key64(1), bind(bStreams, key64(1), encodeStream(&market.Stream{ID: 1, Device: common.Hash{1}})))
	if err != nil || got.Stake == nil || got.Stake.Sign() != 0 {
		t.Errorf("stake %v, %v", got.Stake, err)
	}
}
