package api

import (
	"github.com/tradepost/tradepost/services/sandbox/internal/book"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

type wireInvoice struct {
	ID              int64         `json:"id"`
	URI             string        `json:"uri"`
	Type            string        `json:"type"`
	Name            string        `json:"name"`
	InvoiceNumber   string        `json:"invoiceNumber"`
	Status          string        `json:"status"`
	Substatus       *string       `json:"substatus"`
	Partial         bool          `json:"partial"`
	Notes           *string       `json:"notes"`
	TransactionDate int64         `json:"transactionDate"`
	DueDate         *int64        `json:"dueDate"`
	TotalPrice      book.Amount   `json:"totalPrice"`
	TotalPaidAmount book.Amount   `json:"totalPaidAmount"`
	Paid            bool          `json:"paid"`
	Customer        *reference    `json:"customer"`
	Vendor          *reference    `json:"vendor"`
	Location        *locationRef  `json:"location"`
	Job             *invoiceJob   `json:"job"`
	Contract        *reference    `json:"contract"`
	AssignedUser    *reference    `json:"assignedUser"`
	PaymentTerms    *paymentTerms `json:"paymentTerms"`
	Created         int64         `json:"created"`
	Updated         int64         `json:"updated"`

	Subtotal *book.Amount `json:"subtotal,omitempty"`
	Tax      *book.Amount `json:"tax,omitempty"`
	TaxRate  *book.Amount `json:"taxRate,omitempty"`
	TaxGroup *taxGroup    `json:"taxGroup,omitempty"`

	Items *[]wireItem `json:"items,omitempty"`
}

type invoiceJob struct {
	ID         int64   `json:"id"`
	URI        string  `json:"uri"`
	Number     int64   `json:"number"`
	Name       string  `json:"name"`
	Type       string  `json:"type"`
	CustomerPO *string `json:"customerPo"`
}

type paymentTerms struct {
	Name string `json:"name"`
}

type taxGroup struct {
	Code string      `json:"code"`
	Rate book.Amount `json:"rate"`
}

type wireItem struct {
	ID          int64            `json:"id"`
	Description string           `json:"description"`
	Quantity    book.Amount      `json:"quantity"`
	Price       book.Amount      `json:"price"`
	Taxable     bool             `json:"taxable"`
	LibItem     *itemLib         `json:"libItem"`
	ServiceLine *wireServiceLine `json:"serviceLine"`
}

type itemLib struct {
	ID   int64   `json:"id"`
	URI  string  `json:"uri"`
	Name string  `json:"name"`
	Code *string `json:"code"`
	Type string  `json:"type"`
}

// invoice renders an invoice; rows of lists come without their lines.
func (a *API) invoice(t *state.Tables, inv *book.Invoice, withItems bool) wireInvoice {
	out := wireInvoice{
		ID: inv.ID, URI: a.uri("invoice", inv.ID), Type: inv.Type, Name: inv.Name, InvoiceNumber: inv.Number,
		Status: inv.Status, Substatus: textOrNull(inv.Substatus), Partial: inv.Partial, Notes: textOrNull(inv.Notes),
		TransactionDate: inv.TransactionDate, DueDate: orNull(inv.DueDate),
		TotalPrice: inv.Total, TotalPaidAmount: inv.Paid,
		Paid:     inv.Total.IsPositive() && inv.Paid.GreaterThanOrEqual(inv.Total.Decimal),
		Customer: a.companyRef(t, inv.CustomerID), Vendor: a.companyRef(t, inv.VendorID),
		Location: a.locationRef(t, inv.LocationID), Job: a.invoiceJob(t, inv.JobID), Contract: contractRef(t, inv.ContractID),
		AssignedUser: a.userRef(t, inv.AssignedUserID), Created: inv.Created, Updated: inv.Updated,
	}
	if inv.PaymentTerms != "" {
		out.PaymentTerms = &paymentTerms{inv.PaymentTerms}
	}
	if x := inv.Tax; x != nil {
		out.Subtotal, out.Tax, out.TaxRate, out.TaxGroup = &x.Subtotal, &x.Tax, &x.Rate, &taxGroup{x.Group, x.Rate}
	}
	if withItems {
		items := a.items(t, inv.Lines)
		out.Items = &items
	}
	return out
}

func (a *API) invoiceJob(t *state.Tables, id int64) *invoiceJob {
	j := t.Jobs[id]
	if j == nil {
		return nil
	}
	return &invoiceJob{j.ID, a.uri("job", j.ID), j.Number, j.Name, j.Type, textOrNull(j.CustomerPO)}
}

func (a *API) items(t *state.Tables, lines []book.Line) []wireItem {
	out := make([]wireItem, 0, len(lines))
	for _, l := range lines {
		item := wireItem{
			ID: l.ID, Description: l.Description, Quantity: l.Quantity, Price: l.Price, Taxable: l.Taxable,
			ServiceLine: serviceLine(t, l.ServiceLineID),
		}
		if lib := t.LibItems[l.LibItemID]; lib != nil {
			item.LibItem = &itemLib{lib.ID, a.uri("libitem", lib.ID), lib.Name, textOrNull(lib.Code), lib.Type}
		}
		out = append(out, item)
	}
	return out
}
