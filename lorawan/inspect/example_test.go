package inspect_test

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/inspect"
)

// A frame of lora-packet's tests, checked and decrypted.
func ExampleDecode() {
	keys := inspect.Keys{}
	if err := keys.Read(strings.NewReader("nwk_s_key = 44024241ed4ce9a68c6a8bc055233fd3\napp_s_key = ec925802ae430ca77fd3dd73cb2cc588")); err != nil {
		fmt.Println(err)
		return
	}
	phy, _ := hex.DecodeString("40f17dbe4900020001954378762b11ff0d")
	f, err := inspect.Decode(phy, inspect.Input{Keys: keys})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Type, f.DevAddr, "f_cnt", *f.FCnt, "mic", f.MIC, *f.Valid, "payload", *f.Payload)
	// Output: UnconfirmedDataUp 49be7df1 f_cnt 2 mic 2b11ff0d true payload 74657374
}

// The same frame, made; and what is said when a key is missing.
func ExampleEncode() {
	keys := inspect.Keys{}
	_ = keys.Set("nwk_s_key", "44024241ed4ce9a68c6a8bc055233fd3")
	s := inspect.Spec{Type: lorawan.UnconfirmedUp, Keys: keys, FCnt: 2, DevAddr: &lorawan.DevAddr{0x49, 0xbe, 0x7d, 0xf1},
		Data: lorawan.Frame{HasPort: true, FPort: 1, Payload: []byte("test")}}
	_, err := inspect.Encode(s)
	fmt.Println(err)
	_ = keys.Set("app_s_key", "ec925802ae430ca77fd3dd73cb2cc588")
	phy, err := inspect.Encode(s)
	fmt.Printf("%x %v\n", phy, err)
	// Output:
	// a payload needs app_s_key; FOpts and payloads of the network (FPort 0, 226) of 1.1 need nwk_s_enc_key
	// 40f17dbe4900020001954378762b11ff0d <nil>
}
