package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/internal/listener"
)

// listen opens the API's ports, so that a taken one is told at once.
func (p *parts) listen(context.Context) error {
	token, err := MakeAdminToken(p.cfg.Path(AdminToken))
	if err != nil {
		return fmt.Errorf("the admin token: %w", err)
	}
	publicURL := p.cfg.API.PublicURL
	if publicURL == "" {
		publicURL = "http://" + p.cfg.API.Listen
	}
	s := api.New(p.backend(), publicURL, p.log)
	if s.Proxies, err = api.ParseProxies(p.cfg.API.TrustedProxies); err != nil {
		return fmt.Errorf("api.trusted_proxies: %w", err)
	}
	p.proxies = s.Proxies
	p.public = server(s.Public(), p.log)
	p.public.RegisterOnShutdown(s.EndFeeds)
	p.meter.Watch(backend{p}.standing)
	p.admin = server(s.Admin(token, p.cfg.Admin.Names, p.meter.Registry), p.log)
	return nil
}

// server has no patience with who says or reads nothing.
func server(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
		WriteTimeout: 90 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
}

// What a listener holds of connections: the public one more than there may be live feeds (512),
// and of a caller more than a buyer's programs need; the admin one what commands and Prometheus do.
const (
	publicAll  = 1024
	publicEach = 64
	adminAll   = 256
	adminEach  = 128
)

// serve answers until ctx ends.
func (p *parts) serve(ctx context.Context, fail func(error)) {
	var wg sync.WaitGroup
	for _, one := range []struct {
		server *http.Server
		key    string
		addr   string
		bounds listener.Bounds
	}{
		{p.public, "api.listen", p.cfg.API.Listen, listener.Bounds{All: publicAll, Each: publicEach, Free: p.proxies.Has}},
		{p.admin, "admin.listen", p.cfg.Admin.Listen, listener.Bounds{All: adminAll, Each: adminEach}},
	} {
		l, err := net.Listen("tcp", one.addr)
		if err != nil {
			fail(fmt.Errorf("%s %s: %w: is another bridge running?", one.key, one.addr, err))
			break
		}
		wg.Go(func() {
			if err := one.server.Serve(listener.Bound(l, one.bounds)); !errors.Is(err, http.ErrServerClosed) {
				fail(fmt.Errorf("%s: %w", one.key, err))
			}
		})
	}
	<-ctx.Done()
	end, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	_ = p.public.Shutdown(end) // what is still open after three seconds is cut
	_ = p.admin.Shutdown(end)
	_ = p.public.Close()
	_ = p.admin.Close()
	wg.Wait()
}
