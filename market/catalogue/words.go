package catalogue

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// What is looked for in a text is bounded, so that no offer takes the index for itself.
const (
	wordsMax = 64 // different words of one stream; further ones are not found
	wordMax  = 32 // runes of a word; longer ones are cut
)

// Words are a text's, as they are compared: without case and diacritics, in compatible forms
// (½ is 1 and 2, ﬁ is fi), without marks nobody sees. Han and kana, which are written without
// spaces, are a word each.
func Words(text string) (all []string) {
	var s splitter
	s.split(text, func(word []byte) bool {
		all = append(all, string(word))
		return true
	})
	return all
}

// splitter finds words. It remembers what it looked up, and is not safe for use by several at once.
type splitter struct {
	folds map[rune]string // of runes beyond ASCII
	word  []byte
}

// foldsMax is how many runes it remembers: more than any language's letters, fewer than all.
const foldsMax = 4096

// split calls take with each word of a text, which is the splitter's own until take returns.
func (s *splitter) split(text string, take func(word []byte) (more bool)) {
	word, n := s.word[:0], 0
	more := true
	end := func() {
		if n > 0 {
			more = take(word)
			word, n = word[:0], 0
		}
	}
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if n++; n <= wordMax {
				word = append(word, byte(r))
			}
		case r >= 'A' && r <= 'Z':
			if n++; n <= wordMax {
				word = append(word, byte(r)|0x20)
			}
		case r < utf8.RuneSelf:
			end()
		default:
			for _, f := range s.fold(r) {
				if f == ' ' {
					end()
				} else if n++; n <= wordMax {
					word = utf8.AppendRune(word, f)
				}
			}
		}
		if !more {
			break
		}
	}
	if more {
		end()
	}
	s.word = word[:0]
}

// fold gives what a rune beyond ASCII is compared as: nothing, letters and digits, or a space
// where a word ends.
func (s *splitter) fold(r rune) string {
	if f, known := s.folds[r]; known {
		return f
	}
	if s.folds == nil || len(s.folds) >= foldsMax {
		s.folds = map[rune]string{}
	}
	var b strings.Builder
	for _, r := range norm.NFKD.String(cases.Fold().String(norm.NFKD.String(string(r)))) {
		switch {
		case unicode.In(r, unicode.M, unicode.Cf):
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
			b.WriteString(" " + string(r) + " ")
		case unicode.IsLetter(r), unicode.IsNumber(r):
			b.WriteRune(plain(r))
		default:
			b.WriteByte(' ')
		}
	}
	s.folds[r] = b.String()
	return s.folds[r]
}

// plain gives the letter people type for one that does not decompose.
func plain(r rune) rune {
	switch r {
	case 'ø':
		return 'o'
	case 'đ', 'ð':
		return 'd'
	case 'ł':
		return 'l'
	case 'ı':
		return 'i'
	case 'ħ':
		return 'h'
	case 'ŧ':
		return 't'
	}
	return r
}

// The kinds of words in the vocabulary, each with a first byte of its own.
const (
	kindText     = "t"
	kindQuantity = "q"
	kindUnit     = "u"
	kindBoth     = "b" // a quantity in a unit
	kindCountry  = "c"
	kindOperator = "o"
	kindLicence  = "l"
	kindResale   = "r"
	kindVerified = "v"
)

func operatorWord(id uint64) string {
	return kindOperator + string(binary.BigEndian.AppendUint64(nil, id))
}

func bothWord(quantity, unit string) string { return kindBoth + quantity + "\x00" + unit }

// tell calls add with all of an entry's words in the vocabulary, some more than once; a word is
// the speller's own until add returns, which tells whether it was a new one.
func (s *speller) tell(e *Entry, add func(word []byte) (another bool)) {
	n := 0
	for _, text := range e.Text {
		s.split(text, func(word []byte) bool {
			s.buffer = append(append(s.buffer[:0], kindText...), word...)
			if add(s.buffer) {
				n++
			}
			return n < wordsMax
		})
		if n >= wordsMax {
			break
		}
	}
	put := func(kind string, parts ...string) {
		s.buffer = append(s.buffer[:0], kind...)
		for i, p := range parts {
			if i > 0 {
				s.buffer = append(s.buffer, 0)
			}
			s.buffer = append(s.buffer, p...)
		}
		add(s.buffer)
	}
	for _, q := range e.Quantities {
		put(kindQuantity, q.Name)
		if q.Unit != "" {
			put(kindUnit, q.Unit)
			put(kindBoth, q.Name, q.Unit)
		}
	}
	if e.Place != nil && e.Place.Country != "" {
		put(kindCountry, strings.ToUpper(e.Place.Country))
	}
	if e.Licence != "" {
		put(kindLicence, e.Licence)
	}
	if e.Resale != "" {
		put(kindResale, e.Resale)
	}
	if e.Verified {
		put(kindVerified)
	}
	s.buffer = binary.BigEndian.AppendUint64(append(s.buffer[:0], kindOperator...), uint64(e.Operator))
	add(s.buffer)
}

// speller makes entries' words.
type speller struct {
	splitter
	buffer []byte
}

// words are all of an entry's in the vocabulary, sorted, each once.
func (e *Entry) words() (all []string) {
	var s speller
	s.tell(e, func(word []byte) bool {
		i, known := slices.BinarySearch(all, string(word))
		if !known {
			all = slices.Insert(all, i, string(word))
		}
		return !known
	})
	return all
}

// lexicon numbers words. It holds no pointer for each of them, so that a million cost the
// collector nothing.
type lexicon struct {
	seed  maphash.Seed
	text  []byte
	begin []uint32 // of each word in text, and of the end
	slots []uint32 // a word's number + 1, at the first free place from its hash on; 0: free
}

func newLexicon() *lexicon {
	return &lexicon{seed: maphash.MakeSeed(), begin: make([]uint32, 1), slots: make([]uint32, 1<<12)}
}

func (x *lexicon) size() int            { return len(x.begin) - 1 }
func (x *lexicon) word(n uint32) []byte { return x.text[x.begin[n]:x.begin[n+1]] }

// number gives a word's, which is new if there was none.
func (x *lexicon) number(word []byte) uint32 {
	at := x.place(word)
	if n := x.slots[at]; n > 0 {
		return n - 1
	}
	n := uint32(x.size())
	x.text = append(x.text, word...)
	x.begin = append(x.begin, uint32(len(x.text)))
	x.slots[at] = n + 1
	if 2*x.size() > len(x.slots) {
		x.slots = make([]uint32, 4*len(x.slots))
		for n := range uint32(x.size()) {
			x.slots[x.place(x.word(n))] = n + 1
		}
	}
	return n
}

// place is where a word's number stands, or will.
func (x *lexicon) place(word []byte) uint64 {
	mask := uint64(len(x.slots) - 1)
	at := maphash.Bytes(x.seed, word) & mask
	for x.slots[at] > 0 && !bytes.Equal(x.word(x.slots[at]-1), word) {
		at = (at + 1) & mask
	}
	return at
}
