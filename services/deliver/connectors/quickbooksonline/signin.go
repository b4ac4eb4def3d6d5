package quickbooksonline

import (
	"context"
	"fmt"

	"github.com/tradepost/tradepost/pkg/connector"
)

// signIn reads from a connection's settings how a person signs it in: with the user's
// own app, to the company that the settings name or, at first, to any.
func signIn(_ context.Context, s connector.Settings) (connector.SignIn, error) {
	var cfg Config
	if err := s.Decode(&cfg); err != nil {
		return connector.SignIn{}, fmt.Errorf("read the settings of connection %s: %w", s.Connection, err)
	}
	return cfg.App.SignIn(cfg.CompanyID), nil
}

// FromSettings takes the tokens that the program gives with the settings.
func FromSettings(s connector.Settings) Tokens { return s.Tokens }
