package connection_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The records of a connection are its account's invoices: with another account they
// would be settled in a ServiceTrade that they are not of.
func TestAConnectionStaysWithItsAccount(t *testing.T) {
	moved := strings.NewReplacer("account: west", "account: acme", "account: acme", "account: west").Replace(twoAccounts())
	follow(t, twoAccounts(), func(t *testing.T, l *follower) {
		before := l.Current()
		l.put("tradepost.yaml", moved)
		l.looks(3)
		require.Same(t, before, l.Current())
		require.ErrorContains(t, l.Status().Trouble, "west-books")
		require.ErrorContains(t, l.Status().Trouble, `belongs to account "west"`)
		require.ErrorContains(t, l.Status().Trouble, "tradepost.yaml:")
		// Nor may it come back with another account after it was gone.
		l.put("tradepost.yaml", strings.Replace(twoAccounts(), second, "", 1))
		l.looks(3)
		require.NoError(t, l.Status().Trouble)
		require.NotContains(t, l.Current().Connections, "west-books")
		l.put("tradepost.yaml", moved)
		l.looks(3)
		require.ErrorContains(t, l.Status().Trouble, `belongs to account "west"`)
		l.put("tradepost.yaml", twoAccounts())
		l.looks(3)
		require.NoError(t, l.Status().Trouble)
		require.Contains(t, l.Current().Connections, "west-books")
	})
}
