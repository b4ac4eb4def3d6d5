package send_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/record"
	"github.com/tradepost/tradepost/pkg/servicetrade"
)

// What is wrong with one invoice must not end the sweep of its connection, since it
// would end there every time; ServiceTrade being away does end it.
func TestOneInvoiceInTroubleDoesNotEndTheSweep(t *testing.T) {
	answer := func(status int) *servicetrade.Error {
		return &servicetrade.Error{Method: http.MethodGet, Path: "/invoice/1", Status: status}
	}
	gone := answer(http.StatusNotFound)
	gone.Gone = true
	unreadable := answer(http.StatusOK)
	unreadable.Err = errors.New("decode the answer: no JSON")
	for name, c := range map[string]struct {
		invoice, related error
		ends             bool
	}{
		"refused":             {invoice: answer(http.StatusUnprocessableEntity)},
		"unreadable":          {invoice: unreadable},
		"its company refused": {related: answer(http.StatusBadRequest)},
		"away":                {invoice: answer(http.StatusServiceUnavailable), ends: true},
		"no answer":           {invoice: answer(0), ends: true},
		"throttled":           {invoice: answer(http.StatusTooManyRequests), ends: true},
		"forbidden":           {invoice: answer(http.StatusForbidden), ends: true},
		"its company away":    {related: answer(http.StatusBadGateway), ends: true},
		"404 of no session":   {related: answer(http.StatusNotFound), ends: true},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.pending()
				time.Sleep(stuck)
				d.Taker.Forget()
				d.office.err = c.invoice
				d.office.refuse(c.related)
				require.Equal(t, c.ends, d.Sweep(t.Context(), d.entry()) != nil)
				require.Error(t, d.Heal(t.Context(), d.entry()), "a poll tells it as an error all the same")

				d.office.err = nil
				d.office.refuse(nil)
				require.NoError(t, d.Sweep(t.Context(), d.entry()))
				require.Len(t, d.sent(), 2, "and it is healed as soon as it can be")
				require.Equal(t, record.Opened, d.entry().State())
			})
		})
	}
}
