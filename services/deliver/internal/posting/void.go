package posting

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// voidsOwn refuses a voiding of anything but documents of the record, and one in a send
// that is none of a void: a message mended by hand must not void what counts.
func (p *Poster) voidsOwn(r *tradepostv1.Record, v *tradepostv1.Voiding) error {
	if v != nil && !record.OfVoid(r) {
		return fmt.Errorf("send %d is not one of a void, and nothing is made void in it", r.GetSend())
	}
	for _, of := range v.GetDocuments() {
		if named(r, of) == nil {
			return fmt.Errorf("the record knows no document %q that could be made void", of.GetId())
		}
	}
	return nil
}

// void makes the posted documents void that stand in the books, one after the other.
// What an earlier attempt of this send made void counts as done.
func (t *try) void(ctx context.Context) (*tradepostv1.Outcome, error) {
	t.keepVoided()
	for _, of := range t.ready.GetVoiding().GetDocuments() {
		ref := named(t.entry.Record, of)
		if ref.GetGone() {
			continue
		}
		// What is void is written down before the next document is turned to.
		if err := t.noteKept(ctx); err != nil {
			return nil, err
		}
		if outcome, err := t.voidOne(ctx, ref); outcome != nil || err != nil {
			return outcome, err
		}
	}
	return t.tookBack(), nil
}

// tookBack is the outcome of a void: what was done in the books, or that nothing was
// left to do there.
func (t *try) tookBack() *tradepostv1.Outcome {
	if len(t.posted) == 0 {
		return withdrawn(servicetrade.StatusVoid)
	}
	return t.allPosted()
}

// voidOne makes one document void. It returns nil when it counts nothing any more,
// whoever did that.
func (t *try) voidOne(ctx context.Context, ref *tradepostv1.DocumentRef) (*tradepostv1.Outcome, error) {
	f, outcome, err := t.stands(ctx, ref)
	if f == nil || outcome != nil || err != nil {
		return outcome, err
	}
	if fault := t.untouchable(ref, *f); fault != nil {
		return rejected(fault), nil
	}
	if ref, outcome, err = t.knownAs(ctx, ref, *f); outcome != nil || err != nil {
		return outcome, err
	}
	// As before an update: a user may have moved the invoice a moment ago.
	if outcome, err := t.wanted(ctx, 0); outcome != nil || err != nil {
		return outcome, err
	}
	ctx, cancel, err := t.renew(ctx, &tradepostv1.Unresolved{
		Kind: ref.GetKind(), Marker: t.markers(ref)[0], Voids: true, UpdatesId: f.ID,
		Generation: ref.GetGeneration(), Total: ref.GetTotal(), Stream: t.m.Stream, Sequence: t.m.Sequence,
	})
	if err != nil {
		return nil, err
	}
	defer cancel()
	return t.voided(ref, t.Voider.Void(t.told(connector.WithFence(ctx, t.checkFence), nil), *f)), nil
}

// untouchable is why a document that stands in the books may not be made void.
func (t *try) untouchable(ref *tradepostv1.DocumentRef, f connector.Found) *tradepostv1.Fault {
	closed := t.ready.GetVoiding().GetBooksClosedThrough()
	switch {
	case t.Voider == nil:
		return faultOf("document.cannot_be_voided", paperFor(ref), f, nil)
	case f.IssueDate != "" && f.IssueDate <= closed:
		return faultOf("document.void_in_closed_books", paperFor(ref), f, map[string]string{"date": f.IssueDate, "closed_through": closed})
	}
	return nil
}

// voided checks the answer before it is believed; nil when the document is void.
func (t *try) voided(ref *tradepostv1.DocumentRef, a connector.Answer) *tradepostv1.Outcome {
	p, ok := a.(connector.Posted)
	switch {
	case !ok:
		return outcomeOf(a)
	case !p.Document.Void:
		return uncertain("not_void", "the connector answered that the document is void, and shows it as one that counts")
	}
	t.remarks = append(t.remarks, p.Remarks...)
	done := t.madeVoid(ref)
	done.Version = cmp.Or(p.Document.Version, ref.GetVersion())
	t.refs = append(t.refs, done)
	t.posted = append(t.posted, voidedDocument(done, p.Adopted))
	return nil
}

// madeVoid is what the record keeps of a document that this send made void.
func (t *try) madeVoid(ref *tradepostv1.DocumentRef) *tradepostv1.DocumentRef {
	d := gone(ref)
	d.VoidedBy = t.ready.GetSend()
	return d
}

// keepVoided counts what earlier attempts of this send made void.
func (t *try) keepVoided() {
	for _, d := range t.entry.Record.GetDocuments() {
		if d.GetVoidedBy() == t.ready.GetSend() && d.GetConnection() == t.Connection {
			t.posted = append(t.posted, voidedDocument(d, false))
		}
	}
}

func voidedDocument(d *tradepostv1.DocumentRef, adopted bool) *tradepostv1.PostedDocument {
	return &tradepostv1.PostedDocument{
		Kind: d.GetKind(), Id: d.GetId(), Number: d.GetNumber(), Version: d.GetVersion(), Total: d.GetTotal(), Adopted: adopted, Voided: true,
	}
}

// resolveVoid ends the doubt about an attempt to make a document void: it shows as one
// that counts, and the attempt did nothing, or it does not.
func (t *try) resolveVoid(ctx context.Context, u *tradepostv1.Unresolved, found []connector.Found) (*tradepostv1.Outcome, error) {
	ref := t.attempted(u)
	if ref == nil || counts(u, found) {
		t.doubtful = false
		return nil, t.change(ctx, record.Resolve(t.owner))
	}
	if outcome := t.absent(ctx, ref); outcome != nil {
		return outcome, nil
	}
	t.doubtful = false
	return nil, t.change(ctx, record.Note(t.owner, t.madeVoid(ref)))
}

// attempted is the document of the record that an attempt was to make void; nil when it
// is gone by now.
func (t *try) attempted(u *tradepostv1.Unresolved) *tradepostv1.DocumentRef {
	ref := named(t.entry.Record, &tradepostv1.AppliesTo{Kind: u.GetKind(), Id: u.GetUpdatesId()})
	if ref.GetGone() {
		return nil
	}
	return ref
}

// counts tells whether the document that was to be made void still counts.
func counts(u *tradepostv1.Unresolved, found []connector.Found) bool {
	return slices.ContainsFunc(found, func(f connector.Found) bool { return f.ID == u.GetUpdatesId() })
}

// named is the document of the record that v names, in the books of its connection; nil
// when it has none like that.
func named(r *tradepostv1.Record, v *tradepostv1.AppliesTo) *tradepostv1.DocumentRef {
	for _, ref := range r.GetDocuments() {
		if !ref.GetReversal() && ref.GetConnection() == r.GetConnection() && ref.GetKind() == v.GetKind() && ref.GetId() == v.GetId() {
			return ref
		}
	}
	return nil
}

// paperFor stands for a posted document in the texts of faults.
func paperFor(ref *tradepostv1.DocumentRef) paper {
	return paper{doc: &tradepostv1.Document{Kind: ref.GetKind(), Totals: &tradepostv1.Totals{Total: ref.GetTotal()}}}
}

// knownAs is the document as the record knows it under the id that the books show: a
// bookkeeper may have entered it anew, with the marker.
func (t *try) knownAs(ctx context.Context, ref *tradepostv1.DocumentRef, f connector.Found) (*tradepostv1.DocumentRef, *tradepostv1.Outcome, error) {
	if f.ID == ref.GetId() {
		return ref, nil, nil
	}
	if outcome := t.absent(ctx, ref); outcome != nil {
		return nil, outcome, nil
	}
	other := proto.CloneOf(ref)
	other.Id, other.Number, other.Version, other.Hash, other.WrittenAt = f.ID, f.Number, f.Version, "", nil
	if err := t.change(ctx, record.Note(t.owner, gone(ref))); err != nil {
		return nil, nil, err
	}
	return other, nil, t.change(ctx, record.Note(t.owner, other))
}
