// Package manual makes a documented struct the manual of a TOML file: each field has
// its default in the tag def, its explanation in the tag doc, and its key in a tag
// the caller names; what it takes is said by further tags (see Bounds). A Reader fills it from
// a file's tables and holds every value to what its key takes. It refuses to know what is
// configured, and to parse TOML.
package manual

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Print writes a struct as an annotated TOML file of its defaults: its own keys,
// then its tables.
func Print(b *strings.Builder, t reflect.Type, tag string) { print(b, t, tag, "") }

func print(b *strings.Builder, t reflect.Type, tag, section string) {
	for f := range t.Fields() {
		if f.Type.Kind() == reflect.Struct || IsTables(f.Type) {
			continue
		}
		doc := f.Tag.Get("doc")
		if bounds := Bounds(f); bounds != "" {
			doc += "\n# Takes " + bounds + "."
		}
		fmt.Fprintf(b, "# %s\n%s = %s\n\n", doc, f.Tag.Get(tag), f.Tag.Get("def"))
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

// What a text can be, as the tag is names it.
const (
	One     = "one"     // one of those the tag of lists
	URL     = "url"     // of a scheme the tag of lists
	Listen  = "listen"  // host:port
	Network = "network" // an IP address, or a prefix of such
	Address = "address" // of a contract or account
	Decimal = "decimal" // a number least to most, with at most so many places
	Times   = "times"   // a multiple of gas
	Time    = "time"    // RFC 3339
	EUI     = "eui"     // 16 hexadecimal digits
	UUID    = "uuid"
	File    = "file"
	Folder  = "folder"
	Secret  = "secret" // a file that its owner alone may open
	Token   = "token"  // likewise, with a token in it
)

// The longest URL and path, in bytes.
const (
	URLMax  = 2048
	PathMax = 4095
)

// Bounds says what a key takes besides what its type tells, by its tags: least and most of
// a number or a duration, and of a text in bytes; also, one value beside them; few and many
// values of a list; is and of (see One). Empty: nothing more is to be said.
func Bounds(f reflect.StructField) string {
	said := eachBounds(f)
	if many := f.Tag.Get("many"); many != "" {
		said = strings.TrimSuffix(fmt.Sprintf("%s to %s of them, each %s", f.Tag.Get("few"), many, said), ", each ")
	}
	return said
}

func eachBounds(f reflect.StructField) string {
	least, most := f.Tag.Get("least"), f.Tag.Get("most")
	said := ""
	switch is := f.Tag.Get("is"); {
	case is == One:
		said = oneOf(f)
	case is == URL:
		said = fmt.Sprintf("%s://, at most %d bytes", strings.ReplaceAll(f.Tag.Get("of"), ",", "://, "), URLMax)
	case is == Secret:
		said = "a file of mode 0600"
	case is == Token:
		said = "a file of mode 0600 with at least 16 characters"
	case is == Times:
		said = "0x gas to 1000x gas"
	case is == "" && kindOf(f.Type) == reflect.String && most != "":
		said = fmt.Sprintf("%s to %s bytes", least, most)
	case most != "":
		said = fmt.Sprintf("%s to %s", least, most)
	}
	if also := f.Tag.Get("also"); also != "" {
		said = also + ", or " + said
	}
	return said
}

// Wants says in full what a key takes, for who wrote something else.
func Wants(f reflect.StructField) string {
	if f.Type.Kind() == reflect.Slice {
		return fmt.Sprintf("a list in brackets with %s to %s values, each %s", f.Tag.Get("few"), f.Tag.Get("many"), WantsEach(f))
	}
	return WantsEach(f)
}

// WantsEach says what a key takes, or each value of its list.
func WantsEach(f reflect.StructField) string {
	said := ""
	switch is := f.Tag.Get("is"); {
	case is == URL:
		said = "a URL in quotes"
	case is == Listen:
		said = "an address in quotes, such as \"127.0.0.1:8180\", with a port from 0 to 65535"
	case is == Network:
		said = "an IP address or a prefix in quotes, such as \"127.0.0.1\" or \"10.0.0.0/8\""
	case is == Address:
		said = "an address in quotes, 0x and 40 hexadecimal digits"
	case is == Decimal:
		said = fmt.Sprintf("a decimal number in quotes with at most %s places", f.Tag.Get("places"))
	case is == Times:
		said = "a multiple of gas in quotes, such as \"3x gas\" or \"1.5x gas\""
	case is == Time:
		said = "a time in quotes, such as \"2026-06-01T12:00:00Z\""
	case is == EUI:
		said = "an EUI in quotes, 16 hexadecimal digits"
	case is == UUID:
		said = "a UUID in quotes"
	case is == Folder:
		said = fmt.Sprintf("the path of a folder in quotes, 1 to %d bytes", PathMax)
	case is == File, is == Secret, is == Token:
		said = fmt.Sprintf("the path of a file in quotes, at most %d bytes", PathMax)
	case elem(f.Type) == reflect.TypeFor[time.Duration]():
		said = "a duration in quotes, such as \"90s\", \"1h30m\" or \"30d\""
	case kindOf(f.Type) == reflect.Bool:
		return "true or false"
	case kindOf(f.Type) == reflect.String:
		said = "a text in quotes"
	case kindOf(f.Type) == reflect.Float64:
		said = "a number"
	default:
		said = "a whole number"
	}
	if bounds := eachBounds(f); bounds != "" {
		said += ": " + bounds
	}
	return said
}

func oneOf(f reflect.StructField) string {
	all := strings.Split(f.Tag.Get("of"), ",")
	return strings.Join(all[:len(all)-1], ", ") + " or " + all[len(all)-1]
}

func elem(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Slice {
		return t.Elem()
	}
	return t
}

func kindOf(t reflect.Type) reflect.Kind { return elem(t).Kind() }

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
