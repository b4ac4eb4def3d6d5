// Package api answers ServiceTrade's REST API under /api from the account's
// state. It has its own wire types on purpose: a mistake of a client must not
// be mirrored here.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tradepost/tradepost/services/sandbox/internal/faults"
	"github.com/tradepost/tradepost/services/sandbox/internal/reqlog"
	"github.com/tradepost/tradepost/services/sandbox/internal/session"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

// Config is what the API needs to know.
type Config struct {
	Store    *state.Store
	Sessions *session.Manager
	// BaseURL begins every uri field; ServiceTrade's may name another host than
	// the one that was called, so clients must not follow them.
	BaseURL string
	// CompoundJobs answers GET /job/{id} in the shape with bare ids and sibling
	// arrays, which some accounts have.
	CompoundJobs bool
	// ListItems puts the lines into the rows of invoice lists; whether
	// ServiceTrade does is unknown, so a client must manage without.
	ListItems bool
	Now       func() time.Time
	Log       *slog.Logger
}

// API is the handler.
type API struct {
	Config
	mux *http.ServeMux
}

// call is one request on its way through a handler.
type call struct {
	*http.Request
	query  query
	userID int64
	token  string      // the session's, empty with a bearer token
	spoil  faults.List // what a fault makes of the answer if it is a list
}

// answer computes the data of an envelope, or refuses.
type answer func(*call) (any, error)

// nothing is the data of a 204.
type nothing struct{}

// New makes the handler with all routes.
func New(cfg Config) *API {
	a := &API{Config: cfg, mux: http.NewServeMux()}
	a.routes()
	return a
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// resource registers the verbs of one path; others answer 405.
func (a *API) resource(path string, verbs map[string]answer) {
	allowed := []string{}
	for verb := range verbs {
		allowed = append(allowed, verb)
	}
	slices.Sort(allowed)
	a.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		handle, ok := verbs[r.Method]
		if !ok && r.Method == http.MethodHead {
			handle, ok = verbs[http.MethodGet]
		}
		if !ok {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			a.refuse(w, http.StatusMethodNotAllowed, "Method "+r.Method+" is not allowed here")
			return
		}
		a.serve(w, r, handle)
	})
}

// serve lets only signed-in users through.
func (a *API) serve(w http.ResponseWriter, r *http.Request, handle answer) {
	c := &call{Request: r, query: parseQuery(r.URL.RawQuery), spoil: faults.ListOf(r.Context())}
	var ok bool
	if c.userID, c.token, ok = a.signedIn(r); !ok {
		a.refuse(w, http.StatusUnauthorized, "Not authenticated")
		return
	}
	reqlog.SetUser(r.Context(), a.username(c.userID))
	data, err := handle(c)
	switch {
	case err != nil:
		a.fail(r.Context(), w, err)
	case data == nothing{}:
		w.WriteHeader(http.StatusNoContent)
	default:
		a.write(w, http.StatusOK, data)
	}
}

// signedIn finds the user of the cookie or the bearer token.
func (a *API) signedIn(r *http.Request) (userID int64, token string, ok bool) {
	userID, token, bearer, ok := a.Sessions.Of(r)
	if bearer {
		token = ""
	}
	return userID, token, ok
}

// readList lets fn look at the account as the list of this call shall show it:
// as it is, unless a fault shows an older one.
func (a *API) readList(c *call, fn func(*state.Tables)) {
	if age := c.spoil.Age; age > 0 {
		a.Store.ReadAt(a.Now().Add(-age), fn)
		return
	}
	a.Store.Read(fn)
}

func (a *API) username(id int64) string {
	var name string
	a.Store.Read(func(t *state.Tables) {
		if u := t.Users[id]; u != nil {
			name = u.Username
		}
	})
	return name
}

// fail writes a refusal with its status, and anything else as a 500.
func (a *API) fail(ctx context.Context, w http.ResponseWriter, err error) {
	status, text := statusOf(err)
	if status == http.StatusInternalServerError {
		a.Log.ErrorContext(ctx, "request failed", "error", err)
	}
	a.refuse(w, status, text)
}
