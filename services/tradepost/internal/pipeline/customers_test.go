package pipeline_test

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/sandbox"
)

const (
	system    = sandbox.DefaultExternalSystem
	fetchWait = 30 * time.Second
)

func companyPath(id int64) string { return "/api/externalid/company/" + idText(id) + "/" + system }

// externalID is what a company has in ServiceTrade now.
func (w *town) externalID(company int64) string {
	ids, err := w.sandbox.API.ExternalIDs("company", company)
	require.NoError(w.t, err)
	return ids[system]
}

func TestACustomerThatWasCreatedIsWrittenBackOnce(t *testing.T) {
	books := newLedger()
	w := newTown(t, sandbox.Options{}, "ledger", nil, "external_id", "name")
	w.connectors = books.registry(t)
	w.startAll(1)
	first, later := w.ids[:8], w.ids[8:]
	w.send(first...)
	w.awaitIDs(w.payers(first...), customerID)
	for company := range w.payers(first...) {
		require.Len(t, w.written()[companyPath(company)], 1)
	}

	// From now on the external id decides, and nobody asks for it again.
	known := w.payers(first...)
	w.sandbox.API.ForgetRequests()
	w.send(later...)
	w.awaitIDs(w.payers(later...), customerID)
	for company := range known {
		require.Empty(t, w.sandbox.API.Requests(sandbox.RequestFilter{Prefix: "/api/externalid/company/" + idText(company)}),
			"an id that the invoice shows costs no call")
	}
	w.sandbox.API.ForgetRequests()
	w.send(w.ids...) // sent again by a user
	require.Empty(t, w.sandbox.API.Requests(sandbox.RequestFilter{Prefix: "/api/externalid/"}))
	documents, created := books.counts()
	require.Equal(t, len(w.ids), documents)
	require.Equal(t, len(w.payers(w.ids...)), created, "nobody was made twice")
}

// What a person wrote stays; what another record has is named. The invoices are
// processed all the same.
func TestAnIDThatCannotBeWrittenIsNamed(t *testing.T) {
	books := newLedger()
	w := newTown(t, sandbox.Options{}, "ledger", nil, "name") // not by external id
	w.connectors = books.registry(t)
	payers := w.payers(w.ids...)
	order := slices.Sorted(maps.Keys(payers))
	byHand, taken, other := order[0], order[1], order[2]
	require.NoError(t, w.sandbox.API.SetExternalID("company", byHand, system, "BY-HAND"))
	require.NoError(t, w.sandbox.API.SetExternalID("location", w.sandbox.API.Book().Locations[3].ID, system, customerID(payers[taken])))
	w.startAll(1)
	w.send(w.ids...)
	w.awaitIDs(map[int64]string{other: payers[other]}, customerID)
	require.Eventually(t, func() bool { return len(w.written()[companyPath(taken)]) > 0 }, fetchWait, 10*time.Millisecond)
	w.send(w.ids...)

	require.Equal(t, "BY-HAND", w.externalID(byHand))
	require.Empty(t, w.written()[companyPath(byHand)])
	require.Empty(t, w.externalID(taken))
	require.Len(t, w.written()[companyPath(taken)], 1, "not in a loop")
	require.Equal(t, http.StatusConflict, w.written()[companyPath(taken)][0].Status)

	differs, refused := w.event(byHand), w.event(taken)
	require.Equal(t, "differs", differs.GetAnswer())
	require.Contains(t, differs.GetError(), "BY-HAND")
	require.Contains(t, differs.GetError(), customerID(payers[byHand]))
	require.Equal(t, "taken", refused.GetAnswer())
	require.Contains(t, refused.GetError(), "already used by location", "ServiceTrade says who has it")
	require.Contains(t, refused.GetError(), "What to do (")
	require.Equal(t, 1, w.log.count("customer.external_id_differs"))
	require.Equal(t, 1, w.log.count("customer.external_id_taken"))
}

// event waits for the event about the external id of a company.
func (w *town) event(company int64) *tradepostv1.InvoiceAttempt {
	w.t.Helper()
	c, err := w.js.OrderedConsumer(w.t.Context(), bus.StreamEvents, jetstream.OrderedConsumerConfig{FilterSubjects: []string{"invoice.attempt.acme-books.*"}})
	require.NoError(w.t, err)
	for {
		m, err := c.Next(jetstream.FetchMaxWait(fetchWait))
		require.NoError(w.t, err, "the event of company %d", company)
		a := &tradepostv1.InvoiceAttempt{}
		require.NoError(w.t, bus.Decode(bus.Message{Body: m.Data()}, a))
		if a.GetOperation() == tradepostv1.AttemptOperation_ATTEMPT_OPERATION_EXTERNAL_ID && strings.HasSuffix(a.GetRequest(), " company "+idText(company)) {
			return a
		}
	}
}

// ServiceTrade does not answer for external ids, and deliver is started anew: nothing
// remembers what is missing, and the next posting of the customer writes it.
func TestWhatWasMissedIsWrittenByTheNextPosting(t *testing.T) {
	var away atomic.Bool
	away.Store(true)
	books := newLedger()
	w := newTown(t, sandbox.Options{Faults: func(r *http.Request) *sandbox.Fault {
		if away.Load() && strings.Contains(r.URL.Path, "/externalid/") {
			return &sandbox.Fault{Status: http.StatusServiceUnavailable}
		}
		return nil
	}}, "ledger", nil, "external_id", "name")
	w.connectors = books.registry(t)
	stopDeliver := w.startAll(1)
	first, later := w.ids[:8], w.ids[8:]
	w.send(first...)
	require.Eventually(t, func() bool {
		return len(w.sandbox.API.Requests(sandbox.RequestFilter{Prefix: "/api/externalid/", Status: http.StatusServiceUnavailable})) > 0
	}, fetchWait, 10*time.Millisecond, "it was tried")
	stopDeliver()
	for company := range w.payers(first...) {
		require.Empty(t, w.externalID(company))
	}

	away.Store(false)
	w.start("deliver")
	w.send(later...)
	w.awaitIDs(w.payers(later...), customerID)
	_, created := books.counts()
	require.Equal(t, len(w.payers(w.ids...)), created)
}

// Two replicas may both find none: they write the same.
func TestTwoReplicasWriteTheSame(t *testing.T) {
	books := newLedger()
	w := newTown(t, sandbox.Options{}, "ledger", nil, "external_id", "name")
	w.connectors = books.registry(t)
	w.startAll(2)
	w.send(w.ids...)
	w.awaitIDs(w.payers(w.ids...), customerID)
	for path, puts := range w.written() {
		require.LessOrEqual(t, len(puts), 2, "%s: one by each replica at the most", path)
		for _, r := range puts {
			require.Equal(t, http.StatusOK, r.Status)
			require.Equal(t, puts[0].Body, r.Body)
		}
	}
	require.Zero(t, w.log.count("level=WARN msg=\"external id not written\""))
}

// hledger makes no customers: what it reports is the account, and an invoice that
// is sent again after the external id was written stays one document.
func TestACustomerOfTheJournalIsWrittenBack(t *testing.T) {
	w := newTown(t, sandbox.Options{}, "hledger", map[string]any{"journal_dir": "books"}, "external_id", "name")
	var err error
	w.connectors, err = deliver.Connectors()
	require.NoError(t, err)
	w.startAll(1)
	some := w.ids[:4]
	w.send(some...)
	w.await("every company has an id", func(*sandbox.API) bool {
		for company := range w.payers(some...) {
			if w.externalID(company) == "" {
				return false
			}
		}
		return true
	})
	before := w.accounts()
	w.send(some...)
	require.Equal(t, before, w.accounts(), "the same documents on the same accounts")
	require.Len(t, before, len(some))
}

// accounts returns the customer's line of each document, by file.
func (w *town) accounts() map[string]string {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(w.config.Dir(), "books", "invoices", "st-*.journal"))
	require.NoError(w.t, err)
	all := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(w.t, err)
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, "; cust:") {
				all[filepath.Base(file)] = line
			}
		}
	}
	return all
}

func idText(id int64) string { return strconv.FormatInt(id, 10) }
