package packaging

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// The page's broker, set up as typed: the network server may write, the bridge reads and may
// not write, nobody else comes in, and what is published while the bridge is away waits.
func TestTheMosquittoOfThePageLetsTheBridgeReadOnly(t *testing.T) {
	servers.Need(t, "mosquitto", "mosquitto_passwd", "mosquitto_pub", "mosquitto_sub", "openssl")
	const page, heading = "operations.md", "Mosquitto"
	dir := t.TempDir()
	for _, d := range []string{"mosquitto", "dbdao-bridge", "chirpstack"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	port := fmt.Sprint(servers.FreePort(t))
	here := strings.NewReplacer("/etc/", dir+"/", "listener 1883", "listener "+port)
	typed := here.Replace(servers.Page(t, page, heading, "sh")[0])
	if out, err := exec.Command("bash", "-euc", typed).CombinedOutput(); err != nil {
		t.Fatalf("%s\n%v\n%s", typed, err, out)
	}
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(dir, "mosquitto/acl"), servers.Page(t, page, heading, "acl")[0])
	user := map[bool]string{true: "root", false: os.Getenv("USER")}[os.Getuid() == 0]
	servers.MosquittoWith(t, port, here.Replace(servers.Page(t, page, heading, "mosquitto")[0])+"persistence_location "+dir+"/\nuser "+user+"\n")

	account := func(who string) []string {
		password, err := os.ReadFile(filepath.Join(dir, who, "mqtt.password"))
		if err != nil {
			t.Fatal(err)
		}
		return []string{"-h", "127.0.0.1", "-p", port, "-u", who, "-P", strings.TrimSpace(string(password)), "-q", "1"}
	}
	const topic = "application/a/device/70b3d57ed8005343/event/up"
	publish := func(args []string, text string) error {
		return exec.Command("mosquitto_pub", append(args, "-t", topic, "-m", text)...).Run()
	}
	// -E: subscribe, be gone; the broker keeps the session.
	bridge := append(account("dbdao-bridge"), "-i", "dbdao-bridge-1-chirpstack", "-c", "-t", "application/#", "-t", "gateway/#")
	if out, err := exec.Command("mosquitto_sub", append(bridge, "-E")...).CombinedOutput(); err != nil {
		t.Fatalf("the bridge's account cannot subscribe: %v\n%s", err, out)
	}
	if err := publish([]string{"-h", "127.0.0.1", "-p", port}, "anonymous"); err == nil {
		t.Error("who has no account may publish")
	}
	if err := publish(account("dbdao-bridge"), "from the bridge"); err != nil {
		t.Logf("the bridge's publication: %v", err) // 3.1.1 has no way to say no: it is dropped
	}
	if err := exec.Command("mosquitto_pub", append(account("chirpstack"), "-t", "gateway/g/event/up", "-m", "a gateway's")...).Run(); err != nil {
		t.Errorf("the network server may not publish for gateways: %v", err)
	}
	if err := publish(account("chirpstack"), "an uplink"); err != nil {
		t.Errorf("the network server may not publish: %v", err)
	}
	c := exec.Command("mosquitto_sub", append(bridge, "-C", "1", "-W", "60", "-v")...)
	var got, errs bytes.Buffer
	c.Stdout, c.Stderr = &got, &errs
	begun := time.Now()
	if err := c.Run(); err != nil || got.String() != topic+" an uplink\n" {
		t.Errorf("after %v the bridge has %q, want the network server's uplink of application/# and nothing else: %v\n%s", time.Since(begun).Round(time.Second), got.String(), err, &errs)
	}
}
