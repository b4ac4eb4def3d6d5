package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// contested holds the word that a document is not in the books, whoever said it, against
// the exports: one that shows it says that it is there after all, and it must not go out
// again before a person says which is so (Judge). What was said in spite of an export is
// contested only by a later one; and that something was removed, by one later than the word.
func (b *Box) contested(ctx context.Context, s standing, said *Verdict) (standing, error) {
	if b.exports.parse == nil || s.entry.Number == "" || s.file == nil {
		return s, nil
	}
	word, n, err := b.lastWord(ctx, s.entry)
	if err != nil {
		return s, err
	}
	if s.words = n; word != nil {
		s, said = s.said(word), word
	}
	all, err := b.exports.look(ctx)
	if err != nil || len(all) == 0 {
		return s, err
	}
	if s.counts() {
		s.shown, err = b.shownIn(ctx, all, s.entry, s.file)
		return s, err
	}
	if all, err = b.beforeTheNext(ctx, all, s); err != nil {
		return s, err
	}
	if s.removed {
		all = after(all, said.At.Add(grain))
	}
	shown, err := b.shownIn(ctx, all, s.entry, s.file)
	if err != nil || shown.doc == nil && !shown.unsure || shown.by.is(said.Export) {
		return s, err
	}
	return b.revived(ctx, s, said, shown), nil
}

// said is what is known once an operator spoke of a document that was not in the books.
func (s standing) said(word *Verdict) standing {
	if word.Verdict == Imported {
		s.removed = false
	}
	if !s.removed {
		s.verdict = word
	}
	return s
}

// revived is a document of which an export says that it is in the books after all.
func (b *Box) revived(ctx context.Context, s standing, said *Verdict, shown shown) standing {
	s.shown, s.verdict = shown, nil
	was := Rejected
	if s.removed {
		s.removed, was = false, said.Verdict
	}
	s.doubt = doubt{rejected: true, revived: true, passing: true}
	if shown.doc != nil {
		s.doubt.passing = false
		s.doubt.why = fmt.Sprintf("it was %s, and the export %s shows %s: say of it by itself, with its id, whether it is imported, or rejected", was, shown.by.File, s.entry.Number)
		b.unclear(ctx, s.file, s.doubt.why)
	}
	return s
}

// contradiction is what an export shows of a document that counts, where it is neither the
// total of its file nor the one that was told; "" where nothing contradicts.
func (s standing) contradiction() string {
	if s.shown.doc == nil || sameAmount(s.shown.doc.Total, s.entry.Total) || sameAmount(s.shown.doc.Total, s.verdict.Total) {
		return ""
	}
	return fmt.Sprintf("the export %s shows %s", s.shown.by.File, s.shown.doc.Total)
}

// tellShown tells of an export that contradicts what was posted, once a day.
func (b *Box) tellShown(ctx context.Context, f connector.HandedFile) {
	for _, d := range f.Documents {
		if d.Shown != "" && b.due("shown "+d.ID+" "+d.Shown) {
			b.log.WarnContext(ctx, "the accounting system shows another total than the one that was imported and told; correct it there, and drop a new export",
				"connection", b.o.Connection, "file", f.Name, "document", d.ID, "number", d.Number, "total", d.Total, "shown", d.Shown)
		}
	}
}

// is tells whether an export is no later than another one, or has the same content.
func (s *Source) is(other *Source) bool {
	return s != nil && other != nil && (s.SHA256 == other.SHA256 || !s.Modified.After(other.Modified))
}

// beforeTheNext leaves out the exports that may show what went out later with the same
// number: the same document in another file, or another one that has the number since.
func (b *Box) beforeTheNext(ctx context.Context, all []export, s standing) ([]export, error) {
	files, err := b.ledger.refresh(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range files[s.file.Sequence:] {
		for _, d := range m.Documents {
			if d.Number != s.entry.Number || d.Kind != s.entry.Kind || d.Customer != s.entry.Customer {
				continue
			}
			next, err := b.madeBy(ctx, m)
			return notAfter(all, next), err
		}
	}
	return all, nil
}

// notAfter are the exports that are not later than a time; all come the newest first.
func notAfter(all []export, at time.Time) []export {
	for i, x := range all {
		if !x.file.Modified.After(at) {
			return all[i:]
		}
	}
	return nil
}

// unsettled is the answer for a document of which it is not known what became of it. It
// waits for people, as what was given away does; or for an export that is being copied.
func (b *Box) unsettled(ctx context.Context, s standing) connector.Answer {
	if s.doubt.passing {
		return connector.Wait{
			Scope: tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, Reason: connector.ReasonChanged,
			Message: "an export that may show " + s.entry.id() + " is being copied, and is not whole yet",
		}
	}
	return b.handed(ctx, s)
}

// after are the exports that are later than a time; all come the newest first.
func after(all []export, at time.Time) []export {
	return all[:len(all)-len(notAfter(all, at))]
}

// lastWord is what an operator said last of a rejected document that an export shows, and
// how often he did; nil where he never did.
func (b *Box) lastWord(ctx context.Context, e *Entry) (word *Verdict, n int, err error) {
	for {
		v, err := b.ledger.verdict(ctx, wordFile(e.Marker, e.N, n+1))
		if v == nil || err != nil {
			return word, n, err
		}
		word, n = v, n+1
	}
}
