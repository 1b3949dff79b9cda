package servers

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
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
	return launch(t, "moto_server", url, speaksHTTP(url+"/moto-api/"), "-H", "127.0.0.1", "-p", port)
}

// speaksHTTP asks until there is an answer, whatever it is.
func speaksHTTP(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		return res.Body.Close()
	}
}

// Key and secret of the account of a [Versity] server.
const (
	VersityKey    = "tester"
	VersitySecret = "0123456789abcdef"
)

// Versity starts a server that speaks S3 and keeps objects as files.
func Versity(t testing.TB) *Process {
	t.Helper()
	Need(t, "versitygw")
	port, dir := strconv.Itoa(FreePort(t)), t.TempDir()
	url := "http://127.0.0.1:" + port
	p := launch(t, "versitygw", url, speaksHTTP(url), "--port", "127.0.0.1:"+port, "--access", VersityKey, "--secret", VersitySecret, "--quiet", "posix", dir)
	p.Dir = dir
	return p
}

// KafkaJar is one of the files of Apache Kafka, for [Need].
const KafkaJar = "kafka/kafka-clients-4.1.0.jar"

// Kafka starts a broker of Apache Kafka that is its own controller. A topic of four
// partitions is made when a consumer first asks for it. It takes ten seconds to come up.
func Kafka(t testing.TB) *Process {
	t.Helper()
	Need(t, "java", KafkaJar)
	jar, err := find(KafkaJar)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	addr, controller := "127.0.0.1:"+strconv.Itoa(FreePort(t)), "127.0.0.1:"+strconv.Itoa(FreePort(t))
	write(t, filepath.Join(dir, "data", "meta.properties"), "version=1\ncluster.id=MkU3OEVBNTcwNTJENDM2Qk\nnode.id=1\n")
	write(t, filepath.Join(dir, "server.properties"), `
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@`+controller+`
listeners=PLAINTEXT://`+addr+`,CONTROLLER://`+controller+`
advertised.listeners=PLAINTEXT://`+addr+`
controller.listener.names=CONTROLLER
log.dirs=`+filepath.Join(dir, "data")+`
num.partitions=4
offsets.topic.replication.factor=1
`)
	return launch(t, "java", addr, dialable(addr), "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
		"-cp", filepath.Join(filepath.Dir(jar), "*"), "kafka.Kafka", filepath.Join(dir, "server.properties"))
}

// Influx starts an InfluxDB 1 server.
func Influx(t testing.TB) *Process {
	t.Helper()
	Need(t, "influxd")
	dir, port := t.TempDir(), strconv.Itoa(FreePort(t))
	url := "http://127.0.0.1:" + port
	write(t, filepath.Join(dir, "influxdb.conf"), `
reporting-disabled = true
bind-address = "127.0.0.1:`+strconv.Itoa(FreePort(t))+`"
[meta]
dir = "`+dir+`/meta"
[data]
dir = "`+dir+`/data"
wal-dir = "`+dir+`/wal"
query-log-enabled = false
[http]
bind-address = "127.0.0.1:`+port+`"
log-enabled = false
[monitor]
store-enabled = false
`)
	return launch(t, "influxd", url, speaksHTTP(url+"/ping"), "run", "-config", filepath.Join(dir, "influxdb.conf"))
}

// WebDAV starts nginx as a store of files: a PUT to any path makes one below Dir.
func WebDAV(t testing.TB) *Process {
	t.Helper()
	Need(t, "nginx")
	dir, port := t.TempDir(), strconv.Itoa(FreePort(t))
	write(t, filepath.Join(dir, "nginx.conf"), `
daemon off;
master_process off;
pid `+dir+`/nginx.pid;
error_log stderr;
events { worker_connections 256; }
http {
	access_log off;
	client_body_temp_path `+dir+`/body;
	proxy_temp_path `+dir+`/proxy;
	fastcgi_temp_path `+dir+`/fastcgi;
	uwsgi_temp_path `+dir+`/uwsgi;
	scgi_temp_path `+dir+`/scgi;
	server {
		listen 127.0.0.1:`+port+`;
		client_max_body_size 64m;
		location / { root `+dir+`/files; dav_methods PUT; create_full_put_path on; }
	}
}
`)
	addr := "127.0.0.1:" + port
	p := launch(t, "nginx", "http://"+addr, dialable(addr), "-c", filepath.Join(dir, "nginx.conf"), "-e", "stderr")
	p.Dir = filepath.Join(dir, "files")
	return p
}

// Node runs a script of Node.js that listens on the port of its first argument and keeps
// what it is given below the folder of its second.
func Node(t testing.TB, script string) *Process {
	t.Helper()
	Need(t, "node")
	dir, port := t.TempDir(), strconv.Itoa(FreePort(t))
	addr := "127.0.0.1:" + port
	p := launch(t, "node", "http://"+addr, dialable(addr), script, port, dir)
	p.Dir = dir
	return p
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// Postgres starts a PostgreSQL server of its own with an empty database, which the user
// postgres may enter without a password. The server refuses to run as root; a test that
// does runs it as the user postgres.
func Postgres(t testing.TB, extra ...string) *Process {
	t.Helper()
	Need(t, "initdb", "postgres")
	initdb, err := find("initdb")
	if err != nil {
		t.Fatal(err)
	}
	server, err := find("postgres")
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
	isready, err := find("pg_isready")
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

// NATS starts a server with JetStream. URL is host:port.
func NATS(t testing.TB) *Process {
	t.Helper()
	Need(t, "nats-server")
	port := strconv.Itoa(FreePort(t))
	address := "127.0.0.1:" + port
	return launch(t, "nats-server", address, dialable(address), "-a", "127.0.0.1", "-p", port, "-js", "-sd", t.TempDir())
}

const clients = "internal/servers/testdata/clients"

// Clients are the packages of the clients that [Script] runs, for [Need].
const Clients = "node_modules/.installed-lock"

// Script runs a script of testdata/clients, which reads with a client of another maker what
// a store holds, and gives what it printed.
func Script(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	Need(t, "node", Clients)
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	return Client(t, "node", append([]string{filepath.Join(root, clients, name)}, args...)...)
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
	p := &Process{t: t, name: "/usr/bin/env", log: &tail{}, attr: attr, URL: address, up: dialable(address), args: []string{
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
