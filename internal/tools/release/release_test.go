package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write NOTICE again")

// H10: whoever distributes the programs must hand the terms of all they contain along.
func TestNoticeNamesAllThatIsLinked(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	want, err := notice(root)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, "NOTICE")
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("NOTICE is not what the modules' files say: go run ./internal/tools/release notice")
	}
	for _, words := range []string{
		"github.com/ethereum/go-ethereum v", "LGPL-3.0-or-later", "This version of the GNU Lesser General Public License incorporates", "GNU GENERAL PUBLIC LICENSE",
		"github.com/eclipse/paho.golang v", "Eclipse Distribution License - v 1.0", "Eclipse Public License - v 2.0",
		"modernc.org/libquickjs v", "Fabrice Bellard", "\nstd ", "The Go Authors",
	} {
		if !strings.Contains(string(got), words) {
			t.Errorf("NOTICE lacks %q", words)
		}
	}
	if bytes.Contains(got, []byte(root)) {
		t.Error("NOTICE names a folder of this machine")
	}
}

func TestLicencesAreToldByTheirWords(t *testing.T) {
	for text, want := range map[string]string{
		"Permission is hereby granted, free of charge, to any person obtaining a copy\nof this software and":                                                                             "MIT",
		"                                 Apache License\n                           Version 2.0, January 2004":                                                                          "Apache-2.0",
		"Redistribution and use in source and binary forms, with or without\nmodification, are permitted provided":                                                                       "BSD-2-Clause",
		"// Redistribution and use in source and binary forms, with or without\n// modification, are permitted provided\n// contributors may be used to endorse or\n// promote products": "BSD-3-Clause",
		"Mozilla Public License Version 2.0": "MPL-2.0",
		"All rights reserved.":               "",
	} {
		if got := strings.Join(inFile(text), " "); got != want {
			t.Errorf("%q is taken for %q, want %q", text, got, want)
		}
	}
	gpl := module{path: "example.com/strict", version: "v1.0.0", licences: []licenceFile{{"COPYING", "GNU General Public License\nVersion 3"}}}
	if _, err := identify(&gpl); err == nil || !strings.Contains(err.Error(), "GPL-3.0") {
		t.Errorf("a module under the GPL is linked without a word: %v", err)
	}
	if _, err := identify(&module{path: "example.com/none"}); err == nil {
		t.Error("a module without terms is linked without a word")
	}
}
