package servers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const buyers = "internal/servers/testdata/buyers" // what is installed for the programs buyers run

// Fragment takes a program out of docs/receiving.md, where it stands in a block marked with its
// file's name, and gives a folder with it and, for programs of Node, their packages.
func Fragment(t testing.TB, name string) string {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs/receiving.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), " "+name+"\n")
	code, _, ends := strings.Cut(rest, "\n```\n")
	if !ok || !ends {
		t.Fatalf("docs/receiving.md shows no %s", name)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(code+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if ext := filepath.Ext(name); ext == ".js" || ext == ".mjs" || ext == ".mts" {
		Need(t, "node")
		modules := filepath.Join(root, buyers, "node_modules")
		if _, err := os.Stat(filepath.Join(modules, "ethers")); err != nil {
			missing(t, "the packages of "+buyers)
		}
		if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// BuyersPython gives a Python that has the package standardwebhooks.
func BuyersPython(t testing.TB) string {
	t.Helper()
	Need(t, "python3")
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	for _, python := range []string{filepath.Join(root, "bin/buyers/bin/python"), "python3"} {
		if exec.Command(python, "-c", "import standardwebhooks").Run() == nil {
			return python
		}
	}
	missing(t, "Python's standardwebhooks")
	return ""
}

// Run starts a program in a folder and waits until it listens at an address.
func Run(t testing.TB, dir, addr string, env []string, command ...string) *Process {
	t.Helper()
	return launch(t, "env", "http://"+addr, dialable(addr), append(append([]string{"-C", dir}, env...), command...)...)
}

// missing skips the test, or fails it where everything must be there.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("DBDAO_REAL") == "1" {
		t.Fatalf("%s are not installed: run .ci/install", what)
	}
	t.Skipf("%s are not installed (.ci/install installs them; DBDAO_REAL=1 makes this an error)", what)
}

// Nginx starts a reverse proxy before an address, set up as its manual shows and no more, and
// gives what it runs as; URL is where it listens.
func Nginx(t testing.TB, before string) *Process {
	t.Helper()
	Need(t, "nginx")
	dir, port := t.TempDir(), strconv.Itoa(FreePort(t))
	conf := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(`daemon off;
pid %[1]s/nginx.pid;
error_log %[1]s/error.log;
events {}
http {
	access_log off;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	server {
		listen 127.0.0.1:%[2]s;
		location / { proxy_pass http://%[3]s; }
	}
}
`, dir, port, before)
	if os.Getuid() == 0 {
		text = "user root;\n" + text
	}
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	addr := "127.0.0.1:" + port
	return launch(t, "nginx", "http://"+addr, dialable(addr), "-p", dir, "-c", conf)
}
