package quickbooksonline

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// moved is the sample, of a location that QuickBooks does not have on it.
func moved() *tradepostv1.Document {
	d := sample()
	d.Department = byName("Durham Office")
	return d
}

// aparts is what a find names.
func aparts(t *testing.T, q *Online, id string) []string {
	t.Helper()
	found, err := q.Find(t.Context(), connector.Query{Kind: sample().GetKind(), Marker: sample().GetMarker(), ID: id})
	require.NoError(t, err)
	require.Len(t, found, 1)
	return found[0].Other.Apart(moved())
}

// The first find after a restart names as much as every later one, for one reading of the
// preferences.
func TestTheFirstFindNamesAsMuchAsTheNext(t *testing.T) {
	i := newIntuit(t)
	id := postedBy(t, i.connect(nil, Options{}).Create(t.Context(), posting(sample()))).Document.ID
	before, q := len(i.heardOf(http.MethodGet, "preferences")), i.connect(nil, Options{})
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			require.Equal(t, []string{`it has no location, not "Durham Office"`}, aparts(t, q, id))
		})
	}
	group.Wait()
	require.Len(t, i.heardOf(http.MethodGet, "preferences"), before+1)
	_, err := q.Find(t.Context(), connector.Query{Marker: "st-acme-0"})
	require.NoError(t, err)
	none := i.connect(nil, Options{})
	_, err = none.Find(t.Context(), connector.Query{Marker: "st-acme-0"})
	require.NoError(t, err)
	require.Len(t, i.heardOf(http.MethodGet, "preferences"), before+1, "what is not there is not compared")
}

// Preferences that cannot be read keep nobody from finding, and are not asked for again
// by each find; what others read of them counts.
func TestWhatThePreferencesDecideIsNotNamedWithoutThem(t *testing.T) {
	i := newIntuit(t)
	id := postedBy(t, i.connect(nil, Options{}).Create(t.Context(), posting(sample()))).Document.ID
	before, q := len(i.heardOf(http.MethodGet, "preferences")), i.connect(nil, Options{})
	i.on = func(h heard, w http.ResponseWriter) bool {
		if h.resource == "preferences" {
			w.WriteHeader(http.StatusInternalServerError)
			return true
		}
		return false
	}
	for range 3 {
		require.Empty(t, aparts(t, q, id))
	}
	require.Len(t, i.heardOf(http.MethodGet, "preferences"), before+1)
	i.mu.Lock()
	i.on = nil
	i.mu.Unlock()
	_, err := q.preferences(t.Context())
	require.NoError(t, err)
	require.Len(t, aparts(t, q, id), 1)
}

// A mapping may name a class without those above it, and one that was switched off since
// has another name: neither is an edit.
func TestAnEditThatNobodyMadeIsNotNamed(t *testing.T) {
	for name, tt := range map[string]struct {
		have *ref
		want string
		told []string
	}{
		"a short name":               {have: &ref{Value: "9", Name: "Field:Service"}, want: "service"},
		"the long name":              {have: &ref{Value: "9", Name: "Service"}, want: "Field:Service"},
		"switched off":               {have: &ref{Value: "7", Name: "Service"}, want: "Service"},
		"switched off, by long name": {have: &ref{Value: "7", Name: "Service"}, want: "Field:Service"},
		"switched off, as shown":     {have: &ref{Value: "6", Name: "Field (deleted):Service (deleted)"}, want: "Field:Service"},
		"without a name":             {have: &ref{Value: "9"}, want: "Service"},
		"another one":                {have: &ref{Value: "9", Name: "Field:Install"}, want: "Service", told: []string{`its class is "Field:Install", not "Service"`}},
		"one that ends alike":        {have: &ref{Value: "9", Name: "Field:Self Service"}, want: "Service", told: []string{`its class is "Field:Self Service", not "Service"`}},
		"of another one above":       {have: &ref{Value: "9", Name: "Office:Service"}, want: "Field:Service", told: []string{`its class is "Office:Service", not "Field:Service"`}},
	} {
		t.Run(name, func(t *testing.T) {
			q := newIntuit(t).connect(nil, Options{})
			q.books.records.note(classRecords, record{id: "7", name: "Service (deleted)", fullName: "Field:Service (deleted)"})
			d := sample()
			d.Class = byName(tt.want)
			s := q.seenUnder(preferences{classPerPaper: true}, &paper{ClassRef: tt.have})
			require.Equal(t, tt.told, s.Apart(d))
		})
	}
}
