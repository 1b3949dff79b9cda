package manual

import (
	"fmt"
	"maps"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/spans"
)

// KeysOf lists the keys of a struct, sections as in "chain.rpc".
func KeysOf(t reflect.Type, tag string) []string { return keysOf(t, tag, "") }

func keysOf(t reflect.Type, tag, prefix string) []string {
	var keys []string
	for f := range t.Fields() {
		key := prefix + f.Tag.Get(tag)
		switch {
		case f.Type.Kind() == reflect.Struct:
			keys = append(keys, keysOf(f.Type, tag, key+".")...)
		case IsTables(f.Type):
			keys = append(keys, keysOf(f.Type.Elem(), tag, key+".")...)
		default:
			keys = append(keys, key)
		}
	}
	return keys
}

// Reader fills a documented struct from tables, holds each value to the bounds of its key,
// and gathers what is wrong.
type Reader struct {
	Tag    string   // of the fields, with their keys
	Known  []string // keys there are
	Quiet  bool     // values are secrets: none is quoted
	Faults []error

	Sound func(f reflect.StructField, v string) bool // whether a text is of a kind that is not known here; nil: none is
	Begin func(given, usual map[string]any)          // takes defaults away that a table of a list does not begin with; nil: has all
}

// Wrong notes a fault.
func (r *Reader) Wrong(format string, args ...any) {
	r.Faults = append(r.Faults, fmt.Errorf(format, args...))
}

// Table fills a struct from a table of the file, or from the one of defaults. path is what
// its keys begin with.
func (r *Reader) Table(into reflect.Value, given, usual map[string]any, path string) {
	named := map[string]bool{}
	for i := range into.NumField() {
		f := into.Type().Field(i)
		name := f.Tag.Get(r.Tag)
		key := path + name
		named[name] = true
		raw, ok := given[name]
		switch {
		case f.Type.Kind() == reflect.Struct:
			one, isTable := raw.(map[string]any)
			if ok && !isTable {
				r.Wrong("%s is a table: write [%s] and its keys below", key, key)
				continue
			}
			r.Table(into.Field(i), one, tableOf(usual[name]), key+".")
		case IsTables(f.Type):
			r.list(into.Field(i), raw, ok, usual[name], key)
		default:
			if !ok {
				raw, ok = usual[name]
			}
			if ok {
				r.value(into.Field(i), f, key, raw)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if key := path + name; !named[name] {
			meant, _ := Nearest(withoutNumbers(key), r.Known)
			r.Wrong("there is no key %s: did you mean %s?", key, meant)
		}
	}
}

// list fills a list of tables.
func (r *Reader) list(into reflect.Value, raw any, ok bool, usual any, key string) {
	all, isList := raw.([]any)
	for i, one := range all {
		given, isTable := one.(map[string]any)
		if isList = isList && isTable; !isList {
			break
		}
		into.Set(reflect.Append(into, reflect.Zero(into.Type().Elem())))
		var first map[string]any
		if defaults, _ := usual.([]any); len(defaults) > 0 {
			first = maps.Clone(tableOf(defaults[0]))
		}
		if r.Begin != nil {
			r.Begin(given, first)
		}
		r.Table(into.Index(i), given, first, fmt.Sprintf("%s[%d].", key, i))
	}
	if ok && !isList {
		r.Wrong("%s is a list of tables: write [[%s]] and its keys below", key, key)
	}
}

func tableOf(v any) map[string]any {
	t, _ := v.(map[string]any)
	return t
}

// withoutNumbers makes sources[1].name the key sources.name.
func withoutNumbers(key string) string {
	before, rest, ok := strings.Cut(key, "[")
	if _, after, closed := strings.Cut(rest, "]"); ok && closed {
		return before + after
	}
	return key
}

// value fills one key's field.
func (r *Reader) value(into reflect.Value, f reflect.StructField, key string, raw any) {
	if into.Kind() != reflect.Slice {
		if !r.set(into, f, raw) {
			r.refuse(f, key, raw, Wants(f))
		}
		return
	}
	all, ok := raw.([]any)
	if n := len(all); !ok || n < Number(f, "few", 0) || n > Number(f, "many", n) {
		r.refuse(f, key, raw, Wants(f))
		return
	}
	list := reflect.MakeSlice(into.Type(), len(all), len(all))
	for i, one := range all {
		if !r.set(list.Index(i), f, one) {
			r.refuse(f, fmt.Sprintf("%s[%d]", key, i), one, WantsEach(f))
		}
	}
	into.Set(list)
}

// refuse says what a key was given and what it takes.
func (r *Reader) refuse(f reflect.StructField, key string, raw any, wants string) {
	if r.Quiet {
		r.Wrong("%s: want %s", key, wants)
		return
	}
	r.Wrong("%s = %s: want %s", key, shown(f, raw), wants)
}

// shown quotes a value, as far as it is fit to be read by others.
func shown(f reflect.StructField, raw any) string {
	switch v := raw.(type) {
	case string:
		if f.Tag.Get("is") == URL {
			if before, rest, ok := strings.Cut(v, "://"); ok { // a user, a path or a query may be a secret
				host, _, _ := strings.Cut(rest, "/")
				host, _, _ = strings.Cut(host, "?")
				v = before + "://" + host[strings.LastIndex(host, "@")+1:]
			} else {
				return "a text without ://"
			}
		}
		if len(v) > 80 {
			return fmt.Sprintf("a text of %d bytes", len(v))
		}
		return strconv.Quote(v)
	case []any:
		return fmt.Sprintf("a list of %d", len(v))
	case map[string]any:
		return "a table"
	case bool, int64, float64, uint64:
		return fmt.Sprint(v)
	default:
		return "a time"
	}
}

// set gives a field a value; false: the value is of another type, or out of bounds.
func (r *Reader) set(into reflect.Value, f reflect.StructField, raw any) bool {
	switch into.Interface().(type) {
	case bool:
		v, ok := raw.(bool)
		into.SetBool(v)
		return ok
	case string:
		v, ok := raw.(string)
		into.SetString(v)
		return ok && (v == "" && optional(f) || f.Tag.Get("also") == strconv.Quote(v) || r.sound(f, v))
	case float64:
		v, ok := raw.(float64)
		if n, whole := raw.(int64); whole { // 1 is a fine way to write 1.0
			v, ok = float64(n), true
		}
		into.SetFloat(v)
		return ok && v >= decimal(f.Tag.Get("least")) && v <= decimal(f.Tag.Get("most"))
	case time.Duration:
		text, _ := raw.(string)
		v, err := spans.Parse(text)
		into.SetInt(int64(v))
		return err == nil && Within(f, big.NewInt(int64(v)), duration)
	}
	v, ok := raw.(int64)
	if !ok || !Within(f, big.NewInt(v), whole) {
		return false
	}
	if into.CanInt() {
		into.SetInt(v)
	} else {
		into.SetUint(uint64(v))
	}
	return true
}

// optional says that a text may be empty.
func optional(f reflect.StructField) bool {
	def := f.Tag.Get("def")
	return def == "" || def == `""`
}

// Within holds a number to the key's bounds, which read reads.
func Within(f reflect.StructField, v *big.Int, read func(string) *big.Int) bool {
	least, most, also := f.Tag.Get("least"), f.Tag.Get("most"), f.Tag.Get("also")
	if also != "" && v.Cmp(read(also)) == 0 {
		return true
	}
	return least != "" && most != "" && v.Cmp(read(least)) >= 0 && v.Cmp(read(most)) <= 0
}

func whole(text string) *big.Int {
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		panic("bug: a bound that is no number: " + text)
	}
	return n
}

func decimal(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic("bug: a bound that is no number: " + text)
	}
	return v
}

func duration(text string) *big.Int {
	d, err := spans.Parse(text)
	if err != nil {
		panic("bug: a bound that is no duration: " + text)
	}
	return big.NewInt(int64(d))
}

// Number is a tag that is a number.
func Number(f reflect.StructField, tag string, otherwise int) int {
	if n, err := strconv.Atoi(f.Tag.Get(tag)); err == nil {
		return n
	}
	return otherwise
}

// sound says whether a text is what its key takes.
func (r *Reader) sound(f reflect.StructField, v string) bool {
	switch of := strings.Split(f.Tag.Get("of"), ","); f.Tag.Get("is") {
	case One:
		return slices.Contains(of, v)
	case URL:
		u, err := url.Parse(v)
		return err == nil && len(v) <= URLMax && slices.Contains(of, u.Scheme) && (u.Scheme == "unix" && u.Path != "" || u.Hostname() != "" && port(u.Port()))
	case Listen:
		_, p, err := net.SplitHostPort(v)
		return err == nil && p != "" && port(p)
	case Network:
		_, aerr := netip.ParseAddr(v)
		_, perr := netip.ParsePrefix(v)
		return aerr == nil || perr == nil
	case Time:
		_, err := time.Parse(time.RFC3339, v)
		return err == nil
	case EUI:
		return hexadecimal(v, 16)
	case UUID:
		return len(v) == 36 && v[8] == '-' && v[13] == '-' && v[18] == '-' && v[23] == '-' && hexadecimal(strings.ReplaceAll(v, "-", ""), 32)
	case File, Folder, Secret, Token:
		return v != "" && len(v) <= PathMax && !strings.ContainsRune(v, 0)
	case "":
		return len(v) >= Number(f, "least", 0) && len(v) <= Number(f, "most", len(v))
	}
	return r.Sound != nil && r.Sound(f, v)
}

func hexadecimal(v string, digits int) bool {
	return len(v) == digits && strings.Trim(v, "0123456789abcdefABCDEF") == ""
}

// port says whether a text is a port; none is the scheme's.
func port(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil
}
