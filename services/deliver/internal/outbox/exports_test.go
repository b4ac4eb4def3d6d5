package outbox

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

// clock is the time of a box, and of the exports that people drop.
type clock struct{ now time.Time }

func (c *clock) pass(d time.Duration) { c.now = c.now.Add(d) }

// exporting has a clock, and exports that are the total of invoice 1001.
func exporting() (*clock, Options) {
	c, o := &clock{time.Now()}, options(1)
	o.Now, o.LookEvery = func() time.Time { return c.now }, 15*time.Second
	o.ReadExport = func(content []byte) ([]Exported, error) {
		return []Exported{{Number: "1001", Customer: "C100", Total: strings.TrimSpace(string(content))}}, nil
	}
	return c, o
}

// drop writes an export at this moment.
func (c *clock) drop(t *testing.T, dir, name, content string) string {
	t.Helper()
	c.pass(10 * time.Second)
	at := filepath.Join(dir, "exports", name)
	require.NoError(t, os.WriteFile(at, []byte(content), 0o600))
	require.NoError(t, os.Chtimes(at, c.now, c.now))
	return at
}

// export drops one, and lets the time pass until it counts as whole.
func (c *clock) export(t *testing.T, dir, name, content string) string {
	t.Helper()
	at := c.drop(t, dir, name, content)
	c.pass(longAgo)
	return at
}

func moveTo(t *testing.T, dir, where string) (file string) {
	t.Helper()
	file = filepath.Base(onlyFile(t, dir))
	require.NoError(t, os.Rename(filepath.Join(dir, file), filepath.Join(dir, where, file)))
	return file
}

func look(t *testing.T, b *Box) string {
	t.Helper()
	word, err := b.Evidence(t.Context())
	require.NoError(t, err)
	return word
}

func TestTheAccountingSystemsExportIsEvidence(t *testing.T) {
	yes, no := true, false
	for name, c := range map[string]struct {
		shows []Exported
		total string // of the answer; "" waits on
	}{
		"by number, customer and total": {[]Exported{{Number: "1001", Customer: "C100", Total: "10", CreditMemo: &no}}, "10.00"},
		"by number alone":               {[]Exported{{Number: "1001", Total: "10.00"}}, "10.00"},
		"with another total":            {[]Exported{{Number: "1001", Customer: "C100", Total: "99.00"}}, "99.00"},
		"of another customer":           {[]Exported{{Number: "1001", Customer: "C200", Total: "10.00"}}, ""},
		"of another kind":               {[]Exported{{Number: "1001", Total: "10.00", CreditMemo: &yes}}, ""},
		"of another number":             {[]Exported{{Number: "1002", Total: "10.00"}}, ""},
		"of nothing":                    {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			clock, o := exporting()
			o.ReadExport = func(content []byte) ([]Exported, error) {
				if strings.HasPrefix(string(content), "broken") {
					return nil, errors.New("it is broken")
				}
				return c.shows, nil
			}
			b := opened(t, NewLocal(dir), o)
			h := gave(t, b, posting(1, "10.00"))
			clock.export(t, dir, "a.csv", "broken")
			require.IsType(t, connector.Handed{}, b.Confirm(t.Context(), h), "a file that cannot be read says nothing")
			clock.export(t, dir, "SALES.CSV", "x")
			answer := b.Confirm(t.Context(), h)
			if c.total == "" {
				require.IsType(t, connector.Handed{}, answer)
				return
			}
			f := answer.(connector.Posted).Document
			require.True(t, sameAmount(c.total, f.Total))
			require.Equal(t, sameAmount(c.total, "10.00"), f.DocumentHash != "")
			require.NoError(t, os.Remove(filepath.Join(dir, "exports", "SALES.CSV")))
			again := opened(t, NewLocal(dir), o).Confirm(t.Context(), h).(connector.Posted).Document
			require.True(t, sameAmount(c.total, again.Total), "it is written down")
		})
	}
}

// An invoice that was taken out of the books and sent again has the number that an older
// export shows: nobody imported the second file.
func TestAnExportThatIsOlderThanTheFileIsNoEvidence(t *testing.T) {
	for name, total := range map[string]string{"the same content": "10.00", "edited": "12.00"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			clock, o := exporting()
			b := opened(t, NewLocal(dir), o)
			h := gave(t, b, posting(1, "10.00"))
			file := moveTo(t, dir, "imported")
			clock.export(t, dir, "monday.csv", "10.00")
			require.IsType(t, connector.Posted{}, b.Confirm(t.Context(), h))
			require.NoError(t, b.Judge(t.Context(), connector.Judgement{File: file, Documents: []string{"1001"}, State: connector.FileRemoved}))
			h = gave(t, b, posting(1, total))
			require.IsType(t, connector.Handed{}, b.Confirm(t.Context(), h), "nobody imported the second file")
			waiting, err := b.WaitingFiles(t.Context())
			require.NoError(t, err)
			require.Len(t, waiting, 1)
			clock.export(t, dir, "tuesday.csv", total+"\n")
			require.IsType(t, connector.Posted{}, b.Confirm(t.Context(), h))
		})
	}
}

// The clocks of the machines differ: what the first one was judged by is no evidence for
// the second, whatever time it has.
func TestAnExportIsNoEvidenceForTheNextOfItsMarker(t *testing.T) {
	dir := t.TempDir()
	clock, o := exporting()
	b := opened(t, NewLocal(dir), o)
	h := gave(t, b, posting(1, "10.00"))
	file := filepath.Base(onlyFile(t, dir))
	monday := clock.export(t, dir, "monday.csv", "10.00")
	require.IsType(t, connector.Posted{}, b.Confirm(t.Context(), h))
	require.NoError(t, b.Judge(t.Context(), connector.Judgement{File: file, Documents: []string{"1001"}, State: connector.FileRemoved}))
	require.NoError(t, os.Remove(filepath.Join(dir, file)))
	h = gave(t, b, posting(1, "10.00"))
	clock.pass(time.Hour)
	require.NoError(t, os.Chtimes(monday, clock.now, clock.now))
	clock.pass(time.Hour)
	require.IsType(t, connector.Handed{}, b.Confirm(t.Context(), h))
	require.IsType(t, connector.Handed{}, opened(t, NewLocal(dir), o).Confirm(t.Context(), h))
}

// A server whose clock is ahead gives an old export a time that is later than ours; the
// file has that clock's time, too.
func TestAFileAndAnExportAreComparedByTheFoldersClock(t *testing.T) {
	dir := t.TempDir()
	clock, o := exporting()
	clock.pass(-time.Hour) // Ours is behind that of the folder.
	b := opened(t, NewLocal(dir), o)
	old := filepath.Join(dir, "exports", "old.csv")
	require.NoError(t, os.WriteFile(old, []byte("10.00"), 0o600))
	h := gave(t, b, posting(1, "10.00"))
	clock.pass(30 * time.Minute)
	look(t, b)
	clock.pass(time.Minute)
	require.IsType(t, connector.Handed{}, b.Confirm(t.Context(), h))
	later := time.Now().Add(time.Minute)
	require.NoError(t, os.Chtimes(old, later, later))
	look(t, b)
	clock.pass(time.Minute)
	require.IsType(t, connector.Posted{}, b.Confirm(t.Context(), h))
}

// The import stopped in the middle: the export shows the document, and its file was moved
// to rejected.
func TestARejectedFileThatAnExportContradictsDoesNotGoOutAgain(t *testing.T) {
	for name, whole := range map[string]bool{"the export is whole": true, "it is still being copied": false} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			clock, o := exporting()
			b := opened(t, NewLocal(dir), o)
			p := posting(1, "10.00")
			h := gave(t, b, p)
			clock.drop(t, dir, "today.csv", "10.00")
			file := moveTo(t, dir, "rejected")
			if whole {
				clock.pass(longAgo)
			}
			require.IsType(t, connector.Handed{}, b.Confirm(t.Context(), h))
			clock.pass(longAgo)
			require.IsType(t, connector.Handed{}, b.Confirm(t.Context(), h))
			require.IsType(t, connector.Handed{}, b.Add(t.Context(), p, itemOf(p)))
			require.Len(t, wholeFiles(t, dir), 1, "it is in no second file")
			waiting, err := b.WaitingFiles(t.Context())
			require.NoError(t, err)
			require.Contains(t, waiting[0].Documents[0].Why, "the export today.csv shows 1001", "people are told")
			require.NoError(t, b.Judge(t.Context(), connector.Judgement{File: file, State: connector.FileImported}))
			require.IsType(t, connector.Posted{}, b.Confirm(t.Context(), h), "an operator settles it")
		})
	}
}

// What an operator says of the documents that were imported leaves the person's word for
// the others.
func TestTheRestOfAFileThatWasImportedInPartIsRejected(t *testing.T) {
	dir := t.TempDir()
	clock, o := exporting()
	o.Batch, o.Wait = 2, time.Hour
	b := opened(t, NewLocal(dir), o)
	first, second := gave(t, b, posting(1, "10.00")), gave(t, b, posting(2, "20.00"))
	clock.export(t, dir, "today.csv", "10.00")
	file := moveTo(t, dir, "rejected")
	require.IsType(t, connector.Handed{}, b.Confirm(t.Context(), second), "it may be in the books, too")
	require.IsType(t, connector.Handed{}, b.Confirm(t.Context(), first))
	require.NoError(t, b.Judge(t.Context(), connector.Judgement{File: file, Documents: []string{"1001"}, State: connector.FileImported}))
	require.IsType(t, connector.Posted{}, b.Confirm(t.Context(), first))
	require.Equal(t, []string{"file.rejected"}, codesOf(b.Confirm(t.Context(), second)))
}

// An export that is older than the file does not keep it from being rejected.
func TestAnOldExportContradictsNoRejection(t *testing.T) {
	dir := t.TempDir()
	clock, o := exporting()
	b := opened(t, NewLocal(dir), o)
	clock.export(t, dir, "monday.csv", "10.00")
	h := gave(t, b, posting(1, "10.00"))
	moveTo(t, dir, "rejected")
	require.Equal(t, []string{"file.rejected"}, codesOf(b.Confirm(t.Context(), h)))
}

// An export that cannot be read is named with its reason once it is whole, until it is gone.
func TestExportsThatCannotBeReadAreNamed(t *testing.T) {
	c, o := exporting()
	parse := o.ReadExport
	o.ReadExport = func(content []byte) ([]Exported, error) {
		if string(content) == "rubbish" {
			return nil, errors.New("its first row names no column")
		}
		return parse(content)
	}
	dir := t.TempDir()
	b := opened(t, NewLocal(dir), o)
	c.export(t, dir, "good.csv", "108.25")
	at := c.drop(t, dir, "bad.csv", "rubbish")
	bad, err := b.exports.unreadable(t.Context())
	require.NoError(t, err)
	require.Empty(t, bad, "it may be half copied")
	c.pass(longAgo)
	for range 2 {
		bad, err = b.exports.unreadable(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"exports/bad.csv: its first row names no column"}, bad)
	}
	require.NoError(t, os.Remove(at))
	bad, err = b.exports.unreadable(t.Context())
	require.NoError(t, err)
	require.Empty(t, bad)
}
