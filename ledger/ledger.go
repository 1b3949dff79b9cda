// Package ledger keeps everything the bridge must not forget, in one bbolt file
// with one writer: the chain folded into streams and purchases, the outbox, the
// receipts, the settlement transactions, devices and destinations. It refuses to know
// nodes, brokers, sinks and payloads.
//
// On disk (big-endian integers; every value is version byte, body, and CRC32C over
// bucket, key, version and body, so that a value that was flipped, or strays
// under another key, is refused). account is purchase(8) and 8 bytes of SHA-256
// over buyer, stream, price and interval:
//
//	meta      identity                        JSON: schema, chain, genesis, market, operator
//	          restored                        JSON copied: the file is a restored copy
//	          stranger                        JSON Stranger: the last settlement by another ledger since this one was opened
//	          refolded                        JSON until: blocks up to this one are folded a second time
//	chain     block(8)                        JSON market.Folded; the last is the head
//	undo      block(8)                        JSON: before-images of what the block changed
//	streams   stream(8)                       see encodeStream
//	purchases purchase(8)                     see encodePurchase
//	bystream  stream(8) purchase(8)           empty
//	others    stream(8)                       as in streams: other operators'
//	sales     stream(8) purchase(8)           as in purchases: of other operators' streams
//	soldof    purchase(8)                     stream(8) of each in sales
//	records   stream(8)                       see encodeRecord; of every stream of the market
//	byowner   owner(20) stream(8)             empty; likewise
//	bydevice  commitment(32) stream(8)        empty; likewise
//	operators operator(8)                     JSON market.OperatorListing
//	devices   commitment(32)                  JSON market.Device
//	terms     hash(32)                        the terms document
//	scripts   hash(32)                        a codec's script, under its keccak256
//	destinations buyer(20) name               nonce(24) XChaCha20-Poly1305(JSON, see sealBytes)
//	routes    account(16)                     name of the destination the buyer has chosen
//	batches   destination(16)                 next ordinal(8)
//	          destination(16) first(8)        purchase(8) seq(4) of each parcel, and the batch's id
//	refusals  destination(16) purchase(8)     JSON delivery.Refusals; purchase 0: of the whole destination
//	debts     buyer(20)                       readings taken(8) time(8): when one that was not taken was last forgiven
//	          buyer(20) purchase(8) seq(4)    empty: it was sent or shown, and not taken
//	reasons   purchase(8) seq(4)              JSON: why a parcel is parked
//	asides    account(16) action code         count(8) time(8) text: parcels parked and dropped ever
//	windows   DevEUI(8) len(1) network session   newest f_cnt(4) touched(8) every(4) bitmap(64) payload hashes(32×4) gaps(from(4) to(4))
//	parcels   purchase(8) seq(4)              see held
//	parked    purchase(8) seq(4)              likewise
//	orphans   account(16) seq(4)              likewise: the purchase vanished by a reorg
//	accounts  account(16)                     see account
//	receipts  account(16) seq(4)              ordinal(4) digest(32) time(8), and place(8) if the body was kept
//	archive   day(4) place(8)                 account(16) seq(4) and body of a parcel; day of its receipt or making, since 1970
//	txs       sender(20) nonce(8)             JSON settlement.Tx
//	opentxs   sender(20) nonce(8)             empty: the transaction is not finished
//	told      account(16)                     empty: the operator was told that its claim window is over
//	claims    root(32)                        claims that the hot key signed: of a transaction, or for an owner; see encodeClaims
//	paid      purchase(8) block(8) log(4)     delivered(4) transaction(32) root(32): a payment on chain
//	lost      account(16) n(4)                a break in the account's receipts, see encodeLost
//	sessions  DevEUI(8) source                nonce(24) XChaCha20-Poly1305(state of a gateway-level source's device)
//	origins   DevEUI(8) network               len(1) application, DevAddr(4) of each join
//	counts    counts                          commits(8) dropped(8) restored(8) leaked(8) orphaned(8) expired(8) archived(8) not stored(8)
//	journal0  number(8)                       what commits changed lately of parcels, receipts, accounts, windows,
//	journal1  number(8)                       batches and counts, over what stands there; see bJournals
//
// streams and purchases, those of others, records and operators are functions of the chain alone: Digest covers just them,
// and a reorg unwinds them record by record.
//
// What the bridge counted itself cannot be unwound: a reading that left the house
// stays delivered. So seq, receipts and chosen destination belong to an account, which names
// the purchase by its id and by what it keeps for life whatever block it is mined
// in. When a reorg takes a purchase away, its parcels leave the outbox at once and
// count as dropped, but are set aside as orphans. If the same purchase is mined
// again it finds its receipts, its destination and its orphans again (their window is
// checked again when they are sent); another buyer's purchase of the same id starts
// from nothing and never gets the former one's destination. Orphans are deleted when the
// block that took their purchase away is final, or 256 blocks old. Start, end and
// quota are no part of the account's name: start differs from block to block, the
// others change with extensions, and the contract caps what can be claimed anyway.
package ledger

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Why a ledger is not opened.
var (
	ErrLocked   = errors.New("another process has the ledger open: is a bridge running already? (ask it with `dbdao-bridge status`)")
	ErrIdentity = errors.New("the ledger belongs to another market: set data_dir to an empty folder, or the configuration to what it was")
	ErrClosed   = errors.New("the ledger is closed")
	ErrPurchase = errors.New("no such purchase")
	ErrCommit   = errors.New("commit to the ledger") // the first that failed ends it
)

// schema is the form of the file.
const schema = 6

var buckets = [][]byte{
	bMeta, bChain, bUndo, bStreams, bPurchases, bByStream, bOthers, bSales, bSoldOf, bRecords, bByOwner, bByDevice, bOperators, bDevices, bTerms, bRoutes, bWindows,
	bParcels, bParked, bOrphans, bAccounts, bReceipts, bArchive, bTxs, bOpenTxs, bTold, bClaims, bPaid, bLost, bSessions, bOrigins, bScripts,
	bDests, bBatches, bRefusals, bDebts, bReasons, bAsides, bCounts, bJournals[0], bJournals[1],
}

var (
	bMeta      = []byte("meta")
	bChain     = []byte("chain")
	bUndo      = []byte("undo")
	bStreams   = []byte("streams")
	bPurchases = []byte("purchases")
	bByStream  = []byte("bystream")
	bOthers    = []byte("others")
	bSales     = []byte("sales")
	bSoldOf    = []byte("soldof")
	bRecords   = []byte("records")
	bByOwner   = []byte("byowner")
	bByDevice  = []byte("bydevice")
	bOperators = []byte("operators")
	bDevices   = []byte("devices")
	bTerms     = []byte("terms")
	bRoutes    = []byte("routes")
	bDests     = []byte("destinations")
	bBatches   = []byte("batches")
	bRefusals  = []byte("refusals")
	bDebts     = []byte("debts")
	bReasons   = []byte("reasons")
	bAsides    = []byte("asides")
	bWindows   = []byte("windows")
	bParcels   = []byte("parcels")
	bParked    = []byte("parked")
	bOrphans   = []byte("orphans")
	bAccounts  = []byte("accounts")
	bReceipts  = []byte("receipts")
	bArchive   = []byte("archive")
	bTxs       = []byte("txs")
	bOpenTxs   = []byte("opentxs")
	bTold      = []byte("told")
	bClaims    = []byte("claims")
	bPaid      = []byte("paid")
	bLost      = []byte("lost")
	bSessions  = []byte("sessions")
	bOrigins   = []byte("origins")
	bScripts   = []byte("scripts")
	bCounts    = []byte("counts")

	kIdentity = []byte("identity")
	kRestored = []byte("restored")
	kStranger = []byte("stranger")
	kRefolded = []byte("refolded")
	kCounts   = []byte("counts")
	kRules    = []byte("rules")
)

// Options say whose ledger it is.
type Options struct {
	Place    delivery.Place
	Operator market.OperatorID
	Genesis  common.Hash   // zero: whatever the ledger says, or is told later by Pin
	Gather   time.Duration // least time between commits that hold much; 0: none
	Much     int           // changes that are much for a commit; 0: 100. One with fewer is followed sooner
	MaxSize  int64         // bytes the file may grow to; 0: no limit
	RouteKey [32]byte      // seals destinations and device sessions
	Index    *market.Index
	Log      *slog.Logger

	Retention time.Duration // how long delivered bodies and parked parcels are kept (see Purge); 0: no bodies
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

	fullness  Fullness
	roomLeft  int64 // bytes
	noRoomFor error // why the file's end cannot be moved on; nil: it can

	watches watches
	changes changes
	recent  recent

	// Owned by the committer: what the current batch has loaded and changed.
	windows     map[string]*window
	accounts    map[accountKey]*account
	origins     map[string]*origin
	commitments map[lorawan.DevEUI]common.Hash // of devices, by DevEUI; nil: not looked at yet
	dirtyO      map[string]struct{}
	dirtyW      map[string]struct{}
	dirtyA      map[accountKey]struct{}
	changed     map[market.PurchaseID]struct{} // whose accounts the batch changed
	counts      counts
	parkedAt    []byte // where the next Purge goes on looking at parked parcels
	waitAt      []byte // and at waiting ones
	signedAt    []byte // and at claims that were signed for owners

	untaken untaken
	overAt  market.PurchaseID // where the next DropOver goes on looking

	strangers strangers // what the batch found on chain that this ledger did not do
	noticed   bool      // a stranger was seen since the file was opened, in a batch that was kept
	inStep    uint64    // chain time when the ledger was first in step with the chain; 0: not yet
	folded    uint64    // time of the newest block of the batch

	space   space
	journal journal
	chunks  [][]byte // buffers for the journal
	written int      // changes of hot buckets in the last commit
	closing bool     // the next commit leaves nothing in the journal
	inOrder bool     // the file was closed in order before it was opened
}

// counts are totals of the whole life of the file.
type counts struct {
	commits  uint64
	dropped  uint64 // parcels deleted or set aside because their purchase went away
	restored uint64 // of these, parcels that came back with their purchase
	leaked   uint64 // deliveries reported after their parcel was dropped: never billed
	orphaned uint64 // parcels set aside now
	expired  uint64 // parked parcels deleted after the retention
	archived uint64 // bodies ever kept: the place of the next
	untaken  uint64 // readings that were not stored, see untaken
}

func (c *counts) encode() []byte {
	b := append(make([]byte, 0, 69), recordVersion)
	for _, n := range []uint64{c.commits, c.dropped, c.restored, c.leaked, c.orphaned, c.expired, c.archived, c.untaken} {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return append(b, room[:]...)
}

func countsOf(tx *txn) (c counts, err error) {
	b, err := fetch(tx, bCounts, kCounts)
	if err != nil || b == nil {
		return c, err // a new file
	}
	r := reader{b: b}
	c = counts{r.u64(), r.u64(), r.u64(), r.u64(), r.u64(), r.u64(), r.u64(), r.u64()}
	return c, r.done()
}

// op is one change. apply runs inside the batch's transaction and must leave no
// trace outside it; done runs after the commit, in the order of the queue.
type op struct {
	apply func(*txn) error
	done  func(error)
	last  bool // ends its batch: later changes look up what this one tells the index after the commit
	class class
}

// end tells whoever waits for it.
func (o *op) end(err error) {
	if o.done != nil {
		o.done(err)
	}
}

const (
	queueMax = 65_536 // as many as MQTT has packet ids
	batchMax = 1_000
	cacheMax = 20_000 // windows and accounts kept in memory between batches
)

// Open opens or creates a ledger and loads the index from it. It gives up after
// a second when another process holds the file.
func Open(path string, o Options) (*Ledger, error) {
	if o.Index == nil {
		o.Index = market.NewIndex(0, 0)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Much = cmp.Or(o.Much, 100)
	if st, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if err := create(path); err != nil {
			return nil, fmt.Errorf("create the ledger: %w", err)
		}
	} else if err == nil && st.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(path, 0o600); err != nil {
			return nil, fmt.Errorf("the ledger is open to other accounts of this machine (mode %04o): run chmod 600: %w", st.Mode().Perm(), err)
		}
		o.Log.Warn("the ledger was open to other accounts of this machine: it is not any more (mode 0600)", "file", path)
	}
	db, inOrder, err := openWhole(path, o.MaxSize)
	if err != nil {
		return nil, err
	}
	l := &Ledger{o: o, db: db, inOrder: inOrder, log: o.Log.With("component", "ledger"), failed: make(chan error, 1), ended: make(chan struct{})}
	l.arrive.L, l.leave.L = &l.mu, &l.mu
	l.forget()
	if err := l.begin(path); err != nil {
		_ = db.Close()
		return nil, err
	}
	go l.commitLoop()
	return l, nil
}

// Pinned tells to which chain and market a file is pinned, without taking it into use;
// known is false where there is no file yet, or no node ever told its chain.
func Pinned(path string) (place delivery.Place, genesis common.Hash, known bool, err error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return place, genesis, false, nil
	}
	db, _, err := openToRead(path)
	if err != nil {
		return place, genesis, false, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	defer onFault(&err)
	debug.SetPanicOnFault(true)
	err = db.View(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(bMeta)
		if meta == nil || meta.Get(kIdentity) == nil {
			return nil
		}
		var id identity
		err := decodeJSON(bMeta, kIdentity, meta.Get(kIdentity), &id)
		place, genesis, known = delivery.Place{ChainID: id.Chain, Market: id.Market}, id.Genesis, err == nil && id.Chain != 0
		return err
	})
	return place, genesis, known, err
}

// begin checks whose the file is and what is in it, and fills the index.
func (l *Ledger) begin(path string) (err error) {
	defer onFault(&err)
	debug.SetPanicOnFault(true)
	if err := l.adopt(); err != nil {
		return err
	}
	if err := l.recall(); err != nil {
		return err
	}
	if err := l.load(); err != nil {
		return err
	}
	rules, known, err := l.Rules()
	if err != nil {
		return err
	}
	if known {
		l.o.Index.ClaimWithin(rules.ClaimWindow)
	}
	s, err := openSpace(path, l.o.MaxSize)
	if err != nil {
		return err
	}
	l.space = *s
	if err := l.measure(); err != nil {
		return errors.Join(err, s.file.Close())
	}
	return nil
}

// onFault turns a fault on a damaged page, which bbolt reports by panic, into an error.
func onFault(err *error) {
	debug.SetPanicOnFault(false)
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w (%v)", ErrCorrupt, r)
	}
}

// view reads. After a commit that failed nothing is read any more: the file may
// show what a restart will not find.
func (l *Ledger) view(fn func(*txn) error) (err error) {
	l.mu.Lock()
	err = l.broken
	l.mu.Unlock()
	if err != nil {
		return err
	}
	defer onFault(&err)
	debug.SetPanicOnFault(true)
	tx, err := l.beginView()
	if err != nil {
		return err
	}
	defer func() { _ = tx.file.Rollback() }()
	return fn(tx)
}

// beginView gives a transaction that reads the file and what is recent as of one moment.
func (l *Ledger) beginView() (*txn, error) {
	l.recent.mu.Lock()
	defer l.recent.mu.Unlock()
	tx, err := l.db.Begin(false)
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return nil, ErrClosed
	}
	return &txn{file: tx, recent: l.recent.copy()}, err
}

// recall reads the journal.
func (l *Ledger) recall() error {
	l.recent.mu.Lock()
	defer l.recent.mu.Unlock()
	return l.db.View(func(tx *bbolt.Tx) (err error) {
		l.journal, err = l.recent.replay(tx)
		return err
	})
}

// openWhole opens a file that is there. bbolt follows the list of free pages when it opens a
// file to write, before anybody can look at it, so the pages are checked first. inOrder tells
// that every byte is as it was when the file was closed in order.
func openWhole(path string, maxSize int64) (db *bbolt.DB, inOrder bool, err error) {
	if db, inOrder, err = openToRead(path); err != nil {
		return nil, false, err
	}
	if err := db.Close(); err != nil {
		return nil, false, fmt.Errorf("open the ledger: %w", err)
	}
	db, err = openFile(path, &bbolt.Options{MaxSize: int(maxSize)})
	return db, inOrder, err
}

// openToRead opens a file that is there and checks its pages. Of a file opened like this
// bbolt reads no list of free pages.
func openToRead(path string) (db *bbolt.DB, inOrder bool, err error) {
	defer onFault(&err)
	if info, err := os.Stat(path); err == nil && info.Size() == 0 { // bbolt would begin to write a new one
		return nil, false, fmt.Errorf("%w (it is empty)", ErrCorrupt)
	}
	if db, err = openFile(path, &bbolt.Options{ReadOnly: true}); err != nil {
		return nil, false, err
	}
	if inOrder, err = checkPages(path); err != nil {
		return nil, false, errors.Join(err, db.Close())
	}
	return db, inOrder, nil
}

// openFile opens a file of bbolt's. A page so damaged that bbolt panics is an
// error (and the file stays locked until the process ends).
func openFile(path string, o *bbolt.Options) (db *bbolt.DB, err error) {
	defer onFault(&err)
	debug.SetPanicOnFault(true)
	o.Timeout, o.FreelistType, o.PageSize = time.Second, bbolt.FreelistMapType, pageSize
	db, err = bbolt.Open(path, 0o600, o)
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, ErrLocked
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrVersionMismatch):
		return nil, fmt.Errorf("%w (%w)", ErrCorrupt, err)
	case err != nil:
		return nil, fmt.Errorf("open the ledger: %w", err)
	}
	db.AllocSize = pageSize // its end is moved on by space: what is left to bbolt grows by what it needs
	return db, nil
}

// create makes the file under another name and moves it into place when it is
// whole: a crash during bbolt's first write is the one it does not survive.
func create(path string) error {
	tmp := path + ".new"
	_ = os.Remove(tmp)
	db, err := openFile(tmp, &bbolt.Options{})
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
	if err := sumPages(tmp); err != nil {
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

// adopt pins a new file to its market and refuses one that belongs elsewhere. A file that says all
// of it already is not written: there may be no room.
func (l *Ledger) adopt() error {
	want := identity{Schema: schema, Chain: l.o.Place.ChainID, Market: l.o.Place.Market, Operator: l.o.Operator, Genesis: l.o.Genesis}
	var found identity
	err := l.db.View(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(bMeta)
		if meta == nil {
			return fmt.Errorf("%w (it is no ledger)", ErrCorrupt)
		}
		var err error
		if v := meta.Get(kIdentity); v != nil {
			if found, err = identityOf(v); err != nil {
				return err
			}
		}
		for _, b := range buckets {
			if tx.Bucket(b) == nil {
				return fmt.Errorf("%w (bucket %s is missing)", ErrCorrupt, b)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if have := found; have != (identity{}) {
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
	if found == want {
		return nil
	}
	encoded, err := encodeJSON(want)
	if err != nil {
		return err
	}
	return l.db.Update(func(tx *bbolt.Tx) error { return store(&txn{file: tx}, bMeta, kIdentity, encoded) })
}

// identityOf reads whose file it is, and refuses one of another edition.
func identityOf(v []byte) (have identity, err error) {
	if err := decodeJSON(bMeta, kIdentity, v, &have); err != nil {
		return have, err
	}
	switch {
	case have.Schema > schema:
		return have, fmt.Errorf("%w (schema %d, this program knows %d)", ErrNewer, have.Schema, schema)
	case have.Schema < schema:
		return have, fmt.Errorf("%w (schema %d, this program knows %d)", ErrOlder, have.Schema, schema)
	}
	return have, nil
}

// Genesis is the genesis hash the ledger is pinned to; zero if none yet.
func (l *Ledger) Genesis() common.Hash {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.o.Genesis
}

// PinGenesis remembers the genesis of the chain that was folded first; it refuses
// another one than it remembers.
func (l *Ledger) PinGenesis(genesis common.Hash) error {
	err := l.update(func(tx *txn) error {
		var id identity
		if err := decodeJSON(bMeta, kIdentity, tx.Bucket(bMeta).Get(kIdentity), &id); err != nil {
			return err
		}
		if id.Genesis != (common.Hash{}) && id.Genesis != genesis {
			return fmt.Errorf("%w (its genesis is %s, the chain's is %s)", ErrIdentity, id.Genesis, genesis)
		}
		id.Genesis = genesis
		encoded, err := encodeJSON(id)
		if err != nil {
			return err
		}
		return store(tx, bMeta, kIdentity, encoded)
	}, nil)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.o.Genesis = genesis
	return nil
}

// load fills the index. A file without a valid checksum of its pages, which was not closed in order, is checked
// through first.
func (l *Ledger) load() error {
	return l.view(func(tx *txn) (err error) {
		if l.counts, err = countsOf(tx); err != nil {
			return err
		}
		if err := l.untaken.load(tx); err != nil {
			return err
		}
		if !l.inOrder {
			l.log.Info("the ledger was not closed in order: checking every record")
			if err := checkRecords(tx); err != nil {
				return err
			}
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
// process must stop and read the file again.
func (l *Ledger) Failed() <-chan error { return l.failed }

// Close commits what is queued, closes the file and writes the checksum of its pages.
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
	defer func() { _ = l.space.file.Close() }()
	if l.broken != nil {
		return errors.Join(l.broken, l.db.Close())
	}
	l.closing = true
	path := l.db.Path()
	failed, fatal := l.transact(nil)
	if errors.Is(fatal, ErrNoRoom) { // the journal stays as it is, and is read when the file is opened
		fatal = nil
	}
	if err := errors.Join(failed, fatal, l.db.Close()); err != nil {
		return err
	}
	if err := sumPages(path); err != nil {
		return fmt.Errorf("write the ledger's checksum (it is whole, and will be checked through when it is opened): %w", err)
	}
	return nil
}

// Closed tells whether Close was called.
func (l *Ledger) Closed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
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

// update queues a change and waits until it is durable. One with something to do
// after the commit ends its batch.
func (l *Ledger) update(apply func(*txn) error, after func()) error {
	return l.updateAs(plain, apply, after)
}

func (l *Ledger) updateAs(c class, apply func(*txn) error, after func()) error {
	done := make(chan error, 1)
	l.submit(op{apply: apply, last: after != nil, class: c, done: func(err error) {
		if err == nil && after != nil {
			after()
		}
		done <- err
	}})
	return <-done
}

// commitLoop is the one writer: it takes everything that waits, commits once, and
// calls back in order. Where little comes nothing waits for it; the more a commit held, the longer
// the next gathers. While there is no room it looks for some, whether or not anything comes.
func (l *Ledger) commitLoop() {
	defer close(l.ended)
	defer l.answerWaiting(ErrClosed)
	var last time.Time
	var spacing time.Duration
	for {
		closing, over := l.await()
		if over {
			return
		}
		if wait := spacing - time.Since(last); wait > 0 && !closing {
			time.Sleep(wait)
		}
		last = time.Now()
		if !l.regain() {
			return
		}
		if batch := l.admit(l.take()); len(batch) > 0 && !l.carryOut(batch) {
			return
		}
		spacing = l.o.Gather * time.Duration(min(l.written, l.o.Much)) / time.Duration(l.o.Much)
	}
}

// await waits until something is queued, or it is time to look for room again. over: the ledger is
// closed, and all is done.
func (l *Ledger) await() (closing, over bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.space.level != Ample && len(l.queue) == 0 && !l.closed {
		look := time.AfterFunc(regainEvery, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.arrive.Broadcast()
		})
		defer look.Stop()
		l.arrive.Wait()
		return l.closed, l.closed && len(l.queue) == 0
	}
	for len(l.queue) == 0 && !l.closed {
		l.arrive.Wait()
	}
	return l.closed, len(l.queue) == 0
}

// take takes the next batch off the queue.
func (l *Ledger) take() []op {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(len(l.queue), batchMax)
	if i := slices.IndexFunc(l.queue[:n], func(o op) bool { return o.last }); i >= 0 {
		n = i + 1
	}
	batch := append([]op(nil), l.queue[:n]...)
	rest := copy(l.queue, l.queue[n:])
	clear(l.queue[rest:])
	l.queue = l.queue[:rest]
	l.leave.Broadcast()
	return batch
}

// carryOut runs a batch. If one change fails, nothing of the batch is kept and each
// runs again in a transaction of its own, so that it fails alone. It returns false
// when the file can no longer be trusted.
func (l *Ledger) carryOut(batch []op) bool {
	failed, err := l.keep(batch)
	if err == nil || errors.Is(err, ErrNoRoom) {
		full := err != nil
		if l.space.strained = full; full && !l.putOff(batch) {
			return false
		}
		if l.measured() != nil {
			return false
		}
		if full {
			return true
		}
	}
	switch {
	case err != nil:
		l.fail(batch, err)
		return false
	case failed == nil:
		return true
	case len(batch) == 1:
		batch[0].end(failed)
		return true
	}
	for i := range batch {
		if !l.carryOut(batch[i : i+1]) {
			for _, o := range batch[i+1:] {
				o.end(l.broken)
			}
			return false
		}
	}
	return true
}

// keep is transact, and what is called back when it succeeds. Nobody begins to read news
// meanwhile: between a commit and its callbacks a change is on disk and not yet told.
func (l *Ledger) keep(batch []op) (failed, fatal error) {
	l.watches.commit.Lock()
	defer l.watches.commit.Unlock()
	if failed, fatal = l.transact(batch); failed != nil || fatal != nil {
		return failed, fatal
	}
	for _, o := range batch {
		o.end(nil)
	}
	return nil, nil
}

// transact gives the error of a change (nothing was kept), or of the commit: with ErrNoRoom nothing
// was kept, with any other the batch may or may not be on disk.
func (l *Ledger) transact(batch []op) (failed, fatal error) {
	defer onFault(&fatal)
	debug.SetPanicOnFault(true)
	file, err := l.db.Begin(true)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Rollback() }() // also when bbolt panics; after a commit it does nothing
	id := file.ID()
	j := l.journal
	done, err := l.sweep(file, &j)
	if err != nil {
		return nil, err
	}
	tx := &txn{file: file, recent: l.recent.layer, own: new(layer)}
	before, noticed := l.counts, l.noticed
	undo := func() {
		l.forget()
		l.untaken.undo()
		l.counts, l.noticed, l.commitments = before, noticed, nil
	}
	for _, o := range batch {
		if failed = o.apply(tx); failed != nil {
			break
		}
	}
	if failed == nil {
		failed = l.flush(tx)
	}
	if failed != nil {
		undo()
		return failed, nil
	}
	if err := l.finish(tx, j, done); err != nil {
		if l.noRoom(id-1, err) {
			undo()
			err = fmt.Errorf("%w (%w)", ErrNoRoom, err)
		}
		return nil, err
	}
	l.watches.note(l.changed)
	l.untaken.keep()
	clear(l.changed)
	if len(l.windows) > cacheMax || len(l.accounts) > cacheMax || len(l.origins) > cacheMax {
		l.forget()
	}
	return nil, nil
}

// sweep goes on putting recent changes where they belong, a step for each commit. A step is
// longer than what the commit before wrote: the sweep comes to its end however much is written
// ahead of it, and with it the journal that grows meanwhile.
// Where there is little room the journal is emptied sooner, and not while a commit has none.
func (l *Ledger) sweep(file *bbolt.Tx, j *journal) (done []swept, err error) {
	if l.space.strained {
		return nil, nil
	}
	if j.turn(&l.recent, l.space.level != Ample && l.worthSweeping()); !j.sweeping {
		return nil, nil
	}
	return j.sweep(file, l.recent.layer, usual.step+l.written)
}

// finish writes what a transaction has changed to the journal, commits, and lets everybody
// see it. The last commits of a ledger leave the journal empty instead.
func (l *Ledger) finish(tx *txn, j journal, done []swept) (err error) {
	r := &l.recent
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	if l.closing {
		err = l.sweepAll(tx, &j)
	} else {
		n, err = j.write(tx.file, tx.own, &l.chunks)
	}
	if err != nil {
		return err
	}
	if err := tx.file.Commit(); err != nil {
		return err
	}
	if j.generation != l.journal.generation {
		r.logged = 0
	}
	l.journal = j
	if l.closing {
		r.layer, r.size, r.logged = newRecent(), 0, 0
		return nil
	}
	for _, one := range done {
		r.drop(one)
	}
	l.written = 0
	for i := range tx.own {
		l.written += tx.own[i].Len()
		tx.own[i].Scan(func(key string, c change) bool {
			r.set(i, key, c)
			return true
		})
	}
	r.logged += n
	return nil
}

// sweepAll puts every recent change where it belongs, those of a transaction last, and
// empties the journal.
func (l *Ledger) sweepAll(tx *txn, j *journal) error {
	for _, one := range []*layer{l.recent.layer, tx.own} {
		j.bucket, j.from = 0, ""
		if _, err := j.sweep(tx.file, one, math.MaxInt); err != nil {
			return err
		}
	}
	return emptied(tx.file, j.current())
}

// fail ends the ledger: from here on every change is refused.
func (l *Ledger) fail(batch []op, err error) {
	err = fmt.Errorf("%w: %w", ErrCommit, err)
	l.mu.Lock()
	l.broken = err
	waiting := l.queue
	l.queue = nil
	l.leave.Broadcast()
	l.mu.Unlock()
	l.failed <- err
	for _, o := range append(batch, waiting...) {
		o.end(err)
	}
	l.answerWaiting(err)
}

// forget drops the committer's cache; disk has the truth.
func (l *Ledger) forget() {
	l.windows, l.accounts = map[string]*window{}, map[accountKey]*account{}
	l.origins, l.dirtyO = map[string]*origin{}, map[string]struct{}{}
	l.dirtyW, l.dirtyA = map[string]struct{}{}, map[accountKey]struct{}{}
	l.changed = map[market.PurchaseID]struct{}{}
}

// flush writes what the batch changed in the cache, once per key.
func (l *Ledger) flush(tx *txn) error {
	for k := range l.dirtyW {
		if err := store(tx, bWindows, []byte(k), l.windows[k].encode()); err != nil {
			return err
		}
	}
	for k := range l.dirtyO {
		if err := store(tx, bOrigins, []byte(k), l.origins[k].encode()); err != nil {
			return err
		}
	}
	for k := range l.dirtyA {
		if err := store(tx, bAccounts, k[:], l.accounts[k].encode()); err != nil {
			return err
		}
		l.changed[k.purchase()] = struct{}{}
	}
	clear(l.dirtyW)
	clear(l.dirtyO)
	clear(l.dirtyA)
	l.counts.commits++
	return store(tx, bCounts, kCounts, l.counts.encode())
}
