package run

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/bench/internal/standin"
)

func TestPercentilesAreNearestRank(t *testing.T) {
	var all []time.Duration
	for i := 200; i > 0; i-- {
		all = append(all, time.Duration(i)*time.Millisecond)
	}
	require.Equal(t, Percentiles{100, 190, 198}, percentiles(all))
	require.Equal(t, Percentiles{7, 7, 7}, percentiles([]time.Duration{7 * time.Millisecond}))
	require.Zero(t, percentiles(nil))
}

func TestWorkThatWasNotDoneIsNotMeasured(t *testing.T) {
	put := func(st *standin.ServiceTrade, status string) {
		r := httptest.NewRequest(http.MethodPut, "/api/invoice/1", strings.NewReader(`{"status":"`+status+`"}`))
		st.ServeHTTP(httptest.NewRecorder(), r)
	}
	tests := map[string]struct {
		statuses []string
		wrong    string
	}{
		"processed once":  {statuses: []string{"processed"}},
		"failed":          {statuses: []string{"failed"}, wrong: "failed after 1 writes"},
		"processed twice": {statuses: []string{"processed", "processed"}, wrong: "after 2 writes"},
		"not at all":      {wrong: "pending_accounting after 0 writes"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := &pipeline{st: standin.New()}
			ids := p.st.Send(1, 1)
			for _, s := range tt.statuses {
				put(p.st, s)
			}
			err := p.check(ids)
			if tt.wrong == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.wrong)
		})
	}
}
