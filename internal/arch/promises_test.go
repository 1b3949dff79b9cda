package arch

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite docs/reliability.md")

// promise is something that is promised, with the tests that would fail if it were broken, as
// folder.Name, and what was measured.
type promise struct {
	id, text string
	tests    []string
	figure   string
}

var promises = []promise{
	{"P1", "Nothing that was acknowledged to a broker is lost when the bridge is killed.",
		[]string{"ledger.TestNothingAcknowledgedIsLostWhenTheProcessIsKilled", "cmd/dbdao-bridge.TestKilledBridgesLoseNothingAndBillOnce", "cmd/dbdao-bridge.TestChaos"},
		"0 lost of what hardware-sim's truth says is owed, in each of 21 sweeps of kills at system calls (`make chaos`, rows `kill`)"},
	{"P2", "Nor when the power fails.",
		[]string{"cmd/dbdao-bridge.TestChaosImages", "ledger.TestAnAcknowledgementMeansItIsOnDisk"},
		"0 lost in up to 1,000 images of the ledger, rebuilt from recorded writes: killed, unsynced writes gone or half there, the last one torn (`make chaos`, rows `image`)"},
	{"P3", "What is sent twice has one id.",
		[]string{"delivery.TestAfterACrashBatchesAreTheSame", "ledger.TestDeliveriesAreCountedOnce", "bridge.TestPitfall09OneFrameUnderTwoDeduplicationIDsIsSoldOnce"},
		"ids are derived from what they name, for ever; 0 twice in every row of `make chaos`"},
	{"P4", "Each reading is counted once for money.",
		[]string{"ledger.TestTheLedgerIsTheModel", "settlement.TestReceiptsBecomeMoneyOnceWhateverBreaksAndWhenever"},
		"a model in plain maps, with crashes, duplicates and reorgs of 1 to 64 blocks in any order; what the chain paid is the number of receipts"},
	{"P5", "One slow buyer does not slow others.",
		[]string{"cmd/dbdao-bridge.TestHalfTheEndpointsAreBad", "delivery.TestABuyerWhoHangsSlowsNobodyElse"},
		"p99 of the healthy at most 1.5 times what it is without the others, median of alternating turns"},
	{"P6", "Retries go on for more than three days, and know Retry-After.",
		[]string{"delivery.TestTheScheduleIsKeptForFourDaysThenParcelsAreParked", "delivery.TestARestartKeepsTheRetrySchedule", "bridge/buyer.TestFourDaysOfDowntimeParkNothing"},
		"99 h 35 m 5 s, a fifth more or less"},
	{"P7", "Who was away fetches all.",
		[]string{"bridge/buyer.TestPulledReadingsArePaidWhenAcknowledged", "bridge/buyer.TestWhatIsParkedComesBackByTheBuyersHand"},
		"until `ledger.retention` is over, 45 days unless set otherwise"},
	{"P8", "No buyer reaches inside the operator's network.",
		[]string{"internal/netguard.TestOnlyPublicAddressesAreDialled", "internal/netguard.TestADialIsRefusedAfterResolution"},
		"every address is judged when it is dialled, after its name was resolved"},
	{"P9", "After a reorg the state is as if it never was.",
		[]string{"ledger.TestTheLedgerIsTheModel", "market.TestAfterAReorgTheBookIsAsIfItNeverWas", "cmd/dbdao-bridge.TestChaos"},
		"after reorgs of 1 to 64 blocks the cache is, to the byte, one that was built from scratch"},
	{"P10", "A node that lies or hides logs hides no purchase.",
		[]string{"market.TestANodeThatHidesLogsIsNotBelieved", "market.TestAFirstNodeThatFailsOrLiesHidesNothing", "cmd/dbdao-bridge.TestChaos"},
		"0 lost, 0 leaked in the rows `node` and `answer` of `make chaos`"},
	{"P11", "No settlement pays twice, and none is stuck.",
		[]string{"settlement.TestWhateverBecomesOfATransactionEverythingIsPaidOnce", "settlement.TestAnUnminedTransactionIsReplacedOnItsOwnNonce", "settlement.TestANonceTheChainDoesNotComeToStopsNoPayment"},
		"every transition of a transaction that the model allows, with everything paid once"},
	{"P12", "Readings are sold within the window that was bought, and in no other.",
		[]string{"market.TestWhatIsDueFollowsTheContractsRule", "market.TestAParcelIsSentOnlyWhenTheNewestBlockPaysIt", "cmd/dbdao-bridge.TestAReorgThatDropsAPurchaseStopsItsDelivery"},
		"asked when a reading is taken in and each time it is sent"},
	{"P13", "Damage is seen, and never served.",
		[]string{"ledger.TestAFlippedBitIsRefusedAndNeverServed", "ledger.TestPagesOfGarbageAreAnErrorNotACrash", "ledger.TestADamagedFileIsAnErrorNotACrash"},
		damagedFigure},
	{"P14", "The bridge starts, or says why not.",
		[]string{"ledger.TestASecondBridgeIsRefusedWithinTwoSeconds", "ledger.TestOpeningALedgerOfManyRecords", "bridge/app.TestMissingStateIsNoFirstStart"},
		openFigure},
	{"P15", "Memory and disk are bounded, and a full disk is a state.",
		[]string{"internal/mqtt.TestFiveBytesOfABrokerDoNotCostUsMemory", "cmd/dbdao-bridge.TestSoak", "ledger.TestALedgerOnAFullVolumeKeepsWhatHappenedAndGoesOnByItself",
			"ledger.TestALedgerAtItsGreatestSizeDeliversAndGoesOnByItself", "ledger.TestALedgerOpensOnAFullVolume", "cmd/dbdao-bridge.TestChaos"},
		"the table of the soak below; 0 lost, 0 twice in the four rows `full` of `make chaos`, on real volumes without room"},
	{"P16", "Many uplinks are taken in a second.",
		[]string{"ledger.BenchmarkIngest", "ledger.BenchmarkLatency", "ledger.BenchmarkBaseline"},
		"[performance.md](performance.md)"},
	{"R2", "Nothing that cannot be undone goes by a clock that is wrong.",
		[]string{"cmd/dbdao-bridge.TestTheBuiltProgramSurvivesAWrongClockAndMissingState", "market.TestAClockThatIsWrongAtTheStartIsNotBelieved", "market.TestAClockThatIsSetWhileTheBridgeRunsIsNotBelieved"},
		clockFigure},
	{"R3", "Missing state is no first start.",
		[]string{"bridge/app.TestMissingStateIsNoFirstStart", "bridge/app.TestTheChainKnowsThatABridgeHasLived", "cmd/dbdao-bridge.TestTheBuiltProgramSurvivesAWrongClockAndMissingState"},
		"data_dir, signing.key, route.key and ledger.db gone: named, nothing made instead, all there when it is put back"},
}

// What long forms printed that are too long to run each time.
const (
	damagedFigure = "4,000 single bits flipped in files of both kinds, closed in order and killed: each was refused or without effect, 0 hid or altered a record"
	openFigure    = "160,000 records (75 MB): open after 0.1 s when it was closed in order, 0.7 s when it was killed and every record is read"
	clockFigure   = "the built program, its clock 60 days ahead while it runs, 60 days ahead at the start, in 1980: 0 bodies deleted, 0 of 14 deliveries dated wrong, `clock_wrong` named and cleared each time"
)

// soakFigure is what `make soak` printed.
const soakFigure = "`make soak`: 80 uplinks a second, half of them of devices that were bought; one buyer's storage refuses one in a hundred, another has none and bought each stream so often that a hundred thousand readings wait in the end;\n" +
	"purchases are made all the time, and the chain takes three blocks back again and again. A run of ten minutes (a fleet of eight, on two processors with a load of 20): 6 reorgs; of 19,200 readings that were owed 0 were lost\n" +
	"and 0 came twice, and all were paid. With 115,688 waiting the bridge has 49 MB of its own, as after a minute. What it has read of the ledger is mapped: with it 212 MB are resident, which the system takes back when it\n" +
	"wants memory. Another run, of 13½ minutes: 24,000 owed, 0 lost, 0 twice, 119,986 waiting. The form of half an hour, and a million uplinks, were not run yet.\n" +
	"\n" +
	"| after | uplinks | delivered | waiting | memory, MB | with the mapped ledger, MB | goroutines | descriptors | ledger, MB | bytes a reading |\n" +
	"|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n" +
	"| 8s | 608 | 306 | 1836 | 25 | 62 | 52 | 26 | 3 | 1417 |\n" +
	"| 48s | 3695 | 1849 | 11117 | 45 | 95 | 51 | 42 | 17 | 1299 |\n" +
	"| 1m28s | 6297 | 3150 | 18963 | 48 | 109 | 49 | 40 | 28 | 1273 |\n" +
	"| 2m8s | 9080 | 4542 | 27364 | 48 | 92 | 50 | 42 | 40 | 1267 |\n" +
	"| 2m48s | 10828 | 5416 | 32630 | 37 | 127 | 51 | 42 | 57 | 1491 |\n" +
	"| 3m28s | 13073 | 6539 | 39394 | 47 | 137 | 50 | 42 | 57 | 1248 |\n" +
	"| 4m8s | 15921 | 7961 | 47970 | 48 | 141 | 49 | 40 | 60 | 1071 |\n" +
	"| 4m48s | 18591 | 9298 | 56037 | 48 | 88 | 52 | 41 | 70 | 1070 |\n" +
	"| 5m28s | 21166 | 10584 | 63780 | 40 | 160 | 47 | 47 | 89 | 1200 |\n" +
	"| 6m8s | 23741 | 11870 | 71531 | 48 | 169 | 48 | 47 | 90 | 1074 |\n" +
	"| 6m48s | 26267 | 13135 | 79160 | 48 | 172 | 52 | 48 | 92 | 996 |\n" +
	"| 7m28s | 29056 | 14529 | 87558 | 49 | 183 | 51 | 37 | 102 | 1002 |\n" +
	"| 8m8s | 31374 | 15688 | 94535 | 48 | 202 | 53 | 39 | 122 | 1110 |\n" +
	"| 8m48s | 34114 | 17038 | 102813 | 46 | 201 | 51 | 48 | 123 | 1026 |\n" +
	"| 9m28s | 36833 | 18419 | 110984 | 48 | 206 | 48 | 35 | 126 | 975 |\n" +
	"| 10m8s | 38400 | 19200 | 115688 | 49 | 212 | 50 | 42 | 131 | 972 |"

// The page says what is promised, which tests hold it, and what was measured: tests that are named
// there exist.
func TestEachPromiseHasItsTests(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Reliability\n\nWhat is promised, the tests that fail when it is broken, and what was measured. `make chaos` lets everything go wrong with real servers, and compares stores and chain with what hardware-sim sent; " +
		"`make soak` runs for half an hour; `DBDAO_LONG=1` gives tests their long form.\n\n| | promise | tests | measured |\n|---|---|---|---|\n")
	there := map[string]bool{}
	for _, p := range promises {
		var names []string
		for _, name := range p.tests {
			dir, test, ok := strings.Cut(name, ".")
			if !ok || !exists(t, there, dir, test) {
				t.Errorf("%s: there is no %s in %s", p.id, test, dir)
			}
			names = append(names, fmt.Sprintf("`%s` %s", dir, test))
		}
		if len(names) == 0 || p.figure == "" {
			t.Errorf("%s has no test, or no figure", p.id)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", p.id, p.text, strings.Join(names, ", "), p.figure)
	}
	b.WriteString("\n## Soak\n\n" + soakFigure + "\n")
	const path = "../../docs/reliability.md"
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(path); err != nil || string(have) != b.String() {
		t.Errorf("docs/reliability.md is stale (%v): run go test ./internal/arch -run Promise -update", err)
	}
}

// exists says whether a folder has a test or benchmark.
func exists(t *testing.T, there map[string]bool, dir, test string) bool {
	t.Helper()
	if _, known := there[dir]; !known {
		there[dir] = true
		files, err := filepath.Glob(filepath.Join("../..", dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
					there[dir+"."+fn.Name.Name] = true
				}
			}
		}
	}
	return there[dir+"."+test]
}
