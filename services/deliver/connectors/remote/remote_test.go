package remote_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/remote"
	"github.com/tradepost/tradepost/services/deliver/connectors/remote/remotetest"
)

// program answers as it is told, past NATS.
type program struct {
	// describe and call are the bodies of the answers.
	describe, call string
	// calls are the bodies of the next answers, one after the other.
	calls []string
	// twice has the question what it is answered by two programs.
	twice bool
	err   error
	asked []string
	body  map[string]any
}

func (p *program) Ask(_ context.Context, subject string, body []byte) ([]byte, error) {
	p.asked, p.body = append(p.asked, subject), nil
	if err := json.Unmarshal(body, &p.body); err != nil {
		return nil, err
	}
	if len(p.calls) > 0 {
		p.call, p.calls = p.calls[0], p.calls[1:]
	}
	return []byte(p.call), p.err
}

func (p *program) AskAll(_ context.Context, subject string, _ []byte, _ time.Duration) ([][]byte, error) {
	all := [][]byte{[]byte(p.describe)}
	if p.twice {
		all = append(all, all[0])
	}
	p.asked = append(p.asked, subject)
	return all, nil
}

func description(more string) string {
	return fmt.Sprintf(`{"protocol":1,"now":%q%s}`, time.Now().UTC().Format(time.RFC3339Nano), more)
}

func connect(t *testing.T, p connector.Programs, change func(*remote.Config)) connector.Connector {
	t.Helper()
	c := remote.Config{Program: "books", Title: "Books", CallTimeout: 2 * time.Second}
	if change != nil {
		change(&c)
	}
	made, err := remote.New(c, connector.Settings{Connection: "acme-books", Account: "acme", Programs: p})
	require.NoError(t, err)
	return made
}

func sample() connector.Posting {
	return connector.Posting{Document: remotetest.Sample(1), DocumentHash: "h", Key: "k", Generation: 1}
}

func TestACallCarriesConnectionDeadlineAndKey(t *testing.T) {
	p := &program{call: `{"posted":{"document":{"id":"7","total":"20.00","version":"3","kind":"DOCUMENT_KIND_INVOICE","number":"1"},"adopted":true,"fromTomorrow":1}}`}
	before := time.Now()
	answer := connect(t, p, nil).Create(t.Context(), sample())
	require.Equal(t, connector.Posted{Adopted: true, Document: connector.Found{
		Kind: tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE, ID: "7", Number: "1", Version: "3", Total: "20.00",
	}}, answer)
	require.Equal(t, []string{"connector.call.books.acme-books"}, p.asked)
	require.Equal(t, "acme-books", p.body["connection"])
	deadline, err := time.Parse(time.RFC3339Nano, p.body["deadline"].(string))
	require.NoError(t, err)
	require.WithinRange(t, deadline, before, time.Now().Add(2*time.Second))
	create := p.body["create"].(map[string]any)
	require.Equal(t, "k", create["key"])
	require.Equal(t, "h", create["documentHash"])
	require.Equal(t, "st-kit-1", create["document"].(map[string]any)["marker"])
}

// Once a write is out, only an answer that can be read ends the doubt.
func TestWhatAWriteBecomes(t *testing.T) {
	const invoice, conn = tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION
	for name, c := range map[string]struct {
		body   string
		err    error
		answer string
		scope  tradepostv1.WaitScope
	}{
		"nobody listens":        {err: fmt.Errorf("%w", connector.ErrNoProgram), answer: "wait unreachable", scope: conn},
		"NATS is away":          {err: fmt.Errorf("%w: down", connector.ErrNotAsked), answer: "wait unreachable", scope: conn},
		"no answer":             {err: context.DeadlineExceeded, answer: "uncertain no_answer"},
		"the connection breaks": {err: errors.New("connection closed"), answer: "uncertain no_answer"},
		"no JSON":               {body: "oops", answer: "uncertain unreadable_answer"},
		"nothing":               {body: "{}", answer: "uncertain unreadable_answer"},
		"posted, and no total":  {body: `{"posted":{"document":{"id":"7"}}}`, answer: "uncertain unreadable_answer"},
		"another answer":        {body: `{"found":{}}`, answer: "uncertain unreadable_answer"},
		"another marker":        {body: `{"posted":{"document":{"id":"7","total":"20.00","marker":"st-kit-2"}}}`, answer: "uncertain other_document"},
		"another kind":          {body: `{"posted":{"document":{"id":"7","total":"20.00","kind":"DOCUMENT_KIND_CREDIT_MEMO"}}}`, answer: "uncertain other_document"},
		"another content":       {body: `{"posted":{"document":{"id":"7","total":"20.00","documentHash":"other"}}}`, answer: "uncertain other_document"},
		"refused, another one": {body: `{"rejected":{"faults":[{"code":"a.b","message":"m","fix":"f","owner":"FAULT_OWNER_ADMIN"}],
			"document":{"id":"7","total":"20.00","marker":"st-kit-2"}}}`, answer: "uncertain other_document"},
		"in doubt itself": {body: `{"uncertain":{"reason":"program_error"}}`, answer: "uncertain program_error"},
		"it waits":        {body: `{"wait":{"scope":"WAIT_SCOPE_INVOICE","reason":"changed"}}`, answer: "wait changed", scope: invoice},
	} {
		t.Run(name, func(t *testing.T) {
			switch got := connect(t, &program{call: c.body, err: c.err}, nil).Create(t.Context(), sample()).(type) {
			case connector.Wait:
				require.Equal(t, c.answer, "wait "+got.Reason)
				require.Equal(t, c.scope, got.Scope)
			case connector.Uncertain:
				require.Equal(t, c.answer, "uncertain "+got.Reason)
			default:
				require.Failf(t, "another answer", "%#v", got)
			}
		})
	}
}

func TestNoFindIsEmptyThatWasNotAnswered(t *testing.T) {
	for name, p := range map[string]*program{
		"nobody listens":    {err: fmt.Errorf("%w", connector.ErrNoProgram)},
		"no answer":         {err: context.DeadlineExceeded},
		"no JSON":           {call: "oops"},
		"another answer":    {call: `{"company":{"id":"1"}}`},
		"another invoice's": {call: `{"found":{"documents":[{"id":"7","total":"20.00","marker":"st-kit-2"}]}}`},
		"it waits":          {call: `{"wait":{"scope":"WAIT_SCOPE_CONNECTION","reason":"closed","for":"60s"}}`},
		"cannot find":       {call: `{"uncertain":{"reason":"cannot_find"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := connect(t, p, nil).Find(t.Context(), connector.Query{Marker: "st-kit-1"})
			require.Error(t, err)
			answer, _ := connector.AnswerOf(err)
			switch name {
			case "no JSON", "another answer", "another invoice's":
				require.Equal(t, "unreadable_answer", answer.(connector.Wait).Reason)
				require.Equal(t, tradepostv1.WaitScope_WAIT_SCOPE_INVOICE, answer.(connector.Wait).Scope)
			case "it waits":
				require.Equal(t, connector.Wait{Scope: tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, Reason: "closed", For: time.Minute}, answer)
			case "cannot find":
				require.Equal(t, connector.Uncertain{Reason: connector.ReasonCannotFind}, answer)
			}
		})
	}
	found, err := connect(t, &program{call: `{"found":{}}`}, nil).Find(t.Context(), connector.Query{Marker: "st-kit-1"})
	require.NoError(t, err)
	require.Empty(t, found)
}

func TestOnlyWhatIsDeclaredIsThere(t *testing.T) {
	for mask := range 8 {
		var can []string
		for i, word := range []string{remote.CanUpdate, remote.CanVoid, remote.CanPreview} {
			if mask&(1<<i) != 0 {
				can = append(can, word)
			}
		}
		made := connect(t, &program{}, func(c *remote.Config) { c.Can = can })
		_, update := made.(connector.Updater)
		_, void := made.(connector.Voider)
		_, preview := made.(connector.PreviewChecker)
		require.Equal(t, [3]bool{mask&1 != 0, mask&2 != 0, mask&4 != 0}, [3]bool{update, void, preview}, can)
	}
}

func TestUpdatesAndVoidsNameWhatWasFound(t *testing.T) {
	p := &program{call: `{"posted":{"document":{"id":"7","total":"20.00","void":true}}}`}
	made := connect(t, p, func(c *remote.Config) { c.Can = remote.Abilities })
	found := connector.Found{ID: "7", Version: "3", Total: "20.00"}
	require.IsType(t, connector.Posted{}, made.(connector.Updater).Update(t.Context(), sample(), found))
	p.call = `{"posted":{"document":{"id":"8","total":"20.00","void":true}}}`
	require.Equal(t, "other_document", made.(connector.Updater).Update(t.Context(), sample(), found).(connector.Uncertain).Reason)
	require.Equal(t, "other_document", made.(connector.Voider).Void(t.Context(), found).(connector.Uncertain).Reason)
	p.call = `{"posted":{"document":{"id":"7","total":"20.00","void":true}}}`
	require.IsType(t, connector.Posted{}, made.(connector.Updater).Update(t.Context(), sample(), found))
	require.Equal(t, "3", p.body["update"].(map[string]any)["found"].(map[string]any)["version"])
	require.True(t, made.(connector.Voider).Void(t.Context(), found).(connector.Posted).Document.Void)
	require.Equal(t, "3", p.body["void"].(map[string]any)["found"].(map[string]any)["version"])
	p.asked = nil
	require.True(t, made.(connector.Voider).Void(t.Context(), connector.Found{ID: "7", Void: true}).(connector.Posted).Adopted)
	require.Empty(t, p.asked, "what is void already is not asked for")
}

func TestSettingsThatAreWrongAreNamed(t *testing.T) {
	_, err := remote.New(remote.Config{Program: "My.Books", Parallel: -1, CallTimeout: time.Hour, SettlingTime: -1, Can: []string{"fly"}, Lists: []string{"planets"}}, connector.Settings{})
	for _, part := range []string{
		`setting program: "My.Books"`, "setting parallel: -1", "setting call_timeout: 1h0m0s", "setting settling_time: -1ns", `setting can: "fly" is none of preview, update, void`,
		`setting lists: "planets" is none of account, customer, item, tax, terms`,
	} {
		require.ErrorContains(t, err, part)
	}
}

// A command that is not connected to NATS says so, and never that nothing is there.
func TestWithoutNATSNothingIsSaid(t *testing.T) {
	made := connect(t, nil, nil)
	_, err := made.Find(t.Context(), connector.Query{Marker: "st-kit-1"})
	require.ErrorContains(t, err, "not connected to NATS")
}

func FuzzAnswers(f *testing.F) {
	f.Add(`{"posted":{"document":{"id":"7","total":"20.00"}}}`)
	f.Add(`{"rejected":{"faults":[{"code":"a.b","message":"m","fix":"f","owner":1}]}}`)
	f.Add(`{"list":{"records":[{"code":"A"}],"next":"2"}}`)
	f.Add(`{"wait":{"scope":1,"for":"-3s","reason":"x"}}`)
	f.Fuzz(func(t *testing.T, body string) {
		made := connect(t, &program{call: body, describe: body}, nil)
		switch a := made.Create(t.Context(), sample()).(type) {
		case connector.Posted:
			require.NotEmpty(t, a.Document.ID)
		case connector.Rejected:
			require.NotEmpty(t, a.Faults)
		case connector.Wait:
			require.GreaterOrEqual(t, a.For, time.Duration(0))
		}
		_, _ = made.Find(t.Context(), connector.Query{Marker: "m"})
		made.Check(t.Context())
		made = connect(t, &program{call: body, describe: description("")}, nil)
		seen := 0
		_ = made.(connector.ReferenceLister).ListReference(t.Context(), connector.ReferenceItem, func(r connector.ReferenceRecord) error {
			require.NotEqual(t, connector.ReferenceRecord{Kind: connector.ReferenceItem, Inactive: r.Inactive}, r)
			seen++
			return nil
		})
		require.Less(t, seen, 2+len(body), "the same part again and again is no list")
	})
}
