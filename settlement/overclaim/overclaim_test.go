package overclaim

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/ethereum/go-ethereum/common"
)

// sim is a market of one purchase, with each part as it is and none knowing of another's state
// but by what it is told: a sensor, a bridge with its ledger, a chain with forks, nodes that are
// behind, the buyer's program with what it has on disk. Time is in seconds.
type sim struct {
	r   *rand.Rand
	now int

	blockTime, interval int
	lies                int // the operator claims so many readings a block that he did not deliver; 0: he is honest
	from                int // from this second on
	lied                int // in all

	// Of the bridge, and of the buyer's disk.
	all      []reading
	receipts int
	down     int // until then
	seen     int // all of them before it are on disk, or have no body any more

	// Of the chain: a claim that was sent is mined again after a reorg.
	blocks []simBlock
	salt   uint64
	sent   int // the highest claim that was ever sent
	mined  int // second of the newest block

	// Of the buyer's program.
	disk    int // readings
	away    int // until then
	watch   Watch
	pulling int // until then; a pull that is under way
	asked   bool
	lagging bool // it is slow to fetch
}

// reading is one that the bridge took in.
type reading struct{ receipt, gone, disk bool }

type simBlock struct {
	hash    common.Hash
	claimed int
	second  int
}

func newSim(seed uint64) *sim {
	r := rand.New(rand.NewPCG(seed, 7))
	s := &sim{r: r, blockTime: []int{1, 2, 2, 12, 12, 30}[r.IntN(6)], interval: []int{1, 1, 5, 10, 60}[r.IntN(5)],
		lagging: r.IntN(3) == 0}
	s.block()
	return s
}

func (s *sim) block() {
	s.salt++
	claimed := 0
	if len(s.blocks) > 0 {
		claimed = s.blocks[len(s.blocks)-1].claimed
	}
	if s.r.IntN(3) > 0 { // else the transaction waits
		claimed = max(claimed, s.sent)
	}
	s.blocks = append(s.blocks, simBlock{common.BytesToHash(binary.BigEndian.AppendUint64(nil, s.salt)), claimed, s.now})
	s.mined = s.now
}

// reorg replaces up to 64 blocks; the claims in them are mined later, or at once.
func (s *sim) reorg() {
	n := min(1+s.r.IntN(64), len(s.blocks)-1)
	s.blocks = s.blocks[:len(s.blocks)-n]
	for range s.r.IntN(n + 2) { // it may be shorter than what it replaces
		s.block()
	}
}

func (s *sim) bridge() {
	if s.now%s.interval == 0 && s.r.IntN(4) > 0 { // some are never sent
		s.all = append(s.all, reading{})
	}
	if s.now >= s.down && s.r.IntN(500) == 0 {
		s.down = s.now + s.r.IntN(900)
	}
	if s.now < s.down {
		return
	}
	if s.r.IntN(400) == 0 { // another program of the buyer's takes what waits
		for i := range s.all {
			s.receipt(i)
		}
	}
	if s.r.IntN(2000) == 0 { // the operator keeps bodies for a while only
		for i := range s.all {
			s.all[i].gone = s.all[i].receipt
		}
	}
	if s.r.IntN(30) == 0 { // a batch is claimed; or an old claim is sent once more
		s.sent = max(s.sent, s.receipts)
	}
}

func (s *sim) receipt(i int) {
	if !s.all[i].receipt {
		s.all[i].receipt = true
		s.receipts++
	}
}

// fetch is the usual way: what waits comes, is stored, and acknowledged by the next request.
func (s *sim) fetch(most int) {
	for i := s.seen; i < len(s.all) && most > 0; i++ {
		one := &s.all[i]
		if one.disk {
			s.receipt(i)
		}
		if !one.disk && !one.gone {
			one.disk = true
			s.disk++
			most--
		}
		if i == s.seen && (one.disk || one.gone) && one.receipt {
			s.seen++
		}
	}
}

func (s *sim) received() uint32 { return uint32(s.disk) }

// buyer is a second of the buyer's program; cancelled says that it cancels.
func (s *sim) buyer() (cancelled bool) {
	if s.now >= s.away && s.r.IntN(700) == 0 { // it is killed, and started later: the watch forgets, the disk does not
		s.away, s.watch, s.asked = s.now+s.r.IntN(600), Watch{}, false
	}
	if s.now < s.away {
		return false
	}
	if s.now >= s.down && (!s.lagging || s.r.IntN(60) == 0) {
		s.fetch(1 + s.r.IntN(100))
	}
	if s.asked {
		if s.now < s.pulling {
			return false
		}
		s.asked = false
		if s.now < s.down || s.r.IntN(10) == 0 { // it does not come to its end
			s.fetch(s.r.IntN(3))
			return s.watch.Tell(Pulled{Received: s.received()}) == Cancel
		}
		s.fetch(1 << 30)
		gone := uint32(0)
		for _, one := range s.all {
			if one.gone && !one.disk {
				gone++
			}
		}
		return s.watch.Tell(Pulled{Complete: true, Received: s.received(), Excused: gone}) == Cancel
	}
	return s.look()
}

// look asks a node behind a balancer: one of several, which may be behind, or say nothing.
func (s *sim) look() bool {
	at := len(s.blocks) - 1 - min(len(s.blocks)-1, []int{0, 0, 0, 1, 3, 40}[s.r.IntN(6)])
	b := s.blocks[at]
	o := Observation{Block: uint64(at), Hash: b.hash, Known: s.r.IntN(5) > 0, Claimed: uint32(b.claimed), Received: s.received()}
	if !o.Known {
		o.Claimed = []uint32{0, 1 << 31}[s.r.IntN(2)]
	}
	switch s.watch.Observe(o) {
	case Pull:
		s.asked, s.pulling = true, s.now+s.r.IntN(20)
	case Cancel:
		return true
	}
	return false
}

// second lets a second pass; cancelled says that the buyer cancels in it.
func (s *sim) second() (cancelled bool) {
	s.now++
	s.bridge()
	if s.lies > 0 && s.now >= s.from && s.now-s.mined >= s.blockTime-1 {
		s.lied += s.lies
		s.sent = max(s.sent, s.receipts+s.lied)
	}
	if s.now-s.mined >= s.blockTime && s.r.IntN(4) > 0 { // blocks may be slow
		s.block()
	}
	if s.r.IntN(900) == 0 {
		s.reorg()
	}
	return s.buyer()
}

func TestAnHonestOperatorIsNeverCancelled(t *testing.T) {
	const runs, seconds = 1000, 4000
	cancels, claimed, pulls := 0, 0, 0
	for seed := range uint64(runs) {
		s := newSim(seed)
		for range seconds {
			was := s.asked
			if s.second() {
				cancels++
				t.Errorf("seed %d: cancelled in second %d with %d readings claimed, %d of %d receipts stored", seed, s.now, s.sent, s.disk, s.receipts)
				break
			}
			if s.asked && !was {
				pulls++
			}
		}
		claimed += s.sent
	}
	if claimed < 100*runs || pulls < runs/10 {
		t.Errorf("%d readings claimed, %d pulls: the machine was held against nothing", claimed, pulls)
	}
	t.Logf("%d honest runs, %d readings claimed, %d times a claim was ahead for so long that everything was pulled: %d cancels", runs, claimed, pulls, cancels)
}

// A dishonest operator is cancelled whatever else happens, and when nothing else happens after
// a fixed number of blocks.
func TestADishonestOperatorIsAlwaysCancelled(t *testing.T) {
	const runs = 1000
	for seed := range uint64(runs) {
		s := newSim(seed)
		s.lies, s.from = 1+s.r.IntN(3), s.r.IntN(1000)
		done := false
		for range 40_000 {
			if done = s.second(); done {
				break
			}
		}
		switch {
		case !done:
			t.Errorf("seed %d: never cancelled: %d claimed, %d receipts", seed, s.sent, s.receipts)
		case s.now < s.from:
			t.Errorf("seed %d: cancelled before the first lie", seed)
		}
	}
}

// What an operator who lies from the first block on is paid for nothing: one reading for each
// interval begun, as the contract caps it, until the block after the decision. The buyer asks
// once a second and pulls within one.
func TestHowManyReadingsALieEarns(t *testing.T) {
	for _, blockTime := range []int{2, 12} {
		for _, interval := range []int{1, 10, 60} {
			w, lied, block := Watch{}, -1, uint64(0)
			var paid uint32
			for now := 0; ; now++ {
				if now > 1000 {
					t.Fatal("it is never cancelled")
				}
				if now%blockTime == 0 {
					block, paid = block+1, uint32(now/interval+1)
					if lied < 0 {
						lied = int(block)
					}
				}
				if w.Observe(Observation{Block: block, Hash: common.Hash{byte(block)}, Known: true, Claimed: paid}) != Pull {
					continue
				}
				if w.Tell(Pulled{Complete: true}) != Cancel {
					t.Fatal("a pull that brings nothing does not cancel")
				}
				// The next block has the cancellation, and a last claim before it.
				n, blocks := (now/blockTime+1)*blockTime/interval+1, int(block)+1-lied
				t.Logf("blocks of %d s, a reading each %d s: cancelled in the %dth block behind the first lie, n = %d", blockTime, interval, blocks, n)
				if blocks != Blocks+1 || n > (Blocks+1)*blockTime/interval+1 {
					t.Errorf("%d blocks, %d readings", blocks, n)
				}
				break
			}
		}
	}
}

// One thing at a time.
func TestWhatIsUnknownOrOldTellsNothing(t *testing.T) {
	at := func(block uint64, claimed uint32) Observation {
		return Observation{Block: block, Hash: common.Hash{byte(block)}, Known: true, Claimed: claimed}
	}
	ahead := func() *Watch {
		w := &Watch{}
		w.Observe(at(100, 5))
		if w.Observe(at(109, 5)) != Wait {
			t.Error("nine blocks suffice")
		}
		return w
	}
	if w := ahead(); w.Observe(at(110, 5)) != Pull || w.Blocks() != 10 || w.Ahead() != 5 || w.Tell(Pulled{Complete: true, Received: 4}) != Cancel {
		t.Error("ten blocks and a pull that does not close the gap do not cancel")
	}
	for what, p := range map[string]Pulled{"a pull that is not complete": {Received: 0}, "one that closes the gap": {Complete: true, Received: 5}, "readings that are gone": {Complete: true, Received: 2, Excused: 3}} {
		w := ahead()
		if w.Observe(at(110, 5)); w.Tell(p) != Wait {
			t.Errorf("%s: cancelled", what)
		}
		if w.Tell(Pulled{Complete: true}) == Cancel && what != "a pull that is not complete" {
			t.Errorf("%s: a pull nobody asked for cancels", what)
		}
	}
	for what, o := range map[string]Observation{
		"an unknown count": {Block: 111, Claimed: 9}, "a block of the past": at(50, 9), "another block of that height": {Block: 109, Hash: common.Hash{1, 2}, Known: true, Claimed: 9},
		"a claim that is not ahead": {Block: 110, Known: true, Claimed: 5, Received: 5},
	} {
		if w := ahead(); w.Observe(o) != Wait {
			t.Errorf("%s is believed", what)
		}
	}
	w := ahead()
	if w.Observe(at(110, 5)); w.Tell(Pulled{Complete: true, Excused: 5}) != Wait || w.Observe(at(111, 5)) != Wait || w.Observe(at(130, 5)) != Wait {
		t.Error("what is excused is pulled for again")
	}
	w = ahead()
	w.Observe(Observation{Block: 109, Hash: common.Hash{9}, Known: true, Claimed: 5})
	if w.Observe(at(118, 5)) != Wait {
		t.Error("a reorg does not begin the run again")
	}
	if w.Observe(at(119, 5)) != Pull {
		t.Error("a reorg ends the run for ever")
	}
}
