package main

import (
	"fmt"
	"strings"
	"unicode"
)

// clean makes a value safe to be shown on a terminal, in one line: control characters (C0,
// DEL, C1), line separators and what turns the direction of writing are written as escapes.
// Values come from the chain, from devices and from other people's servers.
func clean(s string) string {
	if !strings.ContainsFunc(s, unsafe) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unsafe(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func unsafe(r rune) bool {
	return unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 ||
		r == 0x2028 || r == 0x2029 || r == 0x200e || r == 0x200f || r == 0x061c
}

// cleanLines is clean for sentences that may have several lines; further ones are indented,
// so that none looks like a line of ours.
func cleanLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = clean(lines[i])
	}
	return strings.Join(lines, "\n  ")
}
