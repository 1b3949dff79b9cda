// Package bridge carries a reading from the network server to the outbox: route,
// look up, decode, classify, commit, acknowledge. bridge.go is that story;
// run.go builds the parts, starts them in order and stops them in order.
//
// It knows every other package and none of their insides.
package bridge

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/prometheus/client_golang/prometheus"
)

// Entitlements is the memory face of the entitlement cache.
type Entitlements interface {
	Lookup(dev lorawan.DevEUI) []*market.Entitlement
	Now() uint64 // chain time, unix seconds
}

// Outbox takes readings in: done is called after the commit that made the
// reading's parcels durable, in the order of the calls.
type Outbox interface {
	Ingest(r *lorawan.Reading, done func(ledger.Outcome, error))
}

// Joins is told of the joins of bought devices, for servers whose uplinks do not name
// their session: done is called after the commit.
type Joins interface {
	Joined(network string, dev lorawan.DevEUI, addr lorawan.DevAddr, done func(error))
}

// Courier is told of parcels as soon as they are durable.
type Courier interface {
	Posted(parcels []delivery.Parcel)
}

// Intake is the entrance of one source: its name, its template, its decoder, and
// what has been said about it already.
type Intake struct {
	Name     string
	Network  string
	Template lorawan.Template
	Decode   func(payload []byte, u *lorawan.Uplink) error
	Allowed  map[string]bool // applications uplinks are taken from; nil: any

	uplink  lorawan.Uplink // reused: a source hands its arrivals over one by one
	acks    *acker
	fates   map[Fate]prometheus.Counter
	repairs map[Fate]prometheus.Counter
	gaps    *gapFiller // nil: gaps stay until somebody brings what is missing
	tags    []ownTags  // one for each API key of the network server; none: it cannot be asked
	events  map[lorawan.Event]prometheus.Counter
	hearing rhythm // of events of any kind
	qos0s   prometheus.Counter
	odd     prometheus.Counter
	refused atomic.Int64                       // posts with a wrong token
	said    sync.Map                           // Fate → struct{}: logged once per source
	filled  atomic.Pointer[api.BackfillReport] // of the last round of gaps; nil: none yet
	lost    prometheus.Counter
}

// Bridge is the entrance hall: every arrival of every source passes Handle.
type Bridge struct {
	entitlements Entitlements
	outbox       Outbox
	joins        Joins // nil: nobody asks
	courier      Courier
	meter        *Metrics
	health       *Health
	log          *slog.Logger
	codecs       *codecs
	copies       *copies
	owners       owners
}

// New wires the entrance hall.
func New(e Entitlements, out Outbox, c Courier, meter *Metrics, health *Health, log *slog.Logger) *Bridge {
	joins, _ := out.(Joins)
	log = log.With("component", "bridge")
	b := &Bridge{entitlements: e, outbox: out, joins: joins, courier: c, meter: meter, health: health, log: log, codecs: newCodecs(meter, health, log)}
	b.copies = newCopies(b)
	return b
}

// UseScripts lets listings' scripts run. Without it, and without Decoders running,
// readings that need one are not sold.
func (b *Bridge) UseScripts(s Scripts, run Interpreter) { b.codecs.scripts, b.codecs.run = s, run }

// Decoder runs listings' scripts until ctx ends; several may run.
func (b *Bridge) Decoder(ctx context.Context) { b.codecs.work(ctx) }

// Intake prepares the entrance of a source; its acker runs until ctx of Run ends.
func (b *Bridge) Intake(name, network string, t lorawan.Template, decode func([]byte, *lorawan.Uplink) error) *Intake {
	return &Intake{
		Name: name, Network: network, Template: t, Decode: decode,
		acks: newAcker(), fates: resolve(b.meter.uplinks, name), repairs: resolve(b.meter.repairs, name), events: resolveEvents(b.meter.events, name), qos0s: b.meter.qos0s.WithLabelValues(name), odd: b.meter.odd.WithLabelValues(name), lost: b.meter.lost.WithLabelValues(name),
	}
}

// Handle decides one arrival's fate. It never blocks on disk or network; the
// arrival is acknowledged only when its fate is durable. Calls of one intake
// must not overlap.
func (b *Bridge) Handle(in *Intake, a mqtt.Message) {
	t := in.acks.arrive(a)
	topic, fate := b.route(in, a)
	in.note(topic.Event, fate == FateRetained)
	b.noteQoS(in, a)
	if fate != "" {
		b.dismiss(in, t, fate)
		return
	}
	u := &in.uplink
	settle := func(f Fate) {
		in.became(f)
		if f != FateUncommitted { // no ack: the broker keeps it
			in.acks.settle(t)
		}
	}
	if fate := b.read(in, &topic, a.Payload, u); fate != "" {
		b.end(in, u, fate, settle)
		return
	}
	b.commit(in, u, settle)
}

// end settles what is not sold, after noting a join.
func (b *Bridge) end(in *Intake, u *lorawan.Uplink, fate Fate, settle func(Fate)) {
	if fate != FateOtherEvent || u.Event != lorawan.EventJoin || u.DevAddr == (lorawan.DevAddr{}) || b.joins == nil {
		settle(fate)
		return
	}
	b.joins.Joined(in.Network, u.DevEUI, u.DevAddr, func(err error) {
		if err != nil {
			fate = FateUncommitted
		}
		settle(fate)
	})
}

// commit hands a sellable uplink to the outbox. settle is called once, after the
// commit that made its fate durable, or with FateUncommitted if there was none.
// What u points to must not change until then; u itself may.
func (b *Bridge) commit(in *Intake, u *lorawan.Uplink, settle func(Fate)) {
	reading := u.Reading(time.Unix(int64(b.entitlements.Now()), 0))
	b.copies.take(in, &reading, settle)
}

// sell is commit for a reading. settle is also told what the ledger made of it.
func (b *Bridge) sell(in *Intake, reading *lorawan.Reading, settle func(Fate, *ledger.Outcome)) {
	started := time.Now()
	b.codecs.through(reading, b.entitlements.Lookup(reading.DevEUI), func() {
		b.outbox.Ingest(reading, func(o ledger.Outcome, err error) {
			if err != nil {
				settle(FateUncommitted, &o)
				return
			}
			b.meter.commit(time.Since(started))
			b.courier.Posted(o.Parcels)
			if !reading.Repaired { // what is brought later tells nothing of now
				b.notice(in, reading, o.Verdict)
				if in.gaps != nil && o.Skipped > 0 {
					in.gaps.skipped(reading, o.Skipped)
				}
			}
			settle(fateOf(o), &o)
		})
	})
}

// route finds whose uplink it is and whether anybody bought it, from the topic
// alone where the topic says so: an uplink nobody bought is never parsed.
func (b *Bridge) route(in *Intake, a mqtt.Message) (lorawan.Topic, Fate) {
	topic, ok := in.Template.Read(a.Topic)
	switch {
	case !ok:
		return topic, FateOtherTopic
	case !matters(topic.Event):
		return topic, FateOtherEvent
	case a.Retained:
		return topic, FateRetained
	}
	return topic, b.live(in, &topic, a.Payload)
}

// live is bought for an uplink that arrives now.
func (b *Bridge) live(in *Intake, topic *lorawan.Topic, payload []byte) Fate {
	dev, fate := b.bought(topic, payload)
	if watched := b.owners.watched.Load(); watched != nil {
		if waiting := (*watched)[dev]; waiting != nil {
			b.see(in, *topic, payload, waiting)
		}
	}
	return fate
}

// matters says whether an event of a bought device is read at all.
func matters(e lorawan.Event) bool {
	return e == lorawan.EventUp || e == lorawan.EventJoin || e == lorawan.EventUnknown
}

// bought finds the device in the body if the topic does not tell it, and dismisses
// what nobody bought.
func (b *Bridge) bought(topic *lorawan.Topic, payload []byte) (dev lorawan.DevEUI, fate Fate) {
	dev = topic.DevEUI
	if dev == (lorawan.DevEUI{}) {
		var ok bool
		if dev, ok = lorawan.ScanDevEUI(payload); !ok {
			return dev, FateMalformed
		}
	}
	switch {
	case b.entitlements.Lookup(dev) != nil:
		return dev, ""
	case topic.Event == lorawan.EventJoin:
		return dev, FateOtherEvent
	}
	return dev, FateUnbought
}

// read parses a bought uplink and refuses what must not be sold.
func (b *Bridge) read(in *Intake, topic *lorawan.Topic, payload []byte, u *lorawan.Uplink) Fate {
	*u = lorawan.Uplink{}
	if err := in.Decode(payload, u); err != nil {
		b.sayOnce(in, FateMalformed, "an uplink was not understood: check that the source speaks the network server's format",
			slog.String("device", b.nameOf(topic.DevEUI)), slog.Any("err", redacted(err)))
		return FateMalformed
	}
	if err := topic.Check(u); err != nil {
		b.sayOnce(in, FateMismatch, "an uplink's topic and body name different devices or applications: somebody may forge uplinks, check the broker's access list",
			slog.String("device", b.nameOf(topic.DevEUI)), slog.Any("err", err))
		return FateMismatch
	}
	u.Network = in.Network
	if u.Odd > 0 {
		in.odd.Inc()
	}
	if in.Allowed != nil && !in.Allowed[string(u.Application)] {
		b.sayOnce(in, FateForeign, "an uplink comes from an application the source's applications do not list",
			slog.String("device", b.nameOf(u.DevEUI)), slog.String("application", string(u.Application)))
		return FateForeign
	}
	switch u.Billing() {
	case lorawan.BillingEmpty:
		return FateEmpty
	case lorawan.BillingSimulated:
		return FateSimulated
	case lorawan.BillingNotUplink:
		return FateOtherEvent
	}
	return ""
}

// dismiss settles an arrival that makes no parcel.
func (b *Bridge) dismiss(in *Intake, t ticket, f Fate) {
	in.became(f)
	in.acks.settle(t)
}

// nameOf names a device in log and conditions as the chain does, by its commitment: who reads
// them need not know DevEUIs, and `device ls` tells the operator whose it is.
func (b *Bridge) nameOf(dev lorawan.DevEUI) string {
	for _, e := range b.entitlements.Lookup(dev) {
		return e.Device.Hex()
	}
	return "not bought"
}

// sayOnce logs the first arrival of a bad kind of each source; the counter has
// the rest.
func (b *Bridge) sayOnce(in *Intake, f Fate, text string, attrs ...any) {
	if _, told := in.said.LoadOrStore(f, struct{}{}); told {
		return
	}
	b.log.Warn(text, append([]any{slog.String("source", in.Name), slog.String("fate", string(f))}, attrs...)...)
}

// notice names what an operator should look into: a device whose counter fell back
// earns nothing until it has caught up, and one that moved nothing until the operator
// vouches for it again.
func (b *Bridge) notice(in *Intake, r *lorawan.Reading, v ledger.Verdict) {
	switch v {
	case ledger.Moved:
		b.health.Raise(Condition{Code: "device_moved", Subject: b.nameOf(r.DevEUI),
			Text: "a bought device's uplinks come from another application than before, and are not sold: if that is right, vouch for it again with device attest"})
	case ledger.Reset:
		b.sayOnce(in, FateReset, "a device's counter fell back within its session (is its frame-counter check off?): its uplinks are not sold until the counter has caught up or the device joins again",
			slog.String("device", b.nameOf(r.DevEUI)), slog.Uint64("f_cnt", uint64(r.FCnt)))
	}
}

func fateOf(o ledger.Outcome) Fate {
	switch o.Verdict {
	case ledger.Moved:
		return FateMoved
	case ledger.Repeat:
		return FateRepeat
	case ledger.Late:
		return FateLate
	case ledger.Reset:
		return FateReset
	}
	switch {
	case len(o.Parcels) > 0:
		return FatePosted
	case o.Withheld > 0:
		return FateWithheld
	case o.Elsewhere > 0:
		return FateElsewhere
	case o.Failed > 0:
		return FateCodecFailed
	case o.Lacking > 0:
		return FateNothingSold
	case o.OverRate > 0:
		return FateOverRate
	}
	return FateUnbought
}

// redacted keeps an error's kind and drops whatever of the payload it quotes.
func redacted(err error) error {
	if errors.Is(err, lorawan.ErrMalformed) {
		return err // decoders name the place and the field, never the content
	}
	return errors.New("not decodable")
}
