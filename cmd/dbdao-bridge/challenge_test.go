package main

import (
	"encoding/json"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/ethereum/go-ethereum/crypto"
)

// B1: a stream is challenged, by command only. The rules are those of the demo
// profile: stake 100 DTX, deposit 20, fee 30, quorum 3, a minute for the quorum and
// one for the arbiter.
const (
	deposit = 20
	fee     = 30
	stake   = 100
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

// eachMarket runs a story on both nodes. One in which minutes pass runs on geth, which
// cannot be made later, with DBDAO_SLOW=1 only.
func eachMarket(t *testing.T, minutes bool, test func(t *testing.T, w *world)) {
	for name, start := range map[string]func(testing.TB) *servers.Process{"anvil": instant, "geth": servers.Geth} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if minutes && name == "geth" && os.Getenv("DBDAO_SLOW") == "" {
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

// milli is n thousandths of a DTX in wei.
func milli(n int64) *big.Int {
	return new(big.Int).Mul(big.NewInt(n), big.NewInt(1_000_000_000_000_000))
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

// rounds is what challenge ls says of a stream.
func (w *world) rounds(stream string) (all []roundView) {
	w.t.Helper()
	out, errs, code := w.try("challenge", "ls", "--stream", stream, "-o", "json")
	if code != 0 || json.Unmarshal([]byte(out), &all) != nil {
		w.t.Fatalf("challenge ls: exit %d\n%s%s", code, out, errs)
	}
	return all
}

// accuse lets ann challenge, checks that nothing changes, then bob and cid, and
// checks that sales stop. It gives everybody's wealth from before the listing.
func (w *world) accuse(stream string, purchases map[string]string) {
	w.t.Helper()
	file := w.write("evidence.json", `{"any":"file"}`)
	open := func(who string) object {
		return w.as(who, "challenge", "open", purchases[who], "--evidence", file)
	}
	if o := open("ann"); o.text(w.t, "count") != "1" || o.text(w.t, "state") != "open" {
		w.t.Errorf("the first challenge: %v", o)
	}
	if w.bridge != nil {
		w.eventually("the bridge sees it coming", 20*time.Second, func() bool { w.mine(); return w.says("stream_challenged") })
	}
	s := w.run("stream", "show", stream, "-o", "json")
	if s.text(w.t, "state") != "open" || s.text(w.t, "stake_dtx") != "100" {
		w.t.Errorf("one challenge changed the stream: %v", s)
	}
	w.refuses("ann", "challenged in round 1 already", "challenge", "open", purchases["ann"])
	w.refuses("bob", "buyer", "challenge", "open", purchases["ann"])
	again := w.buy("bob", stream, "5m") // still sold
	w.as("bob", "purchase", "cancel", again)
	purchases["bob again"] = again
	w.refuses("platform", "only one in review can be ruled on", "challenge", "rule", stream, "--uphold")
	w.refuses("ann", "nothing can be redeemed before it is decided", "challenge", "redeem", stream)
	open("bob")
	if o := open("cid"); o.text(w.t, "count") != "3" || o.text(w.t, "state") != "review" {
		w.t.Errorf("the third challenge: %v", o)
	}
	if s := w.run("stream", "show", stream, "-o", "json").text(w.t, "state"); s != "review" {
		w.t.Errorf("after three challenges the stream is %s", s)
	}
	w.refuses("ann", "review", "purchase", "buy", stream)
	w.refuses("owner", "under review", "stream", "close", stream)
	w.refuses("ann", "only the arbiter", "challenge", "rule", stream, "--uphold")
	w.refuses("ann", "still runs", "challenge", "expire", stream)
	all := w.rounds(stream)
	if len(all) != 1 || all[0].Count != 3 || len(all[0].Challenges) != 3 || all[0].State.String() != "review" || all[0].Quorum != 3 {
		w.t.Fatalf("challenge ls: %+v", all)
	}
	for i, who := range buyers {
		c := all[0].Challenges[i]
		if want := crypto.Keccak256Hash([]byte(`{"any":"file"}`)); c.Challenger.Hex() != w.wallets[who] || c.Evidence != want {
			w.t.Errorf("challenge %d: %+v, want one of %s with %s", i, c, who, want)
		}
	}
}

// leave lets everybody take out what is his.
func (w *world) leave(purchases map[string]string) {
	w.t.Helper()
	for _, p := range purchases {
		if w.run("purchase", "show", p, "-o", "json").text(w.t, "state") == "active" {
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

// The upheld story, with a bridge that runs through it.
func TestAnUpheldChallengeSharesTheStakeAndEndsThePurchases(t *testing.T) {
	t.Parallel()
	eachMarket(t, false, func(t *testing.T, w *world) {
		w.operate("")
		w.start()
		before, _ := w.wealth()
		stream := w.list(buoy, "0.001", 1)
		purchases := map[string]string{}
		var all []string
		for _, who := range buyers {
			purchases[who] = w.buy(who, stream, "1h")
			w.mine()
			w.route(who, purchases[who])
			all = append(all, purchases[who])
		}
		w.mine()
		w.settled(all...)
		w.publish(buoy, uplink(buoy, 1))
		w.eventually("a reading each", 20*time.Second, func() bool { return w.sunk() == 3 })
		w.eventually("each is paid", 60*time.Second, func() bool { w.mine(); return w.delivered(map[string][]string{"all": all}) == 3 })

		w.accuse(stream, purchases)
		w.seen()
		w.eventually("status tells the review and who challenged", 20*time.Second, func() bool {
			all, _ := w.status()["challenged"].([]any)
			text, _ := json.Marshal(all)
			return w.says("stream_in_review") && len(all) == 1 && strings.Contains(string(text), strings.ToLower(w.wallets["cid"]))
		})
		w.publish(buoy, uplink(buoy, 2))
		w.eventually("the bridge holds a parcel each", 20*time.Second, func() bool { return w.waiting() == 3 })
		if n := w.sunk(); n != 3 {
			t.Errorf("%d readings at the sinks during the review, want 3", n)
		}
		w.as("platform", "challenge", "rule", stream, "--uphold", "--ruling", w.write("ruling.txt", "fake"))
		w.eventually("the condition is over", 20*time.Second, func() bool { w.mine(); return !w.says("stream_in_review") })
		w.eventually("the parcels are gone", 20*time.Second, func() bool { w.mine(); return w.waiting() == 0 })
		w.publish(buoy, uplink(buoy, 3))
		w.eventually("the bridge dismisses what nobody buys any more", 20*time.Second, func() bool {
			return strings.Contains(w.metrics(), `dbdao_uplinks_total{fate="unbought",source="chirpstack"} 1`)
		})
		if n := w.sunk(); n != 3 {
			t.Errorf("%d readings at the sinks after the slash, want 3", n)
		}
		if s := w.run("stream", "show", stream, "-o", "json"); s.text(t, "state") != "slashed" || s.text(t, "stake_dtx") != "0" {
			t.Errorf("after the ruling: %v", s)
		}
		w.refuses("ann", "slashed", "purchase", "buy", stream)
		w.refuses("owner", "slashed", "stream", "withdraw-stake", stream)
		for _, who := range buyers {
			w.as("platform", "challenge", "redeem", stream, "--challenger", w.wallets[who])
		}
		w.refuses("ann", "redeemed already", "challenge", "redeem", stream)
		w.leave(purchases)

		share := new(big.Int).Div(dtxWei(stake-fee), big.NewInt(3))
		rest := new(big.Int).Mod(dtxWei(stake-fee), big.NewInt(3))
		buyer := new(big.Int).Sub(share, milli(1)) // one reading of 0.001 DTX was delivered to each
		w.gained(before, map[string]*big.Int{
			"ann": buyer, "bob": buyer, "cid": buyer,
			"owner":    new(big.Int).Sub(new(big.Int).Div(milli(3*8), big.NewInt(10)), dtxWei(stake)),
			"operator": new(big.Int).Div(milli(3), big.NewInt(10)),
			"platform": new(big.Int).Add(new(big.Int).Add(dtxWei(fee), rest), new(big.Int).Div(milli(3), big.NewInt(10))),
		})
	})
}

// bazaar is a stream with three buyers who have all challenged it. The bridge only
// attests the device.
func (w *world) bazaar() (before map[string]*big.Int, stream string, purchases map[string]string) {
	w.t.Helper()
	w.operate("")
	w.start()
	before, _ = w.wealth()
	stream = w.list(buoy, "0.001", 1)
	w.stop()
	purchases = map[string]string{}
	for _, who := range buyers {
		purchases[who] = w.buy(who, stream, "5m")
	}
	w.accuse(stream, purchases)
	return before, stream, purchases
}

func TestARejectedChallengePaysSellerAndPlatform(t *testing.T) {
	t.Parallel()
	eachMarket(t, true, func(t *testing.T, w *world) {
		before, stream, purchases := w.bazaar()
		w.as("platform", "challenge", "rule", stream, "--reject")
		if s := w.run("stream", "show", stream, "-o", "json"); s.text(t, "state") != "open" || s.text(t, "stake_dtx") != "100" {
			t.Errorf("after the ruling: %v", s)
		}
		w.refuses("ann", "rejected", "challenge", "redeem", stream)
		w.close(stream, purchases)
		w.gained(before, map[string]*big.Int{
			"ann": dtxWei(-deposit), "bob": dtxWei(-deposit), "cid": dtxWei(-deposit),
			"owner": dtxWei(3*deposit - fee), "platform": dtxWei(fee),
		})
	})
}

func TestASilentArbiterGivesTheDepositsBack(t *testing.T) {
	t.Parallel()
	eachMarket(t, true, func(t *testing.T, w *world) {
		before, stream, purchases := w.bazaar()
		w.later(61 * time.Second)
		w.refuses("platform", "too late", "challenge", "rule", stream, "--uphold")
		if r := w.rounds(stream); !r[0].Over {
			t.Errorf("challenge ls does not say that the review is over: %+v", r)
		}
		if o := w.as("ann", "challenge", "expire", stream); o.text(t, "ended") != "lapsed" || o.text(t, "state") != "open" {
			t.Errorf("expire: %v", o)
		}
		for _, who := range buyers {
			if o := w.as(who, "challenge", "redeem", stream); o.text(t, "amount_dtx") != "20" {
				t.Errorf("redeem: %v", o)
			}
		}
		w.close(stream, purchases)
		w.gained(before, nil)
	})
}

// close ends a stream that survived: everybody out, the stake too.
func (w *world) close(stream string, purchases map[string]string) {
	w.t.Helper()
	for _, who := range buyers {
		w.as(who, "purchase", "cancel", purchases[who])
	}
	w.as("owner", "stream", "close", stream)
	w.refuses("owner", "bound until 20", "stream", "withdraw-stake", stream)
	w.later(8*time.Minute + 5*time.Second) // the first purchases' end (5 m) and the unbonding time (3 m)
	w.as("owner", "stream", "withdraw-stake", stream)
	w.leave(purchases)
}

// Every other command of owners and operators, on a real node.
func TestOwnersAndOperatorsLookAfterWhatTheyListed(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil")
	w := newWorld(t, instant)
	made := w.run("operator", "init", "--dir", w.dir, "--light", "-o", "json")
	if again := w.run("operator", "init", "--dir", w.dir, "-o", "json"); again.text(t, "keys") != made.text(t, "keys") {
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
	w.refuses("ann", "only the operator's admin", "operator", "set-signer", "1", w.wallets["ann"])
	if !strings.EqualFold(operator("payout"), w.wallets["cid"]) {
		t.Error("the payout address did not change")
	}

	w.start()
	stream := w.list(buoy, "0.001", 1)
	stake := w.as("owner", "stream", "add-stake", stream, "11.5").text(t, "stake_dtx")
	offer := w.as("owner", "stream", "set-price", stream, "--price", "0.002", "--interval", "2s")
	if stake != "111.5" || offer.text(t, "price_dtx") != "0.002" || offer.text(t, "interval") != "2" {
		t.Errorf("stake %s, offer %v", stake, offer)
	}
	w.refuses("owner", "multiple of 0.00001", "stream", "set-price", stream, "--price", "0.000001")
	w.refuses("ann", "only the stream's owner", "stream", "add-stake", stream, "1")
	if on := w.as("owner", "stream", "restrict", stream)["restricted"]; on != true {
		t.Errorf("restricted %v", on)
	}
	w.refuses("ann", "stream allow", "purchase", "buy", stream, "--duration", "1h")
	w.as("owner", "stream", "allow", stream, w.wallets["ann"], w.wallets["bob"])
	parent := w.buy("ann", stream, "1h")
	w.as("owner", "stream", "allow", stream, w.wallets["bob"], "--revoke")
	w.refuses("bob", "stream allow", "purchase", "buy", stream, "--duration", "1h")
	if off := w.as("owner", "stream", "restrict", stream, "--off")["restricted"]; off != false {
		t.Errorf("restricted %v", off)
	}
	attest := func(dev, owner string, more ...string) string {
		a := w.run(append([]string{"device", "attest", "-c", w.config, "--dev-eui", dev, "--owner", w.wallets[owner], "-o", "json"}, more...)...)
		text, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		return w.write("attestation-"+owner+dev, string(text))
	}
	terms := w.as("owner", "stream", "set-terms", stream, "--attestation", attest(buoy, "owner", "--sell", "data")).text(t, "terms")
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
	w.refuses("ann", "only the stream's operator", "stream", "retire", stream)
	w.as("operator", "stream", "retire", stream)
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
