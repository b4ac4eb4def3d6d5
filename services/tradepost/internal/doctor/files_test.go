package doctor_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/tradepost/internal/doctor"
)

// filing is a connector that hands over files.
type filing struct {
	checked
	connector.FileLedger
	files []connector.HandedFile
	err   error
	// behind is what Expect says.
	behind error
	// exports are those that cannot be read.
	exports []string
}

func (f filing) HandedFiles(context.Context) ([]connector.HandedFile, error) { return f.files, f.err }

func (f filing) UnreadableExports(context.Context) ([]string, error) { return f.exports, nil }

func (f filing) Expect(context.Context, []string) error { return f.behind }

// withFiles is withBooks for one connection that hands over files.
func (w *world) withFiles(f filing) doctor.Options {
	w.t.Helper()
	o := w.withBooks(1, checked{check: nothing}, office)
	f.check = nothing
	connectors, err := connector.NewRegistry(connector.Registration{Kind: "checked", New: func(context.Context, connector.Settings) (connector.Connector, error) {
		return f, nil
	}})
	require.NoError(w.t, err)
	o.Connectors = connectors
	return o
}

func TestFilesThatNobodyConfirmsAreTold(t *testing.T) {
	made := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	waits := []connector.HandedDocument{{Number: "1042", State: connector.FileWaiting}}
	fresh := connector.HandedFile{Name: "SALES-2.csv", Made: made, Total: "10.00", Documents: waits}
	ended := connector.HandedFile{Name: "SALES-2.csv", Made: made, Total: "10.00", Documents: []connector.HandedDocument{
		{Number: "1040", State: connector.FileImported, Why: "moved"}, {Number: "1039", State: connector.FileRejected, Why: "no such job"},
	}}
	late := connector.HandedFile{Name: "SALES-1.csv", Made: made, Total: "20.00", Documents: waits, Overdue: true}
	for _, c := range []struct {
		filing filing
		status doctor.Status
		says   string
	}{
		{filing{files: []connector.HandedFile{fresh}}, doctor.OK, ""},
		{filing{files: []connector.HandedFile{ended}}, doctor.OK, ""},
		{filing{files: []connector.HandedFile{late, fresh}}, doctor.Warn, "SALES-1.csv of 2026-11-01 (1 document, 20.00)"},
		{filing{files: []connector.HandedFile{{Name: "SALES-1.csv", Made: made, Total: "20.00", Documents: waits, Missing: true}, fresh}}, doctor.Warn, "not in the folder any more: SALES-1.csv"},
		{filing{files: []connector.HandedFile{{Name: "SALES-1.csv", Made: made, Total: "20.00", Documents: []connector.HandedDocument{{State: connector.FileRejected}}, Misplaced: true}, fresh}}, doctor.Warn, "lie among the files to import: SALES-1.csv"},
		{filing{files: []connector.HandedFile{{Name: "SALES-1.csv", Made: made, Total: "20.00", Documents: []connector.HandedDocument{{State: connector.FileWaiting, Why: "it is in both folders"}}}, fresh}}, doctor.Warn, "cannot be told what became of them: SALES-1.csv: it is in both folders"},
		{filing{behind: errors.New("st-acme-7.1 was given away")}, doctor.Fail, "behind the records: st-acme-7.1"},
		{filing{err: errors.New("manifest 7 is missing")}, doctor.Fail, "manifest 7 is missing"},
	} {
		w := newWorld(t, sandbox.Options{})
		told := only(t, doctor.Run(t.Context(), w.withFiles(c.filing)), "connection acme-000", "import files")
		require.Equal(t, c.status, told.Status)
		require.Contains(t, told.Problem, c.says)
		require.NotContains(t, told.Problem, "SALES-2")
	}
}

// A record that cannot be read may be the one that shows that the folder is an older copy:
// the check says that it did not see all.
func TestRecordsThatCannotBeReadAreToldWithTheFiles(t *testing.T) {
	w, js := queued(t)
	o := w.withFiles(filing{})
	told := only(t, doctor.Run(t.Context(), o), "connection acme-000", "import files")
	require.Equal(t, doctor.OK, told.Status)
	kv, err := js.KeyValue(t.Context(), bus.BucketInvoices)
	require.NoError(t, err)
	_, err = kv.PutString(t.Context(), "acme.7", "{")
	require.NoError(t, err)
	all := of(doctor.Run(t.Context(), o), "connection acme-000", "import files")
	require.Len(t, all, 2, "and the files are looked at all the same")
	require.Equal(t, doctor.Warn, all[0].Status)
	require.Contains(t, all[0].Problem, "cannot be held against the records")
	require.Contains(t, all[0].Problem, "acme.7")
	require.Equal(t, doctor.OK, all[1].Status)
}

// A bookkeeper who dropped an export that nobody can read waits for it in vain.
func TestExportsThatCannotBeReadAreTold(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	told := only(t, doctor.Run(t.Context(), w.withFiles(filing{exports: []string{"exports/today.csv: line 7: 12,50 is no amount"}})), "connection acme-000", "import files")
	require.Equal(t, doctor.Warn, told.Status)
	require.Contains(t, told.Problem, "exports/today.csv: line 7: 12,50 is no amount")
}
