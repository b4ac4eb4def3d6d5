package outbox

import (
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// cutter stands between a client and a server, and cuts the connection once so many bytes
// went to the server.
type cutter struct {
	t      *testing.T
	to     string
	listen net.Listener

	mu    sync.Mutex
	left  int // -1: never
	conns []net.Conn
	sent  int
}

func newCutter(t *testing.T, to string) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &cutter{t: t, to: to, listen: l, left: -1}
	t.Cleanup(func() { _ = l.Close() })
	go c.serve()
	return c
}

func (c *cutter) serve() {
	for {
		client, err := c.listen.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", c.to)
		if err != nil {
			_ = client.Close()
			continue
		}
		c.mu.Lock()
		c.conns = append(c.conns, client, server)
		c.mu.Unlock()
		go func() {
			_, _ = io.Copy(client, server)
			_ = client.Close()
		}()
		go func() {
			_, _ = io.Copy(&counted{c, server}, client)
			_ = server.Close()
		}()
	}
}

// counted passes on as much as may be sent.
type counted struct {
	c  *cutter
	to net.Conn
}

func (w *counted) Write(p []byte) (int, error) {
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	w.c.sent += len(p)
	if w.c.left < 0 {
		return w.to.Write(p)
	}
	n := min(len(p), w.c.left)
	w.c.left -= n
	if n > 0 {
		if _, err := w.to.Write(p[:n]); err != nil {
			return 0, err
		}
	}
	if w.c.left == 0 {
		for _, conn := range w.c.conns {
			_ = conn.Close()
		}
		w.c.conns = nil
		return n, io.ErrClosedPipe
	}
	return n, nil
}

// cutAfter cuts after so many bytes from now on; -1 never.
func (c *cutter) cutAfter(bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left, c.sent = bytes, 0
}

func (c *cutter) bytes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sent
}

// large makes a document of many packets, so that cuts meet the middle of its upload.
func large(p connector.Posting) func() (Item, []*tradepostv1.Fault) {
	return func() (Item, []*tradepostv1.Fault) {
		item, _ := itemOf(p)()
		item.Rows = []byte(strings.Repeat(string(item.Rows[:len(item.Rows)-2])+strings.Repeat("x", 1000)+"\r\n", 100))
		return item, nil
	}
}

// The connection is cut after every so many bytes of giving a document away: in the middle
// of an upload, of a rename, of a sign-in. A file is there whole or not at all, and the next
// worker brings it to one.
func TestOverSFTPACutLeavesAFileWholeOrNotAtAll(t *testing.T) {
	s := newSSHD(t)
	cut := newCutter(t, s.Address)
	place := s.place
	whole := 0
	at := func(n int, after int) (answer connector.Answer, dir string) {
		place.Address, place.Folder = cut.listen.Addr().String(), filepath.Join(s.Dir, "cut", filepath.FromSlash(posting(n, "1").Document.GetMarker()))
		cut.cutAfter(-1)
		f, err := newSFTP(place, "/nowhere")
		require.NoError(t, err)
		defer f.Close()
		b := opened(t, f, options(1))
		cut.cutAfter(after)
		p := posting(n, "10.00")
		answer = b.Add(t.Context(), p, large(p))
		whole = max(whole, cut.bytes())
		cut.cutAfter(-1)
		return answer, place.Folder
	}
	require.NoError(t, s.folder().Make(t.Context(), "../cut"))
	_, dir := at(0, -1)
	require.Equal(t, 100, rowsIn(t, dir))
	const cuts = 24
	answers := map[string]int{}
	total := whole
	for n := 1; n <= cuts; n++ {
		answer, dir := at(n, total*n/(cuts+1))
		answers[nameOf(answer)]++
		require.Contains(t, []int{0, 100}, rowsIn(t, dir), "cut after %d of %d bytes", total*n/(cuts+1), total)

		heir := opened(t, s.folder(func(p *SFTPPlace) { p.Folder = dir }), options(1))
		p := posting(n, "10.00")
		found, err := heir.Find(t.Context(), connector.Query{Marker: p.Document.GetMarker()})
		require.Empty(t, found)
		if _, stopped := connector.AnswerOf(err); !stopped {
			require.NoError(t, err)
			heir.Add(t.Context(), p, large(p))
		}
		require.NoError(t, heir.Cut(t.Context(), true))
		require.Equal(t, 100, rowsIn(t, dir), "cut after %d of %d bytes", total*n/(cuts+1), total)
	}
	require.Positive(t, answers["uncertain"]+answers["wait"], "%v", answers)
	require.Positive(t, answers["handed"], "%v", answers)
}

// rowsIn counts the rows of all import files, and wants the files to be whole.
func rowsIn(t *testing.T, dir string) int {
	t.Helper()
	n := 0
	for _, raw := range wholeFiles(t, dir) {
		n += strings.Count(string(raw), "\r\n") - 1
	}
	return n
}
