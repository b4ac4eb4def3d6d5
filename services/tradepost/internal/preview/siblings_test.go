package preview_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/tradepost/internal/preview"
)

// The records were lost, and the books of another connection of the account have the
// invoice, of which nothing else knows: deliver would hold it, and wait where it cannot
// ask.
func TestAnInvoiceInTheBooksOfASiblingIsRefused(t *testing.T) {
	plain := named(t, corpus(t), "plain")
	west := plain
	west.zone, west.snapshot = "America/Los_Angeles", proto.CloneOf(plain.snapshot)
	m := newMill(t, []corpusInvoice{plain, west})
	m.config.Connections[west.connection()].AccountID = m.config.Connections[plain.connection()].AccountID
	m.run()
	require.Equal(t, deliver.StepCreate, m.one(plain).Snapshot(t.Context(), plain.snapshot).Documents[0].Step)
	m.posted(west)
	lost := func(o *preview.Options) { o.JS, o.NoNATS = nil, "not asked" }

	view := m.one(plain, lost).Snapshot(t.Context(), plain.snapshot)
	require.Equal(t, preview.Faulty, view.Verdict, view.Why)
	require.Equal(t, "record.other_connection", view.Faults[0].Code)
	require.Contains(t, view.Faults[0].Message, west.connection())
	require.Equal(t, deliver.StepNone, view.Documents[0].Step)

	require.NoError(t, os.RemoveAll(filepath.Join(m.config.Dir(), "books-"+west.connection())))
	view = m.one(plain, lost).Snapshot(t.Context(), plain.snapshot)
	require.Equal(t, preview.CannotLook, view.Verdict)
	require.Contains(t, view.Why, west.connection())
}

// The account's other connections are asked with their own sign-ins, and their calls are
// held and counted like all others.
func TestSiblingsAreAskedWithTheirSignIns(t *testing.T) {
	dir, connections := t.TempDir(), object{}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "mapping.yaml"), []byte("version: 1\ncustomers: {match: [name]}\nitems: {match: [name]}\n"), 0o600))
	for id, filter := range map[string]any{"east": object{"offices": []int{701}}, "west": "otherwise"} {
		connections[id] = object{
			"account": "acme", "connector": "quickbooksonline", "mapping_file": "mapping.yaml", "filter": filter,
			"settings": object{"app": object{"client_id": "app-" + id, "client_secret": "s3cret"}},
		}
	}
	m := openMill(t, dir, connections, object{"acme": object{"time_zone": "America/New_York", "servicetrade": object{
		"url": "http://127.0.0.1:1", "username": "u", "password": "p", "invoice_entity_type": 13,
	}}})
	all, err := deliver.Connectors()
	require.NoError(t, err)
	reg, err := all.Lookup("quickbooksonline")
	require.NoError(t, err)
	given, open := map[string]connector.Settings{}, reg.New
	reg.New = func(ctx context.Context, s connector.Settings) (connector.Connector, error) {
		given[s.Connection] = s
		return open(ctx, s)
	}
	connectors, err := connector.NewRegistry(reg)
	require.NoError(t, err)
	v, err := preview.Open(t.Context(), preview.Options{
		Config: m.config, Connectors: connectors, Connection: m.config.Connections["east"], JS: m.js, Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	require.NoError(t, v.Close(t.Context()))
	for _, id := range []string{"east", "west"} {
		_, err := given[id].Tokens.Token(t.Context())
		require.ErrorContains(t, err, "nobody has signed connection "+id+" in", "the store of the sign-ins was asked")
		require.NotNil(t, given[id].Calls, id)
	}
	require.Empty(t, v.Reads(), "nobody was called")
}
