package node

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
)

// Limits of the parts of an answer, in bytes. A block without transactions still lists
// their hashes; a receipt holds the logs of its transaction.
const (
	answerSmall = 1 << 20 // what may be read beside others
	valueMax    = 4 << 20
	logMax      = 1 << 20
	receiptMax  = 8 << 20
	errorMax    = 64 << 10 // of a body that is no answer
)

var errTooLarge = errors.New("its answer is too long")

// meter cuts an answer off at its limits while it is read. The one long answer of a
// client at a time holds large.
type meter struct {
	ctx   context.Context
	r     io.Reader
	left  int64 // of the whole answer
	part  int64 // of the part that is decoded now
	read  int64
	large chan struct{}
	held  bool
}

func (m *meter) Read(b []byte) (int, error) {
	if m.left <= 0 || m.part <= 0 {
		return 0, errTooLarge
	}
	if m.read > answerSmall && !m.held {
		select {
		case m.large <- struct{}{}:
			m.held = true
		case <-m.ctx.Done():
			return 0, context.Cause(m.ctx)
		}
	}
	n, err := m.r.Read(b[:min(int64(len(b)), m.left, m.part)])
	m.left, m.part, m.read = m.left-int64(n), m.part-int64(n), m.read+int64(n)
	return n, err
}

func (m *meter) release() {
	if m.held {
		<-m.large
		m.held = false
	}
}

// stream decodes an answer as it arrives.
type stream struct {
	m   *meter
	dec *json.Decoder
}

// value decodes the next value, of at most so many bytes.
func (s *stream) value(v any, most int64) error {
	s.m.part = most
	return s.dec.Decode(v)
}

var errNull = errors.New("it answers null")

// list decodes the elements of an array one by one; null is errNull.
func (s *stream) list(most int64, one func() error) error {
	s.m.part = most
	t, err := s.dec.Token()
	switch {
	case err != nil:
		return err
	case t == nil:
		return errNull
	case t != json.Delim('['):
		return errors.New("its answer is no list")
	}
	for s.dec.More() {
		s.m.part = most
		if err := one(); err != nil {
			return err
		}
	}
	s.m.part = most
	_, err = s.dec.Token()
	return err
}

type jsonError struct {
	Code    int             `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data"`
}

// answer decodes one JSON-RPC answer; result decodes what was asked for.
func (s *stream) answer(result func() error) (*jsonError, error) {
	s.m.part = errorMax
	if t, err := s.dec.Token(); err != nil {
		return nil, err
	} else if t != json.Delim('{') {
		return nil, errors.New("its answer is not JSON-RPC")
	}
	var fault *jsonError
	bare, answered := jsonError{}, false
	for s.dec.More() {
		s.m.part = errorMax
		key, err := s.dec.Token()
		if err != nil {
			return nil, err
		}
		switch key {
		case "result":
			answered, err = true, result()
		case "error":
			err = s.value(&fault, errorMax)
		case "code": // QuickNode refuses with the error alone
			err = s.value(&bare.Code, errorMax)
		case "message":
			err = s.value(&bare.Message, errorMax)
		default:
			var skip json.RawMessage
			err = s.value(&skip, errorMax)
		}
		if err != nil {
			return nil, err
		}
	}
	_, err := s.dec.Token()
	switch {
	case fault != nil:
		return fault, err
	case answered:
		return nil, err
	case bare.Message != "":
		return &bare, err
	}
	return nil, errors.New("its answer holds neither result nor error")
}

type question struct {
	Version string `json:"jsonrpc"`
	ID      int    `json:"id"`
	Method  string `json:"method"`
	Params  []any  `json:"params"`
}

func ask1(id int, method string, params []any) question {
	if params == nil {
		params = []any{}
	}
	return question{"2.0", id, method, params}
}

// call makes one request, again after a rest if the node wants fewer a second. read
// decodes the result.
func (n *Node) call(ctx context.Context, method string, params []any, read func(*stream) error) error {
	return n.patient(ctx, method, 1, func() error {
		return n.post(ctx, method, 1, ask1(1, method, params), func(s *stream) error {
			fault, err := s.answer(func() error { return read(s) })
			if fault != nil {
				return n.refused(method, 1, 0, fault)
			}
			return err
		})
	})
}

// get is call for a result that is one JSON value.
func (n *Node) get(ctx context.Context, v any, method string, params ...any) error {
	return n.call(ctx, method, params, func(s *stream) error { return s.value(v, valueMax) })
}

// patient repeats a request that was refused because there were too many.
func (n *Node) patient(ctx context.Context, method string, calls int, once func() error) error {
	for try := 0; ; try++ {
		if err := n.pace.wait(ctx, calls); err != nil {
			var paced errPaced
			if errors.As(err, &paced) {
				return &Error{Node: n.name, Method: method, Verdict: Slower, Rest: paced.wait, Text: err.Error()}
			}
			return err
		}
		err := once()
		var e *Error
		slow := errors.As(err, &e) && e.Verdict == Slower
		n.count(err)
		if !slow {
			n.pace.taken(calls) // a refusal for another reason counts too
			return err
		}
		n.pace.refused(e.Rest, e.Rate)
		if e.Rest > patience || try == 1 {
			return err
		}
	}
}

// again tells whether a long job should go on with a node that wants fewer requests.
func (n *Node) again(err error, tries *int) bool {
	var e *Error
	*tries++
	return errors.As(err, &e) && e.Verdict == Slower && e.Rest <= patience && *tries < 8
}

// patience is how long a rest may be before another node is asked instead.
const patience = 2 * time.Second

// batch makes several calls in one request. each gets their results in any order; a call
// that was refused by itself has an error instead.
func (n *Node) batch(ctx context.Context, method string, params [][]any, each func(i int, result json.RawMessage, err error) error) error {
	if len(params) == 1 { // some nodes take no arrays at all
		var raw json.RawMessage
		err := n.get(ctx, &raw, method, params[0]...)
		if v, ok := verdictOf(err); err != nil && (!ok || v != Final) {
			return err
		}
		return each(0, raw, err)
	}
	all := make([]question, len(params))
	for i, p := range params {
		all[i] = ask1(i, method, p)
	}
	return n.patient(ctx, method, len(all), func() error {
		got := 0
		err := n.post(ctx, method, len(all), all, func(s *stream) error { return n.readBatch(s, method, len(all), &got, each) })
		var e *Error
		if errors.As(err, &e) && e.Code == 0 && e.Status != 0 && e.Status != http.StatusTooManyRequests && e.Status < 500 || errors.Is(err, errShort) {
			return &Error{Node: n.name, Method: method, Verdict: Fewer, Status: statusOf(e), Text: err.Error()} // no array, or not so long a one
		}
		return err
	})
}

func statusOf(e *Error) int {
	if e == nil {
		return 0
	}
	return e.Status
}

var errShort = errors.New("it answered only some calls of a batch")

func (n *Node) readBatch(s *stream, method string, calls int, got *int, each func(int, json.RawMessage, error) error) error {
	s.m.part = valueMax
	t, err := s.dec.Token()
	if err != nil {
		return err
	}
	if t != json.Delim('[') {
		return n.refusedWhole(s, method, calls)
	}
	done := make([]bool, calls)
	for s.dec.More() {
		var one struct {
			jsonError
			ID     *int            `json:"id"`
			Result json.RawMessage `json:"result"`
			Error  *jsonError      `json:"error"`
		}
		if err := s.value(&one, valueMax); err != nil {
			return err
		}
		if one.Error == nil && one.Message != "" {
			one.Error = &one.jsonError
		}
		if one.Error != nil {
			e := n.refused(method, calls, 0, one.Error)
			if e.Verdict == Fewer || e.Verdict == Slower || one.ID == nil {
				return e
			}
			err = e
		}
		if one.ID == nil || *one.ID < 0 || *one.ID >= calls || done[*one.ID] {
			return errors.New("it answers what was not asked")
		}
		done[*one.ID] = true
		*got++
		if err := each(*one.ID, one.Result, err); err != nil {
			return err
		}
		err = nil
	}
	if *got < calls {
		return fmt.Errorf("%w (%d of %d)", errShort, *got, calls)
	}
	s.m.part = errorMax
	_, err = s.dec.Token()
	return err
}

// refusedWhole reads the rest of an object that came instead of an array.
func (n *Node) refusedWhole(s *stream, method string, calls int) error {
	rest, err := io.ReadAll(io.LimitReader(io.MultiReader(strings.NewReader("{"), s.dec.Buffered(), s.m), errorMax))
	if err != nil {
		return err
	}
	if fault := faultIn(rest); fault != nil {
		return n.refused(method, calls, 0, fault)
	}
	return errors.New("its answer to a batch is no list")
}

// post sends a request and lets read decode the answer. The deadline holds from the first
// byte sent to the last one read.
func (n *Node) post(ctx context.Context, method string, calls int, question any, read func(*stream) error) error {
	outer := ctx
	ctx, cancel := context.WithTimeout(ctx, n.client.cfg.Timeout)
	defer cancel()
	body, err := json.Marshal(question)
	if err != nil {
		return fmt.Errorf("bug: %s: %w", method, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.url.String(), bytes.NewReader(body))
	if err != nil {
		return n.silent(outer, method, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "dbdao-bridge")
	started := time.Now()
	res, err := n.web.Do(req)
	if err != nil {
		return n.silent(outer, method, err)
	}
	defer res.Body.Close()
	m := &meter{ctx: ctx, r: res.Body, left: AnswerMax, part: errorMax, large: n.client.large}
	defer m.release()
	if res.StatusCode != http.StatusOK {
		return n.notOK(res, m, method, calls)
	}
	if err := read(&stream{m, json.NewDecoder(m)}); err != nil {
		if bad, ok := errors.AsType[*json.SyntaxError](err); ok && bad.Offset <= 1 {
			err = errWebServer
		}
		return n.silent(outer, method, err)
	}
	n.answered(time.Since(started))
	m.part = min(m.left, errorMax) // to the end, so that the connection serves again
	cut := time.AfterFunc(50*time.Millisecond, cancel)
	_, _ = io.CopyN(io.Discard, m, 4<<10)
	cut.Stop()
	return nil
}

// errWebServer is the answer of something else.
var errWebServer = errors.New("a web server answers there, and it is no Ethereum node's JSON-RPC: correct its URL")

// notOK reads the refusal in an answer whose status is not 200.
func (n *Node) notOK(res *http.Response, m *meter, method string, calls int) error {
	text, err := io.ReadAll(m)
	if err == nil || errors.Is(err, errTooLarge) {
		if fault := faultIn(text); fault != nil {
			return n.rested(n.refused(method, calls, res.StatusCode, fault), res)
		}
	}
	e := n.refused(method, calls, res.StatusCode, &jsonError{Message: fmt.Sprintf("it answers HTTP status %d", res.StatusCode)})
	e.Code = 0
	if kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); kind == "text/html" && (res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusMethodNotAllowed || res.StatusCode == http.StatusNotImplemented) {
		e.Text += ": " + errWebServer.Error()
	}
	return n.rested(e, res)
}

// rested adds how long the node asks to be left alone.
func (n *Node) rested(e *Error, res *http.Response) *Error {
	if seconds, err := time.ParseDuration(res.Header.Get("Retry-After") + "s"); err == nil && e.Verdict == Slower && seconds > 0 {
		e.Rest = min(seconds, 10*time.Minute)
	}
	return e
}

// faultIn finds a JSON-RPC error in a body: alone, in an answer, or in an array of them.
func faultIn(body []byte) *jsonError {
	type shape struct {
		jsonError
		Error *jsonError `json:"error"`
	}
	var one shape
	var many []shape
	if json.Unmarshal(body, &many) == nil && len(many) > 0 {
		one = many[0]
	} else if json.Unmarshal(body, &one) != nil {
		return nil
	}
	switch {
	case one.Error != nil:
		return one.Error
	case one.Message != "":
		return &one.jsonError
	}
	return nil
}

// refused looks a refusal up in the table.
func (n *Node) refused(method string, calls, status int, fault *jsonError) *Error {
	e := &Error{Node: n.name, Method: method, Code: fault.Code, Status: status, Text: n.redact(fault.Message)}
	text := fault.Message
	if len(fault.Data) > 0 && string(fault.Data) != "null" {
		_ = json.Unmarshal(fault.Data, &e.Data) // raw JSON always decodes into any
		text += " " + string(fault.Data)
	}
	e.Verdict, e.Rest = judge(refusal{method: method, calls: calls, status: status, code: fault.Code, text: strings.ToLower(text)})
	var rate struct {
		Rate struct {
			Allowed float64 `json:"allowed_rps"`
			Backoff float64 `json:"backoff_seconds"`
		} `json:"rate"`
	}
	if e.Verdict == Slower && json.Unmarshal(fault.Data, &rate) == nil { // Infura
		e.Rate = rate.Rate.Allowed
		e.Rest = max(e.Rest, min(time.Duration(rate.Rate.Backoff*float64(time.Second)), 10*time.Minute))
	}
	return e
}

// silent is what came of a request that got no answer that can be read. It is the node's
// fault unless the caller gave up.
func (n *Node) silent(outer context.Context, method string, err error) error {
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	if outer.Err() != nil {
		return fmt.Errorf("%s: %w", method, context.Cause(outer))
	}
	var with *url.Error // names the URL
	if errors.As(err, &with) {
		err = with.Err
	}
	e := &Error{Node: n.name, Method: method, Verdict: Elsewhere, Text: n.redact(err.Error()), Cause: err}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		e.Text = fmt.Sprintf("it does not answer within %s", n.client.cfg.Timeout)
	case errors.Is(err, errTooLarge) && method == logsMethod:
		e.Verdict = Narrower
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		e.Text = "it hung up within its answer"
	}
	return e
}

// redact takes out of a text what of the node's URL may be a key.
func (n *Node) redact(text string) string {
	for _, secret := range n.secrets {
		text = strings.ReplaceAll(text, secret, "…")
	}
	if len(text) > 400 {
		text = text[:400] + "…"
	}
	return strings.ToValidUTF8(text, "?")
}

// secretsOf lists the parts of a URL that may be keys.
func secretsOf(u *url.URL) []string {
	all := []string{}
	add := func(s string) {
		if len(s) >= 6 {
			all = append(all, s)
		}
	}
	if rest := strings.TrimPrefix(u.RequestURI(), "/"); rest != "" {
		add(rest)
	}
	for _, part := range strings.FieldsFunc(u.Path+"/"+u.RawQuery, func(r rune) bool { return strings.ContainsRune("/?&=", r) }) {
		add(part)
	}
	if u.User != nil {
		add(u.User.String())
		if p, ok := u.User.Password(); ok {
			add(p)
		}
		add(u.User.Username())
	}
	return all
}

func decodeHex(text string) ([]byte, bool) {
	b, err := hexutil.Decode(text)
	return b, err == nil && len(b) > 0
}
