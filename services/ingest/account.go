package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/pkg/snapshot"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/services/ingest/internal/poll"
	"github.com/tradepost/tradepost/services/ingest/internal/send"
)

// forgetTime bounds ending the polls of an account that was removed.
const forgetTime = 5 * time.Second

// namedWaiting is how many waiting invoices the readiness page names.
const namedWaiting = 20

// account is what serves one ServiceTrade account, however many connections it has:
// one poll, one consumer of hints, one opener. All of it belongs to one
// configuration of the account, and is made anew for another.
type account struct {
	id     string
	config *connection.Account
	desk   *send.Desk
	opener *send.Opener
	poller *poll.Poller
}

// newAccount makes what serves the account; all are its connections, the disabled
// ones too.
func (s *Service) newAccount(a *connection.Account, all []*connection.Connection) *account {
	log := s.deps.Log.With("account", a.ID)
	client := s.clients.Of(a.ID)
	desk := send.NewDesk(a.ID, all, log, time.Now, s.opened)
	o := &send.Opener{
		Account: a.ID, Desk: desk, Store: s.store, Bus: s.bus, Reader: client, Messages: messages{s.deps.JS},
		Taker: snapshot.NewTaker(client, cacheAge, time.Now), Log: log, Now: time.Now, Metrics: s.opened, Paused: s.paused,
	}
	p := &poll.Poller{
		Account: a.ID, Lister: client, Opener: o, Parallel: a.ServiceTrade.MaxParallel, Log: log, Fresh: o.Taker.Forget,
		Seen: func(rows []servicetrade.InvoiceRow, err error) {
			s.polled(a.ID, len(rows), err)
			if err == nil {
				desk.Listed(rows)
			}
		},
	}
	p.Voids = poll.NewVoids(time.Now, func(ctx context.Context, name string, lasts time.Duration) (bool, error) {
		// A new owner each time: the lease is had by whoever comes after it has run out.
		return s.store.Lease(ctx, name, record.NewOwner(s.deps.Instance), lasts)
	})
	return &account{id: a.ID, config: a, desk: desk, opener: o, poller: p}
}

// wanted is a unit for each account with an enabled connection. It is made anew
// when the account or any of its connections changes.
func (s *Service) wanted(config *connection.Config) []stage.Unit {
	s.clients.Follow(config)
	var units []stage.Unit
	for _, id := range config.EnabledAccounts() {
		a, all := config.Accounts[id], config.ConnectionsOf(id)
		fingerprints := []string{a.Fingerprint()}
		for _, c := range all {
			fingerprints = append(fingerprints, c.Fingerprint())
		}
		units = append(units, stage.Unit{
			ID: id, Fingerprint: strings.Join(fingerprints, " "),
			Attach: func(ctx context.Context) (func() error, error) { return s.attachAccount(ctx, a, all) },
		})
	}
	return units
}

// attachAccount polls an account on schedule, and once at start.
func (s *Service) attachAccount(ctx context.Context, a *connection.Account, all []*connection.Connection) (detach func() error, err error) {
	u := s.newAccount(a, all)
	s.keep(a.ID, u)
	handlers := s.handlers(u)
	for i, h := range handlers {
		if err := s.router.Handle(h.consumer, h.handle); err != nil {
			s.keep(a.ID, nil)
			return nil, errors.Join(err, s.remove(handlers[:i]))
		}
	}
	if err := s.schedule(ctx, u); err != nil {
		s.keep(a.ID, nil)
		return nil, errors.Join(err, s.remove(handlers))
	}
	return func() error {
		s.keep(a.ID, nil)
		return errors.Join(s.remove(handlers), s.forget(u))
	}, nil
}

func (s *Service) keep(id string, u *account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.accounts[id] = u; u == nil {
		delete(s.accounts, id)
	}
}

func (s *Service) remove(handlers []handler) error {
	var errs []error
	for _, h := range handlers {
		errs = append(errs, s.router.Remove(h.consumer.Durable))
	}
	return errors.Join(errs...)
}

// forget ends the polls of an account that the configuration in force does not have
// any more. A stage that only stops leaves them to the other replicas. The consumer
// stays; it is used again when the account comes back.
func (s *Service) forget(u *account) error {
	if slices.Contains(s.live.Current().EnabledAccounts(), u.id) {
		return nil
	}
	s.mu.Lock()
	delete(s.trouble, u.id)
	delete(s.asked, u.id)
	s.mu.Unlock()
	u.desk.Close()
	s.pending.DeleteLabelValues(u.id)
	ctx, cancel := context.WithTimeout(context.Background(), forgetTime)
	defer cancel()
	return s.bus.Unschedule(ctx, u.id)
}

// handler is one consumer of an account, and what it does with its messages.
type handler struct {
	consumer bus.Consumer
	handle   bus.Handler
}

// handlers are the consumers of an account: its ticks, and its hints where there is a
// webhook.
func (s *Service) handlers(u *account) []handler {
	ticks := bus.TickConsumer(u.id)
	// A stream that was lost and made again has no schedule.
	ticks.Bound = func(ctx context.Context) error { return s.schedule(ctx, u) }
	all := []handler{{ticks, u.poller.Tick}}
	if !u.config.ServiceTrade.WebhookSecret.IsZero() {
		all = append(all, handler{bus.HintConsumer(u.id), u.opener.Hint})
	}
	return all
}

func (s *Service) schedule(ctx context.Context, u *account) error {
	return s.bus.SchedulePoll(ctx, u.id, u.config.ServiceTrade.PollInterval)
}

// accountOf returns what serves an account; nil where it has no enabled connection.
func (s *Service) accountOf(id string) *account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accounts[id]
}

// attached returns all that are served, in the order of their ids.
func (s *Service) attached() []*account {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*account, 0, len(s.accounts))
	for _, id := range slices.Sorted(maps.Keys(s.accounts)) {
		all = append(all, s.accounts[id])
	}
	return all
}

// unmatched tells of the invoices that wait because no connection takes them. It is
// for people: the replica does its work for all others.
func (s *Service) unmatched() error {
	var told []string
	for _, a := range s.attached() {
		if all := a.desk.Waiting(); len(all) > 0 {
			told = append(told, fmt.Sprintf("account %s: %s", a.id, nameWaiting(all)))
		}
	}
	if len(told) == 0 {
		return nil
	}
	return runtime.Notice(strings.Join(told, "; "))
}

func nameWaiting(all []send.Waiting) string {
	said := make([]string, 0, namedWaiting+1)
	for _, w := range all[:min(len(all), namedWaiting)] {
		said = append(said, fmt.Sprintf("invoice %d waits: %s", w.InvoiceID, w.Reason))
	}
	if more := len(all) - namedWaiting; more > 0 {
		said = append(said, fmt.Sprintf("and %d more wait", more))
	}
	return strings.Join(said, "; ")
}

// polled notes how a list of an account went.
func (s *Service) polled(account string, n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[account] = true
	if err != nil && !errors.Is(err, servicetrade.ErrListMoving) {
		s.trouble[account] = err
		return
	}
	delete(s.trouble, account) // A list that keeps moving was read all the same.
	if err != nil {
		return
	}
	s.pending.WithLabelValues(account).Set(float64(n))
}

// ready is false only when no account at all can be polled: one in trouble must
// not take the replica out of service for the others.
func (s *Service) ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.asked) == 0 || len(s.trouble) < len(s.asked) {
		return nil
	}
	return fmt.Errorf("no account can be polled: %w", stage.Few("account", s.trouble))
}
