package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chirpstack/chirpstack/api/go/v4/common"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/chirpstacktest"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/provision"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/scenario"
)

// regionScenario is a fleet of six, OTAA and ABP, LoRaWAN 1.0 and 1.1, in a region of a
// real network server.
const regionScenario = `
seed = %d
start = %q
duration = %q
speed = 5
region = %q
truth = %q
[server]
external = true
tenant = "Example Telecom"
[[gateways]]
count = 2
radius = 300
[[devices]]
count = 6
activation = "mixed"
kinds = ["climate", "soil"]
forms = ["lpp", "binary"]
interval = "8s"
radius = 300
adr = false
duty_cycle = false
f_cnt = %d
confirm_every = 5
[[outputs]]
name = "udp"
kind = "semtech"
url = %q
keep_alive = "500ms"
`

// fleet is one region's run.
type fleet struct {
	region  string
	seed    int
	network *chirpstacktest.Network
	udp     string
}

func (f *fleet) parse(t *testing.T, start time.Time, duration, truth string, fCnt int) scenario.Scenario {
	t.Helper()
	s, err := scenario.Parse(fmt.Appendf(nil, regionScenario, f.seed, start.Format(time.RFC3339), duration, f.region, truth, fCnt, f.udp))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// provisioned makes a fleet known with a tenant's key and says how much was written.
func (f *fleet) provisioned(t *testing.T, api string, s *scenario.Scenario) provision.Result {
	t.Helper()
	setup, err := s.Setup()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := provision.Dial(provision.Options{Server: api, Token: chirpstacktest.TenantKey})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	done, err := provision.Run(t.Context(), conn, chirpstacktest.TenantID, &setup)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// Two regions' fleets, provisioned twice, on a server with ChirpStack's rules: of which
// one tells its devices more channels and one does not. They join it, and again in a
// second run with the same seeds, which goes on from the first; and what it published, as a buyer would have it, is
// all that verify says is owed, and nothing else.
func TestFleetsOfTwoRegionsOnAServerWithChirpStacksRulesLoseNothing(t *testing.T) {
	t.Parallel()
	duration := "40s"
	if os.Getenv("DBDAO_LONG") == "1" {
		duration = "10m"
	}
	server := chirpstacktest.New()
	api, stop, err := server.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	fleets := []*fleet{
		{region: "eu868", seed: 7, network: server.NewNetwork(common.Region_EU868, []uint32{868_100_000, 868_300_000, 868_500_000}, []uint32{867_100_000, 866_300_000})},
		{region: "as923", seed: 8, network: server.NewNetwork(common.Region_AS923, []uint32{923_200_000, 923_400_000}, nil)},
	}
	dir := t.TempDir()
	var truths []string
	former := map[*fleet][]string{}
	var devices strings.Builder
	start := time.Now().Truncate(time.Second)
	for run := range 2 {
		ended := make(chan error, len(fleets))
		for _, f := range fleets {
			addr, stop, err := f.network.ListenUDP()
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			f.udp = addr
			truth := filepath.Join(dir, fmt.Sprintf("truth-%s-%d.ndjson", f.region, run))
			truths = append(truths, truth)
			s := f.parse(t, start, duration, truth, 9)
			done := f.provisioned(t, api, &s)
			if first := run == 0; first == (done.Created == 0) || done.Updated > 0 {
				t.Errorf("%s, run %d: %+v", f.region, run, done)
			}
			if again := f.provisioned(t, api, &s); again.Created+again.Updated > 0 {
				t.Errorf("%s, again: %+v", f.region, again)
			}
			if run == 0 {
				setup, err := s.Setup()
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range setup.Devices {
					fmt.Fprintf(&devices, "%s,0x%s,\n", d.DevEUI, d.DevEUI)
				}
			}
			logs := former[f]
			former[f] = append(logs, truth)
			go func() { ended <- play(t.Context(), s, logs, io.Discard, io.Discard) }()
		}
		for range fleets {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}
	for _, f := range fleets {
		taken, refused := f.network.Uplinks()
		if len(refused) > 0 {
			t.Errorf("%s: the server refused %d frames, e.g. %s", f.region, len(refused), refused[0])
		}
		if len(taken) < 10 {
			t.Errorf("%s: only %d uplinks", f.region, len(taken))
		}
	}
	path := filepath.Join(dir, "devices.csv")
	if err := os.WriteFile(path, []byte(devices.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	judged(t, truths, path, fleets)
}

// judged compares what the networks published with the truth logs. What is still on its
// way in a busy machine is waited for.
func judged(t *testing.T, truths []string, devices string, fleets []*fleet) {
	t.Helper()
	sink := filepath.Join(t.TempDir(), "sink.ndjson")
	deadline := time.Now().Add(time.Minute)
	for {
		if err := os.WriteFile(sink, bodies(t, fleets), 0o600); err != nil {
			t.Fatal(err)
		}
		rep, err := compare(truths, devices, []string{sink}, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if rep.Lost > 0 && time.Now().Before(deadline) {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		// 8 of the 12 devices join in both runs, unless the machine is too busy for receive windows.
		if rep.Err() != nil || rep.Joins < 4 || rep.Joins > 16 || rep.Owed < 30 || rep.Delivered != rep.Owed {
			t.Errorf("%+v", rep)
			for _, k := range rep.Kinds {
				t.Errorf("%+v", k)
			}
		}
		t.Logf("%d joins, %d owed, %d delivered, %d lost, %d leaked, %d altered", rep.Joins, rep.Owed, rep.Delivered, rep.Lost, rep.Leaked, rep.Altered)
		return
	}
}

// bodies are the uplinks as a buyer has them.
func bodies(t *testing.T, fleets []*fleet) (all []byte) {
	t.Helper()
	for _, f := range fleets {
		taken, _ := f.network.Uplinks()
		for i, u := range taken {
			line, err := json.Marshal(map[string]any{"id": fmt.Sprintf("%s %d", f.region, i), "dev": "0x" + u.DevEUI, "f_cnt": u.FCnt, "f_port": u.FPort, "data": u.Data, "time": u.At})
			if err != nil {
				t.Fatal(err)
			}
			all = append(append(all, line...), '\n')
		}
	}
	return all
}

// A device of the wrong region, one that is switched off and a DevNonce of an earlier
// run are refused by the server: the simulator's fleets do none of it (the test above),
// and this server would say so.
func TestTheServerRefusesJoinsAsChirpStackDoes(t *testing.T) {
	t.Parallel()
	server := chirpstacktest.New()
	api, stop, err := server.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	f := &fleet{region: "eu868", seed: 7, network: server.NewNetwork(common.Region_AS923, []uint32{868_100_000, 868_300_000, 868_500_000}, nil)}
	addr, stopUDP, err := f.network.ListenUDP()
	if err != nil {
		t.Fatal(err)
	}
	defer stopUDP()
	f.udp = addr
	s := f.parse(t, time.Now(), "20s", "", 9)
	f.provisioned(t, api, &s)
	if err := play(t.Context(), s, nil, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	taken, refused := f.network.Uplinks()
	if len(taken) > 0 || len(refused) == 0 || !regexp.MustCompile(`region`).MatchString(refused[0]) {
		t.Errorf("%d uplinks, refused %v", len(taken), refused)
	}
}
