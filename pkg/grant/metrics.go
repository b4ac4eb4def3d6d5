package grant

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tradepost/tradepost/pkg/telemetry"
)

// metrics shows how the sign-ins are. nil shows nothing.
type metrics struct {
	ends     *prometheus.GaugeVec
	out      *prometheus.GaugeVec
	noKey    *prometheus.GaugeVec
	renewals *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	if r == nil {
		return nil
	}
	return &metrics{
		ends: telemetry.Register(r, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tradepost_sign_in_ends_timestamp_seconds",
			Help: "When the sign-in of a connection to its accounting system ends: what=unused, the refresh token if it is not used any more; what=at_the_latest, the sign-in as a whole.",
		}, []string{"connection", "what"})),
		out: telemetry.Register(r, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tradepost_sign_in_missing", Help: "1 for a connection that a person has to sign in to its accounting system, else 0.",
		}, []string{"connection"})),
		noKey: telemetry.Register(r, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tradepost_sign_in_key_missing",
			Help: "1 for a connection whose stored sign-in this process cannot decrypt, since it lacks the key, else 0.",
		}, []string{"connection"})),
		renewals: telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tradepost_sign_in_renewals_total",
			Help: "Renewals of access tokens: renewed, renewed_with_older (the newest refresh token was refused), or why not.",
		}, []string{"connection", "result"})),
	}
}

const (
	endsUnused = "unused"
	endsLatest = "at_the_latest"
)

func (m *metrics) show(connection string, e Entry) {
	if m == nil {
		return
	}
	if end := e.RefreshEnds(); !end.IsZero() {
		m.ends.WithLabelValues(connection, endsUnused).Set(float64(end.Unix()))
	}
	if !e.Ends.IsZero() {
		m.ends.WithLabelValues(connection, endsLatest).Set(float64(e.Ends.Unix()))
	}
}

func (m *metrics) signedOut(connection string, out bool) {
	if m != nil {
		m.out.WithLabelValues(connection).Set(oneIf(out))
	}
}

func (m *metrics) keyMissing(connection string, missing bool) {
	if m != nil {
		m.noKey.WithLabelValues(connection).Set(oneIf(missing))
	}
}

func oneIf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func (m *metrics) renewed(connection, result string) {
	if m != nil {
		m.renewals.WithLabelValues(connection, result).Inc()
	}
}

func (m *metrics) forget(connection string) {
	if m != nil {
		m.ends.DeletePartialMatch(prometheus.Labels{"connection": connection})
		m.out.DeleteLabelValues(connection)
		m.noKey.DeleteLabelValues(connection)
	}
}
