package outbox

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/deliver/internal/outbox/sshtest"
)

// sshd is a server with a folder of the outbox.
type sshd struct {
	*sshtest.Server
	t     *testing.T
	place SFTPPlace
}

func newSSHD(t *testing.T) *sshd {
	t.Helper()
	s := sshtest.WithKey(t)
	return &sshd{Server: s, t: t, place: SFTPPlace{
		Address: s.Address, User: s.User, KeyFile: s.KeyFile, HostKey: s.HostKey, Folder: filepath.Join(s.Dir, "outbox"),
	}}
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
	other := sshtest.WriteKey(t, filepath.Join(s.Dir, "other"))
	known, _, _, _, err := ssh.ParseAuthorizedKey([]byte(s.place.HostKey))
	require.NoError(t, err)
	require.NoError(t, s.folder(func(p *SFTPPlace) { p.HostKey = ssh.FingerprintSHA256(known) }).Writable(t.Context()))
	for name, change := range map[string]func(*SFTPPlace){
		"another key":         func(p *SFTPPlace) { p.HostKey = string(ssh.MarshalAuthorizedKey(other)) },
		"another fingerprint": func(p *SFTPPlace) { p.HostKey = ssh.FingerprintSHA256(other) },
		"not let in":          func(p *SFTPPlace) { p.KeyFile = filepath.Join(s.Dir, "other") },
		"no key":              func(p *SFTPPlace) { p.KeyFile = filepath.Join(s.Dir, "missing") },
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
	s.Stop()
	require.NoError(t, f.conn.Close()) // What serves it outlives the server.
	require.Eventually(t, func() bool {
		_, err := b.Find(t.Context(), connector.Query{Marker: "st-acme-1"})
		a, _ := connector.AnswerOf(err)
		w, waits := a.(connector.Wait)
		return waits && w.Reason == connector.ReasonUnreachable
	}, time.Minute, 50*time.Millisecond)
	s.Start()
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
		"look_every: 1ms is not":    {Folder: "x", LookEvery: time.Millisecond},
		"look_every: 5s is not":     {SFTP: &SFTPPlace{}, LookEvery: 5 * time.Second},
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
