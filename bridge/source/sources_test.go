package source

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/bridge/bridgetest"
	"github.com/databrokerdao/dbdao-bridge/bridge/intake"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// secret writes a file only its owner may read.
func secret(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// deps are what sources of a hall work with.
func deps(h *bridgetest.Hall) Deps {
	return Deps{Bridge: h.Bridge, Store: h.Ledger, Operator: 1, Meter: h.Meter, Health: h.Health, Log: slog.New(slog.DiscardHandler), Started: time.Now()}
}

// configured is the sources of a configuration, with a hall behind them.
func configured(t *testing.T, sources string) (*Sources, *bridgetest.Hall, error) {
	t.Helper()
	return remembering(t, sources, filepath.Join(t.TempDir(), "sources.json"))
}

// remembering is configured with what was learned of the sources before.
func remembering(t *testing.T, sources, file string) (*Sources, *bridgetest.Hall, error) {
	t.Helper()
	cfg, err := config.Parse("[operator]\nid = 1\nkeystore = \"k\"\npassword_file = \"p\"\n[chain]\nmarket = \"0x00000000000000000000000000000000000000aa\"\n[settlement]\nsettle_when_cut_covers = \"0x gas\"\n" + sources)
	if err != nil {
		t.Fatal(err)
	}
	h := bridgetest.New(t, 0, bridgetest.Template)
	d := deps(h)
	d.Heard, d.File = bought{h}, file
	s, err := Open(cfg.Sources, d)
	return s, h, err
}

// bought is the hall's index as sources see it.
type bought struct{ *bridgetest.Hall }

func (b bought) Devices() []lorawan.DevEUI { return b.Index.Devices() }
func (b bought) Rhythms() (map[string]map[lorawan.DevEUI]ledger.Rhythm, error) {
	return b.Ledger.Rhythms()
}

func TestAConfiguredHTTPSourceListensAndKeepsToItsApplications(t *testing.T) {
	addr := fmt.Sprintf("127.0.0.1:%d", servers.FreePort(t))
	p, h, err := configured(t, fmt.Sprintf("[[sources]]\nname = \"cs\"\nkind = \"http\"\nlisten = %q\ntoken_file = %q\napplications = [\"x\"]\n", addr, secret(t, "token", ingestToken+"\n")))
	if err != nil {
		t.Fatal(err)
	}
	bridgetest.Entitle(h.Index, 1, bridgetest.Device)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	all := p.listeners()
	if len(all) != 1 {
		t.Fatalf("%d listeners", len(all))
	}
	go func() { ended <- serveIngest(ctx, all[0]) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	for body, want := range map[string]intake.Fate{bridgetest.V4Event("a", "x", "01020304", 1, "qg=="): intake.FatePosted, bridgetest.V4Event("a", "y", "01020304", 2, "qg=="): intake.FateForeign} {
		var text []byte
		for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/ingest/cs?event=up", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+ingestToken)
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				continue // it does not listen yet
			}
			text, _ = io.ReadAll(res.Body)
			res.Body.Close()
			break
		}
		if !strings.Contains(string(text), string(want)) {
			t.Errorf("%s: %s, want %s", body, text, want)
		}
	}
	if _, err := p.Backfill(t.Context(), "cs", strings.NewReader(bridgetest.At(9, time.Now()))); err != nil {
		t.Error(err)
	}
	if _, err := p.Backfill(t.Context(), "other", strings.NewReader("")); err == nil {
		t.Error("a back-fill for no source was taken")
	}
}

func TestAConfiguredGatewaySourceReadsItsDevicesFile(t *testing.T) {
	file := secret(t, "devices.toml", "[[device]]\ndev_eui = \"0000000000000001\"\nversion = \"1.0.3\"\ndev_addr = \"01020304\"\nnwk_s_key = \"01000000000000000000000000000000\"\n")
	p, _, err := configured(t, fmt.Sprintf("[[sources]]\nname = \"yard\"\nkind = \"gateway\"\ndevices_file = %q\n", file))
	if err != nil {
		t.Fatal(err)
	}
	b := p
	if all, err := b.Sessions(""); err != nil || len(all) != 1 || all[0].DevEUI != (lorawan.DevEUI{7: 1}) || !all[0].Sealed || !all[0].File {
		t.Errorf("%+v %v", all, err)
	}
	keys := config.DeviceKeys{DevEUI: "0000000000000002", Version: "1.0.3", JoinEUI: "0000000000000001", AppKey: "01000000000000000000000000000000"}
	if err := b.AddSession("yard", keys); err != nil {
		t.Error(err)
	}
	if err := b.AddSession("other", keys); err == nil {
		t.Error("a source that is not there took a device")
	}
	if err := b.RemoveSession("", lorawan.DevEUI{7: 2}); err != nil {
		t.Error(err)
	}
	if err := b.RemoveSession("", lorawan.DevEUI{7: 2}); err == nil {
		t.Error("a device was removed twice")
	}
	if _, err := b.Backfill(t.Context(), "yard", strings.NewReader("")); err == nil {
		t.Error("raw frames cannot be brought later")
	}
}

func TestSourcesThatCannotWorkAreRefusedAtTheStart(t *testing.T) {
	for why, c := range map[string]struct{ sources, says string }{
		"a short token": {fmt.Sprintf("[[sources]]\nname = \"cs\"\nkind = \"http\"\ntoken_file = %q\n", secret(t, "token", "short")), "16 characters"},
		"no token file": {"[[sources]]\nname = \"cs\"\nkind = \"http\"\ntoken_file = \"/nowhere\"\n", "token_file"},
		"no API key":    {"[[sources]]\nname = \"cs\"\n[sources.backfill]\nurl = \"http://127.0.0.1:1\"\napi_key_files = [\"/nowhere\"]\n", "api_key_files"},
		"a bad API URL": {fmt.Sprintf("[[sources]]\nname = \"cs\"\n[sources.backfill]\nurl = \"http://127.0.0.1/api\"\napi_key_files = [%q]\n", secret(t, "key", "k")), "backfill.url"},
		"bad devices":   {fmt.Sprintf("[[sources]]\nname = \"y\"\nkind = \"gateway\"\ndevices_file = %q\n", secret(t, "d", "[[device]]\nversion = \"9\"")), "devices_file"},
	} {
		if _, _, err := configured(t, c.sources); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", why, err)
		}
	}
}
