package outbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/tradepost/tradepost/pkg/connector"
)

// Judge notes what an operator vouches for.
func (b *Box) Judge(ctx context.Context, j connector.Judgement) error {
	if err := b.present(ctx); err != nil {
		return err
	}
	m, err := b.fileNamed(ctx, j.File)
	if err != nil {
		return err
	}
	if len(j.Documents) == 0 && j.State != connector.FileRemoved {
		return b.judgeFile(ctx, m, j)
	}
	docs, err := named(m, j.Documents)
	if err != nil {
		return err
	}
	for _, d := range docs {
		if err := b.judgeOne(ctx, d, j); err != nil {
			return err
		}
	}
	return nil
}

func (b *Box) fileNamed(ctx context.Context, name string) (*Manifest, error) {
	manifests, err := b.ledger.refresh(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range manifests {
		if m.File == name {
			return m, nil
		}
	}
	return nil, fmt.Errorf("no file %q was ever made for connection %s; `tradepost confirm %s --all` lists those that were", name, b.o.Connection, b.o.Connection)
}

// judgeFile puts a whole file where people see that it is done, and settles it.
func (b *Box) judgeFile(ctx context.Context, m *Manifest, j connector.Judgement) error {
	want, dir := Imported, importedDir
	if j.State == connector.FileRejected {
		want, dir = Rejected, rejectedDir
	}
	for _, d := range m.Documents {
		if err := b.fits(ctx, d, j); err != nil {
			return err
		}
	}
	if err := b.putAway(ctx, m, dir, j.Reason); err != nil {
		return err
	}
	v, err := b.ledger.note(ctx, verdictFile(m.Sequence), Verdict{
		Verdict: want, Evidence: "operator", By: j.By, Reason: j.Reason, At: b.o.Now().UTC(),
	})
	if err != nil {
		return err
	}
	if v.Verdict != want {
		return fmt.Errorf("file %s was %s before (%s, %s)", m.File, v.Verdict, v.Evidence, v.At.Format("2006-01-02"))
	}
	return nil
}

// fits refuses a judgement of a whole file that one of its documents contradicts.
func (b *Box) fits(ctx context.Context, d Listed, j connector.Judgement) error {
	e, err := b.ledger.entry(ctx, d.Marker, d.N)
	if err != nil {
		return err
	}
	s, err := b.standingOf(ctx, e)
	if err != nil {
		return err
	}
	have := handedDocument(s)
	if have.State == connector.FileWaiting || have.State == j.State {
		return nil
	}
	return fmt.Errorf("%s (%s) is %s already", d.Number, e.id(), have.State)
}

func (b *Box) judgeOne(ctx context.Context, d Listed, j connector.Judgement) error {
	e, err := b.ledger.entry(ctx, d.Marker, d.N)
	if err != nil {
		return err
	}
	s, err := b.standingOf(ctx, e)
	if err != nil {
		return err
	}
	have := handedDocument(s)
	name, v := entryVerdictFile(d.Marker, d.N), Verdict{Evidence: "operator", By: j.By, Reason: j.Reason, At: b.o.Now().UTC()}
	switch {
	case have.State == j.State:
		return nil
	case j.State == connector.FileRemoved && have.State == connector.FileImported:
		name, v.Verdict, v.Export = removedFile(d.Marker, d.N), string(connector.FileRemoved), s.shown.by
	case have.State != connector.FileWaiting || j.State == connector.FileRemoved:
		return fmt.Errorf("%s (%s) is %s", d.Number, e.id(), have.State)
	case j.State == connector.FileRejected:
		v.Verdict = Rejected
	default:
		v.Verdict = Imported
	}
	noted, err := b.ledger.note(ctx, name, v)
	if err != nil {
		return err
	}
	if noted.Verdict != v.Verdict {
		return fmt.Errorf("%s (%s) was %s a moment ago", d.Number, e.id(), noted.Verdict)
	}
	return b.spoken(ctx, e, v.Verdict)
}

// undoOf are the rows that take back what a file brought, or may have brought, into the
// books: not what is known never to have come there, or to be out of them again.
func (b *Box) undoOf(ctx context.Context, m *Manifest) ([]byte, error) {
	var content []byte
	for _, d := range m.Documents {
		e, err := b.ledger.entry(ctx, d.Marker, d.N)
		if err != nil {
			return nil, err
		}
		s, err := b.standingOf(ctx, e)
		switch {
		case err != nil:
			return nil, err
		case !s.live():
			continue
		case len(e.Undo) == 0:
			return nil, fmt.Errorf("%s (%s) cannot be reversed by a file: take it out of the books by hand", e.Number, e.id())
		}
		if content == nil {
			content = slices.Clone(e.Head)
		}
		content = append(content, e.Undo...)
	}
	if content == nil {
		return nil, fmt.Errorf("nothing of %s is in the books: what was not imported, or was taken out again, needs no reversal", m.File)
	}
	return content, nil
}

// Reverse writes what takes a file's documents back, but for those that are not in the
// books.
func (b *Box) Reverse(ctx context.Context, file string) (string, error) {
	if err := b.present(ctx); err != nil {
		return "", err
	}
	m, err := b.fileNamed(ctx, file)
	if err != nil {
		return "", err
	}
	content, err := b.undoOf(ctx, m)
	if err != nil {
		return "", err
	}
	name := undoDir + "/REVERSAL-" + strings.TrimPrefix(m.File, b.o.Prefix+"-")
	err = b.folder.Publish(ctx, name, content)
	if errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("%s was written before: it may have been imported. Look in the books, and at the file", name)
	}
	return name, err
}
