package evidence

import (
	"cmp"
	"crypto/ed25519"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
)

// Place says which market of which chain, and whose bridge.
type Place struct {
	ChainID  uint64
	Market   common.Address
	Operator market.OperatorID
}

// Signer is the operator's hot key.
type Signer interface {
	Address() common.Address
	SignHash(digest common.Hash) ([]byte, error)
}

// Build makes the file of a record, signed with the key that signs deliveries and with
// the operator's hot key.
func Build(at Place, r Record, key ed25519.PrivateKey, signer Signer, now time.Time) (*Document, error) {
	p := &r.Purchase
	d := &Document{
		Format: Format, Made: now.UTC().Truncate(time.Second), Block: r.Head.Number,
		Identity: Identity{
			ChainID: at.ChainID, Market: at.Market, Operator: at.Operator, Stream: p.Stream, Owner: r.Stream.Owner, Device: r.Stream.Device,
			Purchase: p.ID, Buyer: p.Buyer, Bought: p.Block, Price: p.Price, Interval: p.Interval, Quota: p.Quota, Start: p.Start, End: r.Stream.EndOf(p.End),
			Delivered: p.Delivered, Terms: p.Terms, TermsText: string(r.Terms),
		},
		Key:         KeyText(key.Public().(ed25519.PublicKey)),
		Receipts:    Range{First: r.First, Count: r.End - r.First, Total: r.Total, Before: r.Before, Head: r.After, Lost: r.Lost, Skipped: r.Skipped, More: r.More},
		Readings:    make([]Reading, 0, len(r.Readings)),
		Settlements: []Settlement{},
	}
	if d.Receipts.Lost == nil {
		d.Receipts.Lost = []settlement.Lost{}
	}
	if d.Receipts.Skipped == nil {
		d.Receipts.Skipped = []Seqs{}
	}
	for _, one := range r.Readings {
		reading := Reading{Ordinal: one.Ordinal, Seq: one.Seq, Digest: one.Digest, Delivered: one.At.UnixNano()}
		if utf8.Valid(one.Body) {
			reading.Body = string(one.Body)
		} else {
			reading.Base64 = one.Body
		}
		reading.Signature = ed25519.Sign(key, []byte(SignedText(&d.Identity, &reading)))
		d.Readings = append(d.Readings, reading)
	}
	if err := d.settle(&r); err != nil {
		return nil, err
	}
	d.FCnt, d.Statistics = figures(d)

	d.Attestation.Signer, d.Attestation.Readings = signer.Address(), ReadingsHash(&d.Identity, d.Readings)
	digest, err := attestationHash(d, KeysHash(key.Public().(ed25519.PublicKey)))
	if err != nil {
		return nil, err
	}
	if d.Attestation.Signature, err = signer.SignHash(digest); err != nil {
		return nil, fmt.Errorf("sign the evidence: %w", err)
	}
	return d, nil
}

// settle adds the settlements with their proofs, oldest first.
func (d *Document) settle(r *Record) error {
	for _, t := range r.Payments {
		var mine *Settlement
		leaves := make([]common.Hash, 0, len(t.Claims))
		for _, c := range t.Claims {
			leaves = append(leaves, contracts.SettlementLeaf(uint64(c.Purchase), c.Delivered, c.Head))
			if c.Purchase == r.Purchase.ID {
				mine = &Settlement{Tx: t.Tx, Block: t.Block, Delivered: c.Delivered, Head: c.Head, Root: t.Root}
			}
		}
		if mine == nil {
			continue // another ledger's: the chain has it, and nothing here proves it
		}
		var err error
		leaf := contracts.SettlementLeaf(uint64(r.Purchase.ID), mine.Delivered, mine.Head)
		if mine.Proof, err = contracts.SettlementProof(leaves, leaf); err != nil {
			return fmt.Errorf("prove a settlement: %w", err)
		}
		if mine.Proof == nil {
			mine.Proof = []common.Hash{}
		}
		d.Settlements = append(d.Settlements, *mine)
	}
	slices.SortStableFunc(d.Settlements, func(a, b Settlement) int {
		return cmp.Or(cmp.Compare(a.Block, b.Block), cmp.Compare(a.Delivered, b.Delivered))
	})
	return nil
}
