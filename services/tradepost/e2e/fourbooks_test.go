package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/services/deliver/connectors/tryton/trytontest"
	"github.com/tradepost/tradepost/services/sandbox"
)

// site is a ServiceTrade account and what its connection posts to.
type site struct {
	account string
	sandbox *sandbox.Sandbox
	ids     []int64
	books   books
}

// books is one accounting system, set up for the book.
type books interface {
	// system is its name.
	system() string
	// connection is what the configuration says of it: connector, settings and more.
	connection() map[string]any
	// remap changes the mapping into one to this system.
	remap(mapping map[string]any)
	// totals is what the system itself says that its books come to, read with its own means.
	totals() totals
	// requireOnce fails the test unless so many documents are there, each once.
	requireOnce(documents int)
}

// fourBooks is a plant with four accounts that have the same 200 invoices, each with a
// connection to another accounting system.
type fourBooks struct {
	*plant
	sites []*site
}

// A Tryton company, a journal of hledger, import files of Sage 50 and the stand-in of
// QuickBooks Online that are made from the same 200 invoices, by the four processes, have
// ServiceTrade's totals and so the same: each customer's, each account's and each tax's.
func TestTwoHundredInvoicesComeToTheSameInFourSystems(t *testing.T) {
	t.Parallel() // Most of the time of the others with Tryton is waiting.
	f, company := newFourBooks(t)
	for _, s := range f.sites {
		var err error
		s.ids, err = s.sandbox.API.SendAll("")
		require.NoError(t, err)
		require.Len(t, s.ids, 200, s.account)
	}
	began := time.Now()
	for _, s := range f.sites {
		f.awaitPosted(s)
		t.Logf("%s has all after %s", s.books.system(), time.Since(began).Round(time.Second))
	}
	all := []ledger{{"ServiceTrade", expected(t, f.sandbox.API, f.sites[0].ids)}}
	for _, s := range f.sites {
		all = append(all, ledger{s.books.system(), s.books.totals()})
	}
	requireSame(t, all...)
	f.requireNumbersWrittenBack(f.sites[0].ids, company)
	for _, s := range f.sites {
		s.books.requireOnce(len(s.ids))
		s.requireOneWriteEach(t)
	}
}

func newFourBooks(t *testing.T) (*fourBooks, *trytonCompany) {
	t.Helper()
	server := trytontest.Start(t)
	dir, book := t.TempDir(), hardBook(t)
	company := &trytonCompany{t: t, server: server, db: server.Database("acme")}
	company.fill(book)
	f := &fourBooks{sites: []*site{{account: account, books: company}}}
	for _, b := range []books{
		&hledgerBooks{t: t, dir: filepath.Join(dir, "hledger"), book: book},
		&sageFiles{t: t, dir: filepath.Join(dir, "sage50"), book: book},
		newQuickbooksCompany(t, book),
	} {
		f.sites = append(f.sites, &site{account: "acme-" + strconv.Itoa(len(f.sites)+1), books: b})
	}
	f.plant = newPlantOf(t, sandbox.Options{Book: hardBook(t), Configured: true}, func(config map[string]any) {
		f.configure(t, config, dir)
	}, company.remap)
	f.sites[0].sandbox = f.sandbox
	return f, company
}

// configure adds the accounts and connections. That of the plant itself is the first.
func (f *fourBooks) configure(t *testing.T, config map[string]any, dir string) {
	t.Helper()
	accounts, connections := config["accounts"].(map[string]any), config["connections"].(map[string]any)
	for i, s := range f.sites {
		c := s.books.connection()
		c["account"], c["mapping_file"] = s.account, "mapping.yaml"
		connections[s.account+"-books"] = c
		if i == 0 {
			continue
		}
		book := hardBook(t)
		s.sandbox = sandbox.New(sandbox.Options{Book: book, Configured: true})
		web := httptest.NewServer(s.sandbox)
		t.Cleanup(web.Close)
		accounts[s.account] = accountOf(web.URL, book)
		mapping := mappingOf(book)
		s.books.remap(mapping)
		c["mapping_file"] = filepath.Join(dir, s.account+".yaml")
		writeYAML(t, filepath.Join(dir, s.account+".yaml"), mapping)
	}
}

// awaitPosted waits until the books have everything of a site: until it is processed, and
// where only a person can tell that, until it is in the files.
func (f *fourBooks) awaitPosted(s *site) {
	f.t.Helper()
	done := func() bool { return s.sandbox.API.Counts()["pending_accounting"] == 0 }
	wanted, state := "processed", record.Closed
	if files, is := s.books.(*sageFiles); is {
		done = func() bool { return len(files.documents())+s.sandbox.API.Counts()["failed"] == len(s.ids) }
		wanted, state = "pending_accounting", record.Handed
	}
	if !assert.Eventually(f.t, done, 10*time.Minute, 200*time.Millisecond) || s.sandbox.API.Counts()[wanted] != len(s.ids) {
		f.t.Logf("%s: %s", s.books.system(), f.statuses(s)) // The comparison fails, and this is why.
		return
	}
	f.awaitState(s, state)
}

// awaitState waits until the record of every invoice of a site is in a state.
func (f *fourBooks) awaitState(s *site, state tradepostv1.RecordState) {
	f.t.Helper()
	for _, id := range s.ids {
		require.Eventually(f.t, func() bool { return f.recordOf(s.account, id).GetState() == state }, 2*time.Minute, 100*time.Millisecond,
			"invoice %d of %s", id, s.account)
	}
}

// statuses tells how far a site is, and why what failed did.
func (f *fourBooks) statuses(s *site) string {
	told := fmt.Sprint(s.sandbox.API.Counts())
	for _, inv := range s.sandbox.API.Invoices("failed") {
		for _, c := range s.sandbox.API.Comments(inv.ID) {
			told += fmt.Sprintf("\ninvoice %d: %s", inv.ID, c.Content)
		}
	}
	return told
}

// requireOneWriteEach reads ServiceTrade's own log: each invoice is processed by one PUT,
// or waits for a person to tell that its file was imported, without any.
func (s *site) requireOneWriteEach(t *testing.T) {
	t.Helper()
	puts := map[string]int{}
	for _, r := range s.sandbox.API.Requests(sandbox.RequestFilter{Method: http.MethodPut, Prefix: "/api/invoice/"}) {
		puts[r.Path]++
	}
	for _, id := range s.ids {
		inv, err := s.sandbox.API.Invoice(id)
		require.NoError(t, err)
		status, writes := "processed", 1
		if _, files := s.books.(*sageFiles); files {
			status, writes = "pending_accounting", 0
		}
		require.Equal(t, status, inv.Status, "invoice %d of %s", id, s.account)
		require.Equal(t, writes, puts["/api/invoice/"+strconv.FormatInt(id, 10)], "PUTs of invoice %d of %s", id, s.account)
	}
}
