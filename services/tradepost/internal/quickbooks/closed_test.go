package quickbooks

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/deliver/connectors/quickbooksonline"
	stand "github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

// close closes the books through a day, "" opens them.
func (c *company) close(through string) {
	c.stand.API.Configure(c.realm, func(s *stand.Settings) { s.ClosedThrough = through })
}

// A bookkeeper opens the books, and the invoice is sent again a moment later: what was
// read before is not held against it.
func TestBooksThatWereOpenedAreOpenAtOnce(t *testing.T) {
	c := newCompany(t, nil)
	c.close("2026-12-31")
	q := c.connect()
	f := c.rejected(q, sample(1)).Faults[0]
	require.Equal(t, "document.date_closed", f.GetCode())
	require.Equal(t, "Closing date: 2026-12-31", f.GetVendorText())
	c.close("")
	c.posted(q, sample(1))
}

// Books that were closed after Tradepost read that they are open, and are opened again
// before it asks why it was refused: nobody is told that they are closed, and it goes on.
func TestBooksThatWereClosedForAMomentStopNothing(t *testing.T) {
	for name, write := range map[string]func(c *company, q *quickbooksonline.Online, found connector.Found) connector.Answer{
		"create": func(c *company, q *quickbooksonline.Online, _ connector.Found) connector.Answer {
			return c.create(q, sample(2))
		},
		"update": func(c *company, q *quickbooksonline.Online, found connector.Found) connector.Answer {
			return q.Update(c.t.Context(), c.posting(dearer(sample(1)), "h"), found)
		},
		"void": func(c *company, q *quickbooksonline.Online, found connector.Found) connector.Answer {
			return q.Void(c.t.Context(), found)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCompany(t, nil)
			q := c.connect()
			found := c.posted(q, sample(1)).Document
			c.close("2026-12-31")
			c.stand.SetWorking(func(r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/preferences") {
					c.close("")
				}
			})
			answer := write(c, q, found)
			require.IsType(t, connector.Posted{}, answer, "%+v", answer)
		})
	}
}

// Books that QuickBooks calls closed, and whose closing date it does not tell, are closed.
func TestBooksWhoseClosingDateIsNotToldAreClosedAllTheSame(t *testing.T) {
	c := newCompany(t, nil)
	q := c.connect()
	found := c.posted(q, sample(1)).Document
	c.close("2026-12-31")
	c.stand.API.Configure(c.realm, func(s *stand.Settings) { s.ClosedUntold = true })
	f := c.rejected(q, sample(2)).Faults[0]
	require.Equal(t, "document.date_closed", f.GetCode())
	require.Contains(t, f.GetVendorText(), "code 6200")
	answer := q.Update(t.Context(), c.posting(dearer(sample(1)), "h"), found)
	require.IsType(t, connector.Rejected{}, answer, "%+v", answer)
	f = answer.(connector.Rejected).Faults[0]
	require.Equal(t, "document.in_closed_books", f.GetCode())
	require.Contains(t, f.GetVendorText(), "code 6200")
	require.NotEmpty(t, f.GetVendorTraceId())
}
