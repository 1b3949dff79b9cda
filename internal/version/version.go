// Package version says what this build of a program calls itself.
package version

import "runtime/debug"

// stamped is what a release says, by -ldflags -X.
var stamped string

// String is the released version; of a program installed with go install its module's; else dev.
func String() string {
	if stamped != "" {
		return stamped
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}
