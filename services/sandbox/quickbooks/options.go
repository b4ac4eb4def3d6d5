package quickbooks

import (
	"log/slog"
	"time"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/books"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/grants"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/limits"
)

// The app that is registered unless Options name others.
const (
	DefaultClientID     = "quickbooks-client"
	DefaultClientSecret = "quickbooks-secret"
)

// Book is the ServiceTrade book that companies are filled from.
type Book = book.Book

// App is an application that a developer registered with Intuit.
type App = grants.App

// Limits are the most requests that are served; see its fields.
type Limits = limits.Limits

// NoLimits serves everything.
func NoLimits() Limits { return limits.None() }

// Settings are what a company's user sets; see its fields.
type Settings = books.Settings

// DefaultSettings are those of a new company.
func DefaultSettings(name string) Settings { return books.DefaultSettings(name) }

// The ways in which a company deals with sales tax.
const (
	TaxOff       = books.TaxOff
	TaxManual    = books.TaxManual
	TaxAutomated = books.TaxAutomated
)

// Options make a stand-in. The zero value has one company, filled from the book
// of seed 1, with the limits and lifetimes that Intuit documents.
type Options struct {
	// Companies is how many companies there are; 0 means one.
	Companies int
	// Book is what they are filled from; nil makes one of Seed and Invoices.
	Book     *Book
	Seed     int64
	Invoices int
	// Empty leaves the companies empty.
	Empty bool
	// PlainNames names customers and items as ServiceTrade shows them. Without it
	// their names are the external ids of the book (C-10001, I-1001).
	PlainNames bool
	// Settings of all companies at the beginning; a zero value takes
	// DefaultSettings.
	Settings Settings

	// Apps that may ask for tokens; nil means one with the default credentials.
	Apps []App
	// AutoConnect answers the authorization request at once with a code for the
	// first company (or that of the parameter realm), without a page.
	AutoConnect bool

	// Limits of requests; 0 in a field takes what Intuit documents.
	Limits Limits
	// ThrottleForm is the shape of a 429: xml (which the real one sends whatever was
	// asked for), json or gateway; empty means xml. ThrottleStatus is 429, or 403 for
	// the older form.
	ThrottleForm   string
	ThrottleStatus int
	// ThrottleRetryAfter is said in a 429, in whole seconds; 0 says nothing, as the
	// real one.
	ThrottleRetryAfter time.Duration
	// Work is how long the company works on each request.
	Work time.Duration

	// AccessLifetime is that of access tokens: one hour. RefreshLifetime is that of
	// refresh tokens: 101 days. RotateAfter is the age at which a refresh token is
	// replaced: 24 hours, negative means each time. RefreshGrace is how long a
	// replaced one still works: 24 hours, negative means not at all.
	AccessLifetime, RefreshLifetime, RotateAfter, RefreshGrace time.Duration

	// LogSize is how many requests are remembered; 0 means 50,000.
	LogSize int
	// Now tells the time; nil means time.Now.
	Now func() time.Time
	// Log is where the stand-in complains; nil discards.
	Log *slog.Logger
}

func (o *Options) defaults() {
	if o.Companies == 0 {
		o.Companies = 1
	}
	if o.Book == nil {
		seed := o.Seed
		if seed == 0 {
			seed = 1
		}
		o.Book = book.Generate(book.Options{Seed: seed, Invoices: o.Invoices})
	}
	if o.Settings.Name == "" {
		o.Settings = books.DefaultSettings("Meridian Mechanical & Fire")
	}
	if o.Apps == nil {
		o.Apps = []App{{ID: DefaultClientID, Secret: DefaultClientSecret}}
	}
	if o.LogSize == 0 {
		o.LogSize = 50000
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}
