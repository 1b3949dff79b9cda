package buyer

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// What an account may keep here before it has bought anything: an account costs nothing.
const (
	visitorEach = 4              // destinations of one account
	visitorFrom = 16             // of all accounts from one address, or /64 of IPv6
	visitorAll  = 10_000         // of all; beyond it the oldest goes
	visitorStay = 24 * time.Hour // and so long it stays
)

// visitors keeps in bounds what those store who have bought nothing, so that they leave room for
// those who have. From where they came is known since the start only.
type visitors struct {
	all int // visitorAll; tests set less

	mu     sync.Mutex
	head   market.Position
	known  bool
	buyers map[common.Address]bool
	list   []visit // oldest first
}

type visit struct {
	delivery.Destination
	from string
}

// look reads who has bought, if the chain went on since; mu is held.
func (v *visitors) look(b *Desk) error {
	head, _ := b.index.Head()
	if v.known && head == v.head {
		return nil
	}
	buyers, err := b.ledger.Buyers()
	if err != nil {
		return err
	}
	if !v.known {
		there, err := b.ledger.Visiting(buyers)
		if err != nil {
			return err
		}
		for _, d := range there {
			v.list = append(v.list, visit{d, ""})
		}
		slices.SortFunc(v.list, func(a, b visit) int { return a.Set.Compare(b.Set) })
	}
	v.list = slices.DeleteFunc(v.list, func(d visit) bool { return buyers[d.Buyer] })
	v.buyers, v.head, v.known = buyers, head, true
	return nil
}

// bought says whether an account has bought.
func (v *visitors) bought(b *Desk, buyer common.Address) (bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	err := v.look(b)
	return v.buyers[buyer], err
}

// enter makes room for a new destination, or says why there is none.
func (v *visitors) enter(b *Desk, buyer common.Address, from string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.look(b); err != nil || v.buyers[buyer] {
		return err
	}
	his, here := 0, 0
	for _, d := range v.list {
		if d.Buyer == buyer {
			his++
		}
		if from != "" && d.from == from {
			here++
		}
	}
	switch {
	case his >= visitorEach:
		return fmt.Errorf("%w: before its first purchase an account may keep %d destinations: buy, or remove one", api.ErrRefused, visitorEach)
	case here >= visitorFrom:
		return fmt.Errorf("%w: %d destinations of accounts that have bought nothing were set from your address: buy first, or remove one", api.ErrRefused, visitorFrom)
	case len(v.list) >= v.all:
		return v.drop(b, v.list[0])
	}
	return nil
}

// entered remembers what was set.
func (v *visitors) entered(d *delivery.Destination, from string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.buyers[d.Buyer] {
		v.list = append(v.list, visit{delivery.Destination{ID: d.ID, Buyer: d.Buyer, Name: d.Name, Set: d.Set}, from})
	}
}

// left forgets what was removed.
func (v *visitors) left(buyer common.Address, name string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.list = slices.DeleteFunc(v.list, func(d visit) bool { return d.Buyer == buyer && d.Name == name })
}

// drop removes one that must yield; mu is held.
func (v *visitors) drop(b *Desk, d visit) error {
	v.list = slices.DeleteFunc(v.list, func(one visit) bool { return one.ID == d.ID })
	now, known, err := b.ledger.DestinationNamed(d.Buyer, d.Name)
	if err != nil || !known || now.ID != d.ID {
		return err
	}
	if err := b.ledger.DeleteDestination(d.Buyer, d.Name); err != nil {
		return err
	}
	b.courier.Changed(d.Buyer, d.ID)
	return nil
}

// expire removes what was set longer ago than a visitor stays. past is the latest moment that is
// surely past.
func (v *visitors) expire(b *Desk, past time.Time) (n int, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.look(b); err != nil || past.IsZero() {
		return 0, err
	}
	for _, d := range slices.Clone(v.list) {
		if !d.Set.Before(past.Add(-visitorStay)) {
			continue
		}
		if err := v.drop(b, d); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// sweep does so from time to time, until ctx ends.
func (b *Desk) sweep(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(10 * time.Minute):
		}
		switch n, err := b.visitors.expire(b, b.index.Past()); {
		case err != nil && !b.ledger.Closed():
			b.log.Warn("destinations of accounts that bought nothing were not removed", "err", err)
		case n > 0:
			b.log.Info("destinations of accounts that bought nothing within a day were removed", "count", n)
		}
	}
}
