// Package delivery takes parcels to buyers' storage and brings receipts back.
//
// A parcel is one reading addressed to one purchase. A [Destination] is where a buyer
// wants the parcels of any number of his purchases; its [Kind] reads its configuration
// and opens a [Sink], which hands batches of parcels over and says of a failure whether
// and when to try again. The [Courier] shares its slots fairly among buyers, then among
// their destinations, so that a slow or dead one slows nobody else. The package refuses
// to know chains, brokers of uplinks and the ledger's disk; each kind lives in a folder
// of its own and is registered by one line of package kinds.
package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// ParcelID names a parcel for ever: the same reading for the same purchase has
// the same ID on every attempt, after every restart. It is the webhook-id.
type ParcelID string

// Place is where the market of a parcel lives: part of its ID, so that parcels
// of two deployments never share one.
type Place struct {
	ChainID uint64
	Market  common.Address
}

// NewParcelID derives the ID from what identifies the reading and the purchase:
// "msg_" and 26 characters of base32(sha256(...)).
func NewParcelID(at Place, p market.PurchaseID, r *lorawan.Reading, digest [32]byte) ParcelID {
	h := sha256.New()
	var n [8]byte
	put := func(v uint64) { binary.BigEndian.PutUint64(n[:], v); h.Write(n[:]) }
	text := func(s string) { put(uint64(len(s))); h.Write([]byte(s)) }
	put(at.ChainID)
	h.Write(at.Market[:])
	put(uint64(p))
	text(r.Network)
	h.Write(r.DevEUI[:])
	text(r.Session)
	put(uint64(r.FCnt))
	h.Write(digest[:])
	return ParcelID("msg_" + base32.StdEncoding.EncodeToString(h.Sum(nil))[:26])
}

// Parcel is one reading addressed to one purchase, waiting in the outbox.
type Parcel struct {
	ID       ParcelID
	Purchase market.PurchaseID
	Seq      uint32 // 0, 1, 2 … within the purchase, in order of ingest
	DevEUI   lorawan.DevEUI
	FCnt     uint32
	Received uint64      // chain time of ingest, unix seconds: decides the window
	Created  time.Time   // when it was posted
	Body     []byte      // JSON object, the same bytes on every attempt
	Digest   common.Hash // keccak256 of the body, if who made the parcel had it already; see BodyDigest
}

// BodyDigest is keccak256 of the body: what its receipt is for.
func (p *Parcel) BodyDigest() common.Hash {
	if p.Digest == (common.Hash{}) {
		return crypto.Keccak256Hash(p.Body)
	}
	return p.Digest
}

// Pack addresses a reading to a purchase. The body is
//
//	{"id":"msg_…","stream":1,"purchase":3,"seq":0,"prev":"0x…","dev":"0x…","f_cnt":174,"f_port":2,"received":"…", …}
//
// with the fields the listing sells; dev is the device commitment, never the DevEUI.
// prev is keccak256 of the body of the purchase's former parcel, zero for the first:
// who has the bodies can tell whether one is missing.
func Pack(at Place, e *market.Entitlement, seq uint32, prev common.Hash, r *lorawan.Reading, digest [32]byte, now time.Time) Parcel {
	p := Parcel{
		ID: NewParcelID(at, e.Purchase, r, digest), Purchase: e.Purchase, Seq: seq,
		DevEUI: r.DevEUI, FCnt: r.FCnt, Received: uint64(r.Received.Unix()), Created: now,
	}
	b := make([]byte, 0, 384+len(r.Values)+2*len(r.Data))
	b = append(b, `{"id":"`...)
	b = append(b, p.ID...)
	b = append(b, `","stream":`...)
	b = strconv.AppendUint(b, uint64(e.Stream), 10)
	b = append(b, `,"purchase":`...)
	b = strconv.AppendUint(b, uint64(e.Purchase), 10)
	b = append(b, `,"seq":`...)
	b = strconv.AppendUint(b, uint64(seq), 10)
	b = append(b, `,"prev":"`...)
	b = appendHash(b, prev)
	b = append(b, `","dev":"`...)
	b = appendHash(b, e.Device)
	b = append(b, `",`...)
	b = r.AppendSale(b, &e.Sale)
	p.Body = append(b, '}')
	p.Digest = crypto.Keccak256Hash(p.Body)
	return p
}

func appendHash(b []byte, h common.Hash) []byte {
	return hex.AppendEncode(append(b, "0x"...), h[:])
}

// Receipt records that a parcel was accepted by the buyer's storage.
type Receipt struct {
	Purchase market.PurchaseID
	Seq      uint32
	Digest   common.Hash // keccak256 of the body accepted
	At       time.Time
	Owed     bool // it was written down as owed: the receipt ends that in the same commit
}

// Batch is what one attempt hands over: parcels of one destination, each purchase's in
// order. Sinks whose other side sees where a batch ends get the same parcels under the
// same ID and First on every attempt, also after a crash.
type Batch struct {
	ID      string // of a single parcel its own id, else bat_ and 26 characters over the parcels' ids
	First   uint64 // ordinal of the first parcel among all that were ever batched for the destination; 0 unless Limits.Bounded
	Parcels []Parcel
	Again   bool // a buyer wants what he has once more: it is cut again, so its boundaries say nothing, and First is none
}

// NewBatch names a batch for ever: the same parcels have the same ID.
func NewBatch(first uint64, parcels []Parcel) Batch {
	if len(parcels) == 1 {
		return Batch{ID: string(parcels[0].ID), First: first, Parcels: parcels}
	}
	h := sha256.New()
	for i := range parcels {
		h.Write([]byte(parcels[i].ID))
	}
	return Batch{ID: "bat_" + base32.StdEncoding.EncodeToString(h.Sum(nil))[:26], First: first, Parcels: parcels}
}

// Code says in one word why a parcel was postponed, parked or dropped: the label of
// metrics and lists. Codes lists them all with their meaning.
type Code string

// The codes of reasons.
const (
	CodeUnreachable Code = "unreachable" // no connection
	CodeForbidden   Code = "forbidden"   // the address is none that may be dialled
	CodeTimeout     Code = "timeout"     // no answer in time
	CodeTLS         Code = "tls"         // the certificate is not good
	CodeAnswer      Code = "answer"      // the other side answered, but did not take it
	CodeCredentials Code = "credentials" // the other side does not let us in
	CodeRefused     Code = "refused"     // the other side judged what was sent and will not have it
	CodeGone        Code = "gone"        // the buyer switched the destination off
	CodeProtocol    Code = "protocol"    // the other side speaks another protocol, or contradicts itself
	CodeOwn         Code = "own"         // the bridge's own fault: no refusal
	CodeTooOld      Code = "too_old"     // refused for longer than the retry schedule
	CodeUncovered   Code = "uncovered"   // the purchase does not cover it (any more)
	CodeRetention   Code = "retention"   // ledger.retention is over
	CodeUnpaid      Code = "unpaid"      // of what the buyer was given too much is not taken
)

// Codes tells what each code means.
var Codes = []struct {
	Code  Code
	Means string
}{
	{CodeUnreachable, "no connection could be made"},
	{CodeForbidden, "the address is not one a buyer's storage may have"},
	{CodeTimeout, "no answer in time"},
	{CodeTLS, "the certificate is not good"},
	{CodeAnswer, "the other side answered, but did not take it"},
	{CodeCredentials, "the other side does not accept the credentials"},
	{CodeRefused, "the other side looked at what was sent and will not have it"},
	{CodeGone, "the buyer switched the destination off"},
	{CodeProtocol, "the other side does not speak the protocol, or contradicts itself"},
	{CodeOwn, "the bridge's own fault, which is no refusal"},
	{CodeTooOld, "refused for longer than the retry schedule"},
	{CodeUncovered, "the purchase does not cover it, or is over"},
	{CodeRetention, "nobody asked for it until ledger.retention was over"},
	{CodeUnpaid, "readings that were sent or shown are not taken: no others are until some are"},
}

// Reason is why something was not delivered. Text is for the buyer: it names neither
// secret nor URL query, and of the operator's network nothing.
type Reason struct {
	Code Code   `json:"code"`
	Text string `json:"text"`
}

// None says that there is no reason: everything went well.
func (r Reason) None() bool { return r.Code == "" }

// Never names a parcel of a batch that the other side will never take.
type Never struct {
	Index  int // in the batch
	Reason Reason
}

// Result is a sink's answer for a batch. Parcels neither taken nor in Never are tried
// again.
type Result struct {
	Taken   int           // parcels from the front that are durable at the other side
	Never   []Never       // single parcels, behind Taken, that never will be
	Reason  Reason        // why the rest was not taken; zero: nothing is left
	Refused bool          // the reason lies in what was sent: a batch is cut in halves until the bad parcel is found
	After   time.Duration // wait at least this long before the next attempt; 0: as the schedule says
	Gone    bool          // the buyer switched the destination off: no attempt until it is set again
}

// All is the result of a batch that was taken whole.
func All(b Batch) Result { return Result{Taken: len(b.Parcels)} }

// Failed is the result of a batch of which nothing was taken.
func Failed(c Code, text string) Result { return Result{Reason: Reason{c, text}} }

// Sink hands batches over to one destination. Deliver returns when the parcels it calls
// taken are durable at the other side, or the attempt is over; it returns soon after ctx
// ends and may be called from several goroutines, as many as Limits.Window says.
type Sink interface {
	Deliver(ctx context.Context, b Batch) Result
	Close() error
}

// Outbox is what the courier needs of the ledger. Those with done queue for the next
// group commit and call done from the committer when they are durable; done may be nil.
type Outbox interface {
	// Backlog lists every purchase with waiting parcels.
	Backlog() ([]market.PurchaseID, error)
	// Waiting returns up to limit parcels of the purchase with Seq >= from, in order.
	Waiting(p market.PurchaseID, from uint32, limit int) ([]Parcel, error)
	// Begin writes the boundaries of a batch down and gives the ordinal of its first parcel.
	Begin(d DestinationID, parcels []Parcel, done func(first uint64, err error))
	// Begun lists a destination's batches that were begun and neither delivered nor dissolved.
	Begun(d DestinationID) ([]Batch, error)
	// Dissolve forgets a batch's boundaries: its parcels are batched again.
	Dissolve(d DestinationID, first uint64, done func(error))
	// Delivered turns parcels into receipts, once each: a receipt that exists changes
	// nothing. With batch it forgets the boundaries in the same commit.
	Delivered(receipts []Receipt, batch *BatchKey, done func(error))
	// Park sets parcels aside: no longer attempted, pullable and replayable until retention ends.
	Park(p market.PurchaseID, seqs []uint32, why Reason, done func(error))
	// Drop deletes parcels that nobody is entitled to any more; they are never billed.
	Drop(p market.PurchaseID, seqs []uint32, why Reason, done func(error))
	// Standings reads what is remembered of refusals; Remember writes it, nil forgets.
	Standings(d DestinationID) (map[market.PurchaseID]Refusals, error)
	Remember(d DestinationID, p market.PurchaseID, r *Refusals, done func(error))
	// Debt reads what a buyer was sent or shown and has not taken; Owe changes it.
	Debt(buyer common.Address) (Debt, error)
	Owe(buyer common.Address, c DebtChange, done func(error))
}

// BatchKey names a batch that was begun.
type BatchKey struct {
	Destination DestinationID
	First       uint64
}

// Refusals is what must not be forgotten of a destination (purchase 0), or of a purchase
// whose first parcel is refused while others are taken.
type Refusals struct {
	Streak int           `json:"streak"` // refusals in a row
	For    time.Duration `json:"for"`    // how long they have gone on, while the bridge was there to see it
	Reason Reason        `json:"reason"` // of the last
	At     time.Time     `json:"at"`     // of the last
	Due    time.Time     `json:"due"`    // of the next attempt
	Gone   bool          `json:"gone,omitempty"`
}

// Gate says what may be done with a parcel now: asked at every send.
type Gate interface {
	Standing(p market.PurchaseID, seq uint32, received uint64) market.Standing
}

// Directory finds the destination of a purchase; ok is false while the buyer has set none.
type Directory interface {
	Destination(p market.PurchaseID) (d Destination, ok bool, err error)
}
