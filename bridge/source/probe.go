package source

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// probeTopic is where hardware-sim publishes unless told otherwise, of a device that is none; an
// event of kind log is nobody's reading.
const probeTopic = "application/17c82e96-be03-4f38-aef3-f83d48582d97/device/70b3d57edbffffff/event/log"

// probeMessage takes a text that no other probe has.
const probeMessage = `{"deviceInfo":{"applicationId":"17c82e96-be03-4f38-aef3-f83d48582d97","devEui":"70b3d57edbffffff"},"level":"INFO","code":"UNKNOWN","description":"dbdao-bridge tries whether it hears this: %s"}`

// How long a broker is waited for: to let both accounts in and subscribe, and to hand on a message it has taken.
const (
	probeReady = 10 * time.Second
	probeHears = 3 * time.Second
)

// Probe publishes a message with the account of pub and says why a source's own account does not
// hear it, and what to do, within seconds; nil: it does. A broker takes what its access list
// forbids and drops it, by MQTT 3.1.1 without a word.
func Probe(ctx context.Context, c, pub config.Source, operator uint64) error {
	topics, err := topicsOf(c)
	if err != nil {
		return err
	}
	if template, err := lorawan.ParseTemplate(c.Topic); err != nil || !isOf(&template, probeTopic) {
		return fmt.Errorf("the source's topic is %s, and the simulated sensors publish under application/…: nothing would be heard", c.Topic)
	}
	message := fmt.Appendf(nil, probeMessage, rand.Text())
	ctx, cancel := context.WithCancel(ctx)
	var both []*attendant
	defer func() {
		cancel()
		for _, one := range both {
			<-one.over
		}
	}()
	ready := time.NewTimer(probeReady)
	defer ready.Stop()
	for _, one := range []struct {
		c        config.Source
		id       string
		topics   []string
		mustRead bool
	}{{c, "-probe", topics, true}, {pub, "-probe-publisher", []string{probeTopic}, false}} {
		a, err := attend(ctx, one.c, operator, one.id, one.topics, message, one.mustRead)
		if err != nil {
			return err
		}
		both = append(both, a)
		if err := a.granted(ctx, ready.C); err != nil {
			return err
		}
	}
	reader, writer := both[0], both[1]
	out := mqtt.NewPublisher(writer.conn)
	defer func() { _ = out.Close() }()
	if err := out.Publish(ctx, probeTopic, message, 1); err != nil {
		return fmt.Errorf("%s cannot publish: %s", writer.name, unreached(err, pub.URL))
	}
	late := time.NewTimer(probeHears)
	defer late.Stop()
	select {
	case <-reader.heard:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-late.C:
	}
	select {
	case <-writer.heard:
		return fmt.Errorf("the broker lets %s publish %s, and does not let %s read it: in Mosquitto's acl_file %s wants the line `topic read application/#`", writer.name, probeTopic, reader.name, reader.name)
	default:
		return fmt.Errorf("the broker took a message that %s published under %s, and dropped it: its access list does not let %s write there. Let the sensors publish with an account that may, such as the network server's "+
			"(in Mosquitto's acl_file `user NAME` and `topic write application/#`); the bridge's own should only read", writer.name, probeTopic, writer.name)
	}
}

// attendant is an account that listens for the probe.
type attendant struct {
	name                string
	conn                mqtt.Config
	heard, stands, over chan struct{}
	cause               chan string
}

func attend(ctx context.Context, c config.Source, operator uint64, id string, topics []string, message []byte, mustRead bool) (*attendant, error) {
	conn, err := brokerConfig(c, operator, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	conn.ClientID, conn.CleanSession, conn.Log = conn.ClientID+id, true, nil
	a := &attendant{name: cmp.Or(c.Username, "nobody (no account)"), conn: conn, heard: make(chan struct{}, 1), stands: make(chan struct{}, 1), over: make(chan struct{}), cause: make(chan string, 1)}
	a.conn.ClientID += "-out"
	sub := mqtt.NewSubscriber(conn, topics, func(m mqtt.Message) {
		m.Ack()
		if bytes.Equal(m.Payload, message) {
			first(a.heard, struct{}{})
		}
	}, mqtt.Events{
		Granted: func(string, byte) { first(a.stands, struct{}{}) },
		Refused: func(topic string) {
			if mustRead {
				first(a.cause, "the broker does not let "+a.name+" read "+topic)
			} else {
				first(a.stands, struct{}{})
			}
		},
		Lost: func(err error) { first(a.cause, "as "+a.name+": "+unreached(err, c.URL)) },
	})
	go func() {
		defer close(a.over)
		_ = sub.Run(ctx) // settings that cannot work were told by brokerConfig and check
	}()
	return a, nil
}

// first puts what is told into a channel that has room for one.
func first[T any](c chan T, what T) {
	select {
	case c <- what:
	default:
	}
}

// granted waits until the subscription stands.
func (a *attendant) granted(ctx context.Context, late <-chan time.Time) error {
	select {
	case <-a.stands:
		return nil
	case what := <-a.cause:
		return errors.New(what)
	case <-ctx.Done():
		return ctx.Err()
	case <-late:
		return fmt.Errorf("the broker did not answer %s within %v", a.name, probeReady)
	}
}
