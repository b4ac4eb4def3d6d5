package hledger

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

// Books that were used before and are not there are away: an unmounted volume must
// not be taken for a place to set up new ones.
func TestBooksThatWereUsedBeforeAreNeverSetUpAnew(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "books")
	first, err := New(Config{JournalDir: dir}, connector.Settings{Connection: "acme-books"})
	require.NoError(t, err)
	company, err := first.Company(t.Context())
	require.NoError(t, err)

	require.NoError(t, os.Rename(dir, dir+".away"))
	later, err := New(Config{JournalDir: dir}, connector.Settings{Connection: "acme-books", Company: company.ID})
	require.NoError(t, err)
	_, err = later.Company(t.Context())
	answer, ok := connector.AnswerOf(err)
	require.True(t, ok, "%v", err)
	require.Equal(t, connector.ReasonBooksMissing, answer.(connector.Wait).Reason)
	require.NoDirExists(t, dir)

	require.NoError(t, os.Rename(dir+".away", dir))
	again, err := later.Company(t.Context())
	require.NoError(t, err, "it goes on as soon as the books are back")
	require.Equal(t, company.ID, again.ID)
}
