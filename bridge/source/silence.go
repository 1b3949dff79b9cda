package source

import (
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/health"
)

// poorMost is after how many messages in a row that were not understood a source is unreadable.
const poorMost = 5

// Look names sources that are silent or not understood.
func (s *Sources) Look(now time.Time) {
	for _, one := range s.all {
		name, r := one.in.Name, &one.in.Heard
		up, since := true, s.Started
		if one.link != nil {
			up, since, _, _ = one.link.standing()
			if up && now.Sub(since) > steadyFor {
				s.Health.Clear("client_id_taken", name)
			}
		}
		quiet, long := r.Silent(now, since)
		s.Health.Set(up && long, health.Condition{Code: "source_silent", Subject: name, Text: one.silence(quiet)})
		poor := r.Unread()
		s.Health.Set(poor >= poorMost, health.Condition{Code: "source_unreadable", Subject: name,
			Text: fmt.Sprintf("the last %d messages were no events of a network server, or named other devices than their topics: are url and topic the network server's?", poor)})
		one.in.LookAtDates(now)
		if r.QoS0Over(now) {
			s.Health.Clear("uplinks_qos0", name)
		}
		if one.frames != nil {
			one.frames.LookAtGateways(s.Health, now)
		}
	}
	if now.Sub(s.savedAt) > time.Minute {
		s.savedAt = now
		s.Save()
	}
}

// silence says what silence may mean.
func (s *Source) silence(quiet time.Duration) string {
	quiet = quiet.Round(time.Second)
	usual := s.in.Heard.Usual()
	switch {
	case usual > 0:
		return fmt.Sprintf("nothing has arrived for %v, though usually an event comes every %v: are the gateways and the network server up? `dbdao-bridge check --listen 30s` listens", quiet, usual)
	case s.link == nil:
		return fmt.Sprintf("nothing has been posted for %v (posts without the right token: %d): look at URL and token of the network server's integration", quiet, s.ingest.refused.Load())
	}
	return fmt.Sprintf("nothing has come from the broker at %s under %s in the %v since it connected. Either the network server publishes under another topic: set the source's topic to it; or the broker's access list hides it from this account (a broker grants what it then does not deliver): let the account read it; or nothing is published there: correct url, or look at the network server's MQTT integration and its gateways. `dbdao-bridge check --listen 30s` tells which",
		HostOf(s.link.broker), s.link.topics, quiet)
}
