package js

import (
	"os"
	"testing"
)

// The workers that run scripts are processes of this test's program.
func TestMain(m *testing.M) {
	Worker()
	os.Exit(m.Run())
}
