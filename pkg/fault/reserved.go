package fault

// reserved are the codes that nothing raises yet: words kept for the connectors and
// stages to come, so that they all say the same. A test refuses one that is raised,
// and one that is not raised and not here.
var reserved = []string{
	"account.not_mapped",
	"accounting.answer_unreadable",
	"accounting.total_varies",
	"accounting.unreachable",
	"connection.forbidden",
	"connection.program_old",
	"connection.setting_missing",
	"connection.setting_wrong",
	"connection.signed_out",
	"document.date_closed",
	"document.kind_refused",
	"document.not_found",
	"document.number_taken",
	"item.not_in_books",
	"posting.uncertain",
	"record.held",
	"record.no_connection",
	"settle.moved_by_user",
	"settle.number_refused",
	"tax.not_in_books",
	"terms.not_in_books",
}
