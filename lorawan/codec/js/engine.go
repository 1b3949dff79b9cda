package js

import (
	"bytes"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"modernc.org/quickjs"
)

//go:embed prelude.js
var prelude string

// compiled is the prelude's bytecode, which saves each run half of its time.
var compiled = sync.OnceValues(func() ([]byte, error) {
	vm, err := quickjs.NewVM()
	if err != nil {
		return nil, err
	}
	defer vm.Close()
	return vm.Compile(prelude, quickjs.EvalGlobal)
})

// request and response are what pool and worker say to each other.
type request struct {
	Script string `json:"script"`
	Input  Input  `json:"input"`
	Limits Limits `json:"limits"`
	Check  bool   `json:"check,omitempty"` // look whether it is a codec, decode nothing
}

type response struct {
	Result
	Fault string `json:"fault,omitempty"` // an Outcome
	Text  string `json:"text,omitempty"`
}

func (r *response) err() error {
	kinds := map[string]error{"time": ErrTime, "memory": ErrMemory, "script": ErrScript, "result": ErrResult}
	switch kind := kinds[r.Fault]; {
	case r.Fault == "":
		return nil
	case kind == nil:
		return ErrWorker
	case r.Text == "":
		return kind
	default:
		return fmt.Errorf("%w: %s", kind, r.Text)
	}
}

// entries finds what the script defines, by itself or in what it exports: functions and
// constants alike.
const entries = `(function () {
  var m = typeof module === 'object' && module ? module.exports : void 0, d = m && m.default;
  var of = function (name) { return m && typeof m[name] === 'function' ? m[name] : d && typeof d[name] === 'function' ? d[name] : void 0; };
  return [typeof decodeUplink==='function'?decodeUplink:of('decodeUplink'),typeof normalizeUplink==='function'?normalizeUplink:of('normalizeUplink'),
    typeof Decode==='function'?Decode:of('Decode'),typeof Decoder==='function'?Decoder:of('Decoder')];
})()`

// exported matches the beginning of what only a module may say. A codec is run as a script,
// in which its definitions are found; these words are taken out of it, line for line.
var (
	exported     = regexp.MustCompile(`(?m)^([ \t]*)export[ \t]+(default[ \t]+)?((?:async[ \t]+)?function\b|class\b|const\b|let\b|var\b)`)
	exportedList = regexp.MustCompile(`(?m)^([ \t]*)export[ \t]*\{([^}]*)\}`)
	byDefault    = regexp.MustCompile(`(?m)^([ \t]*)export[ \t]+default\b`)
)

// asScript gives a module's source as a script's.
func asScript(module string) string {
	s := exported.ReplaceAllString(module, "$1$3")
	s = exportedList.ReplaceAllStringFunc(s, func(list string) string {
		var b strings.Builder
		for one := range strings.SplitSeq(exportedList.FindStringSubmatch(list)[2], ",") {
			name, as, renamed := strings.Cut(strings.TrimSpace(one), " as ")
			if !renamed {
				as = name
			}
			if name != "" {
				b.WriteString("module.exports." + strings.TrimSpace(as) + "=" + strings.TrimSpace(name) + ";")
			}
		}
		return b.String() + strings.Repeat("\n", strings.Count(list, "\n"))
	})
	return byDefault.ReplaceAllString(s, "${1}module.exports.default =")
}

// run is one run in this process, within the limits the engine keeps.
func run(q *request) (r response) {
	vm, err := quickjs.NewVM()
	if err != nil {
		return response{Fault: "worker"}
	}
	defer vm.Close()
	vm.SetMemoryLimit(uintptr(q.Limits.Memory))
	vm.SetCanBlock(false)
	end := time.Now().Add(patience(q.Limits.Time))
	within := func() error { // the engine counts from each call again
		left := time.Until(end)
		if left <= 0 {
			return ErrTime
		}
		return vm.SetEvalTimeout(left)
	}
	if err := within(); err != nil {
		return faultOf(err)
	}
	start, err := host(vm, q.Input.Received)
	if err != nil {
		return faultOf(err)
	}
	defer start.Free()
	if err := within(); err != nil {
		return faultOf(err)
	}
	if err := load(vm, q.Script); err != nil {
		return faultOf(err)
	}
	if err := within(); err != nil {
		return faultOf(err)
	}
	found, err := vm.EvalValue(entries, quickjs.EvalGlobal)
	if err != nil {
		return faultOf(err)
	}
	defer found.Free()
	if err := within(); err != nil {
		return faultOf(err)
	}
	digits := hex.EncodeToString(q.Input.Bytes)
	if q.Check {
		digits = "?"
	}
	out, err := start.Call(quickjs.UndefinedValue, found, digits, int(q.Input.FPort), q.variables(), q.Limits.Result)
	if err != nil {
		return faultOf(err)
	}
	text, ok := out.(string)
	if !ok {
		return response{Fault: "result"}
	}
	return parse(text, q.Limits.Result)
}

// host sets the world of a script up, whose clock stands at now, and gives the function that calls
// its decoder.
func host(vm *quickjs.VM, now time.Time) (start quickjs.Value, err error) {
	code, err := compiled()
	if err != nil {
		return start, err
	}
	host, err := vm.EvalBytecodeValue(code)
	if err != nil {
		return start, err
	}
	defer host.Free()
	return host.CallValue(quickjs.UndefinedValue, float64(now.UnixMilli()))
}

// load runs a script's text, which defines its functions; one that is a module is tried as a script.
func load(vm *quickjs.VM, text string) error {
	done, err := vm.EvalValue(text, quickjs.EvalGlobal)
	if err != nil && strings.Contains(err.Error(), "SyntaxError") {
		if script := asScript(text); script != text {
			done, err = vm.EvalValue(script, quickjs.EvalGlobal)
		}
	}
	if err == nil {
		done.Free()
	}
	return err
}

// variables are the input's, as JSON.
func (q *request) variables() string {
	if q.Input.Variables == nil {
		return "{}"
	}
	text, err := json.Marshal(q.Input.Variables)
	if err != nil {
		panic("bug: strings that are no JSON: " + err.Error())
	}
	return string(text)
}

// parse takes what the prelude wrote, which a script may have tampered with.
func parse(text string, most int) (r response) {
	if len(text) > most+16<<10 {
		return response{Fault: "result", Text: fmt.Sprintf("longer than %d bytes", most)}
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil || d.More() {
		return response{Fault: "result", Text: "no JSON object"}
	}
	if r.Fault != "" {
		r.Result = Result{}
		return r
	}
	for _, doc := range []*json.RawMessage{&r.Data, &r.Normalized} {
		if bytes.Equal(*doc, []byte("null")) {
			*doc = nil
		}
		if len(*doc) > most {
			return response{Fault: "result", Text: fmt.Sprintf("longer than %d bytes", most)}
		}
		if deep(*doc) > maxDepth {
			return response{Fault: "result", Text: "nested too deep"}
		}
	}
	if r.Data != nil && r.Data[0] != '{' {
		return response{Fault: "result", Text: "data is not an object"}
	}
	if len(r.Errors) > 0 {
		r.Data, r.Normalized = nil, nil
	}
	return r
}

// maxDepth is how deep a result may nest: what the rest of the bridge reads.
const maxDepth = 16

// deep tells how deep a JSON document nests.
func deep(doc []byte) (most int) {
	depth, text := 0, false
	for i := 0; i < len(doc); i++ {
		switch c := doc[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case text:
		case c == '{' || c == '[':
			depth++
			most = max(most, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return most
}

// faultOf sorts the engine's exceptions.
func faultOf(err error) response {
	e, thrown := errors.AsType[*quickjs.Error](err)
	text := err.Error()
	switch {
	case errors.Is(err, ErrTime), strings.Contains(text, "InternalError: interrupted"):
		return response{Fault: "time"}
	case strings.Contains(text, "InternalError: out of memory"), text == "null": // there was none left for the exception
		return response{Fault: "memory"}
	case thrown && e.LineNumber > 0:
		text = fmt.Sprintf("%s (line %d)", text, e.LineNumber)
	case thrown:
		if _, place, ok := strings.Cut(e.Stack, "(<eval>:"); ok {
			line, _, _ := strings.Cut(place, ":")
			text += " (line " + line + ")"
		}
	}
	return response{Fault: "script", Text: shortened(text)}
}

// shortened bounds what a script can put in a message, and keeps it on one line.
func shortened(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) > 300 {
		s = strings.ToValidUTF8(s[:300], "") + "…"
	}
	return s
}
