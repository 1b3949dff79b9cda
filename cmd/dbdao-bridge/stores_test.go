package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// stores are the buyers of TestAnyStorage, one for each kind of storage and form of it. A
// further kind is one entry here.
var stores = []store{
	{name: "webhook", usual: true, ordered: true, needs: []string{"node"}, open: webhookStore},
	{name: "blobs", usual: true, needs: []string{"nginx"}, open: davStore("json_array", "batch=7", "batch_wait=300ms")},
	{name: "ndjson", needs: []string{"nginx"}, open: davStore("ndjson", "batch=20", "batch_wait=500ms")},
	{name: "csv", needs: []string{"nginx"}, open: davStore("csv", "batch=5", "batch_wait=300ms")},
	{name: "events", needs: []string{"nginx"}, open: davStore("cloudevents")},
	{name: "event-batches", needs: []string{"nginx"}, open: davStore("cloudevents_batch", "batch=10", "batch_wait=300ms")},
	{name: "template", needs: []string{"nginx"}, open: davStore("template", "template="+template, "batch=3", "batch_wait=300ms")},
	{name: "points", usual: true, needs: []string{"influxd", "influx"}, open: influxStore},
	{name: "bucket", usual: true, needs: []string{"versitygw", "s3cmd"}, open: s3Store},
	{name: "zipped", needs: []string{"versitygw", "s3cmd"}, open: s3Store, options: []string{"gzip=true", "prefix=in/"}},
	{name: "rows", usual: true, needs: []string{"postgres", "initdb", "psql"}, open: postgresStore},
	{name: "topic", usual: true, needs: []string{"java", servers.KafkaJar, "kcat"}, open: kafkaStore},
	{name: "broker", usual: true, ordered: true, needs: []string{"mosquitto", "mosquitto_sub"}, open: mqttStore("3.1.1")},
	{name: "broker5", usual: true, ordered: true, needs: []string{"mosquitto", "mosquitto_sub"}, open: mqttStore("5")},
	{name: "box", usual: true, ordered: true, open: pullStore("")},
	{name: "exchange", ordered: true, needs: rabbit, open: amqpStore},
	{name: "node", ordered: true, needs: rabbit, open: amqp1Store},
	{name: "stream", ordered: true, needs: []string{"nats-server", "node", servers.Clients}, open: natsStore},
	{name: "file-ndjson", open: pullStore("?rows=50&every=2s")},
	{name: "file-csv", open: pullStore("?format=csv&rows=50&every=2s")},
	{name: "file-parquet", needs: []string{"node", servers.Clients}, open: pullStore("?format=parquet&rows=50&every=2s")},
}

var rabbit = []string{"rabbitmq-server", "epmd", "node", servers.Clients}

// store is a buyer with a storage of his on a real server.
type store struct {
	name    string   // of the buyer, his wallet and his destination
	usual   bool     // also in the usual form of the test
	ordered bool     // held gives what came first, first
	needs   []string // programs
	options []string // of the destination, besides those open gives
	open    func(*rack, *store) *shelf
}

// shelf is a storage that is open.
type shelf struct {
	*store
	kind    string
	options []string // of the destination
	server  victim   // what may be killed; nil: what begin gives
	// begin is called when the buyer has bought; nil: nothing is to be done.
	begin func(purchases []string) victim
	// held reads what the storage holds with a client that is not ours.
	held func(t *testing.T) []kept

	purchases []string
	sales     string // file for hardware-sim verify
}

// kept is a reading as a storage holds it. Of the same key there is only one for a
// consumer of this kind of storage.
type kept struct{ key, body string }

// victim is a process that SIGKILL ends and that comes back with the same data.
type victim interface {
	Kill()
	Start()
}

// rack has the servers, each started when the first store asks for it.
type rack struct {
	w *world

	node, dav, influx, versity, postgres, kafka, mosquitto, rabbitmq, nats func() *servers.Process
}

func newRack(w *world) *rack {
	t := w.t
	once := func(start func(testing.TB) *servers.Process) func() *servers.Process {
		return sync.OnceValue(func() *servers.Process { return start(t) })
	}
	return &rack{
		w:    w,
		node: once(func(t testing.TB) *servers.Process { return servers.Node(t, "testdata/stores/webhook.mjs") }),
		dav:  once(servers.WebDAV), influx: once(servers.Influx), versity: once(servers.Versity), kafka: once(servers.Kafka),
		rabbitmq: once(servers.RabbitMQ), nats: once(servers.NATS),
		postgres:  once(func(t testing.TB) *servers.Process { return servers.Postgres(t) }),
		mosquitto: once(func(t testing.TB) *servers.Process { return servers.Mosquitto(t) }),
	}
}

// idOf is the id of a reading.
func idOf(t *testing.T, body string) string {
	t.Helper()
	var one struct{ ID string }
	if err := json.Unmarshal([]byte(body), &one); err != nil || one.ID == "" {
		t.Fatalf("not a reading: %v: %.200q", err, body)
	}
	return one.ID
}

func webhookStore(r *rack, _ *store) *shelf {
	server := r.node()
	return &shelf{kind: "http", server: server, options: []string{"url=" + server.URL + "/in", "secret=new"}, held: func(t *testing.T) (all []kept) {
		for _, line := range linesOf(t, filepath.Join(server.Dir, "received.ndjson")) {
			var one struct{ ID, Type, Body string }
			if err := json.Unmarshal([]byte(line), &one); err != nil || one.ID == "" || one.Type != "application/json" {
				t.Fatalf("%v: %s", err, line)
			}
			all = append(all, kept{one.ID, one.Body})
		}
		return all
	}}
}

// template is what a buyer may want each reading to look like.
const template = `{"id":{{id}},"purchase":{{purchase}},"seq":{{seq}},"dev":"{{dev:text}}","f_cnt":{{f_cnt}},"f_port":{{f_port}},"received":{{received}},"time":{{time}},"values":{{values}}}`

// davStore keeps each request as a file that is named by its id.
func davStore(body string, options ...string) func(*rack, *store) *shelf {
	return func(r *rack, s *store) *shelf {
		server := r.dav()
		return &shelf{kind: "http", server: server, options: append([]string{"url=" + server.URL + "/" + s.name + "/{id}", "method=PUT", "body=" + body}, options...),
			held: func(t *testing.T) (all []kept) {
				for name, text := range filesOf(t, filepath.Join(server.Dir, s.name)) {
					for i, one := range taken(t, body, text) {
						all = append(all, kept{fmt.Sprint(name, "/", i), one})
					}
				}
				return all
			}}
	}
}

// taken takes the readings out of a request's body.
func taken(t *testing.T, body, text string) (all []string) {
	t.Helper()
	type event struct {
		ID   string
		Data json.RawMessage
	}
	var raw []json.RawMessage
	var events []event
	var err error
	switch body {
	case "json_array":
		err = json.Unmarshal([]byte(text), &raw)
	case "cloudevents":
		events = make([]event, 1)
		err = json.Unmarshal([]byte(text), &events[0])
	case "cloudevents_batch":
		err = json.Unmarshal([]byte(text), &events)
	case "csv":
		return rowsOf(t, text)
	case "template":
		return strings.Split(text, "\n")
	default:
		return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	}
	if err != nil {
		t.Fatalf("%s: %v: %.200q", body, err, text)
	}
	for _, e := range events {
		if e.ID != idOf(t, string(e.Data)) {
			t.Errorf("the event %s holds %s", e.ID, e.Data)
		}
		raw = append(raw, e.Data)
	}
	for _, one := range raw {
		all = append(all, string(one))
	}
	return all
}

// rowsOf reads CSV with a header into JSON objects.
func rowsOf(t *testing.T, text string) (all []string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("csv: %v: %.200q", err, text)
	}
	for _, row := range rows[1:] {
		object := map[string]any{}
		for i, name := range rows[0] {
			switch name {
			case "purchase", "seq", "f_cnt", "f_port", "stream", "values":
				object[name] = json.RawMessage(row[i])
			default:
				object[name] = row[i]
			}
			if row[i] == "" {
				delete(object, name)
			}
		}
		all = append(all, jsonText(t, object))
	}
	return all
}

func jsonText(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// influxStore keeps points: of the same tags and time there is one.
func influxStore(r *rack, s *store) *shelf {
	server := r.influx()
	client := func(t *testing.T, query string) []byte {
		host, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
		return servers.Client(t, "influx", "-host", host, "-port", port, "-database", s.name, "-precision", "rfc3339", "-format", "json", "-execute", query)
	}
	client(r.w.t, "CREATE DATABASE "+s.name)
	return &shelf{kind: "http", server: server, options: []string{"url=" + server.URL + "/write?db=" + s.name, "body=influx", "batch=10", "batch_wait=200ms"},
		held: func(t *testing.T) (all []kept) {
			var answer struct {
				Results []struct {
					Series []struct {
						Columns []string
						Values  [][]any
					}
				}
			}
			if err := json.Unmarshal(client(t, "SELECT * FROM reading"), &answer); err != nil {
				t.Fatal(err)
			}
			for _, result := range answer.Results {
				for _, series := range result.Series {
					for i, row := range series.Values {
						all = append(all, kept{fmt.Sprint(i), pointOf(t, series.Columns, row)})
					}
				}
			}
			return all
		}}
}

// pointOf makes a point a reading again.
func pointOf(t *testing.T, columns []string, row []any) string {
	t.Helper()
	object, values := map[string]any{}, map[string]any{}
	for i, name := range columns {
		switch name {
		case "id", "dev", "time", "f_cnt", "f_port", "seq", "prev", "stream", "data":
			if row[i] != nil {
				object[name] = row[i]
			}
		case "purchase":
			object[name] = json.RawMessage(fmt.Sprint(row[i]))
		default:
			if row[i] != nil {
				values[name] = row[i]
			}
		}
	}
	object["values"] = values
	return jsonText(t, object)
}

// s3Store keeps objects.
func s3Store(r *rack, s *store) *shelf {
	server := r.versity()
	host := strings.TrimPrefix(server.URL, "http://")
	config := r.w.write(s.name+".s3cfg", "[default]\naccess_key = "+servers.VersityKey+"\nsecret_key = "+servers.VersitySecret+
		"\nhost_base = "+host+"\nhost_bucket = "+host+"\nuse_https = False\nsignature_v2 = False\n")
	client := func(t *testing.T, args ...string) {
		servers.Client(t, "s3cmd", append([]string{"-q", "-c", config}, args...)...)
	}
	client(r.w.t, "mb", "s3://"+s.name)
	return &shelf{kind: "s3", server: server, options: []string{"endpoint=" + server.URL, "bucket=" + s.name, "access_key=" + servers.VersityKey,
		"secret_key=@" + r.w.write(s.name+".secret", servers.VersitySecret), "path_style=true", "batch=20", "batch_wait=500ms"},
		held: func(t *testing.T) (all []kept) {
			dir := t.TempDir()
			client(t, "get", "--recursive", "s3://"+s.name+"/", dir+"/")
			for name, text := range filesOf(t, dir) {
				if strings.HasSuffix(name, ".gz") {
					text = string(servers.Client(t, "gzip", "-dc", filepath.Join(dir, name)))
				}
				for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
					all = append(all, kept{fmt.Sprint(name, "/", i), line})
				}
			}
			return all
		}}
}

// postgresStore keeps rows.
func postgresStore(r *rack, s *store) *shelf {
	server := r.postgres()
	query := func(t *testing.T, sql string) []byte {
		return servers.Client(t, "psql", "-XAtq", server.URL, "-c", sql)
	}
	return &shelf{kind: "postgres", server: server, options: []string{"url=" + server.URL, "tls=false", "table=" + s.name}, held: func(t *testing.T) (all []kept) {
		if strings.TrimSpace(string(query(t, "SELECT to_regclass('public."+s.name+"') IS NOT NULL"))) != "t" {
			return nil // nothing was delivered yet
		}
		for body := range bytes.Lines(query(t, "SELECT body FROM "+s.name)) {
			text := strings.TrimSpace(string(body))
			all = append(all, kept{idOf(t, text), text})
		}
		return all
	}}
}

// kafkaStore keeps records; consumers skip a header id they have seen.
func kafkaStore(r *rack, s *store) *shelf {
	server := r.kafka()
	servers.Client(r.w.t, "kcat", "-q", "-L", "-b", server.URL, "-t", s.name, "-X", "allow.auto.create.topics=true")
	return &shelf{kind: "kafka", server: server, options: []string{`brokers=["` + server.URL + `"]`, "topic=" + s.name, "tls=false"}, held: func(t *testing.T) (all []kept) {
		for line := range bytes.Lines(servers.Client(t, "kcat", "-C", "-q", "-e", "-J", "-o", "beginning", "-b", server.URL, "-t", s.name)) {
			var record struct {
				Headers      []string
				Key, Payload string
			}
			if err := json.Unmarshal(line, &record); err != nil || len(record.Headers) < 2 || record.Headers[0] != "id" {
				t.Fatalf("%v: %s", err, line)
			}
			if id := record.Headers[1]; id != idOf(t, record.Payload) || !strings.Contains(record.Payload, record.Key) || len(record.Key) != 66 {
				t.Errorf("the record of key %q and header %q holds %s", record.Key, id, record.Payload)
			}
			all = append(all, kept{record.Headers[1], record.Payload})
		}
		return all
	}}
}

// mqttStore is a subscriber with a kept session; who processes what it writes skips ids he
// has seen.
func mqttStore(version string) func(*rack, *store) *shelf {
	return func(r *rack, s *store) *shelf {
		server := r.mosquitto()
		address := strings.TrimPrefix(server.URL, "tcp://")
		host, port, _ := strings.Cut(address, ":")
		flag, format := "mqttv311", "%p"
		if version == "5" {
			flag, format = "mqttv5", "%P %p"
		}
		args := []string{"-V", flag, "-h", host, "-p", port, "-i", s.name, "-c", "-q", "1", "-t", s.name + "/#", "-F", format}
		servers.Client(r.w.t, "mosquitto_sub", append(args, "-E")...) // its session exists before anything is published
		file := filepath.Join(r.w.dir, s.name+".messages")
		subscribe(r.w, file, args)
		return &shelf{kind: "mqtt", server: server, options: []string{"url=mqtt://" + address, "topic=" + s.name + "/{stream}/{purchase}", "version=" + version}, held: func(t *testing.T) (all []kept) {
			for _, line := range linesOf(t, file) {
				if version == "5" {
					property, body, _ := strings.Cut(line, " ")
					if property != "id:"+idOf(t, body) {
						t.Errorf("the message with the user property %q holds %s", property, body)
					}
					line = body
				}
				all = append(all, kept{idOf(t, line), line})
			}
			return all
		}}
	}
}

// subscribe runs mosquitto_sub, which connects again whenever its broker comes back.
func subscribe(w *world, file string, args []string) {
	w.t.Helper()
	out, err := os.Create(file)
	if err != nil {
		w.t.Fatal(err)
	}
	c := exec.Command("mosquitto_sub", args...)
	c.Stdout, c.Stderr = out, os.Stderr
	if err := c.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		out.Close()
	})
}

// amqpStore is a queue behind an exchange; consumers skip a message-id they have seen.
func amqpStore(r *rack, s *store) *shelf {
	server := r.rabbitmq()
	servers.Script(r.w.t, "amqp.mjs", "make", server.URL, s.name)
	return &shelf{kind: "amqp", server: server,
		options: []string{"url=amqp://" + server.URL, "exchange=" + s.name, "routing_key={stream}.{dev}", "username=guest", "password=@" + r.w.write(s.name+".password", "guest")},
		held:    func(t *testing.T) []kept { return messages(t, "amqp.mjs", "held", server.URL, s.name) }}
}

// amqp1Store is a queue of the same broker, by AMQP 1.0.
func amqp1Store(r *rack, s *store) *shelf {
	server := r.rabbitmq()
	servers.Script(r.w.t, "amqp.mjs", "make", server.URL, s.name)
	return &shelf{kind: "amqp1", server: server,
		options: []string{"url=amqp://" + server.URL, "address=/queue/" + s.name, "username=guest", "password=@" + r.w.write(s.name+".password", "guest")},
		held: func(t *testing.T) []kept { // RabbitMQ 3.10's plugin does not drain: the reader is told where the end is
			count := strings.TrimSpace(string(servers.Script(t, "amqp.mjs", "count", server.URL, s.name)))
			return messages(t, "amqp1.mjs", server.URL, "/queue/"+s.name, count)
		}}
}

// natsStore is a stream that drops what comes with an id it has seen.
func natsStore(r *rack, s *store) *shelf {
	server := r.nats()
	servers.Script(r.w.t, "nats.mjs", "make", server.URL, s.name)
	return &shelf{kind: "nats", server: server, options: []string{"url=nats://" + server.URL, "subject=" + s.name + ".{stream}.{dev}", "stream=" + s.name},
		held: func(t *testing.T) []kept {
			all := messages(t, "nats.mjs", "held", server.URL, s.name)
			for i := range all {
				all[i].key = fmt.Sprint(i) // the stream is what drops them
			}
			return all
		}}
}

// messages are what a script of another maker's client prints of a broker.
func messages(t *testing.T, script string, args ...string) (all []kept) {
	t.Helper()
	for line := range bytes.Lines(servers.Script(t, script, args...)) {
		var one struct{ Key, Body string }
		if err := json.Unmarshal(line, &one); err != nil || one.Key != idOf(t, one.Body) {
			t.Fatalf("%v: the message with the id %q holds %s", err, one.Key, one.Body)
		}
		all = append(all, kept{one.Key, one.Body})
	}
	return all
}

// pullStore is a buyer without a server: what `receive` has written with these options must
// be each reading once. Of rotated files those count that are closed.
func pullStore(options string) func(*rack, *store) *shelf {
	return func(r *rack, s *store) *shelf {
		w := r.w
		dir := filepath.Join(w.dir, s.name)
		return &shelf{kind: "pull",
			begin: func(purchases []string) victim {
				args := append([]string{"receive", "--to", "file:" + dir + options, "--api", "http://" + w.public, "--poll", "200ms",
					"--keystore", w.keystore(s.name), "--password-file", filepath.Join(w.dir, "password")}, purchases...)
				p := &program{w: w, args: args}
				p.Start()
				w.t.Cleanup(p.Kill)
				return p
			},
			held: func(t *testing.T) []kept { return filed(t, dir) }}
	}
}

// filed reads a folder of `receive`, whatever the format.
func filed(t *testing.T, dir string) (all []kept) {
	t.Helper()
	var parquet []string
	for name, text := range filesOf(t, dir) {
		var bodies []string
		switch {
		case strings.HasPrefix(name, "."), strings.HasSuffix(name, ".open.ndjson"), strings.HasSuffix(name, ".closing.ndjson"):
		case strings.HasSuffix(name, ".parquet"):
			parquet = append(parquet, filepath.Join(dir, name))
		case strings.HasSuffix(name, ".csv"):
			bodies = rowsOf(t, text)
		case strings.HasSuffix(name, ".ndjson"):
			bodies = strings.Split(text[:strings.LastIndexByte(text, '\n')+1], "\n")
			bodies = bodies[:len(bodies)-1]
		}
		for i, body := range bodies {
			all = append(all, kept{fmt.Sprint(name, "/", i), body})
		}
	}
	if len(parquet) == 0 {
		return all
	}
	for line := range bytes.Lines(servers.Script(t, "parquet.mjs", parquet...)) {
		var one struct{ Key, Body string }
		if err := json.Unmarshal(line, &one); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		all = append(all, kept{one.Key, one.Body})
	}
	return all
}

// program is a command of ours that runs until it is killed.
type program struct {
	w    *world
	args []string
	cmd  *exec.Cmd
}

func (p *program) Start() {
	p.w.t.Helper()
	p.cmd = exec.Command(p.w.bin, p.args...)
	p.cmd.Stdout, p.cmd.Stderr = p.w.log, p.w.log
	if err := p.cmd.Start(); err != nil {
		p.w.t.Fatal(err)
	}
}

func (p *program) Kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// linesOf are the whole lines of a file; none if there is no file yet.
func linesOf(t *testing.T, file string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if whole, ok := strings.CutSuffix(line, "\n"); ok {
			all = append(all, whole)
		}
	}
	return all
}

// filesOf are the files below a folder, by their path in it.
func filesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		all[name] = string(text)
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return all
}
