package source

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/health"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/internal/metrics"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/gateway"
)

// topicsOf lists the topic filters a source subscribes to.
func topicsOf(c config.Source) ([]string, error) {
	if c.Kind == config.KindGateway {
		return gateway.Subscriptions(c.Topic)
	}
	t, err := lorawan.ParseTemplate(c.Topic)
	if err != nil {
		return nil, err
	}
	return []string{t.Subscription()}, nil
}

// link is a source's connection to its broker.
type link struct {
	name, clientID, broker, topics string

	former []string // topics as they were configured before, which the session may be subscribed to

	health *health.Conditions
	log    *slog.Logger

	mu      sync.Mutex
	up      bool
	since   time.Time // of the connection
	session string    // kept or new; held: there is no room for what would come
	granted map[string]byte
	known   bool        // the broker had a session of ours before
	cut     []time.Time // ends of connections that had hardly begun
}

const (
	cutWithin = 15 * time.Second // a connection that ended sooner had hardly begun
	cutsMany  = 3
	cutsIn    = 2 * time.Minute
	steadyFor = time.Minute
)

// connected notes a connection.
func (l *link) connected(present bool, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.up, l.since, l.granted = true, now, map[string]byte{}
	l.session = map[bool]string{true: "kept", false: "new"}[present]
	l.health.Clear("broker_down", l.name)
	l.health.Set(!present && l.known, health.Condition{Code: "session_lost", Subject: l.name,
		Text: "the broker had kept no session of ours (client id " + l.clientID + "): what was published while the bridge was away is lost. Let the broker keep sessions"})
	l.known = true
}

// lost notes that a connection ended, or could not be made.
func (l *link) lost(err error, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.up && now.Sub(l.since) < cutWithin {
		l.cut = append(l.cut, now)
		l.cut = l.cut[max(0, len(l.cut)-cutsMany):]
	}
	l.up, l.session, l.granted = false, "", nil
	text := unreached(err, l.broker)
	if l.known {
		text += ". What the network server publishes with QoS 1 waits there"
	}
	l.health.Raise(health.Condition{Code: "broker_down", Subject: l.name, Text: text})
	if len(l.cut) == cutsMany && now.Sub(l.cut[0]) < cutsIn {
		l.health.Raise(health.Condition{Code: "client_id_taken", Subject: l.name,
			Text: fmt.Sprintf("the broker ended the connection %d times right after it began: another client uses the client id %s, and each throws the other out", cutsMany, l.clientID)})
	}
}

// hold notes that the connection was ended on purpose: there is no room for what comes.
func (l *link) hold() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.up, l.session, l.granted = false, "held", nil
}

// grant notes what the broker answered to a subscription; qos 128: it refused.
func (l *link) grant(topic string, qos byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.granted != nil {
		l.granted[topic] = qos
	}
	l.health.Set(qos > 2, health.Condition{Code: "subscription_refused", Subject: l.name,
		Text: "the broker does not let this account read " + topic + ": allow it in the broker's access list"})
	if qos == 0 {
		l.health.Raise(health.Condition{Code: "uplinks_qos0", Subject: l.name,
			Text: "the broker grants QoS 0 only: what is published while the bridge is away is lost"})
	}
}

// left notes that the broker sends nothing more of former topics.
func (l *link) left() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.log.Info("the topic was changed: the broker sends nothing more of the former one, and what waited there is taken in", "source", l.name)
	l.former = nil
}

// formerly prepares a source for what its broker keeps of topics that it had before.
func (s *Source) formerly(m memory) {
	for _, topic := range m.Topics {
		was := s.config
		was.Topic = topic
		filters, err := topicsOf(was)
		if err != nil || topic == s.config.Topic || slices.Contains(s.link.former, topic) {
			continue // not one that was ever subscribed to, or the present one
		}
		s.link.former = append(s.link.former, topic)
		s.sub.Leave(filters)
		if s.in != nil {
			if t, err := lorawan.ParseTemplate(topic); err == nil {
				s.in.Former = append(s.in.Former, t)
			}
		}
	}
}

// standing is the connection as it is now.
func (l *link) standing() (up bool, since time.Time, session, qos string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, q := range l.granted {
		if qos == "" || q == 0 {
			qos = fmt.Sprint(q)
		}
	}
	return l.up, l.since, l.session, qos
}

// events lets a subscriber tell the link.
func (s *Source) events(overlong *metrics.Counter, longest int) mqtt.Events {
	return mqtt.Events{
		Connected: func(present bool) {
			s.link.connected(present, time.Now())
			if s.gaps != nil {
				s.gaps.wantAll()
			}
		},
		Lost:    func(err error) { s.link.lost(err, time.Now()) },
		Refused: func(topic string) { s.link.grant(topic, 128) },
		Granted: s.link.grant,
		Left:    s.link.left,
		Idle:    s.acks.Idle,
		Overlong: func(topic string, length int, _ byte) {
			overlong.Inc()
			s.link.log.Warn("an over-long packet was skipped", "source", s.link.name, "topic", topic, "bytes", length, "max_packet", longest)
		},
	}
}

// HostOf is the host of a URL, which is all of it that a log may show.
func HostOf(raw string) string {
	_, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return "(no URL)"
	}
	host, _, _ := strings.Cut(rest, "/")
	return host[strings.LastIndex(host, "@")+1:]
}
