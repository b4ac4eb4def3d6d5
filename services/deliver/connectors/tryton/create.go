package tryton

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// errGone: an invoice is not there any more.
var errGone = errors.New("the invoice was removed while it was worked on")

// rounds is how often a posting looks again after another worker was in its way.
const rounds = 3

// Create makes the invoice as a draft, compares it, and posts it. A draft that an
// earlier attempt left is taken up where it says the same, and removed where it does
// not. What is posted already is compared and adopted.
func (b *Books) Create(ctx context.Context, p connector.Posting) connector.Answer {
	ctx, cancel := b.bounded(ctx)
	defer cancel()
	for range rounds {
		answer, again := b.attempt(ctx, p)
		if !again {
			return answer
		}
	}
	return connector.Wait{
		Scope: tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, Reason: connector.ReasonChanged,
		Message: "another worker is at the same invoice",
	}
}

// attempt looks what is there and goes on from it; again is set when another worker
// changed that meanwhile.
func (b *Books) attempt(ctx context.Context, p connector.Posting) (answer connector.Answer, again bool) {
	there, err := b.look(ctx, p)
	if err != nil {
		return b.waitFor(fmt.Errorf("look for %s: %w", p.Document.GetMarker(), err)), false
	}
	d, faults, err := b.buildAnew(ctx, p, len(there.posted) == 0)
	if len(there.posted) > 0 {
		return b.adopt(d, p, there.posted), false
	}
	switch {
	case err != nil:
		return b.waitFor(fmt.Errorf("prepare %s: %w", p.Document.GetMarker(), err)), false
	case len(faults) > 0:
		return rejected(faults...), false
	case len(there.foreign) > 0:
		return rejected(draftInBooks(p.Document, there.foreign[0])), false
	}
	for _, left := range there.leftover {
		if err := b.remove(ctx, left); err != nil {
			return b.waitFor(fmt.Errorf("remove a draft of %s: %w", p.Document.GetMarker(), err)), false
		}
	}
	ours, made := there.ours, there.ours.ID == 0
	if made {
		if ours, answer, again = b.makeDraft(ctx, p, d); answer != nil || again {
			return answer, again
		}
	}
	return b.finish(ctx, p, d, ours, made)
}

// buildAnew builds the document; what was remembered is looked up again before anything
// is said to be missing.
func (b *Books) buildAnew(ctx context.Context, p connector.Posting, create bool) (draft, []*tradepostv1.Fault, error) {
	d, faults, err := b.build(ctx, p, create)
	if len(faults) > 0 && err == nil && b.names.forget() {
		return b.build(ctx, p, create)
	}
	return d, faults, err
}

// there is what Tryton has of a marker.
type there struct {
	posted []connector.Found
	// ours is a draft that an earlier attempt left, and that says the same.
	ours invoice
	// leftover are drafts of ours that do not.
	leftover []invoice
	// foreign are drafts that a person made or changed.
	foreign []invoice
}

// look sorts what Tryton has of the posting's marker. What was cancelled is not there.
func (b *Books) look(ctx context.Context, p connector.Posting) (there, error) {
	var t there
	s, err := b.client.sign(ctx)
	if err != nil {
		return t, err
	}
	all, err := b.read(ctx, list{list{"reference", "=", p.Document.GetMarker()}, list{"state", "!=", stateCancelled}}, 0)
	for _, i := range all {
		mark, stamped := i.stamp()
		switch own := i.CreatedBy == s.uid && (i.WrittenBy == 0 || i.WrittenBy == s.uid); {
		case !i.unposted():
			t.posted = append(t.posted, b.found(i))
		case !own || !stamped:
			t.foreign = append(t.foreign, i)
		case t.ours.ID == 0 && mark.hash == p.DocumentHash && mark.marker == p.Document.GetMarker():
			t.ours = i
		default:
			t.leftover = append(t.leftover, i)
		}
	}
	return t, err
}

// adopt answers for what is posted already.
func (b *Books) adopt(d draft, p connector.Posting, posted []connector.Found) connector.Answer {
	if len(posted) > 1 {
		return rejected(fault.New("document.more_than_one", fault.Args{
			Thing:  thing(p.Document),
			Params: map[string]string{"count": strconv.Itoa(len(posted)), "numbers": numbers(posted)},
		}))
	}
	equal, differences := connector.Equal(posted[0], p.Document, p.DocumentHash)
	if !equal {
		return connector.Rejected{
			Faults: []*tradepostv1.Fault{differentFound(p.Document, posted[0], differences)}, Document: &posted[0],
		}
	}
	return d.withCustomer(connector.Posted{Document: posted[0], Adopted: true, NumberAssigned: p.Document.GetNumber() == ""}, p.Document)
}

func numbers(posted []connector.Found) string {
	all := make([]string, len(posted))
	for i, f := range posted {
		all[i] = orUnknown(f.Number)
	}
	return strings.Join(all, ", ")
}

func draftInBooks(d *tradepostv1.Document, i invoice) *tradepostv1.Fault {
	return fault.New("document.draft_in_books", fault.Args{
		Thing: thing(d), Params: map[string]string{"marker": i.Reference}, VendorText: fmt.Sprintf("draft %d of %s", i.ID, i.Party.Name),
	})
}

// makeDraft makes the draft. An answer that was lost is looked for: a draft counts
// nothing, and is found by its stamp.
func (b *Books) makeDraft(ctx context.Context, p connector.Posting, d draft) (made invoice, answer connector.Answer, again bool) {
	var ids []int64
	err := b.client.write(ctx, &ids, "model.account.invoice.create", list{d.values})
	if refused, is := forAPerson(err); is {
		return invoice{}, b.refusedDraft(p, refused), false
	}
	switch {
	case taken(err):
		return invoice{}, nil, true
	case err != nil && !doubtful(err):
		return invoice{}, b.waitFor(fmt.Errorf("make a draft of %s: %w", p.Document.GetMarker(), err)), false
	case err == nil && len(ids) == 1 && b.cfg.UniqueIndex:
		made, err = b.readOne(ctx, ids[0])
		if err != nil { // The draft is there, and counts nothing.
			return invoice{}, b.waitFor(fmt.Errorf("read the draft of %s: %w", p.Document.GetMarker(), err)), false
		}
		return made, nil, false
	}
	now, lookErr := b.look(ctx, p)
	if lookErr != nil || (now.ours.ID == 0 && len(ids) == 0 && len(now.posted) == 0) {
		return invoice{}, connector.Uncertain{
			Reason: reasonNoAnswer, Message: fmt.Sprintf("make a draft of %s: %v", p.Document.GetMarker(), errors.Join(err, lookErr)),
		}, false
	}
	return b.alone(ctx, p, now, ids)
}

// refusedDraft answers in Tryton's own words. What the names led to may have been closed
// or made inactive since they were looked up.
func (b *Books) refusedDraft(p connector.Posting, r *refusal) connector.Answer {
	b.names.forget()
	return rejected(refusedBy(p.Document, r))
}

// alone tells, where no index does, whether another worker made a draft as well. The
// oldest stays, and each worker removes only the one that it made (ids; none where the
// answer was lost).
func (b *Books) alone(ctx context.Context, p connector.Posting, now there, ids []int64) (invoice, connector.Answer, bool) {
	older := len(now.posted) > 0 || now.ours.ID == 0
	for _, id := range ids {
		older = older || now.ours.ID < id
		for _, i := range now.leftover {
			older = older || i.ID < id
		}
	}
	if !older {
		return now.ours, nil, false
	}
	for _, id := range ids {
		if err := b.remove(ctx, invoice{ID: id, Number: p.Document.GetNumber()}); err != nil {
			return invoice{}, b.waitFor(fmt.Errorf("remove a draft of %s: %w", p.Document.GetMarker(), err)), false
		}
	}
	return invoice{}, nil, true
}

// remove removes a draft of ours. Tryton removes none that has a number.
func (b *Books) remove(ctx context.Context, i invoice) error {
	if i.Number != "" {
		if err := b.client.write(ctx, nil, "model.account.invoice.write", list{i.ID}, object{"number": nil}); err != nil {
			return err
		}
	}
	return b.client.write(ctx, nil, "model.account.invoice.delete", list{i.ID})
}
