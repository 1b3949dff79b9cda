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
	server := func(h http.Handler) *http.Server {
		return &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
			WriteTimeout: 90 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
			ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelDebug)}
	}
	p.public = server(s.Public())
	p.public.RegisterOnShutdown(s.EndFeeds)
	p.meter.Watch(backend{p}.standing)
	p.admin = server(s.Admin(token, p.cfg.Admin.Names, p.meter.Registry))
	p.admin.WriteTimeout = api.WaitMax + time.Minute // an attestation may wait for the device's uplink
	return nil
}

// serve answers until ctx ends.
func (p *parts) serve(ctx context.Context, fail func(error)) {
	var wg sync.WaitGroup
	for _, one := range []struct {
		server *http.Server
		key    string
		addr   string
	}{{p.public, "api.listen", p.cfg.API.Listen}, {p.admin, "admin.listen", p.cfg.Admin.Listen}} {
		l, err := net.Listen("tcp", one.addr)
		if err != nil {
			fail(fmt.Errorf("%s %s: %w: is another bridge running?", one.key, one.addr, err))
			break
		}
		wg.Go(func() {
			if err := one.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
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
