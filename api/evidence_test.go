package api

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestEvidenceIsForTheBuyerAndTheOperator(t *testing.T) {
	f, s, h := serve(t)
	ann, _, key := newWallet(t)
	f.ann = ann
	c := NewClient(h.URL, "")
	if _, err := c.Evidence(t.Context(), 1, false, 0, 10); err == nil || !strings.Contains(err.Error(), "sign in") {
		t.Errorf("without a session: %v", err)
	}
	if err := c.SignIn(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if d, err := c.Evidence(t.Context(), 1, false, 7, 10); err != nil || d.Identity.Purchase != 1 || d.Receipts.First != 7 {
		t.Errorf("the buyer's: %+v %v", d, err)
	}
	if _, err := c.Evidence(t.Context(), 1, false, 0, 20_001); err == nil || !strings.Contains(err.Error(), "limit") {
		t.Errorf("more than fits: %v", err)
	}
	_, _, other := newWallet(t)
	o := NewClient(h.URL, "")
	if err := o.SignIn(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Evidence(t.Context(), 1, false, 0, 10); !errors.Is(err, ErrNotFound) {
		t.Errorf("another's: %v", err)
	}
	if _, err := o.Evidence(t.Context(), 1, true, 0, 10); !errors.Is(err, ErrNotFound) {
		t.Errorf("the operator's path on the public listener: %v", err)
	}
	admin := httptest.NewServer(s.Admin(adminToken, nil, http.NotFoundHandler()))
	defer admin.Close()
	if d, err := NewClient(admin.URL, adminToken).Evidence(t.Context(), 1, true, 0, 10); err != nil || d.Identity.Purchase != 1 {
		t.Errorf("the operator's: %v", err)
	}
	if _, err := NewClient(admin.URL, adminToken).Evidence(t.Context(), 2, true, 0, 10); !errors.Is(err, ErrNotFound) {
		t.Errorf("no such purchase: %v", err)
	}
}
