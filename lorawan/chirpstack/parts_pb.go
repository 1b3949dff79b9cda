package chirpstack

import (
	"fmt"
	"math"
	"strconv"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/wire"
	"google.golang.org/protobuf/encoding/protowire"
)

func badField(name string) error { return fmt.Errorf("%s is out of range", name) }

func twice(num protowire.Number) error { return fmt.Errorf("field %d appears twice", num) }

// describe counts a part of an event that only describes and could not be read: the event is read
// without it. Of a part that is sound at its front, that may have been taken.
func describe(u *lorawan.Uplink, err error) {
	if err != nil {
		u.Odd++
	}
}

// readTagPB reads an entry of a map of tags.
func readTagPB(b []byte, u *lorawan.Uplink) error {
	key, value, err := entry(b)
	if err == nil && string(key) == ownerTag {
		u.Owner = string(value)
	}
	return err
}

// entry reads an entry of a map of texts.
func entry(b []byte) (key, value []byte, err error) {
	w := wire.New(b)
	for w.Next() {
		switch {
		case w.Type != protowire.BytesType:
		case w.Num == 1:
			key = w.Bytes()
		case w.Num == 2:
			value = w.Bytes()
		}
	}
	if w.Bad {
		return nil, nil, wire.ErrWire
	}
	return key, value, nil
}

// readLocationPB reads a common.Location; its accuracy is a float in v4 and a whole
// number in v3.
func readLocationPB(b []byte, u *lorawan.Uplink) error {
	var n [4]float64
	source := uint64(0)
	w := wire.New(b)
	for w.Next() {
		switch {
		case w.Type == protowire.Fixed64Type && w.Num <= 3:
			n[w.Num-1] = math.Float64frombits(w.N)
		case w.Is(4, protowire.VarintType):
			source = w.N
		case w.Is(5, protowire.Fixed32Type):
			n[3] = widened(uint32(w.N))
		case w.Is(5, protowire.VarintType):
			n[3] = float64(uint32(w.N))
		}
	}
	if w.Bad {
		return wire.ErrWire
	}
	for i := range n {
		if math.IsNaN(n[i]) || math.IsInf(n[i], 0) {
			return badField("location")
		}
	}
	name := lorawan.LocationUnknown
	if source < uint64(len(locationSources)) {
		name = locationSources[source].source
	}
	u.Location = lorawan.At(n[0], n[1], n[2], n[3], name)
	return nil
}

// readLoRaPB reads a LoRaModulationInfo, whose bandwidth is given in so many hertz.
// v4 writes the code rate as a number in field 5, v3 as text in field 3.
func readLoRaPB(b []byte, u *lorawan.Uplink, unit uint32) error {
	w := wire.New(b)
	for w.Next() {
		switch {
		case w.Is(1, protowire.VarintType):
			if w.N >= 1<<22 {
				return badField("bandwidth")
			}
			u.Bandwidth = uint32(w.N) * unit
		case w.Is(2, protowire.VarintType):
			if w.N > math.MaxUint8 {
				return badField("spreading_factor")
			}
			u.SpreadingFactor = uint8(w.N)
		case w.Is(3, protowire.BytesType) && u.CodeRate == "":
			u.CodeRate = codeRate(w.Bytes())
		case w.Is(5, protowire.VarintType) && unit == 1: // v4
			u.CodeRate = ""
			if w.N < uint64(len(codeRates)) {
				u.CodeRate = codeRates[w.N].plain
			}
		}
	}
	if w.Bad {
		return wire.ErrWire
	}
	return nil
}

// widened gives a float32 as the number its shortest digits name, as a server's JSON
// would say it: 2.7, not 2.700000047683716.
func widened(bits uint32) float64 {
	var digits [32]byte
	f, err := strconv.ParseFloat(string(strconv.AppendFloat(digits[:0], float64(math.Float32frombits(bits)), 'g', -1, 32)), 64)
	if err != nil {
		return float64(math.Float32frombits(bits))
	}
	return f
}
