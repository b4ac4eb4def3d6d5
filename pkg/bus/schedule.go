package bus

import (
	"context"
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
