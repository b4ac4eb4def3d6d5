package remote_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/deliver/connectors/remote"
)

func listOf(t *testing.T, p *program) ([]connector.ReferenceRecord, error) {
	t.Helper()
	p.describe = description(`,"lists":["item"]`)
	lister := connect(t, p, func(c *remote.Config) { c.Lists = []string{"item"} }).(connector.ReferenceLister)
	require.Equal(t, []connector.ReferenceKind{connector.ReferenceItem}, lister.ReferenceKinds())
	var all []connector.ReferenceRecord
	err := lister.ListReference(t.Context(), connector.ReferenceItem, func(r connector.ReferenceRecord) error {
		all = append(all, r)
		return nil
	})
	return all, err
}

func TestAListIsReadPartByPart(t *testing.T) {
	p := &program{calls: []string{
		`{"list":{"records":[{"id":"1","name":"Labor"},{"code":"P-2","inactive":true}],"next":"two"}}`, `{"list":{"next":"three"}}`, `{"list":{"records":[{"name":"Fee"}]}}`,
	}}
	all, err := listOf(t, p)
	require.NoError(t, err)
	require.Equal(t, []connector.ReferenceRecord{
		{Kind: connector.ReferenceItem, ID: "1", Name: "Labor"}, {Kind: connector.ReferenceItem, Code: "P-2", Inactive: true}, {Kind: connector.ReferenceItem, Name: "Fee"},
	}, all)
	require.Equal(t, map[string]any{"kind": "item", "after": "three"}, p.body["list"])
	require.Len(t, p.asked, 4, "what the program is, and three parts")
}

// A list that is not whole for certain is an error.
func TestAListThatIsNotWholeIsAnError(t *testing.T) {
	for name, c := range map[string]struct {
		p    *program
		want string
	}{
		"nobody listens":  {&program{err: connector.ErrNoProgram}, "no program listens"},
		"in a circle":     {&program{call: `{"list":{"next":"again"}}`}, "does not end"},
		"twice":           {&program{call: `{"list":{"records":[{"id":"1"},{"id":"1"}]}}`}, `tells the item "1" twice`},
		"nameless":        {&program{call: `{"list":{"records":[{"inactive":true}]}}`}, "needs an id, a code or a name"},
		"another answer":  {&program{call: `{"found":{}}`}, `answered with "found"`},
		"it cannot now":   {&program{call: `{"wait":{"scope":"WAIT_SCOPE_CONNECTION","reason":"closed","message":"for the night"}}`}, "for the night"},
		"the second part": {&program{calls: []string{`{"list":{"next":"2"}}`, `oops`}}, "cannot be read"},
	} {
		_, err := listOf(t, c.p)
		require.ErrorContains(t, err, c.want, name)
		require.ErrorContains(t, err, "list the records of Books (program books)", name)
	}
	enough := errors.New("enough")
	lister := connect(t, &program{describe: description(""), call: `{"list":{"records":[{"id":"1"}]}}`}, nil).(connector.ReferenceLister)
	require.ErrorIs(t, lister.ListReference(t.Context(), connector.ReferenceItem, func(connector.ReferenceRecord) error { return enough }), enough)
	require.Empty(t, lister.ReferenceKinds(), "what is not declared is not there")
}

// A page is http or https; anything else is no reason to doubt the document.
func TestThePageOfADocumentIsOneThatPeopleMayOpen(t *testing.T) {
	for address, want := range map[string]bool{
		"https://books.example.com/d/7?x=1#top": true, "http://10.0.0.7:8080/": true,
		"javascript:alert(1)": false, "file:///etc/passwd": false, "//books.example.com": false, "https:///d": false,
		"https://user:pw@books.example.com/": false, "https://books.example.com/a b": false, "https://books.example.com/\u202e": false,
		"https://books.example.com/" + strings.Repeat("x", 2000): false,
	} {
		p := &program{call: fmt.Sprintf(`{"posted":{"document":{"id":"7","total":"20.00","url":%q}}}`, address)}
		posted, is := connect(t, p, nil).Create(t.Context(), sample()).(connector.Posted)
		require.True(t, is, address)
		if !want {
			address = ""
		}
		require.Equal(t, address, posted.Document.URL)
	}
}
