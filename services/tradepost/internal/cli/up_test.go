package cli

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/runtime"
)

// The inner server's address has no effect where another server is named, and whoever
// gives both would wait for the wrong one.
func TestUpRefusesAnAddressForAServerThatDoesNotRun(t *testing.T) {
	code, _, errs := execute(t, "up", "--nats-listen", "127.0.0.1:5222", "-c", sick(t))
	require.Equal(t, runtime.ExitConfig, code)
	require.Contains(t, errs, "--nats-listen is for the NATS server inside")
	require.Contains(t, errs, "TRADEPOST_NATS_URL")
}
