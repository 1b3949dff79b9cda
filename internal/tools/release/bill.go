package main

import (
	"cmp"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// billName is the bill of materials' file: CycloneDX 1.6, one for all targets.
const billName = "dbdao-bridge.cdx.json"

type component struct {
	Type       string         `json:"type"`
	Ref        string         `json:"bom-ref,omitempty"`
	Name       string         `json:"name"`
	Version    string         `json:"version,omitempty"`
	PURL       string         `json:"purl,omitempty"`
	Licences   []licenceEntry `json:"licenses,omitempty"`
	Properties []property     `json:"properties,omitempty"`
}

type licenceEntry struct {
	Expression string `json:"expression"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// writeBill writes what the binaries themselves say they are made of, with the terms of
// each module. A module the binaries name and NOTICE does not is an error.
func (r *release) writeBill(staging string) error {
	known := map[string]module{}
	for _, m := range r.modules {
		known[m.path+" "+m.version] = m
	}
	in, sums := map[string]map[string]bool{}, map[string]string{}
	note := func(path, version, sum, program string) {
		k := path + " " + version
		if in[k] == nil {
			in[k] = map[string]bool{}
		}
		in[k][program], sums[k] = true, cmp.Or(sums[k], sum)
	}
	for _, t := range r.targets {
		for _, p := range programs {
			info, err := buildinfo.ReadFile(filepath.Join(staging, t.name, p))
			if err != nil {
				return fmt.Errorf("what %s for %s is made of: %w", p, t.name, err)
			}
			note(standard, strings.TrimPrefix(info.GoVersion, "go"), "", p)
			for _, d := range info.Deps {
				note(d.Path, d.Version, d.Sum, p)
			}
		}
	}
	components := []component{}
	for _, k := range slices.Sorted(maps.Keys(in)) {
		m, ok := known[k]
		if !ok {
			return fmt.Errorf("%s is linked, and its terms were not read", k)
		}
		purl := "pkg:golang/" + m.path + "@" + m.version
		c := component{Type: "library", Ref: purl, Name: m.path, Version: m.version, PURL: purl, Licences: []licenceEntry{{m.spdx}}}
		for _, p := range slices.Sorted(maps.Keys(in[k])) {
			c.Properties = append(c.Properties, property{"dbdao:linked_into", p})
		}
		if sums[k] != "" {
			c.Properties = append(c.Properties, property{"golang:sum", sums[k]})
		}
		components = append(components, c)
	}
	self := component{Type: "application", Ref: "dbdao-bridge", Name: "dbdao-bridge", Version: r.version, Licences: []licenceEntry{{"MIT"}}}
	refs := []string{}
	for _, c := range components {
		refs = append(refs, c.Ref)
	}
	bill := map[string]any{
		"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
		"metadata":   map[string]any{"timestamp": r.epoch.Format(time.RFC3339), "component": self},
		"components": components, "dependencies": []any{map[string]any{"ref": self.Ref, "dependsOn": refs}},
	}
	bare, err := json.Marshal(bill)
	if err != nil {
		return err
	}
	h := sha256.Sum256(bare)
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80 // a UUID of version 8: made from the content, so that it is the same again
	bill["serialNumber"] = fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
	b, err := json.MarshalIndent(bill, "", "  ")
	if err != nil {
		return err
	}
	b = append(b, '\n')
	if err := os.WriteFile(filepath.Join(staging, billName), b, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.out, "dbdao-bridge_"+r.version+".cdx.json"), b, 0o644)
}
