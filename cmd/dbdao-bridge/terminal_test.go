package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"golang.org/x/sys/unix"
)

// screen is a program on a terminal of its own, with somebody who reads and types.
type screen struct {
	t      *testing.T
	cmd    *exec.Cmd
	master *os.File
	slave  *os.File

	mu    sync.Mutex
	shown bytes.Buffer
	read  int // how far it was looked at
}

func onTerminal(t *testing.T, env []string, program string, args ...string) *screen {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("this machine gives no terminals: %v", err)
	}
	unlock := func() error { return unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0) }
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unlock()
	}
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	x := &screen{t: t, master: master, slave: slave}
	x.cmd = exec.Command(program, args...)
	x.cmd.Env, x.cmd.Stdin, x.cmd.Stdout, x.cmd.Stderr = env, slave, slave, slave
	x.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := x.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.cmd.Process.Kill(); _ = slave.Close(); _ = master.Close() })
	go func() {
		part := make([]byte, 4096)
		for {
			n, err := master.Read(part)
			x.mu.Lock()
			x.shown.Write(part[:n])
			x.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return x
}

// sees waits until a text stands below all that was seen before.
func (x *screen) sees(text string) {
	x.t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		x.mu.Lock()
		at := bytes.Index(x.shown.Bytes()[x.read:], []byte(text))
		if at >= 0 {
			x.read += at + len(text)
		}
		x.mu.Unlock()
		if at >= 0 {
			return
		}
	}
	x.t.Fatalf("%q is not shown:\n%s", text, x.all())
}

// answers waits for a question and types.
func (x *screen) answers(question, answer string) {
	x.t.Helper()
	x.sees(question)
	if strings.HasPrefix(question, "Password") || question == "Again" {
		x.unseen()
	}
	x.types(answer + "\n")
}

// unseen waits until the terminal shows nothing that is typed.
func (x *screen) unseen() {
	x.t.Helper()
	for end := time.Now().Add(2 * time.Minute); x.shows(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			x.t.Fatal("a password would be shown")
		}
	}
}

// shows says whether the terminal shows what is typed.
func (x *screen) shows() bool {
	x.t.Helper()
	is, err := unix.IoctlGetTermios(int(x.slave.Fd()), unix.TCGETS)
	if err != nil {
		x.t.Fatal(err)
	}
	return is.Lflag&unix.ECHO != 0
}

func (x *screen) types(text string) {
	x.t.Helper()
	if _, err := x.master.WriteString(text); err != nil {
		x.t.Fatal(err)
	}
}

// interrupts presses Ctrl-C: the program says what that means, ends, and leaves a terminal that shows.
func (x *screen) interrupts() {
	x.t.Helper()
	x.types("\x03")
	if code := x.ends(); code != exitFailed {
		x.t.Errorf("interrupted, it ends with %d", code)
	}
	x.sees("interrupted: what is done is kept")
	if !x.shows() {
		x.t.Error("the terminal was left showing nothing that is typed")
	}
}

func (x *screen) ends() int {
	x.t.Helper()
	ended := make(chan struct{})
	go func() { _ = x.cmd.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(2 * time.Minute):
		x.t.Fatalf("it does not end:\n%s", x.all())
	}
	return x.cmd.ProcessState.ExitCode()
}

func (x *screen) all() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.shown.String()
}

// P: an operator whose first hour goes wrong wherever it can, and who begins again each time: each
// fault says what to do, nothing is asked twice that is known, and nothing is made twice.
func TestAFirstHourFullOfFaultsGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "mosquitto_passwd", "anvil")
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	node, other := servers.StillAnvil(t), servers.StillAnvil(t, "--chain-id", "5")
	broker := closedBroker(t, "bridge", "right")
	dir, file := filepath.Join(home, "conf"), filepath.Join(home, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"PATH=/nowhere", "HOME=" + home, "DBDAO_RPC=http://127.0.0.1:1"}
	toml := filepath.Join(dir, "dbdao-bridge.toml")
	begin := func(args ...string) *screen {
		return onTerminal(t, env, bin, append([]string{"operator", "init", "--light"}, args...)...)
	}

	x := begin("--data-dir", filepath.Join(home, "data")) // neither a folder, nor a broker, nor a password, nor a node
	x.answers("Folder of the configuration", file+"/conf")
	x.sees("name a folder you may write to")
	x.answers("Folder of the configuration", dir)
	x.answers("MQTT broker", "tcp://127.0.0.1:1")
	x.answers("account there", "bridge")
	x.answers("Password of bridge", "wrong")
	x.sees("start the broker, name another, or type its account and password again")
	x.answers("MQTT broker", broker)
	x.answers("account there", "bridge")
	x.answers("Password of bridge (Enter: the one in", "")
	x.sees("refuses this account")
	x.answers("MQTT broker", broker)
	x.answers("account there", "bridge")
	x.answers("Password of bridge (Enter: the one in", "right")
	x.sees("connected")
	x.answers("Ethereum node", "http://127.0.0.1:1")
	x.sees("start it, or give the URL of another")
	x.sees("Ethereum node")
	x.interrupts()

	x = begin("-c", toml, "--rpc", node.URL) // interrupted where the terminal shows nothing
	x.answers("Folder of the configuration", "")
	x.answers("Folder of the ledger", "")
	x.answers("["+broker+"]", "")
	x.answers("[bridge]", "")
	x.sees("connected")
	x.answers("Address of the market", "somewhere")
	x.sees("is no address")
	x.answers("Address of the market", "")
	x.sees("Password for the new admin key")
	x.unseen()
	x.interrupts()

	x = begin("-c", toml, "--rpc", node.URL, "--market", "new") // mistyped, and interrupted before anything is deployed
	x.answers("Folder of the configuration", "")
	x.answers("Folder of the ledger", "")
	x.answers("["+broker+"]", "")
	x.answers("[bridge]", "")
	x.answers("Password for the new admin key", "one")
	x.answers("Again", "two")
	x.sees("type both once more")
	x.answers("Password for the new admin key", "one")
	x.answers("Again", "one")
	x.sees("Cold address")
	x.interrupts()

	x = begin("-c", toml, "--rpc", node.URL, "--market", "new")
	x.answers("Folder of the configuration", "")
	x.answers("Folder of the ledger", "")
	x.answers("["+broker+"]", "")
	x.answers("[bridge]", "")
	x.answers("Cold address", "")
	x.answers("Your name", "Example Telecom")
	x.answers("URL at which", "bridge.example")
	x.sees("a URL begins with https://")
	x.answers("URL at which", "https://bridge.example")
	x.answers("Password of ", "two")
	x.sees("does not open it")
	x.answers("Password of ", "one")
	x.sees("operator 1;")
	x.sees("ok    source")
	x.sees("start it: dbdao-bridge run -c " + toml)
	if code := x.ends(); code != exitOK {
		t.Errorf("exit %d:\n%s", code, x.all())
	}

	x = begin("-c", toml, "--rpc", node.URL) // all is done: Enter, Enter, Enter, and no password
	x.types(strings.Repeat("\n", 20))
	x.sees("operator 1 has this signer already")
	if code := x.ends(); code != exitOK || strings.Contains(x.all(), "Password") || strings.Contains(x.all(), "FAULT") {
		t.Errorf("exit %d:\n%s", code, x.all())
	}
	nothingIsMadeAgain(t, begin, toml, node.URL, filepath.Join(home, "data"))
	elsewhere(t, bin, env, toml, other)
}

// nothingIsMadeAgain runs the command where keys are missing: the admin's is off the machine, as it should be; another was lost,
// and is made by nobody in silence.
func nothingIsMadeAgain(t *testing.T, begin func(args ...string) *screen, toml, rpc, data string) {
	t.Helper()
	away := func(file string) (back func()) {
		t.Helper()
		if err := os.Rename(file, file+".away"); err != nil {
			t.Fatal(err)
		}
		return func() {
			t.Helper()
			if _, err := os.Stat(file); err == nil {
				t.Errorf("%s was made again", file)
			}
			if err := os.Rename(file+".away", file); err != nil {
				t.Fatal(err)
			}
		}
	}
	run := func(code int, says string, args ...string) {
		t.Helper()
		x := begin(append([]string{"-c", toml, "--rpc", rpc}, args...)...)
		x.types(strings.Repeat("\n", 20))
		x.sees(says)
		if got := x.ends(); got != code {
			t.Errorf("exit %d:\n%s", got, x.all())
		}
	}
	etc := filepath.Dir(toml)
	back := away(filepath.Join(etc, "admin.json"))
	run(exitOK, "operator 1 has this signer already")
	back()
	back = away(filepath.Join(data, "signing.key"))
	run(exitFailed, "its hash stands on chain for operator 1")
	if err := os.WriteFile(filepath.Join(data, "ledger.db"), []byte("a ledger"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(exitFailed, "a bridge has run with it")
	run(exitFailed, "a bridge has run with it", "--keys-only")
	if err := os.Remove(filepath.Join(data, "ledger.db")); err != nil {
		t.Fatal(err)
	}
	back()
	back = away(filepath.Join(etc, "signer.json"))
	run(exitFailed, "the hot key of operator 1, is missing")
	back()
}

// elsewhere runs the command where it cannot go on by itself: on a node of another chain, with an
// account that has no ether, and with a broker that is gone.
func elsewhere(t *testing.T, bin string, env []string, toml string, other *servers.Process) {
	t.Helper()
	for _, c := range []struct {
		args string
		says []string
		code int
	}{
		{"--yes -c " + toml + " --rpc " + other.URL, []string{"no contract", "--market"}, exitFailed},
		{"--yes -c " + toml + " --rpc " + other.URL + " --market new", []string{"contracts deploy"}, exitFailed},
		{"--yes -c " + toml + " --broker tcp://127.0.0.1:1 --rpc http://127.0.0.1:1", []string{"start the broker", "start it, or give the URL of another"}, exitFailed},
	} {
		c1 := exec.Command(bin, append([]string{"operator", "init", "--light"}, strings.Fields(c.args)...)...)
		c1.Env = env
		out, _ := c1.CombinedOutput()
		for _, want := range c.says {
			if !strings.Contains(string(out), want) || c1.ProcessState.ExitCode() != c.code {
				t.Errorf("operator init %s: exit %d, without %q:\n%s", c.args, c1.ProcessState.ExitCode(), want, out)
			}
		}
	}
}

// closedBroker is a broker that knows one account.
func closedBroker(t *testing.T, user, password string) (url string) {
	t.Helper()
	passwords := filepath.Join(t.TempDir(), "passwd")
	if err := os.WriteFile(passwords, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mosquitto_passwd", "-b", passwords, user, password).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	port := fmt.Sprint(servers.FreePort(t))
	account := map[bool]string{true: "root", false: os.Getenv("USER")}[os.Getuid() == 0]
	return servers.MosquittoWith(t, port, "listener "+port+" 127.0.0.1\nallow_anonymous false\npassword_file "+passwords+"\nuser "+account+"\n").URL
}
