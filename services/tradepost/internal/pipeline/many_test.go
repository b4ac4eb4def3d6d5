package pipeline_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	goruntime "runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/sandbox"
)

// manyVariable sets the number of connections of the test below; the figures in
// docs/operating.md are those of 1,000.
const manyVariable = "TRADEPOST_TEST_CONNECTIONS"

func many(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv(manyVariable))
	if err != nil {
		return 60
	}
	return n
}

// addMany adds n accounts without invoices, which share one ServiceTrade.
func (p *plant) addMany(n int) {
	p.t.Helper()
	book := sandbox.GenerateBook(sandbox.BookOptions{Seed: 5, Invoices: 1})
	o := sandbox.Options{Book: book, Configured: true}
	for i := range n {
		o.Credentials = append(o.Credentials, sandbox.Credential{Username: fmt.Sprintf("user-%d", i), Password: "p", UserID: int64(1000 + i)})
	}
	web := httptest.NewServer(sandbox.New(o))
	p.t.Cleanup(web.Close)
	p.put("many.yaml", mappingOf(book))
	for i := range n {
		account := fmt.Sprintf("many-%04d", i)
		p.accounts[account] = map[string]any{
			"time_zone": book.TimeZone,
			"servicetrade": map[string]any{
				"url": web.URL + "/api", "username": fmt.Sprintf("user-%d", i), "password": "p",
				"invoice_entity_type": sandbox.DefaultInvoiceEntityType,
			},
		}
		p.connect(account, map[string]any{"mapping_file": "many.yaml"})
	}
}

// Many connections in one process: all are attached, the last one works, one more is
// added live, and readiness stays short.
func TestManyConnections(t *testing.T) {
	n := many(t)
	p := newPlant(t)
	p.addMany(n)
	p.add("last", 7)
	began := time.Now()
	p.start()
	t.Logf("%d connections: ready after %s", n+1, time.Since(began).Round(time.Millisecond))
	p.send("last", 1)
	p.awaitSettled("last")
	t.Logf("the first invoice of the last connection is settled %s after the start", time.Since(began).Round(time.Millisecond))
	p.await("all attached", func() bool {
		checks := p.health.Readiness().Checks
		return checks["deliver/connections"] == "ok" && checks["reconcile/connections"] == "ok" && checks["ingest/accounts"] == "ok"
	})
	t.Logf("all attached after %s", time.Since(began).Round(time.Millisecond))
	began = time.Now()
	p.send("last", 1)
	p.awaitSettled("last")
	t.Logf("a second invoice took %s", time.Since(began).Round(time.Millisecond))
	p.requireBooks("last")

	p.add("another", 8)
	p.send("another", 1)
	began = time.Now()
	p.change()
	p.awaitSettled("another")
	t.Logf("one more connection settles its first invoice %s after the file was written", time.Since(began).Round(time.Millisecond))
	p.requireBooks("another")
	for name, told := range p.health.Readiness().Checks {
		require.Less(t, len(told), 1000, name)
	}
	if os.Getenv(manyVariable) != "" {
		p.idle(t)
	}
}

// idle tells what an idle process takes.
func (p *plant) idle(t *testing.T) {
	t.Helper()
	cpu := func() time.Duration {
		var u syscall.Rusage
		require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := cpu()
	<-time.After(20 * time.Second)
	used := cpu() - before
	goruntime.GC()
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	t.Logf("idle: %.1f %% of one CPU, %d goroutines, heap %d MiB, stacks %d MiB, from the system %d MiB", 100*used.Seconds()/20,
		goruntime.NumGoroutine(), m.HeapAlloc>>20, m.StackInuse>>20, m.Sys>>20)
}
