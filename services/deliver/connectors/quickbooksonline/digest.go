package quickbooksonline

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/tradepost/tradepost/pkg/money"
)

// amountOf spells an amount in one way: 522.50 is 522.5. What is no number stays.
func amountOf(n json.Number) string {
	if n == "" {
		return "0"
	}
	a, err := money.Parse(n.String())
	if err != nil {
		return n.String()
	}
	return a.String()
}

// digest identifies what counts of a document: whom it is for, its date, its lines and
// its total. A payment, a sent e-mail or a printed copy leave it alone; QuickBooks'
// own version (the SyncToken) changes with each of them. What QuickBooks adds or drops
// by itself, such as subtotals and service dates, is not in it.
func (p *paper) digest(withNumber bool, total string) string {
	var b strings.Builder
	add := func(parts ...string) {
		for _, part := range parts {
			b.WriteString(part)
			b.WriteByte(0)
		}
	}
	number := ""
	if withNumber {
		number = p.DocNumber
	}
	add(number, p.TxnDate, valueOf(p.CustomerRef), total)
	for _, l := range p.Lines {
		if l.DetailType == lineSubtotal {
			continue
		}
		add(l.DetailType, amountOf(l.Amount), strings.Join(strings.Fields(l.Description), " "))
		if l.Sale != nil {
			add(valueOf(l.Sale.ItemRef))
		}
	}
	sum := sha256.Sum256([]byte(b.String()))
	return base64.RawURLEncoding.EncodeToString(sum[:8])
}

// version identifies the document as it stands, for an update that wants to know
// whether it still is the one that was found: everything that an update would write over.
func (p *paper) version() string {
	parts := []string{
		p.digest(true, amountOf(p.TotalAmt)), p.PrivateNote, memoOf(p), p.DueDate,
		valueOf(p.SalesTermRef), valueOf(p.ClassRef), valueOf(p.DepartmentRef),
	}
	if p.Tax != nil && p.Tax.TotalTax != nil {
		parts = append(parts, amountOf(*p.Tax.TotalTax))
	}
	for _, f := range p.CustomFields {
		parts = append(parts, f.DefinitionID, f.StringValue)
	}
	for _, l := range p.Lines {
		if s := l.Sale; s != nil {
			parts = append(parts, amountOf(s.Qty), amountOf(s.UnitPrice), s.ServiceDate, valueOf(s.ClassRef), valueOf(s.TaxCodeRef))
		}
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

func memoOf(p *paper) string {
	if p.CustomerMemo == nil {
		return ""
	}
	return p.CustomerMemo.Value
}

func valueOf(r *ref) string {
	if r == nil {
		return ""
	}
	return r.Value
}

// total is that of a document, with the decimals of its currency.
func (p *paper) total() string {
	a, err := money.Parse(p.TotalAmt.String())
	if err != nil {
		return p.TotalAmt.String()
	}
	digits := int32(2)
	if p.CurrencyRef != nil {
		if of, known := money.Exponent(p.CurrencyRef.Value); known {
			digits = of
		}
	}
	if !a.Fits(digits) {
		return a.String()
	}
	return a.Fixed(digits)
}

// fixed writes an amount for people.
func fixed(text string) string {
	a, err := money.Parse(text)
	if err != nil {
		return text
	}
	return a.Fixed(2)
}

// sameAmount tells whether two texts are the same amount, to the last digit.
func sameAmount(a, b string) bool {
	x, err1 := money.Parse(a)
	y, err2 := money.Parse(b)
	return err1 == nil && err2 == nil && x.Equal(y)
}

// difference of two amounts, for people.
func difference(a, b string) string {
	x, err1 := money.Parse(a)
	y, err2 := money.Parse(b)
	if err1 != nil || err2 != nil {
		return "(unknown)"
	}
	return x.Sub(y).Abs().Fixed(2)
}
