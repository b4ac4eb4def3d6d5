package e2e

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/services/sandbox"
)

var update = flag.Bool("update", false, "write docs/trace.md anew")

// One trace follows one invoice through four processes, from the list call to the
// PUT. Run it with -v to see the trace; with -update it becomes docs/trace.md.
func TestTraceOfOneInvoiceFromListToPut(t *testing.T) {
	c := startCollector(t)
	p := newPlant(t, sandbox.DemoBook(7))
	ids := p.sendAll()
	p.awaitSettled(time.Minute)
	p.awaitClosed(ids)
	good, bad := p.oneOfEach(ids)

	root := c.awaitRoot(t, good)
	posted := c.await(t, string(root.GetTraceId()), "publish invoice.settled")
	requireOneTree(t, posted)
	t.Logf("\n%s", tree(posted))
	requireInOrder(t, onTheWay(posted),
		"list pending invoices", "open send", "GET /invoice/{id}", "publish invoice.received",
		"handle invoice.received", "make document", "publish invoice.ready",
		"handle invoice.ready", "claim", "find", "publish invoice.attempt", "create", "publish invoice.attempt", "publish invoice.outcome",
		"handle invoice.outcome", "settle", "GET /invoice/{id}", "put status", "PUT /invoice/{id}", "publish invoice.settled")
	require.Equal(t, []string{"tradepost-deliver", "tradepost-ingest", "tradepost-reconcile", "tradepost-transform"}, services(posted))

	rejected := c.await(t, string(c.awaitRoot(t, bad).GetTraceId()), "publish invoice.settled")
	requireOneTree(t, rejected)
	require.Contains(t, onTheWay(rejected), "POST /comment")
	require.Contains(t, onTheWay(rejected), "PUT /invoice/{id}")
	t.Logf("\n%s", tree(rejected))

	p.requireNoInvoiceLabels(ids)
	p.requireLogsName(root)
	requireNothingPersonal(t, p, c.all())
	if *update {
		writeTracePage(t, tree(posted), tree(rejected))
	}
}

// oneOfEach picks an invoice that was posted and one that was rejected.
func (p *plant) oneOfEach(ids []int64) (posted, rejected int64) {
	for _, id := range ids {
		if p.sandbox.API.Book().Expected[id].Posted() {
			posted = id
		} else {
			rejected = id
		}
	}
	return posted, rejected
}

func requireOneTree(t *testing.T, spans []span) {
	t.Helper()
	known := map[string]bool{}
	for _, s := range spans {
		known[string(s.GetSpanId())] = true
	}
	roots := 0
	for _, s := range spans {
		if len(s.GetParentSpanId()) == 0 {
			roots++
			continue
		}
		require.True(t, known[string(s.GetParentSpanId())], "%s has a parent in the trace", s.GetName())
	}
	require.Equal(t, 1, roots)
}

// onTheWay lists the names of the spans in the order of their beginning, without the
// reads of what belongs to the invoice, which a cache may have.
func onTheWay(spans []span) []string {
	var names []string
	for _, s := range spans {
		name := s.GetName()
		if strings.HasPrefix(name, "GET /") && name != "GET /invoice/{id}" {
			continue
		}
		names = append(names, name)
	}
	// The list is the root's beginning: both begin at the same moment.
	slices.SortStableFunc(names[:2], strings.Compare)
	return names
}

// requireInOrder allows more between the wanted names: on a slow machine a snapshot
// is read again, or a message comes twice.
func requireInOrder(t *testing.T, names []string, wanted ...string) {
	t.Helper()
	next := 0
	for _, name := range names {
		if next < len(wanted) && name == wanted[next] {
			next++
		}
	}
	require.Equal(t, len(wanted), next, "%v, in this order: %v", wanted, names)
}

func services(spans []span) []string {
	var all []string
	for _, s := range spans {
		all = append(all, s.service)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// requireNoInvoiceLabels looks at the metrics of every process: no label holds the id
// of an invoice, nor is called after one.
func (p *plant) requireNoInvoiceLabels(ids []int64) {
	p.t.Helper()
	for _, s := range stages {
		page := p.get("http://" + p.procs[s].ready + "/metrics")
		require.Contains(p.t, page, "tradepost_messages_handled_total")
		for line := range strings.Lines(page) {
			_, labels, ok := strings.Cut(line, "{")
			if strings.HasPrefix(line, "#") || !ok {
				continue
			}
			require.NotContains(p.t, labels, "invoice=", line)
			require.NotContains(p.t, labels, "invoice_id", line)
			for _, id := range ids {
				require.NotContains(p.t, labels, strconv.FormatInt(id, 10), line)
			}
		}
	}
	p.awaitMetric("ingest", `tradepost_sends_opened_total{cause="sent",connection="acme-books"} 40`)
	p.awaitMetric("ingest", `tradepost_servicetrade_calls_total{method="GET",route="/invoice/{id}",service="ingest",status="200"}`)
	p.awaitMetric("deliver", `tradepost_attempts_total{connection="acme-books",connector="hledger",operation="create",result="posted"}`)
	p.awaitMetric("reconcile", `tradepost_sends_settled_total{connection="acme-books",settlement="failed"} 10`)
	p.awaitMetric("reconcile", `tradepost_publish_seconds_count{service="reconcile",stage="settled"} 40`)
}

// awaitMetric waits until a process shows a line: it counts after it did what it counts.
func (p *plant) awaitMetric(stage, line string) {
	p.t.Helper()
	bustest.EventuallyWithin(p.t, time.Minute, func() error {
		if page := p.get("http://" + p.procs[stage].ready + "/metrics"); !strings.Contains(page, line) {
			return fmt.Errorf("%s does not show %s", stage, line)
		}
		return nil
	})
}

func (p *plant) get(url string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	require.NoError(p.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(p.t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(p.t, err)
	return string(body)
}

// requireLogsName looks for the lines of the trace in the logs of the processes.
func (p *plant) requireLogsName(root span) {
	p.t.Helper()
	id := fmt.Sprintf(`"trace_id":"%x"`, root.GetTraceId())
	for stage, words := range map[string]string{"ingest": "send opened", "deliver": "concluded", "reconcile": "settled"} {
		bustest.EventuallyWithin(p.t, time.Minute, func() error { // the line may come after what it tells
			for line := range strings.Lines(p.procs[stage].log.String()) {
				if strings.Contains(line, id) && strings.Contains(line, `"msg":"`+words+`"`) {
					return nil
				}
			}
			return fmt.Errorf("%s does not log %q with the trace", stage, words)
		})
	}
}

// requireNothingPersonal looks at every attribute of every span for names, addresses
// and secrets of the book.
func requireNothingPersonal(t *testing.T, p *plant, spans []span) {
	t.Helper()
	secrets := []string{sandbox.DefaultPassword, sandbox.DefaultUsername}
	for _, c := range p.sandbox.API.Book().Companies {
		secrets = append(secrets, c.Name)
	}
	for _, s := range spans {
		all := s.String()
		for _, secret := range secrets {
			require.NotContains(t, all, secret, s.GetName())
		}
	}
}

func writeTracePage(t *testing.T, posted, rejected string) {
	t.Helper()
	page := fmt.Sprintf(tracePage, posted, rejected)
	require.NoError(t, os.WriteFile(filepath.Join("..", "..", "..", "docs", "trace.md"), []byte(page), 0o644))
}

const tracePage = `# The trace of one invoice

<!-- Written by: go test ./services/tradepost/e2e -run Trace -v -update -->

Four services as four processes, a separate NATS server that writes through to the disk, a sandbox for ServiceTrade, hledger
books; 40 invoices were sent at once, and these are two of them. The spans were taken by a collector in the test, over OTLP.

Posted:

` + "```text\n%s```" + `

Rejected, with a private comment:

` + "```text\n%s```" + `

- Each send is a trace of its own. It begins with the poll that found the invoice. The list call served all 40, and is itself in the
  trace of the poll: each invoice's trace shows it as a span that links there.
- The gap before the first GET is the wait for a free call: ServiceTrade is asked by so many at a time as ` + "`max_parallel`" + ` says.
- A message carries the trace in its headers. The handler's span is under the one that published the message; a redelivery is one
  more span beside it.
- The services' clocks are those of their machines.

How to switch it on: [operating.md](operating.md#traces).
`
