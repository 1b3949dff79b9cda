package main

import (
	"fmt"
	"io"
	"math/big"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/internal/spans"
	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/databrokerdao/dbdao-bridge/market/offer"
	"github.com/spf13/cobra"
)

// filters of stream search, as GET /v1/streams names them.
var filters = []struct{ flag, member, usage string }{
	{"quantity", "quantity", "what is measured, such as temperature (`offer quantities` lists the words)"},
	{"unit", "unit", "UCUM, such as Cel; with --quantity: of that one"},
	{"near", "near", "LAT,LON in degrees: within --radius of it"},
	{"radius", "radius", "such as 500m or 20km (default 10km)"},
	{"box", "box", "SOUTH,WEST,NORTH,EAST in degrees"},
	{"country", "country", "ISO 3166-1 alpha-2, such as BE"},
	{"price-min", "price_min", "DTX per reading"},
	{"price-max", "price_max", "DTX per reading"},
	{"interval-min", "interval_min", "time between two readings of the sensor, such as 30s"},
	{"interval-max", "interval_max", "likewise; streams that state none are left out"},
	{"operator", "operator", "only this operator's"},
	{"licence", "licence", "as the offer writes it, such as CC-BY-4.0"},
	{"resale", "resale", "allowed, attribution or forbidden"},
	{"fresh", "fresh", "the last reading is not older, such as 1h"},
	{"delivered-min", "delivered_min", "part of the readings due that were delivered, 0 to 1"},
	{"after", "after", "show what follows the page that ended here"},
}

// streamSearch finds streams of the market, of whatever operator, by a bridge's catalogue.
func (o *options) streamSearch() *cobra.Command {
	values := make([]string, len(filters))
	var verified bool
	var limit int
	c := &cobra.Command{Use: "search [WORD…]", Short: "Find streams that can be bought, best first, of every operator: any bridge of the market answers (buyers; no node, no key)"}
	for i, f := range filters {
		c.Flags().StringVar(&values[i], f.flag, "", f.usage)
	}
	c.Flags().BoolVar(&verified, "verified", false, "only of devices that their owners proved theirs")
	c.Flags().IntVar(&limit, "limit", 20, "streams at most, up to 200")
	c.Flags().StringVar(&o.api, "api", "", apiUsage)
	c.RunE = func(c *cobra.Command, args []string) error {
		q := url.Values{"limit": {strconv.Itoa(limit)}}
		if len(args) > 0 {
			q.Set("text", strings.Join(args, " "))
		}
		for i, f := range filters {
			if values[i] != "" {
				q.Set(f.member, values[i])
			}
		}
		if verified {
			q.Set("verified", "true")
		}
		l, err := o.publicClient().Streams(c.Context(), q)
		if err != nil {
			return err
		}
		return o.print(c, foundStreams{l})
	}
	return c
}

// foundStreams is a page of streams as stream search prints it.
type foundStreams struct{ api.StreamList }

func (l foundStreams) text(o *options, w io.Writer) error {
	if len(l.Streams) == 0 {
		_, err := fmt.Fprintf(w, "none of the %d streams that can be bought is so\n", l.Of)
		return err
	}
	t := table{head: []string{"STREAM", "TITLE", "PLACE", "MEASURES", "DTX/READING", "DTX/DAY", "EVERY", "STAKE", "DELIVERED", "LAST", "NOTE"}}
	for i := range l.Streams {
		s := &l.Streams[i]
		every := ""
		if s.Every > 0 {
			every = span(time.Duration(s.Every) * time.Second)
		}
		t.row(fmt.Sprint(s.Stream), s.Title, s.Place, measures(s), s.PriceDTX, s.DayDTX, every, s.StakeDTX, percent(s.Delivery), ago(s.Last), strings.Join(notes(s), ", "))
	}
	if err := t.print(w, ""); err != nil {
		return err
	}
	if l.Next != "" {
		_, err := fmt.Fprintf(w, "\nmore: the same with --after %s\n", terminal.Clean(l.Next))
		return err
	}
	return nil
}

func measures(s *api.StreamSummary) string {
	var all []string
	for _, q := range s.Quantities {
		all = append(all, strings.TrimSpace(q.Name+" "+q.Unit))
	}
	return strings.Join(all, ", ")
}

func percent(part *float64) string {
	if part == nil {
		return ""
	}
	return strconv.FormatFloat(float64(int(*part*1000))/10, 'f', -1, 64) + " %"
}

func ago(at *time.Time) string {
	if at == nil {
		return ""
	}
	return relative(time.Until(*at))
}

// notes are what a buyer should know of a stream before he looks at it.
func notes(s *api.StreamSummary) (all []string) {
	for _, n := range []struct {
		is   bool
		text string
	}{
		{s.UnderReview, "under review"}, {s.Restricted, "restricted"}, {!s.Verified, "device not proved"}, {s.OfferState != "here", "offer " + s.OfferState},
	} {
		if n.is {
			all = append(all, n.text)
		}
	}
	return all
}

// streamPage is a stream as a bridge's catalogue has it.
type streamPage struct{ api.StreamPage }

// page prints a stream as a bridge shows it to everybody.
func (o *options) page(c *cobra.Command, id market.StreamID) error {
	p, err := o.publicClient().Stream(c.Context(), id)
	if err != nil {
		return err
	}
	return o.print(c, streamPage{p})
}

func (p streamPage) text(o *options, w io.Writer) error {
	title := p.Title
	if title == "" {
		title = "(no title)"
	}
	fmt.Fprintf(w, "Stream %d: %s\n", p.Stream, terminal.Clean(title))
	var told offer.Offer
	if len(p.Offer) > 0 {
		told, _ = offer.Read(p.Offer) // what is not understood is not shown
	}
	if told.Description != "" {
		fmt.Fprintf(w, "%s\n", terminal.Clean(told.Description))
	}
	fmt.Fprintln(w)
	lines := table{head: []string{"", ""}}
	line := func(name, format string, args ...any) { lines.row(name, fmt.Sprintf(format, args...)) }
	line("state", "%s%s", p.State, joined(notes(&p.StreamSummary)))
	line("measures", "%s", orNothing(measures(&p.StreamSummary), "the offer does not say"))
	line("where", "%s", orNothing(p.where(), "the offer does not say"))
	if p.Every > 0 {
		line("sensor", "a reading every %s", span(time.Duration(p.Every)*time.Second))
	}
	line("price", "%s DTX a reading, at most one every %s: about %s DTX a day, %s DTX in 30 days", p.PriceDTX, span(time.Duration(p.Interval)*time.Second), p.DayDTX, times(p.DayDTX, 30))
	line("", "it binds: what was bought goes on for %s after the owner ends the stream", spans.Text(time.Duration(p.Notice)*time.Second))
	if p.Licence != "" || p.Resale != "" {
		line("licence", "%s; resale: %s", orNothing(p.Licence, "none named"), orNothing(p.Resale, "not said"))
	}
	if told.Contact != "" {
		line("contact", "%s", told.Contact)
	}
	line("offer", "%s (%s)", p.OfferState, p.Terms)
	p.record(line)
	p.ranked(line)
	for i := range lines.rows {
		if lines.rows[i][0] != "" {
			lines.rows[i][0] += ":"
		}
	}
	return lines.bare(w)
}

// record is what happened with the stream so far.
func (p *streamPage) record(line func(name, format string, args ...any)) {
	s := &p.Statistics
	line("first seen", "%s (%s)", s.FirstSeen.Format(time.DateOnly), relative(time.Until(s.FirstSeen)))
	if s.Last != nil {
		what := map[string]string{"operator": "delivered", "chain": "paid on chain"}[s.LastBy]
		line("last reading", "%s, %s", what, ago(s.Last))
	}
	if s.Due > 0 {
		line("paid", "%d of the %d readings due (%s)", s.Paid, s.Due, percent(p.Delivery))
	} else {
		line("paid", "%d readings", s.Paid)
	}
	line("bought", "%d times, %d of them run now", s.Purchases, s.Running)
	if !p.Reviewable {
		line("", "fewer than %d buyers: no review possible", p.Quorum)
	}
	for _, r := range s.Rounds {
		line("challenge", "round %d (%s): %s", r.Round, time.Unix(int64(r.At), 0).UTC().Format(time.DateOnly), roundWords[r.State])
	}
	if len(s.Prices) > 1 {
		for _, f := range s.Prices {
			line("price from", "%s: %s DTX, one every %s", time.Unix(int64(f.From), 0).UTC().Format(time.DateOnly), client.Decimal(new(big.Int).SetUint64(f.Price), 6), span(time.Duration(f.Interval)*time.Second))
		}
	}
	line("owner", "%s, by operator %d", p.Owner, p.Operator)
	for _, f := range p.Former {
		upheld := ""
		if f.Upheld > 0 {
			upheld = fmt.Sprintf(", %d challenges upheld", f.Upheld)
		}
		line("also", "stream %d of the same %s, %s since %s%s", f.Stream, map[string]string{"both": "owner and device"}[f.SameHow]+map[string]string{"owner": "owner", "device": "device"}[f.SameHow],
			f.State, f.Listed.Format(time.DateOnly), upheld)
	}
}

// ranked is where the stream stands, and why.
func (p *streamPage) ranked(line func(name, format string, args ...any)) {
	if p.Position == 0 {
		line("rank", "none: it cannot be bought")
		return
	}
	line("stake", "%s DTX, which the owner loses if he is found at fault", p.StakeDTX)
	line("rank", "%d of %d: log₂(1 + stake) %.3f × record %.3f = %.3f", p.Position, p.Of, p.Rank.Stake, p.Rank.Record, float64(p.Rank.Score)/1e6)
	if p.Rank.SellerFaults+p.Rank.OperatorFaults > 0 {
		line("", "record: %d streams of owner or device lost their stake, %d rulings against the operator", p.Rank.SellerFaults, p.Rank.OperatorFaults)
	}
	for _, m := range p.MoreStake {
		line("", "with %s DTX more stake it would be %d of %d", m.AddDTX, m.Position, p.Of)
	}
}

// where says in words where the device is.
func (p *streamPage) where() string {
	if p.Lat == nil || p.Lon == nil {
		return p.Place
	}
	return strings.TrimSpace(fmt.Sprintf("%s (%v, %v)", p.Place, *p.Lat, *p.Lon))
}

func joined(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return ", " + strings.Join(all, ", ")
}

func orNothing(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// times multiplies a decimal number.
func times(decimal string, n int64) string {
	r, ok := new(big.Rat).SetString(decimal)
	if !ok {
		return "?"
	}
	return strings.TrimRight(strings.TrimRight(r.Mul(r, new(big.Rat).SetInt64(n)).FloatString(6), "0"), ".")
}
