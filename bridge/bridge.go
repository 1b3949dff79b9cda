// Package bridge is the story of an arrival: a network server's message comes in, and if somebody
// bought that device's readings it leaves as parcels, one for each buyer, that are durable before
// the server is told that it arrived. Take tells the story; read it first.
//
// What an arrival passes on the way is in package intake, where arrivals come from in source, what
// buyers do with parcels in buyer, how a device comes to be listed in attest; app builds all of it,
// starts it in order and stops it in order. A package of these imports only those to its left:
//
//	health · meter · intake · bridge · source · buyer · attest · app
package bridge

import (
	"log/slog"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/bridge/meter"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
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

// Bridge takes every arrival of every source.
type Bridge struct {
	Codecs *intake.Codecs // run its Work, or listings' scripts never run
	Copies *intake.Copies // run it, or copies wait for ever
	Tags   intake.Tags
	Lately intake.Senders

	entitlements Entitlements
	outbox       Outbox
	joins        Joins // nil: nobody asks
	courier      Courier
	meter        *meter.Metrics
	health       *health.Conditions
	uplinks      sync.Pool // *lorawan.Uplink
	restarts     restarts
}

// New wires a bridge. out may be a Joins too.
func New(e Entitlements, out Outbox, c Courier, m *meter.Metrics, h *health.Conditions, log *slog.Logger) *Bridge {
	joins, _ := out.(Joins)
	log = log.With("component", "bridge")
	b := &Bridge{entitlements: e, outbox: out, joins: joins, courier: c, meter: m, health: h, Codecs: intake.NewCodecs(m, h, log)}
	b.Copies = intake.NewCopies(e, b.post)
	b.uplinks.New = func() any { return new(lorawan.Uplink) }
	return b
}

// Lookup gives the entitlements of a device.
func (b *Bridge) Lookup(dev lorawan.DevEUI) []*market.Entitlement { return b.entitlements.Lookup(dev) }

// Sent notes that a device was heard of just now, bought or not.
func (b *Bridge) Sent(dev lorawan.DevEUI) { b.Lately.Note(dev, time.Now()) }

// Take decides one arrival's fate. It never blocks on disk or network; whoever brought the
// arrival is told its end when that is durable, which for what is sold is after the commit.
func (b *Bridge) Take(in *intake.Entrance, a intake.Arrival) {
	topic, fate := in.Route(&a)
	if a.Missed == 0 {
		in.Note(topic.Event, fate == intake.FateRetained)
		in.NoteQoS(a.QoS)
	}
	if fate == "" {
		fate = b.bought(in, &topic, &a)
	}
	if fate != "" { // nearly every one ends here, and was not parsed
		in.End(&a, fate)
		return
	}
	u, _ := b.uplinks.Get().(*lorawan.Uplink)
	defer b.uplinks.Put(u)
	fate = b.read(in, &topic, a.Payload, u)
	switch {
	case a.Missed > 0 && fate == "":
		b.repair(in, u, &a)
	case a.Missed > 0:
		in.End(&a, fate)
	case fate == "":
		b.Sell(in, u, in.Ending(&a))
	case fate == intake.FateOtherEvent && u.Event == lorawan.EventJoin:
		b.joined(in, u, &a)
	default:
		in.End(&a, fate)
	}
}

// bought finds the device in the body if the topic does not tell it, and dismisses
// what nobody bought.
func (b *Bridge) bought(in *intake.Entrance, topic *lorawan.Topic, a *intake.Arrival) intake.Fate {
	dev := topic.DevEUI
	if dev == (lorawan.DevEUI{}) {
		var ok bool
		if dev, ok = lorawan.ScanDevEUI(a.Payload); !ok {
			return intake.FateMalformed
		}
	}
	if a.Missed == 0 {
		b.Tags.See(in, topic, dev, a.Payload)
		b.Sent(dev)
	}
	switch {
	case b.entitlements.Lookup(dev) != nil:
		return ""
	case topic.Event == lorawan.EventJoin:
		return intake.FateOtherEvent
	}
	return intake.FateUnbought
}

// read parses a bought uplink and refuses what must not be sold.
func (b *Bridge) read(in *intake.Entrance, topic *lorawan.Topic, payload []byte, u *lorawan.Uplink) intake.Fate {
	*u = lorawan.Uplink{}
	if err := in.Decode(payload, u); err != nil {
		in.SayOnce(intake.FateMalformed, "an uplink was not understood: check that the source speaks the network server's format",
			slog.String("device", b.NameOf(topic.DevEUI)), slog.Any("err", intake.Redacted(err)))
		return intake.FateMalformed
	}
	if err := topic.Check(u); err != nil {
		in.SayOnce(intake.FateMismatch, "an uplink's topic and body name different devices or applications: somebody may forge uplinks, check the broker's access list",
			slog.String("device", b.NameOf(topic.DevEUI)), slog.Any("err", err))
		return intake.FateMismatch
	}
	u.Network = in.Network
	if u.Odd > 0 {
		in.NoteOdd()
	}
	if !in.Takes(u.Application) {
		in.SayOnce(intake.FateForeign, "an uplink comes from an application the source's applications do not list",
			slog.String("device", b.NameOf(u.DevEUI)), slog.String("application", string(u.Application)))
		return intake.FateForeign
	}
	switch u.Billing() {
	case lorawan.BillingEmpty:
		return intake.FateEmpty
	case lorawan.BillingSimulated:
		return intake.FateSimulated
	case lorawan.BillingNotUplink:
		return intake.FateOtherEvent
	}
	return ""
}

// joined notes the join of a bought device before it ends the arrival.
func (b *Bridge) joined(in *intake.Entrance, u *lorawan.Uplink, a *intake.Arrival) {
	if u.DevAddr == (lorawan.DevAddr{}) || b.joins == nil {
		in.End(a, intake.FateOtherEvent)
		return
	}
	done := in.Ending(a)
	b.joins.Joined(in.Network, u.DevEUI, u.DevAddr, func(err error) {
		if err != nil {
			done(intake.End{Fate: intake.FateUncommitted})
			return
		}
		done(intake.End{Fate: intake.FateOtherEvent})
	})
}

// Sell hands a sellable uplink to the outbox. done is called once, after the
// commit that made its fate durable, or with FateUncommitted if there was none.
// u and what it points to may change when Sell returns.
func (b *Bridge) Sell(in *intake.Entrance, u *lorawan.Uplink, done func(intake.End)) {
	now := b.now()
	reading := u.Reading(now)
	undate(in, &reading, now, lorawan.ClockBehind)
	b.Copies.Take(in, &reading, done)
}

// undate drops a reading's times of reception that cannot be, by the chain's clock and by this
// machine's, of which one may be off.
func undate(in *intake.Entrance, r *lorawan.Reading, chain time.Time, behind time.Duration) {
	wall := time.Now()
	earliest, latest := chain, wall
	if latest.Before(earliest) {
		earliest, latest = latest, earliest
	}
	if clock, told := r.Undate(earliest.Add(-behind), latest.Add(lorawan.ClockAhead)); clock != "" {
		in.NoteMisdated(clock, told, wall)
	}
}

func (b *Bridge) now() time.Time { return time.Unix(int64(b.entitlements.Now()), 0) }

// repair sells an uplink that was missed when it was live. It passes the same window, so that it
// is sold once however often it is brought, and counts as received when its network received it:
// that decides which purchases it belongs to. What the contract would pay by now still bounds
// what is sold.
func (b *Bridge) repair(in *intake.Entrance, u *lorawan.Uplink, a *intake.Arrival) {
	now := b.now()
	r := u.Reading(now)
	if tooOld(&r, now, a.Missed) {
		in.End(a, intake.FateTooOld)
		return
	}
	undate(in, &r, now, max(a.Missed, lorawan.ClockBehind))
	var dated bool
	if r.Received, dated = receivedAt(&r, now); !dated {
		in.End(a, intake.FateUndated)
		return
	}
	r.Counted, r.Repaired = now, true
	b.post(in, &r, in.Ending(a))
}

func tooOld(r *lorawan.Reading, now time.Time, oldest time.Duration) bool {
	at, dated := receivedAt(r, now)
	return dated && now.Sub(at) > oldest
}

// receivedAt says when a network received an uplink: by the server's clock, or by a
// gateway's if the server tells none. Nothing was received in the future.
func receivedAt(r *lorawan.Reading, now time.Time) (at time.Time, dated bool) {
	if at = r.Server; at.IsZero() {
		at = r.Gateway
	}
	if at.After(now) {
		return now, true
	}
	return at, !at.IsZero()
}

// post decodes a reading for its buyers, hands it to the outbox, and tells the courier.
func (b *Bridge) post(in *intake.Entrance, reading *lorawan.Reading, done func(intake.End)) {
	started := time.Now()
	b.Codecs.Through(reading, b.entitlements.Lookup(reading.DevEUI), func() {
		b.outbox.Ingest(reading, func(o ledger.Outcome, err error) {
			if err != nil {
				done(intake.End{Fate: intake.FateUncommitted})
				return
			}
			b.meter.Commits.Observe(time.Since(started).Seconds())
			b.courier.Posted(o.Parcels)
			end := intake.End{Fate: fateOf(o)}
			switch {
			case !reading.Repaired: // what is brought later tells nothing of now
				b.notice(in, reading, o.Verdict)
				if in.Skipped != nil && o.Skipped > 0 {
					in.Skipped(reading, o.Skipped)
				}
			case o.Verdict == ledger.Posted:
				end.Below = o.Below
			}
			done(end)
		})
	})
}

// Interval is the shortest time between two readings that a device's buyers bought; 0: nobody
// bought it.
func (b *Bridge) Interval(dev lorawan.DevEUI) (every time.Duration) {
	for _, e := range b.entitlements.Lookup(dev) {
		if d := time.Duration(e.Interval) * time.Second; every == 0 || d < every {
			every = d
		}
	}
	return every
}

// NameOf names a device in log and conditions as the chain does, by its commitment: who reads
// them need not know DevEUIs, and `device ls` tells the operator whose it is.
func (b *Bridge) NameOf(dev lorawan.DevEUI) string {
	for _, e := range b.entitlements.Lookup(dev) {
		return e.Device.Hex()
	}
	return "not bought"
}

// notice names what an operator should look into: a device whose counter fell back
// earns nothing until it has caught up, and one that moved nothing until the operator
// vouches for it again.
func (b *Bridge) notice(in *intake.Entrance, r *lorawan.Reading, v ledger.Verdict) {
	b.noteRestart(r, v)
	switch v {
	case ledger.Moved:
		b.health.Raise(health.Condition{Code: "device_moved", Subject: b.NameOf(r.DevEUI),
			Text: "a bought device's uplinks come from another application than before, and are not sold: if that is right, vouch for it again with device attest"})
	case ledger.Reset:
		in.SayOnce(intake.FateReset, "a device's counter fell back within its session (is its frame-counter check off?): its uplinks are not sold until the counter has caught up or the device joins again",
			slog.String("device", b.NameOf(r.DevEUI)), slog.Uint64("f_cnt", uint64(r.FCnt)))
	}
}

func fateOf(o ledger.Outcome) intake.Fate {
	switch o.Verdict {
	case ledger.Moved:
		return intake.FateMoved
	case ledger.Repeat:
		return intake.FateRepeat
	case ledger.Late:
		return intake.FateLate
	case ledger.Reset:
		return intake.FateReset
	}
	switch {
	case len(o.Parcels) > 0:
		return intake.FatePosted
	case o.Withheld > 0:
		return intake.FateWithheld
	case o.Untaken > 0:
		return intake.FateUntaken
	case o.Elsewhere > 0:
		return intake.FateElsewhere
	case o.Failed > 0:
		return intake.FateCodecFailed
	case o.Lacking > 0:
		return intake.FateNothingSold
	case o.OverRate > 0:
		return intake.FateOverRate
	}
	return intake.FateUnbought
}
