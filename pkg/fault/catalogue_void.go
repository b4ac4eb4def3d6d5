package fault

// voidEntries are about invoices that were voided in ServiceTrade after they were
// posted. They never set a status: a void invoice is left as it is.
var voidEntries = []Entry{
	{
		Code: "invoice.voided", Title: "Voided after it was posted", Raised: "transform", Owner: bookkeeper, Thing: "Invoice",
		Message: "it was voided in ServiceTrade after it had been posted, and the books were left as they are.",
		Fix:     "Void {documents} in the books, or enter what takes it back.",
		Params:  []string{"documents"},
	},
	{
		Code: "document.reversal_unknown", Title: "Not known in full any more", Raised: "transform", Owner: bookkeeper, Thing: "Document",
		Message: "what was posted as {document} is not known line by line any more, so nothing could be made that takes it back.",
		Fix:     "Void {document} in the books, or enter what takes it back.",
		Params:  []string{"document"},
	},
	{
		Code: "document.changed_before_void", Title: "Changed in the books before the void", Raised: "deliver", Owner: bookkeeper, Thing: "Document",
		Message: "document {number} was posted with a total of {posted_total}, and the books show {books_total} now; it was not touched.",
		Fix:     "Void document {number} in the books, or enter what takes it back.",
		Params:  []string{"books_total", "number", "posted_total"},
	},
	{
		Code: "document.cannot_be_voided", Title: "Cannot be voided by Tradepost", Raised: "deliver", Owner: admin, Thing: "Document",
		Message: "the mapping wants document {number} made void, and the connector of these books cannot do that.",
		Fix:     "Have policy.voided of the mapping say credit_memo or comment, and have the send tried again (tradepost retry); or void the document in the books by hand.",
		Params:  []string{"number"},
	},
	{
		Code: "document.void_in_closed_books", Title: "Void in closed books", Raised: "deliver", Owner: bookkeeper, Thing: "Document",
		Message: "document {number} is dated {date}, and the books are closed through {closed_through}; making it void would change what was closed, so it was not touched.",
		Fix:     "Enter what takes document {number} back in the open period, or void it in the books by hand.",
		Params:  []string{"closed_through", "date", "number"},
	},
	{
		Code: "document.void_was_paid", Title: "Void, and paid before", Raised: "connector", Owner: bookkeeper, Thing: "Document",
		Message: "it was paid when it was made void: payments or credits of {paid} were applied to it, and are the customer's credit now.",
		Fix:     "Apply the payment to another invoice of the customer in the books, or pay it back.",
		Params:  []string{"paid"},
	},
	{
		Code: "document.credit_not_applied", Title: "Credit to be applied", Raised: "connector", Owner: bookkeeper, Thing: "Document",
		Message: "nothing links it to invoice {number} in the books, so that both stay open.",
		Fix:     "Apply the credit memo to invoice {number} in the books.",
		Params:  []string{"number"},
	},
	{
		Code: "document.reversed", Title: "Taken back before", Raised: "deliver", Owner: bookkeeper, Thing: "Document",
		Message: "the invoice was voided once, and {kind} {number} took it back in the books. Both together count nothing.",
		Fix:     "Delete or void {kind} {number} in the books. Then send the invoice again.",
		Params:  []string{"kind", "number"},
	},
}
