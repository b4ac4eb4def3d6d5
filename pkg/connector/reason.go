package connector

// Reasons of Wait and Uncertain that more than one connector gives. They are
// stable words: metrics, holds and texts are keyed by them.
const (
	// ReasonSignedOut: the accounting system does not accept the sign-in any more.
	ReasonSignedOut = "signed_out"
	// ReasonKeyMissing: this process cannot decrypt the stored sign-in, as it lacks the
	// key. Others may well have it: the connection is not paused, this process leaves it.
	ReasonKeyMissing = "key_missing"
	// ReasonThrottled: too many calls; Wait.For says how long, if the system did.
	ReasonThrottled = "throttled"
	// ReasonUnreachable: the accounting system does not answer.
	ReasonUnreachable = "unreachable"
	// ReasonOtherCompany: the accounting system holds other books than at the first use.
	ReasonOtherCompany = "other_company"
	// ReasonCannotFind: of Uncertain, answered by Find: this system cannot tell whether
	// a document exists. What is in doubt is held for an operator.
	ReasonCannotFind = "cannot_find"
	// ReasonFenced: the claim ran out right before the write; nothing was made.
	ReasonFenced = "fenced"
	// ReasonCanceled: the call was stopped from outside before the write.
	ReasonCanceled = "canceled"
	// ReasonTimeout: the call's time ran out before the write.
	ReasonTimeout = "timeout"
	// ReasonDiskFull: no room, or the quota is used up.
	ReasonDiskFull = "disk_full"
	// ReasonDiskError: the disk or the network file system does not work.
	ReasonDiskError = "disk_error"
	// ReasonReadOnly: the file system is mounted read-only.
	ReasonReadOnly = "read_only"
	// ReasonNoPermission: the process may not write there.
	ReasonNoPermission = "no_permission"
	// ReasonProgramMissing: a program that has to check documents is not installed.
	ReasonProgramMissing = "program_missing"
	// ReasonBooksMissing: the books are not where they were (an unmounted volume).
	ReasonBooksMissing = "books_missing"
	// ReasonBooksBroken: the books themselves do not pass their own checks.
	ReasonBooksBroken = "books_broken"
	// ReasonChanged: the document was changed or removed while it was worked on.
	ReasonChanged = "changed"
	// ReasonForbidden: whoever connected the accounting system may not do this.
	ReasonForbidden = "forbidden"
	// ReasonSubscriptionEnded: the accounting system is not paid for any more.
	ReasonSubscriptionEnded = "subscription_ended"
	// ReasonProgramDiffers: the program that is the connector is not what its connection
	// declares of it.
	ReasonProgramDiffers = "program_differs"
	// ReasonFeatureOff: the company has not the feature that posting needs.
	ReasonFeatureOff = "feature_off"
)
