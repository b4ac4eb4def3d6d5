package pipeline_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/servicetrade"
	"github.com/tradepost/tradepost/services/sandbox"
)

func TestExternalIDsAreWrittenAndTakenOnesRefused(t *testing.T) {
	s := newShop(t, sandbox.Options{})
	c := s.process()[0]
	inv, err := c.Invoice(t.Context(), s.ids[0])
	require.NoError(t, err)
	company, location := inv.GetCustomer().GetId(), inv.GetLocation().GetId()
	require.NoError(t, c.SetExternalID(t.Context(), servicetrade.KindCompany, company, "other_1", "C 1/ä"))
	require.NoError(t, c.SetExternalID(t.Context(), servicetrade.KindCompany, company, "other_1", "C 1/ä"), "its own again")
	read, err := c.Company(t.Context(), company)
	require.NoError(t, err)
	require.Equal(t, "C 1/ä", read.GetExternalIds()["other_1"])

	err = c.SetExternalID(t.Context(), servicetrade.KindLocation, location, "other_1", "C 1/ä")
	require.True(t, servicetrade.IsTaken(err), "%v", err)
	require.False(t, servicetrade.WriteUncertain(err))
	err = c.SetExternalID(t.Context(), servicetrade.KindCompany, 7, "other_1", "C-2")
	require.True(t, servicetrade.IsNotFound(err), "%v", err)
	require.False(t, servicetrade.IsTaken(err))
}
