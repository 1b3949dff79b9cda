package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/load"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/databrokerdao/dbdao-bridge/market/offer"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	"github.com/ethereum/go-ethereum/ethclient/simulated"
	"github.com/ethereum/go-ethereum/log"
	gethnode "github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/params"
)

// stage is everything around the programs that are measured.
type stage struct {
	o        options
	ports    ports
	backend  *simulated.Backend
	node     *client.Client
	nodes    *node.Client
	deploy   contracts.Deployment
	operator uint64
	ended    sync.WaitGroup
	stop     chan struct{}
	fast     chan bool // blocks every few milliseconds while the market is made

	platform, admin, signer, owner, buyer *settlement.Key

	sold   []lorawan.DevEUI // by number
	number map[string]int   // by DevEUI and by commitment, as they stand in messages
	bought *load.Load       // uplinks of the devices sold
	few    *load.Load       // of the tenth of them that sends when a tenth is bought
	unsold *load.Load       // of devices nobody bought
	sink   *httpSink        // the buyer's web server
}

// ports are loopback ports, the same for the whole comparison.
type ports struct{ chain, source, target, http, relay, public, admin int }

func newStage(ctx context.Context, o options) (s *stage, err error) {
	s = &stage{o: o, number: map[string]int{}, stop: make(chan struct{}), fast: make(chan bool)}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	for _, p := range []*int{&s.ports.chain, &s.ports.source, &s.ports.target, &s.ports.http, &s.ports.relay, &s.ports.public, &s.ports.admin} {
		if *p, err = freePort(); err != nil {
			return s, err
		}
	}
	for _, step := range []func(context.Context) error{s.findPrograms, s.render, s.openChain, s.openMarket, s.sell} {
		if err := step(ctx); err != nil {
			return s, err
		}
	}
	s.sink, err = s.listen()
	return s, err
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func local(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

func (s *stage) path(name string) string { return filepath.Join(s.o.dir, name) }

func (s *stage) close() {
	if s.sink != nil {
		s.sink.close()
	}
	close(s.stop)
	s.ended.Wait()
	if s.nodes != nil {
		s.nodes.Close()
	}
	if s.backend != nil {
		_ = s.backend.Close()
	}
}

// findPrograms builds the bridge, unless it is given, and looks for the peers.
func (s *stage) findPrograms(ctx context.Context) error {
	for _, p := range []string{s.o.telegraf, mosquitto()} {
		if _, err := exec.LookPath(p); err != nil {
			return fmt.Errorf("%s is missing: DBDAO_PEERS=1 .ci/install", p)
		}
	}
	if s.o.bridge != "" {
		return nil
	}
	s.o.bridge = s.path("dbdao-bridge")
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", s.o.bridge, "github.com/databrokerdao/dbdao-bridge/cmd/dbdao-bridge")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("build the bridge: %w\n%s", err, out)
	}
	return nil
}

// render makes the uplinks.
func (s *stage) render(context.Context) (err error) {
	o := load.Options{Devices: s.o.devices, QoS: 1, InFlight: 1000, Format: sim.V4JSON, Seed: 1, Timeout: 10 * time.Minute}
	if s.bought, err = load.Prepare(o); err != nil {
		return err
	}
	o.Devices = s.o.devices / 10
	if s.few, err = load.Prepare(o); err != nil {
		return err
	}
	o.Devices, o.Seed = max(1, s.o.devices/5), 2
	s.unsold, err = load.Prepare(o)
	s.sold = s.bought.Devices()
	for i, dev := range s.sold {
		s.number[dev.String()] = i
	}
	return err
}

// openChain starts a chain in this process on which the parties own ether.
func (s *stage) openChain(ctx context.Context) (err error) {
	log.SetDefault(log.NewLogger(slog.DiscardHandler)) // go-ethereum's node talks a lot
	alloc := types.GenesisAlloc{}
	for _, k := range []**settlement.Key{&s.platform, &s.admin, &s.signer, &s.owner, &s.buyer} {
		key, err := crypto.GenerateKey()
		if err != nil {
			return err
		}
		*k = settlement.NewKey(key)
		alloc[(*k).Address()] = types.Account{Balance: new(big.Int).Mul(big.NewInt(10_000), big.NewInt(params.Ether))}
	}
	s.backend = simulated.NewBackend(alloc, func(n *gethnode.Config, e *ethconfig.Config) {
		n.HTTPHost, n.HTTPPort, n.HTTPModules = "127.0.0.1", s.ports.chain, []string{"eth", "net", "web3"}
		rules := *e.Genesis.Config
		rules.AmsterdamTime, rules.BogotaTime = nil, nil
		e.Genesis.Config = &rules
	})
	s.ended.Go(s.mine)
	s.nodes, err = node.New(node.Config{URLs: []string{"http://" + local(s.ports.chain)}})
	return err
}

// mine makes a block a second, or twenty while the market is made.
func (s *stage) mine() {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case fast := <-s.fast:
			if !fast {
				tick.Reset(time.Second)
			}
		case <-tick.C:
			s.backend.Commit()
		}
	}
}

// openMarket deploys the contracts and registers the operator, and leaves a block that holds nothing.
func (s *stage) openMarket(ctx context.Context) error {
	rules := contracts.DemoRules()
	platform := s.platform.Address()
	rules.Owner, rules.Platform, rules.Guardian, rules.Arbiter = platform, platform, common.Address{1}, common.Address{2} // nobody pauses or rules here
	p, err := client.Deploy(ctx, s.nodes, platform, rules)
	if err != nil {
		return err
	}
	made, err := p.SendAll(ctx, s.platform)
	if err != nil {
		return err
	}
	s.deploy = made[len(made)-1].Deployment
	if s.node, err = client.New(ctx, s.nodes, s.deploy.Market, platform); err != nil {
		return err
	}
	register, err := s.node.For(s.admin.Address()).RegisterOperator(client.Registration{Signer: s.signer.Address(), Payout: s.admin.Address()})
	if err != nil {
		return err
	}
	registered, err := register.Send(ctx, s.admin)
	if err != nil {
		return fmt.Errorf("register the operator: %w", err)
	}
	s.operator = uint64(registered.Operator)
	mined, err := s.nodes.HeaderByNumber(ctx, nil)
	if err != nil {
		return err
	}
	if err := until(ctx, "the chain stands still", func() error {
		head, err := s.nodes.HeaderByNumber(ctx, nil)
		if err == nil && head.Number.Cmp(mined.Number) <= 0 {
			err = errors.New("no block")
		}
		return err
	}); err != nil {
		return err
	}
	s.fast <- false
	return errors.Join(s.signer.Store(s.path("operator.json"), "ratios", settlement.LightSeal), settlement.NewSecret(s.path("password"), []byte("ratios")))
}

// sell folds a block in which every device is listed and bought for a year into a ledger,
// with which every run begins. The block is one of the chain's; what it holds is invented:
// listing and buying 5,000 streams by transaction takes longer than the comparison.
func (s *stage) sell(ctx context.Context) error {
	head, err := s.nodes.HeaderByNumber(ctx, nil)
	if err != nil {
		return err
	}
	chainID, genesis := s.nodes.Known()
	if err := os.MkdirAll(s.path("first"), 0o700); err != nil {
		return err
	}
	l, err := ledger.Open(filepath.Join(s.path("first"), "ledger.db"), ledger.Options{
		Place: delivery.Place{ChainID: chainID, Market: s.deploy.Market}, Operator: market.OperatorID(s.operator), Genesis: genesis,
	})
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	terms := offer.Offer{Version: offer.Version, Sell: []string{"values"}}
	doc, err := terms.Document()
	if err != nil {
		return err
	}
	hash, err := l.PutTerms(doc)
	if err != nil {
		return err
	}
	block := market.Block{Position: market.Position{Number: head.Number.Uint64(), Hash: head.Hash(), Time: head.Time}, Parent: head.ParentHash}
	faults := make(chan error, len(s.sold))
	for i, dev := range s.sold {
		d := market.Device{DevEUI: dev, Salt: common.Hash{byte(i), byte(i >> 8)}, Owner: s.owner.Address(), Attested: time.Now()}
		d.Commitment = contracts.DeviceCommitment(dev, d.Salt)
		s.number[d.Commitment.Hex()] = i
		go func() { faults <- l.PutDevice(d) }()
		id, start, year := uint64(i+1), new(big.Int).SetUint64(head.Time-86_400), uint32(365*86_400)
		for _, body := range []any{
			&contracts.DataMarketStreamListed{Stream: id, Operator: new(big.Int).SetUint64(s.operator), Owner: d.Owner, Device: d.Commitment, Price: big.NewInt(100), Interval: 1, Terms: hash, Stake: contracts.DTXWei(100)},
			&contracts.DataMarketPurchased{Purchase: id, Stream: id, Buyer: s.buyer.Address(), Payer: s.buyer.Address(), Start: start, End: new(big.Int).Add(start, big.NewInt(int64(year))), Price: big.NewInt(100), Interval: 1, Quota: year, Terms: hash},
		} {
			block.Events = append(block.Events, market.Event{Block: block.Number, Time: head.Time, TxHash: head.Hash(), Index: uint(len(block.Events)), Body: body})
		}
	}
	for range s.sold {
		err = errors.Join(err, <-faults)
	}
	if err != nil {
		return err
	}
	return l.Advance([]market.Block{block}, 0)
}

// configure writes the bridge's configuration: its defaults, but for addresses and money.
func (s *stage) configure(data string) error {
	return os.WriteFile(s.path("bridge.toml"), fmt.Appendf(nil, `data_dir = %q
[operator]
id = %d
keystore = %q
password_file = %q
[chain]
rpc = ["http://%s"]
market = %q
start_block = %d
confirmations = 1
[[sources]]
url = "tcp://%s"
[delivery]
allow_private_addresses = true
[settlement]
dtx_price_in_ether = "0.0001"
[api]
listen = %q
[admin]
listen = %q
`, data, s.operator, s.path("operator.json"), s.path("password"), local(s.ports.chain), s.deploy.Market.Hex(), s.deploy.Block,
		local(s.ports.source), local(s.ports.public), local(s.ports.admin)), 0o600)
}

// route sets where the buyer wants everything.
func (s *stage) route(ctx context.Context, kind, config string) error {
	public := api.NewClient("http://"+local(s.ports.public), "")
	if err := public.SignIn(ctx, s.buyer); err != nil {
		return err
	}
	_, err := public.SetDestination(ctx, "store", api.DestinationInput{Kind: kind, Config: json.RawMessage(config)})
	return err
}

// patience is how long anything may take before the comparison gives up.
const patience = time.Minute

func until(ctx context.Context, what string, ok func() error) error {
	deadline := time.Now().Add(patience)
	for {
		err := ok()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Now().After(deadline), errors.Is(err, errEnded):
			return fmt.Errorf("%s: %w", what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
