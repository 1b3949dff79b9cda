// Package ledger keeps everything the bridge must not forget, in one bbolt file
// with one writer: the chain folded into streams and purchases, the outbox, the
// receipts, the settlement transactions, devices and routes. It refuses to know
// nodes, brokers, sinks and payloads.
//
// On disk (big-endian integers; every value is version byte, body, CRC32C):
//
//	meta      identity                        JSON: schema, chain, genesis, market, operator
//	          dropped                         u64: parcels deleted because their purchase went away
//	chain     block(8)                        JSON market.Position; the last is the head
//	undo      block(8)                        JSON: before-images of what the block changed
//	streams   stream(8)                       see sealStream
//	purchases purchase(8)                     see sealPurchase
//	bystream  stream(8) purchase(8)           empty
//	devices   commitment(32)                  JSON market.Device
//	terms     hash(32)                        the terms document
//	routes    purchase(8)                     XChaCha20-Poly1305(nonce(24), JSON delivery.Route)
//	windows   DevEUI(8) len(1) network session   newest f_cnt(4) bitmap(64)
//	parcels   purchase(8) seq(4)              see sealParcel
//	parked    purchase(8) seq(4)              likewise
//	accounts  purchase(8)                     see account
//	receipts  purchase(8) seq(4)              digest(32) time(8)
//	txs       nonce(8)                        JSON settlement.Tx
//
// streams and purchases are functions of the chain alone: Digest covers just them.
package ledger

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
	"golang.org/x/crypto/chacha20poly1305"
)

// Why a ledger is not opened.
var (
	ErrLocked   = errors.New("another process has the ledger open: is a bridge running already? (ask it with `dbdao-bridge status`)")
	ErrIdentity = errors.New("the ledger belongs to another market: set data_dir to an empty folder, or the configuration to what it was")
	ErrClosed   = errors.New("the ledger is closed")
)

const schema = 1

var buckets = [][]byte{
	bMeta, bChain, bUndo, bStreams, bPurchases, bByStream, bDevices, bTerms, bRoutes, bWindows,
	bParcels, bParked, bAccounts, bReceipts, bTxs,
}

var (
	bMeta      = []byte("meta")
	bChain     = []byte("chain")
	bUndo      = []byte("undo")
	bStreams   = []byte("streams")
	bPurchases = []byte("purchases")
	bByStream  = []byte("bystream")
	bDevices   = []byte("devices")
	bTerms     = []byte("terms")
	bRoutes    = []byte("routes")
	bWindows   = []byte("windows")
	bParcels   = []byte("parcels")
	bParked    = []byte("parked")
	bAccounts  = []byte("accounts")
	bReceipts  = []byte("receipts")
	bTxs       = []byte("txs")

	kIdentity = []byte("identity")
	kDropped  = []byte("dropped")
)

// Options say whose ledger it is.
type Options struct {
	Place    delivery.Place
	Operator market.OperatorID
	Genesis  common.Hash   // zero: whatever the ledger says, or is told later by Pin
	Gather   time.Duration // least time between commits; 0: none
	MaxSize  int64         // bytes the file may grow to; 0: no limit
	RouteKey [32]byte      // seals routes
	Index    *market.Index
	Log      *slog.Logger
}

// identity pins a file to a market.
type identity struct {
	Schema   int               `json:"schema"`
	Chain    uint64            `json:"chain_id"`
	Market   common.Address    `json:"market"`
	Operator market.OperatorID `json:"operator"`
	Genesis  common.Hash       `json:"genesis"`
}

// Ledger is the store. Its methods may be called from any goroutine.
type Ledger struct {
	o   Options
	db  *bbolt.DB
	log *slog.Logger

	mu     sync.Mutex
	arrive sync.Cond // ops were queued, or the ledger closes
	leave  sync.Cond // the queue has room again
	queue  []op
	closed bool
	failed chan error
	broken error
	ended  chan struct{}

	// Owned by the committer: what the current batch has loaded and changed.
	windows  map[string]*window
	accounts map[market.PurchaseID]*account
	dirtyW   map[string]struct{}
	dirtyA   map[market.PurchaseID]struct{}
	dropped  uint64

	commits uint64 // guarded by mu
}

// op is one change. apply runs inside the batch's transaction and must leave no
// trace outside it; done runs after the commit, in the order of the queue.
type op struct {
	apply func(*bbolt.Tx) error
	done  func(error)
}

const (
	queueMax = 65_536 // as many as MQTT has packet ids
	batchMax = 1_000
	cacheMax = 20_000 // windows and accounts kept in memory between batches
)

// Open opens or creates a ledger and loads the index from it. It gives up after
// a second when another process holds the file.
func Open(path string, o Options) (l *Ledger, err error) {
	defer onFault(&err)
	if o.Index == nil {
		o.Index = market.NewIndex(0, 0)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if err := create(path); err != nil {
			return nil, fmt.Errorf("create the ledger: %w", err)
		}
	}
	db, err := openFile(path, o.MaxSize)
	if err != nil {
		return nil, err
	}
	l = &Ledger{o: o, db: db, log: o.Log.With("component", "ledger"), failed: make(chan error, 1), ended: make(chan struct{})}
	l.arrive.L, l.leave.L = &l.mu, &l.mu
	l.forget()
	if err := l.adopt(); err != nil {
		_ = db.Close()
		return nil, err
	}
	if err := l.load(); err != nil {
		_ = db.Close()
		return nil, err
	}
	go l.commitLoop()
	return l, nil
}

// onFault turns a fault on a damaged page, which bbolt reports by panic, into an error.
func onFault(err *error) {
	debug.SetPanicOnFault(false)
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w (%v)", ErrCorrupt, r)
	}
}

func openFile(path string, maxSize int64) (*bbolt.DB, error) {
	debug.SetPanicOnFault(true)
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: time.Second, FreelistType: bbolt.FreelistMapType, PageSize: 4096, MaxSize: int(maxSize),
	})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, ErrLocked
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrVersionMismatch):
		return nil, fmt.Errorf("%w (%w)", ErrCorrupt, err)
	case err != nil:
		return nil, fmt.Errorf("open the ledger: %w", err)
	}
	return db, nil
}

// create makes the file under another name and moves it into place when it is
// whole: a crash during bbolt's first write is the one it does not survive.
func create(path string) error {
	tmp := path + ".new"
	_ = os.Remove(tmp)
	db, err := openFile(tmp, 0)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, b := range buckets {
			if _, err := tx.CreateBucketIfNotExists(b); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, db.Sync(), db.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// adopt pins a new file to its market and refuses one that belongs elsewhere.
func (l *Ledger) adopt() error {
	want := identity{Schema: schema, Chain: l.o.Place.ChainID, Market: l.o.Place.Market, Operator: l.o.Operator, Genesis: l.o.Genesis}
	return l.db.Update(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(bMeta)
		if meta == nil {
			return fmt.Errorf("%w (it is no ledger)", ErrCorrupt)
		}
		v := meta.Get(kIdentity)
		if v != nil {
			var have identity
			if err := openJSON(v, &have); err != nil {
				return err
			}
			if want.Genesis == (common.Hash{}) {
				want.Genesis = have.Genesis
			}
			if have.Genesis == (common.Hash{}) {
				have.Genesis = want.Genesis
			}
			if have != want {
				return fmt.Errorf("%w (it is of chain %d, market %s, operator %d; configured are chain %d, market %s, operator %d)",
					ErrIdentity, have.Chain, have.Market, have.Operator, want.Chain, want.Market, want.Operator)
			}
		}
		l.o.Genesis = want.Genesis
		sealed, err := sealJSON(want)
		if err != nil {
			return err
		}
		return meta.Put(kIdentity, sealed)
	})
}

// Genesis is the genesis hash the ledger is pinned to; zero if none yet.
func (l *Ledger) Genesis() common.Hash { return l.o.Genesis }

// load fills the index and checks every value it reads.
func (l *Ledger) load() error {
	return l.db.View(func(tx *bbolt.Tx) error {
		if v := tx.Bucket(bMeta).Get(kDropped); v != nil {
			b, err := open(v)
			if err != nil {
				return err
			}
			l.dropped = binary.BigEndian.Uint64(b)
		}
		if head, ok, err := headOf(tx); err != nil {
			return err
		} else if ok {
			l.o.Index.SetHead(head, time.Time{})
		}
		return tx.Bucket(bPurchases).ForEach(func(k, _ []byte) error {
			e, err := entitlement(tx, market.PurchaseID(binary.BigEndian.Uint64(k)))
			if err == nil && e != nil {
				l.o.Index.Set(e)
			}
			return err
		})
	})
}

// Index is the memory face this ledger keeps.
func (l *Ledger) Index() *market.Index { return l.o.Index }

// Failed gives the first commit error. After it nothing is acknowledged: the
// process must stop and read the file anew.
func (l *Ledger) Failed() <-chan error { return l.failed }

// Close commits what is queued and closes the file.
func (l *Ledger) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	l.arrive.Broadcast()
	l.leave.Broadcast()
	l.mu.Unlock()
	<-l.ended
	return l.db.Close()
}

// submit queues a change; it waits only while the queue is full.
func (l *Ledger) submit(o op) {
	l.mu.Lock()
	for len(l.queue) >= queueMax && !l.closed && l.broken == nil {
		l.leave.Wait()
	}
	if l.closed || l.broken != nil {
		err := errors.Join(ErrClosed, l.broken)
		l.mu.Unlock()
		if o.done != nil {
			o.done(err)
		}
		return
	}
	l.queue = append(l.queue, o)
	l.arrive.Signal()
	l.mu.Unlock()
}

// update queues a change and waits until it is durable.
func (l *Ledger) update(apply func(*bbolt.Tx) error, after func()) error {
	done := make(chan error, 1)
	l.submit(op{apply: apply, done: func(err error) {
		if err == nil && after != nil {
			after()
		}
		done <- err
	}})
	return <-done
}

// commitLoop is the one writer: it takes everything that waits, commits once, and
// calls back in order.
func (l *Ledger) commitLoop() {
	defer close(l.ended)
	var last time.Time
	for {
		l.mu.Lock()
		for len(l.queue) == 0 && !l.closed {
			l.arrive.Wait()
		}
		if len(l.queue) == 0 {
			l.mu.Unlock()
			return
		}
		closing := l.closed
		l.mu.Unlock()
		if wait := l.o.Gather - time.Since(last); wait > 0 && !closing {
			time.Sleep(wait)
		}
		last = time.Now()

		l.mu.Lock()
		n := min(len(l.queue), batchMax)
		batch := append([]op(nil), l.queue[:n]...)
		rest := copy(l.queue, l.queue[n:])
		clear(l.queue[rest:])
		l.queue = l.queue[:rest]
		l.leave.Broadcast()
		l.mu.Unlock()

		if !l.commit(batch) {
			return
		}
	}
}

// commit runs a batch. If one change fails, nothing of the batch is kept and each
// runs again in a transaction of its own, so that it fails alone. It returns false
// when the file can no longer be trusted.
func (l *Ledger) commit(batch []op) bool {
	failed, err := l.transact(batch)
	switch {
	case err != nil:
		l.fail(batch, err)
		return false
	case failed == nil:
		for _, o := range batch {
			if o.done != nil {
				o.done(nil)
			}
		}
		return true
	case len(batch) == 1:
		if batch[0].done != nil {
			batch[0].done(failed)
		}
		return true
	}
	for i := range batch {
		if !l.commit(batch[i : i+1]) {
			for _, o := range batch[i+1:] {
				if o.done != nil {
					o.done(l.broken)
				}
			}
			return false
		}
	}
	return true
}

// transact gives the error of a change (nothing was kept), or of the commit (the
// batch may or may not be on disk).
func (l *Ledger) transact(batch []op) (failed, fatal error) {
	defer onFault(&fatal)
	debug.SetPanicOnFault(true)
	tx, err := l.db.Begin(true)
	if err != nil {
		return nil, err
	}
	dropped := l.dropped
	for _, o := range batch {
		if failed = o.apply(tx); failed != nil {
			break
		}
	}
	if failed == nil {
		failed = l.flush(tx, dropped)
	}
	if failed != nil {
		l.forget()
		l.dropped = dropped
		return failed, tx.Rollback()
	}
	if err := tx.Commit(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	l.commits++
	l.mu.Unlock()
	if len(l.windows) > cacheMax || len(l.accounts) > cacheMax {
		l.forget()
	}
	return nil, nil
}

// fail ends the ledger: from here on every change is refused.
func (l *Ledger) fail(batch []op, err error) {
	err = fmt.Errorf("commit to the ledger: %w", err)
	l.mu.Lock()
	l.broken = err
	waiting := l.queue
	l.queue = nil
	l.leave.Broadcast()
	l.mu.Unlock()
	l.failed <- err
	for _, o := range append(batch, waiting...) {
		if o.done != nil {
			o.done(err)
		}
	}
}

// forget drops the committer's cache; disk has the truth.
func (l *Ledger) forget() {
	l.windows, l.accounts = map[string]*window{}, map[market.PurchaseID]*account{}
	l.dirtyW, l.dirtyA = map[string]struct{}{}, map[market.PurchaseID]struct{}{}
}

// flush writes what the batch changed in the cache, once per key.
func (l *Ledger) flush(tx *bbolt.Tx, dropped uint64) error {
	for k := range l.dirtyW {
		if err := tx.Bucket(bWindows).Put([]byte(k), l.windows[k].seal()); err != nil {
			return err
		}
	}
	for p := range l.dirtyA {
		if err := tx.Bucket(bAccounts).Put(key64(uint64(p)), l.accounts[p].seal()); err != nil {
			return err
		}
	}
	clear(l.dirtyW)
	clear(l.dirtyA)
	if l.dropped != dropped {
		return tx.Bucket(bMeta).Put(kDropped, seal(key64(l.dropped)))
	}
	return nil
}

// account loads the account of a purchase for change. One of another purchase of
// the same id, unwound by a reorg, is closed and started afresh: what was
// delivered under it is written off.
func (l *Ledger) account(tx *bbolt.Tx, p market.PurchaseID, id common.Hash) (*account, error) {
	a, ok := l.accounts[p]
	if !ok {
		a = &account{}
		if v := tx.Bucket(bAccounts).Get(key64(uint64(p))); v != nil {
			stored, err := openAccount(v)
			if err != nil {
				return nil, err
			}
			*a = stored
		}
		l.accounts[p] = a
	}
	if id != (common.Hash{}) && a.identity != id {
		if a.identity != (common.Hash{}) {
			if err := l.writeOff(tx, p, a); err != nil {
				return nil, err
			}
		}
		*a = account{identity: id}
	}
	l.dirtyA[p] = struct{}{}
	return a, nil
}

func (l *Ledger) writeOff(tx *bbolt.Tx, p market.PurchaseID, a *account) error {
	l.dropped += uint64(a.waiting) + uint64(a.parked)
	for _, b := range [][]byte{bParcels, bParked, bReceipts} {
		if err := deletePrefix(tx.Bucket(b), key64(uint64(p))); err != nil {
			return err
		}
	}
	return nil
}

func deletePrefix(b *bbolt.Bucket, prefix []byte) error {
	var keys [][]byte // collected first: a cursor does not survive deletes
	c := b.Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		keys = append(keys, bytes.Clone(k))
	}
	for _, k := range keys {
		if err := b.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// accountIdentity tells two purchases of one id apart.
func accountIdentity(e *market.Entitlement) common.Hash {
	b := append([]byte(nil), e.Buyer[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Stream))
	b = binary.BigEndian.AppendUint64(b, e.Start)
	return crypto.Keccak256Hash(b)
}

// PutRoute seals and stores where a purchase's parcels go.
func (l *Ledger) PutRoute(p market.PurchaseID, r delivery.Route) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("store a route: %w", err)
	}
	aead, err := chacha20poly1305.NewX(l.o.RouteKey[:])
	if err != nil {
		return fmt.Errorf("store a route: %w", err)
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(text)+aead.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return fmt.Errorf("store a route: %w", err)
	}
	v := seal(aead.Seal(nonce, nonce, text, key64(uint64(p))))
	return l.update(func(tx *bbolt.Tx) error { return tx.Bucket(bRoutes).Put(key64(uint64(p)), v) }, nil)
}

// Route finds where a purchase's parcels go.
func (l *Ledger) Route(p market.PurchaseID) (r delivery.Route, ok bool, err error) {
	err = l.db.View(func(tx *bbolt.Tx) error {
		v := tx.Bucket(bRoutes).Get(key64(uint64(p)))
		if v == nil {
			return nil
		}
		b, err := open(v)
		if err != nil {
			return err
		}
		aead, err := chacha20poly1305.NewX(l.o.RouteKey[:])
		if err != nil {
			return err
		}
		if len(b) < aead.NonceSize() {
			return ErrCorrupt
		}
		text, err := aead.Open(nil, b[:aead.NonceSize()], b[aead.NonceSize():], key64(uint64(p)))
		if err != nil {
			return fmt.Errorf("the route of purchase %d does not open with this route.key: %w", p, err)
		}
		ok = true
		return json.Unmarshal(text, &r)
	})
	return r, ok, err
}

// DeleteRoute forgets a route; its parcels wait.
func (l *Ledger) DeleteRoute(p market.PurchaseID) error {
	return l.update(func(tx *bbolt.Tx) error { return tx.Bucket(bRoutes).Delete(key64(uint64(p))) }, nil)
}
