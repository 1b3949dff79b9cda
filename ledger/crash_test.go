package ledger_test

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/ledger/ledgertest"
	"github.com/databrokerdao/dbdao-bridge/market"
)

// The tests below run this test binary again as a child that writes to a ledger
// until it dies, and says on stdout what was acknowledged.
const (
	childPath  = "LEDGER_TEST_PATH"
	childLimit = "LEDGER_TEST_FILE_LIMIT"
)

func TestMain(m *testing.M) {
	ledger.SweepOften()
	ledger.ReserveLittle(256 << 10) // many tests copy files
	if path := os.Getenv(childPath); path != "" {
		child(path)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child ingests, delivers every third parcel, and folds blocks, several in
// flight, from where the ledger left off.
func child(path string) {
	if limit := os.Getenv(childLimit); limit != "" {
		var n uint64
		_, _ = fmt.Sscan(limit, &n)
		signal.Ignore(syscall.SIGXFSZ)
		_ = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n})
	}
	o := ledgertest.Options()
	o.Gather = time.Millisecond
	l, err := ledger.Open(path, o)
	if err != nil {
		fmt.Println("open", err)
		os.Exit(3)
	}
	acks := make(chan string, 10_000)
	go func() {
		out := bufio.NewWriter(os.Stdout)
		for a := range acks {
			fmt.Fprintln(out, a)
			if len(acks) == 0 {
				_ = out.Flush()
			}
		}
	}()
	go func() {
		err := <-l.Failed()
		acks <- fmt.Sprint("failed ", err)
		time.Sleep(100 * time.Millisecond)
		os.Exit(75)
	}()
	head, _, err := l.Head()
	if err != nil {
		os.Exit(4)
	}
	var full atomic.Int32
	next := uint32(time.Now().UnixMilli() << 4) // f_cnt grows from run to run; it falls back every three days
	window := make(chan struct{}, 64)
	for i := uint32(0); ; i++ {
		window <- struct{}{}
		f := next + i
		l.Ingest(uplink(1, f, 2_000_000_000), func(out ledger.Outcome, err error) {
			<-window
			if errors.Is(err, ledger.ErrNoRoom) {
				if acks <- "full"; full.Add(1) == 200 { // there is no more, and it lives on
					time.Sleep(100 * time.Millisecond)
					os.Exit(0)
				}
			}
			if err != nil {
				return
			}
			for _, p := range out.Parcels {
				acks <- fmt.Sprint("parcel ", p.Seq, " ", p.ID)
				if p.Seq%3 == 0 {
					go l.Delivered([]delivery.Receipt{receiptOf(p)}, nil, func(err error) {
						if err == nil {
							acks <- fmt.Sprint("receipt ", p.Seq)
						}
					})
				}
			}
		})
		if i%50 == 49 {
			b := market.Block{Position: market.Position{Number: head.Number + 1}, Parent: head.Hash}
			b.Hash[0], b.Hash[1], b.Hash[2] = byte(b.Number), byte(b.Number>>8), byte(f)
			if l.Advance([]market.Block{b}, 0) == nil {
				head = b.Position
				acks <- fmt.Sprint("block ", b.Number, " ", b.Hash)
			}
		}
	}
}

// acked is what children said.
type acked struct {
	parcels  map[uint32]string // seq → id
	receipts map[uint32]bool
	block    string
	failed   bool
	full     bool
}

func (a *acked) note(line string) {
	var seq uint32
	var id string
	switch {
	case scan(line, "parcel %d %s", &seq, &id):
		a.parcels[seq] = id
	case scan(line, "receipt %d", &seq):
		a.receipts[seq] = true
	case strings.HasPrefix(line, "block "):
		a.block = line
	case strings.HasPrefix(line, "failed "):
		a.failed = true
	case line == "full":
		a.full = true
	}
}

func scan(line, format string, into ...any) bool {
	n, err := fmt.Sscanf(line, format, into...)
	return err == nil && n == len(into)
}

// verify opens the ledger and looks for everything that was acknowledged.
func (a *acked) verify(t *testing.T, path string) {
	t.Helper()
	l, err := ledger.Open(path, ledgertest.Options())
	if err != nil {
		t.Fatal(err)
	}
	defer ledgertest.Close(t, l)
	stored := map[uint32]string{}
	for _, p := range must[[]delivery.Parcel](t)(l.Waiting(1, 0, 1<<30)) {
		stored[p.Seq] = string(p.ID)
	}
	receipts := map[uint32]bool{}
	for _, r := range must[[]delivery.Receipt](t)(l.Receipts(1, 0, 1<<30)) {
		receipts[r.Seq] = true
	}
	for seq, id := range a.parcels {
		if stored[seq] != id && !receipts[seq] {
			t.Errorf("parcel %d (%s) was acknowledged and is lost", seq, id)
		}
	}
	for seq := range a.receipts {
		if !receipts[seq] {
			t.Errorf("receipt %d was acknowledged and is lost", seq)
		}
	}
	if a.block != "" {
		var n uint64
		var hash string
		scan(a.block, "block %d %s", &n, &hash)
		if got, found, err := l.At(n); err != nil || !found || got.Hash.Hex() != hash {
			t.Errorf("block %d was acknowledged and is lost", n)
		}
	}
}

// runChild runs a child until kill, or until it ends by itself. The clock runs from
// the child's first acknowledgement if told so: a machine may take longer to start
// a child than the child then lives.
func runChild(t *testing.T, path string, a *acked, kill time.Duration, acknowledged bool, env ...string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), childPath+"="+path), env...)
	out, err := cmd.StdoutPipe()
	ok(t, err)
	ok(t, cmd.Start())
	first := kill
	if acknowledged {
		first = 20 * time.Second
	}
	timer := time.AfterFunc(first, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // what it did not say to the end it did not say
		}
		if acknowledged {
			timer.Reset(kill)
			acknowledged = false
		}
		if strings.HasPrefix(line, "open ") {
			t.Error(line)
		}
		a.note(strings.TrimSuffix(line, "\n"))
	}
	_ = cmd.Wait()
}

func newAcked() *acked { return &acked{parcels: map[uint32]string{}, receipts: map[uint32]bool{}} }

// prepared is a ledger with a purchase large enough for a long run.
func prepared(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := ledgertest.Open(t, path, ledgertest.Options())
	c := &ledgertest.Chain{}
	ok(t, l.PutDevice(ledgertest.Device(1)))
	p := ledgertest.Purchased(1, 1, 1, 1_000, 1<<31)
	p.Start.SetUint64(0)
	listed := ledgertest.Listed(1, 1)
	advance(t, l, 0, c.Mine(listed, p), c.Mine())
	ledgertest.Close(t, l)
	return path
}

func TestNothingAcknowledgedIsLostWhenTheProcessIsKilled(t *testing.T) {
	kills := 30
	if testing.Short() {
		kills = 5
	}
	path, a := prepared(t), newAcked()
	for n := range kills { // in turn: at any moment, and amid its work
		runChild(t, path, a, time.Duration(20+rand.IntN(60))*time.Millisecond, n%2 == 0)
		a.verify(t, path)
		if t.Failed() {
			break
		}
	}
	if len(a.parcels) == 0 || len(a.receipts) == 0 {
		t.Error("the children acknowledged nothing")
	}
	t.Logf("%d kills, %d parcels and %d receipts acknowledged", kills, len(a.parcels), len(a.receipts))
}

// R4: it ended the process, and every restart.
func TestAFileThatMayNotGrowIsNoFailureAndTakesNothingIn(t *testing.T) {
	path, a := prepared(t), newAcked()
	info, err := os.Stat(path)
	ok(t, err)
	runChild(t, path, a, 20*time.Second, false, fmt.Sprintf("%s=%d", childLimit, info.Size()+256<<10))
	if !a.full || a.failed {
		t.Errorf("the child cannot write any more: noticed %t, failed %t", a.full, a.failed)
	}
	if len(a.parcels) == 0 {
		t.Error("the child acknowledged nothing before")
	}
	a.verify(t, path)
	t.Logf("%d parcels acknowledged before the limit", len(a.parcels))
}

var errNever = errors.New("never")

func TestAnAcknowledgementMeansItIsOnDisk(t *testing.T) {
	path := prepared(t)
	l := ledgertest.Open(t, path, ledgertest.Options())
	copied := path + ".copy"
	for i := range uint32(40) {
		result := errNever
		done := make(chan struct{})
		l.Ingest(uplink(1, i, 5_900), func(_ ledger.Outcome, err error) {
			// What the file holds at this very moment, without any flush.
			whole, readErr := os.ReadFile(path)
			result = errors.Join(err, readErr, os.WriteFile(copied, whole, 0o600))
			close(done)
		})
		<-done
		ok(t, result)
		again, err := ledger.Open(copied, ledgertest.Options())
		ok(t, err)
		if got := waiting(t, again, 1); len(got) != int(i)+1 || got[i].FCnt != i {
			t.Fatalf("%d parcels are on disk when number %d is acknowledged", len(got), i)
		}
		ledgertest.Close(t, again)
		ok(t, os.Remove(copied))
	}
}
