package servicetrade

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// window answers with a page of rows that begins so many rows later as shift says,
// as if rows had left before it, and with the number of all pages.
func window(w http.ResponseWriter, r *http.Request, rows []int64, shift int) {
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	number, _ := strconv.Atoi(r.URL.Query().Get("page"))
	from := min(max((number-1)*limit+shift, 0), len(rows))
	shown := []string{}
	for _, id := range rows[from:min(from+limit, len(rows))] {
		shown = append(shown, fmt.Sprintf(`{"id":%d}`, id))
	}
	total := max(1, (len(rows)+limit-1)/limit)
	answer(w, http.StatusOK, fmt.Sprintf(`{"data":{"invoices":[%s],"totalPages":%d,"page":%d}}`, strings.Join(shown, ","), total, number))
}

// moving is a list that changes with every call.
type moving struct {
	chance *rand.Rand
	rows   []int64
	always map[int64]bool // what nobody took away
	calls  int
	// capped is the most rows of a page; ignored says that the size is always that.
	capped  int
	ignored bool
	untold  bool
	shifts  bool
	users   bool
}

func newMoving(t *rapid.T) *moving {
	m := &moving{
		chance: rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)), //nolint:gosec // it has to be repeatable
		always: map[int64]bool{}, capped: rapid.IntRange(2, 30).Draw(t, "page size"), ignored: rapid.Bool().Draw(t, "size ignored"),
		untold: rapid.Bool().Draw(t, "total untold"), users: rapid.Bool().Draw(t, "users"),
	}
	// Answers that begin at the wrong row can be noticed only by asking for others.
	m.shifts = !m.ignored && !m.untold && rapid.Bool().Draw(t, "shifts")
	for i := range rapid.IntRange(0, 120).Draw(t, "rows") {
		id := int64(10 * (i + 1))
		m.rows, m.always[id] = append(m.rows, id), true
	}
	return m
}

func (m *moving) serve(w http.ResponseWriter, r *http.Request) {
	m.calls++
	q := r.URL.Query()
	limit, _ := strconv.Atoi(q.Get("limit"))
	if limit > m.capped || m.ignored {
		limit = m.capped
	}
	q.Set("limit", strconv.Itoa(limit))
	r.URL.RawQuery = q.Encode()
	if m.users {
		m.change()
	}
	shift := 0
	if m.shifts && q.Get("page") != "1" {
		shift = m.chance.IntN(7) - 3
	}
	if !m.untold {
		window(w, r, m.rows, shift)
		return
	}
	window(quietTotal{w}, r, m.rows, shift)
}

// change takes rows away that never come back, and adds new ones anywhere.
func (m *moving) change() {
	for range max(0, m.chance.IntN(5)-2) {
		if len(m.rows) == 0 {
			break
		}
		at := m.chance.IntN(len(m.rows))
		delete(m.always, m.rows[at])
		m.rows = slices.Delete(slices.Clone(m.rows), at, at+1)
	}
	if m.chance.IntN(6) == 0 {
		id := int64(10*m.chance.IntN(121) + 1 + m.chance.IntN(9))
		if at, found := slices.BinarySearch(m.rows, id); !found {
			m.rows = slices.Insert(slices.Clone(m.rows), at, id)
		}
	}
}

// quietTotal leaves the number of pages out.
type quietTotal struct{ http.ResponseWriter }

func (q quietTotal) Write(b []byte) (int, error) {
	body := string(b)
	if at := strings.Index(body, `,"totalPages"`); at >= 0 {
		body = body[:at] + "}}"
	}
	_, err := q.ResponseWriter.Write([]byte(body))
	return len(b), err
}

// Whatever moves while a list is read: without an error no row is missing that was
// there all the while, and the calls are bounded.
func TestListWithoutAnErrorIsWhole(t *testing.T) {
	var now *moving
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) { now.serve(w, r) })
	c, _ := newTestClient(t, f)
	complete, all := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		now = newMoving(t)
		began := len(now.rows)
		rows, err := c.Invoices(context.Background(), pending)
		all++
		pages := (began+now.calls)/max(1, now.capped*6/10) + 2
		require.LessOrEqual(t, now.calls, maxPasses*pages)
		if err != nil {
			require.True(t, errors.Is(err, ErrListMoving), "%v", err)
			// Sizes below 8 are too few to differ.
			require.True(t, now.users || now.shifts || now.capped < 8, "a list that rests is read")
			return
		}
		complete++
		shown := map[int64]bool{}
		for _, row := range rows {
			shown[row.ID] = true
		}
		for id := range now.always {
			require.True(t, shown[id], "row %d is missing, and nobody was told", id)
		}
	})
	t.Logf("%d of %d lists were read whole", complete, all)
	require.Greater(t, complete, all/2, "moving lists are mostly read whole")
}

func TestListThatRestsTakesTwoPasses(t *testing.T) {
	for _, rows := range []int{0, 1, 1999, 2000} {
		require.Equal(t, 1, callsFor(t, rows), "%d rows", rows)
	}
	require.Equal(t, 2+2, callsFor(t, 2001))
	require.Equal(t, 2+2, callsFor(t, 3000))
	require.Equal(t, 2+3, callsFor(t, 4000))
	require.Equal(t, 3+4, callsFor(t, 6000))
}

func callsFor(t *testing.T, n int) int {
	t.Helper()
	all := make([]int64, n)
	for i := range all {
		all[i] = int64(i + 1)
	}
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) { window(w, r, all, 0) })
	c, _ := newTestClient(t, f)
	rows, err := c.Invoices(t.Context(), pending)
	require.NoError(t, err)
	require.Len(t, rows, n)
	return len(f.made(http.MethodGet, "/invoice"))
}

// A list whose order changes proves nothing: the row that moved up may have hidden
// another one from every page.
func TestListInAnotherOrderIsNotBelieved(t *testing.T) {
	call := 0
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		call++
		rows := []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
		if call%2 == 0 {
			slices.Reverse(rows)
		}
		q := r.URL.Query()
		limit, _ := strconv.Atoi(q.Get("limit"))
		q.Set("limit", strconv.Itoa(min(limit, 8)))
		r.URL.RawQuery = q.Encode()
		window(w, r, rows, 0)
	})
	c, _ := newTestClient(t, f)
	_, err := c.Invoices(t.Context(), pending)
	require.ErrorIs(t, err, ErrListMoving)
}

// One row moves (the list is by time of change, or its customer's name was edited):
// row 2500, which is on page 2, moves to the front between the answers for page 1 and 2.
// Page 2 then begins with the last row of page 1: the pages link, and row 2500, which was
// pending all the while, is in neither. A second pass shows it.
func TestOneRowThatMovesIsNotMissed(t *testing.T) {
	call := 0
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		call++
		rows := make([]int64, 0, 4000)
		moved := int64(2500)
		if call > 1 {
			rows = append(rows, moved)
		}
		for id := int64(1); id <= 3000; id++ {
			if id != moved || call == 1 {
				rows = append(rows, id)
			}
		}
		window(w, r, rows, 0)
	})
	c, _ := newTestClient(t, f)
	rows, err := c.Invoices(t.Context(), pending)
	shown := map[int64]bool{}
	for _, row := range rows {
		shown[row.ID] = true
	}
	require.NoError(t, err)
	require.True(t, shown[2500], "the row that moved")
	require.Len(t, shown, 3000)
	require.LessOrEqual(t, call, 4, "two passes")
}
