package connection

// The values of Connection.Resend.
const (
	// ResendUpdate brings the document in the books up to date, if nobody changed it there.
	ResendUpdate = "update"
	// ResendReject leaves the document alone, and the invoice fails with a comment.
	ResendReject = "reject"
)
