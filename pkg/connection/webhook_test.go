package connection_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
)

const goodSecret = "0123456789abcdef01234567"

// withWebhook is small with a webhook section and an account's secret ("" = none).
func withWebhook(section, secret string) string {
	text := "webhook: " + section + "\n" + small
	if secret != "" {
		text = strings.Replace(text, "      password: p\n", "      password: p\n      webhook_secret: "+secret+"\n", 1)
	}
	return text
}

func TestWebhookAddress(t *testing.T) {
	c, err := connection.Load(write(t, withWebhook("{listen: \":8081\", public_url: https://hooks.acme.example/tp/}", goodSecret)), nil)
	require.NoError(t, err)
	require.Equal(t, connection.Webhook{Listen: ":8081", PublicURL: "https://hooks.acme.example/tp/"}, c.Webhook)
	require.Equal(t, "https://hooks.acme.example/tp/webhook/acme/"+goodSecret, c.WebhookAddress(c.Accounts["acme"]))
}

func TestWebhookIsOffByDefault(t *testing.T) {
	c, err := connection.Load(write(t, small), nil)
	require.NoError(t, err)
	require.Equal(t, connection.Webhook{Listen: "off"}, c.Webhook)
}

func TestWebhookFromTheEnvironment(t *testing.T) {
	c, err := connection.Load(write(t, small), []string{
		"TRADEPOST_WEBHOOK_LISTEN=:9", "TRADEPOST_WEBHOOK_PUBLIC_URL=https://x.example", "TRADEPOST_ACCOUNT_ACME_WEBHOOK_SECRET=" + goodSecret,
	})
	require.NoError(t, err)
	require.Equal(t, connection.Webhook{Listen: ":9", PublicURL: "https://x.example"}, c.Webhook)
	require.Equal(t, goodSecret, c.Accounts["acme"].ServiceTrade.WebhookSecret.Reveal())
}

func TestWebhookProblems(t *testing.T) {
	for name, c := range map[string]struct{ section, secret, want string }{
		"no address":            {"{listen: nowhere}", goodSecret, `webhook.listen: "nowhere" is no address to listen on`},
		"the health address":    {"{listen: 127.0.0.1:8080}", goodSecret, "webhook.listen: is the address of http.listen"},
		"no secret at all":      {"{listen: \":8081\"}", "", "webhook.listen: no account has a webhook_secret"},
		"short secret":          {"{}", "short-and-guessable", "servicetrade.webhook_secret: has 19 characters, and could be guessed"},
		"long secret":           {"{}", strings.Repeat("x", 201), "webhook_secret: has 201 characters"},
		"a secret with slashes": {"{}", "0123456789abcdef/1234567", "webhook_secret: has characters that an address cannot carry"},
		"plain http":            {"{public_url: http://acme.example}", "", "webhook.public_url: http:// cannot be used here"},
		"no URL":                {"{public_url: acme.example}", "", "webhook.public_url: is no complete address"},
		"a query":               {"{public_url: \"https://acme.example/?a=b\"}", "", "webhook.public_url: is more than an address"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := connection.Load(write(t, withWebhook(c.section, c.secret)), nil)
			require.ErrorContains(t, err, c.want)
			if len(c.secret) > 10 {
				require.NotContains(t, err.Error(), c.secret)
			}
		})
	}
	_, err := connection.Load(write(t, withWebhook("{public_url: \"http://127.0.0.1:8081\"}", goodSecret)), nil)
	require.NoError(t, err, "for trials on one machine")
}
