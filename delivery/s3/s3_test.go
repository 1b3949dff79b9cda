package s3

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/sinktest"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/minio/minio-go/v7"
)

// moto is where the server of the running test listens.
var moto struct{ url string }

var bucketNumber atomic.Int64

// bucket makes a bucket and gives a configuration for it.
func bucket(t *testing.T, extra ...any) (config string, objects func() []object) {
	t.Helper()
	name := fmt.Sprintf("bucket-%d", bucketNumber.Add(1))
	config = sinktest.With(`{"access_key":"AKIATEST","secret_key":"test","path_style":true,"batch":20,"batch_wait":"20ms"}`,
		append([]any{"endpoint", moto.url, "bucket", name}, extra...)...)
	read, err := parse([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := read.(*target).client(delivery.Env{Dial: sinktest.Lab.Dial})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.MakeBucket(t.Context(), name, minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	return config, func() (all []object) {
		for info := range c.ListObjects(t.Context(), name, minio.ListObjectsOptions{Recursive: true, WithMetadata: true}) {
			if info.Err != nil {
				t.Fatal(info.Err)
			}
			o, err := c.GetObject(t.Context(), name, info.Key, minio.GetObjectOptions{})
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(o)
			if err != nil {
				t.Fatal(err)
			}
			st, err := o.Stat()
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, object{info.Key, b, st.UserMetadata})
		}
		return all
	}
}

type object struct {
	name string
	body []byte
	meta map[string]string
}

func idsOf(t *testing.T, objects []object) (ids []string) {
	for _, o := range objects {
		body := o.body
		if strings.HasSuffix(o.name, ".gz") {
			z, err := gzip.NewReader(bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if body, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
		}
		for line := range bytes.Lines(body) {
			var one struct{ ID string }
			if err := json.Unmarshal(line, &one); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, one.ID)
		}
	}
	return ids
}

func suite(extra ...any) sinktest.Suite {
	return sinktest.Suite{
		Kind: Kind,
		New: func(t *testing.T) sinktest.Peer {
			config, objects := bucket(t, extra...)
			return sinktest.Peer{Config: config, Held: func(t *testing.T) []string { return idsOf(t, objects()) }}
		},
		Proxied: func(config, address string) string { return sinktest.With(config, "endpoint", "http://"+address) },
		At: func(host, port string) string {
			return sinktest.With(`{"access_key":"a","secret_key":"b","path_style":true,"bucket":"bucket"}`, "endpoint", "https://"+host+":"+port)
		},
		Encrypted: func(t *testing.T, server *tls.Config) string {
			config, _ := bucket(t, extra...)
			return sinktest.With(config, "endpoint", "https://"+sinktest.Front(t, strings.TrimPrefix(moto.url, "http://"), server, nil))
		},
		Secrets: []string{`{"endpoint":"http://127.0.0.1:1","bucket":"bucket","path_style":true,"access_key":"a","secret_key":"SECRET1","session_token":"SECRET2"}`},
		Bad: map[string]string{
			`{}`: "endpoint",
			`{"endpoint":"https://s3.example.com/bucket","bucket":"bbb","access_key":"a","secret_key":"SECRET"}`:             "without bucket",
			`{"endpoint":"https://u:SECRET@s3.example.com","bucket":"bbb","access_key":"a","secret_key":"x"}`:                "without bucket",
			`{"endpoint":"http://s3.example.com","bucket":"bbb","access_key":"a","secret_key":"SECRET"}`:                     "not be encrypted",
			`{"endpoint":"https://s3.example.com","bucket":"UPPER","access_key":"a","secret_key":"SECRET"}`:                  "bucket",
			`{"endpoint":"https://s3.example.com","bucket":"bbb"}`:                                                           "access_key",
			`{"endpoint":"https://s3.example.com","bucket":"bbb","access_key":"a","secret_key":"SECRET\nx"}`:                 "one line",
			`{"endpoint":"https://s3.example.com","bucket":"bbb","access_key":"a","secret_key":"SECRET","batch":10001}`:      "batch",
			`{"endpoint":"https://s3.example.com","bucket":"bbb","access_key":"a","secret_key":"SECRET","batch_wait":"99h"}`: "batch_wait",
			`{"endpoint":"https://s3.example.com","bucket":"bbb","access_key":"a","secret_key":"SECRET","prefix":"../x"}`:    "prefix",
			`{"endpoint":"https://s3.example.com","bucket":"bbb","access_key":"a","secret_key":"SECRET","prefix":"/x"}`:      "prefix",
			`{"endpoint":"https://169.254.169.254","bucket":"bbb","access_key":"a","secret_key":"SECRET"}`:                   "not a public one",
			`{"endpoint":"https://s3.example.com","bucket":"bbb","access_key":"a","secret_key":"SECRET","ca":"x"}`:           "PEM",
		},
		Second: func(t *testing.T, address string) string {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "http://"+address+r.URL.Path)
				w.Header().Set("X-Amz-Bucket-Region", "elsewhere-1")
				w.WriteHeader(http.StatusTemporaryRedirect)
				_, _ = io.WriteString(w, `<Error><Code>TemporaryRedirect</Code><Endpoint>`+address+`</Endpoint><Region>elsewhere-1</Region></Error>`)
			}))
			t.Cleanup(server.Close)
			return sinktest.With(`{"access_key":"a","secret_key":"b","path_style":true,"bucket":"bucket"}`, "endpoint", server.URL)
		},
	}
}

func TestConformance(t *testing.T) {
	startMoto(t)
	sinktest.Run(t, suite())
}

func startMoto(t *testing.T) { t.Helper(); moto.url = servers.Moto(t).URL }

func TestObjectsAreNamedSignedAndCompressed(t *testing.T) {
	startMoto(t)
	for _, zip := range []bool{false, true} {
		config, objects := bucket(t, "prefix", "readings/", "gzip", zip)
		_, s := sinktest.Open(t, Kind, config)
		parcels := sinktest.Parcels(4, 0, 3)
		for range 2 {
			if res := s.Deliver(t.Context(), delivery.NewBatch(4200, parcels)); res.Taken != 3 {
				t.Fatalf("%+v", res)
			}
		}
		all := objects()
		want := "readings/5a010203000000000000000000000000/2026-09-21/000000004200-000000004202.ndjson"
		if zip {
			want += ".gz"
		}
		if len(all) != 1 || all[0].name != want {
			t.Fatalf("objects %v, want %s", all, want)
		}
		body := all[0].body
		if zip {
			z, err := gzip.NewReader(bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			body, _ = io.ReadAll(z)
		}
		meta := all[0].meta
		sig, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(meta["Dbdao-Signature"], "v1a,"))
		content := meta["Dbdao-Id"] + "." + meta["Dbdao-Timestamp"] + "." + string(body)
		if err != nil || !ed25519.Verify(sinktest.Key.Public().(ed25519.PublicKey), []byte(content), sig) {
			t.Errorf("the signature does not verify: %v, %v", err, meta)
		}
	}
}

// What a buyer has sent again must not replace an object he has: it has a name of its own, the
// same for the same readings.
func TestWhatIsSentAgainReplacesNothing(t *testing.T) {
	s := &sink{target: &target{options: options{Prefix: "p/"}}}
	first := delivery.NewBatch(0, sinktest.Parcels(1, 0, 3))
	again := first
	again.Again = true
	other := delivery.NewBatch(0, sinktest.Parcels(1, 1, 3))
	other.Again = true
	names := map[string]bool{s.name(first): true, s.name(again): true, s.name(other): true}
	if len(names) != 3 || !strings.Contains(s.name(again), "/again/") {
		t.Errorf("%v", names)
	}
}

func TestWhatTheServiceSaysIsTold(t *testing.T) {
	for code, want := range map[string]delivery.Code{"AccessDenied": delivery.CodeCredentials, "NoSuchBucket": delivery.CodeAnswer, "SlowDown": delivery.CodeAnswer, "Whatever": delivery.CodeAnswer} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>a stack trace of theirs</Message></Error>", code)
		}))
		_, s := sinktest.Open(t, Kind, sinktest.With(`{"access_key":"a","secret_key":"b","path_style":true,"bucket":"bucket"}`, "endpoint", server.URL))
		res := s.Deliver(t.Context(), delivery.NewBatch(0, sinktest.Parcels(1, 0, 1)))
		if res.Taken != 0 || res.Reason.Code != want || strings.Contains(res.Reason.Text, "stack") {
			t.Errorf("%s: %+v", code, res)
		}
		server.Close()
	}
	// A bucket in the host name goes to that host.
	target, err := parse([]byte(`{"endpoint":"https://s3.example.com","bucket":"mine","access_key":"a","secret_key":"b"}`))
	if err != nil {
		t.Fatal(err)
	}
	dialled := make(chan string, 10)
	s, err := target.Open(delivery.Env{Key: sinktest.Key, Dial: func(_ context.Context, _, address string) (net.Conn, error) {
		dialled <- address
		return nil, net.ErrClosed
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_ = s.Deliver(t.Context(), delivery.NewBatch(0, sinktest.Parcels(1, 0, 1)))
	if a := <-dialled; a != "mine.s3.example.com:443" {
		t.Errorf("it dials %s", a)
	}
}
