package webhook

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/internal/netguard"
	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

var lab = Config{Key: ed25519.NewKeyFromSeed(make([]byte, 32)), Guard: netguard.Guard{AllowPrivate: true}, Timeout: 2 * time.Second}

func parcels(n int) []delivery.Parcel {
	all := make([]delivery.Parcel, n)
	for i := range all {
		all[i] = delivery.Parcel{ID: delivery.ParcelID("msg_" + strings.Repeat("A", 25) + string(rune('A'+i))), Body: []byte(`{"seq":` + string(rune('0'+i)) + `}`)}
	}
	return all
}

func deliver(t *testing.T, cfg Config, r delivery.Route, batch []delivery.Parcel) delivery.Result {
	t.Helper()
	s, err := New(cfg, r)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	return s.Deliver(ctx, batch)
}

func TestADeliveryIsSignedAsStandardWebhooksSay(t *testing.T) {
	secret := "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 32))
	var ids []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		hook, err := standard.NewWebhook(secret)
		if err != nil {
			t.Error(err)
		}
		if err := hook.Verify(body, r.Header); err != nil {
			t.Errorf("v1: %v", err)
		}
		content := r.Header.Get("webhook-id") + "." + r.Header.Get("webhook-timestamp") + "." + string(body)
		v1a, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("webhook-signature"), "v1a,"), " ")
		sig, err := base64.StdEncoding.DecodeString(v1a)
		if err != nil || !ed25519.Verify(lab.Key.Public().(ed25519.PublicKey), []byte(content), sig) {
			t.Errorf("v1a does not verify: %v", err)
		}
		ids = append(ids, r.Header.Get("webhook-id"))
		if r.Header.Get("Content-Type") != "application/json" || !json.Valid(body) {
			t.Errorf("body %q of %s", body, r.Header.Get("Content-Type"))
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	r := delivery.Route{URL: server.URL + "/x?token=t", Secret: secret}
	for range 2 {
		if res := deliver(t, lab, r, parcels(1)); res.Err != nil {
			t.Error(res.Err)
		}
	}
	r.Batch = 5
	for range 2 {
		if res := deliver(t, lab, r, parcels(3)); res.Err != nil {
			t.Error(res.Err)
		}
	}
	if len(ids) != 4 || ids[0] != ids[1] || ids[0] != string(parcels(1)[0].ID) || ids[2] != ids[3] || ids[2] == ids[0] {
		t.Errorf("ids %v", ids)
	}
}

func TestAnAnswerDecidesWhetherAndWhen(t *testing.T) {
	for name, c := range map[string]struct {
		answer      http.HandlerFunc
		ok, retry   bool
		gone        bool
		after       time.Duration
		says, never string
	}{
		"200":                      {func(w http.ResponseWriter, _ *http.Request) {}, true, false, false, 0, "", ""},
		"299":                      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(299) }, true, false, false, 0, "", ""},
		"a redirect, not followed": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, false, true, false, 0, "302", ""},
		"gone":                     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }, false, false, true, 0, "410", ""},
		"too many": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "7"); w.WriteHeader(429) },
			false, true, false, 7 * time.Second, "429", ""},
		"our fault, they say": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "stack trace of theirs", 500) }, false, true, false, 0, "500", "stack"},
		"a giant answer":      {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20)) }, false, true, false, 0, "16 KiB", ""},
		"a silent one":        {func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body); <-r.Context().Done() }, false, true, false, 0, "in time", ""},
		"one that hangs up": {func(w http.ResponseWriter, _ *http.Request) {
			c, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				c.Close()
			}
		}, false, true, false, 0, "connection", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(c.answer)
			defer server.Close()
			defer server.CloseClientConnections()
			res := deliver(t, lab, delivery.Route{URL: server.URL + "/?token=secret"}, parcels(1))
			if (res.Err == nil) != c.ok || res.Retry != c.retry || res.Gone != c.gone || res.After != c.after {
				t.Errorf("%+v", res)
			}
			if res.Err != nil {
				text := res.Err.Error()
				if !strings.Contains(text, c.says) || strings.Contains(text, "secret") || c.never != "" && strings.Contains(text, c.never) {
					t.Errorf("it says %q", text)
				}
			}
		})
	}
}

func TestOnlyPublicHTTPSIsDialledOutsideALab(t *testing.T) {
	strict := lab
	strict.Guard = netguard.Guard{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	res := deliver(t, strict, delivery.Route{URL: "https://" + l.Addr().String() + "/"}, parcels(1))
	if res.Err == nil || !strings.Contains(res.Err.Error(), "not a public one") || !res.Retry {
		t.Errorf("%+v", res)
	}
	for url, ok := range map[string]bool{
		"https://example.com/": true, "http://example.com/": false, "ftp://example.com": false, "https://": false, "": false,
		"https://user:pass@example.com/": false, "example.com": false, "https://[fe80::1%25lo]/": true,
	} {
		if err := Check(strict, delivery.Route{URL: url}); (err == nil) != ok {
			t.Errorf("Check(%q) = %v", url, err)
		}
	}
	if err := Check(strict, delivery.Route{URL: "https://example.com", Secret: "whsec_short"}); err == nil {
		t.Error("a short secret was taken")
	}
}

func TestACertificateMustBeOfTheRoutesAuthorityAndName(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {}))
	defer server.Close()
	server.Config.ErrorLog = nil
	if res := deliver(t, lab, delivery.Route{URL: server.URL}, parcels(1)); res.Err == nil || !strings.Contains(res.Err.Error(), "nobody we know") {
		t.Errorf("%+v", res)
	}
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	if res := deliver(t, lab, delivery.Route{URL: server.URL, CA: ca}, parcels(1)); res.Err != nil {
		t.Errorf("with its authority: %v", res.Err)
	}
	wrong := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	if res := deliver(t, lab, delivery.Route{URL: wrong, CA: ca}, parcels(1)); res.Err == nil || !strings.Contains(res.Err.Error(), "another name") {
		t.Errorf("%+v", res)
	}
}

func BenchmarkDeliver(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer server.Close()
	body := []byte(`{"id":"msg_AAAAAAAAAAAAAAAAAAAAAAAAAA","values":"` + strings.Repeat("x", 390) + `"}`)
	for name, n := range map[string]int{"single": 1, "batch of 100": 100} {
		b.Run(name, func(b *testing.B) {
			s, err := New(lab, delivery.Route{URL: server.URL, Batch: n})
			if err != nil {
				b.Fatal(err)
			}
			batch := make([]delivery.Parcel, n)
			for i := range batch {
				batch[i] = delivery.Parcel{ID: "msg_AAAAAAAAAAAAAAAAAAAAAAAAAA", Body: body}
			}
			b.ReportAllocs()
			for b.Loop() {
				if res := s.Deliver(context.Background(), batch); res.Err != nil {
					b.Fatal(res.Err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/parcel")
		})
	}
}
