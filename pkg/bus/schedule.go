package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/tradepost/tradepost/pkg/telemetry"
)

// ttlNever keeps a schedule although its stream has an age: a schedule that aged
// away would never fire.
const ttlNever = "never"

// Schedule parks m: the server puts it on subject (of stage ready) at the given
// time, rounded up to a whole second, also after a restart; at once when the time
// is past. Until then it holds no slot of any consumer. An invoice has one parked
// message at most: a second replaces the first.
func (p *Publisher) Schedule(ctx context.Context, subject Subject, at time.Time, m proto.Message) (err error) {
	if subject.Stage != StageReady {
		return fmt.Errorf("schedule %s: only messages of stage %s can be scheduled", subject, StageReady)
	}
	if err := subject.Validate(); err != nil {
		return fmt.Errorf("schedule %s: %w", messageName(m), err)
	}
	ctx, span := p.publishing(ctx, "schedule", subject)
	defer func() { telemetry.End(span, err) }()
	out, err := p.envelope(ctx, subject, "", m, nil)
	if err != nil {
		return err
	}
	out.Metadata.Set(jetstream.MsgTTLHeader, ttlNever)
	return p.publish(ctx, subject.To(StageLater).String(), out,
		jetstream.WithScheduleAt(wholeSecond(at)), jetstream.WithScheduleTarget(subject.String()))
}

// wholeSecond rounds up: schedules have a precision of one second, and one that is
// cut off would fire early.
func wholeSecond(at time.Time) time.Time {
	if whole := at.Truncate(time.Second); whole.Before(at) {
		return whole.Add(time.Second)
	}
	return at
}

// SchedulePoll makes the server put a tick on PollTick(account) now and then every
// so often (1 second at least, whole seconds). It is idempotent over all replicas:
// a schedule with the same interval is left as it is, one with another is replaced.
func (p *Publisher) SchedulePoll(ctx context.Context, account string, every time.Duration) error {
	if !tokenPattern.MatchString(account) {
		return fmt.Errorf("schedule polls: account %q must be 1 to 40 of a-z, 0-9 and -", account)
	}
	if every < time.Second || every%time.Second != 0 {
		return fmt.Errorf("schedule polls of %s: the interval %s must be whole seconds, 1 s at least", account, every)
	}
	has, err := p.polledEvery(ctx, account)
	if err != nil {
		return fmt.Errorf("schedule polls of %s: look for a schedule: %w", account, err)
	}
	if has == "@every "+every.String() {
		return nil
	}
	schedule := message.NewMessage(watermill.NewUUID(), nil)
	schedule.Metadata.Set(jetstream.MsgTTLHeader, ttlNever)
	err = p.publish(ctx, PollSchedule(account), schedule,
		jetstream.WithScheduleEvery(every), jetstream.WithScheduleTarget(PollTick(account)))
	if err != nil {
		return fmt.Errorf("schedule polls of %s: %w", account, err)
	}
	return p.publish(ctx, PollTick(account), message.NewMessage(watermill.NewUUID(), nil))
}

// polledEvery returns the schedule of an account as the server has it, "" when it has none.
func (p *Publisher) polledEvery(ctx context.Context, account string) (string, error) {
	stream, err := p.js.Stream(ctx, StreamPolls)
	if err != nil {
		return "", err
	}
	m, err := stream.GetLastMsgForSubject(ctx, PollSchedule(account))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return m.Header.Get(jetstream.ScheduleHeader), nil
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

// changedHeader holds when ServiceTrade says that a hint's invoice changed, in Unix
// seconds. A hint without it is one of unknown time.
const changedHeader = "Tradepost-Changed"

// Hint says that an invoice of the account may have changed, and when, by
// ServiceTrade's clock; the zero time means that this is not known. It carries
// nothing else, and a hint more or less does no harm.
func (p *Publisher) Hint(ctx context.Context, account string, invoiceID int64, changed time.Time) error {
	subject := PollHint(account, invoiceID)
	if _, err := ParsePoll(subject); err != nil {
		return fmt.Errorf("hint: %w", err)
	}
	m := message.NewMessage(watermill.NewUUID(), nil)
	if !changed.IsZero() {
		m.Metadata.Set(changedHeader, strconv.FormatInt(changed.Unix(), 10))
	}
	return p.publish(ctx, subject, m)
}

// HintChanged is when a hint's invoice changed, as ServiceTrade tells it; the zero
// time where the hint does not say.
func HintChanged(m Message) time.Time {
	seconds, err := strconv.ParseInt(m.Headers[changedHeader], 10, 64)
	if err != nil || seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}
