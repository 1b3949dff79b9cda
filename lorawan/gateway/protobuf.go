package gateway

import (
	"fmt"
	"math"

	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/wire"
	"google.golang.org/protobuf/encoding/protowire"
)

// eachField visits the fields of a message.
func eachField(msg []byte, visit func(w *wire.Reader) error) error {
	w := wire.New(msg)
	for w.Next() {
		if err := visit(&w); err != nil {
			return err
		}
	}
	if w.Bad {
		return wire.ErrWire
	}
	return nil
}

// decodeProtobuf goes by the fields of gw.UplinkFrame: txInfo is 4 and rxInfo 5 in
// v4, 2 and 3 in v3. A v4 gateway may send both for the sake of old servers: the new
// ones count.
func decodeProtobuf(payload []byte, rx *Reception) error {
	var field [6][]byte
	err := eachField(payload, func(w *wire.Reader) error {
		if w.Num > 5 || !w.Message() {
			return nil
		}
		if field[w.Num] != nil {
			return fmt.Errorf("field %d appears twice", w.Num)
		}
		field[w.Num] = w.Bytes()
		return nil
	})
	if err != nil {
		return err
	}
	rx.PHY = field[1]
	tx, readTx, rxInfo, readRx := field[2], rx.readTxV3, field[3], rx.readRxV3
	if field[4] != nil || field[5] != nil {
		tx, readTx, rxInfo, readRx = field[4], rx.readTx, field[5], rx.readRx
	}
	for _, err := range []error{eachField(tx, readTx), eachField(rxInfo, readRx)} {
		if err != nil {
			rx.Odd++
		}
	}
	return nil
}

func (rx *Reception) readTx(w *wire.Reader) error {
	switch {
	case w.Is(1, protowire.VarintType):
		rx.Frequency = uint32(w.N)
	case w.Is(2, protowire.BytesType):
		return eachField(w.Bytes(), func(w *wire.Reader) error {
			if !w.Message() {
				return nil
			}
			kind := w.Num
			return eachField(w.Bytes(), func(w *wire.Reader) error {
				rx.readModulation(kind, w)
				return nil
			})
		})
	}
	return nil
}

// readModulation reads a parameter of a modulation: lora 3, fsk 4, lr_fhss 5.
func (rx *Reception) readModulation(kind protowire.Number, w *wire.Reader) {
	switch {
	case w.Type != protowire.VarintType:
	case kind == 3 && w.Num == 1:
		rx.Bandwidth = uint32(w.N)
	case kind == 3 && w.Num == 2:
		rx.SF = uint8(w.N)
	case kind == 4 && w.Num == 2:
		rx.Bitrate = uint32(w.N)
	case kind == 5 && w.Num == 1:
		rx.LRFHSS, rx.Bandwidth = true, uint32(w.N)
	}
}

func (rx *Reception) readTxV3(w *wire.Reader) error {
	switch {
	case w.Is(1, protowire.VarintType):
		rx.Frequency = uint32(w.N)
	case w.Is(3, protowire.BytesType):
		return eachField(w.Bytes(), func(w *wire.Reader) error {
			switch {
			case w.Is(1, protowire.VarintType):
				rx.Bandwidth = uint32(w.N) * 1000
			case w.Is(2, protowire.VarintType):
				rx.SF = uint8(w.N)
			}
			return nil
		})
	case w.Is(4, protowire.BytesType):
		return eachField(w.Bytes(), func(w *wire.Reader) error {
			if w.Is(2, protowire.VarintType) {
				rx.Bitrate = uint32(w.N)
			}
			return nil
		})
	}
	return nil
}

func (rx *Reception) readRx(w *wire.Reader) (err error) {
	switch {
	case w.Is(3, protowire.BytesType):
		rx.Time, err = wire.Time(w.Bytes())
	case w.Is(6, protowire.VarintType):
		rx.RSSI, err = strength(float64(int32(w.N)))
	case w.Is(7, protowire.Fixed32Type):
		rx.SNR, err = ratio(float64(math.Float32frombits(uint32(w.N))))
	case w.Is(16, protowire.VarintType):
		rx.CRC = crcOf(w.N)
	}
	rx.oddly(err)
	return nil
}

func (rx *Reception) readRxV3(w *wire.Reader) (err error) {
	switch {
	case w.Is(2, protowire.BytesType):
		rx.Time, err = wire.Time(w.Bytes())
	case w.Is(5, protowire.VarintType):
		rx.RSSI, err = strength(float64(int32(w.N)))
	case w.Is(6, protowire.Fixed64Type):
		rx.SNR, err = ratio(math.Float64frombits(w.N))
	case w.Is(17, protowire.VarintType):
		rx.CRC = crcOf(w.N)
	}
	rx.oddly(err)
	return nil
}

// oddly counts what only describes and could not be read.
func (rx *Reception) oddly(err error) {
	if err != nil {
		rx.Odd++
	}
}

func crcOf(n uint64) CRC {
	if n > uint64(CRCOK) {
		return NoCRC
	}
	return CRC(n)
}
