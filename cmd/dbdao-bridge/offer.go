package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market/offer"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/spf13/cobra"
)

func offerCommand(o *options) *cobra.Command {
	return group("offer", "Write, check and publish what is sold (owners)", o.offerNew(), o.offerCheck(), o.offerFleet(), o.offerPublish(), o.offerQuantities())
}

// offered is an offer as commands take it.
type offered struct {
	offer.Offer
	document []byte
	script   []byte // of its codec js
}

// readOffer reads an offer as its owner wrote it (TOML), or a document as it is (JSON).
func readOffer(name string) (o offered, err error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return o, fmt.Errorf("%w: %w (`dbdao-bridge offer new %s` writes one)", errUsage, err, name)
	}
	if strings.HasSuffix(name, ".json") {
		o.document = text
		if o.Offer, err = offer.Read(text); err != nil {
			return o, fmt.Errorf("%s: %w", name, err)
		}
		return o, nil
	}
	if o.Offer, o.script, err = offer.ParseTOML(text, nextTo(name)); err != nil {
		return o, fmt.Errorf("%s: %w", name, err)
	}
	o.document, err = o.Document()
	return o, err
}

// nextTo reads files named in an offer.
func nextTo(name string) func(string) ([]byte, error) {
	return func(file string) ([]byte, error) {
		if !filepath.IsAbs(file) {
			file = filepath.Join(filepath.Dir(name), file)
		}
		return os.ReadFile(file)
	}
}

// hash is what stands on chain.
func (o *offered) hash() common.Hash { return crypto.Keccak256Hash(o.document) }

func (o *options) offerNew() *cobra.Command {
	var yes bool
	var title, sell, quantities, place, decimals, interval, licence, resale string
	c := &cobra.Command{
		Use: "new FILE.toml", Short: "Ask what you sell, and write an offer", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := os.Stat(args[0]); err == nil {
				return fmt.Errorf("%w: %s is there already", errUsage, args[0])
			}
			if !strings.HasSuffix(args[0], ".toml") {
				return fmt.Errorf("%w: call the file NAME.toml", errUsage)
			}
			d := &dialog{bufio.NewReader(c.InOrStdin()), c.ErrOrStderr(), yes}
			d.say("What buyers are told. Enter takes what stands in brackets.")
			made := &offer.Offer{}
			for _, q := range []question{
				{text: "One line that says what it is", flag: "title", given: title, take: told(made, func(a string) error { made.Title = a; return nil })},
				{text: "What a reading contains, of values, senml, data, link", flag: "sell", given: sell, proposal: "values", take: told(made, func(a string) error { made.Sell = splitWords(a); return nil })},
				{text: "Which quantities, such as temperature[Cel]=-40..85 (none: all of the values)", flag: "quantities", given: quantities, optional: true, take: told(made, func(a string) (err error) { made.Quantities, err = readQuantities(a); return err })},
				{text: "Time between two readings", flag: "interval", given: interval, proposal: "10m", take: told(made, func(a string) error { return made.Interval.UnmarshalText([]byte(a)) })},
				{text: "Decimals told of its place: 2 is about 1 km (none: no place)", flag: "decimals", given: decimals, optional: true, take: placeDecimals(made)},
				{text: "Latitude and longitude, such as 51.0543 3.7174", flag: "place", given: place, optional: true, take: placePoint(made)},
				{text: "Licence, of https://spdx.org/licenses", flag: "licence", given: licence, proposal: "CC-BY-4.0", take: told(made, func(a string) error { made.Licence = &offer.Licence{SPDX: a}; return nil })},
				{text: "May buyers sell what they make of it: forbidden, allowed, attribution", flag: "resale", given: resale, proposal: "attribution", take: told(made, func(a string) error { made.Resale = a; return nil })},
			} {
				if q.flag == "place" && made.Place == nil && place == "" {
					continue
				}
				if err := d.ask(c.Context(), q); err != nil {
					return err
				}
			}
			return writeOffer(o, c, made, args[0])
		},
	}
	f := c.Flags()
	f.BoolVar(&yes, "yes", false, "take what is proposed, ask nothing")
	f.StringVar(&title, "title", "", "one line that says what it is")
	f.StringVar(&sell, "sell", "", "what a reading contains, of values,senml,data,link")
	f.StringVar(&quantities, "quantities", "", "the members of the values that are sold, e.g. temperature[Cel]=-40..85,air.humidity; unit (UCUM) and range may be left out")
	f.StringVar(&interval, "interval", "", "time between two readings, such as 10m")
	f.StringVar(&decimals, "decimals", "", "decimals told of latitude and longitude: 2 is about 1 km")
	f.StringVar(&place, "place", "", "latitude and longitude")
	f.StringVar(&licence, "licence", "", "a licence of https://spdx.org/licenses")
	f.StringVar(&resale, "resale", "", "forbidden, allowed or attribution")
	return c
}

// told takes an answer if the offer makes sense with it.
func told(o *offer.Offer, take func(string) error) func(string) error {
	return func(answer string) error {
		before := *o
		if answer == "" {
			return nil
		}
		err := take(answer)
		if try := *o; err == nil {
			if len(try.Sell) == 0 {
				try.Sell = []string{"values"}
			}
			if p := try.Place; p != nil && p.Lat == nil {
				try.Place = nil
			}
			try.Quantities, try.Sell = slices.Clone(try.Quantities), slices.Clone(try.Sell)
			err = try.Check()
		}
		if err != nil {
			*o = before
		}
		return err
	}
}

func placeDecimals(o *offer.Offer) func(string) error {
	return func(answer string) error {
		if answer == "" {
			return nil
		}
		n, err := strconv.Atoi(answer)
		if err != nil || n < 0 || n > 6 {
			return errors.New("a number from 0 (about 111 km) to 6 (about 0.1 m)")
		}
		o.Place = &offer.Place{Decimals: &n}
		return nil
	}
}

func placePoint(o *offer.Offer) func(string) error {
	return told(o, func(answer string) error {
		both := splitWords(answer)
		if o.Place == nil {
			return errors.New("say first how many decimals may be told of it (--decimals)")
		}
		p := *o.Place
		if len(both) != 2 {
			return errors.New("latitude and longitude in degrees, such as 51.0543 3.7174")
		}
		for i, into := range []**float64{&p.Lat, &p.Lon} {
			n, err := strconv.ParseFloat(both[i], 64)
			if err != nil {
				return fmt.Errorf("%q is no number", both[i])
			}
			*into = new(offer.Cut(n, *p.Decimals))
		}
		o.Place = &p
		return nil
	})
}

func splitWords(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' })
}

func writeOffer(o *options, c *cobra.Command, made *offer.Offer, name string) error {
	if p := made.Place; p != nil && p.Lat == nil {
		made.Place = nil
	}
	if err := made.Check(); err != nil {
		return err
	}
	text, err := made.TOML()
	if err != nil {
		return err
	}
	if err := os.WriteFile(name, text, 0o644); err != nil {
		return err
	}
	doc, err := made.Document()
	if err != nil {
		return err
	}
	return o.print(c, map[string]any{"file": name, "terms": crypto.Keccak256Hash(doc), "bytes": len(doc)})
}

func (o *options) offerCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check FILE…", Short: "Check offers; prints what stands on chain for each", Args: least(1),
		RunE: func(c *cobra.Command, args []string) error {
			type checked struct {
				File     string      `json:"file"`
				Title    string      `json:"title,omitempty"`
				Terms    common.Hash `json:"terms"`
				Bytes    int         `json:"bytes"`
				Document string      `json:"terms_document"`
			}
			var all []checked
			var faults []error
			for _, name := range args {
				one, err := readOffer(name)
				if err != nil {
					faults = append(faults, err)
					continue
				}
				all = append(all, checked{name, one.Title, one.hash(), len(one.document), string(one.document)})
			}
			if err := errors.Join(faults...); err != nil {
				return err
			}
			if len(all) == 1 {
				return o.print(c, all[0])
			}
			return o.print(c, all)
		},
	}
}

func (o *options) offerFleet() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "fleet FILE.toml DEVICES.csv --dir DIR", Short: "Write an offer for each line of a spreadsheet: that of all, with what the line says instead", Args: exactly(2),
		Long: "Write an offer for each line of a spreadsheet: that of all, with what the line says instead.\n\nThe first line of DEVICES.csv names its columns: dev_eui, and of " +
			strings.Join(offer.FleetColumns(), ", ") + " those that differ from device to device; an empty field leaves what all have. DIR gets a file DEV_EUI.json for each, the document whose hash stands on chain: " +
			"`stream create --offer DIR` lists each attested device under its own.",
		RunE: func(c *cobra.Command, args []string) error {
			all, err := os.ReadFile(args[0])
			if err != nil {
				return fmt.Errorf("%w: %w", errUsage, err)
			}
			lines, err := os.ReadFile(args[1])
			if err != nil {
				return fmt.Errorf("%w: %w", errUsage, err)
			}
			fleet, err := offer.Fleet(all, lines, nextTo(args[0]))
			if err != nil {
				return err
			}
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			for _, d := range fleet {
				doc, err := d.Offer.Document()
				if err != nil {
					return err
				}
				if err := os.WriteFile(filepath.Join(dir, d.DevEUI.String()+".json"), doc, 0o644); err != nil {
					return err
				}
			}
			return o.print(c, map[string]any{"dir": dir, "devices": len(fleet)})
		},
	}
	c.Flags().StringVar(&dir, "dir", "offers", "where the documents are written")
	return c
}

// offerOf reads the offer of a device: a file, or the device's own in a directory.
func offerOf(name string, dev lorawan.DevEUI) (offered, error) {
	if s, err := os.Stat(name); err == nil && s.IsDir() {
		for _, end := range []string{".toml", ".json"} {
			o, err := readOffer(filepath.Join(name, dev.String()+end))
			if !errors.Is(err, fs.ErrNotExist) {
				return o, err
			}
		}
		return offered{}, fmt.Errorf("%w: %s has no %s.toml and no %[3]s.json", errUsage, name, dev)
	}
	return readOffer(name)
}

func (o *options) offerPublish() *cobra.Command {
	c := &cobra.Command{
		Use: "publish FILE…", Short: "Give the bridge the documents of offers that stand on chain: the stream's owner with --keystore, the operator without", Args: least(1),
		RunE: func(c *cobra.Command, args []string) error {
			var all []offered
			for _, name := range args {
				one, err := readOffer(name)
				if err != nil {
					return err
				}
				all = append(all, one)
			}
			asOwner := o.keystore != "" || os.Getenv("DBDAO_KEYSTORE") != ""
			client, err := o.adminClient()
			if asOwner {
				client, err = o.buyerClient(c)
			}
			if err != nil {
				return err
			}
			put, err := publish(c.Context(), client, all, !asOwner)
			if err != nil {
				return err
			}
			if len(put) == 1 {
				return o.print(c, put[0])
			}
			return o.print(c, put)
		},
	}
	c.Flags().StringVar(&o.api, "api", "", apiUsage)
	return c
}

func publish(ctx context.Context, client *api.Client, all []offered, admin bool) (put []api.TermsPut, err error) {
	for _, one := range all {
		t, err := client.PutTerms(ctx, one.document, admin)
		if err != nil {
			return put, err
		}
		put = append(put, t)
	}
	return put, nil
}

func (o *options) offerQuantities() *cobra.Command {
	return &cobra.Command{
		Use: "quantities", Short: "List what can be measured, and in which units (UCUM)", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			type row struct {
				Measures string `json:"measures"`
				Units    string `json:"units"`
				Means    string `json:"means"`
			}
			var all []row
			for _, m := range offer.Measures {
				all = append(all, row{m.Name, strings.Join(m.Units, " "), m.Means})
			}
			return o.print(c, all)
		},
	}
}

// readQuantities reads --quantities: names with commas between, each perhaps with its unit in
// brackets and the range it promises, NAME[UNIT]=MIN..MAX, of which either end may be left out.
func readQuantities(text string) (all []offer.Quantity, err error) {
	for one := range strings.SplitSeq(text, ",") {
		name, bounds, promised := strings.Cut(one, "=")
		q := offer.Quantity{Name: name}
		if plain, unit, has := strings.Cut(name, "["); has {
			if !strings.HasSuffix(unit, "]") || len(unit) < 2 {
				return nil, fmt.Errorf("%w: quantities %q: a unit of UCUM stands in brackets, e.g. temperature[Cel] or co2[[ppm]]", errUsage, one)
			}
			q.Name, q.Unit = plain, unit[:len(unit)-1]
		}
		if promised {
			low, high, ok := strings.Cut(bounds, "..")
			if !ok || low == "" && high == "" {
				return nil, fmt.Errorf("%w: quantities %q: a range is MIN..MAX, e.g. temperature=-20..40", errUsage, one)
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
					return nil, fmt.Errorf("%w: quantities %q: %q is no number", errUsage, one, end.text)
				}
				*end.into = &n
			}
		}
		all = append(all, q)
	}
	return all, nil
}
