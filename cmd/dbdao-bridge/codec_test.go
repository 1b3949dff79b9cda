package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// undecoded is an uplink of a server that decodes nothing.
func undecoded(devEUI string, fCnt int, data string) []byte {
	b := uplink(devEUI, fCnt)
	from := bytes.Index(b, []byte(`"object"`))
	to := bytes.Index(b, []byte(`"rxInfo"`))
	b = append(b[:from:from], b[to:]...)
	return bytes.Replace(b, []byte("AEIkXEF7AclCAAAEAC0AEQA="), []byte(data), 1)
}

// What an owner uploads decodes what the network server does not, on real servers:
// from `device attest --offer` to the buyer's storage.
func TestAnOwnersScriptDecodesForHisBuyers(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil")
	w := newWorld(t, func(t testing.TB) *servers.Process { return servers.Anvil(t) })
	w.operate("")
	w.start()
	script := w.write("codec.js", `function decodeUplink(input) {
		if (input.bytes[0] === 255) for (;;);
		return {data: {temperature: input.bytes[0] / 2, humidity: input.bytes[1], gps: {lat: 50.84673, lon: 4.35179}}};
	}`)
	attest := []string{"device", "attest", "--force", "-c", w.config, "--dev-eui", buoy, "--owner", w.wallets["owner"], "-o", "json"}
	for _, refused := range []string{
		"sell = ['values']\ncodec = {kind = 'js'}", "sell = ['values']\ncodec = {kind = 'lua'}", "sell = ['data']\nquantities = [{name = 'temperature'}]",
		"sell = ['values']\ncodec = {kind = 'js', file = '" + w.write("none.js", "let a") + "'}", "sell = ['values']\ngeo_decimals = 9", "sell = ['values']\ntitel = 'misspelt'",
	} {
		if _, errs, code := w.try(append(attest, "--offer", w.write("refused.toml", refused))...); code == 0 {
			t.Errorf("%v was attested", refused)
		} else if !strings.Contains(errs, "dbdao-bridge:") {
			t.Errorf("%v: %s", refused, errs)
		}
	}
	a := w.run(append(attest, "--offer", w.write("offer.toml", `
		sell = ["values", "senml"]
		geo_decimals = 2
		quantities = [{name = "temperature", unit = "Cel"}, {name = "gps"}]
		codec = {kind = "js", file = "`+script+`"}
	`))...)
	var terms struct {
		Codec struct{ Kind, Script string }
	}
	if doc := a.text(t, "terms_document"); json.Unmarshal([]byte(doc), &terms) != nil || terms.Codec.Kind != "js" || len(terms.Codec.Script) != 66 {
		t.Fatalf("the terms do not name the script: %s", doc)
	}
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	stream := w.as("owner", "stream", "create", "--attestation", w.write("attestation", string(text)), "--price", "0.0001", "--interval", "1s", "--stake", "100").text(t, "stream")
	p := w.buy("ann", stream, "1h")
	w.route("ann", p)
	w.settled(p)
	w.publish(buoy, undecoded(buoy, 1, "Kyg=")) // 43, 40
	w.publish(buoy, undecoded(buoy, 2, "/wA=")) // the script does not end
	w.eventually("one reading", 30*time.Second, func() bool { return len(w.sink.received("ann")) == 1 })
	time.Sleep(1100 * time.Millisecond) // the interval bought
	w.publish(buoy, undecoded(buoy, 3, "LCg="))
	w.eventually("a second reading", 30*time.Second, func() bool { return len(w.sink.received("ann")) == 2 })
	got := map[int]string{}
	for _, one := range w.sink.received("ann") {
		var body struct{ Values, SenML json.RawMessage }
		if err := json.Unmarshal([]byte(one.body), &body); err != nil {
			t.Fatal(err)
		}
		got[one.FCnt] = fmt.Sprintf("%s %s", body.Values, body.SenML)
		if strings.Contains(one.body, "humidity") || strings.Contains(one.body, "50.846") {
			t.Errorf("more is sold than the terms say: %s", one.body)
		}
	}
	pack := func(c string) string {
		return `{"temperature":` + c + `,"gps":{"lat":50.84,"lon":4.35}} [{"n":"temperature","u":"Cel","v":` + c + `}]`
	}
	if got[1] != pack("21.5") || got[3] != pack("22") {
		t.Errorf("%v", got)
	}
	w.stop()
}
