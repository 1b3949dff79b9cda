package bridge

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/internal/netguard"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/codec/js"
	"github.com/databrokerdao/dbdao-bridge/lorawan/detect"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Version is set at build time.
var Version = "dev"

// ErrLedgerFailed ends Run when a commit failed: start again, the file is read anew.
var ErrLedgerFailed = errors.New("the ledger failed: nothing was acknowledged since; check the disk and start the bridge again")

// ErrOperator says that the configured operator is not this key's.
var ErrOperator = errors.New("the operator on chain has another signer than operator.keystore: check operator.id, or set the signer on chain")

// parts is everything a running bridge consists of, in the order of start.
type parts struct {
	cfg     config.Config
	log     *slog.Logger
	health  *Health
	meter   *Metrics
	started time.Time

	key     *settlement.Key
	signing ed25519.PrivateKey
	nodes   *node.Client
	chainID uint64
	reader  *market.Reader

	index    *market.Index
	ledger   *ledger.Ledger
	follower *market.Follower
	guard    netguard.Guard
	shown    shown
	bells    bells
	replays  replays
	courier  *delivery.Courier
	settler  atomic.Pointer[settlement.Settler] // nil until the market's rules were read
	bridge   *Bridge
	scripts  *js.Pool
	sources  []*source
	accused  challenges
	unsold   unsold
	books    books
	owed     owed

	remembered map[string]memory // of sources, from before the start
	savedAt    time.Time         // when that was written last
	public     *http.Server
	admin      *http.Server
}

// source is one subscription with its entrance.
type source struct {
	intake *Intake
	frames *Frames // of a gateway-level source
	ingest *ingest // of an HTTP source, which has no sub
	kind   string
	gaps   *gapFiller // nil: no automatic back-fill
	listen string
	tls    *tls.Config
	sub    *mqtt.Subscriber
	link   *link // of a source with a broker
}

// Run is a bridge from start to stop: it returns when ctx ends (nil), when
// something is configured wrong, or when the ledger fails.
func Run(ctx context.Context, cfg config.Config, log *slog.Logger) (err error) {
	defer func() {
		if errors.Is(err, ledger.ErrCommit) && !errors.Is(err, ErrLedgerFailed) { // whoever noticed it first
			err = fmt.Errorf("%w (%w)", ErrLedgerFailed, err)
		}
	}()
	p := &parts{cfg: cfg, log: log, started: time.Now().UTC(), meter: NewMetrics(), health: NewHealth(log)}
	defer p.close()
	for _, step := range []func(context.Context) error{
		p.openKeys, p.dial, p.lookAtNodes, p.openLedger, p.pinChain, p.makeCourier, p.makeSources, p.listen,
	} {
		if err := step(ctx); ctx.Err() != nil {
			return nil
		} else if err != nil {
			return err
		}
	}
	log.Info("dbdao-bridge runs", "version", Version, "operator", cfg.Operator.ID, "chain_id", p.chainID, "market", cfg.Chain.Market)
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

	var follow, carry, settle, serve, watch, listen, decode group
	follow.start(p.nodes.Run)
	follow.start(func(ctx context.Context) { // its end is the bridge's end
		if err := p.follower.Run(ctx); err != nil {
			end(err)
		}
	})
	carry.start(func(ctx context.Context) {
		if err := p.courier.Run(ctx); err != nil {
			end(err)
		}
	})
	ready := make(chan struct{}) // closed when the ledger is in step with the chain
	watch.start(func(ctx context.Context) {
		if !p.catchUp(ctx) {
			return
		}
		if err := p.ledger.InStep(); err != nil {
			end(err)
			return
		}
		close(ready)
	})
	then := func(f func(context.Context)) func(context.Context) {
		return func(ctx context.Context) {
			select {
			case <-ready:
				f(ctx)
			case <-ctx.Done():
			}
		}
	}
	if p.cfg.Settlement.Enabled {
		settle.start(then(p.settle))
	}
	serve.start(func(ctx context.Context) { p.serve(ctx, end) })
	watch.start(p.watch)
	for range p.cfg.Codec.Workers {
		decode.start(p.bridge.Decoder)
	}
	watch.start(p.purge)
	listen.start(p.bridge.copies.run)
	for _, s := range p.sources {
		listen.start(s.intake.acks.run)
		if s.frames != nil {
			listen.start(s.frames.Run)
		}
		if s.gaps != nil {
			listen.start(then(s.gaps.run))
		}
		if s.sub == nil {
			continue
		}
		listen.start(then(func(ctx context.Context) {
			if err := s.sub.Run(ctx); err != nil {
				end(err)
			}
		}))
	}
	for _, server := range p.listeners() {
		listen.start(then(func(ctx context.Context) {
			if err := serveIngest(ctx, server); err != nil {
				end(err)
			}
		}))
	}

	select {
	case <-ctx.Done():
	case <-inner.Done():
	case err := <-p.ledger.Failed():
		end(fmt.Errorf("%w (%s: %w)", ErrLedgerFailed, p.cfg.Path(ledgerFile), err))
	}
	p.saveMemory()
	for _, g := range []*group{&listen, &decode, &watch, &serve, &carry, &settle, &follow} {
		g.stop()
	}
	return failed
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

// openKeys reads the operator's key and the keys the bridge makes for itself.
func (p *parts) openKeys(context.Context) (err error) {
	if err := os.MkdirAll(p.cfg.DataDir, 0o700); err != nil {
		return fmt.Errorf("make data_dir: %w", err)
	}
	if st, err := os.Stat(p.cfg.DataDir); err == nil && st.Mode().Perm()&0o077 != 0 {
		p.log.Warn("data_dir was open to other accounts of this machine: it is not any more (mode 0700)", "data_dir", p.cfg.DataDir)
		if err := os.Chmod(p.cfg.DataDir, 0o700); err != nil {
			return fmt.Errorf("data_dir is open to other accounts of this machine: run chmod 700: %w", err)
		}
	}
	if p.key, err = settlement.LoadKey(p.cfg.Operator.Keystore, p.cfg.Operator.PasswordFile); err != nil {
		return err
	}
	if p.signing, err = MakeSigningKey(p.cfg.Path(SigningKey)); err != nil {
		return err
	}
	debug.FreeOSMemory() // opening a keystore takes 256 MB (scrypt) that nobody needs again
	return nil
}

// dial prepares the nodes. What the ledger is pinned to they are held to, so that a node of
// another chain is passed over, and none needs to answer.
func (p *parts) dial(context.Context) (err error) {
	p.nodes, err = node.New(node.Config{URLs: p.cfg.Chain.RPC, ChainID: p.cfg.Chain.ChainID, Contract: p.market(), Timeout: p.cfg.Chain.RequestTimeout, Log: p.log})
	if err != nil {
		return err
	}
	p.meter.watchNodes(p.nodes)
	p.reader = market.NewReader(p.nodes, p.market())
	place, genesis, known, err := ledger.Pinned(p.cfg.Path("ledger.db")) // what is wrong with it is told when it is opened
	if err == nil && known && place.Market == p.market() && (p.cfg.Chain.ChainID == 0 || p.cfg.Chain.ChainID == place.ChainID) {
		p.nodes.Pin(place.ChainID, genesis)
	}
	return nil
}

// lookAtNodes refuses to start with nodes that are all of another chain, or without the
// market, before a new ledger is pinned to what was configured by mistake.
func (p *parts) lookAtNodes(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	if err := p.nodes.Check(ctx); err != nil {
		return err
	}
	if p.chainID, _ = p.nodes.Known(); p.chainID == 0 {
		return errors.New("no Ethereum node answers, and neither chain.chain_id nor a ledger says which chain is meant: bring a node back, or set chain.chain_id")
	}
	return nil
}

func (p *parts) market() common.Address { return common.HexToAddress(p.cfg.Chain.Market) }

func (p *parts) place() delivery.Place {
	return delivery.Place{ChainID: p.chainID, Market: p.market()}
}

// confirmations is the configured depth, or the chain's usual one.
func (p *parts) confirmations() uint64 {
	switch {
	case p.cfg.Chain.Confirmations >= 0:
		return uint64(p.cfg.Chain.Confirmations)
	case p.chainID == 1337 || p.chainID == 31337: // geth --dev, anvil
		return 1
	}
	return 12
}

func (p *parts) openLedger(context.Context) error {
	sealing, err := ownKey(p.cfg.Path(routeKey), 32)
	if err != nil {
		return err
	}
	p.index = market.NewIndex(p.confirmations(), p.cfg.Chain.MaxStaleness)
	p.ledger, err = ledger.Open(p.cfg.Path(ledgerFile), ledger.Options{
		Place: p.place(), Operator: market.OperatorID(p.cfg.Operator.ID), Gather: p.cfg.Ledger.Gather,
		MaxSize: p.cfg.Ledger.MaxSize, Retention: p.cfg.Ledger.Retention, RouteKey: [32]byte(sealing), Index: p.index, Log: p.log,
	})
	return err
}

// pinGenesis lets the ledger remember the genesis that a node told first.
func (p *parts) pinGenesis() error {
	if _, g := p.nodes.Known(); g != (common.Hash{}) && g != p.ledger.Genesis() {
		return p.ledger.PinGenesis(g)
	}
	return nil
}

// pinChain refuses an operator of another key. Nodes that are down are no reason not to
// start: what was bought is known.
func (p *parts) pinChain(ctx context.Context) (err error) {
	p.follower = market.NewFollower(market.FollowerConfig{
		Market: p.market(), Start: p.cfg.Chain.StartBlock, Poll: p.cfg.Chain.PollInterval,
		Heard:  p.index.SetHead,
		Folded: func() { p.courier.WakeAll(); p.bells.ringAll() },
	}, p.nodes, p.ledger, p.log)
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	if err := p.pinGenesis(); err != nil {
		return err
	}
	op, err := p.reader.Operator(ctx, market.OperatorID(p.cfg.Operator.ID))
	if err != nil {
		p.log.Warn("the operator could not be checked: no node answers", "err", err)
		return nil
	}
	if op.Signer != p.key.Address() {
		return fmt.Errorf("%w (operator %d has signer %s, the keystore holds %s)", ErrOperator, p.cfg.Operator.ID, op.Signer, p.key.Address())
	}
	if _, err := p.rules(ctx); err != nil { // asked again when they are needed
		p.log.Warn("the market's rules could not be read", "err", err)
	}
	return nil
}

func (p *parts) makeSources(context.Context) (err error) {
	if p.remembered, err = readMemory(p.cfg.Path(sourcesFile)); err != nil {
		p.log.Warn("what was known of the sources could not be read: their rates are learned again", "err", err)
	}
	networks := map[string]int{}
	for _, c := range p.cfg.Sources {
		if networks[c.Network]++; networks[c.Network] > 1 {
			p.bridge.copies.shared[c.Network] = true
		}
		s, err := p.makeSource(c)
		if err != nil {
			return fmt.Errorf("source %s: %w", c.Name, err)
		}
		s.intake.hearing.recall(p.remembered[c.Name])
		p.sources = append(p.sources, s)
	}
	return nil
}

func (p *parts) makeSource(c config.Source) (*source, error) {
	if c.Kind == config.KindHTTP {
		return p.makeIngest(c)
	}
	topics, err := topicsOf(c)
	if err != nil {
		return nil, err
	}
	conn, err := brokerConfig(c, p.cfg.Operator.ID, p.log)
	if err != nil {
		return nil, err
	}
	s := &source{kind: c.Kind}
	handle := func(m mqtt.Message) { p.bridge.Handle(s.intake, m) }
	if c.Kind == config.KindGateway {
		if err := p.makeFrames(c, s); err != nil {
			return nil, err
		}
		handle = s.frames.Handle
	} else {
		template, err := lorawan.ParseTemplate(c.Topic)
		if err != nil {
			return nil, err
		}
		decode, err := detect.Decoder(c.Format)
		if err != nil {
			return nil, err
		}
		s.intake = p.intake(c, template, decode)
		if s.gaps, err = p.makeGapFiller(c, s.intake); err != nil {
			return nil, err
		}
	}
	s.link = &link{name: c.Name, clientID: conn.ClientID, broker: c.URL, health: p.health, log: p.log, known: p.remembered[c.Name].session(conn.ClientID, c.URL)}
	p.health.Raise(Condition{Code: "broker_down", Subject: c.Name, Text: "the network server's broker is not connected yet"})
	s.sub = mqtt.NewSubscriber(conn, topics, handle, s.events(p.meter.overlong.WithLabelValues(c.Name), c.MaxPacket))
	return s, nil
}

// brokerConfig reads a source's secrets and certificates.
func brokerConfig(c config.Source, operator uint64, log *slog.Logger) (mqtt.Config, error) {
	m := mqtt.Config{URL: c.URL, ClientID: c.ClientID, Username: c.Username, MaxPacket: c.MaxPacket, Log: log.With("source", c.Name)}
	if m.ClientID == "" {
		m.ClientID = fmt.Sprintf("dbdao-bridge-%d-%s", operator, c.Name)
	}
	if c.PasswordFile != "" {
		password, err := settlement.ReadSecret(c.PasswordFile)
		if err != nil {
			return m, err
		}
		m.Password = password
	}
	if c.CAFile == "" && c.CertFile == "" {
		return m, nil
	}
	m.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	var err error
	if m.TLS.RootCAs, err = rootsIf(c.CAFile); err != nil {
		return m, fmt.Errorf("ca_file: %w", err)
	}
	if c.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
		if err != nil {
			return m, fmt.Errorf("cert_file and key_file: %w", err)
		}
		m.TLS.Certificates = []tls.Certificate{cert}
	}
	return m, nil
}

// rootsIf reads the certificates that a server's is verified with; without a file, nil: the
// system's.
func rootsIf(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no PEM certificate", file)
	}
	return roots, nil
}

// listen opens the API's ports, so that a taken one is told at once.
func (p *parts) listen(context.Context) error {
	token := ""
	if f := p.cfg.Admin.TokenFile; f != "" {
		var err error
		if token, err = readToken(f); err != nil {
			return fmt.Errorf("admin.token_file: %w", err)
		}
	}
	publicURL := p.cfg.API.PublicURL
	if publicURL == "" {
		publicURL = "http://" + p.cfg.API.Listen
	}
	s := api.New(p.backend(), publicURL, p.log)
	server := func(h http.Handler) *http.Server {
		return &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
			WriteTimeout: 90 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
			ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelDebug)}
	}
	p.public = server(s.Public())
	p.public.RegisterOnShutdown(s.EndFeeds)
	p.admin = server(s.Admin(token, promhttp.HandlerFor(p.meter.Registry(), promhttp.HandlerOpts{})))
	p.admin.WriteTimeout = api.WaitMax + time.Minute // an attestation may wait for the device's uplink
	return nil
}

// serve answers until ctx ends.
func (p *parts) serve(ctx context.Context, fail func(error)) {
	var wg sync.WaitGroup
	for _, one := range []struct {
		server *http.Server
		key    string
		addr   string
	}{{p.public, "api.listen", p.cfg.API.Listen}, {p.admin, "admin.listen", p.cfg.Admin.Listen}} {
		l, err := net.Listen("tcp", one.addr)
		if err != nil {
			fail(fmt.Errorf("%s %s: %w: is another bridge running?", one.key, one.addr, err))
			break
		}
		wg.Go(func() {
			if err := one.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				fail(fmt.Errorf("%s: %w", one.key, err))
			}
		})
	}
	<-ctx.Done()
	end, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	_ = p.public.Shutdown(end) // what is still open after three seconds is cut
	_ = p.admin.Shutdown(end)
	_ = p.public.Close()
	_ = p.admin.Close()
	wg.Wait()
}

// Check does what Run does before it runs, connects everywhere, says what it found, and
// changes nothing.
func Check(ctx context.Context, cfg config.Config, log *slog.Logger, say func(ok bool, what string)) error {
	var faults []error
	try := func(what string, f func() (string, error)) {
		detail, err := f()
		if err != nil {
			faults = append(faults, err)
			say(false, what+": "+err.Error())
			return
		}
		say(true, strings.TrimSuffix(what+": "+detail, ": "))
	}
	p := &parts{cfg: cfg, log: log, meter: NewMetrics(), health: NewHealth(slog.New(slog.DiscardHandler))}
	defer p.close()
	try("keystore", func() (_ string, err error) {
		p.key, err = settlement.LoadKey(cfg.Operator.Keystore, cfg.Operator.PasswordFile)
		if err != nil {
			return "", err
		}
		return p.key.Address().Hex(), nil
	})
	try("data_dir", func() (string, error) { return "can be written", writable(cfg.DataDir) })
	for _, url := range cfg.Chain.RPC {
		one := cfg
		one.Chain.RPC = []string{url}
		q := &parts{cfg: one, meter: NewMetrics(), log: slog.New(slog.DiscardHandler)}
		try("ethereum node "+hostOf(url), func() (string, error) {
			if err := q.dial(ctx); err != nil {
				return "", err
			}
			defer q.nodes.Close()
			return checkNode(ctx, q, p.key)
		})
	}
	checkSources(ctx, cfg, log, try)
	return errors.Join(faults...)
}

// writable makes a file in a folder for a moment, or, where there is no folder yet, in the
// one it will be made in.
func writable(dir string) error {
	for at := filepath.Clean(dir); ; at = filepath.Dir(at) {
		f, err := os.CreateTemp(at, ".check-")
		if errors.Is(err, fs.ErrNotExist) && filepath.Dir(at) != at {
			continue
		}
		if err != nil {
			return fmt.Errorf("data_dir %s cannot be written: %w: give it to the account the bridge runs as", dir, err)
		}
		return errors.Join(f.Close(), os.Remove(f.Name()))
	}
}

func hostOf(raw string) string {
	_, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return "(no URL)"
	}
	host, _, _ := strings.Cut(rest, "/")
	return host[strings.LastIndex(host, "@")+1:]
}

func checkNode(ctx context.Context, q *parts, key *settlement.Key) (string, error) {
	if err := q.nodes.Nodes()[0].Identify(ctx); err != nil {
		return "", err
	}
	q.chainID, _ = q.nodes.Known()
	code, err := q.nodes.CodeAt(ctx, q.market(), nil)
	if err != nil {
		return "", fmt.Errorf("ask for the market's code: %w", err)
	}
	if err := contracts.CheckCode(code); err != nil {
		return "", fmt.Errorf("the contract at %s is %w", q.market(), err)
	}
	op, err := q.reader.Operator(ctx, market.OperatorID(q.cfg.Operator.ID))
	if err != nil {
		return "", err
	}
	if key != nil && op.Signer != key.Address() {
		return "", fmt.Errorf("%w (operator %d has signer %s)", ErrOperator, q.cfg.Operator.ID, op.Signer)
	}
	return fmt.Sprintf("chain %d, market %s, operator %d", q.chainID, q.market(), q.cfg.Operator.ID), nil
}

func checkBroker(ctx context.Context, c config.Source, operator uint64, log *slog.Logger) (string, error) {
	conn, err := brokerConfig(c, operator, log)
	if err != nil {
		return "", err
	}
	topics, err := topicsOf(c)
	if err != nil {
		return "", err
	}
	conn.ClientID, conn.CleanSession, conn.Log = conn.ClientID+"-check", true, nil
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	granted, lost, refused := make(chan byte, 1), make(chan error, 1), make(chan string, 1)
	sub := mqtt.NewSubscriber(conn, topics, func(m mqtt.Message) { m.Ack() }, mqtt.Events{
		Granted: func(_ string, qos byte) { offer(granted, qos) },
		Lost:    func(err error) { offer(lost, err) },
		Refused: func(topic string) { offer(refused, topic) },
	})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := sub.Run(ctx); err != nil {
			offer(lost, err)
		}
	})
	defer wg.Wait()
	defer cancel()
	select {
	case qos := <-granted:
		if qos == 0 {
			return "", errors.New("the broker grants QoS 0 only: what is published while the bridge is away is lost")
		}
		return "connected; the broker grants " + topics[0] + ", which proves nothing: hear it with --listen 30s", nil
	case err := <-lost:
		return "", err
	case topic := <-refused:
		return "", fmt.Errorf("the broker does not let this account read %s: allow it in the broker's access list", topic)
	case <-ctx.Done():
		return "", errors.New("the broker does not answer within ten seconds")
	}
}

func offer[T any](c chan T, v T) {
	select {
	case c <- v:
	default:
	}
}
