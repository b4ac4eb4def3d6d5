package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/pause"
	"github.com/tradepost/tradepost/pkg/runtime"
)

// withNATS writes a configuration whose NATS server runs.
func withNATS(t *testing.T) (config string, js jetstream.JetStream) {
	t.Helper()
	broker := bustest.Server(t)
	config = sick(t)
	body, err := os.ReadFile(config)
	require.NoError(t, err)
	body = []byte(strings.Replace(string(body), "nats://127.0.0.1:1", broker.URL(), 1))
	require.NoError(t, os.WriteFile(filepath.Clean(config), body, 0o600))
	js = broker.JS(t)
	c := bus.ReadyConsumer("acme-books", 1)
	_, err = js.CreateConsumer(t.Context(), c.Stream, jetstream.ConsumerConfig{Durable: c.Durable, FilterSubject: c.Filter, AckPolicy: jetstream.AckExplicitPolicy})
	require.NoError(t, err)
	return config, js
}

func TestPauseAndResume(t *testing.T) {
	config, js := withNATS(t)
	store, err := pause.Open(t.Context(), js)
	require.NoError(t, err)

	code, out, errs := execute(t, "pause", "acme-books", "--reason", "month end", "-c", config)
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Contains(t, out, "tradepost resume acme-books")
	p, err := store.Get(t.Context(), "acme-books")
	require.NoError(t, err)
	require.Equal(t, "month end", p.GetReason())
	require.Equal(t, pause.Operator, p.GetBy())
	until, err := store.Consumer(t.Context(), "acme-books")
	require.NoError(t, err)
	require.Greater(t, time.Until(until), 1000*time.Hour)

	code, out, _ = execute(t, "pause", "acme-books", "--for", "2h", "-c", config)
	require.Regexp(t, `is paused until 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d-0[56]:00`, out, "in the account's time zone")
	require.Equal(t, runtime.ExitOK, code)
	until, err = store.Consumer(t.Context(), "acme-books")
	require.NoError(t, err)
	require.InDelta(t, 2*time.Hour, time.Until(until), float64(time.Minute))

	code, out, _ = execute(t, "resume", "acme-books", "-c", config)
	require.Equal(t, runtime.ExitOK, code)
	require.Equal(t, "connection acme-books goes on\n", out)
	until, err = store.Consumer(t.Context(), "acme-books")
	require.NoError(t, err)
	require.Zero(t, until)
	_, out, _ = execute(t, "resume", "acme-books", "-c", config)
	require.Equal(t, "connection acme-books was not paused\n", out)

	code, _, errs = execute(t, "pause", "nobody", "-c", config)
	require.Equal(t, runtime.ExitConfig, code)
	require.Contains(t, errs, `no connection "nobody"`)
	code, _, _ = execute(t, "pause", "acme-books", "--for", "-1h", "-c", config)
	require.Equal(t, runtime.ExitConfig, code)
}

func TestNotMadeIsACommandForWhatWasHandedOver(t *testing.T) {
	config, js := withNATS(t)
	kv, err := js.KeyValue(t.Context(), bus.BucketInvoices)
	require.NoError(t, err)
	put := func(state string) {
		_, err = kv.PutString(t.Context(), "acme.7", `{"account":"acme","invoiceId":"7","connection":"acme-books","send":"3","state":"`+state+`"}`)
		require.NoError(t, err)
	}
	code, _, errs := execute(t, "not-made", "acme-books", "7", "-c", config)
	require.Equal(t, runtime.ExitFailure, code)
	require.Contains(t, errs, "has no record")
	put("RECORD_STATE_PARKED")
	code, _, errs = execute(t, "not-made", "acme-books", "7", "-c", config)
	require.Equal(t, runtime.ExitFailure, code)
	require.Contains(t, errs, "is parked")
	put("RECORD_STATE_HANDED")
	code, out, errs := execute(t, "not-made", "acme-books", "7", "--reason", "the file was deleted", "-c", config)
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Contains(t, out, "invoice 7 starts over (it was handed)")
	require.Contains(t, out, "tradepost confirm acme-books", "an import file keeps what it has")
	s, err := js.Stream(t.Context(), bus.StreamCommand)
	require.NoError(t, err)
	raw, err := s.GetLastMsgForSubject(t.Context(), "invoice.command.acme-books.7")
	require.NoError(t, err)
	c := &tradepostv1.InvoiceCommand{}
	require.NoError(t, bus.Decode(bus.Message{Body: raw.Data}, c))
	require.NotNil(t, c.GetNotMade())
	require.Equal(t, int64(3), c.GetFollowsSend())
	require.Equal(t, "the file was deleted", c.GetReason())
	code, _, _ = execute(t, "not-made", "acme-books", "x", "-c", config)
	require.Equal(t, runtime.ExitConfig, code)
}
