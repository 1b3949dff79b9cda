package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/bridge/meter"
	"github.com/databrokerdao/dbdao-bridge/bridge/source"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
)

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
	p := &parts{cfg: cfg, log: log, meter: meter.New(), health: health.New(slog.New(slog.DiscardHandler))}
	defer p.close()
	try("files", func() (string, error) {
		n, err := cfg.CheckFiles()
		return fmt.Sprintf("%d, those with secrets closed to other accounts", n), err
	})
	try("keystore", func() (_ string, err error) {
		p.key, err = settlement.LoadKey(cfg.Operator.Keystore, cfg.Operator.PasswordFile)
		if err != nil {
			return "", err
		}
		return p.key.Address().Hex(), nil
	})
	try("data_dir", func() (string, error) {
		said := "can be written"
		if st, err := os.Stat(cfg.DataDir); err == nil && st.Mode().Perm()&0o077 != 0 {
			said += fmt.Sprintf("; other accounts may look into it (mode %04o): the bridge closes it when it starts", st.Mode().Perm())
		}
		return said, writable(cfg.DataDir)
	})
	for _, url := range cfg.Chain.RPC {
		one := cfg
		one.Chain.RPC = []string{url}
		q := &parts{cfg: one, meter: meter.New(), log: slog.New(slog.DiscardHandler)}
		try("ethereum node "+source.HostOf(url), func() (string, error) {
			if err := q.dial(ctx); err != nil {
				return "", err
			}
			defer q.nodes.Close()
			return checkNode(ctx, q, p.key)
		})
	}
	source.Check(ctx, cfg, log, try)
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

func checkNode(ctx context.Context, q *parts, key *settlement.Key) (string, error) {
	if err := q.nodes.Nodes()[0].Identify(ctx); err != nil {
		if away := (*net.OpError)(nil); errors.As(err, &away) {
			err = fmt.Errorf("%w: start the node, or correct chain.rpc", err)
		}
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
