package delivery_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

var (
	folderOf = regexp.MustCompile("`([a-z/-]+)` (Test[^;|]*)")
	testName = regexp.MustCompile(`Test[A-Za-z0-9_]+`)
)

// seed is an old behaviour put back: in a file one text is replaced by another, and a test
// of the row must fail.
type seed struct {
	row, what           string
	file, text, instead string
	folder, test        string
}

// seeds are the first edition's faults, as far as a line or two of today's code bring them
// back. The long form plants each and sees its test fail.
var seeds = []seed{
	{"D1", "the path is cleaned", "delivery/http/options.go", "t.path = path\n", `t.path = strings.ReplaceAll(strings.ReplaceAll(path, "%2F", "/"), "//", "/")` + "\n",
		"delivery/http", "TestAURLIsSentAsItWasWritten"},
	{"D2", "a body that is not what it should be spoils the outcome", "delivery/http/client.go", "_ = conn.Close()\n\t\treturn a, nil\n", "_ = conn.Close()\n\t\treturn a, errProtocol\n",
		"delivery/http", "TestTheStatusLineIsTheOutcome"},
	{"D3", "a kept connection that ended is a failure", "delivery/http/client.go", "if !fresh && ctx.Err() == nil && !timedOut(err) {", "if false {",
		"delivery/http", "TestAKeptConnectionThatEndedIsNoFailure"},
	{"D4", "a buyer may hold every slot", "delivery/slots.go", "if free <= 0 || sh.busy >= free {\n\t\treturn false\n\t}\n\tif free <= s.total/8 {", "if free <= 0 {\n\t\treturn false\n\t}\n\tif false {",
		"delivery", "TestOneBuyersSlownessIsHisOwn"},
	{"D5", "a parcel's age is the time since it was made", "delivery/attempt.go", "res.Reason.Code != CodeOwn && min(now.Sub(p.Created), forHow) > c.span", "res.Reason.Code != CodeOwn && max(now.Sub(p.Created), forHow) > c.span",
		"delivery", "TestTheBridgesOwnAbsenceParksNothing"},
	{"D5", "what was parked stays so", "delivery/courier.go", "q := c.line(p)\n\tq.rewind = true\n", "q := c.line(p)\n\tif q != nil {\n\t\treturn\n\t}\n\tq.rewind = true\n",
		"bridge/buyer", "TestWhatIsParkedComesBackByTheBuyersHand"},
	{"D6", "setting it again forgets the secret", "bridge/buyer/destinations.go", "config = delivery.Keep(config, old.Config, t.Redacted())", "_ = t",
		"bridge/buyer", "TestABuyerLooksAfterHisDestination"},
	{"D6", "what is no authority is taken for one", "delivery/tls.go", "if !c.RootCAs.AppendCertsFromPEM([]byte(o.CA)) {", "if c.RootCAs.AppendCertsFromPEM([]byte(o.CA)); false {",
		"delivery/http", "TestConformance"},
	{"D7", "why is thrown away", "delivery/attempt.go", "[]uint32{b.Parcels[n.Index].Seq}, n.Reason)", "[]uint32{b.Parcels[n.Index].Seq}, Reason{})",
		"delivery", "TestABatchWithABadParcelIsHalvedUntilItIsFound"},
	{"D8", "each parcel has a connection of its own", "delivery/http/client.go", "if !c.closed && len(c.idle) < idleConns {", "if false {",
		"delivery/http", "TestConnectionsAreKeptAndBounded"},
	{"D8", "what was taken of a batch is sent again", "delivery/mqtt/sink.go", "return delivery.Result{Taken: taken, Reason: explain(err)}", "return delivery.Result{Taken: 0 * taken, Reason: explain(err)}",
		"delivery/mqtt", "TestABatchCutShortIsNotSentAgainWhole"},
	{"D9", "a batch is of one purchase", "delivery/attempt.go", "for len(b.Parcels) < most && len(l.ready) > 0 {", "for len(b.Parcels) < most && len(l.ready) > 0 && len(b.lines) == 0 {",
		"delivery", "TestBatchesFillAcrossPurchases"},
	{"D10", "one secret signs", "delivery/http/options.go", "t.secrets = append(t.secrets, secret)", "t.secrets = [][]byte{secret}",
		"delivery/http", "TestASecretIsRotatedWithTwoSignatures"},
	{"D10", "headers are not sent", "delivery/http/http.go", "for name, v := range t.Headers {", "for name, v := range map[string]string(nil) {",
		"delivery/http", "TestHeadersAndMethodAreTheBuyers"},
	{"D11", "410 is forgotten", "delivery/jobs.go", "if l.state = laneResting; r.Gone {", "if l.state = laneResting; false {",
		"delivery", "TestGoneIsRememberedAcrossRestarts"},
	{"D11", "want of descriptors is the other side's fault", "internal/netguard/netguard.go", "case own(err), unresolved(err) && starved():", "case own(err) && false:",
		"internal/netguard", "TestADialWithoutDescriptorsIsOurOwnFault"},
}

// The table of faults names, for every fault, tests that exist; and for every fault there is
// a seed, which one of these finds.
func TestFaultsAreHeldOffByTheTestsTheTableNames(t *testing.T) {
	text, err := os.ReadFile("../docs/delivery-faults.md")
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 11; n++ {
		id := fmt.Sprintf("D%d", n)
		at := strings.Index(string(text), "| "+id+" |")
		if at < 0 {
			t.Errorf("%s has no row", id)
			continue
		}
		row, _, _ := strings.Cut(string(text)[at:], "\n")
		named := map[string]bool{}
		for _, in := range folderOf.FindAllStringSubmatch(row, -1) {
			for _, name := range testName.FindAllString(in[2], -1) {
				named[in[1]+" "+name] = true
				if !defined(t, in[1], name) {
					t.Errorf("%s: %s has no %s", id, in[1], name)
				}
			}
		}
		seeded := false
		for _, s := range seeds {
			if s.row != id {
				continue
			}
			seeded = true
			if !named[s.folder+" "+s.test] {
				t.Errorf("%s does not name %s %s, which finds that %s", id, s.folder, s.test, s.what)
			}
		}
		if len(named) == 0 || !seeded {
			t.Errorf("%s names no test, or none that a seed proves: %s", id, row)
		}
	}
}

func TestEachFaultThatIsPutBackIsFound(t *testing.T) {
	for _, s := range seeds {
		text, err := os.ReadFile(filepath.Join("..", s.file))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(string(text), s.text) != 1 {
			t.Errorf("%s, %s: %s does not hold %q once: say how today's code would be made to do it", s.row, s.what, s.file, s.text)
			continue
		}
		if servers.Long() {
			s.plant(t, strings.Replace(string(text), s.text, s.instead, 1))
		}
	}
}

// plant has the test run on the changed text, in the compiler's eyes only.
func (s seed) plant(t *testing.T, changed string) {
	t.Helper()
	original, err := filepath.Abs(filepath.Join("..", s.file))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file, overlay := filepath.Join(dir, "seed.go"), filepath.Join(dir, "overlay.json")
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{original: file}})
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{file: changed, overlay: string(list)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command("go", "test", "-vet=off", "-count=1", "-timeout=3m", "-overlay", overlay, "-run", "^"+s.test+"$", "./"+s.folder)
	c.Dir = ".."
	c.Env = append(os.Environ(), "DBDAO_LONG=")
	out, err := c.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "--- FAIL: "+s.test) && !strings.Contains(string(out), "panic: test timed out") {
		t.Errorf("%s, %s: %s %s does not find it: %v\n%.2000s", s.row, s.what, s.folder, s.test, err, out)
		return
	}
	t.Logf("%-3s %s: %s %s fails", s.row, s.what, s.folder, s.test)
}

func defined(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nfunc "+name+"(t *testing.T) {") {
			return true
		}
	}
	return false
}
