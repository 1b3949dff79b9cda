package health

import (
	"bytes"
	"fmt"
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

// A fault that thousands share is told of a few and counted of the others, in the list and in the log.
func TestAThousandConditionsOfOneCodeAreTwentyAndANumber(t *testing.T) {
	var b bytes.Buffer
	h := New(slog.New(slog.NewTextHandler(&b, nil)))
	for i := range 1000 {
		h.Raise(Condition{Code: "destination_failing", Subject: fmt.Sprint(i), Text: "it does not accept parcels"})
	}
	h.Raise(Condition{Code: "chain_stale", Text: "no node answers"})
	told := h.Told()
	if len(told) != 22 || told[20].Text != "the same holds of 980 others" || told[21].Code != "chain_stale" || len(h.List()) != 1001 {
		t.Errorf("%d are told: %v", len(told), told[20:])
	}
	for i := range 1000 {
		h.Clear("destination_failing", fmt.Sprint(i))
	}
	if len(h.Told()) != 1 || strings.Count(b.String(), "\n") != 20+1+1+20 {
		t.Errorf("%d are told, %d lines are logged", len(h.Told()), strings.Count(b.String(), "\n"))
	}
	h.Raise(Condition{Code: "destination_failing", Subject: "7", Text: "again"})
	if !strings.Contains(b.String(), "again") {
		t.Error("when few hold again, they are not logged")
	}
}
