package listings

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/netguard"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/offer"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// Why an offer could not be had from its operator. The sentences name no address: what stands on
// chain is a stranger's text.
var (
	errNoAddress  = errors.New("its operator tells no address of an API (https://…)")
	errNotServed  = errors.New("its operator does not serve it")
	errAbsent     = fmt.Errorf("%w: it is not there yet: its owner publishes it (`offer publish`)", errNotServed)
	errOtherBytes = errors.New("its operator serves another document than the chain names")
	errTooMany    = errors.New("more offers of its operator are here than are kept of one")
)

// later is an operator who is well and wants to be asked later.
type later struct{ wait time.Duration }

func (l later) Error() string { return "its operator has others to answer first" }

// fetcher fetches offers from the addresses that operators give on chain. They are strangers': only
// public addresses are dialled, no redirect is followed, and an answer has its bounds.
type fetcher struct{ client *http.Client }

// The bounds of fetches.
const (
	fetchTime   = 10 * time.Second // for a document, dialling included
	fetchersMax = 4                // at the same time, each of another operator
	fetchPace   = 100 * time.Millisecond
	absentPace  = time.Second      // after an offer that is not there
	absentMax   = 10 * time.Minute // after all were asked for and none was there
	wantedMax   = 256              // offers of an operator that are waited for; others come when these are through
	streamsMax  = 1000             // streams of an offer that are remembered while it is waited for
	badMax      = 1024             // offers of an operator that were not to be had, remembered
	backoffMin  = 30 * time.Second
	backoffMax  = 6 * time.Hour
	keptMax     = 20_000    // offers kept of an operator
	bytesMax    = 256 << 20 // of them
	scanEvery   = 10 * time.Minute
)

func newFetcher(guard netguard.Guard) *fetcher {
	return &fetcher{&http.Client{
		Timeout:       fetchTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: guard.Dial, DisableCompression: true, MaxResponseHeaderBytes: 16 << 10, MaxConnsPerHost: 4, MaxIdleConns: 16, IdleConnTimeout: 30 * time.Second,
			TLSHandshakeTimeout: 5 * time.Second, ForceAttemptHTTP2: true,
		},
	}}
}

// fetch gets the document whose hash stands on chain from an operator's API.
func (f *fetcher) fetch(ctx context.Context, api string, terms common.Hash) ([]byte, error) {
	base, err := url.Parse(api)
	if err != nil || base.Scheme != "https" && base.Scheme != "http" || base.Host == "" || base.User != nil || base.RawQuery != "" {
		return nil, errNoAddress
	}
	base.Fragment = ""
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(base.String(), "/")+"/v1/terms/"+terms.Hex(), nil)
	if err != nil {
		return nil, errNoAddress
	}
	answer, err := f.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotServed, cause(err))
	}
	defer func() { _ = answer.Body.Close() }()
	switch answer.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return nil, errAbsent
	case http.StatusTooManyRequests:
		seconds, _ := strconv.ParseUint(answer.Header.Get("Retry-After"), 10, 16)
		return nil, later{min(max(time.Duration(seconds)*time.Second, absentPace), absentMax)}
	default:
		return nil, fmt.Errorf("%w: it answers %d", errNotServed, answer.StatusCode)
	}
	doc, err := io.ReadAll(io.LimitReader(answer.Body, offer.Max+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotServed, cause(err))
	}
	if crypto.Keccak256Hash(doc) != terms {
		return nil, errOtherBytes
	}
	return doc, nil
}

// cause says what went wrong without where.
func cause(err error) error {
	var at *url.Error
	switch {
	case errors.Is(err, netguard.ErrForbidden):
		return errors.New("its address is not a public one")
	case errors.As(err, &at) && at.Timeout():
		return errors.New("it does not answer in time")
	}
	return errors.New("it cannot be reached")
}

// fetches are the offers that are waited for, by operator: none gets in another's way.
type fetches struct {
	from    *fetcher
	arrived chan arrival

	mu      sync.Mutex
	of      map[market.OperatorID]*queue
	turn    []market.OperatorID // who has something to fetch, in turn
	missed  bool                // some were not taken in for want of room
	scanned time.Time
}

// arrival is an offer that came, with streams that stand under it.
type arrival struct {
	terms   common.Hash
	streams []market.StreamID
}

// queue is what is waited for of one operator.
type queue struct {
	wanted   map[common.Hash][]market.StreamID
	order    []common.Hash
	bad      map[common.Hash]time.Time // not asked for before
	busy     bool
	after    time.Time // nothing is asked of it before
	failures int       // in a row
	absent   int       // in a row
	err      error     // of the last one
	share              // of what is kept
}

// newFetches fetches for operators that have shares of the store already.
func newFetches(f *fetcher, shares map[market.OperatorID]share) *fetches {
	all := &fetches{from: f, arrived: make(chan arrival), of: map[market.OperatorID]*queue{}}
	for op, taken := range shares {
		all.queue(op).share = taken
	}
	return all
}

func (f *fetches) queue(op market.OperatorID) *queue {
	q := f.of[op]
	if q == nil {
		q = &queue{wanted: map[common.Hash][]market.StreamID{}, bad: map[common.Hash]time.Time{}}
		f.of[op] = q
	}
	return q
}

// want asks for an offer of a stream.
func (f *fetches) want(op market.OperatorID, terms common.Hash, id market.StreamID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	q := f.queue(op)
	streams, waits := q.wanted[terms]
	switch {
	case waits && len(streams) < streamsMax:
		q.wanted[terms] = append(streams, id)
	case waits || len(q.wanted) >= wantedMax:
		f.missed = true
	case time.Now().Before(q.bad[terms]):
	default:
		q.wanted[terms] = []market.StreamID{id}
		q.absent = 0
		if q.order = append(q.order, terms); len(q.order) == 1 && !q.busy {
			f.turn = append(f.turn, op)
		}
	}
}

// why says why an operator's offer is not here.
func (f *fetches) why(op market.OperatorID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if q := f.queue(op); q.err != nil {
		return fmt.Errorf("%w: %w", errFetch, q.err)
	}
	return errFetch
}

// forgive lets an operator be asked at once: he told something new on chain.
func (f *fetches) forgive(op market.OperatorID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if q := f.of[op]; q != nil {
		q.after, q.failures, q.err = time.Time{}, 0, nil
		clear(q.bad)
		f.missed = true
		f.scanned = time.Time{}
	}
}

// again tells that the streams must be looked through for offers there was no room for.
func (f *fetches) again() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.missed && time.Since(f.scanned) > scanEvery
}

// scan tells that they are.
func (f *fetches) scan() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.missed, f.scanned = false, time.Now()
}

// next gives an offer to fetch; ok is false if there is none now.
func (f *fetches) next() (op market.OperatorID, terms common.Hash, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	for i, one := range f.turn {
		q := f.of[one]
		if q.busy || now.Before(q.after) {
			continue
		}
		f.turn = append(f.turn[:i:i], f.turn[i+1:]...)
		q.busy = true
		return one, q.order[0], true
	}
	return 0, terms, false
}

// done notes what became of a fetch, and gives the streams that waited for it.
func (f *fetches) done(op market.OperatorID, terms common.Hash, size int, err error) []market.StreamID {
	f.mu.Lock()
	defer f.mu.Unlock()
	q, now := f.of[op], time.Now()
	streams := q.wanted[terms]
	q.busy, q.err = false, err
	again := func() []market.StreamID { // behind the others
		q.order = append(q.order[1:], terms)
		f.turn = append(f.turn, op)
		return nil
	}
	var busy later
	switch {
	case err == nil:
		q.failures, q.absent, q.after = 0, 0, now.Add(fetchPace)
		q.kept++
		q.bytes += int64(size)
	case errors.As(err, &busy):
		q.after = now.Add(busy.wait)
		return again()
	case errors.Is(err, errAbsent): // an owner's fault, which holds up no other owner's
		q.after = now.Add(absentPace)
		if q.absent++; q.absent >= len(q.order) {
			q.absent, q.after = 0, now.Add(min(backoffMin<<min(q.failures, 12), absentMax))
			q.failures++
		}
		return again()
	default:
		if len(q.bad) >= badMax {
			clear(q.bad)
		}
		wait := min(backoffMin<<min(q.failures, 12), backoffMax)
		q.failures++
		q.after = now.Add(wait)
		if !errors.Is(err, errOtherBytes) && !errors.Is(err, errTooMany) { // it may be well later
			return again()
		}
		q.bad[terms] = now.Add(max(wait, time.Hour))
	}
	delete(q.wanted, terms)
	if q.order = q.order[1:]; len(q.order) > 0 {
		f.turn = append(f.turn, op)
	}
	return streams
}

// full tells whether no more of an operator is kept.
func (f *fetches) full(op market.OperatorID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	q := f.of[op]
	return q.kept >= keptMax || q.bytes >= bytesMax
}

// fetch fetches offers until ctx ends.
func (l *Listings) fetch(ctx context.Context) {
	for ctx.Err() == nil {
		op, terms, ok := l.fetches.next()
		if !ok {
			select {
			case <-ctx.Done():
			case <-time.After(l.Pace / 4):
			}
			continue
		}
		doc, err := l.fetchOne(ctx, op, terms)
		streams := l.fetches.done(op, terms, len(doc), err)
		if err != nil {
			if ctx.Err() == nil {
				l.Log.Debug("an offer could not be fetched", "operator", op, "err", err)
			}
			continue
		}
		select {
		case l.fetches.arrived <- arrival{terms, streams}:
		case <-ctx.Done():
		}
	}
}

func (l *Listings) fetchOne(ctx context.Context, op market.OperatorID, terms common.Hash) ([]byte, error) {
	if l.fetches.full(op) {
		return nil, errTooMany
	}
	who, _, err := l.Ledger.OperatorListing(op)
	if err != nil {
		return nil, err
	}
	doc, err := l.fetches.from.fetch(ctx, who.URI, terms)
	if err != nil {
		return nil, err
	}
	if _, err := offer.Read(doc); err != nil {
		return nil, errors.Join(errOtherBytes, err)
	}
	return doc, l.store.put(op, terms, doc)
}
