package servers

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Web is an HTTP server as its makers ship it, but for what it serves: it answers 204 to
// every request, and writes down what it was asked for.
type Web struct {
	*Process
	log  string // file
	read func(line string) (Hit, bool)
}

// Hit is a request that a [Web] answered.
type Hit struct {
	Connection string // the same for two requests over one connection
	Target     string // path and query as they came
}

// Hits lists the requests answered so far.
func (w *Web) Hits(t testing.TB) (all []Hit) {
	t.Helper()
	text, err := os.ReadFile(w.log)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if h, ok := w.read(strings.TrimSpace(line)); ok {
			all = append(all, h)
		}
	}
	return all
}

// words reads a line "CONNECTION TARGET".
func words(line string) (Hit, bool) {
	c, target, ok := strings.Cut(line, " ")
	return Hit{c, target}, ok
}

const nodeServer = `
const fs = require('fs'), http = require('http'), [port, log, keep] = process.argv.slice(2)
const server = http.createServer((req, res) => {
  req.resume()
  req.on('end', () => {
    fs.appendFileSync(log, req.socket.remotePort + ' ' + req.url + '\n')
    res.writeHead(204)
    res.end()
  })
})
if (keep) server.keepAliveTimeout = Number(keep)
server.listen(Number(port), '127.0.0.1')
`

// NodeStore starts Node.js's own HTTP server. keepAlive, in milliseconds, replaces its default
// of 5,000 unless it is 0.
func NodeStore(t testing.TB, keepAlive int) *Web {
	t.Helper()
	Need(t, "node")
	dir, port := t.TempDir(), FreePort(t)
	script, log := filepath.Join(dir, "server.js"), filepath.Join(dir, "access.log")
	writeFile(t, script, nodeServer)
	args := []string{script, strconv.Itoa(port), log}
	if keepAlive > 0 {
		args = append(args, strconv.Itoa(keepAlive))
	}
	addr := "127.0.0.1:" + strconv.Itoa(port)
	return &Web{launch(t, "node", "http://"+addr, dialable(addr), args...), log, words}
}

// NginxStore starts nginx, which ends a connection unused for 75 s.
func NginxStore(t testing.TB) *Web {
	t.Helper()
	Need(t, "nginx")
	dir, port := t.TempDir(), FreePort(t)
	conf, log := filepath.Join(dir, "nginx.conf"), filepath.Join(dir, "access.log")
	var temp strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&temp, "  %s_temp_path %s/%s;\n", kind, dir, kind)
	}
	writeFile(t, conf, fmt.Sprintf(`daemon off;
master_process off;
pid %[1]s/pid;
error_log %[1]s/error.log;
events {}
http {
%[2]s  log_format hits '$connection $request_uri';
  access_log %[3]s hits;
  server {
    listen 127.0.0.1:%[4]d;
    location / { return 204; }
  }
}
`, dir, temp.String(), log, port))
	addr := "127.0.0.1:" + strconv.Itoa(port)
	return &Web{launch(t, "nginx", "http://"+addr, dialable(addr), "-c", conf, "-e", filepath.Join(dir, "error.log")), log, words}
}

// NginxProxy starts nginx with what stands inside of its http block; address is what it listens at.
func NginxProxy(t testing.TB, address, inside string) *Process {
	t.Helper()
	Need(t, "nginx")
	dir := t.TempDir()
	var temp strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&temp, "%s_temp_path %s/%s;\n", kind, dir, kind)
	}
	conf := filepath.Join(dir, "nginx.conf")
	writeFile(t, conf, fmt.Sprintf("daemon off;\nmaster_process off;\npid %[1]s/pid;\nerror_log %[1]s/error.log;\nevents {}\nhttp {\naccess_log off;\n%[2]s\n%[3]s\n}\n", dir, &temp, inside))
	return launch(t, "nginx", "https://"+address, dialable(address), "-c", conf, "-e", filepath.Join(dir, "error.log"))
}

// CaddyProxy starts Caddy with a Caddyfile; address is what it listens at.
func CaddyProxy(t testing.TB, address, file string) *Process {
	t.Helper()
	Need(t, "caddy")
	dir := t.TempDir()
	conf := filepath.Join(dir, "Caddyfile")
	writeFile(t, conf, fmt.Sprintf("{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n\tstorage file_system %s\n}\n%s", dir, file))
	return launch(t, "caddy", "https://"+address, dialable(address), "run", "--config", conf, "--adapter", "caddyfile")
}

// CaddyStore starts Caddy, which ends a connection unused for 5 minutes.
func CaddyStore(t testing.TB) *Web {
	t.Helper()
	Need(t, "caddy")
	dir, port := t.TempDir(), FreePort(t)
	conf, log := filepath.Join(dir, "caddy.json"), filepath.Join(dir, "access.log")
	writeFile(t, conf, fmt.Sprintf(`{
  "admin": {"disabled": true, "config": {"persist": false}},
  "storage": {"module": "file_system", "root": %q},
  "logging": {"logs": {"default": {"writer": {"output": "file", "filename": %q}}}},
  "apps": {"http": {"servers": {"store": {
    "listen": ["127.0.0.1:%d"], "automatic_https": {"disable": true}, "logs": {},
    "routes": [{"handle": [{"handler": "static_response", "status_code": 204}]}]
  }}}}
}`, dir, log, port))
	addr := "127.0.0.1:" + strconv.Itoa(port)
	return &Web{launch(t, "caddy", "http://"+addr, dialable(addr), "run", "--config", conf), log, func(line string) (h Hit, ok bool) {
		var entry struct {
			Request *struct {
				Port string `json:"remote_port"`
				URI  string `json:"uri"`
			} `json:"request"`
		}
		if json.Unmarshal([]byte(line), &entry) != nil || entry.Request == nil {
			return h, false
		}
		return Hit{entry.Request.Port, entry.Request.URI}, true
	}}
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
