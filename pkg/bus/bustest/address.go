package bustest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// FreeAddress returns an address of this machine, host:port, that nobody listens on, for
// a program that listens there later, or ends and comes back to it.
func FreeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(ownHost(), "0"))
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

// ownHost returns a loopback address that hardly anybody else uses. A port of 127.0.0.1
// that nobody listens on at the moment may be taken any time: connections to wherever on
// this machine begin there. Where the machine has no other one, it is 127.0.0.1.
func ownHost() string {
	host := fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(250), rand.IntN(256), 1+rand.IntN(254))
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "127.0.0.1"
	}
	_ = l.Close()
	return host
}
