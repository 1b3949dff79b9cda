package evidence

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/offer"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// Chain is what checking a file asks an Ethereum node. An error says that the node
// could not tell, not that something is wrong with the file.
type Chain interface {
	// ID gives the chain and the market it is asked about.
	ID(ctx context.Context) (chainID uint64, market common.Address, err error)
	// Purchase gives a purchase as it is now, and the first bytes of its terms.
	Purchase(ctx context.Context, p market.PurchaseID) (market.Purchase, [8]byte, error)
	Stream(ctx context.Context, s market.StreamID) (market.Stream, error)
	// Bought tells whether a purchase was made in a block.
	Bought(ctx context.Context, p market.PurchaseID, block uint64) (bool, error)
	// Moved tells whether a purchase was extended or cancelled, or its stream stopped, after a block.
	Moved(ctx context.Context, p market.PurchaseID, s market.StreamID, after uint64) (bool, error)
	// Settled lists what was paid for a purchase from a block on, oldest first.
	Settled(ctx context.Context, p market.PurchaseID, from uint64) ([]Settled, error)
	// Roots lists the settlement roots an operator emitted in a block.
	Roots(ctx context.Context, op market.OperatorID, block uint64) ([]Root, error)
	// Keys lists the hot keys and the hashes of keys an operator ever had, the present ones last.
	Keys(ctx context.Context, op market.OperatorID) (signers []common.Address, keys []common.Hash, err error)
}

// Settled is one payment for a purchase.
type Settled struct {
	Tx        common.Hash
	Block     uint64
	Delivered uint32 // cumulative
}

// Root is one settlement root.
type Root struct {
	Tx   common.Hash
	Root common.Hash
}

// The codes of faults.
const (
	FaultForm     = "form"     // the document contradicts itself
	FaultPlace    = "place"    // another chain or market
	FaultPurchase = "purchase" // a member of the purchase or the stream differs from the chain
	FaultKeys     = "keys"     // the ed25519 key is not the operator's
	FaultSigner   = "signer"   // the attestation is not by a hot key of the operator
	FaultAltered  = "altered"  // a reading is not what was delivered
	FaultMissing  = "missing"  // a reading was taken out
	FaultAdded    = "added"    // a reading was put in
	FaultOrder    = "order"    // readings stand in another order
	FaultReceipts = "receipts" // the chain of receipts does not end where the file says
	FaultRoot     = "root"     // a settlement's root is not on chain, or does not lead to the receipts
	FaultPaid     = "paid"     // the chain paid another count
	FaultFigures  = "figures"  // recomputed gaps or statistics differ
	FaultLost     = "lost"     // a break in the receipts that nothing on chain explains
)

// Fault is one thing wrong with a file.
type Fault struct {
	Code    string  `json:"code"`
	Seq     *uint32 `json:"seq,omitempty"`     // of which reading
	Ordinal *uint32 `json:"ordinal,omitempty"` // of which receipt, where the seq is not known
	Text    string  `json:"text"`
}

// Report is what checking a file found.
type Report struct {
	OK       bool              `json:"ok"`
	Purchase market.PurchaseID `json:"purchase"`
	Stream   market.StreamID   `json:"stream"`
	Operator market.OperatorID `json:"operator"`
	Readings int               `json:"readings"` // signed ones in the file
	Bodies   int               `json:"bodies"`   // of these with their body
	Covers   string            `json:"covers"`   // which receipts of how many
	Settled  int               `json:"settlements"`
	Paid     uint32            `json:"paid"`     // on chain, now
	Unproved uint32            `json:"unproved"` // of these, receipts the operator says were made by another ledger of his, or lost with it
	Key      string            `json:"key"`      // how the ed25519 key is bound to the operator
	Signer   string            `json:"signer"`   // how the hot key is
	Faults   []Fault           `json:"faults"`
	More     int               `json:"more_faults,omitempty"`
	Notes    []string          `json:"notes"`
}

const maxFaults = 1_000

func (r *Report) fault(code string, seq *uint32, format string, args ...any) {
	if len(r.Faults) == maxFaults {
		r.More++
		return
	}
	r.Faults = append(r.Faults, Fault{Code: code, Seq: seq, Text: fmt.Sprintf(format, args...)})
}

func (r *Report) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// Verify checks a file against the chain and trusts nothing else. The error says that
// it could not be checked; what is wrong with the file stands in the report.
func Verify(ctx context.Context, d *Document, chain Chain) (*Report, error) {
	r := &Report{Purchase: d.Identity.Purchase, Stream: d.Identity.Stream, Operator: d.Identity.Operator,
		Readings: len(d.Readings), Settled: len(d.Settlements), Faults: []Fault{}, Notes: []string{}}
	c := &checking{Report: r, ctx: ctx, d: d, chain: chain, gone: map[uint32]bool{}}
	id, at, err := chain.ID(ctx)
	if err != nil {
		return nil, err
	}
	if id != d.Identity.ChainID || at != d.Identity.Market {
		r.fault(FaultPlace, nil, "the file is of chain %d, market %s; asked are chain %d, market %s", d.Identity.ChainID, d.Identity.Market, id, at)
	}
	c.form()
	c.lost()
	for _, step := range []func() error{c.purchase, c.keys, c.readings, c.settlements} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	c.figures()
	r.OK = len(r.Faults) == 0
	return r, nil
}

// checking is one run of Verify.
type checking struct {
	*Report
	ctx   context.Context
	d     *Document
	chain Chain
	paid  uint32 // on chain now
	key   ed25519.PublicKey
	heads map[common.Hash]uint32 // head of the chain of receipts → how many it covers
	whole bool                   // every ordinal of the range is there
	gone  map[uint32]bool        // seqs reported missing
}

func (c *checking) form() {
	d, x := c.d, &c.d.Receipts
	if n := int(x.Count) - c.lostWithin(); n != len(d.Readings) {
		c.fault(FaultForm, nil, "the file says it holds %d readings, and holds %d", n, len(d.Readings))
	}
	if uint64(x.First)+uint64(x.Count) > uint64(x.Total) {
		c.fault(FaultForm, nil, "readings %d to %d are said to be of %d", x.First, uint64(x.First)+uint64(x.Count), x.Total)
	}
	if x.First == 0 && x.Before != (common.Hash{}) {
		c.fault(FaultReceipts, nil, "the chain of receipts must begin at the zero hash, not at %s", x.Before)
	}
	c.Covers = fmt.Sprintf("receipts %d to %d of %d", x.First, int64(x.First)+int64(x.Count)-1, x.Total)
	if x.Count == 0 {
		c.Covers = fmt.Sprintf("no receipts of %d", x.Total)
	}
	if x.Count < x.Total {
		c.note("the file covers a part: %s", c.Covers)
	}
}

// lost checks the form of the breaks, and names them.
func (c *checking) lost() {
	x := &c.d.Receipts
	next := uint64(0)
	for _, l := range x.Lost {
		end := uint64(l.First) + uint64(l.Count)
		if uint64(l.First) < next || end > uint64(x.Total) || l.SeqFrom > l.SeqTo {
			c.fault(FaultForm, nil, "the break at receipt %d overlaps another, or ends after receipt %d", l.First, x.Total)
			return
		}
		next = end
		c.Unproved += l.Count
		at := time.Unix(int64(min(l.At, math.MaxInt64)), 0).UTC().Format(time.RFC3339)
		if l.Count == 0 {
			if l.SeqTo <= l.SeqFrom { // it had no number left to give
				continue
			}
			c.note("before receipt %d another ledger of the operator's may have sold readings (noticed %s): numbers %d to %d may be its, none of them was paid that is not here", l.First, at, l.SeqFrom, int64(l.SeqTo)-1)
			continue
		}
		c.note("receipts %d to %d were made by another ledger of the operator's, or lost with it (noticed %s): the chain paid for them, and this file does not prove that they were delivered", l.First, end-1, at)
	}
}

// lostWithin counts the receipts of the file's range that are lost.
func (c *checking) lostWithin() (n int) {
	x := &c.d.Receipts
	for _, l := range x.Lost {
		from, to := max(l.First, x.First), min(uint64(l.First)+uint64(l.Count), uint64(x.First)+uint64(x.Count))
		n += max(0, int(to)-int(from))
	}
	return n
}

// isLost tells whether a receipt is one of those that are lost.
func (c *checking) isLost(ordinal uint32) bool {
	return slices.ContainsFunc(c.d.Receipts.Lost, func(l settlement.Lost) bool { return l.First <= ordinal && ordinal-l.First < l.Count })
}

// purchase compares what was agreed with the chain.
func (c *checking) purchase() error {
	i := &c.d.Identity
	p, tag, err := c.chain.Purchase(c.ctx, i.Purchase)
	if err != nil {
		return err
	}
	if p.State == market.PurchaseNone {
		c.fault(FaultPurchase, nil, "there is no purchase %d on chain", i.Purchase)
		return nil
	}
	c.paid, c.Paid = p.Delivered, p.Delivered
	s, err := c.chain.Stream(c.ctx, p.Stream)
	if err != nil {
		return err
	}
	differs := func(what string, file, chain any) {
		if file != chain {
			c.fault(FaultPurchase, nil, "%s differs: the file says %v, the chain %v", what, file, chain)
		}
	}
	differs("the stream", i.Stream, p.Stream)
	differs("the buyer", i.Buyer, p.Buyer)
	differs("the start", i.Start, p.Start)
	differs("the price", i.Price, p.Price)
	differs("the interval", i.Interval, p.Interval)
	differs("the stream's owner", i.Owner, s.Owner)
	differs("the stream's operator", i.Operator, s.Operator)
	differs("the stream's device", i.Device, s.Device)
	if [8]byte(i.Terms[:8]) != tag {
		c.fault(FaultPurchase, nil, "the terms differ: the file says %s, the purchase was made under terms that begin with 0x%x", i.Terms, tag)
	}
	if i.TermsText != "" && crypto.Keccak256Hash([]byte(i.TermsText)) != i.Terms {
		c.fault(FaultPurchase, nil, "the terms document is not the one whose hash is %s", i.Terms)
	}
	if _, err := offer.Read([]byte(i.TermsText)); i.TermsText != "" && err != nil {
		c.note("what the terms promise is not checked: %v", err)
	}
	if end := s.EndOf(p.End); i.End != end || i.Quota != p.Quota {
		moved, err := c.chain.Moved(c.ctx, i.Purchase, p.Stream, c.d.Block)
		if err != nil {
			return err
		}
		if !moved {
			differs("the end", i.End, end)
			differs("the quota", i.Quota, p.Quota)
		} else {
			c.note("the purchase was extended or cancelled, or its stream stopped, since the file was made: it ends at %d now", end)
		}
	}
	ok, err := c.chain.Bought(c.ctx, i.Purchase, i.Bought)
	if err == nil && !ok {
		c.fault(FaultPurchase, nil, "purchase %d was not made in block %d", i.Purchase, i.Bought)
	}
	return err
}

// keys binds the ed25519 key and the attestation to the operator.
func (c *checking) keys() (err error) {
	if c.key, err = parseKey(c.d.Key); err != nil {
		c.fault(FaultKeys, nil, "%v", err)
		return nil
	}
	signers, published, err := c.chain.Keys(c.ctx, c.d.Identity.Operator)
	if err != nil {
		return err
	}
	a := &c.d.Attestation
	if h := ReadingsHash(&c.d.Identity, c.d.Readings); h != a.Readings {
		c.fault(FaultSigner, nil, "the attestation is of other readings than the file holds (%s, it says %s)", h, a.Readings)
	}
	hash := KeysHash(c.key)
	digest, err := attestationHash(c.d, hash)
	if err != nil {
		c.fault(FaultForm, nil, "%v", err)
		return nil
	}
	attested := false
	switch by := signedBy(digest, a.Signature); {
	case by == (common.Address{}) || by != a.Signer:
		c.fault(FaultSigner, nil, "the attestation is not signed by %s: something it covers (operator, purchase, range, head, readings, key, block, time) was changed", a.Signer)
	case len(signers) > 0 && by == signers[len(signers)-1]:
		attested, c.Signer = true, "the operator's signer on chain"
	case slices.Contains(signers, by):
		attested, c.Signer = true, "a former signer of the operator"
	default:
		c.fault(FaultSigner, nil, "%s signed the attestation and never was a signer of operator %d", by, c.d.Identity.Operator)
	}

	var now common.Hash
	if len(published) > 0 {
		now = published[len(published)-1]
	}
	switch {
	case hash == now:
		c.Key = "published on chain"
	case slices.Contains(published, hash):
		c.Key = "was published on chain until the operator changed it"
	case now != (common.Hash{}):
		c.fault(FaultKeys, nil, "the operator publishes another key on chain: %s, the file's is %s", now, hash)
	case attested:
		c.Key = "attested by the operator's signer (he publishes none on chain: `operator set-keys`)"
	default:
		c.fault(FaultKeys, nil, "nothing binds the key to operator %d: he publishes none, and no signer of his attests it", c.d.Identity.Operator)
	}
	return nil
}

// readings checks each reading by itself, then what is between them.
func (c *checking) readings() error {
	d, x := c.d, &c.d.Receipts
	seen := make(map[uint32]*Reading, len(d.Readings)) // by ordinal
	bySeq := make(map[uint32]*Reading, len(d.Readings))
	last := int64(-1)
	for i := range d.Readings {
		r := &d.Readings[i]
		switch {
		case seen[r.Ordinal] != nil || bySeq[r.Seq] != nil:
			c.fault(FaultAdded, &r.Seq, "reading %d was added: its place is taken (it stands at position %d)", r.Seq, i)
			continue
		case c.isLost(r.Ordinal):
			c.fault(FaultAdded, &r.Seq, "reading %d was added: receipt %d is said to be lost", r.Seq, r.Ordinal)
		case uint64(r.Ordinal) < uint64(x.First) || uint64(r.Ordinal) >= uint64(x.First)+uint64(x.Count):
			c.fault(FaultAdded, &r.Seq, "reading %d was added: receipt %d is outside of what the file covers (%s)", r.Seq, r.Ordinal, c.Covers)
		case int64(r.Ordinal) < last:
			c.fault(FaultOrder, &r.Seq, "reading %d (receipt %d) stands after receipt %d: the order is wrong", r.Seq, r.Ordinal, last)
		}
		last = max(last, int64(r.Ordinal))
		seen[r.Ordinal], bySeq[r.Seq] = r, r
		c.reading(r)
	}
	c.whole = c.follow(seen, bySeq)
	c.between(bySeq)
	return nil
}

// reading checks one: signature, digest, and that its body says what it must.
func (c *checking) reading(r *Reading) {
	if c.key != nil && !ed25519.Verify(c.key, []byte(SignedText(&c.d.Identity, r)), r.Signature) {
		c.fault(FaultAltered, &r.Seq, "reading %d was altered: the operator's key did not sign receipt %d of seq %d with digest %s", r.Seq, r.Ordinal, r.Seq, r.Digest)
	}
	body := r.body()
	if body == nil {
		return
	}
	c.Bodies++
	if got := crypto.Keccak256Hash(body); got != r.Digest {
		c.fault(FaultAltered, &r.Seq, "reading %d was altered: its body has digest %s, receipt %d is for %s", r.Seq, got, r.Ordinal, r.Digest)
		return
	}
	i := &c.d.Identity
	var b content
	if err := json.Unmarshal(body, &b); err != nil {
		c.fault(FaultAltered, &r.Seq, "reading %d is no reading: %v", r.Seq, err)
		return
	}
	if b.Purchase != uint64(i.Purchase) || b.Stream != uint64(i.Stream) || b.Seq == nil || *b.Seq != r.Seq || !strings.EqualFold(b.Dev, i.Device.Hex()) {
		c.fault(FaultAltered, &r.Seq, "reading %d says of itself another purchase, stream, seq or device", r.Seq)
	}
	if at := b.Received.Unix(); at < 0 || uint64(at) < i.Start || uint64(at) >= i.End {
		c.note("reading %d was taken in at %s, outside of the purchase's present window", r.Seq, b.Received)
	}
}

// receiptGone names a receipt that is not there, by the number of its reading if that can be told.
func (c *checking) receiptGone(ordinal uint32, seen, bySeq map[uint32]*Reading) {
	seq := missing(seen, ordinal)
	text := fmt.Sprintf("receipt %d is missing", ordinal)
	if seq != nil && bySeq[*seq] == nil {
		text = fmt.Sprintf("reading %d is missing: it is receipt %d", *seq, ordinal)
		c.gone[*seq] = true
	} else {
		seq = nil
	}
	c.Faults = append(c.Faults, Fault{Code: FaultMissing, Seq: seq, Ordinal: &ordinal, Text: text})
}

// missing guesses the seq of a receipt that is not there from its neighbours.
func missing(seen map[uint32]*Reading, ordinal uint32) *uint32 {
	before, after := seen[ordinal-1], seen[ordinal+1]
	switch {
	case before != nil && (after == nil || after.Seq == before.Seq+2):
		return new(before.Seq + 1)
	case before == nil && after != nil && after.Seq == 1:
		return new(uint32(0))
	}
	return nil
}
