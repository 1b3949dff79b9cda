package kinds_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/databrokerdao/dbdao-bridge/delivery/kinds"
	"github.com/databrokerdao/dbdao-bridge/internal/netguard"
)

// F5: what refuses a configuration quotes none of its values, whichever option has it, and of whatever
// type: a secret may stand in any place.
func TestARefusalQuotesNoValue(t *testing.T) {
	const secret = "Hunter2-Hunter2"
	for _, k := range kinds.All {
		var example map[string]any
		if err := json.Unmarshal([]byte(k.Example), &example); err != nil {
			t.Fatal(err)
		}
		try := func(what string, config map[string]any) {
			text, err := json.Marshal(config)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := kinds.All.Parse(k.Name, text, netguard.Guard{AllowPrivate: true}); err != nil && strings.Contains(strings.ToLower(err.Error()), strings.ToLower(secret)) {
				t.Errorf("%s: %s: %v", k.Name, what, err)
			}
		}
		with := func(name string, v any) map[string]any {
			one := map[string]any{}
			maps.Copy(one, example)
			one[name] = v
			return one
		}
		for _, o := range append(k.Manual(), kinds.All[0].Manual()...) {
			for _, v := range []any{secret, " " + secret, secret + "\n", "https://u:" + secret + "@[x/", "://" + secret, "s3://" + secret + " x", []any{secret}, []any{secret + "\x00"}, map[string]any{secret: secret},
				map[string]any{secret + "\n": "a"}, map[string]any{"A": secret + "\n"}, []any{map[string]any{secret: 1}}, "{" + secret + "}", secret + "/#/+", strings.Repeat(secret, 700), "-----BEGIN X-----\n" + secret} {
				try(fmt.Sprintf("%s as %.40q", o.Name, fmt.Sprint(v)), with(o.Name, v))
			}
		}
		try("an option of that name", with(secret, true))
	}
	if _, err := kinds.All.Parse(secret, []byte(`{}`), netguard.Guard{}); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("a kind of that name: %v", err)
	}
}
