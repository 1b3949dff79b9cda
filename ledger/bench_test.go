package ledger_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"go.etcd.io/bbolt"
)

// cpu is the processor time this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

const fleet = 200 // devices, each with a purchase

// fleetLedger is a ledger with a purchase of each device of a fleet.
func fleetLedger(b *testing.B, gather time.Duration) *ledger.Ledger {
	o := ledgertest.Options()
	o.Gather = gather
	l := ledgertest.New(b, o)
	c := &ledgertest.Chain{}
	var events []any
	for n := range fleet {
		ok(b, l.PutDevice(ledgertest.Device(byte(n))))
		p := ledgertest.Purchased(uint64(n)+1, uint64(n)+1, 1, 0, 1<<31)
		events = append(events, (*contracts.DataMarketStreamListed)(ledgertest.Listed(uint64(n)+1, byte(n))), p)
	}
	ok(b, l.Advance([]market.Block{c.Mine(events...)}, 0))
	return l
}

// parcel450 is the reading of a parcel of about 450 bytes.
func parcel450(i int) *lorawan.Reading {
	r := uplink(byte(i%fleet), uint32(i/fleet), 2_000_000_000)
	r.Values = json.RawMessage(`{"temperature":21.5,"humidity":44,"note":"` + strings.Repeat("x", 110) + `"}`)
	return r
}

// measure reports the processor time per operation besides the rest.
func measure(b *testing.B, fn func()) {
	b.ReportAllocs()
	before := cpu()
	b.ResetTimer()
	fn()
	b.StopTimer()
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "parcels/s")
}

// BenchmarkIngest takes readings in as fast as they are acknowledged, 1,000 in
// flight, and hands each parcel's receipt in.
func BenchmarkIngest(b *testing.B) {
	for _, gather := range []time.Duration{0, 10 * time.Millisecond} {
		for _, deliver := range []bool{false, true} {
			b.Run(fmt.Sprintf("gather=%s/delivered=%t", gather, deliver), func(b *testing.B) {
				l := fleetLedger(b, gather)
				inFlight := make(chan struct{}, 1_000)
				var all sync.WaitGroup
				size := 0
				measure(b, func() {
					for i := range b.N {
						inFlight <- struct{}{}
						all.Add(1)
						l.Ingest(parcel450(i), func(o ledger.Outcome, err error) {
							<-inFlight
							if err != nil || len(o.Parcels) != 1 {
								b.Errorf("%+v %v", o, err)
								all.Done()
								return
							}
							size = len(o.Parcels[0].Body)
							if !deliver {
								all.Done()
								return
							}
							l.Delivered([]delivery.Receipt{receiptOf(o.Parcels[0])}, nil, func(error) { all.Done() })
						})
					}
					all.Wait()
				})
				b.ReportMetric(float64(size), "B/parcel")
			})
		}
	}
}

// BenchmarkLatency is one reading after another at 200 a second.
func BenchmarkLatency(b *testing.B) {
	l := fleetLedger(b, 10*time.Millisecond)
	i := 0
	var sum time.Duration
	for b.Loop() {
		time.Sleep(5 * time.Millisecond)
		began := time.Now()
		ingest(b, l, parcel450(i))
		sum += time.Since(began)
		i++
	}
	b.ReportMetric(float64(sum.Microseconds())/float64(b.N), "µs/ack")
}

// BenchmarkBaseline stores values of the same size in plain bbolt, as one would at
// first: a transaction each, and db.Batch.
func BenchmarkBaseline(b *testing.B) {
	open := func(b *testing.B) *bbolt.DB {
		db, err := bbolt.Open(filepath.Join(b.TempDir(), "plain.db"), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
		ok(b, err)
		b.Cleanup(func() { _ = db.Close() })
		ok(b, db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("parcels")); return err }))
		return db
	}
	put := func(i int) func(*bbolt.Tx) error {
		return func(tx *bbolt.Tx) error {
			k := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(i%fleet)), uint64(i/fleet))
			return tx.Bucket([]byte("parcels")).Put(k, make([]byte, 450))
		}
	}
	b.Run("a transaction each", func(b *testing.B) {
		db := open(b)
		measure(b, func() {
			for i := range b.N {
				ok(b, db.Update(put(i)))
			}
		})
	})
	b.Run("db.Batch, 1000 in flight", func(b *testing.B) {
		db := open(b)
		inFlight := make(chan struct{}, 1_000)
		measure(b, func() {
			var all sync.WaitGroup
			for i := range b.N {
				inFlight <- struct{}{}
				all.Go(func() {
					if err := db.Batch(put(i)); err != nil {
						b.Error(err)
					}
					<-inFlight
				})
			}
			all.Wait()
		})
	})
}

// BenchmarkWaiting reads a batch of 64 parcels in the middle of a long queue.
func BenchmarkWaiting(b *testing.B) {
	l := fleetLedger(b, 0)
	var all sync.WaitGroup
	for i := range 200 * fleet {
		all.Add(1)
		l.Ingest(parcel450(i), func(ledger.Outcome, error) { all.Done() })
	}
	all.Wait()
	b.ReportAllocs()
	for b.Loop() {
		if got, err := l.Waiting(77, 100, 64); err != nil || len(got) != 64 {
			b.Fatal(len(got), err)
		}
	}
}
