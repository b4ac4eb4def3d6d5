// Package quickbooks stands in for QuickBooks Online: the Accounting API, OAuth
// 2.0, its limits and its faults, with companies that fit the contractor of the
// ServiceTrade sandbox. It is built from Intuit's documentation alone; what that
// leaves open is listed in the README. Everything is kept in memory.
package quickbooks

import (
	"net/http"
	"strconv"
	"sync"

	"github.com/tradepost/tradepost/services/sandbox/internal/faults"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/books"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/control"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/grants"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/limits"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/page"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/rest"
	"github.com/tradepost/tradepost/services/sandbox/internal/reqlog"
)

// Stand is an http.Handler: the API under /v3, the OAuth endpoints, the control
// API under /_quickbooks, the page everywhere else. It is safe for many
// goroutines.
type Stand struct {
	// API does from Go what the control API does, and looks at the companies.
	API *API

	opt    Options
	desk   *grants.Desk
	gate   *limits.Gate
	log    *reqlog.Log
	faults *faults.Seam
	rest   *rest.Server
	mux    *http.ServeMux

	mu        sync.Mutex
	companies []*books.Company
	work      func(*http.Request)
}

// New makes a stand-in with Options.Companies companies.
func New(o Options) *Stand {
	o.defaults()
	s := &Stand{
		opt: o, log: reqlog.New(o.LogSize), gate: limits.New(o.Limits, o.Now),
		desk: grants.New(grants.Config{
			Apps: o.Apps, Access: o.AccessLifetime, Refresh: o.RefreshLifetime, RotateAfter: o.RotateAfter, Grace: o.RefreshGrace, Now: o.Now,
		}),
	}
	s.API = &API{s}
	s.rest = rest.New(rest.Config{
		Company: s.company, Companies: s.all, Desk: s.desk, Gate: s.gate, Now: o.Now, Work: o.Work, Working: s.working,
		ThrottleForm: o.ThrottleForm, ThrottleStatus: o.ThrottleStatus, RetryAfter: o.ThrottleRetryAfter, AutoConnect: o.AutoConnect,
	})
	s.faults = faults.NewFor(s.rest.Surface(), o.Now, s.rest)
	for i := range o.Companies {
		s.add(i)
	}
	s.route()
	return s
}

func (s *Stand) route() {
	s.mux = http.NewServeMux()
	asked := s.log.Middleware(s.opt.Now, rest.TID(s.faults.Middleware(s.rest)))
	for _, path := range []string{"/v3/", "/oauth2/", "/v2/", "/connect/", "/.well-known/"} {
		s.mux.Handle(path, asked)
	}
	own := http.NewCrossOriginProtection().Handler
	s.mux.Handle("/_quickbooks/", own(control.New(control.Config{
		Companies: s.all, Company: s.company, Desk: s.desk, Gate: s.gate, Log: s.log, Faults: s.faults, Now: s.opt.Now, Reset: s.API.Reset,
		AddCompany: s.addOne, App: s.opt.Apps[0].ID,
	})))
	s.mux.Handle("/", own(page.New(page.Config{
		Companies: s.all, Company: s.company, Desk: s.desk, Gate: s.gate, Log: s.log, Faults: s.faults, Logger: s.opt.Log,
	})))
}

// realmOf is the company id of the company with a number, as long as the real
// ones are.
func realmOf(i int) string { return strconv.Itoa(9130350000000001 + i) }

// add makes a company and fills it. The first one is the contractor of the
// ServiceTrade book; further ones are called 2, 3 and so on.
func (s *Stand) add(i int) *books.Company {
	settings := s.opt.Settings
	if i > 0 {
		settings.Name += " " + strconv.Itoa(i+1)
	}
	c := books.NewCompany(realmOf(i), settings, s.opt.Now)
	c.CountFrom(1000)
	if !s.opt.Empty {
		c.Seed(s.opt.Book, !s.opt.PlainNames)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.companies = append(s.companies, c)
	return c
}

// addOne makes one more company, filled like the others.
func (s *Stand) addOne() *books.Company {
	s.mu.Lock()
	n := len(s.companies)
	s.mu.Unlock()
	return s.add(n)
}

func (s *Stand) all() []*books.Company {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*books.Company(nil), s.companies...)
}

// company finds a company by its realm; nil when there is none.
func (s *Stand) company(realm string) *books.Company {
	for _, c := range s.all() {
		if c.Realm == realm {
			return c
		}
	}
	return nil
}

// SetWorking has a function called with each request of the API that was let in,
// before it is answered, for tests that need a request to be under way. It may
// block. nil ends that.
func (s *Stand) SetWorking(fn func(*http.Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.work = fn
}

func (s *Stand) working(r *http.Request) {
	s.mu.Lock()
	fn := s.work
	s.mu.Unlock()
	if fn != nil {
		fn(r)
	}
}

// ServeHTTP answers one request.
func (s *Stand) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }
