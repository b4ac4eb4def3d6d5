package outbox

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/tradepost/tradepost/pkg/connector"
)

// needVariable makes a machine without sshd fail, as CI has to.
const needVariable = "TRADEPOST_NEED_SSHD"

// sshd is a real OpenSSH server that lets one key in.
type sshd struct {
	t       *testing.T
	dir     string
	program string
	place   SFTPPlace
	cmd     *exec.Cmd
}

func findSSHD(t *testing.T) string {
	t.Helper()
	for _, at := range []string{"sshd", "/usr/sbin/sshd", "/usr/local/sbin/sshd"} {
		if found, err := exec.LookPath(at); err == nil {
			return found
		}
	}
	if os.Getenv(needVariable) != "" {
		t.Fatalf("there is no sshd, and %s says that there has to be (Debian: apt-get install openssh-server)", needVariable)
	}
	t.Skip("SKIPPED, AND NOTHING SHOWS THAT SFTP WORKS: there is no sshd on this machine (Debian: apt-get install openssh-server)")
	return ""
}

func writeKey(t *testing.T, path string) ssh.PublicKey {
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

func newSSHD(t *testing.T) *sshd {
	t.Helper()
	s := &sshd{t: t, dir: t.TempDir(), program: findSSHD(t)}
	if os.Getuid() == 0 {
		require.NoError(t, os.MkdirAll("/run/sshd", 0o755)) // where it gives its privileges up
	}
	host := writeKey(t, filepath.Join(s.dir, "host"))
	mine := writeKey(t, filepath.Join(s.dir, "mine"))
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "authorized"), ssh.MarshalAuthorizedKey(mine), 0o600))
	me, err := user.Current()
	require.NoError(t, err)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := free.Addr().String()
	require.NoError(t, free.Close())
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "config"), []byte(strings.Join([]string{
		"ListenAddress 127.0.0.1", "Port " + port, "HostKey " + filepath.Join(s.dir, "host"), "AuthorizedKeysFile " + filepath.Join(s.dir, "authorized"),
		"StrictModes no", "UsePAM no", "PasswordAuthentication no", "PermitRootLogin prohibit-password", "PidFile none", "Subsystem sftp internal-sftp",
		"MaxStartups 100", "",
	}, "\n")), 0o600))
	s.place = SFTPPlace{
		Address: address, User: me.Username, KeyFile: filepath.Join(s.dir, "mine"), HostKey: string(ssh.MarshalAuthorizedKey(host)),
		Folder: filepath.Join(s.dir, "outbox"),
	}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *sshd) start() {
	s.t.Helper()
	s.cmd = exec.Command(s.program, "-D", "-e", "-f", filepath.Join(s.dir, "config"))
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	require.NoError(s.t, err)
	defer log.Close()
	s.cmd.Stderr = log
	require.NoError(s.t, s.cmd.Start())
	require.Eventually(s.t, func() bool {
		c, err := net.Dial("tcp", s.place.Address)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}, time.Minute, 20*time.Millisecond, "sshd does not listen")
}

func (s *sshd) stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	if s.t.Failed() {
		log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		s.t.Log(string(log))
	}
}

func (s *sshd) folder(change ...func(*SFTPPlace)) Folder {
	s.t.Helper()
	at := s.place
	for _, c := range change {
		c(&at)
	}
	f, err := newSFTP(at, "/nowhere")
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestOverSFTPADocumentIsInOneFile(t *testing.T) {
	s := newSSHD(t)
	require.Empty(t, New(s.folder(), options(2)).Check(t.Context()))
	opened(t, s.folder(), options(2))
	const docs, workers = 6, 3
	var wg sync.WaitGroup
	for range workers {
		b := New(s.folder(), options(2))
		wg.Go(func() {
			for id := range docs {
				p := posting(id, "10.00")
				b.Add(t.Context(), p, itemOf(p))
			}
		})
	}
	wg.Wait()
	b := opened(t, s.folder(), options(2))
	require.NoError(t, b.Cut(t.Context(), true))
	require.Len(t, appeared(t, s.place.Folder), docs)
	p := posting(1, "10.00")
	h := connector.HandedOver{Token: "st-acme-1.1", DocumentHash: p.DocumentHash, Query: connector.Query{Marker: "st-acme-1"}}
	require.IsType(t, connector.Handed{}, b.Confirm(t.Context(), h))
	importAll(t, s.place.Folder)
	require.IsType(t, connector.Posted{}, b.Confirm(t.Context(), h))
	require.Empty(t, b.Check(t.Context()))
	left, err := filepath.Glob(filepath.Join(s.place.Folder, "*"))
	require.NoError(t, err)
	for _, name := range left {
		require.NotContains(t, name, ".tradepost")
	}
}

// The steps that the outbox rests on, on a real server.
func TestOverSFTPNothingIsReplaced(t *testing.T) {
	s := newSSHD(t)
	f := s.folder()
	require.NoError(t, f.Make(t.Context(), tempDir))
	require.NoError(t, f.Publish(t.Context(), "x", []byte("first")))
	require.ErrorIs(t, f.Publish(t.Context(), "x", []byte("second")), os.ErrExist)
	raw, err := f.Read(t.Context(), "x")
	require.NoError(t, err)
	require.Equal(t, "first", string(raw))
	require.NoError(t, f.Stage(t.Context(), "y", []byte("y")))
	require.ErrorIs(t, f.Take(t.Context(), "y", "x"), os.ErrExist)
	require.ErrorIs(t, f.Take(t.Context(), "z", "w"), os.ErrNotExist)
	require.NoError(t, f.Take(t.Context(), "y", "w"))
	require.ErrorIs(t, f.Remove(t.Context(), "y"), os.ErrNotExist)
	_, err = f.Read(t.Context(), "y")
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = f.List(t.Context(), "nowhere")
	require.ErrorIs(t, err, os.ErrNotExist)
	files, err := f.List(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, files, 2)
	temp, err := f.List(t.Context(), tempDir)
	require.NoError(t, err)
	require.Empty(t, temp)
}

// A server that is not the one it should be gets nothing, and is told as a sign-in.
func TestOverSFTPTheServerHasToBeTheRightOne(t *testing.T) {
	s := newSSHD(t)
	other := writeKey(t, filepath.Join(s.dir, "other"))
	known, _, _, _, err := ssh.ParseAuthorizedKey([]byte(s.place.HostKey))
	require.NoError(t, err)
	require.NoError(t, s.folder(func(p *SFTPPlace) { p.HostKey = ssh.FingerprintSHA256(known) }).Writable(t.Context()))
	for name, change := range map[string]func(*SFTPPlace){
		"another key":         func(p *SFTPPlace) { p.HostKey = string(ssh.MarshalAuthorizedKey(other)) },
		"another fingerprint": func(p *SFTPPlace) { p.HostKey = ssh.FingerprintSHA256(other) },
		"not let in":          func(p *SFTPPlace) { p.KeyFile = filepath.Join(s.dir, "other") },
		"no key":              func(p *SFTPPlace) { p.KeyFile = filepath.Join(s.dir, "missing") },
	} {
		f := s.folder(change)
		require.ErrorIs(t, f.Writable(t.Context()), ErrSignIn, name)
		require.Equal(t, "connection.signed_out", New(f, options(1)).Check(t.Context())[0].GetCode(), name)
	}
	require.NoDirExists(t, filepath.Join(s.place.Folder, "ledger"))
}

// The server goes away between two calls, and comes back: the next call but one works,
// and nothing counts as not given away meanwhile.
func TestOverSFTPTheServerComesBack(t *testing.T) {
	s := newSSHD(t)
	f := s.folder().(*SFTP)
	b := opened(t, f, options(1))
	p := posting(1, "10.00")
	require.IsType(t, connector.Handed{}, b.Add(t.Context(), p, itemOf(p)))
	s.stop()
	require.NoError(t, f.conn.Close()) // What serves it outlives the server.
	require.Eventually(t, func() bool {
		_, err := b.Find(t.Context(), connector.Query{Marker: "st-acme-1"})
		a, _ := connector.AnswerOf(err)
		w, waits := a.(connector.Wait)
		return waits && w.Reason == connector.ReasonUnreachable
	}, time.Minute, 50*time.Millisecond)
	s.start()
	require.Eventually(t, func() bool {
		_, err := b.Find(t.Context(), connector.Query{Marker: "st-acme-1"})
		a, _ := connector.AnswerOf(err)
		_, handed := a.(connector.Handed)
		return handed
	}, time.Minute, 50*time.Millisecond)
}

func TestSettingsOfSFTPThatCannotWork(t *testing.T) {
	key := "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJgQ1C1y9n3Yd5cYg2f2kq8N6kzX1J2b3C4d5E6f7G8h"
	for want, place := range map[string]Place{
		"folder: is missing":        {},
		"cannot be used together":   {Folder: "x", SFTP: &SFTPPlace{}},
		"sftp.host_key: is neither": {SFTP: &SFTPPlace{Address: "a", User: "u", KeyFile: "k", Folder: "/x", HostKey: "anything"}},
		"sftp.key_file: one of":     {SFTP: &SFTPPlace{Address: "a", User: "u", Folder: "/x", HostKey: key}},
		"sftp.address: is missing":  {SFTP: &SFTPPlace{User: "u", KeyFile: "k", Folder: "/x", HostKey: key}},
	} {
		var told []string
		for _, err := range place.Problems() {
			told = append(told, err.Error())
		}
		require.Contains(t, strings.Join(told, "\n"), want)
	}
	same := map[string]bool{}
	for _, at := range []SFTPPlace{{Address: "Files.example:22", User: "u", Folder: "/x/"}, {Address: "files.example", User: "u", Folder: "/x"}} {
		same[at.place()] = true
	}
	require.Len(t, same, 1)
}
