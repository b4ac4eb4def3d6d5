// Package trytontest runs the real Tryton server of Debian's packages for tests: a
// company that is made once and kept in the user's cache, copied for each database of a
// test. Where neither the packages nor a way to get them is there, tests are skipped
// aloud; with CI set in the environment that is a failure.
package trytontest

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

//go:embed company.py
var companyScript string

const (
	// User is the user that Tradepost is to sign in as.
	User = "tradepost"
	// Password is that of User.
	Password = "Quiet-harbor-4821"
	// Admin may do everything.
	Admin = "admin"
	// AdminPassword is that of Admin.
	AdminPassword = "Narrow-lantern-9357"
	// CompanyName is the name of the company.
	CompanyName = "Meridian Mechanical & Fire"

	// python is Debian's own: another one in PATH does not see Debian's packages.
	python = "/usr/bin/python3"
	// prepareTime is how long it may take to fetch the packages and make the company.
	prepareTime = 5 * time.Minute
)

// packages are what Debian calls what is needed.
var packages = []string{"tryton-server", "tryton-modules-account-invoice", "tryton-proteus"}

// installation is where Tryton is, and the database to copy.
type installation struct {
	// root is "" where the packages are installed, else where they were unpacked.
	root string
	seed string
}

var errNotToBeHad = errors.New("there is no Tryton here, and Debian's packages of it cannot be had")

// prepared is the one of this process.
var prepared = sync.OnceValues(prepare)

// need returns the installation, or skips the test aloud.
func need(t testing.TB) installation {
	t.Helper()
	in, err := prepared()
	switch {
	case err == nil:
		return in
	case os.Getenv("CI") == "" && errors.Is(err, errNotToBeHad):
		tellSkipped(fmt.Sprintf("%s: %v", t.Name(), err))
		t.Skipf("SKIPPED: %v", err)
	default:
		t.Fatalf("%v (apt-get install --no-install-recommends %s)", err, strings.Join(packages, " "))
	}
	return installation{}
}

// tellSkipped has tools/test.sh end with what was left out.
func tellSkipped(what string) {
	name := os.Getenv("TRADEPOST_SKIPPED_TESTS")
	if name == "" {
		return
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // named by whoever runs the tests
	if err != nil {
		return
	}
	defer f.Close()
	_, _ = fmt.Fprintln(f, what)
}

// prepare makes the company in the cache, or finds it there. Processes that come at the
// same time wait for the first.
func prepare() (installation, error) {
	dir, err := cacheDir()
	if err != nil {
		return installation{}, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // in our own directory
	if err != nil {
		return installation{}, fmt.Errorf("lock the cache of Tryton: %w", err)
	}
	defer lock.Close() // Which ends the lock.
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return installation{}, fmt.Errorf("lock the cache of Tryton: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), prepareTime)
	defer cancel()
	in := installation{seed: filepath.Join(dir, "seed.sqlite")}
	if !installed() {
		in.root = filepath.Join(dir, "root")
		if err := unpack(ctx, dir, in.root); err != nil {
			return installation{}, err
		}
	}
	if _, err := os.Stat(in.seed); !errors.Is(err, fs.ErrNotExist) {
		return in, err
	}
	return in, makeSeed(ctx, in)
}

// cacheDir is the directory for this version of the company.
func cacheDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		base = os.TempDir() // A machine without a home directory.
	}
	sum := sha256.Sum256([]byte(companyScript + passwords))
	dir := filepath.Join(base, "tradepost", "tryton-"+hex.EncodeToString(sum[:6]))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the cache of Tryton: %w", err)
	}
	return dir, nil
}

// installed tells whether Debian's packages are there.
func installed() bool {
	for _, path := range []string{
		"/usr/bin/trytond", "/usr/lib/python3/dist-packages/trytond/modules/account_invoice", "/usr/lib/python3/dist-packages/proteus",
	} {
		if _, err := os.Stat(path); err != nil {
			return false
		}
	}
	return true
}

// unpack downloads the packages and unpacks them, which needs no rights.
func unpack(ctx context.Context, dir, root string) error {
	if _, err := os.Stat(root); err == nil {
		return nil
	}
	debs, unpacked := filepath.Join(dir, "debs"), root+".new"
	if err := errors.Join(os.RemoveAll(debs), os.RemoveAll(unpacked), os.MkdirAll(debs, 0o700)); err != nil {
		return fmt.Errorf("make room for Tryton: %w", err)
	}
	// Only what is missing here: the rest of Python is Debian's own.
	script := `set -e; for p in $(apt-get install -s --no-install-recommends "$@" | awk '/^Inst/{print $2}'); do apt-get download -q "$p"; done
ls *.deb; for d in *.deb; do dpkg -x "$d" "$UNPACKED"; done`
	cmd := exec.CommandContext(ctx, "bash", append([]string{"-c", script, "fetch"}, packages...)...) //nolint:gosec // fixed arguments
	cmd.Dir, cmd.Env = debs, append(os.Environ(), "UNPACKED="+unpacked)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %w: %s", errNotToBeHad, err, tail(out))
	}
	return os.Rename(unpacked, root)
}

// makeSeed makes the database of the company.
func makeSeed(ctx context.Context, in installation) error {
	work, err := os.MkdirTemp(filepath.Dir(in.seed), "making")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	script, config := filepath.Join(work, "company.py"), filepath.Join(work, "trytond.conf")
	err = errors.Join(
		os.WriteFile(script, []byte(companyScript), 0o600),
		writeConfig(config, work, ""),
		os.WriteFile(filepath.Join(work, "pass"), []byte(AdminPassword), 0o600),
		os.WriteFile(filepath.Join(work, "seed.sqlite"), nil, 0o600),
	)
	if err != nil {
		return err
	}
	for _, args := range [][]string{
		{in.program("trytond-admin"), "-c", config, "-d", "seed", "--all", "--email", "admin@example.com"},
		{script, config, "seed"},
	} {
		cmd := in.python(ctx, args...)
		cmd.Env = append(cmd.Env, "TRYTONPASSFILE="+filepath.Join(work, "pass"), "USER_PASSWORD="+Password)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("make the company of Tryton: %w: %s", err, tail(out))
		}
	}
	return os.Rename(filepath.Join(work, "seed.sqlite"), in.seed)
}

func (in installation) program(name string) string { return in.root + "/usr/bin/" + name }

// python runs Debian's Python, which finds Tryton where it is.
func (in installation) python(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, python, args...) //nolint:gosec // programs of the installation
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "PYTHONWARNINGS=ignore", "PYTHONPATH=")
	if in.root != "" {
		cmd.Env = append(cmd.Env, "PYTHONPATH="+in.root+"/usr/lib/python3/dist-packages")
	}
	return cmd
}

func tail(out []byte) string { return string(out[max(0, len(out)-2000):]) }

// passwords makes signing in quick: what tests sign in with needs no protection.
const passwords = "[passlib]\nschemes = pbkdf2_sha512\npbkdf2_sha512__default_rounds = 1\n"

// writeConfig writes the configuration of a server, or of what prepares its databases.
func writeConfig(file, databases, listen string) error {
	policy := filepath.Join(databases, "passlib.conf")
	config := "[database]\nuri = sqlite://\npath = " + databases + "\n[session]\ntimeout = 3600\n[password]\npasslib = " + policy + "\n"
	if listen != "" {
		config += "[web]\nlisten = " + listen + "\n"
	}
	return errors.Join(os.WriteFile(policy, []byte(passwords), 0o600), os.WriteFile(file, []byte(config), 0o600))
}
