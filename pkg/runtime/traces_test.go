package runtime_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

func TestServicesRecordTraces(t *testing.T) {
	o, server := options(t)
	out := &buffer{}
	spans := tracetest.NewInMemoryExporter()
	o.InProcess, o.Traces = server, trace.NewTracerProvider(trace.WithBatcher(spans))
	t.Cleanup(func() { require.NoError(t, o.Traces.Shutdown(context.Background())) })
	o.Log = runtime.Logger(connection.Log{Format: "json"}, out)
	ctx, cancel := context.WithCancel(t.Context())
	err := runtime.Run(ctx, o, func(ctx context.Context, d runtime.Deps) (runtime.Service, error) {
		require.True(t, telemetry.Active(ctx))
		return serviceFunc(func(ctx context.Context) error {
			inside, span := telemetry.Start(ctx, "work")
			d.Log.InfoContext(inside, "at work")
			span.End()
			cancel()
			return nil
		}), nil
	})
	require.NoError(t, err)
	recorded := spans.GetSpans()
	require.Len(t, recorded, 1, "the last spans are sent before the end")
	require.Contains(t, out.String(), `"msg":"at work","service":"stage"`)
	require.Contains(t, out.String(), `"trace_id":"`+recorded[0].SpanContext.TraceID().String()+`"`)
}

func TestAnExporterThatDoesNotExistIsTold(t *testing.T) {
	t.Setenv("OTEL_TRACES_EXPORTER", "jaeger")
	o, _ := options(t)
	err := runtime.Run(t.Context(), o, build(untilAsked))
	require.ErrorIs(t, err, telemetry.ErrEnvironment)
	require.ErrorContains(t, err, `start stage: `)
}
