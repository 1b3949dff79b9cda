package source

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/internal/mqtt"
	"github.com/databrokerdao/dbdao-bridge/lorawan/gateway"
)

// Check tries everything the sources name.
func Check(ctx context.Context, cfg config.Config, log *slog.Logger, try func(what string, f func() (string, error))) {
	secure := map[string]bool{} // of a listener: whether the source before spoke TLS
	for _, c := range cfg.Sources {
		switch c.Kind {
		case config.KindHTTP:
			try("source "+c.Name, func() (string, error) {
				has := c.CertFile != ""
				if before, ok := secure[c.Listen]; ok && before != has {
					return "", fmt.Errorf("another source listens at %s too, one of them with TLS and one without", c.Listen)
				}
				secure[c.Listen] = has
				return checkIngest(ctx, c)
			})
		case config.KindGateway:
			try("source "+c.Name, func() (string, error) {
				if _, err := gateway.RegionOf(c.Region); err != nil {
					return "", err
				}
				devices, err := devicesOf(c)
				if err != nil {
					return "", err
				}
				said, err := checkBroker(ctx, c, cfg.Operator.ID, log)
				return fmt.Sprintf("%s; devices in its devices_file: %d", said, len(devices)), err
			})
		default:
			try("source "+c.Name, func() (string, error) { return checkBroker(ctx, c, cfg.Operator.ID, log) })
		}
		if c.Backfill.URL != "" {
			try("back-fill of source "+c.Name, func() (string, error) { return checkBackfill(ctx, c) })
		}
	}
}

// checkIngest reads an HTTP source's secrets and takes its port for a moment. A bridge
// that runs has the port already, and is known by how it asks for a token; none is sent.
func checkIngest(ctx context.Context, c config.Source) (string, error) {
	_, secure, err := ingestSecrets(c)
	if err != nil {
		return "", err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err == nil {
		return "can take posts at " + c.Listen + "/ingest/" + c.Name, l.Close()
	}
	if said := bridgeListens(ctx, c, secure != nil); said != "" {
		return said, nil
	}
	return "", fmt.Errorf("listen for posts at %s: %w: another program has the port, or the address is not this machine's", c.Listen, err)
}

// bridgeListens says whether a bridge listens already; "": none.
func bridgeListens(ctx context.Context, c config.Source, secure bool) string {
	scheme := "http"
	if secure {
		scheme = "https"
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+c.Listen+"/ingest/"+c.Name, nil)
	if err != nil {
		return ""
	}
	// Its own certificate names the outside's host; nothing secret is sent.
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return ""
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(res.Body, 1<<10))
	switch {
	case res.StatusCode == http.StatusUnauthorized && strings.Contains(res.Header.Get("WWW-Authenticate"), ingestRealm):
		return "a bridge that runs takes posts at " + c.Listen + "/ingest/" + c.Name
	case res.StatusCode == http.StatusNotFound && strings.HasPrefix(string(body), noSuchSource):
		return "a bridge that runs listens at " + c.Listen + "; it will know this source when it is started again"
	}
	return ""
}

// checkBackfill asks the network server's API whether it takes the keys.
func checkBackfill(ctx context.Context, c config.Source) (string, error) {
	clients, err := historiesOf(c.Backfill)
	if err != nil {
		return "", err
	}
	for i, client := range clients {
		defer client.Close()
		if err := client.Check(ctx); err != nil {
			return "", fmt.Errorf("backfill.url %s: %w (with the key in %s)", HostOf(c.Backfill.URL), err, c.Backfill.APIKeyFiles[i])
		}
	}
	return fmt.Sprintf("ChirpStack at %s answers and takes the keys: %d", HostOf(c.Backfill.URL), len(clients)), nil
}

func checkBroker(ctx context.Context, c config.Source, operator uint64, log *slog.Logger) (string, error) {
	conn, err := brokerConfig(c, operator, log)
	if err != nil {
		return "", err
	}
	topics, err := topicsOf(c)
	if err != nil {
		return "", err
	}
	conn.ClientID, conn.CleanSession, conn.Log = conn.ClientID+"-check", true, nil
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	granted, lost, refused := make(chan byte, 1), make(chan error, 1), make(chan string, 1)
	sub := mqtt.NewSubscriber(conn, topics, func(m mqtt.Message) { m.Ack() }, mqtt.Events{
		Granted: func(_ string, qos byte) { offer(granted, qos) },
		Lost:    func(err error) { offer(lost, err) },
		Refused: func(topic string) { offer(refused, topic) },
	})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := sub.Run(ctx); err != nil {
			offer(lost, err)
		}
	})
	defer wg.Wait()
	defer cancel()
	select {
	case qos := <-granted:
		if qos == 0 {
			return "", errors.New("the broker grants QoS 0 only: what is published while the bridge is away is lost")
		}
		return "connected; the broker grants " + topics[0] + ", which proves nothing: hear it with --listen 30s", nil
	case err := <-lost:
		return "", errors.New(unreached(err, c.URL))
	case topic := <-refused:
		return "", fmt.Errorf("the broker does not let this account read %s: allow it in the broker's access list", topic)
	case <-ctx.Done():
		return "", fmt.Errorf("what listens at %s does not answer as an MQTT broker does: correct the source's url", HostOf(c.URL))
	}
}

func offer[T any](c chan T, v T) {
	select {
	case c <- v:
	default:
	}
}

// Try tries a source's broker: what it grants, or what is wrong.
func Try(ctx context.Context, c config.Source, log *slog.Logger) (string, error) {
	return checkBroker(ctx, c, 0, log)
}
