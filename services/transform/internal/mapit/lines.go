package mapit

import (
	"fmt"
	"strings"

	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/pkg/money"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform/internal/explain"
	"github.com/tradepost/tradepost/services/transform/internal/normalise"
)

// lines writes every line: one of the invoice, one of the document, in order.
func (w *Writer) lines(inv *normalise.Invoice, res Resolved) {
	w.doc.Lines = make([]*tradepostv1.Line, len(inv.Lines))
	for i, l := range inv.Lines {
		w.doc.Lines[i] = w.line(i, l, res)
	}
}

func (w *Writer) line(i int, l normalise.Line, res Resolved) *tradepostv1.Line {
	found := res.Lines[i]
	field, source := fmt.Sprintf("lines[%d].", i), fmt.Sprintf("items[%d].", i)
	quantity, price, amount := w.signed(l)
	line := &tradepostv1.Line{
		Key:         w.set(field+"key", l.Key, explain.Copied(source+"id", l.Key)),
		Kind:        tradepostv1.LineKind_LINE_KIND_ITEM,
		Item:        w.item(field+"item.", source+"libItem", l, found.Item),
		Description: w.description(field, source, l, res.Facts, found.Facts),
		Quantity:    w.number(field+"quantity", quantity.String(), source+"quantity", l.Quantity),
		UnitPrice:   w.unitPrice(field, price, quantity, amount, source, l),
		Amount: w.set(field+"amount", amount.Fixed(w.Exponent), explain.Source{
			Field: source + "quantity x " + source + "price", Value: l.Quantity.Text + " x " + l.Price.Text,
			Rule: explain.RuleComputed + w.rounded(l),
		}),
		Taxable: w.log.True(field+"taxable", l.Taxable, source+"taxable"),
	}
	w.set(field+"kind", line.Kind.String(), explain.Source{Rule: explain.RuleFixed})
	line.RevenueAccount = w.answer(field+"revenue_account", found.Revenue)
	line.TaxCode = w.answer(field+"tax_code", found.TaxCode)
	line.Class = w.answer(field+"class", found.Class)
	line.Department = w.answer(field+"department", found.Department)
	return line
}

// unitPrice is left out where quantity x price does not round to the amount: an
// accounting system that multiplies again would come to another total.
func (w *Writer) unitPrice(field string, price, quantity, amount money.Amount, source string, l normalise.Line) string {
	if !quantity.Mul(price).RoundHalfUp(w.Exponent).Equal(amount) {
		return ""
	}
	return w.number(field+"unit_price", price.String(), source+"price", l.Price)
}

func (w *Writer) rounded(l normalise.Line) string {
	even, rule := w.Mapping.Rounding.Mode == mapping.RoundHalfEven, ", rounded half up"
	if even {
		rule = ", rounded half even"
	}
	if !l.Exact.Round(w.Exponent, even).Equal(l.Amount) {
		rule += ", and a cent by the largest remainder so that the lines add up to their rounded sum"
	}
	return rule
}

// signed gives the line's numbers the document's sign. On a credit memo the
// price stays positive where it can, since people read returned pieces as a
// number of pieces and not as a negative price.
func (w *Writer) signed(l normalise.Line) (quantity, price, amount money.Amount) {
	quantity, price, amount = l.Quantity.Value, l.Price.Value, l.Amount
	if !w.turned() {
		return quantity, price, amount
	}
	if price.Sign() < 0 {
		return quantity, price.Neg(), amount.Neg()
	}
	return quantity.Neg(), price, amount.Neg()
}

func (w *Writer) number(field, value, source string, n normalise.Number) string {
	s := explain.Copied(source, n.Text)
	if value != n.Value.String() {
		s.Rule = explain.RuleTurned
	}
	return w.set(field, value, s)
}

// description is what the mapping's template makes of the line, or its own text; a
// line without one says what its item is called.
func (w *Writer) description(field, source string, l normalise.Line, f mapping.Facts, line *mapping.LineFacts) string {
	f.Line = line
	if made := w.Mapping.Texts.Description.Render(&f); made != "" {
		return w.shortened(field+"description", made, explain.Source{Rule: "texts.description"}, w.DescriptionLength)
	}
	if l.Description != "" {
		return w.short(field+"description", l.Description, source+"description", w.DescriptionLength)
	}
	return w.short(field+"description", normalise.OneLine(l.LibItem.GetName()), source+"libItem.name", w.DescriptionLength)
}

func (w *Writer) item(field, source string, l normalise.Line, a mapping.Answer) *tradepostv1.Item {
	lib := l.LibItem
	return &tradepostv1.Item{
		LibItemId:   w.log.ID(field+"lib_item_id", lib.GetId(), source+".id"),
		Reference:   w.log.Answer(field+"reference", a, source),
		Code:        w.log.Text(field+"code", normalise.OneLine(lib.GetCode()), source+".code"),
		Name:        w.log.Text(field+"name", normalise.OneLine(lib.GetName()), source+".name"),
		Type:        w.log.Text(field+"type", strings.ToLower(normalise.OneLine(lib.GetType())), source+".type"),
		ServiceLine: w.log.Text(field+"service_line", l.ServiceLine, strings.TrimSuffix(source, "libItem")+"serviceLine.name"),
		ExternalIds: w.externalIDs(field+"external_ids", lib.GetExternalIds(), source),

		CreateIfMissing: w.allowed(field+"create_if_missing", w.Mapping.Items.Create, "items.create"),
	}
}
