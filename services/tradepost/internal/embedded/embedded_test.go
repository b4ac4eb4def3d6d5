package embedded_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/tradepost/internal/embedded"
)

func TestOneServerPerDirectory(t *testing.T) {
	dir := t.TempDir()
	s, err := embedded.Start(dir, embedded.Off)
	require.NoError(t, err)
	began := time.Now()
	_, err = embedded.Start(dir, "127.0.0.1:0")
	require.ErrorIs(t, err, embedded.ErrInUse)
	require.Less(t, time.Since(began), 15*time.Second, "it is told at once, not after the time that a server has to start")
	s.Stop()

	again, err := embedded.Start(dir, "127.0.0.1:0")
	require.NoError(t, err)
	defer again.Stop()
	nc, err := nats.Connect(again.ClientURL())
	require.NoError(t, err)
	nc.Close()
}

func TestAddressesThatCannotBeUsed(t *testing.T) {
	for _, listen := range []string{"nonsense", "127.0.0.1:many"} {
		_, err := embedded.Start(t.TempDir(), listen)
		require.ErrorContains(t, err, "embedded NATS server")
	}
}
