package main

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/bridge/app"
	"github.com/databrokerdao/dbdao-bridge/contracts"
	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/databrokerdao/dbdao-bridge/market/node"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/cobra"
)

// printed is what a command prints of a result as text. No cell may be JSON, and no line
// longer than a reader follows.
func printed(t *testing.T, print func(o *options, c *cobra.Command) error) string {
	t.Helper()
	var b strings.Builder
	c := &cobra.Command{}
	c.SetOut(&b)
	if err := print(&options{output: "text", now: time.Unix(1_800_000_000, 0)}, c); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if strings.ContainsAny(line, `{}[]"`) || strings.Contains(line, "null") || len(line) > 320 {
			t.Errorf("a line of %d characters: %s", len(line), line)
		}
	}
	return b.String()
}

func says(t *testing.T, text string, all ...string) {
	t.Helper()
	for _, want := range all {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestASettlementIsPrintedInWords(t *testing.T) {
	var claims []settlement.Claim
	for p := range 60 {
		claims = append(claims, settlement.Claim{Purchase: market.PurchaseID(p + 1), Delivered: 40, Last: p == 1, Head: common.Hash{1}})
	}
	text := printed(t, func(o *options, c *cobra.Command) error {
		return o.print(c, settlements{{Nonce: 3, Tx: common.Hash{9}.Hex(), State: settlement.TxSent, Claims: claims}})
	})
	says(t, text, "nonce 3", "is sent and claims", "READINGS IN ALL", "it closes: the rest returns to the buyer", "and 40 more")
	if n := strings.Count(text, "\n"); n != 1+1+claimsShown+1 {
		t.Errorf("%d lines:\n%s", n, text)
	}
	says(t, printed(t, func(o *options, c *cobra.Command) error { return o.print(c, settlements{}) }), "nothing can be claimed now")
}

func TestEarningsArePrintedInColumnsThatFit(t *testing.T) {
	one := func(p market.PurchaseID, delivered, unclaimed uint32, s settlement.Standing, why string) settlement.Earning {
		owner, operator, platform := contracts.Split(new(big.Int).Mul(big.NewInt(int64(delivered)), big.NewInt(1e15)))
		return settlement.Earning{Stream: 1, Purchase: p, Delivered: delivered, Decimals: 18, Gross: new(big.Int).Mul(big.NewInt(int64(delivered)), big.NewInt(1e15)),
			Owner: owner, Operator: operator, Platform: platform, Returned: new(big.Int), Unclaimed: unclaimed, Worth: new(big.Int).Mul(big.NewInt(int64(unclaimed)), big.NewInt(1e14)), Standing: s, Why: why}
	}
	// The first row lacks what the second has.
	all := []settlement.Earning{one(1, 40, 0, settlement.StandingPaid, ""), one(2, 10, 3, settlement.StandingEarly, "more than the rate allows")}
	all[1].Until = 1_800_003_600
	print := func() string {
		return printed(t, func(o *options, c *cobra.Command) error { return o.print(c, viewEarnings(all)) })
	}
	text := print()
	says(t, text, "TO THE OWNER", "0.032 DTX", "0.0003 DTX", "more than the rate allows", "0.05 DTX")
	if strings.Contains(text, "BACK TO THE BUYER") {
		t.Errorf("a column of nothing:\n%s", text)
	}
	lines := strings.Split(text, "\n")
	if at := strings.Index(lines[0], "WHY"); at < 0 || strings.Index(lines[2], "more than") != at {
		t.Errorf("a cell stands under another heading:\n%s", text)
	}
	all[0].Owner, all[0].Returned = new(big.Int), all[0].Owner
	says(t, print(), "BACK TO THE BUYER")
}

func TestRoundsArePrintedAsWhatTheyMean(t *testing.T) {
	m := &chain{Client: &client.Client{Places: 18}}
	m.Rules.Quorum, m.Rules.ReviewMin = 3, big.NewInt(60)
	const now = 1_800_000_000
	of := func(state market.RoundState, deadline uint64) market.Challenged {
		return market.Challenged{Stream: 7, Pool: new(big.Int), Round: market.Round{Number: 2, State: state, Opened: now - 100, ReviewStart: now - 90, Deadline: deadline, Count: 3, Weight: 300,
			Challenges: []market.Challenge{{Purchase: 1, Challenger: common.Address{1}, Weight: 100}, {Purchase: 2, Challenger: common.Address{2}, Weight: 200, Later: true, Evidence: common.Hash{5}}},
			Responses:  []market.Response{{By: common.Address{3}, Hash: common.Hash{6}}}}}
	}
	for _, c := range []struct {
		state           market.RoundState
		deadline        uint64
		over, expirable bool
		says            string
	}{
		{market.RoundOpen, now + 50, false, false, "open, nothing changes yet"},
		{market.RoundOpen, now - 1, true, true, "too few joined: every deposit goes back (challenge redeem 7 --round 2); challenge expire 7 says"},
		{market.RoundReview, now + 50, false, false, "in review, the stake is locked"},
		{market.RoundReview, now - 1, true, true, "the arbiter did not rule: every deposit goes back (challenge redeem 7 --round 2); challenge expire 7 says"},
		{market.RoundLapsed, now - 1, true, false, "the arbiter did not rule"},
		{market.RoundRejected, now + 50, true, false, "over, rejected"},
		{market.RoundSellerAtFault, now + 50, true, false, "over, the seller is at fault"},
		{market.RoundOperatorAtFault, now + 50, true, false, "over, the operator is at fault"},
		{market.RoundBothAtFault, now + 50, true, false, "over, seller and operator"},
	} {
		v := m.viewRound(of(c.state, c.deadline), now)
		if v.Over != c.over || v.Expirable != c.expirable {
			t.Errorf("%s until %d: over %t, expirable %t", c.state, c.deadline, v.Over, v.Expirable)
		}
		text := printed(t, func(o *options, cmd *cobra.Command) error { return o.print(cmd, roundViews{v}) })
		says(t, text, "stream 7, round 2: ", c.says, "0.0003 DTX", "no: bought later", "none", "answered by 0x03")
		if c.state.Live() && !c.over != strings.Contains(text, "others may join") {
			t.Errorf("%s until %d:\n%s", c.state, c.deadline, text)
		}
	}
}

// Status with something in every part: the claims of a transaction that is under way alone
// made a line of thousands of characters.
func TestStatusIsPrintedInWords(t *testing.T) {
	at := time.Unix(1_800_000_000, 0).UTC()
	var claims []settlement.Claim
	for p := range 60 {
		claims = append(claims, settlement.Claim{Purchase: market.PurchaseID(p + 1), Delivered: 40})
	}
	s := api.Status{Version: "dev", Operator: 1, Started: at.Add(-time.Hour),
		Conditions: []api.Condition{{Code: "low_gas", Subject: "0x01", Text: "send about 0.002 ether to 0x01", Since: at.Add(-time.Minute)}},
		Sources:    []api.SourceStatus{{Name: "chirpstack", Kind: "mqtt", Connected: true, Since: at, Session: "kept", QoS: "1", Usually: 0.2, Fates: []api.FateCount{{Fate: "posted", Count: 3, Means: "a parcel was made"}}}},
		Chain: market.FollowerStatus{Head: market.Position{Number: 77, Time: 1_800_000_000}, Finalized: 70, Progress: &market.Progress{Block: 77, Head: 900, Rate: 11, Ready: at.Add(time.Hour)},
			Nodes: []node.Status{{Host: "a.example", State: node.Alive, Head: 77, Since: at, Latency: 12 * time.Millisecond, LastError: "formerly"}, {Host: "b.example", State: node.Behind, Since: at, LastError: "its head is late"}}},
		Entitlements: api.Entitlements{Devices: 2, Purchases: 5, Serving: 4},
		Ledger:       ledger.Stats{Waiting: 3, Receipts: 40, Leaked: 1, Size: 12_000_000, SetAside: []ledger.SetAside{{Action: "parked", Code: "refused", Count: 2, LastAt: at, LastText: "it answered 500"}}},
		Readers:      api.Readers{Feeds: 3, Pulled: 7},
		Destinations: []delivery.Standing{{Buyer: common.Address{1}, Name: "store", Kind: "http", Host: "x.example", State: delivery.StateRetrying, Delivered: 9, P50: 0.004, Streak: 2, Next: at.Add(time.Minute), LastError: delivery.Reason{Code: "status", Text: "it answered 503"}}},
		Unrouted:     1,
		Settlement: &settlement.Status{Signer: common.Address{2}, Balance: big.NewInt(5e16), Need: big.NewInt(1e16), Last: at, Waits: "a transaction is not mined yet",
			Pending: []settlement.Tx{{Nonce: 4, State: settlement.TxSent, Claims: claims, Forms: []settlement.Form{{Hash: common.Hash{3}, Claims: claims}}, Sent: at}},
			Faults:  []settlement.Fault{{Code: settlement.FaultFees, Text: "gas is too expensive", Since: at}}, Refused: []settlement.Refused{{Purchase: 3, Tries: 2, NextTry: at, Reason: "AboveRate"}}},
		Challenged: []api.ChallengedStream{{Stream: 1, Quorum: 3, Round: market.Round{Number: 1, State: market.RoundReview, RuleFrom: 1_800_000_100, Deadline: 1_800_000_200, Count: 3}}},
	}
	text := printed(t, func(o *options, c *cobra.Command) error { return o.printStatus(c, s, false) })
	says(t, text, "of operator 1, running since", "low_gas 0x01, since", "source chirpstack (mqtt): connected", "usually one every 0.2 s", "block 77", "block 77 of 900", "its head is late", "delivered now: 4",
		"waiting 3", "never billed 1", "12.0 MB", "it answered 500", "no destination: 1", "3 live feeds are open, 7 purchases", "it answered 503", "4ms", "has 0.05 ether", "no settlement now: a transaction", "gas is too expensive", "60", "AboveRate", "in 1 min 40 s")
	if strings.Contains(text, "formerly") {
		t.Errorf("a node that is well has an error:\n%s", text)
	}
	says(t, printed(t, func(o *options, c *cobra.Command) error { return o.printStatus(c, api.Status{}, false) }), "nothing is wrong", "settlement does not run")
}

// Whatever a command prints that has no words of its own: lists in lists and rows that lack
// members make no JSON and no shifted column.
func TestNoResultIsPrintedAsJSONInText(t *testing.T) {
	type inner struct {
		A int    `json:"a"`
		B string `json:"b,omitempty"`
	}
	type row struct {
		Name     string   `json:"name,omitempty"`
		Many     []inner  `json:"many"`
		Words    []string `json:"words"`
		One      inner    `json:"one"`
		Interval uint32   `json:"interval"`
		End      string   `json:"end"`
	}
	rows := []row{{Many: []inner{{1, "x"}}, Words: []string{"p", "q"}, One: inner{2, ""}, Interval: 90, End: "z"}, {Name: "second", Interval: 60, End: "z"}}
	text := printed(t, func(o *options, c *cobra.Command) error { return o.print(c, rows) })
	says(t, text, "NAME", "second", "p, q", "1 min 30 s")
	lines := strings.Split(text, "\n")
	if at := strings.Index(lines[0], "END"); lines[1][at:at+1] != "z" || lines[2][at:at+1] != "z" {
		t.Errorf("shifted:\n%s", text)
	}
	text = printed(t, func(o *options, c *cobra.Command) error {
		return o.print(c, map[string]any{"rows": rows, "none": []row{}, "hash": common.Hash{}, "words": []string(nil), "why": "", "owner": common.HexToAddress("0x71562b71999873db5b286df957af199ec94617f7")})
	})
	says(t, text, "rows:", "second", "hash:   none", "none:   none", "words:  none", "why:    none", "owner:  0x71562b71999873DB5b286dF957af199Ec94617F7")
}

// What one reads of parts that are not there, and of what has come back.
func TestStatusSaysNothingOfANodeThatIsNotThere(t *testing.T) {
	s := api.Status{Ledger: ledger.Stats{Dropped: 5, Restored: 5}}
	s.Chain.Nodes, s.Chain.Checked = []node.Status{{Host: "one"}}, 37
	text := printed(t, func(o *options, c *cobra.Command) error { return o.printStatus(c, s, false) })
	if strings.Contains(text, "second node") || strings.Contains(text, "dropped with their purchase") {
		t.Errorf("%s", text)
	}
	says(t, text, "dropped so, and back since the purchase is 5")
	s.Chain.Nodes = append(s.Chain.Nodes, node.Status{Host: "two"})
	s.Ledger.Dropped = 7
	says(t, printed(t, func(o *options, c *cobra.Command) error { return o.printStatus(c, s, false) }), "compared with a second node up to 37", "dropped with their purchase 2")
}

func TestARefoldIsPrintedInWords(t *testing.T) {
	r := app.Refolded{Refolding: ledger.Refolding{Head: market.Position{Number: 80}, Streams: 2, Purchases: 3, Parcels: 4}, Chain: market.Position{Number: 70, Time: 1_800_000_000}, From: 5}
	text := printed(t, func(o *options, c *cobra.Command) error { return o.print(c, refolded(r)) })
	says(t, text, "block 80", "the chain is not so high any more", "70 of 2027", "2 streams, 3 purchases", "4 parcels", "from block 5 on")
	r.There = common.Hash{7}
	says(t, printed(t, func(o *options, c *cobra.Command) error { return o.print(c, refolded(r)) }), "the chain has 0x07")
}
