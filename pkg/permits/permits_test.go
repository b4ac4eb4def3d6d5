package permits

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connector"
)

var companies = []string{"1001", "1002", "1003", "1004"}

func TestFourCompaniesUseTheirLimitsAndNoMore(t *testing.T) {
	fake(t, func(t *testing.T, s *bustest.Broker) {
		o := newOffice(t, s, 3, documented())
		defer o.close()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		before := s.Conn(t)
		var group sync.WaitGroup
		for i := range o.replicas {
			for _, company := range companies {
				o.work(ctx, &group, i, company, 3, 120*time.Millisecond)
			}
		}
		group.Wait()
		_ = before
		for _, company := range companies {
			o.within(o.limits.PerCompany, o.calls[company])
			require.LessOrEqual(t, o.most[company], 10)
			n := o.between(company, 0, 3*time.Minute)
			t.Logf("company %s: %d calls, %.1f %% of what is permitted", company, n, float64(n)/15)
			require.GreaterOrEqual(t, n, 3*450, "company %s", company)
		}
	})
}

var _ connector.Calls = (*Permits)(nil)
