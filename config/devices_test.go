package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/lorawan"
)

const (
	keyA = "0123456789abcdef0123456789abcdef"
	keyB = "fedcba9876543210fedcba9876543210"
)

func devices(t *testing.T, text string) ([]DeviceKeys, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "devices.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return LoadDevices(path)
}

func TestADevicesFileGivesEveryKindOfDevice(t *testing.T) {
	all, err := devices(t, `
[[device]]
dev_eui = "70-B3-D5-7E-D8-00-53-43"
version = "1.0.3"
dev_addr = "01020304"
nwk_s_key = "`+keyA+`"
app_s_key = "`+keyB+`"
f_cnt = 70000
[[device]]
dev_eui = "70b3d57ed8005344"
version = "1.0.2"
dev_addr = "01020305"
nwk_s_key = "`+keyA+`"
[[device]]
dev_eui = "70b3d57ed8005345"
version = "1.1"
dev_addr = "01020306"
f_nwk_s_int_key = "`+keyA+`"
s_nwk_s_int_key = "`+keyB+`"
nwk_s_enc_key = "`+keyA+`"
app_s_key = "`+keyB+`"
[[device]]
dev_eui = "70b3d57ed8005346"
version = "1.1"
join_eui = "0000000000000001"
app_key = "`+keyA+`"
nwk_key = "`+keyB+`"
`)
	if err != nil || len(all) != 4 {
		t.Fatalf("%d devices, %v", len(all), err)
	}
	a, _ := lorawan.ParseKey(keyA)
	b, _ := lorawan.ParseKey(keyB)
	first, err := all[0].Device()
	if err != nil || !first.ABP || first.Sealed || first.FCnt != 70000 || first.Keys != lorawan.Keys10(a, b) || first.DevEUI.String() != "70b3d57ed8005343" {
		t.Errorf("%v %v", first.DevEUI, err)
	}
	if second, _ := all[1].Device(); !second.Sealed {
		t.Error("a device without app_s_key must be sold sealed")
	}
	if third, _ := all[2].Device(); third.Version != lorawan.LoRaWAN11 || third.Keys.SNwkSIntKey != b || third.Keys.FNwkSIntKey != a {
		t.Error("the keys of a 1.1 device are mixed up")
	}
	if fourth, _ := all[3].Device(); fourth.ABP || fourth.AppKey != a || fourth.NwkKey != b || fourth.JoinEUI != (lorawan.DevEUI{7: 1}) {
		t.Error("the keys of a joining device are mixed up")
	}
}

func TestADevicesFileThatCannotWorkIsRefusedWithoutQuotingAKey(t *testing.T) {
	head := "[[device]]\ndev_eui = \"70b3d57ed8005343\"\n"
	for why, c := range map[string]struct{ text, says string }{
		"no version":      {head + `app_key = "` + keyA + `"`, "version"},
		"both kinds":      {head + "version = \"1.0\"\napp_key = \"" + keyA + "\"\nnwk_s_key = \"" + keyA + `"`, "either"},
		"neither":         {head + `version = "1.0"`, "either"},
		"short key":       {head + "version = \"1.0\"\ndev_addr = \"01020304\"\nnwk_s_key = \"" + keyA[:31] + `"`, "nwk_s_key"},
		"key of 1.1":      {head + "version = \"1.0\"\ndev_addr = \"01020304\"\nnwk_s_key = \"" + keyA + "\"\nnwk_s_enc_key = \"" + keyA + `"`, "nwk_s_enc_key"},
		"unknown key":     {head + "version = \"1.0\"\nnwks_key = \"" + keyA + `"`, "did you mean device.nwk_s_key"},
		"not TOML":        {"app_key = " + keyA, "not TOML"},
		"no address":      {head + "version = \"1.0\"\nnwk_s_key = \"" + keyA + `"`, "dev_addr"},
		"no DevEUI":       {"[[device]]\nversion = \"1.0\"", "dev_eui"},
		"a number as key": {head + "version = \"1.0\"\ndev_addr = \"01020304\"\nnwk_s_key = 12", "nwk_s_key"},
	} {
		_, err := devices(t, c.text)
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), keyA[:31]) {
			t.Errorf("%s: %v", why, err)
		}
	}
	path := filepath.Join(t.TempDir(), "open.toml")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadDevices(path); err == nil {
		t.Error("a devices file others may read was taken")
	}
}

func TestAGatewayLevelSourceHasItsOwnKeys(t *testing.T) {
	c, err := Parse(essential + "kind = \"gateway\"\n")
	if err != nil || c.Sources[0].Topic != "" || c.Sources[0].DedupWindow.String() != "200ms" || c.Sources[0].Region != "EU868" {
		t.Errorf("%+v %v", c.Sources, err)
	}
	for line, says := range map[string]string{
		"kind = \"gateway\"\nregion = \"MARS\"":      "region",
		"kind = \"gateway\"\ntopic = \"+/gateway\"":  "topic",
		"kind = \"gateway\"\ndedup_window = \"1ms\"": "dedup_window",
		"kind = \"radio\"":                           "kind",
		"devices_file = \"d\"":                       "devices_file",
	} {
		if _, err := Parse(essential + line + "\n"); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func TestAnHTTPSourceNeedsATokenAndAnAddress(t *testing.T) {
	c, err := Parse(essential + "kind = \"http\"\ntoken_file = \"t\"\n")
	if err != nil || c.Sources[0].Listen != "127.0.0.1:8182" {
		t.Errorf("%+v %v", c.Sources, err)
	}
	for line, says := range map[string]string{
		"kind = \"http\"": "token_file",
		"kind = \"http\"\ntoken_file = \"t\"\nlisten = \"8182\"": "listen",
		"kind = \"http\"\ntoken_file = \"t\"\ncert_file = \"c\"": "key_file",
		"token_file = \"t\"": "token_file",
	} {
		if _, err := Parse(essential + line + "\n"); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", line, err)
		}
	}
	if _, err := Parse(strings.Replace(essential, `"cs"`, `"a/b"`, 1) + "kind = \"http\"\ntoken_file = \"t\"\n"); err == nil || !strings.Contains(err.Error(), "URL") {
		t.Errorf("a name that cannot stand in a URL: %v", err)
	}
}
