package pipeline_test

import (
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/services/sandbox"
)

// A list that lacks a row must never be called complete: not while its pages drift,
// the session dies and calls are refused, all at once. No row leaves here.
func TestAListUnderFaultsIsWholeOrAnError(t *testing.T) {
	const rounds = 25
	pending := invoicesAway(t)
	s := sandbox.New(sandbox.Options{
		Book: sandbox.GenerateBook(sandbox.BookOptions{Seed: 3, Invoices: pending, MaxLines: 2}), Configured: true,
	})
	_, err := s.API.SendAll("")
	require.NoError(t, err)
	web := httptest.NewServer(s)
	defer web.Close()
	whole := 0
	for seed := int64(1); seed <= rounds; seed++ {
		s.API.ClearOrders()
		for _, o := range []sandbox.Order{
			{Fault: sandbox.FaultDrift, Resource: "invoice", PageSize: pending / 30, Skip: 0.25, Repeat: 0.25, Rows: 3, Seed: seed},
			{Fault: sandbox.FaultSignedOut, Resource: "invoice", Probability: 0.03, Seed: seed},
			{Fault: sandbox.FaultThrottled, Resource: "invoice", Probability: 0.1, Seed: seed + 1000},
		} {
			_, err := s.API.Order(o)
			require.NoError(t, err)
		}
		c := servicetrade.New(servicetrade.Config{
			URL: web.URL, Auth: connection.AuthSession, Username: sandbox.DefaultUsername, Password: sandbox.DefaultPassword,
			RetryDelay: time.Microsecond,
		})
		s.API.ForgetRequests()
		rows, err := c.Invoices(t.Context(), servicetrade.InvoiceQuery{Status: []string{servicetrade.StatusPendingAccounting}})
		calls := len(s.API.Requests(sandbox.RequestFilter{}))
		t.Logf("seed %d: %d rows after %d calls, %v", seed, len(rows), calls, err)
		if err == nil {
			require.Equal(t, pending, len(rows), "seed %d: called complete", seed)
			whole++
		} else {
			told := errors.Is(err, servicetrade.ErrListMoving) || servicetrade.IsSignedOut(err) || servicetrade.IsThrottled(err)
			require.True(t, told, "%v", err)
		}
		require.Less(t, calls, 8*60*2, "the work is bounded")
	}
	require.GreaterOrEqual(t, whole, rounds/2, "most lists are read whole all the same")
}
