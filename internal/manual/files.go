package manual

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/internal/secrets"
)

// TokenMin is the shortest token, in characters.
const TokenMin = 16

// CheckFiles looks at every file a documented struct names: it must be there and readable, a
// file of secrets by its owner alone and not empty, a token long enough. The number is of
// those that were looked at. Errors name the key, and never quote what is in a file.
func CheckFiles(v reflect.Value, tag string) (n int, err error) {
	var faults []error
	eachText(v, tag, "", func(f reflect.StructField, key, path string) {
		is := f.Tag.Get("is")
		if is != File && is != Secret && is != Token || path == "" {
			return
		}
		n++
		if fault := checkFile(path, is); fault != nil {
			faults = append(faults, fmt.Errorf("%s = %q: %w", key, path, fault))
		}
	})
	return n, errors.Join(faults...)
}

// eachText calls f with every text of a struct of keys.
func eachText(v reflect.Value, tag, path string, f func(field reflect.StructField, key, text string)) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		key := path + field.Tag.Get(tag)
		switch one := v.Field(i); {
		case one.Kind() == reflect.Struct:
			eachText(one, tag, key+".", f)
		case IsTables(field.Type):
			for j := range one.Len() {
				eachText(one.Index(j), tag, fmt.Sprintf("%s[%d].", key, j), f)
			}
		case one.Kind() == reflect.String:
			f(field, key, one.String())
		case one.Kind() == reflect.Slice && one.Type().Elem().Kind() == reflect.String:
			for j := range one.Len() {
				f(field, fmt.Sprintf("%s[%d]", key, j), one.Index(j).String())
			}
		}
	}
}

func checkFile(path, is string) error {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("there is no such file")
	case err != nil:
		return fmt.Errorf("%w: let the account that this runs as read it", errors.Unwrap(err))
	case !st.Mode().IsRegular():
		return errors.New("this is no file")
	case is != File && secrets.Open(path, st):
		return fmt.Errorf("other accounts of this machine may open it (mode %04o): chmod 600 it", st.Mode().Perm())
	case st.Size() == 0:
		return errors.New("the file is empty")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%w: let the account that this runs as read it", errors.Unwrap(err))
	}
	switch length := len(strings.TrimSpace(string(text))); {
	case length == 0:
		return errors.New("the file holds nothing but white space")
	case is == Token && length < TokenMin:
		return fmt.Errorf("the token is shorter than %d characters: `openssl rand -hex 24` makes a good one", TokenMin)
	}
	return nil
}
