package quickbooksonline

import (
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/money"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// maxDecimals is how many digits behind the point QuickBooks keeps of a quantity or price.
const maxDecimals = 7

// lineItem is the item of a line: the id of one that is there, or the name of a new one.
type lineItem struct{ id, newName string }

// resolveLines finds what the lines name.
func (w *draft) resolveLines() {
	limit := connector.LimitsOf(kind).DescriptionLength
	w.lineItems = make([]lineItem, len(w.d.GetLines()))
	for i, l := range w.d.GetLines() {
		if n := utf8.RuneCountInString(l.GetDescription()); n > limit {
			w.fail(fault.New("text.too_long", fault.Args{Path: fmt.Sprintf("lines[%d].description", i), Thing: "Line " + l.GetKey(), Params: map[string]string{
				"field": "description", "length": strconv.Itoa(n), "limit": strconv.Itoa(limit),
			}}))
		}
		if l.GetClass() != nil && w.hasFeature(w.prefs.classPerLine, "class tracking by line") {
			w.optional(classRecords, "class.not_in_books", "Class", l.GetClass())
		}
		switch l.GetKind() {
		case tradepostv1.LineKind_LINE_KIND_TEXT, tradepostv1.LineKind_LINE_KIND_SUBTOTAL:
			if !amountIsZero(l.GetAmount()) {
				w.unsupported("amount of a text line")
			}
		default:
			w.lineItems[i] = w.itemOf(i, l)
		}
	}
	if w.d.GetDiscount() != nil {
		w.discountAccount()
	}
}

func amountIsZero(text string) bool {
	a, err := money.Parse(text)
	return err == nil && a.IsZero()
}

// lines writes the lines, in their order. What amount a line has is never left to
// QuickBooks: quantity and price are told where they multiply to it.
func (w *draft) lines() {
	w.paper.Lines = make([]paperLine, 0, len(w.d.GetLines())+1)
	for i, l := range w.d.GetLines() {
		if item := w.lineItems[i]; item.id == "" && item.newName == "" {
			w.paper.Lines = append(w.paper.Lines, paperLine{DetailType: lineText, Description: l.GetDescription(), Text: &struct{}{}})
			continue
		}
		w.paper.Lines = append(w.paper.Lines, w.sale(i, l))
	}
	if d := w.d.GetDiscount(); d != nil {
		after := d.GetBeforeTax()
		w.paper.TaxAfter = &after
		w.paper.Lines = append(w.paper.Lines, paperLine{
			DetailType: lineDiscount, Amount: number(d.GetAmount()),
			Discount: &discountDetail{AccountRef: w.discountAccount()},
		})
	}
}

func (w *draft) sale(i int, l *tradepostv1.Line) paperLine {
	s := &saleDetail{ItemRef: &ref{Value: w.itemID(w.lineItems[i])}, ServiceDate: l.GetServiceDate(), TaxCodeRef: w.lineTax(l)}
	if s.ServiceDate == "" {
		s.ServiceDate = w.d.GetServiceTo()
	}
	s.Qty, s.UnitPrice = quantityAndPrice(l)
	class := l.GetClass()
	if class == nil && !w.prefs.classPerPaper {
		class = w.d.GetClass()
	}
	if class != nil && w.prefs.classPerLine {
		if found, ok := w.q.lookUp(classRecords, class); ok {
			s.ClassRef = &ref{Value: found.id}
		}
	}
	return paperLine{DetailType: lineSale, Amount: number(l.GetAmount()), Description: l.GetDescription(), Sale: s}
}

// quantityAndPrice are told together or not at all: QuickBooks refuses an amount that
// is not their product.
func quantityAndPrice(l *tradepostv1.Line) (quantity, price json.Number) {
	n, err1 := money.Parse(l.GetQuantity())
	each, err2 := money.Parse(l.GetUnitPrice())
	amount, err3 := money.Parse(l.GetAmount())
	if err1 != nil || err2 != nil || err3 != nil || !n.Fits(maxDecimals) || !each.Fits(maxDecimals) {
		return "", ""
	}
	if !n.Mul(each).RoundHalfUp(2).Equal(amount) {
		return "", ""
	}
	return json.Number(n.String()), json.Number(each.String())
}

// number writes an amount that was checked before.
func number(text string) json.Number {
	a, err := money.Parse(text)
	if err != nil {
		return "0"
	}
	return json.Number(a.String())
}

// total is the document's, spelled as amountOf does.
func total(d *tradepostv1.Document) string { return number(d.GetTotals().GetTotal()).String() }

func (w *draft) discountAccount() *ref {
	return w.optional(accountRecords, "account.not_in_books", "Account", w.d.GetDiscount().GetAccount())
}
