package sandbox

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
	"github.com/tradepost/tradepost/services/sandbox/internal/session"
)

// The credentials that work unless Options name others.
const (
	DefaultUsername     = "integration"
	DefaultPassword     = "sandbox"
	DefaultClientID     = "sandbox-client"
	DefaultClientSecret = "sandbox-secret"
	// DefaultInvoiceEntityType is an arbitrary number: nobody outside ServiceTrade
	// knows the real one, so clients must have it configured.
	DefaultInvoiceEntityType = 13
	// DefaultExternalSystem is the system name of the book's external ids.
	DefaultExternalSystem = book.DefaultSystem
)

// Credential is one user's login.
type Credential = session.Login

// OAuthClient is one OAuth2 client.
type OAuthClient = session.Client

// Options make a sandbox. The zero value is a book of 40 invoices from seed 0
// in an account whose external system is not set up yet.
type Options struct {
	// Book is the account's content; nil makes one with GenerateBook from Seed,
	// Invoices, TaxShown and ExternalSystem.
	Book           *Book
	Seed           int64
	Invoices       int
	TaxShown       bool
	ExternalSystem string

	// Configured starts with the set-up done: an external system named
	// ExternalSystem that can be sent invoices. Without it there is no Send
	// button, as in a fresh account.
	Configured bool
	// InvoiceEntityType is the number of invoices in comments and webhooks; 0
	// means DefaultInvoiceEntityType.
	InvoiceEntityType int
	// CommentDefault is the visibility of comments that were posted without one;
	// nil means public, the dangerous default of the real one.
	CommentDefault []string
	// UniqueNumbers refuses an invoice number that another invoice has.
	UniqueNumbers bool
	// CompoundJobs answers jobs in the shape with bare ids and sibling arrays.
	CompoundJobs bool
	// ListItems puts the lines into the rows of invoice lists.
	ListItems bool

	// Credentials and OAuthClients replace the default ones.
	Credentials  []Credential
	OAuthClients []OAuthClient
	// SessionsPerUser is how many sessions a user may have; 0 means 5.
	SessionsPerUser int
	// SessionLifetime ends sessions that long after login; 0 means never.
	SessionLifetime time.Duration
	// TokenLifetime is that of OAuth2 access tokens; 0 means 24 hours.
	TokenLifetime time.Duration

	// PublicURL begins the uri fields; empty means https://api.servicetrade.com,
	// so that a client that follows them is found out.
	PublicURL string
	// StateFile keeps the account over restarts; only Open looks at it.
	StateFile string
	// LogSize is how many requests are remembered; 0 means 50,000.
	LogSize int
	// WebhookRetryDelay is the pause between two of the three tries; 0 means 1 s.
	WebhookRetryDelay time.Duration
	// WebhookClient delivers webhooks; nil means an own one.
	WebhookClient *http.Client
	// Faults makes the API misbehave; see Sandbox.SetFaults.
	Faults func(*http.Request) *Fault
	// Scenario orders faults while time passes and requests arrive, from the start;
	// see ParseScenario.
	Scenario *Scenario
	// Now tells the time; nil means time.Now.
	Now func() time.Time
	// Log is where the sandbox complains; nil discards.
	Log *slog.Logger
}

func (o *Options) defaults() {
	if o.ExternalSystem == "" {
		o.ExternalSystem = DefaultExternalSystem
	}
	if o.Book == nil {
		o.Book = GenerateBook(BookOptions{
			Seed: o.Seed, Invoices: o.Invoices, TaxShown: o.TaxShown, ExternalSystem: o.ExternalSystem,
		})
	}
	if o.InvoiceEntityType == 0 {
		o.InvoiceEntityType = DefaultInvoiceEntityType
	}
	o.accessDefaults()
	if o.CommentDefault == nil {
		o.CommentDefault = []string{"public"}
	}
	if o.PublicURL == "" {
		o.PublicURL = "https://api.servicetrade.com"
	}
	if o.LogSize == 0 {
		o.LogSize = 50000
	}
	if o.WebhookRetryDelay == 0 {
		o.WebhookRetryDelay = time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

func (o *Options) accessDefaults() {
	if o.Credentials == nil {
		o.Credentials = []Credential{{Username: DefaultUsername, Password: DefaultPassword, UserID: integrationUser}}
	}
	if o.OAuthClients == nil {
		o.OAuthClients = []OAuthClient{{ID: DefaultClientID, Secret: DefaultClientSecret, UserID: integrationUser}}
	}
}
