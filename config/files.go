package config

import (
	"reflect"

	"github.com/databrokerdao/dbdao-bridge/internal/manual"
)

// TokenMin is the shortest token, in characters.
const TokenMin = manual.TokenMin

// CheckFiles looks at every file the configuration names (manual.CheckFiles).
func (c *Config) CheckFiles() (n int, err error) {
	return manual.CheckFiles(reflect.ValueOf(c).Elem(), "key")
}
