package connection_test

import (
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
