// Package delivery takes parcels to buyers' storage and brings receipts back.
//
// A parcel is one reading addressed to one purchase. The [Courier] keeps one
// queue per route, so that a slow or dead buyer slows nobody else; a [Sink]
// hands parcels over and says of a failure whether and when to try again. The
// package refuses to know chains, brokers of uplinks and the ledger's disk.
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
	Received uint64    // chain time of ingest, unix seconds: decides the window
	Created  time.Time // start of its retry schedule
	Body     []byte    // JSON object, the same bytes on every attempt
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
}

// Kind names a kind of sink.
type Kind string

// The kinds of sinks built in.
const (
	KindWebhook Kind = "webhook" // Standard Webhooks: signed HTTP POST
	KindMQTT    Kind = "mqtt"    // QoS 1 publish to the buyer's broker
)

// Route says where the parcels of a purchase go. The buyer sets it; only buyer
// and operator know it. Its JSON is the route document whose keccak256 is the
// routeHash on chain.
type Route struct {
	Kind     Kind   `json:"kind"`
	URL      string `json:"url"`                // https://… (webhook), mqtts://host:port (mqtt)
	Topic    string `json:"topic,omitempty"`    // mqtt: topic to publish to
	Username string `json:"username,omitempty"` // mqtt
	Password string `json:"password,omitempty"` // mqtt
	Secret   string `json:"secret,omitempty"`   // webhook: whsec_… for the HMAC `v1` signature; empty: ed25519 `v1a` alone
	Batch    int    `json:"batch,omitempty"`    // webhook: parcels in one POST (JSON array) at most; 0 or 1: one object each
	CA       string `json:"ca,omitempty"`       // PEM of the CA that signed the sink's certificate; empty: the system's
}

// Result is a sink's answer for a batch.
type Result struct {
	Err   error         // nil: every parcel of the batch was accepted
	Retry bool          // false: the sink will never take these parcels (they are parked at once)
	After time.Duration // wait at least this long before the next attempt (Retry-After); 0: as the schedule says
	Gone  bool          // the buyer switched the route off (HTTP 410): no further attempt until the route is set anew
}

// Sink hands parcels to one buyer's storage. Deliver returns only when every
// parcel was durably accepted or the attempt is over; it honours ctx, never
// panics, and its error names neither URL query nor secret.
type Sink interface {
	Deliver(ctx context.Context, batch []Parcel) Result
	Close() error
}

// Outbox is what the courier needs of the ledger. Waiting reads; the rest are
// queued for the next group commit and call done from the committer once they
// are durable (done may be nil).
type Outbox interface {
	// Backlog lists every purchase with waiting parcels.
	Backlog() ([]market.PurchaseID, error)
	// Waiting returns up to limit parcels of the purchase with Seq >= from, in order.
	Waiting(p market.PurchaseID, from uint32, limit int) ([]Parcel, error)
	// Delivered turns parcels into receipts, once each: a receipt that exists changes nothing.
	Delivered(receipts []Receipt, done func(error))
	// Park sets parcels aside: no longer attempted, still pullable and replayable until retention ends.
	Park(p market.PurchaseID, seqs []uint32, reason string, done func(error))
	// Drop deletes parcels whose purchase is gone (reorg, slash, window); they are never billed.
	Drop(p market.PurchaseID, seqs []uint32, reason string, done func(error))
}

// Gate says what may be done with a parcel now: asked at every send.
type Gate interface {
	Standing(p market.PurchaseID, seq uint32, received uint64) market.Standing
}

// Directory finds the route of a purchase; ok is false while the buyer has set none.
type Directory interface {
	Route(p market.PurchaseID) (r Route, ok bool, err error)
}
