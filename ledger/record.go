package ledger

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
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
