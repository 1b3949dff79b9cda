package gateway

import (
	"errors"
	"fmt"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

var errWire = errors.New("not protobuf, or cut off")

// walk visits the fields of a protobuf message: numbers in n, the rest in b.
func walk(msg []byte, visit func(num protowire.Number, n uint64, b []byte) error) error {
	for len(msg) > 0 {
		num, typ, size := protowire.ConsumeTag(msg)
		if size < 0 {
			return errWire
		}
		msg = msg[size:]
		var n uint64
		var b []byte
		switch typ {
		case protowire.VarintType:
			n, size = protowire.ConsumeVarint(msg)
		case protowire.Fixed64Type:
			n, size = protowire.ConsumeFixed64(msg)
		case protowire.Fixed32Type:
			var short uint32
			short, size = protowire.ConsumeFixed32(msg)
			n = uint64(short)
		case protowire.BytesType:
			b, size = protowire.ConsumeBytes(msg)
		default:
			size = protowire.ConsumeFieldValue(num, typ, msg)
		}
		if size < 0 {
			return errWire
		}
		msg = msg[size:]
		if err := visit(num, n, b); err != nil {
			return err
		}
	}
	return nil
}

// decodeProtobuf goes by the fields of gw.UplinkFrame: txInfo is 4 and rxInfo 5 in
// v4, 2 and 3 in v3. A v4 gateway may send both for the sake of old servers: the new
// ones count.
func decodeProtobuf(payload []byte, rx *Reception) error {
	var field [6][]byte
	err := walk(payload, func(num protowire.Number, _ uint64, b []byte) error {
		if num > 5 || b == nil {
			return nil
		}
		if field[num] != nil {
			return fmt.Errorf("field %d appears twice", num)
		}
		field[num] = b
		return nil
	})
	if err != nil {
		return err
	}
	rx.PHY = field[1]
	if field[4] != nil || field[5] != nil {
		return errors.Join(walk(field[4], rx.readTx), walk(field[5], rx.readRx))
	}
	return errors.Join(walk(field[2], rx.readTxV3), walk(field[3], rx.readRxV3))
}

func (rx *Reception) readTx(num protowire.Number, n uint64, b []byte) error {
	switch num {
	case 1:
		rx.Frequency = uint32(n)
	case 2:
		return walk(b, func(kind protowire.Number, _ uint64, b []byte) error {
			return walk(b, func(num protowire.Number, n uint64, _ []byte) error {
				switch {
				case kind == 3 && num == 1:
					rx.Bandwidth = uint32(n)
				case kind == 3 && num == 2:
					rx.SF = uint8(n)
				case kind == 4 && num == 2:
					rx.Bitrate = uint32(n)
				case kind == 5 && num == 1:
					rx.LRFHSS, rx.Bandwidth = true, uint32(n)
				}
				return nil
			})
		})
	}
	return nil
}

func (rx *Reception) readTxV3(num protowire.Number, n uint64, b []byte) error {
	switch num {
	case 1:
		rx.Frequency = uint32(n)
	case 3:
		return walk(b, func(num protowire.Number, n uint64, _ []byte) error {
			switch num {
			case 1:
				rx.Bandwidth = uint32(n) * 1000
			case 2:
				rx.SF = uint8(n)
			}
			return nil
		})
	case 4:
		return walk(b, func(num protowire.Number, n uint64, _ []byte) error {
			if num == 2 {
				rx.Bitrate = uint32(n)
			}
			return nil
		})
	}
	return nil
}

func (rx *Reception) readRx(num protowire.Number, n uint64, b []byte) (err error) {
	switch num {
	case 3:
		rx.Time, err = timestamp(b)
	case 6:
		rx.RSSI = int(int32(n))
	case 7:
		rx.SNR = float64(math.Float32frombits(uint32(n)))
	case 16:
		rx.CRC = crcOf(n)
	}
	return err
}

func (rx *Reception) readRxV3(num protowire.Number, n uint64, b []byte) (err error) {
	switch num {
	case 2:
		rx.Time, err = timestamp(b)
	case 5:
		rx.RSSI = int(int32(n))
	case 6:
		rx.SNR = math.Float64frombits(n)
	case 17:
		rx.CRC = crcOf(n)
	}
	return err
}

func crcOf(n uint64) CRC {
	if n > uint64(CRCOK) {
		return NoCRC
	}
	return CRC(n)
}

func timestamp(b []byte) (time.Time, error) {
	var seconds, nanos int64
	err := walk(b, func(num protowire.Number, n uint64, _ []byte) error {
		switch num {
		case 1:
			seconds = int64(n)
		case 2:
			nanos = int64(n)
		}
		return nil
	})
	if err != nil {
		return time.Time{}, err
	}
	if seconds < -62135596800 || seconds > 253402300799 || nanos < 0 || nanos > 999_999_999 {
		return time.Time{}, errors.New("a time is out of range")
	}
	return time.Unix(seconds, nanos).UTC(), nil
}
