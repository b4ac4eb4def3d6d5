package servicetrade

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSetStatusIsOnePut(t *testing.T) {
	f := newFake(t, always(http.StatusOK, `{"data":{"id":2687264638045999,"status":"processed","invoiceNumber":"INV-10021"}}`))
	c, _ := newTestClient(t, f)
	inv, err := c.SetStatus(t.Context(), bigID, StatusChange{Status: StatusProcessed, InvoiceNumber: "INV-10021"})
	require.NoError(t, err)
	require.Equal(t, StatusProcessed, inv.GetStatus())
	_, err = c.SetStatus(t.Context(), bigID, StatusChange{Status: StatusFailed})
	require.NoError(t, err)

	puts := f.made(http.MethodPut, "/invoice/2687264638045999")
	require.Len(t, puts, 2)
	require.Equal(t, `{"status":"processed","invoiceNumber":"INV-10021"}`, puts[0].Body)
	require.Equal(t, `{"status":"failed"}`, puts[1].Body)

	_, err = c.SetStatus(t.Context(), bigID, StatusChange{InvoiceNumber: "7"})
	require.ErrorContains(t, err, "no status")
	_, err = c.SetStatus(t.Context(), 0, StatusChange{Status: StatusFailed})
	require.ErrorIs(t, err, errNoID)
}

func TestCommentIsPrivate(t *testing.T) {
	f := newFake(t, always(http.StatusOK, `{"data":{"id":5,"content":"a <b> \"c\"","visibility":[],"entity":{"id":2687264638045999}}}`))
	c, _ := newTestClient(t, f)
	made, err := c.AddPrivateComment(t.Context(), 14, bigID, `a <b> "c"`)
	require.NoError(t, err)
	require.Equal(t, Comment{ID: 5, Content: `a <b> "c"`, EntityID: bigID}, made)
	posts := f.made(http.MethodPost, commentPath)
	require.Len(t, posts, 1)
	require.Contains(t, posts[0].Body, `"visibility":[]`)
	require.Contains(t, posts[0].Body, `"pinned":false`)
	require.JSONEq(t, `{"entityId":2687264638045999,"entityType":14,"content":"a <b> \"c\"","visibility":[],"pinned":false}`, posts[0].Body)
}

func TestCommentAnswers(t *testing.T) {
	for body, uncertain := range map[string]bool{
		`{"data":{"id":5}}`:                     false,
		`{"data":{"id":5,"entityId":9}}`:        true,
		`{"data":{"content":"without an id"}}`:  true,
		`{"messages":{"success":["stored"]}}`:   true,
		`{"data":{"comment":{"id":"5"}}}`:       false,
		`{"data":{"id":5,"entity":"17"}}`:       false,
		`{"data":{"id":5,"entity":{"id":"17"}}`: true, // cut
	} {
		f := newFake(t, always(http.StatusOK, body))
		c, _ := newTestClient(t, f)
		made, err := c.AddPrivateComment(t.Context(), 14, 17, "text")
		require.Equal(t, uncertain, WriteUncertain(err), "%s: %v", body, err)
		require.Len(t, f.made(http.MethodPost, commentPath), 1)
		if !uncertain {
			require.NoError(t, err)
			require.EqualValues(t, 17, made.EntityID)
		}
	}
}

func TestCommentsOfThisEntityOnly(t *testing.T) {
	pages := map[string]string{
		"1": `{"data":{"comments":[
			{"id":1,"content":"mine","created":1700000000,"visibility":[],"entity":{"id":17}},
			{"id":2,"content":"another's","entity":{"id":18}}],"totalPages":2}}`,
		"2": `{"data":{"comments":[
			{"id":3,"content":"public","visibility":["public","tech"],"entity":17},
			{"id":4,"content":"names nothing"},
			{"id":5,"content":"one","visibility":"billing","entityId":"17"}],"totalPages":2}}`,
	}
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, pages[r.URL.Query().Get("page")])
	})
	c, _ := newTestClient(t, f)
	found, err := c.Comments(t.Context(), 14, 17)
	require.NoError(t, err)
	require.Equal(t, []Comment{
		{ID: 1, Content: "mine", EntityID: 17, Created: 1700000000},
		{ID: 3, Content: "public", Visibility: []string{"public", "tech"}, EntityID: 17},
		{ID: 4, Content: "names nothing", EntityID: 17},
		{ID: 5, Content: "one", Visibility: []string{"billing"}, EntityID: 17},
	}, found)
	calls := f.made(http.MethodGet, commentPath)
	require.Len(t, calls, 4, "two passes of two pages")
	require.Equal(t, "entityId=17&entityType=14&limit=100&page=1", calls[0].Query)
}

func TestEntityTypeIsNeeded(t *testing.T) {
	c := New(Config{URL: "https://st.example"})
	_, err := c.Comments(t.Context(), 0, 17)
	require.ErrorIs(t, err, errNoID)
	_, err = c.AddPrivateComment(t.Context(), 0, 17, "text")
	require.ErrorIs(t, err, errNoID)
}

func TestBaseAddress(t *testing.T) {
	for given, want := range map[string]string{
		"https://api.servicetrade.com":       "https://api.servicetrade.com/api",
		"https://api.servicetrade.com/":      "https://api.servicetrade.com/api",
		"https://app.servicetrade.com/api":   "https://app.servicetrade.com/api",
		"https://app.servicetrade.com/api//": "https://app.servicetrade.com/api",
		"http://127.0.0.1:8080/st/\n":        "http://127.0.0.1:8080/st/api",
		"https://h.example/api?x=1#y":        "https://h.example/api",
	} {
		u, err := parseBase(given)
		require.NoError(t, err, given)
		require.Equal(t, want, u.String())
	}
	for _, given := range []string{"", "api.servicetrade.com", "ftp://h.example", "https://", "https://me:s3cret@h.example", "http://[::1"} {
		c := New(Config{URL: given})
		_, err := c.Invoice(t.Context(), 1)
		require.ErrorContains(t, err, "ServiceTrade URL", given)
		require.NotContains(t, err.Error(), "s3cret")
	}
}
