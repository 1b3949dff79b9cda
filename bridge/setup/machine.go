package setup

import (
	"context"
	"errors"
	"fmt"
	"github.com/databrokerdao/dbdao-bridge/internal/secrets"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Where things are on a machine that was set up from packages.
const (
	ChirpStackFile = "/etc/chirpstack/chirpstack.toml"
	Unit           = "dbdao-bridge.service"
	Account        = "dbdao-bridge" // the unit runs as
	configDir      = "/etc/dbdao-bridge"
	dataDir        = "/var/lib/dbdao-bridge"
)

// Folders are where configuration and ledger go by default: those of the package for root and for
// who may write there, else folders of the caller's own.
func Folders() (config, data string) {
	if mayWrite(configDir) && mayWrite(dataDir) {
		return configDir, dataDir
	}
	own, err := os.UserConfigDir()
	if err != nil {
		own = "."
	}
	config = filepath.Join(own, "dbdao-bridge")
	return config, filepath.Join(config, "data")
}

// mayWrite tells whether the caller may write into a folder, or make it.
func mayWrite(dir string) bool { return os.Geteuid() == 0 || writable(dir) == nil }

// writable makes a file in a folder for a moment.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".try")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// MakeFolder makes a folder that is its owner's alone, unless there is one, and sees whether files can be made in it.
func MakeFolder(dir string) error {
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		err = writable(dir)
	}
	if err != nil {
		return fmt.Errorf("%w: name a folder you may write to, or run this as root or as the account %s", err, Account)
	}
	return nil
}

// Listens tells whether something takes connections at an address of this machine.
func Listens(ctx context.Context, addr string) bool {
	d := net.Dialer{Timeout: time.Second}
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	return c.Close() == nil
}

// HasUnit tells whether the service manager knows the bridge.
func HasUnit() bool {
	for _, dir := range []string{"/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"} {
		if _, err := os.Stat(filepath.Join(dir, Unit)); err == nil {
			return true
		}
	}
	return false
}

// Simulator is where hardware-sim is: beside this program, or where programs are; "" if nowhere.
func Simulator() string {
	if own, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(own), "hardware-sim")
		if s, err := os.Stat(beside); err == nil && s.Mode().IsRegular() {
			return beside
		}
	}
	path, err := exec.LookPath("hardware-sim")
	if err != nil {
		return ""
	}
	return path
}

// GiveToService gives files and folders to the account the unit runs as, if root made them and
// there is one: it must read its keys. A folder is given with what is in it. The name of the
// account, or "" if nothing was to be given.
func GiveToService(paths ...string) (string, error) {
	if os.Geteuid() != 0 {
		return "", nil
	}
	u, err := user.Lookup(Account)
	var none user.UnknownUserError
	if errors.As(err, &none) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look for the account %s: %w", Account, err)
	}
	uid, uerr := strconv.Atoi(u.Uid)
	gid, gerr := strconv.Atoi(u.Gid)
	if err := errors.Join(uerr, gerr); err != nil {
		return "", fmt.Errorf("read the account %s: %w", Account, err)
	}
	for _, p := range paths {
		err := filepath.WalkDir(p, func(path string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Lchown(path, uid, gid)
		})
		if err != nil {
			return "", fmt.Errorf("give %s to the account %s: %w", p, Account, err)
		}
	}
	return Account, nil
}

// Save writes a file that its owner alone may read and write, whole or not at all.
func Save(file, text string) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".new-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	defer os.Remove(f.Name()) // gone already if all went well
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	if old, serr := os.Stat(file); err == nil && serr == nil {
		err = keepOwner(f, old)
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err == nil {
		err = secrets.Named(file)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return nil
}

// keepOwner gives a new file the mode and, for root, the owner of the one it replaces.
func keepOwner(f *os.File, old fs.FileInfo) error {
	if err := f.Chmod(old.Mode().Perm()); err != nil {
		return err
	}
	if s, ok := old.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		return f.Chown(int(s.Uid), int(s.Gid))
	}
	return nil
}
