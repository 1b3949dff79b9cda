package node

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
)

// fixture is a refusal as a real node or provider words it.
type fixture struct {
	Provider, What, Method, Verdict, Source string
	Status                                  int
	Batch                                   bool
	Body                                    json.RawMessage
}

func fixtures(t *testing.T) []fixture {
	t.Helper()
	b, err := os.ReadFile("testdata/refusals.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []fixture
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func client(t *testing.T, urls ...string) *Client {
	t.Helper()
	c, err := New(Config{URLs: urls, Timeout: 2 * time.Second, Look: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestEveryRefusalHasItsVerdict(t *testing.T) {
	of := map[string]int{}
	for _, f := range fixtures(t) {
		t.Run(f.Provider+"/"+f.What, func(t *testing.T) {
			if f.Source == "" {
				t.Error("no source is given")
			}
			of[f.Provider]++
			var page string
			body := []byte(f.Body)
			if json.Unmarshal(body, &page) == nil {
				body = []byte(page)
			}
			h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "http://127.0.0.1:1/")
				w.WriteHeader(max(f.Status, 200))
				_, _ = w.Write(body)
			}))
			defer h.Close()
			n := client(t, h.URL).Nodes()[0]
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond) // a slow one is tried again
			defer cancel()
			var err error
			if f.Batch {
				err = n.post(ctx, f.Method, 2, []question{}, func(s *stream) error {
					got := 0
					return n.readBatch(s, f.Method, 2, &got, func(_ int, _ json.RawMessage, err error) error { return err })
				})
			} else {
				err = n.post(ctx, f.Method, 1, ask1(1, f.Method, nil), func(s *stream) error {
					fault, err := s.answer(func() error { return nil })
					if fault != nil {
						return n.refused(f.Method, 1, 0, fault)
					}
					return err
				})
			}
			var e *Error
			if !errors.As(err, &e) || e.Verdict.String() != f.Verdict {
				t.Errorf("%v: %+v, want %s", err, e, f.Verdict)
			}
		})
	}
	for _, p := range []string{"Alchemy", "Infura", "QuickNode", "Ankr", "geth", "Nethermind", "Besu", "Erigon", "reth"} {
		if of[p] < 3 {
			t.Errorf("only %d refusals of %s are known", of[p], p)
		}
	}
}

// What counts as an answer must be one: with a second node that answers, nothing else may
// keep a caller from it.
func TestARefusalThatIsNoAnswerSendsTheCallerToTheNextNode(t *testing.T) {
	good := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"jsonrpc":"2.0","id":1,"result":"0x2a"}`))
	}))
	t.Cleanup(good.Close)
	for _, f := range fixtures(t) {
		if f.Batch || !slices.Contains([]string{"elsewhere", "slower", "unsupported"}, f.Verdict) || strings.Contains(f.Provider, "proxy") {
			continue
		}
		t.Run(f.Provider+"/"+f.What, func(t *testing.T) {
			t.Parallel()
			bad := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var q question
				if json.NewDecoder(r.Body).Decode(&q) == nil && q.Method == "eth_chainId" {
					_, _ = w.Write([]byte(`{"jsonrpc":"2.0","id":1,"result":"0x2a"}`))
					return
				}
				w.WriteHeader(max(f.Status, 200))
				_, _ = w.Write(f.Body)
			}))
			defer bad.Close()
			c := client(t, bad.URL, good.URL)
			ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
			defer cancel()
			if b, err := one[hexutil.Big](ctx, c, f.Method); err != nil || b.ToInt().Int64() != 42 {
				t.Errorf("%v %v", b, err)
			}
		})
	}
}

func TestAnErrorShowsNoKeyOfAURLEvenIfTheNodeRepeatsIt(t *testing.T) {
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error":{"code":-32002,"message":"no project ` + strings.TrimPrefix(r.URL.RequestURI(), "/v3/") + ` of user"}}`))
	}))
	defer h.Close()
	for _, url := range []string{h.URL + "/v3/0123456789abcdef?apikey=fedcba9876543210", strings.Replace(h.URL, "http://", "http://user123:passw0rd@", 1) + "/v3/0123456789abcdef"} {
		c := client(t, url)
		_, err := c.BalanceAt(t.Context(), noAddress, nil)
		for _, secret := range []string{"0123456789abcdef", "fedcba9876543210", "passw0rd"} {
			if err == nil || strings.Contains(err.Error(), secret) {
				t.Errorf("%s: %v", secret, err)
			}
		}
	}
}

// A web server where a node is meant answers with a page, whatever its status.
func TestAWebServerIsToldFromANode(t *testing.T) {
	for name, status := range map[string]int{"a page": http.StatusOK, "no such page": http.StatusNotFound, "no posts": http.StatusMethodNotAllowed, "no posts in Python": http.StatusNotImplemented} {
		h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(status)
			_, _ = w.Write([]byte("hello, <b>world</b>"))
		}))
		c, err := New(Config{URLs: []string{h.URL}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.HeaderByNumber(t.Context(), nil)
		if err == nil || !strings.Contains(err.Error(), "a web server answers there") || strings.Contains(err.Error(), "looking for beginning") {
			t.Errorf("%s: %v", name, err)
		}
		c.Close()
		h.Close()
	}
}
