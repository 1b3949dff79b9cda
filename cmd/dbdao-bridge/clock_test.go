package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/databrokerdao/dbdao-bridge/settlement/evidence"
)

// settable builds dbdao-bridge with a package time whose wall clock is ahead by the seconds in
// the file that DBDAO_TEST_CLOCK names, as if it were set meanwhile: the monotonic clock goes on.
// (Preloading a library, as faketime does, changes nothing for a Go program.)
func settable(t *testing.T) string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	from := filepath.Join(strings.TrimSpace(string(root)), "src/time/time.go")
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	const asked = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n"
	if strings.Count(string(text), asked) != 1 {
		t.Skip("this Go's time.Now is not the one this test knows how to change")
	}
	changed := strings.Replace(string(text), asked, asked+"\tsec += testClock(mono)\n", 1) + `
var testAhead, testLooked int64

func testClock(mono int64) int64 {
	path, ok := syscall.Getenv("DBDAO_TEST_CLOCK")
	if !ok || mono-testLooked < 20_000_000 {
		return testAhead
	}
	testLooked = mono
	fd, err := syscall.Open(path, syscall.O_RDONLY, 0)
	if err != nil {
		return testAhead
	}
	var b [32]byte
	n, _ := syscall.Read(fd, b[:])
	_ = syscall.Close(fd)
	ahead, sign := int64(0), int64(1)
	for _, c := range b[:max(n, 0)] {
		switch {
		case c == '-':
			sign = -1
		case c >= '0' && c <= '9':
			ahead = 10*ahead + int64(c-'0')
		}
	}
	testAhead = sign * ahead
	return testAhead
}
`
	changed = strings.Replace(changed, "import (\n", "import (\n\t\"syscall\"\n", 1)
	dir := t.TempDir()
	to, overlay, bin := filepath.Join(dir, "time.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "dbdao-bridge")
	names, err := json.Marshal(map[string]map[string]string{"Replace": {from: to}})
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{to: changed, overlay: string(names)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("go", "build", "-overlay", overlay, "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// R2: the machine's clock is set 60 days ahead, ten years back and right again, while readings
// flow and settlement runs, and is wrong at a start. Everything is delivered, signed with the
// right time, and paid; nothing is deleted; the condition says so while it lasts.
func TestAClockThatIsSetLosesNothingAndSignsNothingWrong(t *testing.T) {
	if os.Getenv("DBDAO_LONG") != "1" {
		t.Skip("takes minutes and builds Go's library again: DBDAO_LONG=1")
	}
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil")
	w := newWorld(t, func(t testing.TB) *servers.Process {
		return servers.Anvil(t, "--chain-id", "777", "--slots-in-an-epoch", "2")
	})
	w.bin = settable(t)
	w.env = []string{"DBDAO_TEST_CLOCK=" + w.write("ahead", "0")}
	w.operate("")
	w.start()
	stream := w.list(buoy, "0.0001", 1)
	p := w.buy("ann", stream, "3h")
	w.route("ann", p)
	w.settled(p)
	const day = 24 * time.Hour
	f, streams := 0, 1
	for _, one := range []struct {
		name    string
		ahead   time.Duration
		restart bool
		wait    time.Duration
	}{
		{"right", 0, false, 0},
		{"60 days ahead", 60 * day, false, 70 * time.Second}, // what is old is looked for once a minute
		{"right again", 0, false, 0},
		{"ten years back", -3_650 * day, false, 70 * time.Second},
		{"right after ten years back", 0, false, 70 * time.Second},
		{"60 days ahead at the start", 60 * day, true, 70 * time.Second},
		{"right, not restarted", 0, false, 0},
		{"ten years back at the start", -3_650 * day, true, 0},
		{"right at the start", 0, true, 70 * time.Second},
	} {
		if one.restart {
			w.stop()
		}
		w.write("ahead", fmt.Sprint(int64(one.ahead/time.Second)))
		if one.restart {
			w.start()
		}
		w.eventually(one.name+": the condition", time.Minute, func() bool { return w.says("clock_wrong") == (one.ahead != 0) })
		for range 4 {
			f++
			w.publish(buoy, uplink(buoy, f))
			time.Sleep(1_500 * time.Millisecond)
		}
		w.eventually(fmt.Sprintf("%s: %d readings at the sink", one.name, f), time.Minute, func() bool { return len(w.sink.received("ann")) == f })
		w.eventually(fmt.Sprintf("%s: %d readings are paid", one.name, f), 2*time.Minute, func() bool {
			return w.run("purchase", "show", p, "-o", "json").text(t, "delivered") == strconv.Itoa(f)
		})
		streams++
		if got := w.list(fmt.Sprintf("70b3d57ed80054%02x", streams), "0.0001", 1); got != strconv.Itoa(streams) { // the market takes the attestation
			t.Errorf("%s: stream %s was listed, want %d", one.name, got, streams)
		}
		time.Sleep(one.wait)
	}
	for _, r := range w.sink.received("ann") {
		if at, err := strconv.ParseInt(r.stamp, 10, 64); err != nil || time.Since(time.Unix(at, 0)).Abs() > time.Hour {
			t.Errorf("reading %d was signed as of %s (%v)", r.Seq, r.stamp, err)
		}
	}
	text, errs, code := w.try("evidence", "build", p, "-c", w.config)
	d, err := evidence.Parse([]byte(text))
	if code != 0 || err != nil || len(d.Readings) != f {
		t.Fatalf("evidence: exit %d, %v, %d readings of %d\n%s", code, err, len(d.Readings), f, errs)
	}
	for _, r := range d.Readings {
		if r.Body == "" {
			t.Errorf("the body of reading %d was deleted", r.Seq)
		}
	}
	for _, code := range []string{"settlement_failing", "two_bridges", "ledger_behind", "clock_wrong"} {
		if w.says(code) {
			t.Errorf("%s holds in the end", code)
		}
	}
	t.Logf("%d readings delivered and paid, %d streams listed", f, streams)
}
