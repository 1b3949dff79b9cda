package catalogue

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// wholly splits a text that is folded as a whole, as Unicode says.
func wholly(text string) (all []string) {
	var word []rune
	end := func() {
		if len(word) > 0 {
			all = append(all, string(word[:min(len(word), 32)]))
			word = nil
		}
	}
	for _, r := range norm.NFKD.String(cases.Fold().String(norm.NFKD.String(text))) {
		switch {
		case unicode.In(r, unicode.M, unicode.Cf):
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
			end()
			all = append(all, string(r))
		case unicode.IsLetter(r), unicode.IsNumber(r):
			if i := slices.Index([]rune("øđðłıħŧ"), r); i >= 0 {
				r = []rune("oddliht")[i]
			}
			word = append(word, r)
		default:
			end()
		}
	}
	end()
	return all
}

// Words are folded a rune at a time: no neighbour of a rune may change what it becomes.
func TestFoldingRunesOneByOneIsFoldingTheText(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if r > 0x2000 && r%61 > 0 && (r < 0xf900 || r > 0xffff) && os.Getenv("DBDAO_LONG") == "" {
			continue
		}
		if text := "ab" + string(r) + "Ω1"; !slices.Equal(Words(text), wholly(text)) {
			t.Fatalf("%U: %q, want %q", r, Words(text), wholly(text))
		}
	}
	rnd := rand.New(rand.NewPCG(5, 6))
	var s splitter
	for range 2_000 {
		text := make([]rune, 1+rnd.IntN(50))
		for i := range text {
			text[i] = rune(rnd.IntN([]int{0x80, 0x250, 0x3000, 0x20000}[rnd.IntN(4)]))
			if rnd.IntN(4) == 0 {
				text[i] = []rune{0x301, 0x345, 0x327, 'ᾳ', 'ς', 'ΐ', '각', 'ㄱ', 'İ', 'ı', 'ﷺ'}[rnd.IntN(11)]
			}
		}
		var got []string
		s.split(string(text), func(w []byte) bool { got = append(got, string(w)); return true })
		if want := wholly(string(text)); !slices.Equal(got, want) {
			t.Fatalf("%q: %q, want %q", string(text), got, want)
		}
	}
}
