package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
)

const (
	// bindsAtOnce bounds the consumers of one router that are looked up or made at the
	// same time. With a thousand at once the server answers none of them in time.
	bindsAtOnce = 16
	// maxErrors is how many consumers a probe names.
	maxErrors = 5
)

// RouterOptions says what a Router works with.
type RouterOptions struct {
	JS  jetstream.JetStream
	Log *slog.Logger
	// Registerer takes the metrics; nil drops them. It may be shared.
	Registerer prometheus.Registerer
	// Service names the service in metrics and dead letters.
	Service string
	// Drain is how long messages in flight may take to finish when Run's context
	// ends; 0 = 20 s. Keep it 5 s below the time that the process gets to stop.
	Drain time.Duration
	// OnDead is called when a message has become a dead letter and before it is
	// ended, to write down that its invoice is held. When it fails, the message is
	// delivered again and OnDead is called again: it must be idempotent. reason is
	// the code and the error text. Message.Subject is zero when the message belongs
	// to no invoice.
	OnDead func(ctx context.Context, m Message, reason string) error
	// Middleware is put outside of the router's own.
	Middleware []message.HandlerMiddleware
}

// Handler handles one delivery of a message. nil acks it; RetryAfter and Poison
// class an error; any other error is tried again, later each time (1 s to 5 min).
// ctx ends when the router stops and the drain time is over.
type Handler func(ctx context.Context, m Message) error

// Router hands messages to handlers through Watermill's Router. Handlers can be
// added and removed while it runs.
type Router struct {
	o         RouterOptions
	wm        *message.Router
	metrics   *metrics
	publisher *Publisher
	panics    *lru.Cache[string, int]
	panicsMu  sync.Mutex

	mu       sync.Mutex
	base     context.Context
	finished chan struct{}
	handlers map[string]*registration
	binding  chan struct{}

	adding  sync.Mutex // held for moments only
	closing bool
}

type registration struct {
	subscriber *Subscriber
	handler    *message.Handler
	// late: added while the router ran. leaving: Remove waits for its messages.
	late    bool
	leaving bool
}

// NewRouter returns a router without handlers.
func NewRouter(o RouterOptions) (*Router, error) {
	if o.JS == nil || o.Log == nil || o.Service == "" {
		return nil, errors.New("new router: JS, Log and Service are required")
	}
	if o.Drain == 0 {
		o.Drain = defaultDrain
	}
	panics, err := lru.New[string, int](panicsRemembered)
	if err != nil {
		return nil, fmt.Errorf("new router: %w", err)
	}
	r := &Router{
		o: o, panics: panics, metrics: newMetrics(o.Registerer),
		finished: make(chan struct{}), handlers: map[string]*registration{},
		binding: make(chan struct{}, bindsAtOnce),
	}
	r.publisher = NewPublisher(o.JS, o.Log, FromService(o.Service), func(p *Publisher) { p.metrics = r.metrics })
	// Watermill tells much as Info that is of interest for debugging only.
	levels := map[slog.Level]slog.Level{slog.LevelInfo: slog.LevelDebug}
	r.wm, err = message.NewRouter(message.RouterConfig{CloseTimeout: o.Drain + abandonGrace + time.Second},
		watermill.NewSlogLoggerWithLevelMapping(o.Log, levels))
	if err != nil {
		return nil, fmt.Errorf("new router: %w", err)
	}
	r.wm.AddMiddleware(o.Middleware...)
	r.wm.AddMiddleware(r.traced, r.observe, r.dispose, middleware.Recoverer)
	// Without it Watermill's router ends when the last handler is removed.
	r.wm.AddConsumerHandler("keep running", "", newIdle(), func(*message.Message) error { return nil })
	return r, nil
}

// Handle adds a handler for a consumer; also while the router runs. A durable can
// be handled once. The consumer is made on the server when it is missing.
func (r *Router) Handle(c Consumer, h Handler) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.handlers[c.Durable]; ok {
		return fmt.Errorf("handle consumer %s: it has a handler already", c.Durable)
	}
	if r.isFinished() {
		return fmt.Errorf("handle consumer %s: the router has stopped", c.Durable)
	}
	s, err := NewSubscriber(SubscriberOptions{
		JS: r.o.JS, Consumer: c, Log: r.o.Log, Service: r.o.Service, Drain: r.o.Drain, metrics: r.metrics,
		binding: r.binding,
	})
	if err != nil {
		return fmt.Errorf("handle: %w", err)
	}
	added := r.add(c, s, h)
	if added == nil {
		return fmt.Errorf("handle consumer %s: the router has stopped", c.Durable)
	}
	r.handlers[c.Durable] = &registration{subscriber: s, handler: added, late: r.base != nil}
	if r.base == nil {
		return nil
	}
	return r.startHandlers()
}

// add gives Watermill's router a handler; nil once it closes. It waits for its handlers
// then, and one that came in that moment would be counted beside the wait.
func (r *Router) add(c Consumer, s *Subscriber, h Handler) *message.Handler {
	r.adding.Lock()
	defer r.adding.Unlock()
	if r.closing {
		return nil
	}
	return r.wm.AddConsumerHandler(c.Durable, c.Filter, s, adapt(c, h))
}

// Remove ends the handler of a durable and returns when its messages in flight are
// done. The consumer stays on the server, with its place in the stream. Other
// handlers can be added and removed meanwhile.
func (r *Router) Remove(durable string) error {
	registered, err := r.takeLeave(durable)
	if err != nil {
		return err
	}
	select {
	case <-registered.handler.Started():
	case <-r.finished:
		return nil
	}
	err = registered.subscriber.Close()
	<-registered.handler.Stopped()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.handlers, durable)
	return err
}

func (r *Router) takeLeave(durable string) (*registration, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	registered, ok := r.handlers[durable]
	switch {
	case !ok:
		return nil, fmt.Errorf("remove consumer %s: it has no handler", durable)
	case r.base == nil:
		return nil, fmt.Errorf("remove consumer %s: the router does not run", durable)
	case registered.leaving:
		return nil, fmt.Errorf("remove consumer %s: it is being removed", durable)
	}
	registered.leaving = true
	return registered, nil
}

// Run handles messages until ctx ends, then drains: it stops fetching, gives back
// what has not started, lets the messages in flight finish and be acked (Drain at
// the most), and returns. The error names what did not finish. It runs once.
func (r *Router) Run(ctx context.Context) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	r.mu.Lock()
	if r.base != nil {
		r.mu.Unlock()
		return errors.New("run router: it was run already")
	}
	r.base = base
	r.mu.Unlock()

	ended := make(chan error, 1)
	go func() {
		defer close(r.finished)
		ended <- r.wm.Run(base)
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-ended:
		return err
	case <-r.wm.Running():
	}
	r.adding.Lock()
	r.closing = true
	r.adding.Unlock()
	closeErr := r.wm.Close()
	return errors.Join(closeErr, <-ended, r.leftovers())
}

// Running is closed when the router fetches.
func (r *Router) Running() <-chan struct{} { return r.wm.Running() }

// Healthy is for the liveness probe: an error means that a fetch loop stands still
// or the connection was closed, which only a restart of the process mends.
func (r *Router) Healthy() error {
	if r.o.JS.Conn().IsClosed() && !r.isFinished() {
		return errors.New("the NATS connection is closed")
	}
	return few(r.each(func(one *registration) error { return one.subscriber.Healthy() }))
}

// Ready is for the readiness probe: an error names consumers that are not bound, or
// says that dead letters cannot be written. A consumer that was added while the
// router ran counts from its first try on: the others do their work.
func (r *Router) Ready() error {
	if nc := r.o.JS.Conn(); !nc.IsConnected() {
		return fmt.Errorf("NATS is not connected (%s)", nc.Status())
	}
	return errors.Join(few(r.each((*registration).ready)), r.publisher.Ready())
}

func (r *registration) ready() error {
	err := r.subscriber.Ready()
	if r.late && errors.Is(err, errNotBound) {
		return nil
	}
	return err
}

func (r *Router) leftovers() error {
	return errors.Join(r.each(func(one *registration) error { return one.subscriber.Close() })...)
}

func (r *Router) each(check func(*registration) error) []error {
	r.mu.Lock()
	all := make([]*registration, 0, len(r.handlers))
	for _, registered := range r.handlers {
		if !registered.leaving {
			all = append(all, registered)
		}
	}
	r.mu.Unlock()
	var errs []error
	for _, one := range all {
		if err := check(one); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// few joins the first errors, and counts the others: a probe is read by people.
func few(errs []error) error {
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	if more := len(errs) - maxErrors; more > 0 {
		errs = append(errs[:maxErrors:maxErrors], fmt.Errorf("and %d more", more))
	}
	return errors.Join(errs...)
}

func (r *Router) startHandlers() error {
	select {
	case <-r.wm.Running():
	case <-r.finished:
		return errors.New("the router has stopped")
	}
	return r.wm.RunHandlers(r.base)
}

func (r *Router) isFinished() bool {
	select {
	case <-r.finished:
		return true
	default:
		return false
	}
}
