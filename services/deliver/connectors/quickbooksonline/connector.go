// Package quickbooksonline posts invoices and credit memos to a company of QuickBooks
// Online, over its accounting API (version 3).
//
// The marker of a document stands in its private note. The API does not promise that a
// note can be searched, so that Find does not ask for one: each process keeps an index
// of the markers, read once and kept current by change data capture, and many finds
// share one such call.
package quickbooksonline

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

const (
	kind  = "quickbooksonline"
	title = "QuickBooks Online"
	// remembered is for how long a create may be repeated with its request id.
	// QuickBooks documents no time; nobody has seen one shorter than a day.
	remembered = 24 * time.Hour
)

// Options are what the program gives all QuickBooks connections.
type Options struct {
	// Tokens gives the access tokens of a connection. nil takes the setting
	// access_token, and is signed out without one.
	Tokens func(connector.Settings) Tokens
	// Transport carries the calls; nil is a transport of its own.
	Transport http.RoundTripper
}

// Registration makes the connector known under the kind quickbooksonline.
func Registration(o Options) connector.Registration {
	return connector.Registration{Kind: kind, Title: title, SignIn: signIn, New: func(_ context.Context, s connector.Settings) (connector.Connector, error) {
		var cfg Config
		if err := s.Decode(&cfg); err != nil {
			return nil, fmt.Errorf("read the settings of connection %s: %w", s.Connection, err)
		}
		made, err := New(cfg, s, o)
		if err != nil {
			return nil, err
		}
		return made, nil
	}}
}

// Online is one company of QuickBooks Online. It is safe for use by many goroutines.
type Online struct {
	cfg        Config
	connection string
	client     *client
	log        *slog.Logger
	// books is what is known of the company without asking again.
	books *books
	known known
	// mendedAge is that of the constant; tests have less time.
	mendedAge time.Duration
	// attempts tell a create that failed for certain from its repetition.
	attempts attempts

	// life ends with Close: calls that several callers share are stopped then.
	life context.Context //nolint:containedctx // the life of the connector, not of a call
	stop context.CancelFunc
	work sync.WaitGroup
}

// New makes the connector without calling anybody. cfg is completed with the defaults;
// all that is wrong with it is told in one error.
func New(cfg Config, s connector.Settings, o Options) (*Online, error) {
	cfg.complete()
	if err := cfg.problems(o.Tokens != nil); err != nil {
		return nil, fmt.Errorf("connection %s: %w", s.Connection, err)
	}
	log := s.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	life, stop := context.WithCancel(context.Background())
	q := &Online{
		cfg: cfg, connection: s.Connection, log: log, life: life, stop: stop, mendedAge: mendedAge,
		known:  known{reading: make(chan struct{}, 1)},
		client: newClient(cfg, s, o),
	}
	q.books = newBooks(q)
	return q, nil
}

// Describe tells deliver what to expect. A write may stay invisible to searches for the
// settling time, and to Find as long as what was read before is kept; the longest call is
// a write that QuickBooks itself gives up.
func (q *Online) Describe() connector.Descriptor {
	return connector.Descriptor{
		Kind: kind, Title: title, CallTimeout: q.prepareTime() + q.cfg.CallTime + q.cfg.CallTime/24, SettlingTime: q.cfg.SettlingTime + q.kept(),
		MaxInFlight: q.cfg.Parallel, AssignsNumber: true, Limits: connector.LimitsOf(kind),
	}
}

// prepareTime bounds what has to be known before a document is written: the customer,
// the items, the preferences.
func (q *Online) prepareTime() time.Duration { return q.cfg.CallTime / 4 }

// kept is for how long Find answers from what this process read of the company before.
// What other processes wrote since is not found.
func (q *Online) kept() time.Duration { return q.cfg.SettlingTime / keptPart }

// RemembersKeys implements connector.IdempotentCreator.
func (q *Online) RemembersKeys() time.Duration { return remembered }

// Close stops the calls that nobody waits for any more and gives the connections back.
func (q *Online) Close() error {
	q.stop()
	q.work.Wait()
	q.client.http.CloseIdleConnections()
	return nil
}

var (
	_ connector.Connector         = (*Online)(nil)
	_ connector.Updater           = (*Online)(nil)
	_ connector.Voider            = (*Online)(nil)
	_ connector.PreviewChecker    = (*Online)(nil)
	_ connector.PeriodLister      = (*Online)(nil)
	_ connector.ChangeLister      = (*Online)(nil)
	_ connector.ReferenceLister   = (*Online)(nil)
	_ connector.IdempotentCreator = (*Online)(nil)
	_ connector.Located           = (*Online)(nil)
)
