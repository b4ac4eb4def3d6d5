package fault

// postedEntries are what accounting systems have against documents that go through a
// draft, a number sequence and a period there, and that never change once posted.
var postedEntries = []Entry{
	{
		Code: "document.period_missing", Title: "No period for this date", Raised: "connector", Owner: bookkeeper, Thing: "Invoice date",
		Message: "the books have no period for {date}.",
		Fix:     "Set up the fiscal year and its periods in the books, or give the invoice another date in ServiceTrade. Then send the invoice again.",
		Params:  []string{"date"},
	},
	{
		Code: "document.number_order", Title: "A later invoice has its number already", Raised: "connector", Owner: bookkeeper, Thing: "Invoice date",
		Message: "the books give numbers in the order of days, and the last one is of {last}: an invoice of {date} cannot have the next.",
		Fix:     "Give the invoice the date {last} or a later one in ServiceTrade, then send it again. To let it count on {last} by itself, set number_order of the connection.",
		Params:  []string{"date", "last"},
	},
	{
		Code: "document.draft_in_books", Title: "A draft of it is in the books", Raised: "connector", Owner: bookkeeper, Thing: "Document",
		Message: "the books hold a draft with the reference {marker} that a person made or changed, so it was neither posted nor removed.",
		Fix:     "Delete the draft in the books, then send the invoice again.",
		Params:  []string{"marker"},
	},
	{
		Code: "document.posted_for_good", Title: "Changed after it was posted for good", Raised: "deliver", Owner: bookkeeper, Thing: "Document",
		Message: "the invoice is in the books as {number} (total {books_total}) and was changed in ServiceTrade since (total {invoice_total}). What differs: {differences}. The books never change what is posted.",
		Fix:     "Cancel {number} in the books, then send the invoice again: it is posted anew. Or credit the difference in the books by hand, and set the invoice's status in ServiceTrade by hand.",
		Params:  []string{"books_total", "differences", "invoice_total", "number"},
	},
	{
		Code: "document.not_voided", Title: "Not cancelled by the books", Raised: "connector", Owner: bookkeeper, Thing: "Document",
		Message: "{system} did not cancel {number}.",
		Fix:     "Allow customer invoices to be cancelled in the company's settings of the books, or have the mapping say policy.voided: credit_memo. An invoice that was paid has to be credited by hand.",
		Params:  []string{"number", "system"},
	},
	{
		Code: "customer.incomplete", Title: "Customers that lack something in the books", Raised: "connector", Owner: bookkeeper, Thing: "Customer",
		Message: "the customer has no {field} in the books.",
		Fix:     "Add the {field} to the customer in the books, then send the invoice again.",
		Params:  []string{"field"},
	},
	{
		Code: "tax.differs_in_books", Title: "The books compute another sales tax", Raised: "connector", Owner: bookkeeper, Thing: "Sales tax",
		Message: "the books compute {books_tax} of sales tax, and ServiceTrade charged {invoice_tax}. Nothing was posted.",
		Fix:     "Correct the rate in the books or in ServiceTrade, or have the mapping post what was charged (tax: mode: as_billed). Then send the invoice again.",
		Params:  []string{"books_tax", "invoice_tax"},
	},
}
