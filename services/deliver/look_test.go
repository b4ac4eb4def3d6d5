package deliver_test

import (
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/services/deliver"
	"github.com/tradepost/tradepost/services/deliver/connectors/webhook"
)

// settingsOf are the smallest settings of each connector.
var settingsOf = map[string]string{
	"file":             "folder: outbox\namount: total\ncolumns: [{name: total, value: \"{{.Amount}}\"}]\n",
	"sage50":           "folder: outbox\n",
	"hledger":          "journal_dir: books\n",
	"quickbooksonline": "app: {client_id: id, client_secret: secret}\n",
	"remote":           "program: books\n",
	"webhook":          "url: https://books.example.com\n",
	"tryton":           "url: https://tryton.example\ndatabase: acme\nuser: tradepost\npassword: x\n",
}

// secret reads a password as the configuration does where it is plain text.
func secret(s *connection.Secret, text []byte) error {
	*s = connection.NewSecret(string(text))
	return nil
}

// Transform shortens and refuses by connector.LimitsOf; a connector that describes
// others would be given documents that it cannot hold.
func TestTheLimitsThatTransformKnowsAreTheConnectors(t *testing.T) {
	registry, err := deliver.Connectors()
	require.NoError(t, err)
	for _, kind := range registry.Kinds() {
		settings, known := settingsOf[kind]
		require.True(t, known, "add the smallest settings of %s here, and its limits to pkg/connector", kind)
		reg, err := registry.Lookup(kind)
		require.NoError(t, err)
		c, err := reg.New(t.Context(), connector.Settings{Connection: "x", Account: "a", Dir: t.TempDir(), Decode: func(into any) error {
			if c, is := into.(*webhook.Config); is { // a secret is read from the configuration only
				c.Secrets = []connection.Secret{connection.NewSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")}
			}
			return yaml.UnmarshalWithOptions([]byte(settings), into, yaml.CustomUnmarshaler(secret))
		}})
		require.NoError(t, err)
		require.Equal(t, c.Describe().Limits, connector.LimitsOf(kind), kind)
		require.NoError(t, c.Close())
	}
}
