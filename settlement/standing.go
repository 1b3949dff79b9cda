package settlement

import (
	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/market"

	"math/big"
)

// Standing is where the unclaimed readings of a purchase stand.
type Standing string

// The standings of what is unclaimed.
const (
	StandingPaid      Standing = "paid"       // nothing is unclaimed
	StandingDue       Standing = "due"        // can be claimed; waits for the policy or the next round
	StandingEarly     Standing = "early"      // more than the rate allows at the newest block: becomes due with time
	StandingUnderWay  Standing = "under_way"  // in a transaction that is not folded yet
	StandingRefused   Standing = "refused"    // the contract did not take the claim; tried again later
	StandingOver      Standing = "over_rate"  // the purchase is over, and pays no more readings than it paid
	StandingVoid      Standing = "void"       // a ruling ended payment
	StandingClosed    Standing = "closed"     // the purchase was closed on chain
	StandingWindow    Standing = "window"     // the claim window is over
	StandingNoSettler Standing = "no_settler" // settlement does not run
)

// Standings explains every standing, and says whether it passes by itself.
var Standings = []struct {
	Standing Standing
	Means    string
	Passes   string
}{
	{StandingPaid, "nothing is unclaimed", ""},
	{StandingDue, "the contract would pay it now; it waits for settlement.interval, or until the cut covers the gas", "when the policy says so"},
	{StandingEarly, "more readings than intervals begun by the newest block's time", "with the next intervals"},
	{StandingUnderWay, "a transaction that claims it is not mined, or its block is not folded", "with the transaction"},
	{StandingRefused, "the contract refused the claim when it was tried, or skipped it", "tried again at `next_try`"},
	{StandingOver, "the purchase is over and pays one reading per interval begun", "never"},
	{StandingVoid, "a ruling ended payment", "never, unless the chain goes back"},
	{StandingClosed, "the purchase was closed on chain", "never"},
	{StandingWindow, "the claim window closed: told once, and left", "never"},
	{StandingNoSettler, "settlement.enabled is false, or no node has answered yet", "when settlement runs"},
}

// windowEnd is when an account can no longer be claimed, in unix seconds.
func (c *Config) windowEnd(a *Account) uint64 { return a.End + c.Rules.ClaimWindow }

// payable is the cumulative count the contract pays at unix second t: one reading per
// interval begun, at most the quota, and never more than was delivered.
func payable(a *Account, t uint64) uint32 {
	e := market.Entitlement{Start: a.Start, End: a.End, Interval: a.Interval, Quota: a.Quota}
	return min(a.Receipts, e.Due(t))
}

// standing says where an account's unclaimed readings stand at unix second t, and the
// cumulative count to claim if they are due. It knows nothing but the chain.
func (c *Config) standing(a *Account, t uint64) (Standing, uint32) {
	unclaimed := a.Receipts > a.Delivered
	n := payable(a, t)
	switch {
	case !unclaimed:
		return StandingPaid, 0
	case a.State != market.PurchaseActive:
		return StandingClosed, 0
	case a.Unpaid:
		return StandingVoid, 0
	case t >= c.windowEnd(a):
		return StandingWindow, 0
	case n > a.Delivered:
		return StandingDue, n
	case t >= a.End:
		return StandingOver, 0
	}
	return StandingEarly, 0
}

// closable tells whether a last claim would give the rest back to the buyer now.
func (c *Config) closable(a *Account, t uint64) bool {
	return a.State == market.PurchaseActive && !a.Unpaid && a.Waiting == 0 && t >= a.End && t < c.windowEnd(a)
}

// gain is the operator's tenth of the readings from the count paid to n, in wei of DTX.
func (c *Config) gain(a *Account, paid, n uint32) *big.Int {
	return contracts.Tenth(contracts.Gross(uint64(n-min(n, paid)), a.Price, c.Rules.Decimals))
}
