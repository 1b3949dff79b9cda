package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/internal/servers"
	"github.com/databrokerdao/dbdao-bridge/ledger"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/ethereum/go-ethereum/common"
)

// What the built bridge writes to its ledger is recorded, system call by system call, and
// every state a crash may leave is rebuilt and opened: killed after each write; the power
// gone, with nothing that was not synced, with some of it, and with a write torn between two
// sectors. Whatever the bridge had acknowledged to the broker by then, or posted to the buyer,
// must be in each.
func TestChaosImages(t *testing.T) {
	t.Parallel()
	servers.Need(t, "mosquitto", "anvil", "strace")
	if !servers.Long() {
		t.Skip("the ledger's own tests kill it; DBDAO_LONG=1 rebuilds what the built bridge wrote")
	}
	c := newChaos(t)
	a := &act{group: "image", name: "recorded"}
	c.prepare(a, 0, 6*time.Second)
	text, err := os.ReadFile(a.scenario)
	if err != nil {
		t.Fatal(err)
	}
	peaceful, _, _ := strings.Cut(string(text), "[faults]") // each message is a reading of its own
	_, outputs, _ := strings.Cut(string(text), "[[outputs]]")
	peaceful = strings.Replace(peaceful, "sold = false", "sold = true", 1)
	c.write(filepath.Base(a.scenario), peaceful+"[[outputs]]"+outputs)
	c.listActs([]*act{a})
	c.buyActs("ann", a)
	c.kill()
	base, err := os.ReadFile(filepath.Join(c.dir, "data", "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	record := filepath.Join(c.dir, "record")
	a.play = func(c *chaos, a *act) int {
		<-a.over
		c.quiet()
		time.Sleep(3 * time.Second) // a settlement
		c.kill()
		return 1
	}
	c.running = c.spawn("strace", "-f", "--seccomp-bpf", "-qqq", "-yy", "-xx", "-s", "2000000", "-o", record, "-e", "signal=none",
		"-e", "trace=pwrite64,ftruncate,fdatasync,fsync,write", c.bin, "run", "-c", c.config)
	c.eventually("the traced bridge answers", 60*time.Second, func() bool { return c.serving() >= len(a.streams) })
	c.act(a)
	c.judge([]*act{a})
	c.kill()

	r := &recording{t: t, base: base, c: c, a: a, store: c.storeAddress, broker: strings.TrimPrefix(c.mqtt, "tcp://")}
	r.read(record)
	t.Logf("%d operations on the ledger, %d readings acknowledged, %d posted", len(r.ops), r.acks, r.posts)
	most := 250
	for _, kind := range []struct {
		name string
		make func(k int) []byte
	}{
		{"killed after a write", func(k int) []byte { return r.image(k, func(int) bool { return true }, 0) }},
		{"the power fails, nothing unsynced was written", func(k int) []byte { return r.image(k, func(int) bool { return false }, 0) }},
		{"the power fails, some of the unsynced was written", func(k int) []byte { return r.image(k, func(int) bool { return rand.IntN(2) == 0 }, 0) }},
		{"the power fails, the last write is torn", func(k int) []byte { return r.image(k, func(int) bool { return true }, 512) }},
	} {
		r.explore(kind.name, most, kind.make)
	}
}

// diskOp is something done to the ledger's file; what else happened by then is counted.
type diskOp struct {
	offset      int64
	data        []byte
	size        int64 // of ftruncate; -1: it is none
	sync        bool
	acks, posts int // before it
}

type recording struct {
	t             *testing.T
	c             *chaos
	a             *act
	base          []byte
	store, broker string // addresses
	ops           []diskOp
	acks, posts   int
}

var (
	lineOfStrace  = regexp.MustCompile(`^(\d+) +(\w+)\((\d+)<(TCP:\[[^\]]*\]|[^>]*)>(.*)$`)
	resumedStrace = regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>`)
	quoted        = regexp.MustCompile(`^, "((?:\\x[0-9a-f]{2})*)"(\.\.\.)?, (\d+)(?:, (\d+))?`)
)

// read takes strace's log apart. A sync counts from where it returned, a write from where it
// was called: it may be on the disk from then on.
func (r *recording) read(file string) {
	r.t.Helper()
	f, err := os.Open(file)
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewReaderSize(f, 1<<20)
	syncing := map[string]bool{} // threads within one
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break
		}
		line = strings.TrimSuffix(line, "\n")
		if m := resumedStrace.FindStringSubmatch(line); m != nil {
			if syncing[m[1]] && strings.Contains(m[2], "sync") && strings.Contains(line, "= 0") {
				r.done(diskOp{sync: true, size: -1})
			}
			delete(syncing, m[1])
			continue
		}
		m := lineOfStrace.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		call, on, rest := m[2], m[4], m[5]
		switch ledgers := strings.HasSuffix(unhexed(on), "/ledger.db"); {
		case ledgers && strings.Contains(call, "sync"):
			if strings.Contains(rest, "= 0") {
				r.done(diskOp{sync: true, size: -1})
			} else {
				syncing[m[1]] = strings.Contains(rest, "unfinished")
			}
		case ledgers && call == "ftruncate":
			n, err := strconv.ParseInt(strings.Trim(strings.SplitN(rest, ")", 2)[0], ", <unfis.hed"), 10, 64)
			if err != nil {
				r.t.Fatalf("ftruncate%s: %v", rest, err)
			}
			r.done(diskOp{size: n})
		case ledgers && call == "pwrite64":
			data, offset := r.bytes(rest)
			r.done(diskOp{data: data, offset: offset, size: -1})
		case call == "write" && strings.Contains(on, "->"+r.broker):
			data, _ := r.bytes(rest)
			r.acks += acknowledged(data)
		case call == "write" && strings.Contains(on, "->"+r.store):
			data, _ := r.bytes(rest)
			r.posts += bytes.Count(data, []byte("POST /"))
		}
	}
	if len(r.ops) < 20 || r.acks < 10 || r.posts < 10 {
		r.t.Fatalf("%d operations, %d acknowledgements and %d posts are no recording", len(r.ops), r.acks, r.posts)
	}
}

// unhexed undoes strace's -xx in a path.
func unhexed(text string) string {
	b, err := hex.DecodeString(strings.ReplaceAll(text, `\x`, ""))
	if err != nil || !strings.HasPrefix(text, `\x`) {
		return text
	}
	return string(b)
}

func (r *recording) done(op diskOp) {
	op.acks, op.posts = r.acks, r.posts
	r.ops = append(r.ops, op)
}

// bytes reads the buffer and the offset of a call.
func (r *recording) bytes(rest string) (data []byte, offset int64) {
	r.t.Helper()
	m := quoted.FindStringSubmatch(rest)
	if m == nil || m[2] != "" {
		r.t.Fatalf("not a whole buffer: %.100s", rest)
	}
	data, err := hex.DecodeString(strings.ReplaceAll(m[1], `\x`, ""))
	if err != nil {
		r.t.Fatal(err)
	}
	if m[4] != "" {
		offset = number64(r.t, m[4])
	}
	return data, offset
}

// acknowledged counts the PUBACKs in what was written to the broker.
func acknowledged(data []byte) (n int) {
	r := bufio.NewReader(bytes.NewReader(data))
	for {
		p, err := readPacket(r)
		if err != nil {
			return n
		}
		if kindOf(p) == packetPuback {
			n++
		}
	}
}

// image is the file as a crash after the k-th operation may leave it: what was synced, and of
// the rest what kept says. torn: of the last write only so many bytes.
func (r *recording) image(k int, kept func(i int) bool, torn int) []byte {
	synced := k
	for synced > 0 && !r.ops[synced-1].sync {
		synced--
	}
	b := bytes.Clone(r.base)
	for i, op := range r.ops[:k] {
		if op.sync || i >= synced && !kept(i) {
			continue
		}
		if op.size >= 0 {
			if n := int64(len(b)); op.size > n {
				b = append(b, make([]byte, op.size-n)...)
			} else {
				b = b[:op.size]
			}
			continue
		}
		data := op.data
		if torn > 0 && i == k-1 && len(data) > torn {
			data = data[:torn]
		}
		if end := op.offset + int64(len(data)); end > int64(len(b)) {
			b = append(b, make([]byte, end-int64(len(b)))...)
		}
		copy(b[op.offset:], data)
	}
	return b
}

// explore opens images, as many as most, spread over the recording, and prints a row.
func (r *recording) explore(name string, most int, image func(k int) []byte) {
	r.t.Helper()
	row := servers.Row{Group: "image", Name: name, Owed: r.acks}
	path := filepath.Join(r.c.dir, "image.db")
	step := max(1, len(r.ops)/most)
	for k := 1; k <= len(r.ops); k += step {
		if err := os.WriteFile(path, image(k), 0o600); err != nil {
			r.t.Fatal(err)
		}
		row.Tries++
		acks, posts := r.ops[k-1].acks, r.ops[k-1].posts
		known, again, err := r.open(path)
		if err != nil {
			r.t.Logf("%s, image %d of %d: %v", name, k, len(r.ops), err)
			row.Lost += acks
			continue
		}
		if row.Lost += max(0, acks-known, posts-known); known < acks || known < posts {
			r.t.Logf("%s, image %d of %d: %d readings are known, %d were acknowledged and %d posted", name, k, len(r.ops), known, acks, posts)
		}
		row.Twice += again
	}
	row.Print(r.t)
}

// open counts the readings an image knows; again are those it knows twice.
func (r *recording) open(path string) (known, again int, err error) {
	key, err := os.ReadFile(filepath.Join(r.c.dir, "data", "route.key"))
	if err != nil {
		return 0, 0, err
	}
	if len(key) != 32 {
		if key, err = hex.DecodeString(strings.TrimSpace(string(key))); err != nil || len(key) != 32 {
			return 0, 0, fmt.Errorf("route.key: %d bytes, %w", len(key), err)
		}
	}
	l, err := ledger.Open(path, ledger.Options{Place: delivery.Place{ChainID: 31337, Market: common.HexToAddress(r.c.market)},
		Operator: 1, RouteKey: [32]byte(key), Retention: time.Hour})
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if err := l.Check(); err != nil {
		return 0, 0, err
	}
	for _, text := range r.a.purchases {
		p := market.PurchaseID(number64(r.t, text))
		waiting, err := l.Waiting(p, 0, 1<<20)
		if err != nil {
			return 0, 0, err
		}
		receipts, err := l.Receipts(p, 0, 1<<20)
		if err != nil {
			return 0, 0, err
		}
		seen := map[uint32]bool{}
		for _, w := range waiting {
			seen[w.Seq] = true
		}
		for _, one := range receipts {
			if seen[one.Seq] {
				again++
			}
			seen[one.Seq] = true
		}
		known += len(seen)
	}
	return known, again, nil
}
