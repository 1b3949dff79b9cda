package evidence

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/offer"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/google/go-cmp/cmp"
)

// world is a chain that says what it was told.
type world struct {
	chainID  uint64
	market   common.Address
	purchase market.Purchase
	stream   market.Stream
	moved    bool
	settled  []Settled
	roots    map[uint64][]Root
	signers  []common.Address
	keys     []common.Hash
	err      error
}

func (w *world) ID(context.Context) (uint64, common.Address, error) {
	return w.chainID, w.market, w.err
}
func (w *world) Purchase(_ context.Context, p market.PurchaseID) (market.Purchase, [8]byte, error) {
	if p != w.purchase.ID {
		return market.Purchase{}, [8]byte{}, nil
	}
	return w.purchase, [8]byte(w.purchase.Terms[:8]), nil
}
func (w *world) Stream(context.Context, market.StreamID) (market.Stream, error) { return w.stream, nil }
func (w *world) Bought(_ context.Context, _ market.PurchaseID, block uint64) (bool, error) {
	return block == w.purchase.Block, nil
}
func (w *world) Moved(context.Context, market.PurchaseID, market.StreamID, uint64) (bool, error) {
	return w.moved, nil
}
func (w *world) Settled(context.Context, market.PurchaseID, uint64) ([]Settled, error) {
	return w.settled, nil
}
func (w *world) Roots(_ context.Context, _ market.OperatorID, block uint64) ([]Root, error) {
	return w.roots[block], nil
}
func (w *world) Keys(context.Context, market.OperatorID) ([]common.Address, []common.Hash, error) {
	return w.signers, w.keys, nil
}

var hotKey, otherKey = func() (a, b *hotWallet) { return newHot(1), newHot(2) }()

type hotWallet struct {
	address common.Address
	sign    func([]byte) ([]byte, error)
}

func newHot(n byte) *hotWallet {
	k, err := crypto.ToECDSA(bytes.Repeat([]byte{n}, 32))
	if err != nil {
		panic(err)
	}
	return &hotWallet{crypto.PubkeyToAddress(k.PublicKey), func(d []byte) ([]byte, error) {
		sig, err := crypto.Sign(d, k)
		sig[64] += 27
		return sig, err
	}}
}
func (h *hotWallet) Address() common.Address                     { return h.address }
func (h *hotWallet) SignHash(digest common.Hash) ([]byte, error) { return h.sign(digest[:]) }

var (
	signing = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	device  = common.Hash{0xde}
	terms   = offered()
	place   = Place{ChainID: 1337, Market: common.Address{0xaa}, Operator: 1}
	begin   = time.Date(2026, 9, 10, 7, 0, 0, 0, time.UTC)
)

// offered are terms as an owner's listing has them: the ranges they promise must be those
// the figures are held against.
func offered() string {
	t := offer.Offer{Sell: []string{"values"}, Quantities: []offer.Quantity{
		{Name: "temperature", Unit: "Cel", Min: new(-20.0), Max: new(40.0)}, {Name: "pressure", Min: new(900.0)}, {Name: "note"},
	}}
	if err := t.Check(); err != nil {
		panic(err)
	}
	doc, err := t.Document()
	if err != nil {
		panic(err)
	}
	return string(doc)
}

// kept is what a bridge kept of a purchase of n readings, all delivered, settled after
// every fourth together with purchases of others; and the chain to it.
func kept(n int) (Record, *world) {
	r := Record{
		Purchase: market.Purchase{ID: 3, Stream: 2, Buyer: common.Address{0xb}, Start: uint64(begin.Unix()), End: uint64(begin.Add(time.Hour).Unix()),
			Price: 1000, Interval: 60, Quota: 60, State: market.PurchaseActive, Block: 50, Terms: crypto.Keccak256Hash([]byte(terms))},
		Stream: market.Stream{ID: 2, Operator: 1, Owner: common.Address{0xc}, Device: device, Terms: crypto.Keccak256Hash([]byte(terms))},
		Terms:  []byte(terms), Head: market.Position{Number: 1_000}, Total: uint32(n), End: uint32(n),
	}
	w := &world{chainID: place.ChainID, market: place.Market, roots: map[uint64][]Root{},
		signers: []common.Address{hotKey.address}, keys: []common.Hash{KeysHash(signing.Public().(ed25519.PublicKey))}}
	var prev, head common.Hash
	for i := range n {
		received := begin.Add(time.Duration(i) * time.Minute)
		body := fmt.Appendf(nil, `{"id":"msg_%d","stream":2,"purchase":3,"seq":%d,"prev":"%s","dev":"%s","f_cnt":%d,"f_port":2,"received":"%s","values":{"temperature":%d.5,"battery":{"mv":3600}}}`,
			i, i, prev.Hex(), device.Hex(), 100+i, received.Format(time.RFC3339), i%30)
		prev = crypto.Keccak256Hash(body)
		head = settlement.Link(head, uint32(i), prev)
		r.Readings = append(r.Readings, Delivered{Ordinal: uint32(i), Seq: uint32(i), Digest: prev, At: received.Add(2 * time.Second), Body: body})
		if (i+1)%4 != 0 {
			continue
		}
		claims := []settlement.Claim{{Purchase: 1, Delivered: 9, Head: common.Hash{1}}, {Purchase: 3, Delivered: uint32(i + 1), Head: head}, {Purchase: 8, Delivered: 2, Head: common.Hash{8}}}
		var leaves []common.Hash
		for _, c := range claims {
			leaves = append(leaves, contracts.SettlementLeaf(uint64(c.Purchase), c.Delivered, c.Head))
		}
		t := Payment{Claims: claims, Root: contracts.SettlementRoot(leaves), Tx: common.Hash{byte(i), 0x77}, Block: uint64(100 + i), Delivered: uint32(i + 1)}
		r.Payments = append(r.Payments, t)
		r.Purchase.Delivered = uint32(i + 1)
		w.roots[t.Block] = []Root{{common.Hash{1}, common.Hash{2}}, {t.Tx, t.Root}}
		w.settled = append(w.settled, Settled{t.Tx, t.Block, uint32(i + 1)})
	}
	r.After = head
	w.purchase, w.stream = r.Purchase, r.Stream
	return r, w
}

func built(t testing.TB, r Record) *Document {
	t.Helper()
	d, err := Build(place, r, signing, hotKey, begin.Add(2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return read(t, write(t, d))
}

func write(t testing.TB, d *Document) []byte {
	t.Helper()
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func read(t testing.TB, text []byte) *Document {
	t.Helper()
	d, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func verified(t testing.TB, d *Document, w *world) *Report {
	t.Helper()
	r, err := Verify(t.Context(), d, w)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// has tells whether a report names a fault, of a reading if seq >= 0.
func (r *Report) has(code string, seq int) bool {
	return slices.ContainsFunc(r.Faults, func(f Fault) bool {
		return f.Code == code && (seq < 0 || f.Seq != nil && int(*f.Seq) == seq)
	})
}

func TestAnHonestFileHolds(t *testing.T) {
	for _, n := range []int{0, 1, 3, 12, 14} {
		rec, w := kept(n)
		d := built(t, rec)
		r := verified(t, d, w)
		if !r.OK || len(r.Faults) > 0 || r.Bodies != n || r.Settled != n/4 || !strings.Contains(r.Key, "published") || !strings.Contains(r.Signer, "signer on chain") {
			t.Errorf("%d readings: %+v", n, r)
		}
	}
}

// B5 on paper: each reading, each way.
func TestEveryReadingThatWasTamperedWithIsNamed(t *testing.T) {
	const n = 14
	rec, w := kept(n)
	text := write(t, built(t, rec))
	for i := range n {
		for name, c := range map[string]struct {
			code string
			seq  int
			do   func(d *Document)
		}{
			"a byte of the body":       {FaultAltered, i, func(d *Document) { b := []byte(d.Readings[i].Body); b[len(b)-10] ^= 1; d.Readings[i].Body = string(b) }},
			"body and digest":          {FaultAltered, i, func(d *Document) { forge(&d.Readings[i]) }},
			"the digest":               {FaultAltered, i, func(d *Document) { d.Readings[i].Digest[5] ^= 1 }},
			"the time of the delivery": {FaultAltered, i, func(d *Document) { d.Readings[i].Delivered++ }},
			"the signature":            {FaultAltered, i, func(d *Document) { d.Readings[i].Signature[3] ^= 1 }},
			"its body taken out":       {FaultSigner, -1, func(d *Document) { d.Readings[i].Signature, d.Readings[i].Seq = nil, 900; d.Readings[i].Body = "" }},
			"taken out":                {FaultMissing, i, func(d *Document) { d.Readings = slices.Delete(d.Readings, i, i+1) }},
			"put in twice":             {FaultAdded, i, func(d *Document) { d.Readings = slices.Insert(d.Readings, i, d.Readings[i]) }},
			"another's put in": {FaultAdded, i, func(d *Document) {
				alien := d.Readings[i]
				forge(&alien)
				d.Readings = slices.Insert(d.Readings, i+1, alien)
			}},
			"swapped with the next": {FaultOrder, i, func(d *Document) {
				if i == n-1 {
					d.Readings[i], d.Readings[i-1] = d.Readings[i-1], d.Readings[i]
					return
				}
				d.Readings[i], d.Readings[i+1] = d.Readings[i+1], d.Readings[i]
			}},
			"swapped, and renumbered": {FaultAltered, i, func(d *Document) {
				a, b := &d.Readings[i], &d.Readings[(i+1)%n]
				a.Ordinal, b.Ordinal = b.Ordinal, a.Ordinal
				*a, *b = *b, *a
			}},
		} {
			d := read(t, text)
			c.do(d)
			seq := c.seq
			if name == "swapped with the next" && i == n-1 {
				seq = n - 2
			}
			if r := verified(t, d, w); r.OK || !r.has(c.code, seq) {
				t.Errorf("reading %d, %s: want %s named: %+v", i, name, c.code, r.Faults)
			}
		}
	}
}

// forge changes a reading so that it fits itself.
func forge(r *Reading) {
	r.Body = strings.Replace(r.Body, `"temperature":`, `"temperature":1`, 1)
	r.Digest = crypto.Keccak256Hash([]byte(r.Body))
}

// What stands on chain holds even against who has both of the operator's keys.
func TestAnOperatorWhoSignsAnewIsCaught(t *testing.T) {
	for i := range 12 {
		for name, tamper := range map[string]func(rec *Record){
			"left out, and called undelivered": func(rec *Record) {
				rec.Readings = slices.Delete(rec.Readings, i, i+1)
				rec.Skip(uint32(i), uint32(i)+1)
				rec.Total--
				rec.End--
			},
			"altered": func(rec *Record) {
				one := &rec.Readings[i]
				one.Body = bytes.Replace(one.Body, []byte(`"temperature":`), []byte(`"temperature":1`), 1)
				one.Digest = crypto.Keccak256Hash(one.Body)
			},
			"invented": func(rec *Record) {
				one := rec.Readings[i]
				one.Seq, one.Body = 99, bytes.Replace(one.Body, fmt.Appendf(nil, `"seq":%d`, i), []byte(`"seq":99`), 1)
				one.Digest = crypto.Keccak256Hash(one.Body)
				rec.Readings = slices.Insert(rec.Readings, i, one)
				rec.Total++
				rec.End++
			},
		} {
			rec, w := kept(12)
			tamper(&rec)
			rec.After = common.Hash{}
			for n := range rec.Readings { // his own chain fits again
				rec.Readings[n].Ordinal = uint32(n)
				rec.After = settlement.Link(rec.After, rec.Readings[n].Seq, rec.Readings[n].Digest)
			}
			if r := verified(t, built(t, rec), w); r.OK || !r.has(FaultReceipts, -1) && !r.has(FaultMissing, -1) {
				t.Errorf("reading %d %s: %+v", i, name, r.Faults)
			}
		}
	}
	rec, w := kept(12)
	rec.Readings, rec.Total, rec.End = rec.Readings[:10], 10, 10 // the last two, which were paid, never happened
	rec.After = common.Hash{}
	for _, one := range rec.Readings {
		rec.After = settlement.Link(rec.After, one.Seq, one.Digest)
	}
	if r := verified(t, built(t, rec), w); !r.has(FaultMissing, -1) || !strings.Contains(fmt.Sprint(r.Faults), "receipts 10 to 11") {
		t.Errorf("paid and not delivered: %+v", r.Faults)
	}
}

// Contradictions that both keys can sign, beyond what was settled.
func TestAFileThatContradictsItselfOrTheChainIsCaught(t *testing.T) {
	replace := func(rec *Record, i int, from, to string) {
		one := &rec.Readings[i]
		one.Body = bytes.Replace(one.Body, []byte(from), []byte(to), 1)
		one.Digest = crypto.Keccak256Hash(one.Body)
	}
	for name, c := range map[string]struct {
		code string
		seq  int
		do   func(rec *Record, w *world)
	}{
		"altered before the next was made": {FaultAltered, 12, func(rec *Record, _ *world) { replace(rec, 12, `"temperature":`, `"temperature":1`) }},
		"of another purchase":              {FaultAltered, 13, func(rec *Record, _ *world) { replace(rec, 13, `"purchase":3`, `"purchase":4`) }},
		"of another stream":                {FaultAltered, 13, func(rec *Record, _ *world) { replace(rec, 13, `"stream":2`, `"stream":4`) }},
		"of another seq":                   {FaultAltered, 13, func(rec *Record, _ *world) { replace(rec, 13, `"seq":13`, `"seq":14`) }},
		"of another device":                {FaultAltered, 13, func(rec *Record, _ *world) { replace(rec, 13, `"dev":"0xde`, `"dev":"0xdf`) }},
		"prev left out":                    {FaultAltered, 13, func(rec *Record, _ *world) { replace(rec, 13, `"prev"`, `"last"`) }},
		"no reading":                       {FaultAltered, 13, func(rec *Record, _ *world) { replace(rec, 13, `{`, `[`) }},
		"other terms": {FaultPurchase, -1, func(rec *Record, _ *world) {
			rec.Terms = []byte(`{"version":1}`)
			rec.Purchase.Terms = crypto.Keccak256Hash(rec.Terms)
		}},
		"another count in an event": {FaultPaid, -1, func(_ *Record, w *world) { w.settled[0].Delivered++ }},
		"paid for more than it commits to": {FaultPaid, -1, func(rec *Record, w *world) {
			s := &rec.Payments[0]
			s.Claims[1].Delivered++
			var leaves []common.Hash
			for _, c := range s.Claims {
				leaves = append(leaves, contracts.SettlementLeaf(uint64(c.Purchase), c.Delivered, c.Head))
			}
			s.Root = contracts.SettlementRoot(leaves)
			w.roots[s.Block] = []Root{{s.Tx, s.Root}}
			w.settled[0].Delivered++
		}},
	} {
		rec, w := kept(14)
		c.do(&rec, w)
		rec.After = common.Hash{}
		for _, one := range rec.Readings {
			rec.After = settlement.Link(rec.After, one.Seq, one.Digest)
		}
		if r := verified(t, built(t, rec), w); r.OK || !r.has(c.code, c.seq) {
			t.Errorf("%s: want %s: %+v", name, c.code, r.Faults)
		}
	}
}

func TestEveryMemberIsHeldAgainstTheChain(t *testing.T) {
	rec, w := kept(12)
	text := write(t, built(t, rec))
	identity := reflect.TypeFor[Identity]()
	for i := range identity.NumField() {
		d := read(t, text)
		change(reflect.ValueOf(&d.Identity).Elem().Field(i))
		if r := verified(t, d, w); r.OK {
			t.Errorf("another %s is not noticed", identity.Field(i).Name)
		}
	}
	for name, c := range map[string]struct {
		code string
		do   func(d *Document, w *world)
	}{
		"another chain":                  {FaultPlace, func(_ *Document, w *world) { w.chainID++ }},
		"another market":                 {FaultPlace, func(_ *Document, w *world) { w.market[3]++ }},
		"no such purchase":               {FaultPurchase, func(_ *Document, w *world) { w.purchase.ID++ }},
		"another device":                 {FaultPurchase, func(_ *Document, w *world) { w.stream.Device[1]++ }},
		"another end":                    {FaultPurchase, func(_ *Document, w *world) { w.purchase.End++ }},
		"a root that is not there":       {FaultRoot, func(_ *Document, w *world) { w.roots[w.settled[1].Block] = nil }},
		"a root of another transaction":  {FaultRoot, func(d *Document, _ *world) { d.Settlements[0].Tx[0]++ }},
		"a proof that leads elsewhere":   {FaultRoot, func(d *Document, _ *world) { d.Settlements[0].Proof[0][0]++ }},
		"a settlement taken out":         {FaultPaid, func(d *Document, _ *world) { d.Settlements = d.Settlements[1:] }},
		"a settlement of another count":  {FaultRoot, func(d *Document, _ *world) { d.Settlements[0].Delivered-- }},
		"another count paid":             {FaultPaid, func(_ *Document, w *world) { w.settled[2].Delivered = 11 }},
		"another key published":          {FaultKeys, func(_ *Document, w *world) { w.keys = []common.Hash{{9}} }},
		"no key":                         {FaultKeys, func(d *Document, _ *world) { d.Key = "whpk_AAAA" }},
		"another key signed":             {FaultAltered, func(d *Document, _ *world) { d.Key = KeyText(make([]byte, 32)) }},
		"a signer who never was":         {FaultSigner, func(_ *Document, w *world) { w.signers = []common.Address{{1}} }},
		"another block":                  {FaultSigner, func(d *Document, _ *world) { d.Block++ }},
		"another time":                   {FaultSigner, func(d *Document, _ *world) { d.Made = d.Made.Add(time.Second) }},
		"another attestation":            {FaultSigner, func(d *Document, _ *world) { d.Attestation.Signature[8] ^= 1 }},
		"no attestation":                 {FaultSigner, func(d *Document, _ *world) { d.Attestation.Signature = nil }},
		"another head":                   {FaultReceipts, func(d *Document, _ *world) { d.Receipts.Head[0]++ }},
		"another beginning":              {FaultReceipts, func(d *Document, _ *world) { d.Receipts.Before[0]++ }},
		"a larger range":                 {FaultForm, func(d *Document, _ *world) { d.Receipts.Count++ }},
		"another total":                  {FaultForm, func(d *Document, _ *world) { d.Receipts.Total-- }},
		"another mean":                   {FaultFigures, func(d *Document, _ *world) { d.Statistics.Quantities[2].Mean++ }},
		"a gap that is not there":        {FaultFigures, func(d *Document, _ *world) { d.FCnt.Missing++ }},
		"fewer readings than statistics": {FaultFigures, func(d *Document, _ *world) { d.Statistics.Readings++ }},
	} {
		rec, w := kept(12)
		d := built(t, rec)
		c.do(d, w)
		if r := verified(t, d, w); r.OK || !r.has(c.code, -1) {
			t.Errorf("%s: want %s: %+v", name, c.code, r.Faults)
		}
	}
}

// change gives a field another value.
func change(v reflect.Value) {
	switch v.Kind() {
	case reflect.Uint32, reflect.Uint64:
		v.SetUint(v.Uint() + 1)
	case reflect.String:
		v.SetString(v.String() + " ")
	case reflect.Array:
		v.Index(0).SetUint(uint64(byte(v.Index(0).Uint() + 1)))
	default:
		panic("bug: the test does not know " + v.Kind().String())
	}
}

func TestItSaysHowTheKeysAreBound(t *testing.T) {
	for name, c := range map[string]struct {
		do          func(w *world)
		key, signer string
	}{
		"published":                  {func(*world) {}, "published on chain", "signer on chain"},
		"published earlier":          {func(w *world) { w.keys = append(w.keys, common.Hash{5}) }, "was published", "signer on chain"},
		"attested alone":             {func(w *world) { w.keys = []common.Hash{{}} }, "attested", "signer on chain"},
		"signed by a former hot key": {func(w *world) { w.signers = append(w.signers, otherKey.address) }, "published on chain", "former signer"},
	} {
		rec, w := kept(5)
		c.do(w)
		if r := verified(t, built(t, rec), w); !r.OK || !strings.Contains(r.Key, c.key) || !strings.Contains(r.Signer, c.signer) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestWhatAnHonestFileMayLack(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(rec *Record, w *world)
		note string
	}{
		"bodies that are no longer kept": {func(rec *Record, _ *world) {
			for i := range 5 {
				rec.Readings[i].Body = nil
			}
		}, ""},
		"a part": {func(rec *Record, _ *world) {
			rec.First, rec.Before = 5, common.Hash{}
			for _, one := range rec.Readings[:5] {
				rec.Before = settlement.Link(rec.Before, one.Seq, one.Digest)
			}
			rec.Readings = rec.Readings[5:]
		}, "receipts 5 to 11 of 12"},
		"an early part": {func(rec *Record, _ *world) {
			rec.Readings, rec.After, rec.End = rec.Readings[:5], common.Hash{}, 5
			for _, one := range rec.Readings {
				rec.After = settlement.Link(rec.After, one.Seq, one.Digest)
			}
		}, "settled 8 readings: outside"},
		"what was settled since": {func(_ *Record, w *world) {
			w.settled = append(w.settled, Settled{common.Hash{9}, 2_000, 60})
			w.purchase.Delivered = 60
		}, "60 readings by now"},
		"an extension since":        {func(_ *Record, w *world) { w.purchase.End += 100; w.moved = true }, "extended or cancelled"},
		"the terms' document":       {func(rec *Record, _ *world) { rec.Terms = nil }, ""},
		"bodies of the first kind":  {func(rec *Record, w *world) { *rec, *w = firstKind() }, ""},
		"a claim that paid nothing": {func(rec *Record, w *world) { rec.Payments[0].Claims[1].Last = true }, ""},
	} {
		rec, w := kept(12)
		c.do(&rec, w)
		if r := verified(t, built(t, rec), w); !r.OK || !strings.Contains(strings.Join(r.Notes, "\n"), c.note) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// firstKind is a purchase whose first readings were made by a version without prev,
// and one of whose readings was parked.
func firstKind() (Record, world) {
	rec, w := kept(3)
	var head common.Hash
	for i := range 2 {
		one := &rec.Readings[i]
		at := bytes.Index(one.Body, []byte(`"prev"`))
		one.Body = slices.Concat(one.Body[:at], one.Body[bytes.Index(one.Body, []byte(`"dev"`)):])
		one.Digest = crypto.Keccak256Hash(one.Body)
	}
	third := &rec.Readings[2]
	third.Seq = 3
	third.Body = bytes.Replace(third.Body, []byte(`"seq":2`), []byte(`"seq":3`), 1)
	third.Digest = crypto.Keccak256Hash(third.Body)
	rec.Skip(2, 3)
	for _, one := range rec.Readings {
		head = settlement.Link(head, one.Seq, one.Digest)
	}
	rec.After = head
	return rec, *w
}

func TestAFaultOfTheNodeIsNoFaultOfTheFile(t *testing.T) {
	rec, w := kept(3)
	w.err = errors.New("gone")
	if _, err := Verify(t.Context(), built(t, rec), w); !errors.Is(err, w.err) {
		t.Errorf("%v", err)
	}
}

func TestAStrangersFileIsRefusedInWords(t *testing.T) {
	rec, _ := kept(3)
	d := built(t, rec)
	good := string(write(t, d))
	many := *d
	many.Readings = make([]Reading, MaxReadings+1)
	for name, text := range map[string]string{
		"nothing":            "",
		"no JSON":            "\x00\x01",
		"another version":    strings.Replace(good, Format, "dbdao-evidence/1", 1),
		"an unknown member":  strings.Replace(good, `"made"`, `"mode":1,"made"`, 1),
		"too many readings":  string(write(t, &many)),
		"two bodies":         strings.Replace(good, `"body":`, `"body_base64":"AAAA","body":`, 1),
		"more than is read":  good + strings.Repeat(" ", MaxBytes),
		"a signature of 99 ": strings.Replace(good, `"signature":"0x`, `"signature":"0x`+strings.Repeat("00", 99), 1),
	} {
		if _, err := Parse([]byte(text)); !errors.Is(err, ErrFile) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFiguresShowAStuckSensorAndAGap(t *testing.T) {
	d := &Document{Identity: Identity{TermsText: terms}}
	add := func(seq, fCnt int, values string, late time.Duration) {
		at := begin.Add(time.Duration(seq) * time.Minute)
		d.Readings = append(d.Readings, Reading{Seq: uint32(seq), Delivered: at.Add(late).UnixNano(),
			Body: fmt.Sprintf(`{"seq":%d,"f_cnt":%d,"received":%q,"values":%s}`, seq, fCnt, at.Format(time.RFC3339), values)})
	}
	for i := range 10 { // ten times the same, then a jump out of what the terms promise
		add(i, 10+i, `{"temperature":21.5,"list":[1,2],"text":"x","flag":true}`, time.Second)
	}
	add(10, 25, `{"temperature":85}`, 11*time.Second) // 20 to 24 are missing
	add(11, 22, `{"temperature":21.5}`, time.Second)  // late: fills one
	add(12, 0, `{"temperature":21.5}`, time.Second)   // a join
	add(13, 2, `{"temperature":21.5}`, time.Second)
	counters, s := figures(d)
	if diff := cmp.Diff(FCnt{Sessions: 2, Missing: 5, Gaps: []Gap{{1, 20, 21}, {1, 23, 24}, {2, 1, 1}}}, counters); diff != "" {
		t.Error(diff)
	}
	if s.Readings != 14 || s.Delay == nil || s.Delay.Min != 1 || s.Delay.Max != 11 || s.Delay.Median != 1 {
		t.Errorf("%+v %+v", s, s.Delay)
	}
	i := slices.IndexFunc(s.Quantities, func(q Quantity) bool { return q.Name == "temperature" })
	if i < 0 || len(s.Quantities) != 4 {
		t.Fatalf("%+v", s.Quantities)
	}
	if q := s.Quantities[2]; q.Name != "pressure" || q.Count != 0 || q.Promised == nil || *q.Promised.Min != 900 || q.Promised.Max != nil {
		t.Errorf("a promised quantity that never came: %+v", q)
	}
	q := s.Quantities[i]
	if q.Count != 14 || q.LongestRun != 10 || q.Min != 21.5 || q.Max != 85 || q.Outside != 1 || q.LargestJump != 63.5 || q.Jumps != 2 ||
		math.Abs(q.Repeated-11.0/13) > 1e-9 || math.Abs(q.Mean-(13*21.5+85)/14) > 1e-9 || q.Promised == nil {
		t.Errorf("%+v", q)
	}
}

// Whatever a file says, it is refused or checked: no crash, and no report that grows
// beyond its bounds.
func FuzzVerify(f *testing.F) {
	rec, w := kept(5)
	d, err := Build(place, rec, signing, hotKey, begin)
	if err != nil {
		f.Fatal(err)
	}
	text, err := json.Marshal(d)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"format":"` + Format + `","receipts":{"count":4294967295,"total":4294967295},"readings":[{"ordinal":4294967294,"seq":4294967295}]}`))
	f.Add([]byte(`{"format":"` + Format + `","readings":[{"body":"{\"values\":{\"a\":1e308,\"b\":-1e308},\"f_cnt\":4294967295,\"prev\":\"0x\"}"}],"made":"2026-09-10T07:00:00Z"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := Parse(text)
		if err != nil {
			return
		}
		began := time.Now()
		r, err := Verify(t.Context(), d, w)
		if err != nil {
			t.Fatal(err)
		}
		if r.OK && len(d.Readings) > 0 && !bytes.Equal(text, write(t, d)) && ReadingsHash(&d.Identity, d.Readings) != d.Attestation.Readings {
			t.Error("it holds though its readings are not those attested")
		}
		if len(r.Faults) > maxFaults+1 || time.Since(began) > 10*time.Second {
			t.Errorf("%d faults in %s", len(r.Faults), time.Since(began))
		}
		if _, err := json.Marshal(r); err != nil {
			t.Error(err)
		}
	})
}
