// Package verify compares what buyers received with what the simulator's truth log
// says they are owed: lost, duplicated, leaked, altered, late.
//
// It reads files. It refuses to ask the bridge: a witness does not judge himself.
package verify

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

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
	type group struct {
		purchase uint64
		key
	}
	var order []group
	of := map[group][]*Delivery{}
	seen := map[uint64]map[string]*Delivery{} // by purchase and id
	for i := range got {
		d := &got[i]
		if seen[d.Purchase] == nil {
			seen[d.Purchase] = map[string]*Delivery{}
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
		g := group{d.Purchase, key{dev, d.FCnt}}
		if of[g] == nil {
			order = append(order, g)
		}
		of[g] = append(of[g], d)
	}
	taken := map[uint64]map[*reading]string{} // per purchase, which readings arrived, and under which id
	for _, g := range order {
		if taken[g.purchase] == nil {
			taken[g.purchase] = map[*reading]string{}
		}
		t.place(rep, g.key, of[g], taken[g.purchase])
	}
	t.unmet(rep, sales, taken)
	slices.SortStableFunc(rep.Kinds, func(a, b *Kind) int { return b.Count - a.Count })
	return rep
}

// place finds the readings that the deliveries of one purchase, device and counter are. There
// are several where a device had several sessions, in one run or in two: each delivery is first
// held to those it may mean by the times it tells, and of these the same one that nobody else is.
func (t *Truth) place(rep *Report, k key, got []*Delivery, taken map[*reading]string) {
	all := t.byKey[k]
	if len(all) == 0 {
		for _, d := range got {
			rep.failed(&rep.Leaked, "leaked: the truth log has no reading of that device and f_cnt (is it the log of this run, and whole?)", k.dev, "%s: device %s took no reading with f_cnt %d", d.ID, k.dev, d.FCnt)
		}
		return
	}
	meant := map[*Delivery][]*reading{}
	for _, d := range got {
		meant[d] = d.means(all)
	}
	got = slices.Clone(got)
	slices.SortStableFunc(got, func(a, b *Delivery) int { return len(meant[a]) - len(meant[b]) }) // who has less choice chooses first
	var rest []*Delivery
	for _, d := range got {
		if i := slices.IndexFunc(meant[d], func(r *reading) bool { return r.owed && taken[r] == "" && r.same(d) }); i >= 0 {
			taken[meant[d][i]] = d.ID
		} else {
			rest = append(rest, d)
		}
	}
	for _, d := range rest {
		t.accuse(rep, k, d, meant[d], taken)
	}
}

// accuse says what is wrong with a delivery that is no reading owed.
func (t *Truth) accuse(rep *Report, k key, d *Delivery, meant []*reading, taken map[*reading]string) {
	var equal *reading
	for _, r := range meant {
		switch {
		case !r.same(d):
		case taken[r] != "":
			rep.failed(&rep.Duplicated, "duplicated: one reading under two ids", k.dev, "the reading%s of device %s with f_cnt %d came as %s and as %s", t.of(r), k.dev, k.fCnt, taken[r], d.ID)
			return
		case equal == nil:
			equal = r
		}
	}
	if equal != nil {
		rep.failed(&rep.Leaked, "leaked: owed to nobody: "+equal.why(), k.dev, "%s, of device %s and f_cnt %d%s (fault %q)", d.ID, k.dev, k.fCnt, t.of(equal), equal.fault)
		return
	}
	rep.failed(&rep.Altered, "altered: not what was measured", k.dev, "%s, of device %s and f_cnt %d%s", d.ID, k.dev, k.fCnt, t.of(meant[0]))
	for _, r := range meant { // it is at least not lost
		if r.owed && taken[r] == "" {
			taken[r] = d.ID
			return
		}
	}
}

// means gives the readings of its device and counter that a delivery may be, the nearest in
// time first. The time of reception by the simulated network server, or by a gateway, is copied
// into it and names one, or those that were received in the same moment of two runs. A real
// network server's clock runs beside the one that noted when things were sent: the nearest is
// meant, if the next is four times as far. A delivery that tells neither may be any of them.
func (d *Delivery) means(all []*reading) []*reading {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b *reading) int { return cmp.Compare(a.off(d), b.off(d)) })
	exact := slices.DeleteFunc(slices.Clone(all), func(r *reading) bool { return !told(r.server, d.Time) && !told(r.gateways, d.Gateway) })
	switch {
	case len(exact) > 0:
		return exact
	case d.Time.IsZero() || len(all) == 1 || slices.ContainsFunc(all, func(r *reading) bool { return len(r.sent) == 0 }):
	case 4*all[0].off(d) < all[1].off(d):
		return all[:1]
	}
	return all
}

// told says whether a time is one of several, as exactly as all formats write it.
func told(times []time.Time, one time.Time) bool {
	return !one.IsZero() && slices.ContainsFunc(times, func(t time.Time) bool { return t.Sub(one).Abs() <= time.Millisecond })
}

// off is how far apart a delivery's and a reading's time are.
func (r *reading) off(d *Delivery) time.Duration {
	heard, at := d.Time, r.server
	if heard.IsZero() {
		heard = d.Received
	}
	if len(r.sent) > 0 {
		at = r.sent
	}
	off := heard.Sub(r.at).Abs()
	for i, t := range at {
		if one := heard.Sub(t).Abs(); i == 0 || one < off {
			off = one
		}
	}
	return off
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

// unmet finds what is owed and did not arrive.
func (t *Truth) unmet(rep *Report, sales []Sale, taken map[uint64]map[*reading]string) {
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
			rep.failed(&rep.Lost, what, r.dev, "the reading%s of device %s with f_cnt %d, measured %s", t.of(r), r.dev, r.fCnt, r.at.Format(time.RFC3339))
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
