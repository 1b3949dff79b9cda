package evidence

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
)

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
