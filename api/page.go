package api

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// pagePath is where people read what the API can do.
const pagePath = "/docs"

//go:embed page.css
var pageStyle string

//go:embed page.html
var pageHead string // up to the list of parts

// pageSection is a part of the API, such as streams: what is below /v1/streams.
type pageSection struct {
	Name       string
	Operations []pageOperation
}

type pageOperation struct {
	ID, Method, Path, Summary, Description string

	Parameters, Body, Answer []pageField
	Bare                     string // what is taken or answered that is no object
}

type pageField struct {
	Name, Type, Of, Text string // Of: the object it is one of, or has several of
	Must                 bool
}

type pageObject struct {
	Name   string
	Fields []pageField
}

// summaries say in a line what each operation of the public API does.
var summaries = map[string]string{
	"POST /v1/chain":                           "Ask the operator's Ethereum node, or send a signed transaction, as far as the market needs it (JSON-RPC)",
	"GET /v1/destinations":                     "Your destinations, and how they fare",
	"GET /v1/destinations/{name}":              "One of your destinations",
	"PUT /v1/destinations/{name}":              "Set a destination: where readings are sent",
	"DELETE /v1/destinations/{name}":           "Forget a destination; what it was to get waits",
	"POST /v1/destinations/{name}/test":        "Send a test reading now",
	"POST /v1/destinations/{name}/retry":       "Try a destination again at once",
	"POST /v1/destinations/{name}/rotate":      "Change a secret; for a while both sign",
	"GET /v1/health":                           "Whether all is well here",
	"GET /v1/kinds":                            "The kinds of storage a destination may be, with their options",
	"GET /v1/operator":                         "Who operates this bridge, for which market",
	"GET /v1/operators":                        "All operators of the market",
	"GET /v1/purchases/{purchase}/delivery":    "How the readings of your purchase fare",
	"PUT /v1/purchases/{purchase}/destination": "Say where the readings of your purchase go",
	"GET /v1/purchases/{purchase}/evidence":    "What was delivered to you, signed, with proofs to the chain",
	"GET /v1/purchases/{purchase}/parked":      "Readings that were set aside, and why",
	"GET /v1/purchases/{purchase}/readings":    "Fetch readings, and acknowledge those before",
	"POST /v1/purchases/{purchase}/replay":     "Have readings tried, or sent, again",
	"GET /v1/rules":                            "The market's rules: amounts, times, shares",
	"POST /v1/session":                         "Sign in with your wallet (EIP-4361)",
	"POST /v1/session/nonce":                   "A number to sign in with, once",
	"GET /v1/streams":                          "Search the streams of all operators",
	"GET /v1/streams/{stream}":                 "All that anybody may know of a stream",
	"GET /v1/streams/{stream}/claim":           "What the operator signed, for a stream's owner to be paid without him",
	"POST /v1/proofs":                          "The operator's word for devices of yours, whose uplinks name you",
	"GET /v1/streams/{stream}/sample":          "Some readings that its owner shows to everybody",
	"GET /v1/streams/{stream}/statistics":      "How a stream was delivered, priced and challenged",
	"PUT /v1/terms":                            "Give the offer that your stream stands under",
	"GET /v1/terms/{hash}":                     "An offer, byte for byte",
}

// summarise puts them into the document.
func summarise(doc *huma.OpenAPI) {
	for path, item := range doc.Paths {
		for method, op := range operations(item) {
			if said := summaries[method+" "+path]; said != "" {
				op.Summary = said
			}
		}
	}
}

func operations(item *huma.PathItem) map[string]*huma.Operation {
	all := map[string]*huma.Operation{"GET": item.Get, "PUT": item.Put, "POST": item.Post, "DELETE": item.Delete}
	maps.DeleteFunc(all, func(_ string, op *huma.Operation) bool { return op == nil })
	return all
}

// page renders the API's document for people: it runs no script, loads nothing and links nowhere else.
func page(doc *huma.OpenAPI) http.HandlerFunc {
	of := map[string]*pageSection{}
	for path, item := range doc.Paths {
		for method, op := range operations(item) {
			name := strings.Split(path, "/")[2]
			if of[name] == nil {
				of[name] = &pageSection{Name: name}
			}
			of[name].Operations = append(of[name].Operations, operationOf(method, path, op))
		}
	}
	var sections []*pageSection
	for _, name := range slices.Sorted(maps.Keys(of)) {
		slices.SortFunc(of[name].Operations, func(a, b pageOperation) int {
			return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
		})
		sections = append(sections, of[name])
	}
	var objects []pageObject
	schemas := doc.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		objects = append(objects, pageObject{name, fieldsOf(schemas[name])})
	}
	text := []byte(rendered(doc.Info.Title, sections, objects))
	sum := sha256.Sum256([]byte(pageStyle))
	policy := fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", base64.StdEncoding.EncodeToString(sum[:]))
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		_, _ = w.Write(text)
	}
}

// markup is HTML under way. (html/template would let the linker keep every method of the program.)
type markup struct{ strings.Builder }

// put writes a format whose arguments are text: they are escaped.
func (m *markup) put(format string, text ...string) {
	var escaped []any
	for _, t := range text {
		escaped = append(escaped, html.EscapeString(t))
	}
	fmt.Fprintf(m, format, escaped...)
}

func rendered(title string, sections []*pageSection, objects []pageObject) string {
	var m markup
	m.WriteString(strings.NewReplacer("TITLE", html.EscapeString(title), "STYLE", pageStyle).Replace(pageHead))
	m.put(`<nav aria-label="Parts"><p>`)
	for _, s := range sections {
		m.put(`<a href="#part-%s">%[1]s</a> `, s.Name)
	}
	m.put(`<a href="#objects">objects</a></p></nav>` + "\n")
	for _, s := range sections {
		m.put(`<section aria-labelledby="part-%s">`+"\n"+`<h2 id="part-%[1]s">/v1/%[1]s</h2>`+"\n", s.Name)
		for _, op := range s.Operations {
			m.operation(op)
		}
		m.put("</section>\n")
	}
	m.put(`<section aria-labelledby="objects">` + "\n" + `<h2 id="objects">Objects</h2>` + "\n")
	for _, o := range objects {
		m.put(`<details id="object-%s">`+"\n<summary><code>%[1]s</code></summary>\n", o.Name)
		m.table("member", o.Fields)
		m.put("</details>\n")
	}
	m.put("</section>\n</main>\n</body>\n</html>\n")
	return m.String()
}

func (m *markup) operation(op pageOperation) {
	m.put(`<details id="%s">`+"\n<summary><b>%s</b> <code>%s</code> %s</summary>\n", op.ID, op.Method, op.Path, op.Summary)
	if op.Description != "" {
		m.put("<p>%s</p>\n", op.Description)
	}
	if len(op.Parameters) > 0 {
		m.table("parameter", op.Parameters)
	}
	for _, f := range op.Body {
		m.put("<p>Takes ")
		m.kind(f)
		m.put(".</p>\n")
	}
	for _, f := range op.Answer {
		m.put("<p>Answers ")
		m.kind(f)
		m.put(".</p>\n")
	}
	if op.Bare != "" {
		m.put("<p>Answers <code>%s</code>.</p>\n", op.Bare)
	}
	m.put("</details>\n")
}

func (m *markup) table(of string, fields []pageField) {
	m.put(`<table><tr><th scope="col">%s</th><th scope="col">is</th><th scope="col"></th></tr>`+"\n", of)
	for _, f := range fields {
		m.put("<tr><td><code>%s</code>%s</td><td>", f.Name, map[bool]string{false: " (optional)"}[f.Must])
		m.kind(f)
		m.put("</td><td>%s</td></tr>\n", f.Text)
	}
	m.put("</table>\n")
}

// kind writes what a field is.
func (m *markup) kind(f pageField) {
	m.put("%s", f.Type)
	if f.Of != "" {
		m.put(`<a href="#object-%s">%[1]s</a>`, f.Of)
	}
}

func operationOf(method, path string, op *huma.Operation) pageOperation {
	one := pageOperation{ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, Description: strings.ReplaceAll(op.Description, "`", "")}
	for _, p := range op.Parameters {
		f := fieldOf(p.Name, p.Schema, p.Required)
		f.Type = strings.TrimSpace(f.Type + ", " + p.In)
		if p.Description != "" {
			f.Text = p.Description
		}
		one.Parameters = append(one.Parameters, f)
	}
	if op.RequestBody != nil {
		for _, media := range op.RequestBody.Content {
			one.Body = topOf(media.Schema)
		}
	}
	for status, r := range op.Responses {
		if status == "default" {
			continue
		}
		for kind, media := range r.Content {
			if one.Answer = topOf(media.Schema); one.Answer == nil {
				one.Bare = kind
			}
		}
		if len(r.Content) == 0 {
			one.Bare = status
		}
	}
	return one
}

// topOf names what a body is.
func topOf(s *huma.Schema) []pageField {
	if s == nil {
		return nil
	}
	if f := fieldOf("", s, true); f.Type+f.Of != "" {
		return []pageField{f}
	}
	return nil
}

func fieldsOf(s *huma.Schema) (all []pageField) {
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		all = append(all, fieldOf(name, s.Properties[name], slices.Contains(s.Required, name)))
	}
	return all
}

func fieldOf(name string, s *huma.Schema, must bool) pageField {
	f := pageField{Name: name, Text: s.Description, Must: must}
	of, list := s, ""
	for of.Items != nil {
		of, list = of.Items, list+"list of "
	}
	switch {
	case of.Ref != "":
		f.Type, f.Of = list, of.Ref[strings.LastIndex(of.Ref, "/")+1:]
	case len(of.Enum) > 0:
		f.Type = list + strings.Trim(strings.ReplaceAll(fmt.Sprint(of.Enum), " ", ", "), "[]")
	default:
		f.Type = list + of.Type
		if of.Format != "" && of.Format != "int64" && of.Format != "int32" && of.Format != "double" {
			f.Type += " (" + of.Format + ")"
		}
	}
	return f
}
