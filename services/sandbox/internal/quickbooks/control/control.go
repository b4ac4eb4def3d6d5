// Package control is the JSON API under /_quickbooks: what users of the companies
// do by hand, and what tests want to see. It needs no login and is not part of
// QuickBooks.
package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost/tradepost/services/sandbox/internal/faults"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/books"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/grants"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/limits"
	"github.com/tradepost/tradepost/services/sandbox/internal/reqlog"
)

// Config is what the control API needs to know.
type Config struct {
	Companies  func() []*books.Company
	Company    func(realm string) *books.Company
	AddCompany func() *books.Company
	Desk       *grants.Desk
	Gate       *limits.Gate
	Log        *reqlog.Log
	Faults     *faults.Seam
	Now        func() time.Time
	Reset      func()
	// App is the one for which tokens are given.
	App string
}

// Control is the handler.
type Control struct {
	Config
	mux *http.ServeMux
}

const maxBody = 16 << 20

var errNotFound = errors.New("not found")

// New makes the handler.
func New(cfg Config) *Control {
	c := &Control{Config: cfg, mux: http.NewServeMux()}
	for pattern, handle := range map[string]func(*http.Request) (any, error){
		"GET /_quickbooks/companies":                                       c.companies,
		"POST /_quickbooks/companies":                                      c.addCompany,
		"GET /_quickbooks/companies/{realm}":                               c.one(c.company),
		"PATCH /_quickbooks/companies/{realm}":                             c.one(c.configure),
		"POST /_quickbooks/companies/{realm}/tokens":                       c.one(c.tokens),
		"GET /_quickbooks/companies/{realm}/tokens":                        c.one(c.grants),
		"POST /_quickbooks/companies/{realm}/tokens/{what}":                c.one(c.changeTokens),
		"GET /_quickbooks/companies/{realm}/counts":                        c.one(c.counts),
		"GET /_quickbooks/companies/{realm}/objects/{entity}":              c.one(c.objects),
		"GET /_quickbooks/companies/{realm}/history/{entity}":              c.one(c.history),
		"POST /_quickbooks/companies/{realm}/objects/{entity}":             c.one(c.put),
		"POST /_quickbooks/companies/{realm}/objects/{entity}/{id}/{what}": c.one(c.act),
		"GET /_quickbooks/companies/{realm}/journal":                       c.one(c.journal),
		"POST /_quickbooks/companies/{realm}/admit":                        c.one(c.admit),
		"DELETE /_quickbooks/companies/{realm}/requestids":                 c.one(c.forgetIDs),
		"GET /_quickbooks/faults":                                          c.orders,
		"POST /_quickbooks/faults":                                         c.order,
		"DELETE /_quickbooks/faults":                                       c.clearOrders,
		"DELETE /_quickbooks/faults/{id}":                                  c.cancelOrder,
		"POST /_quickbooks/scenario":                                       c.scenario,
		"GET /_quickbooks/limits":                                          c.limits,
		"PUT /_quickbooks/limits":                                          c.setLimits,
		"DELETE /_quickbooks/counts":                                       c.forgetCounts,
		"GET /_quickbooks/requests":                                        c.requests,
		"GET /_quickbooks/dump":                                            c.dump,
		"POST /_quickbooks/reset":                                          c.reset,
	} {
		c.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			data, err := handle(r)
			respond(w, data, err)
		})
	}
	return c
}

// ServeHTTP answers one request.
func (c *Control) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.mux.ServeHTTP(w, r) }

func respond(w http.ResponseWriter, data any, err error) {
	status := http.StatusOK
	if err != nil {
		status, data = http.StatusBadRequest, map[string]string{"error": err.Error()}
		if errors.Is(err, errNotFound) {
			status = http.StatusNotFound
		}
	}
	out, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(out, '\n')) // the client is gone when this fails
}

// read decodes the body; an empty one leaves the target alone. A page of
// another site must not be able to press buttons here, hence the content type.
func read(r *http.Request, into any) error {
	data, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if err != nil {
		return err
	}
	if len(data) == 0 {
		return nil
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return errors.New("the content type must be application/json")
	}
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.DisallowUnknownFields()
	dec.UseNumber()
	return dec.Decode(into)
}

// one finds the company of the path.
func (c *Control) one(handle func(*books.Company, *http.Request) (any, error)) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		company := c.Company(r.PathValue("realm"))
		if company == nil {
			return nil, fmt.Errorf("company %s: %w", r.PathValue("realm"), errNotFound)
		}
		return handle(company, r)
	}
}

var done = map[string]bool{"done": true}

func (c *Control) limits(*http.Request) (any, error) { return c.Gate.Limits(), nil }

func (c *Control) setLimits(r *http.Request) (any, error) {
	l := c.Gate.Limits()
	if err := read(r, &l); err != nil {
		return nil, err
	}
	c.Gate.Set(l)
	return c.Gate.Limits(), nil
}

func (c *Control) forgetCounts(*http.Request) (any, error) {
	c.Gate.Reset()
	return done, nil
}

func (c *Control) reset(*http.Request) (any, error) {
	c.Reset()
	return done, nil
}

func (c *Control) requests(r *http.Request) (any, error) {
	q := r.URL.Query()
	f := reqlog.Filter{Method: q.Get("method"), Prefix: q.Get("path")}
	var err error
	for name, into := range map[string]*int{"status": &f.Status, "limit": &f.Limit} {
		if s := q.Get(name); s != "" {
			if *into, err = strconv.Atoi(s); err != nil {
				return nil, errors.New(name + " must be a number")
			}
		}
	}
	return map[string]any{"requests": c.Log.List(f)}, nil
}
