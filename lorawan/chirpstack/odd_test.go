package chirpstack

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/chirpstack/chirpstack/api/go/v4/integration"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/oddity"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// A v3 server publishes objects that are none. The bytes are worth something all the same.
func TestAnObjectThatIsNoneDoesNotLoseTheUplink(t *testing.T) {
	payload := read(t, "v3/v3-jsonv3-up-02-object-not-object.json")
	for _, object := range []string{`[1,2,3]`, `3`, `"x"`, `true`} {
		var u lorawan.Uplink
		if err := DecodeV3(bytes.Replace(payload, []byte(`[1,2,3]`), []byte(object), 1), &u); err != nil {
			t.Errorf("%s: %v", object, err)
		}
		if u.Billing() != lorawan.BillingSale || string(u.Data) != "\x01\x02\x03" || u.Object != nil || u.FCnt != 4 || u.Odd != 1 {
			t.Errorf("%s: %+v", object, u)
		}
	}
}

// deciding are the members that identify and carry a reading, or decide whether it is sold.
var deciding = oddity.Set("deviceInfo", "deviceInfo.devEui", "devEUI", "devAddr", "fCnt", "fPort", "data", "joinServerContext")

func up(decode func([]byte, *lorawan.Uplink) error) func([]byte) (lorawan.Uplink, error) {
	return func(payload []byte) (u lorawan.Uplink, err error) {
		err = decode(payload, &u)
		return u, err
	}
}

func uplinks(t testing.TB, patterns ...string) (all [][]byte) {
	t.Helper()
	for _, p := range patterns {
		found, err := filepath.Glob(filepath.Join("testdata", p))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d files, %v", p, len(found), err)
		}
		for _, f := range found {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, b)
		}
	}
	return all
}

func TestNoMemberThatOnlyDescribesLosesAnUplink(t *testing.T) {
	oddity.Test(t, uplinks(t, "v4-up-*.json"), deciding, up(Decode))
	oddity.Test(t, uplinks(t, "v3/*/*.up.json", "v3/*.json"), deciding, up(DecodeV3))
}

func FuzzDescriptiveMembers(f *testing.F) {
	all := append(uplinks(f, "v4-up-*.json"), uplinks(f, "v3/*/*.up.json", "v3/*.json")...)
	oddity.Fuzz(f, all, deciding, func(payload []byte) (lorawan.Uplink, error) {
		if bytes.Contains(payload, []byte(`"deviceInfo"`)) {
			return up(Decode)(payload)
		}
		return up(DecodeV3)(payload)
	})
}

func TestNoFieldThatOnlyDescribesLosesAnUplinkInProtobuf(t *testing.T) {
	oddity.Protobuf(t, uplinks(t, "v4-protobuf/*-up-*.pb"), oddity.Set("3", "3.8", "4", "7", "8", "10", "15"), oddity.Set("3", "12", "13", "13.2", "13.2.3", "11"), up(Decode))
	oddity.Protobuf(t, uplinks(t, "v3/protobuf/*.up.*"), oddity.Set("4", "9", "10", "11", "15"), oddity.Set("5", "6", "6.3"), up(DecodeV3))
}

// What a real server wrote in protobuf is what its own JSON would have said.
func TestRecordedProtobufIsRead(t *testing.T) {
	for i, payload := range uplinks(t, "v4-protobuf/*-up-*.pb") {
		var e integration.UplinkEvent
		if err := proto.Unmarshal(payload, &e); err != nil {
			t.Fatal(err)
		}
		asJSON, err := protojson.Marshal(&e)
		if err != nil {
			t.Fatal(err)
		}
		want, got := decode(t, asJSON), decode(t, payload)
		if d := cmp.Diff(canonical(t, want), canonical(t, got)); d != "" {
			t.Errorf("%d: %s", i, d)
		}
		if got.Event != lorawan.EventUp || got.FCnt != e.FCnt || string(got.Data) != string(e.Data) || got.DevEUI.String() != e.DeviceInfo.DevEui {
			t.Errorf("%d: %+v", i, got)
		}
	}
}
