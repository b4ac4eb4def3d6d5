package outbox

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

// halfMoved is a folder of an OpenSSH server that dies once in the middle of a move to
// people's eyes: it gives a file its new name, by link(2), before it takes the old one away.
type halfMoved struct {
	Folder
	dir string
	hit bool
}

func (h *halfMoved) Take(ctx context.Context, from, to string) error {
	if h.hit || !strings.HasPrefix(to, "SALES-") {
		return h.Folder.Take(ctx, from, to)
	}
	h.hit = true
	if err := os.Link(filepath.Join(h.dir, from), filepath.Join(h.dir, to)); err != nil {
		return err
	}
	return ErrUnreachable
}

// The server died between the two names of a file, and a person dealt with the file before
// anybody looked again: it does not appear a second time.
func TestOverSFTPAFileThatWasHalfMovedAppearsOnce(t *testing.T) {
	for name, deal := range map[string]func(b *Box, dir string){
		"moved to imported": func(_ *Box, dir string) { importAll(t, dir) },
		"moved to rejected": func(_ *Box, dir string) {
			file := onlyFile(t, dir)
			require.NoError(t, os.Rename(file, filepath.Join(dir, rejectedDir, filepath.Base(file))))
		},
		"confirmed, and tidied up": func(b *Box, dir string) {
			file := filepath.Base(onlyFile(t, dir))
			require.NoError(t, b.Judge(t.Context(), connector.Judgement{File: file, State: connector.FileImported}))
			remove(t, filepath.Join(dir, importedDir, file))
		},
		"left where it is": func(*Box, string) {},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSSHD(t)
			dir := filepath.Join(s.Dir, "box")
			at := func(p *SFTPPlace) { p.Folder = dir }
			half := &halfMoved{Folder: s.folder(at), dir: dir}
			p := posting(1, "10.00")
			require.IsType(t, connector.Handed{}, opened(t, half, options(1)).Add(t.Context(), p, itemOf(p)))
			require.True(t, half.hit)
			heir := opened(t, s.folder(at), options(1))
			deal(heir, dir)
			before := len(wholeFiles(t, dir))
			require.NoError(t, heir.Cut(t.Context(), true))
			require.Len(t, wholeFiles(t, dir), before, "it appeared again")
			staged, err := os.ReadDir(filepath.Join(dir, stagedDir))
			require.NoError(t, err)
			require.Empty(t, staged)
		})
	}
}
