package mapping

// DateSource is the day of ServiceTrade that becomes the day of the document.
type DateSource string

// The sources of dates.
const (
	DateOfInvoice    DateSource = "invoice"
	DateCreated      DateSource = "created"
	DateJobCompleted DateSource = "job_completed"
)

// ClosedPeriod is what is done with an invoice of a closed period.
type ClosedPeriod string

// What is done.
const (
	// ClosedHold refuses it, with a comment that says so.
	ClosedHold ClosedPeriod = "hold"
	// ClosedFirstOpenDay posts it on the first open day; the memo names its own day.
	ClosedFirstOpenDay ClosedPeriod = "first_open_day"
	// ClosedToday posts it on the day of the send; the memo names its own day.
	ClosedToday ClosedPeriod = "today"
)

// Dates says which days a document gets.
type Dates struct {
	Source DateSource
	Closed ClosedPeriod
}

// Partial is what is done with an invoice that bills a part of its job.
type Partial string

// What is done with it.
const (
	PartialAllow Partial = "allow"
	PartialHold  Partial = "hold"
)

// Zero is what is done with an invoice whose total is nothing.
type Zero string

// What is done with it.
const (
	ZeroPost   Zero = "post"
	ZeroRefuse Zero = "refuse"
)

// Negative is what is done with an invoice whose total is below zero.
type Negative string

// What is done with it.
const (
	NegativeCreditMemo Negative = "credit_memo"
	NegativeRefuse     Negative = "refuse"
)

// Mixed is what is done with an invoice that has lines of both signs.
type Mixed string

// What is done with it.
const (
	MixedKeep Mixed = "keep"
	// MixedSplit posts the positive lines as an invoice and the negative ones as a
	// credit memo.
	MixedSplit  Mixed = "split"
	MixedRefuse Mixed = "refuse"
)

// Voided is what is done when an invoice is voided in ServiceTrade after it was posted.
type Voided string

// What is done with it.
const (
	VoidedVoid       Voided = "void"
	VoidedCreditMemo Voided = "credit_memo"
	// VoidedComment leaves the books alone and tells it in a comment.
	VoidedComment Voided = "comment"
)

// Policy says what is done with invoices that are out of the ordinary.
type Policy struct {
	Partial  Partial
	Zero     Zero
	Negative Negative
	Mixed    Mixed
	Voided   Voided
}

// RoundingMode is how half a cent is rounded.
type RoundingMode string

// The rounding modes.
const (
	RoundHalfUp   RoundingMode = "half_up"
	RoundHalfEven RoundingMode = "half_even"
)

// RoundingOf is what is rounded.
type RoundingOf string

// What is rounded.
const (
	// RoundLine rounds each line by itself.
	RoundLine RoundingOf = "line"
	// RoundDocument rounds the sum; the lines get the cents that it leaves over by the
	// largest remainder.
	RoundDocument RoundingOf = "document"
)

// Rounding is how amounts and sales tax become whole cents.
type Rounding struct {
	Mode RoundingMode
	// Of is for the amounts of the lines, Tax for sales tax that ServiceTrade states
	// as a rate only.
	Of, Tax RoundingOf
}
