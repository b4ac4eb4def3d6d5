package fault

import tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

const (
	office     = tradepostv1.FaultOwner_FAULT_OWNER_OFFICE
	bookkeeper = tradepostv1.FaultOwner_FAULT_OWNER_BOOKKEEPER
	admin      = tradepostv1.FaultOwner_FAULT_OWNER_ADMIN
	operator   = tradepostv1.FaultOwner_FAULT_OWNER_OPERATOR
)

// invoiceEntries are what can be wrong with an invoice before the books are asked.
var invoiceEntries = []Entry{
	{
		Code: "customer.missing", Title: "Customer missing", Raised: "transform", Owner: office, Thing: "Customer",
		Message: "the invoice has no customer.",
		Fix:     "Open the invoice in ServiceTrade, choose the customer, save it and send it again.",
	},
	{
		Code: "customer.name_missing", Title: "Customer without a name", Raised: "transform", Owner: office, Thing: "Customer",
		Message: "company {company_id} has no name in ServiceTrade.",
		Fix:     "Give the company a name in ServiceTrade, then send the invoice again.",
		Params:  []string{"company_id"},
	},
	{
		Code: "customer.not_mapped", Title: "Customers not linked to the books", Raised: "transform", Owner: bookkeeper, Thing: "Customer",
		Message: "not linked to a customer in the books.",
		Fix:     "{ways}. Then send the invoice again.",
		Params:  []string{"ways"},
	},
	{
		Code: "item.not_mapped", Title: "Items not linked to the books", Raised: "transform", Owner: bookkeeper, Thing: "Item",
		Message: "not linked to an item in the books ({lines}).",
		Fix:     "{ways}. Then send the invoice again.",
		Params:  []string{"lines", "ways"},
	},
	{
		Code: "line.item_missing", Title: "Lines without a library item", Raised: "transform", Owner: office, Thing: "Line",
		Message: "the line has no library item, so nothing says which item of the books it is.",
		Fix:     "Choose a library item for the line in ServiceTrade, or ask the Tradepost administrator for a default item. Then send the invoice again.",
	},
	{
		Code: "line.quantity_missing", Title: "Lines without a quantity", Raised: "transform", Owner: office, Thing: "Line",
		Message: "no quantity.",
		Fix:     "Enter the quantity in ServiceTrade (0 if nothing is charged), then send the invoice again.",
	},
	{
		Code: "line.price_missing", Title: "Lines without a price", Raised: "transform", Owner: office, Thing: "Line",
		Message: "no price.",
		Fix:     "Enter the price in ServiceTrade (0 if nothing is charged), then send the invoice again.",
	},
	{
		Code: "line.amount_invalid", Title: "Lines with a number that cannot be used", Raised: "transform", Owner: office, Thing: "Line",
		Message: "the {field} \"{value}\" is not a number that can be posted.",
		Fix:     "Correct the number in ServiceTrade, then send the invoice again.",
		Params:  []string{"field", "value"},
	},
	{
		Code: "total.missing", Title: "Total missing", Raised: "transform", Owner: office, Thing: "Invoice total",
		Message: "ServiceTrade shows no total for this invoice.",
		Fix:     "Open the invoice in ServiceTrade, save it again and send it. If the total stays empty, tell the Tradepost administrator.",
	},
	{
		Code: "total.invalid", Title: "Total that cannot be used", Raised: "transform", Owner: office, Thing: "Invoice total",
		Message: "\"{value}\" cannot be posted as an amount in {currency}: {reason}.",
		Fix:     "Correct quantities and prices of the invoice in ServiceTrade until its total can be posted, then send it again.",
		Params:  []string{"currency", "reason", "value"},
	},
	{
		Code: "total.mismatch", Title: "Total does not match the lines", Raised: "transform", Owner: office, Thing: "Invoice total",
		Message: "the lines add up to {lines_total}, but the invoice total is {invoice_total}: a difference of {difference}.",
		Fix:     "Check quantities and prices in ServiceTrade until lines and total agree, then send the invoice again. Only sales tax that ServiceTrade shows as such, or its rate, explains a difference.",
		Params:  []string{"difference", "invoice_total", "lines_total"},
	},
	{
		Code: "tax.invalid", Title: "Sales tax that cannot be used", Raised: "transform", Owner: office, Thing: "Sales tax",
		Message: "\"{value}\" cannot be posted as an amount in {currency}: {reason}.",
		Fix:     "Correct the sales tax of the invoice in ServiceTrade, then send it again.",
		Params:  []string{"currency", "reason", "value"},
	},
	{
		Code: "tax.not_mapped", Title: "Sales tax not set up", Raised: "transform", Owner: admin, Thing: "Sales tax",
		Message: "the invoice charges {tax} of sales tax, but Tradepost has not been told where sales tax goes in the books.",
		Fix:     "Set up sales tax for connection {connection} (tax: mode as_billed, with the tax account or tax code). Then send the invoice again.",
		Params:  []string{"connection", "tax"},
	},
	{
		Code: "tax.mismatch", Title: "Sales tax does not match the total", Raised: "transform", Owner: office, Thing: "Sales tax",
		Message: "lines {lines_total} and sales tax {tax} add up to {expected}, but the invoice total is {invoice_total}: a difference of {difference}.",
		Fix:     "Check lines and sales tax of the invoice in ServiceTrade until they add up to the total, then send it again.",
		Params:  []string{"difference", "expected", "invoice_total", "lines_total", "tax"},
	},
	{
		Code: "tax.rate_mismatch", Title: "Sales tax is not the rate on the taxable lines", Raised: "transform", Owner: office, Thing: "Sales tax",
		Message: "the invoice charges {tax} of sales tax, but {rate} % of its taxable lines ({base}) is {expected}: a difference of {difference}.",
		Fix:     "Check in ServiceTrade which lines are taxable, the tax rate and the sales tax until they agree, then send the invoice again. If several authorities round their own taxes, the mapping can allow for cents (tax: tolerance).",
		Params:  []string{"base", "difference", "expected", "rate", "tax"},
	},
	{
		Code: "tax.nothing_taxable", Title: "Sales tax without a taxable line", Raised: "transform", Owner: office, Thing: "Sales tax",
		Message: "the invoice charges {tax} of sales tax, but none of its lines is taxable.",
		Fix:     "Mark the lines in ServiceTrade that are taxable, or take the sales tax off, then send the invoice again.",
		Params:  []string{"tax"},
	},
	{
		Code: "tax.rate_invalid", Title: "Tax rate that cannot be used", Raised: "transform", Owner: office, Thing: "Tax rate",
		Message: "\"{value}\" is not a tax rate in percent, so that the sales tax cannot be checked.",
		Fix:     "Correct the tax rate of the invoice in ServiceTrade, then send it again.",
		Params:  []string{"value"},
	},
	{
		Code: "tax.share_unknown", Title: "Sales tax that cannot be told apart", Raised: "transform", Owner: admin, Thing: "Sales tax",
		Message: "charges and credits have different tax codes ({codes}), and without a tax rate nobody can say how much of {tax} belongs to each.",
		Fix:     "Use one tax code for them in the mapping of connection {connection} (tax: codes), or have ServiceTrade show the tax rate. Then send the invoice again.",
		Params:  []string{"codes", "connection", "tax"},
	},
	{
		Code: "date.missing", Title: "Date missing", Raised: "transform", Owner: office, Thing: "Invoice date",
		Message: "the invoice has no date.",
		Fix:     "Enter the invoice date in ServiceTrade, then send the invoice again.",
	},
	{
		Code: "date.invalid", Title: "Date that cannot be used", Raised: "transform", Owner: office, Thing: "Invoice date",
		Message: "the date ({value}) is not one that can be posted.",
		Fix:     "Correct the date in ServiceTrade, then send the invoice again.",
		Params:  []string{"value"},
	},
	{
		Code: "date.books_closed", Title: "Books closed for this date", Raised: "transform", Owner: bookkeeper, Thing: "Invoice date",
		Message: "the invoice is dated {date}, but the books are closed through {closed_through}.",
		Fix:     "Give the invoice a later date in ServiceTrade, or reopen the period and have the closing date of connection {connection} changed. Then send the invoice again.",
		Params:  []string{"closed_through", "connection", "date"},
	},
	{
		Code: "date.source_missing", Title: "Day of the document missing", Raised: "transform", Owner: office, Thing: "Date",
		Message: "connection {connection} dates documents by {source}, and this invoice has no such day in ServiceTrade.",
		Fix:     "Complete the job in ServiceTrade, or have the mapping take another day (dates: source). Then send the invoice again.",
		Params:  []string{"connection", "source"},
	},
	{
		Code: "date.before_go_live", Title: "Invoices from before the go-live day", Raised: "transform", Owner: bookkeeper, Thing: "Invoice date",
		Message: "the invoice is dated {date}; connection {connection} posts nothing from before {go_live}.",
		Fix:     "If it is in the books already, set its status in ServiceTrade by hand. If not, enter it by hand, or have the day changed (go_live) and send it again.",
		Params:  []string{"connection", "date", "go_live"},
	},
	{
		Code: "terms.not_mapped", Title: "Payment terms not linked to the books", Raised: "transform", Owner: admin, Thing: "Payment terms",
		Message: "\"{terms}\" are not linked to payment terms of the books.",
		Fix:     "Add them to the mapping of connection {connection} (terms: steps), or give the invoice other terms in ServiceTrade. Then send the invoice again.",
		Params:  []string{"connection", "terms"},
	},
	{
		Code: "class.not_mapped", Title: "No class for a line or document", Raised: "transform", Owner: admin, Thing: "Class",
		Message: "no class was found, and the mapping asks for one.",
		Fix:     "Add a step to the mapping of connection {connection} (classes), the last one with use: alone answers for all the rest. Then send the invoice again.",
		Params:  []string{"connection"},
	},
	{
		Code: "department.not_mapped", Title: "No department for a line or document", Raised: "transform", Owner: admin, Thing: "Department",
		Message: "no department was found, and the mapping asks for one.",
		Fix:     "Add a step to the mapping of connection {connection} (departments), the last one with use: alone answers for all the rest. Then send the invoice again.",
		Params:  []string{"connection"},
	},
	{
		Code: "tax.code_missing", Title: "Taxable lines without a tax code", Raised: "transform", Owner: admin, Thing: "Line",
		Message: "the line is taxable, and no tax code of the books was found for it.",
		Fix:     "Add a step to the mapping of connection {connection} (tax: codes, or tax: code for all). Then send the invoice again.",
		Params:  []string{"connection"},
	},
	{
		Code: "location.missing", Title: "Location missing", Raised: "transform", Owner: office, Thing: "Location",
		Message: "the invoice has no location, and the location is the customer in the books.",
		Fix:     "Open the invoice in ServiceTrade, choose the location, save it and send it again.",
	},
	{
		Code: "invoice.partial_held", Title: "Partial invoices are not posted", Raised: "transform", Owner: office, Thing: "Invoice",
		Message: "this is a partial invoice; connection {connection} posts whole invoices only.",
		Fix:     "Send the invoice once the job is billed in whole, or have the mapping allow partial ones (policy: partial).",
		Params:  []string{"connection"},
	},
	{
		Code: "invoice.zero_refused", Title: "Invoices over nothing are not posted", Raised: "transform", Owner: office, Thing: "Invoice total",
		Message: "the total is zero; connection {connection} posts no such invoice.",
		Fix:     "Correct the prices in ServiceTrade and send it again, or set its status by hand. The mapping can post such invoices (policy: zero).",
		Params:  []string{"connection"},
	},
	{
		Code: "invoice.negative_refused", Title: "Credits are not posted", Raised: "transform", Owner: bookkeeper, Thing: "Invoice total",
		Message: "the total is {total}, a credit to the customer; connection {connection} posts none.",
		Fix:     "Enter the credit memo in the accounting system by hand and set the status in ServiceTrade by hand. The mapping can post credit memos (policy: negative).",
		Params:  []string{"connection", "total"},
	},
	{
		Code: "invoice.mixed_signs", Title: "Charges and credits on one invoice", Raised: "transform", Owner: office, Thing: "Invoice",
		Message: "some lines charge and others take off; connection {connection} posts no such invoice.",
		Fix:     "Split the invoice in ServiceTrade into a charge and a credit, or have the mapping keep such invoices whole (policy: mixed_signs). Then send it again.",
		Params:  []string{"connection"},
	},
	{
		Code: "number.job_missing", Title: "Job number missing", Raised: "transform", Owner: office, Thing: "Job number",
		Message: "documents of connection {connection} get the job's number, and this invoice has no job with a number.",
		Fix:     "Give the invoice its job in ServiceTrade, then send it again; or have the mapping take the invoice number (numbers: source).",
		Params:  []string{"connection"},
	},
	{
		Code: "mapping.condition_failed", Title: "A rule of the mapping failed", Raised: "transform", Owner: admin, Thing: "Mapping",
		Message: "the condition {key} of the mapping is neither true nor false for this invoice: {reason}.",
		Fix:     "Mend {key} in the mapping of connection {connection}: {advice}. Then send the invoice again.",
		Params:  []string{"advice", "connection", "key", "reason"},
	},
	{
		Code: "invoice.no_lines", Title: "Invoice without lines", Raised: "transform", Owner: office, Thing: "Invoice",
		Message: "the invoice has no lines.",
		Fix:     "Add the lines in ServiceTrade, then send the invoice again.",
	},
	{
		Code: "invoice.number_missing", Title: "Invoice number missing", Raised: "transform", Owner: office, Thing: "Invoice number",
		Message: "the invoice has no number.",
		Fix:     "Enter the invoice number in ServiceTrade, then send the invoice again.",
	},
	{
		Code: "invoice.too_large", Title: "Invoice too large", Raised: "transform", Owner: office, Thing: "Invoice",
		Message: "too large to be posted: {size} with {lines} lines, at most {limit} is possible.",
		Fix:     "Shorten the descriptions and notes in ServiceTrade, or split the invoice into smaller ones. Then send it again.",
		Params:  []string{"limit", "lines", "size"},
	},
	{
		Code: "invoice.wrong_type", Title: "Not a customer invoice", Raised: "transform", Owner: office, Thing: "Invoice",
		Message: "this is {type}, not an invoice to a customer; Tradepost posts invoices to customers only.",
		Fix:     "Enter it in the accounting system by hand, and set its status in ServiceTrade by hand.",
		Params:  []string{"type"},
	},
	{
		Code: "number.too_long", Title: "Invoice number too long", Raised: "transform", Owner: office, Thing: "Invoice number",
		Message: "the number \"{number}\" has {length} characters; the accounting system takes at most {limit}.",
		Fix:     "Shorten the invoice number in ServiceTrade, then send the invoice again.",
		Params:  []string{"length", "limit", "number"},
	},
	{
		Code: "number.prefix_too_long", Title: "Prefix of the mapping makes numbers too long", Raised: "transform", Owner: admin, Thing: "Invoice number",
		Message: "with the prefix \"{prefix}\" of the mapping the number \"{number}\" has {length} characters; the accounting system takes at most {limit}.",
		Fix:     "Shorten numbers.prefix in the mapping of connection {connection}. Then send the invoice again.",
		Params:  []string{"connection", "length", "limit", "number", "prefix"},
	},
	{
		Code: "number.made_too_long", Title: "The mapping makes numbers too long", Raised: "transform", Owner: admin, Thing: "Invoice number",
		Message: "the mapping ({how}) makes the number \"{number}\", which has {length} characters; the accounting system takes at most {limit}.",
		Fix:     "Change {setting} in the mapping of connection {connection}. Then send the invoice again; where it is void, have it tried again (tradepost retry), or take it back in the books by hand.",
		Params:  []string{"connection", "how", "length", "limit", "number", "setting"},
	},
	{
		Code: "lines.too_many", Title: "Too many lines", Raised: "transform", Owner: office, Thing: "Invoice",
		Message: "{lines} lines; the accounting system takes at most {limit}.",
		Fix:     "Split the invoice in ServiceTrade into smaller ones, then send them.",
		Params:  []string{"limit", "lines"},
	},
	{
		Code: "text.too_long", Title: "Text too long", Raised: "transform", Owner: office, Thing: "Text",
		Message: "the {field} has {length} characters; at most {limit} can be posted.",
		Fix:     "Shorten the {field} in ServiceTrade, then send the invoice again.",
		Params:  []string{"field", "length", "limit"},
	},
}
