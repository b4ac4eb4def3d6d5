package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connector"
)

// A connector that is a program of its own, with the user that we ship for it, answers
// what it is asked, and can neither ask, nor listen to anything else.
func TestAProgramMayAnswerAndNothingElse(t *testing.T) {
	g := &guarded{plant: &plant{t: t, dir: t.TempDir(), procs: map[string]*proc{}}, address: bustest.FreeAddress(t)}
	g.permit(func(shipped string) string { return strings.ReplaceAll(shipped, "#:", "") })
	t.Setenv("TRADEPOST_NATS_PAPERBOOKS_PASSWORD", "paperbooks")
	g.startGuardedNATS()
	u := g.connectAs(t, "paperbooks", "paperbooks")
	for _, subject := range []string{"connector.describe.paperbooks", "connector.call.paperbooks.*"} {
		_, err := u.nc.QueueSubscribe(subject, "paperbooks", func(m *nats.Msg) { _ = m.Respond([]byte(m.Subject)) })
		require.NoError(t, err)
	}
	require.NoError(t, u.nc.Flush())
	for _, who := range []string{"deliver", "provisioner", "operator"} {
		inbox := map[string]string{"deliver": "deliver", "provisioner": "doctor", "operator": "preview"}[who]
		ask := bus.Asker{NC: g.connectAs(t, who, inbox).nc}
		for _, subject := range []string{"connector.describe.paperbooks", "connector.call.paperbooks.acme-books"} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			answer, err := ask.Ask(ctx, subject, nil)
			cancel()
			require.NoError(t, err, who)
			require.Equal(t, subject, string(answer))
		}
		all, err := ask.AskAll(t.Context(), "connector.describe.paperbooks", nil, time.Millisecond)
		require.NoError(t, err, who)
		require.Len(t, all, 1)
		_, err = ask.AskAll(t.Context(), "connector.describe.others", nil, time.Millisecond)
		require.ErrorIs(t, err, connector.ErrNoProgram)
		_, err = ask.Ask(t.Context(), "connector.describe.others", nil)
		require.ErrorIs(t, err, connector.ErrNoProgram)
		require.ErrorIs(t, err, connector.ErrNotAsked)
	}
	for _, subject := range []string{"invoice.ready.acme-books.1", "connector.call.others.acme-books", "$JS.API.INFO", "_INBOX_deliver.x"} {
		u.refuses(subject)
	}
	for _, subject := range []string{"connector.call.others.*", "connector.call.paperbooks.*", "invoice.>", "_INBOX_deliver.>"} {
		u.refusesToRead(subject)
	}
}
