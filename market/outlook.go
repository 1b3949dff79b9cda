package market

import (
	"fmt"
	"time"
)

// Outlook is what a buyer may expect of a purchase.
type Outlook struct {
	Ends time.Time `json:"ends" doc:"When its time ends, or that of its stream, if that was stopped before."`
	Over bool      `json:"over" doc:"Nothing more is taken in for it, nor delivered."`
	Why  string    `json:"reason_text,omitempty" doc:"Why it is over, or why what waits is held back."`
}

// lateness is how long after a purchase's end readings that were received before it may
// still be on their way.
const lateness = 5 * time.Minute

// Outlook looks ahead for a purchase of a stream as the books have them. waiting is how many of its
// readings have no receipt and are not parked; the first of them has the number seq.
func (x *Index) Outlook(p *Purchase, s *Stream, seq, waiting uint32) Outlook {
	o := Outlook{Ends: time.Unix(int64(s.EndOf(p.End)), 0).UTC()}
	e, known := x.Purchase(p.ID)
	now := time.Unix(int64(x.Now()), 0)
	h := x.head.Load()
	switch {
	case p.State != PurchaseActive || known && e.State != PurchaseActive:
		o.Over, o.Why = true, "it is closed on chain"
	case s.Unpaid:
		o.Over, o.Why = true, "its operator was found at fault: nothing more of its stream is paid"
	case !known:
		o.Why = "the bridge does not know the device of its stream: ask the operator"
	case waiting == 0 && now.After(o.Ends.Add(lateness)):
		o.Over, o.Why = true, "its time is over since "+o.Ends.Format(time.RFC3339)
	case waiting == 0:
	case x.claimWindow.Load() == 0 && h.at.Time >= e.End:
		o.Why = "no Ethereum node has told yet how long readings are paid after a purchase's end"
	case !x.claimable(e, x.paidUntil(h)):
		o.Over, o.Why = true, "the time in which its readings are paid is over, or nearly: no more of them are delivered"
	case h.at.Number < e.Block+x.confirmations:
		o.Why = fmt.Sprintf("it was bought at %s, and its block must have %d confirmations before anything is delivered; still missing: %d",
			time.Unix(int64(e.Start), 0).UTC().Format(time.RFC3339), x.confirmations, e.Block+x.confirmations-h.at.Number)
	case x.maxStaleness > 0 && x.now().Sub(h.by) > x.maxStaleness:
		o.Why = "no Ethereum node has answered the bridge since " + h.by.UTC().Format(time.RFC3339)
	case seq >= e.Due(x.paidUntil(h)) && h.at.Time < e.End:
		o.Why = "the next reading is paid for when its interval begins in the newest block"
	}
	return o
}
