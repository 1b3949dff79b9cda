package source

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/detect"
	"github.com/databrokerdao/dbdao-bridge/lorawan/gateway"
)

// Bought says which devices are bought now: the running bridge knows. Nil: it is of no interest.
type Bought func(ctx context.Context) (map[lorawan.DevEUI]bool, error)

// Listen listens at every source that has a broker, for a while, and says what it heard: the
// only proof that a source works. It has sessions of its own, acknowledges what it is sent there,
// and changes nothing. An error says that a source heard nothing it could read.
func Listen(ctx context.Context, cfg config.Config, log *slog.Logger, d time.Duration, bought Bought, say func(ok bool, what string)) error {
	var devices map[lorawan.DevEUI]bool
	var unknown error
	if bought != nil {
		devices, unknown = bought(ctx)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed error
	for _, c := range cfg.Sources {
		if c.Kind == config.KindHTTP {
			say(true, "source "+c.Name+": is posted to, and is heard with `dbdao-bridge status --watch`")
			continue
		}
		wg.Go(func() {
			what, err := listenAt(ctx, c, cfg.Operator.ID, log, d, devices, unknown)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = err
				say(false, "source "+c.Name+": "+err.Error())
				return
			}
			say(true, "source "+c.Name+": "+what)
		})
	}
	wg.Wait()
	return failed
}

// overheard is what came under a source's topics.
type overheard struct {
	decode   func(payload []byte, u *lorawan.Uplink) error
	mu       sync.Mutex
	all      int
	qos0     int
	retained int
	poor     int // not understood
	events   map[lorawan.Event]int
	devices  map[lorawan.DevEUI]bool
	bought   map[lorawan.DevEUI]int // uplinks
	other    map[string]int         // messages under other topics, by their shape
}

func listenAt(ctx context.Context, c config.Source, operator uint64, log *slog.Logger, d time.Duration, bought map[lorawan.DevEUI]bool, unknown error) (string, error) {
	conn, err := brokerConfig(c, operator, log)
	if err != nil {
		return "", err
	}
	topics, err := topicsOf(c)
	if err != nil {
		return "", err
	}
	var template lorawan.Template
	if c.Kind == config.KindMQTT {
		if template, err = lorawan.ParseTemplate(c.Topic); err != nil {
			return "", err
		}
	}
	decode, err := detect.Decoder(c.Format)
	if err != nil {
		return "", err
	}
	o := &overheard{decode: decode, events: map[lorawan.Event]int{}, devices: map[lorawan.DevEUI]bool{}, bought: map[lorawan.DevEUI]int{}, other: map[string]int{}}
	hear := func(m mqtt.Message) {
		m.Ack()
		o.hear(c.Kind, &template, m, bought)
	}
	everything := func(m mqtt.Message) {
		m.Ack()
		if own := c.Kind == config.KindGateway && isGateways(m.Topic) || c.Kind == config.KindMQTT && isOf(&template, m.Topic); !own && !m.Retained {
			o.elsewhere(m.Topic)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	problem := fmt.Sprintf("nothing at %s answered within that time as an MQTT broker does: correct the source's url, or listen longer (30s)", HostOf(c.URL))
	var wg sync.WaitGroup
	run := func(id string, filters []string, on func(mqtt.Message), ev mqtt.Events) {
		own := conn
		own.ClientID, own.CleanSession, own.Log = conn.ClientID+id, true, nil
		sub := mqtt.NewSubscriber(own, filters, on, ev)
		wg.Go(func() { _ = sub.Run(ctx) }) // settings that cannot work were told by brokerConfig and check
	}
	run("-listen", topics, hear, mqtt.Events{
		Connected: func(bool) {
			o.note(&problem, "the broker did not answer the subscription within that time: listen longer (30s)")
		},
		Granted: func(string, byte) { o.note(&problem, "") },
		Lost:    func(err error) { o.note(&problem, unreached(err, c.URL)) },
		Refused: func(topic string) { o.note(&problem, "the broker does not let this account read "+topic) },
	})
	run("-listen-all", []string{"#"}, everything, mqtt.Events{}) // an account that may not read everything hears less
	wg.Wait()
	return o.tell(c, topics, d, problem, bought, unknown)
}

func isGateways(topic string) bool {
	_, kind := gateway.ParseTopic(topic)
	return kind != gateway.NoTopic
}

func isOf(t *lorawan.Template, topic string) bool {
	_, ok := t.Read(topic)
	return ok
}

func (o *overheard) note(what *string, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	*what = text
}

func (o *overheard) elsewhere(topic string) {
	levels := strings.Split(topic, "/")
	for i, l := range levels {
		if len(l) >= 8 && strings.Trim(l, "0123456789abcdefABCDEF-") == "" {
			levels[i] = "…" // an id
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if shape := strings.Join(levels, "/"); len(o.other) < 100 || o.other[shape] > 0 {
		o.other[shape]++
	}
}

// hear looks at one message as the bridge would.
func (o *overheard) hear(kind string, t *lorawan.Template, m mqtt.Message, bought map[lorawan.DevEUI]bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if m.Retained {
		o.retained++
		return
	}
	o.all++
	if kind == config.KindGateway {
		o.frame(m)
		return
	}
	topic, ok := t.Read(m.Topic)
	if !ok {
		o.poor++
		return
	}
	event := topic.Event
	if intake.Matters(event) {
		var u lorawan.Uplink
		if o.decode(m.Payload, &u) != nil || topic.Check(&u) != nil {
			o.poor++
			return
		}
		event, topic.DevEUI = u.Event, u.DevEUI
	}
	o.events[event]++
	if event != lorawan.EventUp {
		return
	}
	o.sender(topic.DevEUI)
	if m.QoS == 0 {
		o.qos0++
	}
	if bought[topic.DevEUI] {
		o.bought[topic.DevEUI]++
	}
}

// sendersMost is how many devices or gateways are told apart.
const sendersMost = 100_000

func (o *overheard) sender(id lorawan.DevEUI) {
	if len(o.devices) < sendersMost {
		o.devices[id] = true
	}
}

// frame counts a gateway's message.
func (o *overheard) frame(m mqtt.Message) {
	id, kind := gateway.ParseTopic(m.Topic)
	switch kind {
	case gateway.Up:
		var rx gateway.Reception
		if gateway.Decode(m.Payload, &rx) != nil {
			o.poor++
			return
		}
		o.events[lorawan.EventUp]++
		if m.QoS == 0 {
			o.qos0++
		}
	case gateway.NoTopic:
		o.poor++
		return
	default:
		o.events[lorawan.EventUnknown]++
	}
	o.sender(id)
}

// tell says what was heard, or why that is a fault.
func (o *overheard) tell(c config.Source, topics []string, d time.Duration, problem string, bought map[lorawan.DevEUI]bool, unknown error) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var kinds []string
	for _, e := range slices.Sorted(maps.Keys(o.events)) {
		kinds = append(kinds, fmt.Sprintf("%s %d", e, o.events[e]))
	}
	others := ""
	if n := o.mostElsewhere(); n != "" {
		others = "; under other topics the broker has " + n
	}
	switch {
	case o.all == 0 && problem != "":
		return "", fmt.Errorf("nothing was heard in %v: %s", d, problem)
	case o.all == 0 && others != "":
		return "", fmt.Errorf("nothing was heard in %v under %s%s: if one of these is the network server's, set the source's topic to it", d, strings.Join(topics, ", "), others)
	case o.all == 0:
		return "", fmt.Errorf("nothing was heard in %v under %s, nor under any other topic: the broker at %s lets this account read nothing (its access list), or nothing is published there, because it is not the network server's or no device sends", d, strings.Join(topics, ", "), HostOf(c.URL))
	case o.poor == o.all:
		return "", fmt.Errorf("%d messages were heard in %v and none is understood%s: are url and topic the network server's?", o.all, d, others)
	}
	noun := map[string]string{config.KindMQTT: "devices", config.KindGateway: "gateways"}[c.Kind]
	said := fmt.Sprintf("heard %d messages in %v (%s) of %d %s", o.all, d, strings.Join(kinds, ", "), len(o.devices), noun)
	if o.poor > 0 {
		said += fmt.Sprintf("; not understood: %d", o.poor)
	}
	if o.qos0 > 0 {
		said += fmt.Sprintf("; with QoS 0, by which they are lost while the bridge is away: %d", o.qos0)
	}
	switch {
	case c.Kind == config.KindGateway:
	case unknown != nil:
		said += "; what of it is bought the running bridge did not say: " + unknown.Error()
	case bought != nil:
		n := 0
		for _, uplinks := range o.bought {
			n += uplinks
		}
		said += fmt.Sprintf("; bought: %d devices of %d that are, %d uplinks", len(o.bought), len(bought), n)
	}
	return said, nil
}

// mostElsewhere names the three commonest shapes of other topics.
func (o *overheard) mostElsewhere() string {
	shapes := slices.SortedFunc(maps.Keys(o.other), func(a, b string) int {
		if n := o.other[b] - o.other[a]; n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	var all []string
	for _, s := range shapes[:min(3, len(shapes))] {
		all = append(all, fmt.Sprintf("%s (%d)", s, o.other[s]))
	}
	return strings.Join(all, ", ")
}
