package app

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// A copy of a machine is a second bridge with the same keys, ledger and numbers: it waits while
// the first answers at the URL of both, and goes on when that one is gone. Whatever else answers
// there keeps nobody from selling.
func TestACopiedBridgeWaitsForTheFirst(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var answer atomic.Pointer[http.HandlerFunc]
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*answer.Load())(w, r) }))
	defer web.Close()
	says := func(change func(map[string]any)) {
		it := map[string]any{"operator": 1, "chain_id": d.chainID, "market": d.market(), "webhook_key": "whpk_", "version": "1", "run": "0011223344556677"}
		change(it)
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/v1/operator" {
				http.NotFound(w, r)
				return
			}
			_ = json.NewEncoder(w).Encode(it)
		})
		answer.Store(&h)
	}
	d.cfg.API.PublicURL, d.life = web.URL, newLife()

	for what, change := range map[string]func(map[string]any){
		"itself":           func(it map[string]any) { it["run"] = d.life },
		"another operator": func(it map[string]any) { it["operator"] = 2 },
		"another chain":    func(it map[string]any) { it["chain_id"] = d.chainID + 1 },
		"another market":   func(it map[string]any) { it["market"] = common.Address{1} },
	} {
		says(change)
		if !d.alone(t.Context()) {
			t.Errorf("%s at its URL keeps the bridge from selling", what)
		}
		d.told("two_bridges", false)
	}
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>welcome")) })
	if answer.Store(&h); !d.alone(t.Context()) {
		t.Error("a web server at its URL keeps the bridge from selling")
	}

	says(func(map[string]any) {}) // the first bridge
	gone := make(chan bool, 1)
	go func() { gone <- d.alone(t.Context()) }()
	for deadline := time.Now().Add(time.Minute); len(d.health.List()) == 0 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if text := d.told("two_bridges", true); !strings.Contains(text, "api.public_url") {
		t.Error(text)
	}
	select {
	case <-gone:
		t.Fatal("it sells beside the first bridge")
	default:
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if d.alone(over) {
		t.Error("a bridge that is told to stop begins to sell")
	}
	web.Close() // the first is gone
	if !<-gone {
		t.Error("it does not go on when the first is gone")
	}
	d.told("two_bridges", false)
}
