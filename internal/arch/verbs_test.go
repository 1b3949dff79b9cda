package arch

import (
	"go/ast"
	"strings"
	"testing"
)

// The glossary's settlement is a transaction: nothing else is settled, neither a line of the
// courier, nor a connection, nor the ledger's recent changes.
func TestOnlyClaimsAreSettled(t *testing.T) {
	inTree(t, func(at string, f *ast.File, _ []byte) {
		courier := strings.HasPrefix(at, "delivery/")
		if !courier && !strings.HasPrefix(at, "ledger/") {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if strings.HasPrefix(n.Name.Name, "settle") && n.Name.Name != "settlements" {
					t.Errorf("%s: %s settles no claim: say what it does", at, n.Name.Name)
				}
			case *ast.Ident:
				if courier && n.Name == "settled" {
					t.Errorf("%s: settled is said of claims alone", at)
				}
			}
			return true
		})
	})
}

// In ledger and delivery to seal is to encrypt, and what is opened is a file, a sink or a connection:
// a value with a checksum is encoded and decoded.
func TestOnlyWhatIsEncryptedIsSealed(t *testing.T) {
	inTree(t, func(at string, f *ast.File, text []byte) {
		dir, _, _ := strings.Cut(at, "/")
		if dir != "ledger" && dir != "delivery" || strings.HasSuffix(at, "_test.go") {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			fn, ok := n.(*ast.FuncDecl)
			if !ok {
				return true
			}
			body := string(text[fn.Pos()-f.FileStart : fn.End()-f.FileStart])
			name := strings.ToLower(fn.Name.Name)
			if strings.Contains(name, "seal") && !strings.Contains(body, "aead.") {
				t.Errorf("%s: %s encrypts nothing: encode", at, fn.Name.Name)
			}
			if strings.HasPrefix(fn.Name.Name, "open") && strings.Contains(body, "decode(") {
				t.Errorf("%s: %s decodes a value", at, fn.Name.Name)
			}
			return true
		})
	})
}
