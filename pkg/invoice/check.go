package invoice

import (
	"errors"
	"fmt"

	"github.com/tradepost/tradepost/pkg/money"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Check proves the invariants of a document and returns everything that breaks
// them, joined; nil when all hold. They are promises of transform to deliver, so
// an error here is a mistake of the program or a message changed by hand:
//
//   - every amount fits the currency, and quantity x price rounds to the line's amount;
//   - the lines add up to the subtotal, the taxes to the tax;
//   - subtotal - discount + tax = total, to the cent;
//   - an invoice's total is not negative, a credit memo's is positive;
//   - the total is the one that ServiceTrade showed, turned round for a credit memo;
//     the two documents of a split only add up to it (CheckAll). A document that takes
//     another one back (Reverse) has that one's total.
func Check(doc *tradepostv1.Document) error {
	exponent, ok := money.Exponent(doc.GetCurrency())
	if !ok {
		return fmt.Errorf("document %s: currency %q is not known", doc.GetMarker(), doc.GetCurrency())
	}
	c := &checker{exponent: exponent}
	subtotal := c.lines(doc.GetLines())
	tax := c.taxes(doc.GetTaxes())
	c.totals(doc, subtotal, tax)
	if err := errors.Join(c.errs...); err != nil {
		return fmt.Errorf("document %s: %w", doc.GetMarker(), err)
	}
	return nil
}

// CheckAll proves each document of one invoice, and that those of a split add up to
// the total that ServiceTrade showed.
func CheckAll(docs []*tradepostv1.Document) error {
	var errs []error
	sum, split := money.Zero, false
	c := &checker{}
	for _, d := range docs {
		errs = append(errs, Check(d))
		total := c.number("totals.total", d.GetTotals().GetTotal())
		if d.GetKind() == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
			total = total.Neg()
		}
		sum, split = sum.Add(total), split || d.GetSource().GetSplit()
	}
	want := c.number("source.total", docs[0].GetSource().GetTotal())
	if IsReversal(docs[0].GetMarker()) {
		// Only what still stands in the books is taken back.
		want, split = want.Neg(), split && len(docs) > 1
	}
	if split && !sum.Equal(want) {
		errs = append(errs, fmt.Errorf("document %s: the parts add up to %s, but ServiceTrade shows %s", docs[0].GetMarker(), sum, want))
	}
	return errors.Join(errs...)
}

type checker struct {
	exponent int32
	errs     []error
}

func (c *checker) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// number reads one number; "" is 0, since an empty field is one that is not given.
func (c *checker) number(field, text string) money.Amount {
	if text == "" {
		return money.Zero
	}
	a, err := money.Parse(text)
	if err != nil {
		c.fail("%s: %w", field, err)
	}
	return a
}

// amount reads one amount of money.
func (c *checker) amount(field, text string) money.Amount {
	a := c.number(field, text)
	if !a.Fits(c.exponent) {
		c.fail("%s: %s has more than %d digits behind the point", field, text, c.exponent)
	}
	return a
}

func (c *checker) lines(lines []*tradepostv1.Line) money.Amount {
	sum := money.Zero
	keys := map[string]bool{}
	for i, l := range lines {
		field := fmt.Sprintf("lines[%d].amount", i)
		amount := c.amount(field, l.GetAmount())
		sum = sum.Add(amount)
		if keys[l.GetKey()] {
			c.fail("lines[%d].key: %q is there twice", i, l.GetKey())
		}
		keys[l.GetKey()] = true
		if l.GetKind() == tradepostv1.LineKind_LINE_KIND_TEXT && !amount.IsZero() {
			c.fail("%s: a text line cannot have the amount %s", field, amount)
		}
		if l.GetQuantity() == "" || l.GetUnitPrice() == "" {
			continue
		}
		quantity := c.number(fmt.Sprintf("lines[%d].quantity", i), l.GetQuantity())
		price := c.number(fmt.Sprintf("lines[%d].unit_price", i), l.GetUnitPrice())
		if product := quantity.Mul(price).RoundHalfUp(c.exponent); !product.Equal(amount) {
			c.fail("%s: %s x %s is %s, not %s", field, quantity, price, product, amount)
		}
	}
	if len(lines) == 0 {
		c.fail("lines: none")
	}
	return sum
}

func (c *checker) taxes(taxes []*tradepostv1.Tax) money.Amount {
	sum := money.Zero
	for i, t := range taxes {
		sum = sum.Add(c.amount(fmt.Sprintf("taxes[%d].amount", i), t.GetAmount()))
	}
	return sum
}

func (c *checker) totals(doc *tradepostv1.Document, lines, taxes money.Amount) {
	t := doc.GetTotals()
	subtotal := c.amount("totals.subtotal", t.GetSubtotal())
	discount := c.amount("totals.discount", t.GetDiscount())
	tax := c.amount("totals.tax", t.GetTax())
	total := c.amount("totals.total", t.GetTotal())
	if !subtotal.Equal(lines) {
		c.fail("totals.subtotal: %s, but the lines add up to %s", subtotal, lines)
	}
	if !tax.Equal(taxes) {
		c.fail("totals.tax: %s, but the taxes add up to %s", tax, taxes)
	}
	if sum := subtotal.Sub(discount).Add(tax); !sum.Equal(total) {
		c.fail("totals.total: %s, but subtotal - discount + tax is %s", total, sum)
	}
	c.kind(doc, total)
}

func (c *checker) kind(doc *tradepostv1.Document, total money.Amount) {
	source := c.amount("source.total", doc.GetSource().GetTotal())
	reversal := IsReversal(doc.GetMarker())
	if reversal {
		source = source.Neg()
	}
	switch doc.GetKind() {
	case tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE:
		if total.Sign() < 0 {
			c.fail("totals.total: %s on an invoice", total)
		}
	case tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO:
		if total.Sign() < 0 || total.IsZero() && !reversal {
			c.fail("totals.total: %s on a credit memo, whose amounts are turned round", total)
		}
		source = source.Neg()
	default:
		c.fail("kind: neither an invoice nor a credit memo")
	}
	if !doc.GetSource().GetSplit() && !source.Equal(total) {
		c.fail("totals.total: %s, but ServiceTrade shows %s", total, source)
	}
}
