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
	err = each(message, func(field protowire.Number, device []byte) error {
		if field != 1 {
			return nil
		}
		return each(device, func(field protowire.Number, entry []byte) error {
			if field != 9 {
				return nil
			}
			var key, value string
			err := each(entry, func(field protowire.Number, text []byte) error {
				switch field {
				case 1:
					key = string(text)
				case 2:
					value = string(text)
				}
				return nil
			})
			tags[key] = value
			return err
		})
	})
	return tags, err
}

// each visits a message's fields of bytes.
func each(b []byte, visit func(field protowire.Number, v []byte) error) error {
	for len(b) > 0 {
		field, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errProtobuf
		}
		b = b[n:]
		if n = protowire.ConsumeFieldValue(field, typ, b); n < 0 {
			return errProtobuf
		}
		if typ == protowire.BytesType {
			v, _ := protowire.ConsumeBytes(b)
			if err := visit(field, v); err != nil {
				return err
			}
		}
		b = b[n:]
	}
	return nil
}
