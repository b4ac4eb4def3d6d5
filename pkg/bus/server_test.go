package bus_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
)

// pretend is a proxy to the server that rewrites what the server says of itself.
func pretend(t *testing.T, s *bustest.Broker, replacements ...string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	rewrite := strings.NewReplacer(replacements...)
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "nats://"))
			if err != nil {
				_ = client.Close()
				return
			}
			go func() { _, _ = io.Copy(upstream, client); _ = upstream.Close() }()
			go func() {
				defer func() { _ = client.Close() }()
				lines := bufio.NewReader(upstream)
				for {
					line, err := lines.ReadString('\n')
					if strings.HasPrefix(line, "INFO ") {
						line = rewrite.Replace(line)
					}
					if _, werr := io.WriteString(client, line); werr != nil || err != nil {
						return
					}
				}
			}()
		}
	}()
	return "nats://" + listener.Addr().String()
}

func TestServerTooOldIsRefused(t *testing.T) {
	s := bustest.Server(t)
	version := `"version":"` + server.VERSION + `"`
	for _, c := range []struct {
		name    string
		replace []string
		err     string
	}{
		{"2.9 of Debian", []string{version, `"version":"2.9.10"`}, "version 2.9.10, but Tradepost needs 2.14 or newer"},
		{"last one before", []string{version, `"version":"2.13.9"`}, "version 2.13.9, but Tradepost needs 2.14 or newer"},
		{"first one", []string{version, `"version":"2.14.0-RC.1"`}, ""},
		{"next major", []string{version, `"version":"3.0.0"`}, ""},
		{"no level", []string{`"api_lvl":`, `"other":`}, "JetStream API level 0, but Tradepost needs level 4"},
		{"no JetStream", []string{`"jetstream":true`, `"jetstream":false`}, "has JetStream switched off"},
		{"strange", []string{version, `"version":"nightly"`}, `"nightly", which cannot be read`},
	} {
		t.Run(c.name, func(t *testing.T) {
			nc, err := bus.Connect(within(t), bus.ConnectOptions{URL: pretend(t, s, c.replace...), Name: "t"})
			require.NoError(t, err)
			defer nc.Close()
			js, err := jetstream.New(nc)
			require.NoError(t, err)
			_, err = bus.Apply(within(t), js, bus.ApplyOptions{})
			if c.err == "" {
				require.NoError(t, err)
				require.NoError(t, bus.Verify(within(t), js))
				return
			}
			require.ErrorContains(t, err, c.err)
			require.ErrorContains(t, bus.Verify(within(t), js), c.err)
		})
	}
}

func TestConnectWaitsForTheServer(t *testing.T) {
	s := bustest.Server(t)
	s.Stop()
	got := make(chan *nats.Conn, 1)
	go func() {
		nc, err := bus.Connect(within(t), bus.ConnectOptions{URL: s.URL(), Name: "early"})
		if err == nil {
			got <- nc
		}
	}()
	s.StartAgain(t)
	nc := bustest.Receive(t, got)
	defer nc.Close()
	require.True(t, nc.IsConnected())
	require.True(t, strings.HasPrefix(nc.NewInbox(), "_INBOX_early."), nc.NewInbox())
}

func TestConnectGivesUpWithContext(t *testing.T) {
	s := bustest.Server(t)
	s.Stop()
	ctx, cancel := contextThatEnds(t)
	defer cancel()
	_, err := bus.Connect(ctx, bus.ConnectOptions{URL: s.URL(), Name: "t"})
	require.ErrorContains(t, err, "connect to NATS at "+s.URL())
	require.ErrorContains(t, err, "context deadline exceeded")
}

func TestPermissions(t *testing.T) {
	s := bustest.Server(t, func(o *server.Options) {
		o.Users = []*server.User{
			{Username: "all", Password: "pw"},
			{Username: "some", Password: "pw", Permissions: &server.Permissions{
				Publish:   &server.SubjectPermission{Deny: []string{"invoice.ready.>"}},
				Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX_some.>"}},
			}},
		}
	})
	t.Run("wrong password", func(t *testing.T) {
		_, err := bus.Connect(within(t), bus.ConnectOptions{URL: s.URL(), Name: "t", Extra: []nats.Option{nats.UserInfo("all", "no")}})
		// nats.go spells it as the server does where that closed the connection at once.
		require.ErrorContains(t, err, "connect to NATS at")
		require.Regexp(t, "(?i)authorization violation", err)
	})
	t.Run("refused subject is reported", func(t *testing.T) {
		refused := make(chan error, 10)
		nc, err := bus.Connect(within(t), bus.ConnectOptions{
			URL: s.URL(), Name: "some", Extra: []nats.Option{nats.UserInfo("some", "pw")},
			OnPermissionError: func(err error) { refused <- err },
		})
		require.NoError(t, err)
		defer nc.Close()
		js, err := jetstream.New(nc)
		require.NoError(t, err)
		_, err = bus.Apply(within(t), js, bus.ApplyOptions{})
		require.NoError(t, err)
		ctx, cancel := contextThatEnds(t)
		defer cancel()
		err = bus.NewPublisher(js, quiet).Send(ctx, ready(1), "", command())
		require.Error(t, err)
		require.ErrorContains(t, bustest.Receive(t, refused), "invoice.ready.acme-books.1")
	})
}
