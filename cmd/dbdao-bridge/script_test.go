package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts types commands as an operator does: each file of testdata/script is a
// session. `field NAME VALUE` reads what the last command printed with -o json; NAME
// is a path such as values.temperature or 0.name.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"field": field,
		},
		Setup: func(e *testscript.Env) error {
			bin, err := binary()
			if err != nil {
				return err
			}
			e.Setenv("PATH", filepath.Dir(bin)+string(os.PathListSeparator)+e.Getenv("PATH"))
			events, err := filepath.Abs("../../lorawan")
			e.Setenv("LORAWAN", events)
			return err
		},
	})
}

func field(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 && len(args) != 2 {
		ts.Fatalf("usage: field NAME [VALUE]")
	}
	var v any
	d := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	d.UseNumber()
	ts.Check(d.Decode(&v))
	for part := range strings.SplitSeq(args[0], ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[part]
		case []any:
			var i int
			ts.Check(json.Unmarshal([]byte(part), &i))
			if i >= len(in) {
				ts.Fatalf("%s: there are only %d", args[0], len(in))
			}
			v = in[i]
		default:
			v = nil
		}
	}
	if len(args) == 1 {
		if (v == nil) != neg {
			ts.Fatalf("%s is %v", args[0], v)
		}
		return
	}
	have, isText := v.(string)
	if !isText {
		b, err := json.Marshal(v)
		ts.Check(err)
		have = string(b)
	}
	if (have == args[1]) == neg {
		ts.Fatalf("%s is %s, want %s", args[0], have, args[1])
	}
}

// TestFrameDecodeReadsThePublishedVectors runs every published frame through the
// command, in this process.
func TestFrameDecodeReadsThePublishedVectors(t *testing.T) {
	text, err := os.ReadFile("../../lorawan/testdata/phy_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Vectors []struct {
			ID, Kind, MAC, Phy string
			Keys               map[string]string
			FCnt               *json.Number `json:"f_cnt"`
			ConfFCnt           json.Number  `json:"conf_f_cnt"`
			TxDR               json.Number  `json:"tx_dr"`
			TxCh               json.Number  `json:"tx_ch"`
			DevNonce           string       `json:"dev_nonce"`
			Expect             map[string]any
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, v := range file.Vectors {
		switch v.Kind {
		case "data_up", "data_down", "fcnt_search", "parse_only", "join_request", "join_pair", "join_accept", "rejoin_request", "malformed":
		default:
			continue // no frame as it is on air
		}
		seen[v.Kind]++
		t.Run(v.ID, func(t *testing.T) {
			args := []string{"frame", "decode", "-o", "json", "--hex", v.Phy}
			for name, key := range v.Keys {
				if name == "key" {
					name = map[any]string{float64(0): "s_nwk_s_int_key", float64(1): "js_int_key", float64(2): "s_nwk_s_int_key"}[v.Expect["rejoin_type"]]
				}
				args = append(args, "--"+strings.ReplaceAll(name, "_", "-"), key)
			}
			if v.FCnt != nil {
				args = append(args, "--f-cnt", v.FCnt.String())
			}
			for flag, n := range map[string]json.Number{"--conf-f-cnt": v.ConfFCnt, "--tx-dr": v.TxDR, "--tx-ch": v.TxCh} {
				if n != "" {
					args = append(args, flag, n.String())
				}
			}
			if v.DevNonce != "" {
				args = append(args, "--dev-nonce", v.DevNonce, "--session-keys")
			}
			var out strings.Builder
			root := newRoot()
			root.SetArgs(args)
			root.SetOut(&out)
			err := root.Execute()
			if v.Kind == "malformed" {
				if err == nil {
					t.Errorf("was decoded: %s", out.String())
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]any
			if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
				t.Fatal(err)
			}
			for name, want := range v.Expect {
				as := map[string]string{"fopts": "f_opts", "fopts_plain": "f_opts", "frm_plain": "frm_payload", "frm_plain_by_verifier": "frm_payload", "f_cnt16": "f_cnt", "accept_mic_valid": "", "plain": "plain"}
				member, renamed := as[name]
				if !renamed {
					member = name
				}
				have := got[member]
				if keys, ok := got["session_keys"].(map[string]any); ok && keys[name] != nil {
					have = keys[name]
				}
				switch {
				case member == "" || v.Kind == "join_accept" && name == "mic":
				case member == "frm_payload" && want == "" && have == nil: // a frame without a port
				case member == "plain":
					if !strings.HasPrefix(want.(string), have.(string)) {
						t.Errorf("%s is %v, want %v", name, have, want)
					}
				default:
					w, isText := want.(string)
					h, _ := have.(string)
					if isText && !strings.EqualFold(w, h) || !isText && want != have {
						t.Errorf("%s is %v, want %v", name, have, want)
					}
				}
			}
		})
	}
	if seen["data_up"] < 16 || seen["join_request"] < 5 || seen["join_accept"] < 4 || seen["malformed"] < 5 {
		t.Errorf("only %v were there", seen)
	}
}

func TestAFileOfKeysMustBePrivate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(file, []byte("nwk_s_key = 44024241ed4ce9a68c6a8bc055233fd3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	run := func() (string, error) {
		out, err := exec.Command(bin, "frame", "decode", "--hex", "40f17dbe4900020001954378762b11ff0d", "--f-cnt", "2", "--keys-file", file).CombinedOutput()
		return string(out), err
	}
	if out, err := run(); err == nil || !strings.Contains(out, "chmod 600") {
		t.Errorf("a file others can read was taken: %s", out)
	}
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := run(); err != nil {
		t.Error(out)
	}
}
