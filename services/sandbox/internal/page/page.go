// Package page is the sandbox's web page: invoices with their comments and the
// Send button, the set-up of external systems, and the request log. It is plain
// HTML from the server and needs no script.
package page

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
	"github.com/tradepost/tradepost/services/sandbox/internal/faults"
	"github.com/tradepost/tradepost/services/sandbox/internal/reqlog"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

//go:embed templates
var files embed.FS

// Templates holds the templates and style.css, for other pages that look alike.
func Templates() embed.FS { return files }

// Config is what the page needs to know.
type Config struct {
	Store             *state.Store
	Log               *reqlog.Log
	InvoiceEntityType int
	Now               func() time.Time
	Logger            *slog.Logger
	Faults            *faults.Seam
}

// Page is the handler.
type Page struct {
	Config
	mux   *http.ServeMux
	views map[string]*template.Template
}

// byHand is the user as whom changes on the page are made.
const byHand = 102

// New makes the handler.
func New(cfg Config) *Page {
	p := &Page{Config: cfg, mux: http.NewServeMux(), views: map[string]*template.Template{}}
	for _, name := range []string{"invoices", "invoice", "company", "systems", "configure", "requests", "faults", "error"} {
		p.views[name] = template.Must(template.New("layout.html").Funcs(p.funcs()).
			ParseFS(files, "templates/layout.html", "templates/"+name+".html"))
	}
	p.routes()
	return p
}

// ServeHTTP answers one request.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

func (p *Page) routes() {
	p.mux.Handle("GET /{$}", http.RedirectHandler("/invoices", http.StatusSeeOther))
	p.mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, files, "templates/style.css")
	})
	p.show("GET /invoices", "invoices", p.invoices)
	p.show("GET /invoices/{id}", "invoice", p.invoice)
	p.show("GET /companies/{id}", "company", p.company)
	p.show("GET /settings/systems", "systems", p.systems)
	p.show("GET /settings/integrations/{id}", "configure", p.configure)
	p.show("GET /requests", "requests", p.requests)
	orders := FaultPage{Faults: p.Faults, Example: "/api/invoice/*"}
	p.show("GET /faults", "faults", orders.View)
	p.do("POST /faults", orders.Order)
	p.do("POST /faults/clear", orders.Clear)
	p.do("POST /faults/{id}/cancel", orders.Cancel)
	p.do("POST /invoices/send", p.sendAll)
	p.do("POST /invoices/{id}/send", p.send)
	p.do("POST /invoices/{id}/status", p.status)
	p.do("POST /invoices/{id}/edit", p.edit)
	p.do("POST /invoices/{id}/line", p.editLine)
	p.do("POST /invoices/{id}/comment", p.comment)
	p.do("POST /companies/{id}/externalid", p.externalID)
	p.do("POST /settings/systems", p.addSystem)
	p.do("POST /settings/integrations/{id}", p.saveSystem)
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
	if state.IsNotFound(err) {
		status = http.StatusNotFound
	}
	if _, ok := errors.AsType[*state.RefusalError](err); !ok {
		p.Logger.Error("page failed", "error", err)
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

func (p *Page) funcs() template.FuncMap {
	return template.FuncMap{
		"money":  func(a book.Amount) string { return a.Money() },
		"extend": func(l book.Line) string { return book.Extend(l.Quantity, l.Price).Money() },
		"day":    p.day,
		"clock":  func(t time.Time) string { return t.UTC().Format("15:04:05.000") },
		"status": statusName,
		"millis": func(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond)) },
	}
}

// day writes Unix seconds as a calendar date of the account's time zone.
func (p *Page) day(seconds int64) string {
	if seconds == 0 {
		return "–"
	}
	return time.Unix(seconds, 0).In(p.zone()).Format(time.DateOnly)
}

func (p *Page) zone() *time.Location {
	zone, err := time.LoadLocation(p.Store.Origin().TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// statusName is the name that ServiceTrade's users see.
func statusName(status string) string {
	names := map[string]string{
		"ok": "OK", "draft": "Draft", "internal_review": "Needs Review", "pending_accounting": "Pending Accounting",
		"processed": "Processed", "failed": "Failed", "sent": "Sent", "paid": "Paid", "void": "Void",
	}
	if name, ok := names[status]; ok {
		return name
	}
	return status
}

func pathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, &state.RefusalError{Kind: state.NotFound, Text: "No such page"}
	}
	return id, nil
}
