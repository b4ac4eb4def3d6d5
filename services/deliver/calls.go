package deliver

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/calls"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// sharedCalls lets connectors hold their calls within the limits of a company over all
// replicas, in the way in which the calls to ServiceTrade are held.
func sharedCalls(js jetstream.JetStream, log *slog.Logger) func(connector.CallLimits) connector.CallLimiter {
	return func(l connector.CallLimits) connector.CallLimiter {
		return companyCalls{calls.New(js, calls.Limits{
			Account: subjectWord(l.System + "-" + l.Company), System: l.System, Parallel: l.Parallel, PerMinute: l.PerMinute,
		}, log)}
	}
}

// subjectWord makes a name fit for a subject.
func subjectWord(s string) string {
	plain := strings.Map(func(r rune) rune {
		if (r >= 'a' && r <= 'z') || (r >= '0' && r <= '9') || r == '-' {
			return r
		}
		return '-'
	}, strings.ToLower(s))
	return plain[:min(len(plain), 40)]
}

// companyCalls has a pause that is too long to be waited for answered as what it is.
type companyCalls struct{ *calls.Limiter }

// Take implements connector.CallLimiter.
func (c companyCalls) Take(ctx context.Context) (func(), error) {
	done, err := c.Limiter.Take(ctx)
	if held, is := errors.AsType[*servicetrade.HeldError](err); is {
		return nil, connector.Stop(connector.Wait{
			Scope: tradepostv1.WaitScope_WAIT_SCOPE_CONNECTION, Reason: connector.ReasonThrottled, For: held.For,
			Message: "the accounting system asked all callers to wait, " + held.For.Round(time.Second).String() + " more",
		})
	}
	return done, err
}
