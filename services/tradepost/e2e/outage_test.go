package e2e

import (
	"log/slog"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/services/sandbox"
)

var quiet = slog.New(slog.DiscardHandler)

func retry(follows int64) *tradepostv1.InvoiceCommand {
	return &tradepostv1.InvoiceCommand{
		FollowsSend: follows, By: "maria", Command: &tradepostv1.InvoiceCommand_Retry{Retry: &tradepostv1.Retry{}},
	}
}

// NATS is gone for a minute while 300 invoices are on their way: every service is
// ready again within 10 s of its return, nothing is lost and nothing is there twice.
func TestNATSGoneForAMinuteUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("takes about two minutes: not with -short")
	}
	book := sandbox.GenerateBook(sandbox.BookOptions{Seed: 12, Invoices: 300, Faults: sandbox.DemoFaults()})
	p := newPlant(t, book)
	ids := p.sendAll()
	require.Eventually(t, func() bool { return p.sandbox.API.Counts()["pending_accounting"] <= 270 }, time.Minute, 10*time.Millisecond)
	server := p.procs["nats-server"]
	server.end(syscall.SIGKILL)
	gone := time.Now()
	require.Positive(t, p.sandbox.API.Counts()["pending_accounting"], "there is work left")
	for _, s := range stages {
		require.Eventually(t, func() bool { code, _ := p.procs[s].readiness(); return code == http.StatusServiceUnavailable },
			10*time.Second, 50*time.Millisecond, "%s", s)
	}
	<-time.After(time.Until(gone.Add(time.Minute)))
	server.start()
	server.awaitReady()
	back := time.Now()
	p.awaitReady()
	t.Logf("every service was ready %s after the return of the server", time.Since(back).Round(time.Millisecond))
	require.Less(t, time.Since(back), 10*time.Second)
	p.awaitSettled(3 * time.Minute)
	p.awaitClosed(ids)
	p.requireRight(ids)
	for _, s := range stages {
		select {
		case <-p.procs[s].done:
			t.Errorf("%s ended", s)
		default:
		}
	}
}
