package sage50

import (
	"cmp"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tradepost/tradepost/pkg/money"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// taxes adds one row for each agency of the document's sales tax: distribution 0, with the
// agency and its tax payable account. The invoice's first line names the sales tax, of
// which Sage 50 knows one for each invoice.
func (s *sheet) taxes() {
	code := ""
	for i, t := range s.d.GetTaxes() {
		amount := s.amount(fmt.Sprintf("taxes[%d].amount", i), t.GetAmount())
		if amount.IsZero() {
			continue
		}
		id := cmp.Or(t.GetCode().GetValue(), s.c.SalesTax)
		switch {
		case id == "" || len(s.c.SalesTaxes[id]) == 0:
			s.fault("tax.not_in_books", fmt.Sprintf("taxes[%d]", i), taxThing(t), map[string]string{"value": cmp.Or(id, t.GetName())})
			continue
		case code != "" && code != id:
			s.fault("tax.more_than_one", fmt.Sprintf("taxes[%d]", i), s.thing(), map[string]string{"taxes": code + " and " + id, "system": title})
			continue
		}
		code = id
		s.divide(fmt.Sprintf("taxes[%d]", i), t, s.c.SalesTaxes[id], amount)
	}
	s.header[colSalesTax] = code
}

func taxThing(t *tradepostv1.Tax) string { return cmp.Or(t.GetName(), "Sales tax") }

// divide gives each agency its part by the rates, to the cent and to the last one.
func (s *sheet) divide(path string, t *tradepostv1.Tax, agencies []Agency, amount decimal.Decimal) {
	whole, err := money.Parse(amount.String())
	weights := make([]money.Amount, len(agencies))
	for i, a := range agencies {
		if err == nil {
			weights[i], err = money.Parse(a.Rate)
		}
	}
	var parts []money.Amount
	if err == nil {
		parts, err = whole.Allocate(weights, 2)
	}
	if err != nil {
		s.fault("tax.invalid", path, taxThing(t), map[string]string{
			"currency": s.c.Currency, "value": amount.String(), "reason": err.Error(),
		})
		return
	}
	for i, a := range agencies {
		part, _ := decimal.NewFromString(parts[i].String())
		s.rows = append(s.rows, distribution{
			amount: s.signed(part), description: clipped(a.Agency, maxDescription), account: a.Account, agency: a.Agency,
		})
	}
}
