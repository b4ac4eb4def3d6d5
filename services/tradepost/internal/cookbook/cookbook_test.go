package cookbook_test

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/invoice"
	"github.com/tradepost/tradepost/pkg/mapping"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/snapshot"
	"github.com/tradepost/tradepost/pkg/stage"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/hledger"
	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/transform"
)

const connectionID = "acme-books"

// contractor is the sandbox of the page: `sandbox serve --tax`, with three invoices more.
func contractor(t *testing.T) (url string, ids map[string]int64) {
	book := sandbox.GenerateBook(sandbox.BookOptions{Seed: 1, Invoices: 40, TaxShown: true})
	like := book.Invoices[5] // of the first customer that comes, with its job and location
	byHand := func(number, name string, lines ...sandbox.Line) {
		inv := like
		inv.ID, inv.Number, inv.Name, inv.Lines = int64(990000+len(book.Invoices)), number, name, lines
		inv.Tax, inv.Total = nil, sandbox.Amount{}
		for _, l := range lines {
			inv.Total = sandbox.Amount{Decimal: inv.Total.Add(l.Quantity.Mul(l.Price.Decimal))}
		}
		book.Invoices = append(book.Invoices, inv)
	}
	line := func(id, item int64, text, quantity, price string) sandbox.Line {
		return sandbox.Line{ID: id, LibItemID: item, ServiceLineID: 9, Description: text, Quantity: sandbox.NewAmount(quantity), Price: sandbox.NewAmount(price)}
	}
	byHand("F-1", "Filters", line(1, 134, "Pleated filter 20x20x2", "4", "8.25"), line(2, 155, "Inbound freight, UPS", "1", "45"), line(3, 155, "Touch-up paint", "1", "20"))
	byHand("W-1", "Warranty call", line(1, 153, "Compressor replaced under warranty", "1", "0"))
	tax := *book.Invoices[0].Tax
	filter := line(1, 134, "Pleated filter 20x20x2", "1", "10.22")
	filter.Taxable = true
	byHand("T-1", "One filter", filter)
	billed := &book.Invoices[len(book.Invoices)-1]
	tax.Subtotal, tax.Tax, tax.Rate = billed.Total, sandbox.NewAmount("0.75"), sandbox.NewAmount("7.25")
	billed.Tax, billed.Total = &tax, sandbox.NewAmount("10.97")
	ids = map[string]int64{}
	for _, inv := range book.Invoices {
		ids[inv.Number] = inv.ID
	}
	s := sandbox.New(sandbox.Options{Book: book, Configured: true})
	t.Cleanup(s.Close)
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	return web.URL, ids
}

// kitchen is where one recipe is tried: its files in a folder, and empty books.
type kitchen struct {
	t      *testing.T
	dir    string
	config *connection.Config
	client *servicetrade.Client
	books  connector.Connector
	// kind is the word for what comes out, title the accounting system, shown what came
	// out of a posting.
	kind, title string
	shown       func(connector.Posted) string
}

func newKitchen(t *testing.T, url string, p page, r recipe, environ []string, lay func(k *kitchen)) *kitchen {
	t.Helper()
	k := &kitchen{t: t, dir: t.TempDir()}
	files := map[string]string{
		"tradepost.yaml": strings.ReplaceAll(p.config, "http://localhost:8380", url),
		"mapping.yaml":   over(p.mapping, r.mapping),
	}
	maps.Copy(files, p.tables)
	maps.Copy(files, r.tables)
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(k.dir, name), []byte(text), 0o600))
	}
	validates(t, files["mapping.yaml"])
	var err error
	k.config, err = connection.Load(filepath.Join(k.dir, "tradepost.yaml"), environ)
	require.NoError(t, err)
	log := slog.New(slog.DiscardHandler)
	k.client = stage.Alone(k.config, log)["acme"]
	t.Cleanup(func() { _ = k.client.Logout(context.Background()) })
	lay(k)
	_, err = k.books.Company(t.Context())
	require.NoError(t, err)
	return k
}

// inJournal makes the kitchen post to a journal of its own.
func inJournal(k *kitchen) {
	var err error
	k.books, err = hledger.Registration().New(k.t.Context(), stage.Settings(k.config, k.config.Connections[connectionID], slog.New(slog.DiscardHandler)))
	require.NoError(k.t, err)
	k.kind, k.title = "journal", "hledger"
	k.shown = func(p connector.Posted) string {
		raw, err := os.ReadFile(filepath.Join(k.dir, "books", "invoices", p.Document.ID+".journal"))
		require.NoError(k.t, err)
		return string(raw)
	}
}

// post runs an invoice through the code of transform and deliver's connector, and
// returns the journal of its documents, or the comment.
func (k *kitchen) post(id int64) (kind, text string) {
	inv, err := k.client.Invoice(k.t.Context(), id)
	require.NoError(k.t, err)
	snap, err := snapshot.NewTaker(k.client, 0, nil).Take(k.t.Context(), inv)
	require.NoError(k.t, err)
	result := transform.Make(transform.InputFor(k.config.Connections[connectionID], snap, nil))
	if len(result.Faults) > 0 {
		return k.comment(inv, result.Faults)
	}
	var all strings.Builder
	for _, doc := range result.Documents {
		hash, err := invoice.HashOf(doc)
		require.NoError(k.t, err)
		answer := k.books.Create(k.t.Context(), connector.Posting{Document: doc, DocumentHash: hash, Generation: 1, Key: hash[:40]})
		if refused, ok := answer.(connector.Rejected); ok {
			return k.comment(inv, refused.Faults)
		}
		posted, ok := answer.(connector.Posted)
		require.True(k.t, ok, "%v", answer)
		equal, diffs := connector.Equal(posted.Document, doc, hash)
		require.True(k.t, equal, "%v", diffs)
		all.WriteString(k.shown(posted))
	}
	return k.kind, all.String()
}

func (k *kitchen) comment(inv *tradepostv1.ServiceTradeInvoice, faults []*tradepostv1.Fault) (kind, text string) {
	return "comment", fault.Comment(fault.CommentInput{
		Faults: faults, InvoiceNumber: inv.GetInvoiceNumber(), SystemTitle: k.title, Reference: "acme/1",
	})
}

// requireShown posts what the page shows of a recipe, and compares. It returns what came
// out of each invoice: its kind, its text.
func (k *kitchen) requireShown(r recipe, ids map[string]int64) map[string][2]string {
	k.t.Helper()
	require.NotEmpty(k.t, r.shown)
	done := map[string][2]string{}
	for _, e := range r.shown {
		require.Contains(k.t, ids, e.invoice)
		require.NotEmpty(k.t, strings.Trim(e.text, ".\n"))
		if _, again := done[e.invoice]; !again {
			kind, text := k.post(ids[e.invoice])
			done[e.invoice] = [2]string{kind, text}
		}
		require.Equal(k.t, e.kind, done[e.invoice][0], "%s", done[e.invoice][1])
		require.True(k.t, e.shows(done[e.invoice][1]), "the page shows for invoice %s:\n%s\nand what comes out is:\n%s", e.invoice, e.text, done[e.invoice][1])
	}
	return done
}

func validates(t *testing.T, text string) {
	c := jsonschema.NewCompiler()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(mapping.Schema()))
	require.NoError(t, err)
	require.NoError(t, c.AddResource("mapping.json", doc))
	schema, err := c.Compile("mapping.json")
	require.NoError(t, err)
	raw, err := yaml.YAMLToJSON([]byte(text))
	require.NoError(t, err)
	file, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(t, err)
	require.NoError(t, schema.Validate(file), text)
}

// Each recipe gives what the page shows, and books that hledger itself takes.
func TestEveryRecipe(t *testing.T) {
	p := readPage(t, "cookbook.md")
	require.GreaterOrEqual(t, len(p.recipes), 10)
	url, ids := contractor(t)
	for _, r := range p.recipes {
		t.Run(r.title, func(t *testing.T) {
			k := newKitchen(t, url, p, r, nil, inJournal)
			k.requireShown(r, ids)
			if _, err := exec.LookPath("hledger"); err == nil {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				_, err := hledger.TieOut(ctx, filepath.Join(k.dir, "books"), "")
				require.NoError(t, err)
			}
		})
	}
}

// A page that says something else is found out.
func TestAPageThatIsWrongIsFoundOut(t *testing.T) {
	for text, right := range map[string]bool{
		"one\ntwo\n": true, "two\n...\nfour\n": true, "...\nfour\n": true, "one\nthree\n": false,
		"three\n...\none\n": false, "tw\n": false, "two\n...\ntwo\n": false, "one\n...\n": true,
	} {
		require.Equal(t, right, excerpt{text: text}.shows("one\ntwo\nthree\nfour\n"), text)
	}
}
