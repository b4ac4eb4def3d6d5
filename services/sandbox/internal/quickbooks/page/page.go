// Package page is the web page of the QuickBooks Online stand-in: companies with
// their documents, settings, connections and counts, the faults to order, and the
// request log. It is plain HTML from the server and needs no script.
package page

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/tradepost/tradepost/services/sandbox/internal/faults"
	shared "github.com/tradepost/tradepost/services/sandbox/internal/page"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/books"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/grants"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/limits"
	"github.com/tradepost/tradepost/services/sandbox/internal/reqlog"
)

//go:embed templates
var files embed.FS

// Config is what the page needs to know.
type Config struct {
	Companies func() []*books.Company
	Company   func(realm string) *books.Company
	Desk      *grants.Desk
	Gate      *limits.Gate
	Log       *reqlog.Log
	Faults    *faults.Seam
	Logger    *slog.Logger
}

// Page is the handler.
type Page struct {
	Config
	mux   *http.ServeMux
	views map[string]*template.Template
}

var errNotFound = errors.New("there is no such page")

// New makes the handler.
func New(cfg Config) *Page {
	p := &Page{Config: cfg, mux: http.NewServeMux(), views: map[string]*template.Template{}}
	for _, name := range []string{"companies", "company", "document", "requests", "error"} {
		p.views[name] = template.Must(p.layout().ParseFS(files, "templates/"+name+".html"))
	}
	p.views["faults"] = template.Must(p.layout().ParseFS(shared.Templates(), "templates/faults.html"))
	p.routes()
	return p
}

func (p *Page) layout() *template.Template {
	return template.Must(template.New("layout.html").Funcs(template.FuncMap{
		"clock":  func(t time.Time) string { return t.UTC().Format("15:04:05") },
		"moment": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") },
		"millis": func(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond)) },
		"ref":    refName,
	}).ParseFS(files, "templates/layout.html"))
}

// ServeHTTP answers one request.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

func (p *Page) routes() {
	p.mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, shared.Templates(), "templates/style.css")
	})
	p.show("GET /{$}", "companies", p.companies)
	p.show("GET /companies/{realm}", "company", p.company)
	p.show("GET /companies/{realm}/{entity}/{id}", "document", p.document)
	p.show("GET /requests", "requests", p.requests)
	p.do("POST /companies/{realm}/settings", p.settings)
	p.do("POST /companies/{realm}/tokens", p.tokens)
	p.do("POST /companies/{realm}/{entity}/{id}", p.change)
	orders := shared.FaultPage{Faults: p.Faults, Example: "/v3/company/*/invoice"}
	p.show("GET /faults", "faults", orders.View)
	p.do("POST /faults", orders.Order)
	p.do("POST /faults/clear", orders.Clear)
	p.do("POST /faults/{id}/cancel", orders.Cancel)
	p.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { p.fail(w, errNotFound) })
}

// show registers a page that is only looked at.
func (p *Page) show(pattern, view string, data func(*http.Request) (any, error)) {
	p.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		d, err := data(r)
		if err != nil {
			p.fail(w, err)
			return
		}
		p.render(w, http.StatusOK, view, d)
	})
}

// do registers a form; afterwards the browser goes on to the path that it gives.
func (p *Page) do(pattern string, act func(*http.Request) (string, error)) {
	p.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		next, err := act(r)
		if err != nil {
			p.fail(w, err)
			return
		}
		http.Redirect(w, r, next, http.StatusSeeOther)
	})
}

func (p *Page) fail(w http.ResponseWriter, err error) {
	status := http.StatusBadRequest
	if errors.Is(err, errNotFound) {
		status = http.StatusNotFound
	}
	p.render(w, status, "error", map[string]any{"Title": "That did not work", "Error": err.Error()})
}

// render writes a whole page or, when the template fails, nothing of it.
func (p *Page) render(w http.ResponseWriter, status int, view string, data any) {
	var out bytes.Buffer
	if err := p.views[view].Execute(&out, data); err != nil {
		p.Logger.Error("page cannot be rendered", "view", view, "error", err)
		http.Error(w, "the page cannot be rendered", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'self'; style-src 'self'")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w) // the browser is gone when this fails
}

const shownRequests = 250

func (p *Page) requests(r *http.Request) (any, error) {
	f := reqlog.Filter{Method: r.URL.Query().Get("method"), Prefix: r.URL.Query().Get("path"), Limit: shownRequests}
	all := p.Log.List(f)
	slices.Reverse(all)
	return map[string]any{"Title": "Request log", "Requests": all, "Prefix": f.Prefix, "Method": f.Method}, nil
}
