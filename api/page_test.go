package api

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// The page for people shows every operation, links to what is there, and loads nothing.
func TestThePageShowsTheWholeAPI(t *testing.T) {
	st := newStage(t)
	w := httptest.NewRecorder()
	st.s.Public().ServeHTTP(w, httptest.NewRequest("GET", "https://"+domain+"/docs", nil))
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	root, err := html.Parse(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	ids, links, shown, style := map[string]bool{}, []string{}, map[string]bool{}, ""
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "script", "img", "link", "iframe", "form", "object", "embed", "base":
			t.Errorf("the page has a %s", n.Data)
		case "style":
			style += n.FirstChild.Data
		case "summary":
			said := strings.Join(strings.Fields(textOf(n)), " ")
			if shown[said] = true; strings.Contains(said, " v1 ") {
				t.Errorf("nobody says what it does: %s", said)
			}
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "id" && ids[a.Val]:
				t.Errorf("two elements are %q", a.Val)
			case a.Key == "id":
				ids[a.Val] = true
			case a.Key == "href":
				links = append(links, a.Val)
			case a.Key == "src" || a.Key == "style" || strings.HasPrefix(a.Key, "on"):
				t.Errorf("%s has %s", n.Data, a.Key)
			}
		}
	}
	sum := sha256.Sum256([]byte(style))
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
		t.Errorf("the style that stands in the page is not the one that is allowed: %s", policy)
	}
	for _, to := range links {
		if at, here := strings.CutPrefix(to, "#"); to != "/openapi.json" && (!here || !ids[at]) {
			t.Errorf("a link to %s, which is not there", to)
		}
	}
	looked := 0
	for _, pattern := range st.s.publicRoutes().patterns {
		method, path, _ := strings.Cut(pattern, " ")
		if !strings.HasPrefix(path, "/v1/") {
			continue
		}
		if looked++; !starts(shown, method+" "+path) {
			t.Errorf("the page does not show %s", pattern)
		}
	}
	if looked < 40 {
		t.Errorf("only %d routes are looked for", looked)
	}
	for of := range summaries {
		if !slices.Contains(st.s.publicRoutes().patterns, of) {
			t.Errorf("%s is said to do something and is no route", of)
		}
	}
	for _, wants := range []string{"BuyTx", "ClientUnsigned", "StreamPage"} {
		if !ids["object-"+wants] {
			t.Errorf("the page does not say what a %s is", wants)
		}
	}
}

func textOf(n *html.Node) (text string) {
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			text += d.Data
		}
	}
	return text
}

func starts(all map[string]bool, with string) bool {
	for one := range all {
		if one == with || strings.HasPrefix(one, with+" ") {
			return true
		}
	}
	return false
}
