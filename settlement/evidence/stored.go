package evidence

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// Stored is a reading as a buyer keeps it.
type Stored struct {
	Body   []byte
	Where  string // file and line, for people
	Signed bool   // the operator's signature over it was verified
}

// StoredReport is what checking the stored readings of a purchase found. What was altered, added
// or left out stands in Faults, by seq.
type StoredReport struct {
	Purchase market.PurchaseID `json:"purchase"`
	Readings int               `json:"readings"` // each once
	Repeated int               `json:"repeated"` // further ones, byte for byte the same
	First    uint32            `json:"first"`
	Last     uint32            `json:"last"`
	Signed   int               `json:"signed"`         // of the readings, those whose signature was verified
	Paid     *uint32           `json:"paid,omitempty"` // by the chain, if a node was asked
	Missing  []Seqs            `json:"missing"`
	Faults   []Fault           `json:"faults"`
	More     int               `json:"more_faults,omitempty"`
	Notes    []string          `json:"notes"`
}

// OK says that nothing is wrong.
func (r *StoredReport) OK() bool { return len(r.Faults) == 0 }

// HoldAgainst compares what is stored with the purchase on chain, and what that has paid.
func (r *StoredReport) HoldAgainst(p market.Purchase) {
	if p.State == market.PurchaseNone {
		r.Faults = append(r.Faults, Fault{Code: FaultPurchase, Text: fmt.Sprintf("there is no purchase %d on chain", r.Purchase)})
		return
	}
	paid := p.Delivered
	r.Paid = &paid
	if uint64(paid) > uint64(r.Readings) {
		r.Faults = append(r.Faults, Fault{Code: FaultPaid,
			Text: fmt.Sprintf("the chain has paid %d readings, %d are stored here: %d were claimed and are not here", paid, r.Readings, int64(paid)-int64(r.Readings))})
	}
}

// VerifyStored checks stored readings by the chain of prev, purchase by purchase, in the order of
// their numbers. Those that are no readings are given back.
func VerifyStored(all []Stored) (reports []*StoredReport, unread []Stored) {
	of := map[market.PurchaseID]map[uint32][]Stored{}
	repeated := map[market.PurchaseID]int{}
	for _, one := range all {
		var b content
		if len(one.Body) > maxBody || json.Unmarshal(one.Body, &b) != nil || b.Purchase == 0 || b.Seq == nil {
			unread = append(unread, one)
			continue
		}
		p := market.PurchaseID(b.Purchase)
		if of[p] == nil {
			of[p] = map[uint32][]Stored{}
		}
		same := slices.IndexFunc(of[p][*b.Seq], func(o Stored) bool { return string(o.Body) == string(one.Body) })
		if same >= 0 {
			repeated[p]++
			of[p][*b.Seq][same].Signed = of[p][*b.Seq][same].Signed || one.Signed
			continue
		}
		of[p][*b.Seq] = append(of[p][*b.Seq], one)
	}
	for _, p := range slices.Sorted(maps.Keys(of)) {
		s := &storing{StoredReport: &StoredReport{Purchase: p, Repeated: repeated[p], Missing: []Seqs{}, Faults: []Fault{}, Notes: []string{}}, is: map[uint32]*Reading{}, signed: map[uint32]bool{}}
		s.check(of[p])
		reports = append(reports, s.StoredReport)
	}
	return reports, unread
}

// storing is the check of one purchase.
type storing struct {
	*StoredReport
	is     map[uint32]*Reading // the reading of each number
	signed map[uint32]bool
	r      Report // of the chain of prev
}

func (s *storing) check(bySeq map[uint32][]Stored) {
	order := slices.Sorted(maps.Keys(bySeq))
	for _, seq := range slices.Backward(order) { // the next one says which of several is the right one
		s.choose(seq, bySeq[seq])
	}
	s.Readings, s.First, s.Last, s.Signed = len(order), order[0], order[len(order)-1], len(s.signed)
	c := &checking{Report: &s.r, d: &Document{}}
	c.d.Receipts.Total = 1 // of a part: gaps are told as runs
	next := uint64(0)
	for _, seq := range order {
		switch begins := prevOf(s.is[seq]) == (common.Hash{}); {
		case begins && seq > 0 && uint64(seq) > next: // another ledger of the operator's gave out the numbers before
			c.d.Receipts.Lost = append(c.d.Receipts.Lost, settlement.Lost{SeqFrom: uint32(next), SeqTo: seq})
			s.Notes = append(s.Notes, fmt.Sprintf("reading %d names none before it: the operator's ledger was lost or restored, and numbers go on there; %d to %d may never have been given out", seq, next, seq-1))
		case uint64(seq) > next:
			s.Missing = append(s.Missing, Seqs{uint32(next), seq - 1})
			s.Faults = append(s.Faults, Fault{Code: FaultMissing, Seq: new(uint32(next)), Text: s.gone(uint32(next), seq)})
		}
		next = uint64(seq) + 1
	}
	c.between(s.is)
	s.blame()
	s.More += s.r.More
	slices.SortStableFunc(s.Faults, func(a, b Fault) int { return cmp.Compare(*a.Seq, *b.Seq) })
	if !s.signed[s.Last] {
		s.Notes = append(s.Notes, fmt.Sprintf("nothing vouches for reading %d yet, the newest: its digest will stand in the next one", s.Last))
	}
}

func (s *storing) gone(from, to uint32) string {
	text := fmt.Sprintf("reading %d is missing", from)
	if to-from > 1 {
		text = fmt.Sprintf("readings %d to %d are missing", from, to-1)
	}
	return fmt.Sprintf("%s: deleted here, or never delivered (`evidence build %d` tells); the digest of reading %d was %s", text, s.Purchase, to-1, prevOf(s.is[to]))
}

// choose takes one of the bodies that have a number, and names the others.
func (s *storing) choose(seq uint32, all []Stored) {
	best := 0
	for i, one := range all {
		next := s.is[seq+1]
		follows := next != nil && prevOf(next) == crypto.Keccak256Hash(one.Body)
		if one.Signed || follows && !all[best].Signed {
			best = i
		}
	}
	for i, one := range all {
		if i != best {
			s.Faults = append(s.Faults, Fault{Code: FaultAdded, Seq: new(seq), Text: fmt.Sprintf("reading %d is there with other bytes too: %s was altered or made up, unless %s was", seq, one.Where, all[best].Where)})
		}
	}
	s.is[seq] = &Reading{Seq: seq, Digest: crypto.Keccak256Hash(all[best].Body), Body: string(all[best].Body)}
	if all[best].Signed {
		s.signed[seq] = true
	}
}

// blame turns what the chain of prev says into faults. A reading that the next one contradicts was
// altered or made up, if that next one can be believed: it is signed, or followed by one that names it.
func (s *storing) blame() {
	contradicted := map[uint32]bool{}
	for _, f := range s.r.Faults {
		if s.is[*f.Seq+1] != nil && prevOf(s.is[*f.Seq+1]) != s.is[*f.Seq].Digest {
			contradicted[*f.Seq] = true
		}
	}
	told := map[uint32]bool{}
	for _, f := range s.r.Faults {
		seq := *f.Seq
		next := s.is[seq+1]
		switch {
		case told[seq]:
			continue
		case !contradicted[seq]:
			s.Faults = append(s.Faults, f)
		case contradicted[seq+1] && !s.signed[seq+1]:
			s.Notes = append(s.Notes, fmt.Sprintf("reading %d cannot be judged: reading %d, which names its digest, is not what was delivered", seq, seq+1))
		case s.signed[seq]:
			s.Faults = append(s.Faults, Fault{Code: FaultAltered, Seq: new(seq + 1), Text: fmt.Sprintf("reading %d was altered or made up: it does not follow reading %d, which is signed", seq+1, seq)})
		case s.signed[seq+1] || s.is[seq+2] != nil && prevOf(s.is[seq+2]) == next.Digest:
			s.Faults = append(s.Faults, Fault{Code: FaultAltered, Seq: new(seq), Text: fmt.Sprintf("reading %d was altered or made up: its digest is %s, and reading %d says it was %s", seq, s.is[seq].Digest, seq+1, prevOf(next))})
		default:
			for _, one := range []uint32{seq, seq + 1} {
				s.Faults = append(s.Faults, Fault{Code: FaultAltered, Seq: new(one), Text: fmt.Sprintf("reading %d was altered or made up, unless it is reading %d: %d does not follow %d, and nothing behind them tells which", one, 2*seq+1-one, seq+1, seq)})
			}
		}
		told[seq] = true
	}
}

// prevOf is the digest a reading names; zero: none.
func prevOf(r *Reading) (h common.Hash) {
	var b content
	if json.Unmarshal([]byte(r.Body), &b) == nil && b.Prev != nil {
		_ = h.UnmarshalText([]byte(*b.Prev)) // what is no digest is named by the check itself
	}
	return h
}
