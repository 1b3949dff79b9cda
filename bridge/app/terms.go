package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// unsold are the streams on sale whose terms do not tell what is sold, as of a head.
type unsold struct {
	head    market.Position
	streams []ledger.Unsold
}

// lookAtTerms raises a condition for each terms document that is missing or unreadable.
// Streams are read again when the head moves, and while one of them lacks its terms.
func (p *parts) lookAtTerms() {
	if head, _ := p.index.Head(); head.Hash != p.unsold.head.Hash || head.Number == 0 || len(p.unsold.streams) > 0 {
		streams, err := p.ledger.Unsold()
		if err != nil {
			return // the ledger says so itself
		}
		p.unsold = unsold{head, streams}
	}
	missing := missingTerms(p.unsold.streams, p.index.Withheld())
	for hash, m := range missing {
		p.health.Raise(health.Condition{Code: "terms_missing", Subject: hash.Hex(), Text: m.text(hash)})
	}
	for _, c := range p.health.List() {
		if c.Code != "terms_missing" {
			continue
		}
		if _, still := missing[common.HexToHash(c.Subject)]; !still {
			p.health.Clear(c.Code, c.Subject)
		}
	}
}

// missing is what one terms document that is not there holds up.
type missing struct {
	why       string
	streams   map[market.StreamID]bool
	purchases []market.PurchaseID
}

func missingTerms(streams []ledger.Unsold, withheld []*market.Entitlement) map[common.Hash]*missing {
	all := map[common.Hash]*missing{}
	of := func(terms common.Hash, why string) *missing {
		if all[terms] == nil {
			all[terms] = &missing{why: why, streams: map[market.StreamID]bool{}}
		}
		return all[terms]
	}
	for _, s := range streams {
		of(s.Terms, s.Why).streams[s.Stream] = true
	}
	for _, e := range withheld {
		m := of(e.Terms, e.Withheld)
		m.streams[e.Stream] = true
		m.purchases = append(m.purchases, e.Purchase)
	}
	return all
}

func (m *missing) text(hash common.Hash) string {
	bought := "it is not bought yet"
	if n := len(m.purchases); n > 0 {
		slices.Sort(m.purchases)
		bought = fmt.Sprintf("purchases %s get nothing and are not billed", some(m.purchases))
	}
	return fmt.Sprintf("nothing tells what stream %s sells (terms %s: %s): %s; give the bridge the document with `offer publish FILE` (you, or the stream's owner), or attest the device again with the same choices",
		some(slices.Sorted(maps.Keys(m.streams))), hash.Hex(), m.why, bought)
}

// some writes the first few of a list.
func some[T any](all []T) string {
	const most = 10
	var b strings.Builder
	for i, one := range all {
		switch {
		case i == most:
			fmt.Fprintf(&b, " and %d more", len(all)-most)
			return b.String()
		case i > 0:
			b.WriteString(", ")
		}
		fmt.Fprint(&b, one)
	}
	return b.String()
}
