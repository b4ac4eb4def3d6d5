package ingest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/services/ingest/internal/send"
)

// What waits for the same reason is told with the reason once.
func TestWaitingInvoicesAreToldByReason(t *testing.T) {
	var all []send.Waiting
	for i := range 30 {
		all = append(all, send.Waiting{InvoiceID: int64(100 + i), Reason: "connection asleep takes it, which is disabled"})
	}
	all = append(all, send.Waiting{InvoiceID: 7, Reason: "no filter matches it"})
	told := nameWaiting(all)
	require.Equal(t, 1, strings.Count(told, "connection asleep takes it"), told)
	require.Contains(t, told, "30 invoices wait (100, 101, ")
	require.Contains(t, told, " and 10 more): connection asleep")
	require.Contains(t, told, "; invoice 7 waits: no filter matches it")
	for i := range 10 {
		all = append(all, send.Waiting{InvoiceID: int64(i), Reason: fmt.Sprintf("reason %d", i)})
	}
	require.Contains(t, nameWaiting(all), "and invoices with 7 more reasons")
}
