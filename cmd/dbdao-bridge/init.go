package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/setup"
	"github.com/databrokerdao/dbdao-bridge/bridge/source"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"
)

// firstHour is operator init: from nothing to a bridge that can be started. What it has done it
// finds again when it is run once more.
type firstHour struct {
	o    *options
	d    dialog
	keys keyFiles

	broker, account, accountPassword string
	payout, name, url, price, admin  string
	yes, keysOnly                    bool
	wait                             time.Duration // for ether; 0: as long as it takes

	password string // of the admin key, once it is known

	file    string // the configuration
	text    string // of it
	fresh   bool   // it is written here for the first time
	cfg     config.Config
	made    keysMade
	owns    market.OperatorID // the operator whose signer the key is already; 0: none
	nodes   *node.Client
	chainID uint64
	lab     bool // a development chain: everything may be made here
	deploy  bool
	market  common.Address
	start   uint64
}

// ready is what operator init prints at its end.
type ready struct {
	Operator   market.OperatorID `json:"operator"`
	Config     string            `json:"config"`
	ChainID    uint64            `json:"chain_id"`
	Market     common.Address    `json:"market"`
	StartBlock uint64            `json:"start_block"`
	keysMade
}

func (o *options) operatorInit() *cobra.Command {
	f := firstHour{o: o}
	c := &cobra.Command{
		Use:   "init",
		Short: "Set a bridge up, from nothing to a configuration that works: asks for what it cannot find out, makes folders and keys (a cold admin key, the bridge's hot signer key, the key that signs deliveries), joins a market or deploys one in a lab, registers, writes the configuration and checks it; run again it goes on where it stopped",
		Args:  exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			f.d = dialog{bufio.NewReader(c.InOrStdin()), c.ErrOrStderr(), f.yes || f.keysOnly}
			done, err := f.run(c.Context())
			if err != nil || done == nil {
				return err
			}
			return o.print(c, done)
		},
	}
	fl := c.Flags()
	fl.BoolVar(&f.yes, "yes", false, "take what is proposed and ask nothing")
	fl.BoolVar(&f.keysOnly, "keys-only", false, "make folders and keys, and nothing else; asks for the admin key's password only")
	fl.StringVar(&f.keys.dir, "dir", "", "folder of the configuration and the keystores (default: the configuration's, with -c, else /etc/dbdao-bridge, or one of your own where you may not write there)")
	fl.StringVar(&f.keys.data, "data-dir", "", "the bridge's data_dir, where its signing.key is (default: the configuration's, else /var/lib/dbdao-bridge, or DIR/data)")
	fl.StringVar(&f.keys.admin, "admin-keystore", "", "keystore of the cold admin key, sealed with --password-file or what you type (default DIR/admin.json)")
	fl.StringVar(&f.keys.signer, "signer-keystore", "", "keystore of the hot signer key (default: the configuration's operator.keystore, else DIR/signer.json)")
	fl.StringVar(&f.keys.signerPassword, "signer-password-file", "", "file with its password, made if it does not exist (default: the configuration's operator.password_file, else DIR/signer.password)")
	fl.BoolVar(&f.keys.light, "light", false, "seal the keystores with less work: for tests")
	fl.StringVar(&f.admin, "admin-address", "", "account that will own the operator, such as a multisig or hardware wallet: no admin key is made, and what it has to send is printed")
	fl.StringVar(&f.broker, "broker", "", "URL of the network server's MQTT broker")
	fl.StringVar(&f.account, "broker-user", "", "the bridge's account there")
	fl.StringVar(&f.accountPassword, "broker-password-file", "", "file with its password; mode 0600")
	fl.StringVar(&f.payout, "payout", "", "cold address of your 10 %")
	fl.StringVar(&f.name, "name", "", "your name, shown to buyers")
	fl.StringVar(&f.url, "public-url", "", "URL at which buyers reach the bridge's API")
	fl.StringVar(&f.price, "dtx-price", "", "what one DTX is worth to you, in ether")
	spans.Var(fl, &f.wait, "wait", 0, "how long to wait for ether (default: until it is there)")
	return c
}

// run makes the steps, which may be interrupted anywhere.
func (f *firstHour) run(ctx context.Context) (any, error) {
	done, err := f.steps(ctx)
	if err != nil && ctx.Err() != nil {
		err = errInterrupted
	}
	return done, err
}

var errInterrupted = errors.New("interrupted: what is done is kept, and the same command goes on from there")

// steps makes one after the other; each says what it did. No result and no error: somebody else's signature is awaited.
func (f *firstHour) steps(ctx context.Context) (any, error) {
	if err := f.folders(ctx); err != nil {
		return nil, err
	}
	if f.keysOnly {
		return f.onlyKeys(ctx)
	}
	defer func() {
		if f.nodes != nil {
			f.nodes.Close()
		}
	}()
	for _, step := range []struct {
		title string
		do    func(context.Context) error
	}{
		{"The network server", f.network}, {"Ethereum", f.chain}, {"The market", f.chooseMarket}, {"Keys", f.makeKeys},
		{"Money", f.money}, {"Ether", f.fund}, {"Registration", f.register}, {"Check", f.check},
	} {
		f.d.say("\n%s", step.title)
		if err := step.do(ctx); err != nil {
			if errors.Is(err, errAwaited) {
				return nil, nil
			}
			return nil, err
		}
	}
	if err := f.rehearse(ctx); err != nil {
		return nil, err
	}
	f.next()
	return ready{market.OperatorID(f.cfg.Operator.ID), f.file, f.chainID, f.market, f.start, f.made}, nil
}

// errAwaited says that the next step is somebody else's.
var errAwaited = errors.New("awaited")

// folders finds or makes the folders and reads the configuration, if there is one.
func (f *firstHour) folders(ctx context.Context) error {
	dir, data := setup.Folders()
	if f.o.config != "" {
		dir = filepath.Dir(f.o.config)
	}
	f.d.say("Folders")
	err := f.d.ask(ctx, question{text: "Folder of the configuration and keys", flag: "dir", given: f.keys.dir, proposal: dir, take: func(answer string) (err error) {
		if f.keys.dir, err = filepath.Abs(answer); err != nil {
			return err
		}
		return setup.MakeFolder(f.keys.dir)
	}})
	if err != nil {
		return err
	}
	f.file = cmp.Or(f.o.config, filepath.Join(f.keys.dir, "dbdao-bridge.toml"))
	text, err := os.ReadFile(f.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.text, f.fresh = config.Defaults(), true
	case err != nil:
		return fmt.Errorf("read the configuration: %w", err)
	default:
		f.text, f.fresh = string(text), string(text) == config.Defaults() // as the package brings it
		if !f.fresh {
			f.d.say("  %s is there: its values are proposed, and what you do not change stays", f.file)
		}
		if f.cfg, err = config.Draft(f.file); err != nil {
			return err
		}
		data = cmp.Or(f.cfg.DataDir, data)
	}
	if f.keys.dir != dir && f.cfg.DataDir == "" {
		data = filepath.Join(f.keys.dir, "data")
	}
	err = f.d.ask(ctx, question{text: "Folder of the ledger, on a local disk", flag: "data-dir", given: f.keys.data, proposal: data, take: func(answer string) (err error) {
		if f.keys.data, err = filepath.Abs(answer); err != nil {
			return err
		}
		return setup.MakeFolder(f.keys.data)
	}})
	if err != nil {
		return err
	}
	if err := f.keys.fill(f.cfg); err != nil || f.keysOnly {
		return err
	}
	if err := f.set("data_dir", f.keys.data); err != nil {
		return err
	}
	return f.save()
}

// onlyKeys is --keys-only.
func (f *firstHour) onlyKeys(ctx context.Context) (any, error) {
	if f.admin != "" {
		return nil, fmt.Errorf("%w: --keys-only makes an admin key, --admin-address says there is one", errUsage)
	}
	if err := f.nothingLost(); err != nil {
		return nil, err
	}
	var err error
	if f.made, err = f.keys.make(func() (string, error) { return f.newPassword(ctx) }); err != nil {
		return nil, err
	}
	f.warnOfAdmin("once you have registered, move")
	return f.made, nil
}

func (f *firstHour) warnOfAdmin(move string) {
	f.d.say("  %s owns the operator: %s it and its password off this machine, and keep a copy", f.keys.admin, move)
}

// set changes the configuration's text.
func (f *firstHour) set(key string, value any) (err error) {
	f.text, err = config.Set(f.text, key, value)
	return err
}

// save writes the configuration as far as it is known, and reads it.
func (f *firstHour) save() (err error) {
	if err := setup.Save(f.file, f.text); err != nil {
		return err
	}
	f.cfg, err = config.Draft(f.file)
	return err
}

// network finds the broker and tries it.
func (f *firstHour) network(ctx context.Context) error {
	if len(f.cfg.Sources) == 0 || f.cfg.Sources[0].Kind != config.KindMQTT {
		f.d.say("  the first of [[sources]] in %s is no MQTT broker's: it stays as it is", f.file)
		return nil
	}
	src := f.cfg.Sources[0]
	cs, found, err := config.ReadChirpStack(setup.ChirpStackFile)
	switch {
	case err != nil:
		f.d.say("  %v", err)
	case found:
		f.d.say("  ChirpStack is configured on this machine (%s)", setup.ChirpStackFile)
		if cs.QoS == 0 {
			f.d.say("  it publishes with QoS 0, by which uplinks are lost while the bridge restarts: set qos = 1 under [integration.mqtt] and restart it")
		}
	case setup.Listens(ctx, "127.0.0.1:1883"):
		f.d.say("  an MQTT broker listens on this machine")
	}
	if found && f.fresh {
		src.URL, src.Topic = cmp.Or(cs.Broker, src.URL), cs.Topic
		if err := f.set("sources.topic", cs.Topic); err != nil {
			return err
		}
	}
	proposal, failed := src.URL, false
	user := question{text: "The bridge's account there, which need only read application/# (Enter: none)", flag: "broker-user", given: f.account, proposal: src.Username, optional: true,
		take: func(answer string) error {
			if found && answer != "" && answer == cs.Account {
				f.d.say("  that is ChirpStack's own account, which may publish: one that may only read is safer")
			}
			src.Username = answer
			return nil
		}}
	err = f.d.ask(ctx, question{text: "MQTT broker", flag: "broker", given: f.broker, proposal: proposal, take: func(answer string) error {
		src.URL = answer
		if err := f.d.ask(ctx, user); err != nil {
			return err
		}
		if err := f.brokerPassword(ctx, &src, failed); err != nil {
			return err
		}
		said, err := source.Try(ctx, src, slog.New(slog.DiscardHandler))
		if failed = err != nil; failed {
			return fmt.Errorf("%w\n  start the broker, name another, or type its account and password again; %w", err, errDoubt)
		}
		f.d.say("  %s", said)
		return nil
	}})
	if err != nil {
		return err
	}
	for key, value := range map[string]any{"sources.url": src.URL, "sources.username": src.Username, "sources.password_file": src.PasswordFile} {
		if err := f.set(key, value); err != nil {
			return err
		}
	}
	return f.save()
}

// brokerPassword asks for the account's password and keeps it in a file; after a failure it asks for another.
func (f *firstHour) brokerPassword(ctx context.Context, s *config.Source, failed bool) error {
	switch {
	case s.Username == "":
		s.PasswordFile = ""
		return nil
	case f.accountPassword != "":
		s.PasswordFile = f.accountPassword
		return nil
	}
	s.PasswordFile = cmp.Or(s.PasswordFile, filepath.Join(f.keys.dir, "broker.password"))
	prompt := fmt.Sprintf("  Password of %s: ", s.Username)
	if _, err := os.Stat(s.PasswordFile); err == nil {
		if !failed || f.d.yes {
			f.d.say("  its password is in %s", s.PasswordFile)
			return nil
		}
		prompt = fmt.Sprintf("  Password of %s (Enter: the one in %s): ", s.Username, s.PasswordFile)
	}
	password, err := hidden(ctx, prompt, "broker-password-file")
	if err != nil || password == "" && failed {
		return err
	}
	return setup.Save(s.PasswordFile, password+"\n")
}
