package connection_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
)

// many is a configuration of n accounts with a connection each.
func many(n int) string {
	var accounts, connections strings.Builder
	for i := range n {
		fmt.Fprintf(&accounts, "  a%d:\n    time_zone: America/Chicago\n    servicetrade:\n      username: user-%d\n      password: {env: PW}\n      invoice_entity_type: 12\n      poll_interval: 1m\n", i, i)
		fmt.Fprintf(&connections, "  c%d:\n    account: a%d\n    connector: hledger\n    display_name: Company %d\n    mapping_file: mapping.yaml\n    settings:\n      journal_dir: books/%d\n", i, i, i, i)
	}
	return "accounts:\n" + accounts.String() + "connections:\n" + connections.String()
}

func TestThousandConnectionsLoadInTime(t *testing.T) {
	path := write(t, many(1000))
	started := time.Now()
	c, err := connection.Load(path, []string{"PW=x"})
	require.NoError(t, err)
	require.Len(t, c.Connections, 1000)
	require.Less(t, time.Since(started), 10*time.Second, "2 s are promised; the race detector and a busy machine take more")
}

func BenchmarkLoadThousandConnections(b *testing.B) {
	path := write(b, many(1000))
	for b.Loop() {
		if _, err := connection.Load(path, []string{"PW=x"}); err != nil {
			b.Fatal(err)
		}
	}
}
