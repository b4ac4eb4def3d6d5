package remote_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/deliver/connectors/remote"
)

// A program that does less than its connection declares stops it, before anything is posted.
func TestAProgramThatIsNotWhatWasDeclaredStopsItsConnection(t *testing.T) {
	for name, c := range map[string]struct {
		said   string
		change func(*remote.Config)
		how    string
	}{
		"cannot update": {description(""), func(c *remote.Config) { c.Can = []string{remote.CanUpdate} }, `declares "update"`},
		"lists nothing": {description(`,"lists":["item"]`), func(c *remote.Config) { c.Lists = []string{"item", "tax"} }, `declares a list of kind "tax"`},
		"not atomic":    {description(""), func(c *remote.Config) { c.AtomicMarker = true }, "declares atomic_marker"},
		"settles later": {description(`,"settlingTime":"30s"`), nil, "its settling time is 30s, and the connection declares 0s"},
		"newer":         {fmt.Sprintf(`{"protocol":2,"now":%q}`, time.Now().UTC().Format(time.RFC3339)), nil, "it speaks version 2"},
		"clock behind":  {fmt.Sprintf(`{"protocol":1,"now":%q}`, time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)), nil, " behind"},
		"clock ahead":   {fmt.Sprintf(`{"protocol":1,"now":%q}`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339)), nil, " ahead"},
	} {
		t.Run(name, func(t *testing.T) {
			made := connect(t, &program{describe: c.said, call: `{"company":{"id":"1"}}`}, c.change)
			_, err := made.Company(t.Context())
			answer, _ := connector.AnswerOf(err)
			require.Equal(t, connector.ReasonProgramDiffers, answer.(connector.Wait).Reason)
			require.ErrorContains(t, err, c.how)
			faults := made.Check(t.Context())
			require.Len(t, faults, 1)
			require.Equal(t, "program.differs", faults[0].GetCode())
			require.Contains(t, faults[0].GetMessage(), c.how)
			require.Contains(t, faults[0].GetFix(), "acme-books")
		})
	}
	company, err := connect(t, &program{describe: description(""), call: `{"company":{"id":"1","name":"One"}}`}, nil).Company(t.Context())
	require.NoError(t, err)
	require.Equal(t, connector.Company{ID: "1", Name: "One"}, company)
}

// Two programs that do not share a queue group would each make the document.
func TestTwoProgramsThatBothAnswerStopTheirConnection(t *testing.T) {
	made := connect(t, &program{describe: description(""), call: `{"company":{"id":"1"}}`, twice: true}, nil)
	_, err := made.Company(t.Context())
	answer, _ := connector.AnswerOf(err)
	require.Equal(t, connector.ReasonProgramDiffers, answer.(connector.Wait).Reason)
	require.Equal(t, tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, answer.(connector.Wait).Scope)
	faults := made.Check(t.Context())
	require.Len(t, faults, 1)
	require.Equal(t, "program.differs", faults[0].GetCode())
	require.Contains(t, faults[0].GetMessage(), "2 programs answer to each question under the name books")
}

// A program that answers rubbish of itself or of its company pauses the connection.
func TestRubbishOfTheProgramItselfStopsTheConnection(t *testing.T) {
	for name, p := range map[string]*program{
		"of itself": {describe: "oops"}, "of the company": {describe: description(""), call: "oops"},
		"of something else": {describe: description(""), call: `{"found":{}}`},
	} {
		_, err := connect(t, p, nil).Company(t.Context())
		answer, _ := connector.AnswerOf(err)
		require.Equal(t, "unreadable_answer", answer.(connector.Wait).Reason, name)
		require.Equal(t, tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, answer.(connector.Wait).Scope, name)
	}
}

// unasked is a NATS server on which no program listens.
type unasked struct{ err error }

func (u unasked) Ask(context.Context, string, []byte) ([]byte, error) { return nil, u.err }

func (u unasked) AskAll(context.Context, string, []byte, time.Duration) ([][]byte, error) {
	return nil, u.err
}

func TestCheckTellsWhatIsWrong(t *testing.T) {
	for code, p := range map[string]connector.Programs{
		"program.not_running":          unasked{fmt.Errorf("%w", connector.ErrNoProgram)},
		"accounting.unreachable":       unasked{context.DeadlineExceeded},
		"accounting.answer_unreadable": &program{describe: "oops"},
		"currency.not_in_books": &program{describe: description(""), call: `{"faults":{"faults":[
			{"code":"currency.not_in_books","message":"no","fix":"do","owner":"FAULT_OWNER_OFFICE","params":{"currency":"EUR"}}]}}`},
	} {
		faults := connect(t, p, nil).Check(t.Context())
		require.Len(t, faults, 1, code)
		require.Equal(t, code, faults[0].GetCode())
		require.NotEmpty(t, faults[0].GetFix())
	}
	require.Empty(t, connect(t, &program{describe: description(""), call: `{"faults":{}}`}, nil).Check(t.Context()))
}

// A code of the catalogue is told in its words; any other, and one that lacks what the
// words need, in those of the program, with its owner.
func TestFaultsOfAProgramAreTold(t *testing.T) {
	p := &program{call: `{"rejected":{"faults":[
		{"code":"currency.not_in_books","message":"no","fix":"do","owner":"FAULT_OWNER_OFFICE"},
		{"code":"books.job_closed","thing":"Job 1042","message":"the job is closed.","fix":"Reopen the job.","owner":"FAULT_OWNER_OFFICE"}]}}`}
	rejected, is := connect(t, p, nil).Create(t.Context(), sample()).(connector.Rejected)
	require.True(t, is)
	require.Len(t, rejected.Faults, 2)
	for _, f := range rejected.Faults {
		require.Equal(t, "program.refused", f.GetCode())
		require.Equal(t, tradepostv1.FaultOwner_FAULT_OWNER_OFFICE, f.GetOwner())
	}
	require.Equal(t, "Books did not accept it: the job is closed.", rejected.Faults[1].GetMessage())
	require.Equal(t, "Reopen the job. Then send the invoice again.", rejected.Faults[1].GetFix())
}
