package outbox

import (
	"context"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// lateManifest is a folder that publishes a manifest and fails all the same.
type lateManifest struct {
	Folder
	err error
}

func (l *lateManifest) Publish(ctx context.Context, name string, content []byte) error {
	err := l.Folder.Publish(ctx, name, content)
	if l.err != nil && strings.HasPrefix(name, "ledger/manifests/") {
		err, l.err = l.err, nil
	}
	return err
}

// Whatever a folder says of a manifest that it has: the file that it names appears.
func TestAManifestThatIsThereKeepsItsFile(t *testing.T) {
	for _, said := range []error{context.DeadlineExceeded, fs.ErrExist, fs.ErrPermission, ErrUnreachable} {
		dir := t.TempDir()
		b := opened(t, &lateManifest{NewLocal(dir), said}, options(1))
		gave(t, b, posting(1, "10.00"))
		heir := opened(t, NewLocal(dir), options(1))
		require.NoError(t, heir.Cut(t.Context(), true))
		require.Len(t, appeared(t, dir), 1, "%v", said)
		files, err := heir.Files(t.Context())
		require.NoError(t, err)
		require.Len(t, files, 1)
		require.False(t, files[0].Missing)
	}
}
