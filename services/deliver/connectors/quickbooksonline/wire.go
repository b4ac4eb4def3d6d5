package quickbooksonline

import (
	"encoding/json"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// The shapes of the API, as far as they are used here. Amounts are json.Number: the
// digits as they stand in the message, never a floating-point number.

type ref struct {
	Value string `json:"value"`
	Name  string `json:"name,omitempty"`
}

type textValue struct {
	Value string `json:"value"`
}

type emailAddress struct {
	Address string `json:"Address"`
}

type phoneNumber struct {
	FreeFormNumber string `json:"FreeFormNumber"`
}

type metaData struct {
	CreateTime      string `json:"CreateTime,omitempty"`
	LastUpdatedTime string `json:"LastUpdatedTime,omitempty"`
}

type postalAddress struct {
	Line1      string `json:"Line1,omitempty"`
	City       string `json:"City,omitempty"`
	State      string `json:"CountrySubDivisionCode,omitempty"`
	PostalCode string `json:"PostalCode,omitempty"`
	Country    string `json:"Country,omitempty"`
}

type customField struct {
	DefinitionID string `json:"DefinitionId"`
	Name         string `json:"Name,omitempty"`
	Type         string `json:"Type,omitempty"`
	StringValue  string `json:"StringValue"`
}

// paper is an invoice or a credit memo.
type paper struct {
	ID        string    `json:"Id,omitempty"`
	SyncToken string    `json:"SyncToken,omitempty"`
	Sparse    bool      `json:"sparse,omitempty"`
	Status    string    `json:"status,omitempty"` // Deleted, in lists of changes
	MetaData  *metaData `json:"MetaData,omitempty"`

	DocNumber     string         `json:"DocNumber,omitempty"`
	TxnDate       string         `json:"TxnDate,omitempty"`
	DueDate       string         `json:"DueDate,omitempty"`
	CustomerRef   *ref           `json:"CustomerRef,omitempty"`
	CurrencyRef   *ref           `json:"CurrencyRef,omitempty"`
	ExchangeRate  json.Number    `json:"ExchangeRate,omitempty"`
	SalesTermRef  *ref           `json:"SalesTermRef,omitempty"`
	ClassRef      *ref           `json:"ClassRef,omitempty"`
	DepartmentRef *ref           `json:"DepartmentRef,omitempty"`
	BillEmail     *emailAddress  `json:"BillEmail,omitempty"`
	EmailStatus   string         `json:"EmailStatus,omitempty"`
	CustomerMemo  *textValue     `json:"CustomerMemo,omitempty"`
	PrivateNote   string         `json:"PrivateNote,omitempty"`
	CustomFields  []customField  `json:"CustomField,omitempty"`
	BillAddr      *postalAddress `json:"BillAddr,omitempty"`
	ShipAddr      *postalAddress `json:"ShipAddr,omitempty"`
	TaxAfter      *bool          `json:"ApplyTaxAfterDiscount,omitempty"`
	GlobalTax     string         `json:"GlobalTaxCalculation,omitempty"`
	Lines         []paperLine    `json:"Line,omitempty"`
	Tax           *taxDetail     `json:"TxnTaxDetail,omitempty"`
	TotalAmt      json.Number    `json:"TotalAmt,omitempty"`
	// Balance is what is still to be paid of an invoice; it is read, never written.
	Balance json.Number `json:"Balance,omitempty"`
}

type paperLine struct {
	DetailType  string          `json:"DetailType"`
	Amount      json.Number     `json:"Amount,omitempty"`
	Description string          `json:"Description,omitempty"`
	Sale        *saleDetail     `json:"SalesItemLineDetail,omitempty"`
	Text        *struct{}       `json:"DescriptionLineDetail,omitempty"`
	Discount    *discountDetail `json:"DiscountLineDetail,omitempty"`
}

// The kinds of lines.
const (
	lineSale     = "SalesItemLineDetail"
	lineText     = "DescriptionOnly"
	lineDiscount = "DiscountLineDetail"
	lineSubtotal = "SubTotalLineDetail"
)

type saleDetail struct {
	ItemRef     *ref        `json:"ItemRef,omitempty"`
	Qty         json.Number `json:"Qty,omitempty"`
	UnitPrice   json.Number `json:"UnitPrice,omitempty"`
	ServiceDate string      `json:"ServiceDate,omitempty"`
	ClassRef    *ref        `json:"ClassRef,omitempty"`
	TaxCodeRef  *ref        `json:"TaxCodeRef,omitempty"`
}

type discountDetail struct {
	PercentBased bool `json:"PercentBased"`
	AccountRef   *ref `json:"DiscountAccountRef,omitempty"`
}

type taxDetail struct {
	CodeRef *ref `json:"TxnTaxCodeRef,omitempty"`
	// TotalTax overrides what QuickBooks would compute; nil leaves it to compute.
	TotalTax *json.Number `json:"TotalTax,omitempty"`
}

// entity is the API's word for a kind of document, and the path of its calls.
type entity struct {
	name, path string
	kind       tradepostv1.DocumentKind
}

var (
	invoiceEntity = entity{"Invoice", "invoice", tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE}
	memoEntity    = entity{"CreditMemo", "creditmemo", tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO}
	documents     = []entity{invoiceEntity, memoEntity}
)

func entityOf(kind tradepostv1.DocumentKind) entity {
	if kind == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
		return memoEntity
	}
	return invoiceEntity
}

// paperAnswer is the answer to a call about one document.
type paperAnswer struct {
	Invoice    *paper
	CreditMemo *paper
}

// of is the document that an answer holds, nil where it holds none of that kind.
func (a paperAnswer) of(e entity) *paper {
	if e.kind == memoEntity.kind {
		return a.CreditMemo
	}
	return a.Invoice
}

// timeOf reads a time of the API: 2026-11-22T06:15:30-08:00.
func timeOf(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return t
}
