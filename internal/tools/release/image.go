package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// nobody is the account inside the image: the number that distroless images use too.
const nobody = 65532

// descriptor is OCI's: what points to a blob.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Platform    *platform         `json:"platform,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type platform struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
	Variant      string `json:"variant,omitempty"`
}

// layout is an OCI image layout (image-spec 1.1) that grows in an archive.
type layout struct {
	tar archiver
	has map[string]bool
}

func (l *layout) blob(mediaType string, data []byte) descriptor {
	sum := sha256.Sum256(data)
	digest := hex.EncodeToString(sum[:])
	if !l.has[digest] {
		l.has[digest] = true
		l.tar.bytes("blobs/sha256/"+digest, 0o644, data)
	}
	return descriptor{MediaType: mediaType, Digest: "sha256:" + digest, Size: len(data)}
}

func (l *layout) json(mediaType string, v any) (descriptor, error) {
	b, err := json.Marshal(v)
	return l.blob(mediaType, b), err
}

// writeImage writes one image for all targets, as a layout that podman, skopeo, docker and
// containerd load from the file. No daemon is asked.
func (r *release) writeImage(staging string) error {
	roots, err := trusted(r.root)
	if err != nil {
		return err
	}
	l := &layout{has: map[string]bool{}}
	var manifests []descriptor
	for _, t := range r.targets {
		d, err := r.platformImage(l, t, staging, roots)
		if err != nil {
			return fmt.Errorf("image for %s: %w", t.name, err)
		}
		manifests = append(manifests, d)
	}
	index, err := l.json("application/vnd.oci.image.index.v1+json", map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": manifests, "annotations": r.labels()})
	if err != nil {
		return err
	}
	index.Annotations = map[string]string{"org.opencontainers.image.ref.name": r.version, "io.containerd.image.name": "dbdao-bridge:" + r.version}
	outer, err := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []descriptor{index}})
	if err != nil {
		return err
	}
	l.tar.bytes("index.json", 0o644, outer)
	l.tar.bytes("oci-layout", 0o644, []byte(`{"imageLayoutVersion":"1.0.0"}`))
	l.tar.folder("blobs", 0o755, 0)
	l.tar.folder("blobs/sha256", 0o755, 0)
	return l.tar.write(filepath.Join(r.out, "dbdao-bridge_"+r.version+"_oci.tar"), false, r.epoch)
}

func (r *release) labels() map[string]string {
	return map[string]string{
		"org.opencontainers.image.title":       "dbdao-bridge",
		"org.opencontainers.image.version":     r.version,
		"org.opencontainers.image.created":     r.epoch.Format(time.RFC3339),
		"org.opencontainers.image.licenses":    "MIT",
		"org.opencontainers.image.description": "Sells the readings of LoRaWAN sensors to those who bought them on Ethereum",
	}
}

// platformImage makes one target's image: a single layer with the programs, the roots of
// trust, the notices, and a folder for data, owned by an account that is not root.
func (r *release) platformImage(l *layout, t target, staging string, roots []byte) (descriptor, error) {
	var files archiver
	for _, dir := range []string{"etc", "etc/ssl", "etc/ssl/certs", "usr", "usr/bin", "usr/share", "usr/share/doc", "usr/share/doc/dbdao-bridge", "var", "var/lib"} {
		files.folder(dir, 0o755, 0)
	}
	files.folder("etc/dbdao-bridge", 0o750, nobody)
	files.folder("var/lib/dbdao-bridge", 0o700, nobody)
	files.folder("tmp", 0o1777, 0)
	for _, p := range programs {
		files.file("usr/bin/"+p, 0o755, filepath.Join(staging, t.name, p))
	}
	files.bytes("etc/ssl/certs/ca-certificates.crt", 0o644, roots)
	files.bytes("etc/passwd", 0o644, fmt.Appendf(nil, "root:x:0:0:root:/:/nonexistent\ndbdao-bridge:x:%d:%d:dbdao-bridge:/var/lib/dbdao-bridge:/nonexistent\n", nobody, nobody))
	files.bytes("etc/group", 0o644, fmt.Appendf(nil, "root:x:0:\ndbdao-bridge:x:%d:\n", nobody))
	for _, f := range []string{"LICENSE", "NOTICE"} {
		files.file("usr/share/doc/dbdao-bridge/"+f, 0o644, filepath.Join(r.root, f))
	}
	files.file("usr/share/doc/dbdao-bridge/"+billName, 0o644, filepath.Join(staging, billName))
	var plain, zipped bytes.Buffer
	if err := files.pour(&plain, false, r.epoch); err != nil {
		return descriptor{}, err
	}
	if err := files.pour(&zipped, true, r.epoch); err != nil {
		return descriptor{}, err
	}
	diff := sha256.Sum256(plain.Bytes())
	layer := l.blob("application/vnd.oci.image.layer.v1.tar+gzip", zipped.Bytes())
	p := platform{Architecture: t.goarch, OS: "linux", Variant: t.variant}
	config, err := l.json("application/vnd.oci.image.config.v1+json", map[string]any{
		"created": r.epoch.Format(time.RFC3339), "architecture": p.Architecture, "os": p.OS, "variant": p.Variant,
		"config": map[string]any{
			"User":         fmt.Sprintf("%d:%d", nobody, nobody),
			"Env":          []string{"PATH=/usr/bin"},
			"Entrypoint":   []string{"/usr/bin/dbdao-bridge"},
			"Cmd":          []string{"run", "-c", "/etc/dbdao-bridge/dbdao-bridge.toml"},
			"WorkingDir":   "/var/lib/dbdao-bridge",
			"Volumes":      map[string]any{"/var/lib/dbdao-bridge": map[string]any{}},
			"ExposedPorts": map[string]any{"8180/tcp": map[string]any{}},
			"StopSignal":   "SIGTERM",
			"Labels":       r.labels(),
		},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + hex.EncodeToString(diff[:])}},
		"history": []map[string]any{{"created": r.epoch.Format(time.RFC3339), "created_by": "go run ./internal/tools/release build"}},
	})
	if err != nil {
		return descriptor{}, err
	}
	manifest, err := l.json("application/vnd.oci.image.manifest.v1+json", map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": []descriptor{layer}, "annotations": r.labels()})
	manifest.Platform = &p
	return manifest, err
}

// rootsModule has the certificates that Mozilla's programs trust, in DER, one after the
// other. The version is part of what makes the image: a newer one is taken by hand.
const rootsModule = "golang.org/x/crypto/x509roots/fallback@v0.0.0-20261030153154-30a33513ff6d"

// trusted writes them as PEM, as the Go programs in the image look for them.
func trusted(root string) ([]byte, error) {
	c := exec.Command("go", "mod", "download", "-json", rootsModule)
	c.Dir = root
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w\n%s", rootsModule, err, out)
	}
	var m struct{ Dir string }
	if err := json.Unmarshal(out, &m); err != nil {
		return nil, fmt.Errorf("fetch %s: %w", rootsModule, err)
	}
	der, err := os.ReadFile(filepath.Join(m.Dir, "bundle", "bundle.der"))
	if err != nil {
		return nil, err
	}
	all, err := x509.ParseCertificates(der)
	if err != nil || len(all) < 100 {
		return nil, fmt.Errorf("%s holds %d certificates: %w", rootsModule, len(all), err)
	}
	var b bytes.Buffer
	for _, c := range all {
		fmt.Fprintf(&b, "# %s\n", strings.ReplaceAll(c.Subject.String(), "\n", " "))
		if err := pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}
