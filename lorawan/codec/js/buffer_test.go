package js

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// lineByLine evaluates the table and tells what came of each line: JSON, or the error's name.
const lineByLine = `
function each(lines) {
  return lines.map(function (line) {
    try {
      var v = (0, eval)(line);
      return v === undefined ? 'undefined' : JSON.stringify(v);
    } catch (e) { return 'throws ' + e.name; }
  });
}`

// TestBufferIsNodes holds each line of the table against a real Node: the same value,
// or the same kind of error.
func TestBufferIsNodes(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		if os.Getenv("DBDAO_REAL") == "1" {
			t.Fatal(err)
		}
		t.Skip("needs node")
	}
	table, err := os.ReadFile("testdata/buffer.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(table)), "\n")
	asJSON, err := json.Marshal(lines)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(node, "--no-deprecation", "-e", lineByLine+"\nconsole.log(JSON.stringify(each("+string(asJSON)+")))")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	if err := json.Unmarshal(out, &want); err != nil || len(want) != len(lines) {
		t.Fatalf("%v: %d answers to %d lines", err, len(want), len(lines))
	}
	p := pool(t, 1, patient)
	var got struct{ All []string }
	r := decode(t, p, lineByLine+"\nfunction decodeUplink() { return { data: { all: each("+string(asJSON)+") } } }", Input{})
	if err := json.Unmarshal(r.Data, &got); err != nil || len(got.All) != len(lines) {
		t.Fatalf("%v: %s", err, r.Data)
	}
	for i, line := range lines {
		if got.All[i] != want[i] {
			t.Errorf("%s\ngot  %s\nnode %s", line, got.All[i], want[i])
		}
	}
}

// Codecs written for Node or for a bundler hand over what they define.
func TestCodecsMayBeModules(t *testing.T) {
	p := pool(t, 1, patient)
	const body = `decodeUplink(i) { return { data: { n: i.bytes[0] } }; }`
	for name, script := range map[string]string{
		"exports":              `exports.decodeUplink = function (i) { return { data: { n: i.bytes[0] } }; };`,
		"module.exports":       `module.exports = { ` + body + ` };`,
		"named, then exported": "function " + body + "\nmodule.exports = { decodeUplink: decodeUplink };",
		"if there is a module": "function " + body + "\nif (typeof module !== 'undefined') { module.exports = { decodeUplink }; }",
		"export function":      "export function " + body,
		"export const":         `export const decodeUplink = (i) => ({ data: { n: i.bytes[0] } });`,
		"export a list":        "function decode(i) { return { data: { n: i.bytes[0] } }; }\nexport { decode as decodeUplink, };",
		"export default":       "export default { " + body + " };",
		"export default list":  "function " + body + "\nexport default decodeUplink;",
		"a let of that name":   "let module = 1;\nfunction " + body,
	} {
		r, err := p.Decode(t.Context(), script, Input{Bytes: []byte{7}})
		if err != nil || string(r.Data) != `{"n":7}` {
			t.Errorf("%s: %s %v", name, r.Data, err)
		}
		if err := p.Check(t.Context(), script); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := p.Decode(t.Context(), "export function decodeUplink(i) {\n  return {;\n}", Input{}); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("a fault in a module: %v", err)
	}
}
