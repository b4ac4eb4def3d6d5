// Package signins gives commands the sign-ins to accounting systems: they take part in
// renewing them like every service.
package signins

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/grant"
	"github.com/tradepost/tradepost/pkg/keyring"
	"github.com/tradepost/tradepost/pkg/pause"
	"github.com/tradepost/tradepost/pkg/signin"
	"github.com/tradepost/tradepost/pkg/stage"
)

// OwnKeys is the name of the file in data_dir with the keys that `tradepost up` makes
// where the configuration has none.
const OwnKeys = "secrets.key"

// ErrNoKeys means that there are no keys for secrets.
var ErrNoKeys = errors.New("there is no key for secrets: set secrets.key_file or TRADEPOST_SECRETS_KEY to the one that the services use (openssl rand -base64 32 makes one)")

// Ring returns the keys for secrets: those of the configuration, else those that
// `tradepost up` has in data_dir. Where it never ran they are made, but only if its own
// NATS server is meant: other services would not have them.
func Ring(config *connection.Config) (*keyring.Ring, error) {
	if !config.Secrets.Key.IsZero() {
		return config.Secrets.Ring()
	}
	path := filepath.Join(config.DataDir, OwnKeys)
	if _, err := os.Stat(path); err != nil && config.NATS.URL != "" {
		return nil, ErrNoKeys
	}
	text, err := signin.EnsureKeyFile(path)
	if err != nil {
		return nil, err
	}
	ring, err := keyring.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return ring, nil
}

// Open opens the sign-ins.
func Open(ctx context.Context, config *connection.Config, js jetstream.JetStream, log *slog.Logger) (*grant.Keeper, error) {
	ring, err := Ring(config)
	if err != nil {
		return nil, err
	}
	pauses, err := pause.Open(ctx, js)
	if err != nil {
		return nil, err
	}
	return grant.Open(ctx, grant.Options{JS: js, Ring: ring, Pauses: pauses, Log: log})
}

// Give puts the tokens of a connection into settings, where its accounting system has a
// sign-in. js is nil where NATS cannot be asked; every call for a token then says so.
func Give(ctx context.Context, settings *connector.Settings, config *connection.Config, c *connection.Connection, connectors *connector.Registry, js jetstream.JetStream) {
	if js == nil {
		return
	}
	signed, err := stage.SignIn(ctx, config, c, connectors, settings.Log)
	if errors.Is(err, stage.ErrNoSignIn) {
		return
	}
	var keeper *grant.Keeper
	if err == nil {
		keeper, err = Open(ctx, config, js, settings.Log)
	}
	switch {
	case errors.Is(err, ErrNoKeys):
		settings.Tokens = stage.NoTokens(connector.ReasonKeyMissing, err.Error())
		return
	case err != nil:
		settings.Tokens = stage.NoTokens(connector.ReasonSignedOut, err.Error())
		return
	}
	settings.Tokens = keeper.Tokens(c.ID, signed.SignIn)
}
