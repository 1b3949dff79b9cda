package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/spf13/cobra"
)

// The bridge does as much of a replay as fits into one request: the command goes on until the
// range is through, or the destination refuses, and then says where to go on.
func TestAReplayGoesOnUntilItsRangeIsThrough(t *testing.T) {
	for name, c := range map[string]struct {
		answers []string
		asked   []string
		printed string
		fails   string
	}{
		"through": {[]string{`{"unparked":0,"resent":3,"expired":1,"next":7}`, `{"unparked":2,"resent":4,"expired":0}`},
			[]string{`{"from":1,"to":20}`, `{"from":7,"to":20}`}, "2 7 1", ""},
		"refused": {[]string{`{"unparked":0,"resent":3,"expired":0,"next":7}`, `{"unparked":0,"resent":1,"expired":0,"next":8,"reason":{"code":"answer","text":"HTTP 503"}}`},
			[]string{`{"from":1,"to":20}`, `{"from":7,"to":20}`}, "0 4 0", "did not take seq 8 (HTTP 503): fix it, then go on with --from 8"},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var b bytes.Buffer
				_, _ = b.ReadFrom(r.Body)
				asked = append(asked, b.String())
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprint(w, c.answers[len(asked)-1])
			}))
			defer server.Close()
			o := &options{output: "json"}
			command, out := &cobra.Command{}, &bytes.Buffer{}
			command.SetContext(t.Context())
			command.SetOut(out)
			err := o.replay(command, api.NewClient(server.URL, ""), 3, api.Range{From: new(uint32(1)), To: new(uint32(20))})
			if c.fails == "" && err != nil || c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)) {
				t.Errorf("%v", err)
			}
			var all api.Replay
			if err := json.Unmarshal(out.Bytes(), &all); err != nil || fmt.Sprint(all.Unparked, all.Resent, all.Expired) != c.printed {
				t.Errorf("printed %s (%v)", out, err)
			}
			if strings.Join(asked, " ") != strings.Join(c.asked, " ") {
				t.Errorf("asked %v", asked)
			}
		})
	}
}
