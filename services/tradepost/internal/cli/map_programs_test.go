package cli

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/services/deliver/connectors/webhook"
	"github.com/tradepost/tradepost/services/deliver/connectors/webhook/receiver"
)

// reconnect writes another connection into the configuration.
func reconnect(t *testing.T, dir, connection, more string) {
	t.Helper()
	file := filepath.Join(dir, "tradepost.yaml")
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	changed := regexp.MustCompile(`(?s)\n  acme-books: .*`).ReplaceAllString(string(raw), "\n  acme-books: "+connection+"\n"+more)
	require.NoError(t, os.WriteFile(file, []byte(changed), 0o600))
}

// A connection whose connector is a program has its tables begun from what that lists; one
// that lists nothing, or does not run, is told.
func TestMapAsksAProgram(t *testing.T) {
	dir, _ := unmapped(t)
	broker := bustest.Server(t)
	with := func(settings string) {
		reconnect(t, dir, "{account: acme, connector: remote, mapping_file: mapping.yaml, settings: {program: books, title: Paper books"+settings+"}}",
			fmt.Sprintf("nats: {url: %q}\n", broker.URL()))
	}
	with(", lists: [customer]")
	code, _, errs := makeMap(t, dir, "customers", "acme-books")
	require.Equal(t, runtime.ExitFailure, code)
	require.Contains(t, errs, "read the customers of Paper books: it cannot be asked now (unreachable): Paper books: no program listens to connector.describe.books")

	listenTo(t, broker.URL(), `,"lists":["customer"]`, `{"list":{"records":[{"id":"17","code":"C-1","name":"Harbor Point Medical Center"}]}}`)
	code, out, errs := makeMap(t, dir, "customers", "acme-books")
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Contains(t, out, "\n9001,C-1,\n")
	code, _, errs = makeMap(t, dir, "items", "acme-books")
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Contains(t, errs, "Paper books has no list of items: fill in the column books by hand")

	with("")
	code, _, errs = makeMap(t, dir, "customers", "acme-books")
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Contains(t, errs, "Paper books lists nothing by the settings of its connection, and the mapping is by table")
	with(", lists: [customer, item]")
	code, _, errs = makeMap(t, dir, "customers", "acme-books")
	require.Equal(t, runtime.ExitFailure, code)
	require.Contains(t, errs, `the connection declares a list of kind "item", and the program does not announce it`)
}

// listenTo is a program that announces something, and answers every call with the same.
func listenTo(t *testing.T, url, announces, answer string) {
	t.Helper()
	nc, err := nats.Connect(url)
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	for subject, body := range map[string]func() string{
		"connector.describe.books": func() string {
			return fmt.Sprintf(`{"protocol":1,"now":%q%s}`, time.Now().UTC().Format(time.RFC3339Nano), announces)
		},
		"connector.call.books.*": func() string { return answer },
	} {
		_, err := nc.QueueSubscribe(subject, "books", func(m *nats.Msg) { _ = m.Respond([]byte(body())) })
		require.NoError(t, err)
	}
	require.NoError(t, nc.Flush())
}

// Without NATS a program cannot be asked, and everything else can.
func TestMapWithoutNATS(t *testing.T) {
	dir, _ := unmapped(t)
	reconnect(t, dir, "{account: acme, connector: remote, mapping_file: mapping.yaml, settings: {program: books, lists: [customer]}}", "nats: {url: \"nats://127.0.0.1:1\"}\n")
	code, _, errs := makeMap(t, dir, "customers", "acme-books")
	require.Equal(t, runtime.ExitFailure, code)
	require.Contains(t, errs, "it cannot be asked now (unreachable): books: nobody was asked: NATS was not reached")
}

// An endpoint is asked over HTTP, signed like everything else.
func TestMapAsksAnEndpoint(t *testing.T) {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
	key, err := webhook.ParseSecret(secret)
	require.NoError(t, err)
	books := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(books, "lists.json"), []byte(`{"customer":[{"code":"C-1","name":"Harbor Point Medical Center"}]}`), 0o600))
	web := httptest.NewServer(&receiver.Receiver{Dir: books, Keys: []webhook.Key{key}, CompanyID: "acme"})
	t.Cleanup(web.Close)
	dir, _ := unmapped(t)
	with := func(secret, lists string) {
		reconnect(t, dir, fmt.Sprintf("{account: acme, connector: webhook, mapping_file: mapping.yaml, settings: {url: %q, title: Endpoint, secrets: [%q]%s}}", web.URL, secret, lists), "")
	}
	with(secret, ", lists: [customer]")
	code, out, errs := makeMap(t, dir, "customers", "acme-books")
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Contains(t, out, "\n9001,C-1,\n")
	with(secret, "")
	code, _, errs = makeMap(t, dir, "customers", "acme-books")
	require.Equal(t, runtime.ExitOK, code, errs)
	require.Contains(t, errs, "Endpoint lists nothing by the settings of its connection")
	with(strings.Replace(secret, "MfKQ", "NfKQ", 1), ", lists: [customer]")
	code, _, errs = makeMap(t, dir, "customers", "acme-books")
	require.Equal(t, runtime.ExitFailure, code)
	require.Contains(t, errs, "read the customers of Endpoint: it cannot be asked now (signed_out): Endpoint: it answered with 401")
}
