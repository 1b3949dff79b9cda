package evidence

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
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
	FaultForm      = "form"      // the document contradicts itself
	FaultPlace     = "place"     // another chain or market
	FaultPurchase  = "purchase"  // a member of the purchase or the stream differs from the chain
	FaultKeys      = "keys"      // the ed25519 key is not the operator's
	FaultSigner    = "signer"    // the attestation is not by a hot key of the operator
	FaultAltered   = "altered"   // a reading is not what was delivered
	FaultMissing   = "missing"   // a reading was taken out
	FaultAdded     = "added"     // a reading was put in
	FaultOrder     = "order"     // readings stand in another order
	FaultReceipts  = "receipts"  // the chain of receipts does not end where the file says
	FaultRoot      = "root"      // a settlement's root is not on chain, or does not lead to the receipts
	FaultDelivered = "delivered" // the chain paid another count
	FaultFigures   = "figures"   // recomputed gaps or statistics differ
	FaultLost      = "lost"      // a break in the receipts that nothing on chain explains
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
	OK        bool              `json:"ok"`
	Purchase  market.PurchaseID `json:"purchase"`
	Stream    market.StreamID   `json:"stream"`
	Operator  market.OperatorID `json:"operator"`
	Readings  int               `json:"readings"` // signed ones in the file
	Bodies    int               `json:"bodies"`   // of these with their body
	Covers    string            `json:"covers"`   // which receipts of how many
	Settled   int               `json:"settlements"`
	Delivered uint32            `json:"delivered"` // paid on chain now
	Unproved  uint32            `json:"unproved"`  // of these, receipts the operator says were made by another ledger of his, or lost with it
	Key       string            `json:"key"`       // how the ed25519 key is bound to the operator
	Signer    string            `json:"signer"`    // how the hot key is
	Faults    []Fault           `json:"faults"`
	More      int               `json:"more_faults,omitempty"`
	Notes     []string          `json:"notes"`
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
	c.paid, c.Delivered = p.Delivered, p.Delivered
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
	if _, err := market.ReadTerms([]byte(i.TermsText)); i.TermsText != "" && err != nil {
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

// between checks that each body names the digest of the one before it.
func (c *checking) between(bySeq map[uint32]*Reading) {
	order := make([]*Reading, 0, len(bySeq))
	for _, r := range bySeq {
		order = append(order, r)
	}
	slices.SortFunc(order, func(a, b *Reading) int { return cmp.Compare(a.Seq, b.Seq) })
	all := c.d.Receipts.First == 0 && c.d.Receipts.Count == c.d.Receipts.Total
	chained := false // bodies made by versions without prev come first
	next := uint32(0)
	for _, r := range order {
		if all {
			c.gap(next, r)
		}
		next = r.Seq + 1
		body := r.body()
		if body == nil {
			continue
		}
		var b content
		if json.Unmarshal(body, &b) != nil || b.Prev == nil {
			if chained {
				c.fault(FaultAltered, &r.Seq, "reading %d does not name the reading before it, as those before it do", r.Seq)
			}
			continue
		}
		var prev common.Hash
		if prev.UnmarshalText([]byte(*b.Prev)) != nil {
			c.fault(FaultAltered, &r.Seq, "reading %d names no digest as prev", r.Seq)
			continue
		}
		if prev != (common.Hash{}) && c.jumps(r.Seq) {
			c.fault(FaultAltered, &r.Seq, "reading %d names a reading before it, and the file says that nobody here knows it", r.Seq)
		}
		before := bySeq[r.Seq-1]
		switch first := !chained; {
		case r.Seq == 0:
			if prev != (common.Hash{}) {
				c.fault(FaultAltered, &r.Seq, "reading 0 names a reading before it")
			}
		case prev == (common.Hash{}):
			if !first && !c.begins(r.Seq) {
				c.fault(FaultAltered, &r.Seq, "reading %d names no reading before it", r.Seq)
			}
		case before != nil && before.Digest != prev:
			c.fault(FaultAltered, &before.Seq, "reading %d is not the one that reading %d follows: digest %s, prev of the next is %s", before.Seq, r.Seq, before.Digest, prev)
		}
		chained = true
	}
}

// begins tells whether a seq is the first after a break: nobody knows the reading before it.
func (c *checking) begins(seq uint32) bool {
	return slices.ContainsFunc(c.d.Receipts.Lost, func(l settlement.Lost) bool { return l.SeqTo == seq })
}

// jumps tells whether a seq is the first after numbers that were left out.
func (c *checking) jumps(seq uint32) bool {
	return slices.ContainsFunc(c.d.Receipts.Lost, func(l settlement.Lost) bool { return l.SeqFrom < l.SeqTo && l.SeqTo == seq })
}

// gap reports seqs below r's that are neither in the file nor said to be undelivered.
func (c *checking) gap(next uint32, r *Reading) {
	for seq := next; seq < r.Seq; seq++ {
		if i, ok := slices.BinarySearchFunc(c.d.Receipts.Skipped, seq, func(s Seqs, n uint32) int {
			switch {
			case s.To < n:
				return -1
			case s.From > n:
				return 1
			}
			return 0
		}); ok {
			seq = max(seq, min(c.d.Receipts.Skipped[i].To, r.Seq))
			if seq == ^uint32(0) {
				return
			}
			continue
		}
		if c.gone[seq] {
			continue
		}
		if i := slices.IndexFunc(c.d.Receipts.Lost, func(l settlement.Lost) bool { return l.SeqFrom <= seq && seq < l.SeqTo }); i >= 0 {
			seq = min(c.d.Receipts.Lost[i].SeqTo, r.Seq) - 1
			continue
		}
		if c.d.Receipts.More > 0 {
			return // it may be among those the file has no room for
		}
		c.fault(FaultMissing, &seq, "reading %d is missing: reading %d follows it and it is not said to be undelivered", seq, r.Seq)
		if len(c.Faults) == maxFaults {
			c.More++
			return
		}
	}
}

// follow recomputes the chain of receipts; false if an ordinal is missing.
func (c *checking) follow(seen, bySeq map[uint32]*Reading) bool {
	x := &c.d.Receipts
	c.heads = map[common.Hash]uint32{x.Before: x.First}
	head, whole := x.Before, true
	end := min(uint64(x.First)+uint64(x.Count), uint64(^uint32(0)))
	lost := x.Lost
	for len(lost) > 0 && lost[0].First < x.First {
		lost = lost[1:]
	}
	breaks := func(at uint64) (skip uint64) {
		for ; len(lost) > 0 && uint64(lost[0].First) <= at+skip; lost = lost[1:] {
			head = settlement.LinkLost(head, lost[0])
			skip += uint64(lost[0].Count)
			c.heads[head] = lost[0].First + lost[0].Count
		}
		return skip
	}
	for n := uint64(x.First); n < end && len(c.Faults) < maxFaults; n++ {
		if n += breaks(n); n >= end {
			break
		}
		ordinal := uint32(n)
		r := seen[ordinal]
		if r == nil {
			whole = false
			c.receiptGone(ordinal, seen, bySeq)
			continue
		}
		head = settlement.Link(head, r.Seq, r.Digest)
		c.heads[head] = ordinal + 1
	}
	if end == uint64(x.Total) {
		breaks(end)
	}
	if whole && head != x.Head {
		c.fault(FaultReceipts, nil, "the receipts give the head %s, the file says %s", head, x.Head)
	}
	return whole
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

// settlements checks that what was paid leads to the receipts of the file.
func (c *checking) settlements() error {
	i, x := &c.d.Identity, &c.d.Receipts
	paid, err := c.chain.Settled(c.ctx, i.Purchase, i.Bought)
	if err != nil {
		return err
	}
	file := map[common.Hash]*Settlement{}
	roots := map[uint64][]Root{}
	for n := range c.d.Settlements {
		s := &c.d.Settlements[n]
		file[s.Tx] = s
		if _, ok := roots[s.Block]; !ok {
			if roots[s.Block], err = c.chain.Roots(c.ctx, i.Operator, s.Block); err != nil {
				return err
			}
		}
		if !slices.Contains(roots[s.Block], Root{s.Tx, s.Root}) {
			c.fault(FaultRoot, nil, "transaction %s did not emit the root %s of operator %d in block %d", s.Tx, s.Root, i.Operator, s.Block)
			continue
		}
		leaf := contracts.SettlementLeaf(uint64(i.Purchase), s.Delivered, s.Head)
		if !contracts.VerifySettlementProof(s.Root, leaf, s.Proof) {
			c.fault(FaultRoot, nil, "the proof of the settlement of %d readings does not lead to the root of transaction %s", s.Delivered, s.Tx)
			continue
		}
		c.commits(s, slices.ContainsFunc(paid, func(p Settled) bool { return p.Tx == s.Tx }))
	}
	var at uint32 // paid on chain when the file was made
	later := false
	unproved := map[uint32]bool{} // counts paid in settlements that are not in the file
	for _, p := range paid {
		if p.Block > c.d.Block {
			later = true
			continue
		}
		at = max(at, p.Delivered)
		switch s := file[p.Tx]; {
		case s == nil:
			unproved[p.Delivered] = true
			c.stranger(p)
		case s.Delivered < p.Delivered: // more is claimed than paid where the contract's rate cut it
			c.fault(FaultDelivered, nil, "transaction %s settled %d readings, the file says %d", p.Tx, p.Delivered, s.Delivered)
		}
	}
	for _, l := range x.Lost {
		if l.Count > 0 && !unproved[l.Paid] {
			c.fault(FaultLost, nil, "receipts %d to %d are said to be another ledger's because the chain had paid %d readings: no settlement outside of the file paid that", l.First, l.First+l.Count-1, l.Paid)
		}
	}
	if i.Delivered != at {
		c.fault(FaultDelivered, nil, "the chain had paid %d readings at block %d, the file says %d", at, c.d.Block, i.Delivered)
	}
	if at > x.Total {
		c.Faults = append(c.Faults, Fault{Code: FaultMissing, Ordinal: &x.Total,
			Text: fmt.Sprintf("the chain paid %d readings, the file knows of %d deliveries: receipts %d to %d are missing, or were never delivered", at, x.Total, x.Total, at-1)})
	}
	if later {
		c.note("the chain has paid %d readings by now, %d when the file was made: a new file proves the rest", c.paid, at)
	}
	return nil
}

// stranger looks at a payment whose settlement is not in the file: it must be one that a
// break speaks of.
func (c *checking) stranger(p Settled) {
	if slices.ContainsFunc(c.d.Receipts.Lost, func(l settlement.Lost) bool { return p.Delivered <= l.Paid }) {
		c.note("transaction %s settled %d readings for another ledger of the operator's: it proves nothing about the readings of this file", p.Tx, p.Delivered)
		return
	}
	c.fault(FaultDelivered, nil, "transaction %s settled %d readings and is not in the file", p.Tx, p.Delivered)
}

// commits checks that a settlement's head is that of at least as many receipts as it
// was paid for.
func (c *checking) commits(s *Settlement, paying bool) {
	x := &c.d.Receipts
	n, known := c.heads[s.Head]
	switch {
	case known && n >= s.Delivered:
	case known && paying:
		c.fault(FaultDelivered, nil, "transaction %s was paid for %d readings and commits to %d receipts", s.Tx, s.Delivered, n)
	case known: // a last claim that paid nothing
	case s.Delivered < x.First, x.First+x.Count < x.Total && uint64(s.Delivered)+uint64(c.Unproved) > uint64(x.First)+uint64(x.Count):
		// Readings that were sent again and may have been paid to the lost ledger are receipts and not claimed.
		c.note("transaction %s settled %d readings: outside of what the file covers", s.Tx, s.Delivered)
	case !c.whole:
		// The receipts that are missing are named already.
	default:
		c.fault(FaultReceipts, nil, "transaction %s commits on chain to other receipts than the file's first %d: readings were taken out, put in or altered, or the operator claimed what he did not deliver", s.Tx, s.Delivered)
	}
}

// figures recomputes what the file says of its readings.
func (c *checking) figures() {
	counters, statistics := figures(c.d)
	for _, one := range []struct {
		what       string
		file, mine any
	}{{"f_cnt", c.d.FCnt, counters}, {"statistics", c.d.Statistics, statistics}} {
		file, err := json.Marshal(one.file)
		mine, merr := json.Marshal(one.mine)
		if err != nil || merr != nil || !bytes.Equal(file, mine) {
			c.fault(FaultFigures, nil, "%s differ from those recomputed from the readings", one.what)
		}
	}
}
