// Package drive makes a plan happen in a world: the users' actions, the faults,
// and the wait until everything has come to rest.
package drive

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/shopspring/decimal"
	"golang.org/x/sync/errgroup"

	"github.com/tradepost/tradepost/services/chaos/internal/judge"
	"github.com/tradepost/tradepost/services/chaos/internal/plan"
	"github.com/tradepost/tradepost/services/chaos/internal/target"
	"github.com/tradepost/tradepost/services/chaos/internal/world"
)

// Drive is a plan that happens.
type Drive struct {
	Plan   *plan.Plan
	World  *world.World
	Target target.Target
	Log    *slog.Logger

	began time.Time
	mends sync.WaitGroup

	mu       sync.Mutex
	invoices []*judge.Invoice
	verdicts []judge.Verdict
	totals   []string
	faults   map[string]int
	done     []Struck
	losses   []time.Time
	cleared  []time.Time
	// postponed is what a bookkeeper or an operator found nothing to do for yet.
	postponed []plan.Action
	skipped   int
}

// Struck is a fault that happened.
type Struck struct {
	At    time.Time `json:"at"`
	Ended time.Time `json:"ended"`
	plan.Fault
	Error string `json:"error,omitempty"`
}

// users is how many users act at the same time.
const users = 8

// Run lets users and faults happen until the plan is through and everything that
// was broken is mended.
func (d *Drive) Run(ctx context.Context) error {
	if err := d.look(ctx); err != nil {
		return err
	}
	d.faults, d.began = map[string]int{}, time.Now()
	g, ctx := errgroup.WithContext(ctx)
	for n := range users {
		g.Go(func() error { return d.act(ctx, n) })
	}
	g.Go(func() error { return d.strikeAll(ctx) })
	err := g.Wait()
	d.mends.Wait()
	return err
}

// look reads the invoices as they are before anything happens.
func (d *Drive) look(ctx context.Context) error {
	rows, err := d.World.Control.Invoices(ctx, "ok")
	if err != nil {
		return err
	}
	if len(rows) < d.Plan.Options.Invoices {
		return fmt.Errorf("the sandbox has %d invoices to send, fewer than %d", len(rows), d.Plan.Options.Invoices)
	}
	for _, r := range rows[:d.Plan.Options.Invoices] {
		d.invoices = append(d.invoices, &judge.Invoice{
			ID: r.ID, Total: r.Total.String(), Marker: fmt.Sprintf("st-%s-%d", world.Account, r.ID),
		})
		d.verdicts, d.totals = append(d.verdicts, judge.Good), append(d.totals, r.Total.String())
	}
	return nil
}

// act does what the plan says to the invoices of one user, in its order.
func (d *Drive) act(ctx context.Context, user int) error {
	for _, a := range d.Plan.Actions {
		if a.Invoice%users != user {
			continue
		}
		if err := d.until(ctx, a.At); err != nil {
			return err
		}
		if err := d.do(ctx, a); err != nil {
			return fmt.Errorf("user's %s of invoice %d: %w", a.Kind, d.invoices[a.Invoice].ID, err)
		}
	}
	return nil
}

func (d *Drive) until(ctx context.Context, at time.Duration) error {
	timer := time.NewTimer(time.Until(d.began.Add(at)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (d *Drive) do(ctx context.Context, a plan.Action) error {
	switch a.Kind {
	case plan.Send:
		return d.send(ctx, a)
	case plan.Move:
		return d.step(ctx, a, judge.StepMove, a.Status, func(id int64) (world.View, error) {
			return world.View{}, d.World.Control.Move(ctx, id, a.Status)
		})
	case plan.Edit:
		return d.edit(ctx, a)
	case plan.Retry:
		return d.retry(ctx, a)
	case plan.Delete:
		_, err := d.takeOut(ctx, a)
		return err
	case plan.Admit:
		d.setVerdict(a.Invoice, judge.Good)
		return d.step(ctx, a, judge.StepAdmit, "", func(int64) (world.View, error) {
			return world.View{}, d.Target.Admit(ctx, d.invoices[a.Invoice].Marker)
		})
	default:
		date := map[plan.ActionKind]time.Time{
			plan.Spoil: time.Date(2020, 6, 15, 16, 0, 0, 0, time.UTC), plan.Refuse: d.Target.RefusedDate(),
			plan.Mend: time.Date(2026, 8, 17, 16, 0, 0, 0, time.UTC),
		}[a.Kind]
		d.setVerdict(a.Invoice, map[plan.ActionKind]judge.Verdict{
			plan.Spoil: judge.Spoiled, plan.Refuse: judge.Refused, plan.Mend: judge.Good,
		}[a.Kind])
		return d.step(ctx, a, judge.StepEdit, "", func(id int64) (world.View, error) {
			return d.World.Control.Edit(ctx, id, map[string]any{"transactionDate": date.Unix()})
		})
	}
}

// send presses the button, unless the invoice still is on its way: there is none then.
func (d *Drive) send(ctx context.Context, a plan.Action) error {
	v, err := d.World.Control.View(ctx, d.invoices[a.Invoice].ID)
	if err != nil {
		return err
	}
	if v.Status == "pending_accounting" {
		d.mu.Lock()
		d.skipped++
		d.mu.Unlock()
		return nil
	}
	return d.step(ctx, a, judge.StepSend, "pending_accounting", func(id int64) (world.View, error) {
		return world.View{}, d.World.Control.Send(ctx, id)
	})
}

// edit gives the first line another price; ServiceTrade adds up the total.
func (d *Drive) edit(ctx context.Context, a plan.Action) error {
	v, err := d.World.Control.View(ctx, d.invoices[a.Invoice].ID)
	if err != nil {
		return err
	}
	lines := v.Invoice.Lines
	if len(lines) == 0 {
		return nil
	}
	first := maps.Clone(lines[0])
	first["price"] = json.Number(decimal.New(a.Cents, -2).String())
	first["quantity"] = json.Number("1")
	lines = append([]map[string]any{first}, lines[1:]...)
	return d.step(ctx, a, judge.StepEdit, "", func(id int64) (world.View, error) {
		return d.World.Control.Edit(ctx, id, map[string]any{"lines": lines})
	})
}

// step does one thing and writes down when it happened and how the invoice was then.
func (d *Drive) step(_ context.Context, a plan.Action, kind, status string, does func(id int64) (world.View, error)) error {
	inv := d.invoices[a.Invoice]
	s := judge.Step{Kind: kind, Status: status, Began: time.Now()}
	v, err := does(inv.ID)
	if err != nil {
		return err
	}
	s.Ended = time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if total := v.Total.String(); total != "" {
		d.totals[a.Invoice] = total
	}
	s.Total, s.Verdict = d.totals[a.Invoice], d.verdicts[a.Invoice]
	inv.Steps = append(inv.Steps, s)
	return nil
}

func (d *Drive) setVerdict(invoice int, v judge.Verdict) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.verdicts[invoice] = v
}
