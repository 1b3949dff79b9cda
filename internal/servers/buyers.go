package servers

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// Buyers gives the folder of the programs buyers run, with the packages they are made with in
// its node_modules.
func Buyers(t testing.TB) string {
	t.Helper()
	Need(t, "node")
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, "internal/servers/testdata/buyers")
	if _, err := os.Stat(filepath.Join(dir, "node_modules/standardwebhooks")); err != nil {
		missing(t, "the packages of "+filepath.Base(dir))
	}
	return dir
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
