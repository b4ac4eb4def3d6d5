package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"
	"go.opentelemetry.io/otel/trace"

	"github.com/tradepost/tradepost/pkg/telemetry"
)

const (
	firstRetry = time.Second
	maxRetry   = 5 * time.Minute
	// Wait before another try to write a dead letter.
	deadLetterRetry = 30 * time.Second
)

// Results of a delivery, as the metrics show them.
const (
	resultOK         = "ok"
	resultWait       = "wait"
	resultRetry      = "retry"
	resultPanic      = "panic"
	resultDead       = "dead"
	resultHandedBack = "handed_back"
)

// adapt makes a Watermill handler of h. An invoice message whose subject cannot be
// read is poison, since identity comes from the subject alone.
func adapt(c Consumer, h Handler) message.NoPublishHandlerFunc {
	return func(wm *message.Message) error {
		d, ok := DeliveryFrom(wm.Context())
		if !ok {
			return errors.New("the message does not come from a bus.Subscriber")
		}
		m, err := parsed(d)
		if err != nil {
			return Poison(CodeSubject, err)
		}
		ctx := wm.Context()
		if c.Timeout > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, c.Timeout)
			defer cancel()
		}
		return h(ctx, m)
	}
}

// parsed returns the message; with an error its subject is zero.
func parsed(d *Delivery) (Message, error) {
	m := d.message()
	if strings.HasPrefix(m.Raw, pollRoot+".") {
		return m, nil
	}
	var err error
	m.Subject, err = ParseSubject(m.Raw)
	return m, err
}

// dispose turns the handler's error into what the server is told. It returns nil
// always: Watermill would log every error, and nack without a delay.
func (r *Router) dispose(next message.HandlerFunc) message.HandlerFunc {
	return func(wm *message.Message) ([]*message.Message, error) {
		d, ok := DeliveryFrom(wm.Context())
		if !ok {
			return next(wm)
		}
		if d.Stopping() {
			r.handBack(d, wm)
			return nil, nil
		}
		_, err := next(wm)
		if err == nil {
			r.panics.Remove(d.key())
			d.result = resultOK
			return nil, nil
		}
		r.conclude(d, wm, err)
		wm.Nack()
		return nil, nil
	}
}

// conclude decides what becomes of a message that failed.
func (r *Router) conclude(d *Delivery, wm *message.Message, err error) {
	ctx := wm.Context()
	telemetry.Fail(trace.SpanFromContext(ctx), err)
	m, _ := parsed(d)
	log := r.o.Log.With("durable", d.consumer.Durable, "subject", m.Raw, "stream", m.Stream, "sequence", m.Sequence, "delivered", m.Delivered)
	if ctx.Err() != nil && d.Stopping() {
		log.WarnContext(ctx, "stopped while the message was being handled; another replica gets it", "error", err)
		d.result = resultHandedBack
		return
	}
	if code, ok := PoisonCode(err); ok {
		r.bury(ctx, d, m, code, err)
		return
	}
	if delay, ok := RetryDelay(err); ok {
		log.WarnContext(ctx, "the message has to wait", "delay", delay, "error", err)
		d.result = resultWait
		d.NakAfter(delay)
		return
	}
	if isFull(err) {
		delay := min(Backoff(m.Delivered), fullRetry)
		log.Error("no room for what the message leads to; it waits", "delay", delay, "error", err)
		d.result = resultWait
		d.NakAfter(delay)
		return
	}
	r.failed(ctx, d, m, err, log)
}

// failed is for errors without a class, and for panics.
func (r *Router) failed(ctx context.Context, d *Delivery, m Message, err error, log *slog.Logger) {
	delay := Backoff(m.Delivered)
	if crash, ok := errors.AsType[middleware.RecoveredPanicError](err); ok {
		d.result = resultPanic
		if n := r.countPanic(d); n >= maxPanics {
			r.bury(ctx, d, m, CodeCrashLoop, fmt.Errorf("the handler panicked %d times: %v", n, crash.V))
			return
		}
		log.ErrorContext(ctx, "the handler panicked", "panic", fmt.Sprint(crash.V), "stack", crash.Stacktrace, "delay", delay)
	} else {
		d.result = resultRetry
		log.ErrorContext(ctx, "the message failed and is tried again", "delay", delay, "error", err)
	}
	d.NakAfter(delay)
}

func (r *Router) handBack(d *Delivery, wm *message.Message) {
	d.result = resultHandedBack
	d.NakAfter(0)
	wm.Nack()
}

// Backoff is the pause of a message that was delivered so often and failed: it
// doubles from 1 s with every delivery, up to a quarter more, so that
// messages that failed together do not come back together; 5 min at the most.
func Backoff(delivered int) time.Duration {
	d := maxRetry * 4 / 5
	if shift := max(delivered-1, 0); shift < 16 {
		d = min(d, firstRetry<<shift)
	}
	return d + rand.N(d/4+1)
}

// observe counts and times every delivery.
func (r *Router) observe(next message.HandlerFunc) message.HandlerFunc {
	return func(wm *message.Message) ([]*message.Message, error) {
		d, ok := DeliveryFrom(wm.Context())
		if !ok {
			return next(wm)
		}
		stage := stageLabel(d.Msg.Subject)
		m, _ := parsed(d)
		connection := r.metrics.connections.of(m.Subject.Connection)
		flying := r.metrics.inFlight.WithLabelValues(r.o.Service, stage, connection)
		flying.Inc()
		defer flying.Dec()
		if d.Meta.NumDelivered > 1 {
			r.metrics.redelivered.WithLabelValues(r.o.Service, stage).Inc()
		}
		start := time.Now()
		out, err := next(wm)
		took := time.Since(start)
		r.metrics.seconds.WithLabelValues(r.o.Service, stage).Observe(took.Seconds())
		r.metrics.handled.WithLabelValues(r.o.Service, stage, connection, d.result).Inc()
		r.o.Log.DebugContext(wm.Context(), "message handled", "durable", d.consumer.Durable, "subject", m.Raw, "sequence", m.Sequence, "result", d.result, "took", took)
		return out, err
	}
}
