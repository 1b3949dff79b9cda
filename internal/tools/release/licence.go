package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// marks are words that stand in one licence and in no other of the list.
var marks = []struct{ spdx, words string }{
	{"Apache-2.0", "apache license version 2.0"},
	{"MPL-2.0", "mozilla public license version 2.0"},
	{"EPL-2.0", "eclipse public license - v 2.0"},
	{"LGPL-3.0", "gnu lesser general public license version 3"},
	{"GPL-3.0", "gnu general public license version 3"},
	{"MIT", "permission is hereby granted, free of charge, to any person obtaining a copy of this software"},
	{"ISC", "permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted"},
	{"ISC", "permission to use, copy, modify, and distribute this software for any purpose with or without fee is hereby granted"},
	{"Unlicense", "this is free and unencumbered software released into the public domain"},
	{"CC0-1.0", "cc0 1.0 universal"},
	{"Zlib", "altered source versions must be plainly marked as such"},
}

const redistribution = "redistribution and use in source and binary forms, with or without modification, are permitted"

// endorsement is the clause that BSD-3-Clause has and BSD-2-Clause has not.
var endorsement = regexp.MustCompile(`may (not )?be used to endorse or promote products`)

// decided are modules whose terms do not follow from their files alone: what the files say
// (a change of it is noticed) and what that means.
var decided = map[string]struct{ found, means string }{
	// Files of the folders that are linked are under the Lesser GPL; COPYING, the GPL, is what that one refers to,
	// and holds by itself for the programs below cmd/, none of which is linked.
	"github.com/ethereum/go-ethereum": {"BSD-2-Clause BSD-3-Clause GPL-3.0 LGPL-3.0", "LGPL-3.0-or-later AND BSD-2-Clause AND BSD-3-Clause"},
	// Eclipse offers both; we take the Distribution License, which is the BSD licence of three clauses.
	"github.com/eclipse/paho.golang":      {"BSD-3-Clause EPL-2.0", "EPL-2.0 OR BSD-3-Clause"},
	"github.com/eclipse/paho.mqtt.golang": {"BSD-3-Clause EPL-2.0", "EPL-2.0 OR BSD-3-Clause"},
}

// inFile names the licences whose words a text has.
func inFile(text string) (found []string) {
	flat := strings.Join(strings.Fields(strings.ToLower(strings.NewReplacer("*", " ", "#", " ", "//", " ", ",", ", ").Replace(text))), " ")
	for _, m := range marks {
		words := strings.Join(strings.Fields(strings.ReplaceAll(m.words, ",", ", ")), " ")
		if strings.Contains(flat, words) || strings.Contains(strings.ReplaceAll(flat, ", ", " "), strings.ReplaceAll(words, ", ", " ")) {
			found = append(found, m.spdx)
		}
	}
	if strings.Contains(strings.ReplaceAll(flat, ", ", " "), strings.ReplaceAll(redistribution, ", ", " ")) {
		found = append(found, map[bool]string{true: "BSD-3-Clause", false: "BSD-2-Clause"}[endorsement.MatchString(flat)])
	}
	return found
}

// identify says under what terms a module is: what its files say, all of it.
func identify(m *module) (string, error) {
	if len(m.licences) == 0 {
		return "", fmt.Errorf("%s %s has no licence file: nobody may distribute it; look for its terms, or for another module", m.path, m.version)
	}
	var all []string
	for _, f := range m.licences {
		all = append(all, inFile(f.text)...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if d, ok := decided[m.path]; ok && d.found == strings.Join(all, " ") {
		return d.means, nil
	}
	if len(all) == 0 {
		return "", fmt.Errorf("%s %s: none of the licences this program knows stands in its files; read them and add the licence to marks", m.path, m.version)
	}
	for _, one := range all {
		if strings.HasPrefix(one, "GPL") || strings.HasPrefix(one, "LGPL") || strings.HasPrefix(one, "EPL") {
			return "", fmt.Errorf("%s %s is under %s: %s asks something of those who distribute the program; read it, say in NOTICE how it is met, and add the module to decided", m.path, m.version, strings.Join(all, " "), one)
		}
	}
	return strings.Join(all, " AND "), nil
}
