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
