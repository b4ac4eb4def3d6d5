// Package webhook takes ServiceTrade's messages that something changed. They are
// not signed, come twice, late or not at all, so that a message is only a hint to
// read an invoice sooner than the next poll would.
package webhook

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
)

const (
	// maxBody is the most that is read of a message.
	maxBody = 1 << 20
	// storeTime bounds the storing of all hints of a message: ServiceTrade waits five
	// seconds for the answer.
	storeTime = 2 * time.Second
	// parallelHints is how many hints of one message are stored at once: the server
	// writes each to its disk.
	parallelHints = 32
	// tellEvery is the number of seconds between two log lines about refusals.
	tellEvery = 60
)

// Account is what the handler has to know of an account.
type Account struct {
	// Secret is the last part of the path; "" refuses everything.
	Secret string
	// InvoiceEntityType is ServiceTrade's number of invoices in this account.
	InvoiceEntityType int
}

// Hinter stores the hint that an invoice may have changed.
type Hinter interface {
	Hint(ctx context.Context, account string, invoiceID int64, changed time.Time) error
}

// Options make a Handler.
type Options struct {
	// Account finds an account by its id; it is asked for every message.
	Account func(id string) (Account, bool)
	Hints   Hinter
	Log     *slog.Logger
	Metrics prometheus.Registerer
}

// Handler answers POST /webhook/<account>/<secret>, below any prefix that a proxy
// left: 200 once a hint is stored for every invoice that the message names, else
// 503, upon which ServiceTrade sends the message again. It never answers 4xx: for
// ServiceTrade that would mean delivered.
type Handler struct {
	o        Options
	messages *prometheus.CounterVec
	told     atomic.Int64 // when a refusal was logged last, Unix seconds
}

// New makes a Handler.
func New(o Options) (*Handler, error) {
	h := &Handler{o: o, messages: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tradepost_ingest_webhook_messages_total",
		Help: "Webhook messages by account (empty when refused) and result: stored, nothing (no invoice in it), failed, refused.",
	}, []string{"account", "result"})}
	return h, o.Metrics.Register(h.messages)
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, account, ok := h.account(r)
	if !ok {
		h.refused(r)
		h.messages.WithLabelValues("", "refused").Inc()
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	status, result := http.StatusOK, "stored"
	switch n, err := h.take(r, id, account); {
	case err != nil:
		status, result = http.StatusServiceUnavailable, "failed"
		h.o.Log.ErrorContext(r.Context(), "a webhook message could not be stored; ServiceTrade sends it again, and the next poll finds what it told",
			"account", id, "err", err)
	case n == 0:
		result = "nothing"
	}
	h.messages.WithLabelValues(id, result).Inc()
	w.WriteHeader(status)
}

// refused tells of requests that are none of ours, once a minute: whatever is on
// the internet is scanned. The path is not logged, since a secret may be in it.
func (h *Handler) refused(r *http.Request) {
	now := time.Now().Unix()
	last := h.told.Load()
	if now-last < tellEvery || !h.told.CompareAndSwap(last, now) {
		return
	}
	h.o.Log.WarnContext(r.Context(), "refused what is no message for a webhook of ours; told once a minute", "method", r.Method, "from", r.RemoteAddr)
}

// account finds the account that the request is for, if it knows the secret.
func (h *Handler) account(r *http.Request) (string, Account, bool) {
	parts := strings.Split(strings.TrimRight(r.URL.Path, "/"), "/")
	if r.Method != http.MethodPost || len(parts) < 4 || parts[len(parts)-3] != "webhook" {
		return "", Account{}, false
	}
	id, given := parts[len(parts)-2], parts[len(parts)-1]
	account, known := h.o.Account(id)
	return id, account, same(given, account.Secret) && known && account.Secret != ""
}

// same takes the same time wherever the texts differ, and whatever their lengths.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// take stores the hints of one message and returns how many there are. An error
// means that the message should come again.
func (h *Handler) take(r *http.Request, id string, account Account) (int, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return 0, err
	}
	if len(body) > maxBody {
		// Sending it again would not make it smaller.
		h.o.Log.WarnContext(r.Context(), "a webhook message is larger than 1 MiB; the polls find what the rest tells", "account", id)
		body = body[:maxBody]
	}
	changes := Invoices(body, account.InvoiceEntityType)
	ctx, cancel := context.WithTimeout(r.Context(), storeTime)
	defer cancel()
	var g errgroup.Group // without a context: one that fails does not end the others
	g.SetLimit(parallelHints)
	for _, c := range changes {
		g.Go(func() error { return h.o.Hints.Hint(ctx, id, c.InvoiceID, c.At) })
	}
	return len(changes), g.Wait()
}
