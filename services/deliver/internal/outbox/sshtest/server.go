// Package sshtest starts the OpenSSH server of this machine for tests: on a port of its
// own, with keys of its own, for the user who runs the tests.
package sshtest

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
)

// NeedVariable makes a machine without sshd fail, as CI has to.
const NeedVariable = "TRADEPOST_NEED_SSHD"

// Server is a real OpenSSH server that lets one user in.
type Server struct {
	// Dir is a directory that the server shows, and that this machine sees as well.
	Dir     string
	Address string
	User    string
	// KeyFile is the private key that lets the user in; "" where Password does.
	KeyFile  string
	Password string
	// HostKey is the line of the key that the server shows.
	HostKey string

	t       testing.TB
	program []string
	cmd     *exec.Cmd
}

// WithKey starts a server that takes a key.
func WithKey(t testing.TB) *Server {
	t.Helper()
	s := prepare(t)
	s.KeyFile = filepath.Join(s.Dir, "mine")
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "authorized"), ssh.MarshalAuthorizedKey(WriteKey(t, s.KeyFile)), 0o600))
	s.begin("PasswordAuthentication no", "PermitRootLogin prohibit-password", "AuthorizedKeysFile "+filepath.Join(s.Dir, "authorized"))
	return s
}

// prepare finds the programs, and makes the directory and the server's key.
func prepare(t testing.TB) *Server {
	t.Helper()
	s := &Server{t: t, Dir: t.TempDir(), program: []string{findSSHD(t)}}
	if os.Getuid() == 0 {
		require.NoError(t, os.MkdirAll("/run/sshd", 0o755)) // where it gives its privileges up
	}
	s.HostKey = string(ssh.MarshalAuthorizedKey(WriteKey(t, filepath.Join(s.Dir, "host"))))
	me, err := user.Current()
	require.NoError(t, err)
	s.User = me.Username
	return s
}

func findSSHD(t testing.TB) string {
	t.Helper()
	for _, at := range []string{"sshd", "/usr/sbin/sshd", "/usr/local/sbin/sshd"} {
		if found, err := exec.LookPath(at); err == nil {
			return found
		}
	}
	if os.Getenv(NeedVariable) != "" {
		t.Fatalf("there is no sshd, and %s says that there has to be (Debian: apt-get install openssh-server)", NeedVariable)
	}
	t.Skip("SKIPPED, AND NOTHING SHOWS THAT SFTP WORKS: there is no sshd on this machine (Debian: apt-get install openssh-server)")
	return ""
}

// WriteKey makes a key, writes its private part to a file, and returns the public one.
func WriteKey(t testing.TB, path string) ssh.PublicKey {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	block, err := ssh.MarshalPrivateKey(private, "")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(block), 0o600))
	key, err := ssh.NewPublicKey(public)
	require.NoError(t, err)
	return key
}

// begin chooses a port, writes the configuration and starts the server.
func (s *Server) begin(lines ...string) {
	s.t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(s.t, err)
	s.Address = free.Addr().String()
	require.NoError(s.t, free.Close())
	_, port, err := net.SplitHostPort(s.Address)
	require.NoError(s.t, err)
	lines = append(lines, "ListenAddress 127.0.0.1", "Port "+port, "HostKey "+filepath.Join(s.Dir, "host"),
		"StrictModes no", "UsePAM no", "PidFile none", "Subsystem sftp internal-sftp", "MaxStartups 100", "")
	require.NoError(s.t, os.WriteFile(filepath.Join(s.Dir, "config"), []byte(strings.Join(lines, "\n")), 0o600))
	s.Start()
	s.t.Cleanup(s.Stop)
}

// Start starts the server, and returns when it listens.
func (s *Server) Start() {
	s.t.Helper()
	all := slices.Concat(s.program, []string{"-D", "-e", "-f", filepath.Join(s.Dir, "config")})
	s.cmd = exec.Command(all[0], all[1:]...)
	log, err := os.OpenFile(filepath.Join(s.Dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	require.NoError(s.t, err)
	defer log.Close()
	s.cmd.Stderr = log
	require.NoError(s.t, s.cmd.Start())
	require.Eventually(s.t, func() bool {
		c, err := net.Dial("tcp", s.Address)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}, time.Minute, 20*time.Millisecond, "sshd does not listen")
}

// Stop ends the server. What serves a connection that is open lives on.
func (s *Server) Stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	if s.t.Failed() {
		log, _ := os.ReadFile(filepath.Join(s.Dir, "log"))
		s.t.Log(string(log))
	}
}
