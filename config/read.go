package config

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

	"github.com/databrokerdao/dbdao-bridge/internal/manual"
	"github.com/ethereum/go-ethereum/common"
	"github.com/spf13/viper"
)

// tables reads TOML. Keys come in lower case.
func tables(text string) (map[string]any, error) {
	v := viper.New()
	v.SetConfigType("toml")
	if err := v.ReadConfig(strings.NewReader(text)); err != nil {
		return nil, err
	}
	return v.AllSettings(), nil
}

// keysOf lists the keys of a struct, sections as in "chain.rpc".
func keysOf(t reflect.Type, prefix string) []string {
	var keys []string
	for f := range t.Fields() {
		key := prefix + f.Tag.Get("key")
		switch {
		case f.Type.Kind() == reflect.Struct:
			keys = append(keys, keysOf(f.Type, key+".")...)
		case manual.IsTables(f.Type):
			keys = append(keys, keysOf(f.Type.Elem(), key+".")...)
		default:
			keys = append(keys, key)
		}
	}
	return keys
}

// reader fills a documented struct from tables, holds each value to the bounds of its key,
// and gathers what is wrong.
type reader struct {
	known  []string // keys there are
	quiet  bool     // values are secrets: none is quoted
	faults []error
}

func (r *reader) wrong(format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf(format, args...))
}

// table fills a struct from a table of the file, or from the one of defaults. path is what
// its keys begin with.
func (r *reader) table(into reflect.Value, given, usual map[string]any, path string) {
	named := map[string]bool{}
	for i := range into.NumField() {
		f := into.Type().Field(i)
		name := f.Tag.Get("key")
		key := path + name
		named[name] = true
		raw, ok := given[name]
		switch {
		case f.Type.Kind() == reflect.Struct:
			one, isTable := raw.(map[string]any)
			if ok && !isTable {
				r.wrong("%s is a table: write [%s] and its keys below", key, key)
				continue
			}
			r.table(into.Field(i), one, tableOf(usual[name]), key+".")
		case manual.IsTables(f.Type):
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
			meant, _ := manual.Nearest(withoutNumbers(key), r.known)
			r.wrong("there is no key %s: did you mean %s?", key, meant)
		}
	}
}

// list fills a list of tables.
func (r *reader) list(into reflect.Value, raw any, ok bool, usual any, key string) {
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
		if given["kind"] == KindGateway { // any region's topics, not a network server's
			delete(first, "topic")
		}
		r.table(into.Index(i), given, first, fmt.Sprintf("%s[%d].", key, i))
	}
	if ok && !isList {
		r.wrong("%s is a list of tables: write [[%s]] and its keys below", key, key)
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
func (r *reader) value(into reflect.Value, f reflect.StructField, key string, raw any) {
	if into.Kind() != reflect.Slice {
		if !set(into, f, raw) {
			r.refuse(f, key, raw, manual.Wants(f))
		}
		return
	}
	all, ok := raw.([]any)
	if n := len(all); !ok || n < number(f, "few", 0) || n > number(f, "many", n) {
		r.refuse(f, key, raw, manual.Wants(f))
		return
	}
	list := reflect.MakeSlice(into.Type(), len(all), len(all))
	for i, one := range all {
		if !set(list.Index(i), f, one) {
			r.refuse(f, fmt.Sprintf("%s[%d]", key, i), one, manual.WantsEach(f))
		}
	}
	into.Set(list)
}

// refuse says what a key was given and what it takes.
func (r *reader) refuse(f reflect.StructField, key string, raw any, wants string) {
	if r.quiet {
		r.wrong("%s: want %s", key, wants)
		return
	}
	r.wrong("%s = %s: want %s", key, shown(f, raw), wants)
}

// shown quotes a value, as far as it is fit to be read by others.
func shown(f reflect.StructField, raw any) string {
	switch v := raw.(type) {
	case string:
		if f.Tag.Get("is") == manual.URL {
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
func set(into reflect.Value, f reflect.StructField, raw any) bool {
	switch into.Interface().(type) {
	case bool:
		v, ok := raw.(bool)
		into.SetBool(v)
		return ok
	case string:
		v, ok := raw.(string)
		into.SetString(v)
		return ok && (v == "" && optional(f) || sound(f, v))
	case Duration:
		text, _ := raw.(string)
		v, err := time.ParseDuration(text)
		into.SetInt(int64(v))
		return err == nil && within(f, big.NewInt(int64(v)), duration)
	}
	v, ok := raw.(int64)
	if !ok || !within(f, big.NewInt(v), whole) {
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

// within holds a number to the key's bounds.
func within(f reflect.StructField, v *big.Int, read func(string) *big.Int) bool {
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

func duration(text string) *big.Int {
	d, err := time.ParseDuration(text)
	if err != nil {
		panic("bug: a bound that is no duration: " + text)
	}
	return big.NewInt(int64(d))
}

func number(f reflect.StructField, tag string, otherwise int) int {
	if n, err := strconv.Atoi(f.Tag.Get(tag)); err == nil {
		return n
	}
	return otherwise
}

// sound says whether a text is what its key takes.
func sound(f reflect.StructField, v string) bool {
	switch of := strings.Split(f.Tag.Get("of"), ","); f.Tag.Get("is") {
	case manual.One:
		return slices.Contains(of, v)
	case manual.URL:
		u, err := url.Parse(v)
		return err == nil && len(v) <= manual.URLMax && slices.Contains(of, u.Scheme) && (u.Scheme == "unix" && u.Path != "" || u.Hostname() != "" && port(u.Port()))
	case manual.Listen:
		_, p, err := net.SplitHostPort(v)
		return err == nil && p != "" && port(p)
	case manual.Network:
		_, aerr := netip.ParseAddr(v)
		_, perr := netip.ParsePrefix(v)
		return aerr == nil || perr == nil
	case manual.Address:
		return common.IsHexAddress(v)
	case manual.File, manual.Folder, manual.Secret, manual.Token:
		return v != "" && len(v) <= manual.PathMax && !strings.ContainsRune(v, 0)
	case manual.Decimal:
		places := number(f, "places", 0)
		n, err := Decimal(v, places)
		return err == nil && within(f, n, func(bound string) *big.Int {
			b, err := Decimal(bound, places)
			if err != nil {
				panic("bug: a bound that is no amount: " + bound)
			}
			return b
		})
	case manual.Times:
		_, err := Times(v)
		return err == nil
	}
	return len(v) >= number(f, "least", 0) && len(v) <= number(f, "most", len(v))
}

// port says whether a text is a port; none is the scheme's.
func port(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil
}
