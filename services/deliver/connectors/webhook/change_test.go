package webhook_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/webhook"
)

var golden = flag.Bool("update", false, "write the golden files anew")

// recorded is an endpoint that answers as it is told, and keeps what it was asked.
type recorded struct {
	requests []*http.Request
	bodies   [][]byte
	answer   string
	// company is the answer to a GET; "": that is answer, too.
	company string
}

func (r *recorded) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.requests, r.bodies = append(r.requests, req), append(r.bodies, body)
	if req.Method == http.MethodGet && r.company != "" {
		_, _ = io.WriteString(w, r.company)
		return
	}
	_, _ = io.WriteString(w, r.answer)
}

func record(t *testing.T, answer string) (*recorded, connector.Connector) {
	t.Helper()
	r := &recorded{answer: answer}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return r, connect(t, server.URL+"/tradepost?tenant=4", nil)
}

var deadlines = regexp.MustCompile(`"deadline": "[^"]*"`)

// text is the last request as it went over the wire, without what is another one each time.
func (r *recorded) text(t *testing.T) string {
	t.Helper()
	req, body := r.requests[len(r.requests)-1], r.bodies[len(r.bodies)-1]
	h := req.Header
	require.NoError(t, webhook.Verify([]webhook.Key{key(t, secret)}, h.Get(webhook.HeaderID), h.Get(webhook.HeaderTimestamp), h.Get(webhook.HeaderSignature), body, time.Now()))
	var content any
	require.NoError(t, json.Unmarshal(body, &content))
	pretty, err := json.MarshalIndent(content, "", "  ")
	require.NoError(t, err)
	text := fmt.Sprintf("%s %s\n", req.Method, req.URL.RequestURI())
	for _, name := range []string{"Content-Type", webhook.HeaderKey, webhook.HeaderID} {
		if h.Get(name) != "" {
			text += fmt.Sprintf("%s: %s\n", name, h.Get(name))
		}
	}
	return text + "\n" + deadlines.ReplaceAllString(string(pretty), `"deadline": "..."`) + "\n"
}

// What goes over the wire, so that an endpoint which was written for it goes on working.
func TestGoldenRequests(t *testing.T) {
	const posted = `{"posted":{"document":{"id":"7","total":"20.00","void":true}}}`
	found := connector.Found{Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, ID: "7", Number: "1", Version: "3-abc", Total: "20.00", DocumentHash: "older", IssueDate: "2026-11-22", CustomerName: "ACME"}
	for name, c := range map[string]struct {
		answer string
		do     func(made connector.Connector)
	}{
		"create": {posted, func(m connector.Connector) { m.Create(t.Context(), posting()) }},
		"update": {posted, func(m connector.Connector) { m.(connector.Updater).Update(t.Context(), posting(), found) }},
		"void":   {posted, func(m connector.Connector) { m.(connector.Voider).Void(t.Context(), found) }},
		"preview": {`{"faults":{}}`, func(m connector.Connector) {
			_, _ = m.(connector.PreviewChecker).CheckDocument(t.Context(), posting().Document)
		}},
		"list": {`{"list":{}}`, func(m connector.Connector) {
			_ = m.(connector.ReferenceLister).ListReference(t.Context(), connector.ReferenceCustomer, func(connector.ReferenceRecord) error { return nil })
		}},
	} {
		r, made := record(t, c.answer)
		r.company = `{"company":{"id":"1","can":["preview","update","void"],"lists":["customer","item"]}}`
		c.do(made)
		file := filepath.Join("testdata", name+".http")
		if *golden {
			require.NoError(t, os.WriteFile(file, []byte(r.text(t)), 0o644))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(want), r.text(t), name)
	}
}

// A document that comes to the same content again is changed again: the key is that of the
// change of one version, and not of the content.
func TestTheKeyOfAChangeIsOfTheVersionToo(t *testing.T) {
	r, made := record(t, `{"posted":{"document":{"id":"7","total":"20.00","void":true}}}`)
	seen := map[string]bool{posting().Key: true}
	for _, f := range []connector.Found{{ID: "7", Version: "1"}, {ID: "7", Version: "2"}, {ID: "8", Version: "1"}} {
		for range 2 { // the same attempt twice has the same key
			made.(connector.Updater).Update(t.Context(), posting(), f)
		}
		made.(connector.Voider).Void(t.Context(), f)
		made.(connector.Voider).Void(t.Context(), f)
	}
	for i := 0; i < len(r.requests); i += 2 {
		first, second := r.requests[i].Header.Get(webhook.HeaderKey), r.requests[i+1].Header.Get(webhook.HeaderKey)
		require.Equal(t, first, second)
		require.False(t, seen[first], "the key of another change")
		seen[first] = true
	}
	require.Len(t, r.requests, 12)
	for _, answer := range []connector.Answer{
		made.(connector.Updater).Update(t.Context(), posting(), connector.Found{ID: "7"}), made.(connector.Voider).Void(t.Context(), connector.Found{ID: "7"}),
	} {
		require.Equal(t, connector.ReasonProgramDiffers, answer.(connector.Wait).Reason, "without a version nobody could tell two changes apart")
	}
	require.IsType(t, connector.Posted{}, made.(connector.Voider).Void(t.Context(), connector.Found{ID: "7", Void: true}))
	require.Len(t, r.requests, 12, "nobody was asked")
}

// Two workers change the same version at the same moment: one of them does.
func TestTheReceiverMakesOneOfTwoChanges(t *testing.T) {
	_, url := newEndpoint(t)
	made := connect(t, url, nil)
	require.IsType(t, connector.Posted{}, made.Create(t.Context(), posting()))
	found, err := made.Find(t.Context(), connector.Query{Marker: "st-kit-1"})
	require.NoError(t, err)
	var wg sync.WaitGroup
	answers := make([]connector.Answer, 8)
	for i := range answers {
		wg.Go(func() {
			p := posting()
			p.DocumentHash, p.Key = fmt.Sprint("h", i), fmt.Sprint("key-", i)
			answers[i] = made.(connector.Updater).Update(t.Context(), p, found[0])
		})
	}
	wg.Wait()
	done := 0
	for _, a := range answers {
		switch a := a.(type) {
		case connector.Posted:
			done++
		case connector.Wait:
			require.Equal(t, connector.ReasonChanged, a.Reason)
		default:
			require.Failf(t, "another answer", "%#v", a)
		}
	}
	require.Equal(t, 1, done)
}

// What is void keeps its file; the next generation has one of its own, once.
func TestTheReceiverMakesAVoidDocumentAnew(t *testing.T) {
	e, url := newEndpoint(t)
	made := connect(t, url, nil)
	first := made.Create(t.Context(), posting()).(connector.Posted).Document
	require.True(t, made.(connector.Voider).Void(t.Context(), first).(connector.Posted).Document.Void)
	again := posting()
	again.Generation, again.Key = 2, "k-2"
	second := made.Create(t.Context(), again).(connector.Posted).Document
	require.NotEqual(t, first.ID, second.ID)
	require.False(t, second.Void)
	require.True(t, made.Create(t.Context(), again).(connector.Posted).Adopted)
	require.Equal(t, 2, count(t, e.Dir, "st-kit-1"))
	found, err := made.Find(t.Context(), connector.Query{Marker: "st-kit-1"})
	require.NoError(t, err)
	require.Len(t, found, 2)
}

// An endpoint that does less than its connection declares stops it.
func TestAnEndpointThatIsNotWhatWasDeclaredStopsItsConnection(t *testing.T) {
	_, made := record(t, `{"company":{"id":"1","can":["preview","update"],"lists":["customer"]}}`)
	_, err := made.Company(t.Context())
	answer, _ := connector.AnswerOf(err)
	require.Equal(t, connector.ReasonProgramDiffers, answer.(connector.Wait).Reason)
	faults := made.Check(t.Context())
	require.Len(t, faults, 1)
	require.Equal(t, "program.differs", faults[0].GetCode())
	require.Contains(t, faults[0].GetMessage(), `declares "void", and the endpoint does not announce it; the connection declares a list of kind "item"`)
	require.Contains(t, faults[0].GetFix(), "kit-books")
}

// What cannot be read is waited for under a name of its own, and asked again.
func TestRubbishIsAWaitWithACode(t *testing.T) {
	for _, rubbish := range []string{"oops", `{"rejected":{"faults":[]}}`, `{"posted":{"document":{"id":"1","total":"1"}}}`} {
		_, made := record(t, rubbish)
		for scope, err := range map[tradepostv1.WaitScope]error{
			tradepostv1.WaitScope_WAIT_SCOPE_INVOICE:    second(made.Find(t.Context(), connector.Query{Marker: "st-kit-1"})),
			tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION: second(made.Company(t.Context())),
		} {
			answer, _ := connector.AnswerOf(err)
			require.Equal(t, "unreadable_answer", answer.(connector.Wait).Reason)
			require.Equal(t, scope, answer.(connector.Wait).Scope)
		}
		require.Equal(t, "accounting.answer_unreadable", made.Check(t.Context())[0].GetCode())
	}
	_, made := record(t, `{"found":{"documents":[{"id":"9","total":"1.00","marker":"st-kit-9"}]}}`)
	_, err := made.Find(t.Context(), connector.Query{Marker: "st-kit-1"})
	require.ErrorContains(t, err, "another document")
	found, err := made.Find(t.Context(), connector.Query{Marker: "st-kit-1", ID: "9"})
	require.NoError(t, err, "it was asked for by its id")
	require.Len(t, found, 1)
}

func second[T any](_ T, err error) error { return err }

// The receiver lists what lists.json has, part by part.
func TestTheReceiverLists(t *testing.T) {
	e, url := newEndpoint(t)
	var all bytes.Buffer
	for i := range 1200 {
		fmt.Fprintf(&all, `,{"code":"C%d","name":"Customer %d"}`, i, i)
	}
	write(t, filepath.Join(e.Dir, "lists.json"), `{"customer":[`+all.String()[1:]+`]}`)
	n := 0
	lister := connect(t, url, nil).(connector.ReferenceLister)
	require.NoError(t, lister.ListReference(t.Context(), connector.ReferenceCustomer, func(r connector.ReferenceRecord) error {
		require.Equal(t, fmt.Sprint("C", n), r.Code)
		n++
		return nil
	}))
	require.Equal(t, 1200, n)
}
