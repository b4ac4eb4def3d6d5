package outbox

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
)

// A file is called rejected, and an export that is dropped later shows that it was
// imported: sent again, its document is in no second file before a person says which is so.
func TestWhatAnExportShowsOfARejectedFileDoesNotGoOutAgain(t *testing.T) {
	for name, reject := range map[string]func(t *testing.T, b *Box, dir string) (file string){
		"an operator rejects the file": func(t *testing.T, b *Box, dir string) string {
			file := filepath.Base(onlyFile(t, dir))
			require.NoError(t, b.Judge(t.Context(), connector.Judgement{File: file, State: connector.FileRejected, Reason: "x"}))
			return file
		},
		"an operator rejects the document": func(t *testing.T, b *Box, dir string) string {
			file := filepath.Base(onlyFile(t, dir))
			require.NoError(t, b.Judge(t.Context(), connector.Judgement{File: file, Documents: []string{"1001"}, State: connector.FileRejected, Reason: "x"}))
			return file
		},
		"a person moves the file": func(t *testing.T, b *Box, dir string) string { return moveTo(t, dir, "rejected") },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			clock, o := exporting()
			b := opened(t, NewLocal(dir), o)
			p := posting(1, "10.00")
			h := gave(t, b, p)
			file := reject(t, b, dir)
			require.Equal(t, []string{"file.rejected"}, codesOf(b.Confirm(t.Context(), h)))
			waiting, err := b.WaitingFiles(t.Context())
			require.NoError(t, err)
			require.Empty(t, waiting)

			clock.drop(t, dir, "today.csv", "10.00")
			require.IsType(t, connector.Wait{}, deliver(t.Context(), b, p), "while it is copied it may show it")
			require.IsType(t, connector.Wait{}, b.Add(t.Context(), p, itemOf(p)))
			clock.pass(longAgo)
			again := deliver(t.Context(), b, p)
			require.Equal(t, h.Token, again.(connector.Handed).Token)
			require.Contains(t, again.(connector.Handed).Message, "the export today.csv shows 1001")
			other := posting(2, "10.00")
			other.Document.Number = "1001"
			require.Equal(t, []string{"document.number_taken"}, codesOf(b.Add(t.Context(), other, itemOf(other))))
			require.Len(t, wholeFiles(t, dir), 1, "it is in no second file")
			waiting, err = b.WaitingFiles(t.Context())
			require.NoError(t, err)
			require.Contains(t, waiting[0].Documents[0].Why, "the export today.csv shows 1001", "people are told")

			require.NoError(t, b.Judge(t.Context(), connector.Judgement{File: file, Documents: []string{"1001"}, State: connector.FileImported}))
			require.Equal(t, "10.00", b.Confirm(t.Context(), h).(connector.Posted).Document.Total, "an operator settles it")
			require.True(t, deliver(t.Context(), b, p).(connector.Posted).Adopted)
		})
	}
}

// The operator looked: what the export shows was taken out of the books again. A later
// export that shows it contradicts him anew.
func TestARejectionIsSaidOnceMoreAgainstAnExport(t *testing.T) {
	dir := t.TempDir()
	clock, o := exporting()
	b := opened(t, NewLocal(dir), o)
	p := posting(1, "10.00")
	h := gave(t, b, p)
	file := filepath.Base(onlyFile(t, dir))
	whole := connector.Judgement{File: file, State: connector.FileRejected, Reason: "x"}
	require.NoError(t, b.Judge(t.Context(), whole))
	one := connector.Judgement{File: file, Documents: []string{"1001"}, State: connector.FileRejected, Reason: "it is out of the books"}
	for _, export := range []string{"10.00", "10.00\n"} {
		clock.export(t, dir, "e.csv", export)
		require.IsType(t, connector.Handed{}, b.Confirm(t.Context(), h))
		require.NoError(t, b.Judge(t.Context(), one))
		answer := b.Confirm(t.Context(), h)
		require.Equal(t, []string{"file.rejected"}, codesOf(answer))
		require.Contains(t, answer.(connector.Rejected).Faults[0].GetMessage(), "it is out of the books")
	}
	require.Equal(t, "st-acme-1.2", gave(t, b, p).Token, "sent again it goes out")
}

// What is said of the whole file is said of what the export shows.
func TestTheWholeFileIsJudgedAgainstAnExport(t *testing.T) {
	for state, want := range map[connector.FileState]any{connector.FileRejected: connector.Rejected{}, connector.FileImported: connector.Posted{}} {
		t.Run(string(state), func(t *testing.T) {
			dir := t.TempDir()
			clock, o := exporting()
			b := opened(t, NewLocal(dir), o)
			h := gave(t, b, posting(1, "10.00"))
			file := moveTo(t, dir, "rejected")
			require.IsType(t, connector.Rejected{}, b.Confirm(t.Context(), h))
			clock.export(t, dir, "e.csv", "10.00")
			require.IsType(t, connector.Handed{}, b.Confirm(t.Context(), h))
			require.NoError(t, b.Judge(t.Context(), connector.Judgement{File: file, State: state, Reason: "x"}))
			require.IsType(t, want, b.Confirm(t.Context(), h))
		})
	}
}

// An operator says that it was taken out of the books, and an export that is later than his
// word shows it still.
func TestWhatAnExportShowsOfARemovedDocumentDoesNotGoOutAgain(t *testing.T) {
	for state, want := range map[connector.FileState]any{connector.FileRejected: connector.Handed{}, connector.FileImported: connector.Posted{}} {
		t.Run(string(state), func(t *testing.T) {
			dir := t.TempDir()
			clock, o := exporting()
			b := opened(t, NewLocal(dir), o)
			p := posting(1, "10.00")
			h := gave(t, b, p)
			file := moveTo(t, dir, "imported")
			require.IsType(t, connector.Posted{}, b.Confirm(t.Context(), h))
			early := clock.export(t, dir, "early.csv", "10.00")
			one := connector.Judgement{File: file, Documents: []string{"1001"}, State: connector.FileRemoved}
			require.NoError(t, b.Judge(t.Context(), one))
			touch(t, early, clock.now.Add(-time.Minute)) // It is from before the word.
			require.Equal(t, []string{"document.gone"}, codesOf(b.Confirm(t.Context(), h)))

			clock.export(t, dir, "late.csv", "10.00\n")
			require.IsType(t, connector.Handed{}, deliver(t.Context(), b, p))
			require.Len(t, wholeFiles(t, dir), 1, "it is in no second file")
			waiting, err := b.WaitingFiles(t.Context())
			require.NoError(t, err)
			require.Contains(t, waiting[0].Documents[0].Why, "it was removed, and the export late.csv shows 1001")
			one.State = state
			require.NoError(t, b.Judge(t.Context(), one))
			require.IsType(t, want, deliver(t.Context(), b, p))
			require.Equal(t, state == connector.FileRejected, len(wholeFiles(t, dir)) == 2, "it goes out again once he says so once more")
		})
	}
}

// What went out again is what a later export shows.
func TestAnExportOfTheSecondFileDoesNotContradictTheFirst(t *testing.T) {
	dir := t.TempDir()
	clock, o := exporting()
	b := opened(t, NewLocal(dir), o)
	p := posting(1, "10.00")
	first := gave(t, b, p)
	moveTo(t, dir, "rejected")
	require.Equal(t, []string{"file.rejected"}, codesOf(b.Confirm(t.Context(), first)))
	clock.pass(longAgo)
	second := gave(t, b, p)
	require.Equal(t, "st-acme-1.2", second.Token)
	clock.export(t, dir, "today.csv", "10.00")
	require.IsType(t, connector.Posted{}, b.Confirm(t.Context(), second))
	require.Equal(t, []string{"file.rejected"}, codesOf(b.Confirm(t.Context(), first)))
	require.True(t, deliver(t.Context(), b, p).(connector.Posted).Adopted)
}

// The export came too late, and shows what was in the books before the second file was made:
// the first one was imported after all. It is told, and the invoice waits for the second.
func TestAnExportFromBeforeTheSecondFileIsTold(t *testing.T) {
	dir := t.TempDir()
	clock, o := exporting()
	b := opened(t, NewLocal(dir), o)
	p := posting(1, "10.00")
	first := gave(t, b, p)
	moveTo(t, dir, "rejected")
	require.Equal(t, []string{"file.rejected"}, codesOf(b.Confirm(t.Context(), first)))
	clock.pass(longAgo)
	at := clock.now
	clock.pass(longAgo)
	second := gave(t, b, p)
	clock.export(t, dir, "late.csv", "10.00")
	touch(t, filepath.Join(dir, "exports", "late.csv"), at)
	require.Equal(t, second.Token, deliver(t.Context(), b, p).(connector.Handed).Token)
	waiting, err := b.WaitingFiles(t.Context())
	require.NoError(t, err)
	require.Len(t, waiting, 2)
	require.Contains(t, waiting[0].Documents[0].Why, "the export late.csv shows 1001")
	importAll(t, dir)
	require.IsType(t, connector.Posted{}, b.Confirm(t.Context(), second))
	require.True(t, deliver(t.Context(), b, p).(connector.Posted).Adopted, "and both are not taken for a damaged ledger")
}

// The operator says that the first file was imported after all, while the second one waits:
// the invoice waits for that, and is found once the second one is put away.
func TestTheFirstFileWasImportedWhileTheSecondWaits(t *testing.T) {
	dir := t.TempDir()
	clock, o := exporting()
	b := opened(t, NewLocal(dir), o)
	p := posting(1, "10.00")
	gave(t, b, p)
	file := moveTo(t, dir, "rejected")
	require.Equal(t, []string{"file.rejected"}, codesOf(b.Confirm(t.Context(), connector.HandedOver{
		Token: "st-acme-1.1", DocumentHash: p.DocumentHash, Query: connector.Query{Marker: "st-acme-1"},
	})))
	clock.pass(longAgo)
	at := clock.now
	clock.pass(longAgo)
	second := gave(t, b, p)
	clock.export(t, dir, "late.csv", "10.00")
	touch(t, filepath.Join(dir, "exports", "late.csv"), at)
	require.NoError(t, b.Judge(t.Context(), connector.Judgement{File: file, Documents: []string{"st-acme-1.1"}, State: connector.FileImported}))
	require.Equal(t, second.Token, deliver(t.Context(), b, p).(connector.Handed).Token)
	moveTo(t, dir, "rejected")
	require.Equal(t, []string{"file.rejected"}, codesOf(b.Confirm(t.Context(), second)))
	found := deliver(t.Context(), b, p).(connector.Posted)
	require.True(t, found.Adopted)
	require.Equal(t, "st-acme-1.1", found.Document.ID)
}
