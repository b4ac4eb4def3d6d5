package outbox

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// gave gives a document away in a file of its own.
func gave(t *testing.T, b *Box, p connector.Posting) connector.HandedOver {
	t.Helper()
	handed, is := b.Add(t.Context(), p, itemOf(p)).(connector.Handed)
	require.True(t, is)
	return connector.HandedOver{Token: handed.Token, DocumentHash: p.DocumentHash, Query: connector.Query{Marker: p.Document.GetMarker()}}
}

func onlyFile(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "SALES-*.csv"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	return files[0]
}

func codesOf(a connector.Answer) []string {
	var codes []string
	for _, f := range a.(connector.Rejected).Faults {
		codes = append(codes, f.GetCode())
	}
	return codes
}

func TestAFileThatWasMovedIsEvidenceForGood(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, NewLocal(dir), options(1))
	h := gave(t, b, posting(1, "10.00"))
	require.IsType(t, connector.Handed{}, b.Confirm(t.Context(), h))
	file := onlyFile(t, dir)
	moved := filepath.Join(dir, "imported", filepath.Base(file))
	require.NoError(t, os.Rename(file, moved))
	posted := b.Confirm(t.Context(), h).(connector.Posted)
	require.Equal(t, "10.00", posted.Document.Total)
	require.Equal(t, "1001", posted.Document.Number)
	require.Equal(t, "C100", posted.Customers[0].ID)
	require.NoError(t, os.Remove(moved)) // people tidy up
	again := opened(t, NewLocal(dir), options(1))
	require.IsType(t, connector.Posted{}, again.Confirm(t.Context(), h))
	answer := again.Add(t.Context(), posting(1, "10.00"), itemOf(posting(1, "10.00")))
	require.True(t, answer.(connector.Posted).Adopted, "what was acknowledged is never written again")
	answer = again.Add(t.Context(), posting(1, "12.00"), itemOf(posting(1, "12.00")))
	require.Equal(t, []string{"document.different_found"}, codesOf(answer))
	require.Empty(t, appeared(t, dir))
}

// A file that was opened and saved by a spreadsheet may say anything.
func TestAFileThatWasChangedIsNoEvidence(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, NewLocal(dir), options(1))
	h := gave(t, b, posting(1, "10.00"))
	file := onlyFile(t, dir)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "imported", filepath.Base(file)), []byte("st-acme-1,11.00\r\n"), 0o600))
	require.NoError(t, os.Remove(file))
	require.IsType(t, connector.Handed{}, b.Confirm(t.Context(), h))
	require.NoError(t, b.Judge(t.Context(), connector.Judgement{File: filepath.Base(file), State: connector.FileImported}))
	require.IsType(t, connector.Posted{}, b.Confirm(t.Context(), h))
}

func TestARejectedFileIsToldAndItsDocumentsGoOutAnew(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, NewLocal(dir), options(1))
	h := gave(t, b, posting(1, "10.00"))
	file := onlyFile(t, dir)
	rejected := filepath.Join(dir, "rejected", filepath.Base(file))
	require.NoError(t, os.WriteFile(rejected+".txt", []byte("No customer C100\r\nin Sage"), 0o600))
	require.NoError(t, os.Rename(file, rejected))
	answer := b.Confirm(t.Context(), h)
	require.Equal(t, []string{"file.rejected"}, codesOf(answer))
	require.Contains(t, answer.(connector.Rejected).Faults[0].GetMessage(), "No customer C100 in Sage")
	found, err := b.Find(t.Context(), h.Query)
	require.NoError(t, err)
	require.Empty(t, found)
	next := gave(t, b, posting(1, "12.00"))
	require.Equal(t, "st-acme-1.2", next.Token)
	require.Equal(t, []string{"file.rejected"}, codesOf(b.Confirm(t.Context(), h)), "the first one's end stays its own")
	require.NoError(t, os.Rename(onlyFile(t, dir), filepath.Join(dir, "imported", filepath.Base(onlyFile(t, dir)))))
	require.Equal(t, "12.00", b.Confirm(t.Context(), next).(connector.Posted).Document.Total)
}

// An invoice was changed while its earlier version lies in a file: nobody knows whether
// that was imported, and so no second version goes out.
func TestAnotherVersionWaitsForTheFirst(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, NewLocal(dir), options(1))
	gave(t, b, posting(1, "10.00"))
	answer := b.Add(t.Context(), posting(1, "12.00"), itemOf(posting(1, "12.00")))
	require.Equal(t, []string{"file.other_version"}, codesOf(answer))
	h := connector.HandedOver{Token: "st-acme-1.1", DocumentHash: "hash-1-12.00", Query: connector.Query{Marker: "st-acme-1"}}
	require.Equal(t, []string{"file.other_version"}, codesOf(b.Confirm(t.Context(), h)))
	importAll(t, dir)
	require.Equal(t, []string{"document.different_found"}, codesOf(b.Confirm(t.Context(), h)))
}

// Who copies files instead of moving them has not said what became of them.
func TestACopyThatContradictsIsNoEvidence(t *testing.T) {
	for name, at := range map[string][]string{"rejected, and still to be imported": {"", "rejected"}, "imported and rejected": {"imported", "rejected"}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			b := opened(t, NewLocal(dir), options(1))
			h := gave(t, b, posting(1, "10.00"))
			file := onlyFile(t, dir)
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			require.NoError(t, os.Remove(file))
			for _, where := range at {
				require.NoError(t, os.WriteFile(filepath.Join(dir, where, filepath.Base(file)), raw, 0o600))
			}
			require.IsType(t, connector.Handed{}, b.Confirm(t.Context(), h))
			require.NoError(t, os.Remove(filepath.Join(dir, at[0], filepath.Base(file))))
			require.Equal(t, []string{"file.rejected"}, codesOf(b.Confirm(t.Context(), h)))
		})
	}
}

func TestANumberIsUsedOnce(t *testing.T) {
	dir := t.TempDir()
	o := options(5)
	o.Wait = time.Hour
	b := opened(t, NewLocal(dir), o)
	gave(t, b, posting(1, "10.00"))
	second := posting(2, "20.00")
	second.Document.Number = "1001"
	require.Equal(t, []string{"document.number_taken"}, codesOf(b.Add(t.Context(), second, itemOf(second))), "while it waits")
	require.NoError(t, b.Cut(t.Context(), true))
	require.Equal(t, []string{"document.number_taken"}, codesOf(b.Add(t.Context(), second, itemOf(second))), "in a file")
	require.NoError(t, b.Judge(t.Context(), connector.Judgement{File: filepath.Base(onlyFile(t, dir)), State: connector.FileRejected, Reason: "x"}))
	require.IsType(t, connector.Handed{}, b.Add(t.Context(), second, itemOf(second)), "of a file that was not imported it is free")
}

func TestAFolderThatIsAwayIsNotEmpty(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "outbox")
	b := opened(t, NewLocal(dir), options(1))
	gave(t, b, posting(1, "10.00"))
	require.NoError(t, os.Rename(dir, dir+".away"))
	require.NoError(t, os.Mkdir(dir, 0o755)) // the directory of a volume that is not mounted
	_, err := b.Find(t.Context(), connector.Query{Marker: "st-acme-1"})
	a, ok := connector.AnswerOf(err)
	require.True(t, ok)
	require.Equal(t, connector.ReasonBooksMissing, a.(connector.Wait).Reason)
	require.Equal(t, tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, a.(connector.Wait).Scope)
	_, err = b.Company(t.Context())
	require.Error(t, err, "and it is not set up anew")
	require.NotEmpty(t, b.Check(t.Context()))
	other := opened(t, NewLocal(dir), options(1)) // somebody else's, in its place
	require.Empty(t, other.Check(t.Context()))
	_, err = b.Find(t.Context(), connector.Query{Marker: "st-acme-1"})
	require.Error(t, err)
}

// A write of which nobody knows whether it came through is looked at again: the entry
// tells.
func TestADoubtIsResolvedByTheLedger(t *testing.T) {
	for _, after := range []bool{false, true} {
		dir := t.TempDir()
		opened(t, NewLocal(dir), options(1))
		m := &mortal{Folder: NewLocal(dir), left: 1, after: after}
		p := posting(1, "10.00")
		require.IsType(t, connector.Uncertain{}, New(m, options(1)).Add(t.Context(), p, itemOf(p)))
		b := opened(t, NewLocal(dir), options(1))
		_, err := b.Find(t.Context(), connector.Query{Marker: "st-acme-1"})
		a, handed := connector.AnswerOf(err)
		require.Equal(t, after, handed, "%v", a)
	}
}

func TestAFencedWriteIsNotMade(t *testing.T) {
	dir := t.TempDir()
	b := opened(t, NewLocal(dir), options(1))
	p := posting(1, "10.00")
	ctx := connector.WithFence(t.Context(), func() error { return connector.ErrFenced })
	require.Equal(t, connector.ReasonFenced, b.Add(ctx, p, itemOf(p)).(connector.Wait).Reason)
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	require.IsType(t, connector.Wait{}, b.Add(stopped, p, itemOf(p)))
	require.Empty(t, appeared(t, dir))
	found, err := b.Find(t.Context(), connector.Query{Marker: "st-acme-1"})
	require.NoError(t, err)
	require.Empty(t, found)
}
