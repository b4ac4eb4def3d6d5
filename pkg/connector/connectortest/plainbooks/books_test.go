package plainbooks_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector/connectortest/plainbooks"
)

// books are plain books behind a server, with a clock that stands still.
type books struct {
	*plainbooks.Books
	t   *testing.T
	url string
	now time.Time
}

func open(t *testing.T, misbehave func(string, int) plainbooks.Trouble) *books {
	b := &books{t: t, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	b.Books = plainbooks.New(plainbooks.Options{
		ID: "c", Hidden: 2 * time.Second, ClosedThrough: "2021-12-31", Misbehave: misbehave, Now: func() time.Time { return b.now },
	})
	server := httptest.NewServer(b.Books)
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

// post returns the status of the answer; 0 when there was none.
func (b *books) post(d plainbooks.Document) int {
	b.t.Helper()
	body, err := json.Marshal(d)
	require.NoError(b.t, err)
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.url+"/documents", bytes.NewReader(body))
	require.NoError(b.t, err)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func (b *books) search() []plainbooks.Document {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+"/documents?marker=m", http.NoBody)
	require.NoError(b.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(b.t, err)
	defer resp.Body.Close()
	var f plainbooks.Found
	require.NoError(b.t, json.NewDecoder(resp.Body).Decode(&f))
	return f.Documents
}

func document() plainbooks.Document {
	return plainbooks.Document{
		Kind: "invoice", Marker: "m", Date: "2026-11-22", Total: "20.00", Hash: "h",
		Lines: []plainbooks.Line{{Description: "Labor", Amount: "20.00"}},
	}
}

func TestTheBooksGiveNoHelp(t *testing.T) {
	b := open(t, nil)
	require.Equal(t, http.StatusCreated, b.post(document()))
	require.Equal(t, http.StatusCreated, b.post(document()), "nothing refuses the same document")
	require.Equal(t, 2, b.Count("m"))
}

func TestADocumentIsHiddenForAWhile(t *testing.T) {
	b := open(t, nil)
	b.post(document())
	b.now = b.now.Add(2*time.Second - time.Millisecond)
	require.Empty(t, b.search())
	b.now = b.now.Add(time.Millisecond)
	require.Len(t, b.search(), 1)
}

func TestTroubleComesAfterTheCommit(t *testing.T) {
	for trouble, c := range map[plainbooks.Trouble]struct{ status, made int }{
		plainbooks.TroubleLost:   {0, 1},
		plainbooks.TroubleError:  {http.StatusInternalServerError, 1},
		plainbooks.TroubleSlow:   {http.StatusCreated, 1},
		plainbooks.TroubleBefore: {http.StatusServiceUnavailable, 0},
	} {
		t.Run(string(trouble), func(t *testing.T) {
			b := open(t, func(_ string, nth int) plainbooks.Trouble {
				if nth == 1 {
					return trouble
				}
				return ""
			})
			require.Equal(t, c.status, b.post(document()))
			require.Equal(t, c.made, b.Count("m"))
			require.Equal(t, http.StatusCreated, b.post(document()), "the second write has no trouble")
			require.Equal(t, c.made+1, len(b.Events()), "%v", b.Events())
		})
	}
}

func TestWhatTheBooksRefuse(t *testing.T) {
	b := open(t, nil)
	for name, spoil := range map[string]func(*plainbooks.Document){
		"closed":      func(d *plainbooks.Document) { d.Date = "2021-12-31" },
		"another sum": func(d *plainbooks.Document) { d.Total = "20.01" },
		"no number":   func(d *plainbooks.Document) { d.Total = "twenty" },
		"no marker":   func(d *plainbooks.Document) { d.Marker = "" },
	} {
		d := document()
		spoil(&d)
		require.Equal(t, http.StatusUnprocessableEntity, b.post(d), name)
	}
	require.Zero(t, b.Count("m"))
}

func TestACopyIsADocumentOfItsOwn(t *testing.T) {
	b := open(t, nil)
	b.post(document())
	b.Copy("m")
	require.Equal(t, 2, b.Count("m"))
	all := b.Documents()
	require.NotEqual(t, all[0].ID, all[1].ID)
	require.Equal(t, all[0].Lines, all[1].Lines)
	b.now = b.now.Add(2 * time.Second)
	require.Len(t, b.search(), 2)
}

func TestWhatABookkeeperDoes(t *testing.T) {
	b := open(t, nil)
	d := document()
	d.Date = "2021-12-31"
	require.Equal(t, http.StatusUnprocessableEntity, b.post(d))
	b.Admit("m")
	require.Equal(t, http.StatusCreated, b.post(d), "the period is open for it now")
	b.Delete("m")
	b.Delete("m")
	require.Zero(t, b.Count("m"))
	var what []string
	for _, e := range b.Events() {
		what = append(what, e.What)
	}
	require.Equal(t, []string{plainbooks.Refused, plainbooks.Created, plainbooks.Deleted}, what, "it is taken out once")
}

func TestCalmBooksBehave(t *testing.T) {
	b := open(t, func(string, int) plainbooks.Trouble { return plainbooks.TroubleError })
	b.Calm()
	require.Equal(t, http.StatusCreated, b.post(document()))
}
