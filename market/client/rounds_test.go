package client_test

import (
	"math/big"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
)

// folded is a chain's market folded from its first block, in maps.
type folded struct {
	streams   map[market.StreamID]market.Stream
	purchases map[market.PurchaseID]market.Purchase
}

func (f folded) Stream(id market.StreamID) (market.Stream, bool, error) {
	s, ok := f.streams[id]
	return s, ok, nil
}

func (f folded) Purchase(id market.PurchaseID) (market.Purchase, bool, error) {
	p, ok := f.purchases[id]
	return p, ok, nil
}

func (p *place) folded() folded {
	p.t.Helper()
	f := folded{map[market.StreamID]market.Stream{}, map[market.PurchaseID]market.Purchase{}}
	logs, err := p.Client.FilterLogs(p.t.Context(), ethereum.FilterQuery{FromBlock: new(big.Int), Addresses: []common.Address{p.D.Market}})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, l := range logs {
		ev, known, err := market.Decode(l)
		if err != nil {
			p.t.Fatal(err)
		}
		if !known {
			continue
		}
		head, err := p.Client.HeaderByNumber(p.t.Context(), new(big.Int).SetUint64(l.BlockNumber))
		if err != nil {
			p.t.Fatal(err)
		}
		ev.Time = head.Time
		changes, err := market.Fold(f, ev)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, c := range changes {
			if c.Stream != nil {
				f.streams[c.Stream.ID] = *c.Stream
			}
			if c.Purchase != nil {
				f.purchases[c.Purchase.ID] = *c.Purchase
			}
		}
	}
	return f
}

// Who bought before a round and who later: the contract's word, the fold's from events, and
// the reader's are one. Three have bought before; the first opens.
func TestTheFoldKnowsWhoBoughtWhenTheRoundWasOpen(t *testing.T) {
	p, signer := settled(t, 4)
	_, signing := p.as(1)
	files := func(who int, purchase market.PurchaseID) {
		t.Helper()
		c, key := p.as(who)
		filing, err := c.Challenge(t.Context(), purchase, common.Hash{7})
		send(t, filing, err)(key)
	}
	buys := func(who int) market.PurchaseID {
		t.Helper()
		c, key := p.as(who)
		order, err := c.Buy(t.Context(), nil, client.Order{Stream: 1, Duration: 24 * time.Hour})
		return send(t, order, err)(key).Purchase
	}
	same := func(want ...bool) {
		t.Helper()
		fold := p.folded().streams[1].Round
		c, _ := p.as(1)
		rounds, err := c.Reader.Rounds(t.Context(), 1, 0)
		if err != nil || len(rounds) != 1 || len(rounds[0].Challenges) != len(want) || len(fold.Challenges) != len(want) {
			t.Fatalf("%+v and %+v, want %d challenges (%v)", rounds, fold, len(want), err)
		}
		for i, later := range want {
			who := fold.Challenges[i].Challenger
			voice, err := c.Reader.Voice(t.Context(), 1, 1, who)
			if err != nil || voice.Later != later || fold.Challenges[i].Later != later || rounds[0].Challenges[i] != fold.Challenges[i] || voice.Weight != fold.Challenges[i].Weight {
				t.Errorf("challenge %d, later %v: by the contract %+v, by the fold %+v, as read %+v (%v)", i, later, voice, fold.Challenges[i], rounds[0].Challenges[i], err)
			}
		}
	}
	files(3, 1)
	same(false)
	young, other := buys(4), buys(3)
	p.Skip(time.Hour)
	send(t, signer.Settle(client.Settlement{Operator: 1, Claims: []contracts.Claim{
		{Purchase: uint64(young), Delivered: 30}, {Purchase: uint64(other), Delivered: 20}, {Purchase: 2, Delivered: 40},
	}}), nil)(signing)
	files(4, young)
	files(5, 3)
	same(false, true, false)
	files(4, 2)     // what he bought before counts for more
	files(3, other) // and the opener names what he bought since
	same(true, false, false)
}
