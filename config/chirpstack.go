package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/viper"
)

// ChirpStack is what ChirpStack's own configuration says of its MQTT integration.
type ChirpStack struct {
	Broker  string // "": it comes from the environment ChirpStack runs in
	Topic   string // template of its events, as sources.topic has it
	QoS     int    // it publishes with
	Account string // its own at the broker, which may publish; "": none
}

// ReadChirpStack reads the chirpstack.toml of ChirpStack v4 (section integration.mqtt; what is
// left out has the defaults of its configuration reference). No file is no error: ok is false.
func ReadChirpStack(file string) (c ChirpStack, ok bool, err error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return c, false, nil
	}
	if err != nil {
		return c, false, fmt.Errorf("read ChirpStack's configuration: %w", err)
	}
	v := viper.New()
	v.SetConfigType("toml")
	if err := v.ReadConfig(strings.NewReader(string(text))); err != nil {
		return c, false, fmt.Errorf("%s: %w", file, err)
	}
	in := func(key string) string {
		value := v.GetString("integration.mqtt." + key)
		if strings.Contains(value, "$") { // ChirpStack puts in a variable
			return ""
		}
		return value
	}
	c = ChirpStack{Broker: in("server"), QoS: v.GetInt("integration.mqtt.qos"), Account: in("username")}
	if !v.IsSet("integration.mqtt.server") {
		c.Broker = "tcp://127.0.0.1:1883"
	}
	c.Broker = strings.TrimSuffix(c.Broker, "/")
	topic := cmp.Or(in("event_topic"), "application/{{application_id}}/device/{{dev_eui}}/event/{{event}}")
	c.Topic = strings.NewReplacer("{{ ", "{", " }}", "}", "{{", "{", "}}", "}").Replace(topic)
	return c, true, nil
}
