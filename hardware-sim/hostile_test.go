package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// evil draws on a terminal in every way there is: a sequence, a line that looks like ours, a control
// character of one byte (C1), a byte that is no text, a turn of direction; and it is long.
var evil = "x\x1b[31m\n0 lost, 0 leaked\r\x07\x7f\u009b2J\u202e\u2066\u200f\xff\x9bend" + strings.Repeat("long", 2000)

// clean holds an output to what a terminal only shows.
func clean(t *testing.T, what, text string) {
	t.Helper()
	if strings.ContainsAny(text, "\x1b\r\x07\x7f\u009b\u202e\u2066\u200f") || !utf8.ValidString(text) || strings.Contains(text, "\n0 lost, 0 leaked\r") || strings.Contains(text, "\n0 lost, 0 leaked\\u000d") {
		t.Errorf("%s draws: %.600q", what, text)
	}
}

// What others wrote (a scenario, a truth log, a sink's file, a server) is shown by no command as more than text.
func TestNothingHostileDrawsOnTheTerminal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	quoted := func(s string) string {
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(string(b), "\x7f", `\u007f`) // TOML takes it no other way
	}
	short := quoted(evil[:34])
	scene := func(name, truth, outputs string) string {
		return write(name, fmt.Sprintf("seed = 5\nduration = \"2m\"\nspeed = 0\ntruth = %q\n[server]\napplication = %s\ntenant = %s\n[[gateways]]\n[[devices]]\nactivation = \"abp\"\nname = %s\nowner = %s\n%s", truth, short, short, short, short, outputs))
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 401 %s\r\nContent-Length: 5\r\n\r\n\x1b[31m", strings.NewReplacer("\n", "", "\r", "").Replace(evil[:34]))
		conn.Close()
	}))
	defer server.Close()
	broker := talker(t, "\x20\x02\x00\x05"+evil)
	reading := fmt.Sprintf(`{"type":"reading","at":"2026-06-01T12:00:00Z","reading":1,"dev_eui":"70b3d57edb050000","device":"70b3d57edb050000","f_cnt":1,"data":"AA==","fault":%s}`+"\n", quoted(evil))
	truth := write("truth.ndjson", reading+fmt.Sprintf(`{"type":"message","at":"2026-06-01T12:00:00Z","output":%[1]s,"label":%[1]s,"fate":%[1]s,"carries":1}`+"\n"+`{"type":"lost","carries":1,"where":%[1]s,"why":%[1]s}`+"\n", quoted(evil)))
	odd := write("odd.ndjson", fmt.Sprintf(`{"type":%s}`, quoted(evil)))
	devices := write("devices.csv", "dev_eui,device,purchase\n70b3d57edb050000,0xab,1\n")
	strange := write("strange.csv", evil)
	got := write("sink.ndjson", fmt.Sprintf(`{"id":%[1]s,"dev":"0xab","f_cnt":1,"f_port":2,"data":"AQ==","values":%[1]s,"time":%[1]s}`, quoted(evil)))
	same := write("same.ndjson", fmt.Sprintf(`{"id":%s,"dev":"0xab","f_cnt":1,"f_port":2,"data":"AQ==","time":"2026-06-01T12:00:00Z"}`, quoted(evil)))
	silent := scene("silent.toml", "-", "")
	for _, args := range []string{
		"run -q -c " + silent,
		"export -c " + silent,
		"export -o toml -c " + silent,
		"run -q -c " + scene("http.toml", "", fmt.Sprintf("[[outputs]]\nname = %s\nkind = \"http\"\nurl = %q\n", short, server.URL+"/\u202e")),
		"run -q -c " + scene("mqtt.toml", "", fmt.Sprintf("[[outputs]]\nname = %s\nurl = \"tcp://%s\"\n", short, broker)),
		"run -q -c " + write("wrong.toml", "speed = "+quoted(evil)+"\n"+quoted(evil)+" = 1\n"),
		"run -q -c " + write("broken.toml", evil),
		"run -q -c " + filepath.Join(dir, "\x1b[31m\u202e"),
		"load --messages 1 --timeout 2s --broker " + broker,
		"codec \x1b[31m\u009b2J",
		"verify --truth " + truth + " --devices " + devices + " --sink " + same,
		"verify -o json --truth " + truth + " --devices " + devices + " --sink " + same,
		"verify --truth " + truth + " --devices " + devices + " --sink " + got,
		"verify --truth " + odd + " --devices " + devices + " --sink " + got,
		"verify --truth " + truth + " --devices " + strange + " --sink " + got,
		"--\x1b[31m",
	} {
		var out, errs strings.Builder
		ctx, cancel := context.WithCancel(t.Context())
		code := run(ctx, strings.Fields(args), &out, &errs)
		cancel()
		said := out.String() + errs.String()
		if said == "" {
			t.Errorf("hardware-sim %.60q ends with %d and says nothing", args, code)
		}
		clean(t, fmt.Sprintf("hardware-sim %.60q", args), said)
		if strings.Contains(args, "-o json") {
			if err := json.Unmarshal([]byte(out.String()), new(any)); err != nil {
				t.Errorf("it is no JSON any more: %v", err)
			}
		}
	}
}

// talker answers every connection with a text.
func talker(t *testing.T, text string) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte(text))
			conn.Close()
		}
	}()
	return l.Addr().String()
}
