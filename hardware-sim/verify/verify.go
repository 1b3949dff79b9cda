// Package verify compares what buyers received with what the simulator's truth log
// says they are owed: lost, duplicated, leaked, altered, late.
//
// It reads files. It refuses to ask the bridge: a witness does not judge himself.
package verify

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// reading is a line of the truth log, folded.
type reading struct {
	id     uint64
	dev    lorawan.DevEUI
	fCnt   uint32
	fPort  uint8
	data   []byte
	object any
	values any
	fault  string
	owed   bool
	server time.Time
	at     time.Time
	fates  []sim.Fate // of the messages that carried it
	ended  string     // where and why it reached nobody
}

// why says why nobody is owed a reading.
func (r *reading) why() string {
	switch {
	case len(r.fates) > 0:
		var all []string
		for _, f := range r.fates {
			all = append(all, string(f))
		}
		return "its messages have the fate " + strings.Join(all, ", ")
	case r.ended != "":
		return "it ended at " + r.ended
	}
	return "no message carried it"
}

// Truth is a truth log, folded.
type Truth struct {
	byKey map[key][]*reading
	all   []*reading
	// Sessions counts the joins of each device.
	Sessions map[lorawan.DevEUI]int
	// Fates counts messages by output and fate.
	Fates map[string]map[sim.Fate]int
	// Labels counts what each fault befell: readings and messages.
	Labels map[string]int
}

type key struct {
	dev  lorawan.DevEUI
	fCnt uint32
}

// lines visits the JSON lines of a file. A line cut off at the end is passed over:
// whoever wrote it was stopped.
func lines(r io.Reader, visit func(line []byte) error) error {
	b := bufio.NewReaderSize(r, 1<<20)
	for n := 1; ; n++ {
		line, err := b.ReadBytes('\n')
		if errors.Is(err, io.EOF) && !json.Valid(line) {
			return nil
		}
		if text := bytes.TrimSpace(line); len(text) > 0 {
			if err := visit(text); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// ReadTruth folds a truth log. outputs names those that count for what is owed; none:
// all.
func ReadTruth(r io.Reader, outputs ...string) (*Truth, error) {
	t := &Truth{byKey: map[key][]*reading{}, Sessions: map[lorawan.DevEUI]int{}, Fates: map[string]map[sim.Fate]int{}, Labels: map[string]int{}}
	byID := map[uint64]*reading{}
	err := lines(r, func(line []byte) error {
		var l struct {
			Type    string         `json:"type"`
			At      time.Time      `json:"at"`
			Device  lorawan.DevEUI `json:"device"`
			Reading uint64         `json:"reading"`
			DevEUI  lorawan.DevEUI `json:"dev_eui"`
			FCnt    uint32         `json:"f_cnt"`
			FPort   uint8          `json:"f_port"`
			Data    []byte         `json:"data"`
			Object  any            `json:"object"`
			Values  any            `json:"values"`
			Fault   string         `json:"fault"`
			Output  string         `json:"output"`
			Label   string         `json:"label"`
			Fate    sim.Fate       `json:"fate"`
			Carries uint64         `json:"carries"`
			Server  time.Time      `json:"server_time"`
			Where   string         `json:"where"`
			Why     string         `json:"why"`
		}
		if err := json.Unmarshal(line, &l); err != nil {
			return fmt.Errorf("not a line of a truth log: %w", err)
		}
		switch l.Type {
		case "reading":
			r := &reading{id: l.Reading, dev: l.DevEUI, fCnt: l.FCnt, fPort: l.FPort, data: l.Data, object: l.Object, values: l.Values, fault: l.Fault, at: l.At}
			byID[r.id] = r
			t.all = append(t.all, r)
			k := key{r.dev, r.fCnt}
			t.byKey[k] = append(t.byKey[k], r)
			if l.Fault != "" {
				t.Labels[l.Fault]++
			}
		case "message":
			if t.Fates[l.Output] == nil {
				t.Fates[l.Output] = map[sim.Fate]int{}
			}
			t.Fates[l.Output][l.Fate]++
			if l.Label != "" {
				t.Labels[l.Label]++
			}
			r := byID[l.Carries]
			if r == nil || len(outputs) > 0 && !slices.Contains(outputs, l.Output) {
				break
			}
			if l.Fate == sim.FatePosted {
				r.owed, r.server = true, l.Server
			}
			if !slices.Contains(r.fates, l.Fate) {
				r.fates = append(r.fates, l.Fate)
			}
		case "downlink":
		case "session":
			t.Sessions[l.Device]++
		case "lost":
			if r := byID[l.Carries]; r != nil {
				r.ended = l.Where + ": " + l.Why
			}
		default:
			return fmt.Errorf("there is no type %q in a truth log", l.Type)
		}
		return nil
	})
	if err == nil && len(t.all) == 0 {
		err = errors.New("the truth log holds no reading")
	}
	return t, err
}

// Add takes the readings of another log in: of another world, since one has one region, or of
// another run of the same.
func (t *Truth) Add(other *Truth) {
	for k, all := range other.byKey {
		t.byKey[k] = append(t.byKey[k], all...)
	}
	t.all = append(t.all, other.all...)
	for dev, n := range other.Sessions {
		t.Sessions[dev] += n
	}
	for output, fates := range other.Fates {
		if t.Fates[output] == nil {
			t.Fates[output] = map[sim.Fate]int{}
		}
		for fate, n := range fates {
			t.Fates[output][fate] += n
		}
	}
	for label, n := range other.Labels {
		t.Labels[label] += n
	}
}

// Owed counts the readings owed to whoever has bought all devices.
func (t *Truth) Owed() (n int) {
	for _, r := range t.all {
		if r.owed {
			n++
		}
	}
	return n
}

// Sale is a device somebody may have bought.
type Sale struct {
	DevEUI   lorawan.DevEUI
	Device   string // its commitment, as readings carry it in dev
	Purchase uint64 // 0: any
}

// ReadSales reads which device has which commitment, and which purchase is of which
// device: JSON, an array or one object a line, with dev_eui, device and perhaps
// purchase; or CSV of these three.
func ReadSales(r io.Reader) ([]Sale, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	type entry struct {
		DevEUI   string      `json:"dev_eui"`
		Device   string      `json:"device"`
		Purchase json.Number `json:"purchase"`
	}
	var entries []entry
	switch t := bytes.TrimSpace(text); {
	case len(t) > 0 && t[0] == '[':
		err = json.Unmarshal(t, &entries)
	case len(t) > 0 && t[0] == '{':
		dec := json.NewDecoder(bytes.NewReader(t))
		for err == nil && dec.More() {
			var e entry
			if err = dec.Decode(&e); err == nil {
				entries = append(entries, e)
			}
		}
	default:
		for line := range strings.Lines(string(t)) {
			f := strings.Split(strings.TrimSpace(line), ",")
			if len(f) < 2 || f[0] == "dev_eui" || strings.HasPrefix(f[0], "#") {
				continue
			}
			e := entry{DevEUI: f[0], Device: f[1]}
			if len(f) > 2 {
				e.Purchase = json.Number(f[2])
			}
			entries = append(entries, e)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("devices: %w", err)
	}
	var sales []Sale
	for _, e := range entries {
		s := Sale{Device: strings.ToLower(e.Device)}
		if s.DevEUI, err = lorawan.ParseDevEUI(e.DevEUI); err != nil {
			return nil, fmt.Errorf("devices: %w", err)
		}
		if e.Purchase != "" {
			n, err := e.Purchase.Int64()
			if err != nil || n < 0 {
				return nil, fmt.Errorf("devices: %q is no purchase", e.Purchase)
			}
			s.Purchase = uint64(n)
		}
		sales = append(sales, s)
	}
	if len(sales) == 0 {
		return nil, errors.New("devices: the file names none")
	}
	return sales, nil
}

// Delivery is a reading as a buyer has it.
type Delivery struct {
	ID       string // webhook-id
	At       time.Time
	Purchase uint64
	Dev      string
	FCnt     uint32
	FPort    uint8
	Received time.Time
	Time     time.Time
	Data     []byte
	hasData  bool
	Values   any
	body     string
}

// ReadSink reads what a buyer received: lines of hardware-sim sink, or the bodies
// themselves, one or an array of them a line.
func ReadSink(r io.Reader) (all []Delivery, err error) {
	err = lines(r, func(line []byte) error {
		var l struct {
			At   time.Time       `json:"sink_time"`
			ID   string          `json:"webhook_id"`
			Body json.RawMessage `json:"body"`
		}
		bodies := []json.RawMessage{line}
		if line[0] == '{' {
			if err := json.Unmarshal(line, &l); err != nil {
				return err
			}
			if len(l.Body) > 0 {
				bodies = []json.RawMessage{l.Body}
			}
		}
		if b := bytes.TrimSpace(bodies[0]); len(b) > 0 && b[0] == '[' {
			var many []json.RawMessage
			if err := json.Unmarshal(b, &many); err != nil {
				return err
			}
			bodies = many
		}
		for _, b := range bodies {
			var d struct {
				ID       string    `json:"id"`
				Purchase uint64    `json:"purchase"`
				Dev      string    `json:"dev"`
				FCnt     uint32    `json:"f_cnt"`
				FPort    uint8     `json:"f_port"`
				Received time.Time `json:"received"`
				Time     time.Time `json:"time"`
				Data     *string   `json:"data"`
				Values   any       `json:"values"`
			}
			if err := json.Unmarshal(b, &d); err != nil {
				return fmt.Errorf("not a reading: %w", err)
			}
			if d.ID == "" {
				d.ID = l.ID
			}
			one := Delivery{ID: d.ID, At: l.At, Purchase: d.Purchase, Dev: strings.ToLower(d.Dev), FCnt: d.FCnt, FPort: d.FPort, Received: d.Received, Time: d.Time, Values: d.Values, body: string(b)}
			if d.Data != nil {
				one.hasData = true
				if one.Data, err = base64.StdEncoding.DecodeString(*d.Data); err != nil {
					return fmt.Errorf("data: %w", err)
				}
			}
			all = append(all, one)
		}
		return nil
	})
	return all, err
}

// Report is the outcome.
type Report struct {
	Readings   int            `json:"readings"`  // the devices took
	Owed       int            `json:"owed"`      // to buyers, counted per purchase
	Delivered  int            `json:"delivered"` // of those
	Repeats    int            `json:"repeats"`   // deliveries of an id received before: at least once is no fault
	Lost       int            `json:"lost"`
	Duplicated int            `json:"duplicated"` // one reading under two ids
	Leaked     int            `json:"leaked"`     // not owed to that buyer
	Altered    int            `json:"altered"`
	Late       int            `json:"late"`
	Joins      int            `json:"joins"`  // sessions the devices were given
	Faults     map[string]int `json:"faults"` // what each fault befell
	Kinds      []*Kind        `json:"kinds,omitempty"`
}

// Kind is what many failures have in common: a thousand of one kind are one finding.
type Kind struct {
	What     string   `json:"what"`
	Count    int      `json:"count"`
	Devices  int      `json:"devices,omitempty"` // how many devices it befell
	Examples []string `json:"examples"`

	devices map[lorawan.DevEUI]bool
}

const examplesMax = 3 // of a kind

// failed counts a failure under its kind. dev is zero where it is not known.
func (r *Report) failed(count *int, what string, dev lorawan.DevEUI, format string, args ...any) {
	*count++
	i := slices.IndexFunc(r.Kinds, func(k *Kind) bool { return k.What == what })
	if i < 0 {
		i = len(r.Kinds)
		r.Kinds = append(r.Kinds, &Kind{What: what, devices: map[lorawan.DevEUI]bool{}})
	}
	k := r.Kinds[i]
	k.Count++
	if dev != (lorawan.DevEUI{}) {
		k.devices[dev] = true
		k.Devices = len(k.devices)
	}
	if len(k.Examples) < examplesMax {
		k.Examples = append(k.Examples, fmt.Sprintf(format, args...))
	}
}

// Err says whether a buyer or the owner was wronged. Late deliveries are told, not
// judged.
func (r *Report) Err() error {
	var faults []string
	for _, f := range []struct {
		n    int
		what string
	}{{r.Lost, "lost"}, {r.Duplicated, "duplicated"}, {r.Leaked, "leaked"}, {r.Altered, "altered"}} {
		if f.n > 0 {
			faults = append(faults, fmt.Sprintf("%d %s", f.n, f.what))
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return errors.New("readings are " + strings.Join(faults, ", "))
}

// Compare judges deliveries by the truth. late is how long a delivery may take from
// the bridge's taking in; 0: any time.
func Compare(t *Truth, sales []Sale, got []Delivery, late time.Duration) *Report {
	rep := &Report{Readings: len(t.all), Faults: t.Labels}
	for _, n := range t.Sessions {
		rep.Joins += n
	}
	byDevice := map[string]lorawan.DevEUI{}
	ofPurchase := map[uint64]lorawan.DevEUI{}
	for _, s := range sales {
		byDevice[s.Device] = s.DevEUI
		if s.Purchase > 0 {
			ofPurchase[s.Purchase] = s.DevEUI
		}
	}
	// Per purchase: which readings arrived, and under which id.
	taken := map[uint64]map[*reading]string{}
	seen := map[uint64]map[string]*Delivery{}
	for i := range got {
		d := &got[i]
		if taken[d.Purchase] == nil {
			taken[d.Purchase], seen[d.Purchase] = map[*reading]string{}, map[string]*Delivery{}
		}
		if first := seen[d.Purchase][d.ID]; first != nil {
			if rep.Repeats++; first.body != d.body {
				rep.failed(&rep.Altered, "altered: one id was delivered with two bodies", byDevice[d.Dev], "%s", d.ID)
			}
			continue
		}
		seen[d.Purchase][d.ID] = d
		if late > 0 && !d.At.IsZero() && d.At.Sub(d.Received) > late {
			rep.Late++
		}
		dev, known := byDevice[d.Dev]
		if !known {
			rep.failed(&rep.Leaked, "leaked: of a device the devices file does not name", lorawan.DevEUI{}, "%s is of device %s", d.ID, d.Dev)
			continue
		}
		if want, named := ofPurchase[d.Purchase]; named && want != dev || !named && len(ofPurchase) > 0 {
			rep.failed(&rep.Leaked, "leaked: for a purchase the devices file names for another device, or not at all", dev, "%s, of device %s, was delivered for purchase %d", d.ID, dev, d.Purchase)
			continue
		}
		t.place(rep, d, dev, taken[d.Purchase])
	}
	t.count(rep, sales, taken)
	slices.SortStableFunc(rep.Kinds, func(a, b *Kind) int { return b.Count - a.Count })
	return rep
}

// place finds the reading a delivery is.
func (t *Truth) place(rep *Report, d *Delivery, dev lorawan.DevEUI, taken map[*reading]string) {
	candidates := t.byKey[key{dev, d.FCnt}]
	if len(candidates) == 0 {
		rep.failed(&rep.Leaked, "leaked: the truth log has no reading of that device and f_cnt (is it the log of this run, and whole?)", dev, "%s: device %s took no reading with f_cnt %d", d.ID, dev, d.FCnt)
		return
	}
	// Two runs of one seed measure the same under the same counters: of what is equal, the nearest in time is meant.
	candidates = slices.Clone(candidates)
	slices.SortStableFunc(candidates, func(a, b *reading) int { return cmp.Compare(a.off(d), b.off(d)) })
	var equal []*reading
	for _, r := range candidates {
		if r.same(d) {
			equal = append(equal, r)
		}
	}
	if len(equal) == 0 {
		rep.failed(&rep.Altered, "altered: not what was measured", dev, "%s, of device %s and f_cnt %d", d.ID, dev, d.FCnt)
		for _, r := range candidates { // it is at least not lost
			if _, there := taken[r]; r.owed && !there {
				taken[r] = d.ID
				break
			}
		}
		return
	}
	for _, r := range equal {
		if _, there := taken[r]; r.owed && !there {
			taken[r] = d.ID
			return
		}
	}
	for _, r := range equal {
		if id, there := taken[r]; there {
			rep.failed(&rep.Duplicated, "duplicated: one reading under two ids", dev, "the reading of device %s with f_cnt %d came as %s and as %s", dev, d.FCnt, id, d.ID)
			return
		}
	}
	rep.failed(&rep.Leaked, "leaked: owed to nobody: "+equal[0].why(), dev, "%s, of device %s and f_cnt %d (fault %q)", d.ID, dev, d.FCnt, equal[0].fault)
}

// off is how far apart a delivery's and a reading's time are.
func (r *reading) off(d *Delivery) time.Duration {
	heard, sent := d.Time, r.server
	if heard.IsZero() {
		heard = d.Received
	}
	if sent.IsZero() {
		sent = r.at
	}
	return heard.Sub(sent).Abs()
}

// same says whether a delivery tells what was measured. What its listing does not
// sell it cannot tell.
func (r *reading) same(d *Delivery) bool {
	if d.FPort != r.fPort || d.hasData && !bytes.Equal(d.Data, r.data) {
		return false
	}
	if d.Values == nil {
		return true
	}
	if r.object != nil && equalJSON(d.Values, r.object) {
		return true
	}
	// A codec of the listing may name and nest the same numbers differently.
	return slices.Equal(numbers(d.Values), numbers(r.values))
}

func equalJSON(a, b any) bool {
	x, err := json.Marshal(a)
	if err != nil {
		return false
	}
	y, err := json.Marshal(b)
	return err == nil && bytes.Equal(x, y)
}

// numbers are the numeric leaves of a value, in order of size.
func numbers(v any) (all []float64) {
	switch v := v.(type) {
	case float64:
		return []float64{v}
	case bool:
		if v {
			return []float64{1}
		}
		return []float64{0}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			all = append(all, numbers(v[k])...)
		}
	case []any:
		for _, one := range v {
			all = append(all, numbers(one)...)
		}
	}
	slices.Sort(all)
	return all
}

// count finds what is owed and did not arrive.
func (t *Truth) count(rep *Report, sales []Sale, taken map[uint64]map[*reading]string) {
	owed := func(s Sale, arrived func(*reading) bool) {
		for _, r := range t.all {
			if r.dev != s.DevEUI || !r.owed {
				continue
			}
			rep.Owed++
			if arrived(r) {
				rep.Delivered++
				continue
			}
			what := "lost: nothing was wrong with it"
			if r.fault != "" {
				what = "lost: befallen by " + r.fault
			}
			rep.failed(&rep.Lost, what, r.dev, "the reading of device %s with f_cnt %d, measured %s", r.dev, r.fCnt, r.at.Format(time.RFC3339))
		}
	}
	for _, s := range sales {
		if s.Purchase > 0 {
			owed(s, func(r *reading) bool { _, ok := taken[s.Purchase][r]; return ok })
			continue
		}
		owed(s, func(r *reading) bool {
			for _, purchase := range taken {
				if _, ok := purchase[r]; ok {
					return true
				}
			}
			return false
		})
	}
}
