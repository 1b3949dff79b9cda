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
const soakFigure = "`make soak`: 80 uplinks a second, half of them of devices that were bought; one buyer's storage refuses one in a hundred, another has none and bought each stream five times; a purchase every minute, the chain takes three\n" +
	"blocks back every two. A fleet of ten minutes, on two processors with a load of 20, so that it took 13½; 7 reorgs; of 24,000 readings that were owed 0 were lost and 0 came twice, and all were paid. With 105,817\n" +
	"readings waiting the bridge had 47 MB of its own; with what it had read of the ledger, which is mapped and which the system takes back when it wants memory, up to 214 MB were resident. The form of half an hour, and a\n" +
	"million uplinks, were not run yet.\n" +
	"\n" +
	"| after | uplinks | delivered | waiting | resident with the mapped ledger, MB | goroutines | descriptors | ledger, MB | bytes a reading |\n" +
	"|--:|--:|--:|--:|--:|--:|--:|--:|\n" +
	"| 10s | 766 | 384 | 1920 | 64 | 51 | 33 | 4 | 1548 |\n" +
	"| 1m0s | 4367 | 2181 | 10954 | 98 | 51 | 41 | 18 | 1392 |\n" +
	"| 1m50s | 7640 | 3823 | 19182 | 112 | 49 | 40 | 31 | 1363 |\n" +
	"| 2m40s | 10905 | 5455 | 27383 | 97 | 49 | 39 | 45 | 1368 |\n" +
	"| 3m30s | 13515 | 6756 | 33919 | 134 | 51 | 52 | 60 | 1486 |\n" +
	"| 4m20s | 16072 | 8035 | 40344 | 143 | 53 | 52 | 62 | 1272 |\n" +
	"| 5m10s | 19152 | 9564 | 48114 | 147 | 47 | 39 | 65 | 1125 |\n" +
	"| 6m0s | 22110 | 11058 | 55527 | 109 | 49 | 41 | 76 | 1144 |\n" +
	"| 6m50s | 25131 | 12565 | 63107 | 166 | 49 | 41 | 95 | 1261 |\n" +
	"| 7m40s | 27370 | 13676 | 68733 | 175 | 63 | 39 | 96 | 1161 |\n" +
	"| 8m30s | 30444 | 15223 | 76447 | 180 | 51 | 44 | 100 | 1093 |\n" +
	"| 9m20s | 33154 | 16579 | 83253 | 186 | 52 | 44 | 107 | 1070 |\n" +
	"| 10m10s | 35634 | 17819 | 89476 | 197 | 51 | 38 | 117 | 1089 |\n" +
	"| 11m0s | 38709 | 19355 | 97186 | 207 | 52 | 38 | 131 | 1121 |\n" +
	"| 11m50s | 41921 | 20961 | 105245 | 133 | 49 | 41 | 136 | 1077 |\n" +
	"| 12m40s | 44993 | 22491 | 112968 | 149 | 53 | 42 | 141 | 1039 |\n" +
	"| 13m30s | 47794 | 23899 | 119986 | 179 | 51 | 42 | 152 | 1057 |"

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
