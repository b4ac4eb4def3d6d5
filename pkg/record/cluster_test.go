package record_test

import (
	"fmt"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/record"
)

// cluster is three servers that hold everything three times.
func cluster(t *testing.T) jetstream.JetStream {
	t.Helper()
	const size = 3
	var routes []*url.URL
	hosts, ports := make([]string, size), make([]int, size)
	for i := range ports {
		address, err := net.ResolveTCPAddr("tcp", bustest.FreeAddress(t))
		require.NoError(t, err)
		hosts[i], ports[i] = address.IP.String(), address.Port
		routes = append(routes, &url.URL{Scheme: "nats-route", Host: address.String()})
	}
	var servers []*server.Server
	for i, port := range ports {
		s, err := server.NewServer(&server.Options{
			ServerName: fmt.Sprint("n", i), Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
			Cluster: server.ClusterOpts{Name: "c", Host: hosts[i], Port: port}, Routes: routes,
		})
		require.NoError(t, err)
		go s.Start()
		servers = append(servers, s)
		t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	}
	require.Eventually(t, func() bool {
		for _, s := range servers {
			if s.JetStreamIsLeader() && len(s.JetStreamClusterPeers()) == size {
				return true
			}
		}
		return false
	}, 30*time.Second, 50*time.Millisecond)
	nc, err := nats.Connect(servers[0].ClientURL())
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	// A cluster that has just elected its leader may need a while on a busy machine.
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		_, err := bus.Apply(t.Context(), js, bus.ApplyOptions{Replicas: size})
		require.NoError(c, err)
	}, time.Minute, 100*time.Millisecond)
	return js
}

// A replicated bucket tells a lost race in other words than a single one; it is the
// same conflict, and no failure.
func TestALostRaceInAClusterIsAConflict(t *testing.T) {
	s, err := record.Open(t.Context(), cluster(t))
	require.NoError(t, err)
	e, err := s.Change(t.Context(), record.Entry{Key: record.Key{Account: "acme", InvoiceID: 1}}, record.OpenSend(opens(1)))
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := s.Change(t.Context(), e, record.Hold("test")); err != nil {
				assert.ErrorIs(t, err, record.ErrConflict)
			}
		})
	}
	wg.Wait()
	_, err = s.Change(t.Context(), e, record.Hold("test"))
	require.ErrorIs(t, err, record.ErrConflict, "also long after the race")
}
