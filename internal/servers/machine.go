package servers

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Machine is a Debian with systemd of its own, which shares only the network with this
// one: what is installed there is installed as an operator would, and its services run
// under all that their units say.
type Machine struct {
	t      testing.TB
	Root   string // its files, as seen from here
	nspawn *exec.Cmd
	ended  chan error
	leader string // process id of its init
	log    tail
}

// base makes the files of a Debian, once: minutes. packages are installed in it besides
// systemd.
func base(t testing.TB, packages ...string) string {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, "bin", strings.Join(append([]string{"bookworm"}, packages...), "-"))
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	making := dir + ".making"
	if err := os.RemoveAll(making); err != nil {
		t.Fatal(err)
	}
	include := strings.Join(append([]string{"systemd", "systemd-sysv", "dbus", "ca-certificates"}, packages...), ",")
	if out, err := exec.Command("debootstrap", "--variant=minbase", "--include="+include, "bookworm", making).CombinedOutput(); err != nil {
		t.Fatalf("debootstrap: %v\n%s", err, out)
	}
	if err := os.Rename(making, dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// BootMachine boots a machine that ends with the test.
func BootMachine(t testing.TB, packages ...string) *Machine {
	t.Helper()
	Need(t, "debootstrap", "systemd-nspawn", "nsenter")
	if os.Getuid() != 0 {
		t.Skip("only root boots machines")
	}
	m := &Machine{t: t, Root: filepath.Join(t.TempDir(), "root"), ended: make(chan error, 1)}
	if out, err := exec.Command("cp", "-a", base(t, packages...), m.Root).CombinedOutput(); err != nil {
		t.Fatalf("copy a Debian: %v\n%s", err, out)
	}
	m.nspawn = exec.Command("systemd-nspawn", "--quiet", "--directory="+m.Root, "--machine=dbdao-"+strconv.Itoa(os.Getpid()), "--boot", "--register=no", "--keep-unit",
		"--resolv-conf=copy-host")
	m.nspawn.Stdout, m.nspawn.Stderr = &m.log, &m.log
	if err := m.nspawn.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { m.ended <- m.nspawn.Wait() }()
	t.Cleanup(m.halt)
	m.await("its init", func() bool { m.leader = initOf(strconv.Itoa(m.nspawn.Process.Pid)); return m.leader != "" })
	m.await("the end of its start", func() bool {
		out, _ := m.command(context.Background(), "systemctl", "is-system-running").Output()
		state := strings.TrimSpace(string(out))
		return state == "running" || state == "degraded"
	})
	return m
}

// initOf finds among a process's descendants the one that is number 1 of its own machine.
func initOf(pid string) string {
	status, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) > 2 && f[0] == "NSpid:" && f[len(f)-1] == "1" {
			return pid
		}
	}
	children, _ := os.ReadFile("/proc/" + pid + "/task/" + pid + "/children")
	for child := range strings.FieldsSeq(string(children)) {
		if found := initOf(child); found != "" {
			return found
		}
	}
	return ""
}

func (m *Machine) await(what string, ok func() bool) {
	m.t.Helper()
	for end := time.Now().Add(startMax); !ok(); time.Sleep(100 * time.Millisecond) {
		select {
		case err := <-m.ended:
			m.t.Fatalf("the machine ended: %v\n%s", err, &m.log)
		default:
		}
		if time.Now().After(end) {
			m.t.Fatalf("the machine does not show %s:\n%s", what, &m.log)
		}
	}
}

func (m *Machine) command(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "nsenter", append([]string{"--target", m.leader, "--mount", "--uts", "--ipc", "--pid", "--cgroup", "--root", "--wd", "--",
		"/usr/bin/env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"}, args...)...)
}

// Try types a line in a shell of the machine's root.
func (m *Machine) Try(line string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startMax)
	defer cancel()
	var out bytes.Buffer
	c := m.command(ctx, "sh", "-c", line)
	c.Stdout, c.Stderr = &out, &out
	err := c.Run()
	return out.String(), err
}

// Run types a line that must succeed.
func (m *Machine) Run(line string) string {
	m.t.Helper()
	out, err := m.Try(line)
	if err != nil {
		m.t.Fatalf("%s\n%v\n%s", line, err, out)
	}
	return strings.TrimSpace(out)
}

// Put copies a file into the machine.
func (m *Machine) Put(path, to string) {
	m.t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(filepath.Join(m.Root, to), data, 0o600)
	}
	if err != nil {
		m.t.Fatal(err)
	}
}

// Has says whether a path is there.
func (m *Machine) Has(path string) bool {
	_, err := os.Lstat(filepath.Join(m.Root, path))
	return err == nil
}

// halt ends the machine.
func (m *Machine) halt() {
	if m.t.Failed() {
		if out, err := m.Try("journalctl --no-pager -n 40 -u dbdao-bridge"); err == nil {
			m.t.Logf("the machine's journal of dbdao-bridge:\n%s", out)
		}
	}
	_ = m.nspawn.Process.Signal(os.Interrupt)
	if m.leader != "" {
		_ = exec.Command("kill", "-s", "RTMIN+4", m.leader).Run() // power off
	}
	select {
	case <-m.ended:
	case <-time.After(30 * time.Second):
		_ = exec.Command("kill", "-s", "KILL", m.leader).Run()
		select {
		case <-m.ended:
		case <-time.After(10 * time.Second):
			_ = m.nspawn.Process.Kill()
			fmt.Fprintln(os.Stderr, "a test's machine did not end by itself")
		}
	}
}
