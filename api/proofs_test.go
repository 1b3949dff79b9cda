package api

import (
	"fmt"
	"testing"

	"github.com/ethereum/go-ethereum/common"
)

// One account, and all accounts of one address, leave room for the others.
func TestWhoWaitsForProofsLeavesRoomForOthers(t *testing.T) {
	var p proving
	who := func(n int) common.Address { return common.BytesToAddress([]byte{byte(n >> 8), byte(n)}) }
	if !p.begin(who(1), "a") || p.begin(who(1), "b") {
		t.Error("an account has two requests under way, or none")
	}
	taken := 1
	for n := 2; n < 100; n++ {
		if p.begin(who(n), "a") {
			taken++
		}
	}
	if taken != proofFrom {
		t.Errorf("%d requests from one address", taken)
	}
	for n := 100; n < 400; n++ {
		if p.begin(who(n), fmt.Sprint(n)) {
			taken++
		}
	}
	if taken != proofAtOnce {
		t.Errorf("%d requests at once", taken)
	}
	p.end(who(1), "a")
	if !p.begin(who(500), "a") {
		t.Error("there is no room after one has ended")
	}
}
