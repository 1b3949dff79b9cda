package thethings_test

import (
	"fmt"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/thethings"
)

func ExampleDecode() {
	payload := []byte(`{
		"end_device_ids": {"device_id": "kitchen", "application_ids": {"application_id": "home"}, "dev_eui": "70B3D52DD600035A", "dev_addr": "27FE87F6"},
		"uplink_message": {
			"session_key_id": "aAixKtmNZUKQXd4GqpHDsw==", "f_port": 2, "f_cnt": 14, "frm_payload": "sQAAEAHlANcB", "received_at": "2025-04-16T11:54:13.787593298Z",
			"normalized_payload": [{"air": {"temperature": 21.5}}],
			"rx_metadata": [{"gateway_ids": {"gateway_id": "g", "eui": "58A0CBFFFE8052EC"}, "rssi": -31, "snr": 9.5}],
			"settings": {"data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 7, "coding_rate": "4/5"}}, "frequency": "867700000"}
		}
	}`)
	var u lorawan.Uplink
	if err := thethings.Decode(payload, &u); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(u.Event, u.DevEUI, string(u.DeviceID), string(u.Application), u.FCnt, string(u.Object))
	fmt.Println(u.Session, u.Frequency, u.SpreadingFactor, u.HasDR, u.Billing())
	// Output:
	// up 70b3d52dd600035a kitchen home 14 {"air": {"temperature": 21.5}}
	// aAixKtmNZUKQXd4GqpHDsw== 867700000 7 false sale
}

// What became of a downlink is recognised and not sold.
func ExampleDecode_others() {
	for _, body := range []string{`"join_accept":{}`, `"downlink_sent":{}`, `"downlink_failed":{}`, `"uplink_normalized":{}`, `"service_data":{}`} {
		var u lorawan.Uplink
		err := thethings.Decode([]byte(`{"end_device_ids":{"dev_eui":"70B3D52DD600035A"},`+body+`}`), &u)
		fmt.Println(u.Event, u.Billing(), err)
	}
	// Output:
	// join event <nil>
	// txack event <nil>
	// downlink event <nil>
	// normalized event <nil>
	// integration event <nil>
}
