package runtime

// The keys of log entries. A thing has the same key wherever it is logged, so
// that one search finds all that happened to it.
const (
	KeyService    = "service"
	KeyInstance   = "instance"
	KeyAccount    = "account"
	KeyConnection = "connection"
	// KeyInvoice is ServiceTrade's id of the invoice, not its number.
	KeyInvoice = "invoice"
	KeySend    = "send"
	KeyState   = "state"
	// KeyDocument is the accounting system's id of a document.
	KeyDocument  = "document"
	KeyMarker    = "marker"
	KeyConnector = "connector"
	KeyFault     = "fault"
	KeyReason    = "reason"
	KeySubject   = "subject"
	KeyStream    = "stream"
	KeySequence  = "sequence"
	KeyAttempt   = "attempt"
	KeyDelay     = "delay"
	KeyTimeout   = "timeout"
	KeyDuration  = "duration"
	KeyError     = "error"
)
