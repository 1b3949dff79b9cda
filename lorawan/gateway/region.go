package gateway

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Region is a channel plan as far as the MIC of LoRaWAN 1.1 needs it: it covers the
// indices of data rate and channel, which the air does not carry (RP002-1.0.3,
// section 2).
type Region struct {
	Name     string
	rates    []rate
	channels func(hz uint32, bandwidth uint32) (int, bool) // the plan's own channels
	dynamic  int                                           // where a network's own channels begin; 0: it adds none
}

type rate struct {
	sf uint8
	bw uint32 // Hz
}

func fixed(hz ...uint32) func(uint32, uint32) (int, bool) {
	return func(f, _ uint32) (int, bool) {
		i := slices.Index(hz, f)
		return i, i >= 0
	}
}

// grid is the plan of 64 narrow and 8 wide channels.
func grid(narrow, wide uint32) func(uint32, uint32) (int, bool) {
	return func(f, bw uint32) (int, bool) {
		if bw == 500_000 {
			return step(f, wide, 1_600_000, 8, 64)
		}
		return step(f, narrow, 200_000, 64, 0)
	}
}

func step(f, first, width uint32, n, base int) (int, bool) {
	i := int((f - first) / width)
	return base + i, f >= first && (f-first)%width == 0 && i < n
}

func down12to7(more ...rate) []rate {
	return append([]rate{{12, 125_000}, {11, 125_000}, {10, 125_000}, {9, 125_000}, {8, 125_000}, {7, 125_000}}, more...)
}

var regions = map[string]Region{
	"EU868": {rates: down12to7(rate{7, 250_000}), channels: fixed(868_100_000, 868_300_000, 868_500_000), dynamic: 3},
	"AS923": {rates: down12to7(rate{7, 250_000}), channels: fixed(923_200_000, 923_400_000), dynamic: 2},
	"IN865": {rates: down12to7(), channels: fixed(865_062_500, 865_402_500, 865_985_000), dynamic: 3},
	"KR920": {rates: down12to7(), channels: fixed(922_100_000, 922_300_000, 922_500_000), dynamic: 3},
	"RU864": {rates: down12to7(rate{7, 250_000}), channels: fixed(868_900_000, 869_100_000), dynamic: 2},
	"EU433": {rates: down12to7(rate{7, 250_000}), channels: fixed(433_175_000, 433_375_000, 433_575_000), dynamic: 3},
	"US915": {rates: []rate{{10, 125_000}, {9, 125_000}, {8, 125_000}, {7, 125_000}, {8, 500_000}}, channels: grid(902_300_000, 903_000_000)},
	"AU915": {rates: down12to7(rate{8, 500_000}), channels: grid(915_200_000, 915_900_000)},
	"CN470": {rates: down12to7(), channels: func(f, _ uint32) (int, bool) { return step(f, 470_300_000, 200_000, 96, 0) }},
}

// RegionOf finds a channel plan by its name, in any case.
func RegionOf(name string) (Region, error) {
	r, ok := regions[strings.ToUpper(name)]
	if !ok {
		return Region{}, fmt.Errorf("there is no region %q: %s are known", name, strings.Join(slices.Sorted(maps.Keys(regions)), ", "))
	}
	r.Name = strings.ToUpper(name)
	return r, nil
}

// dataRate is the index of the data rate a frame was sent with.
func (r *Region) dataRate(rx *Reception) uint8 {
	if rx.Bitrate > 0 && rx.SF == 0 {
		return 7 // FSK, where there is any
	}
	return uint8(max(0, slices.Index(r.rates, rate{rx.SF, rx.Bandwidth})))
}

// channelsMax is how many channels a network may add to a dynamic plan.
const channelsMax = 16

// candidates lists the channel indices a frame may have been sent on. A plan's own
// channels are certain, a CFList's likewise; a channel the network gave by MAC
// command can be any of the rest.
func (r *Region) candidates(rx *Reception, added []uint32, into []uint8) []uint8 {
	if i, ok := r.channels(rx.Frequency, rx.Bandwidth); ok {
		return append(into, uint8(i))
	}
	if r.dynamic == 0 {
		return append(into, 0)
	}
	if i := slices.Index(added, rx.Frequency); i >= 0 {
		return append(into, uint8(r.dynamic+i))
	}
	for i := r.dynamic; i < channelsMax; i++ {
		into = append(into, uint8(i))
	}
	return into
}
