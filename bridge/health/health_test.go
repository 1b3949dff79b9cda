package health

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

// What only has not begun is listed and makes no noise; what fails to begin does.
func TestWhatIsAwaitedIsLoggedOnlyIfItFails(t *testing.T) {
	var b bytes.Buffer
	h := New(slog.New(slog.NewTextHandler(&b, nil)))
	h.Await(Condition{Code: "broker_down", Subject: "a", Text: "not connected yet"})
	if len(h.List()) != 1 {
		t.Error("it is not listed")
	}
	h.Clear("broker_down", "a")
	if b.Len() > 0 || len(h.List()) != 0 {
		t.Errorf("%v, logged: %s", h.List(), b.String())
	}
	h.Await(Condition{Code: "broker_down", Subject: "a", Text: "not connected yet"})
	since := h.List()[0].Since
	for range 2 {
		h.Raise(Condition{Code: "broker_down", Subject: "a", Text: "nothing listens"})
	}
	h.Clear("broker_down", "a")
	if text := b.String(); strings.Count(text, "nothing listens") != 1 || strings.Count(text, "recovered") != 1 || since.IsZero() {
		t.Errorf("logged: %s", text)
	}
}
