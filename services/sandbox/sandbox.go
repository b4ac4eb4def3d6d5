// Package sandbox stands in for ServiceTrade: its REST API with a realistic
// book behind it, a page to press Send on, a request log, and a control API.
// It is for tests, demos and trying things out; it keeps everything in memory.
package sandbox

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/tradepost/tradepost/services/sandbox/internal/api"
	"github.com/tradepost/tradepost/services/sandbox/internal/control"
	"github.com/tradepost/tradepost/services/sandbox/internal/faults"
	"github.com/tradepost/tradepost/services/sandbox/internal/hook"
	"github.com/tradepost/tradepost/services/sandbox/internal/page"
	"github.com/tradepost/tradepost/services/sandbox/internal/reqlog"
	"github.com/tradepost/tradepost/services/sandbox/internal/session"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

// Sandbox is an http.Handler: the API under /api, the control API under
// /_sandbox, the page everywhere else. It is safe for many goroutines.
type Sandbox struct {
	// API does from Go what the page's buttons do, and looks at the account.
	API *API

	opt      Options
	store    *state.Store
	sessions *session.Manager
	log      *reqlog.Log
	faults   *faults.Seam
	hooks    *hook.Dispatcher
	mux      *http.ServeMux
}

// New makes a sandbox that lives in memory only; Options.StateFile is not used.
func New(o Options) *Sandbox {
	o.defaults()
	s := &Sandbox{opt: o}
	s.build(state.New(s.storeConfig()))
	if err := s.play(); err != nil {
		o.Log.Error("scenario refused", "error", err)
	}
	if o.Configured {
		// A fresh account has no system that could clash with this one, so the only
		// possible refusal is a bad name, which leaves the account without a button.
		if err := s.API.Setup(o.ExternalSystem, "Accounting"); err != nil {
			o.Log.Error("set-up refused", "system", o.ExternalSystem, "error", err)
		}
	}
	return s
}

// Open makes a sandbox that keeps its account in Options.StateFile. A file that
// exists wins over the book of the options.
func Open(o Options) (*Sandbox, error) {
	o.defaults()
	s := &Sandbox{opt: o}
	store, err := state.Open(s.storeConfig())
	if err != nil {
		return nil, fmt.Errorf("open the sandbox: %w", err)
	}
	s.build(store)
	if err := s.play(); err != nil {
		return nil, err
	}
	if o.Configured && !s.API.CanSend() {
		if err := s.API.Setup(o.ExternalSystem, "Accounting"); err != nil {
			return nil, fmt.Errorf("set the external system up: %w", err)
		}
	}
	return s, nil
}

// play begins the scenario of the options. A parsed one cannot be refused.
func (s *Sandbox) play() error {
	if s.opt.Scenario == nil {
		return nil
	}
	return s.API.Play(s.opt.Scenario)
}

func (s *Sandbox) storeConfig() state.Config {
	return state.Config{
		Book: s.opt.Book, Now: s.opt.Now, InvoiceEntityType: s.opt.InvoiceEntityType, CommentDefault: s.opt.CommentDefault,
		UniqueNumbers: s.opt.UniqueNumbers, File: s.opt.StateFile,
		OnEvents: func(events []state.Event) { s.hooks.Tell(events) },
	}
}

func (s *Sandbox) build(store *state.Store) {
	o := s.opt
	s.store, s.log = store, reqlog.New(o.LogSize)
	s.API = &API{s}
	s.sessions = session.New(session.Config{
		Logins: o.Credentials, Clients: o.OAuthClients, PerUser: o.SessionsPerUser, Lifetime: o.SessionLifetime,
		TokenLifetime: o.TokenLifetime, Now: o.Now,
	})
	s.faults = faults.New(o.Now, s.sessions)
	s.faults.Set(o.Faults)
	s.hooks = hook.New(hook.Config{
		Receivers: store.Receivers, RetryDelay: o.WebhookRetryDelay, BaseURL: o.PublicURL, Client: o.WebhookClient, Log: o.Log,
		Fault: s.webhookFault,
	})
	rest := api.New(api.Config{
		Store: store, Sessions: s.sessions, BaseURL: o.PublicURL, CompoundJobs: o.CompoundJobs, ListItems: o.ListItems,
		Now: o.Now, Log: o.Log,
	})
	s.mux = http.NewServeMux()
	s.mux.Handle("/api/", s.log.Middleware(o.Now, s.faults.Middleware(rest)))
	// The page and the control API have no login, so a browser must not be made to
	// press their buttons by a page of another site.
	own := http.NewCrossOriginProtection().Handler
	s.mux.Handle("/_sandbox/", own(control.New(control.Config{
		Store: store, Log: s.log, InvoiceEntityType: o.InvoiceEntityType, Reset: s.API.Reset, Expire: s.sessions.ExpireAll,
		Faults: s.faults,
	})))
	s.mux.Handle("/", own(page.New(page.Config{
		Store: store, Log: s.log, InvoiceEntityType: o.InvoiceEntityType, Now: o.Now, Logger: o.Log,
		Faults: s.faults,
	})))
}

// webhookFault asks the orders about a message: by the path of the receiver's
// address and the types of the entities that it tells of.
func (s *Sandbox) webhookFault(h *state.Webhook, events []state.Event) *faults.WebhookFault {
	var entities []string
	for _, e := range events {
		entities = append(entities, e.Entity)
	}
	target, err := url.Parse(h.HookURL)
	if err != nil { // registered as a good address
		return nil
	}
	return s.faults.Webhook(target.Path, entities)
}

// ServeHTTP answers one request.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// SetFaults makes the API misbehave from now on: fn is asked about each request
// under /api from many goroutines; nil from it serves the request normally
// unless an order has it otherwise, and a nil fn ends the faults of fn.
func (s *Sandbox) SetFaults(fn func(*http.Request) *Fault) { s.faults.Set(fn) }

// Close ends running webhook deliveries. The handler goes on answering.
func (s *Sandbox) Close() { s.hooks.Close() }
