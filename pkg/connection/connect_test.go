package connection_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/keyring"
)

func TestWherePeopleSignIn(t *testing.T) {
	c, err := connection.Load(write(t, small), nil)
	require.NoError(t, err)
	require.Equal(t, "off", c.Connect.Listen)
	c, err = connection.Load(write(t, small), []string{
		"TRADEPOST_CONNECT_LISTEN=127.0.0.1:8082", "TRADEPOST_CONNECT_PUBLIC_URL=https://tradepost.acme.example",
	})
	require.NoError(t, err)
	require.Equal(t, "https://tradepost.acme.example", c.Connect.PublicURL)
	for text, want := range map[string]string{
		"connect: {listen: 127.0.0.1:8082}\n":                                "connect.public_url: is missing",
		"connect: {listen: nowhere, public_url: https://x.example}\n":        `connect.listen: "nowhere" is no address`,
		"connect: {listen: 127.0.0.1:8080, public_url: https://x.example}\n": "connect.listen: is the address of http.listen",
		"connect: {public_url: http://x.example}\n":                          "connect.public_url: http:// cannot be used here",
		"connect: {public_url: https://x.example/?a=b}\n":                    "connect.public_url: is more than an address and a path",
	} {
		_, err := connection.Load(write(t, small+text), nil)
		require.ErrorContains(t, err, want)
	}
}

func TestSeveralKeysForSecrets(t *testing.T) {
	first, second := keyring.NewKey(), keyring.NewKey()
	c, err := connection.Load(write(t, small), []string{"TRADEPOST_SECRETS_KEY=" + second + " " + first})
	require.NoError(t, err)
	ring, err := c.Secrets.Ring()
	require.NoError(t, err)
	require.Len(t, ring.IDs(), 2)
	old, err := keyring.Parse(first)
	require.NoError(t, err)
	sealed, err := old.Encrypt([]byte("x"), "p")
	require.NoError(t, err)
	_, err = ring.Decrypt(sealed, "p")
	require.NoError(t, err)
}
