package tryton

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// finish compares the draft with the document, posts it, and reads it back. made says
// that this call made the draft; one that another made is adopted.
func (b *Books) finish(ctx context.Context, p connector.Posting, d draft, i invoice, made bool) (connector.Answer, bool) {
	id := i.ID
	if answer, again := b.compare(ctx, p, d, i); answer != nil || again {
		return answer, again
	}
	err := b.post(ctx, id)
	if errors.Is(err, errGone) {
		return nil, true
	}
	if refused, is := forAPerson(err); is {
		return b.unpostable(ctx, p, id, refused), false
	}
	if err != nil && !doubtful(err) {
		return b.waitFor(fmt.Errorf("post %s: %w", p.Document.GetMarker(), err)), false
	}
	// Also after an answer that was lost: what stands there tells.
	i, readErr := b.readOne(ctx, id)
	if readErr != nil || i.unposted() {
		return connector.Uncertain{
			Reason: reasonNoAnswer, Message: fmt.Sprintf("post %s: %v", p.Document.GetMarker(), errors.Join(err, readErr)),
		}, false
	}
	posted := connector.Posted{Document: b.found(i), NumberAssigned: p.Document.GetNumber() == "", Adopted: !made}
	return d.withCustomer(posted, p.Document), false
}

// compare has Tryton compute the taxes where it is to, and compares what the draft would
// be posted as, to the cent. A draft that is another is removed: nothing was posted.
func (b *Books) compare(ctx context.Context, p connector.Posting, d draft, i invoice) (connector.Answer, bool) {
	if d.computed {
		err := b.client.write(ctx, nil, "model.account.invoice.validate_invoice", list{i.ID})
		if refused, is := forAPerson(err); is {
			return b.unpostable(ctx, p, i.ID, refused), false
		}
		if err == nil {
			i, err = b.readOne(ctx, i.ID)
		}
		switch {
		case errors.Is(err, errGone):
			return nil, true
		case err != nil: // Also one without an answer: a draft counts nothing.
			return b.waitFor(fmt.Errorf("compute the taxes of %s: %w", p.Document.GetMarker(), err)), false
		case !i.unposted():
			return nil, true // Another worker took the draft up.
		}
	}
	total, tax, equal := d.equalTotals(i)
	if equal {
		return nil, false
	}
	f := fault.New("tax.differs_in_books", fault.Args{
		Path: "totals.tax", Thing: thing(p.Document), Params: map[string]string{
			"books_tax": tax.Abs().StringFixed(2), "invoice_tax": d.tax.Abs().StringFixed(2),
		},
	})
	if tax.Equal(d.tax) {
		f = fault.New("total.mismatch", fault.Args{Path: "totals.total", Thing: thing(p.Document), Params: map[string]string{
			"difference": d.total.Sub(total).String(), "invoice_total": p.Document.GetTotals().GetTotal(), "lines_total": total.Abs().String(),
		}})
	}
	return b.removed(ctx, i, f), false
}

// removed answers that the document cannot be posted, after its draft was removed. One
// that cannot be removed counts nothing, and is looked at again by the next attempt.
func (b *Books) removed(ctx context.Context, i invoice, f *tradepostv1.Fault) connector.Answer {
	if err := b.remove(ctx, i); err != nil {
		b.log.WarnContext(ctx, "a draft could not be removed from Tryton; it counts nothing", "draft", i.ID, "err", err)
	}
	return rejected(f)
}

// post posts the draft. It is tried again where that is safe: where the database undid
// it, and where Tryton wants a payment date in the past to be acknowledged.
func (b *Books) post(ctx context.Context, id int64) error {
	warned := false
	for try := 0; ; try++ {
		err := b.client.write(ctx, nil, "model.account.invoice.post", list{id})
		refused, _ := errors.AsType[*refusal](err)
		switch {
		case refused == nil:
			return err
		case busy(err) && try < busyTries:
			if !sleep(ctx, busyWait<<try) {
				return err
			}
		case !warned && refused.class == classWarning && strings.HasPrefix(refused.warning, latePayment):
			warned = true
			if err := b.acknowledge(ctx, refused.warning); err != nil {
				return err
			}
		default:
			return b.stillThere(ctx, id, err)
		}
	}
}

const (
	busyTries = 4
	busyWait  = 50 * time.Millisecond
	// latePayment begins the name of the warning that the payment date is past already:
	// what is sent late is due all the same.
	latePayment = "invoice_payment_term_"
)

// sleep waits for about d; false when ctx ended before.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d + rand.N(d)) //nolint:gosec // spreads retries
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// acknowledge answers a warning with yes, once.
func (b *Books) acknowledge(ctx context.Context, warning string) error {
	s, err := b.client.sign(ctx)
	if err != nil {
		return err
	}
	return b.client.write(ctx, nil, "model.res.user.warning.create", list{object{"user": s.uid, "name": warning, "always": false}})
}

// stillThere turns the refusal to post an invoice that is not there into errGone.
func (b *Books) stillThere(ctx context.Context, id int64, refused error) error {
	if _, err := b.readOne(ctx, id); errors.Is(err, errGone) {
		return errGone
	}
	return refused
}

// unpostable tells why Tryton does not post the draft, and removes it. The reasons that
// a bookkeeper can mend are looked up, since Tryton words them in the user's language.
func (b *Books) unpostable(ctx context.Context, p connector.Posting, id int64, r *refusal) connector.Answer {
	b.names.forget()
	f := refusedBy(p.Document, r)
	s, err := b.client.sign(ctx)
	if err == nil {
		w := &builder{b: b, ctx: ctx, s: s, p: p, d: p.Document}
		w.days(object{})
		if w.err == nil && len(w.faults) > 0 {
			f = w.faults[0]
			f.VendorText = r.words
		}
	}
	return b.removed(ctx, invoice{ID: id, Number: p.Document.GetNumber()}, f)
}
