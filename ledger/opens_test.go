package ledger_test

import (
	"math"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
)

// T2: how long it takes to open a ledger of 160,000 records: of 80,000 readings, half of them
// delivered, a parcel or receipt each and a body. One that was closed in order is compared with its
// checksum, one that was not is read through.
func TestOpeningALedgerOfManyRecords(t *testing.T) {
	readings := uint32(2_000)
	if os.Getenv("DBDAO_LONG") != "" {
		readings = 80_000
	}
	path := prepared(t)
	l, err := ledger.Open(path, ledgertest.Options())
	ok(t, err)
	var all sync.WaitGroup
	for f := range readings {
		all.Add(1)
		l.Ingest(uplink(1, f, 2_000_000_000), func(o ledger.Outcome, err error) {
			defer all.Done()
			if err != nil || len(o.Parcels) != 1 {
				t.Errorf("reading %d: %+v, %v", f, o, err)
			}
		})
	}
	all.Wait()
	parcels := must[[]delivery.Parcel](t)(l.Waiting(1, 0, math.MaxInt))
	for i := 0; i < len(parcels)/2; i += 500 {
		deliver(t, l, parcels[i:min(i+500, len(parcels)/2)]...)
	}
	killed := path + ".killed"
	ok(t, os.WriteFile(killed, must[[]byte](t)(os.ReadFile(path)), 0o600))
	ok(t, l.Close())
	for _, one := range []struct{ what, path string }{{"closed in order", path}, {"killed", killed}} {
		began := time.Now()
		l, err := ledger.Open(one.path, ledgertest.Options())
		ok(t, err)
		took := time.Since(began)
		s := must[ledger.Stats](t)(l.Stats())
		t.Logf("%s: %d records of readings, %d MB, open after %v", one.what, 2*(s.Waiting+s.Receipts), s.Size>>20, took.Round(time.Millisecond))
		if s.Waiting+s.Receipts != uint64(readings) || s.Receipts == 0 {
			t.Errorf("%s: %d wait and %d are delivered of %d", one.what, s.Waiting, s.Receipts, readings)
		}
		if took > time.Minute { // a machine at rest needs less than a second, or a few
			t.Errorf("%s: it took %v", one.what, took)
		}
		ok(t, l.Close())
	}
}
