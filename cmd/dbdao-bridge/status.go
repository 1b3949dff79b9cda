package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// printStatus prints what the bridge says of itself: in JSON as it is, one line each if it is
// watched, in text for a reader.
func (o *options) printStatus(c *cobra.Command, s api.Status, watched bool) error {
	if o.output != "text" {
		if watched {
			return json.NewEncoder(c.OutOrStdout()).Encode(s)
		}
		return o.print(c, s)
	}
	w := c.OutOrStdout()
	if watched {
		if f, ok := w.(*os.File); ok && isTerminal(f) {
			fmt.Fprint(terminal.Bare(w), "\x1b[H\x1b[2J") // from the top of an empty screen
		}
		fmt.Fprintln(w, time.Now().Format(time.DateTime))
	}
	return o.writeStatus(w, &s)
}

// writeStatus says in words how the bridge does: what holds first, then its parts in the
// order a reading passes them.
func (o *options) writeStatus(w io.Writer, s *api.Status) error {
	fmt.Fprintf(w, "dbdao-bridge %s of operator %d, running since %s\n", s.Version, s.Operator, o.when(s.Started))
	if len(s.Conditions) == 0 {
		fmt.Fprintln(w, "\nnothing is wrong: no condition holds")
	} else {
		fmt.Fprintln(w, "\nconditions (docs/errors.md)")
	}
	for _, c := range s.Conditions {
		fmt.Fprintf(w, "  %s, since %s\n    %s\n", terminal.Clean(strings.TrimSpace(c.Code+" "+c.Subject)), o.when(c.Since), terminal.Clean(c.Text))
	}
	for _, one := range s.Sources {
		if err := printSource(w, one, time.Now()); err != nil {
			return err
		}
	}
	for _, part := range []func(io.Writer, *api.Status) error{o.writeChain, o.writeDeliveries, o.writeSettlement, o.writeChallenged} {
		if err := part(w, s); err != nil {
			return err
		}
	}
	return nil
}

func (o *options) writeChain(w io.Writer, s *api.Status) error {
	at := s.Chain
	compared := ""
	if len(at.Nodes) > 1 {
		compared = fmt.Sprintf(", compared with a second node up to %d", at.Checked)
	}
	fmt.Fprintf(w, "\nchain: folded up to block %d of %s, final up to %d%s; reorganisations %d\n",
		at.Head.Number, o.when(moment(at.Head.Time)), at.Finalized, compared, at.Reorgs)
	if p := at.Progress; p != nil {
		fmt.Fprintf(w, "  being read: block %d of %d, %.0f blocks a second, ready %s\n", p.Block, p.Head, p.Rate, o.when(p.Ready))
	}
	t := table{head: []string{"NODE", "STATE", "BLOCK", "SINCE", "ANSWERS IN", "LAST ERROR"}}
	for _, n := range at.Nodes {
		fault := ""
		if n.State != node.Alive {
			fault = n.LastError
		}
		t.row(n.Host, string(n.State), fmt.Sprint(n.Head), o.when(n.Since), n.Latency.Round(time.Millisecond/10).String(), fault)
	}
	if err := t.print(w, "  "); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "  purchases not closed: %d, of %d devices; delivered now: %d\n", s.Entitlements.Purchases, s.Entitlements.Devices, s.Entitlements.Serving)
	return err
}

// writeDeliveries says what became of the parcels, and how the destinations do.
func (o *options) writeDeliveries(w io.Writer, s *api.Status) error {
	l := s.Ledger
	fmt.Fprintf(w, "\nparcels: waiting %d, parked %d, accepted %d", l.Waiting, l.Parked, l.Receipts)
	for _, one := range []struct {
		n    uint64
		what string
	}{{l.Dropped - min(l.Dropped, l.Restored), "dropped with their purchase"}, {l.Restored, "dropped so, and back since the purchase is"}, {l.Orphaned, "set aside until a reorganisation is final"},
		{l.Expired, "deleted after ledger.retention"}, {l.Untaken, "never stored since their buyers let too much wait"}, {l.Leaked, "accepted after they were dropped, never billed"}} {
		if one.n > 0 {
			fmt.Fprintf(w, ", %s %d", one.what, one.n)
		}
	}
	fmt.Fprintf(w, "; the ledger's file has %.1f MB\n", float64(l.Size)/1e6)
	if err := printAsides(o, w, l.SetAside); err != nil {
		return err
	}
	if s.Unrouted > 0 {
		fmt.Fprintf(w, "  purchases with readings and no destination: %d (their buyers choose one with `destination use`)\n", s.Unrouted)
	}
	if s.Readers.Feeds+s.Readers.Pulled > 0 {
		fmt.Fprintf(w, "  buyers who take their readings themselves: %d live feeds are open, %d purchases were fetched within five minutes\n", s.Readers.Feeds, s.Readers.Pulled)
	}
	if len(s.Destinations) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\ndestinations used since the start")
	t := table{head: []string{"BUYER", "NAME", "KIND", "HOST", "STATE", "PURCHASES", "DELIVERED", "PARKED", "DROPPED", "HALF WITHIN", "99 % WITHIN", "FAILURES IN A ROW", "NEXT ATTEMPT", "LAST ERROR"}}
	some := func(n uint64) string {
		if n == 0 {
			return ""
		}
		return fmt.Sprint(n)
	}
	for _, d := range s.Destinations {
		t.row(short(d.Buyer.Hex()), d.Name, d.Kind, d.Host, string(d.State), fmt.Sprint(d.Purchases), fmt.Sprint(d.Delivered), some(d.Parked), some(d.Dropped),
			lateness(d.P50), lateness(d.P99), some(uint64(d.Streak)), o.when(d.Next), d.LastError.Text)
	}
	return t.print(w, "  ")
}

// usually writes seconds between two events.
func usually(seconds float64) string {
	if d := time.Duration(seconds * float64(time.Second)); d >= 10*time.Second {
		return span(d)
	}
	return fmt.Sprintf("%.1f s", seconds)
}

// lateness writes seconds from posting to receipt.
func lateness(seconds float64) string {
	if seconds == 0 {
		return ""
	}
	return time.Duration(seconds * float64(time.Second)).Round(time.Millisecond).String()
}

func (o *options) writeSettlement(w io.Writer, s *api.Status) error {
	m := s.Settlement
	if m == nil {
		_, err := fmt.Fprintln(w, "\nsettlement does not run: settlement.enabled is false, or no node has answered yet")
		return err
	}
	fmt.Fprintf(w, "\nsettlement: the hot key %s has %s ether, and should have %s; ", m.Signer, settlement.Ether(m.Balance), settlement.Ether(m.Need))
	if last := o.when(m.Last); last != "" {
		fmt.Fprintf(w, "settled last %s\n", last)
	} else {
		fmt.Fprintln(w, "nothing was settled yet")
	}
	if m.Waits != "" {
		fmt.Fprintf(w, "  no settlement now: %s\n", terminal.Clean(m.Waits))
	}
	for _, f := range m.Faults {
		fmt.Fprintf(w, "  does not work since %s: %s: %s\n", o.when(f.Since), f.Code, terminal.Clean(f.Text))
	}
	under := table{head: []string{"UNDER WAY", "NONCE", "STATE", "CLAIMS", "FORMS", "BLOCK", "SENT LAST"}}
	for i := range m.Pending {
		t := &m.Pending[i]
		block := ""
		if t.Block > 0 {
			block = fmt.Sprint(t.Block)
		}
		under.row(t.Hash().Hex(), fmt.Sprint(t.Nonce), string(t.State), fmt.Sprint(len(t.Claims)), fmt.Sprint(len(t.Forms)), block, o.when(t.Sent))
	}
	refused := table{head: []string{"REFUSED PURCHASE", "TRIES", "NEXT TRY", "WHY"}}
	for _, r := range m.Refused {
		refused.row(fmt.Sprint(r.Purchase), fmt.Sprint(r.Tries), o.when(r.NextTry), r.Reason)
	}
	for _, t := range []table{under, refused} {
		if len(t.rows) == 0 {
			continue
		}
		if err := t.print(w, "  "); err != nil {
			return err
		}
	}
	return nil
}

func (o *options) writeChallenged(w io.Writer, s *api.Status) error {
	if len(s.Challenged) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nchallenged streams (`challenge ls --stream N` says by whom)")
	t := table{head: []string{"STREAM", "STATE", "ROUND", "IS", "CHALLENGERS", "QUORUM", "RULING FROM", "UNTIL"}}
	for _, c := range s.Challenged {
		is, quorum := roundWords[c.Round.State], ""
		if c.Over {
			is = roundWords[c.Round.At(c.Round.Deadline)] + ": anyone may say so on chain (`challenge expire`)"
		}
		if c.Quorum > 0 {
			quorum = fmt.Sprint(c.Quorum)
		}
		t.row(fmt.Sprint(c.Stream), c.State.String(), fmt.Sprint(c.Round.Number), is, fmt.Sprint(c.Round.Count), quorum, o.when(moment(c.Round.RuleFrom)), o.when(moment(c.Round.Deadline)))
	}
	return t.print(w, "  ")
}

// isTerminal tells whether somebody sits there; /dev/null is none.
func isTerminal(f *os.File) bool {
	return term.IsTerminal(int(f.Fd()))
}

// printSource says how a source stands, what came and what became of it.
func printSource(w io.Writer, s api.SourceStatus, now time.Time) error {
	ago := func(t time.Time) string {
		if t.IsZero() {
			return "never"
		}
		return relative(t.Sub(now))
	}
	fmt.Fprintf(w, "\nsource %s (%s): ", s.Name, s.Kind)
	switch {
	case s.Kind == "http":
		fmt.Fprintf(w, "listens, posts refused for their token: %d", s.Refused)
	case !s.Connected:
		fmt.Fprint(w, "not connected")
	default:
		fmt.Fprintf(w, "connected %s, session %s, QoS granted %s", ago(s.Since), s.Session, s.QoS)
	}
	fmt.Fprintf(w, "\n  last event %s", ago(s.LastEvent))
	if s.Usually > 0 {
		fmt.Fprintf(w, ", usually one every %s", usually(s.Usually))
	}
	fmt.Fprintf(w, "; last sold %s; not acknowledged yet %d; uplinks with QoS 0 %d\n", ago(s.LastSold), s.Pending, s.QoS0)
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, e := range s.Events {
		fmt.Fprintf(tw, "  event\t%s\t%d\t\n", e.Event, e.Count)
	}
	for _, f := range s.Fates {
		fmt.Fprintf(tw, "  fate\t%s\t%d\t%s\n", f.Fate, f.Count, f.Means)
	}
	if b := s.Backfill; b != nil {
		fmt.Fprintf(tw, "  back-fill\t%s\n", b)
	}
	return tw.Flush()
}
