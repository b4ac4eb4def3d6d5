package quickbooksonline

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/connector"
)

// shelf is an entity with many records, which are removed while they are read.
type shelf struct {
	rows []map[string]any
	// remove is called after each page.
	remove func(s *shelf)
	pages  int
}

var (
	fromTime = regexp.MustCompile(`MetaData.CreateTime >= '([^']+)'`)
	fromRow  = regexp.MustCompile(`startposition (\d+)`)
)

func (s *shelf) answer(h heard, w http.ResponseWriter) bool {
	if !strings.HasPrefix(h.query, "select * from Invoice") {
		return false
	}
	rows := s.rows
	if m := fromTime.FindStringSubmatch(h.query); m != nil {
		rows = slices.DeleteFunc(slices.Clone(rows), func(r map[string]any) bool {
			return r["MetaData"].(map[string]any)["CreateTime"].(string) < m[1]
		})
	}
	start, _ := strconv.Atoi(fromRow.FindStringSubmatch(h.query)[1])
	begin := min(start-1, len(rows))
	page := rows[begin:min(begin+pageSize, len(rows))]
	_ = json.NewEncoder(w).Encode(map[string]any{"QueryResponse": map[string]any{"Invoice": page}})
	if s.pages++; s.remove != nil {
		s.remove(s)
	}
	return true
}

func (s *shelf) add(n int, second func(i int) int) {
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		s.rows = append(s.rows, map[string]any{
			"Id": strconv.Itoa(i), "PrivateNote": stamp{marker: fmt.Sprintf("st-acme-%d", i), check: "12345678901"}.text(),
			"MetaData": map[string]any{"CreateTime": day.Add(time.Duration(second(i)) * time.Second).Format(time.RFC3339)},
		})
	}
}

// Every record is told once, however many were made in one second, and none is left out
// because another one was removed meanwhile.
func TestAWalkLeavesNothingOut(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := &shelf{}
		n, together := rapid.IntRange(0, 3500).Draw(rt, "records"), rapid.IntRange(1, 2500).Draw(rt, "in one second")
		s.add(n, func(i int) int { return i / together })
		removed := map[string]bool{}
		if together < pageSize && rapid.Bool().Draw(rt, "some are removed") {
			s.remove = func(s *shelf) {
				for range min(3, len(s.rows)) {
					removed[s.rows[0]["Id"].(string)] = true
					s.rows = s.rows[1:]
				}
			}
		}
		i := newIntuit(t)
		i.on = s.answer
		told := map[string]int{}
		_, err := walk(t.Context(), i.connect(nil, Options{}).client, "Invoice", nil, func(p *paper) error {
			told[p.ID]++
			return nil
		})
		require.NoError(rt, err)
		for k := range n {
			if id := strconv.Itoa(k); !removed[id] {
				require.Equal(rt, 1, told[id], "record %s of %d", id, n)
			}
		}
		for id, times := range told {
			require.Equal(rt, 1, times, id)
		}
	})
}

// Change data capture tells a thousand records at the most: where it told so many, the
// rest is asked for by query.
func TestMoreChangesThanCaptureTells(t *testing.T) {
	i := newIntuit(t)
	s := &shelf{}
	s.add(1200, func(i int) int { return i })
	answer := s.answer
	i.on = func(h heard, w http.ResponseWriter) bool {
		if h.resource != "cdc" {
			return answer(h, w)
		}
		page := s.rows[:changesMost]
		_ = json.NewEncoder(w).Encode(map[string]any{"CDCResponse": []any{map[string]any{"QueryResponse": []any{map[string]any{"Invoice": page}}}}})
		return true
	}
	q := i.connect(nil, Options{})
	require.NoError(t, q.books.anew(t.Context()))
	require.NoError(t, q.books.anew(t.Context()))
	require.Len(t, q.books.markers.where("st-acme-1199"), 1)

	var told int
	_, err := q.ChangedSince(t.Context(), cursorWord+time.Now().UTC().Format(time.RFC3339), func(connector.Listed) error { told++; return nil })
	require.NoError(t, err)
	require.Equal(t, 1200, told, "each once, not in part by capture and then again")
}

// What capture says was removed is not looked for any more.
func TestWhatWasRemovedIsForgotten(t *testing.T) {
	i := newIntuit(t)
	s := &shelf{}
	s.add(1, func(int) int { return 0 })
	gone := false
	i.on = func(h heard, w http.ResponseWriter) bool {
		if h.resource == "cdc" && gone {
			fmt.Fprint(w, `{"CDCResponse":[{"QueryResponse":[{"Invoice":[{"domain":"QBO","status":"Deleted","Id":"0"}]},{}]}]}`)
			return true
		}
		return s.answer(h, w)
	}
	q := i.connect(func(c *Config) { c.SettlingTime = keptPart }, Options{}) // nanoseconds
	require.NoError(t, q.books.current(t.Context()))
	require.Len(t, q.books.markers.where("st-acme-0"), 1)
	gone = true
	found, err := q.Find(t.Context(), connector.Query{Marker: "st-acme-0"})
	require.NoError(t, err)
	require.Empty(t, found)
	require.Empty(t, i.heardOf(http.MethodGet, "invoice/0"))
}

// A company that cannot be read is no company without documents.
func TestAReadThatFailsIsNoEmptyFind(t *testing.T) {
	i := newIntuit(t)
	i.on = func(h heard, w http.ResponseWriter) bool {
		if h.resource == "cdc" {
			fmt.Fprint(w, `{"CDCResponse":[{"QueryResponse":[{"Fault":{"Error":[{"code":"10000"}]}}]}]}`)
			return true
		}
		return false
	}
	q := i.connect(nil, Options{})
	_, err := q.Find(t.Context(), connector.Query{Marker: "st-acme-0"})
	require.Error(t, err)
	i.on = func(h heard, w http.ResponseWriter) bool { w.WriteHeader(429); return true }
	_, err = q.Find(t.Context(), connector.Query{Marker: "st-acme-0"})
	a, is := connector.AnswerOf(err)
	require.True(t, is, "%v", err)
	require.Equal(t, connector.ReasonThrottled, a.(connector.Wait).Reason)
}

// What is forgotten while the changes are being read, is read whole all the same.
func TestWhatIsForgottenDuringAReadingIsReadWhole(t *testing.T) {
	b := newBooks(&Online{})
	b.wanted[customerRecords] = true
	b.known(customerRecords, time.Now(), 0)
	require.NotContains(t, b.unread(), customerRecords)
	_, entities, turns := b.due()
	b.forget(customerRecords)
	for _, name := range entities {
		b.known(name, time.Now(), turns[name])
	}
	require.Contains(t, b.unread(), customerRecords)
}
