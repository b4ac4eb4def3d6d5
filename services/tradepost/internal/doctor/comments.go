package doctor

import (
	"context"
	"fmt"
	"slices"

	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// commentTries is how many failed invoices are looked at for a comment: Tradepost
// never sets an invoice to failed before its comment is stored.
const commentTries = 4

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
	return []Result{p.proof(ctx, c, failed[:min(len(failed), commentTries)]), permission}
}

// proof looks for a comment that shows whether the number is right: on the invoice
// that was named, and on failed ones, which carry one each.
func (p *patient) proof(ctx context.Context, c check, failed []int64) Result {
	number := p.account.ServiceTrade.InvoiceEntityType
	look := failed
	if p.InvoiceID > 0 {
		if _, err := p.client.Invoice(ctx, p.InvoiceID); err != nil {
			return p.noInvoice(c, p.InvoiceID, err)
		}
		look = append([]int64{p.InvoiceID}, failed...)
	}
	var doubt *Result
	for _, id := range look {
		r, said := p.commentsOn(ctx, c, id)
		switch {
		case said && r.Status != Warn:
			return r
		case said && doubt == nil:
			doubt = &r
		}
	}
	key := entityTypeKey(p.account.ID)
	switch {
	case doubt != nil:
		return *doubt
	case len(failed) > 0:
		return c.warn(admin, findHint(p.account.ID), "%s is %d, and %s under that number, although Tradepost writes one on every invoice that it sets to failed: "+
			"the number looks wrong", key, number, noComment(failed)).looked("comments on invoices %s", numbers(look))
	case p.InvoiceID > 0:
		return c.warn(admin, findHint(p.account.ID), "%s is %d, and invoice %d has no comment under that number: if it has a comment, the number is wrong",
			key, number, p.InvoiceID).looked("comments on invoice %d", p.InvoiceID)
	}
	return c.skip("no invoice has failed yet, so there is no comment that shows whether %s %d is right; name an invoice that has a comment: "+
		"tradepost doctor --account %s --invoice ID", key, number, p.account.ID)
}

func noComment(failed []int64) string {
	if len(failed) == 1 {
		return "the failed invoice has no comment"
	}
	return fmt.Sprintf("none of %d failed invoices has a comment", len(failed))
}

// commentsOn looks at the comments that an invoice has under the number. said is
// false when there is none, which by itself tells nothing.
func (p *patient) commentsOn(ctx context.Context, c check, invoice int64) (r Result, said bool) {
	number := p.account.ServiceTrade.InvoiceEntityType
	about, err := p.commentsUnder(ctx, invoice, number)
	looked := fmt.Sprintf("comments on invoice %d under invoice_entity_type %d", invoice, number)
	switch {
	case servicetrade.IsInvalid(err):
		return c.fail(admin, findHint(p.account.ID), "%s is %d, and ServiceTrade refuses that number: %v",
			entityTypeKey(p.account.ID), number, err).looked("%s", looked), true
	case err != nil:
		return p.refused(c, err, "list comments").looked("%s", looked), true
	case len(about) == 0:
		return r, false
	}
	if other := slices.IndexFunc(about, func(a aboutWhat) bool { return a.namesOther(invoice, number) }); other >= 0 {
		return c.warn(admin, findHint(p.account.ID), "a comment listed there is about %s, so the number looks wrong", about[other]).looked("%s", looked), true
	}
	return c.ok("%s: %d found, none about anything else", looked, len(about)), true
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

func entityTypeKey(account string) string {
	return "accounts." + account + ".servicetrade.invoice_entity_type"
}

func findHint(account string) string {
	return fmt.Sprintf("Find the right number: write a comment on an invoice in ServiceTrade, then run "+
		"tradepost doctor --find-entity-type --account %s --invoice ID --text \"words of the comment\"", account)
}
