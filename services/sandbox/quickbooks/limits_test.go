package quickbooks_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

// served asks until something is refused, at most n times, and tells how often
// it was served.
func served(c *client, n int, ask func() answer) (int, answer) {
	c.t.Helper()
	var a answer
	for i := range n {
		if a = ask(); a.status != http.StatusOK {
			return i, a
		}
	}
	return n, a
}

func TestRequestsOfASecondAndOfAMinute(t *testing.T) {
	now := newClock()
	c := serve(t, quickbooks.Options{Now: now.Now, Limits: quickbooks.Limits{Concurrent: -1}, Companies: 2})
	read := func() answer { return c.get("item/1") }
	n, a := served(c, 20, read)
	require.Equal(t, 10, n)
	require.Equal(t, http.StatusTooManyRequests, a.status)
	require.Contains(t, a.header.Get("Content-Type"), "application/xml", "XML though JSON was asked for")
	require.Contains(t, a.raw, `<Fault type="SERVICE"><Error code="3001"><Message>message=ThrottleExceeded; errorCode=003001; statusCode=429</Message>`)
	require.Empty(t, a.header.Get("Retry-After"))
	require.NotEmpty(t, a.header.Get("intuit_tid"))
	total := n
	for range 49 {
		now.Add(time.Second)
		n, _ := served(c, 10, read)
		total += n
	}
	require.Equal(t, 500, total)
	now.Add(time.Second)
	n, _ = served(c, 10, read)
	require.Zero(t, n, "the minute is full")
	other := c.at(c.stand.API.Realms()[1])
	require.Equal(t, http.StatusOK, other.get("item/1").status, "another company is not")
	now.Add(10 * time.Second) // the first ten are a minute old
	n, _ = served(c, 20, read)
	require.Equal(t, 10, n)

	count := c.stand.API.Counts(c.realm)
	require.Equal(t, 510, count.Metered)
	require.Equal(t, 3, count.Throttled)
	require.Equal(t, 513, count.Total)
	require.Equal(t, map[string]int{"perSecond": 1, "perMinute": 2}, count.Reasons)
	require.Len(t, count.Minutes, 2)
	require.Equal(t, 500, count.Minutes[0].Served)
	require.Equal(t, 1, c.stand.API.Counts(other.realm).Total)
}

func TestRequestsAtTheSameTime(t *testing.T) {
	c := serve(t, quickbooks.Options{Limits: quickbooks.Limits{PerSecond: -1, Concurrent: 3}})
	holding, release := make(chan struct{}), make(chan struct{})
	c.stand.SetWorking(func(r *http.Request) {
		if strings.Contains(r.URL.Path, "term") {
			holding <- struct{}{}
			<-release
		}
	})
	done := make(chan error, 3)
	for range 3 {
		go func() {
			_, err := c.try(c.request("GET", c.path("term/1"), "", nil))
			done <- err
		}()
		<-holding
	}
	require.Equal(t, http.StatusTooManyRequests, c.get("item/1").status)
	close(release)
	for range 3 {
		require.NoError(t, <-done)
	}
	require.Equal(t, http.StatusOK, c.get("item/1").status)
	count := c.stand.API.Counts(c.realm)
	require.Equal(t, 3, count.MostConcurrent)
	require.Equal(t, map[string]int{"concurrent": 1}, count.Reasons)
}

func TestBatchesOfAMinute(t *testing.T) {
	now := newClock()
	c := serve(t, quickbooks.Options{Now: now.Now, Limits: quickbooks.Limits{PerSecond: -1}})
	n, a := served(c, 50, func() answer {
		return c.post("batch", object{"BatchItemRequest": []any{object{"bId": "1", "Query": "select count(*) from Item"}}})
	})
	require.Equal(t, 40, n)
	require.Equal(t, http.StatusTooManyRequests, a.status)
	require.Equal(t, http.StatusOK, c.get("item/1").status, "other requests are not over the limit")
	require.Equal(t, 41, c.stand.API.Counts(c.realm).Metered)
}

func TestMeteredReadsOfAMonth(t *testing.T) {
	now := newClock()
	limits := quickbooks.NoLimits()
	limits.MeteredPerMonth = 3
	c := serve(t, quickbooks.Options{Now: now.Now, Limits: limits, Companies: 2, AccessLifetime: 90 * 24 * time.Hour})
	other := c.at(c.stand.API.Realms()[1])
	c.rows("select * from Item")
	c.get("item/1")
	other.get("item/1")
	for range 5 {
		c.made("Invoice", sale("1"))
	}
	require.Equal(t, http.StatusTooManyRequests, other.get("item/1").status, "the allowance is of the app")
	c.made("Invoice", sale("1"))
	require.Equal(t, 2, c.stand.API.Counts(c.realm).Metered, "writes are not metered")
	now.Add(10 * 24 * time.Hour)
	require.Equal(t, http.StatusOK, c.get("item/1").status, "a new month")
}

func TestOtherWordsForTooMuch(t *testing.T) {
	one := quickbooks.NoLimits()
	one.PerSecond = 1
	now := newClock()
	c := serve(t, quickbooks.Options{Now: now.Now, Limits: one, ThrottleStatus: 403, ThrottleForm: "json", ThrottleRetryAfter: 60 * time.Second})
	require.Equal(t, http.StatusOK, c.get("item/1").status)
	a := c.get("item/1")
	requireFault(t, a, http.StatusForbidden, "3001")
	require.Equal(t, "60", a.header.Get("Retry-After"))
	c.stand.API.SetLimits(quickbooks.NoLimits())
	require.Equal(t, http.StatusOK, c.get("item/1").status)
	c.stand.API.ForgetCounts()
	require.Zero(t, c.stand.API.Counts(c.realm).Total)
}
