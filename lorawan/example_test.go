package lorawan_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

func ExampleParseDevEUI() {
	for _, written := range []string{"70b3d57ed8005343", "0x70B3D57ED8005343", "70-B3-D5-7E-D8-00-53-43", "70b3d57e"} {
		dev, err := lorawan.ParseDevEUI(written)
		fmt.Println(dev, errors.Is(err, lorawan.ErrEUI))
	}
	// Output:
	// 70b3d57ed8005343 false
	// 70b3d57ed8005343 false
	// 70b3d57ed8005343 false
	// 0000000000000000 true
}

// A template tells whose event it is before anything is parsed, and finds bodies
// that claim to be another device's.
func ExampleTemplate_Read() {
	template, err := lorawan.ParseTemplate("application/{application_id}/device/{dev_eui}/event/{event}")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("subscribe to", template.Subscription())

	topic, ok := template.Read("application/7/device/70b3d57ed8005343/event/up")
	fmt.Println(ok, topic.Event, topic.DevEUI, topic.Application)

	forged := lorawan.Uplink{DevEUI: lorawan.DevEUI{1, 2, 3, 4, 5, 6, 7, 8}, Application: []byte("7")}
	fmt.Println(topic.Check(&forged))
	// Output:
	// subscribe to application/+/device/+/event/+
	// true up 70b3d57ed8005343 7
	// topic and body disagree about the device (dev_eui)
}

// Operators paste what their network server's configuration says.
func ExampleParseTemplate() {
	for _, written := range []string{
		"application/{{application_id}}/device/{{dev_eui}}/event/{{event}}", // ChirpStack v4, event_topic
		"application/{{ .ApplicationID }}/device/{{ .DevEUI }}/rx",          // v3, uplink_topic_template
		"v3/{application_id}@{tenant_id}/devices/{device_id}/{event}",       // The Things Stack
		"application/+/device/{dev_eui}",
	} {
		template, err := lorawan.ParseTemplate(written)
		fmt.Println(template.Subscription(), template.NamesDevice(), template.NamesEvent(), err == nil)
	}
	// Output:
	// application/+/device/+/event/+ true true true
	// application/+/device/+/rx true false true
	// v3/+/devices/+/+ false true true
	//  false false false
}

func ExampleScanDevEUI() {
	dev, ok := lorawan.ScanDevEUI([]byte(`{"deviceInfo":{"devEui":"70b3d57ed8005343"},"fCnt":174`))
	fmt.Println(dev, ok)
	// Output: 70b3d57ed8005343 true
}

// A reading leaves the house with the fields its listing sells, and no others.
func ExampleUplink_Reading() {
	uplink := lorawan.Uplink{
		Event: lorawan.EventUp, DevEUI: lorawan.DevEUI{0x70, 0xb3, 0xd5, 0x7e, 0xd8, 0x00, 0x53, 0x43}, Application: []byte("7"),
		FCnt: 174, FPort: 2, Data: []byte{0x01, 0x67, 0x00, 0xc8}, Object: json.RawMessage(`{"temperature":20}`),
		Received: time.Date(2026, 1, 20, 8, 47, 43, 457e6, time.UTC), Owner: "0x52908400098527886E0F7030069857D2E4169EE7",
	}
	uplink.Hear(-121, -1, time.Time{})
	if uplink.Billing() != lorawan.BillingSale {
		return
	}
	reading := uplink.Reading(time.Date(2026, 1, 20, 8, 47, 44, 0, time.UTC))
	fmt.Printf("{%s}\n", reading.AppendJSON(nil, lorawan.FieldValues))
	fmt.Printf("{%s}\n", reading.AppendJSON(nil, lorawan.FieldData|lorawan.FieldLink))
	// Output:
	// {"f_cnt":174,"f_port":2,"received":"2026-01-20T08:47:44Z","time":"2026-01-20T08:47:43.457Z","values":{"temperature":20}}
	// {"f_cnt":174,"f_port":2,"received":"2026-01-20T08:47:44Z","time":"2026-01-20T08:47:43.457Z","data":"AWcAyA==","link":{"rssi":-121,"snr":-1,"frequency":0}}
}

func ExampleUplink_Billing() {
	for _, u := range []lorawan.Uplink{
		{Event: lorawan.EventUp, FPort: 2, Data: []byte{1}},
		{Event: lorawan.EventUp},
		{Event: lorawan.EventUp, FPort: 2, Data: []byte{1}, Simulated: true},
		{Event: lorawan.EventJoin},
	} {
		fmt.Println(u.Billing())
	}
	// Output:
	// sale
	// empty
	// simulated
	// event
}

// A gateway with two antennas reports twice; the better report counts, the gateway
// once.
func ExampleReceptions_Hear() {
	var u lorawan.Uplink
	var heard lorawan.Receptions
	one, two := lorawan.KeyOfEUI([8]byte{0x00, 0x16, 0xc0, 1}), lorawan.KeyOfEUI([8]byte{0x00, 0x16, 0xc0, 2})
	heard.Hear(&u, one, -80, 1.5, time.Time{})
	heard.Hear(&u, one, -60, 9.5, time.Time{})
	heard.Hear(&u, two, -90, -3, time.Time{})
	fmt.Println(u.Gateways, u.RSSI, u.SNR)
	// Output: 2 -60 9.5
}

func ExampleEventOf() {
	fmt.Println(lorawan.EventOf("up"), lorawan.EventOf("rx"), lorawan.EventOf("error"), lorawan.EventOf("down/ack"), lorawan.EventOf("sunrise"))
	// Output: up up log ack unknown
}
