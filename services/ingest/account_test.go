package ingest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// A list that kept moving was read all the same: the account can be polled. Only the
// number of pending invoices is not known then.
func TestAMovingListIsNoTrouble(t *testing.T) {
	s := &Service{
		asked: map[string]bool{}, trouble: map[string]error{},
		pending: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "pending"}, []string{"account"}),
	}
	s.polled("acme", 0, errors.New("connection refused"))
	require.ErrorContains(t, s.ready(), "connection refused")
	s.polled("acme", 7, nil)
	require.NoError(t, s.ready())
	s.polled("acme", 3, fmt.Errorf("list invoices: %w", servicetrade.ErrListMoving))
	require.NoError(t, s.ready())
	require.InDelta(t, 7, testutil.ToFloat64(s.pending.WithLabelValues("acme")), 0)
}
