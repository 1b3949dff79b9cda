package listings

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/catalogue"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/databrokerdao/dbdao-bridge/market/offer"
	"github.com/ethereum/go-ethereum/common"
)

// Search finds streams that can be bought, best first.
func (l *Listings) Search(q catalogue.Query) (page api.StreamList, err error) {
	l.mu.Lock()
	ready := l.ready
	l.mu.Unlock()
	if !ready {
		return page, fmt.Errorf("%w: the catalogue is being built, or no Ethereum node has told the market's rules yet: try again in a minute", api.ErrNotReady)
	}
	hits, more, err := l.catalogue.Search(q)
	if err != nil {
		return page, err
	}
	page = api.StreamList{Streams: []api.StreamSummary{}, Of: l.catalogue.Len()}
	for _, h := range hits {
		one, ok, err := l.Ledger.Listing(h.Stream)
		if err != nil {
			return page, err
		}
		if ok {
			o, why := l.offerOf(&one.Stream)
			page.Streams = append(page.Streams, l.summary(&one, o, why, l.figures(&one, o)))
		}
	}
	if more {
		page.Next = hits[len(hits)-1].Cursor()
	}
	return page, nil
}

func (l *Listings) dtx(wei *big.Int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if wei == nil {
		return "0"
	}
	return client.Decimal(wei, l.places)
}

func moment(seconds uint64) *time.Time {
	if seconds == 0 {
		return nil
	}
	return new(time.Unix(int64(seconds), 0).UTC())
}

// summary is a stream as searches show it.
func (l *Listings) summary(one *market.Listing, o *offer.Offer, why error, f figured) api.StreamSummary {
	s := api.StreamSummary{
		Stream: one.ID, State: one.State, Operator: one.Operator, Owner: one.Owner, Quantities: []catalogue.Quantity{},
		Price: one.Stream.Price, PriceDTX: client.Decimal(new(big.Int).SetUint64(one.Stream.Price), 6), Interval: one.Interval, StakeDTX: l.dtx(one.Stake),
		Score: l.rank(&one.Stream).Score, Verified: one.ProofKind > 0, Restricted: one.Restricted,
		UnderReview: one.Round.At(l.Index.Now()) == market.RoundReview, Last: moment(f.Last), OfferState: "here",
	}
	if f.Due > 0 {
		s.Delivery = new(min(float64(f.Delivered)/float64(f.Due), 1))
	}
	each := uint64(one.Interval)
	if why != nil {
		s.OfferState = why.Error()
	} else {
		described(&s, o)
		each = max(each, uint64(o.Interval))
	}
	if each > 0 {
		s.DayDTX = client.Decimal(new(big.Int).SetUint64((86_400+each-1)/each*one.Stream.Price), 6)
	}
	return s
}

// described adds what the offer tells.
func described(s *api.StreamSummary, o *offer.Offer) {
	s.Title, s.Every, s.Resale = o.Title, uint32(o.Interval), o.Resale
	if o.Licence != nil {
		s.Licence = o.Licence.SPDX + o.Licence.URL
	}
	if p := o.Place; p != nil {
		s.Place, s.Lat, s.Lon = p.Name, p.Lat, p.Lon
		if p.Country != "" && p.Name != "" {
			s.Place += ", "
		}
		s.Place += p.Country
	}
	for i := range o.Quantities {
		q := &o.Quantities[i]
		name := q.Measured()
		if name == "" {
			name = q.Name
		}
		s.Quantities = append(s.Quantities, catalogue.Quantity{Name: name, Unit: q.Unit})
	}
}

// formerMax is how many other streams of an owner and of a device are shown.
const formerMax = 20

// Stream tells all that anybody may know of a stream.
func (l *Listings) Stream(ctx context.Context, id market.StreamID) (p api.StreamPage, ok bool, err error) {
	one, ok, err := l.Ledger.Listing(id)
	if err != nil || !ok {
		return p, false, err
	}
	rules, _, err := l.market(ctx)
	if err != nil {
		return p, true, notReady(err)
	}
	o, why := l.offerOf(&one.Stream)
	f := l.figures(&one, o)
	p = api.StreamPage{
		StreamSummary: l.summary(&one, o, why, f), Device: one.Device, Terms: one.Terms, Rank: l.rank(&one.Stream), Of: l.catalogue.Len(),
		Parents: one.Parents, MoreStake: []api.MoreStake{}, Notice: rules.Notice.Uint64(), Quorum: rules.Quorum,
		Statistics: api.StreamStatistics{FirstSeen: *moment(max(one.Listed, 1)), Last: moment(f.Last), LastBy: f.known, Paid: f.Delivered, Due: f.Due,
			Gaps: f.Due - min(f.Delivered, f.Due), Purchases: f.purchases, Running: f.running, Prices: one.Prices, Rounds: one.Rounds},
	}
	if p.Statistics.Rounds == nil {
		p.Statistics.Rounds = []market.RoundOver{}
	}
	if why == nil {
		if doc, err := l.document(one.Terms); err == nil && json.Valid(doc) {
			p.Offer = doc
		}
	}
	if one.State == market.StreamOpen {
		p.Position = l.catalogue.Ahead(catalogue.Hit{Stream: id, Score: p.Rank.Score}) + 1
		p.MoreStake = l.moreStake(&one.Stream)
	}
	if p.Reviewable, err = l.reviewable(id, rules); err != nil {
		return p, true, err
	}
	p.Former, err = l.former(&one)
	return p, true, err
}

// moreStake tells what adding as much again, three times and nine times as much would change.
func (l *Listings) moreStake(s *market.Stream) (all []api.MoreStake) {
	for _, times := range []int64{1, 3, 9} {
		with, add := *s, new(big.Int).Mul(s.Stake, big.NewInt(times))
		with.Stake = new(big.Int).Add(s.Stake, add)
		r := l.rank(&with)
		position := l.catalogue.Ahead(catalogue.Hit{Stream: s.ID, Score: r.Score}) + 1
		all = append(all, api.MoreStake{AddDTX: l.dtx(add), Score: r.Score, Position: position})
	}
	return all
}

// reviewable tells whether enough different buyers have bought a stream.
func (l *Listings) reviewable(id market.StreamID, rules *contracts.Config) (bool, error) {
	sold, err := l.Ledger.Sold(id, salesLooked)
	buyers := map[common.Address]bool{}
	for _, p := range sold {
		buyers[p.Buyer] = true
	}
	return len(buyers) >= int(rules.Quorum), err
}

// former are the other streams of a stream's owner and device.
func (l *Listings) former(one *market.Listing) ([]api.FormerStream, error) {
	of, err := l.Ledger.StreamsOf(one.Owner, formerMax+1)
	with, err2 := l.Ledger.StreamsWith(one.Device, formerMax+1)
	if err = errors.Join(err, err2); err != nil {
		return nil, err
	}
	ids := append(of, with...)
	slices.SortFunc(ids, func(a, b market.StreamID) int { return int(int64(b) - int64(a)) })
	all := []api.FormerStream{}
	for _, id := range slices.Compact(ids) {
		other, ok, err := l.Ledger.Listing(id)
		if err != nil {
			return nil, err
		}
		if id == one.ID || !ok {
			continue
		}
		f := api.FormerStream{Stream: id, State: other.State, Listed: *moment(max(other.Listed, 1)), Operator: other.Operator, SameHow: "owner"}
		switch {
		case other.Device == one.Device && other.Owner == one.Owner:
			f.SameHow = "both"
		case other.Device == one.Device:
			f.SameHow = "device"
		}
		for _, r := range other.Rounds {
			if r.State >= market.RoundSellerAtFault {
				f.Upheld++
			}
		}
		all = append(all, f)
	}
	return all, nil
}

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{api.ErrRefused}, args...)...)
}

func notReady(err error) error {
	return fmt.Errorf("%w: no Ethereum node has told the market's rules yet: try again in a minute (%w)", api.ErrNotReady, err)
}

// Sample gives what the owner lets everybody see.
func (l *Listings) Sample(id market.StreamID) (s api.Sample, ok bool, err error) {
	one, ok, err := l.Ledger.Listing(id)
	if err != nil || !ok {
		return s, false, err
	}
	if one.Operator != l.Operator {
		who, _, err := l.Ledger.OperatorListing(one.Operator)
		if err != nil {
			return s, true, err
		}
		return s, true, refuse("the stream is operator %d's: ask his bridge, at the address he gives on chain (%.200q)", one.Operator, who.URI)
	}
	o, why := l.offerOf(&one.Stream)
	switch {
	case why != nil:
		return s, true, refuse("its offer does not let everybody see readings (%v)", why)
	case o.Sample == nil:
		return s, true, refuse("its offer does not let everybody see readings")
	}
	before := l.Index.Clock().Add(-time.Duration(o.Sample.Delay) * time.Second)
	got, err := l.Ledger.Sample(id, before, o.Sample.Count)
	if err != nil {
		return s, true, err
	}
	s = api.Sample{Readings: []string{}, Delay: uint32(o.Sample.Delay)}
	var bodies []byte
	var parcels []delivery.Parcel
	for _, r := range got {
		s.Readings = append(s.Readings, string(r.Body))
		bodies = append(append(bodies, r.Body...), '\n')
		parcels = append(parcels, delivery.Parcel{ID: delivery.ParcelID(fmt.Sprint(r.Purchase, "/", r.Seq))})
	}
	if len(got) > 0 {
		s.ID, s.Timestamp = delivery.NewBatch(0, parcels).ID, strconv.FormatInt(l.Index.Clock().Unix(), 10)
		s.Signature = "v1a," + base64.StdEncoding.EncodeToString(ed25519.Sign(l.Signing, append([]byte(s.ID+"."+s.Timestamp+"."), bodies...)))
	}
	return s, true, nil
}

// Operators lists the market's.
func (l *Listings) Operators(from market.OperatorID, limit int) ([]api.OperatorView, error) {
	listed, err := l.Ledger.OperatorListings(from, limit)
	all := []api.OperatorView{}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range listed {
		all = append(all, api.OperatorView{OperatorListing: o, Faults: l.faults.operator[o.ID]})
	}
	return all, err
}

// Rules tells what the market was deployed with.
func (l *Listings) Rules(ctx context.Context) (r api.MarketRules, err error) {
	c, places, err := l.market(ctx)
	if err != nil {
		return r, notReady(err)
	}
	return api.MarketRules{
		Token: c.Token, Decimals: places, Arbiter: c.Arbiter, MinStakeDTX: client.Decimal(c.MinStake, places), DepositDTX: client.Decimal(c.Deposit, places), Quorum: c.Quorum,
		TTL: c.Ttl.Uint64(), ReviewMin: c.ReviewMin.Uint64(), Review: c.Review.Uint64(), Notice: c.Notice.Uint64(), ClaimWindow: c.ClaimWindow.Uint64(),
		ChallengeAfter: c.ChallengeAfter.Uint64(), MaxTerm: c.MaxTerm,
	}, nil
}
