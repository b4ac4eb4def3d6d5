package telemetry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

// Options of what is recorded by one service.
type Options struct {
	// Service, Version and Instance say who records. OTEL_SERVICE_NAME and
	// OTEL_RESOURCE_ATTRIBUTES override them.
	Service  string
	Version  string
	Instance string
	// Console takes the spans of the exporter console; nil = standard output.
	Console io.Writer
	// Log is told when spans cannot be sent.
	Log *slog.Logger
}

// Exporter words of OTEL_TRACES_EXPORTER.
const (
	exporterNone    = "none"
	exporterOTLP    = "otlp"
	exporterConsole = "console"
)

// ErrEnvironment means that a variable OTEL_... cannot be used.
var ErrEnvironment = errors.New("the environment for traces cannot be used")

// FromEnvironment makes what records the spans of a service, as the standard
// variables OTEL_... say. Without OTEL_TRACES_EXPORTER nothing is recorded: it
// returns nil. It calls nobody: a collector that is away costs spans, never work.
func FromEnvironment(ctx context.Context, o Options) (*trace.TracerProvider, error) {
	tellTrouble(o.Log)
	exporters, err := exporters(ctx, o)
	if err != nil || len(exporters) == 0 {
		return nil, err
	}
	who, err := o.resource(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: OTEL_RESOURCE_ATTRIBUTES: %w", ErrEnvironment, err)
	}
	opts := []trace.TracerProviderOption{trace.WithResource(who)}
	for _, e := range exporters {
		opts = append(opts, trace.WithBatcher(e))
	}
	return trace.NewTracerProvider(opts...), nil
}

func exporters(ctx context.Context, o Options) ([]trace.SpanExporter, error) {
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") {
		return nil, nil
	}
	var all []trace.SpanExporter
	for word := range strings.SplitSeq(cmp.Or(os.Getenv("OTEL_TRACES_EXPORTER"), exporterNone), ",") {
		var e trace.SpanExporter
		var err error
		switch word = strings.TrimSpace(word); word {
		case exporterNone, "":
			continue
		case exporterOTLP:
			e, err = otlp(ctx)
		case exporterConsole:
			e, err = stdouttrace.New(stdouttrace.WithWriter(cmp.Or[io.Writer](o.Console, os.Stdout)))
		default:
			err = fmt.Errorf("OTEL_TRACES_EXPORTER is %q, and may be otlp, console or none", word)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrEnvironment, err)
		}
		all = append(all, e)
	}
	return all, nil
}

// otlp sends protobuf over HTTP. The endpoint, headers, time-out and certificates
// are read from the environment by the exporter itself.
func otlp(ctx context.Context) (trace.SpanExporter, error) {
	const httpProtobuf = "http/protobuf"
	protocol := cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL"), httpProtobuf)
	if protocol != httpProtobuf {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL is %q, and may be %s only", protocol, httpProtobuf)
	}
	return otlptracehttp.New(ctx)
}

func (o Options) resource(ctx context.Context) (*resource.Resource, error) {
	return resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(
			attribute.String("service.namespace", "tradepost"), attribute.String("service.name", "tradepost-"+o.Service),
			attribute.String("service.version", o.Version), attribute.String("service.instance.id", o.Instance),
		),
		resource.WithFromEnv(),
	)
}

var tellOnce sync.Once

// tellTrouble lets the log have what OpenTelemetry has to say, of exporters as of
// headers that it cannot read. It has one place for that in a process, whatever the
// number of services: the first one's log gets it.
func tellTrouble(log *slog.Logger) {
	if log == nil {
		return
	}
	tellOnce.Do(func() {
		otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
			log.Warn("OpenTelemetry has trouble, spans may be lost", "error", err)
		}))
	})
}
