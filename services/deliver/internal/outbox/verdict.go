package outbox

import (
	"context"
	"fmt"
)

// doubt is why it cannot be told what became of a file; its zero value is no doubt.
type doubt struct {
	// why is in words, for people who have to settle it; "" where time does.
	why string
	// rejected says that a person moved the file to rejected: an export that shows its
	// documents contradicts that, and settles nothing.
	rejected bool
	// revived says that its documents may have gone out again: a person called the file
	// rejected, and another, or the same, put it among the imported ones since.
	revived bool
}

// fileVerdict is what became of a whole file: what was written down, or what the folders
// show.
func (b *Box) fileVerdict(ctx context.Context, m *Manifest) (*Verdict, doubt, error) {
	v, err := b.ledger.verdict(ctx, verdictFile(m.Sequence))
	if v != nil && v.Verdict == Rejected {
		return b.stillRejected(ctx, m, v)
	}
	if v != nil || err != nil {
		return v, doubt{}, err
	}
	v, d, err := b.folders(ctx, m)
	if err == nil && v != nil && v.Verdict == Rejected {
		d, err = b.contradicted(ctx, m)
	}
	if err != nil {
		return nil, d, err
	}
	if d.why != "" {
		b.unclear(ctx, m, d.why)
	}
	if v == nil || d != (doubt{}) {
		return nil, d, nil
	}
	v, err = b.ledger.note(ctx, verdictFile(m.Sequence), *v)
	return v, doubt{}, err
}

// stillRejected holds a verdict against the folders: a file that lies in imported now
// was imported after all, and its documents must not go out again before a person says
// so. What says it is `tradepost confirm` for its documents, or the file's way back.
func (b *Box) stillRejected(ctx context.Context, m *Manifest, v *Verdict) (*Verdict, doubt, error) {
	imported, err := b.content(ctx, importedDir+"/"+m.File)
	if err != nil || imported == nil {
		return v, doubt{}, err
	}
	d := doubt{why: "it was rejected, and lies in the folder imported now: move it back, or confirm its documents one by one", revived: true}
	b.unclear(ctx, m, d.why)
	return nil, d, nil
}

// folders is what the folders imported and rejected show of a file; nil where they show
// nothing, or contradict each other.
func (b *Box) folders(ctx context.Context, m *Manifest) (*Verdict, doubt, error) {
	imported, err := b.content(ctx, importedDir+"/"+m.File)
	if err != nil {
		return nil, doubt{}, err
	}
	rejected, err := b.content(ctx, rejectedDir+"/"+m.File)
	if err != nil || imported == nil && rejected == nil {
		return nil, doubt{}, err
	}
	left, err := b.content(ctx, m.File)
	if err != nil {
		return nil, doubt{}, err
	}
	v := &Verdict{Verdict: Imported, Evidence: "moved", At: b.o.Now().UTC()}
	switch {
	case imported != nil && rejected != nil:
		return nil, doubt{why: "it is in both folders, imported and rejected", rejected: true}, nil
	case rejected != nil && left != nil:
		return nil, doubt{why: "it is in the folder rejected, and still among those that are to be imported", rejected: true}, nil
	case imported != nil && hashOf(imported) != m.SHA256:
		return nil, doubt{why: "it is in the folder imported, and is not as it was written"}, nil
	case rejected != nil:
		v.Verdict, v.Reason = Rejected, b.reasonOf(ctx, m.File)
	}
	return v, doubt{}, nil
}

// contradicted tells whether an export shows a document of a file that a person moved to
// rejected: the import stopped in the middle, and what is in the books must not go out
// again. While an export is not whole yet, it may show one. Documents whose end is known
// by themselves contradict nothing.
func (b *Box) contradicted(ctx context.Context, m *Manifest) (d doubt, err error) {
	if b.exports.parse == nil {
		return d, nil
	}
	all, err := b.exports.look(ctx)
	if err != nil || len(all) == 0 {
		return d, err
	}
	for _, l := range m.Documents {
		e, err := b.ledger.entry(ctx, l.Marker, l.N)
		if err != nil {
			return d, err
		}
		s, err := b.shownIn(ctx, all, e, m)
		if err != nil {
			return d, err
		}
		d.rejected = d.rejected || s.unsure
		if s.doc == nil {
			continue
		}
		own, err := b.ledger.verdict(ctx, entryVerdictFile(l.Marker, l.N))
		if err != nil {
			return d, err
		}
		if own == nil {
			return doubt{why: fmt.Sprintf("it is in the folder rejected, and the export %s shows %s: some of it was imported", s.by.File, l.Number), rejected: true}, nil
		}
	}
	return d, nil
}

// unclear tells of a file of which nobody can know what became of it.
func (b *Box) unclear(ctx context.Context, m *Manifest, why string) {
	b.log.WarnContext(ctx, "it cannot be told what became of an import file; say it with `tradepost confirm` once it is certain",
		"connection", b.o.Connection, "file", m.File, "why", why)
}
