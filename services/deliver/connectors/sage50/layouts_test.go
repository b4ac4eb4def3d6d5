package sage50

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// importLayouts are the columns that the imports have, in their order: written out, so
// that the lists of the connector are not held against themselves.
var importLayouts = map[string][]string{
	LayoutFull: {
		"Customer ID", "Invoice/CM #", "Apply to Invoice Number", "Credit Memo", "Progress Billing Invoice", "Date", "Ship By",
		"Quote", "Quote #", "Quote Good Thru Date", "Drop Ship", "Ship to Name", "Ship to Address-Line One",
		"Ship to Address-Line Two", "Ship to City", "Ship to State", "Ship to Zipcode", "Ship to Country", "Customer PO", "Ship Via",
		"Ship Date", "Date Due", "Discount Amount", "Discount Date", "Displayed Terms", "Sales Representative ID",
		"Accounts Receivable Account", "Sales Tax ID", "Invoice Note", "Note Prints After Line Items", "Statement Note",
		"Stmt Note Prints Before Ref", "Internal Note", "Beginning Balance Transaction", "Number of Distributions",
		"Invoice/CM Distribution", "Apply to Invoice Distribution", "Apply To Sales Order", "Apply to Proposal", "Quantity",
		"SO/Proposal Number", "Item ID", "Serial Number", "SO/Proposal Distribution", "Description", "G/L Account", "Unit Price",
		"Tax Type", "UPC / SKU", "Weight", "Amount", "Job ID", "Sales Tax Agency ID", "Transaction Period", "Transaction Number",
		"Return Authorization", "Voided by Transaction", "Recur Number", "Recur Frequency",
	},
	LayoutPeachtree: {
		"Customer ID", "Invoice/CM #", "Apply to Invoice Number", "Credit Memo", "Date", "Ship By", "Quote", "Quote #",
		"Quote Good Thru Date", "Drop Ship", "Ship to Name", "Ship to Address-Line One", "Ship to Address-Line Two", "Ship to City",
		"Ship to State", "Ship to Zipcode", "Ship to Country", "Customer PO", "Ship Via", "Ship Date", "Date Due", "Discount Amount",
		"Discount Date", "Displayed Terms", "Sales Representative ID", "Accounts Receivable Account", "Sales Tax Code", "Invoice Note",
		"Note Prints After Line Items", "Statement Note", "Stmt Note Prints Before Ref", "Internal Note",
		"Beginning Balance Transaction", "Number of Distributions", "Invoice/CM Distribution", "Apply to Invoice Distribution",
		"Apply To Sales Order", "Quantity", "SO Number", "Item ID", "SO Distribution", "Description", "G/L Account", "Unit Price",
		"Tax Type", "Amount", "Job ID", "Sales Tax Authority", "Transaction Period", "Transaction Number", "Return Authorization",
	},
	LayoutShort: {
		"Customer ID", "Invoice/CM #", "Date", "Date Due", "Discount Amount", "Discount Date", "Displayed Terms",
		"Accounts Receivable Account", "Sales Tax ID", "Number of Distributions", "Description", "G/L Account", "Tax Type", "Amount",
		"Sales Tax Agency ID",
	},
}

// laterNames are Sage 50's names of what Peachtree calls otherwise.
var laterNames = map[string]string{
	"Sales Tax Code": "Sales Tax ID", "SO Number": "SO/Proposal Number", "SO Distribution": "SO/Proposal Distribution", "Sales Tax Authority": "Sales Tax Agency ID",
}

// An import takes the columns by their place: one that is elsewhere puts every value into
// the wrong field.
func TestTheLayoutsHaveTheColumnsOfTheImport(t *testing.T) {
	for name, count := range map[string]int{LayoutFull: 59, LayoutPeachtree: 51, LayoutShort: 15} {
		columns, ok := preset(name)
		require.True(t, ok)
		require.Equal(t, importLayouts[name], columns, name)
		require.Len(t, columns, count, name)
	}
}
