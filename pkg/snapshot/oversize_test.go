package snapshot

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func TestOversize(t *testing.T) {
	noise := make([]byte, 9<<20)
	for i := range noise {
		noise[i] = byte('a' + rand.IntN(26))
	}
	for name, spoil := range map[string]func(*invoice){
		"many lines": func(inv *invoice) {
			for i := range int64(5000) {
				inv.Items = append(inv.Items, &item{Id: i + 10, Description: strings.Repeat("x", 100), LibItem: &tradepostv1.ServiceTradeLibItem{Id: i + 1}})
			}
		},
		"a 9 MB line":  func(inv *invoice) { inv.Items[0].Description = string(noise) },
		"9 MB notes":   func(inv *invoice) { inv.Notes = string(noise) },
		"9 MB name":    func(inv *invoice) { inv.Name = string(noise) },
		"9 MB renamed": func(inv *invoice) { inv.Customer.Name = string(noise) },
	} {
		t.Run(name, func(t *testing.T) {
			inv, from := sample(), newShelf()
			spoil(inv)
			snap, err := NewTaker(from, time.Minute, newClock().now).Take(t.Context(), inv)
			require.NoError(t, err)
			require.Empty(t, from.reads, "nothing is read for what will be refused")
			requireCut(t, snap, len(inv.Items))
			require.NotEmpty(t, inv.Items)
		})
	}
}

func requireCut(t *testing.T, snap *tradepostv1.Snapshot, lines int) {
	t.Helper()
	require.EqualValues(t, lines, snap.GetOversize().GetLines())
	require.EqualValues(t, Limit, snap.GetOversize().GetLimitBytes())
	require.Greater(t, snap.GetOversize().GetBytes(), int64(Limit))
	inv := snap.GetInvoice()
	require.Empty(t, inv.GetItems())
	require.Empty(t, inv.GetNotes())
	require.EqualValues(t, 2687264638045999, inv.GetId())
	require.Equal(t, "42", inv.GetInvoiceNumber())
	require.Equal(t, "pending_accounting", inv.GetStatus())
	require.Equal(t, "10", inv.GetTotalPrice())
	require.EqualValues(t, 9001, inv.GetCustomer().GetId())
	raw, err := protojson.Marshal(snap)
	require.NoError(t, err)
	require.Less(t, len(raw), Limit)
}

// huge is a shelf whose company makes the snapshot too large by itself.
type huge struct {
	*shelf
	entries, length int
}

func (h huge) Company(context.Context, int64) (*tradepostv1.ServiceTradeCompany, error) {
	ids := map[string]string{}
	for i := range h.entries {
		ids[fmt.Sprint("system_", i)] = strings.Repeat("y", h.length)
	}
	return &tradepostv1.ServiceTradeCompany{Id: 9001, Name: "Acme", ExternalIds: ids}, nil
}

func TestOversizeOfRelatedRecords(t *testing.T) {
	snap := take(t, NewTaker(huge{newShelf(), 1, 600 << 10}, time.Minute, newClock().now))
	requireCut(t, snap, 4)
	require.Equal(t, "Acme", snap.GetCustomer().GetName())
	require.Empty(t, snap.GetCustomer().GetExternalIds())

	snap = take(t, NewTaker(huge{newShelf(), 100_000, 10}, time.Minute, newClock().now))
	requireCut(t, snap, 4)
	require.Nil(t, snap.GetCustomer())
}
