package doctor_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/tradepost/internal/doctor"
)

// A connector that is a program of its own is asked over NATS: that it does not run, is
// another than was declared, or is well, is told.
func TestAConnectorThatIsAProgram(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	broker := bustest.Server(t)
	w.nats["url"] = broker.URL()
	broker.JS(t)
	w.conn["connector"] = "remote"
	settings := object{"program": "paperbooks", "title": "Paper books", "call_timeout": "2s"}
	w.conn["settings"] = settings

	missing := only(t, w.run(), "connection acme-books", "books")
	require.Equal(t, doctor.Fail, missing.Status)
	require.Contains(t, missing.Problem, "no program listens with the name paperbooks")
	require.Contains(t, missing.Fix, "connector.call.paperbooks.*")

	listen(t, broker.URL(), "paperbooks")
	require.Equal(t, doctor.OK, only(t, w.run(), "connection acme-books", "books").Status)

	settings["can"] = []string{"update"}
	differs := only(t, w.run(), "connection acme-books", "books")
	require.Equal(t, doctor.Fail, differs.Status)
	require.Contains(t, differs.Problem, `declares "update"`)

	delete(settings, "can")
	listen(t, broker.URL(), "paperbooks")
	require.Equal(t, doctor.OK, only(t, w.run(), "connection acme-books", "books").Status, "a copy in the same queue group")
	listen(t, broker.URL(), "another-group")
	both := only(t, w.run(), "connection acme-books", "books")
	require.Equal(t, doctor.Fail, both.Status)
	require.Contains(t, both.Problem, "2 programs answer to each question under the name paperbooks")
}

// listen is a program that is well, and has one company.
func listen(t *testing.T, url, group string) {
	t.Helper()
	nc, err := nats.Connect(url)
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	_, err = nc.QueueSubscribe("connector.*.paperbooks.>", group, func(m *nats.Msg) {
		answer := `{"company":{"id":"1","name":"Acme"}}`
		if strings.Contains(string(m.Data), `"check"`) {
			answer = `{"faults":{}}`
		}
		_ = m.Respond([]byte(answer))
	})
	require.NoError(t, err)
	_, err = nc.QueueSubscribe("connector.describe.paperbooks", group, func(m *nats.Msg) {
		_ = m.Respond(fmt.Appendf(nil, `{"protocol":1,"now":%q}`, time.Now().UTC().Format(time.RFC3339Nano)))
	})
	require.NoError(t, err)
	require.NoError(t, nc.Flush())
}
