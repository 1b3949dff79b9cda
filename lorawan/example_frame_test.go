package lorawan_test

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

// A frame of lora-packet's tests, decrypt_test.ts.
const (
	exampleFrame   = "40f17dbe4900020001954378762b11ff0d"
	exampleNwkSKey = "44024241ed4ce9a68c6a8bc055233fd3"
	exampleAppSKey = "ec925802ae430ca77fd3dd73cb2cc588"
)

func exampleSession() (phy []byte, s *lorawan.Session) {
	phy, _ = hex.DecodeString(exampleFrame)
	nwk, _ := lorawan.ParseKey(exampleNwkSKey)
	app, _ := lorawan.ParseKey(exampleAppSKey)
	return phy, lorawan.NewSession(lorawan.LoRaWAN10, lorawan.DevAddr{0x49, 0xbe, 0x7d, 0xf1}, lorawan.Keys10(nwk, app))
}

// A session is kept for each device: opening a frame then costs AES alone, and a
// frame heard twice is told.
func ExampleSession_OpenUp() {
	phy, s := exampleSession()
	f, fCnt, err := s.OpenUp(phy, lorawan.Radio{})
	fmt.Printf("%s f_cnt %d, f_port %d: %q %v\n", f.Type, fCnt, f.FPort, f.Payload, err)

	_, _, err = s.OpenUp(phy, lorawan.Radio{})
	fmt.Println("again:", errors.Is(err, lorawan.ErrReplay))
	phy[10] ^= 1
	_, _, err = s.OpenUp(phy, lorawan.Radio{})
	fmt.Println("changed:", errors.Is(err, lorawan.ErrMIC))
	// Output:
	// UnconfirmedDataUp f_cnt 2, f_port 1: "test" <nil>
	// again: true
	// changed: true
}

// Where many frames are opened, one buffer serves them all.
func ExampleSession_OpenUpAppend() {
	phy, s := exampleSession()
	room := make([]byte, 0, 256)
	f, _, room, err := s.OpenUpAppend(room[:0], phy, lorawan.Radio{})
	fmt.Printf("%s, %d bytes of the buffer used, %v\n", f.Payload, len(room), err)
	// Output: test, 4 bytes of the buffer used, <nil>
}

func ExampleSession_SealUp() {
	_, s := exampleSession()
	phy, err := s.SealUp(lorawan.Frame{Type: lorawan.UnconfirmedUp, HasPort: true, FPort: 1, Payload: []byte("test")}, 2, lorawan.Radio{})
	fmt.Println(hex.EncodeToString(phy), err)
	// Output: 40f17dbe4900020001954378762b11ff0d <nil>
}

// Without keys a frame tells its address, counter and port.
func ExampleParseFrame() {
	phy, _ := hex.DecodeString(exampleFrame)
	f, err := lorawan.ParseFrame(phy)
	fmt.Println(f.Type, f.DevAddr, f.FCnt, f.FPort, len(f.Payload), err)

	phy[0] |= 0x04 // a reserved bit
	_, err = lorawan.ParseFrame(phy)
	fmt.Println(err)
	// Output:
	// UnconfirmedDataUp 49be7df1 2 1 4 <nil>
	// not a LoRaWAN frame: reserved bits are set
}

// Frames that some servers take for the same have one form.
func ExampleCanonical() {
	phy, _ := hex.DecodeString(exampleFrame)
	phy[0] |= 0x0c
	c, err := lorawan.Canonical(phy)
	fmt.Println(hex.EncodeToString(c) == exampleFrame, err)
	// Output: true <nil>
}

func ExampleFullFCnt() {
	fmt.Println(lorawan.FullFCnt(65537, 1), lorawan.FullFCnt(65537, 0), lorawan.FullFCnt(65537, 7))
	// Output: 65537 65536 65543
}

func ExampleParseMACCommands() {
	all, rest, err := lorawan.ParseMACCommands([]byte{0x02, 7, 1, 0x06}, false)
	for _, c := range all {
		fmt.Println(c.Name, c.Fields)
	}
	fmt.Println(len(rest), err)
	// Output:
	// LinkCheckAns map[gateways:1 margin:7]
	// DevStatusReq map[]
	// 0 <nil>
}

// A network server that has no AppSKey passes bytes on encrypted, with the key in an
// envelope for whoever has the KEK.
func ExampleUnwrapKey() {
	kek, _ := lorawan.ParseKey("000102030405060708090a0b0c0d0e0f")
	appSKey, _ := lorawan.ParseKey(exampleAppSKey)
	envelope := lorawan.WrapKey(kek, appSKey)

	opened, err := lorawan.UnwrapKey(kek, envelope)
	fmt.Println(err)
	data, _ := hex.DecodeString("95437876")
	fmt.Printf("%s\n", lorawan.DecryptPayload(opened, lorawan.DevAddr{0x49, 0xbe, 0x7d, 0xf1}, 2, data))
	fmt.Println(opened) // a key is never printed
	// Output:
	// <nil>
	// test
	// (key)
}

func ExampleOpenJoinAccept() {
	root, _ := lorawan.ParseKey("98929b92c49edba9676d646d3b612456")
	accept := lorawan.JoinAccept{JoinNonce: 0x376338, NetID: lorawan.NetID{0xaa, 0xbb, 0xcc}, DevAddr: lorawan.DevAddr{1, 0x2c, 0xcd, 0xe7}, RxDelay: 1}
	phy, err := accept.Seal(root)
	if err != nil {
		fmt.Println(err)
		return
	}
	a, err := lorawan.OpenJoinAccept(root, phy)
	fmt.Println(a.DevAddr, err)
	keys := lorawan.DeriveKeys10(root, &a, 0xf18e)
	fmt.Println(hex.EncodeToString(keys.AppSKey[:]))
	// Output:
	// 012ccde7 <nil>
	// 610897aa6f1460623443b527d3ac6a9d
}

// A listing sells some members of the values, coordinates to two decimals, and names
// with units the world agrees on.
func ExampleReading_AppendSale() {
	r := lorawan.Reading{FCnt: 7, FPort: 2, Values: []byte(`{"temperature":21.5,"humidity":40,"gps":{"lat":50.84673,"lon":4.35179}}`)}
	sale := lorawan.Sale{Fields: lorawan.FieldValues | lorawan.FieldSenML, Quantities: "gps,temperature", Units: "temperature=Cel", GeoDecimals: 3}
	fmt.Println(string(r.AppendSale(nil, &sale)))
	// Output: "f_cnt":7,"f_port":2,"values":{"temperature":21.5,"gps":{"lat":50.84,"lon":4.35}},"senml":[{"n":"temperature","u":"Cel","v":21.5}]
}
