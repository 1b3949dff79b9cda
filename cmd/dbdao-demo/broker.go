package main

import (
	"fmt"
	"log/slog"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
)

// broker is an MQTT broker inside this process. It serves the demo only: it
// keeps nothing and, unlike a real one, may reorder what it queued.
type broker struct {
	URL    string
	server *mochi.Server
}

func startBroker() (*broker, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	b := &broker{URL: "tcp://" + addr, server: mochi.New(&mochi.Options{Logger: slog.New(slog.DiscardHandler)})}
	if err := b.server.AddHook(new(auth.AllowHook), nil); err != nil {
		return nil, fmt.Errorf("embedded broker: %w", err)
	}
	if err := b.server.AddListener(listeners.NewTCP(listeners.Config{ID: "tcp", Address: addr})); err != nil {
		return nil, fmt.Errorf("embedded broker: %w", err)
	}
	if err := b.server.Serve(); err != nil {
		return nil, fmt.Errorf("embedded broker: %w", err)
	}
	return b, nil
}

// Close ends the broker and its connections.
func (b *broker) Close() { _ = b.server.Close() } // nothing of it outlives the demo
