//go:build linux && amd64

package main

import (
	"bytes"
	"debug/elf"
	bits "encoding/binary"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// movedClock is the wall clock of one process, which is not this machine's: the function of the
// kernel's that the program asks for the time is written over, in that process alone, before its first
// instruction. Its monotonic clock, which timers go by, stays.
type movedClock struct {
	memory *os.File
	at     int64 // of the seconds that are added
}

// move sets the clock so far from this machine's.
func (m *movedClock) move(t *testing.T, by time.Duration) {
	t.Helper()
	b := bits.LittleEndian.AppendUint64(nil, uint64(int64(by/time.Second)))
	if _, err := m.memory.WriteAt(b, m.at); err != nil {
		t.Fatal(err)
	}
}

// clockCode is clock_gettime by the system call; of the wall clock's seconds those that stand 32 bytes
// behind its beginning are added.
var clockCode = []byte{
	0xb8, 228, 0, 0, 0, // mov eax, SYS_clock_gettime
	0x0f, 0x05, // syscall
	0x85, 0xff, // test edi, edi
	0x75, 10, // jne end
	0x48, 0x8b, 0x0d, 14, 0, 0, 0, // mov rcx, [rip+14]
	0x48, 0x01, 0x0e, // add [rsi], rcx
	0xc3, // end: ret
}

// moveClock prepares a process that has not begun to run.
func moveClock(pid int) (*movedClock, error) {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return nil, err
	}
	memory, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", pid), os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	for line := range strings.SplitSeq(string(maps), "\n") {
		var from, to int64
		if n, _ := fmt.Sscanf(line, "%x-%x", &from, &to); n != 2 || !strings.HasSuffix(line, "[vdso]") {
			continue
		}
		b := make([]byte, to-from)
		if _, err := memory.ReadAt(b, from); err != nil {
			return nil, err
		}
		file, err := elf.NewFile(bytes.NewReader(b))
		if err != nil {
			return nil, err
		}
		all, err := file.DynamicSymbols()
		if err != nil {
			return nil, err
		}
		for _, s := range all {
			if s.Name != "__vdso_clock_gettime" || s.Size < 40 {
				continue
			}
			at := from + int64(s.Value)
			if _, err := memory.WriteAt(clockCode, at); err != nil {
				return nil, err
			}
			_, err := memory.WriteAt(make([]byte, 8), at+32)
			return &movedClock{memory, at + 32}, err
		}
	}
	return nil, fmt.Errorf("this kernel gives processes no clock_gettime that can be written over")
}

// moved starts a program with a wall clock so far from this machine's.
func moved(t *testing.T, c *exec.Cmd, by time.Duration) *movedClock {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	c.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Setpgid: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(c.Process.Pid, &status, 0, nil); err != nil || !status.Stopped() {
		t.Fatalf("the bridge did not stop before it began: %v, %v", status, err)
	}
	m, err := moveClock(c.Process.Pid)
	if err == nil {
		m.move(t, by)
		err = syscall.PtraceDetach(c.Process.Pid)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// startMoved starts the bridge so.
func (w *world) startMoved(by time.Duration) *movedClock {
	w.t.Helper()
	w.bridge = exec.Command(w.bin, "run", "-c", w.config)
	w.bridge.Stdout, w.bridge.Stderr = w.log, w.log
	m := moved(w.t, w.bridge, by)
	w.eventually("the bridge answers", 20*time.Second, func() bool {
		_, _, code := w.try("status", "-c", w.config, "-o", "json")
		return code == 0
	})
	return m
}

// misfortunes is what T3 lets befall the built program.
type misfortunes struct {
	*world
	purchase string
	f        int // uplinks that were sent

	mu    sync.Mutex
	dated []time.Duration // how far what was signed was dated from now
}

// uplinks sends some, and waits until they are delivered.
func (m *misfortunes) uplinks(n int) {
	m.t.Helper()
	for range n {
		m.f++
		m.publish(buoy, uplink(buoy, m.f))
		time.Sleep(1100 * time.Millisecond)
	}
	m.eventually("everything is delivered", 60*time.Second, func() bool { return len(m.sink.received("ann")) == m.f })
}

// kept counts the bodies that the ledger of a killed bridge has.
func (m *misfortunes) kept() int {
	m.t.Helper()
	key, err := os.ReadFile(filepath.Join(m.dir, "data", "route.key"))
	if err == nil && len(key) != 32 {
		key, err = hex.DecodeString(strings.TrimSpace(string(key)))
	}
	if err != nil {
		m.t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(m.dir, "data", "ledger.db"))
	if err != nil {
		m.t.Fatal(err)
	}
	l, err := ledger.Open(m.write("copy.db", string(b)), ledger.Options{Place: delivery.Place{ChainID: livingChain, Market: common.HexToAddress(m.market)},
		Operator: 1, RouteKey: [32]byte(key), Retention: 45 * 24 * time.Hour})
	if err != nil {
		m.t.Fatal(err)
	}
	defer l.Close()
	id, err := strconv.ParseUint(m.purchase, 10, 64)
	if err != nil {
		m.t.Fatal(err)
	}
	all, err := l.Received(market.PurchaseID(id), 0, 1_000)
	if err != nil {
		m.t.Fatal(err)
	}
	n := 0
	for _, one := range all {
		if len(one.Body) > 0 {
			n++
		}
	}
	return n
}

// row prints what came of one: bodies that were deleted, and what was dated wrong when it was signed.
func (m *misfortunes) row(name string, deleted int, named, recovered bool) {
	m.t.Helper()
	m.mu.Lock()
	wrong := 0
	for _, d := range m.dated {
		if d.Abs() > 10*time.Minute {
			wrong++
		}
	}
	n := len(m.dated)
	m.dated = nil
	m.mu.Unlock()
	m.t.Logf("| %s | %d deleted | %d of %d signed wrong | named %t | recovered %t |", name, deleted, wrong, n, named, recovered)
	if deleted != 0 || wrong != 0 || !named || !recovered {
		m.t.Errorf("%s: see the row", name)
	}
}

// R2, T3: the built program with a clock that jumps 60 days ahead, one of 1980, and state that is gone.
// It went by the clock: what was older than the retention was deleted, and what was signed was dated so.
func TestTheBuiltProgramSurvivesAWrongClockAndMissingState(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil")
	if !servers.Long() {
		t.Skip("the clock is looked at by the minute: DBDAO_LONG=1 has the patience")
	}
	w := newWorld(t, func(t testing.TB) *servers.Process { return servers.Anvil(t, "--chain-id", fmt.Sprint(livingChain)) })
	m := &misfortunes{world: w}
	store := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if n, err := strconv.ParseInt(r.Header.Get("webhook-timestamp"), 10, 64); err == nil {
			m.mu.Lock()
			m.dated = append(m.dated, time.Since(time.Unix(n, 0)))
			m.mu.Unlock()
		}
		r.URL.Path = "/ann"
		w.sink.ServeHTTP(rw, r)
	}))
	t.Cleanup(store.Close)
	w.operate("")
	w.start()
	stream := w.list(buoy, "0.0001", 1)
	m.purchase = w.buy("ann", stream, "2h")
	w.as("ann", "destination", "set", "store", "--api", "http://"+w.public, "--kind", "http", "url="+store.URL)
	w.as("ann", "destination", "use", "store", m.purchase, "--api", "http://"+w.public)
	w.settled(m.purchase)
	m.uplinks(3)
	w.kill()

	began := time.Now()
	clock := w.startMoved(0)
	m.uplinks(2)
	if w.says("clock_wrong") {
		t.Error("the clock is right, and the bridge says that it is wrong")
	}
	const ahead = 60 * 24 * time.Hour
	wrong := func(name string, began time.Time) {
		named := false
		w.eventually("the bridge names the clock", 30*time.Second, func() bool { named = w.says("clock_wrong"); return named })
		m.uplinks(2)
		time.Sleep(time.Until(began.Add(70 * time.Second))) // it deletes what is old by the minute
		clock.move(t, 0)
		recovered := false
		w.eventually("the bridge is content with the clock", 60*time.Second, func() bool { recovered = !w.says("clock_wrong"); return recovered })
		m.uplinks(1)
		time.Sleep(2 * time.Second)
		w.kill()
		m.row(name, m.f-m.kept(), named, recovered)
	}
	clock.move(t, ahead)
	wrong("the clock jumps 60 days ahead", began)
	began = time.Now()
	clock = w.startMoved(ahead)
	wrong("started with a clock 60 days ahead", began)
	began = time.Now()
	clock = w.startMoved(time.Until(time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)))
	wrong("started in 1980", began)
	m.withoutState()
	w.eventually("everything is paid", 60*time.Second, func() bool { return w.delivered(map[string][]string{"ann": {m.purchase}}) == m.f })
}

// withoutState takes away what the bridge keeps, while it is stopped.
func (m *misfortunes) withoutState() {
	data := filepath.Join(m.dir, "data")
	for _, gone := range []string{"", "signing.key", "route.key", "ledger.db"} {
		name := "data_dir is gone"
		if gone != "" {
			name = gone + " is gone"
		}
		from := filepath.Join(data, gone)
		if err := os.Rename(from, from+".away"); err != nil {
			m.t.Fatal(err)
		}
		_, errs, code := m.try("run", "-c", m.config)
		named := code != 0 && strings.Contains(errs, "is missing in") && strings.Contains(errs, "restore")
		made := 0 // in its place
		if _, err := os.Stat(filepath.Join(data, "ledger.db")); (gone == "" || gone == "ledger.db") && err == nil {
			made++
		}
		if _, err := os.Stat(from); gone != "" && err == nil {
			made++
		}
		if made > 0 {
			m.t.Errorf("%s: another was made", name)
		}
		if gone == "" {
			if err := os.RemoveAll(data); err != nil {
				m.t.Fatal(err)
			}
		}
		if err := os.Rename(from+".away", from); err != nil {
			m.t.Fatal(err)
		}
		m.start()
		m.uplinks(1)
		time.Sleep(2 * time.Second) // receipts
		m.kill()
		m.row(name, m.f-m.kept(), named, true)
	}
	m.start()
}
