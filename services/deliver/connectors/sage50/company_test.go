package sage50

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"

	"github.com/tradepost/tradepost/pkg/connector/connectortest"
)

// company stands for Sage 50 and the person who imports: it reads the files by the
// columns of its template, not by the connector's code.
type company struct {
	t       *testing.T
	dir     string
	columns []string

	mu   sync.Mutex
	docs []booked

	ahead atomic.Int64 // how far the clock of the tests went on, in nanoseconds
}

// now is the clock of the books, the folder and the connector.
func (c *company) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// pass lets time pass.
func (c *company) pass(d time.Duration) { c.ahead.Add(int64(d)) }

// booked is one document in the books.
type booked struct {
	marker, number, customer string
	memo                     bool
	rows                     []map[string]string
}

func (c *company) files() []string {
	all, err := filepath.Glob(filepath.Join(c.dir, "SALES-*.csv"))
	require.NoError(c.t, err)
	return all
}

// read takes a file apart as the import does: documents are told apart by customer and
// number, and have as many rows as they say.
func (c *company) read(file string) []booked {
	raw, err := os.ReadFile(file)
	require.NoError(c.t, err)
	require.True(c.t, bytes.HasSuffix(raw, []byte("\r\n")))
	text, err := charmap.Windows1252.NewDecoder().Bytes(raw)
	require.NoError(c.t, err)
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	require.NoError(c.t, err)
	var docs []booked
	left := "0"
	for _, record := range records {
		require.Len(c.t, record, len(c.columns))
		row := map[string]string{}
		for i, name := range c.columns {
			row[name] = record[i]
		}
		if left == "0" {
			docs = append(docs, booked{
				marker: strings.Fields(row["Internal Note"])[0], number: row["Invoice/CM #"], customer: row["Customer ID"], memo: row["Credit Memo"] == "TRUE",
			})
			left = row["Number of Distributions"]
		}
		last := &docs[len(docs)-1]
		require.Equal(c.t, last.number, row["Invoice/CM #"], "rows of one document stand together")
		last.rows = append(last.rows, row)
		n, err := decimal.NewFromString(left)
		require.NoError(c.t, err)
		left = n.Sub(decimal.NewFromInt(1)).String()
	}
	require.Equal(c.t, "0", left, "the last document is whole")
	return docs
}

// importFile brings a file into the books and puts it away.
func (c *company) importFile(file string) {
	c.docs = append(c.docs, c.read(file)...)
	require.NoError(c.t, os.Rename(file, filepath.Join(c.dir, "imported", filepath.Base(file))))
}

// Take implements outboxtest.Books.
func (c *company) Take(marker string, refuse bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, file := range c.files() {
		has := func(d booked) bool { return marker == "" || d.marker == marker }
		if !slices.ContainsFunc(c.read(file), has) {
			continue
		}
		if !refuse {
			c.importFile(file)
			continue
		}
		reason := filepath.Join(c.dir, "rejected", filepath.Base(file)+".txt")
		require.NoError(c.t, os.WriteFile(reason, []byte("Sage says that the period is closed\r\n"), 0o644))
		require.NoError(c.t, os.Rename(file, filepath.Join(c.dir, "rejected", filepath.Base(file))))
	}
}

// Count implements outboxtest.Books.
func (c *company) Count(marker string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, d := range c.docs {
		if d.marker == marker {
			n++
		}
	}
	return n
}

func (c *company) one(marker string) *booked {
	for i := range c.docs {
		if c.docs[i].marker == marker {
			return &c.docs[i]
		}
	}
	require.Fail(c.t, "no document of "+marker)
	return nil
}

// Kept reads lines and tax with the sign of the document.
func (c *company) Kept(marker string) connectortest.Kept {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.one(marker)
	var kept connectortest.Kept
	tax := decimal.Zero
	for _, row := range d.rows {
		amount, err := decimal.NewFromString(row["Amount"])
		require.NoError(c.t, err)
		if !d.memo {
			amount = amount.Neg()
		}
		if row["Invoice/CM Distribution"] == "0" {
			tax = tax.Add(amount)
			continue
		}
		kept.Lines = append(kept.Lines, connectortest.KeptLine{Description: row["Description"], Amount: amount.String()})
	}
	kept.Tax = tax.String()
	return kept
}

// export writes what the books hold as Sage's own export does, with headings.
func (c *company) export(name string) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	require.NoError(c.t, w.Write(c.columns))
	for _, d := range c.docs {
		for _, row := range d.rows {
			record := make([]string, len(c.columns))
			for i, column := range c.columns {
				record[i] = row[column]
			}
			require.NoError(c.t, w.Write(record))
		}
	}
	w.Flush()
	raw, err := charmap.Windows1252.NewEncoder().Bytes(b.Bytes())
	require.NoError(c.t, err)
	at := filepath.Join(c.dir, "exports", name)
	require.NoError(c.t, os.WriteFile(at, raw, 0o644))
	// It is later than any file, and was there for long enough to be whole.
	c.pass(time.Minute)
	require.NoError(c.t, os.Chtimes(at, c.now(), c.now()))
	c.pass(2 * time.Minute)
}

// tamper changes a document in the books, and exports them.
func (c *company) tamper(marker string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.one(marker).rows[0]["Amount"] = "-9999.99"
	c.export("SALES.CSV")
}

// Remove takes a document out of the books.
func (c *company) Remove(marker string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, d := range c.docs {
		if d.marker == marker {
			c.docs = append(c.docs[:i], c.docs[i+1:]...)
			return
		}
	}
}
