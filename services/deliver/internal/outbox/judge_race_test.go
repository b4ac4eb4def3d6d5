package outbox

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

// meddling does something at a moment of a folder's life, once.
type meddling struct {
	Folder
	at func(step, name string) bool
	do func()
}

func (m *meddling) moment(step, name string) {
	if m.at != nil && m.at(step, name) {
		m.at = nil
		m.do()
	}
}

func (m *meddling) Take(ctx context.Context, from, to string) error {
	m.moment("before take", to)
	err := m.Folder.Take(ctx, from, to)
	m.moment("after take", to)
	return err
}

func (m *meddling) Publish(ctx context.Context, name string, content []byte) error {
	m.moment("before publish", name)
	err := m.Folder.Publish(ctx, name, content)
	m.moment("after publish", name)
	return err
}

// A file is rejected while another process is about to show it: it does not come to
// people's eyes afterwards, since its documents go out again.
func TestAFileThatIsRejectedAsItAppearsDoesNotStay(t *testing.T) {
	for _, step := range []string{"before take", "after take"} {
		for _, state := range []connector.FileState{connector.FileRejected, connector.FileImported} {
			t.Run(step+" "+string(state), func(t *testing.T) {
				dir := t.TempDir()
				opened(t, NewLocal(dir), options(1))
				m := &meddling{Folder: NewLocal(dir)}
				m.at = func(s, name string) bool { return s == step && strings.HasPrefix(name, "SALES-") }
				m.do = func() {
					other := opened(t, NewLocal(dir), options(1))
					files, err := other.Files(t.Context())
					require.NoError(t, err)
					require.NoError(t, other.Judge(t.Context(), connector.Judgement{File: files[0].Name, State: state, Reason: "x"}))
				}
				gave(t, opened(t, m, options(1)), posting(1, "10.00"))
				require.Nil(t, m.at, "it was judged")
				left, err := filepath.Glob(filepath.Join(dir, "SALES-*.csv"))
				require.NoError(t, err)
				require.Empty(t, left)
			})
		}
	}
}

// It appears while the operator's word is written down.
func TestAFileThatAppearsAsItIsRejectedDoesNotStay(t *testing.T) {
	dir := t.TempDir()
	opened(t, NewLocal(dir), options(1))
	slow := &meddling{Folder: NewLocal(dir)}
	m := &meddling{Folder: NewLocal(dir)}
	m.at = func(s, name string) bool { return s == "before take" && strings.HasPrefix(name, "SALES-") }
	judged := make(chan error, 1)
	m.do = func() { // A word that is under way when the file appears.
		other := New(slow, options(1))
		files, err := other.Files(t.Context())
		require.NoError(t, err)
		appears, word := make(chan struct{}), make(chan struct{})
		slow.at = func(s, name string) bool { return s == "before publish" && strings.HasPrefix(name, verdictsDir) }
		slow.do = func() {
			close(word)
			<-appears
		}
		go func() {
			judged <- other.Judge(t.Context(), connector.Judgement{File: files[0].Name, State: connector.FileRejected})
		}()
		<-word
		m.at = func(s, name string) bool { return s == "after take" && strings.HasPrefix(name, "SALES-") }
		m.do = func() { close(appears); require.NoError(t, <-judged) }
	}
	gave(t, opened(t, m, options(1)), posting(1, "10.00"))
	left, err := filepath.Glob(filepath.Join(dir, "SALES-*.csv"))
	require.NoError(t, err)
	require.Empty(t, left)
	_, err = NewLocal(dir).Read(t.Context(), verdictFile(1))
	require.False(t, errors.Is(err, fs.ErrNotExist))
}
