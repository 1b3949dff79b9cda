package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/viper"
)

// ErrEdit says that a key could not be set in a file without touching anything else.
var ErrEdit = errors.New("cannot be set in the file: set it there by hand")

// Set gives a configuration's text with one key set: every other line stays as it is, comments
// too. A key of [[sources]] is set in the first of them. A value is a string, a bool, an integer
// or a list of strings. The text that comes out says exactly what the one that went in said,
// but for this key, or Set fails.
func Set(text, key string, value any) (string, error) {
	if !slices.Contains(keysOf(reflect.TypeFor[Config]()), key) {
		return "", fmt.Errorf("bug: there is no key %s", key)
	}
	written, err := inTOML(value)
	if err != nil {
		return "", fmt.Errorf("%s: %w", key, err)
	}
	section, name := "", key
	if i := strings.LastIndexByte(key, '.'); i >= 0 {
		section, name = key[:i], key[i+1:]
	}
	lines := strings.Split(text, "\n")
	from, to, found := sectionOf(lines, section)
	assignment := name + " = " + written
	switch at := assignmentOf(lines[from:to], name); {
	case !found:
		header := "[" + section + "]"
		if section == "sources" {
			header = "[[sources]]"
		}
		lines = append(lines, header, assignment, "")
	case at >= 0:
		lines[from+at] = assignment
	default:
		lines = slices.Insert(lines, from, assignment)
	}
	edited := strings.Join(lines, "\n")
	if err := onlyDiffers(text, edited, key, value); err != nil {
		return "", fmt.Errorf("%s: %w", key, err)
	}
	return edited, nil
}

// sectionOf finds the lines of a section, without its header; the one without a name is before
// the first header.
func sectionOf(lines []string, section string) (from, to int, found bool) {
	isHeader := func(l string) bool { return strings.HasPrefix(strings.TrimSpace(l), "[") }
	if section != "" {
		from = slices.IndexFunc(lines, func(l string) bool {
			l, _, _ = strings.Cut(l, "#")
			l = strings.TrimSpace(l)
			return l == "["+section+"]" || l == "[["+section+"]]"
		}) + 1
		if from == 0 {
			return 0, 0, false
		}
	}
	to = slices.IndexFunc(lines[from:], isHeader)
	if to < 0 {
		return from, len(lines), true
	}
	return from, from + to, true
}

// assignmentOf finds the line that sets a key; -1: none does.
func assignmentOf(lines []string, name string) int {
	return slices.IndexFunc(lines, func(l string) bool {
		key, _, ok := strings.Cut(l, "=")
		return ok && strings.TrimSpace(key) == name
	})
}

func inTOML(value any) (string, error) {
	switch v := value.(type) {
	case string:
		if text := strconv.Quote(v); !strings.Contains(text, `\x`) && !strings.Contains(text, `\a`) && !strings.Contains(text, `\v`) {
			return text, nil
		}
		return "", errors.New("a control character is in it")
	case bool, uint64, int:
		return fmt.Sprint(v), nil
	case []string:
		var all []string
		for _, one := range v {
			text, err := inTOML(one)
			if err != nil {
				return "", err
			}
			all = append(all, text)
		}
		return "[" + strings.Join(all, ", ") + "]", nil
	}
	return "", fmt.Errorf("bug: values of type %T are not written", value)
}

// onlyDiffers reads both texts and compares.
func onlyDiffers(before, after, key string, value any) error {
	old, err := settings(before)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	now, err := settings(after)
	if err != nil {
		return ErrEdit // an array or a text over several lines stood there
	}
	if got := cutOut(now, key); fmt.Sprint(got) != fmt.Sprint(value) {
		return ErrEdit
	}
	cutOut(old, key)
	if !reflect.DeepEqual(old, now) {
		return ErrEdit
	}
	return nil
}

func settings(text string) (map[string]any, error) {
	v := viper.New()
	v.SetConfigType("toml")
	err := v.ReadConfig(strings.NewReader(text))
	return v.AllSettings(), err
}

// cutOut takes a key out of read settings and gives its value. Tables that are empty then go too.
func cutOut(in map[string]any, key string) (value any) {
	name, rest, deeper := strings.Cut(key, ".")
	if !deeper {
		value = in[name]
		delete(in, name)
		return value
	}
	switch table := in[name].(type) {
	case map[string]any:
		value = cutOut(table, rest)
		if len(table) == 0 {
			delete(in, name)
		}
	case []any:
		if first, ok := table[0].(map[string]any); ok {
			value = cutOut(first, rest)
			if len(first) == 0 && len(table) == 1 {
				delete(in, name)
			}
		}
	}
	return value
}
