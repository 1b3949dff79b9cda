package delivery_test

import (
	"fmt"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/internal/faulttest"
)

var put = faulttest.Put

// seeds are the first edition's faults, as far as a line or two of today's code bring them
// back. The long form plants each and sees its test fail.
var seeds = []faulttest.Seed{
	put("D1", "the path is cleaned", "delivery/http/options.go", "t.path = path\n", `t.path = strings.ReplaceAll(strings.ReplaceAll(path, "%2F", "/"), "//", "/")`+"\n",
		"delivery/http", "TestAURLIsSentAsItWasWritten"),
	put("D2", "a body that is not what it should be spoils the outcome", "delivery/http/client.go", "_ = conn.Close()\n\t\treturn a, nil\n", "_ = conn.Close()\n\t\treturn a, errProtocol\n",
		"delivery/http", "TestTheStatusLineIsTheOutcome"),
	put("D3", "a kept connection that ended is a failure", "delivery/http/client.go", "if !fresh && ctx.Err() == nil && !timedOut(err) {", "if false {",
		"delivery/http", "TestAKeptConnectionThatEndedIsNoFailure"),
	put("D4", "a buyer may hold every slot", "delivery/slots.go", "if free <= 0 || sh.busy >= free {\n\t\treturn false\n\t}\n\tif free <= s.total/8 {", "if free <= 0 {\n\t\treturn false\n\t}\n\tif false {",
		"delivery", "TestOneBuyersSlownessIsHisOwn"),
	put("D5", "a parcel's age is the time since it was made", "delivery/attempt.go", "res.Reason.Code != CodeOwn && min(now.Sub(p.Created), forHow) > c.span", "res.Reason.Code != CodeOwn && max(now.Sub(p.Created), forHow) > c.span",
		"delivery", "TestTheBridgesOwnAbsenceParksNothing"),
	put("D5", "what was parked stays so", "delivery/courier.go", "q := c.line(p)\n\tq.rewind = true\n", "q := c.line(p)\n\tif q != nil {\n\t\treturn\n\t}\n\tq.rewind = true\n",
		"bridge/buyer", "TestWhatIsParkedComesBackByTheBuyersHand"),
	put("D6", "setting it again forgets the secret", "bridge/buyer/destinations.go", "config = delivery.Keep(config, old.Config, t.Redacted())", "_ = t",
		"bridge/buyer", "TestABuyerLooksAfterHisDestination"),
	put("D6", "what is no authority is taken for one", "delivery/tls.go", "if !c.RootCAs.AppendCertsFromPEM([]byte(o.CA)) {", "if c.RootCAs.AppendCertsFromPEM([]byte(o.CA)); false {",
		"delivery/http", "TestConformance"),
	put("D7", "why is thrown away", "delivery/attempt.go", "[]uint32{b.Parcels[n.Index].Seq}, n.Reason)", "[]uint32{b.Parcels[n.Index].Seq}, Reason{})",
		"delivery", "TestABatchWithABadParcelIsHalvedUntilItIsFound"),
	put("D8", "each parcel has a connection of its own", "delivery/http/client.go", "if !c.closed && len(c.idle) < idleConns {", "if false {",
		"delivery/http", "TestConnectionsAreKeptAndBounded"),
	put("D8", "what was taken of a batch is sent again", "delivery/mqtt/sink.go", "return delivery.Result{Taken: taken, Reason: explain(err)}", "return delivery.Result{Taken: 0 * taken, Reason: explain(err)}",
		"delivery/mqtt", "TestABatchCutShortIsNotSentAgainWhole"),
	put("D9", "a batch is of one purchase", "delivery/attempt.go", "for len(b.Parcels) < most && len(l.ready) > 0 && !l.debt.spent() {", "for len(b.Parcels) < most && len(l.ready) > 0 && len(b.lines) == 0 {",
		"delivery", "TestBatchesFillAcrossPurchases"),
	put("D10", "one secret signs", "delivery/http/options.go", "t.secrets = append(t.secrets, secret)", "t.secrets = [][]byte{secret}",
		"delivery/http", "TestASecretIsRotatedWithTwoSignatures"),
	put("D10", "headers are not sent", "delivery/http/http.go", "for name, v := range t.Headers {", "for name, v := range map[string]string(nil) {",
		"delivery/http", "TestHeadersAndMethodAreTheBuyers"),
	put("D11", "410 is forgotten", "delivery/jobs.go", "if l.state = laneResting; r.Gone {", "if l.state = laneResting; false {",
		"delivery", "TestGoneIsRememberedAcrossRestarts"),
	put("D11", "want of descriptors is the other side's fault", "internal/netguard/netguard.go", "case own(err), unresolved(err) && starved():", "case own(err) && false:",
		"internal/netguard", "TestADialWithoutDescriptorsIsOurOwnFault"),
}

func faults() *faulttest.Table {
	f := &faulttest.Table{Root: "..", Doc: "docs/delivery-faults.md", Seeds: seeds}
	for n := 1; n <= 11; n++ {
		f.Rows = append(f.Rows, fmt.Sprintf("D%d", n))
	}
	return f
}

// The table of faults names, for every fault, tests that exist; and for every fault there is
// a seed, which one of these finds.
func TestFaultsAreHeldOffByTheTestsTheTableNames(t *testing.T) { faults().Named(t) }

func TestEachFaultThatIsPutBackIsFound(t *testing.T) { faults().Found(t) }
