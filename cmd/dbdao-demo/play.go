package main

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge/app"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
)

const (
	price    = 100 // 10⁻⁶ DTX: 0.0001 DTX a reading
	interval = 1   // seconds
	period   = 1200 * time.Millisecond
)

// stage is everything around the bridge.
type stage struct {
	tell   *teller
	dir    string
	seed   uint64
	broker *broker
	chain  *chain
	deploy contracts.Deployment
	market *client.Client

	platform, admin, operator, owner, ann, bob party // admin is the operator's cold key, operator his hot one
	operatorID                                 uint64
	tokens                                     chan error // that they are handed out
	webhook                                    *webhookSink
	mqttSink                                   *storage

	world   *sim.World
	fleet   []*sim.Device
	streams []market.StreamID // by device
	selling sync.Mutex
	sales   []sale
}

// sale is a purchase with its buyer's storage.
type sale struct {
	purchase market.PurchaseID
	device   int
	buyer    *party
	storage  *storage
	name     string
}

// play is the demo from curtain to curtain.
func play(ctx context.Context, span time.Duration, seed uint64, tell *teller) (sum *summary, err error) {
	dir, err := os.MkdirTemp("", "dbdao-demo-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	s := &stage{tell: tell, dir: dir, seed: seed}
	for _, p := range []*party{&s.platform, &s.admin, &s.operator, &s.owner, &s.ann, &s.bob} {
		*p = newParty()
	}
	if s.broker, err = startBroker(); err != nil {
		return nil, err
	}
	defer s.broker.Close()
	if s.chain, err = startChain(ctx, []party{s.platform, s.admin, s.operator, s.owner, s.ann, s.bob}); err != nil {
		return nil, err
	}
	defer s.chain.Close()
	tell.say("an MQTT broker and an Ethereum chain run in this process")
	joined := make(chan error, 1)
	go func() { joined <- s.join() }() // meanwhile
	if err := errors.Join(s.openMarket(ctx), <-joined); err != nil {
		return nil, err
	}

	run, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	cfg := s.config()
	go func() {
		ended <- app.Run(run, cfg, false, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	}()
	defer func() {
		end()
		err = errors.Join(err, <-ended)
	}()
	if err := s.sell(ctx, cfg); err != nil {
		return nil, err
	}
	defer s.webhook.Close()
	watch, unwatch := context.WithCancel(ctx)
	defer unwatch()
	go s.watchMoney(watch)
	sum, bought, err := s.send(ctx, span)
	if err != nil {
		return nil, err
	}
	unwatch()
	return sum, s.judge(sum, bought)
}

// key is the party as a signer.
func (p *party) signer() *settlement.Key { return settlement.NewKey(p.key) }

// openMarket deploys the contracts, hands out tokens and registers the operator.
func (s *stage) openMarket(ctx context.Context) (err error) {
	rules := contracts.DemoRules()
	rules.Owner, rules.Platform, rules.Guardian, rules.Arbiter = s.platform.addr, s.platform.addr, newParty().addr, newParty().addr // nobody pauses or rules here
	p, err := client.Deploy(ctx, s.chain.client, s.platform.addr, rules)
	if err != nil {
		return err
	}
	made, err := p.SendAll(ctx, s.platform.signer())
	if err != nil {
		return err
	}
	s.deploy = made[len(made)-1].Deployment
	if s.market, err = client.New(ctx, s.chain.client, s.deploy.Market, s.platform.addr); err != nil {
		return err
	}
	s.tell.say("the platform deployed DTX and the DataMarket at %s", s.deploy.Market)
	s.tokens = make(chan error, 1)
	go func() { s.tokens <- s.handOut(ctx) }()
	register, err := s.market.For(s.admin.addr).RegisterOperator(client.Registration{Signer: s.operator.addr, Payout: s.operator.addr})
	if err != nil {
		return err
	}
	registered, err := register.Send(ctx, s.admin.signer())
	if err != nil {
		return fmt.Errorf("register the operator: %w", err)
	}
	s.operatorID = uint64(registered.Operator)
	s.tell.say("the network operator registered as operator %d", s.operatorID)
	return s.sealKey()
}

// handOut gives owner and buyers tokens, while the operator registers and the bridge starts.
func (s *stage) handOut(ctx context.Context) error {
	return together(func(p *party) error {
		if _, err := s.market.Transfer(p.addr, contracts.DTXWei(1000)).Send(ctx, s.platform.signer()); err != nil {
			return fmt.Errorf("hand out tokens: %w", err)
		}
		return nil
	}, &s.owner, &s.ann, &s.bob)
}

// together does something for several at once: what they send shares a block.
func together[T any](each func(T) error, all ...T) error {
	faults := make([]error, len(all))
	var wg sync.WaitGroup
	for i, one := range all {
		wg.Go(func() { faults[i] = each(one) })
	}
	wg.Wait()
	return errors.Join(faults...)
}

// sealKey stores the operator's key as the bridge wants it.
func (s *stage) sealKey() error {
	return errors.Join(s.operator.signer().Store(filepath.Join(s.dir, "operator.json"), "demo", settlement.LightSeal), settlement.NewSecret(filepath.Join(s.dir, "password"), []byte("demo")))
}

// config is the bridge's configuration: what an operator would write, with the
// demo's addresses.
func (s *stage) config() config.Config {
	public, _ := freePort()
	admin, _ := freePort()
	c, err := config.Parse(fmt.Sprintf(`
data_dir = %q
[operator]
id = %d
name = "Example Telecom"
keystore = %q
password_file = %q
[chain]
rpc = [%q]
market = %q
start_block = %d
confirmations = 0 # of a chain in this process, which has no other branch
poll_interval = "100ms"
[[sources]]
url = %q
[delivery]
allow_private_addresses = true
retry_schedule = ["0s", "1s", "2s", "5s", "10s", "1h"]
[settlement]
interval = "3s"
settle_when_cut_covers = "0x gas"
[api]
listen = "127.0.0.1:%d"
[admin]
listen = "127.0.0.1:%d"
`, filepath.Join(s.dir, "data"), s.operatorID, filepath.Join(s.dir, "operator.json"), filepath.Join(s.dir, "password"),
		s.chain.URL, s.deploy.Market.Hex(), s.deploy.Block, s.broker.URL, public, admin))
	if err != nil {
		panic("bug: the demo's configuration: " + err.Error())
	}
	return c
}

// sell lists five sensors and sets the buyers' destinations; then the first three are Ann's, the second to fourth
// Bob's, and nobody buys the fifth.
func (s *stage) sell(ctx context.Context, cfg config.Config) error {
	public := api.NewClient("http://"+cfg.API.Listen, "")
	var info api.OperatorInfo
	if err := until(ctx, 20*time.Second, "the bridge does not answer", func() (err error) { info, err = public.Operator(ctx); return err }); err != nil {
		return err
	}
	s.tell.say("the bridge runs beside the network server: %s", cfg.API.Listen)
	token, err := app.MakeAdminToken(cfg.Path(app.AdminToken))
	if err != nil {
		return err
	}
	admin := api.NewClient("http://"+cfg.Admin.Listen, token)
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(info.Key, "whpk_"))
	if err != nil {
		return fmt.Errorf("the operator's key: %w", err)
	}
	seen := func(name string, d delivered) { s.tell.delivered(name, d) }
	if s.webhook, err = startWebhookSink(newStorage("Ann (webhook)", seen)); err != nil {
		return err
	}
	s.webhook.trust(ed25519.PublicKey(key))
	s.mqttSink = newStorage("Bob (MQTT)", seen)
	if err := <-s.tokens; err != nil {
		return err
	}
	ann := &basket{"Ann", &s.ann, s.webhook.storage, []int{0, 1, 2}, destination("http", "url", s.webhook.URL)}
	bob := &basket{"Bob", &s.bob, s.mqttSink, []int{1, 2, 3}, destination("mqtt", "url", s.broker.URL, "topic", "bob/readings")}
	readied := make(chan error, 1)
	go func() {
		readied <- together(func(b *basket) error { return b.ready(ctx, api.NewClient(public.Base, "")) }, ann, bob)
	}()
	if err := errors.Join(s.list(ctx, admin), <-readied); err != nil {
		return err
	}
	if err := together(func(b *basket) error { return s.buy(ctx, b) }, ann, bob); err != nil {
		return err
	}
	s.tell.say("nobody bought stream %d: its readings must stay in the house", s.streams[4])
	return s.served(ctx, admin)
}

// join lets the sensors join over the air, in the minute before the demo began. In
// US915 no duty cycle keeps a sensor from sending every second.
func (s *stage) join() (err error) {
	start := time.Now().Add(-time.Minute)
	s.world, err = sim.New(sim.Setup{
		Seed: s.seed, Start: start, Region: sim.Regions["us915"],
		Devices: sim.Fleet(s.seed, 5, sim.FleetSetup{Radius: 500}), Gateways: sim.Grid(s.seed, 2, 400),
	})
	if err != nil {
		return err
	}
	s.fleet = s.world.Devices()
	if !s.world.RunWhile(func() bool { return !s.world.AllJoined() }, start.Add(time.Minute)) {
		return errors.New("a sensor did not join: try another seed")
	}
	s.world.RunUntil(time.Now())
	return nil
}

// list has the operator attest every sensor, and lists their streams in one
// transaction.
func (s *stage) list(ctx context.Context, admin *api.Client) error {
	var fleet []client.Listing
	for _, d := range s.fleet {
		a, err := admin.Attest(ctx, api.AttestRequest{DevEUI: d.DevEUI, Owner: s.owner.addr, TermsText: `{"sell":["values"],"version":2}`, Force: true}) // none of them has sent yet
		if err != nil {
			return err
		}
		fleet = append(fleet, client.Listing{DeviceClaim: a.DeviceClaim, Signature: common.FromHex(a.Signature), Price: price, Interval: interval, Terms: a.Terms, Stake: contracts.DTXWei(100)})
	}
	p, err := s.market.For(s.owner.addr).List(fleet...)
	if err != nil {
		return err
	}
	listed, err := p.SendAll(ctx, s.owner.signer())
	if err != nil {
		return fmt.Errorf("list: %w", err)
	}
	for i, l := range listed {
		s.streams = append(s.streams, l.Stream)
		s.tell.listed(s.fleet[i].DevEUI, l)
	}
	return nil
}

// basket is what one buyer buys, and where it goes.
type basket struct {
	name    string
	buyer   *party
	storage *storage
	devices []int
	to      api.DestinationInput
}

// ready signs the buyer in and sets his destination.
func (b *basket) ready(ctx context.Context, public *api.Client) error {
	if err := public.SignIn(ctx, b.buyer.signer()); err != nil {
		return err
	}
	_, err := public.SetDestination(ctx, "store", b.to)
	return err
}

func (s *stage) buy(ctx context.Context, b *basket) error {
	var orders []client.Order
	for _, d := range b.devices {
		orders = append(orders, client.Order{Stream: s.streams[d], Duration: time.Hour})
	}
	p, err := s.market.For(b.buyer.addr).Buy(ctx, nil, orders...)
	if err != nil {
		return err
	}
	bought, err := p.SendAll(ctx, b.buyer.signer())
	if err != nil {
		return fmt.Errorf("buy: %w", err)
	}
	s.selling.Lock()
	defer s.selling.Unlock()
	for i, one := range bought {
		s.sales = append(s.sales, sale{one.Purchase, b.devices[i], b.buyer, b.storage, b.name})
		s.tell.bought(b.name, one)
	}
	return nil
}

// served waits until the bridge delivers what was bought, and the clock has come to where the chain's
// is: a reading of before its purchase is nobody's.
func (s *stage) served(ctx context.Context, admin *api.Client) error {
	if err := until(ctx, 20*time.Second, "the purchases are not served", func() error {
		st, err := admin.Status(ctx)
		if err == nil && st.Entitlements.Serving < len(s.sales) {
			err = errors.New("the bridge has not seen them yet")
		}
		return err
	}); err != nil {
		return err
	}
	for _, sold := range s.sales {
		p, err := s.market.Reader.Purchase(ctx, sold.purchase)
		if err != nil {
			return err
		}
		time.Sleep(time.Until(time.Unix(int64(p.Start), 0)))
	}
	return nil
}

// destination is what a buyer sets, once for all his purchases.
func destination(kind string, pairs ...string) api.DestinationInput {
	config := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		config[pairs[i]] = pairs[i+1]
	}
	b, err := json.Marshal(config)
	if err != nil {
		panic("bug: a map of texts is JSON: " + err.Error())
	}
	return api.DestinationInput{Kind: kind, Config: b}
}

func until(ctx context.Context, within time.Duration, what string, try func() error) error {
	deadline := time.Now().Add(within)
	for {
		err := try()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// reading names what a purchase is owed.
type reading struct {
	purchase market.PurchaseID
	fCnt     uint32
}

// send lets the sensors send until the time is over, and tells which readings were bought.
func (s *stage) send(ctx context.Context, span time.Duration) (sum *summary, bought map[reading]bool, err error) {
	sub := mqtt.NewSubscriber(mqtt.Config{URL: s.broker.URL, ClientID: "bob"}, []string{"bob/readings"}, func(m mqtt.Message) {
		_ = s.mqttSink.put(m.Payload) // a delivery that is none is on record
		m.Ack()
	}, mqtt.Events{})
	listen, hangUp := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer hangUp()
	wg.Go(func() { _ = sub.Run(listen) }) // ends with the demo

	pub := mqtt.NewPublisher(mqtt.Config{URL: s.broker.URL, ClientID: "chirpstack", CleanSession: true})
	defer pub.Close()
	sum, bought = &summary{}, map[reading]bool{}
	var stop <-chan time.Time
	if span > 0 {
		stop = time.After(span)
	}
	var failed error
	s.world.Event = func(e *sim.Event) {
		topic, body := sim.V4JSON.Render(e)
		if err := pub.Publish(context.Background(), topic, body, 1); err != nil && failed == nil {
			failed = fmt.Errorf("publish: %w", err)
		}
		if e.Kind != sim.EventUp {
			return
		}
		sum.Uplinks++
		sold := 0
		for _, one := range s.sales {
			if s.fleet[one.device] == e.Device {
				bought[reading{one.purchase, e.FCnt}] = true
				sold++
			}
		}
		if sold == 0 {
			sum.Withheld++
		}
		s.tell.sent(e, sold)
	}
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		s.world.RunUntil(time.Now())
		for _, d := range s.fleet {
			s.world.Measure(d)
		}
		s.world.RunUntil(time.Now().Add(period / 2)) // on air, heard, merged and published
		if failed != nil {
			return sum, bought, failed
		}
		select {
		case <-ctx.Done():
		case <-stop:
		case <-tick.C:
			continue
		}
		s.tell.say("the sensors stop; what is under way arrives, what was delivered is settled")
		s.settled(len(bought))
		return sum, bought, nil
	}
}

// settled waits until the chain has paid for n readings, a bounded time.
func (s *stage) settled(n int) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_ = until(ctx, 30*time.Second, "", func() error { // the judge finds what is missing
		var paid int
		for _, sold := range s.sales {
			p, err := s.market.Reader.Purchase(ctx, sold.purchase)
			if err != nil {
				return err
			}
			paid += int(p.Delivered)
		}
		if paid < n {
			return errors.New("not yet")
		}
		return nil
	})
}

// money is what the chain paid so far.
func (s *stage) money(ctx context.Context) (m money) {
	m.streams = map[market.StreamID]string{}
	paid := map[market.StreamID]uint64{}
	for _, sold := range s.sales {
		if p, err := s.market.Reader.Purchase(ctx, sold.purchase); err == nil {
			paid[p.Stream] += uint64(p.Delivered)
		}
	}
	for stream, n := range paid {
		m.streams[stream] = s.market.Readings(n, price).String()
	}
	for i, who := range []common.Address{s.owner.addr, s.operator.addr, s.platform.addr} {
		if credit, err := s.market.Reader.Credit(ctx, who); err == nil {
			m.shares[i] = s.market.Amount(credit).String()
		}
	}
	return m
}

// watchMoney looks at the chain every second.
func (s *stage) watchMoney(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
			s.tell.money(s.money(ctx))
		}
	}
}

// judge compares what was bought with what the sinks hold and what the chain paid.
func (s *stage) judge(sum *summary, bought map[reading]bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	sum.Bought = len(bought)
	got := map[reading]bool{}
	storages := map[*storage]bool{}
	for _, sold := range s.sales {
		storages[sold.storage] = true
	}
	for st := range storages {
		for _, d := range st.all() {
			r := reading{market.PurchaseID(d.Purchase), d.FCnt}
			if !bought[r] || !s.holds(st, r.purchase) {
				sum.Leaked++
				continue
			}
			got[r] = true
		}
		sum.Duplicates += st.repeats
		sum.Leaked += len(st.refused)
	}
	sum.Delivered, sum.Lost = len(got), len(bought)-len(got)

	gross := contracts.Gross(uint64(len(got)), price, s.market.Places)
	shares := map[string]*big.Int{}
	var faults []error
	for _, p := range []struct {
		name    string
		who     common.Address
		percent int64
	}{{"owner", s.owner.addr, 80}, {"operator", s.operator.addr, 10}, {"platform", s.platform.addr, 10}} {
		credit, err := s.market.Reader.Credit(ctx, p.who)
		if err != nil {
			return err
		}
		shares[p.name] = credit
		want := new(big.Int).Div(new(big.Int).Mul(gross, big.NewInt(p.percent)), big.NewInt(100))
		if credit.Cmp(want) != 0 {
			faults = append(faults, fmt.Errorf("the %s was paid %s wei, not %d %% of %s", p.name, credit, p.percent, gross))
		}
		s.tell.say("the %s earned %s", p.name, s.market.Amount(credit))
	}
	paid := new(big.Int).Add(new(big.Int).Add(shares["owner"], shares["operator"]), shares["platform"])
	sum.Settled = settled{Gross: paid.String(), Owner: shares["owner"].String(), Operator: shares["operator"].String(),
		Platform: shares["platform"].String(), exact: errors.Join(faults...)}
	s.tell.money(s.money(ctx))
	s.tell.say("%d uplinks; %d readings bought, %d delivered, %d lost, %d duplicates; %d withheld, %d leaked; %s settled",
		sum.Uplinks, sum.Bought, sum.Delivered, sum.Lost, sum.Duplicates, sum.Withheld, sum.Leaked, s.market.Amount(paid))
	return nil
}

// holds tells whether a purchase's readings belong into a storage.
func (s *stage) holds(st *storage, p market.PurchaseID) bool {
	for _, sold := range s.sales {
		if sold.purchase == p {
			return sold.storage == st
		}
	}
	return false
}
