package books

import (
	"time"

	"github.com/shopspring/decimal"
)

// withBalances puts the open balances of a time into customers: invoices less
// credit memos and payments that are not applied (Intuit API reference,
// Customer.Balance and Customer.BalanceWithJobs). The lock is held.
func (c *Company) withBalances(customers []Object, at time.Time) []Object {
	open := map[string]decimal.Decimal{}
	for entity, property := range map[string]string{"Invoice": "Balance", "CreditMemo": "RemainingCredit", "Payment": "UnappliedAmt"} {
		for _, r := range c.tables[entity].all {
			v, ok := r.asOf(at)
			amount, isNumber := number(v.doc, property)
			if !ok || v.deleted || !isNumber || amount.IsZero() {
				continue
			}
			if entity != "Invoice" {
				amount = amount.Neg()
			}
			id := Ref(v.doc, "CustomerRef")
			open[id] = open[id].Add(amount)
		}
	}
	if len(open) == 0 {
		return customers
	}
	withJobs := map[string]decimal.Decimal{}
	for id, sum := range open {
		for up := id; up != ""; up = Ref(c.get("Customer", up), "ParentRef") {
			withJobs[up] = withJobs[up].Add(sum)
		}
	}
	out := make([]Object, len(customers))
	for i, doc := range customers {
		out[i] = doc
		if sum, ok := withJobs[Text(doc, "Id")]; ok {
			out[i] = clone(doc)
			out[i]["Balance"], out[i]["BalanceWithJobs"] = amount(open[Text(doc, "Id")]), amount(sum)
		}
	}
	return out
}
