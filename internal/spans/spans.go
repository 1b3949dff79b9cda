// Package spans reads and writes spans of time as people do: in days, too. Everything that takes a
// duration takes it so, and whatever is printed for people has the units that are in it.
package spans

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

const day = 24 * time.Hour

// daysMost keeps a span of days within what a time.Duration holds.
const daysMost = 100_000

// ErrSpan says what a span looks like.
var ErrSpan = errors.New("a duration is wanted, such as 90s, 5m, 12h, 30d or 1d12h")

// Parse reads a span: whole days before a d, then whatever [time.ParseDuration] reads.
func Parse(text string) (time.Duration, error) {
	number, rest, hasDays := strings.Cut(text, "d")
	if !hasDays {
		v, err := time.ParseDuration(text)
		if err != nil {
			return 0, ErrSpan
		}
		return v, nil
	}
	days, err := strconv.ParseUint(number, 10, 32)
	if err != nil || days > daysMost {
		return 0, ErrSpan
	}
	v := time.Duration(days) * day
	if rest == "" {
		return v, nil
	}
	more, err := time.ParseDuration(rest)
	if err != nil || more < 0 || strings.HasPrefix(rest, "+") || more >= day {
		return 0, ErrSpan
	}
	return v + more, nil
}

// Text writes a span without units of which there are none: 30d, 1d12h, 90s as 1m30s. Parse reads it.
func Text(d time.Duration) string {
	if d < 0 {
		return "-" + Text(-d)
	}
	if d < time.Second {
		return d.String()
	}
	var b strings.Builder
	for _, u := range []struct {
		name string
		is   time.Duration
	}{{"d", day}, {"h", time.Hour}, {"m", time.Minute}} {
		if n := d / u.is; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, u.name)
			d %= u.is
		}
	}
	if d > 0 {
		b.WriteString(d.String())
	}
	return b.String()
}

// Var makes a flag of a command that reads a span.
func Var(f *pflag.FlagSet, v *time.Duration, name string, usual time.Duration, usage string) {
	*v = usual
	f.Var((*span)(v), name, usage)
}

// span is one as a flag.
type span time.Duration

// Set reads it.
func (f *span) Set(text string) error {
	v, err := Parse(text)
	*f = span(v)
	return err
}

// String writes it; none is "0", which help leaves out.
func (f *span) String() string {
	if *f == 0 {
		return "0"
	}
	return Text(time.Duration(*f))
}

// Type is what help calls it.
func (*span) Type() string { return "duration" }
