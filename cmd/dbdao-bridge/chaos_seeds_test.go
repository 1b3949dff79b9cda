package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/internal/faulttest"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// breaks are what a program may do wrong, put into today's; the acts of the table that find it.
var breaks = []struct {
	what                string
	file, text, instead string
	test, acts          string
}{
	{"uplinks are acknowledged before they are committed", "bridge/intake/acks.go", "\tm.Payload = nil // it is not ours to keep\n", "\tm.Ack()\n\tm.Payload = nil\n",
		"TestChaos", "^(kill: killed at a thread's (pwrite64|fdatasync) number|error: (a sync fails|a write to the ledger fails|every sync fails))"},
	{"a refusal is taken for an acceptance", "delivery/http/http.go", "if a.status >= 200 && a.status < 300 {", "if a.status >= 200 {",
		"TestChaosMoods", "^endpoint: answers 50[0-4]$"},
	{"what a storage refused is forgotten", "delivery/attempt.go", "\t\t\to.rest = append(o.rest, *p)\n", "\t\t\t_ = p\n",
		"TestChaosMoods", "^endpoint: answers 50[0-4]$"},
	{"no counter is remembered", "ledger/window.go", "if w.bits[word]&bit != 0 {", "if false {",
		"TestChaos", "^twin: a second bridge on the same"},
	{"not every reading that was delivered is counted", "delivery/attempt.go", "\t\tcase i < res.Taken:\n", "\t\tcase i < res.Taken && p.Seq%4 == 2:\n\t\tcase i < res.Taken:\n",
		"TestChaos", "^twin: a second bridge on the same"},
	{"a second bridge sells too", "bridge/app/twin.go", "return err == nil && who.Operator", "return false && err == nil && who.Operator",
		"TestChaos", "^twin: two bridges of one operator"},
	{"the broker keeps nothing while the bridge is away", "internal/mqtt/mqtt.go", "	if c.CleanSession {\n", "	if true {\n",
		"TestChaos", "^kill: killed at a thread's fdatasync number 3"},
}

// The table finds what it is there to find: each break of the program makes a row of it wrong, or an act
// fail. The usual form sees that each still has its place in the code.
func TestTheTableFindsABrokenProgram(t *testing.T) {
	t.Parallel()
	me, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range breaks {
		t.Run(b.what, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join("../..", b.file)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Count(string(text), b.text) != 1 {
				t.Fatalf("%s does not hold %q once: say how today's code would be made to do it", b.file, b.text)
			}
			if !servers.Long() {
				return
			}
			servers.Need(t, "mosquitto", "anvil", "strace")
			c := exec.Command(me, "-test.run=^"+b.test+"$", "-test.v", "-test.timeout=15m")
			c.Env = append(os.Environ(), "DBDAO_REAL=1", "DBDAO_LONG=", "DBDAO_KEEP=", "DBDAO_ACTS="+b.acts, "GOFLAGS="+faulttest.Overlay(t, file, strings.Replace(string(text), b.text, b.instead, 1)))
			out, err := c.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "--- FAIL: "+b.test) {
				t.Fatalf("%s does not find it: %v\n%.4000s", b.test, err, out)
			}
			for line := range strings.Lines(string(out)) {
				if r, ok, err := servers.ReadRow(line); ok && err == nil && (r.Wrong() > 0 || r.Tries == 0) {
					t.Logf("%s: %s: %d tries, %d owed, %d lost, %d twice, %d leaked, %d altered", r.Group, r.Name, r.Tries, r.Owed, r.Lost, r.Twice, r.Leaked, r.Altered)
				} else if strings.Contains(line, "not within") {
					t.Log(strings.TrimSpace(line))
				}
			}
		})
	}
}
