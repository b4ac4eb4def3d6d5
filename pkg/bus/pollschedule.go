package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// pollMarkHeader and pollWrittenHeader hold what a schedule was made for: PollOf.
	// The time is in Unix milliseconds.
	pollMarkHeader    = "Tradepost-Poll-Mark"
	pollWrittenHeader = "Tradepost-Poll-Written"
	// scheduleTries bounds how often a schedule that others replace meanwhile is looked at.
	scheduleTries = 5
)

// PollOf says what configuration a poll schedule is made for. Replicas may hold
// different ones for a while.
type PollOf struct {
	// Mark differs when what is polled for changed: then there is one tick at once,
	// however many replicas say so.
	Mark string
	// Written is when the configuration was written. The older one never replaces the
	// schedule of the newer one.
	Written time.Time
}

// SchedulePoll makes the server put a tick on PollTick(account) now and then every
// so often (1 second at least, whole seconds). It is idempotent over all replicas:
// a schedule with the same interval and mark is left as it is, and so is one of a
// newer configuration; any other is replaced.
func (p *Publisher) SchedulePoll(ctx context.Context, account string, every time.Duration, of PollOf) error {
	return p.schedulePoll(ctx, account, every, of, func(has pollSchedule) bool {
		return has.older(of) && (has.every != interval(every) || has.mark != of.Mark)
	})
}

// KeepPoll is SchedulePoll for an account whose schedule may be lost: it makes a
// missing one, and leaves any other as it is.
func (p *Publisher) KeepPoll(ctx context.Context, account string, every time.Duration, of PollOf) error {
	return p.schedulePoll(ctx, account, every, of, func(pollSchedule) bool { return false })
}

func (p *Publisher) schedulePoll(ctx context.Context, account string, every time.Duration, of PollOf, replace func(pollSchedule) bool) error {
	if !tokenPattern.MatchString(account) {
		return fmt.Errorf("schedule polls: account %q must be 1 to 40 of a-z, 0-9 and -", account)
	}
	if every < time.Second || every%time.Second != 0 {
		return fmt.Errorf("schedule polls of %s: the interval %s must be whole seconds, 1 s at least", account, every)
	}
	var err error
	for range scheduleTries {
		var has pollSchedule
		if has, err = p.pollScheduleOf(ctx, account); err != nil {
			return fmt.Errorf("schedule polls of %s: look for a schedule: %w", account, err)
		}
		if has.sequence > 0 && !replace(has) {
			return nil
		}
		if err = p.makePoll(ctx, account, every, of, has.sequence); !IsConflict(err) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("schedule polls of %s: %w", account, err)
	}
	return nil
}

// makePoll puts the tick before the schedule: should it end between the two, the next
// replica does both again, and the server drops the second tick.
func (p *Publisher) makePoll(ctx context.Context, account string, every time.Duration, of PollOf, last uint64) error {
	tick := message.NewMessage(watermill.NewUUID(), nil)
	tick.Metadata.Set(jetstream.MsgIDHeader, fmt.Sprintf("tick %s %s %s %d after %d", account, every, of.Mark, of.Written.UnixMilli(), last))
	if err := p.publish(ctx, PollTick(account), tick); err != nil {
		return err
	}
	schedule := message.NewMessage(watermill.NewUUID(), nil)
	schedule.Metadata.Set(jetstream.MsgTTLHeader, ttlNever)
	schedule.Metadata.Set(pollMarkHeader, of.Mark)
	if !of.Written.IsZero() {
		schedule.Metadata.Set(pollWrittenHeader, strconv.FormatInt(of.Written.UnixMilli(), 10))
	}
	return p.publish(ctx, PollSchedule(account), schedule, jetstream.WithExpectLastSequencePerSubject(last),
		jetstream.WithScheduleEvery(every), jetstream.WithScheduleTarget(PollTick(account)))
}

// pollSchedule is a schedule as the server has it.
type pollSchedule struct {
	sequence uint64 // 0: there is none
	every    string
	mark     string
	written  int64 // Unix milliseconds, 0 when unknown
}

// older tells whether the schedule was made for a configuration that is not newer.
func (s pollSchedule) older(of PollOf) bool {
	return s.written == 0 || (!of.Written.IsZero() && s.written <= of.Written.UnixMilli())
}

func interval(every time.Duration) string { return "@every " + every.String() }

// pollScheduleOf returns the schedule of an account.
func (p *Publisher) pollScheduleOf(ctx context.Context, account string) (pollSchedule, error) {
	stream, err := p.js.Stream(ctx, StreamPolls)
	if err != nil {
		return pollSchedule{}, err
	}
	m, err := stream.GetLastMsgForSubject(ctx, PollSchedule(account))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return pollSchedule{}, nil
	}
	if err != nil {
		return pollSchedule{}, err
	}
	written, _ := strconv.ParseInt(m.Header.Get(pollWrittenHeader), 10, 64) // without it the age is unknown
	return pollSchedule{
		sequence: m.Sequence, every: m.Header.Get(jetstream.ScheduleHeader), mark: m.Header.Get(pollMarkHeader), written: written,
	}, nil
}

// PollSchedules returns the accounts that have a schedule.
func (p *Publisher) PollSchedules(ctx context.Context) (map[string]bool, error) {
	stream, err := p.js.Stream(ctx, StreamPolls)
	if err != nil {
		return nil, fmt.Errorf("look for poll schedules: %w", err)
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(PollSchedule("*")))
	if err != nil {
		return nil, fmt.Errorf("look for poll schedules: %w", err)
	}
	accounts := map[string]bool{}
	for subject := range info.State.Subjects {
		accounts[strings.TrimPrefix(subject, PollSchedule(""))] = true
	}
	return accounts, nil
}

// UnscheduleOrphan is Unschedule for an account that the configuration does not have:
// it leaves the schedule of a newer configuration, which may have the account.
func (p *Publisher) UnscheduleOrphan(ctx context.Context, account string, of PollOf) error {
	has, err := p.pollScheduleOf(ctx, account)
	if err != nil {
		return fmt.Errorf("end the polls of %s: look for the schedule: %w", account, err)
	}
	if has.sequence == 0 || !has.older(of) {
		return nil
	}
	return p.Unschedule(ctx, account)
}

// Unschedule ends the polls of an account, and drops its tick when nobody has
// taken it yet. It is no error when the account has no schedule.
func (p *Publisher) Unschedule(ctx context.Context, account string) error {
	stream, err := p.js.Stream(ctx, StreamPolls)
	if err != nil {
		return fmt.Errorf("end the polls of %s: %w", account, err)
	}
	for _, subject := range []string{PollSchedule(account), PollTick(account)} {
		if err := stream.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
			return fmt.Errorf("end the polls of %s: purge %s: %w", account, subject, err)
		}
	}
	return nil
}
