package fault

// reserved are the codes that nothing raises yet: words kept for the connectors and
// stages to come, so that they all say the same. A test refuses one that is raised,
// and one that is not raised and not here.
var reserved = []string{
	"accounting.total_varies",
	"connection.program_old",
	"connection.setting_missing",
	"document.gone",
	"document.kind_refused",
	"document.not_found",
	"posting.uncertain",
	"record.held",
	"record.no_connection",
	"settle.moved_by_user",
	"settle.number_refused",
}
