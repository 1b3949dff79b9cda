package packaging

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// inImage walks the layout as a registry's client does: from index.json down, every blob by
// its digest. It shares no code with what wrote it.
func inImage(t *testing.T, path, version string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	files := untar(t, f)
	type descriptor struct {
		MediaType, Digest string
		Size              int
		Platform          struct{ Architecture, OS, Variant string }
	}
	get := func(d descriptor) []byte {
		t.Helper()
		blob := files["blobs/"+strings.Replace(d.Digest, ":", "/", 1)].data
		sum := sha256.Sum256(blob)
		if d.Digest != "sha256:"+hex.EncodeToString(sum[:]) || d.Size != len(blob) {
			t.Fatalf("%s: %d bytes of another digest", d.Digest, len(blob))
		}
		return blob
	}
	read := func(from []byte, into any) {
		t.Helper()
		if err := json.Unmarshal(from, into); err != nil {
			t.Fatal(err)
		}
	}
	var index, inner struct{ Manifests []descriptor }
	read(files["index.json"].data, &index)
	if len(index.Manifests) != 1 {
		t.Fatalf("%d images in the layout", len(index.Manifests))
	}
	read(get(index.Manifests[0]), &inner)
	seen := map[string]bool{}
	for _, m := range inner.Manifests {
		seen[m.Platform.OS+"/"+m.Platform.Architecture+"/"+m.Platform.Variant] = true
		var manifest struct {
			Config descriptor
			Layers []descriptor
		}
		read(get(m), &manifest)
		var config struct {
			Architecture string
			Config       struct {
				User       string
				Entrypoint []string
				Labels     map[string]string
			}
			RootFS struct {
				DiffIDs []string `json:"diff_ids"`
			}
		}
		read(get(manifest.Config), &config)
		if config.Architecture != m.Platform.Architecture || config.Config.User != "65532:65532" || config.Config.Labels["org.opencontainers.image.version"] != version {
			t.Errorf("%s: configuration %+v", m.Platform.Architecture, config)
		}
		if len(manifest.Layers) != 1 || len(config.RootFS.DiffIDs) != 1 {
			t.Fatalf("%d layers", len(manifest.Layers))
		}
		z, err := gzip.NewReader(bytes.NewReader(get(manifest.Layers[0])))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(plain); config.RootFS.DiffIDs[0] != "sha256:"+hex.EncodeToString(sum[:]) {
			t.Errorf("%s: the layer is not the one its configuration names", m.Platform.Architecture)
		}
		inLayer(t, untar(t, bytes.NewReader(plain)), config.Config.Entrypoint[0], m.Platform.Architecture, version)
	}
	for _, want := range []string{"linux/amd64/", "linux/arm64/v8", "linux/arm/v7"} {
		if !seen[want] {
			t.Errorf("no image for %s", want)
		}
	}
}

func inLayer(t *testing.T, layer map[string]member, entry, arch, version string) {
	t.Helper()
	program := layer[strings.TrimPrefix(entry, "/")]
	if program.mode != 0o755 || len(program.data) < 1<<20 {
		t.Errorf("%s: %s has the mode %o and %d bytes", arch, entry, program.mode, len(program.data))
	}
	if arch == "amd64" {
		path := filepath.Join(t.TempDir(), "program")
		if err := os.WriteFile(path, program.data, 0o755); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(path, "version").CombinedOutput(); err != nil || !strings.Contains(string(out), version) {
			t.Errorf("the image's program: %v %s", err, out)
		}
	}
	if roots := layer["etc/ssl/certs/ca-certificates.crt"]; !x509.NewCertPool().AppendCertsFromPEM(roots.data) || bytes.Count(roots.data, []byte("BEGIN CERTIFICATE")) < 100 {
		t.Errorf("%s: no roots of trust", arch)
	}
	if data := layer["var/lib/dbdao-bridge/"]; data.uid != 65532 || data.mode != 0o700 {
		t.Errorf("%s: the folder for data is %d's, mode %o", arch, data.uid, data.mode)
	}
	for name := range layer {
		if strings.Contains(name, "bin/sh") {
			t.Errorf("%s holds a shell: %s", arch, name)
		}
	}
}

type member struct {
	mode int64
	uid  int
	data []byte
}

func untar(t *testing.T, r io.Reader) map[string]member {
	t.Helper()
	all := map[string]member{}
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := all[h.Name]; twice {
			t.Errorf("%s stands twice in the archive", h.Name)
		}
		all[h.Name] = member{h.Mode, h.Uid, data}
	}
}
