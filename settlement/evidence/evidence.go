// Package evidence makes and checks the file with which a buyer proves what he got
// for a purchase: every reading as it was delivered, the chain of receipts, how the
// chain's settlement roots commit to it, and figures an arbiter can recompute. It
// refuses to know the bridge, its ledger and its network: making is a function of what
// they kept, checking one of the document and of what an Ethereum node says.
package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
)

// Format names this version of the file. A reader refuses versions it does not know;
// a change that an old reader would misunderstand gets a new number.
const Format = "dbdao-evidence/2"

// Bounds of a file: a stranger's must not bloat who checks it.
const (
	MaxBytes       = 64 << 20
	MaxReadings    = 20_000
	maxBody        = 1 << 20
	maxSettlements = 20_000
	maxProof       = 64
	maxSkipped     = 1_000
	maxLost        = 20_000
)

// ErrFile says that a file is no evidence file this program can check.
var ErrFile = errors.New("this is no evidence file")

// Document is an evidence file. It covers a range of the receipts of one purchase:
// all of them, unless there are more than MaxReadings.
type Document struct {
	Format      string       `json:"format"`
	Made        time.Time    `json:"made"`  // to the second
	Block       uint64       `json:"block"` // newest block the bridge knew
	Identity    Identity     `json:"identity"`
	Key         string       `json:"webhook_key"` // whpk_ and base64 of the ed25519 key that signs readings
	Receipts    Range        `json:"receipts"`
	Readings    []Reading    `json:"readings"` // by ordinal
	Settlements []Settlement `json:"settlements"`
	FCnt        FCnt         `json:"f_cnt"`
	Statistics  Statistics   `json:"statistics"`
	Attestation Attestation  `json:"attestation"`
}

// Identity says whose the readings are and what was agreed.
type Identity struct {
	ChainID   uint64            `json:"chain_id"`
	Market    common.Address    `json:"market"`
	Operator  market.OperatorID `json:"operator"`
	Stream    market.StreamID   `json:"stream"`
	Owner     common.Address    `json:"owner"`
	Device    common.Hash       `json:"device"` // commitment
	Purchase  market.PurchaseID `json:"purchase"`
	Buyer     common.Address    `json:"buyer"`
	Bought    uint64            `json:"bought"` // block
	Price     uint64            `json:"price"`  // 10⁻⁶ DTX per reading
	Interval  uint32            `json:"interval"`
	Quota     uint32            `json:"quota"`
	Start     uint64            `json:"start"`                    // unix seconds
	End       uint64            `json:"end"`                      // of the purchase, or of its stream if that stopped earlier
	Delivered uint32            `json:"delivered"`                // readings paid on chain at block
	Terms     common.Hash       `json:"terms"`                    // of the purchase
	TermsText string            `json:"terms_document,omitempty"` // whose keccak256 is terms; empty: the bridge has it not
}

// Range says which receipts the file covers: count of total, from ordinal first on.
// Before and Head are the hash chain before and after them. Receipts that another ledger of
// the operator's made, or that were lost with it, have ordinals and no readings.
type Range struct {
	First   uint32            `json:"first"`
	Count   uint32            `json:"count"`
	Total   uint32            `json:"total"`
	Before  common.Hash       `json:"before"`
	Head    common.Hash       `json:"head"`
	Lost    []settlement.Lost `json:"lost"`    // of the whole chain of receipts, in their order
	Skipped []Seqs            `json:"skipped"` // readings that were never delivered, and never claimed
	More    uint32            `json:"more_skipped,omitempty"`
}

// Seqs is a run of readings, both ends included.
type Seqs struct {
	From uint32 `json:"from"`
	To   uint32 `json:"to"`
}

// Reading is one delivered reading. Body is exactly what the buyer's storage accepted
// (Base64 where it is no UTF-8); both are empty when it is no longer kept.
type Reading struct {
	Ordinal   uint32      `json:"ordinal"`   // place in the chain of receipts
	Seq       uint32      `json:"seq"`       // place among the purchase's readings
	Digest    common.Hash `json:"digest"`    // keccak256 of the body
	Delivered int64       `json:"delivered"` // unix nanoseconds
	Body      string      `json:"body,omitempty"`
	Base64    []byte      `json:"body_base64,omitempty"`
	Signature []byte      `json:"signature"` // ed25519 over SignedText, base64
}

// Settlement is one transaction in which the purchase was claimed: the proof leads
// from (purchase, delivered, receipts_head) to the root it emitted.
type Settlement struct {
	Tx        common.Hash   `json:"tx"`
	Block     uint64        `json:"block"`
	Delivered uint32        `json:"delivered"`
	Head      common.Hash   `json:"receipts_head"`
	Root      common.Hash   `json:"root"`
	Proof     []common.Hash `json:"proof"`
}

// Attestation is the EIP-712 signature of the operator's hot key over the readings.
type Attestation struct {
	Signer    common.Address `json:"signer"`
	Readings  common.Hash    `json:"readings"` // see ReadingsHash
	Signature hexBytes       `json:"signature"`
}

// Record is what a bridge kept of a purchase.
type Record struct {
	Purchase   market.Purchase
	Stream     market.Stream
	Terms      []byte          // terms document; nil if unknown
	Head       market.Position // newest folded block
	Total      uint32          // receipts in all, with the lost ones
	First, End uint32          // ordinals covered, the end excluded
	Before     common.Hash
	After      common.Hash
	Lost       []settlement.Lost // breaks of the whole chain of receipts
	Readings   []Delivered
	Skipped    []Seqs
	More       uint32 // further runs of skipped ones
	Payments   []Payment
}

// Payment is what a settlement on chain paid for the purchase.
type Payment struct {
	Tx        common.Hash
	Block     uint64
	Delivered uint32 // paid in all, after it
	Root      common.Hash
	Claims    []settlement.Claim // whose root it is; nil: another ledger's, which proves nothing here
}

// Delivered is a receipt and, while it is kept, the body it is for.
type Delivered struct {
	Ordinal, Seq uint32
	Digest       common.Hash
	At           time.Time
	Body         []byte // nil: no longer kept
}

// Skip notes that the seqs from next up to before seq never became receipts.
func (r *Record) Skip(next, seq uint32) {
	switch {
	case next >= seq:
	case len(r.Skipped) < maxSkipped:
		r.Skipped = append(r.Skipped, Seqs{next, seq - 1})
	default:
		r.More++
	}
}

// Parse reads a file of at most MaxBytes and checks its form, nothing more.
func Parse(text []byte) (*Document, error) {
	if len(text) > MaxBytes {
		return nil, fmt.Errorf("%w: it has %d bytes, more than %d", ErrFile, len(text), MaxBytes)
	}
	var head struct {
		Format string `json:"format"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFile, err)
	}
	if head.Format != Format {
		return nil, fmt.Errorf("%w of a version this program knows: it says %.40q, known is %q", ErrFile, head.Format, Format)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	doc := &Document{}
	if err := d.Decode(doc); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFile, err)
	}
	for _, c := range []struct {
		what    string
		n, most int
	}{{"readings", len(doc.Readings), MaxReadings}, {"settlements", len(doc.Settlements), maxSettlements}, {"breaks", len(doc.Receipts.Lost), maxLost}, {"skipped runs", len(doc.Receipts.Skipped), maxSkipped}} {
		if c.n > c.most {
			return nil, fmt.Errorf("%w: %d %s, at most %d fit", ErrFile, c.n, c.what, c.most)
		}
	}
	for i := range doc.Readings {
		if r := &doc.Readings[i]; len(r.Body) > maxBody || len(r.Base64) > maxBody || r.Body != "" && len(r.Base64) > 0 {
			return nil, fmt.Errorf("%w: reading %d has two bodies, or one above %d bytes", ErrFile, r.Seq, maxBody)
		}
	}
	for i := range doc.Settlements {
		if n := len(doc.Settlements[i].Proof); n > maxProof {
			return nil, fmt.Errorf("%w: a proof of %d hashes", ErrFile, n)
		}
	}
	return doc, nil
}

// body gives the bytes delivered; nil if they are no longer kept.
func (r *Reading) body() []byte {
	if len(r.Base64) > 0 {
		return r.Base64
	}
	if r.Body == "" {
		return nil
	}
	return []byte(r.Body)
}
