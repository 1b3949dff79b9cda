package chirpstack_test

import (
	"errors"
	"fmt"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/chirpstack"
)

func ExampleDecode() {
	payload := []byte(`{
		"deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d", "time": "2022-07-18T09:34:15.775023242+00:00",
		"deviceInfo": {"applicationId": "17c82e96-be03-4f38-aef3-f83d48582d97", "devEui": "0101010101010101", "tags": {}},
		"devAddr": "00189440", "dr": 1, "fCnt": 7, "fPort": 1, "data": "qg==", "object": {"temperature":20.5},
		"rxInfo": [{"gatewayId": "0016c001f153a14c", "rssi": -36, "snr": 10.5}], "txInfo": {"frequency": 867100000}
	}`)
	u := lorawan.Uplink{Network: "mine"}
	if err := chirpstack.Decode(payload, &u); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(u.Event, u.DevEUI, u.Session, u.FCnt, u.FPort, u.Data, string(u.Object))
	fmt.Println(u.Received, u.Frequency, "Hz", u.RSSI, "dBm", u.SNR, "dB", u.Gateways, "gateway")
	// Output:
	// up 0101010101010101 00189440 7 1 [170] {"temperature":20.5}
	// 2022-07-18 09:34:15.775023242 +0000 UTC 867100000 Hz -36 dBm 10.5 dB 1 gateway
}

// An error says what is wrong and where, never what stands there: it may be logged.
func ExampleDecode_malformed() {
	var u lorawan.Uplink
	err := chirpstack.Decode([]byte(`{"deviceInfo":{"devEui":"0101010101010101"},"fCnt":1,"fCnt":2}`), &u)
	fmt.Println(errors.Is(err, lorawan.ErrMalformed), err)
	// Output: true malformed event of ChirpStack v4: byte 60: "fCnt" appears twice
}

// v3's json marshaler writes EUIs in base64, bandwidths in kHz and the object as text.
func ExampleDecodeV3() {
	payload := []byte(`{
		"applicationID": "7", "devEUI": "AQEBAQEBAQE=", "devAddr": "ABiUQA==", "fCnt": 7, "fPort": 1, "data": "qg==", "objectJSON": "{\"temperature\":20.5}",
		"txInfo": {"frequency": 868100000, "modulation": "LORA", "loRaModulationInfo": {"bandwidth": 125, "spreadingFactor": 7, "codeRate": "4/5"}}
	}`)
	var u lorawan.Uplink
	if err := chirpstack.DecodeV3(payload, &u); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(u.DevEUI, u.DevAddr, string(u.Application), string(u.Object), u.Bandwidth, u.SpreadingFactor, u.CodeRate)
	// Output: 0101010101010101 00189440 7 {"temperature":20.5} 125000 7 4/5
}
