package tryton

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/mapping"
)

// The mapping to begin with is one, and asks for nothing that the connector cannot do.
func TestTheExampleIsAMapping(t *testing.T) {
	m, err := mapping.ParseFile("mapping.example.yaml")
	require.NoError(t, err)
	require.Equal(t, mapping.LevelCompany, m.Customers.Level, "there are no customers below customers")
	require.Equal(t, mapping.VoidedVoid, m.Policy.Voided)
	require.Implements(t, (*connector.Voider)(nil), &Books{})
	require.Equal(t, mapping.NumberAssigned, m.Numbers.Source)
	require.True(t, (&Books{}).Describe().AssignsNumber)
}
