package catalogue

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode"

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
func Words(text string) []string {
	var all []string
	var word []rune
	if simple(text) {
		for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
			all = append(all, w[:min(len(w), wordMax)])
		}
		return all
	}
	end := func() {
		if len(word) > 0 {
			all = append(all, string(word[:min(len(word), wordMax)]))
			word = word[:0]
		}
	}
	for _, r := range norm.NFKD.String(cases.Fold().String(norm.NFKD.String(text))) {
		switch {
		case r >= 'a' && r <= 'z':
			word = append(word, r)
		case unicode.In(r, unicode.Mn, unicode.Cf):
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
			end()
			word = append(word, r)
			end()
		case unicode.IsLetter(r), unicode.IsNumber(r):
			word = append(word, plain(r))
		default:
			end()
		}
	}
	end()
	return all
}

// simple tells that a text is of ASCII, whose words need no tables.
func simple(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
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

// words are all of an entry's in the vocabulary, sorted, each once.
func (e *Entry) words() []string {
	all := make([]string, 0, 32)
	for _, text := range e.Text {
		for _, w := range Words(text) {
			if w = kindText + w; len(all) < wordsMax && !slices.Contains(all, w) {
				all = append(all, w)
			}
		}
	}
	for _, q := range e.Quantities {
		all = append(all, kindQuantity+q.Name)
		if q.Unit != "" {
			all = append(all, kindUnit+q.Unit, bothWord(q.Name, q.Unit))
		}
	}
	if e.Place != nil && e.Place.Country != "" {
		all = append(all, kindCountry+strings.ToUpper(e.Place.Country))
	}
	if e.Licence != "" {
		all = append(all, kindLicence+e.Licence)
	}
	if e.Resale != "" {
		all = append(all, kindResale+e.Resale)
	}
	if e.Verified {
		all = append(all, kindVerified)
	}
	all = append(all, operatorWord(uint64(e.Operator)))
	slices.Sort(all)
	return slices.Compact(all)
}
