package config

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/internal/manual"
)

// variable is the environment's name of a key: CHAIN__RPC is chain.rpc.
func variable(key string) string { return strings.ToUpper(strings.ReplaceAll(key, ".", "__")) }

// environment puts what the environment sets into the tables of the file. It complains of
// variables of our form that set nothing.
func environment(r *manual.Reader, environ []string, given map[string]any) {
	type place struct{ section, name string }
	places, names := map[string]place{}, []string{}
	fields := map[string]reflect.StructField{}
	sections := map[string]bool{}
	for s := range reflect.TypeFor[Config]().Fields() {
		section := s.Tag.Get("key")
		if manual.IsTables(s.Type) {
			sections[strings.ToUpper(section)] = false // a list: there is no telling which
		}
		if s.Type.Kind() != reflect.Struct {
			continue
		}
		sections[strings.ToUpper(section)] = true
		for f := range s.Type.Fields() {
			name := variable(section + "." + f.Tag.Get("key"))
			places[name], fields[name] = place{section, f.Tag.Get("key")}, f
			names = append(names, name)
		}
	}
	slices.Sort(environ)
	for _, one := range environ {
		name, text, _ := strings.Cut(one, "=")
		at, ok := places[name]
		if ok {
			table, isTable := given[at.section].(map[string]any)
			if !isTable {
				if given[at.section] != nil {
					continue // no table in the file: that is told
				}
				table = map[string]any{}
				given[at.section] = table
			}
			table[at.name] = typed(fields[name], text)
			continue
		}
		section, _, ours := strings.Cut(name, "__")
		if !ours {
			continue
		}
		settable, known := sections[strings.ToUpper(section)]
		meant, edits := manual.Nearest(strings.ToUpper(name), names)
		switch {
		case known && !settable:
			r.Wrong("the environment sets %s, which it cannot: %s is a list of tables, write it into the file", name, strings.ToLower(section))
		case known || edits <= 2:
			r.Wrong("the environment sets %s, but there is no such key: did you mean %s? If it is another program's, unset it for this one", name, meant)
		}
	}
}

// typed reads a variable as TOML would have the value. What does not read stays a text, which
// is refused where another type is wanted.
func typed(f reflect.StructField, text string) any {
	switch f.Type.Kind() {
	case reflect.Bool:
		if b, err := strconv.ParseBool(text); err == nil && (text == "true" || text == "false") {
			return b
		}
	case reflect.Slice:
		all := []any{}
		for one := range strings.SplitSeq(text, ",") {
			if one = strings.TrimSpace(one); one != "" {
				all = append(all, one)
			}
		}
		return all
	case reflect.Int, reflect.Int64, reflect.Uint64:
		if f.Type == reflect.TypeFor[Duration]() {
			break
		}
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	}
	return text
}
