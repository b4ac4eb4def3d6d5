package outbox

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

// Files lists the files that were made, with what is known of each document.
func (b *Box) Files(ctx context.Context) ([]connector.HandedFile, error) {
	if err := b.present(ctx); err != nil {
		return nil, err
	}
	manifests, err := b.ledger.refresh(ctx)
	if err != nil {
		return nil, err
	}
	there, err := b.lying(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]connector.HandedFile, 0, len(manifests))
	for _, m := range manifests {
		f, err := b.handedFile(ctx, m, there)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, nil
}

func (b *Box) handedFile(ctx context.Context, m *Manifest, there map[string]bool) (connector.HandedFile, error) {
	f := connector.HandedFile{Name: m.File, Made: m.At, Total: m.Total, CustomerFile: m.CustomerFile}
	for _, d := range m.Documents {
		e, err := b.ledger.entry(ctx, d.Marker, d.N)
		if err != nil {
			return f, err
		}
		s, err := b.standingOf(ctx, e)
		if err != nil {
			return f, err
		}
		f.Documents = append(f.Documents, handedDocument(s))
	}
	f.Overdue = !f.Ended() && b.overdue(m)
	f.Missing = !f.Ended() && !there[m.File] && !there[m.Staged]
	if f.Ended() && there[toImport+m.File] {
		// It may have been put away since it was listed.
		left, err := b.content(ctx, m.File)
		if err != nil {
			return f, err
		}
		f.Misplaced = left != nil
	}
	return f, nil
}

// toImport is before the name of what lies among the files to import.
const toImport = "./"

// lying is everything that lies where import files may lie, in the order of their way, so
// that one which is moved on meanwhile is seen.
func (b *Box) lying(ctx context.Context) (map[string]bool, error) {
	there := map[string]bool{}
	for _, dir := range []string{stagedDir, "", importedDir, rejectedDir} {
		files, err := b.folder.List(ctx, dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, f := range files {
			there[f.Name] = true
			switch dir {
			case stagedDir:
				there[stagedDir+"/"+f.Name] = true
			case "":
				there[toImport+f.Name] = true
			}
		}
	}
	return there, nil
}

// overdue tells whether a file that nobody confirmed has waited for too long.
func (b *Box) overdue(m *Manifest) bool {
	return b.o.RemindAfter > 0 && b.o.Now().Sub(m.At) >= b.o.RemindAfter
}

// again is after how long people are told of the same file once more.
const again = 24 * time.Hour

// remindOf tells of a file that nobody confirmed, once a day.
func (b *Box) remindOf(ctx context.Context, m *Manifest) {
	if m == nil || !b.overdue(m) {
		return
	}
	b.mu.Lock()
	due := b.o.Now().Sub(b.told[m.Sequence]) >= again
	if due {
		b.told[m.Sequence] = b.o.Now()
	}
	b.mu.Unlock()
	if due {
		b.log.WarnContext(ctx, "an import file waits to be confirmed; `tradepost confirm` lists those that do",
			"connection", b.o.Connection, "file", m.File, "since", m.At, "documents", len(m.Documents), "total", m.Total)
	}
}

func handedDocument(s standing) connector.HandedDocument {
	e := s.entry
	d := connector.HandedDocument{ID: e.id(), Number: e.Number, Customer: e.Customer, Total: e.Total, State: connector.FileWaiting}
	switch {
	case s.removed:
		d.State = connector.FileRemoved
	case s.verdict == nil:
		d.Why = s.doubt.why
	case s.verdict.Verdict == Rejected:
		d.State, d.Why = connector.FileRejected, s.verdict.Reason
	default:
		d.State, d.Why = connector.FileImported, s.verdict.Evidence
	}
	return d
}
