package chirpstackapi

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

const getDevice = "/api.DeviceService/Get"

var errProtobuf = errors.New("ChirpStack's answer is not protobuf")

// Tags gives the tags set on a device itself (DevEUI in hexadecimal digits). An event's tags are those of
// its application, its device profile and the device, merged. ErrUnknown: the key may not read the device.
func (c *Client) Tags(ctx context.Context, devEUI string) (map[string]string, error) {
	ctx, end := context.WithTimeout(ctx, checkMax)
	defer end()
	res, err := c.call(ctx, getDevice, request(devEUI)) // api.GetDeviceRequest: dev_eui 1
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	message, err := readMessage(res.Body)
	if err != nil {
		if ended := ended(res.Trailer); ended != nil {
			return nil, ended
		}
		return nil, fmt.Errorf("read a device of ChirpStack: %w", err)
	}
	tags := map[string]string{}
	// api.GetDeviceResponse: device 1; api.Device: tags 9, a map: key 1, value 2.
	err = each(message, 1, func(device []byte) error {
		return each(device, 9, func(entry []byte) error {
			var key, value string
			if err := each(entry, 1, func(b []byte) error { key = string(b); return nil }); err != nil {
				return err
			}
			if err := each(entry, 2, func(b []byte) error { value = string(b); return nil }); err != nil {
				return err
			}
			tags[key] = value
			return nil
		})
	})
	return tags, err
}

// each visits the values of a field of bytes.
func each(b []byte, field protowire.Number, visit func([]byte) error) error {
	for len(b) > 0 {
		number, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errProtobuf
		}
		b = b[n:]
		if number != field || typ != protowire.BytesType {
			if n = protowire.ConsumeFieldValue(number, typ, b); n < 0 {
				return errProtobuf
			}
			b = b[n:]
			continue
		}
		v, n := protowire.ConsumeBytes(b)
		if n < 0 {
			return errProtobuf
		}
		if err := visit(v); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}
