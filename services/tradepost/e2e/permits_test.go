package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/permits"
)

// requirePermits does all that deliver does with the bucket of the permits.
func (g *guarded) requirePermits(t *testing.T) {
	u := g.connectAs(t, "deliver", "deliver")
	p, err := permits.Open(t.Context(), permits.Options{JS: u.js, Instance: "test", Log: quiet})
	require.NoError(t, err)
	l := p.For(connector.CallLimits{
		System: "books", App: "app", Company: "1", PerCompany: []connector.Rate{{Calls: 10, Per: time.Second}}, Parallel: 2, ReadBudget: 10,
	})
	done, err := l.Take(t.Context())
	require.NoError(t, err)
	l.Metered(9)
	l.Hold(t.Context(), 100*time.Millisecond)
	done()
	done, err = l.Take(t.Context())
	require.NoError(t, err)
	done()
	p.Close()
	require.Contains(t, p.Notice(), "9 of 10 metered reads")
	require.NoError(t, u.nc.Flush())
	require.Empty(t, u.refused)
}
