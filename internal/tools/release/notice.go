package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const preface = `dbdao-bridge and hardware-sim
Copyright (c) 2026 DataBroker DAO. Under the MIT licence: see LICENSE.

The programs contain parts of the Go modules below, which are others' and under their own
terms. All terms stand in this file. It is generated: go run ./internal/tools/release notice.

What some of these terms grant you, and how
-------------------------------------------

go-ethereum (github.com/ethereum/go-ethereum) is used as a library under the GNU Lesser
General Public License, version 3 or, at your option, any later one. Its text and that of the
GNU General Public License, which it refers to, stand below. You may replace the library by a
version you changed: the source of the programs is published under the MIT licence, go.mod
names the version of every module, and

    go mod edit -replace github.com/ethereum/go-ethereum=../your-go-ethereum
    go run ./internal/tools/release build

makes the programs and packages with yours in it. Debugging of your changes and reverse
engineering for it are permitted. go-ethereum's own source is what the Go module proxy serves under the version named below.

The Eclipse Paho clients (github.com/eclipse/paho.golang, github.com/eclipse/paho.mqtt.golang)
are offered under the Eclipse Public License 2.0 or the Eclipse Distribution License 1.0. The programs
contain them unchanged, under the Eclipse Distribution License; their source is what the Go
module proxy serves under the versions named below.

Modules under the Mozilla Public License, if any stand below, are contained unchanged; their source is
what the Go module proxy serves under the versions named.

The container image also holds the certificates of authorities that Mozilla's programs trust
(Mozilla Public License 2.0), as the module golang.org/x/crypto/x509roots/fallback has them.

`

// notice writes the file that goes with every binary: each module with its terms, and each
// text once, with whose it is.
func notice(root string) ([]byte, error) {
	all, err := linked(root)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(preface)
	b.WriteString("Modules\n-------\n\n")
	whose := map[string][]string{} // text → module and file
	for _, m := range all {
		version := m.version
		if m.path == standard {
			version = "of Go" // whoever builds chooses which; its terms are the same
		}
		fmt.Fprintf(&b, "%s %s (%s)\n", m.path, version, m.spdx)
		for _, f := range m.licences {
			whose[f.text] = append(whose[f.text], m.path+" "+f.name)
		}
	}
	texts := slices.SortedFunc(maps.Keys(whose), func(a, b string) int { return cmp.Compare(whose[a][0], whose[b][0]) })
	for _, text := range texts {
		fmt.Fprintf(&b, "\n%s\n%s\n%s\n\n%s", strings.Repeat("=", 80), strings.Join(whose[text], "\n"), strings.Repeat("-", 80), text)
	}
	return b.Bytes(), nil
}
