package servicetrade

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// book serves pages; pass counts how often page 1 was asked for.
func book(pages func(pass int) [][]int64, total func(pages int) string) http.HandlerFunc {
	pass := 0
	return func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("page"))
		if n == 1 {
			pass++
		}
		all := pages(pass)
		rows := []string{}
		if n <= len(all) {
			for _, id := range all[n-1] {
				rows = append(rows, fmt.Sprintf(`{"id":%d,"status":"pending_accounting","updated":"%d","invoiceNumber":%d}`, id, pass, id))
			}
		}
		answer(w, http.StatusOK, `{"messages":[],"data":{"invoices":[`+strings.Join(rows, ",")+`]`+total(len(all))+`}}`)
	}
}

func saysTotal(n int) string { return fmt.Sprintf(`,"totalPages":"%d","page":1`, n) }
func saysNothing(int) string { return "" }

func ids(rows []InvoiceRow) []int64 {
	found := []int64{}
	for _, row := range rows {
		found = append(found, row.ID)
	}
	return found
}

var pending = InvoiceQuery{Status: []string{StatusPendingAccounting, StatusFailed}}

func TestListOfOnePage(t *testing.T) {
	f := newFake(t, book(func(int) [][]int64 { return [][]int64{{bigID, 2}} }, saysTotal))
	c, _ := newTestClient(t, f)
	rows, err := c.Invoices(t.Context(), pending)
	require.NoError(t, err)
	require.Equal(t, InvoiceRow{ID: bigID, Status: StatusPendingAccounting, Updated: 1, InvoiceNumber: "2687264638045999"}, rows[0])
	calls := f.made(http.MethodGet, "/invoice")
	require.Len(t, calls, 1)
	require.Equal(t, "limit=2000&page=1&status=pending_accounting%2Cfailed&type=invoice", calls[0].Query)
}

func TestListDrift(t *testing.T) {
	// Row 5 slips from page 2 to page 1 after page 1 was read, and back in sight
	// only in the next pass.
	drift := func(pass int) [][]int64 {
		if pass == 1 {
			return [][]int64{{1, 2}, {3, 4}}
		}
		return [][]int64{{2, 5}, {4}}
	}
	for name, total := range map[string]func(int) string{"told": saysTotal, "untold": saysNothing} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, book(drift, total))
			c, _ := newTestClient(t, f)
			rows, err := c.Invoices(t.Context(), pending)
			require.NoError(t, err)
			require.Equal(t, []int64{1, 2, 3, 4, 5}, ids(rows))
			require.EqualValues(t, 3, rows[1].Updated, "the last sight of a row counts")
			require.EqualValues(t, 1, rows[0].Updated)
		})
	}
}

func TestListThatNeverRests(t *testing.T) {
	f := newFake(t, book(func(pass int) [][]int64 { return [][]int64{{int64(pass)}, {1000}} }, saysTotal))
	c, _ := newTestClient(t, f)
	rows, err := c.Invoices(t.Context(), pending)
	require.ErrorIs(t, err, ErrListMoving)
	require.Len(t, rows, maxPasses+1)
}

func TestListOfTooLargePagesIsReadInSmallerOnes(t *testing.T) {
	before := maxAnswer
	maxAnswer = 50_000
	t.Cleanup(func() { maxAnswer = before })
	all := make([]int64, 700)
	for i := range all {
		all[i] = int64(i + 1)
	}
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		if limit, _ := strconv.Atoi(r.URL.Query().Get("limit")); limit > 500 {
			answer(w, http.StatusOK, strings.Repeat(" ", 50_001))
			return
		}
		window(w, r, all, 0)
	})
	c, _ := newTestClient(t, f)
	rows, err := c.Invoices(t.Context(), pending)
	require.NoError(t, err)
	require.Equal(t, all, ids(rows))
	require.Len(t, f.made(http.MethodGet, "/invoice"), 1+2+2, "one too large, and two passes of two pages")
}

func TestListKeepsWhatItSawBeforeAFailure(t *testing.T) {
	good := book(func(int) [][]int64 { return [][]int64{{1, 2}, {3}} }, saysTotal)
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "2" {
			answer(w, http.StatusBadGateway, ``)
			return
		}
		good(w, r)
	})
	c, _ := newTestClient(t, f)
	rows, err := c.Invoices(t.Context(), pending)
	require.ErrorContains(t, err, "page 2")
	require.Equal(t, []int64{1, 2}, ids(rows))
}

func TestListOfAServerThatIgnoresPages(t *testing.T) {
	f := newFake(t, always(http.StatusOK, `{"data":[{"id":1},{"id":2}]}`))
	c, _ := newTestClient(t, f)
	rows, err := c.Invoices(t.Context(), pending)
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2}, ids(rows))
}

func TestListShapes(t *testing.T) {
	for name, tc := range map[string]struct {
		body string
		want []int64
		err  string
	}{
		"data is the list":      {`{"data":[{"id":"7"}]}`, []int64{7}, ""},
		"empty PHP list":        {`{"messages":[],"data":[]}`, []int64{}, ""},
		"empty under its name":  {`{"data":{"invoices":[],"totalPages":1}}`, []int64{}, ""},
		"null under its name":   {`{"data":{"invoices":null,"totalPages":0}}`, []int64{}, ""},
		"paging only":           {`{"data":{"totalPages":1,"page":1}}`, []int64{}, ""},
		"PHP list with gaps":    {`{"data":{"invoices":{"10":{"id":3},"2":{"id":1}},"totalPages":1}}`, []int64{1, 3}, ""},
		"other case":            {`{"data":{"Invoices":[{"id":1}],"totalPages":1}}`, []int64{1}, ""},
		"twice the same row":    {`{"data":{"invoices":[{"id":1},{"id":1}],"totalPages":1}}`, []int64{1}, ""},
		"a row without id":      {`{"data":{"invoices":[{"id":1},{"name":"x"},null,7],"totalPages":1}}`, []int64{1}, "row 1 of page 1"},
		"another list":          {`{"data":{"jobs":[{"id":1}],"totalPages":1}}`, []int64{}, `no invoices but "jobs"`},
		"the list is a string":  {`{"data":{"invoices":"none"}}`, []int64{}, "is no list"},
		"the list is an object": {`{"data":{"invoices":{"id":1}}}`, []int64{}, `the field "id"`},
		"no data":               {`{"messages":{}}`, []int64{}, "no data"},
		"no JSON":               {`<html>`, []int64{}, "no JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, always(http.StatusOK, tc.body))
			c, _ := newTestClient(t, f)
			rows, err := c.Invoices(t.Context(), pending)
			if tc.err == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, tc.err)
			}
			require.Equal(t, tc.want, ids(rows))
		})
	}
}

func TestListNeedsAStatus(t *testing.T) {
	c := New(Config{URL: "https://st.example"})
	for _, q := range []InvoiceQuery{{}, {Status: []string{""}}} {
		_, err := c.Invoices(t.Context(), q)
		require.ErrorContains(t, err, "a status is needed")
	}
}
