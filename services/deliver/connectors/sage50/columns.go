package sage50

import (
	"fmt"
	"slices"
	"strings"
)

// The layouts that exist already, by their names in the settings.
const (
	// LayoutFull is the Sales Journal of Sage 50: 59 columns.
	LayoutFull = "full"
	// LayoutPeachtree is that of Peachtree, before it was called Sage 50: 51 columns.
	LayoutPeachtree = "peachtree"
	// LayoutShort has the 15 columns that an invoice needs. It has none that tells a credit
	// memo.
	LayoutShort = "short"
)

// Columns that more than one place names.
const (
	colCustomer      = "Customer ID"
	colNumber        = "Invoice/CM #"
	colCreditMemo    = "Credit Memo"
	colDate          = "Date"
	colDue           = "Date Due"
	colReceivable    = "Accounts Receivable Account"
	colSalesTax      = "Sales Tax ID"
	colDistributions = "Number of Distributions"
	colDescription   = "Description"
	colAccount       = "G/L Account"
	colTaxType       = "Tax Type"
	colAmount        = "Amount"
	colAgency        = "Sales Tax Agency ID"
	colVoided        = "Voided by Transaction"
)

// fullColumns are the columns in the order of Sage 50's own export.
var fullColumns = []string{
	colCustomer, colNumber, "Apply to Invoice Number", colCreditMemo, "Progress Billing Invoice", colDate, "Ship By",
	"Quote", "Quote #", "Quote Good Thru Date", "Drop Ship", "Ship to Name", "Ship to Address-Line One",
	"Ship to Address-Line Two", "Ship to City", "Ship to State", "Ship to Zipcode", "Ship to Country", "Customer PO",
	"Ship Via", "Ship Date", colDue, "Discount Amount", "Discount Date", "Displayed Terms", "Sales Representative ID",
	colReceivable, colSalesTax, "Invoice Note", "Note Prints After Line Items", "Statement Note",
	"Stmt Note Prints Before Ref", "Internal Note", "Beginning Balance Transaction", colDistributions,
	"Invoice/CM Distribution", "Apply to Invoice Distribution", "Apply To Sales Order", "Apply to Proposal", "Quantity",
	"SO/Proposal Number", "Item ID", "Serial Number", "SO/Proposal Distribution", colDescription, colAccount,
	"Unit Price", colTaxType, "UPC / SKU", "Weight", colAmount, "Job ID", colAgency, "Transaction Period",
	"Transaction Number", "Return Authorization", colVoided, "Recur Number", "Recur Frequency",
}

// renamed are the columns that Peachtree calls otherwise.
var renamed = map[string]string{
	colSalesTax: "Sales Tax Code", "SO/Proposal Number": "SO Number",
	"SO/Proposal Distribution": "SO Distribution", colAgency: "Sales Tax Authority",
}

// later are the columns that Peachtree does not have.
var later = []string{
	"Progress Billing Invoice", "Apply to Proposal", "Serial Number", "UPC / SKU", "Weight",
	colVoided, "Recur Number", "Recur Frequency",
}

var shortColumns = []string{
	colCustomer, colNumber, colDate, colDue, "Discount Amount", "Discount Date", "Displayed Terms", colReceivable,
	colSalesTax, colDistributions, colDescription, colAccount, colTaxType, colAmount, colAgency,
}

// needed are the columns without which no invoice can be imported as it is.
var needed = []string{colCustomer, colNumber, colDate, colDue, colReceivable, colDistributions, colAccount, colAmount}

// forTaxes are those without which no sales tax can be.
var forTaxes = []string{colSalesTax, colTaxType, colAgency}

// preset returns the columns of a layout by its name.
func preset(layout string) ([]string, bool) {
	switch layout {
	case LayoutFull:
		return slices.Clone(fullColumns), true
	case LayoutShort:
		return slices.Clone(shortColumns), true
	case LayoutPeachtree:
		var columns []string
		for _, c := range fullColumns {
			if slices.Contains(later, c) {
				continue
			}
			if other, is := renamed[c]; is {
				c = other
			}
			columns = append(columns, c)
		}
		return columns, true
	}
	return nil, false
}

// modern is the name that Sage 50 has for a column, whichever was written.
func modern(column string) string {
	for now, before := range renamed {
		if column == before {
			return now
		}
	}
	return column
}

// columnProblems tells what is wrong with a list of columns.
func columnProblems(columns []string, taxes bool) []error {
	var errs []error
	seen := map[string]bool{}
	for _, c := range columns {
		name := modern(c)
		switch {
		case !slices.Contains(fullColumns, name):
			errs = append(errs, fmt.Errorf("setting columns: %q is no column of the Sales Journal import; there are %s", c, strings.Join(fullColumns, ", ")))
		case seen[name]:
			errs = append(errs, fmt.Errorf("setting columns: %q is there twice", c))
		}
		seen[name] = true
	}
	want := slices.Clone(needed)
	if taxes {
		want = append(want, forTaxes...)
	}
	for _, c := range want {
		if !seen[c] {
			errs = append(errs, fmt.Errorf("setting columns: %q is missing; invoices cannot be imported as they are without it", c))
		}
	}
	return errs
}
