package ledger

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math/big"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// ErrCorrupt says that a stored value is not what was written: bbolt keeps no
// checksums of its own pages.
var ErrCorrupt = errors.New("the ledger holds a damaged value: restore a backup, or move the file away to fold the chain anew")

const recordVersion = 1

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// seal wraps a value: version byte, body, CRC32C of both. It always copies: bbolt
// keeps the slice it is given until the commit.
func seal(body []byte) []byte {
	v := make([]byte, 0, len(body)+5)
	v = append(v, recordVersion)
	v = append(v, body...)
	return binary.BigEndian.AppendUint32(v, crc32.Checksum(v, castagnoli))
}

// open unwraps what seal made. The result aliases v.
func open(v []byte) ([]byte, error) {
	if len(v) < 5 || crc32.Checksum(v[:len(v)-4], castagnoli) != binary.BigEndian.Uint32(v[len(v)-4:]) {
		return nil, ErrCorrupt
	}
	if v[0] != recordVersion {
		return nil, fmt.Errorf("the ledger was written by a newer version (record version %d): upgrade", v[0])
	}
	return v[1 : len(v)-4], nil
}

func sealJSON(value any) ([]byte, error) {
	b, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return seal(b), nil
}

func openJSON(v []byte, into any) error {
	b, err := open(v)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return errors.Join(ErrCorrupt, err)
	}
	return nil
}

// openAs is openJSON in the form of the other openers.
func openAs[T any](_, v []byte) (one T, err error) {
	err = openJSON(v, &one)
	return one, err
}

func key64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// parcelKey orders parcels by purchase, then by seq.
func parcelKey(p market.PurchaseID, seq uint32) []byte {
	return binary.BigEndian.AppendUint32(key64(uint64(p)), seq)
}

func splitParcelKey(k []byte) (market.PurchaseID, uint32) {
	return market.PurchaseID(binary.BigEndian.Uint64(k)), binary.BigEndian.Uint32(k[8:])
}

// A parcel's body: received(8) created(8, ns) f_cnt(4) DevEUI(8) id length(1) id body.
func sealParcel(p *delivery.Parcel) []byte {
	b := make([]byte, 0, 34+len(p.ID)+len(p.Body))
	b = append(b, recordVersion)
	b = binary.BigEndian.AppendUint64(b, p.Received)
	b = binary.BigEndian.AppendUint64(b, uint64(p.Created.UnixNano()))
	b = binary.BigEndian.AppendUint32(b, p.FCnt)
	b = append(b, p.DevEUI[:]...)
	b = append(b, byte(len(p.ID)))
	b = append(b, p.ID...)
	b = append(b, p.Body...)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func openParcel(k, v []byte) (delivery.Parcel, error) {
	b, err := open(v)
	if err != nil {
		return delivery.Parcel{}, err
	}
	if len(k) != 12 || len(b) < 29 || len(b) < 29+int(b[28]) {
		return delivery.Parcel{}, ErrCorrupt
	}
	p := delivery.Parcel{
		Received: binary.BigEndian.Uint64(b), Created: time.Unix(0, int64(binary.BigEndian.Uint64(b[8:]))).UTC(),
		FCnt: binary.BigEndian.Uint32(b[16:]), DevEUI: lorawan.DevEUI(b[20:28]),
	}
	p.Purchase, p.Seq = splitParcelKey(k)
	b = b[28:]
	p.ID = delivery.ParcelID(b[1 : 1+b[0]])
	p.Body = append([]byte(nil), b[1+b[0]:]...)
	return p, nil
}

// account is what the bridge itself counts of a purchase: nothing of it comes from
// the chain. body: identity(32) next seq(4) receipts(4) waiting(4) parked(4) head(32).
type account struct {
	identity common.Hash // of buyer, stream, start: a purchase id mined anew for somebody else starts afresh
	next     uint32      // seq of the next parcel
	receipts uint32
	waiting  uint32
	parked   uint32
	head     common.Hash
}

func (a *account) seal() []byte {
	b := append([]byte{recordVersion}, a.identity[:]...)
	for _, n := range []uint32{a.next, a.receipts, a.waiting, a.parked} {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	b = append(b, a.head[:]...)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func openAccount(v []byte) (account, error) {
	b, err := open(v)
	if err != nil {
		return account{}, err
	}
	if len(b) != 80 {
		return account{}, ErrCorrupt
	}
	return account{
		identity: common.Hash(b[:32]), next: binary.BigEndian.Uint32(b[32:]), receipts: binary.BigEndian.Uint32(b[36:]),
		waiting: binary.BigEndian.Uint32(b[40:]), parked: binary.BigEndian.Uint32(b[44:]), head: common.Hash(b[48:]),
	}, nil
}

// A receipt's body: digest(32) at(8, unix ns).
func sealReceipt(r *delivery.Receipt) []byte {
	return seal(binary.BigEndian.AppendUint64(append([]byte(nil), r.Digest[:]...), uint64(r.At.UnixNano())))
}

func openReceipt(k, v []byte) (delivery.Receipt, error) {
	b, err := open(v)
	if err != nil {
		return delivery.Receipt{}, err
	}
	if len(k) != 12 || len(b) != 40 {
		return delivery.Receipt{}, ErrCorrupt
	}
	r := delivery.Receipt{Digest: common.Hash(b[:32]), At: time.Unix(0, int64(binary.BigEndian.Uint64(b[32:]))).UTC()}
	r.Purchase, r.Seq = splitParcelKey(k)
	return r, nil
}

// reader takes fields off a body. After the last one, done tells whether the
// body was neither too short nor too long.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if len(r.b) < n {
		r.bad = true
		return make([]byte, n)
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) u8() uint8         { return r.take(1)[0] }
func (r *reader) u32() uint32       { return binary.BigEndian.Uint32(r.take(4)) }
func (r *reader) u64() uint64       { return binary.BigEndian.Uint64(r.take(8)) }
func (r *reader) hash() common.Hash { return common.Hash(r.take(32)) }
func (r *reader) address() common.Address {
	return common.Address(r.take(20))
}

// flag reads a bool; anything but 0 and 1 is bad.
func (r *reader) flag() bool {
	v := r.u8()
	r.bad = r.bad || v > 1
	return v == 1
}

func (r *reader) done() error {
	if r.bad || len(r.b) > 0 {
		return ErrCorrupt
	}
	return nil
}

// sealStream writes a stream: operator(8) owner(20) device(32) price(8) interval(4)
// min duration(4) terms(32) state(1) was open(1) restricted(1) block(8) stake
// length(1) stake. The same stream gives the same bytes.
func sealStream(s *market.Stream) []byte {
	b := []byte{recordVersion}
	b = binary.BigEndian.AppendUint64(b, uint64(s.Operator))
	b = append(b, s.Owner[:]...)
	b = append(b, s.Device[:]...)
	b = binary.BigEndian.AppendUint64(b, s.Price)
	b = binary.BigEndian.AppendUint32(b, s.Interval)
	b = binary.BigEndian.AppendUint32(b, s.MinDuration)
	b = append(b, s.Terms[:]...)
	b = append(b, byte(s.State))
	b = appendBool(b, s.WasOpen)
	b = appendBool(b, s.Restricted)
	b = binary.BigEndian.AppendUint64(b, s.Block)
	var stake []byte
	if s.Stake != nil {
		stake = s.Stake.Bytes()
	}
	b = append(append(b, byte(len(stake))), stake...)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func openStream(k, v []byte) (market.Stream, error) {
	body, err := open(v)
	if err != nil || len(k) != 8 {
		return market.Stream{}, errors.Join(ErrCorrupt, err)
	}
	r := reader{b: body}
	s := market.Stream{
		ID: market.StreamID(binary.BigEndian.Uint64(k)), Operator: market.OperatorID(r.u64()), Owner: r.address(), Device: r.hash(), Price: r.u64(),
		Interval: r.u32(), MinDuration: r.u32(), Terms: r.hash(), State: market.StreamState(r.u8()),
		WasOpen: r.flag(), Restricted: r.flag(), Block: r.u64(),
	}
	s.Stake = new(big.Int).SetBytes(r.take(int(r.u8())))
	return s, r.done()
}

// sealPurchase writes a purchase: stream(8) buyer(20) start(8) end(8) price(8)
// interval(4) quota(4) delivered(4) state(1) route hash(32) block(8).
func sealPurchase(p *market.Purchase) []byte {
	b := []byte{recordVersion}
	b = binary.BigEndian.AppendUint64(b, uint64(p.Stream))
	b = append(b, p.Buyer[:]...)
	b = binary.BigEndian.AppendUint64(b, p.Start)
	b = binary.BigEndian.AppendUint64(b, p.End)
	b = binary.BigEndian.AppendUint64(b, p.Price)
	b = binary.BigEndian.AppendUint32(b, p.Interval)
	b = binary.BigEndian.AppendUint32(b, p.Quota)
	b = binary.BigEndian.AppendUint32(b, p.Delivered)
	b = append(b, byte(p.State))
	b = append(b, p.RouteHash[:]...)
	b = binary.BigEndian.AppendUint64(b, p.Block)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func openPurchase(k, v []byte) (market.Purchase, error) {
	body, err := open(v)
	if err != nil || len(k) != 8 {
		return market.Purchase{}, errors.Join(ErrCorrupt, err)
	}
	r := reader{b: body}
	p := market.Purchase{
		ID: market.PurchaseID(binary.BigEndian.Uint64(k)), Stream: market.StreamID(r.u64()), Buyer: r.address(), Start: r.u64(), End: r.u64(), Price: r.u64(),
		Interval: r.u32(), Quota: r.u32(), Delivered: r.u32(), State: market.PurchaseState(r.u8()),
		RouteHash: r.hash(), Block: r.u64(),
	}
	return p, r.done()
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}
