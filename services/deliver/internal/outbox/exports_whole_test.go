package outbox

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

// A copy takes time, and what half of it shows was never in the books.
func TestAnExportIsReadOnceItIsWhole(t *testing.T) {
	dir := t.TempDir()
	clock, o := exporting()
	b := opened(t, NewLocal(dir), o)
	h := gave(t, b, posting(1, "10.00"))
	at := clock.drop(t, dir, "e.csv", "1") // The copy is under way.
	came := look(t, b)
	require.IsType(t, connector.Handed{}, b.Confirm(t.Context(), h))
	require.IsType(t, connector.Handed{}, opened(t, NewLocal(dir), o).Confirm(t.Context(), h), "who looks once")
	clock.drop(t, dir, "e.csv", "10.00")
	clock.pass(5 * time.Second)
	require.NotEqual(t, came, look(t, b))
	require.IsType(t, connector.Handed{}, b.Confirm(t.Context(), h), "it changed since the look before")
	grown := look(t, b)
	clock.pass(15 * time.Second)
	require.NotEqual(t, grown, look(t, b), "that it is whole is news")
	require.Equal(t, "10.00", b.Confirm(t.Context(), h).(connector.Posted).Document.Total)
	require.NoError(t, os.Remove(at)) // people tidy up
	require.Equal(t, "10.00", b.Confirm(t.Context(), h).(connector.Posted).Document.Total)
	require.Empty(t, b.exports.files, "what is gone is forgotten")
}

// A process that looks again and again does not go by the time of a file: a server whose
// clock is behind gives a copy that is under way the time of long ago.
func TestWhoLooksOftenWaitsForTwoLooks(t *testing.T) {
	dir := t.TempDir()
	clock, o := exporting()
	b := opened(t, NewLocal(dir), o)
	look(t, b)
	h := gave(t, b, posting(1, "10.00"))
	clock.export(t, dir, "e.csv", "1")
	require.IsType(t, connector.Handed{}, b.Confirm(t.Context(), h))
	clock.pass(15 * time.Second)
	require.Equal(t, "1", b.Confirm(t.Context(), h).(connector.Posted).Document.Total)
}

// changing writes to an export while it is read.
type changing struct {
	Folder
	change func()
}

func (c *changing) Read(ctx context.Context, name string) ([]byte, error) {
	raw, err := c.Folder.Read(ctx, name)
	if strings.HasPrefix(name, exportsDir) {
		c.change()
	}
	return raw, err
}

func TestAnExportThatChangesWhileItIsReadIsNoEvidence(t *testing.T) {
	dir := t.TempDir()
	clock, o := exporting()
	f := &changing{Folder: NewLocal(dir)}
	b := opened(t, f, o)
	h := gave(t, b, posting(1, "10.00"))
	clock.export(t, dir, "e.csv", "1")
	f.change = func() { clock.drop(t, dir, "e.csv", "10.00") }
	require.IsType(t, connector.Handed{}, b.Confirm(t.Context(), h))
	f.change = func() {}
	clock.pass(longAgo)
	require.Equal(t, "10.00", b.Confirm(t.Context(), h).(connector.Posted).Document.Total)
}

// unlisted cannot list the exports.
type unlisted struct {
	Folder
	fails bool
}

func (u *unlisted) List(ctx context.Context, dir string) ([]File, error) {
	if u.fails && dir == exportsDir {
		return nil, ErrUnreachable
	}
	return u.Folder.List(ctx, dir)
}

// A folder that cannot be listed is not one without exports: the total of the file would
// count, and the books show another one.
func TestExportsThatCannotBeListedAreNotAbsent(t *testing.T) {
	dir := t.TempDir()
	clock, o := exporting()
	f := &unlisted{Folder: NewLocal(dir)}
	b := opened(t, f, o)
	h := gave(t, b, posting(1, "10.00"))
	moveTo(t, dir, "imported")
	clock.export(t, dir, "e.csv", "99.00")
	f.fails = true
	require.Equal(t, connector.ReasonUnreachable, b.Confirm(t.Context(), h).(connector.Wait).Reason)
	f.fails = false
	require.Equal(t, "99.00", b.Confirm(t.Context(), h).(connector.Posted).Document.Total)
}
