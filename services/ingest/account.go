package ingest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
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

// namedReasons is how many reasons of an account to wait the readiness page tells, and
// namedWaiting how many invoices it names for each.
const (
	namedReasons = 5
	namedWaiting = 20
)

// account is what serves one ServiceTrade account, however many connections it has:
// one poll, one consumer of hints, one opener. All of it belongs to one
// configuration of the account, and is made anew for another.
type account struct {
	id     string
	config *connection.Account
	of     bus.PollOf
	desk   *send.Desk
	opener *send.Opener
	poller *poll.Poller
}

// newAccount makes what serves the account; all are its connections, the disabled
// ones too.
func (s *Service) newAccount(a *connection.Account, client *servicetrade.Client, all []*connection.Connection, of bus.PollOf) *account {
	log := s.deps.Log.With("account", a.ID)
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
	return &account{id: a.ID, config: a, of: of, desk: desk, opener: o, poller: p}
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
		of := s.pollOf(config, strings.Join(fingerprints, " "))
		units = append(units, stage.Unit{
			ID: id, Fingerprint: strings.Join(fingerprints, " "),
			Attach: func(ctx context.Context) (func() error, error) { return s.attachAccount(ctx, a, all, of) },
		})
	}
	return units
}

// attachAccount polls an account on schedule, and at once when it or one of its
// connections is not what it was.
func (s *Service) attachAccount(ctx context.Context, a *connection.Account, all []*connection.Connection, of bus.PollOf) (detach func() error, err error) {
	client, err := s.clients.Of(a)
	if err != nil {
		return nil, err
	}
	u := s.newAccount(a, client, all, of)
	s.accounts.Put(a.ID, u)
	handlers := s.handlers(u)
	for i, h := range handlers {
		if err := s.router.Handle(h.consumer, h.handle); err != nil {
			s.accounts.Remove(a.ID)
			return nil, errors.Join(err, s.remove(handlers[:i]))
		}
	}
	if err := s.bus.SchedulePoll(ctx, u.id, u.config.ServiceTrade.PollInterval, of); err != nil {
		s.accounts.Remove(a.ID)
		return nil, errors.Join(err, s.remove(handlers))
	}
	return func() error {
		s.accounts.Remove(a.ID)
		return errors.Join(s.remove(handlers), s.forget(u))
	}, nil
}

func (s *Service) remove(handlers []handler) error {
	var errs []error
	for _, h := range handlers {
		errs = append(errs, s.router.Remove(h.consumer.Durable))
	}
	return errors.Join(errs...)
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
	ticks.Bound = func(ctx context.Context) error { return s.keepSchedule(ctx, u) }
	all := []handler{{ticks, u.poller.Tick}}
	if !u.config.ServiceTrade.WebhookSecret.IsZero() {
		all = append(all, handler{bus.HintConsumer(u.id), u.opener.Hint})
	}
	return all
}

// attached returns all that are served, in the order of their ids.
func (s *Service) attached() []*account {
	var all []*account
	for _, id := range s.accounts.IDs() {
		if u, there := s.accounts.Peek(id); there {
			all = append(all, u)
		}
	}
	return all
}

// unmatched tells of the invoices that wait because no connection takes them. It is
// for people: the replica does its work for all others.
func (s *Service) unmatched() error {
	var told []string
	for _, id := range s.accounts.IDs() {
		a, there := s.accounts.Peek(id)
		if !there {
			continue
		}
		if all := a.desk.Waiting(); len(all) > 0 {
			told = append(told, fmt.Sprintf("account %s: %s", a.id, nameWaiting(all)))
		}
	}
	if len(told) == 0 {
		return nil
	}
	return runtime.Notice(strings.Join(told, "; "))
}

// nameWaiting tells each reason once, with a few of the invoices that wait for it. The
// reasons come in the order in which they began.
func nameWaiting(all []send.Waiting) string {
	var reasons []string
	of := map[string][]string{}
	for _, w := range all {
		if len(of[w.Reason]) == 0 {
			reasons = append(reasons, w.Reason)
		}
		of[w.Reason] = append(of[w.Reason], strconv.FormatInt(w.InvoiceID, 10))
	}
	var said []string
	for _, reason := range reasons[:min(len(reasons), namedReasons)] {
		ids := of[reason]
		if len(ids) == 1 {
			said = append(said, fmt.Sprintf("invoice %s waits: %s", ids[0], reason))
			continue
		}
		named, more := ids[:min(len(ids), namedWaiting)], ""
		if n := len(ids) - len(named); n > 0 {
			more = fmt.Sprintf(" and %d more", n)
		}
		said = append(said, fmt.Sprintf("%d invoices wait (%s%s): %s", len(ids), strings.Join(named, ", "), more, reason))
	}
	if more := len(reasons) - namedReasons; more > 0 {
		said = append(said, fmt.Sprintf("and invoices with %d more reasons", more))
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
