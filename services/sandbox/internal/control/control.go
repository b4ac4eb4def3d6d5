// Package control is the JSON API under /_sandbox: what users do by hand, and
// what tests want to see. It needs no login and is not part of ServiceTrade.
package control

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
	"github.com/tradepost/tradepost/services/sandbox/internal/faults"
	"github.com/tradepost/tradepost/services/sandbox/internal/reqlog"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

// Config is what the control API needs to know.
type Config struct {
	Store             *state.Store
	Log               *reqlog.Log
	InvoiceEntityType int
	Reset             func(*book.Book) error
	Expire            func()
	Faults            *faults.Seam
}

// Control is the handler.
type Control struct {
	Config
	mux *http.ServeMux
}

// byHand is the user as whom changes by hand are made.
const byHand = 102

const maxBody = 16 << 20

// New makes the handler.
func New(cfg Config) *Control {
	c := &Control{Config: cfg, mux: http.NewServeMux()}
	for pattern, handle := range map[string]func(*http.Request) (any, error){
		"GET /_sandbox/state":                  c.state,
		"GET /_sandbox/invoices":               c.invoices,
		"GET /_sandbox/invoices/{id}":          c.invoice,
		"GET /_sandbox/invoices/{id}/comments": c.comments,
		"POST /_sandbox/invoices/{id}/edit":    c.edit,
		"POST /_sandbox/invoices/{id}/status":  c.status,
		"POST /_sandbox/invoices/{id}/void":    c.void,
		"POST /_sandbox/invoices/{id}/comment": c.comment,
		"POST /_sandbox/send":                  c.send,
		"POST /_sandbox/setup":                 c.setup,
		"POST /_sandbox/externalid":            c.externalID,
		"POST /_sandbox/reset":                 c.reset,
		"POST /_sandbox/expire":                c.expire,
		"GET /_sandbox/requests":               c.requests,
		"DELETE /_sandbox/requests":            c.forget,
		"GET /_sandbox/faults":                 c.orders,
		"POST /_sandbox/faults":                c.order,
		"DELETE /_sandbox/faults":              c.clearOrders,
		"DELETE /_sandbox/faults/{id}":         c.cancelOrder,
		"POST /_sandbox/scenario":              c.scenario,
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
		if state.IsNotFound(err) {
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
	return dec.Decode(into)
}

func pathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, errors.New("the id in the path must be a number")
	}
	return id, nil
}

func (c *Control) requests(r *http.Request) (any, error) {
	q := r.URL.Query()
	f := reqlog.Filter{Method: q.Get("method"), Prefix: q.Get("path")}
	var err error
	if s := q.Get("status"); s != "" {
		f.Status, err = strconv.Atoi(s)
	}
	if s := q.Get("limit"); s != "" && err == nil {
		f.Limit, err = strconv.Atoi(s)
	}
	if s := q.Get("after"); s != "" && err == nil {
		f.After, err = strconv.ParseUint(s, 10, 64)
	}
	if err != nil {
		return nil, errors.New("status, limit and after must be numbers")
	}
	return map[string]any{"requests": c.Log.List(f)}, nil
}

func (c *Control) forget(*http.Request) (any, error) {
	c.Log.Clear()
	return done, nil
}

var done = map[string]bool{"done": true}

func (c *Control) expire(*http.Request) (any, error) {
	c.Expire()
	return done, nil
}

func (c *Control) reset(r *http.Request) (any, error) {
	var body struct {
		Seed     *int64 `json:"seed"`
		Invoices int    `json:"invoices"`
		TaxShown bool   `json:"taxShown"`
		Demo     bool   `json:"demo"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	seed := int64(1)
	if body.Seed != nil {
		seed = *body.Seed
	}
	var b *book.Book
	switch {
	case body.Demo && (body.Invoices != 0 || body.TaxShown):
		return nil, errors.New("the demo book has its own invoices: leave out invoices and taxShown, or demo")
	case body.Invoices < 0 || body.Invoices > 1e6:
		return nil, errors.New("invoices must be between 1 and 1000000")
	case body.Demo:
		b = book.Demo(seed)
	case body.Seed == nil && body.Invoices == 0 && !body.TaxShown: // the first book
	default:
		b = book.Generate(book.Options{Seed: seed, Invoices: body.Invoices, TaxShown: body.TaxShown})
	}
	return done, c.Reset(b)
}
