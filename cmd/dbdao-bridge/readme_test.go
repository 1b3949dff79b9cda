package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// readme gives the commands of the README's shell blocks that mention dbdao-bridge, in
// order, each line with the person its comment names.
func readme(t *testing.T) (lines []string) {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	inside := false
	for line := range strings.SplitSeq(string(text), "\n") {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "```"):
			inside = line == "```sh"
		case inside && strings.HasPrefix(line, "dbdao-bridge "):
			lines = append(lines, line)
		}
	}
	return lines
}

// The README's steps, as they are typed: paths, addresses and hosts are those of this
// machine, and the keys of the several people are where their comments say who types.
func TestTheReadmeWorksAsTyped(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil")
	w := newWorld(t, instant)
	etc, lib := filepath.Join(w.dir, "etc"), filepath.Join(w.dir, "lib") // nobody made them
	w.admin, w.public = fmt.Sprintf("127.0.0.1:%d", servers.FreePort(t)), fmt.Sprintf("127.0.0.1:%d", servers.FreePort(t))
	w.config = filepath.Join(etc, "dbdao-bridge.toml")
	here := strings.NewReplacer("/etc/dbdao-bridge/", etc+"/", "/etc/dbdao-bridge ", etc+" ", "/var/lib/dbdao-bridge", lib,
		"0xOwner", w.wallets["owner"], "0xBuyer", w.wallets["ann"],
		"https://bridge.example", "http://"+w.public, "https://example.com/readings", w.sink.URL+"/ann")
	keys := map[string]string{"admin key": w.keystore("platform"), "owner": w.keystore("owner"), "buyer": w.keystore("ann"), "each challenger": w.keystore("ann"), "arbiter": w.keystore("platform.arbiter"),
		"owner or operator": w.keystore("owner")}
	w.write("answer.txt", "it is true")
	w.write("ruling.txt", "it is not")
	ran := 0
	for _, line := range readme(t) {
		typed, comment, _ := strings.Cut(here.Replace(line), "#")
		who, _, _ := strings.Cut(strings.TrimSpace(comment), ":")
		who, _, _ = strings.Cut(who, ",")
		switch {
		case strings.HasPrefix(line, "dbdao-bridge run "):
			w.start()
			continue
		case strings.HasPrefix(line, "dbdao-bridge frame "), strings.HasPrefix(line, "dbdao-bridge uplink "), strings.HasPrefix(line, "dbdao-bridge codec "):
			continue // testdata/script types these
		case strings.HasPrefix(line, "dbdao-bridge operator init"):
			typed += fmt.Sprintf(" --yes --light --dir %s --data-dir %s --broker %s --payout %s --dtx-price 0.0004", etc, lib, w.broker.URL, w.wallets["operator"])
		case strings.HasPrefix(line, "dbdao-bridge device attest"): // the sensor sends, as sensors do
			w.eventually("the sensor is heard", 60*time.Second, func() bool {
				w.publish(buoy, uplink(buoy, 0))
				_, _, code := w.try("device", "attest", "-c", w.config, "--dev-eui", buoy, "--owner", w.wallets["owner"])
				return code == 0
			})
		case strings.HasPrefix(line, "dbdao-bridge evidence build"):
			w.sold()
		case strings.HasPrefix(line, "dbdao-bridge challenge open"): // he is asked
			typed = "echo yes | " + typed
		case strings.HasPrefix(line, "dbdao-bridge challenge ls"):
			for _, other := range []string{"bob", "cid"} { // a quorum
				w.open(other, map[string]string{"bob": "2", "cid": "3"}[other])
			}
		case strings.HasPrefix(line, "dbdao-bridge challenge rule"):
			w.later(16 * time.Second)
		}
		ran++
		out, err := w.shell(typed, keys[who])
		if err != nil {
			t.Fatalf("%s\n%v\n%s", typed, err, out)
		}
		switch {
		case strings.HasPrefix(line, "dbdao-bridge operator init"):
			if w.edit(); strings.Contains(out, "FAULT") {
				t.Errorf("what operator init wrote does not work:\n%s", out)
			}
		case strings.HasPrefix(line, "dbdao-bridge purchase buy"):
			_, said, code := w.try("purchase", "buy", "1", "--duration", "30d", "--unsigned", "--from", w.wallets["ann"])
			if code != 0 || !strings.Contains(said, "purchase 1 of stream 1 runs until") || !strings.Contains(said, "purchase extend 1") {
				t.Errorf("nobody says that a purchase runs already: %d %s", code, said)
			}
		case strings.HasPrefix(line, "dbdao-bridge challenge redeem"):
			if !strings.Contains(out, "20.0008") { // the deposit of 10, and as much, and 0.8 of a reading of 0.001
				t.Errorf("redeem: %s", out)
			}
		}
	}
	if ran < 12 {
		t.Errorf("only %d lines of the README were typed", ran)
	}
	exports(t, w.metrics(), "dbdao_uplinks_total", "dbdao_events_total", "dbdao_delivery_attempts_total", "dbdao_delivery_seconds", "dbdao_node_state", "dbdao_node_requests_total")
}

// shell types a line.
func (w *world) shell(line, keystore string) (string, error) {
	c := exec.Command("bash", "-c", line)
	c.Dir = w.dir
	c.Env = append(os.Environ(), "PATH="+filepath.Dir(w.bin)+":"+os.Getenv("PATH"), "DBDAO_PASSWORD_FILE="+filepath.Join(w.dir, "password"),
		"DBDAO_RPC="+w.node.URL, "DBDAO_MARKET="+w.market)
	if keystore != "" {
		c.Env = append(c.Env, "DBDAO_KEYSTORE="+keystore)
	}
	out, err := c.CombinedOutput()
	return string(out), err
}

func (w *world) replace(old, with string) {
	w.t.Helper()
	text, err := os.ReadFile(w.config)
	if err != nil || !strings.Contains(string(text), old) {
		w.t.Fatalf("the configuration has no %q (%v)", old, err)
	}
	if err := os.WriteFile(w.config, []byte(strings.Replace(string(text), old, with, 1)), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// edit puts in what a test needs besides: ports of its own, and no waiting.
func (w *world) edit() {
	w.t.Helper()
	for old, with := range map[string]string{
		`confirmations = -1`:              `confirmations = 1`,
		`allow_private_addresses = false`: `allow_private_addresses = true`,
		`poll_interval = "2s"`:            `poll_interval = "200ms"`,
	} {
		w.replace(old, with)
	}
	text, err := os.ReadFile(w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, l := range []struct{ section, at string }{{"[api]", w.public}, {"[admin]", w.admin}} {
		head, tail, _ := strings.Cut(string(text), "\n"+l.section+"\n")
		i := strings.Index(tail, "\nlisten = ")
		end := i + 1 + strings.IndexByte(tail[i+1:], '\n')
		text = []byte(head + "\n" + l.section + "\n" + tail[:i] + fmt.Sprintf("\nlisten = %q", l.at) + tail[end:])
	}
	if err := os.WriteFile(w.config, text, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// sold lets two more buyers buy what the README listed, and all three pay for a reading.
func (w *world) sold() {
	w.t.Helper()
	w.node.Fund(w.run("operator", "show", "1", "-o", "json").text(w.t, "signer"), 5)
	bought := map[string][]string{"ann": {"1"}}
	for _, who := range []string{"bob", "cid"} {
		bought[who] = []string{w.buy(who, "1", "24h")}
		w.route(who, bought[who][0])
	}
	w.mine()
	w.settled("1", "2", "3")
	w.publish(buoy, uplink(buoy, 1))
	w.eventually("each has a reading and has paid for it", 60*time.Second, func() bool {
		w.mine()
		_, _, _ = w.try("settle", "-c", w.config)
		return w.delivered(bought) == 3
	})
	if _, err := net.Dial("tcp", w.public); err != nil {
		w.t.Fatal(err)
	}
}
