package quickbooksonline

import (
	"context"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

// What Intuit takes of one app for one company: 500 calls in a minute, ten in a second,
// ten under way at once.
const (
	callsPerMinute = 500
	callsPerSecond = 10
	callsAtOnce    = 10
)

// limits are those of the calls to a company.
func (c *client) limits(company string) connector.CallLimits {
	return connector.CallLimits{
		System: kind, App: c.app, Company: company, Parallel: callsAtOnce, ReadBudget: c.readBudget,
		PerCompany: []connector.Rate{{Calls: callsPerMinute, Per: time.Minute}, {Calls: callsPerSecond, Per: time.Second}},
	}
}

// limiter is that of the company, which is known only once somebody signed in.
func (c *client) limiter(ctx context.Context) (connector.CallLimiter, error) {
	company, err := c.companyID(ctx)
	if err != nil {
		return nil, err
	}
	if known, there := c.limiters.Load(company); there {
		return known.(connector.CallLimiter), nil
	}
	made, _ := c.limiters.LoadOrStore(company, c.settings.LimiterFor(c.limits(company)))
	return made.(connector.CallLimiter), nil
}

// answered counts a call that was answered. Intuit meters what is read, and not what is
// written.
func (c *client) answered(ctx context.Context, r request, status int, took time.Duration) {
	reads := r.body == nil
	c.called(connector.Call{Method: r.method(), Resource: r.name(), Status: status, Took: took, Metered: reads})
	if !reads {
		return
	}
	if calls, err := c.limiter(ctx); err == nil {
		calls.Metered(1)
	}
}
