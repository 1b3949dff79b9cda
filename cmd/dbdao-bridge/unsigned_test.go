package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/spf13/cobra"
)

// Every command that sends a transaction prints it instead with --unsigned. Each of them
// stands here with arguments that the market takes as things are in this test, or with
// what the market says against them.
func TestEveryCommandThatSendsPrintsItUnsigned(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil")
	w := newWorld(t, instant)
	w.operate("")
	w.start()
	w.list(buoy, "0.0001", 1)
	w.buy("ann", "1", "1h")
	attestation := filepath.Join(w.dir, "attestation-new.json")
	a := w.run("device", "attest", "--force", "-c", w.config, "--dev-eui", climate, "--owner", w.wallets["owner"], "-o", "json")
	if text, err := json.Marshal(a); err != nil || os.WriteFile(attestation, text, 0o600) != nil {
		t.Fatal(err)
	}
	claim := w.write("claim.json", fmt.Sprintf(`{"stream":1,"operator":1,"chain_id":31337,"market":%q,"signer":%q}`, w.market, w.wallets["operator"]))
	w.stop()
	cases := []struct{ who, args, does string }{
		{"bob", "contracts deploy --profile demo --owner " + w.wallets["ann"] + " --platform " + w.wallets["bob"] + " --guardian " + w.wallets["cid"] + " --arbiter " + w.wallets["owner"], "Makes the token DTX"},
		{"platform.guardian", "contracts pause", "Stops listings"},
		{"admin", "operator transfer-admin 1 " + w.wallets["bob"], "the next admin"},
		{"bob", "operator accept-admin 1", "! whom the admin named"},
		{"ann", "operator register --signer " + w.wallets["bob"], "Registers an operator"},
		{"platform", "operator verify 1", "has met operator 1"},
		{"admin", "operator set-signer 1 " + w.wallets["bob"], "the signer of operator 1"},
		{"admin", "operator set-payout 1 " + w.wallets["bob"], "10 % to"},
		{"admin", "operator set-keys 1 --keys 0x" + strings.Repeat("11", 32), "keys 0x1111"},
		{"owner", "stream create --attestation " + attestation + " --price 0.001", "under a stake of 100 DTX"},
		{"owner", "stream add-stake 1 5", "Adds 5 DTX"},
		{"owner", "stream set-price 1 --price 0.00005", "0.00005 DTX a reading"},
		{"owner", "stream allow 1 " + w.wallets["bob"], "may buy stream 1"},
		{"owner", "stream restrict 1", "allowed accounts only"},
		{"owner", "stream set-terms 1 --terms 0x" + strings.Repeat("22", 32), "under the terms 0x2222"},
		{"owner", "stream close 1", "for ever"},
		{"admin", "stream retire 1", "left the network"},
		{"owner", "stream withdraw-stake 1", "! close it first"},
		{"owner", "stream claim 1 --file " + claim, "! nothing is to be claimed"},
		{"bob", "purchase buy 1 1 --duration 1h", "escrows at most 0.36 DTX"},
		{"ann", "purchase extend 1 --duration 1h", "escrows 0.36 DTX more (3600 readings at 0.0001 DTX)"},
		{"ann", "purchase cancel 1", "Ends purchase 1"},
		{"bob", "purchase finish 1", "! may claim until"},
		{"ann", "challenge open 1", "! nothing was settled on purchase 1"},
		{"owner", "stream respond 1 1 --hash 0x" + strings.Repeat("33", 32), "! never challenged"},
		{"platform.arbiter", "challenge rule 1 1 --reject", "! must be review"},
		{"ann", "challenge redeem 1", "! was never challenged"},
		{"ann", "challenge expire 1", "! too early"},
		{"ann", "token transfer " + w.wallets["bob"] + " 1", "Sends 1 DTX"},
		{"ann", "token approve " + w.wallets["bob"] + " 1", "take 1 DTX"},
		{"ann", "withdraw " + w.wallets["bob"], "! no credit"},
	}
	var commands []string
	for _, c := range cases {
		name, _, _ := strings.Cut(strings.Join(strings.Fields(c.args)[:2], " "), " 0x")
		commands = append(commands, name)
		args := append(strings.Fields(c.args), "--unsigned", "--from", w.wallets[c.who])
		out, errs, code := w.try(args...)
		if says, fails := strings.CutPrefix(c.does, "! "); fails {
			if code != 1 || !strings.Contains(errs, says) {
				t.Errorf("%s: exit %d, want 1 and %q\n%s%s", c.args, code, says, out, errs)
			}
			continue
		}
		var u struct {
			To, Data, Value, Explains string
			From                      string
			ChainID                   uint64 `json:"chain_id"`
			Gas                       uint64
			Then                      []struct{ Data, Explains string }
		}
		if err := json.Unmarshal([]byte(out), &u); code != 0 || err != nil {
			t.Errorf("%s: exit %d (%v)\n%s%s", c.args, code, err, out, errs)
			continue
		}
		var all strings.Builder
		all.WriteString(u.Explains)
		for _, then := range u.Then {
			all.WriteString(" " + then.Explains)
		}
		if !strings.EqualFold(u.From, w.wallets[c.who]) || !strings.HasPrefix(u.Data, "0x") || len(u.Data) < 10 || u.Value != "0" || u.ChainID != 31337 || u.Gas < 21_000 || !strings.Contains(all.String(), c.does) {
			t.Errorf("%s: want %q\n%s", c.args, c.does, out)
		}
	}
	walk(newRoot(), func(c *cobra.Command) {
		name := strings.TrimPrefix(c.CommandPath(), "dbdao-bridge ")
		if c.Flags().Lookup("unsigned") != nil && !slices.ContainsFunc(commands, func(s string) bool { return s == name || strings.HasPrefix(s, name+" ") }) {
			t.Errorf("%s sends, and does not stand in this test", name)
		}
	})
	if s := w.run("stream", "show", "1", "-o", "json"); s.text(t, "state") != "open" || s.text(t, "stake_dtx") != "100" {
		t.Errorf("something was sent: %v", s)
	}
	w.refused("give --from", "stream", "close", "1", "--unsigned")
	w.refused("--from comes with --unsigned", "stream", "close", "1", "--from", w.wallets["owner"])
}

func walk(c *cobra.Command, do func(*cobra.Command)) {
	do(c)
	for _, sub := range c.Commands() {
		walk(sub, do)
	}
}

// A fleet and a basket by command.
func TestAFleetAndABasketAreFewTransactions(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil")
	w := newWorld(t, instant)
	w.operate("")
	w.start()
	create := []string{"stream", "create", "--price", "0.0001", "--interval", "1s"}
	for _, dev := range []string{buoy, climate, docs} {
		a := w.run("device", "attest", "--force", "-c", w.config, "--dev-eui", dev, "--owner", w.wallets["owner"], "-o", "json")
		text, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		w.write("fleet-"+dev, string(text))
	}
	create = append(create, "--attestation", filepath.Join(w.dir, "fleet-*"))
	several := func(who string, args ...string) (all []object) {
		t.Helper()
		out, errs, code := w.try(append(args, "--keystore", w.keystore(who), "-o", "json")...)
		if err := json.Unmarshal([]byte(out), &all); code != 0 || err != nil {
			t.Fatalf("%v: exit %d\n%s%s", args, code, out, errs)
		}
		return all
	}
	listed := several("owner", create...)
	bought := several("ann", "purchase", "buy", "1", "2", "3", "--duration", "1m", "--max-total", "0.018")
	for what, all := range map[string][]object{"listed": listed, "bought": bought} {
		if len(all) != 3 || all[0]["tx"] != all[1]["tx"] || all[1]["tx"] != all[2]["tx"] {
			t.Errorf("%s: %v", what, all)
		}
	}
	w.refuses("ann", "0.018 DTX, at most 0.017 DTX", "purchase", "buy", "1", "2", "3", "--duration", "1m", "--max-total", "0.017")
	if ended := several("ann", "purchase", "cancel", "1", "2", "3"); len(ended) != 3 {
		t.Errorf("cancelled %v", ended)
	}
}

// AUDIT M7: the keys the commands make and take are two.
func TestAnOperatorHasAColdAndAHotKey(t *testing.T) {
	t.Parallel()
	servers.Need(t, "anvil")
	w := &world{t: t, dir: t.TempDir(), wallets: map[string]string{}, node: instant(t)}
	var err error
	if w.bin, err = binary(); err != nil {
		t.Fatal(err)
	}
	w.write("password", "correct horse battery staple\n")
	dir := filepath.Join(w.dir, "etc", "dbdao-bridge") // does not exist
	made := w.run("operator", "init", "--keys-only", "--dir", dir, "--light", "-o", "json")
	if made.text(t, "admin") == made.text(t, "signer") {
		t.Fatalf("one key: %v", made)
	}
	for _, file := range []string{"admin_keystore", "signer_keystore", "signer_password_file", "signing_key"} {
		st, err := os.Stat(made.text(t, file))
		if err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", file, st, err)
		}
	}
	if shown := w.run("wallet", "show", "--keystore", made.text(t, "signer_keystore"), "--password-file", made.text(t, "signer_password_file"), "-o", "json"); !strings.EqualFold(shown.text(t, "address"), made.text(t, "signer")) {
		t.Errorf("the signer's password does not open it: %v", shown)
	}
	admin := made.text(t, "admin_keystore")
	w.node.Fund(made.text(t, "admin"), 5)
	w.market = w.run("contracts", "deploy", "--profile", "demo", "--single-key", "--keystore", admin, "-o", "json").text(t, "market")
	w.refused("one key must not be both", "operator", "register", "--signer", made.text(t, "admin"), "--keystore", admin)
	w.refused("give --signer", "operator", "register", "--keystore", admin)
	r := w.run("operator", "register", "--signer", made.text(t, "signer"), "--signing-key", made.text(t, "signing_key"), "--keystore", admin, "-o", "json")
	if r.text(t, "keys") != made.text(t, "keys") || !strings.EqualFold(r.text(t, "admin"), made.text(t, "admin")) {
		t.Errorf("registered %v, made %v", r, made)
	}
	w.refused("one key must not be both", "operator", "set-signer", "1", made.text(t, "admin"), "--keystore", admin)

	// A market's roles are four accounts.
	four := []string{"contracts", "deploy", "--keystore", admin}
	w.refused("who is the market's owner", four...)
	for flag, a := range map[string]string{"owner": made.text(t, "admin"), "platform": made.text(t, "signer"), "guardian": w.market, "arbiter": made.text(t, "signer")} {
		four = append(four, "--"+flag, a)
	}
	w.refused("must be four different ones", four...)
	w.refused("--single-key is for labs", "contracts", "deploy", "--single-key", "--keystore", admin)

	// A key of another program is taken in; its address is known from web3.js's manual.
	file := w.write("private", "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318\n")
	in := w.run("wallet", "import", "--private-key", file, "--keystore", filepath.Join(w.dir, "in.json"), "--light", "-o", "json")
	if !strings.EqualFold(in.text(t, "address"), "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23") {
		t.Errorf("imported %v", in)
	}
}
