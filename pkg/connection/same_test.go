package connection_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
)

// sameAccounts is two accounts of one connection each; the second one's connection is
// disabled.
const sameAccounts = `accounts:
  acme:
    time_zone: America/Chicago
    servicetrade: {url: https://api.servicetrade.com/api, username: tradepost@acme.example, password: p, invoice_entity_type: 12}
  again:
    time_zone: America/Chicago
    servicetrade: {url: SECOND, password: p, invoice_entity_type: 12}
connections:
  acme-books: {account: acme, connector: hledger, mapping_file: mapping.yaml}
  again-books: {account: again, connector: hledger, mapping_file: mapping.yaml, enabled: false}
`

func TestTwoAccountsOfOneUserAreRefused(t *testing.T) {
	for second, refused := range map[string]bool{
		"https://api.servicetrade.com/api, username: tradepost@acme.example":                  true,
		"https://API.servicetrade.com:443/api/, username: Tradepost@acme.example":             true,
		"https://api.servicetrade.com/api, username: other@acme.example":                      false,
		"https://test.servicetrade.com/api, username: tradepost@acme.example":                 false,
		"https://api.servicetrade.com/api, auth: oauth2, client_id: c, client_secret: secret": false,
	} {
		t.Run(second, func(t *testing.T) {
			_, err := connection.Load(write(t, strings.Replace(sameAccounts, "SECOND", second, 1)), nil)
			if !refused {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, `accounts.again.servicetrade.username`)
			require.ErrorContains(t, err, `the account "acme" signs in to the same ServiceTrade as the same user`)
			require.ErrorContains(t, err, `tradepost.yaml:4`)
			require.ErrorContains(t, err, "tradepost.yaml:7")
			require.ErrorContains(t, err, "keep one account")
		})
	}
}

func TestTwoAccountsOfOneClientAreRefused(t *testing.T) {
	client := "auth: oauth2, client_id: c1, client_secret: s"
	text := strings.Replace(sameAccounts, "username: tradepost@acme.example, password: p", client, 1)
	text = strings.Replace(text, "SECOND, password: p", "https://api.servicetrade.com/api, "+client, 1)
	_, err := connection.Load(write(t, text), nil)
	require.ErrorContains(t, err, "accounts.again.servicetrade.client_id")
	require.ErrorContains(t, err, "as the same OAuth2 client")
}

// Not a blank name twice: that is told as missing.
func TestAccountsWithoutAUserAreNotOne(t *testing.T) {
	text := strings.Replace(sameAccounts, "username: tradepost@acme.example, ", "", 1)
	_, err := connection.Load(write(t, strings.Replace(text, "SECOND", "https://api.servicetrade.com/api", 1)), nil)
	require.ErrorContains(t, err, "is missing")
	require.NotContains(t, err.Error(), "the same ServiceTrade")
}
