// Package manual makes a documented struct the manual of a TOML file: each field has
// its default in the tag def, its explanation in the tag doc, and its key in a tag
// the caller names. It refuses to know what is configured, and parses nothing.
package manual

import (
	"fmt"
	"reflect"
	"strings"
)

// Print writes a struct as an annotated TOML file of its defaults: its own keys,
// then its tables.
func Print(b *strings.Builder, t reflect.Type, tag string) { print(b, t, tag, "") }

func print(b *strings.Builder, t reflect.Type, tag, section string) {
	for f := range t.Fields() {
		if f.Type.Kind() == reflect.Struct || IsTables(f.Type) {
			continue
		}
		fmt.Fprintf(b, "# %s\n%s = %s\n\n", f.Tag.Get("doc"), f.Tag.Get(tag), f.Tag.Get("def"))
	}
	for f := range t.Fields() {
		key := section + f.Tag.Get(tag)
		switch {
		case f.Type.Kind() == reflect.Struct:
			fmt.Fprintf(b, "# %s\n[%s]\n", f.Tag.Get("doc"), key)
			print(b, f.Type, tag, key+".")
		case IsTables(f.Type):
			fmt.Fprintf(b, "# %s\n[[%s]]\n", f.Tag.Get("doc"), key)
			print(b, f.Type.Elem(), tag, key+".")
		}
	}
}

// IsTables says whether a type is written as an array of tables.
func IsTables(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct
}

// Nearest is the known key that takes the fewest edits to become the given one, and
// how many; of several, the first.
func Nearest(key string, known []string) (best string, edits int) {
	edits = 1 << 30
	for _, k := range known {
		if d := distance(key, k); d < edits {
			best, edits = k, d
		}
	}
	return best, edits
}

// distance is the edit distance of Levenshtein, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
