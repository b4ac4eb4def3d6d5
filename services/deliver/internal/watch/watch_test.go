package watch_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/telemetry"
	"github.com/tradepost/tradepost/services/deliver/internal/watch"
)

// books answers what it is told to.
type books struct {
	connector.Connector
	found  []connector.Found
	err    error
	answer connector.Answer
}

func (*books) Describe() connector.Descriptor { return connector.Descriptor{Kind: "books"} }
func (b *books) Find(context.Context, connector.Query) ([]connector.Found, error) {
	return b.found, b.err
}
func (b *books) Create(context.Context, connector.Posting) connector.Answer { return b.answer }

// updatable can update as well.
type updatable struct{ *books }

func (u updatable) Update(context.Context, connector.Posting, connector.Found) connector.Answer {
	return u.answer
}

func (u updatable) Void(context.Context, connector.Found) connector.Answer { return u.answer }

func TestEveryCallIsCountedAndASpan(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	ctx := telemetry.With(t.Context(), sdk.NewTracerProvider(sdk.WithSyncer(spans)))
	registry := prometheus.NewRegistry()
	b := &books{}
	w := watch.New(registry)
	c := w.Wrap("acme-books", updatable{b})
	for _, b.found = range [][]connector.Found{nil, make([]connector.Found, 1), make([]connector.Found, 2)} {
		_, _ = c.Find(ctx, connector.Query{})
	}
	for _, b.err = range []error{errors.New("Acme Tower LLC"), connector.Stop(connector.Wait{})} {
		_, _ = c.Find(ctx, connector.Query{})
	}
	for _, b.answer = range []connector.Answer{
		connector.Posted{}, connector.Posted{Adopted: true}, connector.Rejected{}, connector.Wait{}, connector.Handed{}, connector.Uncertain{}, nil,
	} {
		require.Equal(t, b.answer, c.Create(ctx, connector.Posting{}))
	}
	b.answer = connector.Posted{}
	c.(connector.Updater).Update(ctx, connector.Posting{}, connector.Found{})
	require.Equal(t, b.answer, w.Voider("acme-books", updatable{b}).Void(ctx, connector.Found{}))
	var want strings.Builder
	want.WriteString("# HELP tradepost_attempts_total Calls to the accounting system, by operation (find, create, update, confirm, void) and result (found, nothing, several; posted, adopted, rejected, wait, handed, uncertain; error).\n# TYPE tradepost_attempts_total counter\n")
	for _, line := range []string{
		`create",result="adopted"} 1`, `create",result="handed"} 1`, `create",result="posted"} 1`, `create",result="rejected"} 1`,
		`create",result="uncertain"} 2`, `create",result="wait"} 1`,
		`find",result="error"} 1`, `find",result="found"} 1`, `find",result="nothing"} 1`, `find",result="several"} 1`, `find",result="wait"} 1`,
		`update",result="posted"} 1`, `void",result="posted"} 1`,
	} {
		want.WriteString(`tradepost_attempts_total{connection="acme-books",connector="books",operation="` + line + "\n")
	}
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(want.String()), "tradepost_attempts_total"))
	require.Len(t, spans.GetSpans(), 14)
	for _, s := range spans.GetSpans() {
		require.Contains(t, []string{"find", "create", "update", "void"}, s.Name)
		require.NotContains(t, s.Status.Description, "Acme")
		require.Empty(t, s.Events)
	}
}

func TestWhatCannotUpdateStillCannot(t *testing.T) {
	_, can := watch.New(prometheus.NewRegistry()).Wrap("acme-books", &books{}).(connector.Updater)
	require.False(t, can)
}

func TestWhatCannotVoidStillCannot(t *testing.T) {
	require.Nil(t, watch.New(prometheus.NewRegistry()).Voider("acme-books", &books{}))
}
