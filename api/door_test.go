package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// knock is a request as it reaches a listener.
type knock struct {
	method, path, host string
	header             map[string]string
	body               string
}

func (k knock) at(h http.Handler) (int, string) {
	r := httptest.NewRequest(k.method, k.path, strings.NewReader(k.body))
	r.Host, r.RemoteAddr = k.host, "127.0.0.1:5"
	for name, v := range k.header {
		r.Header.Set(name, v)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// R1: a page of another site made the admin API settle and take back-fill in, because it trusted
// whoever came from this machine. Now who asks must know the token, call the listener by a name
// it has, and come from no other site.
func TestTheAdminListenerKnowsWhoAsks(t *testing.T) {
	_, s, _ := serve(t)
	h := s.Admin(adminToken, []string{"bridge.lan"}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "dbdao_x 1") }))
	bearer := map[string]string{"Authorization": "Bearer " + adminToken}
	with := func(more ...string) map[string]string {
		all := map[string]string{"Authorization": "Bearer " + adminToken}
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = more[i+1]
		}
		return all
	}
	const status, settle, fill = "/v1/admin/status", "/v1/admin/settle", "/v1/admin/backfill?source=x"
	for name, c := range map[string]struct {
		knock
		code int
	}{
		"the token":                      {knock{"GET", status, "127.0.0.1:8181", bearer, ""}, 200},
		"by the name of this machine":    {knock{"GET", status, "localhost:8181", bearer, ""}, 200},
		"by an address of IPv6":          {knock{"GET", status, "[::1]:8181", bearer, ""}, 200},
		"by a name of admin.names":       {knock{"GET", status, "Bridge.LAN:8181", bearer, ""}, 200},
		"no token, from this machine":    {knock{"GET", status, "127.0.0.1:8181", nil, ""}, 401},
		"a wrong token":                  {knock{"GET", status, "127.0.0.1:8181", map[string]string{"Authorization": "Bearer 0123456789abcde"}, ""}, 401},
		"a token of no kind":             {knock{"GET", status, "127.0.0.1:8181", map[string]string{"Authorization": adminToken}, ""}, 401},
		"a name rebound to this machine": {knock{"GET", "/metrics", "evil.example:8181", nil, ""}, 421},
		"such a name, with the token":    {knock{"GET", status, "evil.example", bearer, ""}, 421},
		"an address as a part of a name": {knock{"GET", status, "127.0.0.1.evil.example", bearer, ""}, 421},
		"no name":                        {knock{"GET", status, "", bearer, ""}, 421},
		"metrics, without a token":       {knock{"GET", "/metrics", "127.0.0.1:8181", nil, ""}, 200},
		"health, without a token":        {knock{"GET", "/health", "127.0.0.1:8181", nil, ""}, 200},
		"settle, as the commands do":     {knock{"POST", settle, "127.0.0.1:8181", with("Content-Type", "application/json"), ""}, 200},
		"settle, by another site":        {knock{"POST", settle, "127.0.0.1:8181", with("Sec-Fetch-Site", "cross-site"), ""}, 403},
		"settle, by a site beside it":    {knock{"POST", settle, "127.0.0.1:8181", with("Sec-Fetch-Site", "same-site"), ""}, 403},
		"settle, by an older browser":    {knock{"POST", settle, "127.0.0.1:8181", with("Origin", "http://evil.example"), ""}, 403},
		"settle, by a page without home": {knock{"POST", settle, "127.0.0.1:8181", with("Origin", "null"), ""}, 403},
		"settle, by a page of its own":   {knock{"POST", settle, "127.0.0.1:8181", with("Origin", "http://127.0.0.1:8181", "Sec-Fetch-Site", "same-origin"), ""}, 200},
		"settle, as a form":              {knock{"POST", settle, "127.0.0.1:8181", with("Content-Type", "application/x-www-form-urlencoded"), ""}, 415},
		"back-fill, by another site":     {knock{"POST", fill, "127.0.0.1:8181", with("Origin", "http://evil.example", "Content-Type", "text/plain"), "{}"}, 403},
		"back-fill as text":              {knock{"POST", fill, "127.0.0.1:8181", with("Content-Type", "text/plain"), "{}"}, 415},
		"back-fill of no type":           {knock{"POST", fill, "127.0.0.1:8181", bearer, "{}"}, 415},
		"a device as a form":             {knock{"POST", "/v1/admin/devices", "127.0.0.1:8181", with("Content-Type", "multipart/form-data; boundary=x"), "{}"}, 415},
		"terms as text":                  {knock{"PUT", "/v1/admin/terms", "127.0.0.1:8181", with("Content-Type", "text/plain"), "{}"}, 415},
		"terms, compressed":              {knock{"PUT", "/v1/admin/terms", "127.0.0.1:8181", with("Content-Type", "application/json", "Content-Encoding", "gzip"), "{}"}, 415},
		"terms in another alphabet":      {knock{"PUT", "/v1/admin/terms", "127.0.0.1:8181", with("Content-Type", "application/json; charset=utf-16"), "{}"}, 415},
		"terms":                          {knock{"PUT", "/v1/admin/terms", "127.0.0.1:8181", with("Content-Type", "application/json; charset=UTF-8"), "{}"}, 200},
	} {
		if code, body := c.at(h); code != c.code {
			t.Errorf("%s: %d, want %d: %s", name, code, c.code, body)
		}
	}
	if code, _ := (knock{"GET", status, "127.0.0.1", map[string]string{"Authorization": "Bearer "}, ""}).at(s.Admin("", nil, http.NotFoundHandler())); code != 401 {
		t.Errorf("without a token of its own it answers %d", code)
	}
	if code, body := (knock{"GET", "/health", "127.0.0.1:8181", nil, ""}).at(h); code != 200 || !strings.Contains(body, "rpc_down") || strings.Contains(body, "10.0.0.7") {
		t.Errorf("health: %s", body)
	}
}

// The same door is before the public API, whose name is its URL's.
func TestThePublicListenerIsNotUsedByOtherSites(t *testing.T) {
	_, s, _ := serve(t)
	h := s.Public()
	for name, c := range map[string]struct {
		knock
		code int
	}{
		"by its name":                      {knock{"GET", "/v1/operator", domain, nil, ""}, 200},
		"by the address behind a proxy":    {knock{"GET", "/v1/operator", "127.0.0.1:8180", nil, ""}, 200},
		"by a rebound name":                {knock{"GET", "/v1/operator", "evil.example", nil, ""}, 421},
		"a nonce":                          {knock{"POST", "/v1/session/nonce", domain, nil, ""}, 200},
		"a nonce, by another site":         {knock{"POST", "/v1/session/nonce", domain, map[string]string{"Sec-Fetch-Site": "cross-site"}, ""}, 403},
		"a nonce, by the console":          {knock{"POST", "/v1/session/nonce", domain, map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "https://" + domain}, ""}, 200},
		"the console, whose proxy renames": {knock{"POST", "/v1/session/nonce", "127.0.0.1:8180", map[string]string{"Origin": "https://" + domain}, ""}, 200},
		"a sign-in as a form":              {knock{"POST", "/v1/session", domain, map[string]string{"Content-Type": "text/plain"}, `{"message":"","signature":""}`}, 415},
		"a sign-in of no type":             {knock{"POST", "/v1/session", domain, nil, `{"message":"","signature":""}`}, 415},
		"a destination, by another site":   {knock{"PUT", "/v1/destinations/x", domain, map[string]string{"Origin": "https://evil.example", "Content-Type": "application/json"}, `{}`}, 403},
		"its removal, by another site":     {knock{"DELETE", "/v1/destinations/x", domain, map[string]string{"Origin": "https://evil.example"}, ""}, 403},
	} {
		if code, body := c.at(h); code != c.code {
			t.Errorf("%s: %d, want %d: %s", name, code, c.code, body)
		}
	}
}

func TestTheOperatorsClientHasTheToken(t *testing.T) {
	_, s, _ := serve(t)
	h := httptest.NewServer(s.Admin(adminToken, nil, http.NotFoundHandler()))
	defer h.Close()
	if st, err := NewClient(h.URL, adminToken).Status(t.Context()); err != nil || st.Version != "v" {
		t.Errorf("%+v %v", st, err)
	}
	if _, err := NewClient(h.URL, "").Status(t.Context()); err == nil || !strings.Contains(err.Error(), "admin.token in data_dir") {
		t.Errorf("without it: %v", err)
	}
	c := NewClient(h.URL, adminToken)
	if err := c.Release(t.Context(), lorawan.DevEUI{7: 1}); err != nil {
		t.Error(err)
	}
	if err := c.Release(t.Context(), lorawan.DevEUI{7: 2}); err == nil || !strings.Contains(err.Error(), "is listed") {
		t.Errorf("released: %v", err)
	}
	if _, err := c.Attest(t.Context(), AttestRequest{}); err == nil || !strings.Contains(err.Error(), "owner is missing") {
		t.Errorf("%v", err)
	}
	if _, err := c.Earnings(t.Context()); err == nil || strings.Contains(err.Error(), "/secret/path") {
		t.Errorf("our own trouble is shown: %v", err)
	}
	if _, err := NewClient("http://127.0.0.1:1", "").Status(t.Context()); !errors.Is(err, ErrUnreachable) {
		t.Errorf("%v", err)
	}
}
