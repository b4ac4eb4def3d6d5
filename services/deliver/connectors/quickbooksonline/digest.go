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
// whether it still is the one that was found.
func (p *paper) version() string {
	sum := sha256.Sum256([]byte(p.digest(true, amountOf(p.TotalAmt)) +
		"\x00" + p.PrivateNote + "\x00" + memoOf(p) + "\x00" + p.DueDate))
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

// fixed writes an amount for people.
func fixed(text string) string {
	a, err := money.Parse(text)
	if err != nil {
		return text
	}
	return a.Fixed(2)
}

// difference of two amounts, for people.
func difference(a, b string) string {
	x, err1 := money.Parse(a)
	y, err2 := money.Parse(b)
	if err1 != nil || err2 != nil {
		return "(unknown)"
	}
	return x.Sub(y).Fixed(2)
}
