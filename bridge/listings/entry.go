package listings

import (
	"errors"
	"math"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/catalogue"
	"github.com/databrokerdao/dbdao-bridge/market/offer"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// faults are the rulings that stand against streams, counted for ranks: only of streams that have one.
type faults struct {
	of       map[market.StreamID]fault
	owner    map[common.Address]int // streams whose stake was taken
	device   map[common.Hash]int
	both     map[ownerDevice]int
	operator map[market.OperatorID]int // rulings against it
}

type fault struct {
	owner            common.Address
	device           common.Hash
	operator         market.OperatorID
	seller, operates bool
}

type ownerDevice struct {
	owner  common.Address
	device common.Hash
}

func newFaults() faults {
	return faults{map[market.StreamID]fault{}, map[common.Address]int{}, map[common.Hash]int{}, map[ownerDevice]int{}, map[market.OperatorID]int{}}
}

// note counts a stream as it stands now. changed tells that this gives others another rank: those
// of the owner and the device, and, if operates, of the operator.
func (f *faults) note(one *market.Listing) (family fault, changed bool) {
	is := fault{one.Owner, one.Device, one.Operator, one.State == market.StreamSlashed, one.Unpaid}
	was, known := f.of[one.ID]
	if !known && !is.seller && !is.operates || known && was == is {
		return family, false
	}
	f.count(was, -1)
	f.count(is, 1)
	if f.of[one.ID] = is; !is.seller && !is.operates {
		delete(f.of, one.ID)
	}
	if family = is; known { // a reorg may have taken the stream itself away
		family = was
	}
	family.operates = was.operates != is.operates
	return family, true
}

func (f *faults) count(is fault, by int) {
	if is.seller {
		f.owner[is.owner] += by
		f.device[is.device] += by
		f.both[ownerDevice{is.owner, is.device}] += by
	}
	if is.operates {
		f.operator[is.operator] += by
	}
}

// rank is a stream's, of a token with decimals. What counts against its owner or its device counts
// once, whichever of the two it is found by.
func (f *faults) rank(s *market.Stream, decimals int) catalogue.Rank {
	seller := f.owner[s.Owner] + f.device[s.Device] - f.both[ownerDevice{s.Owner, s.Device}]
	return catalogue.Ranked(s.Stake, decimals, s.State == market.StreamOpen, seller, f.operator[s.Operator])
}

func (l *Listings) rank(s *market.Stream) catalogue.Rank {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.faults.rank(s, l.places)
}

// Why there is no offer to be shown.
var (
	errNoOffer = errors.New("none: values and bytes are sold, and nothing is promised")
	errFetch   = errors.New("not fetched yet")
)

// offerOf finds the offer a stream stands under: in the ledger, or among what was fetched. What is
// missing of other operators' is asked for.
func (l *Listings) offerOf(s *market.Stream) (*offer.Offer, error) {
	if s.Terms == (common.Hash{}) {
		return nil, errNoOffer
	}
	if o, ok := l.parsed.Get(s.Terms); ok {
		return o, nil
	}
	doc, err := l.document(s.Terms)
	if err != nil {
		return nil, err
	}
	if doc == nil {
		if s.Operator == l.Operator {
			return nil, offer.ErrMissing
		}
		l.fetches.want(s.Operator, s.Terms, s.ID)
		return nil, l.fetches.why(s.Operator)
	}
	o, err := offer.Read(doc)
	if err != nil {
		return nil, err
	}
	l.parsed.Add(s.Terms, &o)
	return &o, nil
}

// document finds the bytes whose hash stands on chain; nil: they are not here.
func (l *Listings) document(terms common.Hash) ([]byte, error) {
	doc, ok, err := l.Ledger.Terms(terms)
	if err != nil {
		return nil, err
	}
	if ok && crypto.Keccak256Hash(doc) == terms {
		return doc, nil
	}
	return l.store.get(terms), nil
}

// salesLooked is how many purchases of a stream its figures are made of: the newest.
const salesLooked = 1000

// figured is what the chain and, of this operator's streams, the ledger tell of deliveries.
type figured struct {
	catalogue.Figures
	purchases, running int
	known              string // who tells of the last reading: operator or chain
}

// figures counts them. A purchase that pays more rarely than the sensor sends is due as often as it pays.
func (l *Listings) figures(one *market.Listing, o *offer.Offer) (f figured) {
	sold, err := l.Ledger.Sold(one.ID, salesLooked)
	if err != nil {
		l.failed(err)
		return f
	}
	now, every := l.Index.Now(), uint64(0)
	if o != nil {
		every = uint64(o.Interval)
	}
	for _, p := range sold {
		f.purchases++
		f.Delivered += uint64(p.Delivered)
		end := one.EndOf(p.End)
		if p.State == market.PurchaseActive && now >= p.Start && now < end {
			f.running++
		}
		if end = min(end, now); every > 0 && end > p.Start {
			f.Due += (end - p.Start) / max(every, uint64(p.Interval))
		}
	}
	f.Last, f.known = one.Settled, "chain"
	if one.Operator == l.Operator {
		at, err := l.Ledger.LastReading(one.ID)
		if step := int64(max(every, 1)); err == nil && !at.IsZero() {
			f.Last, f.known = uint64(at.Unix()/step*step), "operator"
		}
	}
	return f
}

// entry is what can be searched of a stream that can be bought.
func (l *Listings) entry(one *market.Listing) catalogue.Entry {
	e := catalogue.Entry{Stream: one.ID, Operator: one.Operator, Score: l.rank(&one.Stream).Score, Price: one.Stream.Price, Verified: one.ProofKind > 0}
	o, err := l.offerOf(&one.Stream)
	e.Figures = l.figures(one, o).Figures
	if err != nil {
		return e
	}
	e.Every, e.Resale, e.Text = uint32(o.Interval), o.Resale, append([]string{o.Title, o.Description}, o.Tags...)
	if o.Licence != nil {
		e.Licence = o.Licence.SPDX + o.Licence.URL // it has one of them
	}
	if p := o.Place; p != nil {
		e.Text = append(e.Text, p.Name)
		e.Place = &catalogue.Place{Country: p.Country}
		if e.Place.Point = (catalogue.Point{Lat: math.NaN()}); p.Lat != nil { // only its country
			e.Place.Point = catalogue.Point{Lat: *p.Lat, Lon: *p.Lon}
		}
	}
	for i := range o.Quantities {
		q := &o.Quantities[i]
		what := q.Measured()
		if what == "" {
			what = q.Name
		}
		e.Quantities = append(e.Quantities, catalogue.Quantity{Name: what, Unit: q.Unit})
		e.Text = append(e.Text, q.Label, q.Name, what)
	}
	return e
}
