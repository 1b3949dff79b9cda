package detect_test

import (
	"fmt"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/detect"
)

// One subscriber can serve network servers of several kinds.
func ExampleDecode() {
	var u lorawan.Uplink
	for _, payload := range []string{
		`{"deviceInfo":{"devEui":"0101010101010101"},"devAddr":"00189440","fPort":1,"data":"qg=="}`,
		`{"applicationID":"7","devEUI":"AQEBAQEBAQE=","fPort":1,"data":"qg=="}`,
		`{"end_device_ids":{"dev_eui":"0101010101010101"},"uplink_message":{"f_port":1,"frm_payload":"qg=="}}`,
		"\x08\x07\x22\x08\x01\x01\x01\x01\x01\x01\x01\x01\x50\x01\x5a\x01\xaa",
		`{"phyPayload":"QAQDAgGAAQABppRkJhXWw7WC","rxInfo":{"gatewayId":"0016c001f153a14c"}}`,
		`{"hello":"world"}`,
	} {
		err := detect.Decode([]byte(payload), &u)
		fmt.Println(detect.Of([]byte(payload)), u.DevEUI, u.Data, err == nil)
	}
	// Output:
	// chirpstack-v4 0101010101010101 [170] true
	// chirpstack-v3 0101010101010101 [170] true
	// the-things-stack 0101010101010101 [170] true
	// chirpstack-v3 0101010101010101 [170] true
	// gateway 0000000000000000 [] false
	// unknown 0000000000000000 [] false
}

func ExampleOf() {
	fmt.Println(detect.Of([]byte(`{"result":{"end_device_ids":{"dev_eui":"0101010101010101"}}}`))) // a line of the Storage Integration
	// Output: the-things-stack
}
