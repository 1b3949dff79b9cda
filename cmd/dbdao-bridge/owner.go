package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/databrokerdao/dbdao-bridge/market/statement"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"
)

func ownerCommand(o *options) *cobra.Command {
	return group("owner", "Show an owner's streams and books, of every operator, from the chain alone", o.ownerStreams(), o.ownerEarnings())
}

// whose is the account a book is asked for: the address given, or the key's.
func (o *options) whose(c *cobra.Command, args []string) (common.Address, error) {
	if len(args) == 1 {
		return address(args[0])
	}
	key, err := o.wallet(c.Context())
	if err != nil {
		return common.Address{}, err
	}
	return key.Address(), nil
}

// most is cobra.MaximumNArgs with our exit code.
func most(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > n {
			return fmt.Errorf("%w: %s", errUsage, c.UseLine())
		}
		return nil
	}
}

// period are the flags of a book that is asked for some days.
type period struct {
	first, last string
	from, to    time.Time // to: what follows the last day; zero: no bound
}

func (p *period) flags(c *cobra.Command) {
	c.Flags().StringVar(&p.first, "from", "", "first day (UTC), such as 2027-01-01 (default: the first there is)")
	c.Flags().StringVar(&p.last, "to", "", "last day (UTC), which is in it (default: today)")
}

// read understands the flags.
func (p *period) read() (err error) {
	day := func(text, flag string, add int) (t time.Time, err error) {
		if text == "" {
			return t, nil
		}
		if t, err = time.Parse(time.DateOnly, text); err != nil {
			return t, fmt.Errorf("%w: --%s is a day, such as 2027-01-31", errUsage, flag)
		}
		return t.AddDate(0, 0, add), nil
	}
	if p.from, err = day(p.first, "from", 0); err != nil {
		return err
	}
	if p.to, err = day(p.last, "to", 1); err != nil {
		return err
	}
	if !p.to.IsZero() && !p.to.After(p.from) {
		return fmt.Errorf("%w: --to is before --from", errUsage)
	}
	return nil
}

// ranking is where a stream stands in a bridge's catalogue.
type ranking struct {
	Position  int             `json:"position"`
	Of        int             `json:"of"`
	MoreStake []api.MoreStake `json:"more_stake"`
}

// contested is a round of challenges that may still change its stream.
type contested struct {
	Round uint32            `json:"round"`
	State market.RoundState `json:"state"`
	Count uint32            `json:"count"`
	Until time.Time         `json:"until"` // of its quorum, or of the ruling
}

// owned is a stream as its owner sees it.
type owned struct {
	State string `json:"state"` // closing: it cannot be bought, and what was sold may still run
	streamView
	Round   *contested    `json:"round,omitempty"`
	Running int           `json:"running"` // purchases
	Earned  client.Amount `json:"earned"`  // what the owner was credited so far
	Rank    *ranking      `json:"rank,omitempty"`
}

// ownedStreams are for readers a table.
type ownedStreams struct {
	who common.Address
	all []owned
}

// MarshalJSON writes the list.
func (v ownedStreams) MarshalJSON() ([]byte, error) { return encode(v.all), nil }

func (v ownedStreams) text(o *options, w io.Writer) error {
	if len(v.all) == 0 {
		_, err := fmt.Fprintf(w, "%s has listed no stream\n", v.who)
		return err
	}
	t := table{head: []string{"STREAM", "STATE", "OPERATOR", "PRICE", "EVERY", "STAKE", "RUNNING PURCHASES", "EARNED", "RANK", "WITH MORE STAKE"}}
	for _, s := range v.all {
		rank, more := s.Rank.words()
		t.row(fmt.Sprint(s.Stream), s.says(o), fmt.Sprint(s.Operator), o.money(s.Price), span(time.Duration(s.Interval)*time.Second), o.money(s.Stake), fmt.Sprint(s.Running), o.money(s.Earned), rank, more)
	}
	return t.print(w, "")
}

// words are the place and what would change it.
func (s *ranking) words() (rank, more string) {
	if s == nil {
		return "", ""
	}
	var all []string
	for _, m := range s.MoreStake {
		all = append(all, fmt.Sprintf("%d with %s DTX", m.Position, m.AddDTX))
	}
	return fmt.Sprintf("%d of %d", s.Position, s.Of), strings.Join(all, ", ")
}

// says is the stream's state in words.
func (s *owned) says(o *options) string {
	text := s.State
	if s.State == "closing" {
		text += ", purchases end " + o.when(*s.EndsAt)
	}
	switch {
	case s.Round == nil:
	case s.Round.State == market.RoundReview:
		text += ", under review until " + o.when(s.Round.Until)
	default:
		text += fmt.Sprintf(", challenged by %d until %s", s.Round.Count, o.when(s.Round.Until))
	}
	return text
}

func (o *options) ownerStreams() *cobra.Command {
	c := &cobra.Command{Use: "streams [ADDRESS]", Short: "Show an owner's streams: how they stand, what runs, what they earned so far (default: of the key that signs)", Args: most(1)}
	c.Flags().StringVar(&o.api, "api", "", "URL of a bridge's public API, to show each stream's rank and what a further stake would change (default $DBDAO_API, then no rank)")
	return reads(o, c, func(c *cobra.Command, args []string) (look, error) {
		who, err := o.whose(c, args)
		return func(ctx context.Context, m *chain) (any, error) {
			b, err := statement.OfOwner(ctx, m.Client, who, nil)
			if err != nil {
				return nil, err
			}
			views, earned := ownedStreams{who, []owned{}}, b.Earned()
			for _, s := range b.Streams {
				v, err := m.viewOwned(ctx, s, b.Purchases, uint64(o.now.Unix()))
				if err != nil {
					return nil, err
				}
				v.Earned = m.Amount(earned[s.ID])
				if v.Rank, err = o.rank(ctx, s); err != nil {
					return nil, err
				}
				views.all = append(views.all, v)
			}
			return views, nil
		}, err
	})
}

// viewOwned is a stream as it stands now.
func (m *chain) viewOwned(ctx context.Context, s market.Stream, purchases []market.Purchase, now uint64) (owned, error) {
	v := owned{State: s.State.String(), streamView: m.viewStream(s)}
	if s.State == market.StreamClosed && now < s.StopAt {
		v.State = "closing"
	}
	for _, p := range purchases {
		if p.Stream == s.ID && p.State == market.PurchaseActive && now < s.EndOf(p.End) {
			v.Running++
		}
	}
	if s.Round.Number == 0 {
		return v, nil
	}
	r, err := m.Reader.Round(ctx, s.ID, s.Round.Number)
	if state := r.At(now); err == nil && state.Live() {
		v.Round = &contested{r.Number, state, r.Count, moment(r.Deadline)}
	}
	return v, err
}

// rank asks a bridge, if one is named, where a stream that can be bought stands.
func (o *options) rank(ctx context.Context, s market.Stream) (*ranking, error) {
	if s.State != market.StreamOpen || o.api == "" && os.Getenv("DBDAO_API") == "" {
		return nil, nil
	}
	p, err := o.publicClient().Stream(ctx, s.ID)
	if err != nil || p.Position == 0 {
		return nil, err
	}
	return &ranking{p.Position, p.Of, p.MoreStake}, nil
}

// credited is what an owner was credited, or staked, of one kind with one stream in one month.
type credited struct {
	Month    string          `json:"month"`
	Stream   market.StreamID `json:"stream"`
	Kind     statement.Kind  `json:"kind"`
	Readings uint64          `json:"readings"`
	Amount   client.Amount   `json:"amount"`
}

// creditedSum is what they are together.
type creditedSum struct {
	Kind     statement.Kind `json:"kind"`
	Readings uint64         `json:"readings"`
	Amount   client.Amount  `json:"amount"`
}

// ownerBook is an owner's book as commands print it.
type ownerBook struct {
	Owner common.Address `json:"owner"`
	Lines []credited     `json:"lines"`
	Sums  []creditedSum  `json:"sums"`
}

func (b ownerBook) text(o *options, w io.Writer) error {
	if len(b.Lines) == 0 {
		_, err := fmt.Fprintf(w, "the market credited %s nothing for streams in that time\n", b.Owner)
		return err
	}
	t := table{head: []string{"MONTH", "STREAM", "KIND", "READINGS", "AMOUNT"}}
	row := func(month, stream string, s creditedSum) {
		readings := ""
		if s.Readings > 0 {
			readings = fmt.Sprint(s.Readings)
		}
		t.row(month, stream, strings.ReplaceAll(string(s.Kind), "_", " "), readings, o.money(s.Amount))
	}
	for _, l := range b.Lines {
		row(l.Month, fmt.Sprint(l.Stream), creditedSum{l.Kind, l.Readings, l.Amount})
	}
	for _, s := range b.Sums {
		row("all", "", s)
	}
	return t.print(w, "")
}

func (b ownerBook) records() [][]string {
	rows := [][]string{{"month", "stream", "kind", "readings", "decimals", "amount_wei"}}
	for _, l := range b.Lines {
		rows = append(rows, []string{l.Month, fmt.Sprint(l.Stream), string(l.Kind), fmt.Sprint(l.Readings), fmt.Sprint(l.Amount.Places), l.Amount.Wei.String()})
	}
	return rows
}

func (o *options) ownerEarnings() *cobra.Command {
	var days period
	var stakes bool
	var from uint64
	c := &cobra.Command{Use: "earnings [ADDRESS]", Short: "Show what the market credited an owner, by stream and month (UTC), exact to the wei (default: of the key that signs)", Args: most(1)}
	days.flags(c)
	c.Flags().BoolVar(&stakes, "stakes", false, "show what was staked, taken out and lost too: its events are looked for from --from-block on")
	fromBlock(c, &from)
	o.csvFlag(c)
	return reads(o, c, func(c *cobra.Command, args []string) (look, error) {
		if err := days.read(); err != nil {
			return nil, err
		}
		who, err := o.whose(c, args)
		return func(ctx context.Context, m *chain) (any, error) {
			var since *uint64
			if stakes {
				since = new(max(from, m.start))
				if *since == 0 {
					fmt.Fprintln(c.ErrOrStderr(), "dbdao-bridge: the block of the market's deployment is not known here, and the whole chain is looked through for stakes: --from-block, or a configuration's chain.start_block, makes it shorter")
				}
			}
			b, err := statement.OfOwner(ctx, m.Client, who, since)
			if err != nil {
				return nil, err
			}
			blocks, err := b.Between(ctx, days.from, days.to)
			if err != nil {
				return nil, err
			}
			lines, err := b.ByMonth(ctx, blocks)
			return m.viewOwnerBook(who, lines), err
		}, err
	})
}

func (m *chain) viewOwnerBook(who common.Address, lines []statement.Line) ownerBook {
	b := ownerBook{who, []credited{}, []creditedSum{}}
	at := map[statement.Kind]int{}
	for _, l := range lines {
		amount := m.Amount(l.Wei)
		b.Lines = append(b.Lines, credited{l.Month.Format("2006-01"), l.Stream, l.Kind, l.Readings, amount})
		i, known := at[l.Kind]
		if !known {
			i = len(b.Sums)
			at[l.Kind], b.Sums = i, append(b.Sums, creditedSum{Kind: l.Kind})
		}
		b.Sums[i].Readings += l.Readings
		add(&b.Sums[i].Amount, amount)
	}
	return b
}
