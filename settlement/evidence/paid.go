package evidence

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
)

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
	at, later, unproved := c.paidByThen(paid, file)
	for _, l := range x.Lost {
		if l.Count > 0 && !unproved[l.Paid] {
			c.fault(FaultLost, nil, "receipts %d to %d are said to be another ledger's because the chain had paid %d readings: no settlement outside of the file paid that", l.First, l.First+l.Count-1, l.Paid)
		}
	}
	if i.Delivered != at {
		c.fault(FaultPaid, nil, "the chain had paid %d readings at block %d, the file says %d", at, c.d.Block, i.Delivered)
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

// paidByThen is what the chain had paid when the file was made, whether it has paid since, and
// the counts that settlements which are not in the file paid.
func (c *checking) paidByThen(paid []Settled, file map[common.Hash]*Settlement) (at uint32, later bool, unproved map[uint32]bool) {
	unproved = map[uint32]bool{}
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
			c.fault(FaultPaid, nil, "transaction %s settled %d readings, the file says %d", p.Tx, p.Delivered, s.Delivered)
		}
	}
	return at, later, unproved
}

// stranger looks at a payment whose settlement is not in the file: it must be one that a
// break speaks of.
func (c *checking) stranger(p Settled) {
	if slices.ContainsFunc(c.d.Receipts.Lost, func(l settlement.Lost) bool { return p.Delivered <= l.Paid }) {
		c.note("transaction %s settled %d readings for another ledger of the operator's: it proves nothing about the readings of this file", p.Tx, p.Delivered)
		return
	}
	c.fault(FaultPaid, nil, "transaction %s settled %d readings and is not in the file", p.Tx, p.Delivered)
}

// commits checks that a settlement's head is that of at least as many receipts as it
// was paid for.
func (c *checking) commits(s *Settlement, paying bool) {
	x := &c.d.Receipts
	n, known := c.heads[s.Head]
	switch {
	case known && n >= s.Delivered:
	case known && paying:
		c.fault(FaultPaid, nil, "transaction %s was paid for %d readings and commits to %d receipts", s.Tx, s.Delivered, n)
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
