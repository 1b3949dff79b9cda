package main

import (
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/settlement/evidence"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// chained makes bodies as a bridge does; the file it stands in is the buyer's.
func chained(purchase, n int) (bodies []string) {
	prev := common.Hash{}
	for seq := range n {
		bodies = append(bodies, fmt.Sprintf(`{"id":"msg_%d_%d","stream":1,"purchase":%d,"seq":%d,"prev":"%s","f_cnt":%d,"values":{"temperature":2%d.5}}`, purchase, seq, purchase, seq, prev, seq, seq%10))
		prev = crypto.Keccak256Hash([]byte(bodies[seq]))
	}
	return bodies
}

// verifyReadings runs the command without a node.
func verifyReadings(t *testing.T, args ...string) (v readingsView, out string, code int) {
	t.Helper()
	t.Setenv("DBDAO_RPC", "")
	t.Setenv("DBDAO_VIA_API", "")
	var stdout, stderr bytes.Buffer
	code = runWith(t.Context(), append([]string{"readings", "verify", "-o", "json"}, args...), &stdout, &stderr)
	if err := json.Unmarshal(stdout.Bytes(), &v); err != nil {
		t.Fatalf("exit %d, %v\n%s%s", code, err, &stdout, &stderr)
	}
	return v, stdout.String() + stderr.String(), code
}

// names tells which readings are named as this.
func names(v readingsView, purchase int, code string) (all []int) {
	for _, r := range v.Purchases {
		for _, f := range r.Faults {
			if int(r.Purchase) == purchase && f.Code == code && f.Seq != nil {
				all = append(all, int(*f.Seq))
			}
		}
	}
	return all
}

// Whatever is done to a buyer's file, the reading is named, and no other.
func TestStoredReadingsThatAreTamperedWithAreNamed(t *testing.T) {
	const n = 9
	good, other := chained(3, n), chained(4, 5)
	check := func(lines []string) (readingsView, string, int) {
		dir := t.TempDir()
		for name, all := range map[string][]string{"purchase-3.ndjson": lines, "purchase-4.open.ndjson": other} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Join(all, "\n")+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "receive.json"), []byte(`{"3":{"cursor":"8"}}`), 0o600); err != nil {
			t.Fatal(err)
		}
		return verifyReadings(t, dir)
	}
	if v, out, code := check(good); code != 0 || !v.OK || len(v.Purchases) != 2 || v.Purchases[0].Readings != n || v.Purchases[1].Readings != 5 {
		t.Fatalf("what is right: exit %d\n%s", code, out)
	}
	if v, out, code := check(slices.Concat(good, good[2:5])); code != 0 || v.Purchases[0].Repeated != 3 || v.Purchases[0].Readings != n {
		t.Errorf("delivered twice, byte for byte: exit %d\n%s", code, out)
	}
	tried := 0
	for i := range n - 1 { // of the newest nobody can tell
		for _, at := range []string{`:2`, `"prev":"0x`, `msg_3`, `"stream":`} {
			line := []byte(good[i])
			j := strings.LastIndex(good[i], at) + len(at)
			line[j] = "01"[btoi(line[j] == '0')]
			v, out, code := check(slices.Concat(good[:i], []string{string(line)}, good[i+1:]))
			tried++
			want := []int{i}
			if i == n-2 { // the newest contradicts it, and nothing vouches for that
				want = append(want, i+1)
			}
			if altered := names(v, 3, evidence.FaultAltered); code != 1 || !slices.Equal(altered, want) {
				t.Errorf("reading %d with %q altered: exit %d, named %v\n%s", i, at, code, altered, out)
			}
		}
		v, out, code := check(slices.Delete(slices.Clone(good), i, i+1))
		if missing := names(v, 3, evidence.FaultMissing); code != 1 || !slices.Equal(missing, []int{i}) || len(v.Purchases[0].Missing) != 1 {
			t.Errorf("without reading %d: exit %d, named %v\n%s", i, code, missing, out)
		}
		made := strings.Replace(good[i], "temperature", "humidity", 1)
		for _, all := range [][]string{slices.Insert(slices.Clone(good), i, made), append(slices.Clone(good), made)} {
			v, out, code := check(all)
			if added := names(v, 3, evidence.FaultAdded); code != 1 || !slices.Equal(added, []int{i}) || len(v.Purchases[0].Faults) != 1 || !strings.Contains(out, "purchase-3.ndjson, line") {
				t.Errorf("a made-up reading %d: exit %d, named %v\n%s", i, code, added, out)
			}
		}
		if v, out, code := check(slices.Concat(good[:i], []string{good[i][1:]}, good[i+1:])); code != 1 || len(v.Unread) != 1 || !strings.Contains(v.Unread[0], fmt.Sprintf("line %d", i+1)) {
			t.Errorf("line %d is no JSON any more: exit %d\n%s", i+1, code, out)
		}
	}
	end := strings.Replace(strings.Replace(good[n-1], `"seq":8`, `"seq":9`, 1), "msg", "asg", 1) // made up behind the end
	if v, out, code := check(append(slices.Clone(good), end)); code != 1 || !slices.Contains(names(v, 3, evidence.FaultAltered), n) {
		t.Errorf("made up behind the end: exit %d\n%s", code, out)
	}
	if v, out, code := check(slices.Delete(slices.Clone(good), 2, 6)); code != 1 || len(v.Purchases[0].Missing) != 1 || v.Purchases[0].Missing[0] != (evidence.Seqs{From: 2, To: 5}) || len(v.Purchases[0].Faults) != 1 {
		t.Errorf("a run that is missing: exit %d\n%s", code, out)
	}
	t.Logf("%d altered files, each with the reading named and no other", tried)
}

func btoi(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// Every form in which readings are kept is read; a page says with its signature which bodies are right.
func TestEveryFormOfStoredReadingsIsRead(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	bodies := chained(3, 6)
	page := func(all []string) string {
		p := map[string]any{"id": "bat_1", "timestamp": "1", "cursor": "5"}
		var content strings.Builder
		content.WriteString("bat_1.1.")
		var readings []any
		for i, b := range all {
			content.WriteString(b + "\n")
			readings = append(readings, map[string]any{"seq": i, "body": b, "acknowledged": true})
		}
		p["readings"], p["signature"] = readings, "v1a,"+base64.StdEncoding.EncodeToString(ed25519.Sign(private, []byte(content.String())))
		text, _ := json.Marshal(p)
		return string(text)
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(strings.Join(bodies, "\n") + "\n"))
	_ = z.Close()
	key := "whpk_" + base64.StdEncoding.EncodeToString(public)
	for name, text := range map[string]string{
		"lines.ndjson": strings.Join(bodies, "\n"), "list.json": "[" + strings.Join(bodies, ",") + "]", "long.json": "[\n" + strings.Join(bodies, ",\n") + "\n]\n",
		"zipped.ndjson.gz": zipped.String(), "page.json": page(bodies), "pages.ndjson": page(bodies[:3]) + "\n" + page(bodies[3:]) + "\n", "torn.ndjson": strings.Join(bodies, "\n") + "\n" + `{"id":"msg_3`,
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		v, out, code := verifyReadings(t, path, "--key", key)
		if code != 0 || len(v.Purchases) != 1 || v.Purchases[0].Readings != 6 || strings.HasPrefix(name, "page") != (v.Purchases[0].Signed == 6) {
			t.Errorf("%s: exit %d\n%s", name, code, out)
		}
	}
	dir := t.TempDir()
	for i, b := range bodies { // as the receivers in the documents store them
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("msg_%d", i)), []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if v, out, code := verifyReadings(t, dir); code != 0 || v.Purchases[0].Readings != 6 {
		t.Errorf("a file each: exit %d\n%s", code, out)
	}
	// A page settles what the chain of prev cannot: the newest reading.
	newest := strings.Replace(bodies[5], "temperature", "humidity", 1)
	file := filepath.Join(dir, "all.ndjson")
	if err := os.WriteFile(file, []byte(newest+"\n"+page(bodies)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if v, out, code := verifyReadings(t, file, "--key", key); code != 1 || !slices.Equal(names(v, 3, evidence.FaultAdded), []int{5}) || !strings.Contains(out, "line 1 was altered") {
		t.Errorf("the newest, altered: exit %d\n%s", code, out)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(page(bodies), "temperature", "humidity", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if v, out, code := verifyReadings(t, file, "--key", key); code != 1 || len(v.Unread) != 1 || v.Purchases[0].Signed != 0 {
		t.Errorf("an altered page: exit %d\n%s", code, out)
	}
}
