// Package sim makes virtual LoRaWAN hardware: sensors that join, measure a simulated
// world and send real encrypted frames; the air between them and several gateways;
// gateways with clocks, faults and stores of their own; and a network server that
// opens the frames and publishes what ChirpStack or The Things Stack would. All of
// it happens in virtual time, and the same seed gives the same bytes.
//
// It stands in for hardware in the demo, in rehearsals and in tests, and therefore
// says of everything it emits what a bridge must make of it: the truth log. It
// refuses to know the bridge, and shares no decoder with it: devices seal with this
// module's own cryptography, the network server opens with brocaar/lorawan, so that
// a mistake in either shows.
//
// A [World] is one simulation. Its parts, in the order a reading passes them:
// kind.go (what is measured), device.go (MAC layer), radio.go and region.go (the
// air), gateway.go, server.go, event.go and the render files (formats), fault.go
// (what goes wrong), truth.go (what should come of it).
package sim

import (
	"hash/fnv"
	"math/rand/v2"
)

// source gives a stream of random numbers of its own to each part that needs one:
// what one part draws does not change what another gets.
func source(seed uint64, part string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(part))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}
