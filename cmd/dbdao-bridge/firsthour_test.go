package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// The README's first hour on a bare machine: a file system of its own over /etc and /var/lib, a
// network of its own with the usual ports, no variable set, and every line as it stands there. From
// `operator init`, every question answered by Enter, to a reading a buyer has. Its own clock says how long.
func TestTheFirstHourOnABareMachine(t *testing.T) {
	if os.Getenv("DBDAO_LONG") == "" {
		t.Skip("DBDAO_LONG=1 runs it: three minutes")
	}
	servers.Need(t, "unshare", "script", "anvil", "mosquitto", "mosquitto_pub", "mosquitto_sub")
	for _, who := range []string{"root", "dbdao-bridge"} {
		t.Run("as "+who, func(t *testing.T) { firstHourAs(t, who) })
	}
}

func firstHourAs(t *testing.T, who string) {
	bin := filepath.Join(t.TempDir(), "bin")
	for _, pkg := range []string{"../../cmd/dbdao-bridge", "../../hardware-sim"} {
		if out, err := exec.Command("go", "build", "-o", bin+"/", pkg).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	event, err := filepath.Abs("testdata/events/v4-doc-up.json")
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "typed.sh")
	if err := os.WriteFile(script, []byte(firstHourScript(t)), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	spaces := []string{"--mount", "--net", "--pid", "--fork", "--kill-child"}
	if os.Geteuid() != 0 {
		if who != "root" {
			t.Skip("only root can be another account")
		}
		spaces = append(spaces, "--user", "--map-root-user")
	}
	c := exec.CommandContext(ctx, "unshare", append(spaces, "bash", "testdata/firsthour.sh")...)
	c.Env = []string{"PATH=" + os.Getenv("PATH") + ":/usr/sbin", "HOME=/root", "AS=" + who, "BIN=" + bin, "TYPED=" + script, "EVENT=" + event,
		"ANVIL=" + servers.Path(t, "anvil"), "MOSQUITTO=" + servers.Path(t, "mosquitto")}
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	err = c.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 77 {
		t.Skipf("this machine gives no namespaces:\n%s", out.String())
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	t.Log(out.String())
	s := bufio.NewScanner(&out)
	for s.Scan() {
		if strings.HasPrefix(s.Text(), "DELIVERED after ") {
			return
		}
	}
	t.Error("no reading was delivered")
}

// firstHourScript is what the README says to type, each line with the key of who types it.
func firstHourScript(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("set -euo pipefail\n")
	here := strings.NewReplacer("0xOwner", "$OWNER", "0xBuyer", "$BUYER", "https://bridge.example", "http://127.0.0.1:8180", "https://example.com/readings", "http://127.0.0.1:9000/readings")
	for _, line := range readme(t) {
		typed, comment, _ := strings.Cut(here.Replace(line), "#")
		who, _, _ := strings.Cut(strings.TrimSpace(comment), ":")
		who, _, _ = strings.Cut(who, ",")
		switch who {
		case "owner", "buyer", "admin key":
			typed = "KEY=" + strings.ReplaceAll(who, " key", "") + "; as $KEY " + typed
		default:
			typed = strings.TrimSpace(typed)
		}
		switch {
		case strings.HasPrefix(line, "dbdao-bridge operator init"):
			typed = "enter '" + typed + "'"
		case strings.HasPrefix(line, "dbdao-bridge device attest"): // the sensor has been heard
			typed = "uplink 1000\nsleep 3\n" + typed
		case strings.HasPrefix(line, "dbdao-bridge run"):
			typed += " >bridge.log 2>&1 &\nready"
		}
		b.WriteString(typed + "\n")
		if strings.HasPrefix(line, "dbdao-bridge purchase buy") {
			return b.String()
		}
	}
	t.Fatal("the README sells nothing")
	return ""
}
