package offer

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/pelletier/go-toml/v2"
)

// ParseTOML reads an offer as owners write it: strictly, so that a word misspelt is no word
// left out. file reads what codec.file names. script is what it held, nil without one.
func ParseTOML(text []byte, file func(name string) ([]byte, error)) (o Offer, script []byte, err error) {
	if len(text) > Max {
		return o, nil, refuse("the file has %d bytes, more than %d", len(text), Max)
	}
	d := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return o, nil, refuse("%s", tomlError(err))
	}
	if o.Version != 0 && o.Version != Version {
		return o, nil, refuse("it is of version %d, this program writes %d: leave version out", o.Version, Version)
	}
	if c := o.Codec; c != nil && c.File != "" {
		if script, err = file(c.File); err != nil {
			return o, nil, refuse("codec.file: %v", err)
		}
		hash := crypto.Keccak256Hash(script)
		if c.Script != nil && *c.Script != hash {
			return o, nil, refuse("codec.script is not the hash of %s: leave it out", c.File)
		}
		c.Script = &hash
	}
	o.cutPlace()
	return o, script, o.Check()
}

// cutPlace tells the place no finer than its owner wants.
func (o *Offer) cutPlace() {
	if p := o.Place; p != nil && p.Decimals != nil && *p.Decimals >= 0 {
		for _, at := range []*float64{p.Lat, p.Lon} {
			if at != nil {
				*at = Cut(*at, *p.Decimals)
			}
		}
	}
}

// tomlError says where a file is wrong.
func tomlError(err error) string {
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) {
		var all []string
		for _, one := range unknown.Errors {
			line, _ := one.Position()
			all = append(all, fmt.Sprintf("line %d: there is no member %s", line, strings.Join(one.Key(), ".")))
		}
		return strings.Join(all, "; ")
	}
	var wrong *toml.DecodeError
	if errors.As(err, &wrong) {
		line, column := wrong.Position()
		return fmt.Sprintf("line %d, column %d: %s", line, column, strings.TrimPrefix(wrong.Error(), "toml: "))
	}
	return err.Error()
}

// TOML writes an offer as its owner reads and changes it.
func (o *Offer) TOML() ([]byte, error) {
	var b bytes.Buffer
	e := toml.NewEncoder(&b)
	e.SetIndentTables(false)
	if err := e.Encode(o); err != nil {
		return nil, fmt.Errorf("write the offer: %w", err)
	}
	return b.Bytes(), nil
}

// Device is an offer of one device of a fleet.
type Device struct {
	DevEUI lorawan.DevEUI
	Offer  Offer
}

// fleetMax is how many devices a file may have.
const fleetMax = 10_000

// columns of a fleet's file beside dev_eui: what of the offer they set.
var columns = map[string]func(o *Offer, text string) error{
	"title":       func(o *Offer, text string) error { o.Title = text; return nil },
	"description": func(o *Offer, text string) error { o.Description = text; return nil },
	"interval":    func(o *Offer, text string) error { return o.Interval.UnmarshalText([]byte(text)) },
	"tags":        func(o *Offer, text string) error { o.Tags = strings.Fields(text); return nil },
	"lat":         func(o *Offer, text string) error { return number(&o.place().Lat, text) },
	"lon":         func(o *Offer, text string) error { return number(&o.place().Lon, text) },
	"height":      func(o *Offer, text string) error { return number(&o.place().Height, text) },
	"place":       func(o *Offer, text string) error { o.place().Name = text; return nil },
	"country":     func(o *Offer, text string) error { o.place().Country = text; return nil },
	"decimals": func(o *Offer, text string) error {
		n, err := strconv.Atoi(text)
		o.place().Decimals = &n
		return err
	},
	"indoor": func(o *Offer, text string) error {
		yes, err := strconv.ParseBool(text)
		o.place().Indoor = &yes
		return err
	},
}

// place is the offer's own, which no other offer of a fleet shares.
func (o *Offer) place() *Place {
	if o.Place == nil {
		o.Place = &Place{}
	}
	return o.Place
}

func number(into **float64, text string) error {
	n, err := strconv.ParseFloat(text, 64)
	*into = &n
	return err
}

// FleetColumns are the names a fleet's file may have columns of, beside dev_eui.
func FleetColumns() []string {
	var all []string
	for name := range columns {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// Fleet makes an offer for each line of a file with commas between (RFC 4180): the offer of
// all, written in TOML, with what the line says instead. The first line names the columns:
// dev_eui, and of FleetColumns those that differ from device to device. An empty field leaves
// what all have.
func Fleet(all, csvText []byte, file func(string) ([]byte, error)) (made []Device, err error) {
	return made, eachLine(csvText, func(names, fields []string) (lorawan.DevEUI, error) {
		d, err := device(all, names, fields, file)
		made = append(made, d)
		return d.DevEUI, err
	})
}

// FleetDevices reads no more of a fleet's file than whose lines they are.
func FleetDevices(csvText []byte) (all []lorawan.DevEUI, err error) {
	return all, eachLine(csvText, func(names, fields []string) (lorawan.DevEUI, error) {
		dev, err := lorawan.ParseDevEUI(strings.TrimSpace(fields[slices.Index(names, "dev_eui")]))
		all = append(all, dev)
		return dev, err
	})
}

// eachLine reads a fleet's file.
func eachLine(csvText []byte, take func(names, fields []string) (lorawan.DevEUI, error)) error {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(csvText, []byte("\ufeff"))))
	names, err := r.Read()
	if err != nil {
		return refuse("the fleet's file has no first line with the columns' names: %v", err)
	}
	for i, name := range names {
		if _, known := columns[name]; !known && name != "dev_eui" {
			return refuse("the fleet's file has a column %.40q: dev_eui and %s are known", name, strings.Join(FleetColumns(), ", "))
		}
		if slices.Contains(names[:i], name) {
			return refuse("the fleet's file has the column %s twice", name)
		}
	}
	if !slices.Contains(names, "dev_eui") {
		return refuse("the fleet's file has no column dev_eui")
	}
	at := map[lorawan.DevEUI]int{}
	for {
		fields, err := r.Read()
		if err == io.EOF {
			break
		}
		line, _ := r.FieldPos(0)
		if err != nil {
			return refuse("the fleet's file: %v", err)
		}
		dev, err := take(names, fields)
		if err != nil {
			return refuse("line %d of the fleet's file: %s", line, strings.TrimPrefix(err.Error(), ErrOffer.Error()+": "))
		}
		if before, twice := at[dev]; twice {
			return refuse("line %d of the fleet's file names the device of line %d again", line, before)
		}
		if at[dev] = line; len(at) > fleetMax {
			return refuse("the fleet's file has more than %d devices", fleetMax)
		}
	}
	if len(at) == 0 {
		return refuse("the fleet's file has no line with a device")
	}
	return nil
}

// device makes the offer of one line.
func device(all []byte, names, fields []string, file func(string) ([]byte, error)) (d Device, err error) {
	if d.Offer, _, err = ParseTOML(all, file); err != nil {
		return d, fmt.Errorf("the offer of all: %w", err)
	}
	for i, name := range names {
		text := strings.TrimSpace(fields[i])
		switch {
		case name == "dev_eui":
			d.DevEUI, err = lorawan.ParseDevEUI(text)
		case text != "":
			err = columns[name](&d.Offer, text)
		}
		if err != nil {
			return d, fmt.Errorf("%s: %w", name, err)
		}
	}
	d.Offer.cutPlace()
	return d, d.Offer.Check()
}
