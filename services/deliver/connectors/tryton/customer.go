package tryton

import (
	"context"
	"fmt"
	"strconv"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// customer puts the party, its address and its account into the values.
func (w *builder) customer(values object, create bool) {
	if w.d.GetLocation().GetBelowCustomer() || w.d.GetJob().GetBelowCustomer() {
		w.fault("connection.mapping_wrong", "customer", "", map[string]string{
			"connection": w.b.connection, "reason": "customers.level wants a customer below a customer, and Tryton has none: use company, or customers.of: location",
		}, "")
	}
	ref := w.d.GetCustomer().GetReference()
	if w.err != nil {
		return
	}
	party, count, err := w.b.lookup(w.ctx, parties, ref)
	if err == nil && count == 0 && w.d.GetCustomer().GetCreateIfMissing() {
		if !create {
			return // It would be made, with what it needs.
		}
		party, w.made, err = w.b.makeParty(w.ctx, w.d.GetCustomer())
		count = 1
	}
	if w.err = err; err != nil {
		return
	}
	if count != 1 {
		w.fault("customer.not_in_books", "customer", "Customer "+w.d.GetCustomer().GetName(), map[string]string{"value": ref.GetValue()}, several(count, "parties"))
		return
	}
	values["party"] = party.ID
	values["account"] = w.receivable(party)
	if values["invoice_address"] = party.address(); party.address() == 0 {
		w.fault("customer.incomplete", "customer", "Customer "+party.Name, map[string]string{"field": "address"}, "")
	}
	w.terms(values, party)
}

// address is the one for invoices, else the first.
func (n named) address() int64 {
	for _, a := range n.Addresses {
		if a.Invoice {
			return a.ID
		}
	}
	if len(n.Addresses) == 0 {
		return 0
	}
	return n.Addresses[0].ID
}

// receivable is the account that the mapping names, else the customer's own, else that
// of the settings or of Tryton's configuration.
func (w *builder) receivable(party named) int64 {
	if w.d.GetReceivableAccount().GetValue() == "" && party.Receivable != 0 {
		return party.Receivable
	}
	return w.account("receivable_account", w.d.GetReceivableAccount(), "receivable", w.b.cfg.Accounts.Receivable)
}

// terms names the payment terms that the mapping chose; without any the due date is
// ServiceTrade's, and without that the customer's own terms stand.
func (w *builder) terms(values object, party named) {
	ref := w.d.GetTerms().GetReference()
	switch {
	case w.err != nil:
	case ref.GetValue() != "":
		r, count, err := w.b.lookup(w.ctx, terms, ref)
		if w.err = err; err == nil && count != 1 {
			w.fault("terms.not_in_books", "terms", "Payment terms "+ref.GetValue(), map[string]string{"value": ref.GetValue()}, several(count, "payment terms"))
		}
		values["payment_term"] = r.ID
	case w.d.GetDueDate() != "":
		values["payment_term_date"] = dateValue(w.d.GetDueDate())
	case party.Terms != 0:
		values["payment_term"] = party.Terms
	}
}

// makeParty makes a customer. The code of a party is unique in Tryton, so that of two
// workers one makes it, and the other finds it.
func (b *Books) makeParty(ctx context.Context, c *tradepostv1.Customer) (party named, made bool, err error) {
	ref := c.GetReference()
	code := ref.GetValue()
	if ref.GetBy() != tradepostv1.ReferenceBy_REFERENCE_BY_CODE {
		code = "ST-" + strconv.FormatInt(c.GetCompanyId(), 10)
	}
	byCode := &tradepostv1.Reference{By: tradepostv1.ReferenceBy_REFERENCE_BY_CODE, Value: code}
	if r, count, err := b.lookup(ctx, parties, byCode); err != nil || count == 1 {
		return r, false, err
	}
	a := c.GetBillingAddress()
	err = b.client.write(ctx, nil, "model.party.party.create", list{object{
		"name": oneLine(c.GetName()), "code": code,
		"addresses": list{list{"create", list{object{
			"street": paragraph(a.GetStreet()), "city": oneLine(joined(", ", a.GetCity(), a.GetState())), "postal_code": oneLine(a.GetPostalCode()),
		}}}},
	}})
	if _, refused := forAPerson(err); err != nil && !refused && !taken(err) {
		return named{}, false, fmt.Errorf("make customer %s: %w", code, err)
	}
	r, count, lookErr := b.lookup(ctx, parties, byCode)
	if lookErr != nil || count == 1 {
		return r, err == nil, lookErr
	}
	return named{}, false, fmt.Errorf("make customer %s: %w", code, err)
}

// withCustomer adds to an answer which customer the document was posted to. A party's
// id is never given to another one.
func (d draft) withCustomer(posted connector.Posted, doc *tradepostv1.Document) connector.Posted {
	if company := doc.GetCustomer().GetCompanyId(); company != 0 && d.party != 0 {
		posted.Customers = []connector.Customer{{
			Record: connector.RecordCompany, RecordID: company, ID: strconv.FormatInt(d.party, 10), Created: d.partyMade,
		}}
	}
	return posted
}
