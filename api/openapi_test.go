package api

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "rewrite docs/openapi.json")

func TestTheOpenAPIDocumentIsTheOneTheServerGives(t *testing.T) {
	_, s, _ := serve(t)
	r := httptest.NewRequest(http.MethodGet, "/openapi.json", nil)
	r.Host = domain
	w := httptest.NewRecorder()
	s.Public().ServeHTTP(w, r)
	var b bytes.Buffer
	if err := json.Indent(&b, w.Body.Bytes(), "", "  "); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %v", w.Code, err)
	}
	b.WriteByte('\n')
	if *update {
		if err := os.WriteFile("../docs/openapi.json", b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile("../docs/openapi.json")
	if err != nil || !bytes.Equal(have, b.Bytes()) {
		t.Errorf("docs/openapi.json is stale (%v): run go test ./api -update", err)
	}
}
