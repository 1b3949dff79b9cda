package main

import (
	"encoding/json"
	"math/big"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/ethereum/go-ethereum/crypto"
)

// B1: a stream is challenged, by command only. The rules are those of the demo profile:
// stake 100 DTX, deposit 10, quorum 3, a minute for the quorum; a review of a minute, which
// may be joined for 15 s and ruled on after that; notice 30 s, claims for a minute after the
// end, challenges for two.
const (
	deposit = 10
	stake   = 100
	reading = 100 // 10⁻⁶ DTX
)

var everybody = []string{"platform", "operator", "owner", "ann", "bob", "cid"}
var buyers = []string{"ann", "bob", "cid"}

// later makes the chain later: anvil can, geth has to be waited for.
func (w *world) later(d time.Duration) {
	w.t.Helper()
	if servers.Call(w.t.Context(), w.node.URL, nil, "evm_increaseTime", int(d.Seconds())) == nil {
		if err := servers.Call(w.t.Context(), w.node.URL, nil, "evm_mine"); err != nil {
			w.t.Fatal(err)
		}
		return
	}
	time.Sleep(d)
}

// mine makes a block where the node makes none by itself.
func (w *world) mine() { _ = servers.Call(w.t.Context(), w.node.URL, nil, "evm_mine") }

// instant is anvil that makes a block per transaction: no command waits for one.
func instant(t testing.TB) *servers.Process {
	p := servers.Anvil(t)
	if err := servers.Call(t.Context(), p.URL, nil, "evm_setAutomine", true); err != nil {
		t.Fatal(err)
	}
	return p
}

// eachMarket runs a story on both nodes. Minutes pass in it: on geth, which cannot be made
// later, it runs with DBDAO_SLOW=1 only.
func eachMarket(t *testing.T, test func(t *testing.T, w *world)) {
	for name, start := range map[string]func(testing.TB) *servers.Process{"anvil": instant, "geth": servers.Geth} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "geth" && os.Getenv("DBDAO_SLOW") == "" {
				t.Skip("minutes pass: DBDAO_SLOW=1 waits for them")
			}
			servers.Need(t, "mosquitto", name)
			test(t, newWorld(t, start))
		})
	}
}

// wealth is everybody's tokens and credits, and the market's tokens.
func (w *world) wealth() (of map[string]*big.Int, total *big.Int) {
	w.t.Helper()
	of, total = map[string]*big.Int{}, new(big.Int)
	for _, who := range everybody {
		o := w.run("token", "balance", w.wallets[who], "--wei", "-o", "json")
		of[who] = new(big.Int).Add(wei(w.t, o.text(w.t, "tokens_wei")), wei(w.t, o.text(w.t, "credit_wei")))
		total.Add(total, wei(w.t, o.text(w.t, "tokens_wei")))
	}
	of["market"] = w.tokens(w.market)
	return of, total.Add(total, of["market"])
}

// gained compares what everybody has with what he had, to the wei, and that nothing
// was lost on the way: after everybody left the market holds nothing.
func (w *world) gained(before map[string]*big.Int, gains map[string]*big.Int) {
	w.t.Helper()
	after, total := w.wealth()
	for _, who := range everybody {
		want := gains[who]
		if want == nil {
			want = new(big.Int)
		}
		if got := new(big.Int).Sub(after[who], before[who]); got.Cmp(want) != 0 {
			w.t.Errorf("%s gained %s wei, want %s", who, got, want)
		}
	}
	if want := dtxWei(1_000_000_000); total.Cmp(want) != 0 {
		w.t.Errorf("everybody together has %s wei, want %s", total, want)
	}
	if after["market"].Sign() != 0 {
		w.t.Errorf("the market still holds %s wei after everybody left", after["market"])
	}
}

func dtxWei(n int64) *big.Int {
	return new(big.Int).Mul(big.NewInt(n), big.NewInt(1_000_000_000_000_000_000))
}

// micro is n millionths of a DTX in wei.
func micro(n int64) *big.Int {
	return new(big.Int).Mul(big.NewInt(n), big.NewInt(1_000_000_000_000))
}

func sum(all ...*big.Int) *big.Int {
	total := new(big.Int)
	for _, n := range all {
		total.Add(total, n)
	}
	return total
}

// refused executes a command that must fail with a sentence.
func (w *world) refused(says string, args ...string) {
	w.t.Helper()
	out, errs, code := w.try(append(args, "-o", "json")...)
	if code < 1 || code > 2 || !strings.Contains(errs, says) || strings.Count(strings.TrimSpace(errs), "\n") > 0 {
		w.t.Errorf("dbdao-bridge %s: exit %d, want 1 and a sentence with %q:\n%s%s", strings.Join(args, " "), code, says, out, errs)
	}
}

func (w *world) refuses(who, says string, args ...string) {
	w.t.Helper()
	w.refused(says, append(args, "--keystore", w.keystore(who))...)
}

// round is what challenge ls prints.
type round struct {
	State      string
	Count      int
	Weight     string    `json:"weight_dtx"`
	JoinUntil  time.Time `json:"join_until"`
	RuleFrom   time.Time `json:"rule_from"`
	RuleUntil  time.Time `json:"rule_until"`
	Over       bool
	Ruling     string `json:"ruling_hash"`
	Challenges []struct {
		Challenger, Purchase any
		Weight               string `json:"weight_dtx"`
		Evidence             string `json:"evidence_hash"`
		Later                bool
	}
	Responses []struct {
		By   string
		Hash string `json:"response_hash"`
	}
}

// rounds is what challenge ls says of a stream.
func (w *world) rounds(stream string) (all []round) {
	w.t.Helper()
	out, errs, code := w.try("challenge", "ls", "--stream", stream, "-o", "json")
	if code != 0 || json.Unmarshal([]byte(out), &all) != nil {
		w.t.Fatalf("challenge ls: exit %d\n%s%s", code, out, errs)
	}
	return all
}

// fair is a stream of which three buyers have each had a reading, and paid for it. The
// bridge runs. It gives everybody's wealth from before the listing.
func (w *world) fair(duration string) (before map[string]*big.Int, stream string, purchases map[string]string) {
	w.t.Helper()
	w.operate("")
	w.start()
	before, _ = w.wealth()
	stream = w.list(buoy, "0.0001", 1)
	purchases = map[string]string{}
	var all []string
	for _, who := range buyers {
		purchases[who] = w.buy(who, stream, duration)
		w.mine()
		w.route(who, purchases[who])
		all = append(all, purchases[who])
	}
	w.mine()
	w.settled(all...)
	w.paid(1, purchases)
	return before, stream, purchases
}

// paid publishes reading n and waits until every buyer has n and has paid for them.
func (w *world) paid(n int, purchases map[string]string) {
	w.t.Helper()
	w.later(time.Second)
	w.seen()
	w.publish(buoy, uplink(buoy, n))
	w.eventually("each is paid", 60*time.Second, func() bool {
		w.mine()
		for _, who := range buyers {
			if w.run("purchase", "show", purchases[who], "-o", "json").text(w.t, "paid") != strconv.Itoa(n) {
				return false
			}
		}
		return true
	})
}

// open files a challenge of a buyer with his purchase.
func (w *world) open(who, purchase string) object {
	w.t.Helper()
	return w.as(who, "challenge", "open", purchase, "--yes", "--evidence", w.write("evidence.json", `{"any":"file"}`))
}

// accuse lets ann challenge, checks that nothing changes, then bob and cid, and checks that
// the review changes nothing either but what it says.
func (w *world) accuse(stream string, purchases map[string]string) {
	w.t.Helper()
	_, said, code := w.try("challenge", "open", purchases["ann"], "--keystore", w.keystore("ann"))
	for _, want := range []string{"it takes a deposit of 10 DTX from " + w.wallets["ann"], "challenges of 3 different buyers within 1m", "rejected (nobody is at fault): the deposit is lost", "nobody answered, and nothing was sent"} {
		if code != exitUsage || !strings.Contains(said, want) {
			w.t.Errorf("challenge open without a word of consent: exit %d, without %q:\n%s", code, want, said)
		}
	}
	if o := w.open("ann", purchases["ann"]); o.text(w.t, "count") != "1" || o.text(w.t, "state") != "open" || o.text(w.t, "weight_dtx") != "0.0001" || o.text(w.t, "deposit_dtx") != "10" {
		w.t.Errorf("the first challenge: %v", o)
	}
	s := w.run("stream", "show", stream, "-o", "json")
	if s.text(w.t, "state") != "open" || s.text(w.t, "stake_dtx") != "100" {
		w.t.Errorf("one challenge changed the stream: %v", s)
	}
	mine := []string{"owner", "streams", w.wallets["owner"]}
	if out, _, _ := w.try(mine...); !strings.Contains(out, "open, challenged by 1 until ") {
		w.t.Errorf("the owner is not told of the first challenge:\n%s", out)
	}
	w.refuses("ann", "in round 1 already", "challenge", "open", "--yes", purchases["ann"])
	w.refuses("bob", "buyer", "challenge", "open", "--yes", purchases["ann"])
	w.refuses("platform.arbiter", "must be review", "challenge", "rule", stream, "1", "--reject")
	w.refuses("ann", "nothing can be redeemed before it is decided", "challenge", "redeem", stream)
	w.open("bob", purchases["bob"])
	o := w.open("cid", purchases["cid"])
	if o.text(w.t, "count") != "3" || o.text(w.t, "state") != "review" || o.text(w.t, "total_dtx") != "0.0003" {
		w.t.Errorf("the third challenge: %v", o)
	}
	if out, _, _ := w.try(mine...); !strings.Contains(out, "open, under review until ") {
		w.t.Errorf("the owner is not told of the review:\n%s", out)
	}
	again := w.buy("bob", stream, "5m") // a review stops no sale
	w.as("bob", "purchase", "cancel", again)
	purchases["bob again"] = again
	w.refuses("ann", "only the arbiter", "challenge", "rule", stream, "1", "--seller-at-fault")
	w.refuses("platform.arbiter", "too early", "challenge", "rule", stream, "1", "--seller-at-fault")
	w.refuses("ann", "too early", "challenge", "expire", stream)
	answer := w.as("owner", "stream", "respond", stream, "1", "--file", w.write("answer.txt", "it is true"))
	all := w.rounds(stream)
	if len(all) != 1 || all[0].Count != 3 || len(all[0].Challenges) != 3 || all[0].State != "review" || all[0].Weight != "0.0003" ||
		all[0].RuleFrom != all[0].JoinUntil || all[0].RuleUntil.Sub(all[0].RuleFrom) != 45*time.Second {
		w.t.Fatalf("challenge ls: %+v", all)
	}
	if r := all[0].Responses; len(r) != 1 || !strings.EqualFold(r[0].By, w.wallets["owner"]) || r[0].Hash != answer.text(w.t, "response_hash") || r[0].Hash != crypto.Keccak256Hash([]byte("it is true")).Hex() {
		w.t.Errorf("the answer: %+v", r)
	}
	for i, who := range buyers {
		c := all[0].Challenges[i]
		if want := crypto.Keccak256Hash([]byte(`{"any":"file"}`)); !strings.EqualFold(c.Challenger.(string), w.wallets[who]) || c.Evidence != want.Hex() || c.Weight != "0.0001" {
			w.t.Errorf("challenge %d: %+v, want one of %s with %s", i, c, who, want)
		}
	}
}

// leave lets everybody take out what is his.
func (w *world) leave(purchases map[string]string) {
	w.t.Helper()
	for _, p := range purchases {
		if w.run("purchase", "show", p, "-o", "json").text(w.t, "state") != "closed" {
			w.as("platform", "purchase", "finish", p)
		}
	}
	w.out()
}

// out withdraws every credit.
func (w *world) out() {
	w.t.Helper()
	for _, who := range everybody {
		if w.run("token", "balance", w.wallets[who], "-o", "json").text(w.t, "credit_dtx") != "0" {
			w.as("platform", "withdraw", w.wallets[who])
		}
	}
}

// The story of a seller at fault, with a bridge that runs through it: what is delivered in
// the review is paid, the stake goes half to the platform and half to the challengers, who
// get at most their deposit and what the owner had of them beside the deposit.
func TestASellerAtFaultLosesHisStake(t *testing.T) {
	t.Parallel()
	eachMarket(t, func(t *testing.T, w *world) {
		before, stream, purchases := w.fair("1h")
		w.accuse(stream, purchases)
		w.eventually("status tells the review and who challenged", 20*time.Second, func() bool {
			w.mine()
			all, _ := w.status()["challenged"].([]any)
			text, _ := json.Marshal(all)
			return w.says("stream_in_review") && len(all) == 1 && strings.Contains(string(text), strings.ToLower(w.wallets["cid"]))
		})
		w.paid(2, purchases) // a review holds no delivery and no claim
		w.later(16 * time.Second)
		w.mine()
		w.refuses("ann", "too late", "challenge", "open", "--yes", purchases["ann"])
		r := w.as("platform.arbiter", "challenge", "rule", stream, "1", "--seller-at-fault", "--ruling", w.write("ruling.txt", "fake"))
		if r.text(t, "verdict") != "seller_at_fault" || r.text(t, "state") != "slashed" || r.text(t, "pool_dtx") != "50" {
			t.Errorf("the ruling: %v", r)
		}
		w.eventually("the condition is over", 20*time.Second, func() bool { w.mine(); return !w.says("stream_in_review") })
		w.publish(buoy, uplink(buoy, 3))
		w.eventually("the bridge dismisses what nobody buys any more", 20*time.Second, func() bool {
			return strings.Contains(w.metrics(), `dbdao_uplinks_total{fate="unbought",source="chirpstack"} 1`)
		})
		if n := w.sunk(); n != 6 {
			t.Errorf("%d readings at the sinks after the ruling, want 6", n)
		}
		s := w.run("stream", "show", stream, "-o", "json")
		if s.text(t, "state") != "slashed" || s.text(t, "stake_dtx") != "0" || s.text(t, "ends_at") == "" {
			t.Errorf("after the ruling: %v", s)
		}
		if all := w.rounds(stream); all[0].State != "seller_at_fault" || all[0].Ruling != crypto.Keccak256Hash([]byte("fake")).Hex() {
			t.Errorf("challenge ls: %+v", all)
		}
		w.refuses("ann", "slashed", "purchase", "buy", stream)
		w.refuses("owner", "slashed", "stream", "withdraw-stake", stream)
		shown := func(deposit string) { // in the same words wherever
			for _, args := range [][]string{{"challenge", "ls", "--stream", stream}, {"stream", "show", stream}} {
				out, _, _ := w.try(args...)
				if says(t, out, "round 1: over, the seller is at fault: his stake was slashed"); strings.Count(out, "  "+deposit+"  ") != len(buyers) {
					t.Errorf("%v: not every deposit is %s:\n%s", args, deposit, out)
				}
			}
		}
		shown("to be redeemed")
		for _, who := range buyers {
			o := w.as("platform", "challenge", "redeem", stream, "--challenger", w.wallets[who])
			if o.text(t, "amount_dtx") != "20.00008" { // 10 + min(16.67, 10 + 0.8 × 0.0001)
				t.Errorf("redeem: %v", o)
			}
		}
		w.refuses("ann", "redeemed already", "challenge", "redeem", stream)
		shown("redeemed")
		w.eventually("the bridge's last claims close the purchases", 60*time.Second, func() bool {
			w.mine()
			for _, p := range purchases {
				if w.run("purchase", "show", p, "-o", "json").text(t, "state") != "closed" {
					return false
				}
			}
			return true
		})
		w.out()
		buyer := sum(dtxWei(10), micro(80), micro(-2*reading))
		w.gained(before, map[string]*big.Int{
			"ann": buyer, "bob": buyer, "cid": buyer,
			"owner":    sum(dtxWei(-stake), micro(6*reading*8/10)),
			"operator": micro(6 * reading / 10),
			"platform": sum(dtxWei(50), dtxWei(20), micro(-3*80), micro(6*reading/10)),
		})
	})
}

// bazaar is a fair whose three buyers have all challenged; the bridge is gone.
func (w *world) bazaar() (before map[string]*big.Int, stream string, purchases map[string]string) {
	w.t.Helper()
	before, stream, purchases = w.fair("1h")
	w.stop()
	w.accuse(stream, purchases)
	return before, stream, purchases
}

// earned is what owner, operator and platform have of a fair's three readings.
func earned(owner, platform *big.Int) map[string]*big.Int {
	return map[string]*big.Int{
		"ann": micro(-reading), "bob": micro(-reading), "cid": micro(-reading),
		"owner": sum(owner, micro(3*reading*8/10)), "operator": micro(3 * reading / 10), "platform": sum(platform, micro(3*reading/10)),
	}
}

func TestARejectedChallengePaysSellerAndPlatform(t *testing.T) {
	t.Parallel()
	eachMarket(t, func(t *testing.T, w *world) {
		before, stream, purchases := w.bazaar()
		w.later(16 * time.Second)
		w.as("platform.arbiter", "challenge", "rule", stream, "1", "--reject")
		if s := w.run("stream", "show", stream, "-o", "json"); s.text(t, "state") != "open" || s.text(t, "stake_dtx") != "100" {
			t.Errorf("after the ruling: %v", s)
		}
		w.refuses("ann", "rejected", "challenge", "redeem", stream)
		w.close(stream, purchases)
		want := earned(dtxWei(3*deposit/2), dtxWei(3*deposit/2))
		for _, who := range buyers {
			want[who] = sum(want[who], dtxWei(-deposit))
		}
		w.gained(before, want)
	})
}

func TestASilentArbiterGivesTheDepositsBack(t *testing.T) {
	t.Parallel()
	eachMarket(t, func(t *testing.T, w *world) {
		before, stream, purchases := w.bazaar()
		w.later(61 * time.Second)
		w.refuses("platform.arbiter", "is lapsed", "challenge", "rule", stream, "1", "--seller-at-fault")
		if r := w.rounds(stream); !r[0].Over || r[0].State != "lapsed" {
			t.Errorf("challenge ls does not say that the review is over: %+v", r)
		}
		if o := w.as("bob", "challenge", "redeem", stream); o.text(t, "amount_dtx") != "10" { // nobody has to say so on chain
			t.Errorf("redeem: %v", o)
		}
		if o := w.as("ann", "challenge", "expire", stream); o.text(t, "ended") != "lapsed" || o.text(t, "state") != "open" {
			t.Errorf("expire: %v", o)
		}
		for _, who := range []string{"ann", "cid"} {
			if o := w.as(who, "challenge", "redeem", stream); o.text(t, "amount_dtx") != "10" {
				t.Errorf("redeem: %v", o)
			}
		}
		w.close(stream, purchases)
		w.gained(before, earned(new(big.Int), new(big.Int)))
	})
}

func TestAnOperatorAtFaultCostsTheSellerNothing(t *testing.T) {
	t.Parallel()
	eachMarket(t, func(t *testing.T, w *world) {
		before, stream, purchases := w.bazaar()
		w.later(16 * time.Second)
		r := w.as("platform.arbiter", "challenge", "rule", stream, "1", "--operator-at-fault")
		if r.text(t, "state") != "closed" || r.text(t, "verdict") != "operator_at_fault" {
			t.Errorf("the ruling: %v", r)
		}
		if s := w.run("stream", "show", stream, "-o", "json"); s.text(t, "stake_dtx") != "100" || s["unpaid"] != true {
			t.Errorf("after the ruling: %v", s)
		}
		for _, who := range buyers {
			if o := w.as(who, "challenge", "redeem", stream); o.text(t, "amount_dtx") != "10" {
				t.Errorf("redeem: %v", o)
			}
		}
		w.leave(purchases) // nothing more is paid: everything unclaimed comes back at once
		w.refuses("owner", "bound until 20", "stream", "withdraw-stake", stream)
		w.later(2*time.Minute + 5*time.Second)
		w.as("owner", "stream", "withdraw-stake", stream)
		w.gained(before, earned(new(big.Int), new(big.Int)))
	})
}

// Both are at fault, and the third challenger bought when the round was open: he has a voice,
// a place in the quorum and four fifths of what he paid, and no bounty.
func TestBothAtFaultAndABuyerOfTheRound(t *testing.T) {
	t.Parallel()
	eachMarket(t, func(t *testing.T, w *world) {
		before, stream, purchases := w.fair("1h")
		if o := w.open("ann", purchases["ann"]); o["later"] != false {
			t.Errorf("she opens the round: %v", o)
		}
		later := w.buy("cid", stream, "1h")
		w.mine()
		w.route("cid", later)
		w.mine()
		w.settled(purchases["ann"], purchases["bob"], purchases["cid"], later)
		w.paid(2, purchases)
		w.eventually("the later purchase is charged", 60*time.Second, func() bool {
			w.mine()
			return w.run("purchase", "show", later, "-o", "json").text(t, "paid") == "1"
		})
		w.stop()
		w.open("bob", purchases["bob"])
		plan := w.run("challenge", "open", later, "--from", w.wallets["cid"], "--unsigned", "-o", "json")
		if text, _ := json.Marshal(plan); !strings.Contains(string(text), "no bounty") {
			t.Errorf("nothing is said of the bounty: %s", text)
		}
		o := w.open("cid", later)
		if o["later"] != true || o.text(t, "count") != "3" || o.text(t, "state") != "review" || o.text(t, "weight_dtx") != "0.0001" {
			t.Errorf("he bought in the round: %v", o)
		}
		if c := w.rounds(stream)[0].Challenges; len(c) != 3 || c[0].Later || c[1].Later || !c[2].Later {
			t.Errorf("challenge ls: %+v", c)
		}
		w.later(16 * time.Second)
		r := w.as("platform.arbiter", "challenge", "rule", stream, "1", "--both")
		if r.text(t, "verdict") != "both_at_fault" || r.text(t, "state") != "slashed" || r.text(t, "pool_dtx") != "50" {
			t.Errorf("the ruling: %v", r)
		}
		if s := w.run("stream", "show", stream, "-o", "json"); s.text(t, "stake_dtx") != "0" || s["unpaid"] != true {
			t.Errorf("after the ruling: %v", s)
		}
		for i, want := range []string{"20.00008", "20.00016", "10.00008"} { // at most 8/10 of 1, 2 and 1 readings, and two bounties
			if got := w.as("platform", "challenge", "redeem", stream, "--challenger", w.wallets[buyers[i]]).text(t, "amount_dtx"); got != want {
				t.Errorf("%s redeems %s, want %s", buyers[i], got, want)
			}
		}
		purchases["cid later"] = later
		w.leave(purchases) // nothing more is paid: everything unclaimed comes back at once
		w.gained(before, map[string]*big.Int{
			"ann":      sum(dtxWei(10), micro(80-2*reading)),
			"bob":      sum(dtxWei(10), micro(160-2*reading)),
			"cid":      micro(80 - 3*reading),
			"owner":    sum(dtxWei(-stake), micro(7*reading*8/10)),
			"operator": micro(7 * reading / 10),
			"platform": sum(dtxWei(50), dtxWei(30), micro(-320), micro(7*reading/10)),
		})
	})
}

// close ends a stream that survived: everybody out, the stake too.
func (w *world) close(stream string, purchases map[string]string) {
	w.t.Helper()
	s := w.as("owner", "stream", "close", stream)
	ends, err := time.Parse(time.RFC3339, s.text(w.t, "ends_at"))
	if err != nil {
		w.t.Fatal(err)
	}
	stake, err := time.Parse(time.RFC3339, s.text(w.t, "stake_from"))
	if err != nil || stake.Sub(ends) != 2*time.Minute {
		w.t.Errorf("ends at %s, stake from %s: %v", ends, stake, err)
	}
	if end := w.run("purchase", "show", purchases["ann"], "-o", "json").text(w.t, "end"); end != s.text(w.t, "ends_at") {
		w.t.Errorf("a purchase of the closed stream ends at %s, the stream at %s", end, ends)
	}
	w.refuses("owner", "bound until 20", "stream", "withdraw-stake", stream)
	w.later(2*time.Minute + 35*time.Second)
	w.as("owner", "stream", "withdraw-stake", stream)
	w.leave(purchases)
}

// Issue 9, K6: a stake leaves at a time known at closing, whatever was bought. A purchase
// runs for a year, and a quorum challenges in the last second; the arbiter stays silent.
func TestAStakeLeavesThoughAPurchaseRunsForAYear(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil")
	w := newWorld(t, instant)
	before, stream, purchases := w.fair("1h")
	w.as("owner", "stream", "set-price", stream, "--interval", "60s")
	year := w.buy("bob", stream, "8784h")
	purchases["bob's year"] = year
	w.stop()
	closed := w.as("owner", "stream", "close", stream)
	from, err := time.Parse(time.RFC3339, closed.text(t, "stake_from"))
	if err != nil {
		t.Fatal(err)
	}
	if end := w.run("purchase", "show", year, "-o", "json").text(t, "end"); end != closed.text(t, "ends_at") {
		t.Errorf("a year's purchase ends at %s, the stream at %s", end, closed.text(t, "ends_at"))
	}
	for i, who := range buyers {
		w.next(from.Add(time.Duration(i-3) * time.Second))
		w.open(who, purchases[who])
	}
	w.next(from)
	w.mine()
	w.refuses("owner", "the stake stays until the ruling", "stream", "withdraw-stake", stream)
	w.later(60 * time.Second)
	if o := w.as("owner", "stream", "withdraw-stake", stream); o.text(t, "amount_dtx") != "100" {
		t.Errorf("the stake: %v", o)
	}
	for _, who := range buyers {
		w.as(who, "challenge", "redeem", stream)
	}
	w.leave(purchases)
	w.gained(before, earned(new(big.Int), new(big.Int)))
}

// next gives anvil's next block a time.
func (w *world) next(at time.Time) {
	w.t.Helper()
	if err := servers.Call(w.t.Context(), w.node.URL, nil, "evm_setNextBlockTimestamp", at.Unix()); err != nil {
		w.t.Fatal(err)
	}
}

// Every other command of owners and operators, on a real node.
func TestOwnersAndOperatorsLookAfterWhatTheyListed(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil")
	w := newWorld(t, instant)
	made := w.run("operator", "init", "--keys-only", "--dir", w.dir, "--light", "-o", "json")
	if again := w.run("operator", "init", "--keys-only", "--dir", w.dir, "-o", "json"); again.text(t, "keys") != made.text(t, "keys") {
		t.Error("a second init makes another key")
	}
	w.operate("")
	operator := func(key string) string { return w.run("operator", "show", "1", "-o", "json").text(t, key) }
	if k := operator("keys"); k != "0x"+strings.Repeat("00", 32) {
		t.Errorf("keys %s though none were named", k)
	}
	w.as("admin", "operator", "set-keys", "1", "-c", w.config)
	if k := operator("keys"); k != made.text(t, "keys") {
		t.Errorf("published %s, init said %s", k, made.text(t, "keys"))
	}
	w.as("platform", "operator", "register", "-c", w.config) // the signer is the configuration's
	if k := w.run("operator", "show", "2", "-o", "json").text(t, "keys"); k != made.text(t, "keys") {
		t.Errorf("register -c published %s", k)
	}
	w.refuses("ann", "only the market's owner", "operator", "verify", "1")
	w.as("platform", "operator", "verify", "1")
	w.as("platform", "operator", "verify", "1", "--revoke")
	w.as("admin", "operator", "set-payout", "1", w.wallets["cid"])
	w.as("admin", "operator", "transfer-admin", "1", w.wallets["bob"])
	w.refuses("ann", "whom the admin named", "operator", "accept-admin", "1")
	if !strings.EqualFold(operator("pending_admin"), w.wallets["bob"]) {
		t.Error("the next admin is not shown")
	}
	w.as("bob", "operator", "accept-admin", "1")
	w.refuses("admin", "only the operator's admin", "operator", "set-payout", "1", w.wallets["cid"])
	w.as("bob", "operator", "transfer-admin", "1", w.wallets["admin"])
	w.as("admin", "operator", "accept-admin", "1")
	w.refuses("admin", "one key must not be both", "operator", "transfer-admin", "1", w.wallets["operator"])
	w.refuses("ann", "only the operator's admin", "operator", "set-signer", "1", w.wallets["ann"])
	if !strings.EqualFold(operator("payout"), w.wallets["cid"]) {
		t.Error("the payout address did not change")
	}

	w.start()
	stream := w.list(buoy, "0.0001", 1)
	w.vouchesOnce(climate, stream)
	stake := w.as("owner", "stream", "add-stake", stream, "11.5").text(t, "stake_dtx")
	offer := w.as("owner", "stream", "set-price", stream, "--price", "0.0002", "--interval", "2s")
	if stake != "111.5" || offer.text(t, "price_dtx") != "0.0002" || offer.text(t, "interval") != "2" {
		t.Errorf("stake %s, offer %v", stake, offer)
	}
	w.refuses("owner", "multiple of 0.00001", "stream", "set-price", stream, "--price", "0.000001")
	w.refuses("ann", "only the stream's owner", "stream", "add-stake", stream, "1")
	if on := w.as("owner", "stream", "restrict", stream)["restricted"]; on != true {
		t.Errorf("restricted %v", on)
	}
	w.refuses("ann", "stream allow", "purchase", "buy", stream, "--duration", "1h")
	w.refuses("ann", "not the one you agreed to", "purchase", "buy", stream, "--price", "0.0001")
	w.as("owner", "stream", "allow", stream, w.wallets["ann"], w.wallets["bob"])
	parent := w.buy("ann", stream, "1h")
	w.as("owner", "stream", "allow", stream, w.wallets["bob"], "--revoke")
	w.refuses("bob", "stream allow", "purchase", "buy", stream, "--duration", "1h")
	if off := w.as("owner", "stream", "restrict", stream, "--off")["restricted"]; off != false {
		t.Errorf("restricted %v", off)
	}
	attest := func(dev, owner string, more ...string) string {
		a := w.run(append([]string{"device", "attest", "--force", "-c", w.config, "--dev-eui", dev, "--owner", w.wallets[owner], "-o", "json"}, more...)...)
		text, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		return w.write("attestation-"+owner+dev, string(text))
	}
	terms := w.as("owner", "stream", "set-terms", stream, "--offer", w.write("bytes.toml", "sell = ['data']\n")).text(t, "terms")
	if back := w.as("owner", "stream", "set-terms", stream, "--terms", "0x"+strings.Repeat("11", 32)).text(t, "terms"); back == terms {
		t.Error("the terms did not change")
	}
	w.refuses("owner", "listed already, as stream 1", "stream", "create", "--attestation", attest(buoy, "owner"), "--price", "0.001")
	w.refuses("bob", "must be running and yours", "stream", "create", "--attestation", attest(climate, "bob"), "--price", "0.001", "--parent", parent)
	derived := w.as("ann", "stream", "create", "--attestation", attest(docs, "ann"), "--price", "0.001", "--parent", parent).text(t, "stream")
	out, _, _ := w.try("stream", "show", derived, "-o", "json")
	if shown := strings.Join(strings.Fields(out), ""); !strings.Contains(shown, `"parents":[`+parent+`]`) {
		t.Errorf("a derived stream does not show its parent %s: %s", parent, shown)
	}
	at := w.run("purchase", "show", parent, "-o", "json").text(t, "end")
	end, err := time.Parse(time.RFC3339, at)
	if err != nil {
		t.Fatal(err)
	}
	w.as("owner", "stream", "set-terms", stream, "--offer", w.write("usual.toml", "sell = ['values', 'data']\n"))
	later := end.Add(time.Hour).Format(time.RFC3339)
	if e := w.as("ann", "purchase", "extend", parent, "--until", later); e.text(t, "end") != later {
		t.Errorf("extended: %v, want until %s", e, later)
	}
	w.refuses("ann", "runs until "+later+" already", "purchase", "extend", parent, "--until", later)
	w.refuses("operator", "only the operator's admin", "stream", "retire", stream)
	if s := w.as("admin", "stream", "retire", stream); s.text(t, "ends_at") == "" || s.text(t, "stake_from") == "" {
		t.Errorf("a retired stream: %v", s)
	}
	if s := w.run("stream", "show", stream, "-o", "json").text(t, "state"); s != "closed" {
		t.Errorf("a retired stream is %s", s)
	}
	w.as("admin", "operator", "set-signer", "1", w.wallets["bob"])
}

// seen waits until the bridge has folded everything mined so far.
func (w *world) seen() {
	w.t.Helper()
	w.mine()
	var head string
	if err := servers.Call(w.t.Context(), w.node.URL, &head, "eth_blockNumber"); err != nil {
		w.t.Fatal(err)
	}
	w.eventually("the bridge has folded block "+head, 20*time.Second, func() bool {
		chain, _ := w.status()["chain"].(map[string]any)
		at, _ := chain["head"].(map[string]any)
		n, _ := at["number"].(json.Number)
		return n != "" && number64(w.t, n.String()) >= number64(w.t, head)
	})
}

// sunk counts the readings at the buyers' sinks.
func (w *world) sunk() (n int) {
	for _, who := range buyers {
		n += len(w.sink.received(who))
	}
	return n
}

// vouchesOnce sees to it that nobody vouches by the operator's word alone for a device that is not
// there, for nobody's DevEUI, or for a second owner. stream is one of buoy's.
func (w *world) vouchesOnce(dev, stream string) {
	w.t.Helper()
	attest := func(dev, owner string, more ...string) string {
		_, errs, code := w.try(append([]string{"device", "attest", "-c", w.config, "--dev-eui", dev, "--owner", w.wallets[owner], "-o", "json"}, more...)...)
		if code == 0 {
			return ""
		}
		return errs
	}
	refused := func(why, errs, says string) {
		w.t.Helper()
		if !strings.Contains(errs, says) {
			w.t.Errorf("%s: %q, want %q", why, errs, says)
		}
	}
	refused("unheard", attest(dev, "owner"), "wait until the device has sent, or say with --force")
	refused("everybody", attest("ffffffffffffffff", "owner"), "is no device's own DevEUI")
	w.eventually("a device that has sent is vouched for", 60*time.Second, func() bool {
		w.publish(dev, uplink(dev, 1))
		return attest(dev, "bob") == ""
	})
	refused("a second owner", attest(dev, "ann", "--force"), "the device is another owner's: you vouched for it for "+w.wallets["bob"])
	w.run("device", "release", "-c", w.config, "--dev-eui", dev, "-o", "json")
	if errs := attest(dev, "owner"); errs != "" {
		w.t.Errorf("a device that was released: %s", errs)
	}
	w.run("device", "release", "-c", w.config, "--dev-eui", dev, "-o", "json") // who owns it next is up to the test
	_, errs, _ := w.try("device", "release", "-c", w.config, "--dev-eui", buoy)
	refused("a listed device", errs, "stream "+stream+" of it is open: its owner closes it (`stream close "+stream+"`), or you take it off the market (`stream retire "+stream+"`)")
}
