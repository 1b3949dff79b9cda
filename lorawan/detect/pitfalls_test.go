package detect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/google/go-cmp/cmp"
)

// The pitfalls of LoRaWAN events every reader of them has fallen into, numbered. A
// pitfall of decoding has a test TestPitfallNN… in this file; of the others this
// table says where the test is: a file and a name that stands in it.
var elsewhere = map[int][2]string{
	// QoS 0 is ChirpStack's default: nothing is queued while the bridge restarts.
	5: {"bridge/bridge_test.go", "func TestQoS0IsAnnouncedOnce"},
	// Retained messages come again with every subscription.
	6: {"bridge/bridge_test.go", "FateRetained"},
	// Two bridges would bill twice.
	10: {"ledger/open_test.go", "func TestASecondBridgeIsRefused"},
	// Codec bombs.
	16: {"lorawan/codec/js/js_test.go", "func TestBombsEnd"},
	// The traps of brocaar/lorawan: encryption in place, reserved bits.
	17: {"lorawan/vectors_test.go", "func TestNoFirstByteButOneFitsAMIC"},
}

func TestEveryPitfallHasATest(t *testing.T) {
	source, err := os.ReadFile("pitfalls_test.go")
	if err != nil {
		t.Fatal(err)
	}
	here := map[int]bool{}
	for _, m := range regexp.MustCompile(`(?m)^func TestPitfall(\d\d)[A-Z]`).FindAllSubmatch(source, -1) {
		n, err := strconv.Atoi(string(m[1]))
		if err != nil || here[n] {
			t.Errorf("pitfall %s: appears twice, or %v", m[1], err)
		}
		here[n] = true
	}
	for n := 1; n <= 22; n++ {
		where, other := elsewhere[n]
		if here[n] == other {
			t.Errorf("pitfall %d: want one test, here or elsewhere", n)
		}
		if !other {
			continue
		}
		b, err := os.ReadFile(filepath.Join("..", "..", where[0]))
		if err != nil || !bytes.Contains(b, []byte(where[1])) {
			t.Errorf("pitfall %d: %q is not in %s: %v", n, where[1], where[0], err)
		}
	}
	if len(here)+len(elsewhere) != 22 {
		t.Errorf("%d here and %d elsewhere", len(here), len(elsewhere))
	}
}

func decoded(t testing.TB, payload string) lorawan.Uplink {
	t.Helper()
	var u lorawan.Uplink
	if err := Decode([]byte(payload), &u); err != nil {
		t.Fatalf("%s: %v", payload, err)
	}
	return u
}

// v4, v3 and tts are events with the members given.
func v4(rest string) string {
	return `{"deduplicationId":"3ac7e3c4-4401-4b8d-9386-a5c902f9202d","deviceInfo":{"tenantId":"t","applicationId":"a","devEui":"70b3d57ed8005343"},"devAddr":"00189440","fPort":1,"data":"qg=="` + rest + `}`
}

func v3(rest string) string {
	return `{"applicationID":"7","devEUI":"cLPVftgAU0M=","devAddr":"ABiUQA==","fPort":1,"data":"qg=="` + rest + `}`
}

func tts(rest string) string {
	return `{"end_device_ids":{"device_id":"d","application_ids":{"application_id":"a"},"dev_eui":"70B3D57ED8005343","dev_addr":"00189440"},"uplink_message":{"f_port":1,"frm_payload":"qg=="` + rest + `}}`
}

func TestPitfall01EUIsAreWrittenInManyWays(t *testing.T) {
	want := lorawan.DevEUI{0x70, 0xb3, 0xd5, 0x7e, 0xd8, 0x00, 0x53, 0x43}
	for _, payload := range []string{v4(""), v3(""), tts(""), `{"devEUI":"70B3D57ED8005343","fPort":1,"data":"qg=="}`} {
		if u := decoded(t, payload); u.DevEUI != want {
			t.Errorf("%s: %s", payload, u.DevEUI)
		}
		if dev, ok := lorawan.ScanDevEUI([]byte(payload)); !ok || dev != want {
			t.Errorf("scanning %s: %s", payload, dev)
		}
	}
	for _, written := range []string{"70b3d57ed8005343", "70B3D57ED8005343", "0x70b3d57ed8005343", "70-b3-d5-7e-d8-00-53-43", "70:B3:D5:7E:D8:00:53:43"} {
		if dev, err := lorawan.ParseDevEUI(written); err != nil || dev != want {
			t.Errorf("%s: %s, %v", written, dev, err)
		}
	}
	for _, written := range []string{"", "70b3d57ed800534", "cLPVftgAU0M=", "70b3d57ed80053g3"} {
		if _, err := lorawan.ParseDevEUI(written); err == nil {
			t.Errorf("%q is taken for an EUI", written)
		}
	}
}

func TestPitfall02AbsentIsZero(t *testing.T) {
	u := decoded(t, v4(`,"rxInfo":[{"gatewayId":"0016c001f153a14c"}]`))
	if u.FCnt != 0 || u.Billing() != lorawan.BillingSale || u.Gateways != 1 || u.RSSI != 0 || u.SNR != 0 || !u.HasDR || u.DR != 0 {
		t.Errorf("v4: %+v", u)
	}
	// 0 is a signal: weaker ones do not take its place.
	if u := decoded(t, v4(`,"rxInfo":[{"gatewayId":"0016c001f153a14c","rssi":-50},{"gatewayId":"0016c001f153a14d","rssi":-40,"snr":-1.5}]`)); u.RSSI != -50 || u.SNR != 0 {
		t.Errorf("v4: %+v", u)
	}
	if u := decoded(t, v3("")); u.HasDR { // json_v3 without a txInfo: unknown, and a zero would be a data rate
		t.Errorf("v3: %+v", u)
	}
	if u := decoded(t, tts("")); u.FCnt != 0 || u.FPort != 1 || u.Billing() != lorawan.BillingSale || u.HasDR {
		t.Errorf("The Things Stack: %+v", u)
	}
	if u := decoded(t, `{"end_device_ids":{"dev_eui":"70B3D57ED8005343"},"uplink_message":{"frm_payload":"qg=="}}`); u.FPort != 0 || u.Billing() != lorawan.BillingEmpty {
		t.Errorf("The Things Stack without a port: %+v", u)
	}
}

func TestPitfall03ObjectJSONIsAText(t *testing.T) {
	for text, want := range map[string]string{
		`"{\"a\":45.0}"`: `{"a":45.0}`, `""`: "", `"{\"a\":"`: "", `"NaN"`: "", `"[1]"`: "", `null`: "", `"{} {}"`: "", `"{\"t\":\"\\u00e9\"}"`: `{"t":"\u00e9"}`,
	} {
		if u := decoded(t, v3(`,"objectJSON":`+text)); string(u.Object) != want || u.Billing() != lorawan.BillingSale {
			t.Errorf("%s became %s, billed as %s", text, u.Object, u.Billing())
		}
	}
	// Numbers stay as they were written, beyond what a float64 holds too.
	if u := decoded(t, v4(`,"object":{"n":45.0,"big":12345678901234567890}`)); string(u.Object) != `{"n":45.0,"big":12345678901234567890}` {
		t.Errorf("%s", u.Object)
	}
}

func TestPitfall04UnitsAndNamesDiffer(t *testing.T) {
	for server, payload := range map[string]string{
		"v4":               v4(`,"rxInfo":[{"rssi":-71,"snr":7.5}],"txInfo":{"frequency":868100000,"modulation":{"lora":{"bandwidth":125000,"spreadingFactor":7,"codeRate":"CR_4_5"}}}`),
		"v3 json":          v3(`,"rxInfo":[{"rssi":-71,"loRaSNR":7.5}],"txInfo":{"frequency":868100000,"modulation":"LORA","loRaModulationInfo":{"bandwidth":125,"spreadingFactor":7,"codeRate":"4/5"}}`),
		"The Things Stack": tts(`,"rx_metadata":[{"rssi":-71,"snr":7.5}],"settings":{"frequency":"868100000","data_rate":{"lora":{"bandwidth":125000,"spreading_factor":7,"coding_rate":"4/5"}}}`),
	} {
		u := decoded(t, payload)
		if u.Frequency != 868100000 || u.Bandwidth != 125000 || u.SpreadingFactor != 7 || u.CodeRate != "4/5" || u.RSSI != -71 || u.SNR != 7.5 {
			t.Errorf("%s: %+v", server, u)
		}
	}
}

func TestPitfall07EventsOfADeviceComeInAnyOrder(t *testing.T) {
	// An uplink says all that names it, whether its session's join was seen or not,
	// and what a join says of the session is the same.
	up, join := decoded(t, v4(`,"fCnt":1`)), decoded(t, `{"deduplicationId":"x","deviceInfo":{"devEui":"70b3d57ed8005343"},"devAddr":"00189440"}`)
	if join.Event != lorawan.EventJoin || up.Session != "00189440" || join.Session != up.Session || join.DevEUI != up.DevEUI {
		t.Errorf("%+v and %+v", up, join)
	}
	accept := decoded(t, `{"end_device_ids":{"dev_eui":"70B3D57ED8005343"},"join_accept":{"session_key_id":"AZ=="}}`)
	if u := decoded(t, tts(`,"session_key_id":"AZ=="`)); u.Session != accept.Session || u.Session != "AZ==" {
		t.Errorf("session %q of %q", u.Session, accept.Session)
	}
}

func TestPitfall08ACounterRestartsWithItsSession(t *testing.T) {
	before, after := decoded(t, v4(`,"fCnt":9000`)), decoded(t, strings.Replace(v4(`,"fCnt":0`), "00189440", "00189441", 1))
	if before.Session == after.Session || before.Session == "" || after.FCnt != 0 {
		t.Errorf("sessions %q and %q", before.Session, after.Session)
	}
	// Under skip_fcnt_check it restarts in the same session: only what stands in it tells.
	again := decoded(t, strings.Replace(v4(`,"fCnt":9000`), `"qg=="`, `"qw=="`, 1))
	if again.Session != before.Session || again.FCnt != before.FCnt || bytes.Equal(again.Data, before.Data) {
		t.Errorf("%+v", again)
	}
	if u := decoded(t, v4(`,"fCnt":4294967295`)); u.FCnt != 1<<32-1 {
		t.Errorf("the counter has 32 bits: %d", u.FCnt)
	}
}

func TestPitfall09TwoServersNameOneFrameDifferently(t *testing.T) {
	one := decoded(t, v4(`,"fCnt":3`))
	two := decoded(t, strings.Replace(v4(`,"fCnt":3`), "3ac7e3c4", "4ac7e3c4", 1))
	if one.TraceID == two.TraceID || one.TraceID == "" {
		t.Errorf("trace ids %q and %q", one.TraceID, two.TraceID)
	}
	two.TraceID = one.TraceID
	if d := cmp.Diff(one, two); d != "" { // nothing that bills an uplink depends on it
		t.Error(d)
	}
}

func TestPitfall11IDsComeFromTheBody(t *testing.T) {
	for template, topic := range map[string]string{
		"up/{any}":                                              "up/whatever",
		"site/{region}/{dev_eui}/{event}":                       "site/ghent/70B3D57ED8005343/up",
		"{application_id}/{dev_eui}/event/up":                   "a/70b3d57ed8005343/event/up",
		"v3/{application_id}@{tenant_id}/x/{device_id}/{event}": "v3/a@t/x/d/up",
	} {
		tpl, err := lorawan.ParseTemplate(template)
		if err != nil {
			t.Fatal(err)
		}
		read, ok := tpl.Read(topic)
		u := decoded(t, v4(""))
		if err := read.Check(&u); !ok || err != nil {
			t.Errorf("%s under %s: %v", topic, template, err)
		}
	}
	tpl, err := lorawan.ParseTemplate("application/{application_id}/device/{dev_eui}/event/{event}")
	if err != nil {
		t.Fatal(err)
	}
	for topic, agrees := range map[string]bool{
		"application/a/device/70b3d57ed8005343/event/up": true,
		"application/A/device/70b3d57ed8005343/event/up": true, // a UUID in capitals
		"application/b/device/70b3d57ed8005343/event/up": false,
		"application/a/device/70b3d57ed8005344/event/up": false,
	} {
		read, ok := tpl.Read(topic)
		u := decoded(t, v4(""))
		if err := read.Check(&u); !ok || (err == nil) != agrees {
			t.Errorf("%s: %v", topic, err)
		}
	}
}

func TestPitfall12MACCommandsAndSimulationsAreNotSold(t *testing.T) {
	for payload, want := range map[string]lorawan.Billing{
		strings.Replace(v4(""), `"fPort":1,"data":"qg=="`, `"fPort":0,"data":""`, 1):                        lorawan.BillingEmpty,
		strings.Replace(v4(""), `"data":"qg=="`, `"data":""`, 1):                                            lorawan.BillingEmpty,
		strings.Replace(v4(""), `"fPort":1,`, `"fPort":0,`, 1):                                              lorawan.BillingEmpty,
		strings.Replace(tts(""), `"uplink_message"`, `"simulated":true,"uplink_message"`, 1):                lorawan.BillingSimulated,
		strings.Replace(tts(""), `"uplink_message"`, `"simulated":false,"uplink_message"`, 1):               lorawan.BillingSale,
		strings.Replace(tts(""), `"uplink_message"`, `"uplink_normalized"`, 1):                              lorawan.BillingNotUplink,
		strings.Replace(tts(""), `"f_port":1,"frm_payload":"qg=="`, `"f_port":1,"decoded_payload":null`, 1): lorawan.BillingEmpty,
	} {
		if u := decoded(t, payload); u.Billing() != want {
			t.Errorf("%s is billed as %s", payload, u.Billing())
		}
	}
}

func TestPitfall13SealedDataIsFlagged(t *testing.T) {
	for _, payload := range []string{
		v4(`,"joinServerContext":{"sessionKeyId":"ab","appSKey":{"kekLabel":"","aesKey":"AA=="}}`),
		tts(`,"app_s_key":{"kek_label":"k","encrypted_key":"AA=="}`),
	} {
		u := decoded(t, payload)
		reading := u.Reading(time.Unix(1, 0))
		sold := string(reading.AppendJSON(nil, lorawan.FieldData|lorawan.FieldValues|lorawan.FieldLink))
		if !u.Encrypted || !reading.Sealed || !strings.Contains(sold, `"sealed":true`) || !strings.Contains(sold, `"data":"qg=="`) || strings.Contains(sold, "AA==") {
			t.Errorf("%s: %s", payload, sold)
		}
	}
	for _, payload := range []string{v4(`,"joinServerContext":null`), tts(`,"app_s_key":null`)} {
		if decoded(t, payload).Encrypted {
			t.Errorf("%s is flagged", payload)
		}
	}
}

func TestPitfall14AGatewayCountsOnce(t *testing.T) {
	for payload, want := range map[string]int{
		v4(`,"rxInfo":[{"gatewayId":"0016c001f153a14c","antenna":0},{"gatewayId":"0016C001F153A14C","antenna":1},{"gatewayId":"0016c001f153a14d"}]`): 2,
		v3(`,"rxInfo":[{"gatewayID":"ABbAAfFToUw=","antenna":0},{"gatewayID":"ABbAAfFToUw=","antenna":1}]`):                                          1,
		v3(`,"rxInfo":[{"gatewayID":"0016c001f153a14c"},{"gatewayID":"0016c001f153a14d"}]`):                                                          2,
		tts(`,"rx_metadata":[{"gateway_ids":{"gateway_id":"g"},"antenna_index":1},{"gateway_ids":{"gateway_id":"g"}}]`):                              1,
		tts(`,"rx_metadata":[{"gateway_ids":{"gateway_id":"packetbroker"},"packet_broker":{"forwarder_tenant_id":"t","forwarder_gateway_id":"a"}},{"gateway_ids":{"gateway_id":"packetbroker"},"packet_broker":{"forwarder_tenant_id":"t","forwarder_gateway_id":"b"}},{"gateway_ids":{"gateway_id":"packetbroker"},"packet_broker":{"forwarder_tenant_id":"t","forwarder_gateway_id":"a"}}]`): 2,
		tts(`,"rx_metadata":[{"gateway_ids":{"gateway_id":"packetbroker"}},{"gateway_ids":{"gateway_id":"packetbroker"}}]`): 2, // nobody is named: taken for two
		v3(`,"rxInfo":[]`): 0, // the service profile adds no gateway metadata
	} {
		if u := decoded(t, payload); u.Gateways != want || u.Billing() != lorawan.BillingSale {
			t.Errorf("%d gateways in %s", u.Gateways, payload)
		}
	}
	// Many gateways are counted in a time that grows with their number.
	var rx []string
	for i := range 3000 {
		rx = append(rx, fmt.Sprintf(`{"gatewayId":"%016x"},{"gatewayId":"%016x"}`, i, i))
	}
	if u := decoded(t, v4(`,"rxInfo":[`+strings.Join(rx, ",")+`]`)); u.Gateways != 3000 {
		t.Errorf("%d gateways of 3000", u.Gateways)
	}
}

func TestPitfall15NothingOfTheOperatorsLeavesTheHouse(t *testing.T) {
	allowed := map[string]bool{
		"f_cnt": true, "f_port": true, "received": true, "time": true, "gateway_time": true, "sealed": true, "values": true, "data": true, "link": true,
		"link.rssi": true, "link.snr": true, "link.dr": true, "link.frequency": true, "link.spreading_factor": true, "link.bandwidth": true, "link.relayed": true,
	}
	for file, format := range all(t) {
		if format == Gateway {
			continue
		}
		payload := read(t, file)
		var u lorawan.Uplink
		if err := Decode(payload, &u); err != nil {
			t.Fatal(err)
		}
		u.Object = nil // an owner's to sell
		reading := u.Reading(time.Unix(1, 0))
		sold := append(reading.AppendJSON([]byte("{"), lorawan.FieldData|lorawan.FieldValues|lorawan.FieldLink), '}')
		var members map[string]any
		if err := json.Unmarshal(sold, &members); err != nil {
			t.Fatalf("%s: %s: %v", file, sold, err)
		}
		for name, value := range members {
			inner, _ := value.(map[string]any)
			for one := range inner {
				if !allowed[name+"."+one] {
					t.Errorf("%s: %s.%s is sold", file, name, one)
				}
			}
			if !allowed[name] {
				t.Errorf("%s: %s is sold", file, name)
			}
		}
		for _, secret := range [][]byte{u.Application, u.Tenant, u.DeviceID, []byte("uplink_token"), []byte("latitude")} {
			if len(secret) > 2 && bytes.Contains(sold, secret) {
				t.Errorf("%s: %q is sold in %s", file, secret, sold)
			}
		}
		if none := string(reading.AppendJSON(nil, 0)); strings.Contains(none, "link") || strings.Contains(none, `"data"`) {
			t.Errorf("%s: sold though not listed: %s", file, none)
		}
	}
}

func TestPitfall18TimesComeInManyForms(t *testing.T) {
	want := time.Date(2026, 1, 20, 8, 47, 43, 0, time.UTC)
	for written, plus := range map[string]time.Duration{
		"2026-01-20T08:47:43Z": 0, "2026-01-20T08:47:43+00:00": 0, "2026-01-20T08:47:43.5Z": 5e8, "2026-01-20T08:47:43.457+00:00": 457e6,
		"2026-01-20T08:47:43.457927+00:00": 457927e3, "2026-01-20T08:47:43.457927819+00:00": 457927819, "2026-01-20T09:47:43.457927819+01:00": 457927819,
	} {
		u := decoded(t, v4(`,"time":"`+written+`"`))
		if !u.Received.Equal(want.Add(plus)) || u.Received.Location() != time.UTC {
			t.Errorf("%s became %s", written, u.Received)
		}
	}
	if u := decoded(t, v4(`,"rxInfo":[{"time":"2026-01-20T08:47:43Z"}]`)); !u.Gateway.Equal(want) { // before 4.6
		t.Errorf("gateway time %s", u.Gateway)
	}
	if u := decoded(t, v3(`,"rxInfo":[{"gatewayID":"ABbAAfFToUw=","time":null}]`)); !u.Gateway.IsZero() || !u.Received.IsZero() {
		t.Errorf("null became %s", u.Gateway)
	}
	// A gateway's clock may be ahead of the server's by a lot: both times are kept.
	u := decoded(t, v4(`,"time":"2026-01-20T08:47:43Z","rxInfo":[{"gwTime":"2026-01-20T08:48:05Z"}]`))
	if u.Gateway.Sub(u.Received) != 22*time.Second {
		t.Errorf("%s and %s", u.Received, u.Gateway)
	}
}

func TestPitfall19SizeAndDepthAreBounded(t *testing.T) {
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	if u := decoded(t, v4(`,"object":`+deep(60))); u.Object == nil || u.Odd > 0 {
		t.Errorf("60 levels: %+v", u)
	}
	// Values that nest beyond all reason are not sold; the uplink is, and members nobody reads may
	// nest as they like.
	for _, levels := range []int{64, 1000, 40_000} {
		for _, payload := range []string{v4(`,"object":` + deep(levels)), v3(`,"object":` + deep(levels)), tts(`,"decoded_payload":` + deep(levels)), v4(`,"rxInfo":[{"rssi":` + deep(levels) + `}]`)} {
			if u := decoded(t, payload); u.Object != nil || u.Odd != 1 || u.Billing() != lorawan.BillingSale {
				t.Errorf("%d levels: %+v", levels, u)
			}
		}
		if u := decoded(t, v4(`,"vendor":`+deep(levels))); u.Odd != 0 || u.Billing() != lorawan.BillingSale {
			t.Errorf("%d levels of a vendor's: %+v", levels, u)
		}
	}
	var u lorawan.Uplink
	if err := Decode([]byte(v4(`,"object":`+strings.Repeat(`{"a":`, 100_000))), &u); err == nil {
		t.Error("what does not end was accepted")
	}
	// The largest event a broker hands over is read in one pass.
	big := v4(`,"object":{"a":"` + strings.Repeat("x", 256<<10) + `"}`)
	if u := decoded(t, big); len(u.Object) < 256<<10 || u.Billing() != lorawan.BillingSale {
		t.Errorf("%d bytes of object", len(u.Object))
	}
}

// DeviceService.List without a limit lists nothing, and ChirpStack's API keys can do
// far more than list. Nothing here asks for one: events say all a reading needs.
func TestPitfall20NothingAsksChirpStacksAPI(t *testing.T) {
	files := 0
	for _, root := range []string{"lorawan", "bridge", "cmd/dbdao-bridge", "api", "config"} {
		err := filepath.WalkDir(filepath.Join("../..", root), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files++
			b, err := os.ReadFile(path)
			if bytes.Contains(b, []byte("chirpstack/api/go/v4/api")) {
				t.Errorf("%s asks ChirpStack's API", path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 40 {
		t.Errorf("%d files", files)
	}
}

// Bodies carry tokens and keys, as webhooks' headers carry credentials for downlinks
// (which are the bridge's ingest's not to log): an error that quoted its input would
// bring them into a log.
func TestPitfall21CredentialsAreNeverQuoted(t *testing.T) {
	body := read(t, "../thethings/testdata/tts-up-01-starter-kit-2025.json")
	secrets := []string{"ChcKFQoJdHRpZy01MmVj", "aAixKtmNZUKQXd4GqpHDsw", "sQAAEAHlANcB", "docs-test-account", "ttig"}
	refused := 0
	for i := range body {
		for _, damaged := range [][]byte{body[:i], append(append(bytes.Clone(body[:i]), '~'), body[i:]...)} {
			var u lorawan.Uplink
			err := Decode(damaged, &u)
			if err == nil {
				continue
			}
			refused++
			for _, secret := range secrets {
				if strings.Contains(err.Error(), secret[:4]) {
					t.Fatalf("%v", err)
				}
			}
		}
	}
	if refused < len(body) {
		t.Errorf("%d of %d refused", refused, 2*len(body))
	}
}

func TestPitfall22TheEventSaysWhereTheDeviceBelongs(t *testing.T) {
	if u := decoded(t, v4("")); string(u.Application) != "a" || string(u.Tenant) != "t" {
		t.Errorf("v4: %s of %s", u.Application, u.Tenant)
	}
	if u := decoded(t, v3("")); string(u.Application) != "7" || u.Tenant != nil {
		t.Errorf("v3: %s of %s", u.Application, u.Tenant)
	}
	if u := decoded(t, tts(`,"network_ids":{"tenant_id":"ttn"}`)); string(u.Application) != "a" || string(u.Tenant) != "ttn" {
		t.Errorf("The Things Stack: %s of %s", u.Application, u.Tenant)
	}
}
