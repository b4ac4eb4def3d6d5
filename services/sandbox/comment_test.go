package sandbox_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
)

func TestCommentVisibility(t *testing.T) {
	s, c := ready(t, sandbox.Options{})
	id := s.API.Invoices()[0].ID
	for sent, want := range map[string][]any{
		`,"visibility":[]`:                 {},
		`,"visibility":["tech","billing"]`: {"tech", "billing"},
		``:                                 {"public"}, // the trap: customers may read it
		`,"visibility":null`:               {"public"},
	} {
		a := c.send("POST", "/api/comment", fmt.Sprintf(`{"entityId":%d,"entityType":13,"content":"c"%s}`, id, sent))
		require.Equal(t, 200, a.status, a.raw)
		require.Equal(t, want, a.data()["visibility"], sent)
		require.Equal(t, strconv.FormatInt(id, 10), number(a.data()["entity"].(map[string]any)["id"]))
		require.Equal(t, a.data(), c.get("/api/comment/"+number(a.data()["id"])).data())
	}
	private := 0
	for _, m := range s.API.Comments(id) {
		if m.Private() {
			private++
		}
	}
	require.Equal(t, 1, private)
}

func TestCommentRefusals(t *testing.T) {
	s, c := ready(t, sandbox.Options{InvoiceEntityType: 27})
	id := s.API.Invoices()[0].ID
	body := func(entityID int64, entityType int, rest string) string {
		return fmt.Sprintf(`{"entityId":%d,"entityType":%d%s}`, entityID, entityType, rest)
	}
	for sent, status := range map[string]int{
		body(id, 13, `,"content":"x"`):                                            400, // not this account's number
		body(id, 27, `,"content":"  "`):                                           400,
		body(id, 27, ``):                                                          400,
		body(id, 27, `,"content":"x","visibility":["customers"]`):                 400,
		body(id, 27, `,"content":"x","visibility":"public"`):                      400,
		body(id, 27, `,"content":"`+strings.Repeat("ä", 10001)+`"`):               400,
		body(4711, 27, `,"content":"x"`):                                          404,
		body(id, 27, `,"content":"x","visibility":[]`):                            200,
		body(s.API.Book().Jobs[0].ID, 3, `,"content":"on a job","visibility":[]`): 200,
	} {
		require.Equal(t, status, c.send("POST", "/api/comment", sent).status, sent[:min(len(sent), 90)])
	}
	require.Equal(t, 400, c.get("/api/comment?entityId=1").status)
	require.Len(t, s.API.Comments(id), 1)
}

func TestCommentPages(t *testing.T) {
	s, c := ready(t, sandbox.Options{})
	first, second := s.API.Invoices()[0].ID, s.API.Invoices()[1].ID
	for i := range 205 {
		_, err := s.API.Comment(first, strconv.Itoa(i), &[]string{})
		require.NoError(t, err)
	}
	_, err := s.API.Comment(second, "other", nil)
	require.NoError(t, err)
	seen := 0
	for page, want := range map[int]int{1: 100, 2: 100, 3: 5, 4: 0} {
		a := c.get(fmt.Sprintf("/api/comment?entityId=%d&entityType=13&page=%d", first, page))
		require.Equal(t, "3", number(a.data()["totalPages"]))
		require.Len(t, a.list("comments"), want)
		seen += want
	}
	require.Equal(t, 205, seen)
	require.Len(t, c.get(fmt.Sprintf("/api/comment?entityId=%d&entityType=13", second)).list("comments"), 1)
	require.Empty(t, c.get(fmt.Sprintf("/api/comment?entityId=%d&entityType=14", second)).list("comments"))
}
