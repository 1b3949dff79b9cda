package http

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"math/rand/v2"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"io"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// captured is a request as a server saw it.
type captured struct {
	method, path string
	header       nethttp.Header
	body         string
}

// send delivers parcels to a server that keeps the requests.
func send(t *testing.T, config string, now func() time.Time, parcels ...delivery.Parcel) captured {
	t.Helper()
	var got captured
	server := httptest.NewServer(nethttp.HandlerFunc(func(_ nethttp.ResponseWriter, r *nethttp.Request) {
		b, _ := io.ReadAll(r.Body)
		got = captured{r.Method, r.URL.RequestURI(), r.Header, string(b)}
	}))
	defer server.Close()
	target, err := parse([]byte(sinktest.With(config, "url", server.URL+"/in/{id}")))
	if err != nil {
		t.Fatal(err)
	}
	s, err := target.Open(delivery.Env{Dial: sinktest.Lab.Dial, Key: sinktest.Key, Agent: "agent/1", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if res := s.Deliver(t.Context(), delivery.NewBatch(7, parcels)); res.Taken != len(parcels) {
		t.Fatalf("%+v", res)
	}
	return got
}

// The forms are pinned by hand-written lines, made from the formats' own specifications.
func TestEveryBodyIsWhatItsFormatSays(t *testing.T) {
	parcels := sinktest.Parcels(3, 41, 2)
	parcels[0].Body = []byte(`{"id":"msg_A","stream":3,"purchase":9,"seq":41,"prev":"0x0","dev":"0xd","f_cnt":7,"f_port":2,"received":"2026-09-10T07:14:22Z","time":"2026-09-10T07:14:21.5Z",` +
		`"values":{"temperature":21.50,"a b,c=d":-3,"ok":true,"note":"say \"hi\", C:\\x","air":{"humidity":40},"list":[1,"two"],"big":12345678901234567890,"nothing":null,"id":5},"data":"AQI="}`)
	parcels[1].Body = []byte(`{"id":"msg_B","stream":3,"purchase":9,"seq":42,"dev":"0xd","f_cnt":8,"f_port":2,"prev":"0xab","received":"2026-09-10T07:14:23Z","values":{"link":{"x":1},"time":4},"senml":[{"n":"t","v":20.5}],"link":{"rssi":-121}}`)
	for name, c := range map[string]struct {
		config, kind, body string
		n                  int
	}{
		"json":       {`{}`, "application/json", string(parcels[0].Body), 1},
		"json_array": {`{"batch":2}`, "application/json", "[" + string(parcels[0].Body) + "," + string(parcels[1].Body) + "]", 2},
		"ndjson":     {`{"batch":2,"body":"ndjson"}`, "application/x-ndjson", string(parcels[0].Body) + "\n" + string(parcels[1].Body) + "\n", 2},
		"influx": {`{"batch":2,"body":"influx","measurement":"my reading"}`, "text/plain; charset=utf-8",
			`my\ reading,dev=0xd,purchase=9,stream=3 f_cnt=7i,f_port=2i,seq=41i,id="msg_A",prev="0x0",received="2026-09-10T07:14:22Z",data="AQI=",a\ b\,c\=d=-3,air.humidity=40,big=1.2345678901234567e+19,values.id=5,list.0=1,list.1="two",note="say \"hi\", C:\\x",ok=true,temperature=21.5 1789024461500000000` + "\n" +
				`my\ reading,dev=0xd,purchase=9,stream=3 f_cnt=8i,f_port=2i,seq=42i,id="msg_B",prev="0xab",received="2026-09-10T07:14:23Z",values.link.x=1,values.time=4,senml.0.n="t",senml.0.v=20.5,link.rssi=-121 1789024463000000000` + "\n", 2},
		"csv": {`{"batch":2,"body":"csv","columns":["id","f_cnt","values.temperature","values.note","values.air"]}`, "text/csv; charset=utf-8; header=present",
			"id,f_cnt,values.temperature,values.note,values.air\nmsg_A,7,21.50,\"say \"\"hi\"\", C:\\x\",\"{\"\"humidity\"\":40}\"\nmsg_B,8,,,\n", 2},
		"template": {`{"body":"template","template":"{\"t\":{{values.temperature}},\"who\":\"{{dev:text}}\",\"n\":{{ values.note }},\"x\":{{values.missing}}}","content_type":"application/vnd.x+json"}`,
			"application/vnd.x+json", `{"t":21.50,"who":"0xd","n":"say \"hi\", C:\\x","x":null}`, 1},
		"cloudevents": {`{"body":"cloudevents"}`, "application/cloudevents+json; charset=utf-8",
			`{"specversion":"1.0","id":"msg_A","source":"/streams/3","type":"com.databrokerdao.reading.v1","subject":"0xd","time":"2026-09-10T07:14:21.5Z","datacontenttype":"application/json","data":` + string(parcels[0].Body) + `}`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			got := send(t, c.config, time.Now, parcels[:c.n]...)
			if got.body != c.body {
				t.Errorf("body\n%s\nwant\n%s", got.body, c.body)
			}
			if got.header.Get("Content-Type") != c.kind || got.method != "POST" || got.header.Get("User-Agent") != "agent/1" {
				t.Errorf("%s, %v", got.method, got.header)
			}
			if want := "/in/" + got.header.Get("webhook-id"); got.path != want {
				t.Errorf("path %s, want %s", got.path, want)
			}
		})
	}
	batch := send(t, `{"batch":2,"body":"cloudevents_batch"}`, time.Now, parcels...)
	var events []map[string]any
	if err := json.Unmarshal([]byte(batch.body), &events); err != nil || len(events) != 2 || events[1]["id"] != "msg_B" || events[1]["time"] != "2026-09-10T07:14:23Z" {
		t.Errorf("%v %s", err, batch.body)
	}
	binary := send(t, `{"body":"cloudevents_binary"}`, time.Now, parcels[0])
	if binary.body != string(parcels[0].Body) || binary.header.Get("ce-specversion") != "1.0" || binary.header.Get("ce-id") != "msg_A" ||
		binary.header.Get("ce-source") != "/streams/3" || binary.header.Get("ce-type") != EventType || binary.header.Get("ce-time") != "2026-09-10T07:14:21.5Z" ||
		binary.header.Get("Content-Type") != "application/json" {
		t.Errorf("%v", binary.header)
	}
	plain := send(t, `{"batch":2,"body":"csv"}`, time.Now, parcels...)
	if rows, err := csv.NewReader(strings.NewReader(plain.body)).ReadAll(); err != nil || len(rows) != 3 || len(rows[1]) != len(columns) || rows[1][10] == "" || rows[2][4] != "0xab" {
		t.Errorf("%v %q", err, plain.body)
	}
}

func TestHeadersAndMethodAreTheBuyers(t *testing.T) {
	got := send(t, `{"method":"PUT","headers":{"x-ms-blob-type":"BlockBlob","Content-Type":"text/x","user-agent":"me"},"secret_headers":{"Authorization":"Bearer t"}}`, time.Now, sinktest.Parcels(1, 0, 1)...)
	if got.method != "PUT" || got.header.Get("X-Ms-Blob-Type") != "BlockBlob" || got.header.Get("Authorization") != "Bearer t" ||
		len(got.header["Content-Type"]) != 1 || got.header.Get("Content-Type") != "text/x" || got.header.Get("User-Agent") != "me" {
		t.Errorf("%s %v", got.method, got.header)
	}
}

// The official library of Standard Webhooks verifies what is sent, with either secret
// while one is being rotated, and with the new one alone afterwards.
func TestASecretIsRotatedWithTwoSignatures(t *testing.T) {
	old, fresh := "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_"+strings.Repeat("QUJD", 10)
	until := time.Now().Add(time.Hour).Truncate(time.Second)
	config, err := rotate([]byte(`{"secret":"`+old+`","batch":3}`), fresh, until)
	if err != nil {
		t.Fatal(err)
	}
	verifies := func(got captured, secret string) bool {
		hook, err := standard.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		return hook.VerifyIgnoringTimestamp([]byte(got.body), got.header) == nil
	}
	parcels := sinktest.Parcels(1, 0, 3)
	during := send(t, string(config), time.Now, parcels...)
	after := send(t, string(config), func() time.Time { return until.Add(time.Second) }, parcels...)
	if !verifies(during, old) || !verifies(during, fresh) || strings.Count(during.header.Get("webhook-signature"), "v1,") != 2 {
		t.Errorf("during the rotation: %s", during.header.Get("webhook-signature"))
	}
	if verifies(after, old) || !verifies(after, fresh) {
		t.Error("after the rotation the former secret signs still, or the new one does not")
	}
	if during.header.Get("webhook-id") != after.header.Get("webhook-id") || !strings.HasPrefix(during.header.Get("webhook-id"), "bat_") {
		t.Errorf("ids %s, %s", during.header.Get("webhook-id"), after.header.Get("webhook-id"))
	}
	for name, stamp := range map[string]string{"during": during.header.Get("webhook-timestamp"), "after": after.header.Get("webhook-timestamp")} {
		if len(stamp) != 10 {
			t.Errorf("%s: timestamp %q", name, stamp)
		}
	}
	first, err := rotate([]byte(`{}`), fresh, until)
	if err != nil || strings.Contains(string(first), "former") {
		t.Errorf("a first secret has a former one: %s %v", first, err)
	}
}

// Whatever the values are, a line of line protocol stays one line, and its count of
// unescaped separators stays what the format wants.
func TestLineProtocolCannotBeBrokenOut(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pieces := []string{" ", ",", "=", "\"", "\\", "\n", "\r", "a", "é", "1", "{", "\t"}
	for range 2000 {
		text := func() (s string) {
			for range random.IntN(8) {
				s += pieces[random.IntN(len(pieces))]
			}
			return s
		}
		values, _ := json.Marshal(map[string]any{text(): text(), text(): 1.5})
		dev, _ := json.Marshal(text())
		p := delivery.Parcel{Body: []byte(`{"id":"i","stream":1,"purchase":1,"seq":0,"dev":` + string(dev) + `,"f_cnt":1,"received":"2026-09-10T07:14:22Z","values":` + string(values) + `}`)}
		b, _, err := encodeInflux(t.Context(), nil, &target{}, delivery.NewBatch(0, []delivery.Parcel{p}))
		if err != nil {
			t.Fatal(err)
		}
		tags, rest := splitUnescaped(string(b), false)
		fields, stamp := splitUnescaped(rest, true)
		if !strings.HasPrefix(tags, "reading") || strings.ContainsAny(tags, "\n\r") || !strings.Contains(fields, "f_cnt=1i") || stamp != "1789024462000000000\n" {
			t.Fatalf("%s %s makes %q", dev, values, b)
		}
	}
}

// splitUnescaped cuts at the first blank that is neither escaped nor, if quotes count, quoted.
func splitUnescaped(s string, quotes bool) (before, after string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == '"' && quotes:
			quoted = !quoted
		case s[i] == ' ' && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

func BenchmarkDeliver(b *testing.B) {
	server := httptest.NewServer(nethttp.HandlerFunc(func(_ nethttp.ResponseWriter, r *nethttp.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer server.Close()
	for name, config := range map[string]string{"single": `{}`, "batch of 100": `{"batch":100}`} {
		b.Run(name, func(b *testing.B) {
			target, err := parse([]byte(sinktest.With(config, "url", server.URL)))
			if err != nil {
				b.Fatal(err)
			}
			s, err := target.Open(delivery.Env{Dial: sinktest.Lab.Dial, Key: sinktest.Key, Now: time.Now})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			n := target.Limits().Parcels
			batch := delivery.NewBatch(0, sinktest.Parcels(1, 0, n))
			b.ReportAllocs()
			for b.Loop() {
				if res := s.Deliver(b.Context(), batch); res.Taken != n {
					b.Fatal(res)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/parcel")
		})
	}
}

// Whoever has a secret is told by it who sent a single reading, and nothing else is signed; batches,
// and what goes to those without a secret, have the operator's signature.
func TestTheOperatorSignsBatchesAndWhatNoSecretSigns(t *testing.T) {
	const secret = `"secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"`
	for _, c := range []struct {
		config       string
		n            int
		hmac, signed bool
	}{
		{`{` + secret + `}`, 1, true, false},
		{`{}`, 1, false, true},
		{`{"batch":3,` + secret + `}`, 3, true, true},
		{`{"batch":3,` + secret + `}`, 1, true, true},
		{`{"batch":3}`, 3, false, true},
	} {
		got := send(t, c.config, time.Now, sinktest.Parcels(1, 0, c.n)...)
		var hmac, signed bool
		for one := range strings.SplitSeq(got.header.Get("webhook-signature"), " ") {
			version, text, _ := strings.Cut(one, ",")
			sig, err := base64.StdEncoding.DecodeString(text)
			content := got.header.Get("webhook-id") + "." + got.header.Get("webhook-timestamp") + "." + got.body
			switch {
			case err != nil || version != "v1" && version != "v1a":
				t.Errorf("%s: a signature %q", c.config, one)
			case version == "v1a":
				signed = ed25519.Verify(sinktest.Key.Public().(ed25519.PublicKey), []byte(content), sig)
			default:
				hook, err := standard.NewWebhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
				hmac = err == nil && hook.VerifyIgnoringTimestamp([]byte(got.body), got.header) == nil
			}
		}
		if hmac != c.hmac || signed != c.signed {
			t.Errorf("%s with %d readings: %q", c.config, c.n, got.header.Get("webhook-signature"))
		}
	}
}
