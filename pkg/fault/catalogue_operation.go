package fault

// operationEntries are what can be wrong with a connection, its settings, a
// message, or Tradepost itself.
var operationEntries = []Entry{
	{
		Code: "connection.company_changed", Title: "Other books than before", Raised: "doctor", Owner: admin, Thing: "Connection",
		Message: "connection {connection} was set up for the books of \"{company}\", but now leads to \"{found}\". Nothing is posted until that is clear.",
		Fix:     "Point the connection at the right books again, or give the other books a connection of their own.",
		Params:  []string{"company", "connection", "found"},
	},
	{
		Code: "connection.signed_out", Title: "Signed out", Raised: "connector", Owner: admin, Thing: "Connection",
		Message: "Tradepost is signed out of {system}.",
		Fix:     "Connect {system} again for connection {connection}. Invoices that wait are then posted by themselves.",
		Params:  []string{"connection", "system"},
	},
	{
		Code: "connection.key_missing", Title: "Key missing", Raised: "connector", Owner: operator, Thing: "Process",
		Message: "this process has not the key for secrets that encrypted the sign-in of connection {connection} to {system}.",
		Fix:     "Put the key back (variable TRADEPOST_SECRETS_KEY, or the file of secrets.key_file; on Kubernetes the secret behind it) and restart the process. Nobody connects {system} again unless the key is lost.",
		Params:  []string{"connection", "system"},
	},
	{
		Code: "connection.forbidden", Title: "No permission", Raised: "connector", Owner: admin, Thing: "Connection",
		Message: "Tradepost is not allowed to do this in {system}: {action}.",
		Fix:     "Give the user of connection {connection} this permission in {system}.",
		Params:  []string{"action", "connection", "system"},
	},
	{
		Code: "connection.setting_wrong", Title: "Setting wrong", Raised: "connector", Owner: admin, Thing: "Connection settings",
		Message: "the setting {setting} of connection {connection} cannot be used: {reason}.",
		Fix:     "Correct it in the configuration and start again.",
		Params:  []string{"connection", "reason", "setting"},
	},
	{
		Code: "connection.mapping_wrong", Title: "Mapping wrong", Raised: "transform", Owner: admin, Thing: "Mapping",
		Message: "the mapping of connection {connection} cannot be used: {reason}.",
		Fix:     "Correct the mapping file and start again.",
		Params:  []string{"connection", "reason"},
	},
	{
		Code: "connection.program_missing", Title: "Program missing", Raised: "connector", Owner: operator, Thing: "Program",
		Message: "the program {program}, which connection {connection} needs, is not installed or cannot be started.",
		Fix:     "Install {program} on the machine that Tradepost runs on, or name its path in the configuration.",
		Params:  []string{"connection", "program"},
	},
	{
		Code: "books.missing", Title: "Books not found", Raised: "connector", Owner: admin, Thing: "Books",
		Message: "there are no books at {place}.",
		Fix:     "Correct the place in the settings of connection {connection}, or put the books there.",
		Params:  []string{"connection", "place"},
	},
	{
		Code: "books.broken", Title: "Books do not check", Raised: "connector", Owner: bookkeeper, Thing: "Books",
		Message: "the books have an error of their own, so nothing can be posted.",
		Fix:     "Mend the books until they check without error. Invoices that wait are then posted by themselves.",
	},
	{
		Code: "books.not_writable", Title: "Books cannot be written", Raised: "connector", Owner: operator, Thing: "Books",
		Message: "Tradepost cannot write to {place}: {reason}.",
		Fix:     "Free space, or give Tradepost the right to write there. Invoices that wait are then posted by themselves.",
		Params:  []string{"place", "reason"},
	},
	{
		Code: "record.other_connection", Title: "Posted over another connection", Raised: "preview", Owner: operator, Thing: "Invoice",
		Message: "it has a document in the books of connection {posted_connection}, and would now go to {connection}.",
		Fix:     "Decide where it belongs: undo the change that sends it elsewhere, or remove the document from the other books first.",
		Params:  []string{"connection", "posted_connection"},
	},
	{
		Code: "message.unreadable", Title: "Message not readable", Raised: "deliver", Owner: operator, Thing: "Message",
		Message: "a message about this invoice cannot be read: {reason}.",
		Fix:     "Look at it with: nats stream get {stream} {sequence} - then run: tradepost retry {connection} {invoice_id}",
		Params:  []string{"connection", "invoice_id", "reason", "sequence", "stream"},
	},
	{
		Code: "message.invalid", Title: "Message that breaks a rule", Raised: "ingest", Owner: operator, Thing: "Message",
		Message: "a message about this invoice can be read, but breaks a rule of its kind, or belongs to another send.",
		Fix:     "Nothing is lost. Look at the dead letter, and find out who published it. Then have the invoice tried again.",
	},
	{
		Code: "message.subject", Title: "Message without an invoice", Raised: "program", Owner: operator, Thing: "Message",
		Message: "a message has a subject that names no invoice of a connection.",
		Fix:     "Nothing is lost. Find out who published it, and publish it under the right subject.",
	},
	{
		Code: "message.crash_loop", Title: "Message that stops the program", Raised: "program", Owner: operator, Thing: "Message",
		Message: "Tradepost failed again and again at a message about this invoice.",
		Fix:     "Report it with the log: it is a mistake of the program. Have the invoice tried again once it is mended.",
	},
	{
		Code: "message.unknown_connection", Title: "Message of an unknown connection", Raised: "program", Owner: admin, Thing: "Message",
		Message: "a command is for a connection that is not in the configuration, or is disabled.",
		Fix:     "Correct the name of the connection, or enable it. Then send the command again.",
	},
	{
		Code: "command.not_attached", Title: "Connection not at work", Raised: "program", Owner: operator, Thing: "Command",
		Message: "a command was not carried out, because its connection could not be attached in time.",
		Fix:     "Run tradepost doctor, which says why. Then send the command again.",
	},
	{
		Code: "message.wrong_invoice", Title: "Message of another invoice", Raised: "transform", Owner: operator, Thing: "Message",
		Message: "a message about this invoice holds another invoice.",
		Fix:     "Nothing is lost. Find out who published it, and publish it under the right subject.",
	},
	{
		Code: "message.wrong_document", Title: "Message of another document", Raised: "deliver", Owner: operator, Thing: "Message",
		Message: "a message about this invoice holds a document of another invoice, or two where there can be one.",
		Fix:     "Nothing is lost. Find out who published or changed it: an invoice becomes one document, or an invoice and a credit memo. Then have the invoice tried again.",
	},
	{
		Code: "message.wrong_total", Title: "Message with another total", Raised: "deliver", Owner: operator, Thing: "Message",
		Message: "a message about this invoice holds documents that do not add up to its total in ServiceTrade.",
		Fix:     "Nothing is lost. Find out who published or changed it. Then have the invoice tried again.",
	},
	{
		Code: "command.not_confirmed", Title: "Document not confirmed", Raised: "deliver", Owner: operator, Thing: "Document",
		Message: "the invoice was to be settled by hand with a document that the books do not bear out.",
		Fix:     "Nothing changed. Find the document's id in the books; its total has to be that of the invoice in ServiceTrade.",
	},
	{
		Code: "message.too_large", Title: "Document too large", Raised: "transform", Owner: office, Thing: "Invoice",
		Message: "too large to be passed on: {size}, at most {limit} is possible.",
		Fix:     "Shorten the descriptions and notes in ServiceTrade, or split the invoice into smaller ones. Then send it again.",
		Params:  []string{"limit", "size"},
	},
	{
		Code: "attempts.exhausted", Title: "Given up after many attempts", Raised: "deliver", Owner: operator, Thing: "Invoice",
		Message: "given up after {attempts} attempts that ended without an answer.",
		Fix:     "Look at the log of connection {connection}, mend the cause, then run: tradepost retry {connection} {invoice_id}",
		Params:  []string{"attempts", "connection", "invoice_id"},
	},
	{
		Code: "customer.external_id_taken", Title: "Customer's id taken in ServiceTrade", Raised: "deliver", Owner: bookkeeper, Thing: "Customer",
		Message: "its id in the books, \"{value}\", was not written to {record} as external id \"{system}\": another record in ServiceTrade has it.",
		Fix:     "If both are one customer, keep the external id with one of them and name the other in the mapping's table. If not, correct the wrong external id, or the mapping. Invoices go on meanwhile.",
		Params:  []string{"record", "system", "value"},
	},
	{
		Code: "customer.external_id_differs", Title: "Customer has another external id", Raised: "deliver", Owner: bookkeeper, Thing: "Customer",
		Message: "{record} was posted to customer \"{value}\" of the books, but has the external id \"{has}\" ({system}) in ServiceTrade, which was left as it is.",
		Fix:     "Find out which is right, and correct the external id in ServiceTrade, or the mapping. Invoices go on meanwhile.",
		Params:  []string{"has", "record", "system", "value"},
	},
	{
		Code: "customer.external_id_refused", Title: "Customer's id refused by ServiceTrade", Raised: "deliver", Owner: admin, Thing: "Customer",
		Message: "ServiceTrade did not take \"{value}\" as external id \"{system}\" of {record}.",
		Fix:     "See that the system \"{system}\" is in ServiceTrade's Account Settings, and that {record} is still there. Invoices go on meanwhile.",
		Params:  []string{"record", "system", "value"},
	},
	{
		Code: "servicetrade.signed_out", Title: "Signed out of ServiceTrade", Raised: "doctor", Owner: admin, Thing: "ServiceTrade",
		Message: "user {user} cannot sign in to ServiceTrade.",
		Fix:     "Correct user name and password of account {account} in the configuration. Nothing is lost: invoices stay pending meanwhile.",
		Params:  []string{"account", "user"},
	},
	{
		Code: "servicetrade.forbidden", Title: "No permission in ServiceTrade", Raised: "doctor", Owner: admin, Thing: "ServiceTrade",
		Message: "user {user} is not allowed to {action} in ServiceTrade.",
		Fix:     "Give the user this permission in ServiceTrade.",
		Params:  []string{"action", "user"},
	},
	{
		Code: "servicetrade.unreachable", Title: "ServiceTrade cannot be reached", Raised: "doctor", Owner: operator, Thing: "ServiceTrade",
		Message: "ServiceTrade cannot be reached at {url}.",
		Fix:     "Check the address and the network. Nothing is lost: Tradepost goes on as soon as ServiceTrade answers.",
		Params:  []string{"url"},
	},
	{
		Code: "servicetrade.entity_type_missing", Title: "Comments cannot be written", Raised: "doctor", Owner: admin, Thing: "ServiceTrade account",
		Message: "the number that ServiceTrade uses for comments on invoices is not set for account {account}.",
		Fix:     "Run: tradepost doctor - and enter the number that it finds as invoice_entity_type.",
		Params:  []string{"account"},
	},
	{
		Code: Unknown, Title: "Unexpected problem", Raised: "program", Owner: operator, Thing: "Invoice",
		Message: "an unexpected problem ({code}).",
		Fix:     "Look at the log, and report this to whoever maintains Tradepost.",
		Params:  []string{"code"},
	},
}
