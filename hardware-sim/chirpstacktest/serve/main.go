// Command serve runs chirpstacktest's server as a program of its own, so that a test can
// build it with another version of the API. It prints its address and ends with its
// standard input.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/chirpstacktest"
)

func main() {
	address, stop, err := chirpstacktest.New().Start()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(address)
	_, _ = io.Copy(io.Discard, os.Stdin)
	stop()
}
