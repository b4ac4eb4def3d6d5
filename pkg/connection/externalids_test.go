package connection_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
)

// withExternalIDs is small with a connection that writes external ids under a system
// ("" = none).
func withExternalIDs(system string) string {
	text := strings.Replace(small, "    connector: ", "    write_external_ids: true\n    connector: ", 1)
	if system != "" {
		text = strings.Replace(text, "      password: p\n", "      password: p\n      external_system: "+system+"\n", 1)
	}
	return text
}

func TestExternalIDsAreWrittenOnlyWhereTheFileSaysSo(t *testing.T) {
	c, err := connection.Load(write(t, small), nil)
	require.NoError(t, err)
	for _, conn := range c.Connections {
		require.False(t, conn.WriteExternalIDs)
	}
	c, err = connection.Load(write(t, withExternalIDs("accounting")), nil)
	require.NoError(t, err)
	require.True(t, c.EnabledConnections()[0].WriteExternalIDs)
}

func TestExternalIDProblems(t *testing.T) {
	second := func(text string) string {
		_, connections, _ := strings.Cut(text, "connections:\n")
		id := strings.TrimSpace(strings.Split(connections, "\n")[0])
		return text + "\n" + strings.Replace(connections, id, "second:", 1)
	}
	for name, c := range map[string]struct{ text, want string }{
		"no system":   {withExternalIDs(""), `write_external_ids: the account "acme" has no external_system`},
		"a label":     {withExternalIDs("My Books"), `servicetrade.external_system: "My Books" cannot be the name of an external system`},
		"two writers": {second(withExternalIDs("accounting")), "writes external ids to the same account already"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := connection.Load(write(t, c.text), nil)
			require.ErrorContains(t, err, c.want)
		})
	}
}

// A connection writes the ids of its books where another one of the account reads the
// ids of its own.
func TestIDsOfOneBooksAreNotReadByTheOther(t *testing.T) {
	account := strings.Replace(small, "      username: u\n", "      username: u\n      external_system: accounting\n", 1)
	account, _, _ = strings.Cut(account, "connections:")
	byTable := "version: 1\ncustomers: {match: [table]}\nitems: {match: [code], default: X}\n"
	load := func(first, second string) error {
		path := write(t, account+"connections:\n  books-a: {account: acme, connector: hledger, filter: {offices: [701]}, "+first+
			"}\n  books-b: {account: acme, connector: hledger, filter: otherwise, "+second+"}\n")
		put(t, filepath.Join(filepath.Dir(path), "table.yaml"), byTable)
		_, err := connection.Load(path, nil)
		return err
	}
	const writes = ", write_external_ids: true"
	for name, c := range map[string]struct{ first, second, writer, reader string }{
		"the later reads":          {"mapping_file: mapping.yaml" + writes, "mapping_file: mapping.yaml", "books-a", "books-b"},
		"the earlier reads":        {"mapping_file: mapping.yaml", "mapping_file: mapping.yaml" + writes, "books-b", "books-a"},
		"a disabled one reads":     {"mapping_file: mapping.yaml" + writes, "mapping_file: mapping.yaml, enabled: false", "books-a", "books-b"},
		"a disabled one wrote":     {"mapping_file: mapping.yaml, enabled: false" + writes, "mapping_file: mapping.yaml", "books-a", "books-b"},
		"the writer does not read": {"mapping_file: table.yaml" + writes, "mapping_file: mapping.yaml", "books-a", "books-b"},
	} {
		t.Run(name, func(t *testing.T) {
			err := load(c.first, c.second)
			require.ErrorContains(t, err, "connections."+c.writer+".write_external_ids: the connection \""+c.reader+"\" finds its customers")
			require.ErrorContains(t, err, map[string]string{"books-a": "tradepost.yaml:10,", "books-b": "tradepost.yaml:11,"}[c.reader])
			require.ErrorContains(t, err, "leave external_id out of customers.match")
		})
	}
	require.NoError(t, load("mapping_file: mapping.yaml"+writes, "mapping_file: table.yaml"), "the writer may read its own")
	require.NoError(t, load("mapping_file: mapping.yaml", "mapping_file: mapping.yaml"), "ids that people entered")
}
