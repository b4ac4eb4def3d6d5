// Package page is the pages on which a person signs a connection in: one that says what
// for and asks, and one that says how it went. The accounting system's own page is
// between the two.
package page

import (
	_ "embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/tradepost/tradepost/pkg/grant"
)

//go:embed page.html
var text string

var pages = template.Must(template.New("page").Parse(text))

// cookie names what a browser shows when it comes back.
const cookie = "tradepost_connect"

// Options of the pages.
type Options struct {
	Desk *grant.Desk
	Log  *slog.Logger
	// Done is told of every sign-in that came to an end, with its error. May be nil.
	Done func(grant.Finished, error)
}

type handler struct{ Options }

// New returns what serves the pages under grant.Path.
func New(o Options) http.Handler {
	h := &handler{o}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+grant.Path+"{system}/{connection}", h.ask)
	mux.HandleFunc("POST "+grant.Path+"{system}/{connection}", h.begin)
	mux.HandleFunc("GET "+grant.Path+"{system}/callback", h.finish)
	return guarded(mux)
}

// view is what a page shows.
type view struct {
	// Kind is ask, done or problem.
	Kind       string
	Connection grant.Connection
	// Company is the one that the connection is bound to, or was signed in to.
	Company grant.Company
	Ticket  string
	What    string
	Fix     string
}

// ask shows what a link is for. It changes nothing.
func (h *handler) ask(w http.ResponseWriter, r *http.Request) {
	ticket := r.URL.Query().Get("ticket")
	c, bound, err := h.Desk.Look(r.Context(), r.PathValue("system"), r.PathValue("connection"), ticket)
	if err != nil {
		h.problem(w, r, grant.Finished{}, err)
		return
	}
	policy(w, c.SignIn.AuthorizeURL)
	h.show(w, http.StatusOK, view{Kind: "ask", Connection: c, Company: bound, Ticket: ticket})
}

// begin sends the browser to the accounting system.
func (h *handler) begin(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	b, err := h.Desk.Begin(r.Context(), r.PathValue("system"), r.PathValue("connection"), r.PostFormValue("ticket"))
	if err != nil {
		h.problem(w, r, grant.Finished{}, err)
		return
	}
	// A proxy may put the pages under a path that only it knows.
	http.SetCookie(w, &http.Cookie{
		Name: cookie, Value: b.Browser, Path: "/", MaxAge: 15 * 60, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: b.Secure,
	})
	http.Redirect(w, r, b.URL, http.StatusSeeOther)
}

// finish takes the browser back.
func (h *handler) finish(w http.ResponseWriter, r *http.Request) {
	browser := ""
	if c, err := r.Cookie(cookie); err == nil {
		browser = c.Value
	}
	done, err := h.Desk.Finish(r.Context(), r.PathValue("system"), r.URL.Query(), browser)
	if h.Done != nil {
		defer h.Done(done, err)
	}
	if err != nil {
		h.problem(w, r, done, err)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: cookie, Path: "/", MaxAge: -1, HttpOnly: true})
	h.Log.InfoContext(r.Context(), "connection signed in", "connection", done.Connection.ID, "system", done.Connection.SignIn.System, "company", done.Company)
	h.show(w, http.StatusOK, view{Kind: "done", Connection: done.Connection, Company: grant.Company{ID: done.Company, Name: done.CompanyName}})
}

func (h *handler) problem(w http.ResponseWriter, r *http.Request, f grant.Finished, err error) {
	h.Log.WarnContext(r.Context(), "a connection was not signed in", "connection", f.Connection.ID, "err", err)
	status, what, fix := wording(f.Connection, err)
	h.show(w, status, view{Kind: "problem", Connection: f.Connection, What: what, Fix: fix})
}

// wording says what went wrong and what the person can do. What is not for strangers is
// in the log.
func wording(c grant.Connection, err error) (status int, what, fix string) {
	title := c.SignIn.Title
	again := "Ask whoever runs Tradepost for a new link."
	switch {
	case errors.Is(err, grant.ErrLink):
		return http.StatusNotFound, "This link is not valid any more. A link works for 30 minutes, and until the first sign-in.", again
	case errors.Is(err, grant.ErrState):
		return http.StatusBadRequest, "This sign-in was not begun in this browser, took longer than 15 minutes, or is done already. Nothing was changed.",
			"Open the link that you were given once more, and sign in within 15 minutes. " + again
	case errors.Is(err, grant.ErrDenied):
		return http.StatusOK, "You did not allow the connection. Nothing was changed.", "If that was a mistake, open the link that you were given once more."
	case errors.Is(err, grant.ErrOtherCompany):
		return http.StatusConflict, "You chose another company than the one that this connection posts to. Nothing was changed, and nothing is posted to the company that you chose. Tradepost says: " + err.Error(),
			"Open the link once more and choose the right company in " + title + ". If the other company is really meant, it needs a connection of its own."
	case errors.Is(err, grant.ErrKey):
		return http.StatusConflict, "Tradepost cannot open the sign-in that is stored for this connection, and does not replace it by itself. Nothing was changed.",
			"Whoever runs Tradepost has to put its key for secrets back, or make a link with --replace."
	case title == "":
		return http.StatusServiceUnavailable, "Tradepost cannot do this at the moment.", "Try again in a few minutes. The log of Tradepost says why."
	default:
		return http.StatusBadGateway, "It did not work. Tradepost says: " + err.Error(), "Open the link that you were given once more. If it happens again, show this page to whoever runs Tradepost."
	}
}

func (h *handler) show(w http.ResponseWriter, status int, v view) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = pages.Execute(w, v) // the browser is gone when this fails
}

// guarded keeps what is shown out of caches, frames and other people's logs.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Cache-Control", "no-store")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("X-Robots-Tag", "noindex")
		policy(w, "")
		next.ServeHTTP(w, r)
	})
}

// policy allows the page its own style, and its form to lead to the accounting system.
func policy(w http.ResponseWriter, leadsTo string) {
	form := "'self'"
	if u, err := url.Parse(leadsTo); err == nil && u.Host != "" {
		form += " " + u.Scheme + "://" + u.Host
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action "+form)
}
