package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/big"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge/app"
	"github.com/databrokerdao/dbdao-bridge/bridge/source"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
	"github.com/databrokerdao/dbdao-bridge/internal/version"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/spf13/cobra"
)

func logger(c config.Log, w io.Writer) *slog.Logger {
	var level slog.Level
	if level.UnmarshalText([]byte(c.Level)) != nil {
		level = slog.LevelInfo
	}
	opts := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

func runCommand(o *options) *cobra.Command {
	again := false
	c := &cobra.Command{
		Use: "run -c FILE", Short: "Run the bridge until it is told to stop", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := config.Load(o.config)
			if err != nil {
				return err
			}
			log := logger(cfg.Log, os.Stderr)
			hangup := make(chan os.Signal, 1)
			signal.Notify(hangup, syscall.SIGHUP) // of a terminal that closes, or a service manager's reload: no reason to stop
			defer signal.Stop(hangup)
			go func() {
				for {
					select {
					case <-hangup:
						log.Info("a hang-up signal changes nothing: the configuration is read at the start, restart to change it")
					case <-c.Context().Done():
						return
					}
				}
			}()
			return app.Run(c.Context(), cfg, again, log)
		},
	}
	c.Flags().BoolVar(&again, "begin-again", false, "make new keys and an empty ledger in place of those that are missing, although the bridge has run before: once, by hand, when they are lost for good")
	return c
}

func checkCommand(o *options) *cobra.Command {
	var listen time.Duration
	check := &cobra.Command{
		Use: "check -c FILE", Short: "Validate a configuration and connect to everything it names", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := config.Load(o.config)
			if err != nil {
				return err
			}
			type line struct {
				OK   bool   `json:"ok"`
				What string `json:"what"`
			}
			lines := []line{}
			if listen < 0 || listen > time.Hour {
				return fmt.Errorf("%w: --listen must be 1s to 1h", errUsage)
			}
			say := func(ok bool, what string) {
				lines = append(lines, line{ok, what})
				if o.output == "text" {
					fmt.Fprintln(c.OutOrStdout(), map[bool]string{true: "ok    ", false: "FAULT "}[ok]+terminal.Lines(what))
				}
			}
			log := logger(cfg.Log, os.Stderr)
			err = app.Check(c.Context(), cfg, log, say)
			if listen > 0 {
				err = errors.Join(err, source.Listen(c.Context(), cfg, log, listen, o.bought, say))
			}
			if o.output == "json" {
				if perr := o.print(c, map[string]any{"ok": err == nil, "checks": lines}); perr != nil {
					return perr
				}
			}
			if err != nil {
				return errors.New("the bridge would not work like this: see the faults above")
			}
			return nil
		},
	}
	spans.Var(check.Flags(), &listen, "listen", 0, "then listen at every broker for so long, 1s to 1h, and say what arrives and what of it is bought")
	return check
}

// bought asks the running bridge which devices are bought.
func (o *options) bought(ctx context.Context) (map[lorawan.DevEUI]bool, error) {
	client, err := o.adminClient()
	if err != nil {
		return nil, err
	}
	all, err := client.Bought(ctx)
	if err != nil {
		return nil, err
	}
	is := map[lorawan.DevEUI]bool{}
	for _, d := range all {
		is[d] = true
	}
	return is, nil
}

func configfileCommand() *cobra.Command {
	return &cobra.Command{
		Use: "configfile", Short: "Print the annotated default configuration", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(c.OutOrStdout(), config.Defaults())
			return err
		},
	}
}

func versionCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			return o.print(c, map[string]string{"version": version.String()})
		},
	}
}

// adminClient talks to the running bridge.
func (o *options) adminClient() (*api.Client, error) {
	cfg, err := config.Draft(o.config)
	if err != nil {
		return nil, err
	}
	token, err := o.readAdminToken(cfg)
	if err != nil {
		return nil, err
	}
	return api.NewClient(cmp.Or(o.admin, "http://"+cfg.Admin.Listen), token), nil
}

// readAdminToken reads what the bridge made at its first start.
func (o *options) readAdminToken(cfg config.Config) (string, error) {
	file := cmp.Or(o.adminToken, os.Getenv("DBDAO_ADMIN_TOKEN_FILE"), cfg.Path(app.AdminToken))
	token, err := settlement.ReadSecret(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && o.config == "" && file == cfg.Path(app.AdminToken):
		return "", fmt.Errorf("%w: which bridge? There is no %s: give -c and the running bridge's configuration, or --admin-token-file and --admin", errUsage, file)
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("there is no %s: the bridge makes it at its first start; is the configuration (-c) the running bridge's?", file)
	case errors.Is(err, fs.ErrPermission):
		return "", fmt.Errorf("this account may not read %s: run the command as the one the bridge runs as (sudo -u dbdao-bridge), or name a copy with --admin-token-file", file)
	}
	return token, err
}

func statusCommand(o *options) *cobra.Command {
	var watch bool
	var every time.Duration
	status := &cobra.Command{
		Use: "status", Short: "Show how the running bridge does", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := o.adminClient()
			if err != nil {
				return err
			}
			if every < 100*time.Millisecond {
				return fmt.Errorf("%w: --every must be 100ms or more", errUsage)
			}
			for {
				s, err := client.Status(c.Context())
				switch {
				case err != nil && c.Context().Err() != nil:
					return nil // it was told to stop
				case err != nil && !watch:
					return err
				case err != nil: // the bridge may come back
					fmt.Fprintln(c.ErrOrStderr(), terminal.Error(err))
				default:
					if err := o.printStatus(c, s, watch); err != nil {
						return err
					}
				}
				if !watch {
					return nil
				}
				select {
				case <-c.Context().Done():
					return nil
				case <-time.After(every):
				}
			}
		},
	}
	status.Flags().BoolVar(&watch, "watch", false, "show it again and again, until it is told to stop; in JSON one line each time")
	spans.Var(status.Flags(), &every, "every", 2*time.Second, "how often, with --watch")
	return status
}

func settleCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "settle", Short: "Let the running bridge claim everything delivered, now", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := o.adminClient()
			if err != nil {
				return err
			}
			txs, err := client.Settle(c.Context())
			if err != nil {
				return err
			}
			out := settlements{}
			for _, t := range txs {
				out = append(out, sent{t.Nonce, t.Hash().Hex(), t.State, t.Claims})
			}
			return o.print(c, out)
		},
	}
}

// sent is a settlement transaction as commands print it.
type sent struct {
	Nonce  uint64             `json:"nonce"`
	Tx     string             `json:"tx"`
	State  settlement.TxState `json:"state"`
	Claims []settlement.Claim `json:"claims"`
}

type settlements []sent

// claimsShown is how many claims of a transaction readers see.
const claimsShown = 20

func (all settlements) text(_ *options, w io.Writer) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, "nothing can be claimed now: `earnings` says what is unclaimed, and why")
		return err
	}
	for _, one := range all {
		fmt.Fprintf(w, "transaction %s (nonce %d) is %s and claims:\n", one.Tx, one.Nonce, one.State)
		t := table{head: []string{"PURCHASE", "READINGS IN ALL", "AND THEN"}}
		for _, c := range one.Claims[:min(len(one.Claims), claimsShown)] {
			t.row(fmt.Sprint(c.Purchase), fmt.Sprint(c.Delivered), map[bool]string{true: "it closes: the rest returns to the buyer"}[c.Last])
		}
		if err := t.print(w, "  "); err != nil {
			return err
		}
		if more := len(one.Claims) - claimsShown; more > 0 {
			fmt.Fprintf(w, "  and %d more (-o json lists them)\n", more)
		}
	}
	return nil
}

func earningsCommand(o *options) *cobra.Command {
	c := &cobra.Command{
		Use: "earnings", Short: "Show the operator what the chain paid for each purchase and to whom, and what is unclaimed and why (owners: owner earnings)", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := o.adminClient()
			if err != nil {
				return err
			}
			all, err := client.Earnings(c.Context())
			if err != nil {
				return err
			}
			return o.print(c, viewEarnings(all))
		},
	}
	o.csvFlag(c)
	return c
}

// earning is what the chain paid for one purchase and what it has not, as commands print it.
type earning struct {
	Stream    market.StreamID     `json:"stream"`
	Purchase  market.PurchaseID   `json:"purchase"`
	Paid      uint32              `json:"paid"` // readings
	Gross     client.Amount       `json:"gross"`
	Owner     client.Amount       `json:"owner"`
	Operator  client.Amount       `json:"operator"`
	Platform  client.Amount       `json:"platform"`
	Returned  client.Amount       `json:"returned"` // the owner's part that went back to the buyer
	Unclaimed uint32              `json:"unclaimed"`
	Worth     client.Amount       `json:"unclaimed_cut"` // the operator's tenth of it
	Standing  settlement.Standing `json:"state"`
	Why       string              `json:"why,omitempty"`
	NextTry   string              `json:"next_try,omitempty"`
	Until     string              `json:"claim_until,omitempty"`
}

// earnings are for readers a table: a line a purchase, and their sum.
type earnings []earning

func (all earnings) text(o *options, w io.Writer) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, "nobody has bought of your streams yet")
		return err
	}
	t := table{head: []string{"STREAM", "PURCHASE", "PAID READINGS", "FOR", "TO THE OWNER", "TO YOU", "TO THE PLATFORM", "BACK TO THE BUYER", "UNCLAIMED READINGS", "YOUR PART", "STATE", "NEXT TRY", "CLAIM UNTIL", "WHY"}}
	sum := earning{}
	for _, e := range all {
		unclaimed := ""
		if e.Unclaimed > 0 {
			unclaimed = fmt.Sprint(e.Unclaimed)
		}
		t.row(fmt.Sprint(e.Stream), fmt.Sprint(e.Purchase), fmt.Sprint(e.Paid), o.money(e.Gross), o.money(e.Owner), o.money(e.Operator), o.money(e.Platform), o.some(e.Returned),
			unclaimed, o.some(e.Worth), string(e.Standing), e.NextTry, e.Until, e.Why)
		sum.Paid += e.Paid
		sum.Unclaimed += e.Unclaimed
		for _, one := range []struct {
			to *client.Amount
			a  client.Amount
		}{{&sum.Gross, e.Gross}, {&sum.Owner, e.Owner}, {&sum.Operator, e.Operator}, {&sum.Platform, e.Platform}, {&sum.Returned, e.Returned}, {&sum.Worth, e.Worth}} {
			add(one.to, one.a)
		}
	}
	t.row("all", "", fmt.Sprint(sum.Paid), o.money(sum.Gross), o.money(sum.Owner), o.money(sum.Operator), o.money(sum.Platform), o.some(sum.Returned), fmt.Sprint(sum.Unclaimed), o.some(sum.Worth), "", "", "", "")
	return t.print(w, "")
}

func (all earnings) records() (rows [][]string) {
	rows = append(rows, []string{"stream", "purchase", "paid", "unclaimed", "decimals", "gross_wei", "owner_wei", "operator_wei", "platform_wei", "returned_wei", "unclaimed_cut_wei", "state", "next_try", "claim_until", "why"})
	for _, e := range all {
		rows = append(rows, []string{fmt.Sprint(e.Stream), fmt.Sprint(e.Purchase), fmt.Sprint(e.Paid), fmt.Sprint(e.Unclaimed), fmt.Sprint(e.Gross.Places),
			e.Gross.Wei.String(), e.Owner.Wei.String(), e.Operator.Wei.String(), e.Platform.Wei.String(), e.Returned.Wei.String(), e.Worth.Wei.String(), string(e.Standing), e.NextTry, e.Until, e.Why})
	}
	return rows
}

func viewEarnings(all []settlement.Earning) earnings {
	views := earnings{}
	for _, e := range all {
		amount := func(wei *big.Int) client.Amount { return client.Amount{Wei: wei, Places: e.Decimals} }
		views = append(views, earning{
			Stream: e.Stream, Purchase: e.Purchase, Paid: e.Delivered,
			Gross: amount(e.Gross), Owner: amount(e.Owner), Operator: amount(e.Operator), Platform: amount(e.Platform), Returned: amount(e.Returned),
			Unclaimed: e.Unclaimed, Worth: amount(e.Worth), Standing: e.Standing, Why: e.Why, NextTry: rfc3339(e.NextTry), Until: rfc3339(moment(e.Until)),
		})
	}
	return views
}

// rfc3339 prints a time; no time is nothing.
func rfc3339(t time.Time) string {
	if t.IsZero() || t.Unix() == 0 {
		return ""
	}
	return t.Format(time.RFC3339)
}
