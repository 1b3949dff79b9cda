package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/scenario"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/verify"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// simulator builds hardware-sim once and gives its path.
var simulator = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "hardware-sim-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "hardware-sim")
	out, err := exec.Command("go", "build", "-o", path, "../../hardware-sim").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// What befalls readings at the application level: everything but what a network
// server keeps to itself is seen by the bridge.
const applicationScenario = `
seed = 40
duration = "%s"
speed = 25
truth = %q
[server]
status_every = 5
downlink_every = 6
[[gateways]]
count = 3
radius = 400
[[gateways]]
outages = ["1m+40s"]
store = true
[[devices]]
count = 5
kinds = ["climate", "air", "soil", "gps", "water"]
forms = ["lpp", "binary"]
activation = "mixed"
interval = "20s"
radius = 300
duty_cycle = false
f_cnt = 900
confirm_every = 4
link_check_every = 3
status_only_every = 6
[[devices]]
name = "unsold"
interval = "40s"
radius = 300
duty_cycle = false
sold = false
[faults]
after = "20s"
loss = 0.03
bad_mic = 0.04
rfu = 0.04
replay = 0.06
duplicate = 0.06
f_cnt_reset = 0.06
rejoin = 0.04
reorder = 0.06
late = 0.07
malformed = 0.06
spoofed = 0.06
flood = 0.03
[[outputs]]
name = "chirpstack"
format = "v4_json"
url = %q
`

// What befalls raw frames: wrong MICs, reserved bits and the copies of several
// gateways reach the bridge itself.
const gatewayScenario = `
seed = 6
duration = "%s"
speed = 6
truth = %q
[server]
downlink_every = 5
[[gateways]]
count = 3
radius = 400
[[devices]]
count = 6
kinds = ["climate", "leak", "parking"]
activation = "mixed"
interval = "4s"
radius = 300
duty_cycle = false
f_cnt = 900
status_only_every = 5
[[devices]]
name = "unsold"
interval = "10s"
radius = 300
duty_cycle = false
sold = false
[faults]
after = "8s"
loss = 0.03
bad_mic = 0.08
rfu = 0.08
replay = 0.08
duplicate = 0.08
f_cnt_reset = 0.08
rejoin = 0.03
spoofed = 0.08
flood = 0.03
[[outputs]]
name = "gateways"
kind = "gateway"
format = "gw_v4_protobuf"
prefix = "eu868"
window = "100ms"
url = %q
`

// fates reads the bridge's counters of what became of uplinks.
func (w *world) fates(source string) map[string]int {
	w.t.Helper()
	out := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^dbdao_uplinks_total\{fate="([a-z_]+)",source="`+source+`"\} (\d+)$`).FindAllStringSubmatch(w.metrics(), -1) {
		if n, err := strconv.Atoi(m[2]); err == nil && n > 0 {
			out[m[1]] = n
		}
	}
	return out
}

// Everything goes wrong at once, at the application level and at the gateways, and
// through real servers: the buyers get exactly what they are owed, and the bridge
// counts each wrong under its own name.
func TestAFleetWithEveryFaultLosesAndLeaksNothing(t *testing.T) {
	servers.Need(t, "mosquitto", "anvil")
	hardware, err := simulator()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(t testing.TB) *servers.Process { return servers.Anvil(t, "--mixed-mining") })

	w.as("platform", "token", "transfer", w.wallets["owner"], "1000") // for the stakes

	sinkFile, sinkURL := startSink(t, w, hardware)
	w.sink = &httpSink{URL: sinkURL}
	app := w.write("app.toml", fmt.Sprintf(applicationScenario, "3m20s", filepath.Join(w.dir, "app.ndjson"), w.mqtt))
	raw := w.write("raw.toml", fmt.Sprintf(gatewayScenario, "50s", filepath.Join(w.dir, "raw.ndjson"), w.mqtt))
	keys, err := exec.Command(hardware, "export", "-c", raw, "-o", "toml").Output()
	if err != nil {
		t.Fatal(err)
	}
	w.operate(fmt.Sprintf(`
[[sources]]
name = "gateways"
network = "raw"
kind = "gateway"
url = %q
devices_file = %q
dedup_window = "100ms"
`, w.mqtt, w.write("devices.toml", string(keys))))
	w.start()

	var sales, purchases []string
	buyers := []string{"ann", "bob", "cid"}
	for _, file := range []string{app, raw} {
		for i, d := range devicesOf(t, file) {
			if !d.Sold {
				continue
			}
			stream := w.list(d.DevEUI.String(), "0.0001", 1)
			var attested struct{ Device string }
			if b, err := os.ReadFile(filepath.Join(w.dir, "attestation-"+d.DevEUI.String()+".json")); err != nil || json.Unmarshal(b, &attested) != nil || attested.Device == "" {
				t.Fatalf("the attestation of %s names no device: %v", d.DevEUI, err)
			}
			who := buyers[i%len(buyers)]
			p := w.buy(who, stream, "1h")
			w.route(who, p)
			purchases = append(purchases, p)
			sales = append(sales, fmt.Sprintf(`{"dev_eui":%q,"device":%q,"purchase":%s}`, d.DevEUI, attested.Device, p))
		}
	}
	w.settled(purchases...)
	t.Logf("%d devices sold", len(sales))

	owed := 0
	var logs []string
	for _, run := range []struct {
		suffix string
		more   []string
	}{{"", nil}, {"-2", []string{"--continue"}}} { // a second run of the same fleets, before the same bridge
		var playing sync.WaitGroup
		for _, file := range []string{app, raw} {
			playing.Go(func() {
				if out, err := exec.Command(hardware, append([]string{"run", "-q", "-c", file}, run.more...)...).CombinedOutput(); err != nil {
					t.Errorf("hardware-sim run %v: %v\n%s", run.more, err, out)
				}
			})
		}
		playing.Wait()
		of := map[string][]string{}
		for _, name := range []string{"app", "raw"} {
			logs = append(logs, filepath.Join(w.dir, name+run.suffix+".ndjson"))
		}
		for i, log := range logs {
			source := []string{"chirpstack", "gateways"}[i%2]
			of[source] = append(of[source], log)
		}
		before := owed
		owed = w.counted("chirpstack", of["chirpstack"]...) + w.counted("gateways", of["gateways"]...)
		if owed-before < 60 {
			t.Errorf("of the run with %v only %d readings are owed", run.more, owed-before)
		}
	}
	w.eventually("everything owed is at the sink", 20*time.Second, func() bool { return len(deliveries(t, sinkFile)) >= owed })

	devices := w.write("sales.ndjson", strings.Join(sales, "\n"))
	args := []string{"verify", "--devices", devices, "--sink", sinkFile, "-o", "json"}
	for _, log := range logs {
		args = append(args, "--truth", log)
	}
	out, err := exec.Command(hardware, args...).Output()
	var rep verify.Report
	if json.Unmarshal(out, &rep) != nil || err != nil {
		t.Fatalf("verify: %v\n%s", err, out)
	}
	if rep.Owed != owed || rep.Delivered != owed || rep.Lost+rep.Leaked+rep.Altered+rep.Duplicated != 0 || owed < 60 {
		t.Errorf("%+v", rep)
	}
	for _, f := range sim.AllFaults {
		if rep.Faults[string(f)] == 0 && f != sim.FaultSimulated {
			t.Errorf("no %s happened: %v", f, rep.Faults)
		}
	}
	t.Logf("%d readings, %d owed and delivered, faults %v", rep.Readings, rep.Owed, rep.Faults)
}

// counted waits until the bridge has counted what the truth logs say was published
// through an output, and compares each fate. It gives how many readings are owed.
func (w *world) counted(output string, files ...string) int {
	w.t.Helper()
	truth := truths(w.t, files...)
	want, published := map[string]int{}, 0
	for fate, n := range truth.Fates[output] {
		want[string(fate)] = n
		published += n
	}
	var got map[string]int
	w.eventually("the bridge has seen all of "+output, 30*time.Second, func() bool {
		got = w.fates(output)
		sum := 0
		for _, n := range got {
			sum += n
		}
		return sum >= published
	})
	// Whether a frame heard again is a copy in time or a repeat is for the clock of a busy
	// machine to say: a few may be either, but their sum is exact.
	const either = "duplicate_copy"
	if n := got[either] - want[either]; want[either] > 0 && max(n, -n) <= 5 {
		got[either] -= n
		got["repeat"] += n
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("%s: the bridge counted %v, the truth is %v", output, got, want)
	}
	w.t.Logf("%s: %v", output, want)
	return truth.Owed()
}

// truths folds truth logs of runs before one bridge, in their order.
func truths(t testing.TB, files ...string) (all *verify.Truth) {
	t.Helper()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		truth, err := verify.ReadTruth(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if all == nil {
			all = truth
		} else {
			all.Add(truth)
		}
	}
	return all
}

// startSink runs hardware-sim's sink; what it receives goes to a file.
func startSink(t *testing.T, w *world, hardware string) (file, url string) {
	t.Helper()
	file = filepath.Join(w.dir, "sink.ndjson")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	addr := fmt.Sprintf("127.0.0.1:%d", servers.FreePort(t))
	c := exec.Command(hardware, "sink", "--listen", addr)
	c.Stdout = f
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		_ = c.Wait()
		f.Close()
	})
	w.eventually("the sink listens", 10*time.Second, func() bool {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return file, "http://" + addr
}

func deliveries(t *testing.T, file string) map[string]bool {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, err := verify.ReadSink(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, d := range got {
		ids[d.ID] = true
	}
	return ids
}

func devicesOf(t *testing.T, file string) []sim.DeviceSetup {
	t.Helper()
	s, err := scenario.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	setup, err := s.Setup()
	if err != nil {
		t.Fatal(err)
	}
	return setup.Devices
}
