package terminal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"
)

const evil = "x\x1b[31m\nverified:  true\r\t\x7f\u0085\u009b2J\u202e\u2066\u2028\u200eend"

func TestAValueIsOneLineWithoutControls(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "plain, é, 温度 °C": "plain, é, 温度 °C", "a\tb": `a\u0009b`, "a\nb": `a\u000ab`, "\x9b2J": "\ufffd2J",
		evil: `x\u001b[31m\u000averified:  true\u000d\u0009\u007f\u0085\u009b2J\u202e\u2066\u2028\u200eend`,
	} {
		if got := Clean(text); got != want {
			t.Errorf("%q is shown as %q", text, got)
		}
	}
	if got := Lines("one\ntwo\x1b[1A"); got != "one\n  two\\u001b[1A" {
		t.Errorf("lines are shown as %q", got)
	}
}

// Whatever pieces an output comes in, it is the same; and JSON says the same as before.
func TestAWriterLetsNoControlThrough(t *testing.T) {
	doc, err := json.Marshal(map[string]string{"text": evil})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{evil, "温度\n", string(doc)} {
		var whole bytes.Buffer
		if n, err := NewWriter(&whole).Write([]byte(text)); n != len(text) || err != nil {
			t.Fatal(n, err)
		}
		var pieces bytes.Buffer
		w := NewWriter(&pieces)
		for i := range len(text) {
			if _, err := w.Write([]byte{text[i]}); err != nil {
				t.Fatal(err)
			}
		}
		if whole.String() != pieces.String() || bytes.ContainsAny(whole.Bytes(), "\x1b\r\x7f\u0085\u009b\u202e\u2066\u2028\u200e") {
			t.Errorf("%q is written as %q, in pieces %q", text, whole.String(), pieces.String())
		}
		var before, after map[string]string
		if json.Unmarshal([]byte(text), &before) == nil && (json.Unmarshal(whole.Bytes(), &after) != nil || after["text"] != before["text"]) {
			t.Errorf("%s says something else as %s", text, whole.String())
		}
	}
	var b bytes.Buffer
	w := NewWriter(&b)
	if Bare(w) != &b || Bare(&b) != &b {
		t.Error("what stands behind is not given")
	}
}

// Whoever names a file that is not there, or not his, reads so, wherever in the error it stands.
func TestAFileThatCannotBeReadIsTold(t *testing.T) {
	gone := &fs.PathError{Op: "open", Path: "/x", Err: syscall.ENOENT}
	closed := &fs.PathError{Op: "stat", Path: "/etc/y", Err: syscall.EACCES}
	for want, err := range map[string]error{
		"usage: --file: there is no file /x (make one)":                    fmt.Errorf("usage: --file: %w (make one)", gone),
		"a: there is no file /x\n  b: this account may not look at /etc/y": errors.Join(fmt.Errorf("a: %w", gone), fmt.Errorf("b: %w", closed)),
		"/x is a folder, and a file is needed":                             &fs.PathError{Op: "read", Path: "/x", Err: syscall.EISDIR},
		"write: there is no folder /none such":                             fmt.Errorf("write: %w", &fs.PathError{Op: "open", Path: "/none such/x", Err: syscall.ENOENT}),
		"/x exists already":                                                &fs.PathError{Op: "open", Path: "/x", Err: syscall.EEXIST},
		"read /x: input/output error":                                      &fs.PathError{Op: "read", Path: "/x", Err: syscall.EIO},
		"nothing of the kind":                                              errors.New("nothing of the kind"),
	} {
		if got := Error(err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
