package fault

// booksEntries are what the accounting system can have against a document. They
// are raised by deliver and by the connectors.
var booksEntries = []Entry{
	{
		Code: "account.not_mapped", Title: "Accounts not set up", Raised: "connector", Owner: admin, Thing: "Account",
		Message: "Tradepost has not been told which account of the books to use.",
		Fix:     "Name the account in the mapping of connection {connection} (accounts: {setting}). Then send the invoice again.",
		Params:  []string{"connection", "setting"},
	},
	{
		Code: "account.not_in_books", Title: "Accounts not in the books", Raised: "connector", Owner: bookkeeper, Thing: "Account",
		Message: "the account does not exist in the books.",
		Fix:     "Add the account to the books, or have the mapping of Tradepost name another one. Then send the invoice again.",
	},
	{
		Code: "customer.not_in_books", Title: "Customers not in the books", Raised: "connector", Owner: bookkeeper, Thing: "Customer",
		Message: "there is no active customer \"{value}\" in the books.",
		Fix:     "Add or reactivate the customer in the books, or correct the link in ServiceTrade. Then send the invoice again.",
		Params:  []string{"value"},
	},
	{
		Code: "item.not_in_books", Title: "Items not in the books", Raised: "connector", Owner: bookkeeper, Thing: "Item",
		Message: "there is no active item \"{value}\" in the books.",
		Fix:     "Add or reactivate the item in the books, or correct the link in ServiceTrade. Then send the invoice again.",
		Params:  []string{"value"},
	},
	{
		Code: "terms.not_in_books", Title: "Payment terms not in the books", Raised: "connector", Owner: bookkeeper, Thing: "Payment terms",
		Message: "there are no payment terms \"{value}\" in the books.",
		Fix:     "Add the payment terms to the books, or have the mapping of Tradepost name others. Then send the invoice again.",
		Params:  []string{"value"},
	},
	{
		Code: "tax.not_in_books", Title: "Sales tax not in the books", Raised: "connector", Owner: bookkeeper, Thing: "Sales tax",
		Message: "there is no sales tax \"{value}\" in the books.",
		Fix:     "Add the sales tax to the books, or have the mapping of Tradepost name another one. Then send the invoice again.",
		Params:  []string{"value"},
	},
	{
		Code: "document.date_closed", Title: "Books closed for this date", Raised: "connector", Owner: bookkeeper, Thing: "Invoice date",
		Message: "the accounting system has closed its books for {date}.",
		Fix:     "Give the invoice a later date in ServiceTrade, or reopen the period. Then send the invoice again.",
		Params:  []string{"date"},
	},
	{
		Code: "document.number_taken", Title: "Invoice number already used", Raised: "connector", Owner: bookkeeper, Thing: "Invoice number",
		Message: "number {number} is already used in the books by another document ({other}).",
		Fix:     "Change the number in ServiceTrade, or delete the other document if it is the same invoice entered by hand. Then send the invoice again.",
		Params:  []string{"number", "other"},
	},
	{
		Code: "document.total_differs", Title: "Total in the books differs", Raised: "deliver", Owner: bookkeeper, Thing: "Document",
		Message: "it was posted as {number}, but its total in the books is {books_total}, and in ServiceTrade {invoice_total}: a difference of {difference}.",
		Fix:     "Correct or delete the document in the books (often sales tax is computed there again). Then send the invoice again.",
		Params:  []string{"books_total", "difference", "invoice_total", "number"},
	},
	{
		Code: "document.number_differs", Title: "Number in the books differs", Raised: "deliver", Owner: bookkeeper, Thing: "Document",
		Message: "it was posted, but with number {books_number} and not with {number}.",
		Fix:     "Correct the number in the books or in ServiceTrade so that both agree. Then send the invoice again.",
		Params:  []string{"books_number", "number"},
	},
	{
		Code: "document.changed_in_books", Title: "Changed in the books", Raised: "deliver", Owner: bookkeeper, Thing: "Document",
		Message: "document {number} was changed in the books after it was posted, so it was not touched.",
		Fix:     "Decide which side is right: correct the document in the books by hand, or delete it there and send the invoice again.",
		Params:  []string{"number"},
	},
	{
		Code: "document.different_found", Title: "Another document has this reference", Raised: "deliver", Owner: bookkeeper, Thing: "Document",
		Message: "the books already hold document {number} for this invoice, with other content (total {books_total}; in ServiceTrade {invoice_total}). What differs: {differences}.",
		Fix:     "Compare the two. Delete or correct the document in the books, then send the invoice again.",
		Params:  []string{"books_total", "differences", "invoice_total", "number"},
	},
	{
		Code: "document.posted_before", Title: "Posted before, and changed since", Raised: "deliver", Owner: bookkeeper, Thing: "Document",
		Message: "the invoice is in the books as {number} (total {books_total}) and was changed in ServiceTrade since (total {invoice_total}). Posted documents are not changed by this connection.",
		Fix:     "Change the document in the books by hand, or delete or void it there and send the invoice again.",
		Params:  []string{"books_total", "invoice_total", "number"},
	},
	{
		Code: "document.in_closed_books", Title: "Changed after its books were closed", Raised: "deliver", Owner: bookkeeper, Thing: "Document",
		Message: "it counts in the books on {date}, which are closed through {closed_through} (total {books_total}; in ServiceTrade {invoice_total}).",
		Fix:     "Take the change back in ServiceTrade, or post the difference by hand on an open day. Or open the period, in the mapping of Tradepost too. Then send the invoice again.",
		Params:  []string{"books_total", "closed_through", "date", "invoice_total"},
	},
	{
		Code: "document.kind_changed", Title: "Invoice and credit memo change places", Raised: "deliver", Owner: bookkeeper, Thing: "Document",
		Message: "it is in the books as {was} {number}, and by its new total it is to be the other kind of document ({now}).",
		Fix:     "Delete or void {was} {number} in the books, so that not both are there. Then send the invoice again.",
		Params:  []string{"now", "number", "was"},
	},
	{
		Code: "document.split_changed", Title: "Divided in another way before", Raised: "deliver", Owner: bookkeeper, Thing: "Document",
		Message: "it is in the books since the invoice was divided between an invoice and a credit memo in another way than now.",
		Fix:     "Delete or void {was} {number} in the books, so that nothing counts twice. Then send the invoice again.",
		Params:  []string{"number", "was"},
	},
	{
		Code: "document.more_than_one", Title: "Several documents have this reference", Raised: "deliver", Owner: bookkeeper, Thing: "Document",
		Message: "the books hold {count} documents for this invoice ({numbers}).",
		Fix:     "Keep the right one and delete the others. Then send the invoice again.",
		Params:  []string{"count", "numbers"},
	},
	{
		Code: "document.gone", Title: "Gone from the books", Raised: "deliver", Owner: bookkeeper, Thing: "Document",
		Message: "document {number} was posted for this invoice, but is no longer in the books.",
		Fix:     "If it was deleted by mistake, restore it. If it shall be posted anew, send the invoice again.",
		Params:  []string{"number"},
	},
	{
		Code: "document.void", Title: "Void in the books", Raised: "deliver", Owner: bookkeeper, Thing: "Document",
		Message: "document {number} of this invoice is void in the books.",
		Fix:     "If the invoice shall be posted anew, delete the void document and send the invoice again; otherwise void the invoice in ServiceTrade.",
		Params:  []string{"number"},
	},
	{
		Code: "document.kind_refused", Title: "Credit memos not taken", Raised: "connector", Owner: bookkeeper, Thing: "Document",
		Message: "the accounting system cannot take a {kind} from Tradepost.",
		Fix:     "Enter it in the books by hand, and set the invoice's status in ServiceTrade by hand.",
		Params:  []string{"kind"},
	},
	{
		Code: "document.incomplete", Title: "Something is missing", Raised: "connector", Owner: admin, Thing: "Document",
		Message: "the accounting system needs the {field}, and the invoice has none.",
		Fix:     "Fill it in in ServiceTrade, or have the mapping of connection {connection} set it. Then send the invoice again.",
		Params:  []string{"connection", "field"},
	},
	{
		Code: "text.refused", Title: "Text that the books cannot hold", Raised: "connector", Owner: office, Thing: "Text",
		Message: "the {field} holds characters that the accounting system cannot store.",
		Fix:     "Change the {field} in ServiceTrade, then send the invoice again.",
		Params:  []string{"field"},
	},
	{
		Code: "currency.not_in_books", Title: "Currency not in the books", Raised: "connector", Owner: bookkeeper, Thing: "Currency",
		Message: "the books are not set up for {currency}.",
		Fix:     "Set up the currency in the books, or have the mapping of Tradepost name the right one. Then send the invoice again.",
		Params:  []string{"currency"},
	},
	{
		Code: "accounting.refused", Title: "Refused by the accounting system", Raised: "connector", Owner: bookkeeper, Thing: "Document",
		Message: "{system} did not accept it.",
		Fix:     "Mend what the accounting system names, in ServiceTrade or in the books. Then send the invoice again. If the words do not help, ask the Tradepost administrator.",
		Params:  []string{"system"},
	},
	{
		Code: "accounting.unreachable", Title: "Accounting system cannot be reached", Raised: "connector", Owner: operator, Thing: "Accounting system",
		Message: "{system} cannot be reached.",
		Fix:     "Check that it is running and that Tradepost may connect to it. The invoice is posted as soon as it answers.",
		Params:  []string{"system"},
	},
	{
		Code: "accounting.answer_unreadable", Title: "Answer not understood", Raised: "connector", Owner: operator, Thing: "Accounting system",
		Message: "{system} gave an answer that Tradepost does not understand.",
		Fix:     "Check in the books whether the invoice is there before anything is entered by hand; then look at the log of this connection.",
		Params:  []string{"system"},
	},
	{
		Code: "program.not_running", Title: "Connector does not run", Raised: "connector", Owner: operator, Thing: "Accounting system",
		Message: "no program listens with the name {program}, so that {system} cannot be asked.",
		Fix:     "Start the program of this connector, on the NATS server that Tradepost uses, and see that it may subscribe to connector.describe.{program} and connector.call.{program}.*. The invoices are posted as soon as it answers.",
		Params:  []string{"program", "system"},
	},
	{
		Code: "program.differs", Title: "Connector is not what it should be", Raised: "connector", Owner: admin, Thing: "Accounting system",
		Message: "the program that posts to {system} is not what its connection declares: {difference}.",
		Fix:     "Correct the settings of connection {connection}, or run the version of the program that they are for; a clock is set right on the machine of the program.",
		Params:  []string{"connection", "difference", "system"},
	},
	{
		Code: "program.refused", Title: "Refused by the connector", Raised: "connector", Owner: bookkeeper, Thing: "Document",
		Message: "{system} did not accept it: {reason}.",
		Fix:     "{fix} Then send the invoice again.",
		Params:  []string{"fix", "reason", "system"},
	},
}
