// Package snapshot takes snapshots of ServiceTrade invoices, with the records
// that they name, and makes the snapshot hash that tells a user's edit from
// everything else that changes about an invoice.
package snapshot

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/tradepost/tradepost/pkg/canonical"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// content is all that counts as the content of an invoice. Every value is text:
// canonical JSON would merge large ids if they were numbers. Changing a field or
// a key here changes every hash, and needs a new canonical.HashVersion.
type content struct {
	Version         string `json:"version"`
	Number          string `json:"number"`
	TransactionDate string `json:"transaction_date"`
	DueDate         string `json:"due_date"`
	Notes           string `json:"notes"`
	Total           string `json:"total"`
	Customer        string `json:"customer"`
	Location        string `json:"location"`
	Job             string `json:"job"`
	Lines           []line `json:"lines"`
}

type line struct {
	ID          string `json:"id"`
	Description string `json:"description"`
	Quantity    string `json:"quantity"`
	Price       string `json:"price"`
	Taxable     string `json:"taxable"`
	LibItem     string `json:"lib_item"`
	ServiceLine string `json:"service_line"`
}

// Hash returns the snapshot hash of an invoice as ServiceTrade showed it, of
// version canonical.HashVersion (64 hex characters). These count:
//
//   - the invoice's number, transaction date, due date, notes and totalPrice;
//   - the ids of its customer, location and job;
//   - of each line the id, description, quantity, price, taxable flag, library
//     item id and service line id. Lines are put in the order of their ids, so
//     that the order of ServiceTrade's answer does not matter.
//
// Nothing else does: not status, substatus or updated, not payments, taxes or
// terms, not the names of related records, comments or costs. Amounts are
// compared as numbers (522.5 is 522.50); absent is not 0.
//
// It must be made of an invoice as read: that of an oversize snapshot has lost
// its lines, and hashes as another invoice.
func Hash(inv *tradepostv1.ServiceTradeInvoice) (string, error) {
	c := content{
		Version:         strconv.Itoa(int(canonical.HashVersion)),
		Number:          inv.GetInvoiceNumber(),
		TransactionDate: number(inv.GetTransactionDate()),
		DueDate:         number(inv.GetDueDate()),
		Notes:           inv.GetNotes(),
		Total:           amount(inv.GetTotalPrice()),
		Customer:        number(inv.GetCustomer().GetId()),
		Location:        number(inv.GetLocation().GetId()),
		Job:             number(inv.GetJob().GetId()),
		Lines:           lines(inv.GetItems()),
	}
	hash, err := canonical.Value(c)
	if err != nil {
		return "", fmt.Errorf("hash invoice %d: %w", inv.GetId(), err)
	}
	return hash, nil
}

func lines(items []*tradepostv1.ServiceTradeItem) []line {
	sorted := slices.Clone(items)
	slices.SortStableFunc(sorted, func(a, b *tradepostv1.ServiceTradeItem) int {
		return cmp.Compare(a.GetId(), b.GetId())
	})
	found := make([]line, len(sorted))
	for i, item := range sorted {
		found[i] = line{
			ID:          number(item.GetId()),
			Description: item.GetDescription(),
			Quantity:    amount(item.GetQuantity()),
			Price:       amount(item.GetPrice()),
			Taxable:     strconv.FormatBool(item.GetTaxable()),
			LibItem:     number(item.GetLibItem().GetId()),
			ServiceLine: number(item.GetServiceLine().GetId()),
		}
	}
	return found
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

const (
	maxAmountText = 100
	maxExponent   = 100
)

// amount writes equal amounts alike. Text that is no decimal, or one that would
// fill the memory when written out, counts as it stands.
func amount(text string) string {
	if len(text) > maxAmountText {
		return text
	}
	d, err := decimal.NewFromString(text)
	if err != nil || d.Exponent() > maxExponent || d.Exponent() < -maxExponent {
		return text
	}
	return d.String()
}

// Same tells whether an invoice still is what a hash of that version was made of.
// A version that this program does not know is an error, never a change.
func Same(inv *tradepostv1.ServiceTradeInvoice, hash string, version int32) (bool, error) {
	if version != canonical.HashVersion {
		return false, fmt.Errorf("the hash of invoice %d has version %d, and this program knows %d: an older and a newer version run together", inv.GetId(), version, canonical.HashVersion)
	}
	now, err := Hash(inv)
	return now == hash, err
}
