package thethings

import (
	"testing"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/lorawan/internal/oddity"
)

// deciding are the members that identify and carry a reading, or decide whether it is sold.
var deciding = oddity.Set("end_device_ids", "end_device_ids.dev_eui", "end_device_ids.dev_addr", "uplink_message", "uplink_message.session_key_id",
	"uplink_message.f_port", "uplink_message.f_cnt", "uplink_message.frm_payload", "uplink_message.app_s_key", "simulated",
	"data", "data.end_device_ids", "data.end_device_ids.dev_eui", "data.end_device_ids.dev_addr", "data.uplink_message", "data.uplink_message.session_key_id",
	"data.uplink_message.f_port", "data.uplink_message.f_cnt", "data.uplink_message.frm_payload")

func one(payload []byte) (u lorawan.Uplink, err error) {
	err = Decode(payload, &u)
	return u, err
}

func TestNoMemberThatOnlyDescribesLosesAnUplink(t *testing.T) {
	oddity.Test(t, [][]byte{read(t, "tts-up-01-starter-kit-2025.json"), read(t, "tts-up-02-console-copy.json")}, deciding, one)
}

func FuzzDescriptiveMembers(f *testing.F) {
	oddity.Fuzz(f, [][]byte{read(f, "tts-up-01-starter-kit-2025.json"), read(f, "tts-up-02-console-copy.json")}, deciding, one)
}
