package js

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// R12: a worker whose limits could not be set ran scripts without them.
func TestAWorkerThatIsNotConfinedRunsNothing(t *testing.T) {
	var asked, said bytes.Buffer
	if err := write(&asked, request{Script: "function decodeUplink() { return {data: {}} }"}); err != nil {
		t.Fatal(err)
	}
	if code := serve(&asked, &said, func() error { return errors.New("no limits here") }); code == 0 {
		t.Error("it ends as if all were well")
	}
	var hello response
	if err := read(&said, &hello); err != nil || hello.Fault != "confine" || hello.Text != "no limits here" {
		t.Errorf("it says %+v %v", hello, err)
	}
	if err := read(&said, &hello); !errors.Is(err, io.EOF) {
		t.Errorf("it answers: %+v", hello)
	}
}

// The limits hold in a worker that runs: the kernel says so.
func TestTheKernelHoldsAWorkersLimits(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there are no such limits here")
	}
	w, err := start()
	if err != nil {
		t.Fatal(err)
	}
	defer w.end()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(w.cmd.Process.Pid) + "/limits")
	if err != nil {
		t.Skip(err) // it is not dumpable, and its files are root's
	}
	for name, most := range map[string]string{"Max data size": strconv.Itoa(dataMax), "Max core file size": "0", "Max file size": "0", "Max open files": "3"} {
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(line, name); ok && strings.Fields(rest)[1] != most {
				t.Errorf("%s", line)
			}
		}
	}
}

// A program that forgets to begin with Worker is told so before it starts itself over and over.
func TestAPoolInsistsOnWorker(t *testing.T) {
	mayStart.Store(false)
	defer mayStart.Store(true)
	defer func() {
		if p := recover(); p == nil || !strings.Contains(p.(string), "js.Worker") {
			t.Errorf("%v", p)
		}
	}()
	NewPool(1, Limits{})
}

// Nothing but an explicit Worker makes a worker: a library's init cannot.
func TestNoInitMakesAWorker(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(exe, "-test.run=^$")
	c.Env = append(os.Environ(), workerEnv+"=1")
	c.Stdin = strings.NewReader("")
	out, err := c.Output() // of this test's own TestMain
	if err != nil || len(out) < 4 || bytes.Contains(out, []byte("PASS")) {
		t.Errorf("with Worker in TestMain it is a worker: %q %v", out, err)
	}
}
