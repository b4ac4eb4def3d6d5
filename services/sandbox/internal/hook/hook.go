// Package hook delivers events to webhooks: five seconds to answer, three tries,
// every status from 200 to 499 counts as delivered, no signature.
package hook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tradepost/tradepost/services/sandbox/internal/faults"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

const (
	answerTime = 5 * time.Second
	tries      = 3
)

// Config is what a Dispatcher needs to know.
type Config struct {
	// Receivers tells who wants an event.
	Receivers func(state.Event) []*state.Webhook
	// RetryDelay is the pause between two tries; how long ServiceTrade waits is unknown.
	RetryDelay time.Duration
	// BaseURL begins the addresses of entities.
	BaseURL string
	Client  *http.Client
	Log     *slog.Logger
	// Fault tells what goes wrong with a message to a receiver; nil, or nil from it,
	// delivers it normally.
	Fault func(h *state.Webhook, events []state.Event) *faults.WebhookFault
}

// Dispatcher has one queue per webhook, so that a dead receiver does not hold
// up the others. It runs goroutines only while something is queued.
type Dispatcher struct {
	cfg    Config
	ctx    context.Context //nolint:containedctx // the life of the goroutines, ended by Close
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu     sync.Mutex
	queues map[int64][]delivery
	held   map[int64]*held // messages that wait to be overtaken by the next one
	closed bool
}

type delivery struct {
	hook *state.Webhook
	body []byte
}

// New makes a dispatcher; Close ends it.
func New(cfg Config) *Dispatcher {
	ctx, cancel := context.WithCancel(context.Background())
	if cfg.Client == nil {
		cfg.Client = &http.Client{}
	}
	return &Dispatcher{cfg: cfg, ctx: ctx, cancel: cancel, queues: map[int64][]delivery{}, held: map[int64]*held{}}
}

// Tell queues the events: one message per webhook, holding all that it wants.
func (d *Dispatcher) Tell(events []state.Event) {
	hooks := map[int64]*state.Webhook{}
	wanted := map[int64][]state.Event{}
	for _, e := range events {
		for _, h := range d.cfg.Receivers(e) {
			hooks[h.ID] = h
			wanted[h.ID] = append(wanted[h.ID], e)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(hooks)) {
		h := hooks[id]
		body, err := d.message(h, wanted[id])
		if err != nil {
			d.cfg.Log.Error("webhook message cannot be encoded", "webhook", id, "error", err)
			continue
		}
		var f *faults.WebhookFault
		if d.cfg.Fault != nil {
			f = d.cfg.Fault(h, wanted[id])
		}
		d.spoil(delivery{h, body}, f)
	}
}

// work empties one queue and ends.
func (d *Dispatcher) work(id int64) {
	for {
		d.mu.Lock()
		waiting := d.queues[id]
		if len(waiting) == 0 || d.closed {
			delete(d.queues, id)
			d.mu.Unlock()
			return
		}
		d.queues[id] = waiting[1:]
		d.mu.Unlock()
		d.deliver(waiting[0])
	}
}

// deliver tries three times and then drops the message for good.
func (d *Dispatcher) deliver(del delivery) {
	for try := 1; try <= tries; try++ {
		err := d.try(del)
		if err == nil || d.ctx.Err() != nil {
			return
		}
		d.cfg.Log.Warn("webhook was not delivered", "webhook", del.hook.ID, "try", try, "error", err)
		if try < tries && !d.pause() {
			return
		}
	}
}

func (d *Dispatcher) pause() bool {
	timer := time.NewTimer(d.cfg.RetryDelay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-d.ctx.Done():
		return false
	}
}

func (d *Dispatcher) try(del delivery) error {
	ctx, cancel := context.WithTimeout(d.ctx, answerTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, del.hook.HookURL, bytes.NewReader(del.body))
	if err != nil {
		return fmt.Errorf("make the webhook request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := d.cfg.Client.Do(req)
	if err != nil {
		return fmt.Errorf("call the webhook: %w", err)
	}
	_ = res.Body.Close()
	if res.StatusCode < 200 || res.StatusCode > 499 {
		return fmt.Errorf("call the webhook: answered %s", res.Status)
	}
	return nil
}

// Close ends running deliveries and waits for the goroutines.
func (d *Dispatcher) Close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.cancel()
	d.wg.Wait()
}

type wireMessage struct {
	MessageID string      `json:"messageId"`
	Timestamp string      `json:"timestamp"` // a string, unlike every other time
	Data      []wireEvent `json:"data"`
}

type wireEvent struct {
	Action    string       `json:"action"`
	Timestamp int64        `json:"timestamp"`
	UserID    *int64       `json:"userId"`
	Entity    wireEntity   `json:"entity"`
	Changeset []wireChange `json:"changeset,omitempty"`
}

type wireEntity struct {
	Type string `json:"type"`
	ID   int64  `json:"id"`
	URI  string `json:"uri"`
}

type wireChange struct {
	Field    string `json:"field"`
	OldValue string `json:"oldValue"`
	NewValue string `json:"newValue"`
}

func (d *Dispatcher) message(h *state.Webhook, events []state.Event) ([]byte, error) {
	m := wireMessage{MessageID: uuid.NewString()}
	for _, e := range events {
		m.Timestamp = strconv.FormatInt(e.At, 10)
		out := wireEvent{
			Action: e.Action, Timestamp: e.At,
			Entity: wireEntity{e.Entity, e.ID, fmt.Sprintf("%s/api/%s/%d", d.cfg.BaseURL, e.Entity, e.ID)},
		}
		if e.UserID != 0 {
			out.UserID = &e.UserID
		}
		if h.IncludeChangesets {
			for _, c := range e.Changes {
				out.Changeset = append(out.Changeset, wireChange{c.Field, c.Old, c.New})
			}
		}
		m.Data = append(m.Data, out)
	}
	return json.Marshal(m)
}
