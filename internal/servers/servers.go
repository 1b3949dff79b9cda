// Package servers starts the real peers of the bridge for tests: brokers, nodes and
// buyers' stores, each on a free loopback port with a folder of its own, ended
// with the test that started it; and a TCP proxy that can be cut.
//
// A test asks with [Need] first: where the programs are not installed it is
// skipped, unless DBDAO_REAL=1 says that they must be there (CI does); DBDAO_REAL=0
// skips it in any case.
package servers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Need finds the programs or skips the test; with DBDAO_REAL=1 it fails it.
func Need(t testing.TB, programs ...string) {
	t.Helper()
	if os.Getenv("DBDAO_REAL") == "0" {
		t.Skip("DBDAO_REAL=0: no real servers wanted")
	}
	for _, p := range programs {
		if _, err := find(p); err != nil {
			if os.Getenv("DBDAO_REAL") == "1" {
				t.Fatalf("%s is not installed: run .ci/install", p)
			}
			t.Skipf("%s is not installed (.ci/install installs it; DBDAO_REAL=1 makes this an error)", p)
		}
	}
}

// find looks in PATH, in Debian's sbin, in the module's bin/, in testdata/clients and in
// the contracts' node_modules.
func find(program string) (string, error) {
	if p, err := exec.LookPath(program); err == nil {
		return p, nil
	}
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	for _, p := range []string{
		"/usr/sbin/" + program,
		newest("/usr/lib/postgresql/*/bin/" + program), // where Debian keeps PostgreSQL's
		filepath.Join(root, "bin", program),
		filepath.Join(root, clients, program),
		filepath.Join(root, "contracts/node_modules/.bin", program),
		filepath.Join(root, "contracts/node_modules/@foundry-rs", program+"-linux-amd64", "bin", program),
	} {
		if st, err := os.Stat(p); err == nil && !st.IsDir() {
			return p, nil
		}
	}
	return "", fmt.Errorf("%s: not found", program)
}

// newest is the last of the files of a pattern; "" without one.
func newest(pattern string) string {
	all, _ := filepath.Glob(pattern)
	if len(all) == 0 {
		return ""
	}
	return slices.Max(all)
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("no go.mod above the test")
		}
		dir = up
	}
}

// Path is where a program is that Need has asked for.
func Path(t testing.TB, program string) string {
	t.Helper()
	path, err := find(program)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Client runs a program of a server's own makers, as its user would, and gives what it
// printed.
func Client(t testing.TB, program string, args ...string) []byte {
	t.Helper()
	path := Path(t, program)
	ctx, cancel := context.WithTimeout(context.Background(), startMax)
	defer cancel()
	var errs bytes.Buffer
	c := exec.CommandContext(ctx, path, args...)
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, &errs)
	}
	return out
}

// given are the ports FreePort named before: a test that runs beside may not have opened
// its own yet.
var given sync.Map

// FreePort names a loopback port that was free a moment ago, each only once.
func FreePort(t testing.TB) int {
	t.Helper()
	for {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		l.Close()
		if _, twice := given.LoadOrStore(port, true); !twice {
			return port
		}
	}
}

// Process is a server that runs until the test ends.
type Process struct {
	t      testing.TB
	name   string
	args   []string
	cmd    *exec.Cmd
	log    *tail
	done   chan error
	killed bool // once: its next start may have to wait for its remains
	URL    string
	Dir    string // where it keeps what it was given, if it does
	up     func(context.Context) error
	attr   *syscall.SysProcAttr // of another user; nil: ours
}

// Stop ends the process (SIGTERM, then SIGKILL after ten seconds).
func (p *Process) Stop() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
	p.cmd = nil
}

// Kill ends the process with SIGKILL.
func (p *Process) Kill() {
	if p.cmd != nil {
		_ = p.cmd.Process.Kill()
		<-p.done
		p.cmd, p.killed = nil, true
	}
}

// startMax is how long a server may take to answer: Kafka takes ten seconds on a machine
// at rest, and many tests run at once.
const startMax = 5 * time.Minute

// Start starts it (again) with the same folder and port and waits until it answers.
func (p *Process) Start() {
	p.t.Helper()
	p.spawn()
	ctx, cancel := context.WithTimeout(context.Background(), startMax)
	defer cancel()
	for {
		err := p.up(ctx)
		if err == nil {
			return
		}
		select {
		case exit := <-p.done:
			if !p.killed {
				p.t.Fatalf("%s ended at once: %v\n%s", filepath.Base(p.name), exit, p.log)
			}
			time.Sleep(200 * time.Millisecond) // children of the one that was killed are ending
			p.spawn()
		case <-ctx.Done():
			p.t.Fatalf("%s does not answer: %v\n%s", filepath.Base(p.name), err, p.log)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (p *Process) spawn() {
	p.t.Helper()
	p.cmd = exec.Command(p.name, p.args...)
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.SysProcAttr = p.log, p.log, p.attr
	if err := p.cmd.Start(); err != nil {
		p.t.Fatalf("start %s: %v", filepath.Base(p.name), err)
	}
	p.done = make(chan error, 1)
	go func(c *exec.Cmd, done chan error) { done <- c.Wait() }(p.cmd, p.done)
}

func launch(t testing.TB, program, url string, up func(context.Context) error, args ...string) *Process {
	t.Helper()
	path, err := find(program)
	if err != nil {
		t.Fatal(err)
	}
	p := &Process{t: t, name: path, args: args, log: &tail{}, URL: url, up: up}
	p.Start()
	t.Cleanup(p.Stop)
	return p
}

// Mosquitto starts a broker with a persistent session store. extra are further
// lines of its configuration.
func Mosquitto(t testing.TB, extra ...string) *Process {
	t.Helper()
	dir, port := t.TempDir(), FreePort(t)
	conf := filepath.Join(dir, "mosquitto.conf")
	lines := append([]string{
		"listener " + strconv.Itoa(port) + " 127.0.0.1",
		"allow_anonymous true",
		"persistence true",
		"persistence_location " + dir + "/",
		"autosave_interval 1",
		"autosave_on_changes true",
		"max_queued_messages 100000",
		"max_inflight_messages 1000",
		"user " + currentUser(),
	}, extra...)
	if err := os.WriteFile(conf, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	addr := "127.0.0.1:" + strconv.Itoa(port)
	return launch(t, "mosquitto", "tcp://"+addr, dialable(addr), "-c", conf)
}

// MosquittoWith starts a broker with a configuration of the caller's, which listens at a loopback port.
func MosquittoWith(t testing.TB, port, conf string) *Process {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mosquitto.conf")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	addr := "127.0.0.1:" + port
	return launch(t, "mosquitto", "tcp://"+addr, dialable(addr), "-c", path)
}

func currentUser() string {
	if os.Getuid() == 0 {
		return "root"
	}
	return os.Getenv("USER")
}

// Geth starts a development node of go-ethereum that makes a block a second.
func Geth(t testing.TB) *Process {
	t.Helper()
	port := strconv.Itoa(FreePort(t))
	url := "http://127.0.0.1:" + port
	return launch(t, "geth", url, answers(url), "--dev", "--dev.period", "1", "--datadir", t.TempDir(),
		"--http", "--http.addr", "127.0.0.1", "--http.port", port, "--http.api", "eth,net,web3,debug",
		"--ipcdisable", "--port", "0", "--authrpc.port", strconv.Itoa(FreePort(t)), "--verbosity", "2")
}

// Anvil starts foundry's development node with a block a second.
func Anvil(t testing.TB, extra ...string) *Process {
	t.Helper()
	return StillAnvil(t, append([]string{"--block-time", "1"}, extra...)...)
}

// StillAnvil starts foundry's development node as it is without further arguments: each
// transaction makes a block, and others are made when told.
func StillAnvil(t testing.TB, extra ...string) *Process {
	t.Helper()
	port := strconv.Itoa(FreePort(t))
	url := "http://127.0.0.1:" + port
	return launch(t, "anvil", url, answers(url), append([]string{"--host", "127.0.0.1", "--port", port, "--silent", "--cache-path", t.TempDir()}, extra...)...)
}

func dialable(addr string) func(context.Context) error {
	return func(ctx context.Context) error {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err == nil {
			c.Close()
		}
		return err
	}
}

func answers(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		var id string
		return Call(ctx, url, &id, "eth_chainId")
	}
}

// Call makes one JSON-RPC request.
func Call(ctx context.Context, url string, result any, method string, params ...any) error {
	if params == nil {
		params = []any{}
	}
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var answer struct {
		Result json.RawMessage
		Error  *struct {
			Code    int
			Message string
		}
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if answer.Error != nil {
		return fmt.Errorf("%s: %s (%d)", method, answer.Error.Message, answer.Error.Code)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(answer.Result, result)
}

// Fund sends wei from the node's own first account to an address and waits
// until it arrived.
func (p *Process) Fund(to string, ether int64) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var accounts []string
	if err := Call(ctx, p.URL, &accounts, "eth_accounts"); err != nil || len(accounts) == 0 {
		p.t.Fatalf("accounts of the node: %v %v", accounts, err)
	}
	if err := Call(ctx, p.URL, nil, "eth_sendTransaction", map[string]any{"from": accounts[0], "to": to, "value": weiHex(ether)}); err != nil {
		p.t.Fatalf("fund %s: %v", to, err)
	}
	for {
		var balance string
		if err := Call(ctx, p.URL, &balance, "eth_getBalance", to, "latest"); err != nil {
			p.t.Fatal(err)
		}
		if balance != "0x0" {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// tail keeps the last 16 KiB a server said, for the message of a failing test.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (l *tail) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b = append(l.b, b...)
	if n := len(l.b) - 16<<10; n > 0 {
		l.b = l.b[n:]
	}
	return len(b), nil
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.b)
}
