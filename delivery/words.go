package delivery

import "strings"

// Words are what the buyer's own server said of a refusal, in a frame of its protocol that
// is made for that, as far as it may be shown: one line of printable ASCII, at most 160
// bytes, and nothing at all if a secret of the configuration stands in it.
func Words(text string, secrets ...Secret) string {
	for _, s := range secrets {
		if s != "" && strings.Contains(text, string(s)) {
			return ""
		}
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < ' ' || r > '~':
			return -1
		}
		return r
	}, text)
	text = strings.TrimSpace(text)
	return text[:min(len(text), 160)]
}

// Saying adds the other side's words to a sentence, if there are any.
func Saying(sentence, words string) string {
	if words == "" {
		return sentence
	}
	return sentence + ": " + words
}
