package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// delivered is a reading as a buyer's storage holds it.
type delivered struct {
	ID       string          `json:"id"`
	Stream   uint64          `json:"stream"`
	Purchase uint64          `json:"purchase"`
	Seq      uint32          `json:"seq"`
	Device   string          `json:"dev"`
	FCnt     uint32          `json:"f_cnt"`
	Values   json.RawMessage `json:"values"`
}

// storage is what a buyer received, and how often.
type storage struct {
	name string
	seen func(name string, d delivered) // tells the story; called once per reading

	mu      sync.Mutex
	byID    map[string]delivered
	repeats int
	refused []error // deliveries that were not what they claim to be
}

func newStorage(name string, seen func(string, delivered)) *storage {
	return &storage{name: name, seen: seen, byID: map[string]delivered{}}
}

// put stores one delivery.
func (s *storage) put(body []byte) error {
	var d delivered
	if err := json.Unmarshal(body, &d); err != nil || d.ID == "" {
		err = errors.Join(errors.New("a delivery is no reading"), err)
		s.refuse(err)
		return err
	}
	s.mu.Lock()
	_, again := s.byID[d.ID]
	if again {
		s.repeats++
	}
	s.byID[d.ID] = d
	s.mu.Unlock()
	if !again {
		s.seen(s.name, d)
	}
	return nil
}

func (s *storage) refuse(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = append(s.refused, err)
}

// all copies what was received.
func (s *storage) all() []delivered {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]delivered, 0, len(s.byID))
	for _, d := range s.byID {
		out = append(out, d)
	}
	return out
}

// webhookSink is a buyer's HTTP endpoint: it believes a delivery only when the
// operator's signature is right (Standard Webhooks, `v1a`).
type webhookSink struct {
	*storage
	URL    string
	server *http.Server
	key    ed25519.PublicKey
}

func startWebhookSink(s *storage) (*webhookSink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("webhook sink: %w", err)
	}
	w := &webhookSink{storage: s, URL: "http://" + l.Addr().String() + "/readings"}
	w.server = &http.Server{Handler: w, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = w.server.Serve(l) }() // ends with Close
	return w, nil
}

// trust sets the operator's published key before the first delivery.
func (w *webhookSink) trust(key ed25519.PublicKey) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.key = key
}

func (w *webhookSink) Close() { _ = w.server.Close() }

func (w *webhookSink) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, 1<<20))
	if err != nil {
		rw.WriteHeader(http.StatusBadRequest)
		return
	}
	w.mu.Lock()
	key := w.key
	w.mu.Unlock()
	if !signed(key, r.Header, body) {
		w.refuse(errors.New("a delivery carries no valid signature of the operator"))
		rw.WriteHeader(http.StatusUnauthorized)
		return
	}
	if w.put(body) != nil {
		rw.WriteHeader(http.StatusBadRequest)
		return
	}
	rw.WriteHeader(http.StatusNoContent)
}

// signed verifies the ed25519 signature of a Standard Webhooks request.
func signed(key ed25519.PublicKey, h http.Header, body []byte) bool {
	if len(key) != ed25519.PublicKeySize {
		return false
	}
	content := append([]byte(h.Get("webhook-id")+"."+h.Get("webhook-timestamp")+"."), body...)
	for s := range strings.FieldsSeq(h.Get("webhook-signature")) {
		text, ok := strings.CutPrefix(s, "v1a,")
		if !ok {
			continue
		}
		if sig, err := base64.StdEncoding.DecodeString(text); err == nil && ed25519.Verify(key, content, sig) {
			return true
		}
	}
	return false
}
