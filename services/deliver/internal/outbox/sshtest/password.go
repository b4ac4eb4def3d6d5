package sshtest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// password is what lets the user of WithPassword in.
const password = "correct horse battery"

// WithPassword starts a server that takes a password, and nothing else. The server looks
// passwords up in /etc/shadow: it is started where it sees another one, which only root can
// do.
func WithPassword(t testing.TB) *Server {
	t.Helper()
	return withPassword(t, "PasswordAuthentication yes", "KbdInteractiveAuthentication no")
}

// WithQuestion starts a server that asks for the password (keyboard-interactive), as many
// do that have PAM.
func WithQuestion(t testing.TB) *Server {
	t.Helper()
	return withPassword(t, "UsePAM yes", "PasswordAuthentication no", "KbdInteractiveAuthentication yes")
}

func withPassword(t testing.TB, how ...string) *Server {
	t.Helper()
	s := prepare(t)
	if os.Getuid() != 0 {
		t.Skip("SKIPPED, AND NOTHING SHOWS THAT A PASSWORD LETS IN: only root can start an SSH server with passwords of its own")
	}
	if out, err := exec.Command("unshare", "--mount", "true").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED, AND NOTHING SHOWS THAT A PASSWORD LETS IN: no file systems can be mounted for the SSH server alone: %v %s", err, out)
	}
	shadow := filepath.Join(s.Dir, "shadow")
	require.NoError(t, os.WriteFile(shadow, []byte(s.User+":"+hashed(t)+":19000:0:99999:7:::\nsshd:*:19000:0:99999:7:::\n"), 0o600))
	s.Password = password
	// exec keeps it one process, which Stop ends.
	s.program = []string{"unshare", "--mount", "sh", "-c", `mount --bind "$0" /etc/shadow && exec "$@"`, shadow, s.program[0]}
	s.begin(append(how, "PubkeyAuthentication no", "PermitRootLogin yes")...)
	return s
}

// hashed is the password as /etc/shadow has it.
func hashed(t testing.TB) string {
	t.Helper()
	c := exec.Command("openssl", "passwd", "-6", "-stdin")
	c.Stdin = bytes.NewBufferString(password)
	out, err := c.Output()
	if err != nil {
		t.Skipf("SKIPPED, AND NOTHING SHOWS THAT A PASSWORD LETS IN: openssl cannot make a password's hash: %v", err)
	}
	return strings.TrimSpace(string(out))
}
