package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// A program in TypeScript, whose types are made of the document the bridge serves, buys a stream and fetches
// its readings with off-the-shelf libraries alone: ethers with the lent node, siwe, fetch.
func TestATypedProgramBuysAndReads(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil", "node")
	dir := servers.Fragment(t, "buy.mts")
	w := newWorld(t, func(t testing.TB) *servers.Process { return servers.Anvil(t) })
	w.operate("")
	w.start()
	api := "http://" + w.public
	stream := w.list(buoy, "0.0001", 1)

	tool := func(args ...string) {
		t.Helper()
		c := exec.Command("node", args...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	tool("node_modules/openapi-typescript/bin/cli.js", api+"/openapi.json", "-o", "api.d.ts")
	tool("node_modules/typescript/bin/tsc", "--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck", "--types", "node", "buy.mts")

	program := exec.Command("node", filepath.Join(dir, "buy.mjs"), api, w.market, stream, w.keystore("ann"), filepath.Join(w.dir, "password"))
	var out, says bytes.Buffer
	program.Stdout, program.Stderr = &out, &says
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- program.Wait() }()
	deadline := time.After(2 * time.Minute)
	for f := 1; ; f++ {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("%v: %s%s", err, &says, &out)
			}
		case <-deadline:
			_ = program.Process.Kill()
			t.Fatalf("it does not end: %s%s", &says, &out)
		case <-time.After(1100 * time.Millisecond):
			w.publish(buoy, uplink(buoy, f))
			continue
		}
		break
	}
	if !strings.Contains(says.String(), "Buys 1h of stream "+stream) || !strings.Contains(says.String(), "0.36 DTX") {
		t.Errorf("it says %s", &says)
	}
	var seqs []int
	for line := range strings.Lines(out.String()) {
		var one struct {
			Seq *int
		}
		if err := json.Unmarshal([]byte(line), &one); err != nil || one.Seq == nil {
			t.Fatalf("%q: %v", line, err)
		}
		seqs = append(seqs, *one.Seq)
	}
	for i, seq := range seqs {
		if len(seqs) < 3 || seq != i {
			t.Fatalf("readings %v", seqs)
		}
	}
	if p := w.as("ann", "parcel", "show", "1", "--api", api); p.text(t, "delivered") != strconv.Itoa(len(seqs)) {
		t.Errorf("%d readings were acknowledged: %v", len(seqs), p)
	}
}
