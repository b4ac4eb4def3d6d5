package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tradepost/tradepost/pkg/telemetry"
)

const (
	traceID     = "0af7651916cd43dd8448eb211c80319c"
	traceparent = "00-" + traceID + "-b7ad6b7169203331-01"
)

func recorded(t *testing.T) (context.Context, *tracetest.InMemoryExporter) {
	t.Helper()
	spans := tracetest.NewInMemoryExporter()
	p := sdk.NewTracerProvider(sdk.WithSyncer(spans))
	return telemetry.With(t.Context(), p), spans
}

func TestWithoutAProviderNothingIsRecordedAndNothingIsMade(t *testing.T) {
	ctx := t.Context()
	require.False(t, telemetry.Active(ctx))
	same, span := telemetry.Start(ctx, "work")
	require.Equal(t, ctx, same)
	require.False(t, span.IsRecording())
	telemetry.End(span, errors.New("oops"))
	telemetry.Inject(ctx, func(key, _ string) { t.Errorf("header %s from nowhere", key) })
	require.Equal(t, ctx, telemetry.With(ctx, nil))
}

func TestATraceContextIsPassedOnWithoutAProvider(t *testing.T) {
	ctx := telemetry.Extract(t.Context(), map[string]string{"traceparent": traceparent, "tracestate": "a=b", "baggage": "k=v"})
	ctx, _ = telemetry.Start(ctx, "work")
	got := map[string]string{}
	telemetry.Inject(ctx, func(key, value string) { got[key] = value })
	require.Equal(t, map[string]string{"traceparent": traceparent, "tracestate": "a=b", "baggage": "k=v"}, got)
}

func TestExtract(t *testing.T) {
	for name, c := range map[string]struct {
		headers map[string]string
		valid   bool
	}{
		"none":              {nil, false},
		"good":              {map[string]string{"traceparent": traceparent}, true},
		"as HTTP writes it": {map[string]string{"Traceparent": traceparent}, true},
		"rubbish":           {map[string]string{"traceparent": "rubbish"}, false},
		"all zero":          {map[string]string{"traceparent": "00-00000000000000000000000000000000-0000000000000000-01"}, false},
		"bad state":         {map[string]string{"traceparent": traceparent, "tracestate": "==,,"}, true},
		"bad baggage":       {map[string]string{"traceparent": traceparent, "baggage": "\x00=%%"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			sc := trace.SpanContextFromContext(telemetry.Extract(t.Context(), c.headers))
			require.Equal(t, c.valid, sc.IsValid())
		})
	}
}

// Whatever somebody writes into the headers, nothing breaks, and what goes on is
// a trace context or nothing.
func FuzzExtract(f *testing.F) {
	f.Add(traceparent, "a=b", "k=v")
	f.Add("", "", "")
	f.Add("ff-"+traceID+"-b7ad6b7169203331-zz", strings.Repeat("a=b,", 99), strings.Repeat("k=v;p,", 4000))
	f.Fuzz(func(t *testing.T, parent, state, baggage string) {
		ctx := telemetry.Extract(t.Context(), map[string]string{"traceparent": parent, "tracestate": state, "baggage": baggage})
		size := 0
		telemetry.Inject(ctx, func(key, value string) {
			size += len(key) + len(value)
			require.NotContains(t, value, "\n")
		})
		require.Less(t, size, 64*1024)
	})
}

type refusal struct{}

func (refusal) Error() string     { return "customer Acme Tower LLC is not in the books" }
func (refusal) ErrorType() string { return "customer.not_in_books" }

type pipeError struct{ who string }

func (b *pipeError) Error() string { return "broken pipe of " + b.who }

func TestErrorsAreRecordedByTheirClassAlone(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		class  string
		status codes.Code
	}{
		"names itself": {fmt.Errorf("post for Acme: %w", refusal{}), "customer.not_in_books", codes.Error},
		"time-out":     {fmt.Errorf("call Acme: %w", context.DeadlineExceeded), "timeout", codes.Error},
		"canceled":     {fmt.Errorf("call Acme: %w", context.Canceled), "canceled", codes.Error},
		"a type":       {fmt.Errorf("call: %w", &pipeError{"Acme"}), "telemetry_test.pipeError", codes.Error},
		"only a text":  {errors.New("Acme is closed"), "error", codes.Error},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, spans := recorded(t)
			require.Error(t, telemetry.Do(ctx, "work", func(context.Context) error { return c.err }))
			got := spans.GetSpans()[0]
			require.Equal(t, c.status, got.Status.Code)
			require.Equal(t, c.class, got.Status.Description)
			require.Empty(t, got.Events)
			require.NotContains(t, fmt.Sprintf("%+v", got), "Acme")
		})
	}
}

func TestEachSendIsATraceThatBeginsWithTheList(t *testing.T) {
	ctx, spans := recorded(t)
	began := time.Now()
	ctx, poll := telemetry.Start(ctx, "poll")
	_, list := telemetry.Start(ctx, "list")
	list.End()
	ctx = telemetry.WithOrigin(ctx, "list", began, list)
	seen := map[trace.TraceID]bool{poll.SpanContext().TraceID(): true}
	for range 3 {
		_, span := telemetry.NewTrace(ctx, "open", nil, telemetry.Invoice(1))
		require.False(t, seen[span.SpanContext().TraceID()], "a trace of its own")
		seen[span.SpanContext().TraceID()] = true
		span.End()
	}
	poll.End()
	for _, s := range spans.GetSpans() {
		switch {
		case s.Name == "open":
			require.False(t, s.Parent.IsValid())
			require.Equal(t, began.UnixNano(), s.StartTime.UnixNano())
			require.Equal(t, poll.SpanContext().SpanID(), s.Links[0].SpanContext.SpanID())
		case s.Name == "list" && s.SpanContext.TraceID() != poll.SpanContext().TraceID():
			require.Equal(t, list.SpanContext().SpanID(), s.Links[0].SpanContext.SpanID())
			require.Equal(t, began.UnixNano(), s.StartTime.UnixNano())
		}
	}
	require.Len(t, spans.GetSpans(), 8)
}

func TestLogEntriesNameTheirSpan(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(telemetry.LogHandler(slog.NewJSONHandler(&out, nil))).With("service", "x")
	log.InfoContext(t.Context(), "outside")
	require.NotContains(t, out.String(), "trace_id")
	ctx := telemetry.Extract(t.Context(), map[string]string{"traceparent": traceparent})
	log.InfoContext(ctx, "inside")
	require.Contains(t, out.String(), `"service":"x","trace_id":"`+traceID+`","span_id":"b7ad6b7169203331"`)
}

func TestFromEnvironment(t *testing.T) {
	for name, c := range map[string]struct {
		env      map[string]string
		records  bool
		complain string
	}{
		"nothing set":  {nil, false, ""},
		"none":         {map[string]string{"OTEL_TRACES_EXPORTER": "none"}, false, ""},
		"otlp":         {map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, true, ""},
		"two":          {map[string]string{"OTEL_TRACES_EXPORTER": "otlp, console"}, true, ""},
		"switched off": {map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "true"}, false, ""},
		"unknown":      {map[string]string{"OTEL_TRACES_EXPORTER": "jaeger"}, false, `OTEL_TRACES_EXPORTER is "jaeger", and may be otlp, console or none`},
		"gRPC":         {map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, false, "http/protobuf only"},
	} {
		t.Run(name, func(t *testing.T) {
			for key, value := range c.env {
				t.Setenv(key, value)
			}
			p, err := telemetry.FromEnvironment(t.Context(), telemetry.Options{Service: "ingest"})
			if c.complain != "" {
				require.ErrorIs(t, err, telemetry.ErrEnvironment)
				require.ErrorContains(t, err, c.complain)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.records, p != nil)
			if p != nil {
				require.NoError(t, p.Shutdown(t.Context()))
			}
		})
	}
}

func TestTheConsoleExporterSaysWhoRecords(t *testing.T) {
	t.Setenv("OTEL_TRACES_EXPORTER", "console")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=shop")
	var out bytes.Buffer
	p, err := telemetry.FromEnvironment(t.Context(), telemetry.Options{Service: "ingest", Version: "v1", Instance: "i-1", Console: &out})
	require.NoError(t, err)
	require.NoError(t, telemetry.Do(telemetry.With(t.Context(), p), "work", func(context.Context) error { return nil }))
	require.NoError(t, p.Shutdown(t.Context()))
	for _, want := range []string{`"Name":"work"`, "tradepost-ingest", "shop", "i-1"} {
		require.Contains(t, out.String(), want)
	}
}

func TestTheSamplerOfTheEnvironmentCounts(t *testing.T) {
	t.Setenv("OTEL_TRACES_EXPORTER", "console")
	t.Setenv("OTEL_TRACES_SAMPLER", "parentbased_always_off")
	var out bytes.Buffer
	p, err := telemetry.FromEnvironment(t.Context(), telemetry.Options{Service: "ingest", Console: &out})
	require.NoError(t, err)
	ctx := telemetry.With(t.Context(), p)
	require.NoError(t, telemetry.Do(ctx, "dropped", func(context.Context) error { return nil }))
	sampled := telemetry.Extract(ctx, map[string]string{"traceparent": traceparent})
	require.NoError(t, telemetry.Do(sampled, "kept", func(context.Context) error { return nil }))
	require.NoError(t, p.Shutdown(t.Context()))
	require.NotContains(t, out.String(), "dropped")
	require.Contains(t, out.String(), "kept")
}

func TestRoute(t *testing.T) {
	for path, want := range map[string]string{
		"/api/invoice":               "/invoice",
		"/invoice/2687264638045999":  "/invoice/{id}",
		"/api/externalid/company/7":  "/externalid/company/{id}",
		"/api/externalid/ACME Tower": "/externalid/{value}",
		"/auth":                      "/auth",
		"/":                          "/",
		"/a/b/c/d/e/f/g/h/i":         "/other",
	} {
		require.Equal(t, want, telemetry.Route(path), path)
	}
}
