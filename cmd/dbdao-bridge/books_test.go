package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/databrokerdao/dbdao-bridge/market/client"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
)

// The books by command, as typed, in one world: what owners relay, what operators save and
// bring back, and the terms a bridge lacks. Each refusal has its sentence.
func TestTheBooksByCommand(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil")
	w := newWorld(t, instant)
	w.operate("")
	w.replace(`settle_when_cut_covers = "0x gas"`, `enabled = false`)
	w.start()
	stream := w.list(buoy, "0.0001", 1)
	p := w.buy("ann", stream, "1h")
	w.route("ann", p)
	w.mine() // a block on top of the purchase confirms it
	w.settled(p)

	w.claims(stream, p)
	w.terms(stream)
	w.copies(p)
	w.accounts(stream, p)
}

// api is a command that reaches the bridge's public API.
func (w *world) api(args ...string) []string { return append(args, "--api", "http://"+w.public) }

// done executes a command of somebody and insists that it succeeds.
func (w *world) done(who string, args ...string) string {
	w.t.Helper()
	out, errs, code := w.try(append(args, "--keystore", w.keystore(who), "-o", "json")...)
	if code != 0 {
		w.t.Fatalf("dbdao-bridge %s: exit %d\n%s", strings.Join(args, " "), code, errs)
	}
	return out
}

// hears publishes uplinks, each later than the interval on chain and once the bridge knows
// that it is, until the buyer has as many.
func (w *world) hears(from, to int) {
	w.t.Helper()
	for f := from; f <= to; f++ {
		w.later(2 * time.Second)
		w.seen()
		w.publish(buoy, uplink(buoy, f))
		w.eventually("the buyer has the reading", 20*time.Second, func() bool { return len(w.sink.received("ann")) >= f })
	}
}

// claims: `stream claim`, while the operator does not settle.
func (w *world) claims(stream, p string) {
	t := w.t
	t.Helper()
	claim := w.api("stream", "claim", stream)
	w.refuses("owner", "is paid: nothing is to be claimed", claim...)
	w.refuses("bob", "you own no such stream here", claim...)
	w.refused("which key? give --keystore", claim...)
	w.hears(1, 3)
	kept := filepath.Join(w.dir, "claim.json")
	w.done("owner", append(claim, "--save", kept)...)
	out := w.done("owner", claim...)
	var paid []struct {
		Paid  int
		Gross string `json:"gross_dtx"`
	}
	if err := json.Unmarshal([]byte(out), &paid); err != nil || len(paid) != 1 || paid[0].Paid != 3 || paid[0].Gross != "0.0003" {
		t.Fatalf("%v: %s", err, out)
	}
	if got := w.run("token", "balance", w.wallets["owner"], "-o", "json").text(t, "credit_dtx"); got != "0.00024" {
		t.Errorf("the owner has %s DTX of 0.0003, want his 80 %%", got)
	}
	w.done("owner", "stream", "claim", stream, "--file", kept) // sent twice it pays once
	if got := w.run("token", "balance", w.wallets["owner"], "-o", "json").text(t, "credit_dtx"); got != "0.00024" {
		t.Errorf("after a second relay the owner has %s DTX", got)
	}
	w.refuses("owner", "is no claim of stream 99", "stream", "claim", "99", "--file", kept)
	w.refuses("owner", "there is no file", "stream", "claim", stream, "--file", kept+".not")

	w.as("admin", "operator", "set-signer", "1", w.wallets["cid"])
	w.refuses("owner", "the operator has another signer now", "stream", "claim", stream, "--file", kept)
	w.as("admin", "operator", "set-signer", "1", w.wallets["operator"])
}

// terms: `offer publish`, by the owner and by the operator.
func (w *world) terms(stream string) {
	t := w.t
	t.Helper()
	put := func(text string) []string { return []string{"offer", "publish", w.write("terms.json", text)} }
	mine := func(text string) []string { return w.api(put(text)...) }
	own, lone := `{"sell":["values"],"version":2}`, `{"sell":["data"],"version":2}`
	hash := crypto.Keccak256Hash([]byte(own)).Hex()
	w.as("owner", "stream", "set-terms", stream, "--terms", hash)
	w.eventually("the terms are missed", 20*time.Second, func() bool { w.mine(); return w.says("terms_missing") })

	w.refuses("owner", "there is no file", w.api("offer", "publish", "nowhere.json")...)
	w.refuses("owner", "stands under these terms: set them on chain first", mine(lone)...)
	w.refuses("bob", "no stream of yours with this operator", mine(own)...)
	w.refused("of version 1, this program knows 2", append(put(`{"version":1}`), "-c", w.config)...)
	if out := w.done("owner", mine(own)...); !strings.Contains(out, hash) {
		t.Errorf("offer publish: %s", out)
	}
	w.eventually("the terms are there", 20*time.Second, func() bool { w.mine(); return !w.says("terms_missing") })
	if o := w.run(append(put(lone), "-c", w.config, "-o", "json")...); o.text(t, "terms") != crypto.Keccak256Hash([]byte(lone)).Hex() {
		t.Errorf("the operator puts any: %v", o)
	}
}

// unwound: the chain goes back below its final block, and `refold` is the way out. What was
// delivered stays delivered, and is paid again where the chain has forgotten that it was.
func (w *world) unwound(p string) {
	t := w.t
	t.Helper()
	in := func(args ...string) []string { return append(args, "-c", w.config) }
	call := func(result any, method string, params ...any) {
		t.Helper()
		if err := servers.Call(t.Context(), w.node.URL, result, method, params...); err != nil {
			t.Fatal(err)
		}
	}
	var before string
	call(&before, "evm_snapshot")
	w.hears(7, 8)
	w.done("owner", w.api("stream", "claim", "1")...)
	var paid string
	call(&paid, "eth_blockNumber")
	call(nil, "anvil_mine", "0x50") // anvil's 65th block from the head is final
	w.eventually("the ledger takes it for final", 30*time.Second, func() bool {
		w.mine()
		chain, _ := w.status()["chain"].(map[string]any)
		n, _ := chain["finalized"].(json.Number)
		return n != "" && number64(t, n.String()) >= number64(t, paid)
	})
	w.seen()
	w.refused("another process has the ledger open", in("refold")...)
	w.stop()
	w.refused("there is nothing to fold again", in("refold")...)
	call(nil, "evm_revert", before)
	call(nil, "anvil_mine", "0x90", "0x2")
	if out, errs, code := w.try(in("run")...); code == 0 || !strings.Contains(errs, "run `dbdao-bridge refold -c FILE`") {
		t.Fatalf("on a chain it cannot unwind to the bridge ends with %d:\n%s%s", code, out, errs)
	}
	w.refused("refold wants the bridge's configuration: -c FILE", "refold")
	if r := w.run(append(in("refold"), "-o", "json")...); r.text(t, "purchases") != "1" || r.text(t, "there") == "" {
		t.Errorf("%v", r)
	}
	if got := w.run("purchase", "show", p, "-o", "json").text(t, "paid"); got != "6" {
		t.Errorf("the chain paid %s readings, want 6: it went back", got)
	}
	w.start()
	w.seen()
	w.hears(9, 9)
	w.done("owner", w.api("stream", "claim", "1")...)
	if got := w.run("purchase", "show", p, "-o", "json").text(t, "paid"); got != "9" {
		t.Errorf("%s readings are paid, want 9", got)
	}
}

// copies: `backup` and `restore`.
func (w *world) copies(p string) {
	t := w.t
	t.Helper()
	in := func(args ...string) []string { return append(args, "-c", w.config) }
	dir := filepath.Join(w.dir, "copy")
	w.refused("backup wants the bridge's configuration: -c FILE", "backup", dir)
	m := w.run(append(in("backup", dir, "--keys"), "-o", "json")...)
	if m.text(t, "format") == "" || m.text(t, "operator") != "1" || !strings.EqualFold(m.text(t, "market"), w.market) {
		t.Errorf("%v", m)
	}
	w.refused("the folder exists already: a backup goes into a new one", in("backup", dir)...)
	w.hears(4, 5) // after the copy, and claimed
	w.stop()      // the claims signed last are served for a minute, by a bridge that goes on
	w.start()
	w.done("owner", w.api("stream", "claim", "1")...)
	w.refused("a bridge runs with this data_dir", in("restore", dir)...)
	w.stop()
	w.refused("data_dir holds a ledger, which is not overwritten", in("restore", dir)...)
	w.refused("no bridge answers there", in("backup", filepath.Join(w.dir, "other"))...)

	old := filepath.Join(w.dir, "data")
	if err := os.Rename(old, old+".lost"); err != nil {
		t.Fatal(err)
	}
	w.refused("restore wants the bridge's configuration: -c FILE", "restore", dir)
	w.refused("a folder that `backup` made has a manifest.json", in("restore", w.dir)...)
	w.replace("id = 1\n", "id = 2\n")
	w.refused("it is of chain", in("restore", dir)...)
	w.replace("id = 2\n", "id = 1\n")
	broken := filepath.Join(w.dir, "broken")
	if err := os.CopyFS(broken, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(broken, "ledger.db"), 8192); err != nil {
		t.Fatal(err)
	}
	w.refused("ledger.db is damaged", in("restore", broken)...)
	if _, err := os.Stat(filepath.Join(old, "ledger.db")); err == nil {
		t.Error("a refused restore left a ledger behind")
	}

	cfg, err := config.Load(w.config)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := os.ReadFile(cfg.Operator.Keystore)
	if err != nil {
		t.Fatal(err)
	}
	for _, lost := range []string{cfg.Operator.Keystore, cfg.Operator.PasswordFile} { // with the disk
		if err := os.Rename(lost, lost+".lost"); err != nil {
			t.Fatal(err)
		}
	}
	r := w.run(append(in("restore", dir), "-o", "json")...)
	if again, err := os.ReadFile(cfg.Operator.Keystore); err != nil || !bytes.Equal(again, sealed) {
		t.Errorf("the keystore is not put back: %v", err)
	}
	if missing, _ := r["missing"].([]any); len(missing) != 1 || missing[0] != cfg.Operator.PasswordFile || !strings.Contains(r.text(t, "undone"), "destinations, their secrets") {
		t.Errorf("%v", r)
	}
	if err := os.Rename(cfg.Operator.PasswordFile+".lost", cfg.Operator.PasswordFile); err != nil {
		t.Fatal(err)
	}
	beyond, _ := r["beyond"].([]any)
	if len(beyond) != 1 || !strings.Contains(r.text(t, "chain"), "it paid 2 readings that the copy has no receipts for") {
		t.Errorf("%v", r)
	}
	w.start()
	w.eventually("the gap is named", 30*time.Second, func() bool { w.mine(); return w.says("ledger_behind") })
	w.hears(6, 6)
	w.done("owner", w.api("stream", "claim", "1")...)
	if got := w.run("purchase", "show", p, "-o", "json").text(t, "paid"); got != "6" {
		t.Errorf("%s readings are paid, want 6", got)
	}
	w.unwound(p)
	w.hears(10, 10)
	w.later(2 * time.Hour) // the purchase is over, and a minute later its claim window
	w.refuses("owner", "the claim window of purchase 1 closed on", w.api("stream", "claim", "1")...)
}

// accounts: `owner streams`, `owner earnings` and `purchase spending` over two months, held against
// what came to the accounts and left them. p is over, and its last reading was not claimed.
func (w *world) accounts(stream, p string) {
	t := w.t
	t.Helper()
	w.as("bob", "purchase", "finish", p)
	long := w.buy("ann", stream, "60d")
	escrowed := new(big.Int).Sub(wei(t, "1000"+strings.Repeat("0", 18)), w.balance("ann"))
	refunded := w.brings("ann", func() { w.as("bob", "withdraw", w.wallets["ann"]) })
	w.route("ann", long)
	w.mine()
	w.settled(long)
	w.hears(11, 13)
	w.stop() // the claims signed last are served for a minute, by a bridge that goes on
	w.start()
	kept := filepath.Join(w.dir, "later.json")
	w.done("owner", w.api("stream", "claim", stream, "--save", kept)...)
	month := []string{w.date("2006-01")}
	came := []*big.Int{w.brings("owner", func() { w.as("bob", "withdraw", w.wallets["owner"]) })}

	out, _, _ := w.try(w.api("owner", "streams", w.wallets["owner"])...)
	says(t, out, "open", "0.0001 DTX", "100 DTX", client.Decimal(came[0], 18)+" DTX", "1 of 1")
	out, _, _ = w.try(w.api("owner", "streams", "--keystore", w.keystore("owner"), "-o", "json")...)
	var owned []struct {
		Running int
		Earned  string `json:"earned_dtx"`
		Rank    struct{ Position, Of int }
	}
	if err := json.Unmarshal([]byte(out), &owned); err != nil || len(owned) != 1 || owned[0].Running != 1 || owned[0].Rank.Position != 1 || owned[0].Earned != client.Decimal(came[0], 18) {
		t.Errorf("of two purchases one runs: %v %s", err, out)
	}
	remote, errs, code := w.try("owner", "earnings", w.wallets["owner"], "--csv", "--via-api", "http://"+w.public)
	if here := w.book("owner", "earnings", w.wallets["owner"]); code != 0 || !reflect.DeepEqual(here, rows(t, remote)) {
		t.Errorf("through the API: exit %d\n%s%s, from a node: %v", code, remote, errs, here)
	}

	w.stop() // its clock is not moved by a month
	w.later(32 * 24 * time.Hour)
	w.done("owner", "stream", "claim", stream, "--file", kept)
	month = append(month, w.date("2006-01"))
	came = append(came, w.brings("owner", func() { w.as("bob", "withdraw", w.wallets["owner"]) }))
	book := w.book("owner", "earnings", w.wallets["owner"])
	for i, row := range book {
		if len(book) != 2 || row["month"] != month[i] || row["stream"] != stream || row["kind"] != "readings" || row["amount_wei"] != came[i].String() {
			t.Errorf("%s came in %s, the book has %v", came[i], month[i], book)
		}
	}
	if all := w.book("owner", "earnings", w.wallets["owner"], "--to", w.date(time.DateOnly)); !reflect.DeepEqual(all, book) {
		t.Errorf("until the day of the last: %v", all)
	}
	if second := w.book("owner", "earnings", w.wallets["owner"], "--from", month[1]+"-01"); !reflect.DeepEqual(second, book[1:]) {
		t.Errorf("from %s on: %v", month[1], second)
	}
	out, _, _ = w.try("owner", "earnings", "--stakes", "--keystore", w.keystore("owner"))
	says(t, out, month[0], month[1], "staked", "100 DTX", client.Decimal(came[1], 18)+" DTX", client.Decimal(new(big.Int).Add(came[0], came[1]), 18)+" DTX")
	if _, errs, _ := w.try("owner", "earnings", "--stakes", w.wallets["owner"]); !strings.Contains(errs, "the whole chain is looked through") {
		t.Errorf("where the market began nobody said, and nobody is told: %s", errs)
	}

	sum := map[string]*big.Int{}
	for _, row := range w.book("purchase", "spending", w.wallets["ann"]) {
		for _, name := range []string{"escrowed_wei", "refunded_wei", "locked_wei", "paid_wei"} {
			n, ok := new(big.Int).SetString(row[name], 10)
			if !ok {
				t.Fatalf("no %s in %v", name, row)
			}
			sum[name] = n.Add(n, cmp.Or(sum[name], new(big.Int)))
		}
	}
	paid := new(big.Int).Add(came[0], came[1])
	paid.Div(paid, big.NewInt(8)).Mul(paid, big.NewInt(10)) // the owner's is 80 %
	out, _, _ = w.try("purchase", "spending", "--keystore", w.keystore("ann"))
	says(t, out, client.Decimal(escrowed, 18)+" DTX", client.Decimal(paid, 18)+" DTX")
	w.as("ann", "purchase", "cancel", long)
	w.later(61 * time.Second)
	w.as("bob", "purchase", "finish", long)
	locked := w.brings("ann", func() { w.as("bob", "withdraw", w.wallets["ann"]) })
	for name, want := range map[string]*big.Int{"escrowed_wei": escrowed, "refunded_wei": refunded, "locked_wei": locked, "paid_wei": paid} {
		if sum[name].Cmp(want) != 0 {
			t.Errorf("%s is %s in the book, %s on the chain", name, sum[name], want)
		}
	}
	out, _, _ = w.try("purchase", "spending", w.wallets["ann"], "--from", month[1]+"-01")
	says(t, out, "CARRIED OVER", client.Decimal(locked, 18)+" DTX", long)
	w.as("owner", "stream", "close", stream)
	out, _, _ = w.try("owner", "streams", w.wallets["owner"])
	says(t, out, "closing, purchases end")
	w.refused("--from is a day", "owner", "earnings", w.wallets["owner"], "--from", "yesterday")
	w.refused("--to is before --from", "purchase", "spending", w.wallets["ann"], "--from", "2027-02-02", "--to", "2027-02-01")
}

// brings is what somebody's account gets by what is done, in wei.
func (w *world) brings(who string, do func()) *big.Int {
	w.t.Helper()
	before := w.balance(who)
	do()
	return new(big.Int).Sub(w.balance(who), before)
}

// date is that of the newest block.
func (w *world) date(layout string) string {
	w.t.Helper()
	var head struct{ Timestamp hexutil.Uint64 }
	if err := servers.Call(w.t.Context(), w.node.URL, &head, "eth_getBlockByNumber", "latest", false); err != nil {
		w.t.Fatal(err)
	}
	return time.Unix(int64(head.Timestamp), 0).UTC().Format(layout)
}

// book is what a command prints with --csv.
func (w *world) book(args ...string) []map[string]string {
	w.t.Helper()
	out, errs, code := w.try(append(args, "--csv")...)
	if code != 0 {
		w.t.Fatalf("dbdao-bridge %s: exit %d\n%s", strings.Join(args, " "), code, errs)
	}
	return rows(w.t, out)
}

// rows are the lines of comma-separated values, by the names in the first.
func rows(t *testing.T, text string) (all []map[string]string) {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(lines) == 0 {
		t.Fatalf("no comma-separated values: %v\n%s", err, text)
	}
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, cell := range line {
			row[lines[0][i]] = cell
		}
		all = append(all, row)
	}
	return all
}
