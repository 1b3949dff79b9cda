// Package app is a bridge from start to stop: it builds the parts in order, starts them from the
// ledger outwards, stops them the other way round, and watches them meanwhile. What an operator
// does without it running is here too: check, backup, restore.
//
// It knows every other package and none of their insides.
package app

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge"
	"github.com/databrokerdao/dbdao-bridge/bridge/attest"
	"github.com/databrokerdao/dbdao-bridge/bridge/buyer"
	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/bridge/listings"
	"github.com/databrokerdao/dbdao-bridge/bridge/meter"
	"github.com/databrokerdao/dbdao-bridge/bridge/source"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/internal/version"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan/codec/js"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/databrokerdao/dbdao-bridge/settlement"
)

// ErrLedgerFailed ends Run when a commit failed: start again, the file is read again.
var ErrLedgerFailed = errors.New("the ledger failed: nothing was acknowledged since; check the disk and start the bridge again")

// ErrOperator says that the configured operator is not this key's.
var ErrOperator = errors.New("the operator on chain has another signer than operator.keystore: check operator.id, or set the signer on chain")

// parts is everything a running bridge consists of, in the order of start.
type parts struct {
	cfg     config.Config
	again   bool // missing state may be made again
	log     *slog.Logger
	health  *health.Conditions
	meter   *meter.Metrics
	started time.Time
	life    string // names this start

	key     *settlement.Key
	signing ed25519.PrivateKey
	nodes   *node.Client
	chainID uint64
	reader  *market.Reader
	token   token

	index    *market.Index
	ledger   *ledger.Ledger
	follower *market.Follower
	desk     *buyer.Desk
	settler  atomic.Pointer[settlement.Settler] // nil until the market's rules were read
	bridge   *bridge.Bridge
	scripts  *js.Pool
	sources  *source.Sources
	attester *attest.Attester
	listings *listings.Listings
	accused  challenges
	unsold   unsold
	books    books
	owed     owed
	idle     idle

	public  *http.Server
	admin   *http.Server
	proxies api.Proxies // before the public one
}

// Run is a bridge from start to stop: it returns when ctx ends (nil), when
// something is configured wrong, or when the ledger fails.
// again lets it make what is missing of its state although it has run before.
func Run(ctx context.Context, cfg config.Config, again bool, log *slog.Logger) (err error) {
	defer func() { err = ledgerFailed(&cfg, err) }()
	p := &parts{cfg: cfg, again: again, log: log, started: time.Now().UTC(), life: newLife(), meter: meter.New(), health: health.New(log)}
	defer p.close()
	for _, step := range []func(context.Context) error{
		p.openKeys, p.dial, p.lookAtNodes, p.findState, p.openLedger, p.markBegun, p.pinChain, p.makeBridge, p.makeSources, p.makeListings, p.listen,
	} {
		if err := step(ctx); ctx.Err() != nil {
			return nil
		} else if err != nil {
			return err
		}
	}
	log.Info("dbdao-bridge runs", "version", version.String(), "operator", cfg.Operator.ID, "chain_id", p.chainID, "market", cfg.Chain.Market)
	return p.run(ctx)
}

// run starts from the ledger outwards and stops the other way round: no new
// uplinks, no new requests, couriers, claims, chain, ledger.
func (p *parts) run(ctx context.Context) error {
	var failed error
	var once sync.Once
	inner, stop := context.WithCancel(context.Background())
	defer stop()
	end := func(err error) { once.Do(func() { failed = err; stop() }) }

	must := func(f func(context.Context) error) func(context.Context) { // its failure is the bridge's end
		return func(ctx context.Context) {
			if err := f(ctx); err != nil {
				end(err)
			}
		}
	}
	ready := make(chan struct{}) // closed when the ledger is in step with the chain
	var follow, carry, settle, serve, watch, listen, decode group
	follow.start(p.nodes.Run)
	follow.start(must(p.follower.Run))
	single := make(chan struct{}) // closed when no other bridge of this operator is seen
	watch.start(func(ctx context.Context) {
		if p.alone(ctx) {
			p.desk.Wait(false)
			close(single)
			p.watchTwin(ctx)
		}
	})
	carry.start(must(func(ctx context.Context) error {
		select {
		case <-single:
			return p.desk.Run(ctx)
		case <-ctx.Done():
			return nil
		}
	}))
	watch.start(must(func(ctx context.Context) error { return p.getReady(ctx, single, ready) }))
	if p.cfg.Settlement.Enabled {
		settle.start(func(ctx context.Context) {
			select {
			case <-ready:
				p.settle(ctx)
			case <-ctx.Done():
			}
		})
	}
	serve.start(func(ctx context.Context) { p.serve(ctx, end) })
	watch.start(p.watch)
	for range p.cfg.Codec.Workers {
		decode.start(p.bridge.Codecs.Work)
	}
	watch.start(p.purge)
	watch.start(p.dropOver)
	watch.start(p.watchKey)
	watch.start(p.keepTime)
	watch.start(p.listings.Run)
	watch.start(tuneHeap)
	listen.start(p.bridge.Copies.Run)
	listen.start(must(func(ctx context.Context) error { return p.sources.Run(ctx, ready) }))

	select {
	case <-ctx.Done():
	case <-inner.Done():
	case err := <-p.ledger.Failed():
		end(err)
	}
	p.sources.Save()
	for _, g := range []*group{&listen, &decode, &watch, &serve, &carry, &settle, &follow} {
		g.stop()
	}
	return failed
}

// getReady closes ready when nothing can be sold twice any more: no other bridge of this operator is
// seen, and the ledger knows what the chain has had so far.
func (p *parts) getReady(ctx context.Context, single <-chan struct{}, ready chan<- struct{}) error {
	select {
	case <-single:
	case <-ctx.Done():
		return nil
	}
	if !p.catchUp(ctx) {
		return nil
	}
	for err := p.ledger.InStep(); err != nil; err = p.ledger.InStep() {
		if !errors.Is(err, ledger.ErrNoRoom) {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
	close(ready)
	return nil
}

// ledgerFailed says of a commit that failed, whoever noticed it first, what to do and which
// file it is. Other errors stay as they are.
func ledgerFailed(cfg *config.Config, err error) error {
	if !errors.Is(err, ledger.ErrCommit) || errors.Is(err, ErrLedgerFailed) {
		return err
	}
	return fmt.Errorf("%w (%s: %w)", ErrLedgerFailed, cfg.Path(ledgerFile), err)
}

// group is goroutines with one end.
type group struct {
	wg     sync.WaitGroup
	ctx    context.Context
	cancel context.CancelFunc
}

func (g *group) start(f func(context.Context)) {
	if g.cancel == nil {
		g.ctx, g.cancel = context.WithCancel(context.Background())
	}
	g.wg.Go(func() { f(g.ctx) })
}

func (g *group) stop() {
	if g.cancel != nil {
		g.cancel()
	}
	g.wg.Wait()
}

func (p *parts) close() {
	if p.scripts != nil {
		p.scripts.Close()
	}
	if p.ledger != nil {
		if err := p.ledger.Close(); err != nil {
			p.log.Error("the ledger did not close cleanly", "err", err)
		}
	}
	if p.nodes != nil {
		p.nodes.Close()
	}
}
