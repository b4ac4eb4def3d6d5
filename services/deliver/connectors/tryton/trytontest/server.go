package trytontest

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Server is a Tryton server with databases of its own.
type Server struct {
	// URL is its address, without a database.
	URL string

	t      testing.TB
	in     installation
	dir    string
	listen string

	mu  sync.Mutex
	cmd *exec.Cmd
	log bytes.Buffer
}

// Start runs a server until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	in := need(t)
	s := &Server{t: t, in: in, dir: databaseDir(t), listen: freeAddress(t)}
	s.URL = "http://" + s.listen
	require.NoError(t, writeConfig(filepath.Join(s.dir, "trytond.conf"), s.dir, s.listen))
	s.Run()
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			t.Logf("--- Tryton\n%s", tail(s.log.Bytes()))
		}
	})
	return s
}

// databaseDir is in memory where that can be: a server that is killed loses nothing of it.
func databaseDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "tryton") //nolint:usetesting // TempDir is on the disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// Run starts the server, and returns when it answers.
func (s *Server) Run() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cmd = s.in.python(context.Background(), s.in.program("trytond"), "-c", filepath.Join(s.dir, "trytond.conf"))
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	// It must not outlive a test that is killed.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(s.t, s.cmd.Start())
	require.Eventually(s.t, func() bool {
		c, err := net.Dial("tcp", s.listen)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}, 2*time.Minute, 50*time.Millisecond, "Tryton does not answer: %s", &s.log)
}

// Kill ends the server with SIGKILL, in the middle of whatever it does.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait() // It was killed.
	s.cmd = nil
}

// Database makes a database with the company: its own customers, products and taxes,
// and no invoice.
func (s *Server) Database(name string) *Database {
	s.t.Helper()
	raw, err := os.ReadFile(s.in.seed)
	require.NoError(s.t, err)
	file := filepath.Join(s.dir, name+".sqlite")
	require.NoError(s.t, os.WriteFile(file, raw, 0o600))
	return &Database{s: s, Name: name, file: file}
}

// sql runs statements in the file of a database while the server is not at work on it.
func (s *Server) sql(file, statements string) {
	s.t.Helper()
	cmd := exec.Command(python, "-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], timeout=60); c.executescript(sys.argv[2]); c.close()", file, statements)
	out, err := cmd.CombinedOutput()
	require.NoError(s.t, err, "%s", out)
}
