package connection_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
)

func TestEnvironmentWins(t *testing.T) {
	c, err := connection.Load(write(t, small), []string{
		"TRADEPOST_DATA_DIR=/srv/data",
		"TRADEPOST_NATS_URL=nats://n:4222",
		"TRADEPOST_NATS_CREDENTIALS_FILE=/run/n.creds",
		"TRADEPOST_NATS_REPLICAS=3",
		"TRADEPOST_HTTP_LISTEN=:9000",
		"TRADEPOST_LOG_LEVEL=debug",
		"TRADEPOST_LOG_FORMAT=json",
		"TRADEPOST_ACCOUNT_ACME_URL=http://sandbox:8080/api",
		"TRADEPOST_ACCOUNT_ACME_USERNAME=someone",
		"TRADEPOST_ACCOUNT_ACME_PASSWORD=else=where",
		"not a variable",
	})
	require.NoError(t, err)
	require.Equal(t, "/srv/data", c.DataDir)
	require.Equal(t, connection.NATS{URL: "nats://n:4222", CredentialsFile: "/run/n.creds", Replicas: 3}, c.NATS)
	require.Equal(t, ":9000", c.HTTP.Listen)
	require.Equal(t, connection.Log{Level: "debug", Format: "json"}, c.Log)
	st := c.Accounts["acme"].ServiceTrade
	require.Equal(t, "http://sandbox:8080/api", st.URL)
	require.Equal(t, "someone", st.Username)
	require.Equal(t, "else=where", st.Password.Reveal())
}

func TestEnvironmentHealsTheFile(t *testing.T) {
	text := "accounts:\n  acme-west:\n    time_zone: UTC\n    servicetrade: {invoice_entity_type: 12}\n"
	c, err := connection.Load(write(t, text), []string{"TRADEPOST_ACCOUNT_ACME_WEST_USERNAME=u", "TRADEPOST_ACCOUNT_ACME_WEST_PASSWORD=p"})
	require.NoError(t, err)
	require.Equal(t, "u", c.Accounts["acme-west"].ServiceTrade.Username)
}

func TestEnvironmentSwitchesToOAuth2(t *testing.T) {
	c, err := connection.Load(write(t, small), []string{
		"TRADEPOST_ACCOUNT_ACME_AUTH=oauth2", "TRADEPOST_ACCOUNT_ACME_CLIENT_ID=i", "TRADEPOST_ACCOUNT_ACME_CLIENT_SECRET=s",
	})
	require.NoError(t, err)
	st := c.Accounts["acme"].ServiceTrade
	require.True(t, st.CanSignIn())
	require.Equal(t, "i", st.Identity())
	require.Equal(t, "s", st.ClientSecret.Reveal())

	_, err = connection.Load(write(t, small), []string{"TRADEPOST_ACCOUNT_ACME_AUTH=oauth2"})
	require.ErrorContains(t, err, "accounts.acme.servicetrade.client_id: is missing")
	require.ErrorContains(t, err, "or set TRADEPOST_ACCOUNT_ACME_CLIENT_SECRET")
	require.NotContains(t, err.Error(), "password")
	_, err = connection.Load(write(t, small), []string{"TRADEPOST_ACCOUNT_ACME_AUTH=oath2"})
	require.ErrorContains(t, err, `accounts.acme.servicetrade.auth: "oath2" is not known`)
}

func TestTheKeyForSecrets(t *testing.T) {
	good := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	path := write(t, small+"secrets: {key_file: my.key}\n")
	file := filepath.Join(filepath.Dir(path), "my.key")
	_, err := connection.Load(path, nil)
	require.ErrorContains(t, err, "secrets.key_file: the secret's file cannot be read")
	put(t, file, good+"\n")
	c, err := connection.Load(path, nil)
	require.NoError(t, err)
	raw, err := c.Secrets.Bytes()
	require.NoError(t, err)
	require.Equal(t, bytes.Repeat([]byte{7}, 32), raw)
	require.NotContains(t, fmt.Sprintf("%+v", c.Secrets), good)

	put(t, file, "short")
	_, err = connection.Load(path, nil)
	require.ErrorContains(t, err, "secrets.key_file: key 1 is not 32 bytes in base64")
	c, err = connection.Load(path, []string{"TRADEPOST_SECRETS_KEY=" + good})
	require.NoError(t, err, "the variable wins")
	require.Equal(t, good, c.Secrets.Key.Reveal())
	_, err = connection.Load(path, []string{"TRADEPOST_SECRETS_KEY=short"})
	require.ErrorContains(t, err, "environment: TRADEPOST_SECRETS_KEY: key 1 is not 32 bytes in base64")
	c, err = connection.Load(write(t, small), nil)
	require.NoError(t, err)
	require.True(t, c.Secrets.Key.IsZero())
}

func TestEnvironmentOfTheWrongKind(t *testing.T) {
	_, err := connection.Load(write(t, small), []string{"TRADEPOST_NATS_REPLICAS=three", "TRADEPOST_LOG_LEVEL=loud"})
	require.ErrorContains(t, err, `environment: TRADEPOST_NATS_REPLICAS: "three" cannot be used as int`)
	require.ErrorContains(t, err, `log.level: "loud" is not known`)
}
