package bus_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
)

const oldServer = "v2.12.4"

// buildOldServer builds a real NATS server that is too old, in a module of its own.
func buildOldServer(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a NATS server: not with -short")
	}
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write("go.mod", "module oldserver\n\ngo 1.24\n\nrequire github.com/nats-io/nats-server/v2 "+oldServer+"\n")
	write("tools.go", "//go:build tools\n\npackage oldserver\n\nimport _ \"github.com/nats-io/nats-server/v2\"\n")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "build", "-o", "nats-server", "github.com/nats-io/nats-server/v2")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("NATS server %s cannot be built here within a minute: %v\n%s", oldServer, err, out)
	}
	return filepath.Join(dir, "nats-server")
}

// A real server of version 2.12 is refused before anything is made on it, and the
// error says why. It would accept every declaration, and drop the recurring schedules.
func TestRealOldServerIsRefused(t *testing.T) {
	program := buildOldServer(t)
	address := bustest.FreeAddress(t)
	host, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	server := exec.Command(program, "-a", host, "-p", port, "-js", "-sd", t.TempDir())
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	nc, err := bus.Connect(within(t), bus.ConnectOptions{URL: "nats://" + address, Name: "t"})
	require.NoError(t, err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	require.NoError(t, err)

	want := "version " + strings.TrimPrefix(oldServer, "v") + ", but Tradepost needs 2.14 or newer (recurring schedules, per-message TTL)"
	_, err = bus.Apply(within(t), js, bus.ApplyOptions{})
	require.ErrorContains(t, err, want)
	require.ErrorContains(t, bus.Verify(within(t), js), want)
	info, err := js.AccountInfo(within(t))
	require.NoError(t, err)
	require.Zero(t, info.Streams, "nothing was made")
}
