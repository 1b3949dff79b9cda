package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/spf13/cobra"
)

func termsCommand(o *options) *cobra.Command {
	put := &cobra.Command{
		Use: "put FILE", Short: "Give the bridge a terms document it lacks: the stream's owner with --keystore, the operator without", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			doc, err := os.ReadFile(args[0])
			if err != nil {
				return fmt.Errorf("%w: %w", errUsage, err)
			}
			asOwner := o.keystore != "" || os.Getenv("DBDAO_KEYSTORE") != ""
			client, err := o.adminClient()
			if asOwner {
				client, err = o.buyerClient(c)
			}
			if err != nil {
				return err
			}
			t, err := client.PutTerms(c.Context(), doc, !asOwner)
			if err != nil {
				return err
			}
			return o.print(c, t)
		},
	}
	put.Flags().StringVar(&o.api, "api", "", apiUsage)
	return group("terms", "Look after terms documents", put)
}

// readQuantities reads --quantities: names with commas between, each perhaps with its unit in
// brackets and the range it promises, NAME[UNIT]=MIN..MAX, of which either end may be left out.
func readQuantities(text string) (all []market.Quantity, err error) {
	for one := range strings.SplitSeq(text, ",") {
		name, bounds, promised := strings.Cut(one, "=")
		q := market.Quantity{Name: name}
		if plain, unit, has := strings.Cut(name, "["); has {
			if !strings.HasSuffix(unit, "]") || len(unit) < 2 {
				return nil, fmt.Errorf("%w: --quantities %q: a unit of UCUM stands in brackets, e.g. temperature[Cel] or co2[[ppm]]", errUsage, one)
			}
			q.Name, q.Unit = plain, unit[:len(unit)-1]
		}
		if promised {
			low, high, ok := strings.Cut(bounds, "..")
			if !ok || low == "" && high == "" {
				return nil, fmt.Errorf("%w: --quantities %q: a range is MIN..MAX, e.g. temperature=-20..40", errUsage, one)
			}
			for _, end := range []struct {
				text string
				into **float64
			}{{low, &q.Min}, {high, &q.Max}} {
				if end.text == "" {
					continue
				}
				n, err := strconv.ParseFloat(end.text, 64)
				if err != nil {
					return nil, fmt.Errorf("%w: --quantities %q: %q is no number", errUsage, one, end.text)
				}
				*end.into = &n
			}
		}
		all = append(all, q)
	}
	return all, nil
}
