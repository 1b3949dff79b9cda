package sinktest

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/internal/netguard"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// Peer is the other side of a destination, as a test of a kind makes it. It is best a
// real server.
type Peer struct {
	// Config is a configuration that works with it.
	Config string
	// Held lists what it holds durably: a parcel's id for each time it is there. Two of one
	// id are a duplicate that the store's own idempotence did not catch, unless Repeats.
	Held func(t *testing.T) []string
	// Repeats says that a buyer who reads it sees a repeated delivery again, under the same id.
	Repeats bool
	// Unordered says that Held tells nothing about the order of arrival.
	Unordered bool
	// Bad makes a parcel one it will never take; nil if there is none.
	Bad func(p *delivery.Parcel)
}

// Suite says how a kind is tested.
type Suite struct {
	Kind delivery.Kind
	// New makes a peer that works; it is called for each case. Nil: there is none here, and
	// the cases that need one are skipped.
	New func(t *testing.T) Peer
	// Proxied makes the configuration go to another address of loopback instead.
	Proxied func(config string, address string) string
	// At makes a configuration that goes to a host and port, with TLS if the kind has it.
	At func(host, port string) string
	// Encrypted starts a peer that speaks with this configuration of TLS, and gives a
	// configuration for it without the options of delivery.TLS, which the suite sets. It
	// must be given if the kind has those.
	Encrypted func(t *testing.T, server *tls.Config) (config string)
	// Secrets are configurations with marks of the form SECRET… where secrets stand.
	Secrets []string
	// Bad are configurations that must be refused, and a word of the sentence that says why.
	Bad map[string]string
	// Beside, if somebody may try to write more than one address into a configuration, makes
	// one with a good address first and this host and port second.
	Beside func(host, port string) string
	// Second, if the protocol lets a peer name another address to go on with (a redirect, a
	// list of brokers), starts a peer that names the given one, and gives its configuration.
	Second func(t *testing.T, address string) (config string)
}

// Key is the operator's key in tests.
var Key = ed25519.NewKeyFromSeed(make([]byte, 32))

// Lab lets private addresses be dialled: peers of tests live on loopback.
var Lab = netguard.Guard{AllowPrivate: true}

func env(guard netguard.Guard) delivery.Env {
	return delivery.Env{Dial: guard.Dial, Key: Key, Agent: "sinktest", Destination: delivery.DestinationID{0x5a, 1, 2, 3}, Now: time.Now}
}

// Open opens a sink of a kind in a lab.
func Open(t *testing.T, k delivery.Kind, config string) (delivery.Target, delivery.Sink) {
	t.Helper()
	target, err := delivery.Kinds{k}.Parse(k.Name, []byte(config), Lab)
	if err != nil {
		t.Fatal(err)
	}
	s, err := target.Open(env(Lab))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return target, s
}

// cases are the suite, in order. Those that need a peer are left out by a suite that has
// none.
var cases = []struct {
	name string
	peer bool
	run  func(*testing.T, Suite)
}{
	{"taken is durable at the other side", true, taken},
	{"through the courier everything arrives once and in order", true, courier},
	{"after a crash the same ids and batches arrive", true, crash},
	{"a bad parcel is found and the others arrive", true, bad},
	{"an other side that is away, silent, slow, cut off or lying", true, moods},
	{"the end of the context is honoured", true, honours},
	{"certificates are checked and shown as the options say", true, certificates},
	{"nothing shows a secret", false, secrets},
	{"what is accepted can be opened, what cannot is refused with a sentence", false, parsing},
	{"no special-purpose address is dialled", false, forbidden},
	{"a second address is dialled through the guard", false, second},
}

// Cases names the cases of the suite in order.
func Cases() (names []string) {
	for _, c := range cases {
		names = append(names, c.name)
	}
	return names
}

// Run runs the whole suite.
func Run(t *testing.T, s Suite) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.peer && s.New == nil {
				t.Skip("it needs a real server, or the kind sends nothing")
			}
			c.run(t, s)
		})
	}
}

func ids(parcels []delivery.Parcel) []string {
	all := make([]string, len(parcels))
	for i := range parcels {
		all[i] = string(parcels[i].ID)
	}
	return all
}

func unique(all []string) []string {
	all = slices.Clone(all)
	slices.Sort(all)
	return slices.Compact(all)
}

// batches cuts parcels as the kind wants them.
func batches(l delivery.Limits, parcels []delivery.Parcel) (all []delivery.Batch) {
	first := uint64(0)
	for some := range slices.Chunk(parcels, l.Parcels) {
		all = append(all, delivery.NewBatch(first, some))
		if l.Bounded {
			first += uint64(len(some))
		}
	}
	return all
}

func deliver(t *testing.T, s delivery.Sink, b delivery.Batch, within time.Duration) delivery.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	return s.Deliver(ctx, b)
}

// taken delivers some batches and looks for them at the other side at once, twice: what
// is sent again must not be there twice.
func taken(t *testing.T, s Suite) {
	peer := s.New(t)
	target, sink := Open(t, s.Kind, peer.Config)
	parcels := append(Parcels(1, 0, 25), Parcels(2, 0, 15)...)
	for range 2 {
		for _, b := range batches(target.Limits(), parcels) {
			res := deliver(t, sink, b, 20*time.Second)
			if res.Taken != len(b.Parcels) || !res.Reason.None() || len(res.Never) > 0 {
				t.Fatalf("%d of %d were taken: %+v", res.Taken, len(b.Parcels), res)
			}
		}
		held := peer.Held(t)
		if want := unique(ids(parcels)); !slices.Equal(unique(held), want) {
			t.Fatalf("the other side holds %d parcels, want %d", len(unique(held)), len(want))
		}
		if len(held) != len(parcels) && !peer.Repeats {
			t.Errorf("the other side holds %d rows for %d parcels", len(held), len(parcels))
		}
	}
}

// rig runs a courier over a shelf and a real sink.
type rig struct {
	shelf *Shelf
	dest  delivery.Destination
	kind  delivery.Kind
	ids   chan string // of batches handed over
}

func newRig(s Suite, config string) *rig {
	return &rig{shelf: NewShelf(), kind: s.Kind, ids: make(chan string, 10_000),
		dest: delivery.Destination{ID: delivery.DestinationID{0x5a, 9}, Buyer: common.Address{1}, Name: "d", Kind: s.Kind.Name, Config: delivery.Config(config)}}
}

func (r *rig) Destination(market.PurchaseID) (delivery.Destination, bool, error) {
	return r.dest, true, nil
}
func (r *rig) Standing(market.PurchaseID, uint32, uint64) market.Standing { return market.Deliver }
func (r *rig) Attempted(string, delivery.Code, time.Duration, int)        {}
func (r *rig) SetAside(string, delivery.Code, int)                        {}
func (r *rig) open(d delivery.Destination) (delivery.Target, delivery.Sink, error) {
	target, err := delivery.Kinds{r.kind}.Parse(d.Kind, d.Config, Lab)
	if err != nil {
		return nil, nil, err
	}
	e := env(Lab)
	e.Destination = d.ID
	s, err := target.Open(e)
	return target, &spy{s, r.ids}, err
}

// spy tells which batches are handed over.
type spy struct {
	delivery.Sink
	ids chan string
}

func (s *spy) Deliver(ctx context.Context, b delivery.Batch) delivery.Result {
	if len(b.Parcels) > 1 || b.First > 0 {
		s.ids <- fmt.Sprint(b.First, " ", b.ID)
	}
	return s.Sink.Deliver(ctx, b)
}

// run starts a courier; stop ends it.
func (r *rig) run(t *testing.T) (c *delivery.Courier, stop func()) {
	c = delivery.NewCourier(delivery.CourierConfig{Timeout: 5 * time.Second, Schedule: []time.Duration{0, 50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, time.Second, 24 * time.Hour}},
		r.shelf, r, r, r.open, r, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	return c, func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Error("the courier did not end within 10 s of its context")
		}
	}
}

func until(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}

func courier(t *testing.T, s Suite) {
	peer := s.New(t)
	r := newRig(s, peer.Config)
	c, stop := r.run(t)
	defer stop()
	const purchases, each = 5, 40
	for i := range each {
		for p := range market.PurchaseID(purchases) {
			parcels := Parcels(p+1, i, 1)
			r.shelf.Put(parcels...)
			c.Posted(parcels)
		}
	}
	until(t, 60*time.Second, "everything is delivered", func() bool { return len(r.shelf.Receipts()) == purchases*each })
	held := peer.Held(t)
	if len(unique(held)) != purchases*each || len(held) != purchases*each {
		t.Errorf("the other side holds %d, %d of them different; want %d", len(held), len(unique(held)), purchases*each)
	}
	last := map[string]string{} // purchase → newest id
	for _, id := range held {
		p := id[:12]
		if id < last[p] && !peer.Unordered {
			t.Fatalf("%s arrived after %s", id, last[p])
		}
		last[p] = id
	}
}

// crash loses every receipt of a first run.
func crash(t *testing.T, s Suite) {
	peer := s.New(t)
	r := newRig(s, peer.Config)
	for p := range market.PurchaseID(4) {
		r.shelf.Put(Parcels(p+1, 0, 30)...)
	}
	target, err := delivery.Kinds{s.Kind}.Parse(s.Kind.Name, []byte(peer.Config), Lab)
	if err != nil {
		t.Fatal(err)
	}
	_, stop := r.run(t)
	until(t, 30*time.Second, "something arrives", func() bool { return len(peer.Held(t)) >= 20 })
	r.shelf.Crash()
	time.Sleep(300 * time.Millisecond)
	stop()
	before := drain(r.ids)
	open, _ := r.shelf.Begun(r.dest.ID)
	r.shelf.Recover()
	for p := range market.PurchaseID(4) { // what comes later must not change what went out
		r.shelf.Put(Parcels(p+1, 30, 3)...)
	}
	_, stop = r.run(t)
	until(t, 60*time.Second, "everything is delivered", func() bool { return r.shelf.Left() == 0 })
	stop()
	held := peer.Held(t)
	if len(unique(held)) != 4*33 {
		t.Errorf("the other side holds %d different parcels, want %d", len(unique(held)), 4*33)
	}
	if !peer.Repeats && len(held) != 4*33 {
		t.Errorf("the other side holds %d rows for %d parcels", len(held), 4*33)
	}
	if target.Limits().Bounded {
		after := drain(r.ids)
		for _, b := range open {
			name := fmt.Sprint(b.First, " ", b.ID)
			if slices.Contains(before, name) && !slices.Contains(after, name) {
				t.Errorf("batch %s left before the crash and was cut another way after it", name)
			}
		}
	}
}

func drain(c chan string) (all []string) {
	for {
		select {
		case id := <-c:
			all = append(all, id)
		default:
			return all
		}
	}
}

func bad(t *testing.T, s Suite) {
	peer := s.New(t)
	if peer.Bad == nil {
		t.Skip("this kind takes every parcel")
	}
	r := newRig(s, peer.Config)
	parcels := Parcels(1, 0, 20)
	peer.Bad(&parcels[7])
	r.shelf.Put(parcels...)
	_, stop := r.run(t)
	defer stop()
	until(t, 60*time.Second, "the bad one is set aside and the others arrive", func() bool { return r.shelf.Left() == 0 })
	aside := r.shelf.Aside()
	if len(aside) != 1 || aside[0].Seq != 7 || aside[0].Action != delivery.ActionParked || aside[0].Why.Text == "" {
		t.Errorf("set aside: %+v", aside)
	}
	if n := len(unique(peer.Held(t))); n != 19 {
		t.Errorf("%d of 19 arrived", n)
	}
}

func secrets(t *testing.T, s Suite) {
	for _, config := range s.Secrets {
		target, err := delivery.Kinds{s.Kind}.Parse(s.Kind.Name, []byte(config), Lab)
		if err != nil {
			t.Fatal(err)
		}
		sink, err := target.Open(env(Lab))
		if err != nil {
			t.Fatal(err)
		}
		res := deliver(t, sink, delivery.NewBatch(0, Parcels(1, 0, 1)), 3*time.Second)
		_ = sink.Close()
		d := delivery.Destination{Config: delivery.Config(config)}
		asJSON, jsonErr := json.Marshal(d)
		for what, text := range map[string]string{
			"Redacted": string(target.Redacted()), "%v": fmt.Sprintf("%v", target), "%+v": fmt.Sprintf("%+v", target), "%#v": fmt.Sprintf("%#v", target),
			"a log":      slog.AnyValue(target).String(),
			"the result": fmt.Sprintf("%+v", res), "Addresses": fmt.Sprint(target.Addresses()), "a destination": fmt.Sprintf("%+v %#v %v %s", d, d, d.Config, asJSON),
			"the error": fmt.Sprint(jsonErr),
		} {
			if strings.Contains(text, "SECRET") {
				t.Errorf("%s shows a secret: %s", what, text)
			}
		}
		var shown, written map[string]any
		if json.Unmarshal(target.Redacted(), &shown) != nil || json.Unmarshal([]byte(config), &written) != nil {
			t.Fatal("the redacted form is no JSON object")
		}
		if kept := delivery.Keep(target.Redacted(), []byte(config), target.Redacted()); !sameSecrets(kept, []byte(config)) {
			t.Errorf("a destination written back as it is shown loses a secret: %s", kept)
		}
		for _, o := range s.Kind.Manual() {
			if _, set := written[o.Name]; set && o.Doc != "" {
				if _, ok := shown[o.Name]; !ok {
					t.Errorf("option %s is set and not shown at all", o.Name)
				}
			}
		}
	}
	if len(s.Secrets) == 0 && slices.ContainsFunc(s.Kind.Manual(), func(o delivery.Option) bool { return o.Secret }) {
		t.Error("the kind has secret options and the suite no configuration with them")
	}
}

func sameSecrets(a, b []byte) bool {
	return reflect.DeepEqual(marks(a), marks(b)) && len(marks(a)) > 0
}

// marks are the texts with SECRET in them.
func marks(config []byte) (all []string) {
	var v any
	if json.Unmarshal(config, &v) != nil {
		return nil
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			if strings.Contains(v, "SECRET") {
				all = append(all, v)
			}
		case map[string]any:
			for _, one := range v {
				walk(one)
			}
		case []any:
			for _, one := range v {
				walk(one)
			}
		}
	}
	walk(v)
	slices.Sort(all)
	return all
}

func parsing(t *testing.T, s Suite) {
	ks := delivery.Kinds{s.Kind}
	for config, says := range s.Bad {
		target, err := ks.Parse(s.Kind.Name, []byte(config), netguard.Guard{})
		if err == nil {
			t.Errorf("%s was accepted as %v", config, target)
			continue
		}
		if text := err.Error(); !strings.Contains(text, says) || strings.Contains(text, "SECRET") || len(text) > 700 {
			t.Errorf("%s: %q, want a sentence with %q", config, text, says)
		}
	}
	for _, config := range []string{``, `[]`, `null`, `{"nonsense":1}`, `{"url":7}`, `{"nonsense":"SECRET"`, `{} {}`} {
		if _, err := ks.Parse(s.Kind.Name, []byte(config), netguard.Guard{}); err == nil || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v", config, err)
		}
	}
	target, err := ks.Parse(s.Kind.Name, []byte(s.Kind.Example), netguard.Guard{})
	if err != nil {
		t.Fatalf("the example: %v", err)
	}
	sink, err := target.Open(env(netguard.Guard{}))
	if err != nil {
		t.Fatalf("the example was accepted and cannot be opened: %v", err)
	}
	if err := sink.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	for _, a := range target.Addresses() {
		if !a.TLS {
			t.Errorf("the example goes to %s without TLS", a)
		}
	}
}
