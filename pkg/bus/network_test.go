package bus_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
)

// network lies between a client and the server, and can be made bad.
type network struct {
	t     testing.TB
	proxy *toxiproxy.Proxy
}

func newNetwork(t testing.TB, s *bustest.Broker) *network {
	t.Helper()
	proxy := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()),
		"nats", "127.0.0.1:0", strings.TrimPrefix(s.URL(), "nats://"))
	require.NoError(t, proxy.Start())
	n := &network{t: t, proxy: proxy}
	t.Cleanup(func() {
		n.mend()
		proxy.Stop()
	})
	return n
}

// swallow takes everything both ways and passes on nothing: half open, as after a
// firewall forgot the connection.
func (n *network) swallow() { n.both("timeout", `{"timeout": 0}`) }

// clog passes on next to nothing and takes no more than that, until all buffers on
// the way are full.
func (n *network) clog() { n.add("clog", "bandwidth", "upstream", `{"rate": 1}`) }

// slow delays everything, each way.
func (n *network) slow(milliseconds int) {
	n.both("latency", fmt.Sprintf(`{"latency": %d, "jitter": %d}`, milliseconds, milliseconds/4))
}

func (n *network) mend() { n.proxy.Toxics.ResetToxics(context.Background()) }

func (n *network) both(kind, attributes string) {
	n.add(kind+"-up", kind, "upstream", attributes)
	n.add(kind+"-down", kind, "downstream", attributes)
}

func (n *network) add(name, kind, stream, attributes string) {
	n.t.Helper()
	_, err := n.proxy.Toxics.AddToxicJson(strings.NewReader(
		fmt.Sprintf(`{"name": %q, "type": %q, "stream": %q, "attributes": %s}`, name, kind, stream, attributes)))
	require.NoError(n.t, err)
}

// js connects through the network, as a service does; opts come last.
func (n *network) js(opts ...nats.Option) jetstream.JetStream {
	n.t.Helper()
	nc, err := bus.Connect(within(n.t), bus.ConnectOptions{URL: "nats://" + n.proxy.Listen, Name: "far", Extra: opts})
	require.NoError(n.t, err)
	n.t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	require.NoError(n.t, err)
	return js
}
