package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
)

// F5: an answer that refuses a body had all of it in it, secrets too. Whatever is wrong with a body,
// nothing of it is in the answer, at every endpoint that takes one.
func TestAnAnswerEchoesNothingOfABody(t *testing.T) {
	const secret = "whsec_9sEcReT7"
	wrong := map[string]string{
		"no JSON":         `{"secret":"` + secret + `"`,
		"text":            secret,
		"a string":        `"` + secret + `"`,
		"a list":          `["` + secret + `"]`,
		"members of none": `{"` + secret + `":{"` + secret + `":"` + secret + `"}}`,
		"a number":        `13579246801`,
		"behind its end":  `{} ` + secret,
	}
	listeners := map[string]struct {
		table map[string]may
		open  func(*Server) http.Handler
		host  string
	}{
		"public": {publicMay, (*Server).Public, domain},
		"admin":  {adminMay, func(s *Server) http.Handler { return s.Admin(adminToken, nil, http.NotFoundHandler()) }, "127.0.0.1:8181"},
	}
	tried := 0
	for name, l := range listeners {
		for route, m := range l.table {
			method, _, _ := strings.Cut(route, " ")
			if m.body == "" || method == http.MethodGet {
				continue
			}
			bodies := map[string]string{}
			maps.Copy(bodies, wrong)
			var good map[string]any
			if json.Unmarshal([]byte(m.body), &good) == nil {
				for member := range good { // each member of a good body, as something else
					for _, as := range []any{secret, 13579246801, []any{secret}, map[string]any{secret: secret}, true, strings.Repeat(secret, 500)} {
						one := map[string]any{}
						maps.Copy(one, good)
						one[member] = as
						text, _ := json.Marshal(one)
						bodies[fmt.Sprintf("%s as %.20v", member, as)] = string(text)
					}
				}
				good[secret] = secret
				text, _ := json.Marshal(good)
				bodies["a member of none"] = string(text)
			}
			for what, body := range bodies {
				st := newStage(t)
				bearer := st.bearers["buyer"]
				if name == "admin" {
					bearer = adminToken
				}
				bad := m
				bad.body = body
				w := st.ask(t, l.open(st.s), method, bad, bearer, l.host)
				tried++
				if text := w.Body.String(); w.Code >= 400 && (strings.Contains(text, secret) || strings.Contains(text, "13579246801")) {
					t.Errorf("%s, %s: %d %.600s", route, what, w.Code, text)
				}
			}
		}
	}
	if tried < 100 {
		t.Errorf("%d bodies were tried", tried)
	}
}
