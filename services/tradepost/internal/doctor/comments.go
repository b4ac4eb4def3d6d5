package doctor

import (
	"context"
	"fmt"
	"slices"

	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// commentTries is how many failed invoices are looked at for a comment.
const commentTries = 3

// comments checks the invoice's entity type number as far as reading can tell.
func (p *patient) comments(ctx context.Context, failed []int64) []Result {
	c := p.check("comments")
	permission := p.check("comment right").skip("whether user %s may write comments cannot be told without writing one; the role Account Admin may",
		p.account.ServiceTrade.Username)
	number := p.account.ServiceTrade.InvoiceEntityType
	if number <= 0 {
		r := c.fault(fault.New("servicetrade.entity_type_missing", fault.Args{Params: map[string]string{"account": p.account.ID}}))
		r.Fix = entityTypeFix
		return []Result{r, permission}
	}
	if word, taken := kinds[number]; taken {
		return []Result{c.fail(admin, findHint(p.account.ID), "invoice_entity_type %d is ServiceTrade's number of a %s", number, word), permission}
	}
	if p.InvoiceID > 0 {
		return append(p.commentsOn(ctx, c, p.InvoiceID, number), permission)
	}
	for _, id := range failed[:min(len(failed), commentTries)] {
		if results := p.commentsOn(ctx, c, id, number); len(results) > 0 && results[0].Status != Skip {
			return append(results, permission)
		}
	}
	return []Result{c.skip("no comment was found that shows whether invoice_entity_type %d is right; name an invoice that has one: "+
		"tradepost doctor --account %s --invoice ID", number, p.account.ID), permission}
}

// commentsOn looks at the comments that an invoice has under a number.
func (p *patient) commentsOn(ctx context.Context, c check, invoice int64, number int) []Result {
	if _, err := p.client.Invoice(ctx, invoice); err != nil {
		return []Result{p.noInvoice(c, invoice, err)}
	}
	about, err := p.commentsUnder(ctx, invoice, number)
	looked := fmt.Sprintf("comments on invoice %d under invoice_entity_type %d", invoice, number)
	if err != nil {
		return []Result{p.refused(c, err, "list comments").looked("%s", looked)}
	}
	other := slices.IndexFunc(about, func(a aboutWhat) bool { return a.namesOther(invoice, number) })
	switch {
	case len(about) == 0:
		return []Result{c.skip("none found: invoice %d has no comment, or the number is wrong", invoice).looked("%s", looked)}
	case other >= 0:
		return []Result{c.warn(admin, findHint(p.account.ID), "a comment listed there is about %s, so the number looks wrong", about[other]).looked("%s", looked)}
	}
	return []Result{c.ok("%s: %d found, none about anything else", looked, len(about))}
}

// commentsUnder lists comments and returns what they say they are about.
func (p *patient) commentsUnder(ctx context.Context, invoice int64, number int) ([]aboutWhat, error) {
	ctx, bodies := withAnswers(ctx)
	if _, err := p.client.Comments(ctx, number, invoice); err != nil {
		return nil, err
	}
	return evidence(bodies.all()), nil
}

func (p *patient) noInvoice(c check, id int64, err error) Result {
	if servicetrade.IsNotFound(err) {
		return c.fail(operator, "Give the number at the end of the invoice page's address; it is not the invoice number.",
			"ServiceTrade has no invoice with the id %d", id)
	}
	return p.refused(c, err, "read invoices")
}

func findHint(account string) string {
	return fmt.Sprintf("Find it: tradepost doctor --find-entity-type --account %s --invoice ID --text \"words of a comment\"", account)
}
