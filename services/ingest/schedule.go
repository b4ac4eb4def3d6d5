package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
)

const (
	// scheduleEvery is how often the poll schedules are looked after.
	scheduleEvery = 30 * time.Second
	// forgetTime bounds ending the polls of an account that was removed.
	forgetTime = 5 * time.Second
	// markBytes is how much of a fingerprint's hash goes into a schedule: enough to
	// see a change, too little to try passwords against.
	markBytes = 2
)

// pollOf says for what an account is polled. It tells nothing of the secrets that the
// fingerprint was made from.
func (s *Service) pollOf(c *connection.Config, fingerprint string) bus.PollOf {
	sum := sha256.Sum256([]byte(fingerprint))
	return bus.PollOf{Mark: hex.EncodeToString(sum[:markBytes]), Written: c.Written}
}

// keepSchedule makes the schedule of an account that lost it, as long as u serves it.
func (s *Service) keepSchedule(ctx context.Context, u *account) error {
	s.polls.Lock()
	defer s.polls.Unlock()
	if now, _ := s.accounts.Peek(u.id); now != u {
		return nil
	}
	return s.bus.KeepPoll(ctx, u.id, u.config.ServiceTrade.PollInterval, u.of)
}

// forget ends the polls of an account that the configuration in force does not have
// any more. A stage that only stops leaves them to the other replicas. The consumer
// stays; it is used again when the account comes back. Where the polls cannot be
// ended now, keepPolling ends them.
func (s *Service) forget(u *account) error {
	if s.pollsAccount(u.id) {
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
	s.polls.Lock()
	defer s.polls.Unlock()
	return s.bus.UnscheduleOrphan(ctx, u.id, bus.PollOf{Written: s.live.Current().Written})
}

// pollsAccount tells whether the configuration in force polls the account.
func (s *Service) pollsAccount(id string) bool {
	return slices.Contains(s.live.Current().EnabledAccounts(), id)
}

// keepPolling looks after the schedules. A stream that was lost and made anew has
// none, and ServiceTrade would never be asked again; and an account that was removed
// while NATS was away still has one.
func (s *Service) keepPolling(ctx context.Context) error {
	tick := time.NewTicker(scheduleEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := s.keepSchedules(ctx); err != nil && ctx.Err() == nil {
				s.deps.Log.ErrorContext(ctx, "ServiceTrade is not polled: the schedules cannot be looked after", "err", err)
			}
		}
	}
}

// keepSchedules makes those that are missing, and ends those that nobody wants.
func (s *Service) keepSchedules(ctx context.Context) error {
	has, err := s.bus.PollSchedules(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, u := range s.attached() {
		if has[u.id] {
			continue
		}
		if err := s.keepSchedule(ctx, u); err != nil {
			errs = append(errs, fmt.Errorf("account %s: %w", u.id, err))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(has)) {
		errs = append(errs, s.endOrphan(ctx, id))
	}
	return errors.Join(errs...)
}

// endOrphan ends the polls of an account that is not served and not about to be.
func (s *Service) endOrphan(ctx context.Context, id string) error {
	s.polls.Lock()
	defer s.polls.Unlock()
	config := s.live.Current()
	if _, served := s.accounts.Peek(id); served || slices.Contains(config.EnabledAccounts(), id) {
		return nil
	}
	return s.bus.UnscheduleOrphan(ctx, id, bus.PollOf{Written: config.Written})
}
