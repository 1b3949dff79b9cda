package sim

import (
	"os"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/lorawan/codec/js"
)

// The workers that run scripts are processes of this test's program.
func TestMain(m *testing.M) {
	js.Worker()
	os.Exit(m.Run())
}
