package main

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/kinds"
	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"
)

// buyerClient signs in at the operator's API.
func (o *options) buyerClient(c *cobra.Command) (*api.Client, error) {
	key, err := o.wallet(c.Context())
	if err != nil {
		return nil, err
	}
	client := o.publicClient()
	return client, client.SignIn(c.Context(), key)
}

func (o *options) publicClient() *api.Client {
	return api.NewClient(cmp.Or(o.api, o.viaAPI, os.Getenv("DBDAO_API"), os.Getenv("DBDAO_VIA_API"), "http://127.0.0.1:8180"), "")
}

const apiUsage = "URL of the operator's public API (default $DBDAO_API, then http://127.0.0.1:8180)"

func destinationCommand(o *options) *cobra.Command {
	g := group("destination", "Say where your readings go (buyers)",
		destinationSet(o), destinationLs(o), destinationShow(o), destinationTest(o), destinationRetry(o), destinationRotate(o), destinationRm(o), destinationUse(o), destinationKinds(o))
	g.PersistentFlags().StringVar(&o.api, "api", "", apiUsage)
	return g
}

// onDestination is a command that does something with a named destination.
func (o *options) onDestination(use, short string, run func(c *cobra.Command, client *api.Client, name string) error) *cobra.Command {
	return &cobra.Command{
		Use: use + " NAME", Short: short, Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			client, err := o.buyerClient(c)
			if err != nil {
				return err
			}
			return run(c, client, args[0])
		},
	}
}

func destinationSet(o *options) *cobra.Command {
	var kind string
	var isDefault bool
	set := &cobra.Command{
		Use: "set NAME --kind KIND [OPTION=VALUE | OPTION=@FILE | OPTION=]...", Short: "Set a destination, or options of one: the others stay as they are",
		Long: "Set a destination, or options of one: the others stay as they are. `destination kinds` lists the options of each kind. A secret is given " +
			"as @FILE, never on the command line; secret=new of kind http draws one and prints it. An empty value takes an option back. headers.NAME=VALUE sets a member of an option.",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("%w: %s", errUsage, c.UseLine())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			client, err := o.buyerClient(c)
			if err != nil {
				return err
			}
			old, err := client.Destination(c.Context(), args[0])
			if err != nil && !errors.Is(err, api.ErrNotFound) {
				return err
			}
			in := api.DestinationInput{Kind: cmp.Or(kind, old.Kind), Config: old.Config, Default: isDefault}
			if in.Kind == "" {
				return fmt.Errorf("%w: --kind is missing (see destination kinds)", errUsage)
			}
			if kind != "" && kind != old.Kind {
				in.Config = nil
			}
			drawn := ""
			if in.Config, drawn, err = assign(in.Kind, in.Config, args[1:]); err != nil {
				return err
			}
			v, err := client.SetDestination(c.Context(), args[0], in)
			if err != nil {
				return err
			}
			return o.print(c, setView{v, drawn})
		},
	}
	set.Flags().StringVar(&kind, "kind", "", "kind of storage (see destination kinds)")
	set.Flags().BoolVar(&isDefault, "default", false, "let it take the purchases that name no other destination")
	return set
}

// assign overlays options on a configuration; drawn is a secret made on the way.
func assign(kind string, config json.RawMessage, args []string) (_ json.RawMessage, drawn string, err error) {
	k, err := kinds.All.Kind(kind)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", errUsage, err)
	}
	members := map[string]any{}
	if len(config) > 0 {
		if err := json.Unmarshal(config, &members); err != nil {
			return nil, "", fmt.Errorf("read the destination as it is: %w", err)
		}
	}
	for _, arg := range args {
		name, text, ok := strings.Cut(arg, "=")
		if !ok {
			return nil, "", fmt.Errorf("%w: %s is no OPTION=VALUE", errUsage, arg)
		}
		top, sub, deep := strings.Cut(name, ".")
		i := slices.IndexFunc(k.Manual(), func(m delivery.Option) bool { return m.Name == top })
		if i < 0 {
			return nil, "", fmt.Errorf("%w: kind %s has no option %s (see destination kinds)", errUsage, kind, top)
		}
		opt := k.Manual()[i]
		if top == "secret" && text == "new" {
			if text, err = drawSecret(); err != nil {
				return nil, "", err
			}
			drawn = text
			members[top] = text
			continue
		}
		v, err := optionValue(opt, text, deep)
		if err != nil {
			return nil, "", err
		}
		if !deep {
			members[top] = v
			if text == "" {
				delete(members, top)
			}
			continue
		}
		inner, _ := members[top].(map[string]any)
		if inner == nil {
			inner = map[string]any{}
		}
		if inner[sub] = v; text == "" {
			delete(inner, sub)
		}
		members[top] = inner
	}
	b, err := json.Marshal(members)
	return b, drawn, err
}

// optionValue reads what stands behind the equals sign.
func optionValue(opt delivery.Option, text string, deep bool) (any, error) {
	file, fromFile := strings.CutPrefix(text, "@")
	switch {
	case opt.Secret && text != "" && !fromFile:
		return nil, fmt.Errorf("%w: %s is a secret: write it into a file of mode 0600 and give %s=@FILE", errUsage, opt.Name, opt.Name)
	case opt.Secret && fromFile:
		return settlement.ReadSecret(file)
	case fromFile:
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", errUsage, opt.Name, err)
		}
		text = string(b)
	}
	var v any
	if !deep && !opt.Text && json.Unmarshal([]byte(text), &v) == nil {
		return v, nil
	}
	return text, nil
}

func drawSecret() (string, error) {
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("draw a secret: %w", err)
	}
	return "whsec_" + base64.StdEncoding.EncodeToString(b[:]), nil
}

func destinationLs(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "ls", Short: "List your destinations and how they do", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := o.buyerClient(c)
			if err != nil {
				return err
			}
			all, err := client.Destinations(c.Context())
			if err != nil {
				return err
			}
			type row struct {
				Name      string         `json:"name"`
				Kind      string         `json:"kind"`
				Default   bool           `json:"default"`
				State     delivery.State `json:"state"`
				Delivered uint64         `json:"delivered"`
				LastError string         `json:"last_error"`
			}
			rows := []row{}
			for _, d := range all {
				rows = append(rows, row{d.Name, d.Kind, d.Default, d.Standing.State, d.Standing.Delivered, d.Standing.LastError.Text})
			}
			return o.print(c, rows)
		},
	}
}

func destinationShow(o *options) *cobra.Command {
	return o.onDestination("show", "Show a destination, without secrets, and how it does", func(c *cobra.Command, client *api.Client, name string) error {
		v, err := client.Destination(c.Context(), name)
		if err != nil {
			return err
		}
		return o.print(c, storageView(v))
	})
}

func destinationTest(o *options) *cobra.Command {
	return o.onDestination("test", "Have the bridge send a test reading there now; if it is taken, what waits is tried at once", func(c *cobra.Command, client *api.Client, name string) error {
		r, err := client.TestDestination(c.Context(), name)
		if err != nil {
			return err
		}
		if err := o.print(c, r); err != nil {
			return err
		}
		if !r.Taken {
			return fmt.Errorf("the test reading was not taken: %s. What to do: %s", r.Reason.Text, cures[r.Reason.Code])
		}
		return nil
	})
}

func destinationRetry(o *options) *cobra.Command {
	var wait time.Duration
	c := o.onDestination("retry", "Have what waits tried again now, end a 410, and say what came of it", func(c *cobra.Command, client *api.Client, name string) error {
		before, err := client.Destination(c.Context(), name)
		if err != nil {
			return err
		}
		if err := client.RetryDestination(c.Context(), name); err != nil {
			return err
		}
		var v retriedView
		for end := time.Now().Add(wait); ; time.Sleep(200 * time.Millisecond) {
			now, err := client.Destination(c.Context(), name)
			if err != nil {
				return err
			}
			if v = (retriedView{name, cameOf(&before.Standing, &now.Standing), now.Standing}); v.Result != retryUnderWay || time.Now().After(end) {
				break
			}
		}
		if err := o.print(c, v); err != nil {
			return err
		}
		if v.Result == retryFailed {
			return fmt.Errorf("the attempt failed: %s. What to do: %s", terminal.Clean(v.Standing.LastError.Text), cures[v.Standing.LastError.Code])
		}
		return nil
	})
	spans.Var(c.Flags(), &wait, "wait", 20*time.Second, "how long to wait for the attempt to end")
	return c
}

func destinationRm(o *options) *cobra.Command {
	return o.onDestination("rm", "Forget a destination; what was to go there waits", func(c *cobra.Command, client *api.Client, name string) error {
		if err := client.RemoveDestination(c.Context(), name); err != nil {
			return err
		}
		return o.print(c, map[string]string{"removed": name})
	})
}

func destinationRotate(o *options) *cobra.Command {
	var span time.Duration
	var file string
	c := o.onDestination("rotate", "Sign with another secret; the former one signs as well for a while", func(c *cobra.Command, client *api.Client, name string) error {
		secret, err := drawSecret()
		if file != "" {
			secret, err = settlement.ReadSecret(file)
		}
		if err != nil {
			return err
		}
		v, err := client.RotateDestination(c.Context(), name, secret, span)
		if err != nil {
			return err
		}
		shown := map[string]any{"destination": name, "former_until": time.Now().Add(span).UTC().Truncate(time.Second), "kind": v.Kind}
		if file == "" {
			shown["secret"] = secret
		}
		return o.print(c, shown)
	})
	spans.Var(c.Flags(), &span, "for", 24*time.Hour, "how long the former secret signs as well, at most 30d")
	c.Flags().StringVar(&file, "secret-file", "", "file with the new secret (default: one is drawn and printed)")
	return c
}

func destinationUse(o *options) *cobra.Command {
	var wait time.Duration
	c := &cobra.Command{
		Use: "use NAME PURCHASE", Short: "Send a purchase's readings to a destination from now on", Args: exactly(2),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := id[market.PurchaseID](args[1])
			if err != nil {
				return err
			}
			client, err := o.buyerClient(c)
			if err != nil {
				return err
			}
			if _, err := client.Destination(c.Context(), args[0]); err != nil {
				return err
			}
			v, err := client.RoutePurchase(c.Context(), n, args[0])
			for end := time.Now().Add(wait); errors.Is(err, api.ErrNotFound) && time.Now().Before(end); { // the bridge has not seen the block yet
				time.Sleep(500 * time.Millisecond)
				v, err = client.RoutePurchase(c.Context(), n, args[0])
			}
			if err != nil {
				return err
			}
			return o.print(c, faring(v))
		},
	}
	spans.Var(c.Flags(), &wait, "wait", 30*time.Second, "how long to wait for the bridge to see a fresh purchase")
	return c
}

func destinationKinds(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "kinds [KIND]", Short: "Print the kinds of storage and their options",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("%w: %s", errUsage, c.UseLine())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			all := kinds.All
			if len(args) == 1 {
				k, err := kinds.All.Kind(args[0])
				if err != nil {
					return fmt.Errorf("%w: %w", errUsage, err)
				}
				all = delivery.Kinds{k}
			}
			if o.output == "json" {
				views := []api.KindView{}
				for _, k := range all {
					views = append(views, api.KindView{Name: k.Name, Summary: k.Summary, Guide: k.Guide, Example: json.RawMessage(k.Example), Options: k.Manual()})
				}
				return o.print(c, views)
			}
			_, err := fmt.Fprint(c.OutOrStdout(), kinds.Manual(all))
			return err
		},
	}
}

// routeHash is what a purchase carries on chain so that it goes to a destination; zero
// for the default.
func (o *options) routeHash(c *cobra.Command, destination string) (hash common.Hash, err error) {
	if destination == "" {
		return hash, nil
	}
	client, err := o.buyerClient(c)
	if err != nil {
		return hash, err
	}
	v, err := client.Destination(c.Context(), destination)
	return v.RouteHash, err
}
