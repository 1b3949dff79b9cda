package servers

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
)

// Moto starts a server that speaks S3 and keeps objects in memory.
func Moto(t testing.TB) *Process {
	t.Helper()
	Need(t, "moto_server")
	port := strconv.Itoa(FreePort(t))
	url := "http://127.0.0.1:" + port
	return launch(t, "moto_server", url, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/moto-api/", nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		return res.Body.Close()
	}, "-H", "127.0.0.1", "-p", port)
}

// postgresBin is where Debian keeps PostgreSQL's programs.
func postgresBin(program string) (string, error) {
	if p, err := exec.LookPath(program); err == nil {
		return p, nil
	}
	all, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + program)
	if len(all) == 0 {
		return "", fmt.Errorf("%s: not found", program)
	}
	return slices.Max(all), nil
}

// Postgres starts a PostgreSQL server of its own with an empty database, which the user
// postgres may enter without a password. The server refuses to run as root; a test that
// does runs it as the user postgres.
func Postgres(t testing.TB, extra ...string) *Process {
	t.Helper()
	if os.Getenv("DBDAO_REAL") == "0" {
		t.Skip("DBDAO_REAL=0: no real servers wanted")
	}
	initdb, err := postgresBin("initdb")
	if err != nil {
		Need(t, "initdb") // skips or fails
	}
	server, err := postgresBin("postgres")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "dbdao-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	attr, err := otherUser("postgres", dir)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(initdb, "-D", dir+"/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	c.SysProcAttr = attr
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	port := strconv.Itoa(FreePort(t))
	args := append([]string{"-D", dir + "/data", "-p", port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="}, extra...)
	p := &Process{t: t, name: server, args: args, log: &tail{}, URL: "postgres://postgres@127.0.0.1:" + port + "/postgres", attr: attr,
		up: func(ctx context.Context) error { return ready(ctx, port) }}
	p.Start()
	t.Cleanup(p.Stop)
	return p
}

// ready asks the server itself: it listens a while before it lets anybody in.
func ready(ctx context.Context, port string) error {
	isready, err := postgresBin("pg_isready")
	if err != nil {
		return err
	}
	return exec.CommandContext(ctx, isready, "-q", "-h", "127.0.0.1", "-p", port).Run()
}

// otherUser makes a folder another user's and gives what runs a process as him, if we are root.
func otherUser(name, dir string) (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, os.Chown(dir, uid, gid)
}

// RabbitMQ starts a broker of its own, which speaks AMQP 0.9.1 and, with its plugin, 1.0.
// guest may do everything; messages may have 4096 bytes. URL is host:port. It needs half a
// minute to start.
func RabbitMQ(t testing.TB) *Process {
	t.Helper()
	Need(t, "rabbitmq-server", "epmd")
	server := "/usr/lib/rabbitmq/bin/rabbitmq-server" // the one in sbin changes user by itself
	if _, err := os.Stat(server); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "dbdao-rabbitmq-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	address := "127.0.0.1:" + strconv.Itoa(FreePort(t))
	for name, text := range map[string]string{
		"rabbitmq.conf": "listeners.tcp.1 = " + address + "\nmax_message_size = 4096\nlog.file = false\nlog.console = true\nlog.console.level = error\n",
		"plugins":       "[rabbitmq_amqp1_0].\n", "env.conf": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	attr, err := otherUser("rabbitmq", dir)
	if err != nil {
		t.Fatal(err)
	}
	names := strconv.Itoa(FreePort(t)) // of Erlang's name server, which would outlive the broker if that started it
	epmd, err := find("epmd")
	if err != nil {
		t.Fatal(err)
	}
	e := &Process{t: t, name: epmd, args: []string{"-port", names, "-address", "127.0.0.1"}, log: &tail{}, attr: attr, up: dialable("127.0.0.1:" + names)}
	e.Start()
	t.Cleanup(e.Stop)
	p := &Process{t: t, name: "/usr/bin/env", slow: true, log: &tail{}, attr: attr, URL: address, up: dialable(address), args: []string{
		"HOME=" + dir, "ERL_EPMD_PORT=" + names, "ERL_EPMD_ADDRESS=127.0.0.1", "RABBITMQ_NODENAME=dbdao" + names + "@localhost", "RABBITMQ_DIST_PORT=" + strconv.Itoa(FreePort(t)),
		"RABBITMQ_MNESIA_BASE=" + dir + "/mnesia", "RABBITMQ_LOG_BASE=" + dir + "/log", "RABBITMQ_PLUGINS_EXPAND_DIR=" + dir + "/expand", "RABBITMQ_FEATURE_FLAGS_FILE=" + dir + "/flags",
		"RABBITMQ_CONFIG_FILE=" + dir + "/rabbitmq.conf", "RABBITMQ_CONF_ENV_FILE=" + dir + "/env.conf", "RABBITMQ_ENABLED_PLUGINS_FILE=" + dir + "/plugins", "RABBITMQ_PID_FILE=" + dir + "/pid",
		// As if it had a terminal, the script becomes the server; else it waits beside it and outlives it.
		"RABBITMQ_ALLOW_INPUT=1", "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-noinput -kernel inet_dist_use_interface {127,0,0,1} +S 2:2", server,
	}}
	p.Start()
	t.Cleanup(p.Stop)
	return p
}

// Long says that the long form of tests is wanted: DBDAO_LONG=1.
func Long() bool { return os.Getenv("DBDAO_LONG") == "1" }
