package e2e

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
)

// hardBook makes 200 invoices of a contractor: every third with sales tax of one of five
// places, credit memos, every second of them with sales tax too, discounts, lines of
// nothing, and an invoice over nothing. It makes the same each time, so that several
// ServiceTrade accounts can have it.
func hardBook(t *testing.T) *sandbox.Book {
	t.Helper()
	book := sandbox.GenerateBook(sandbox.BookOptions{Seed: 17, Invoices: 200, TaxShown: true, MaxLines: 8})
	taxCredits(book)
	overNothing(t, book)
	requireHard(t, book)
	return book
}

// taxCredits gives back sales tax on every second credit that takes taxable lines back.
func taxCredits(book *sandbox.Book) {
	rates, groups := taxRates(book), map[int64]string{}
	for _, at := range book.Locations {
		groups[at.ID] = at.TaxGroup
	}
	credits := 0
	for i := range book.Invoices {
		inv := &book.Invoices[i]
		base := decimal.Zero
		for _, line := range inv.Lines {
			if line.Taxable {
				base = base.Add(line.Quantity.Mul(line.Price.Decimal).Round(2))
			}
		}
		rate, known := rates[groups[inv.LocationID]]
		if !inv.Total.IsNegative() || !base.IsNegative() || !known || inv.Tax != nil {
			continue
		}
		if credits++; credits%2 == 0 {
			continue
		}
		tax := base.Mul(rate).Shift(-2).Round(2)
		inv.Tax = &sandbox.Tax{Subtotal: inv.Total, Tax: sandbox.Amount{Decimal: tax}, Rate: sandbox.Amount{Decimal: rate}, Group: groups[inv.LocationID]}
		inv.Total = sandbox.Amount{Decimal: inv.Total.Add(tax)}
	}
}

// overNothing makes an invoice that takes off all that it charges.
func overNothing(t *testing.T, book *sandbox.Book) {
	t.Helper()
	for i := range book.Invoices {
		inv := &book.Invoices[i]
		if inv.Tax != nil || inv.Total.IsNegative() || len(inv.Lines) != 2 {
			continue
		}
		off := inv.Lines[0]
		off.ID, off.Description = inv.Lines[1].ID, "Not charged: "+off.Description
		off.Price = sandbox.Amount{Decimal: off.Price.Neg()}
		inv.Lines = []sandbox.Line{inv.Lines[0], off}
		inv.Total = sandbox.NewAmount("0")
		return
	}
	require.Fail(t, "the book has no invoice that could be over nothing")
}

// requireHard wants the book to have what totals go wrong by.
func requireHard(t *testing.T, book *sandbox.Book) {
	t.Helper()
	count, places := map[string]int{}, map[string]bool{}
	accounts := revenueByItem(book)
	for _, inv := range book.Invoices {
		count[kindOf(inv)]++
		if inv.Tax != nil {
			places[inv.Tax.Group] = true
		}
		for _, line := range inv.Lines {
			count[accounts[line.LibItemID]]++
			count[kindOfLine(inv, line)]++
		}
	}
	require.Len(t, book.Invoices, 200)
	require.Len(t, places, 5)
	for what, least := range map[string]int{
		"over nothing": 1, "credits": 5, "credits with tax": 4, "with tax": 40, "lines of nothing": 20, "lines below zero on invoices": 8,
		"lines with parts of a cent": 100, accountServices: 100, accountParts: 100, accountDiscounts: 8,
	} {
		require.GreaterOrEqual(t, count[what], least, "%s in the book: %v", what, count)
	}
}

func kindOf(inv sandbox.Invoice) string {
	switch {
	case inv.Total.IsZero():
		return "over nothing"
	case inv.Total.IsNegative() && inv.Tax != nil:
		return "credits with tax"
	case inv.Total.IsNegative():
		return "credits"
	case inv.Tax != nil:
		return "with tax"
	default:
		return "plain"
	}
}

func kindOfLine(inv sandbox.Invoice, line sandbox.Line) string {
	amount := line.Quantity.Mul(line.Price.Decimal)
	switch {
	case amount.IsZero():
		return "lines of nothing"
	case amount.IsNegative() && inv.Total.IsPositive():
		return "lines below zero on invoices"
	case !amount.Equal(amount.Round(2)):
		return "lines with parts of a cent"
	default:
		return "plain lines"
	}
}
