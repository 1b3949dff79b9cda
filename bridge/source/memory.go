package source

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// memory is what is remembered of a source.
type memory struct {
	Every    float64 `json:"usual_seconds,omitempty"` // between two events
	ClientID string  `json:"client_id,omitempty"`     // of the session its broker had
	Broker   string  `json:"broker,omitempty"`

	Topics []string `json:"topics,omitempty"` // as configured, which that session may be subscribed to
}

// session says whether the broker had a session of this client's.
func (m memory) session(clientID, broker string) bool {
	return m.ClientID == clientID && m.Broker == HostOf(broker)
}

func readMemory(path string) (all map[string]memory, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return all, json.Unmarshal(text, &all)
}

// Save writes what was learned. It is of use, not needed: a failure is told and passed over.
func (s *Sources) Save() {
	all := map[string]memory{}
	for _, one := range s.all {
		m := memory{Every: one.in.Heard.Usual().Seconds()}
		if one.link != nil {
			one.link.mu.Lock()
			if one.link.known {
				m.ClientID, m.Broker = one.link.clientID, HostOf(one.link.broker)
				m.Topics = append([]string{one.config.Topic}, one.link.former...)
			}
			one.link.mu.Unlock()
		}
		all[one.in.Name] = m
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err == nil {
		path := s.File
		next := filepath.Join(filepath.Dir(path), ".sources.json.new")
		if err = os.WriteFile(next, append(text, '\n'), 0o600); err == nil {
			err = os.Rename(next, path)
		}
	}
	if err != nil {
		s.Log.Warn("what was learned of the sources could not be kept", "err", err)
	}
}
