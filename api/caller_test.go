package api

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// R6: behind a TLS proxy everybody had one bucket, and without one each address of a /64 its own.
func TestACallerIsWhomTheProxySpeaksFor(t *testing.T) {
	proxies, err := ParseProxies([]string{"127.0.0.1", "10.0.0.0/8", "fd00::/8"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, said, want string }{
		{"198.51.100.7:4711", "", "198.51.100.7"},
		{"198.51.100.7:4711", "203.0.113.9", "198.51.100.7"}, // no proxy of ours: its word is nobody's
		{"127.0.0.1:4711", "203.0.113.9", "203.0.113.9"},
		{"127.0.0.1:4711", "192.0.2.66, 203.0.113.9", "203.0.113.9"}, // the first was made up
		{"127.0.0.1:4711", "192.0.2.66, 203.0.113.9, 10.1.2.3", "203.0.113.9"},
		{"127.0.0.1:4711", "203.0.113.9:1234", "203.0.113.9"},
		{"127.0.0.1:4711", "", "127.0.0.1"},
		{"127.0.0.1:4711", "unknown", "127.0.0.1"},
		{"127.0.0.1:4711", "203.0.113.9, unknown", "127.0.0.1"},
		{"[::ffff:127.0.0.1]:4711", "203.0.113.9", "203.0.113.9"},
		{"[2001:db8:1:2:3:4:5:6]:4711", "", "2001:db8:1:2::/64"},
		{"[fd00::1]:4711", "2001:db8:1:2::9", "2001:db8:1:2::/64"},
		{"[fd00::1]:4711", "[2001:db8:1:2::9]:80", "2001:db8:1:2::/64"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.from
		if c.said != "" {
			r.Header.Set("X-Forwarded-For", c.said)
		}
		if got := proxies.caller(r); got != c.want {
			t.Errorf("%s, X-Forwarded-For %q: counted for %s, want %s", c.from, c.said, got, c.want)
		}
	}
	if _, err := ParseProxies([]string{"proxy.example"}); err == nil {
		t.Error("a name is no address")
	}
}

func TestOneCallerBehindAProxyHoldsUpNobodyElse(t *testing.T) {
	proxies, err := ParseProxies([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	_, s, _ := serve(t)
	s.Proxies = proxies
	h := s.counted(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	ask := func(who string) int {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = "127.0.0.1:4711"
		r.Header.Set("X-Forwarded-For", who)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	refused := false
	for range 100_000 { // until it is: the bucket fills again meanwhile, on a slow machine faster than one asks
		if refused = ask("203.0.113.9") == http.StatusTooManyRequests; refused {
			break
		}
	}
	if !refused {
		t.Error("one caller may ask as often as he likes")
	}
	if code := ask("203.0.113.10"); code != http.StatusNoContent {
		t.Errorf("another caller gets %d for it", code)
	}
}
