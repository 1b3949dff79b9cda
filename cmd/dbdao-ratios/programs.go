package main

import (
	"context"
	"fmt"
	"github.com/databrokerdao/dbdao-bridge/bridge/app"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// mosquitto is where Debian keeps it, if it is not in the path.
func mosquitto() string {
	if p, err := exec.LookPath("mosquitto"); err == nil {
		return p
	}
	return "/usr/sbin/mosquitto"
}

// broker starts a mosquitto that drops nothing: queues have no limit, 1,000 messages may be
// under way to each client, which is what keeps a bridge that stores before it acknowledges busy.
func (s *stage) broker(ctx context.Context, name string, port int, extra ...string) (*process, error) {
	lines := append([]string{
		fmt.Sprintf("listener %d 127.0.0.1", port), "allow_anonymous true", "persistence false", "max_queued_messages 0", "max_inflight_messages 1000",
		"set_tcp_nodelay true", "log_type notice", "log_type subscribe", "log_type error", "user root",
	}, extra...)
	conf := s.path(name + ".conf")
	if err := os.WriteFile(conf, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return nil, err
	}
	p, err := s.start(name, mosquitto(), "-c", conf)
	if err != nil {
		return nil, err
	}
	return p, until(ctx, name+" does not listen", func() error {
		c, err := net.Dial("tcp", local(port))
		if err == nil {
			_ = c.Close()
		}
		return err
	})
}

// everything is the topic of all uplinks.
const everything = "application/+/device/+/event/up"

// telegrafIn reads uplinks as the bridge does: QoS 1 and a session that is kept, each
// acknowledged when the output has it. The JSON of ChirpStack v4 becomes the device as a
// tag, the counter, the port, the bytes and the decoded values.
const telegrafIn = `[agent]
  interval = "10s"
  flush_interval = "1s"
  metric_batch_size = %d
  metric_buffer_limit = 100000
  omit_hostname = true
  quiet = true
[[inputs.mqtt_consumer]]
  servers = ["tcp://%s"]
  topics = ["%s"]
  topic_tag = ""
  qos = 1
  persistent_session = true
  client_id = "telegraf"
  max_undelivered_messages = 1000
  data_format = "json_v2"
  [[inputs.mqtt_consumer.json_v2]]
    measurement_name = "reading"
    timestamp_path = "time"
    timestamp_format = "2006-01-02T15:04:05.999999999Z07:00"
    [[inputs.mqtt_consumer.json_v2.tag]]
      path = "deviceInfo.devEui"
      rename = "dev_eui"
    [[inputs.mqtt_consumer.json_v2.field]]
      path = "fCnt"
      type = "int"
    [[inputs.mqtt_consumer.json_v2.field]]
      path = "fPort"
      type = "int"
    [[inputs.mqtt_consumer.json_v2.field]]
      path = "data"
    [[inputs.mqtt_consumer.json_v2.object]]
      path = "object"
`

// telegrafOut posts each reading, or batches.
const telegrafOut = `[[outputs.http]]
  url = "http://%s/telegraf"
  method = "POST"
  data_format = "json"
  use_batch_format = %t
  [outputs.http.headers]
    Content-Type = "application/json"
`

// telegraf starts Telegraf. With batch 1 it posts one reading after the other out of what a
// flush holds; only, unless nil, are the devices whose readings it lets through.
func (s *stage) startTelegraf(batch int, only []string) (*process, error) {
	size := batch
	if batch == 1 {
		size = 1000 // read together, posted singly: less costs it more
	}
	conf := fmt.Sprintf(telegrafIn, size, local(s.ports.source), everything)
	if only != nil {
		conf += "[[processors.starlark]]\n  source = '''\nbought = {" + "\"" + strings.Join(only, "\": True, \"") + "\": True}\n" +
			"def apply(metric):\n    return metric if metric.tags.get(\"dev_eui\") in bought else None\n'''\n"
	}
	conf += fmt.Sprintf(telegrafOut, local(s.ports.http), batch > 1)
	if err := os.WriteFile(s.path("telegraf.conf"), []byte(conf), 0o600); err != nil {
		return nil, err
	}
	return s.start("telegraf", s.o.telegraf, "--config", s.path("telegraf.conf"))
}

// startRelay starts a mosquitto that bridges the uplinks from one broker to the other: of
// all devices, or subscribed to each of some.
func (s *stage) startRelay(ctx context.Context, only []string) (*process, error) {
	lines := []string{"connection in", "address " + local(s.ports.source), "remote_clientid relay-in", "cleansession false", "notifications false", "bridge_protocol_version mqttv311"}
	if only == nil {
		lines = append(lines, "topic "+everything+" in 1")
	}
	for _, dev := range only {
		lines = append(lines, "topic application/+/device/"+dev+"/event/up in 1")
	}
	lines = append(lines, "connection out", "address "+local(s.ports.target), "remote_clientid relay-out", "cleansession false", "notifications false",
		"bridge_protocol_version mqttv311", "topic "+everything+" out 1")
	return s.broker(ctx, "relay", s.ports.relay, lines...)
}

// startBridge starts the bridge with the ledger the market was folded into, and sets the
// buyer's destination.
func (s *stage) startBridge(ctx context.Context, kind, config string) (*process, error) {
	data := s.path("data")
	if err := os.RemoveAll(data); err != nil {
		return nil, err
	}
	if err := copyFolder(data, s.path("first")); err != nil {
		return nil, err
	}
	if err := app.MakeKeys(data); err != nil {
		return nil, err
	}
	if err := s.configure(data); err != nil {
		return nil, err
	}
	p, err := s.start("bridge", s.o.bridge, "run", "-c", s.path("bridge.toml"))
	if err != nil {
		return nil, err
	}
	if err := p.says(ctx, "dbdao-bridge runs"); err != nil {
		return p, err
	}
	return p, until(ctx, "the bridge takes no destination", func() error { return s.route(ctx, kind, config) })
}

// copyFolder copies a folder of secrets: nobody else may read the copy.
func copyFolder(to, from string) error {
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	files, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(from, f.Name()))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, f.Name()), b, 0o600); err != nil {
			return err
		}
	}
	return nil
}
