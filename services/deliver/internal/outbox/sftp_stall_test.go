package outbox

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

// staller stands between a client and a server, and swallows what the server answers once
// so many bytes of it were passed on. What is asked still arrives.
type staller struct {
	to     string
	listen net.Listener

	mu     sync.Mutex
	left   int // -1: all of it
	passed int
}

func newStaller(t *testing.T, to string) *staller {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &staller{to: to, listen: l, left: -1}
	t.Cleanup(func() { _ = l.Close() })
	go s.serve()
	return s
}

func (s *staller) serve() {
	for {
		client, err := s.listen.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", s.to)
		if err != nil {
			_ = client.Close()
			continue
		}
		go func() {
			_, _ = io.Copy(server, client)
			_ = server.Close()
		}()
		go func() {
			_, _ = io.Copy(&swallowing{s, client}, server)
			_ = client.Close()
		}()
	}
}

// swallowing passes on as much as may be answered, and says that it was all.
type swallowing struct {
	s  *staller
	to net.Conn
}

func (w *swallowing) Write(p []byte) (int, error) {
	w.s.mu.Lock()
	n := len(p)
	w.s.passed += n
	if w.s.left >= 0 {
		n = min(n, w.s.left)
		w.s.left -= n
	}
	w.s.mu.Unlock()
	if _, err := w.to.Write(p[:n]); err != nil {
		return 0, err
	}
	return len(p), nil
}

// stallAfter swallows the answers after so many bytes from now on; -1 never.
func (s *staller) stallAfter(bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left, s.passed = bytes, 0
}

func (s *staller) bytes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.passed
}

// unheard is a folder whose server makes the file of one name, and whose answer to the
// last step of that, the rename, does not arrive before the call is over.
type unheard struct {
	Folder
	s       *staller
	begins  string // the name's beginning
	answers int    // bytes that a Publish is answered with
	hit     bool
}

func (u *unheard) Publish(ctx context.Context, name string, content []byte) error {
	if u.hit || !strings.HasPrefix(name, u.begins) {
		return u.Folder.Publish(ctx, name, content)
	}
	u.hit = true
	u.s.stallAfter(u.answers - 5)
	defer u.s.stallAfter(-1)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second) // How long it waits for nothing.
	defer cancel()
	return u.Folder.Publish(ctx, name, content)
}

// stalled opens an outbox on a folder that is unheard once, for the first name that begins so.
func (s *sshd) stalled(st *staller, dir, begins string) (*Box, *unheard) {
	s.t.Helper()
	f := s.folder(func(p *SFTPPlace) { p.Address, p.Folder = st.listen.Addr().String(), dir })
	opened(s.t, f, options(1))
	st.stallAfter(-1)
	require.NoError(s.t, f.Publish(s.t.Context(), tempDir+"/measured", []byte("x")))
	u := &unheard{Folder: f, s: st, begins: begins, answers: st.bytes()}
	return opened(s.t, u, options(1)), u
}

// A rename was made, and its answer did not come in time: that is a doubt, and no call
// that was not made. What was given away is in one file, and comes to people's eyes.
func TestOverSFTPAnAnswerThatDoesNotComeInTimeIsADoubt(t *testing.T) {
	for name, c := range map[string]struct {
		begins string
		answer string
	}{
		"of an entry":   {"ledger/entries/", "uncertain"},
		"of a manifest": {"ledger/manifests/", "handed"},
		"of a note":     {"ledger/waiting/", "handed"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSSHD(t)
			st := newStaller(t, s.Address)
			dir := filepath.Join(s.Dir, "box")
			b, u := s.stalled(st, dir, c.begins)
			p := posting(1, "10.00")
			require.Equal(t, c.answer, nameOf(b.Add(t.Context(), p, itemOf(p))))
			require.True(t, u.hit)

			heir := opened(t, s.folder(func(p *SFTPPlace) { p.Folder = dir }), options(1))
			_, err := heir.Find(t.Context(), connector.Query{Marker: "st-acme-1"})
			a, _ := connector.AnswerOf(err)
			require.IsType(t, connector.Handed{}, a, "it was given away")
			require.NoError(t, heir.Cut(t.Context(), true))
			require.Len(t, appeared(t, dir), 1)
		})
	}
}

// The error itself: whoever reads it must not take it for a call that was not made.
func TestOverSFTPALateAnswerIsNoEndOfTheCall(t *testing.T) {
	s := newSSHD(t)
	st := newStaller(t, s.Address)
	dir := filepath.Join(s.Dir, "box")
	_, u := s.stalled(st, dir, "ledger/manifests/")
	err := u.Publish(t.Context(), manifestFile(1), []byte("x"))
	require.ErrorIs(t, err, ErrUnreachable)
	require.False(t, notMade(err), "%v", err)
	require.FileExists(t, filepath.Join(dir, manifestFile(1)))

	over, cancel := context.WithCancel(t.Context())
	cancel()
	require.True(t, notMade(u.Publish(over, manifestFile(2), []byte("x"))), "nobody was asked")
	require.NoFileExists(t, filepath.Join(dir, manifestFile(2)))
}
