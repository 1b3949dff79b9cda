package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"
)

// texter is a result that has words of its own for readers.
type texter interface {
	text(o *options, w io.Writer) error
}

// tabular is a result that can be printed as comma-separated values: names first, then rows.
type tabular interface {
	records() [][]string
}

// csvFlag is of commands whose result is tabular.
func (o *options) csvFlag(c *cobra.Command) {
	c.Flags().BoolVar(&o.csv, "csv", false, "print comma-separated values, amounts in wei")
}

// table writes rows under their headings, in columns as wide as they need to be. A column
// that is empty in every row is left out.
type table struct {
	head []string
	rows [][]string
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) print(w io.Writer, indent string) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	var lines []string
	for _, row := range append([][]string{t.head}, t.rows...) {
		line := []string{}
		for i, cell := range row {
			if slices.ContainsFunc(t.rows, func(r []string) bool { return r[i] != "" }) {
				line = append(line, terminal.Clean(cell))
			}
		}
		lines = append(lines, indent+strings.Join(line, "\t"))
	}
	fmt.Fprintln(tw, strings.Join(lines, "\n"))
	return tw.Flush()
}

// bare is print without headings and without empty columns left out.
func (t *table) bare(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, row := range t.rows {
		cells := make([]string, len(row))
		for i := range row {
			cells[i] = terminal.Clean(row[i])
		}
		fmt.Fprintln(tw, strings.Join(cells, "\t"))
	}
	return tw.Flush()
}

// money writes an amount in DTX, or in wei with --wei.
func (o *options) money(a client.Amount) string {
	if o.wei && a.Wei != nil {
		return a.Wei.String() + " wei"
	}
	return a.String()
}

// some is money that is left out if it is nothing.
func (o *options) some(a client.Amount) string {
	if a.Wei == nil || a.Wei.Sign() == 0 {
		return ""
	}
	return o.money(a)
}

// add adds to a sum of money.
func add(to *client.Amount, a client.Amount) {
	if to.Wei == nil {
		*to = client.Amount{Wei: new(big.Int), Places: a.Places}
	}
	to.Wei.Add(to.Wei, a.Wei)
}

// when writes a time and how far away it is; no time is "".
func (o *options) when(at time.Time) string {
	if at.IsZero() || at.Unix() == 0 {
		return ""
	}
	return at.UTC().Format(time.RFC3339) + " (" + relative(at.Sub(o.clock())) + ")"
}

// relative writes how far away a time is, in its two largest units.
func relative(d time.Duration) string {
	switch text := span(d.Abs()); {
	case d.Round(time.Second) == 0:
		return "now"
	case d < 0:
		return text + " ago"
	default:
		return "in " + text
	}
}

// span writes a duration in its two largest units.
func span(d time.Duration) string {
	d = d.Round(time.Second)
	units := []struct {
		name string
		is   time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}}
	for i, u := range units {
		if d < u.is {
			continue
		}
		text := fmt.Sprintf("%d %s", d/u.is, u.name)
		if i+1 < len(units) && d%u.is >= units[i+1].is {
			text += fmt.Sprintf(" %d %s", d%u.is/units[i+1].is, units[i+1].name)
		}
		return text
	}
	return "0 s"
}

// short writes an address or a hash so that a reader tells it from others.
func short(hex string) string {
	if len(hex) < 16 {
		return hex
	}
	return hex[:8] + "…" + hex[len(hex)-4:]
}

// printText writes a result that has no words of its own: a list as a table, an object as
// lines. No cell is JSON.
func printText(w io.Writer, b []byte) error {
	if rows, ok := array(b); ok {
		return printRows(w, "", rows)
	}
	m, ok := object1(b)
	if !ok {
		_, err := fmt.Fprintln(w, plain(b))
		return err
	}
	return printMembers(w, "", m)
}

// printRows writes a list of objects as a table with the members of all of them, and
// another list one by a line.
func printRows(w io.Writer, indent string, rows []json.RawMessage) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(w, indent+"none")
		return err
	}
	t, at := table{}, map[string]int{}
	objects := make([][]member, len(rows))
	for i, r := range rows {
		m, ok := object1(r)
		if !ok {
			for _, r := range rows {
				fmt.Fprintln(w, indent+plain(r))
			}
			return nil
		}
		objects[i] = m
		for _, one := range m {
			if _, known := at[one.name]; !known {
				at[one.name] = len(at)
				t.head = append(t.head, strings.ToUpper(one.name))
			}
		}
	}
	for _, m := range objects {
		cells := make([]string, len(at))
		for _, one := range m {
			cells[at[one.name]] = plain(one.value)
		}
		t.row(cells...)
	}
	return t.print(w, indent)
}

// printMembers writes an object's members, a line each: those of an object in it and the
// rows of a list indented.
func printMembers(w io.Writer, indent string, m []member) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, one := range m {
		inner, isObject := object1(one.value)
		rows, isArray := array(one.value)
		switch {
		case isObject && len(inner) > 0:
			fmt.Fprintf(tw, "%s%s:\n", indent, terminal.Clean(one.name))
			if err := tw.Flush(); err != nil {
				return err
			}
			if err := printMembers(w, indent+"  ", inner); err != nil {
				return err
			}
		case isArray && len(rows) > 0:
			fmt.Fprintf(tw, "%s%s:\t%d\n", indent, terminal.Clean(one.name), len(rows))
			if err := tw.Flush(); err != nil {
				return err
			}
			if err := printRows(w, indent+"  ", rows); err != nil {
				return err
			}
		default:
			fmt.Fprintf(tw, "%s%s:\t%s\n", indent, terminal.Clean(one.name), cmp.Or(plain(one.value), "none"))
		}
	}
	return tw.Flush()
}

// plain writes a value for a reader: of a list its members, or their number if they are
// objects; of an object its members by name.
func plain(v json.RawMessage) string {
	var s string
	if json.Unmarshal(v, &s) == nil {
		switch {
		case s == (common.Hash{}).Hex():
			return "none"
		case len(s) == len("0x")+2*common.AddressLength && common.IsHexAddress(s): // with its checksum, as everywhere
			return common.HexToAddress(s).Hex()
		}
		return terminal.Clean(s)
	}
	if rows, ok := array(v); ok {
		var parts []string
		for _, r := range rows {
			if _, is := object1(r); is {
				return fmt.Sprint(len(rows))
			}
			parts = append(parts, plain(r))
		}
		return strings.Join(parts, ", ")
	}
	if m, ok := object1(v); ok {
		var parts []string
		for _, one := range m {
			parts = append(parts, terminal.Clean(one.name)+" "+plain(one.value))
		}
		return strings.Join(parts, ", ")
	}
	return string(v)
}
