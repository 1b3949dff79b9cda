package buyer

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/kinds"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// openDestination reads a destination and opens its sink, which connects when it is used.
func (b *Desk) openDestination(d delivery.Destination) (delivery.Target, delivery.Sink, error) {
	t, err := kinds.All.Parse(d.Kind, d.Config, b.guard)
	if err != nil {
		return nil, nil, err
	}
	s, err := t.Open(delivery.Env{Dial: b.guard.Dial, Key: b.signing, Agent: b.agent, Destination: d.ID, Now: b.index.Clock})
	return t, s, err
}

// Kinds are the kinds of storage there are.
func (b *Desk) Kinds() delivery.Kinds { return kinds.All }

func refused(err error) error {
	if errors.Is(err, delivery.ErrConfig) || errors.Is(err, ledger.ErrTooMany) || errors.Is(err, ledger.ErrFull) {
		return fmt.Errorf("%w: %w", api.ErrRefused, err)
	}
	return err
}

// SetDestination checks and keeps a destination; what is written as it is shown keeps its value.
// from is where the request came from: an account that has bought nothing may keep little.
func (b *Desk) SetDestination(buyer common.Address, from, name string, in api.DestinationInput) (v api.DestinationView, err error) {
	if err := delivery.CheckName(name); err != nil {
		return v, refused(err)
	}
	old, known, err := b.ledger.DestinationNamed(buyer, name)
	if err != nil {
		return v, err
	}
	config := []byte(in.Config)
	if known && old.Kind == in.Kind {
		if t, err := kinds.All.Parse(old.Kind, old.Config, b.guard); err == nil {
			config = delivery.Keep(config, old.Config, t.Redacted())
		}
	}
	d := delivery.Destination{Buyer: buyer, Name: name, Kind: in.Kind, Config: config, Default: in.Default}
	if _, err := kinds.All.Parse(d.Kind, d.Config, b.guard); err != nil {
		return v, refused(err)
	}
	if err := b.boundConfig(&d); err != nil {
		return v, err
	}
	if known {
		return b.store(d)
	}
	if err := b.visitors.enter(b, buyer, from); err != nil {
		return v, err
	}
	if v, err = b.store(d); err != nil {
		return v, err
	}
	if kept, ok, err := b.ledger.DestinationNamed(buyer, name); err == nil && ok {
		b.visitors.entered(&kept, from)
	}
	return v, nil
}

// What the configurations of one account may have together, in bytes.
const (
	configBytes  = 512 << 10
	visitorBytes = 96 << 10 // before its first purchase
)

// bound refuses what would make an account's configurations too long together.
func (b *Desk) boundConfig(d *delivery.Destination) error {
	bought, err := b.visitors.bought(b, d.Buyer)
	if err != nil {
		return err
	}
	all, err := b.ledger.Destinations(d.Buyer)
	if err != nil {
		return err
	}
	n, most := len(d.Config), configBytes
	if !bought {
		most = visitorBytes
	}
	for _, o := range all {
		if o.Name != d.Name {
			n += len(o.Config)
		}
	}
	if n > most {
		return fmt.Errorf("%w: the configurations of your destinations would have %d bytes together: they may have %d (%d before the first purchase)", api.ErrRefused, n, most, visitorBytes)
	}
	return nil
}

func (b *Desk) store(d delivery.Destination) (v api.DestinationView, err error) {
	if d, err = b.ledger.SetDestination(d); err != nil {
		return v, refused(err)
	}
	b.courier.Changed(d.Buyer, d.ID)
	b.log.Info("a destination was set", "buyer", d.Buyer.Hex(), "kind", d.Kind)
	return b.view(d), nil
}

// view shows a destination without secrets; one that no longer parses shows no options.
func (b *Desk) view(d delivery.Destination) api.DestinationView {
	return api.DestinationView{Name: d.Name, Kind: d.Kind, Config: b.redacted(&d), Default: d.Default, RouteHash: d.RouteHash(), Set: d.Set, Standing: b.standing(&d)}
}

func (b *Desk) standing(d *delivery.Destination) delivery.Standing {
	if s, ok := b.courier.StandingOf(d.ID); ok {
		return s
	}
	return delivery.Standing{Destination: d.ID, Buyer: d.Buyer, Name: d.Name, Kind: d.Kind, State: delivery.StateUnused}
}

const (
	viewsMax = 8 << 20 // bytes of redacted configurations that are kept
	listMax  = 256     // bytes of an option's value in a list: longer ones are left out
)

// redacted is a configuration without secrets. It is read once, not at every request.
func (b *Desk) redacted(d *delivery.Destination) json.RawMessage {
	key := sha256.Sum256(append([]byte(d.Kind+"\x00"), d.Config...))
	if shown, ok := b.views.Get(key); ok {
		return shown
	}
	shown := json.RawMessage(`{}`)
	if t, err := kinds.All.Parse(d.Kind, d.Config, b.guard); err == nil {
		shown = t.Redacted()
	}
	b.views.Add(key, shown)
	return shown
}

// listed leaves the long options out; most configurations have none.
func listed(shown json.RawMessage) json.RawMessage {
	var all map[string]json.RawMessage
	if len(shown) <= listMax || json.Unmarshal(shown, &all) != nil {
		return shown
	}
	maps.DeleteFunc(all, func(_ string, v json.RawMessage) bool { return len(v) > listMax })
	text, err := json.Marshal(all)
	if err != nil {
		return json.RawMessage(`{}`)
	}
	return text
}

func (b *Desk) named(buyer common.Address, name string) (delivery.Destination, error) {
	d, ok, err := b.ledger.DestinationNamed(buyer, name)
	if err == nil && !ok {
		return d, fmt.Errorf("%w: you have no destination %q here (see destination ls)", api.ErrAbsent, name)
	}
	return d, err
}

// Destination shows one.
func (b *Desk) Destination(buyer common.Address, name string) (v api.DestinationView, err error) {
	d, err := b.named(buyer, name)
	if err != nil {
		return v, err
	}
	return b.view(d), nil
}

// Destinations lists a buyer's, long options left out.
func (b *Desk) Destinations(buyer common.Address) ([]api.DestinationView, error) {
	all, err := b.ledger.Destinations(buyer)
	views := make([]api.DestinationView, len(all))
	for i, d := range all {
		views[i] = b.view(d)
		views[i].Config = listed(views[i].Config)
	}
	return views, err
}

// RemoveDestination forgets one.
func (b *Desk) RemoveDestination(buyer common.Address, name string) error {
	d, err := b.named(buyer, name)
	if err != nil {
		return err
	}
	if err := b.ledger.DeleteDestination(buyer, name); err != nil {
		return err
	}
	b.visitors.left(buyer, name)
	b.courier.Changed(buyer, d.ID)
	return nil
}

const testsMax = 16 // under way at once, of different accounts: each may hold a connection until its time is over

// TestDestination sends a reading there that is none: stream and purchase 0, test true. If it is taken, so
// may be what waits: that is tried at once.
func (b *Desk) TestDestination(ctx context.Context, buyer common.Address, name string) (r api.TestReport, err error) {
	if err := b.given(); err != nil {
		return r, err
	}
	d, err := b.named(buyer, name)
	if err != nil {
		return r, err
	}
	leave, err := b.tests.enter(buyer)
	if err != nil {
		return r, err
	}
	defer leave()
	t, sink, err := b.openDestination(d)
	if err != nil {
		return r, refused(err)
	}
	defer sink.Close()
	if t.Limits().Pull {
		return r, fmt.Errorf("%w: nothing is sent to a destination of kind %s: fetch from it", api.ErrRefused, d.Kind)
	}
	p, err := testParcel(time.Now().UTC())
	if err != nil {
		return r, err
	}
	ctx, cancel := context.WithTimeout(ctx, b.delivery.Timeout)
	defer cancel()
	began := time.Now()
	res := sink.Deliver(ctx, delivery.NewBatch(0, []delivery.Parcel{p}))
	r = api.TestReport{Taken: res.Taken == 1, Reason: res.Reason, Took: time.Since(began).Seconds()}
	if len(res.Never) > 0 {
		r.Reason = res.Never[0].Reason
	}
	if r.Taken {
		b.courier.Retry(d.ID)
	}
	return r, nil
}

func testParcel(now time.Time) (p delivery.Parcel, err error) {
	var random [17]byte
	if _, err := rand.Read(random[:]); err != nil {
		return p, err
	}
	p = delivery.Parcel{ID: delivery.ParcelID("msg_" + base32.StdEncoding.EncodeToString(random[:])[:26]), Received: uint64(now.Unix()), Created: now}
	at := now.Format(time.RFC3339Nano)
	p.Body = fmt.Appendf(nil, `{"id":"%s","stream":0,"purchase":0,"seq":0,"prev":"%s","dev":"%s","test":true,"f_cnt":0,"f_port":1,"received":"%s","time":"%s","values":{"test":true}}`,
		p.ID, common.Hash{}, common.Hash{}, at, at)
	return p, nil
}

// RetryDestination makes the next attempt due now.
func (b *Desk) RetryDestination(buyer common.Address, name string) error {
	d, err := b.named(buyer, name)
	if err == nil {
		b.courier.Retry(d.ID)
	}
	return err
}

// rotateLeast is between two rotations of a destination: each opens its connections again, and two
// secrets are kept at most.
const rotateLeast = time.Minute

// RotateDestination sets another signing secret.
func (b *Desk) RotateDestination(buyer common.Address, name, secret string, until time.Time) (v api.DestinationView, err error) {
	d, err := b.named(buyer, name)
	if err != nil {
		return v, err
	}
	k, err := kinds.All.Kind(d.Kind)
	if err != nil {
		return v, refused(err)
	}
	if k.Rotate == nil {
		return v, fmt.Errorf("%w: destinations of kind %s sign with no secret", api.ErrRefused, d.Kind)
	}
	if since := b.index.Clock().Sub(d.Set); bytes.Contains(b.redacted(&d), []byte(`"former_until"`)) && since >= 0 && since < rotateLeast {
		return v, fmt.Errorf("%w: its secret was rotated less than a minute ago, and the former one is forgotten when it is again: give your receiver the new one first", api.ErrRefused)
	}
	config, err := k.Rotate(d.Config, secret, until)
	if err != nil {
		return v, refused(err)
	}
	d.Config = config
	if _, err := kinds.All.Parse(d.Kind, d.Config, b.guard); err != nil {
		return v, refused(err)
	}
	if err := b.boundConfig(&d); err != nil {
		return v, err
	}
	return b.store(d)
}

// RoutePurchase chooses a purchase's destination.
func (b *Desk) RoutePurchase(p market.PurchaseID, name string) error {
	err := b.ledger.RoutePurchase(p, name)
	if errors.Is(err, ledger.ErrDestination) {
		return fmt.Errorf("%w: you have no destination %q here (see destination ls)", api.ErrAbsent, name)
	}
	if err == nil {
		b.courier.Rerouted(p)
	}
	return err
}

// Delivery tells how a purchase's readings fare.
func (b *Desk) Delivery(p market.PurchaseID) (v api.DeliveryView, err error) {
	v = api.DeliveryView{Purchase: p, Queue: b.courier.Queue(p)}
	if v.Delivery, _, err = b.ledger.Delivery(p); err != nil {
		return v, err
	}
	purchase, _, err := b.ledger.Purchase(p)
	if err != nil {
		return v, err
	}
	v.Bound = b.bound(purchase.Buyer)
	if purchase.Gift() {
		v.Gift = &purchase.Payer
	}
	stream, _, err := b.ledger.Stream(purchase.Stream)
	if err != nil {
		return v, err
	}
	next := uint32(0)
	if first, err := b.ledger.Waiting(p, 0, 1); err != nil {
		return v, err
	} else if len(first) > 0 {
		next = first[0].Seq
	}
	v.Outlook = b.index.Outlook(&purchase, &stream, next, v.Waiting)
	d, ok, err := b.ledger.Destination(p)
	if err != nil {
		return v, err
	}
	switch {
	case ok:
		v.Destination, v.Kind, v.Standing = d.Name, d.Kind, b.standing(&d)
	case v.Gift != nil && v.Why == "":
		v.Why = fmt.Sprintf("%s bought it for you: it goes to no destination until you say `destination use NAME %d`; or fetch it", v.Gift, p)
	}
	if v.Why != "" || v.Waiting == 0 {
		return v, nil
	}
	buyer, pushed, err := b.pushed(p)
	if err != nil || pushed {
		return v, err
	}
	why, out, err := b.courier.Unpaid(buyer, p)
	if out {
		v.Why = why.Text
	}
	return v, err
}

// bound says why further readings of a buyer are not stored; "" if they are.
func (b *Desk) bound(buyer common.Address) string {
	u := b.ledger.Untaken(buyer)
	switch {
	case !u.Bound:
		return ""
	case u.Stored == 0:
		return "further readings are not stored: what the operator's ledger lends to buyers who have taken little is used up; have your storage take readings as they come, or ask the operator"
	}
	return fmt.Sprintf("further readings are not stored: %.1f MB of yours wait, parked ones among them, and you have taken too few for more; take some (put your storage right and `destination retry`, or `receive` them): each makes room for others", float64(u.Stored)/1e6)
}

// Parked lists what was set aside.
func (b *Desk) Parked(p market.PurchaseID, from uint32, limit int) ([]api.ParkedView, error) {
	all, err := b.ledger.Parked(p, from, limit)
	views := make([]api.ParkedView, len(all))
	for i, one := range all {
		views[i] = api.ParkedView{ID: one.ID, Seq: one.Seq, Code: one.Code, Text: one.Text, Posted: one.Created, Parked: one.At}
	}
	return views, err
}

// Look names those that do not accept parcels, and what the bridge lacks itself.
func (b *Desk) Look() {
	failing := map[string]bool{}
	for _, s := range b.courier.Standings() {
		if s.State != delivery.StateRetrying && s.State != delivery.StateSuspended && s.State != delivery.StateUnpaid && s.State != delivery.StateGone && s.State != delivery.StateBroken {
			continue
		}
		if s.State == delivery.StateRetrying && (s.Streak == 0 || s.LastError.None()) {
			continue // a batch is cut in halves, or one reading is refused while others are taken
		}
		subject := s.Buyer.Hex() + "/" + s.Name
		failing[subject] = true
		b.health.Raise(health.Condition{Code: "destination_failing", Subject: subject,
			Text: fmt.Sprintf("the %s destination at %s does not accept parcels (%s, %d attempts): they wait, others are not affected", s.Kind, s.Host, s.LastError.Text, s.Streak)})
	}
	for _, c := range b.health.List() {
		if c.Code == "destination_failing" && !failing[c.Subject] {
			b.health.Clear(c.Code, c.Subject)
		}
	}
	why, at := b.courier.OwnFault()
	b.health.Set(time.Since(at) < time.Minute, health.Condition{Code: "bridge_starved", Text: "deliveries wait for something of the bridge's own: " + why.Text})
}
