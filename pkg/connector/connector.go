// Package connector is the contract between the deliver stage and an accounting
// system. A connector looks for documents, makes them, and tells how each
// attempt ended in one of five ways; the posting protocol around it (who may
// post, when, and what happens after a crash) belongs to deliver.
package connector

import (
	"context"
	"log/slog"
	"time"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Connector posts documents to one company of one accounting system. It is used
// by many goroutines at once, never by more than Descriptor.MaxInFlight for one
// connection over all replicas.
type Connector interface {
	// Describe tells what deliver has to know before it calls. It never changes
	// during the life of the connector.
	Describe() Descriptor
	// Company asks whose books these are. The answer is stored at first use of
	// the connection; another one later stops it. It is asked at the start, by probes
	// of a paused connection, and before it is believed that a document is gone, so
	// that it has to ask the system itself each time.
	Company(ctx context.Context) (Company, error)
	// Check looks for whatever would keep the connection from posting, without
	// changing anything. nil means that it could post now.
	Check(ctx context.Context) []*tradepostv1.Fault
	// Find looks for the documents of one invoice, by stored id and by marker, of
	// whatever kind: a credit memo that carries the marker of an invoice is found.
	// Where the records were lost, nothing else tells that the invoice was one before.
	// Found.Kind is the kind that the document has in the books, never the one that
	// was asked for; whoever calls Find looks at it before he takes a document for his.
	// An empty result means that none exists; an error never does. An error that
	// holds an Answer (see Stop) is that answer; any other is tried again.
	Find(ctx context.Context, q Query) ([]Found, error)
	// Create makes the document, with the system's own idempotency primitive
	// keyed by p.Key where it has one. It calls CheckFence right before each
	// write to the socket or disk. It is called only after Find found nothing.
	Create(ctx context.Context, p Posting) Answer
	// Close gives back what New took. No call is under way any more.
	Close() error
}

// Updater is implemented by connectors that can change a posted document.
type Updater interface {
	// Update makes the document that was found equal to p, only if it still has
	// found.Version.
	Update(ctx context.Context, p Posting, found Found) Answer
}

// Confirmer is implemented by connectors that answer Handed and can tell later what
// became of a document: from the import's log, the answer of the other program. A
// worker may die before it noted that it handed something over, and the next one looks
// and hands it over again: one document has to come of that, also when the content was
// changed meanwhile. Where the other side does not see to it by the marker, Find stops
// until what was handed over came to its end: with Handed and its token where the
// connector knows what it gave, so that the send goes on waiting for that, or with
// Uncertain and ReasonCannotFind.
type Confirmer interface {
	// Confirm answers Posted or Rejected once that is certain, Handed while it is not,
	// and Wait when it cannot be told now. It changes nothing. Where a connector has
	// no Confirm, a document that Find shows is the evidence.
	Confirm(ctx context.Context, h HandedOver) Answer
}

// HandedOver is a document that was handed over.
type HandedOver struct {
	// Token is what Handed gave.
	Token string
	Query Query
	// DocumentHash identifies the content that was handed over (hex).
	DocumentHash string
}

// PreviewChecker is implemented by connectors that can tell the faults of a
// document without posting it.
type PreviewChecker interface {
	// CheckDocument tells every fault for which Create would reject the document
	// now, if Find shows none yet. It changes nothing anywhere: books that were never
	// used are judged as Company would set them up. No fault means that Create would
	// take it; what keeps the connector from looking is an error, never no fault. An
	// error may hold a Wait (see Stop).
	CheckDocument(ctx context.Context, d *tradepostv1.Document) ([]*tradepostv1.Fault, error)
}

// Descriptor is what a connector declares of itself.
type Descriptor struct {
	// Kind is the connector's word in the configuration: hledger, quickbooksonline.
	Kind string
	// Title is the accounting system's name as people write it.
	Title string
	// CallTimeout is the longest that one call may take. A claim lasts this and 10 s more.
	CallTimeout time.Duration
	// SettlingTime is how long a finished write may stay invisible to Find.
	SettlingTime time.Duration
	// MaxInFlight is how many documents of one company may be worked on at once,
	// over all replicas; 1 for systems with a single writer.
	MaxInFlight int
	// AtomicMarker says that Create refuses a second document with the same
	// marker in one atomic step. Only then may deliver create without a find.
	AtomicMarker bool
	// AssignsNumber says that the accounting system may choose the number.
	AssignsNumber bool
	Limits        Limits
}

// Limits of a document in the accounting system; 0 means none.
type Limits struct {
	NumberLength      int
	DescriptionLength int
	Lines             int
}

// Company is the books that a connection posts to.
type Company struct {
	// ID never changes for the same books, and differs between any two.
	ID   string
	Name string
}

// Query asks for the documents of one invoice.
type Query struct {
	// Kind is what is wanted, for systems that look it up first or by that. Documents
	// of another kind are told all the same.
	Kind   tradepostv1.DocumentKind
	Marker string
	// ID is the stored id of the document, or "".
	ID string
	// Number is the number that it was given, or "".
	Number string
}

// Found is a document as it stands in the accounting system.
type Found struct {
	// Kind is what the books show; unspecified where they do not show it.
	Kind    tradepostv1.DocumentKind
	ID      string
	Number  string
	Version string
	// Total as the accounting system holds it, a decimal string.
	Total string
	// DocumentHash is the hash stored with the document where the system can keep
	// one and nobody changed the document since, otherwise "".
	DocumentHash string
	// IssueDate is YYYY-MM-DD, or "" when the system did not say.
	IssueDate string
	// DueDate is YYYY-MM-DD, or "" when the system did not say. It is told to people where
	// the document is not what it should be, and makes none different by itself.
	DueDate string
	// Other tells what else the document is seen to have; nil where the system shows no
	// more. It is told to people, as the due date is, and makes none different by itself.
	Other Other
	// CustomerName as the system shows it, or "".
	CustomerName string
	// Void says that the document exists but counts nothing.
	Void bool
	URL  string
}

// Other is what a connector knows of a found document beyond the fields of Found. It
// was read with the document: it calls nobody.
type Other interface {
	// Apart names each further thing that the document has otherwise than d, for a
	// bookkeeper: as it is in the books, and as it should be. What an update would leave
	// alone is not named.
	Apart(d *tradepostv1.Document) []string
}

// Posting is a document on its way into the accounting system.
type Posting struct {
	Document *tradepostv1.Document
	// DocumentHash identifies the document's content (hex).
	DocumentHash string
	// Generation counts how often the document had to be made anew because it was gone.
	Generation int64
	// Key is the idempotency key: the same for every attempt to make this content
	// in this generation, at most 50 characters.
	Key string
}

// Registration is how a connector makes itself known: a value, registered by
// the program that wants it.
type Registration struct {
	Kind  string
	Title string
	// New makes a connector for one connection from its settings. It does not
	// call the accounting system; Check does.
	New func(ctx context.Context, s Settings) (Connector, error)
	// SignIn is set where a person has to sign the connection in (OAuth2), and reads
	// from its settings how. It calls nobody.
	SignIn func(ctx context.Context, s Settings) (SignIn, error)
}

// Settings is what New is given.
type Settings struct {
	// Connection is the connection's id.
	Connection string
	// Account is the ServiceTrade account's id.
	Account string
	// Decode reads the connection's settings: into a pointer to a struct with
	// yaml tags. Unknown keys are errors that name file, line and key.
	Decode func(into any) error
	// Company is the id of the company that the connection was first used with, or
	// "" before that. Only before that may a connector set up new books: books that
	// are missing later are away, not new.
	Company string
	// Calls makes what holds the calls to a company within its limits, over all replicas.
	// It asks nobody; limits that are stated anew, with other numbers, count from then
	// on. nil in programs that make a few calls and end; see LimiterFor.
	Calls func(CallLimits) CallLimiter
	// Tokens are those of the connection's sign-in. Set where Registration.SignIn is;
	// a program that only checks settings has none to give, and every call is an error.
	Tokens Tokens
	// Programs reaches connectors that are programs of their own; nil where there is no
	// connection to NATS; see AskPrograms.
	Programs Programs
	// Dir is the directory of the configuration file; relative paths in settings start there.
	Dir string
	Log *slog.Logger
	// Called is told of each call; may be nil.
	Called func(Call)
}
