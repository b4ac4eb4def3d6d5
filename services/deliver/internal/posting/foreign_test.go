package posting_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The connection was given to another account: an attempt of the first one would be
// looked for with the marker of the other, not be found, and count as not made.
func TestAnAttemptOfAnotherAccountIsLeftAlone(t *testing.T) {
	inFakeTime(t, func(t *testing.T, w *workbench) {
		w.orphaned(true)
		before := w.entry()
		p := w.poster("sweep")
		p.Account = "west"
		require.NoError(t, p.Recover(t.Context(), before))
		require.Equal(t, before.Revision, w.entry().Revision)
		require.NotNil(t, w.record().GetUnresolved(), "still in doubt")
		require.NoError(t, w.poster("sweep").Recover(t.Context(), w.entry()))
		require.Nil(t, w.record().GetUnresolved())
	})
}
