package permits

import (
	"context"
	"sync"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

// Alone holds the calls of one process within the limits, where NATS cannot be asked what
// others call: a single command. Its metered reads are in no count but its own. It is
// safe for concurrent use.
type Alone struct {
	mu   sync.Mutex
	apps map[string]*loneApp
}

// NewAlone makes an Alone that has called nobody yet.
func NewAlone() *Alone { return &Alone{apps: map[string]*loneApp{}} }

// loneApp is an app as Alone knows it. The lock of Alone guards it.
type loneApp struct {
	reads     Reads
	next      time.Time
	companies map[string]*lone
}

// lone implements connector.CallLimiter for a company.
type lone struct {
	all *Alone
	app *loneApp
	id  string
	// gap is between two calls to the company, appGap between two of the app.
	gap, appGap time.Duration
	next, held  time.Time
	seats       chan struct{}
}

// For returns the limiter of l's company; see connector.Settings.Calls.
func (a *Alone) For(l connector.CallLimits) connector.CallLimiter {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := keyOf(l.System, l.App)
	app := a.apps[key]
	if app == nil {
		app = &loneApp{companies: map[string]*lone{}}
		a.apps[key] = app
	}
	app.reads.App, app.reads.Budget = l.App, l.ReadBudget
	if app.companies[l.Company] == nil {
		one := &lone{all: a, app: app, id: l.Company, gap: gap(l.PerCompany), appGap: gap(l.PerApp)}
		if l.Parallel > 0 {
			one.seats = make(chan struct{}, l.Parallel)
		}
		app.companies[l.Company] = one
	}
	return app.companies[l.Company]
}

// Reads are those of this process, of each app that it read for.
func (a *Alone) Reads() []Reads {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []Reads
	for _, key := range sorted(a.apps) {
		if r := a.apps[key].reads; r.Made > 0 {
			all = append(all, r)
		}
	}
	return all
}

// Take implements connector.CallLimiter.
func (l *lone) Take(ctx context.Context) (func(), error) {
	if l.seats != nil {
		select {
		case l.seats <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if err := l.wait(ctx); err != nil {
		l.leave()
		return nil, err
	}
	var once sync.Once
	return func() { once.Do(l.leave) }, nil
}

func (l *lone) leave() {
	if l.seats != nil {
		<-l.seats
	}
}

// wait returns when the next call may be made.
func (l *lone) wait(ctx context.Context) error {
	for {
		until, held := l.moment()
		if held > worth {
			return stop(l.id, held)
		}
		if err := sleep(ctx, time.Until(until)); err != nil {
			return err
		}
		if !l.stands() {
			return ctx.Err()
		}
	}
}

// moment takes the next one, and tells how long the company stands still.
func (l *lone) moment() (until time.Time, held time.Duration) {
	l.all.mu.Lock()
	defer l.all.mu.Unlock()
	now := time.Now()
	if held = l.held.Sub(now); held > worth {
		return now, held
	}
	until = now
	for _, other := range []time.Time{l.next, l.app.next, l.held} {
		if other.After(until) {
			until = other
		}
	}
	l.next, l.app.next = until.Add(l.gap), until.Add(l.appGap)
	return until, held
}

// stands tells whether the company asked for a pause meanwhile.
func (l *lone) stands() bool {
	l.all.mu.Lock()
	defer l.all.mu.Unlock()
	return l.held.After(time.Now())
}

// Hold implements connector.CallLimiter.
func (l *lone) Hold(_ context.Context, d time.Duration) {
	l.all.mu.Lock()
	defer l.all.mu.Unlock()
	if until := time.Now().Add(d); until.After(l.held) {
		l.held = until
	}
}

// Metered implements connector.CallLimiter.
func (l *lone) Metered(reads int) {
	l.all.mu.Lock()
	defer l.all.mu.Unlock()
	l.app.reads.Made += int64(reads)
	l.app.reads.Uncounted += int64(reads)
}
