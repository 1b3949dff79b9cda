package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// storeToken is in the query of the acts' buyer's URL.
const storeToken = "vxq7-only-the-buyer-knows"

// discreet reads all that the bridge has told while the acts were played, to whoever may ask: its log,
// metrics, status, health, and the problems it answers with. None of it holds a secret, a
// payload, a DevEUI or a URL's query.
func (c *chaos) discreet(acts []*act) {
	c.t.Helper()
	var keystore struct {
		Crypto struct{ CipherText string }
	}
	if b, err := os.ReadFile(c.keystore("operator")); err != nil || json.Unmarshal(b, &keystore) != nil || keystore.Crypto.CipherText == "" {
		c.t.Fatalf("the keystore is no keystore: %v", err)
	}
	silent := map[string][]byte{
		"the keystore's password":         []byte("correct horse battery staple"),
		"the hot key, sealed":             []byte(keystore.Crypto.CipherText),
		"the query of a buyer's URL":      []byte(storeToken),
		"the admin API's token":           c.secret("admin.token"),
		"the key that signs readings":     c.secret("signing.key"),
		"the key that opens destinations": c.secret("route.key"),
	}
	for _, a := range acts {
		for _, d := range devicesOf(c.t, a.scenario) {
			silent["DevEUI "+d.DevEUI.String()] = []byte(d.DevEUI.String())
			silent["the bytes of DevEUI "+d.DevEUI.String()] = d.DevEUI[:]
		}
	}
	payloads := 0
	for _, body := range c.store.bodies {
		var all []struct{ Data []byte }
		if !bytes.HasPrefix(body, []byte("[")) {
			body = slices.Concat([]byte("["), body, []byte("]"))
		}
		if err := json.Unmarshal(body, &all); err != nil {
			c.t.Fatal(err)
		}
		for _, r := range all {
			if len(r.Data) < 6 { // fewer bytes may stand in anything
				continue
			}
			text, _ := json.Marshal(r.Data)
			silent["payload "+string(text)] = bytes.Trim(text, `"=`)
			silent["payload, in hexadecimal, "+string(text)] = []byte(hex.EncodeToString(r.Data))
			payloads++
		}
	}
	if payloads == 0 {
		c.t.Error("no reading has a payload to look for")
	}

	log, err := os.ReadFile(filepath.Join(c.dir, "bridge.log"))
	if err != nil || len(log) == 0 {
		c.t.Fatalf("the bridge has logged nothing: %v", err)
	}
	told := map[string][]byte{"the log": log}
	for _, o := range []string{"text", "json"} {
		out, errs, _ := c.try("status", "-c", c.config, "-o", o)
		told["status as "+o] = []byte(out + errs)
	}
	for _, url := range []string{
		c.admin + "/metrics", c.admin + "/health", c.admin + "/v1/status", c.public + "/v1/health", c.public + "/v1/operator", c.public + "/v1/destinations",
		c.public + "/v1/purchases/1/readings", c.public + "/v1/purchases/1/evidence", c.public + "/v1/streams/1/claim", c.public + "/v1/terms/0x" + strings.Repeat("0", 64), c.public + "/nothing",
	} {
		told[url] = c.got("GET", "http://"+url, "")
	}
	for _, body := range []string{"", "{", `{"message":1}`, `{"message":"me"}`} {
		told["a sign-in of "+body] = c.got("POST", "http://"+c.public+"/v1/session", body)
	}
	size, tells := 0, 0
	for where, text := range told {
		size += len(text)
		lower := bytes.ToLower(text)
		for what, it := range silent {
			if bytes.Contains(text, it) || bytes.Contains(lower, bytes.ToLower(it)) {
				tells++
				c.t.Errorf("%s tells %s", where, what)
			}
		}
	}
	c.t.Logf("%d secrets, DevEUIs and payloads were looked for in %d texts of %d bytes: %d found", len(silent), len(told), size, tells)
}

// secret reads a secret of the bridge's.
func (c *chaos) secret(name string) []byte {
	c.t.Helper()
	b, err := os.ReadFile(filepath.Join(c.dir, "data", name))
	if b = bytes.TrimSpace(b); err != nil || len(b) < 16 {
		c.t.Fatalf("%s is no secret: %v", name, err)
	}
	return b
}

// got is what the bridge answers to a stranger.
func (c *chaos) got(method, url, body string) []byte {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || len(text) == 0 {
		c.t.Errorf("%s %s: HTTP %d with nothing (%v)", method, url, res.StatusCode, err)
	}
	return text
}
