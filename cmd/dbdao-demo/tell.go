package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
)

// teller shows the story, from whichever goroutine it happens in: line by line, or as a board that is
// drawn again where it stands.
type teller struct {
	mu    sync.Mutex
	w     io.Writer
	start time.Time

	columns func() int // of the terminal; nil: line by line
	drawn   int        // lines of the board on the terminal
	over    chan struct{}
	painter sync.WaitGroup

	sensors  []*row
	received map[string]int // by storage
	stores   []string       // their names, in order
	paid     money
	last     []string // said last
}

// row is a sensor on the board.
type row struct {
	device  lorawan.DevEUI
	stream  market.StreamID
	price   string
	value   string
	sent    int
	buyers  []string
	arrived int
	kept    int // withheld: nobody bought
}

// money is what the chain paid: by stream, and to owner, operator and platform.
type money struct {
	streams map[market.StreamID]string
	shares  [3]string
}

func newTeller(w io.Writer) *teller {
	return &teller{w: w, start: time.Now(), received: map[string]int{}}
}

// lastKept is how many lines of the story stand under the board.
const lastKept = 6

// onScreen draws a board four times a second until end.
func (t *teller) onScreen(columns func() int) {
	t.columns, t.over = columns, make(chan struct{})
	t.painter.Go(func() {
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-t.over:
				return
			case <-tick.C:
				t.draw()
			}
		}
	})
}

// end draws the board a last time and leaves it there.
func (t *teller) end() {
	if t.columns == nil {
		return
	}
	close(t.over)
	t.painter.Wait()
	t.draw()
}

func (t *teller) say(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.line(format, args...)
}

func (t *teller) line(format string, args ...any) {
	text := terminal.Clean(fmt.Sprintf("%6.1fs  "+format, append([]any{time.Since(t.start).Seconds()}, args...)...))
	if t.columns == nil {
		fmt.Fprintln(t.w, text)
		return
	}
	t.last = append(t.last, text)
	t.last = t.last[max(0, len(t.last)-lastKept):]
}

func (t *teller) listed(device lorawan.DevEUI, l client.Listed) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sensors = append(t.sensors, &row{device: device, stream: l.Stream, price: l.Price.String()})
	t.line("the owner listed sensor %s as stream %d: %s a reading, %s at stake", device, l.Stream, l.Price, l.Stake)
}

func (t *teller) bought(who string, b client.Bought) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.of(b.Stream); r != nil && !slices.Contains(r.buyers, who) {
		r.buyers = append(r.buyers, who)
		slices.Sort(r.buyers)
	}
	t.line("%s bought stream %d for an hour: at most %d readings (purchase %d)", who, b.Stream, b.Quota, b.Purchase)
}

// of is the sensor of a stream.
func (t *teller) of(stream market.StreamID) *row {
	for _, r := range t.sensors {
		if r.stream == stream {
			return r
		}
	}
	return nil
}

// sent notes an uplink that so many buyers bought.
func (t *teller) sent(e *sim.Event, sold int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	value, bytes := fmt.Sprintf("%.1f °C", e.Reading().Values[0].Value), len(e.Receptions[0].PHY)
	for _, r := range t.sensors {
		if r.device != e.DevEUI() {
			continue
		}
		r.sent, r.value = r.sent+1, value
		if sold == 0 {
			r.kept++
		}
	}
	if t.columns == nil {
		t.line("sensor %s sent f_cnt %d: %s in %d encrypted bytes%s", e.DevEUI(), e.FCnt, value, bytes, map[bool]string{true: "; nobody bought it: withheld"}[sold == 0])
	}
}

func (t *teller) delivered(to string, d delivered) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.Contains(t.stores, to) {
		t.stores = append(t.stores, to)
		slices.Sort(t.stores)
	}
	t.received[to]++
	if r := t.of(market.StreamID(d.Stream)); r != nil {
		r.arrived++
	}
	t.line("%s got stream %d, f_cnt %d: %s", to, d.Stream, d.FCnt, readable(d.Values))
}

func (t *teller) money(m money) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.paid = m
}

// readable writes a reading's values, each by its name, for who reads no JSON.
func readable(values json.RawMessage) string {
	var named map[string]map[string]json.Number // by kind of sensor and channel
	if err := json.Unmarshal(values, &named); err != nil {
		return string(values)
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(named)) {
		for _, channel := range slices.Sorted(maps.Keys(named[name])) {
			all = append(all, strings.TrimSuffix(name, "Sensor")+" "+named[name][channel].String())
		}
	}
	return strings.Join(all, ", ")
}

// board is what the screen shows, a line each. The table fits a terminal of 80 columns.
func (t *teller) board() []string {
	lines := []string{fmt.Sprintf("dbdao-demo: LoRaWAN readings sold on Ethereum      %s      Ctrl-C ends it", time.Since(t.start).Round(time.Second)), ""}
	if len(t.sensors) > 0 {
		lines = append(lines, fmt.Sprintf("  %-6s %-16s %8s %5s  %-8s %9s %8s  %s", "stream", "sensor", "reads", "sent", "buyers", "delivered", "withheld", "DTX paid"))
	}
	for _, r := range t.sensors {
		buyers, paid := strings.Join(r.buyers, ", "), t.paid.streams[r.stream]
		if buyers == "" {
			buyers, paid = "nobody", "-"
		}
		lines = append(lines, fmt.Sprintf("  %-6d %-16s %8s %5d  %-8s %9d %8d  %s", r.stream, r.device, r.value, r.sent, buyers, r.arrived, r.kept, strings.TrimSuffix(paid, " DTX")))
	}
	if len(t.stores) > 0 {
		lines = append(lines, "")
	}
	for _, s := range t.stores {
		lines = append(lines, fmt.Sprintf("  %-16s received %d readings", s, t.received[s]))
	}
	if t.paid.shares[0] != "" {
		lines = append(lines, "", "  settled on chain:")
		for i, who := range []string{"owner     80 %", "operator  10 %", "platform  10 %"} {
			lines = append(lines, fmt.Sprintf("    %s  %s", who, t.paid.shares[i]))
		}
	}
	lines = append(lines, "")
	return append(lines, t.last...)
}

// draw puts the board where it stands already.
func (t *teller) draw() {
	t.mu.Lock()
	defer t.mu.Unlock()
	columns := max(t.columns(), 20)
	var b strings.Builder
	if t.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", t.drawn)
	}
	var lines []string
	for _, l := range t.board() {
		lines = append(lines, wrapped(terminal.Clean(l), columns-1)...)
	}
	for _, l := range lines {
		b.WriteString("\r" + l + "\x1b[K\n")
	}
	b.WriteString("\x1b[J")
	t.drawn = len(lines)
	_, _ = io.WriteString(t.w, b.String()) // a terminal that is gone ends the program by its signal
}

// wrapped breaks a line that is too long between words, or where it must; what follows stands under the text
// after the time.
func wrapped(line string, columns int) (lines []string) {
	const indent = "         "
	for {
		runes := []rune(line)
		if len(runes) <= columns {
			return append(lines, line)
		}
		at, rest := columns, columns
		for i := columns; i > len(indent); i-- {
			if runes[i] == ' ' {
				at, rest = i, i+1
				break
			}
		}
		lines = append(lines, string(runes[:at]))
		line = indent + string(runes[rest:])
	}
}
