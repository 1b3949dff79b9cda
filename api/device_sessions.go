package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/gateway"
)

// Sessions keeps the devices whose raw frames a gateway-level source opens. Keys
// go in and never come out. source "" is the only one there is. An error that wraps
// ErrRefused is the caller's fault.
type Sessions interface {
	Sessions(source string) ([]gateway.Info, error)
	AddSession(source string, k config.DeviceKeys) error
	RemoveSession(source string, dev lorawan.DevEUI) error
}

// SourceQuery names a source.
type SourceQuery struct {
	Source string `query:"source" doc:"Name of the source; may be left out if there is one of the kind."`
}

func (s *Server) sessionRoutes(h huma.API) {
	huma.Get(h, "/v1/admin/sessions", func(_ context.Context, in *SourceQuery) (*out[[]gateway.Info], error) {
		all, err := s.b.Sessions.Sessions(in.Source)
		if err != nil {
			return nil, s.refusal(err)
		}
		return &out[[]gateway.Info]{all}, nil
	})
	huma.Post(h, "/v1/admin/sessions", func(_ context.Context, in *struct {
		SourceQuery
		Body config.DeviceKeys
	}) (*struct{}, error) {
		if err := s.b.Sessions.AddSession(in.Source, in.Body); err != nil {
			return nil, s.refusal(err)
		}
		return &struct{}{}, nil
	})
	huma.Delete(h, "/v1/admin/sessions/{dev_eui}", func(_ context.Context, in *struct {
		SourceQuery
		DevEUI string `path:"dev_eui"`
	}) (*struct{}, error) {
		dev, err := lorawan.ParseDevEUI(in.DevEUI)
		if err != nil {
			return nil, huma.Error422UnprocessableEntity(err.Error())
		}
		if err := s.b.Sessions.RemoveSession(in.Source, dev); err != nil {
			return nil, s.refusal(err)
		}
		return &struct{}{}, nil
	})
}

// refusal shows what is the caller's fault and hides what is ours.
func (s *Server) refusal(err error) error {
	if errors.Is(err, ErrRefused) {
		return huma.Error422UnprocessableEntity(err.Error())
	}
	return s.trouble(err)
}

func inSource(path, source string) string {
	if source == "" {
		return path
	}
	return path + "?source=" + url.QueryEscape(source)
}

// DeviceSessions lists the devices of a gateway-level source.
func (c *Client) DeviceSessions(ctx context.Context, source string) (all []gateway.Info, err error) {
	return all, c.do(ctx, http.MethodGet, inSource("/v1/admin/sessions", source), nil, &all)
}

// AddDeviceSession gives a gateway-level source a device's keys.
func (c *Client) AddDeviceSession(ctx context.Context, source string, k config.DeviceKeys) error {
	return c.do(ctx, http.MethodPost, inSource("/v1/admin/sessions", source), k, nil)
}

// RemoveDeviceSession takes them away.
func (c *Client) RemoveDeviceSession(ctx context.Context, source string, dev lorawan.DevEUI) error {
	return c.do(ctx, http.MethodDelete, inSource("/v1/admin/sessions/"+dev.String(), source), nil, nil)
}
