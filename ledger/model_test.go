package ledger_test

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"pgregory.net/rapid"
)

// model is what the ledger should hold, in plain maps. Its chain has two streams
// (devices 1 and 2) and numbers purchases as the contract does, so that a reorg
// gives a number to somebody else.
type model struct {
	chain    *ledgertest.Chain
	states   []map[market.PurchaseID]modelPurchase // by block: after it
	accounts map[modelKey]*modelAccount
	windows  map[string]*modelWindow
	sent     []delivery.Parcel // every parcel ever made
	sentBy   []modelKey
	dropped  uint64
	restored uint64
	leaked   uint64

	dir   string
	files int
	path  string
	l     *ledger.Ledger

	news  func() (settlement.News, error) // of l, since heard was empty
	heard map[market.PurchaseID]settlement.Account
}

type modelPurchase struct {
	buyer      byte
	stream     uint64
	start, end uint64
	quota      uint32
	closed     bool
}

type modelKey struct {
	p      market.PurchaseID
	buyer  byte
	stream uint64
}

type modelAccount struct {
	next                      uint32
	waiting, parked, orphaned map[uint32]delivery.Parcel
	receipts                  map[uint32]bool
	head                      common.Hash
}

type modelWindow struct {
	newest uint32
	seen   map[uint32]bool
}

func (m *model) now() map[market.PurchaseID]modelPurchase { return m.states[len(m.states)-1] }

func (p *modelPurchase) key(id market.PurchaseID) modelKey { return modelKey{id, p.buyer, p.stream} }

func (m *model) account(k modelKey) *modelAccount {
	if m.accounts[k] == nil {
		m.accounts[k] = &modelAccount{
			waiting: map[uint32]delivery.Parcel{}, parked: map[uint32]delivery.Parcel{},
			orphaned: map[uint32]delivery.Parcel{}, receipts: map[uint32]bool{},
		}
	}
	return m.accounts[k]
}

// live gives the account of the purchase that has this number now.
func (m *model) live(id market.PurchaseID) *modelAccount {
	p, ok := m.now()[id]
	if !ok {
		return nil
	}
	return m.account(p.key(id))
}

func newModel(t *rapid.T, dir string) *model {
	m := &model{
		chain: &ledgertest.Chain{}, states: []map[market.PurchaseID]modelPurchase{{}},
		accounts: map[modelKey]*modelAccount{}, windows: map[string]*modelWindow{}, dir: dir,
	}
	m.path = m.file()
	m.open(t)
	b := m.chain.Mine(ledgertest.Listed(1, 1), ledgertest.Listed(2, 2))
	for _, err := range []error{
		m.l.PutDevice(ledgertest.Device(1)), m.l.PutDevice(ledgertest.Device(2)), m.l.Advance([]market.Block{b}, 0),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func (m *model) file() string {
	m.files++
	return filepath.Join(m.dir, fmt.Sprintf("%d.db", m.files))
}

func (m *model) open(t *rapid.T) {
	l, err := ledger.Open(m.path, ledgertest.Options())
	if err != nil {
		t.Fatal(err)
	}
	m.l, m.news = l, nil
}

// Restart closes the ledger in order and opens it again.
func (m *model) Restart(t *rapid.T) {
	before := cacheOf(m.l)
	if err := m.l.Close(); err != nil {
		t.Fatal(err)
	}
	m.open(t)
	m.sameCache(t, before, "before it was closed")
}

// cacheOf is everything that the memory face of a ledger says of purchases, as one text.
func cacheOf(l *ledger.Ledger) string {
	var b strings.Builder
	for dev := range byte(4) {
		all := l.Index().Lookup(ledgertest.Dev(dev))
		of := slices.SortedFunc(slices.Values(all), func(a, b *market.Entitlement) int { return cmp.Compare(a.Purchase, b.Purchase) })
		for _, e := range of {
			fmt.Fprintf(&b, "device %d: %+v\n", dev, *e)
		}
	}
	for id := range market.PurchaseID(6) {
		if e, ok := l.Index().Purchase(id); ok {
			fmt.Fprintf(&b, "purchase %d: %+v\n", id, *e)
		}
	}
	devices, purchases := l.Index().Len()
	fmt.Fprintf(&b, "%d devices, %d purchases", devices, purchases)
	return b.String()
}

func (m *model) sameCache(t *rapid.T, want, when string) {
	t.Helper()
	if got := cacheOf(m.l); got != want {
		t.Fatalf("the cache says\n%s\nand %s\n%s", got, when, want)
	}
}

// Crash goes on with the file as a kill would leave it now.
func (m *model) Crash(t *rapid.T) {
	whole, err := os.ReadFile(m.path)
	if err != nil {
		t.Fatal(err)
	}
	old, former, before := m.l, m.path, cacheOf(m.l)
	m.path = m.file()
	if err := os.WriteFile(m.path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	m.open(t)
	m.sameCache(t, before, "before it was killed")
	_ = old.Close()
	_ = os.Remove(former)
}

// Ingest takes in several uplinks at once.
func (m *model) Ingest(t *rapid.T) {
	n := rapid.IntRange(1, 6).Draw(t, "uplinks")
	type expected struct {
		verdict                ledger.Verdict
		parcels, over, outside int
	}
	want := make([]expected, n)
	got := make([]ledger.Outcome, n)
	done := make(chan error, n)
	for i := range n {
		dev := rapid.ByteRange(1, 3).Draw(t, "device")
		f := rapid.Uint32Range(0, 40).Draw(t, "f_cnt")
		if rapid.IntRange(0, 9).Draw(t, "far") == 0 {
			f += 700
		}
		at := rapid.Uint64Range(995, 1_045).Draw(t, "received")
		r := uplink(dev, f, at)
		r.Session = rapid.SampledFrom([]string{"a", "b"}).Draw(t, "session")

		w := &want[i]
		var open []market.PurchaseID
		for _, id := range slices.Sorted(maps.Keys(m.now())) {
			if p := m.now()[id]; p.stream == uint64(dev) && !p.closed {
				open = append(open, id)
			}
		}
		w.verdict = ledger.Unbought
		if len(open) > 0 {
			w.verdict = m.see(dev, r.Session, f)
		}
		if w.verdict == ledger.Posted {
			for _, id := range open {
				p := m.now()[id]
				a := m.live(id)
				due := uint32(0)
				if at >= p.start {
					due = uint32(min(min(at, p.end)-p.start+1, uint64(p.quota)))
				}
				switch {
				case at < p.start || at >= p.end:
					w.outside++
				case a.next >= due:
					w.over++
				default:
					a.waiting[a.next] = delivery.Parcel{} // its body follows
					a.next++
					w.parcels++
				}
			}
		}
		m.l.Ingest(r, func(o ledger.Outcome, err error) { got[i] = o; done <- err })
	}
	for range n {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	for i, o := range got {
		if g := (expected{o.Verdict, len(o.Parcels), o.OverRate, o.Outside}); g != want[i] {
			t.Fatalf("uplink %d: %+v, want %+v", i, g, want[i])
		}
		for _, p := range o.Parcels {
			a := m.live(p.Purchase)
			if _, ok := a.waiting[p.Seq]; !ok {
				t.Fatalf("purchase %d: seq %d was not expected", p.Purchase, p.Seq)
			}
			a.waiting[p.Seq] = p
			q := m.now()[p.Purchase]
			m.sent, m.sentBy = append(m.sent, p), append(m.sentBy, q.key(p.Purchase))
		}
	}
}

func (m *model) see(dev byte, session string, f uint32) ledger.Verdict {
	k := fmt.Sprint(dev, session)
	w := m.windows[k]
	if w == nil {
		m.windows[k] = &modelWindow{f, map[uint32]bool{f: true}}
		return ledger.Posted
	}
	switch {
	case f+512 <= w.newest:
		return ledger.Reset // the model's counters that are so far behind are all near zero
	case w.seen[f]:
		return ledger.Repeat
	}
	w.seen[f], w.newest = true, max(w.newest, f)
	return ledger.Posted
}

// Deliver reports some of all parcels ever made as accepted: new ones, ones
// reported before, and ones whose purchase is gone.
func (m *model) Deliver(t *rapid.T) {
	if len(m.sent) == 0 {
		return
	}
	var rs []delivery.Receipt
	for range rapid.IntRange(1, 5).Draw(t, "receipts") {
		i := rapid.IntRange(0, len(m.sent)-1).Draw(t, "parcel")
		if rapid.Bool().Draw(t, "recent") {
			i = max(0, len(m.sent)-1-i%8)
		}
		p, k := m.sent[i], m.sentBy[i]
		r := receiptOf(p)
		rs = append(rs, r)

		a := m.account(k)
		_, w := a.waiting[p.Seq]
		_, parked := a.parked[p.Seq]
		_, o := a.orphaned[p.Seq]
		switch {
		case a.receipts[p.Seq]:
			if q, ok := m.now()[p.Purchase]; !ok || q.key(p.Purchase) != k {
				// A second report of a purchase that is gone: nobody's account
				// knows it, and it is nobody's money.
				m.leaked = ^uint64(0)
			}
			continue
		case w || parked || o:
			delete(a.waiting, p.Seq)
			delete(a.parked, p.Seq)
			delete(a.orphaned, p.Seq)
			a.receipts[p.Seq] = true
			a.head = crypto.Keccak256Hash(a.head[:], []byte{0, 0, 0, byte(p.Seq)}, r.Digest[:])
			if o && m.leaked != ^uint64(0) {
				m.leaked++
			}
		default:
			if m.leaked != ^uint64(0) {
				m.leaked++
			}
		}
	}
	result := make(chan error, 1)
	m.l.Delivered(rs, nil, func(err error) { result <- err })
	if err := <-result; err != nil {
		t.Fatal(err)
	}
}

// pick chooses a live purchase and some of its numbers.
func (m *model) pick(t *rapid.T) (market.PurchaseID, []uint32) {
	return market.PurchaseID(rapid.Uint64Range(1, 4).Draw(t, "purchase")),
		rapid.SliceOfN(rapid.Uint32Range(0, 12), 0, 5).Draw(t, "seqs")
}

// Park sets parcels aside.
func (m *model) Park(t *rapid.T) {
	id, seqs := m.pick(t)
	result := make(chan error, 1)
	m.l.Park(id, seqs, delivery.Reason{Code: delivery.CodeRefused, Text: "refused"}, func(err error) { result <- err })
	if err := <-result; err != nil {
		t.Fatal(err)
	}
	if a := m.live(id); a != nil {
		for _, s := range seqs {
			if p, ok := a.waiting[s]; ok {
				delete(a.waiting, s)
				a.parked[s] = p
			}
		}
	}
}

// Unpark replays them.
func (m *model) Unpark(t *rapid.T) {
	id, _ := m.pick(t)
	n, err := m.l.Unpark(id, 0, math.MaxUint32)
	a := m.live(id)
	if (err == nil) != (a != nil) {
		t.Fatalf("unpark of purchase %d: %v", id, err)
	}
	if a == nil {
		return
	}
	if n != len(a.parked) {
		t.Fatalf("unparked %d, want %d", n, len(a.parked))
	}
	maps.Copy(a.waiting, a.parked)
	clear(a.parked)
}

// Drop deletes parcels.
func (m *model) Drop(t *rapid.T) {
	id, seqs := m.pick(t)
	result := make(chan error, 1)
	m.l.Drop(id, seqs, delivery.Reason{Code: delivery.CodeUncovered, Text: "window"}, func(err error) { result <- err })
	if err := <-result; err != nil {
		t.Fatal(err)
	}
	if a := m.live(id); a != nil {
		for _, s := range seqs {
			for _, in := range []map[uint32]delivery.Parcel{a.waiting, a.parked} {
				if _, ok := in[s]; ok {
					delete(in, s)
					m.dropped++
				}
			}
		}
	}
}

// Mine appends a few blocks with events to the chain and folds them in one go.
func (m *model) Mine(t *rapid.T) { m.mine(t, rapid.IntRange(1, 3).Draw(t, "blocks"), 3) }

// MineFar appends many, most of them without.
func (m *model) MineFar(t *rapid.T) { m.mine(t, rapid.IntRange(20, deepest).Draw(t, "blocks"), 1) }

// deepest is how far a reorg goes back.
const deepest = 64

func (m *model) mine(t *rapid.T, n, most int) {
	var blocks []market.Block
	for i := range n {
		state := maps.Clone(m.now())
		var events []any
		few := 0
		if most > 1 || i%8 == 0 {
			few = rapid.IntRange(0, most).Draw(t, "events")
		}
		for range few {
			id := market.PurchaseID(rapid.Uint64Range(1, uint64(len(state))+1).Draw(t, "of"))
			p, known := state[id]
			switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); {
			case kind <= 2 && len(state) < 4:
				id = market.PurchaseID(len(state) + 1)
				p = modelPurchase{
					buyer: rapid.ByteRange(1, 2).Draw(t, "buyer"), stream: rapid.Uint64Range(1, 2).Draw(t, "stream"),
					start: rapid.Uint64Range(1_000, 1_010).Draw(t, "start"), quota: rapid.Uint32Range(1, 30).Draw(t, "quota"),
				}
				p.end = p.start + uint64(p.quota)
				events = append(events, ledgertest.Purchased(uint64(id), p.stream, p.buyer, p.start, p.quota))
				state[id] = p
				a := m.account(p.key(id))
				m.restored += uint64(len(a.orphaned))
				maps.Copy(a.waiting, a.orphaned)
				clear(a.orphaned)
			case known && !p.closed && kind == 3:
				p.end, p.quota = p.end+5, p.quota+5
				events = append(events, &contracts.DataMarketExtended{Purchase: uint64(id), End: new(big.Int).SetUint64(p.end), Quota: p.quota})
				state[id] = p
			case known && !p.closed && kind == 4:
				p.end = min(p.end, 1_020)
				events = append(events, &contracts.DataMarketCancelled{Purchase: uint64(id), End: new(big.Int).SetUint64(p.end)})
				state[id] = p
			case known && !p.closed && kind == 5:
				p.closed = true
				events = append(events, &contracts.DataMarketFinished{Purchase: uint64(id)})
				state[id] = p
			}
		}
		blocks = append(blocks, m.chain.Mine(events...))
		m.states = append(m.states, state)
	}
	if err := m.l.Advance(blocks, 0); err != nil {
		t.Fatal(err)
	}
}

// Reorg takes blocks back.
func (m *model) Reorg(t *rapid.T) {
	if len(m.states) < 2 {
		return
	}
	n := rapid.IntRange(1, min(deepest, len(m.states)-1)).Draw(t, "depth")
	if rapid.IntRange(0, 3).Draw(t, "deep") == 0 {
		n = min(deepest, len(m.states)-1)
	}
	before := m.now()
	m.states = m.states[:len(m.states)-n]
	for id, p := range before {
		if _, stays := m.now()[id]; !stays {
			a := m.account(p.key(id))
			m.dropped += uint64(len(a.waiting) + len(a.parked))
			maps.Copy(a.orphaned, a.waiting)
			maps.Copy(a.orphaned, a.parked)
			clear(a.waiting)
			clear(a.parked)
		}
	}
	if err := m.l.Rewind(m.chain.Fork(n)); err != nil {
		t.Fatal(err)
	}
}

// Check compares the ledger with the model.
func (m *model) Check(t *rapid.T) {
	if err := m.l.Check(); err != nil {
		t.Fatal(err)
	}
	var waiting, parked, orphaned, receipts uint64
	for _, a := range m.accounts {
		waiting += uint64(len(a.waiting))
		parked += uint64(len(a.parked))
		orphaned += uint64(len(a.orphaned))
		receipts += uint64(len(a.receipts))
	}
	s, err := m.l.Stats()
	if err != nil {
		t.Fatal(err)
	}
	if s.Waiting != waiting || s.Parked != parked || s.Orphaned != orphaned || s.Receipts != receipts || s.Dropped != m.dropped || s.Restored != m.restored {
		t.Fatalf("stats %+v; want %d waiting, %d parked, %d orphaned, %d receipts, %d dropped, %d restored",
			s, waiting, parked, orphaned, receipts, m.dropped, m.restored)
	}
	if m.leaked != ^uint64(0) && s.Leaked != m.leaked {
		t.Fatalf("%d leaked, want %d", s.Leaked, m.leaked)
	}
	all, err := m.l.Accounts()
	if err != nil {
		t.Fatal(err)
	}
	m.checkNews(t, all)
	for _, got := range all {
		a := m.live(got.Purchase)
		if a == nil {
			t.Fatalf("there is an account of purchase %d, which does not exist", got.Purchase)
		}
		if int(got.Receipts) != len(a.receipts) || got.Head != a.head || int(got.Waiting) != len(a.waiting) {
			t.Fatalf("account %+v; want %d receipts, %d waiting, head %s", got, len(a.receipts), len(a.waiting), a.head)
		}
	}
	for id, p := range m.now() {
		a := m.live(id)
		for where, want := range map[string]map[uint32]delivery.Parcel{"waiting": a.waiting, "parked": a.parked} {
			read := m.l.Waiting
			if where == "parked" {
				read = func(p market.PurchaseID, from uint32, limit int) (all []delivery.Parcel, err error) {
					parked, err := m.l.Parked(p, from, limit)
					for _, one := range parked {
						all = append(all, one.Parcel)
					}
					return all, err
				}
			}
			got, err := read(id, 0, 1_000)
			if err != nil || len(got) != len(want) {
				t.Fatalf("purchase %d has %d %s, want %d (%v)", id, len(got), where, len(want), err)
			}
			for _, parcel := range got {
				if w := want[parcel.Seq]; parcel.ID != w.ID || string(parcel.Body) != string(w.Body) {
					t.Fatalf("purchase %d, seq %d is another parcel", id, parcel.Seq)
				}
			}
		}
		if _, served := m.l.Index().Purchase(id); served == p.closed {
			t.Fatalf("purchase %d: served %t, closed %t", id, served, p.closed)
		}
	}
}

func TestTheLedgerIsTheModel(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t, dir)
		defer func() {
			_ = m.l.Close()
			_ = os.Remove(m.path)
		}()
		t.Repeat(map[string]func(*rapid.T){
			"": m.Check, "ingest": m.Ingest, "ingest more": m.Ingest, "deliver": m.Deliver, "park": m.Park, "unpark": m.Unpark, "drop": m.Drop,
			"mine": m.Mine, "mine more": m.Mine, "mine far": m.MineFar, "reorg": m.Reorg, "restart": m.Restart, "crash": m.Crash,
		})
		// After all reorgs the fold is that of the chain as it is now.
		path := m.file()
		fresh, err := ledger.Open(path, ledgertest.Options())
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			_ = fresh.Close()
			_ = os.Remove(path)
		}()
		for _, err := range []error{
			fresh.PutDevice(ledgertest.Device(1)), fresh.PutDevice(ledgertest.Device(2)), fresh.Advance(m.chain.Blocks, 0),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		m.sameCache(t, cacheOf(fresh), "from scratch")
		a, errA := m.l.Digest()
		b, errB := fresh.Digest()
		if errA != nil || errB != nil || a != b {
			t.Fatalf("digest %s (%v), from scratch %s (%v)", a, errA, b, errB)
		}
	})
}

// checkNews holds what a watch has told against all accounts: whoever listens to the
// changes alone knows every active account as it is.
func (m *model) checkNews(t *rapid.T, all []settlement.Account) {
	t.Helper()
	if m.news == nil {
		m.news, m.heard = m.l.Watch(), map[market.PurchaseID]settlement.Account{}
	}
	n, err := m.news()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range n.Accounts {
		if m.heard[a.Purchase] = a; a.State != market.PurchaseActive {
			delete(m.heard, a.Purchase)
		}
	}
	want := map[market.PurchaseID]settlement.Account{}
	for _, a := range all {
		if a.State == market.PurchaseActive {
			want[a.Purchase] = a
		}
	}
	if !maps.Equal(m.heard, want) {
		t.Fatalf("who listens knows %+v, there are %+v", m.heard, want)
	}
	if head, _, err := m.l.Head(); err != nil || head != n.Head {
		t.Fatalf("the news are of block %+v, the head is %+v (%v)", n.Head, head, err)
	}
}
