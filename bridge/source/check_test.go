package source

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
)

// looked is what checkSources says of a configuration's sources: a line for each.
func looked(t *testing.T, sources string) string {
	t.Helper()
	cfg, err := config.Parse("[operator]\nid = 1\nkeystore = \"k\"\npassword_file = \"p\"\n[chain]\nmarket = \"0x00000000000000000000000000000000000000aa\"\n[settlement]\nsettle_when_cut_covers = \"0x gas\"\n" + sources)
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	Check(t.Context(), cfg, slog.New(slog.DiscardHandler), func(what string, f func() (string, error)) {
		if detail, err := f(); err != nil {
			fmt.Fprintf(&said, "FAULT %s: %v\n", what, err)
		} else {
			fmt.Fprintf(&said, "ok %s: %s\n", what, detail)
		}
	})
	return said.String()
}

func TestACheckTakesThePortOfPostsAndGivesItBack(t *testing.T) {
	token := secret(t, "token", ingestToken)
	addr := fmt.Sprintf("127.0.0.1:%d", servers.FreePort(t))
	two := fmt.Sprintf("[[sources]]\nname = \"a\"\nkind = \"http\"\nlisten = %[1]q\ntoken_file = %[2]q\n[[sources]]\nname = \"b\"\nkind = \"http\"\nlisten = %[1]q\ntoken_file = %[2]q\n", addr, token)
	for range 2 { // it is free again
		if got := looked(t, two); strings.Count(got, "can take posts at "+addr) != 2 {
			t.Fatalf("a free port:\n%s", got)
		}
	}

	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	var asked []http.Header
	other := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header)
		http.NotFound(w, r)
	})}
	go func() { _ = other.Serve(l) }()
	got := looked(t, two)
	other.Close()
	if strings.Count(got, "FAULT") != 2 || !strings.Contains(got, "another program has the port") {
		t.Errorf("a port another program has:\n%s", got)
	}
	for _, h := range asked {
		if strings.Contains(fmt.Sprint(h), ingestToken) {
			t.Error("the token was sent to another program")
		}
	}
	if len(asked) != 2 {
		t.Errorf("the other program was asked %d times", len(asked))
	}
}

func TestACheckKnowsTheBridgeThatRuns(t *testing.T) {
	cert, key := certificate(t)
	for name, more := range map[string]string{"plain": "", "TLS": fmt.Sprintf("cert_file = %q\nkey_file = %q\n", cert, key)} {
		t.Run(name, func(t *testing.T) {
			addr := fmt.Sprintf("127.0.0.1:%d", servers.FreePort(t))
			source := fmt.Sprintf("[[sources]]\nname = \"%%s\"\nkind = \"http\"\nlisten = %q\ntoken_file = %q\n%s", addr, secret(t, "token", ingestToken), more)
			p, _, err := configured(t, fmt.Sprintf(source, "cs"))
			if err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- serveIngest(t.Context(), p.listeners()[0]) }()
			t.Cleanup(func() { <-ended })
			for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
				if c, err := net.Dial("tcp", addr); err == nil {
					c.Close()
					break
				}
			}
			if got := looked(t, fmt.Sprintf(source, "cs")+fmt.Sprintf(source, "new")); !strings.Contains(got, "ok source cs: a bridge that runs takes posts") || !strings.Contains(got, "ok source new: a bridge that runs listens") {
				t.Errorf("a bridge runs:\n%s", got)
			}
		})
	}
}

// certificate makes one for 127.0.0.1.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{{127, 0, 0, 1}}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return secret(t, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))),
		secret(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})))
}

func TestACheckAsksTheAPIOfTheBackfill(t *testing.T) {
	api := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Grpc-Status", "16")
		if r.Header.Get("Authorization") != "Bearer right" {
			w.Header().Set("Grpc-Message", "InvalidSignature")
		}
	}))
	api.Config.Protocols = new(http.Protocols)
	api.Config.Protocols.SetUnencryptedHTTP2(true)
	api.Start()
	defer api.Close()
	source := "[[sources]]\nname = \"cs\"\nkind = \"http\"\nlisten = \"127.0.0.1:0\"\ntoken_file = %q\n[sources.backfill]\nurl = %q\napi_key_files = [%q]\n"
	token := secret(t, "token", ingestToken)
	for why, c := range map[string]struct{ url, key, says string }{
		"a good key":       {api.URL, secret(t, "key", "right"), "ok back-fill of source cs: ChirpStack at " + HostOf(api.URL) + " answers and takes the keys: 1"},
		"a wrong key":      {api.URL, secret(t, "key", "wrong"), "refuses the API key"},
		"nobody there":     {"http://127.0.0.1:1", secret(t, "key", "right"), "FAULT back-fill of source cs: backfill.url 127.0.0.1:1: ask ChirpStack"},
		"no key":           {api.URL, "/nowhere/key", "FAULT back-fill of source cs: backfill.api_key_files"},
		"an API with path": {"http://127.0.0.1:1/api", secret(t, "key", "right"), "FAULT back-fill of source cs: backfill.url"},
	} {
		if got := looked(t, fmt.Sprintf(source, token, c.url, c.key)); !strings.Contains(got, c.says) || strings.Contains(got, "right") {
			t.Errorf("%s:\n%s", why, got)
		}
	}
}

func TestACheckReadsDevicesAndTokens(t *testing.T) {
	servers.Need(t, "mosquitto")
	broker := servers.Mosquitto(t)
	const keyHex = "0102030405060708090a0b0c0d0e0f10"
	device := "[[device]]\ndev_eui = \"0000000000000001\"\nversion = \"1.0.3\"\ndev_addr = \"01020304\"\nnwk_s_key = \"" + keyHex + "\"\n"
	yard := "[[sources]]\nname = \"y\"\nkind = \"gateway\"\nurl = \"" + broker.URL + "\"\ndevices_file = %q\n"
	for why, c := range map[string]struct{ source, says string }{
		"devices":       {fmt.Sprintf(yard, secret(t, "d", device)), "ok source y: connected"},
		"their number":  {fmt.Sprintf(yard, secret(t, "d", device)), "devices in its devices_file: 1"},
		"a typo":        {fmt.Sprintf(yard, secret(t, "d", strings.Replace(device, "nwk_s_key", "nwk_key_s", 1))), "FAULT source y: devices_file"},
		"a short key":   {fmt.Sprintf(yard, secret(t, "d", strings.Replace(device, "0f10", "0f", 1))), "32 hexadecimal digits"},
		"no file":       {fmt.Sprintf(yard, "/nowhere/devices.toml"), "FAULT source y: devices_file"},
		"a short token": {fmt.Sprintf("[[sources]]\nname = \"cs\"\nkind = \"http\"\ntoken_file = %q\n", secret(t, "token", "short")), "16 characters"},
	} {
		if got := looked(t, c.source); !strings.Contains(got, c.says) || strings.Contains(got, keyHex[:28]) {
			t.Errorf("%s:\n%s", why, got)
		}
	}
}
