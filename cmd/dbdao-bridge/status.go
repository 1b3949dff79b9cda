package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/spf13/cobra"
)

// printStatus prints what the bridge says of itself: in JSON as it is, one line each if it is
// watched, in text the sources as a table of their own.
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
			fmt.Fprint(w, "\x1b[H\x1b[2J") // from the top of an empty screen
		}
		fmt.Fprintln(w, time.Now().Format(time.DateTime))
	}
	sources := s.Sources
	s.Sources = nil
	if err := o.print(c, struct {
		api.Status
		Sources *struct{} `json:"sources,omitempty"` // told below
	}{Status: s}); err != nil {
		return err
	}
	for _, one := range sources {
		if err := printSource(w, one, time.Now()); err != nil {
			return err
		}
	}
	return nil
}

func isTerminal(f *os.File) bool {
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
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
		fmt.Fprintf(w, ", usually one every %v", time.Duration(s.Usually*float64(time.Second)))
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
