// Package terminal keeps what strangers write from drawing on the terminal of who runs a command:
// texts come from the chain, from devices and from other people's servers.
//
// Clean and Lines are for a value in a sentence, Error for the one a program ends with; Writer stands before a whole output, for whatever
// they were forgotten in.
package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// Clean makes a value safe to be shown, in one line: control characters (C0, DEL, C1), line
// separators and what turns the direction of writing are written as escapes.
func Clean(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, unsafe) {
		return s
	}
	return string(appendClean(nil, []byte(s), ""))
}

// Lines is Clean for sentences that may have several lines; further ones are indented, so that none
// looks like a line of ours.
func Lines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = Clean(lines[i])
	}
	return strings.Join(lines, "\n  ")
}

func unsafe(r rune) bool {
	return unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 ||
		r == 0x2028 || r == 0x2029 || r == 0x200e || r == 0x200f || r == 0x061c
}

// appendClean appends a text with what is unsafe in it escaped, as JSON and Go write it, but for the
// characters of keep.
func appendClean(out, text []byte, keep string) []byte {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && n == 1: // a byte that is no text, which some terminals take for a control
			out = append(out, "\ufffd"...)
		case unsafe(r) && !strings.ContainsRune(keep, r):
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			out = append(out, text[:n]...)
		}
		text = text[n:]
	}
	return out
}

// Writer lets text through that begins and ends lines, and escapes every other control character.
// The escapes mean the same to who reads the output as JSON.
type Writer struct {
	to   io.Writer
	part []byte // of a character, its end is still to come
}

// NewWriter stands before an output.
func NewWriter(to io.Writer) *Writer { return &Writer{to: to} }

// Write implements io.Writer.
func (w *Writer) Write(b []byte) (int, error) {
	text := append(w.part, b...)
	whole := len(text)
	for back := 1; back < utf8.UTFMax && back <= len(text); back++ {
		if c := text[len(text)-back]; utf8.RuneStart(c) {
			if !utf8.FullRune(text[len(text)-back:]) {
				whole -= back
			}
			break
		}
	}
	w.part = append([]byte(nil), text[whole:]...)
	if _, err := w.to.Write(appendClean(nil, text[:whole], "\n\t")); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Bare is the output a Writer stands before, and any other writer itself: for a control sequence of
// our own, and for bytes that must arrive as they are.
func Bare(w io.Writer) io.Writer {
	if t, ok := w.(*Writer); ok {
		return t.to
	}
	return w
}

// Verbatim is an output for bytes that must arrive as they are, such as signed ones: they do, but never so
// on a terminal.
func Verbatim(w io.Writer) io.Writer {
	if f, ok := Bare(w).(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return w
	}
	return Bare(w)
}
