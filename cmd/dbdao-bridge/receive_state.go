package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// mark is how far a purchase's readings are stored.
type mark struct {
	Cursor string      `json:"cursor"`
	Seq    uint32      `json:"seq"`
	Digest common.Hash `json:"digest"` // of the reading with that seq; zero: none yet
	Have   seqs        `json:"have"`   // every reading that was ever stored
	// Of --cancel-overclaimed: the chain's time when it was last looked at, and readings that were
	// lost with a ledger of the operator's while nobody looked.
	Watched uint64 `json:"watched,omitempty"`
	Excused uint32 `json:"excused,omitempty"`
}

// seqs is a set of readings: runs, both ends included, in order and with others between them.
type seqs [][2]uint32

// find gives the run that has n, or the place where one would stand.
func (s seqs) find(n uint32) (int, bool) {
	return slices.BinarySearchFunc(s, n, func(run [2]uint32, n uint32) int {
		switch {
		case run[1] < n:
			return -1
		case run[0] > n:
			return 1
		}
		return 0
	})
}

// with is the set with n in it; the one it was made of stays as it is.
func (s seqs) with(n uint32) seqs {
	i, has := s.find(n)
	if has {
		return s
	}
	all := slices.Insert(slices.Clone(s), i, [2]uint32{n, n})
	if i+1 < len(all) && all[i+1][0] == n+1 {
		all[i][1] = all[i+1][1]
		all = slices.Delete(all, i+1, i+2)
	}
	if i > 0 && all[i-1][1]+1 == n {
		all[i-1][1] = all[i][1]
		all = slices.Delete(all, i, i+1)
	}
	return all
}

func (s seqs) count() (n uint32) {
	for _, run := range s {
		n += run[1] - run[0] + 1
	}
	return n
}

// readMarks reads a state file; one that is not there is empty. Formerly it did not say which
// readings there are: all up to the last one count as stored then.
func readMarks(path string) (map[market.PurchaseID]*mark, error) {
	marks := map[market.PurchaseID]*mark{}
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return marks, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &marks)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	for _, m := range marks {
		if m.Have == nil && m.Digest != (common.Hash{}) {
			m.Have = seqs{{0, m.Seq}}
		}
	}
	return marks, nil
}

func (r *receiver) load() (err error) {
	if r.state != "" {
		r.marks, err = readMarks(r.state)
	}
	return err
}

// save replaces the state file.
func (r *receiver) save() error {
	if r.state == "" {
		return nil
	}
	b, err := json.Marshal(r.marks)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(r.state), ".receive-*")
	if err != nil {
		return fmt.Errorf("remember how far it is: %w", err)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), r.state)
	}
	if err != nil {
		return fmt.Errorf("remember how far it is: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

func (r *receiver) mark(p market.PurchaseID) mark {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.marks[p]; m != nil {
		return *m
	}
	return mark{}
}

// remember changes a purchase's mark and makes that durable.
func (r *receiver) remember(p market.PurchaseID, change func(*mark)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := mark{}
	if have := r.marks[p]; have != nil {
		m = *have
	}
	change(&m)
	r.marks[p] = &m
	return r.save()
}
