package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/databrokerdao/dbdao-bridge/lorawan/codec/js"
)

// binary builds dbdao-bridge once, with the flags of the test run, and gives its path.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "dbdao-bridge-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "dbdao-bridge")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// quick builds it without the race detector, for commands that do one thing after the other: the
// stories run some thousands of them, and each starts three times as fast.
var quick = sync.OnceValues(func() (string, error) {
	with, err := binary()
	if err != nil || !strings.Contains(os.Getenv("GOFLAGS"), "-race") {
		return with, err
	}
	flags := slices.DeleteFunc(strings.Fields(os.Getenv("GOFLAGS")), func(f string) bool { return f == "-race" || strings.HasPrefix(f, "-gcflags=") })
	c := exec.Command("go", "build", "-o", with+"-quick", ".")
	c.Env = append(os.Environ(), "GOFLAGS="+strings.Join(flags, " "))
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return with + "-quick", nil
})

// program is what a command is run with.
func (w *world) program(command string) string {
	w.t.Helper()
	if slices.Contains([]string{"run", "receive", "check", "status", "backfill", "restore"}, command) {
		return w.bin
	}
	bin, err := quick()
	if err != nil {
		w.t.Fatal(err)
	}
	return bin
}

// world is a market with real servers around it, used by commands only, as its
// users would.
type world struct {
	t      *testing.T
	bin    string
	dir    string
	broker *servers.Process
	node   *servers.Process
	rpc    string // what the bridge is told: the node, or a proxy before it
	mqtt   string // likewise the broker
	sink   *httpSink

	token, market string
	wallets       map[string]string // name → address
	admin         string            // URL of the bridge's admin API
	public        string
	config        string
	bridge        *exec.Cmd
	log           *os.File
	pub           *mqtt.Publisher
}

// object is what `-o json` printed.
type object map[string]any

func (o object) text(t *testing.T, key string) string {
	t.Helper()
	switch v := o[key].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	t.Fatalf("no %q in %v", key, o)
	return ""
}

// run executes dbdao-bridge and fails the test unless it exits 0.
func (w *world) run(args ...string) object {
	w.t.Helper()
	out, errs, code := w.try(args...)
	if code != 0 {
		w.t.Fatalf("dbdao-bridge %s: exit %d\n%s%s", strings.Join(args, " "), code, out, errs)
	}
	o := object{}
	d := json.NewDecoder(strings.NewReader(out))
	d.UseNumber()
	if err := d.Decode(&o); err != nil {
		w.t.Fatalf("dbdao-bridge %s: no JSON object: %v\n%s", strings.Join(args, " "), err, out)
	}
	return o
}

// try executes dbdao-bridge and returns what it printed and its exit code.
func (w *world) try(args ...string) (stdout, stderr string, code int) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, w.program(args[0]), args...)
	c.Env = append(os.Environ(), "DBDAO_RPC="+w.node.URL, "DBDAO_MARKET="+w.market,
		"DBDAO_PASSWORD_FILE="+filepath.Join(w.dir, "password"))
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	if err != nil && c.ProcessState == nil {
		w.t.Fatalf("dbdao-bridge %s: %v", strings.Join(args, " "), err)
	}
	return out.String(), errs.String(), c.ProcessState.ExitCode()
}

// as executes a command with the key of one of the wallets.
func (w *world) as(who string, args ...string) object {
	w.t.Helper()
	return w.run(append(args, "--keystore", w.keystore(who), "-o", "json")...)
}

func (w *world) keystore(who string) string { return filepath.Join(w.dir, who+".json") }

// newWorld starts the servers, makes the wallets and deploys the market.
func newWorld(t *testing.T, node func(testing.TB) *servers.Process) *world {
	t.Helper()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, bin: bin, dir: t.TempDir(), wallets: map[string]string{}}
	w.broker, w.node = servers.Mosquitto(t), node(t)
	w.rpc, w.mqtt = w.node.URL, w.broker.URL
	w.sink = newHTTPSink(t)
	w.write("password", "correct horse battery staple\n")
	for _, who := range []string{"platform", "admin", "operator", "owner", "ann", "bob", "cid"} {
		w.person(who)
	}
	d := w.as("platform", "contracts", "deploy", "--profile", "demo", "--single-key") // makes platform.arbiter.json and platform.guardian.json
	w.token, w.market = d.text(t, "token"), d.text(t, "market")
	for _, who := range []string{"platform.arbiter", "platform.guardian"} {
		w.wallets[who] = w.run("wallet", "show", "--keystore", w.keystore(who), "-o", "json").text(t, "address")
		w.node.Fund(w.wallets[who], 5)
	}
	for _, who := range []string{"owner", "ann", "bob", "cid"} {
		w.as("platform", "token", "transfer", w.wallets[who], "1000")
	}
	return w
}

// person makes a wallet that has ether.
func (w *world) person(who string) {
	w.t.Helper()
	w.wallets[who] = w.run("wallet", "new", "--keystore", w.keystore(who), "--light", "-o", "json").text(w.t, "address")
	w.node.Fund(w.wallets[who], 50)
}

func (w *world) write(name, text string) string {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// operate registers the operator and writes the bridge's configuration. extra
// is appended to it.
func (w *world) operate(extra string) {
	w.t.Helper()
	w.admin = fmt.Sprintf("127.0.0.1:%d", servers.FreePort(w.t))
	w.public = fmt.Sprintf("127.0.0.1:%d", servers.FreePort(w.t))
	op := w.as("admin", "operator", "register", "--signer", w.wallets["operator"], "--payout", w.wallets["operator"], "--uri", "http://"+w.public)
	w.config = w.write("dbdao-bridge.toml", fmt.Sprintf(`
data_dir = %q

[operator]
id = %s
keystore = %q
password_file = %q

[chain]
rpc = [%q]
market = %q
confirmations = 1
poll_interval = "200ms"

[[sources]]
name = "chirpstack"
url = %q

[delivery]
allow_private_addresses = true
retry_schedule = ["200ms", "500ms", "1s"%s]

[settlement]
interval = "2s"
settle_when_cut_covers = "0x gas"

[api]
listen = %q

[admin]
listen = %q
%s`, filepath.Join(w.dir, "data"), op.text(w.t, "operator"), w.keystore("operator"), filepath.Join(w.dir, "password"),
		w.rpc, w.market, w.mqtt, strings.Repeat(`, "3s"`, 200), w.public, w.admin, extra))
}

// start runs the bridge and waits until it answers; stop ends it gracefully.
func (w *world) start(more ...string) {
	w.t.Helper()
	if w.log == nil {
		f, err := os.Create(filepath.Join(w.dir, "bridge.log"))
		if err != nil {
			w.t.Fatal(err)
		}
		w.log = f
		w.t.Cleanup(func() {
			if w.t.Failed() {
				text, _ := os.ReadFile(f.Name())
				w.t.Logf("the bridge's log ends:\n%s", text[max(0, len(text)-6000):])
			}
			f.Close()
		})
		w.t.Cleanup(w.kill)
	}
	w.bridge = exec.Command(w.bin, append([]string{"run", "-c", w.config}, more...)...)
	w.bridge.Stdout, w.bridge.Stderr = w.log, w.log
	if err := w.bridge.Start(); err != nil {
		w.t.Fatal(err)
	}
	deadline := time.Now().Add(slow * 20 * time.Second)
	for time.Now().Before(deadline) {
		if c, err := net.Dial("tcp", w.admin); err == nil {
			c.Close()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.t.Fatal("the bridge does not listen")
}

func (w *world) stop() {
	w.t.Helper()
	_ = w.bridge.Process.Signal(os.Interrupt)
	if err := w.bridge.Wait(); err != nil {
		w.t.Errorf("the bridge ended with %v", err)
	}
	w.bridge = nil
}

// kill is SIGKILL.
func (w *world) kill() {
	if w.bridge != nil {
		_ = w.bridge.Process.Kill()
		_ = w.bridge.Wait()
		w.bridge = nil
	}
}

// list attests a device and lists its stream: price in DTX, interval in seconds.
func (w *world) list(devEUI, price string, interval int) string {
	w.t.Helper()
	a := w.run("device", "attest", "--force", "-c", w.config, "--dev-eui", devEUI, "--owner", w.wallets["owner"], "-o", "json")
	text, err := json.Marshal(a)
	if err != nil {
		w.t.Fatal(err)
	}
	file := w.write("attestation-"+devEUI+".json", string(text))
	return w.as("owner", "stream", "create", "--attestation", file, "--price", price,
		"--interval", fmt.Sprintf("%ds", interval), "--stake", "100").text(w.t, "stream")
}

// buy buys a stream for a duration and gives the purchase.
func (w *world) buy(who, stream, duration string) string {
	w.t.Helper()
	return w.as(who, "purchase", "buy", stream, "--duration", duration).text(w.t, "purchase")
}

// route sends a purchase's readings to the world's sink.
func (w *world) route(who, purchase string) {
	w.t.Helper()
	w.as(who, "destination", "set", "store", "--api", "http://"+w.public, "--kind", "http", "url="+w.sink.URL+"/"+who)
	w.as(who, "destination", "use", "store", purchase, "--api", "http://"+w.public)
}

// publish sends one uplink as ChirpStack does, with QoS 1.
func (w *world) publish(devEUI string, payload []byte) {
	w.t.Helper()
	if w.pub == nil {
		w.pub = mqtt.NewPublisher(mqtt.Config{URL: w.broker.URL, ClientID: "chirpstack-test"})
		w.t.Cleanup(func() { _ = w.pub.Close() })
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	topic := "application/1f1e46b9-af07-462a-8475-c02cf6225c0b/device/" + devEUI + "/event/up"
	if err := w.pub.Publish(ctx, topic, payload, 1); err != nil {
		w.t.Fatalf("publish: %v", err)
	}
}

// status is the admin API's status.
func (w *world) status() object {
	w.t.Helper()
	return w.run("status", "-c", w.config, "-o", "json")
}

// slow is how much longer than on a machine at rest anything may take: many tests run at once.
const slow = 6

// eventually waits until ok, at most a bounded time.
func (w *world) eventually(what string, within time.Duration, ok func() bool) {
	w.t.Helper()
	within *= slow
	deadline := time.Now().Add(within)
	for !ok() {
		if time.Now().After(deadline) {
			w.t.Fatalf("not within %v: %s", within, what)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// event renders a v4 uplink of a device with a counter.
func uplink(devEUI string, fCnt int) []byte {
	return fmt.Appendf(nil, `{"deduplicationId":"00000000-0000-4000-8000-%012x","time":"2026-09-10T07:14:22.384670565+00:00",`+
		`"deviceInfo":{"tenantId":"52f14cd4-c6f1-4fbd-8f87-4025e1d49242","tenantName":"a secret of the operator","applicationId":"1f1e46b9-af07-462a-8475-c02cf6225c0b",`+
		`"applicationName":"a","deviceProfileId":"b","deviceProfileName":"c","deviceName":"d","devEui":"%s","deviceClassEnabled":"CLASS_A","tags":{}},`+
		`"devAddr":"27fa7da0","adr":false,"dr":5,"fCnt":%d,"fPort":2,"confirmed":false,"data":"AEIkXEF7AclCAAAEAC0AEQA=",`+
		`"object":{"temperature":%d.5},"rxInfo":[{"gatewayId":"b827ebffff7d667b","uplinkId":57665,"rssi":-121,"snr":-1.0}],`+
		`"txInfo":{"frequency":923200000,"modulation":{"lora":{"bandwidth":125000,"spreadingFactor":7,"codeRate":"CR_4_5"}}},"regionConfigId":"as923"}`,
		fCnt, devEUI, fCnt, fCnt%40)
}

// httpSink is the buyers' storage: it records every POST by path.
type httpSink struct {
	URL string

	mu   sync.Mutex
	got  map[string]map[string]sunk // path → webhook-id → what
	down bool
}

type sunk struct {
	Purchase json.Number `json:"purchase"`
	Seq      int         `json:"seq"`
	FCnt     int         `json:"f_cnt"`
	body     string
	times    int
}

func newHTTPSink(t *testing.T) *httpSink {
	t.Helper()
	s := &httpSink{got: map[string]map[string]sunk{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.URL = "http://" + l.Addr().String()
	server := &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { server.Close() })
	return s
}

func (s *httpSink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || s.down {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var one sunk
	if err := json.Unmarshal(body, &one); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	who, id := strings.TrimPrefix(r.URL.Path, "/"), r.Header.Get("webhook-id")
	if s.got[who] == nil {
		s.got[who] = map[string]sunk{}
	}
	old := s.got[who][id]
	one.body, one.times = string(body), old.times+1
	if old.times > 0 && old.body != one.body {
		one.body = "DIFFERS: " + one.body
	}
	s.got[who][id] = one
}

func (s *httpSink) setDown(down bool) { s.mu.Lock(); s.down = down; s.mu.Unlock() }

// received copies what a buyer has, by webhook-id.
func (s *httpSink) received(who string) map[string]sunk {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]sunk{}
	maps.Copy(out, s.got[who])
	return out
}

// wei reads a decimal amount of wei.
func wei(t *testing.T, text string) *big.Int {
	t.Helper()
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		t.Fatalf("%q is no amount", text)
	}
	return n
}

// metrics is what the bridge's /metrics says.
func (w *world) metrics() string {
	w.t.Helper()
	res, err := http.Get("http://" + w.admin + "/metrics")
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(b)
}

// The stories on real servers mostly wait for the next block, so more of them than
// there are processors run side by side.
func TestMain(m *testing.M) {
	js.Worker()
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0))); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
