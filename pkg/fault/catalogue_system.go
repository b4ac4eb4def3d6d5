package fault

// systemEntries are what accounting systems with records of their own have against a
// document: names that are taken, features that are off, fields without a place.
var systemEntries = []Entry{
	{
		Code: "customer.name_taken", Title: "Customer names already used", Raised: "connector", Owner: bookkeeper, Thing: "Customer",
		Message: "the name \"{value}\" is already used in the books by {by}.",
		Fix:     "Rename one of the two, or have connection {connection} add a suffix to new customers (name_taken: suffix). Then send the invoice again.",
		Params:  []string{"by", "connection", "value"},
	},
	{
		Code: "customer.inactive_in_books", Title: "Customers not active in the books", Raised: "connector", Owner: bookkeeper, Thing: "Customer",
		Message: "the customer \"{value}\" is in the books, but not active.",
		Fix:     "Make the customer active again, or have connection {connection} do so (inactive: reactivate). Then send the invoice again.",
		Params:  []string{"connection", "value"},
	},
	{
		Code: "item.inactive_in_books", Title: "Items not active in the books", Raised: "connector", Owner: bookkeeper, Thing: "Item",
		Message: "the item \"{value}\" is in the books, but not active.",
		Fix:     "Make the item active again in the books, or have the mapping of connection {connection} name another one. Then send the invoice again.",
		Params:  []string{"connection", "value"},
	},
	{
		Code: "record.inactive_in_books", Title: "Records not active in the books", Raised: "connector", Owner: bookkeeper, Thing: "Record",
		Message: "the {what} \"{value}\" is in the books, but not active.",
		Fix:     "Make it active again in {system} ({where}), or have the mapping of connection {connection} name another one. Then send the invoice again.",
		Params:  []string{"connection", "system", "value", "what", "where"},
	},
	{
		Code: "class.not_in_books", Title: "Classes not in the books", Raised: "connector", Owner: bookkeeper, Thing: "Class",
		Message: "there is no active class \"{value}\" in the books.",
		Fix:     "Add or reactivate the class in the books, or have the mapping of Tradepost name another one. Then send the invoice again.",
		Params:  []string{"value"},
	},
	{
		Code: "department.not_in_books", Title: "Departments not in the books", Raised: "connector", Owner: bookkeeper, Thing: "Department",
		Message: "there is no active department or location \"{value}\" in the books.",
		Fix:     "Add or reactivate it in the books, or have the mapping of Tradepost name another one. Then send the invoice again.",
		Params:  []string{"value"},
	},
	{
		Code: "field.not_in_books", Title: "Custom fields not in the books", Raised: "connector", Owner: bookkeeper, Thing: "Custom field",
		Message: "{system} has no custom field \"{value}\" on its sales forms.",
		Fix:     "Add the custom field in {system}, or have the mapping of Tradepost name another one. Then send the invoice again.",
		Params:  []string{"system", "value"},
	},
	{
		Code: "field.too_long", Title: "Texts too long for a custom field", Raised: "connector", Owner: admin, Thing: "Custom field",
		Message: "the mapping puts {length} characters there (\"{value}\"); {system} takes at most {limit}.",
		Fix:     "Have texts.custom_fields.{field} in the mapping of connection {connection} make a shorter text. Then send the invoice again.",
		Params:  []string{"connection", "field", "length", "limit", "system", "value"},
	},
	{
		Code: "item.account_differs", Title: "Items that post to another account", Raised: "connector", Owner: bookkeeper, Thing: "Item",
		Message: "it posts to the account \"{books_account}\" in the books, and the mapping of connection {connection} wants \"{account}\".",
		Fix:     "Change the item's income account in the books, or have the mapping name no account, or another item. Then send the invoice again.",
		Params:  []string{"account", "books_account", "connection"},
	},
	{
		Code: "tax.several_codes", Title: "More than one sales tax", Raised: "connector", Owner: admin, Thing: "Sales tax",
		Message: "{system} takes one sales tax for a document, and this one has two: {first} and {second}.",
		Fix:     "Have the mapping of Tradepost choose one tax code for all lines, or split the invoice in ServiceTrade. Then send the invoice again.",
		Params:  []string{"first", "second", "system"},
	},
	{
		Code: "document.feature_off", Title: "Features that are off in the books", Raised: "connector", Owner: bookkeeper, Thing: "Document",
		Message: "it uses {feature}, which is turned off in {system}.",
		Fix:     "Turn {feature} on in {system}, or have the mapping of connection {connection} not use it. Then send the invoice again.",
		Params:  []string{"connection", "feature", "system"},
	},
	{
		Code: "document.field_refused", Title: "Fields that the books have no place for", Raised: "connector", Owner: admin, Thing: "Document",
		Message: "{system} has no place for its {field}.",
		Fix:     "Take it out of the mapping of connection {connection}. Then send the invoice again.",
		Params:  []string{"connection", "field", "system"},
	},
	{
		Code: "text.shortened", Title: "Text shortened", Raised: "connector", Owner: office, Thing: "Text",
		Message: "the {field} is longer than the {limit} characters that {system} takes; the books hold its beginning.",
		Fix:     "Nothing has to be done. The whole text is in ServiceTrade.",
		Params:  []string{"field", "limit", "system"},
	},
	{
		Code: "accounting.reference_gone", Title: "Records gone from the books", Raised: "connector", Owner: bookkeeper, Thing: "Document",
		Message: "{system} says that a record which the document names is missing or not active.",
		Fix:     "Restore or reactivate what {system} names, or have the mapping name another one. Then send the invoice again.",
		Params:  []string{"system"},
	},
	{
		Code: "connection.subscription_ended", Title: "Accounting system not paid for", Raised: "connector", Owner: admin, Thing: "Connection",
		Message: "the company's subscription of {system} has ended, or the company is locked.",
		Fix:     "Renew the subscription in {system}. Invoices of connection {connection} that wait are then posted by themselves.",
		Params:  []string{"connection", "system"},
	},
}
