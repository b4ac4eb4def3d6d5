package tryton

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Void cancels the invoice: Tryton posts a move that takes its move back, and keeps
// both. It does so only where the company allows customer invoices to be cancelled, and
// not once somebody paid.
func (b *Books) Void(ctx context.Context, found connector.Found) connector.Answer {
	ctx, cancel := b.bounded(ctx)
	defer cancel()
	id, err := strconv.ParseInt(found.ID, 10, 64)
	if err != nil {
		return b.waitFor(fmt.Errorf("void %s: %w", found.ID, err))
	}
	now, err := b.readOne(ctx, id)
	switch {
	case err != nil:
		return b.changedMeanwhile(err)
	case now.State == stateCancelled:
		return connector.Posted{Document: b.found(now), Adopted: true}
	case b.found(now).Version != found.Version:
		return b.changedMeanwhile(errGone)
	}
	err = b.client.write(ctx, nil, "model.account.invoice.cancel", list{id})
	if refused, is := forAPerson(err); is {
		return connector.Rejected{Faults: []*tradepostv1.Fault{notVoided(found, refused)}, Document: &found}
	}
	if err != nil && !doubtful(err) {
		return b.waitFor(fmt.Errorf("void %s: %w", found.Number, err))
	}
	after, readErr := b.readOne(ctx, id)
	if readErr != nil || after.State != stateCancelled {
		return connector.Uncertain{Reason: reasonNoAnswer, Message: fmt.Sprintf("void %s: %v", found.Number, errors.Join(err, readErr))}
	}
	return connector.Posted{Document: b.found(after)}
}

func (b *Books) changedMeanwhile(err error) connector.Answer {
	w := b.waitFor(err)
	if errors.Is(err, errGone) {
		w.Scope, w.Reason = tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, connector.ReasonChanged
	}
	return w
}

func notVoided(f connector.Found, r *refusal) *tradepostv1.Fault {
	return fault.New("document.not_voided", fault.Args{
		Thing: "Invoice " + f.Number, Params: map[string]string{"number": orUnknown(f.Number), "system": title}, VendorText: r.words,
	})
}
