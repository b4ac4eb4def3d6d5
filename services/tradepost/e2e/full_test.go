package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/services/sandbox"
)

// limit sets how many bytes a stream may hold from now on; -1 is no limit.
func (p *plant) limit(stream string, bytes int64) {
	p.t.Helper()
	s, err := p.js.Stream(p.t.Context(), stream)
	require.NoError(p.t, err)
	c := s.CachedInfo().Config
	c.MaxBytes = bytes
	_, err = p.js.UpdateStream(p.t.Context(), c)
	require.NoError(p.t, err)
}

// awaitUnready waits until a service is not ready and says this.
func (p *plant) awaitUnready(service, says string) {
	p.t.Helper()
	var body string
	require.Eventually(p.t, func() bool {
		var status int
		status, body = p.procs[service].readiness()
		return status == http.StatusServiceUnavailable && strings.Contains(body, says)
	}, time.Minute, 50*time.Millisecond, "%s", service)
	p.t.Logf("%s: %s", service, body)
}

// Streams that are full, of ingest first, then of transform and deliver: each service
// says so in its readiness, nothing is lost, and all go on by themselves with room.
func TestFullStreamsOnlyDelay(t *testing.T) {
	p := newPlant(t, sandbox.DemoBook(13))
	p.limit(bus.StreamReceived, 20<<10)
	p.limit(bus.StreamOutcome, 4<<10)
	ids := p.sendAll()
	p.awaitUnready("ingest", "the stream is full (stream INVOICE_RECEIVED)")
	p.awaitUnready("deliver", "the stream is full (stream INVOICE_OUTCOME)")
	require.Positive(t, p.sandbox.API.Counts()["pending_accounting"])
	p.limit(bus.StreamReceived, -1)
	p.awaitUnready("transform", "the stream is full (stream INVOICE_OUTCOME)")
	p.limit(bus.StreamOutcome, -1)
	p.awaitReady()
	p.awaitSettled(4 * time.Minute)
	p.awaitClosed(ids)
	p.requireRight(ids)
	p.requireOneWriteEach(ids)
}

// Every stream is deleted and made again, that of the polls too: every service says
// so, none is restarted, all are ready again, and what is sent afterwards is settled.
func TestDeletedStreamsAreMadeAgain(t *testing.T) {
	p := newPlant(t, sandbox.GenerateBook(sandbox.BookOptions{Seed: 14, Invoices: 60}))
	first := p.sandbox.API.Invoices("ok")[:30]
	ids := make([]int64, 0, len(first))
	for _, inv := range first {
		ids = append(ids, inv.ID)
	}
	require.NoError(t, p.sandbox.API.Send("", ids...))
	p.awaitSettled(time.Minute)
	p.awaitClosed(ids)
	for _, c := range bus.Streams(1) {
		require.NoError(t, p.js.DeleteStream(t.Context(), c.Name))
	}
	for _, s := range stages {
		p.awaitUnready(s, "run `tradepost nats apply`")
	}
	p.tradepost("nats", "apply", "--first-install")
	p.awaitReady()
	rest := p.sendAll()
	p.awaitSettled(time.Minute)
	p.awaitClosed(rest)
	p.requireRight(append(ids, rest...))
}
