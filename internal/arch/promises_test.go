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
		[]string{"ledger.TestNothingAcknowledgedIsLostWhenTheProcessIsKilled", "cmd/dbdao-bridge.TestKilledBridgesLoseNothingAndBillOnce", "cmd/dbdao-bridge.TestChaos", "cmd/dbdao-bridge.TestTheTableFindsABrokenProgram"},
		"0 lost of what hardware-sim's truth says is owed, in each of 21 sweeps of kills at system calls, 144 kills in all (`make chaos`, rows `kill`); seven breaks of the program, such as an acknowledgement before the commit, were put in and found by the table"},
	{"P2", "Nor when the power fails.",
		[]string{"cmd/dbdao-bridge.TestChaosImages", "ledger.TestAnAcknowledgementMeansItIsOnDisk"},
		"0 lost in up to 1,000 images of the ledger, rebuilt from recorded writes: killed, unsynced writes gone or half there, the last one torn (`make chaos`, rows `image`)"},
	{"P3", "What is sent twice has one id.",
		[]string{"delivery.TestAfterACrashBatchesAreTheSame", "ledger.TestDeliveriesAreCountedOnce", "bridge.TestPitfall09OneFrameUnderTwoDeduplicationIDsIsSoldOnce", "cmd/dbdao-bridge.TestChaosStores"},
		"ids are derived from what they name, for ever; 0 twice in every row of `make chaos`, of which 66 (`store`) are servers of Kafka, PostgreSQL, MQTT and S3 that store and then refuse, hang, end the connection or lie: 5,940 owed, 0 lost, 0 twice"},
	{"P4", "Each reading is counted once for money.",
		[]string{"ledger.TestTheLedgerIsTheModel", "settlement.TestReceiptsBecomeMoneyOnceWhateverBreaksAndWhenever"},
		"a model in plain maps, with crashes, duplicates and reorgs of 1 to 64 blocks in any order; what the chain paid is the number of receipts"},
	{"P5", "One slow buyer does not slow others.",
		[]string{"cmd/dbdao-bridge.TestHalfTheEndpointsAreBad", "delivery.TestABuyerWhoHangsSlowsNobodyElse"},
		"p99 of the healthy at most 1.5 times what it is without the others, median of alternating turns; 0.93 of it (481 ms, 518 ms) with a load of 30"},
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
			"ledger.TestALedgerAtItsGreatestSizeDeliversAndGoesOnByItself", "ledger.TestALedgerOpensOnAFullVolume", "cmd/dbdao-bridge.TestChaos", "cmd/dbdao-bridge.TestChaosFullForLong"},
		"the table of the soak below; 0 lost, 0 twice in the rows `full` of `make chaos`, on real volumes without room; full to the last byte for 50 minutes, killed and started in the middle: named at 100 of 100 looks, nothing given away or signed, and of 1,515 readings owed 0 lost, 0 twice, when there was room again"},
	{"P16", "Many uplinks are taken in a second.",
		[]string{"ledger.BenchmarkIngest", "ledger.BenchmarkLatency", "ledger.BenchmarkBaseline"},
		"[performance.md](performance.md)"},
	{"R2", "Nothing that cannot be undone goes by a clock that is wrong.",
		[]string{"cmd/dbdao-bridge.TestTheBuiltProgramSurvivesAWrongClockAndMissingState", "cmd/dbdao-bridge.TestChaos", "market.TestAClockThatIsWrongAtTheStartIsNotBelieved", "market.TestAWrongClockIsNotBelievedBeforeTheFirstBlockAfterAStart", "market.TestAClockThatIsSetWhileTheBridgeRunsIsNotBelieved"},
		clockFigure},
	{"R3", "Missing state is no first start.",
		[]string{"bridge/app.TestMissingStateIsNoFirstStart", "bridge/app.TestTheChainKnowsThatABridgeHasLived", "cmd/dbdao-bridge.TestTheBuiltProgramSurvivesAWrongClockAndMissingState"},
		"data_dir, signing.key, route.key and ledger.db gone: named, nothing made instead, all there when it is put back"},
}

// What long forms printed that are too long to run each time.
const (
	damagedFigure = "4,000 single bits flipped in files of both kinds, closed in order and killed: each was refused or without effect, 0 hid or altered a record"
	openFigure    = "160,000 records (75 MB): open after 0.1 s when it was closed in order, 0.7 s when it was killed and every record is read"
	clockFigure   = "12 rows `clock` of `make chaos` (60 days and a year ahead, back an hour and a half, a day, 60 days and to 1980, 2100, back and forth, while the bridge runs and at its start, readings waiting): 0 lost, 0 signed with another time, named each time, on a busy machine; on a calm one two rows at a start lost up to 5 of 24 readings, or altered one, until that was fixed: those passed twice since; the built program, its clock 60 days ahead while it runs, 60 days ahead at the start, in 1980: 0 bodies deleted, 0 of 14 deliveries dated wrong, `clock_wrong` named and cleared each time"
)

// soakFigure is what `make soak` printed.
const soakFigure = "`make soak`: 560 uplinks a second, rendered beforehand, of 200 devices that were bought and 360 that were not; one buyer's storage refuses one request in a hundred, another has none and bought so many\n" +
	"streams that a hundred thousand readings wait in the end; purchases are made all the time, and the chain takes three blocks back again and again. Half an hour on two processors with a load of 20 to 48: 1,008,000 uplinks in\n" +
	"30 m 0 s, 3,711 requests refused, 30 purchases and 5 reorgs meanwhile; of 360,000 readings that were owed 0 were lost, altered or came twice, and all were paid. With 100,512 waiting the bridge has 50 MB of its own, as after\n" +
	"three minutes. What it has read of the ledger is mapped: with it 341 MB are resident, of which the system takes back what it wants.\n" +
	"\n" +
	"| after | uplinks | delivered | waiting | memory, MB | with the mapped ledger, MB | goroutines | descriptors | ledger, MB | bytes a reading |\n" +
	"|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n" +
	"| 30s | 16812 | 5936 | 1724 | 38 | 88 | 86 | 53 | 16 | 2138 |\n" +
	"| 2m30s | 84000 | 29996 | 8369 | 49 | 136 | 85 | 52 | 55 | 1424 |\n" +
	"| 4m30s | 151203 | 53971 | 15104 | 47 | 153 | 83 | 51 | 77 | 1110 |\n" +
	"| 6m30s | 218398 | 77997 | 21798 | 43 | 189 | 83 | 51 | 115 | 1149 |\n" +
	"| 8m30s | 285617 | 101965 | 28551 | 49 | 102 | 83 | 51 | 134 | 1029 |\n" +
	"| 10m30s | 352797 | 125465 | 35746 | 49 | 200 | 85 | 52 | 157 | 977 |\n" +
	"| 12m30s | 419992 | 149466 | 42447 | 49 | 225 | 83 | 51 | 183 | 952 |\n" +
	"| 14m30s | 487203 | 173465 | 49158 | 49 | 256 | 85 | 52 | 215 | 964 |\n" +
	"| 16m30s | 554436 | 197065 | 56264 | 49 | 285 | 86 | 52 | 243 | 961 |\n" +
	"| 18m30s | 621581 | 221064 | 62952 | 49 | 308 | 86 | 52 | 266 | 937 |\n" +
	"| 20m30s | 688801 | 245063 | 69660 | 48 | 211 | 84 | 51 | 290 | 923 |\n" +
	"| 22m30s | 755998 | 268266 | 77152 | 49 | 242 | 86 | 52 | 321 | 928 |\n" +
	"| 24m30s | 823197 | 292264 | 83839 | 50 | 275 | 84 | 51 | 352 | 937 |\n" +
	"| 26m30s | 890398 | 316265 | 90537 | 49 | 297 | 84 | 51 | 376 | 924 |\n" +
	"| 28m30s | 957543 | 339635 | 97825 | 49 | 319 | 86 | 52 | 398 | 910 |\n" +
	"| 30m30s | 1008000 | 360000 | 100512 | 50 | 341 | 82 | 50 | 419 | 910 |"

// fuzzFigure is what became of the fuzz targets; it takes how many there are.
const fuzzFigure = "There are %d fuzz targets. Each of the first 40, those of all decoders of outside bytes among them, ran for five minutes (15,083,506 executions, on two processors with a load of 20 to 48; the fewest, 4,745 and 20,543, where each reads a\n" +
	"configuration or opens a ledger): none failed. A part of what each found is in its package's testdata/fuzz, and runs with its tests. A later one, of whole publications,\n" +
	"ran for 130 seconds (52,510 executions): it did not fail."

// fuzzTargets counts them in the tree.
func fuzzTargets(t *testing.T) (n int) {
	t.Helper()
	for _, s := range read(t) {
		if !s.test {
			continue
		}
		text, err := os.ReadFile(filepath.Join("../..", s.folder, s.name))
		if err != nil {
			t.Fatal(err)
		}
		n += strings.Count(string(text), "\nfunc Fuzz")
	}
	return n
}

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
	b.WriteString("\n## Soak\n\n" + soakFigure + "\n\n## Fuzzing\n\n" + fmt.Sprintf(fuzzFigure, fuzzTargets(t)) + "\n")
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
