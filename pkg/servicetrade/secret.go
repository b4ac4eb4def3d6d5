package servicetrade

import (
	"fmt"
	"log/slog"
	"strings"
)

const masked = "***"

// String shows the account without its password.
func (c Config) String() string {
	return fmt.Sprintf("ServiceTrade %s as %s", c.URL, c.Username+c.ClientID)
}

// GoString is String, so that %#v shows no password either.
func (c Config) GoString() string { return c.String() }

// LogValue is String as a log value.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// String names the client's API, without credentials.
func (c *Client) String() string {
	if c.base == nil {
		return "ServiceTrade client without a usable URL"
	}
	return "ServiceTrade client of " + c.base.String()
}

// GoString is String, so that %#v shows no password or token.
func (c *Client) GoString() string { return c.String() }

// scrub takes passwords and tokens out of text that ServiceTrade sent.
func (c *Client) scrub(text string) string {
	known := c.keeper.known().Access
	for _, secret := range []string{c.password, c.clientSecret, known.Token, known.Refresh} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, masked)
		}
	}
	return text
}
