package ledger_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/ethereum/go-ethereum/common"
	"go.etcd.io/bbolt"
)

func TestALedgerOpensOnlyWhereItBelongs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	o := ledgertest.Options()
	o.Genesis = common.Hash{1}
	ledgertest.Close(t, ledgertest.Open(t, path, o))
	for name, change := range map[string]func(*ledger.Options){
		"chain":    func(o *ledger.Options) { o.Place.ChainID++ },
		"market":   func(o *ledger.Options) { o.Place.Market[0]++ },
		"operator": func(o *ledger.Options) { o.Operator++ },
		"genesis":  func(o *ledger.Options) { o.Genesis[0]++ },
	} {
		wrong := o
		change(&wrong)
		if _, err := ledger.Open(path, wrong); !errors.Is(err, ledger.ErrIdentity) {
			t.Errorf("another %s: %v", name, err)
		}
	}
	o.Genesis = common.Hash{} // not known yet is no contradiction
	if l := ledgertest.Open(t, path, o); l.Genesis() != (common.Hash{1}) {
		t.Errorf("genesis %s", l.Genesis())
	}
}

func TestALedgerLearnsItsGenesisOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := ledgertest.Open(t, path, ledgertest.Options())
	ok(t, l.PinGenesis(common.Hash{7}))
	ok(t, l.PinGenesis(common.Hash{7}))
	if err := l.PinGenesis(common.Hash{9}); !errors.Is(err, ledger.ErrIdentity) || l.Genesis() != (common.Hash{7}) {
		t.Errorf("pinning another: %v", err)
	}
	ledgertest.Close(t, l)
	o := ledgertest.Options()
	o.Genesis = common.Hash{8}
	if _, err := ledger.Open(path, o); !errors.Is(err, ledger.ErrIdentity) {
		t.Errorf("error %v", err)
	}
}

func TestASecondBridgeIsRefusedWithinTwoSeconds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	ledgertest.Open(t, path, ledgertest.Options())
	began := time.Now()
	if _, err := ledger.Open(path, ledgertest.Options()); !errors.Is(err, ledger.ErrLocked) {
		t.Errorf("error %v", err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestAFolderThatCannotBeWrittenIsNamed(t *testing.T) {
	if _, err := ledger.Open(filepath.Join(t.TempDir(), "no", "such", "ledger.db"), ledgertest.Options()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func TestACrashWhileTheFileIsMadeLeavesNothingInTheWay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	ok(t, os.WriteFile(path+".new", []byte("half a page"), 0o600))
	ledgertest.Open(t, path, ledgertest.Options())
	info, err := os.Stat(path)
	ok(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %s", info.Mode())
	}
	if _, err := os.Stat(path + ".new"); !errors.Is(err, os.ErrNotExist) {
		t.Error("the draft is still there")
	}
}

// How many destinations there are is known without counting them, in the file too.
func TestDestinationsAreCounted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := ledgertest.Open(t, path, ledgertest.Options())
	begin(t, l)
	set := func(buyer byte, name string) {
		t.Helper()
		_, err := l.SetDestination(delivery.Destination{Buyer: common.Address{buyer}, Name: name, Kind: "pull", Config: delivery.Config(`{}`)})
		ok(t, err)
	}
	set(1, "a")
	set(1, "b")
	set(1, "a") // again
	set(2, "a")
	ok(t, l.DeleteDestination(common.Address{1}, "b"))
	if err := l.DeleteDestination(common.Address{1}, "b"); !errors.Is(err, ledger.ErrDestination) {
		t.Errorf("removed twice: %v", err)
	}
	ledgertest.Close(t, l)
	db, err := bbolt.Open(path, 0o600, nil)
	ok(t, err)
	defer db.Close()
	ok(t, db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("destinations"))
		if n := b.Stats().KeyN; b.Sequence() != 2 || n != 2 {
			t.Errorf("%d are counted, %d are there", b.Sequence(), n)
		}
		return nil
	}))
}

func TestADestinationOpensOnlyWithItsKeyAndIsNotReadableInTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := ledgertest.Open(t, path, ledgertest.Options())
	begin(t, l)
	config := `{"url":"mqtts://buyer.example:8883","topic":"in","username":"u","password":"correct horse"}`
	set, err := l.SetDestination(delivery.Destination{Buyer: common.Address{0xbb, 1}, Name: "mine", Kind: "mqtt", Config: delivery.Config(config)})
	ok(t, err)
	ledgertest.Close(t, l)
	raw, err := os.ReadFile(path)
	ok(t, err)
	for _, secret := range []string{"correct horse", "buyer.example"} {
		if strings.Contains(string(raw), secret) {
			t.Errorf("the file shows %q", secret)
		}
	}
	o := ledgertest.Options()
	o.RouteKey[0]++
	l = ledgertest.Open(t, path, o)
	if _, found, err := l.Destination(1); err == nil || found || strings.Contains(err.Error(), "horse") {
		t.Errorf("with another key: %t %v", found, err)
	}
	ledgertest.Close(t, l)
	l = ledgertest.Open(t, path, ledgertest.Options())
	got, found, err := l.Destination(1)
	if err != nil || !found || got.ID != set.ID || got.RouteHash() != set.RouteHash() || string(got.Config) != config || !got.Default {
		t.Errorf("%+v %t %v", got, found, err)
	}
	if text := fmt.Sprintf("%v %+v %#v %s", got, got, got, got.Config); strings.Contains(text, "horse") {
		t.Errorf("it prints as %s", text)
	}
}

// filled is the path of a closed ledger with a bit of everything in it.
func filled(t testing.TB) (path string, bodies map[uint32]string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "ledger.db")
	l := ledgertest.Open(t, path, ledgertest.Options())
	c := begin(t, l)
	bodies = map[uint32]string{}
	for i := range uint32(60) {
		p := ingest(t, l, uplink(1, i, 3_000)).Parcels[0]
		if i%3 == 0 {
			deliver(t, l, p)
		} else {
			bodies[p.Seq] = string(p.Body)
		}
	}
	wait(t, func(done func(error)) {
		l.Park(1, []uint32{1, 2}, delivery.Reason{Code: delivery.CodeRefused, Text: ""}, done)
	})
	d, err := l.SetDestination(delivery.Destination{Buyer: common.Address{0xbb, 1}, Name: "mine", Kind: "http", Config: delivery.Config(`{"url":"https://buyer.example/"}`)})
	ok(t, err)
	ok(t, l.RoutePurchase(1, "mine"))
	open, err := l.Waiting(1, 0, 10)
	ok(t, err)
	l.Begin(d.ID, open, func(_ uint64, err error) { ok(t, err) })
	wait(t, func(done func(error)) {
		l.Remember(d.ID, 1, &delivery.Refusals{Streak: 1, Reason: delivery.Reason{Code: delivery.CodeAnswer, Text: "HTTP 500"}}, done)
	})
	advance(t, l, 0, c.Mine(), c.Mine(ledgertest.Listed(2, 2), ledgertest.Purchased(2, 2, 2, 1_000, 9)))
	ledgertest.Close(t, l)
	return path, bodies
}

func TestAFlippedBitIsRefusedAndNeverServed(t *testing.T) {
	t.Run("closed in order", func(t *testing.T) {
		path, bodies := filled(t)
		whole, err := os.ReadFile(path)
		ok(t, err)
		flip(t, path, whole, bodies, 800, 0)
	})
	t.Run("as a crash leaves it, with a journal", func(t *testing.T) {
		path, bodies := filled(t)
		l := ledgertest.Open(t, path, ledgertest.Options())
		for i := uint32(60); !l.Sweeping() || i < 90; i++ {
			p := ingest(t, l, uplink(1, i, 3_000)).Parcels[0]
			if i%3 == 0 {
				deliver(t, l, p)
			} else {
				bodies[p.Seq] = string(p.Body)
			}
		}
		if l.Unswept() == 0 {
			t.Fatal("the journal is empty: the test shows nothing")
		}
		whole, err := os.ReadFile(path)
		ok(t, err)
		// A damaged meta page shows the commit before: only what is closed in order has two that say the same.
		flip(t, path+".crashed", whole, bodies, 800, 2*pageSize)
	})
}

// A file's checksum is of one commit: a file that is written after it was closed is checked through again,
// and one that was closed twice has the checksum of the second time.
func TestAChecksumIsOfOneCommit(t *testing.T) {
	path, _ := filled(t)
	unordered := func() bool {
		var log bytes.Buffer
		o := ledgertest.Options()
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
		l := ledgertest.Open(t, path, o)
		ledgertest.Close(t, l)
		return strings.Contains(log.String(), "checking every record")
	}
	for range 3 { // bbolt's meta pages take turns
		if unordered() {
			t.Error("a file closed in order is checked through")
		}
		raw(t, path, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("parcels")).SetSequence(0) })
		if !unordered() {
			t.Error("a file written by another program is taken for what it was when it was closed")
		}
	}
	closed, err := os.ReadFile(path)
	ok(t, err)
	for range 2 { // into both meta pages
		raw(t, path, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("streams")).SetSequence(1) })
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	ok(t, err)
	for page := range 2 { // as if power had gone when the first sector of each was on disk
		at := page*pageSize + 512
		_, err := f.WriteAt(closed[at:(page+1)*pageSize], int64(at))
		ok(t, err)
	}
	ok(t, f.Close())
	if !unordered() {
		t.Error("the checksum of a former commit is believed")
	}
}

// flip flips bits of a ledger's file behind a place, one at a time.
func flip(t *testing.T, path string, whole []byte, bodies map[uint32]string, flips, behind int) {
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	ok(t, os.WriteFile(path+".whole", whole, 0o600))
	whole = whole[:inUse(t, path+".whole")] // nobody reads the end that is kept for later
	switch {
	case testing.Short():
		flips /= 5
	case os.Getenv("DBDAO_LONG") != "":
		flips = 2_000
	}
	refused, served := 0, 0
	for n := range flips {
		at, bit := behind+random.IntN(len(whole)-behind), byte(1)<<random.IntN(8)
		if random.IntN(4) > 0 { // most of the file is empty: rather flip what is used
			for whole[at] == 0 {
				at = behind + random.IntN(len(whole)-behind)
			}
		}
		damaged := append([]byte(nil), whole...)
		damaged[at] ^= bit
		path := fmt.Sprintf("%s.%d", path, n)
		ok(t, os.WriteFile(path, damaged, 0o600))
		err := func() error {
			l, err := ledger.Open(path, ledgertest.Options())
			if err != nil {
				return err
			}
			defer func() { _ = l.Close() }()
			_, errA := l.Accounts()
			_, errS := l.Streams()
			_, _, errR := l.Destination(1)
			receipts, errC := l.Receipts(1, 0, 1_000)
			for _, r := range receipts {
				if r.Seq%3 != 0 {
					t.Errorf("bit %d of byte %d: a receipt nobody gave is served: %+v", bit, at, r)
				}
			}
			all, errW := l.Waiting(1, 0, 1_000)
			parked, errP := l.Parked(1, 0, 1_000)
			served := all
			for _, p := range parked {
				served = append(served, p.Parcel)
			}
			for _, p := range served {
				if bodies[p.Seq] != string(p.Body) || p.Received != 3_000 || p.FCnt != p.Seq {
					t.Errorf("bit %d of byte %d: seq %d is served wrong", bit, at, p.Seq)
				}
			}
			if err := errors.Join(errA, errS, errR, errC, errW, errP); err != nil {
				return err
			}
			if len(all)+len(parked) != len(bodies) || len(receipts) == 0 {
				t.Errorf("bit %d of byte %d: records are hidden: %d of %d parcels, %d receipts", bit, at, len(all)+len(parked), len(bodies), len(receipts))
			}
			if err := l.Check(); err != nil {
				t.Errorf("bit %d of byte %d: it serves, and the check says: %v", bit, at, err)
			}
			return nil
		}()
		_ = os.Remove(path)
		if err != nil {
			refused++
		} else {
			served++
		}
	}
	t.Logf("%d flips: %d refused, %d without effect on what was read, 0 hid anything", flips, refused, served)
}

func TestADamagedFileIsAnErrorNotACrash(t *testing.T) {
	path, _ := filled(t)
	whole, err := os.ReadFile(path)
	ok(t, err)
	whole = whole[:inUse(t, path)]
	for name, damage := range map[string]func([]byte) []byte{
		"cut in half":            func(b []byte) []byte { return b[:len(b)/2] },
		"cut to three pages":     func(b []byte) []byte { return b[:3*4096] },
		"both meta pages zeroed": func(b []byte) []byte { clear(b[:2*4096]); return b },
		"everything but the meta pages zeroed": func(b []byte) []byte {
			clear(b[2*4096:])
			return b
		},
		"another file": func(b []byte) []byte { return []byte(strings.Repeat("not a ledger ", 4096)) },
		"empty":        func(b []byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			ok(t, os.WriteFile(path, damage(append([]byte(nil), whole...)), 0o600))
			began := time.Now()
			l, err := ledger.Open(path, ledgertest.Options())
			if err == nil {
				_, err = l.Waiting(1, 0, 1_000)
				_ = l.Close()
			}
			if !errors.Is(err, ledger.ErrCorrupt) {
				t.Errorf("error %v", err)
			}
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestPagesOfGarbageAreAnErrorNotACrash(t *testing.T) {
	path, _ := filled(t)
	whole, err := os.ReadFile(path)
	ok(t, err)
	random := rand.New(rand.NewPCG(1, 2))
	for n := 2; n < min(len(whole)/4096, 60); n++ {
		damaged := append([]byte(nil), whole...)
		for i := range 4096 {
			damaged[n*4096+i] = byte(random.Uint32())
		}
		path := fmt.Sprintf("%s.%d", path, n) // a file that bbolt panics on stays locked
		ok(t, os.WriteFile(path, damaged, 0o600))
		l, err := ledger.Open(path, ledgertest.Options())
		if err != nil {
			continue
		}
		_ = l.Check()
		_, _ = l.Backlog()
		done := make(chan error, 1)
		l.Ingest(uplink(1, 1_000, 3_000), func(_ ledger.Outcome, err error) { done <- err })
		<-done
		closed := make(chan error, 1)
		go func() { closed <- l.Close() }()
		select {
		case <-closed:
		case <-time.After(5 * time.Second):
			t.Fatalf("page %d of garbage: the ledger does not close", n)
		}
	}
}

// raw changes the file behind the ledger's back.
func raw(t testing.TB, path string, fn func(tx *bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	ok(t, err)
	ok(t, errors.Join(db.Update(fn), db.Close()))
}

func TestTheCheckFindsWhatDoesNotFitTogether(t *testing.T) {
	first := func(b *bbolt.Bucket) (k, v []byte) {
		k, v = b.Cursor().First()
		return append([]byte(nil), k...), append([]byte(nil), v...)
	}
	for bucket, want := range map[string]string{
		"parcels": "counts", "parked": "counts", "receipts": "counts", "accounts": "no account",
		"purchases": "does not exist", "streams": "no stream", "bystream": "not among", "chain": "comes after",
	} {
		t.Run("a record of "+bucket+" is missing", func(t *testing.T) {
			path, _ := filled(t)
			raw(t, path, func(tx *bbolt.Tx) error {
				b := tx.Bucket([]byte(bucket))
				k, _ := first(b)
				if bucket == "chain" {
					k[7]++ // one in the middle
				}
				return b.Delete(k)
			})
			l, err := ledger.Open(path, ledgertest.Options())
			ok(t, err)
			if err := l.Check(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("the check says %v, want something with %q", err, want)
			}
			ok(t, l.Close())
		})
	}
	t.Run("a value under another key", func(t *testing.T) {
		path, _ := filled(t)
		raw(t, path, func(tx *bbolt.Tx) error {
			b := tx.Bucket([]byte("parcels"))
			k, v := first(b)
			k[11] += 100
			return b.Put(k, v)
		})
		if _, err := ledger.Open(path, ledgertest.Options()); !errors.Is(err, ledger.ErrCorrupt) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("a missing bucket", func(t *testing.T) {
		path, _ := filled(t)
		raw(t, path, func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("receipts")) })
		if _, err := ledger.Open(path, ledgertest.Options()); !errors.Is(err, ledger.ErrCorrupt) {
			t.Errorf("error %v", err)
		}
	})
}

func TestAFileOfANewerVersionIsLeftAlone(t *testing.T) {
	path, _ := filled(t)
	raw(t, path, func(tx *bbolt.Tx) error {
		doc := []byte(`{"schema":99}`)
		return tx.Bucket([]byte("meta")).Put([]byte("identity"), ledger.EncodeForTest("meta", "identity", doc))
	})
	if _, err := ledger.Open(path, ledgertest.Options()); !errors.Is(err, ledger.ErrNewer) {
		t.Errorf("error %v", err)
	}
}

func TestAnUncleanFileIsCheckedThroughBeforeItServes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	copied := path + ".copy"
	l := ledgertest.Open(t, path, ledgertest.Options())
	begin(t, l)
	ingest(t, l, uplink(1, 1, 3_000))
	whole, err := os.ReadFile(path) // as a crash would leave it
	ok(t, err)
	ok(t, os.WriteFile(copied, whole, 0o600))
	again := ledgertest.Open(t, copied, ledgertest.Options())
	if got := waiting(t, again, 1); len(got) != 1 {
		t.Errorf("%d parcels after the crash", len(got))
	}
	ledgertest.Close(t, again)

	ok(t, os.WriteFile(copied, whole, 0o600))
	raw(t, copied, func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("receipts")).Put(make([]byte, 20), []byte("nonsense"))
	})
	if _, err := ledger.Open(copied, ledgertest.Options()); !errors.Is(err, ledger.ErrCorrupt) {
		t.Errorf("error %v", err)
	}
}

func TestALedgerOpenToOtherAccountsIsClosedToThem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l, err := ledger.Open(path, ledgertest.Options())
	ok(t, err)
	ok(t, l.Close())
	ok(t, os.Chmod(path, 0o644))
	l, err = ledger.Open(path, ledgertest.Options())
	ok(t, err)
	ok(t, l.Close())
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", st.Mode(), err)
	}
}
