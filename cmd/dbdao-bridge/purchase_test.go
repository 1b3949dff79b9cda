package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// typed gives a command on a terminal and answers what it asks. The terminal shows both its outputs.
func (w *world) typed(who, answer string, args ...string) string {
	w.t.Helper()
	c := exec.CommandContext(w.t.Context(), "script", "-qec", strings.Join(append([]string{w.bin, "--keystore", w.keystore(who)}, args...), " "), "/dev/null")
	c.Stdin = strings.NewReader(answer + "\n")
	c.Env = append(os.Environ(), "DBDAO_RPC="+w.node.URL, "DBDAO_MARKET="+w.market, "DBDAO_PASSWORD_FILE="+filepath.Join(w.dir, "password"))
	said, _ := c.CombinedOutput() // its exit code is the command's, which may refuse
	return string(said)
}

// A newcomer who buys sees what it takes of his tokens and may think again; who cancels is told when and
// how the rest comes back, and by what it is shown until then; who finishes, that it is a credit.
func TestWhoBuysAndCancelsIsToldOfHisMoney(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil", "script")
	w := newWorld(t, instant)
	w.operate("")
	w.start()
	stream := w.list(buoy, "0.0001", 1)
	w.stop() // nobody claims

	said := w.typed("ann", "no", "purchase", "buy", stream, "--duration", "1h")
	says(t, said, "3600 readings at 0.0001 DTX", "it takes 0.36 DTX of the 1000 DTX that", "999.64 DTX are left", "Pay that? yes or no", "nothing was sent")
	if said = w.typed("ann", "yes", "purchase", "buy", stream, "--duration", "1h"); strings.Contains(said, "nothing was sent") || !strings.Contains(said, "quota") {
		t.Fatalf("agreed, and not bought:\n%s", said)
	}
	_, told, code := w.try("purchase", "extend", "1", "--duration", "1h", "--keystore", w.keystore("ann"))
	if says(t, told, "it takes 0.36 DTX of the 999.64 DTX", "999.28 DTX are left"); code != 0 || strings.Contains(told, "yes or no") {
		t.Errorf("a script was asked: exit %d\n%s", code, told)
	}
	if _, told, _ = w.try("purchase", "extend", "1", "--duration", "1h", "--yes", "--keystore", w.keystore("ann")); told != "" {
		t.Errorf("--yes was told %s", told)
	}
	out, _, _ := w.try("purchase", "show", "1")
	says(t, out, "active", "once it is over, what the operator does not claim, at most 1.08 DTX", "`purchase finish 1` from")

	out, errs, code := w.try("purchase", "cancel", "1", "--keystore", w.keystore("ann"))
	if says(t, out, "purchase 1 ended", "at most 1.08 DTX", "`purchase finish 1` from", "(in 1 min)", "`withdraw` sends it"); code != 0 {
		t.Errorf("cancel: exit %d\n%s%s", code, out, errs)
	}
	for _, args := range [][]string{{"purchase", "show", "1"}, {"purchase", "ls"}} {
		out, _, _ := w.try(args...)
		if says(t, out, "over"); strings.Contains(out, "active") {
			t.Errorf("%v: a cancelled purchase is active:\n%s", args, out)
		}
	}
	w.later(61 * time.Second)
	out, errs, code = w.try("purchase", "finish", "1", "--keystore", w.keystore("bob"))
	if says(t, out, "purchase 1 is closed: 0 readings were paid, and 1.08 DTX went back to the credit of "+w.wallets["ann"], "`withdraw "+w.wallets["ann"]+"` sends it"); code != 0 {
		t.Errorf("finish: exit %d\n%s%s", code, out, errs)
	}
	out, _, _ = w.try("purchase", "show", "1")
	says(t, out, "closed", "1.08 DTX went back to the buyer's credit")
	w.as("ann", "withdraw")
}

// A buyer mends his storage and asks for another attempt: he reads what came of it, also when it failed again.
func TestWhoRetriesIsToldWhatCameOfIt(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil")
	w := newWorld(t, instant)
	w.operate("")
	text, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	w.write(filepath.Base(w.config), strings.Replace(string(text), `retry_schedule = ["200ms", "500ms", `, `retry_schedule = ["1h", `, 1)) // by hand then, and not by itself
	w.start()
	purchase := w.buy("ann", w.list(buoy, "0.0001", 1), "1h")
	w.route("ann", purchase)
	w.sink.setDown(true)
	w.mine()
	w.settled(purchase)
	w.publish(buoy, uplink(buoy, 1))
	ask := func(args ...string) (string, string, int) {
		return w.try(append(args, "--api", "http://"+w.public, "--keystore", w.keystore("ann"))...)
	}
	w.eventually("it was refused", 20*time.Second, func() bool {
		out, _, _ := ask("destination", "show", "store")
		return strings.Contains(out, "failures in a row") || strings.Contains(out, "1 failure")
	})
	for range 3 { // however often
		out, errs, code := ask("destination", "retry", "store")
		says(t, out, "store: it did not take what was sent", "HTTP 503", "2 failures in a row")
		if says(t, errs, "the attempt failed: HTTP 503"); code != 1 {
			t.Errorf("exit %d\n%s%s", code, out, errs)
		}
	}
	w.sink.setDown(false)
	if out, errs, code := ask("destination", "retry", "store"); code != 0 || !strings.Contains(out, "store: it took what was sent") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	if out, errs, code := ask("destination", "retry", "store"); code != 0 || !strings.Contains(out, "nothing was sent, the destination is idle") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}
