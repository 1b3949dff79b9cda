package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/spf13/cobra"
)

func routeCommand(o *options) *cobra.Command {
	var webhook, mqtt, topic, user, passFile, secretFile, caFile string
	var batch int
	var wait time.Duration
	set := &cobra.Command{
		Use: "set PURCHASE --webhook URL | --mqtt URL --topic TOPIC", Short: "Say where a purchase's readings go (buyers)", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := id[market.PurchaseID](args[0])
			if err != nil {
				return err
			}
			r := delivery.Route{Kind: delivery.KindWebhook, URL: webhook, Batch: batch}
			switch {
			case (webhook == "") == (mqtt == ""):
				return fmt.Errorf("%w: give either --webhook or --mqtt", errUsage)
			case mqtt != "":
				r = delivery.Route{Kind: delivery.KindMQTT, URL: mqtt, Topic: topic, Username: user}
			}
			for _, f := range []struct {
				path string
				to   *string
			}{{passFile, &r.Password}, {secretFile, &r.Secret}} {
				if f.path != "" {
					if *f.to, err = settlement.ReadSecret(f.path); err != nil {
						return err
					}
				}
			}
			if caFile != "" {
				pem, err := os.ReadFile(caFile)
				if err != nil {
					return fmt.Errorf("%w: --ca-file: %w", errUsage, err)
				}
				r.CA = string(pem)
			}
			client, err := o.buyerClient(c)
			if err != nil {
				return err
			}
			set, err := client.SetRoute(c.Context(), n, r)
			for end := time.Now().Add(wait); errors.Is(err, api.ErrNotFound) && time.Now().Before(end); { // the bridge has not seen the block yet
				time.Sleep(500 * time.Millisecond)
				set, err = client.SetRoute(c.Context(), n, r)
			}
			if err != nil {
				return err
			}
			return o.print(c, set)
		},
	}
	f := set.Flags()
	f.StringVar(&webhook, "webhook", "", "https URL that takes signed POSTs")
	f.DurationVar(&wait, "wait", 30*time.Second, "how long to wait for the bridge to see a fresh purchase")
	f.IntVar(&batch, "batch", 0, "parcels in one POST at most (a JSON array)")
	f.StringVar(&secretFile, "secret-file", "", "file with a whsec_… secret for an HMAC signature too")
	f.StringVar(&mqtt, "mqtt", "", "mqtts URL of your broker")
	f.StringVar(&topic, "topic", "", "topic to publish to")
	f.StringVar(&user, "username", "", "of your broker")
	f.StringVar(&passFile, "mqtt-password-file", "", "file with the broker's password")
	f.StringVar(&caFile, "ca-file", "", "PEM of the CA that signed your server's certificate")
	show := &cobra.Command{
		Use: "show PURCHASE", Short: "Show where a purchase's readings go", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := id[market.PurchaseID](args[0])
			if err != nil {
				return err
			}
			client, err := o.buyerClient(c)
			if err != nil {
				return err
			}
			r, err := client.Route(c.Context(), n)
			if err != nil {
				return err
			}
			return o.print(c, r)
		},
	}
	g := group("route", "Say where readings go", set, show)
	g.PersistentFlags().StringVar(&o.api, "api", "", "URL of the operator's public API (default $DBDAO_API, then http://127.0.0.1:8180)")
	return g
}

// buyerClient signs in at the operator's API.
func (o *options) buyerClient(c *cobra.Command) (*api.Client, error) {
	key, err := o.wallet()
	if err != nil {
		return nil, err
	}
	client := api.NewClient(cmp.Or(o.api, os.Getenv("DBDAO_API"), "http://127.0.0.1:8180"), "")
	return client, client.SignIn(c.Context(), key)
}
