package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/ethereum/go-ethereum/common"
)

// cures says what a buyer does about what his storage did, by the reason's code.
var cures = map[delivery.Code]string{
	delivery.CodeUnreachable: "see that the storage runs, and that its host and port are right and open to the bridge",
	delivery.CodeForbidden:   "name an address that is public (in a lab the operator allows others: delivery.allow_private_addresses)",
	delivery.CodeTimeout:     "see that the storage runs and answers in time, and that no firewall swallows what comes",
	delivery.CodeTLS:         "see to its certificate, or set the option it speaks of (`destination kinds` lists them)",
	delivery.CodeAnswer:      "look into the storage's own log: it answered, and took nothing",
	delivery.CodeCredentials: "set the right account, password or token with `destination set`",
	delivery.CodeRefused:     "look at what the storage wants of a reading: it judged what came and will not have it",
	delivery.CodeGone:        "the storage said that it is gone for good: `destination retry` has it tried again",
	delivery.CodeProtocol:    "see that kind, host and port belong together: something else answers there",
	delivery.CodeOwn:         "nothing: it is the bridge's own fault, which its operator is told and which is tried again",
	delivery.CodeTooOld:      "see that the storage takes readings again",
	delivery.CodeUncovered:   "nothing: the purchase does not pay for it",
	delivery.CodeRetention:   "nothing: it is kept no longer",
	delivery.CodeUnpaid:      "take the readings that were sent: no others are sent before",
}

// queues says in words where a queue stands.
var queues = map[delivery.QueueState]string{
	delivery.QueueIdle:     "nothing waits",
	delivery.QueueWaiting:  "readings wait for their turn, or for a batch to fill",
	delivery.QueueSending:  "some are being sent, or sent again at the next attempt; the rest follows in order",
	delivery.QueueHeld:     "the next reading may not be sent yet",
	delivery.QueueUnrouted: "it goes to no destination: `destination use` names one, `receive` fetches",
}

// faring is how a purchase's readings fare, for readers.
type faring api.DeliveryView

func (v faring) text(o *options, w io.Writer) error {
	fmt.Fprintf(w, "purchase %d: %d readings taken in, %d delivered, %d waiting, %d parked\n", v.Purchase, v.Posted, v.Receipts, v.Waiting, v.Parked)
	fmt.Fprintf(w, "  queue: %s (%s)\n", v.Queue, queues[v.Queue])
	switch {
	case v.Over:
		fmt.Fprintf(w, "  over: %s\n", terminal.Clean(v.Why))
	case v.Why != "":
		fmt.Fprintf(w, "  what waits is held back: %s\n", terminal.Clean(v.Why))
	}
	if v.Untaken > 0 {
		fmt.Fprintf(w, "  not stored, and not paid: %d readings, because too much waited that was not taken\n", v.Untaken)
	}
	if v.Bound != "" {
		fmt.Fprintf(w, "  %s\n", terminal.Clean(v.Bound))
	}
	fmt.Fprintf(w, "  its time ends %s\n", o.when(v.Ends))
	for _, lost := range v.Lost {
		fmt.Fprintf(w, "  a gap, noticed %s: another ledger of the operator's sold readings (it was restored from a copy, or a disk was lost).%s Numbers %d to %d may be its; what is delivered since goes on after them, and evidence names the gap\n",
			o.when(moment(lost.At)), paidElsewhere(lost.Count), lost.SeqFrom, max(lost.SeqTo, lost.SeqFrom+1)-1)
	}
	if err := printAsides(o, w, v.SetAside); err != nil {
		return err
	}
	if v.Destination != "" {
		if err := o.printStanding(w, &v.Standing); err != nil {
			return err
		}
	}
	if v.Parked > 0 {
		fmt.Fprintf(w, "  to do about what is parked: see to its reason, then `parcel replay %d` has it tried again (`parcel ls %d` lists it)\n", v.Purchase, v.Purchase)
	}
	return nil
}

func paidElsewhere(n uint32) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" %d of them were paid, and are not among those above.", n)
}

// printStanding says how a destination does and what its buyer can do about it.
func (o *options) printStanding(w io.Writer, s *delivery.Standing) error {
	fmt.Fprintf(w, "  destination %s (%s): %s", terminal.Clean(s.Name), s.Kind, s.State)
	if s.Host != "" {
		fmt.Fprintf(w, ", at %s", terminal.Clean(s.Host))
	}
	fmt.Fprintf(w, "; since the bridge started %d delivered, %d parked\n", s.Delivered, s.Parked)
	if s.LastError.None() {
		return nil
	}
	fmt.Fprintf(w, "    last error %s: %s\n", o.when(s.LastErrorAt), terminal.Clean(s.LastError.Text))
	switch s.State {
	case delivery.StateRetrying, delivery.StateSuspended, delivery.StateGone, delivery.StateBroken, delivery.StateUnpaid:
		fmt.Fprintf(w, "    %d failures in a row%s\n", s.Streak, nextAttempt(o, s.Next))
		_, err := fmt.Fprintf(w, "    to do: %s; then `destination retry %s` has what waits sent at once\n", cures[s.LastError.Code], terminal.Clean(s.Name))
		return err
	}
	return nil
}

func nextAttempt(o *options, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return ", the next attempt " + o.when(at)
}

// printAsides says what was parked and dropped, and why.
func printAsides(o *options, w io.Writer, all []ledger.SetAside) error {
	t := table{head: []string{"EVER", "WHY", "PARCELS", "LAST", "IT SAID"}}
	for _, a := range all {
		t.row(a.Action, string(a.Code), fmt.Sprint(a.Count), o.when(a.LastAt), a.LastText)
	}
	if len(t.rows) == 0 {
		return nil
	}
	return t.print(w, "  ")
}

// storageView is a buyer's destination, for readers: what he set, and how it does.
type storageView api.DestinationView

func (v storageView) text(o *options, w io.Writer) error {
	set := struct {
		Name      string          `json:"name"`
		Kind      string          `json:"kind"`
		Config    json.RawMessage `json:"config"`
		Default   bool            `json:"default"`
		RouteHash common.Hash     `json:"route_hash"`
		Set       time.Time       `json:"set"`
	}{v.Name, v.Kind, v.Config, v.Default, v.RouteHash, v.Set}
	if err := printText(w, o.shape(encode(set))); err != nil {
		return err
	}
	return o.printStanding(w, &v.Standing)
}

// setView is a destination that was just set, and the secret that was made for it.
type setView struct {
	api.DestinationView
	Secret string `json:"secret,omitempty"`
}

func (v setView) text(o *options, w io.Writer) error {
	if err := storageView(v.DestinationView).text(o, w); err != nil || v.Secret == "" {
		return err
	}
	_, err := fmt.Fprintf(w, "its secret, which is shown this once: %s\n", v.Secret)
	return err
}

// What came of a retry.
const (
	retryTaken    = "taken"
	retryFailed   = "failed"
	retryUnderWay = "under_way" // or its turn has not come
	retryNothing  = "nothing"   // nothing waits that may be sent
)

// cameOf says what became of a retry by how the destination stood before and stands now.
func cameOf(before, now *delivery.Standing) string {
	again := before.State == delivery.StateGone && now.State != delivery.StateGone // it is counted from the beginning
	switch {
	case !now.LastErrorAt.IsZero() && !now.LastErrorAt.Equal(before.LastErrorAt):
		return retryFailed
	case now.Delivered > before.Delivered, again && now.Delivered > 0:
		return retryTaken
	case now.UnderWay > 0:
		return retryUnderWay
	}
	switch now.State {
	case delivery.StateIdle, delivery.StateHeld, delivery.StateUnpaid, delivery.StateBroken, delivery.StatePull:
		return retryNothing
	case delivery.StateUnused:
		if !again {
			return retryNothing
		}
	}
	return retryUnderWay
}

// retriedView is what came of a retry, for readers.
type retriedView struct {
	Destination string            `json:"destination"`
	Result      string            `json:"result"`
	Standing    delivery.Standing `json:"standing"`
}

func (v retriedView) text(o *options, w io.Writer) error {
	name := terminal.Clean(v.Destination)
	said := map[string]string{
		retryTaken:    "it took what was sent",
		retryFailed:   "it did not take what was sent",
		retryUnderWay: fmt.Sprintf("no attempt has ended yet: `destination show %s` says what came of it", name),
		retryNothing:  fmt.Sprintf("nothing was sent, the destination is %s", v.Standing.State),
	}[v.Result]
	fmt.Fprintf(w, "%s: %s\n", name, said)
	return o.printStanding(w, &v.Standing)
}
