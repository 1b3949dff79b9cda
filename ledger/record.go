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
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
)

// ErrCorrupt says that a stored value is not what was written: bbolt keeps no
// checksums of its own pages.
var ErrCorrupt = errors.New("the ledger holds a damaged value: restore a backup, or move the file away to fold the chain again")

// ErrNewer says that a later version of the bridge wrote the file.
var ErrNewer = errors.New("the ledger was written by a newer version: install that version again")

// ErrOlder says that an older edition of the bridge wrote the file.
var ErrOlder = errors.New("the ledger is of an older edition, which this version cannot go on with: settle what it holds with the version that wrote it, keep the file, and start with another data_dir")

const recordVersion = 1

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// room is where store puts the checksum.
var room [crc32.Size]byte

// encode wraps a body: version byte, body, room for the checksum. It always copies:
// bbolt keeps the slice it is given until the commit.
func encode(body []byte) []byte {
	v := make([]byte, 0, len(body)+5)
	v = append(v, recordVersion)
	v = append(v, body...)
	return append(v, room[:]...)
}

// checksum is the CRC32C of bucket, key and value: a value that strays under
// another key, by a flipped bit of the key, is refused like a flipped value.
func checksum(bucket, key, v []byte) uint32 {
	c := crc32.Update(0, castagnoli, bucket)
	c = crc32.Update(c, castagnoli, key)
	return crc32.Update(c, castagnoli, v)
}

// bind writes the checksum of an encoded value into the room left for it.
func bind(bucket, key, v []byte) []byte {
	n := len(v) - len(room)
	binary.BigEndian.PutUint32(v[n:], checksum(bucket, key, v[:n]))
	return v
}

// store puts an encoded value under its key. The value must not be changed until
// the commit.
func store(tx *txn, bucket, key, v []byte) error {
	return tx.Bucket(bucket).Put(key, bind(bucket, key, v))
}

// decode unwraps what store put. The result aliases v.
func decode(bucket, key, v []byte) ([]byte, error) {
	if n := len(v) - len(room); n < 1 || checksum(bucket, key, v[:n]) != binary.BigEndian.Uint32(v[n:]) {
		return nil, fmt.Errorf("%w (%s/%x)", ErrCorrupt, bucket, key)
	}
	if v[0] != recordVersion {
		return nil, fmt.Errorf("%w (record version %d)", ErrNewer, v[0])
	}
	return v[1 : len(v)-4], nil
}

// fetch reads the body under a key; nil if there is none.
func fetch(tx *txn, bucket, key []byte) ([]byte, error) {
	v := tx.Bucket(bucket).Get(key)
	if v == nil {
		return nil, nil
	}
	return decode(bucket, key, v)
}

func encodeJSON(value any) ([]byte, error) {
	b, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return encode(b), nil
}

func decodeJSON(bucket, key, v []byte, into any) error {
	b, err := decode(bucket, key, v)
	if err != nil {
		return err
	}
	if json.Unmarshal(b, into) != nil {
		return fmt.Errorf("%w (%s/%x)", ErrCorrupt, bucket, key)
	}
	return nil
}

func decodeDevice(k, v []byte) (d market.Device, err error) {
	err = decodeJSON(bDevices, k, v, &d)
	return d, err
}

func decodeTx(k, v []byte) (t settlement.Tx, err error) {
	err = decodeJSON(bTxs, k, v, &t)
	return t, err
}

func key64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// parcelKey orders parcels by purchase, then by seq.
func parcelKey(p market.PurchaseID, seq uint32) []byte {
	return binary.BigEndian.AppendUint32(key64(uint64(p)), seq)
}

// splitKey takes purchase and seq off a key of parcels, parked, orphans or receipts.
func splitKey(k []byte) (market.PurchaseID, uint32) {
	return market.PurchaseID(binary.BigEndian.Uint64(k)), binary.BigEndian.Uint32(k[len(k)-4:])
}

// held is a parcel as stored: its body stands in the archive from the beginning.
type held struct {
	delivery.Parcel        // without the body
	place           uint64 // of the body
	size            uint32 // of the body, bytes
}

// A parcel's record: received(8) created(8, ns) f_cnt(4) DevEUI(8) digest(32) place(8) size(4) id.
func (p *held) encode() []byte {
	b := make([]byte, 0, 77+len(p.ID))
	b = append(b, recordVersion)
	b = binary.BigEndian.AppendUint64(b, p.Received)
	b = binary.BigEndian.AppendUint64(b, uint64(p.Created.UnixNano()))
	b = binary.BigEndian.AppendUint32(b, p.FCnt)
	b = append(b, p.DevEUI[:]...)
	b = append(b, p.Digest[:]...)
	b = binary.BigEndian.AppendUint64(b, p.place)
	b = binary.BigEndian.AppendUint32(b, p.size)
	b = append(b, p.ID...)
	return append(b, room[:]...)
}

// decodeHeld reads the record of a parcel in one of the buckets whose keys end in its seq.
func decodeHeld(bucket, k, v []byte) (p held, err error) {
	b, err := decode(bucket, k, v)
	if err != nil {
		return p, err
	}
	if len(k) < 12 || len(b) < 72 {
		return p, ErrCorrupt
	}
	p.Received, p.Created = binary.BigEndian.Uint64(b), time.Unix(0, int64(binary.BigEndian.Uint64(b[8:]))).UTC()
	p.FCnt, p.DevEUI, p.Digest = binary.BigEndian.Uint32(b[16:]), lorawan.DevEUI(b[20:28]), common.Hash(b[28:60])
	p.place, p.size, p.ID = binary.BigEndian.Uint64(b[60:]), binary.BigEndian.Uint32(b[68:]), delivery.ParcelID(b[72:])
	p.Purchase, p.Seq = splitKey(k)
	return p, nil
}

// decodeParcel reads a parcel with its body.
func decodeParcel(tx *txn, bucket, k, v []byte) (delivery.Parcel, error) {
	p, err := decodeHeld(bucket, k, v)
	if err != nil {
		return p.Parcel, err
	}
	body, err := archived(tx, p.Created, p.place)
	if err == nil && body == nil {
		err = fmt.Errorf("%w (the body of parcel %d of purchase %d is missing)", ErrCorrupt, p.Seq, p.Purchase)
	}
	p.Body = body
	return p.Parcel, err
}

// receipt is a receipt as stored: ordinal is its place in the hash chain.
type receipt struct {
	delivery.Receipt
	ordinal  uint32
	archived bool   // its body stayed in the archive, and may have left it since
	place    uint64 // where
}

// A receipt's body: ordinal(4) digest(32) at(8, unix ns), and place(8) if its body was kept.
func (r *receipt) encode() []byte {
	b := make([]byte, 0, 57)
	b = append(b, recordVersion)
	b = binary.BigEndian.AppendUint32(b, r.ordinal)
	b = append(b, r.Digest[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(r.At.UnixNano()))
	if r.archived {
		b = binary.BigEndian.AppendUint64(b, r.place)
	}
	return append(b, room[:]...)
}

func decodeReceipt(k, v []byte) (receipt, error) {
	b, err := decode(bReceipts, k, v)
	if err != nil {
		return receipt{}, err
	}
	if len(k) != 20 || len(b) != 44 && len(b) != 52 {
		return receipt{}, ErrCorrupt
	}
	r := receipt{ordinal: binary.BigEndian.Uint32(b)}
	r.Digest, r.At = common.Hash(b[4:36]), time.Unix(0, int64(binary.BigEndian.Uint64(b[36:]))).UTC()
	if len(b) == 52 {
		r.archived, r.place = true, binary.BigEndian.Uint64(b[44:])
	}
	r.Purchase, r.Seq = splitKey(k)
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

// encodeStream writes a stream: operator(8) owner(20) device(32) price(8) interval(4)
// terms(32) state(1) stop at(8) unpaid(1) restricted(1) block(8) stake length(1) stake;
// then, if the stream derives from purchases, 'P' count(1) and each(8); and if it was ever
// challenged, 'R' and its round, see appendRound. The same stream gives the same bytes.
func encodeStream(s *market.Stream) []byte {
	b := []byte{recordVersion}
	b = binary.BigEndian.AppendUint64(b, uint64(s.Operator))
	b = append(b, s.Owner[:]...)
	b = append(b, s.Device[:]...)
	b = binary.BigEndian.AppendUint64(b, s.Price)
	b = binary.BigEndian.AppendUint32(b, s.Interval)
	b = append(b, s.Terms[:]...)
	b = append(b, byte(s.State))
	b = binary.BigEndian.AppendUint64(b, s.StopAt)
	b = appendBool(b, s.Unpaid)
	b = appendBool(b, s.Restricted)
	b = binary.BigEndian.AppendUint64(b, s.Block)
	var stake []byte
	if s.Stake != nil {
		stake = s.Stake.Bytes()
	}
	b = append(append(b, byte(len(stake))), stake...)
	if n := len(s.Parents); n > 0 {
		b = append(b, 'P', byte(n))
		for _, p := range s.Parents {
			b = binary.BigEndian.AppendUint64(b, uint64(p))
		}
	}
	if s.Round.Number > 0 {
		b = appendRound(append(b, 'R'), &s.Round)
	}
	return append(b, room[:]...)
}

// appendRound writes a round: number(4) state(1) opened(8) review start(8) rule from(8)
// deadline(8) weight(8) count(4) ruling(32) challenges(1), each purchase(8) challenger(20)
// evidence hash(32) weight(8) later(1), responses(1), each by(20) hash(32).
func appendRound(b []byte, r *market.Round) []byte {
	b = append(binary.BigEndian.AppendUint32(b, r.Number), byte(r.State))
	for _, v := range []uint64{r.Opened, r.ReviewStart, r.RuleFrom, r.Deadline, r.Weight} {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	b = append(binary.BigEndian.AppendUint32(b, r.Count), r.Ruling[:]...)
	b = append(b, byte(len(r.Challenges)))
	for _, c := range r.Challenges {
		b = binary.BigEndian.AppendUint64(b, uint64(c.Purchase))
		b = append(append(b, c.Challenger[:]...), c.Evidence[:]...)
		b = appendBool(binary.BigEndian.AppendUint64(b, c.Weight), c.Later)
	}
	b = append(b, byte(len(r.Responses)))
	for _, one := range r.Responses {
		b = append(append(b, one.By[:]...), one.Hash[:]...)
	}
	return b
}

func readRound(r *reader) market.Round {
	round := market.Round{
		Number: r.u32(), State: market.RoundState(r.u8()), Opened: r.u64(), ReviewStart: r.u64(), RuleFrom: r.u64(),
		Deadline: r.u64(), Weight: r.u64(), Count: r.u32(), Ruling: r.hash(),
	}
	for range r.u8() {
		round.Challenges = append(round.Challenges,
			market.Challenge{Purchase: market.PurchaseID(r.u64()), Challenger: r.address(), Evidence: r.hash(), Weight: r.u64(), Later: r.flag()})
	}
	for range r.u8() {
		round.Responses = append(round.Responses, market.Response{By: r.address(), Hash: r.hash()})
	}
	return round
}

func decodeStream(k, v []byte) (market.Stream, error) { return decodeStreamOf(bStreams, k, v) }

func decodeStreamOf(bucket, k, v []byte) (market.Stream, error) {
	body, err := decode(bucket, k, v)
	if err != nil || len(k) != 8 {
		return market.Stream{}, errors.Join(ErrCorrupt, err)
	}
	r := reader{b: body}
	s := market.Stream{
		ID: market.StreamID(binary.BigEndian.Uint64(k)), Operator: market.OperatorID(r.u64()), Owner: r.address(), Device: r.hash(), Price: r.u64(),
		Interval: r.u32(), Terms: r.hash(), State: market.StreamState(r.u8()),
		StopAt: r.u64(), Unpaid: r.flag(), Restricted: r.flag(), Block: r.u64(),
	}
	s.Stake = new(big.Int).SetBytes(r.take(int(r.u8())))
	if len(r.b) > 0 && r.b[0] == 'P' {
		r.u8()
		for range r.u8() {
			s.Parents = append(s.Parents, market.PurchaseID(r.u64()))
		}
	}
	if len(r.b) > 0 && r.b[0] == 'R' {
		r.u8()
		s.Round = readRound(&r)
	}
	return s, r.done()
}

// encodePurchase writes a purchase: stream(8) buyer(20) start(8) end(8) price(8)
// interval(4) quota(4) delivered(4) returned(4) state(1) route hash(32) block(8) terms(32)
// payer(20).
func encodePurchase(p *market.Purchase) []byte {
	b := []byte{recordVersion}
	b = binary.BigEndian.AppendUint64(b, uint64(p.Stream))
	b = append(b, p.Buyer[:]...)
	b = binary.BigEndian.AppendUint64(b, p.Start)
	b = binary.BigEndian.AppendUint64(b, p.End)
	b = binary.BigEndian.AppendUint64(b, p.Price)
	b = binary.BigEndian.AppendUint32(b, p.Interval)
	b = binary.BigEndian.AppendUint32(b, p.Quota)
	b = binary.BigEndian.AppendUint32(b, p.Delivered)
	b = binary.BigEndian.AppendUint32(b, p.Returned)
	b = append(b, byte(p.State))
	b = append(b, p.RouteHash[:]...)
	b = binary.BigEndian.AppendUint64(b, p.Block)
	b = append(b, p.Terms[:]...)
	b = append(b, p.Payer[:]...)
	return append(b, room[:]...)
}

func decodePurchase(k, v []byte) (market.Purchase, error) {
	body, err := decode(bPurchases, k, v)
	if err != nil || len(k) != 8 {
		return market.Purchase{}, errors.Join(ErrCorrupt, err)
	}
	return readPurchase(market.PurchaseID(binary.BigEndian.Uint64(k)), body)
}

func readPurchase(id market.PurchaseID, body []byte) (market.Purchase, error) {
	r := reader{b: body}
	p := market.Purchase{
		ID: id, Stream: market.StreamID(r.u64()), Buyer: r.address(), Start: r.u64(), End: r.u64(), Price: r.u64(),
		Interval: r.u32(), Quota: r.u32(), Delivered: r.u32(), Returned: r.u32(), State: market.PurchaseState(r.u8()),
		RouteHash: r.hash(), Block: r.u64(), Terms: r.hash(), Payer: r.address(),
	}
	return p, r.done()
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}
