package js

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func decode(t *testing.T, p *Pool, script string, in Input) Result {
	t.Helper()
	r, err := p.Decode(t.Context(), script, in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func pool(t testing.TB, n int, l Limits) *Pool {
	t.Helper()
	p := NewPool(n, l)
	t.Cleanup(p.Close)
	return p
}

// patient are limits that a busy machine does not reach.
var patient = Limits{Time: 20 * time.Second}

func TestACodecSeesWhatTS013Promises(t *testing.T) {
	p := pool(t, 1, patient)
	at := time.Date(2026, 11, 24, 12, 0, 0, 5e6, time.UTC)
	for name, c := range map[string]struct{ script, want string }{
		"decodeUplink": {
			`function decodeUplink(input){return {data:{n:input.bytes.length,first:input.bytes[0],port:input.fPort,at:input.recvTime.toISOString(),v:input.variables.k,arr:Array.isArray(input.bytes)},warnings:['low battery']}}`,
			`{"data":{"n":3,"first":1,"port":7,"at":"2026-11-24T12:00:00.005Z","v":"x","arr":true},"warnings":["low battery"]}`,
		},
		"an arrow":         {`const decodeUplink = ({bytes}) => ({data:{sum:bytes.reduce((a,b)=>a+b)}})`, `{"data":{"sum":257}}`},
		"errors":           {`function decodeUplink(){return {data:{a:1},errors:['unknown port'],warnings:['w']}}`, `{"warnings":["w"],"errors":["unknown port"]}`},
		"ChirpStack v3":    {`function Decode(fPort,bytes,variables){return {p:fPort,b:bytes[2],v:variables.k}}`, `{"data":{"p":7,"b":254,"v":"x"}}`},
		"TTN v2":           {`function Decoder(bytes,port){return {p:port,b:bytes[1]}}`, `{"data":{"p":7,"b":2}}`},
		"normalizeUplink":  {`function decodeUplink(){return {data:{t:21.5}}} function normalizeUplink(i){return {data:[{air:{temperature:i.data.t}}],warnings:['n']}}`, `{"data":{"t":21.5},"normalized":[{"air":{"temperature":21.5}}],"warnings":["n"]}`},
		"CommonJS":         {`function decodeUplink(){return {data:{a:1}}} if (typeof module!=='undefined') module.exports={decodeUplink}`, `{"data":{"a":1}}`},
		"console":          {`function decodeUplink(){console.log('a',{b:1});return {data:{}}}`, `{"data":{},"log":["a {\"b\":1}"]}`},
		"no numbers":       {`function decodeUplink(){return {data:{a:NaN,b:undefined,c:1/0,d:()=>1,e:-0}}}`, `{"data":{"a":null,"c":null,"e":0}}`},
		"the clock stands": {`function decodeUplink(){let a=Date.now();for(let i=0;i<1e5;i++);return {data:{same:a===Date.now()&&a===+new Date(),y:new Date().getFullYear(),z:new Date().getTimezoneOffset(),is:new Date(0) instanceof Date,s:typeof Date()}}}`, `{"data":{"same":true,"y":2026,"z":0,"is":true,"s":"string"}}`},
		"Buffer": {`function decodeUplink(i){const b=Buffer.from(i.bytes);return {data:{h:b.toString('hex'),u:b.readUInt16BE(1),s:b.readInt8(2),l:b.readUInt16LE(0),f:Buffer.from('4148f5c3','hex').readFloatBE(0).toFixed(2),
			b64:b.toString('base64'),back:Buffer.from('AQL+','base64').equals(b),t:Buffer.from('é€').toString(),i:b.slice(1).readIntBE(0,2),x:Buffer.isBuffer(b)}}}`,
			`{"data":{"h":"0102fe","u":766,"s":-2,"l":513,"f":"12.56","b64":"AQL+","back":true,"t":"é€","i":766,"x":true}}`},
	} {
		t.Run(name, func(t *testing.T) {
			in := Input{Bytes: []byte{1, 2, 254}, FPort: 7, Received: at, Variables: map[string]string{"k": "x"}}
			got, err := json.Marshal(decode(t, p, c.script, in))
			if err != nil || string(got) != c.want {
				t.Errorf("got  %s %v\nwant %s", got, err, c.want)
			}
		})
	}
}

func TestRunsCanBeRepeated(t *testing.T) {
	p := pool(t, 1, patient)
	const script = `function decodeUplink(){return {data:{r:Math.random(),s:Math.random(),d:Date.now()}}}`
	in := Input{Received: time.Unix(1e9, 0)}
	first := decode(t, p, script, in)
	if again := decode(t, p, script, in); string(again.Data) != string(first.Data) || strings.Contains(string(first.Data), `"r":0,`) {
		t.Errorf("%s, then %s", first.Data, again.Data)
	}
}

func TestFaultyCodecsSayWhy(t *testing.T) {
	p := pool(t, 1, patient)
	for script, want := range map[string]struct {
		err  error
		text string
	}{
		`function decodeUplink(){` + "\n" + `throw new Error("no such port")}`: {ErrScript, "no such port (line 2)"},
		`function decodeUplink( {`:                              {ErrScript, "line 1"},
		`function decodeUplink(){return 7}`:                     {ErrResult, "no object"},
		`function decodeUplink(){return {data:[1]}}`:            {ErrResult, "not an object"},
		`function decodeUplink(){return {}}`:                    {ErrResult, "not an object"},
		`async function decodeUplink(){return {data:{}}}`:       {ErrResult, "promise"},
		`function decodeUplink(){return {data:(async()=>1)()}}`: {ErrResult, "promise"},
		`let x = 1`: {ErrResult, "none of decodeUplink"},
		`function decodeUplink(){return {data:{x:'y'.repeat(1e5)}}}`:                   {ErrResult, "longer than"},
		`function decodeUplink(){return {data:{x:1n}}}`:                                {ErrScript, "BigInt"},
		`function decodeUplink(){let a={};a.a=a;return {data:a}}`:                      {ErrScript, "circular"},
		`function decodeUplink(){let a={};for(let i=0;i<50;i++)a={a};return {data:a}}`: {ErrResult, "too deep"},
		`function decodeUplink(){return {data:{get a(){throw new Error('got')}}}}`:     {ErrScript, "got"},
		`import x from 'fs'; function decodeUplink(){return {data:{}}}`:                {ErrScript, ""},
		`function decodeUplink(){return {data:{a:require('fs')}}}`:                     {ErrScript, "require"},
		`function decodeUplink(){return {data:{a:std.open('/etc/passwd','r')}}}`:       {ErrScript, "std"},
		strings.Repeat(" ", MaxScript+1):                                               {ErrSize, ""},
		`function decodeUplink(){return {data:{toJSON(){return 'x'}}}}`:                {ErrResult, "not an object"},
		`JSON.stringify=()=>'{"data":7}';function decodeUplink(){return {data:1}}`:     {ErrResult, "not an object"},
	} {
		_, err := p.Decode(t.Context(), script, Input{})
		if !errors.Is(err, want.err) || !strings.Contains(err.Error(), want.text) {
			t.Errorf("%.80s: %v, want %v with %q", script, err, want.err, want.text)
		}
	}
}

func TestAScriptIsCheckedWithoutInput(t *testing.T) {
	p := pool(t, 1, patient)
	for script, want := range map[string]error{
		`function decodeUplink(i){throw 1}`: nil, `const Decoder = (b)=>({})`: nil, `let a`: ErrResult, `function decodeUplink({`: ErrScript, `throw 1`: ErrScript,
	} {
		if err := p.Check(t.Context(), script); !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%s: %v", script, err)
		}
	}
}

// bombs are scripts that want more than they may have. built are those that stay
// within a built-in function that looks at no limit: only killing ends them.
var bombs = map[string]string{
	"loop":                     `for(;;){}`,
	"loop that catches":        `while(1){try{while(1){}}catch(e){}}`,
	"fill":                     `new Array(1e8).fill(7)`,
	"repeat":                   `'x'.repeat(1<<28)`,
	"doubling":                 `let s='x';for(;;)s+=s`,
	"doubled and kept":         `let s='x'.repeat(1e6),a=[];for(;;)a.push(s+a.length)`,
	"regex":                    `/^(a+)+$/.test('a'.repeat(40)+'b')`,
	"regex, back-reference":    `/(.*)*\1x/.test('a'.repeat(5000))`,
	"regex, look-ahead":        `/(?=(a+)+b)/.test('a'.repeat(40))`,
	"recursion":                `function f(){return f()+1} f()`,
	"recursion with finally":   `const f=()=>{try{f()}finally{f()}}; f()`,
	"recursion in JSON":        `const f=(x)=>JSON.stringify({toJSON(){return f(x)}}); f(1)`,
	"recursion in sort":        `const f=()=>[1,2].sort(f); f()`,
	"deep source":              `eval('('.repeat(1e6))`,
	"deep JSON":                `JSON.parse('['.repeat(1e6))`,
	"deep object":              `let o={};for(let i=0;i<1e6;i++)o={o}; JSON.stringify(o)`,
	"deep regex":               `new RegExp('(?:'.repeat(1e5)+'a'+')*'.repeat(1e5)).test('a')`,
	"big integers":             `let x=3n;for(;;)x*=x`,
	"buffers":                  `let a=[];for(;;)a.push(new ArrayBuffer(1e6))`,
	"symbols":                  `let a=[];for(let i=0;;i++)a.push(Symbol('x'+i))`,
	"names":                    `let o={};for(let i=0;;i++)o['k'+i]=1`,
	"generators":               `function*g(){yield*g()} [...g()]`,
	"Array.from":               `Array.from({length:1e9})`,
	"arguments":                `Math.max(...new Array(1e7).fill(1))`,
	"sort of a sparse array":   `let a=[];a[4294967294]=1;a.sort();a.reverse()`,
	"search of a sparse array": `Array.prototype.includes.call({length:2**53-1},1)`,
	"Date.parse":               `for(;;)Date.parse('x'.repeat(1e6))`,
	"indexOf":                  `let a='a'.repeat(5e6); a.indexOf('a'.repeat(2.5e6)+'b')`,
	"locale":                   `let s='a'.repeat(4e6);for(;;)s.localeCompare(s+'b')`,
}

// in places a statement in a codec where it bites.
func in(statement string) string {
	return "function decodeUplink(){" + statement + ";return {data:{}}}"
}

var placed = map[string]string{
	"at the top level":             `for(;;){}`,
	"in a getter of the result":    `function decodeUplink(){return {data:{get a(){for(;;);}}}}`,
	"in toJSON":                    `function decodeUplink(){return {data:{toJSON(){for(;;);}}}}`,
	"in a proxy":                   `function decodeUplink(){return {data:new Proxy({},{ownKeys(){for(;;);}})}}`,
	"in errors":                    `function decodeUplink(){return {data:{},errors:new Proxy([],{get(){for(;;);}})}}`,
	"in normalizeUplink":           `function decodeUplink(){return {data:{}}} function normalizeUplink(){for(;;);}`,
	"instead of Array.prototype":   `Object.defineProperty(Array.prototype,'0',{set(){for(;;);}});function decodeUplink(){return {data:{}}}`,
	"in a promise":                 `async function decodeUplink(){await 0;for(;;);}`,
	"in promises without end":      `function decodeUplink(){const p=()=>Promise.resolve().then(p);p();return {data:{}}}`,
	"a huge result":                `function decodeUplink(){return {data:{a:new Array(3e5).fill('xxxxxxxxxxxxxxxx')}}}`,
	"a result that grows as read":  `function decodeUplink(){const o={};for(let i=0;i<3e5;i++)o['k'+i]=i;return {data:o}}`,
	"warnings without end":         `function decodeUplink(){return {data:{},warnings:{length:1e9,__proto__:Array.prototype}}}`,
	"log without end":              `function decodeUplink(){for(;;)console.log('x'.repeat(1e4))}`,
	"Buffers":                      `function decodeUplink(){let a=[];for(;;)a.push(Buffer.alloc(1e6))}`,
	"a script that is one literal": `const a=[` + strings.Repeat("[", 60000) + strings.Repeat("]", 60000) + `];function decodeUplink(){return {data:{}}}`,
}

func resident(t testing.TB, pid string) int {
	t.Helper()
	b, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		t.Skip("no /proc here")
	}
	_, rest, _ := strings.Cut(string(b), "VmRSS:")
	kB, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kB
}

// worked is the processor time of the pool's one worker and of those before it.
func worked(t *testing.T, p *Pool) time.Duration {
	var ended syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &ended); err != nil {
		t.Fatal(err)
	}
	total := time.Duration(ended.Utime.Nano() + ended.Stime.Nano())
	w := <-p.idle
	if w != nil {
		b, err := os.ReadFile("/proc/" + strconv.Itoa(w.cmd.Process.Pid) + "/stat")
		if err != nil {
			t.Skip("no /proc here")
		}
		fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:])) // from the third on
		for _, ticks := range fields[11:13] {
			n, err := strconv.Atoi(ticks)
			if err != nil {
				t.Fatal(err)
			}
			total += time.Duration(n) * 10 * time.Millisecond
		}
	}
	p.idle <- w
	return total
}

// TestBombsEndInTimeAndLeaveNothing is the promise about strangers' codecs: each is over
// within twice its limit of processor time, the bridge has its memory back, and the next
// codec works, however busy the machine is. DBDAO_BOMBS=1, for a machine at rest, prints what
// each took and judges that too.
func TestBombsEndInTimeAndLeaveNothing(t *testing.T) {
	limit := 250 * time.Millisecond
	rest := os.Getenv("DBDAO_BOMBS") != ""
	p := pool(t, 1, Limits{Time: limit})
	good := in("")
	all := map[string]string{}
	for name, s := range bombs {
		all[name] = in(s)
	}
	maps.Copy(all, placed)
	_, _ = p.Decode(t.Context(), good, Input{})
	debug.FreeOSMemory()
	before := resident(t, "self")
	for name, script := range all {
		began, spent := time.Now(), worked(t, p)
		r, err := p.Decode(t.Context(), script, Input{})
		took := time.Since(began)
		if spent = worked(t, p) - spent; spent > 2*limit {
			t.Errorf("%s took %v of a processor", name, spent)
		}
		if rest {
			fmt.Printf("%-30s %4d ms  %.70v\n", name, took.Milliseconds(), err)
		}
		if rest && took > 2*limit {
			t.Errorf("%s took %v", name, took)
		}
		if err != nil && errors.Is(err, ErrWorker) {
			t.Errorf("%s: %v", name, err)
		}
		if len(r.Data) > 64<<10 {
			t.Errorf("%s: %d bytes", name, len(r.Data))
		}
		if _, err := p.Decode(t.Context(), good, Input{}); err != nil {
			t.Errorf("after %s: %v", name, err)
		}
	}
	debug.FreeOSMemory()
	if after := resident(t, "self"); after > before+16<<10 {
		t.Errorf("%d kB before, %d kB after", before, after)
	} else {
		t.Logf("%d bombs; resident before %d kB, after %d kB", len(all), before, after)
	}
	w := <-p.idle
	if w != nil {
		if kB := resident(t, strconv.Itoa(w.cmd.Process.Pid)); kB > 96<<10 {
			t.Errorf("the worker holds %d kB", kB)
		}
	}
	p.idle <- w
}

// TestABuiltInThatLooksAtNoLimitEndsToo shows why codecs have a process of their own: these
// never ask the engine whether they may go on.
func TestABuiltInThatLooksAtNoLimitEndsToo(t *testing.T) {
	p := pool(t, 1, Limits{Time: 100 * time.Millisecond})
	for _, name := range []string{"sort of a sparse array", "search of a sparse array", "Date.parse", "indexOf"} {
		if _, err := p.Decode(t.Context(), in(bombs[name]), Input{}); !errors.Is(err, ErrTime) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A machine that does ten other things takes no codec for a slow one: what counts is the
// processor time the codec itself uses. Here it gets none for twice its limit.
func TestABusyMachineMakesNoCodecSlow(t *testing.T) {
	const limit = time.Second
	p := pool(t, 1, Limits{Time: limit})
	decode(t, p, in(""), Input{})
	w := <-p.idle
	p.idle <- w
	if err := w.cmd.Process.Signal(unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(2*limit, func() { _ = w.cmd.Process.Signal(unix.SIGCONT) })
	decode(t, p, in(""), Input{})
}

func TestNothingOfAScriptReachesTheNext(t *testing.T) {
	p := pool(t, 1, patient)
	const evil = `Object.prototype.x = 'evil'; Array.prototype.join = () => 'evil'; JSON.stringify = () => '{"data":{"v":"evil"}}';
		globalThis.left = 'evil'; Date.now = () => 666; Math.random = () => 666; Buffer.from = () => 'evil'; String.prototype.slice = () => 'evil';
		globalThis.calls = (globalThis.calls || 0) + 1; var n = 0;
		function decodeUplink(){ n++; return {data:{n, calls, left}} }`
	const honest = `function decodeUplink(i){ return {data:{x: ({}).x, j: [1,2].join(), l: typeof left, d: Date.now(), b: Buffer.from([1]).length, s: 'abc'.slice(1)}} }`
	want := string(decode(t, p, honest, Input{}).Data)
	for range 3 {
		if got := string(decode(t, p, evil, Input{}).Data); got != `{"n":1,"calls":1,"left":"evil"}` {
			t.Errorf("the same script again: %s", got)
		}
		if got := string(decode(t, p, honest, Input{}).Data); got != want || strings.Contains(got, "evil") {
			t.Errorf("the next owner's script: %s, want %s", got, want)
		}
	}
}

func TestManyCallersShareTheWorkers(t *testing.T) {
	p := pool(t, 2, Limits{Time: 5 * time.Second})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 20 {
				script := fmt.Sprintf(`function decodeUplink(i){return {data:{v:i.bytes[0],who:%d}}}`, i)
				if j == 10 {
					script = `function decodeUplink(){throw 1}`
				}
				r, err := p.Decode(t.Context(), script, Input{Bytes: []byte{byte(j)}})
				if j == 10 {
					if !errors.Is(err, ErrScript) {
						t.Error(err)
					}
				} else if want := fmt.Sprintf(`{"v":%d,"who":%d}`, j, i); err != nil || string(r.Data) != want {
					t.Errorf("%s %v, want %s", r.Data, err, want)
				}
			}
		})
	}
	wg.Wait()
}

func TestAWorkerThatDiesIsReplaced(t *testing.T) {
	p := pool(t, 1, patient)
	decode(t, p, in(""), Input{})
	w := <-p.idle
	_ = w.cmd.Process.Kill()
	_, _ = w.cmd.Process.Wait()
	p.idle <- w
	if _, err := p.Decode(t.Context(), in(""), Input{}); err == nil {
		t.Error("a dead worker answered")
	}
	decode(t, p, in(""), Input{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w = <-p.idle
	if _, err := p.Decode(ctx, in(""), Input{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	p.idle <- w
	p.Close()
	if _, err := p.Decode(t.Context(), in(""), Input{}); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func TestOutcomesAreNamed(t *testing.T) {
	for want, c := range map[string]struct {
		r   Result
		err error
	}{
		"ok": {}, "errors": {r: Result{Errors: []string{"x"}}}, "time": {err: fmt.Errorf("x: %w", ErrTime)}, "memory": {err: ErrMemory},
		"script": {err: ErrSize}, "result": {err: ErrResult}, "worker": {err: ErrWorker},
	} {
		if got := Outcome(c.r, c.err); got != want {
			t.Errorf("%v: %s, want %s", c.err, got, want)
		}
	}
}

// FuzzResult holds the reading of a worker's answer to what the bridge sells on.
func FuzzResult(f *testing.F) {
	f.Add(`{"data":{"a":[1,{"b":2}]},"normalized":null,"warnings":["w"],"errors":[],"log":[]}`)
	f.Add(`{"fault":"result","text":"x","log":[]}`)
	f.Add(`{"data":7}`)
	f.Add(`{"data":{},"data":[]}`)
	f.Add(`{"data":{"a":"\ud800"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		r := parse(text, 1<<10)
		if r.Data == nil {
			return
		}
		var m map[string]any
		if json.Unmarshal(r.Data, &m) != nil || len(r.Data) > 1<<10 || r.Fault != "" || len(r.Errors) > 0 || deep(r.Data) > maxDepth {
			t.Errorf("%q gives %s", text, r.Data)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	p := pool(b, 1, patient)
	const script = `function decodeUplink(input) { var b = input.bytes; return {data: {temperature: ((b[0] << 8 | b[1]) << 16 >> 16) / 10, humidity: b[2] / 2, battery: b[3] / 100 + 2}}; }`
	bytes, err := hex.DecodeString("00d75a64")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := p.Decode(b.Context(), script, Input{Bytes: bytes, FPort: 2}); err != nil {
			b.Fatal(err)
		}
	}
}
