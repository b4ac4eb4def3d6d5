package connector

import (
	"context"
	"time"

	"github.com/tradepost/tradepost/pkg/caldate"
)

// What not every accounting system can do is an interface of its own, implemented by
// the connectors whose system can. Create and Find are all that the posting protocol
// needs; whoever wants more asks with a type assertion, and does without.

// Voider is implemented by connectors that can void a posted document: it keeps its
// number and counts nothing from then on.
type Voider interface {
	// Void voids the document that was found, only if it still has found.Version. It
	// calls CheckFence right before the write. Posted means that it counts nothing now,
	// and holds it with Void set; a document that is void already is Adopted. Find shows
	// it with Void set, or not at all. The caller has found the document, seen that its
	// total is the one that was posted, and makes no other write for the invoice until
	// it knows how this one ended; after Uncertain it looks, and asks again where the
	// document still counts.
	Void(ctx context.Context, found Found) Answer
}

// Period is a range of issue dates, both days included.
type Period struct{ From, Through caldate.Date }

// Listed is a document of a list, with the marker that it carries; "" where it was
// made by somebody else.
type Listed struct {
	Found
	Marker string
}

// PeriodLister is implemented by connectors that can list what the books hold, for
// comparing it with ServiceTrade to the cent.
type PeriodLister interface {
	// ListPeriod calls each with every document whose issue date is in the period, once,
	// in any order, ours and others', void ones included. An error of each ends the list
	// and is returned. A list that is not complete is an error, never a shorter list.
	ListPeriod(ctx context.Context, p Period, each func(Listed) error) error
}

// ChangeLister is implemented by connectors that can tell what was changed, so that
// what a bookkeeper does to a document is noticed without reading all of them.
type ChangeLister interface {
	// ChangedSince calls each with every document that was made or changed after cursor
	// was given out, in its present shape, and returns the cursor for the next call. The
	// cursor "" means from the beginning. One that is told twice does no harm, one that
	// is left out does: a cursor that the accounting system does not know any more is an
	// error. Documents that were removed need not be told.
	ChangedSince(ctx context.Context, cursor string, each func(Listed) error) (next string, err error)
}

// ReferenceKind is a kind of record that a document can name.
type ReferenceKind string

// The kinds of reference data.
const (
	ReferenceCustomer ReferenceKind = "customer"
	ReferenceItem     ReferenceKind = "item"
	ReferenceAccount  ReferenceKind = "account"
	ReferenceTax      ReferenceKind = "tax"
	ReferenceTerms    ReferenceKind = "terms"
)

// ReferenceRecord is one record as the accounting system holds it. ID, Code and Name
// are what a mapping may name it by; those that the system does not have are "".
type ReferenceRecord struct {
	Kind           ReferenceKind
	ID, Code, Name string
	// Inactive says that documents may not name it any more.
	Inactive bool
}

// ReferenceLister is implemented by connectors that can list the records that a
// mapping may name, so that a mapping is made and checked against the books.
type ReferenceLister interface {
	// ReferenceKinds are the kinds that the accounting system has; none where it lists
	// nothing. It calls nobody.
	ReferenceKinds() []ReferenceKind
	// ListReference calls each with every record of the kind, once, inactive ones
	// included. An error of each ends the list and is returned; a list that is not
	// complete is an error.
	ListReference(ctx context.Context, kind ReferenceKind, each func(ReferenceRecord) error) error
}

// IdempotentCreator is implemented by connectors whose accounting system remembers
// Posting.Key: a create that is repeated with the same key makes nothing, and answers
// with what the first one made, also while Find does not show that yet.
type IdempotentCreator interface {
	// RemembersKeys is for how long the accounting system does so; more than 0.
	RemembersKeys() time.Duration
}
