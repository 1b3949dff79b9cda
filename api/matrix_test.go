package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/gateway"
	"github.com/ethereum/go-ethereum/common"
)

// may is what a route answers to whom. Whoever has no session is answered as a stranger: one who
// signed in with a message that was used before, that is for another domain or chain, or that another
// signed, and one whose session is over. Operator and arbiter have no rights at the public API
// that another buyer has not.
type may struct {
	path, kind, body              string
	stranger, other, buyer, owner int
}

const (
	asJSON  = "application/json"
	everyID = "anonymous,other buyer,buyer,owner,operator,arbiter,replayed,expired,wrong domain,wrong chain,forged"
)

func all(path string, code int) may {
	return may{path: path, stranger: code, other: code, buyer: code, owner: code}
}
func ofBuyer(path, body string, code int) may {
	return may{path, map[bool]string{true: asJSON}[body != ""], body, 401, 404, code, 404}
}

// T4: every route of the public API. A route that is not here fails the test.
var publicMay = map[string]may{
	"GET /openapi.json":     all("/openapi.json", 200),
	"GET /openapi-3.0.json": all("/openapi-3.0.json", 200),
	"GET /openapi.yaml":     all("/openapi.yaml", 200),
	"GET /openapi-3.0.yaml": all("/openapi-3.0.yaml", 200),
	"GET /docs":             all("/docs", 200),
	"GET /v1/operator":      all("/v1/operator", 200),
	"GET /v1/health":        all("/v1/health", 200),
	"GET /v1/kinds":         all("/v1/kinds", 200),
	"GET /v1/terms/{hash}":  all("/v1/terms/0x01"+strings.Repeat("00", 31), 200),
	"PUT /v1/terms":         {"/v1/terms", asJSON, `{"sell":["values"],"version":1}`, 401, 422, 422, 200},

	"GET /v1/streams":                     all("/v1/streams?quantity=temperature", 200),
	"GET /v1/streams/{stream}":            all("/v1/streams/1", 200),
	"GET /v1/streams/{stream}/statistics": all("/v1/streams/1/statistics", 200),
	"GET /v1/streams/{stream}/sample":     all("/v1/streams/1/sample", 200),
	"GET /v1/operators":                   all("/v1/operators", 200),
	"GET /v1/rules":                       all("/v1/rules", 200),

	"POST /v1/session/nonce": all("/v1/session/nonce", 200),
	"POST /v1/session":       {"/v1/session", asJSON, `{"message":"x","signature":"0x"}`, 401, 401, 401, 401},

	"GET /v1/destinations":                     {"/v1/destinations", "", "", 401, 200, 200, 200},
	"PUT /v1/destinations/{name}":              {"/v1/destinations/store", asJSON, `{"kind":"http","config":{"url":"https://x"}}`, 401, 200, 200, 200},
	"GET /v1/destinations/{name}":              ofBuyer("/v1/destinations/store", "", 200),
	"DELETE /v1/destinations/{name}":           ofBuyer("/v1/destinations/store", "", 204),
	"POST /v1/destinations/{name}/test":        ofBuyer("/v1/destinations/store/test", "", 200),
	"POST /v1/destinations/{name}/retry":       ofBuyer("/v1/destinations/store/retry", "", 204),
	"POST /v1/destinations/{name}/rotate":      ofBuyer("/v1/destinations/store/rotate", `{"secret":"s"}`, 200),
	"PUT /v1/purchases/{purchase}/destination": ofBuyer("/v1/purchases/1/destination", `{"destination":"store"}`, 200),
	"GET /v1/purchases/{purchase}/delivery":    ofBuyer("/v1/purchases/1/delivery", "", 200),
	"GET /v1/purchases/{purchase}/readings":    ofBuyer("/v1/purchases/1/readings", "", 200),
	"GET /v1/purchases/{purchase}/live":        ofBuyer("/v1/purchases/1/live", "", 200),
	"GET /v1/purchases/{purchase}/parked":      ofBuyer("/v1/purchases/1/parked", "", 200),
	"POST /v1/purchases/{purchase}/replay":     ofBuyer("/v1/purchases/1/replay", `{"from":1}`, 200),
	"GET /v1/purchases/{purchase}/evidence":    ofBuyer("/v1/purchases/1/evidence", "", 200),
	"POST /v1/chain":                           {"/v1/chain", asJSON, `{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}`, 200, 200, 200, 200},

	"GET /v1/streams/{stream}/claim": {"/v1/streams/1/claim", "", "", 401, 404, 404, 200},
	"POST /v1/proofs":                {"/v1/proofs", asJSON, `{"devices":["0000000000000001"]}`, 401, 200, 200, 200},
}

// Transactions are prepared for everybody, whose account ever signs them: here no node answers.
func init() {
	for action, body := range txBodies {
		publicMay["POST "+txPath+action] = may{txPath + action, asJSON, body, 503, 503, 503, 503}
	}
}

// adminMay is every route of the admin API: what it answers to whoever has the token; the others,
// whoever they are elsewhere, are answered 401. stranger 200: it needs no token.
var adminMay = map[string]may{
	"GET /openapi.json":                           {path: "/openapi.json", stranger: 401, owner: 200},
	"GET /openapi-3.0.json":                       {path: "/openapi-3.0.json", stranger: 401, owner: 200},
	"GET /openapi.yaml":                           {path: "/openapi.yaml", stranger: 401, owner: 200},
	"GET /openapi-3.0.yaml":                       {path: "/openapi-3.0.yaml", stranger: 401, owner: 200},
	"GET /health":                                 {path: "/health", stranger: 200, owner: 200},
	"GET /metrics":                                {path: "/metrics", stranger: 200, owner: 200},
	"GET /v1/admin/status":                        {path: "/v1/admin/status", stranger: 401, owner: 200},
	"GET /v1/admin/devices":                       {path: "/v1/admin/devices", stranger: 401, owner: 200},
	"POST /v1/admin/devices":                      {path: "/v1/admin/devices", kind: asJSON, body: `{"dev_eui":"0000000000000001","owner":"0x00000000000000000000000000000000000000aa","proof_kind":0}`, stranger: 401, owner: 200},
	"DELETE /v1/admin/devices/{dev_eui}/owner":    {path: "/v1/admin/devices/0000000000000001/owner", stranger: 401, owner: 204},
	"GET /v1/admin/devices/bought":                {path: "/v1/admin/devices/bought", stranger: 401, owner: 200},
	"PUT /v1/admin/terms":                         {path: "/v1/admin/terms", kind: asJSON, body: `{}`, stranger: 401, owner: 200},
	"GET /v1/admin/purchases/{purchase}/evidence": {path: "/v1/admin/purchases/1/evidence", stranger: 401, owner: 200},
	"GET /v1/admin/earnings":                      {path: "/v1/admin/earnings", stranger: 401, owner: 500},
	"POST /v1/admin/settle":                       {path: "/v1/admin/settle", stranger: 401, owner: 200},
	"GET /v1/admin/sessions":                      {path: "/v1/admin/sessions", stranger: 401, owner: 200},
	"POST /v1/admin/sessions":                     {path: "/v1/admin/sessions", kind: asJSON, body: `{"dev_eui":"0000000000000001"}`, stranger: 401, owner: 422}, /* keys are missing */
	"DELETE /v1/admin/sessions/{dev_eui}":         {path: "/v1/admin/sessions/0000000000000001", stranger: 401, owner: 204},
	"POST /v1/admin/backfill":                     {path: "/v1/admin/backfill?source=cs", kind: "application/x-ndjson", body: "{}\n", stranger: 401, owner: 200},
	"GET /v1/admin/backup":                        {path: "/v1/admin/backup", stranger: 401, owner: 200},
}

// stage is a server with everybody who may come to it.
type stage struct {
	s       *Server
	bearers map[string]string // by identity
}

func newStage(t *testing.T) *stage {
	t.Helper()
	f := &fake{dests: map[common.Address]map[string]DestinationInput{}, next: func(context.Context) (Page, error) { return Page{}, io.EOF }}
	f.copy = copied{Reader: strings.NewReader("copy"), length: 4}
	s := New(Backend{Chain: &lent{}, Purchases: f, Devices: f, Prover: f, Treasury: f, Reporter: f, Archivist: f, Destinations: f, Claimant: f, Copier: f, Puller: f, Market: fakeMarket{}, Wallets: f, Sessions: f, Backfiller: f},
		"https://"+domain, slog.New(slog.DiscardHandler))
	st := &stage{s: s, bearers: map[string]string{"anonymous": ""}}
	for _, who := range []string{"other buyer", "buyer", "owner", "operator", "arbiter"} {
		a, sign, _ := newWallet(t)
		token, used := s.sessions.open(t, a, sign)
		st.bearers[who] = token
		switch who {
		case "buyer":
			f.ann = a
			f.dests[a] = map[string]DestinationInput{"store": {Kind: "http"}}
			st.bearers["expired"] = s.sessions.mark(&s.sessions.tokens, a[:], -time.Second)
			st.refused(t, "replayed", used, sign(used))
			m := func(domain string, chain uint64) string {
				return SignInMessage(domain, "https://"+domain, a, chain, s.sessions.nonce(), time.Now())
			}
			foreign, chain, forged := m("evil.example", 1337), m(domain, 1), m(domain, 1337)
			_, bob, _ := newWallet(t)
			st.refused(t, "wrong domain", foreign, sign(foreign))
			st.refused(t, "wrong chain", chain, sign(chain))
			st.refused(t, "forged", forged, bob(forged))
		case "owner":
			f.owner = a
		}
	}
	return st
}

// refused signs in as one who must not get in, and keeps what he has then.
func (st *stage) refused(t *testing.T, who, message, signature string) {
	t.Helper()
	token, _, err := st.s.sessions.signIn(t.Context(), message, signature)
	if err == nil {
		t.Errorf("%s: signs in", who)
	}
	st.bearers[who] = token
}

func (st *stage) ask(t *testing.T, h http.Handler, method string, m may, bearer, host string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, m.path, bytes.NewReader([]byte(m.body)))
	r.Host, r.RemoteAddr = host, "192.0.2.1:5"
	if m.kind != "" {
		r.Header.Set("Content-Type", m.kind)
	}
	r.Header.Set("Authorization", "Bearer "+bearer)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func routesOf(all ...*routes) (patterns []string) {
	for _, r := range all {
		patterns = append(patterns, r.patterns...)
	}
	slices.Sort(patterns)
	return slices.Compact(patterns)
}

// complete compares a table with the routes there are.
func complete(t *testing.T, routes []string, table map[string]may) {
	t.Helper()
	for _, pattern := range routes {
		if _, ok := table[pattern]; !ok && pattern != "/" {
			t.Errorf("%s has no row in the table of who may what", pattern)
		}
	}
	for pattern := range table {
		if !slices.Contains(routes, pattern) {
			t.Errorf("%s has a row and is no route", pattern)
		}
	}
}

// T4: every path × the ten identities, and one who forges; and whatever comes by another site's page,
// under another name, or in another type. The table is printed with -v.
func TestWhoMayWhat(t *testing.T) {
	_, s, _ := serve(t)
	free, admin := s.adminRoutes(http.NotFoundHandler())
	metrics := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	complete(t, routesOf(s.publicRoutes()), publicMay)
	complete(t, routesOf(free, admin), adminMay)
	ids := strings.Split(everyID, ",")
	var b strings.Builder
	line := func(route string, cells []int) {
		fmt.Fprintf(&b, "%-52s%s\n", route, strings.Trim(fmt.Sprintf("%6d", cells), "[]"))
	}
	fmt.Fprintf(&b, "%s, then: another site's page, another name, another type\n", strings.Join(ids, ", "))
	for _, listener := range []struct {
		name  string
		table map[string]may
		open  func(*Server) http.Handler
		host  string
	}{
		{"public", publicMay, (*Server).Public, domain},
		{"admin", adminMay, func(s *Server) http.Handler { return s.Admin(adminToken, nil, metrics) }, "127.0.0.1:8181"},
	} {
		b.WriteString(listener.name + "\n")
		for _, route := range slices.Sorted(maps.Keys(listener.table)) {
			m := listener.table[route]
			method, _, _ := strings.Cut(route, " ")
			var cells []int
			st := newStage(t)
			for _, id := range ids {
				if method != http.MethodGet {
					st = newStage(t) // each finds things as they were
				}
				bearer, want := st.bearers[id], m.stranger
				switch {
				case listener.name == "admin" && id == "operator":
					bearer, want = adminToken, m.owner
				case listener.name == "admin":
				case id == "other buyer" || id == "operator" || id == "arbiter":
					want = m.other
				case id == "buyer":
					want = m.buyer
				case id == "owner":
					want = m.owner
				}
				w := st.ask(t, listener.open(st.s), method, m, bearer, listener.host)
				if cells = append(cells, w.Code); w.Code != want {
					t.Errorf("%s: %s is answered %d, want %d: %s", route, id, w.Code, want, w.Body)
				}
				if w.Code == 404 {
					sameAsNothing(t, st, listener.open, method, m, bearer, w)
				}
			}
			cells = append(cells, strangeWays(t, listener.open, listener.host, listener.name, method, route, m)...)
			line(route, cells)
		}
	}
	t.Log("\n" + b.String())
}

// sameAsNothing checks that another's thing is answered as one there is not.
func sameAsNothing(t *testing.T, st *stage, open func(*Server) http.Handler, method string, m may, bearer string, w *httptest.ResponseRecorder) {
	t.Helper()
	nothing := m
	nothing.path = strings.NewReplacer("purchases/1", "purchases/2", "streams/1", "streams/2", "/store", "/other").Replace(m.path)
	none := st.ask(t, open(st.s), method, nothing, bearer, domain)
	if strings.ReplaceAll(w.Body.String(), "store", "other") != none.Body.String() {
		t.Errorf("%s %s: another's is answered %s, and none %s", method, m.path, w.Body, none.Body)
	}
}

// strangeWays comes as who may most, by ways a browser can be led.
func strangeWays(t *testing.T, open func(*Server) http.Handler, host, listener, method, route string, m may) (cells []int) {
	t.Helper()
	st := newStage(t)
	bearer := st.bearers["buyer"]
	if listener == "admin" {
		bearer = adminToken
	}
	h := open(st.s)
	safe := method == http.MethodGet
	for _, way := range []struct {
		host, name, value string
		want              int
		skip              bool
	}{
		{host, "Sec-Fetch-Site", "cross-site", http.StatusForbidden, safe},
		{"evil.example", "X-Nothing", "", http.StatusMisdirectedRequest, false},
		{host, "Content-Type", "text/plain", http.StatusUnsupportedMediaType, safe},
	} {
		if way.skip { // reads change nothing, and no other site's page sees the answer: there is no CORS
			cells = append(cells, 0)
			continue
		}
		w := st.ask(t, h, method, m, bearer, way.host, way.name, way.value)
		if cells = append(cells, w.Code); w.Code != way.want {
			t.Errorf("%s: by %s %s at %s it is answered %d, want %d", route, way.name, way.value, way.host, w.Code, way.want)
		}
		if w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: another site's page sees the answer", route)
		}
	}
	return cells
}

func (f *fake) Sessions(string) ([]gateway.Info, error)    { return []gateway.Info{}, nil }
func (f *fake) AddSession(string, config.DeviceKeys) error { return nil }
func (f *fake) RemoveSession(string, lorawan.DevEUI) error { return nil }
func (f *fake) Backfill(context.Context, string, io.Reader) (map[string]int, error) {
	return map[string]int{}, nil
}
