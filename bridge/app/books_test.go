package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/bridge/meter"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/contracts/contractstest"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/databrokerdao/dbdao-bridge/settlement/evidence"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// The people of a desk's yard, as places in Keys.
const (
	deskOwner = 2
	deskBuyer = 3
)

// desk is a bridge without sources and couriers on a real chain: a stream of one device, and
// a purchase of a day of it, one reading a minute.
type desk struct {
	*parts
	t    *testing.T
	y    *contractstest.Yard
	dev  market.Device
	fCnt uint32
	sold map[uint32]common.Hash // seq → digest of every parcel that left the house
}

const deskPurchase, deskStream = 1, 1

// newDesk deploys a market and opens a bridge's books on it.
func newDesk(t *testing.T) *desk {
	t.Helper()
	return newDeskOn(t, contractstest.New(t, 2, false))
}

func newDeskOn(t *testing.T, y *contractstest.Yard) *desk {
	t.Helper()
	y.Terms = common.Hash{}
	stream, _ := y.List(deskOwner, 1)
	y.Buy(deskBuyer, stream)
	d := &desk{t: t, y: y, dev: market.Device{DevEUI: lorawan.DevEUI{7: 1}, Commitment: crypto.Keccak256Hash(big.NewInt(1).Bytes()), Owner: y.Addr(deskOwner)}, sold: map[uint32]common.Hash{}}
	d.open(t.TempDir())
	d.begin()
	return d
}

// open opens, or makes, the books in a folder.
func (d *desk) open(dir string) {
	d.t.Helper()
	cfg := config.Config{DataDir: dir}
	cfg.Operator.ID, cfg.Chain.Market, cfg.Chain.RPC = 1, d.y.D.Market.Hex(), []string{d.y.URL()}
	cfg.Operator.Keystore, cfg.Operator.PasswordFile = filepath.Join(dir, "operator.json"), filepath.Join(dir, "password")
	cfg.Ledger.Retention = 45 * 24 * time.Hour
	log := slog.New(slog.DiscardHandler)
	p := &parts{cfg: cfg, log: log, meter: meter.New(), health: health.New(log), key: settlement.NewKey(d.y.Keys[1]), chainID: d.y.ID.Uint64(),
		reader: market.NewReader(d.y.Client, d.y.D.Market)}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(cfg.Operator.Keystore, []byte("sealed"), 0o600); err != nil {
		d.t.Fatal(err)
	}
	var err error
	if p.signing, err = MakeSigningKey(cfg.Path(SigningKey)); err != nil {
		d.t.Fatal(err)
	}
	if err := p.openLedger(context.Background()); err != nil {
		d.t.Fatal(err)
	}
	d.parts = p
	d.t.Cleanup(func() {
		if err := p.ledger.Check(); err != nil && !p.ledger.Closed() {
			d.t.Errorf("the books do not add up: %v", err)
		}
		_ = p.ledger.Close()
	})
	if err := p.ledger.PutDevice(d.dev); err != nil {
		d.t.Fatal(err)
	}
}

// begin does what a bridge does before it takes anything in.
func (d *desk) begin() {
	d.t.Helper()
	d.fold()
	if err := d.ledger.InStep(); err != nil {
		d.t.Fatal(err)
	}
	d.books.head = market.Position{}
	d.lookAtBooks()
}

// fold reads the chain up to its head into the books.
func (d *desk) fold() {
	d.t.Helper()
	ctx := d.t.Context()
	head, err := d.y.Client.HeaderByNumber(ctx, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	at, _, err := d.ledger.Head()
	if err != nil {
		d.t.Fatal(err)
	}
	var blocks []market.Block
	for n := at.Number + 1; n <= head.Number.Uint64(); n++ {
		h, err := d.y.Client.HeaderByNumber(ctx, new(big.Int).SetUint64(n))
		if err != nil {
			d.t.Fatal(err)
		}
		b := market.Block{Position: market.Position{Number: n, Hash: h.Hash(), Time: h.Time}, Parent: h.ParentHash}
		logs, err := d.y.Client.FilterLogs(ctx, ethereum.FilterQuery{BlockHash: &b.Hash, Addresses: []common.Address{d.y.D.Market}})
		if err != nil {
			d.t.Fatal(err)
		}
		for _, l := range logs {
			ev, ok, err := market.Decode(l)
			if err != nil {
				d.t.Fatal(err)
			}
			if ok {
				b.Events = append(b.Events, ev)
			}
		}
		blocks = append(blocks, b)
	}
	if err := d.ledger.Advance(blocks, 0); err != nil {
		d.t.Fatal(err)
	}
	if top, ok, err := d.ledger.Head(); err == nil && ok {
		d.index.SetHead(top, time.Now())
	}
	d.lookAtBooks()
	d.lookAtTerms()
}

func (d *desk) later(by time.Duration) {
	d.t.Helper()
	d.y.Skip(by)
	d.fold()
}

// hear takes n readings in, a minute apart, and gives their parcels.
func (d *desk) hear(n int) (parcels []delivery.Parcel) {
	d.t.Helper()
	for range n {
		d.later(time.Minute)
		d.fCnt++
		r := &lorawan.Reading{Network: "cs", Session: "1", DevEUI: d.dev.DevEUI, FCnt: d.fCnt, FPort: 2, Received: time.Unix(int64(d.index.Now()), 0),
			Values: json.RawMessage(fmt.Sprintf(`{"temperature":%d}`, d.fCnt%40))}
		done := make(chan ledger.Outcome, 1)
		d.ledger.Ingest(r, func(o ledger.Outcome, err error) {
			if err != nil {
				d.t.Error(err)
			}
			done <- o
		})
		o := <-done
		if len(o.Parcels) != 1 {
			d.t.Fatalf("reading %d: %+v", d.fCnt, o)
		}
		parcels = append(parcels, o.Parcels...)
	}
	return parcels
}

// deliver brings receipts for parcels, and insists that no number is used for two readings.
func (d *desk) deliver(parcels []delivery.Parcel) {
	d.t.Helper()
	var receipts []delivery.Receipt
	for _, p := range parcels {
		digest := crypto.Keccak256Hash(p.Body)
		if old, used := d.sold[p.Seq]; used && old != digest {
			d.t.Errorf("number %d is used for a second reading", p.Seq)
		}
		d.sold[p.Seq] = digest
		receipts = append(receipts, delivery.Receipt{Purchase: p.Purchase, Seq: p.Seq, Digest: digest, At: time.Unix(int64(d.index.Now()), 0)})
	}
	done := make(chan error, 1)
	d.ledger.Delivered(receipts, nil, func(err error) { done <- err })
	if err := <-done; err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) settler() *settlement.Settler {
	d.t.Helper()
	rules, err := d.rules(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	return settlement.New(settlement.Config{Operator: 1, Market: d.y.D.Market, ChainID: d.y.ID, Rules: rules, Confirm: 1, Interval: time.Nanosecond,
		Policy: settlement.Policy{MaxFee: big.NewInt(1_000_000_000_000)}},
		d.y.Client, d.ledger, d.key, d.log)
}

// settle lets a settler claim until the chain has paid n readings.
func (d *desk) settle(n uint32) {
	d.t.Helper()
	s := d.settler()
	for range 20 {
		_, _ = s.SettleNow(d.t.Context())
		d.y.Backend.Commit()
		d.fold()
		if d.paid() == n {
			return
		}
	}
	d.t.Fatalf("the chain paid %d readings, want %d: %+v", d.paid(), n, s.Status())
}

func (d *desk) purchase() market.Purchase {
	d.t.Helper()
	p, err := d.reader.Purchase(d.t.Context(), deskPurchase)
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

func (d *desk) paid() uint32 { return d.purchase().Delivered }

// exact insists that the owner has 80 % of n readings, to the wei.
func (d *desk) exact(n uint32) {
	d.t.Helper()
	want, _, _ := contracts.Split(contracts.Gross(uint64(n), 1000, 18))
	if got, err := d.reader.Credit(d.t.Context(), d.y.Addr(deskOwner)); err != nil || got.Cmp(want) != 0 {
		d.t.Errorf("the owner has %s wei (%v), want %s", got, err, want)
	}
}

// told gives the text of a condition that must hold, or must not.
func (d *desk) told(code string, holds bool) string {
	d.t.Helper()
	all := d.health.List()
	i := slices.IndexFunc(all, func(c health.Condition) bool { return c.Code == code })
	if (i >= 0) != holds {
		d.t.Fatalf("%s is told: %t, want %t: %+v", code, i >= 0, holds, all)
	}
	if i < 0 {
		return ""
	}
	return all[i].Text
}

// verified makes the evidence of the purchase as the bridge does, and checks it as anybody does.
func (d *desk) verified() *evidence.Report {
	d.t.Helper()
	for _, limit := range []int{evidence.MaxReadings, 7} { // whole, and in parts
		for first := uint32(0); ; {
			doc, ok, err := backend{d.parts}.Evidence(deskPurchase, first, limit)
			if err != nil || !ok {
				d.t.Fatal(ok, err)
			}
			text, err := json.Marshal(doc)
			if err != nil {
				d.t.Fatal(err)
			}
			again, err := evidence.Parse(text)
			if err != nil {
				d.t.Fatal(err)
			}
			r, err := evidence.Verify(d.t.Context(), again, evidence.FromNode(d.reader, d.chainID, d.y.D.Market, 0))
			if err != nil {
				d.t.Fatal(err)
			}
			if !r.OK {
				d.t.Fatalf("the evidence from receipt %d on does not hold: %+v", first, r.Faults)
			}
			if first = doc.Receipts.First + doc.Receipts.Count; first >= doc.Receipts.Total {
				if limit == evidence.MaxReadings {
					break
				}
				return r
			}
		}
	}
	return nil
}

// backup makes one through the admin API of this bridge.
func (d *desk) backup(keys bool) string {
	d.t.Helper()
	if err := os.WriteFile(d.cfg.Path(routeKey), []byte(strings.Repeat("ab", 32)), 0o600); err != nil {
		d.t.Fatal(err)
	}
	admin := httptest.NewServer(api.New(d.backend(), "http://x", d.log).Admin(adminToken, nil, http.NotFoundHandler()))
	defer admin.Close()
	dir := filepath.Join(d.t.TempDir(), "copy")
	m, err := Backup(d.t.Context(), d.cfg, api.NewClient(admin.URL, adminToken), dir, keys)
	if err != nil {
		d.t.Fatal(err)
	}
	if m.Operator != 1 || m.Market != d.y.D.Market || m.Block == 0 || len(m.Needs) == 0 {
		d.t.Errorf("manifest %+v", m)
	}
	return dir
}

// restore takes a backup into a new data_dir and opens it.
func (d *desk) restore(copy string) Restoration {
	d.t.Helper()
	if err := d.ledger.Close(); err != nil {
		d.t.Fatal(err)
	}
	cfg := d.cfg
	cfg.DataDir = filepath.Join(d.t.TempDir(), "data")
	r, err := Restore(d.t.Context(), cfg, copy)
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err := Restore(d.t.Context(), cfg, copy); err == nil || !strings.Contains(err.Error(), "not overwritten") {
		d.t.Errorf("a second restore: %v", err)
	}
	d.open(cfg.DataDir)
	return r
}

// N3: a copy 30 s old and one an hour old are restored, with readings delivered and paid in
// between. Whatever is sold later is paid to the last reading, no number is used twice, and
// the evidence holds and names what is not here.
func TestARestoredCopyGoesOnWhereTheChainIs(t *testing.T) {
	for name, c := range map[string]struct {
		between int // readings the lost ledger sold after the copy
		claimed int // of these, those it claimed
	}{"30 seconds": {0, 0}, "half an hour, nothing claimed": {30, 0}, "an hour": {60, 59}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.deliver(d.hear(10))
			d.settle(10)
			d.told("ledger_behind", false)
			d.deliver(d.hear(2))
			d.hear(1) // waits
			copy := d.backup(true)
			if c.between == 0 {
				d.later(30 * time.Second)
			}

			lost := d.ledger
			waiting, err := lost.Waiting(deskPurchase, 0, 10)
			if err != nil || len(waiting) != 1 {
				t.Fatal(waiting, err)
			}
			d.deliver(waiting)
			paid := uint32(10)
			if c.between > 0 {
				d.deliver(d.hear(c.claimed))
				if c.claimed > 0 {
					paid = uint32(13 + c.claimed)
					d.settle(paid)
				}
				d.deliver(d.hear(c.between - c.claimed))
			}

			r := d.restore(copy)
			if c.claimed == 0 && len(r.Beyond) != 0 || c.claimed > 0 && (len(r.Beyond) != 1 || r.Beyond[0] != Beyond{deskPurchase, 12, paid}) {
				t.Errorf("beyond the copy: %+v", r.Beyond)
			}
			if !strings.Contains(r.Chain, "the chain is at block") {
				t.Error(r.Chain)
			}
			d.begin()
			text := d.told("ledger_behind", true)
			if !strings.Contains(text, "restored from a copy") || !strings.Contains(text, "purchases 1;") {
				t.Error(text)
			}
			again, err := d.ledger.Waiting(deskPurchase, 0, 10)
			if err != nil || len(again) != 1 {
				t.Fatal(again, err)
			}
			d.deliver(again) // the lost ledger delivered it too
			d.deliver(d.hear(20))
			// 13 were known to the copy, or paid to the lost ledger: no buyer pays them twice.
			want := max(paid, 13) + 20
			d.settle(want)
			d.exact(want)
			d.told("two_bridges", false)
			report := d.verified()
			if report.Unproved != want-20-13+boolTo[uint32](c.claimed > 0) {
				t.Errorf("%d receipts are not proved: %+v", report.Unproved, report.Notes)
			}
			notes := strings.Join(report.Notes, "\n")
			if c.claimed > 0 && !strings.Contains(notes, "receipts 12 to 71 were made by another ledger") || !strings.Contains(notes, "another ledger") {
				t.Error(notes)
			}
			d.deliver(d.hear(3)) // and on
			d.settle(want + 3)
			d.exact(want + 3)
			d.verified()
		})
	}
}

func boolTo[T ~uint32](b bool) T {
	if b {
		return 1
	}
	return 0
}

// A token of six decimals, as the dollar coins have: from purchase over settlement to earnings
// and evidence every figure is the chain's, in the token's own smallest unit.
func TestAMarketPaidInATokenOfSixDecimals(t *testing.T) {
	t.Parallel()
	d := newDeskOn(t, contractstest.NewPaidIn(t, 2, 6))
	const n = 30
	escrow, err := d.reader.Balance(t.Context(), d.y.D.Token, d.y.D.Market)
	if err != nil || escrow.Int64() != 100_000_000+1_440*1_000 { // the stake; a day, a reading a minute at 1,000
		t.Fatalf("the market holds %s, %v", escrow, err)
	}
	d.deliver(d.hear(n))
	d.settle(n)
	e, err := backend{d.parts}.Earnings(t.Context())
	if err != nil || len(e) != 1 {
		t.Fatal(e, err)
	}
	for _, one := range []struct {
		who  string
		addr common.Address
		said *big.Int
		want int64 // of 30,000
	}{{"owner", d.y.Addr(deskOwner), e[0].Owner, 24_000}, {"operator", d.y.Addr(1), e[0].Operator, 3_000}, {"platform", d.y.Addr(0), e[0].Platform, 3_000}} {
		credit, err := d.reader.Credit(t.Context(), one.addr)
		if err != nil || credit.Int64() != one.want || one.said.Cmp(credit) != 0 {
			t.Errorf("the %s has %s (%v), earnings say %s, want %d", one.who, credit, err, one.said, one.want)
		}
	}
	if e[0].Gross.Int64() != 30_000 || e[0].Decimals != 6 {
		t.Errorf("%+v", e[0])
	}
	if r := d.verified(); r.Unproved != 0 {
		t.Errorf("%+v", r)
	}
	d.deliver(d.hear(10))
	e, err = backend{d.parts}.Earnings(t.Context())
	if err != nil || e[0].Unclaimed != 10 || e[0].Worth.Int64() != 1_000 {
		t.Errorf("%+v %v", e, err)
	}
}

// What was bought and paid after the copy was made is no account of the copy: the chain alone
// knows it, and restore says so.
func TestARestoreCountsWhatWasBoughtSinceTheCopy(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.deliver(d.hear(2))
	d.settle(2)
	copy := d.backup(true)

	const later = deskPurchase + 1
	d.y.Buy(deskBuyer, deskStream)
	var receipts []delivery.Receipt
	for range 3 {
		d.later(time.Minute)
		d.fCnt++
		now := time.Unix(int64(d.index.Now()), 0)
		done := make(chan ledger.Outcome, 1)
		d.ledger.Ingest(&lorawan.Reading{Network: "cs", Session: "1", DevEUI: d.dev.DevEUI, FCnt: d.fCnt, FPort: 2, Received: now, Values: json.RawMessage(`{"a":1}`)},
			func(o ledger.Outcome, _ error) { done <- o })
		o := <-done
		if len(o.Parcels) != 2 {
			t.Fatalf("%+v", o)
		}
		for _, p := range o.Parcels {
			receipts = append(receipts, delivery.Receipt{Purchase: p.Purchase, Seq: p.Seq, Digest: crypto.Keccak256Hash(p.Body), At: now})
		}
	}
	done := make(chan error, 1)
	d.ledger.Delivered(receipts, nil, func(err error) { done <- err })
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	d.settle(5)
	if p, err := d.reader.Purchase(t.Context(), later); err != nil || p.Delivered != 3 {
		t.Fatalf("the later purchase: %+v %v", p, err)
	}

	r := d.restore(copy)
	want := []Beyond{{deskPurchase, 2, 5}, {later, 0, 3}}
	if !slices.Equal(r.Beyond, want) || !strings.Contains(r.Chain, "it paid 6 readings that the copy has no receipts for") {
		t.Errorf("beyond the copy: %+v, want %+v; %s", r.Beyond, want, r.Chain)
	}
}

// A file copied by hand, on a machine of its own: nobody marked it, and the chain alone tells.
func TestAFileCopiedByHandIsNoticedFromTheChain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.deliver(d.hear(5))
	d.settle(5)
	d.deliver(d.hear(2))
	snapshot, err := d.ledger.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snapshot.Close()
	d.deliver(d.hear(6))
	d.settle(13)
	d.deliver(d.hear(1)) // not claimed
	if err := d.ledger.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := save(filepath.Join(dir, ledgerFile), func(w io.Writer) error { _, err := io.Copy(w, snapshot); return err }); err != nil {
		t.Fatal(err)
	}
	d.open(dir)
	d.begin()
	if text := d.told("ledger_behind", true); !strings.Contains(text, "6 of those it was paid for") {
		t.Error(text)
	}
	d.deliver(d.hear(10))
	d.settle(23)
	d.exact(23)
	if r := d.verified(); r.Unproved != 6 {
		t.Errorf("%+v", r)
	}
}

// The disk is lost: a new ledger folds the chain from its beginning.
func TestALostDiskIsNoticedAndLaterReadingsArePaid(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for n := uint32(4); n <= 12; n += 4 {
		d.deliver(d.hear(4))
		d.settle(n)
	}
	if err := d.ledger.Close(); err != nil {
		t.Fatal(err)
	}
	d.open(t.TempDir())
	d.begin()
	d.told("ledger_behind", true)
	d.deliver(d.hear(5))
	d.settle(17)
	d.exact(17)
	r := d.verified()
	if r.Unproved != 12 || !strings.Contains(strings.Join(r.Notes, "\n"), "receipts 0 to 11 were made by another ledger") {
		t.Errorf("%+v", r)
	}
	d.told("two_bridges", false)
	d.later(25 * time.Hour) // the purchase is over, and still active on chain
	d.told("ledger_behind", false)
	d.settle(17)
	d.later(time.Minute)
	d.told("ledger_behind", false)
}

// Two bridges with one key: whoever runs longer is told by the other's settlements, and
// neither bills what the other was paid for.
func TestTwoBridgesOfOneOperatorAreNoticed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.parts
	d.deliver(d.hear(3))
	d.settle(3)
	d.told("two_bridges", false)
	d.open(t.TempDir())
	d.begin()
	second := d.parts
	d.deliver(d.hear(4))
	d.settle(7)
	d.told("two_bridges", false) // it settled itself
	d.parts, d.sold = first, map[uint32]common.Hash{}
	d.fold()
	text := d.told("two_bridges", true)
	if !strings.Contains(text, "does a second bridge run") {
		t.Error(text)
	}
	d.deliver(d.hear(2))
	d.settle(9)
	d.exact(9)
	if r := d.verified(); r.Unproved != 4 {
		t.Errorf("%+v", r)
	}
	for range 26 { // the other stopped: a day later nothing is left to tell
		d.later(time.Hour)
	}
	d.told("two_bridges", false)
	d.parts = second
	d.fold()
	if r := d.verified(); r.Unproved != 3+2 {
		t.Errorf("the second's: %+v", r)
	}
}

// A second bridge that claims less than this one delivered changes no count here, and is
// told all the same; its settlement is explained in the evidence.
func TestASecondBridgeThatClaimsLessIsNoticed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.parts
	d.deliver(d.hear(9)) // not claimed
	d.open(t.TempDir())
	d.begin()
	d.sold = map[uint32]common.Hash{}
	d.deliver(d.hear(4))
	d.settle(4)
	second := d.parts
	d.parts = first
	d.fold()
	d.told("two_bridges", true)
	d.told("ledger_behind", true)
	d.parts = second
	d.deliver(d.hear(2))
	d.settle(6)
	d.parts, d.sold = first, map[uint32]common.Hash{}
	d.fold()
	d.deliver(d.hear(1))
	d.settle(10)
	d.exact(10)
	if r := d.verified(); r.Unproved != 0 || !strings.Contains(strings.Join(r.Notes, "\n"), "settled 6 readings for another ledger") {
		t.Errorf("%+v", r)
	}
}

// N4: an operator whose settler is off. His owner relays what the bridge signs for him, and
// has his 80 % to the wei, while the claim window is open.
func TestAnOwnerRelaysWhatHisOperatorDoesNotClaim(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := backend{d.parts}
	claim := func() api.OwnerClaim {
		t.Helper()
		d.owed.last = nil // a minute passes
		c, ok, err := b.Claim(t.Context(), deskStream, d.y.Addr(deskOwner))
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		return c
	}
	relay := func(c api.OwnerClaim) {
		t.Helper()
		for i := range c.Settlements {
			d.y.Call(deskOwner, c.Settlements[i].Call(c.Operator))
		}
		d.fold()
	}
	if c := claim(); len(c.Settlements) != 0 || len(c.Over) != 0 {
		t.Errorf("before anything was delivered: %+v", c)
	}
	d.deliver(d.hear(5))
	for who, a := range map[string]common.Address{"the buyer": d.y.Addr(deskBuyer), "the operator": d.y.Addr(1), "nobody": {}} {
		if _, ok, err := b.Claim(t.Context(), deskStream, a); ok || err != nil {
			t.Errorf("%s: %t %v", who, ok, err)
		}
	}
	if _, ok, _ := b.Claim(t.Context(), 99, d.y.Addr(deskOwner)); ok {
		t.Error("there is no stream 99")
	}
	p := d.purchase()
	c := claim()
	if len(c.Settlements) != 1 || c.Settlements[0].Claims[0].Delivered != 5 || c.Settlements[0].Claims[0].Last || c.Settlements[0].Deadline < p.End+7*86_400 {
		t.Fatalf("%+v", c)
	}
	relay(c)
	d.exact(5)
	d.told("two_bridges", false)
	d.told("ledger_behind", false)
	if r := d.verified(); r.Settled != 1 || r.Paid != 5 {
		t.Errorf("%+v", r)
	}
	relay(c) // sent twice, paid once
	d.exact(5)
	if again := claim(); len(again.Settlements) != 0 {
		t.Errorf("everything is paid: %+v", again)
	}
	d.deliver(d.hear(3))
	early := claim()
	if d.y.Skip(25 * time.Hour); len(early.Settlements) != 1 {
		t.Fatalf("%+v", early)
	}
	d.fold()
	if late := claim(); len(late.Settlements) != 1 || !late.Settlements[0].Claims[0].Last {
		t.Errorf("after the end: %+v", late)
	}
	d.later(5 * 24 * time.Hour) // what was signed while it ran holds for the whole window
	relay(early)
	d.exact(8)
	relay(claim())
	if p := d.purchase(); p.State != market.PurchaseClosed || p.Delivered != 8 {
		t.Errorf("after the last claim: %+v", p)
	}
	d.verified()
}

func TestAClaimWindowThatClosedIsToldToTheOwner(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.deliver(d.hear(4))
	d.later(8*24*time.Hour + time.Hour)
	c, ok, err := backend{d.parts}.Claim(t.Context(), deskStream, d.y.Addr(deskOwner))
	if err != nil || !ok || len(c.Settlements) != 0 || len(c.Over) != 1 || c.Over[0].Unpaid != 4 || c.Over[0].Until != d.purchase().End+7*86_400 {
		t.Errorf("%+v %t %v", c, ok, err)
	}
}

func TestABackupIsCheckedBeforeAnythingIsRestored(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.deliver(d.hear(3))
	copy := d.backup(true)
	if _, err := Backup(t.Context(), d.cfg, nil, copy, false); !errors.Is(err, ErrBackupThere) {
		t.Errorf("over a backup: %v", err)
	}
	bare := d.backup(false)
	for name, c := range map[string]struct {
		from string
		do   func(dir string, cfg *config.Config)
		want string
	}{
		"a flipped bit":    {copy, func(dir string, _ *config.Config) { flip(t, filepath.Join(dir, ledgerFile)) }, "damaged"},
		"a flipped key":    {copy, func(dir string, _ *config.Config) { flip(t, filepath.Join(dir, routeKey)) }, "damaged"},
		"cut short":        {copy, func(dir string, _ *config.Config) { _ = os.Truncate(filepath.Join(dir, ledgerFile), 8192) }, "damaged"},
		"no manifest":      {copy, func(dir string, _ *config.Config) { _ = os.Remove(filepath.Join(dir, manifestFile)) }, "manifest"},
		"another operator": {copy, func(_ string, cfg *config.Config) { cfg.Operator.ID = 2 }, "operator 1; configured"},
		"another market":   {copy, func(_ string, cfg *config.Config) { cfg.Chain.Market = common.Address{9}.Hex() }, "configured"},
		"another chain":    {copy, func(_ string, cfg *config.Config) { cfg.Chain.ChainID = 5 }, "configured"},
		"another key there": {copy, func(_ string, cfg *config.Config) {
			if _, err := MakeSigningKey(cfg.Path(SigningKey)); err != nil {
				t.Fatal(err)
			}
		}, "another key"},
		"no keys anywhere": {bare, func(string, *config.Config) {}, "holds no signing.key"},
	} {
		dir := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(dir, os.DirFS(c.from)); err != nil {
			t.Fatal(err)
		}
		cfg := d.cfg
		cfg.DataDir = t.TempDir()
		c.do(dir, &cfg)
		if _, err := Restore(t.Context(), cfg, dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(cfg.Path(ledgerFile)); err == nil {
			t.Errorf("%s: a ledger was restored", name)
		}
	}
	cfg := d.cfg // with the keys that were kept elsewhere, and without a node
	cfg.DataDir, cfg.Chain.RPC = t.TempDir(), []string{"http://127.0.0.1:1"}
	for _, name := range []string{SigningKey, routeKey} {
		if _, err := copyFile(d.cfg.Path(name), cfg.Path(name)); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Restore(t.Context(), cfg, bare)
	if err != nil || len(r.Restored) != 1 || len(r.Kept) != 3 || r.Undone == "" || !strings.Contains(r.Chain, "no node could be asked") {
		t.Errorf("%+v %v", r, err)
	}
}

func flip(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// adminToken is of the admin APIs of tests.
const adminToken = "0123456789abcdef"
