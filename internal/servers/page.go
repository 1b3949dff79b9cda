package servers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Page gives the blocks of one kind (sh, nginx …) below a heading of a document, as an
// operator copies them.
func Page(t testing.TB, document, heading, kind string) (blocks []string) {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", document))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("docs/%s has no %q", document, heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	for {
		_, rest, found := strings.Cut(section, "\n```"+kind+"\n")
		if !found {
			break
		}
		block, after, _ := strings.Cut(rest, "\n```")
		blocks, section = append(blocks, block+"\n"), after
	}
	if len(blocks) == 0 {
		t.Fatalf("docs/%s, %s, has no block of %s", document, heading, kind)
	}
	return blocks
}
