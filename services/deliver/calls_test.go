package deliver

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/bus/bustest"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/runtime"
)

// People are told in deliver's readiness, which stays ready, when an app has used most
// of its reads.
func TestMostOfTheReadsShowsInReadiness(t *testing.T) {
	s := bustest.Server(t)
	health := runtime.NewHealth()
	health.AddReadiness("router", func() error { return nil })
	calls, err := openCalls(t.Context(), runtime.Deps{
		JS: s.JS(t), Instance: "one", Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Health: health,
	})
	require.NoError(t, err)
	defer calls.Close()
	settings := connector.Settings{Calls: calls.For}
	limits := connector.CallLimits{
		System: "quickbooksonline", App: "app", Company: "1", PerCompany: []connector.Rate{{Calls: 10, Per: time.Second}}, Parallel: 2, ReadBudget: 10,
	}
	l := settings.LimiterFor(limits)
	done, err := l.Take(t.Context())
	require.NoError(t, err)
	done()
	require.Empty(t, calls.Notice())
	l.Metered(8)
	bustest.Eventually(t, func() error {
		if calls.Notice() == "" {
			return errors.New("nothing is told")
		}
		return nil
	})
	report := health.Readiness()
	require.True(t, report.OK(), "%+v", report)
	require.Contains(t, report.Checks["metered reads"], "8 of 10 metered reads")
}

func TestAConnectorWithoutLimiterCallsAtOnce(t *testing.T) {
	l := connector.Settings{}.LimiterFor(connector.CallLimits{})
	done, err := l.Take(t.Context())
	require.NoError(t, err)
	done()
	l.Hold(t.Context(), time.Hour)
	l.Metered(1)
	_, err = l.Take(t.Context())
	require.NoError(t, err)
}
