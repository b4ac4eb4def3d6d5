package rest

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/books"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/grants"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/limits"
	"github.com/tradepost/tradepost/services/sandbox/internal/reqlog"
)

// Config is what the server needs.
type Config struct {
	Company func(realm string) *books.Company
	// Companies lists the realms, for the page on which a user connects an app.
	Companies func() []*books.Company
	Desk      *grants.Desk
	Gate      *limits.Gate
	Now       func() time.Time
	// Work is how long the company works on a request before it is answered.
	Work time.Duration
	// Working is called with each request that the company works on.
	Working func(r *http.Request)
	// ThrottleForm is the shape of a 429, and ThrottleStatus 429, or 403 for the
	// older form of it.
	ThrottleForm   string
	ThrottleStatus int
	// RetryAfter is said in a 429, in whole seconds, when it is positive; the real one
	// says nothing.
	RetryAfter time.Duration
	// AutoConnect connects the first company at once, without a page.
	AutoConnect bool
}

// Server answers the API and the OAuth endpoints.
type Server struct {
	Config
	mux *http.ServeMux
}

// New makes the server.
func New(cfg Config) *Server {
	if cfg.ThrottleForm == "" {
		cfg.ThrottleForm = FormXML
	}
	if cfg.ThrottleStatus == 0 {
		cfg.ThrottleStatus = http.StatusTooManyRequests
	}
	s := &Server{Config: cfg, mux: http.NewServeMux()}
	s.mux.HandleFunc("/v3/company/{realm}/{resource}", s.api)
	s.mux.HandleFunc("/v3/company/{realm}/{resource}/{id}", s.api)
	s.mux.HandleFunc("/v3/", s.noResource)
	s.mux.HandleFunc("/connect/oauth2", s.authorize)
	s.mux.HandleFunc("POST /oauth2/v1/tokens/bearer", s.token)
	s.mux.HandleFunc("POST /v2/oauth2/tokens/revoke", s.revoke)
	s.mux.HandleFunc("GET /.well-known/openid_configuration", s.discovery)
	s.mux.HandleFunc("GET /.well-known/openid_configuration/", s.discovery)
	s.mux.HandleFunc("GET /.well-known/openid_sandbox_configuration/", s.discovery)
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// TID puts the transaction id on every answer that passes, whatever becomes of
// the request (Intuit documentation, "Troubleshooting", intuit_tid).
func TID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var random [16]byte
		_, _ = rand.Read(random[:]) // never fails
		text := hex.EncodeToString(random[:])
		w.Header().Set("intuit_tid", "1-"+text[:8]+"-"+text[8:])
		next.ServeHTTP(w, r)
	})
}

func bearer(r *http.Request) string {
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// The Server is what the faults to order need to know of sessions: here they are
// access tokens.

// SignedIn tells whether the request has a live access token.
func (s *Server) SignedIn(r *http.Request) bool {
	_, _, ok := s.Desk.Access(bearer(r))
	return ok
}

// SignOut ends the access token of the request.
func (s *Server) SignOut(r *http.Request) { s.Desk.EndAccess(bearer(r)) }

// Evict ends all access tokens; how many are wanted does not matter here.
func (s *Server) Evict(int) {
	for _, c := range s.Companies() {
		s.Desk.ExpireAccess(c.Realm)
	}
}

// Revoke ends the connection of the request's token.
func (s *Server) Revoke(r *http.Request) { s.Desk.RevokeAccess(bearer(r)) }

func (s *Server) fault(w http.ResponseWriter, r *http.Request, f *books.Fault) {
	form := FormJSON
	if !wantsJSON(r) {
		form = FormXML
	}
	writeFault(w, f, form, s.Now())
}

// authFault answers as the gateway does, which is not the Fault of the
// documentation.
func (s *Server) authFault(w http.ResponseWriter, r *http.Request, f *books.Fault) {
	form := FormGateway
	if !wantsJSON(r) {
		form = FormXML
	}
	writeFault(w, f, form, s.Now())
}

// noResource answers an address that the API does not have (Intuit
// documentation, "Handling common errors", 500).
func (s *Server) noResource(w http.ResponseWriter, r *http.Request) {
	s.fault(w, r, &books.Fault{
		Status: http.StatusBadRequest, Type: books.TypeValidation, Code: "500", Message: "Unsupported Operation",
		Detail: "Operation Could not find resource for relative : " + r.URL.Path + " is not supported.",
	})
}

// api lets a request pass the gateway: token, company, limits.
func (s *Server) api(w http.ResponseWriter, r *http.Request) {
	app, realm, ok := s.Desk.Access(bearer(r))
	if !ok {
		s.authFault(w, r, &books.Fault{
			Status: http.StatusUnauthorized, Type: books.TypeAuthentication, Code: "3200",
			Message: "message=AuthenticationFailed; errorCode=003200; statusCode=401", Detail: s.tokenDetail(r),
		})
		return
	}
	reqlog.SetUser(r.Context(), app)
	c := s.Company(r.PathValue("realm"))
	if c == nil || realm != c.Realm {
		s.authFault(w, r, &books.Fault{
			Status: http.StatusForbidden, Type: books.TypeService, Code: "3100", Message: "message=AuthorizationFailed; errorCode=003100; statusCode=403",
		})
		return
	}
	q := request{Request: r, company: c, app: app, resource: strings.ToLower(r.PathValue("resource")), id: r.PathValue("id")}
	leave, ok := s.Gate.Enter(limits.Call{Realm: realm, App: app, Batch: q.resource == "batch", Metered: q.metered()})
	if !ok {
		if s.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(s.RetryAfter/time.Second)))
		}
		writeFault(w, Throttled(s.ThrottleStatus), s.ThrottleForm, s.Now())
		return
	}
	defer leave()
	s.work(r)
	if c.Settings().AccessLost {
		s.fault(w, r, &books.Fault{
			Status: http.StatusUnauthorized, Type: books.TypeAuthorization, Code: "120", Message: "Authorization Failure",
			Detail: "AuthorizationFailure: --11014-You do not have access to use QuickBooks Online Plus., statusCode: 401",
		})
		return
	}
	s.serve(w, q)
}

func (s *Server) tokenDetail(r *http.Request) string {
	switch token := bearer(r); {
	case token == "":
		return ""
	case len(token) < 20:
		return "Malformed bearer token: too short or too long"
	default:
		return fmt.Sprintf("Token expired: %.8s...", token)
	}
}

// work takes the time that the company needs for a request.
func (s *Server) work(r *http.Request) {
	if s.Working != nil {
		s.Working(r)
	}
	if s.Work <= 0 {
		return
	}
	timer := time.NewTimer(s.Work)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// Throttled is the refusal of a request too many: 429, or 403 as it was before
// (Intuit documentation, "API call limits and throttles"; developer blog of
// 2016-08-08).
func Throttled(status int) *books.Fault {
	return &books.Fault{
		Status: status, Type: books.TypeService, Code: "3001", Detail: "The request limit was reached.  Try again later",
		Message: fmt.Sprintf("message=ThrottleExceeded; errorCode=003001; statusCode=%d", status),
	}
}
