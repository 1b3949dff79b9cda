package api

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/gateway"
)

// intake is a bridge that takes back-fill and sessions.
type intake struct {
	requests, lines int
	devices         map[string]config.DeviceKeys
}

func (i *intake) Backfill(_ context.Context, source string, r io.Reader) (map[string]int, error) {
	if source != "cs" {
		return nil, fmt.Errorf("%w: there is no source %q", ErrRefused, source)
	}
	i.requests++
	n := 0
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		n++
	}
	i.lines += n
	return map[string]int{"posted": n - 1, "repeat": 1}, s.Err()
}

func (i *intake) Sessions(string) ([]gateway.Info, error) {
	var all []gateway.Info
	for _, k := range i.devices {
		d, err := k.Device()
		if err != nil {
			return nil, err
		}
		all = append(all, gateway.Info{DevEUI: d.DevEUI, Activation: "otaa"})
	}
	return all, nil
}

func (i *intake) AddSession(_ string, k config.DeviceKeys) error {
	if _, err := k.Device(); err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	i.devices[k.DevEUI] = k
	return nil
}

func (i *intake) RemoveSession(_ string, dev lorawan.DevEUI) error {
	delete(i.devices, dev.String())
	return nil
}

func newIntake(t *testing.T) (*intake, *Client, *httptest.Server) {
	t.Helper()
	i := &intake{devices: map[string]config.DeviceKeys{}}
	s := New(Backend{Reporter: &fake{}, Sessions: i, Backfiller: i}, "https://"+domain, slog.New(slog.DiscardHandler))
	h := httptest.NewServer(s.Admin(adminToken, nil, http.NotFoundHandler()))
	t.Cleanup(h.Close)
	return i, NewClient(h.URL, adminToken), h
}

func TestABackfillIsSentInBatchesAndSummedUp(t *testing.T) {
	i, c, h := newIntake(t)
	line := `{"result":"` + strings.Repeat("x", 3_000) + "\"}\n"
	const lines = 2_500 // 7.5 MB: more than one request may have
	sum, err := c.Backfill(t.Context(), "cs", strings.NewReader(strings.Repeat(line, lines)))
	if err != nil || i.lines != lines || sum.Lines != lines || i.requests < 7 || sum.Fates["repeat"] != i.requests {
		t.Errorf("%d lines in %d requests, sum %+v, %v", i.lines, i.requests, sum, err)
	}
	if _, err := c.Backfill(t.Context(), "other", strings.NewReader(line)); err == nil || !strings.Contains(err.Error(), "no source") {
		t.Errorf("a source that is not there: %v", err)
	}
	res, err := asAdmin(t, http.MethodPost, h.URL+"/v1/admin/backfill?source=cs", "application/x-ndjson", strings.NewReader(strings.Repeat(line, 2_000)))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode == http.StatusOK {
		t.Error("a body of any length is taken")
	}
}

func TestSessionsGoInAndNeverComeOut(t *testing.T) {
	_, c, h := newIntake(t)
	const key = "0123456789abcdef0123456789abcdef"
	if err := c.AddDeviceSession(t.Context(), "", config.DeviceKeys{DevEUI: "70b3d57ed8005343", Version: "1.0.3", JoinEUI: "0000000000000001", AppKey: key}); err != nil {
		t.Fatal(err)
	}
	if err := c.AddDeviceSession(t.Context(), "", config.DeviceKeys{DevEUI: "70b3d57ed8005343", Version: "1.0.3"}); err == nil || !strings.Contains(err.Error(), "either") {
		t.Errorf("a device without keys: %v", err)
	}
	res, err := asAdmin(t, http.MethodGet, h.URL+"/v1/admin/sessions", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || !strings.Contains(string(text), "70b3d57ed8005343") || strings.Contains(string(text), key) {
		t.Errorf("%s %v", text, err)
	}
	dev, _ := lorawan.ParseDevEUI("70b3d57ed8005343")
	if err := c.RemoveDeviceSession(t.Context(), "", dev); err != nil {
		t.Fatal(err)
	}
	if all, err := c.DeviceSessions(t.Context(), ""); err != nil || len(all) != 0 {
		t.Errorf("%v %v", all, err)
	}
}
