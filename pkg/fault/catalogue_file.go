package fault

// fileEntries are about documents that are given to an accounting system in files which a
// person imports.
var fileEntries = []Entry{
	{
		Code: "file.rejected", Title: "Not imported", Raised: "connector", Owner: bookkeeper, Thing: "Document",
		Message: "the import file {file} was put away as not imported: {reason}.",
		Fix:     "Mend what kept it from being imported. Then send the invoice again: it is written to a new file.",
		Params:  []string{"file", "reason"},
	},
	{
		Code: "file.other_version", Title: "An earlier version waits to be imported", Raised: "connector", Owner: bookkeeper, Thing: "Document",
		Message: "an earlier version of it (total {total}) is in {file} of connection {connection}, and nobody has confirmed that file.",
		Fix:     "Was it imported? Then confirm the file, and correct the document in the books by hand. If not, move the file to the folder rejected, and send the invoice again.",
		Params:  []string{"connection", "file", "total"},
	},
	{
		Code: "file.ledger_broken", Title: "Ledger of the import files is not whole", Raised: "connector", Owner: operator, Thing: "Outbox",
		Message: "its ledger cannot be relied on, so nothing is given away that may have been given away before: {reason}.",
		Fix:     "Bring back what is missing, from a copy of the folder that is as new as its latest import file. Invoices that wait are then posted by themselves.",
		Params:  []string{"reason"},
	},
	{
		Code: "file.folder_unfit", Title: "Folder cannot be used for import files", Raised: "connector", Owner: operator, Thing: "Folder",
		Message: "on {place} Tradepost cannot make sure that a document is in one file only: {reason}.",
		Fix:     "Use a folder on ext4, XFS, btrfs, ZFS, NFS or SMB, or an SFTP server that keeps a file whose name is taken, as OpenSSH's does.",
		Params:  []string{"place", "reason"},
	},
	{
		Code: "retainage.refused", Title: "Retainage not taken", Raised: "connector", Owner: bookkeeper, Thing: "Document",
		Message: "{amount} of it is retained, and an import into {system} has no place for that.",
		Fix:     "Enter it in the books by hand, and set the invoice's status in ServiceTrade by hand.",
		Params:  []string{"amount", "system"},
	},
	{
		Code: "tax.more_than_one", Title: "Several sales taxes on one invoice", Raised: "connector", Owner: admin, Thing: "Document",
		Message: "it has the sales taxes {taxes}, and an invoice of {system} has one.",
		Fix:     "Have the mapping of Tradepost give all its taxed lines one tax code, with the agencies in the settings of the connection. Then send the invoice again.",
		Params:  []string{"system", "taxes"},
	},
}
