package pipeline

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tradepost/tradepost/pkg/bus"
	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/runtime"
	"github.com/tradepost/tradepost/pkg/signin"
	"github.com/tradepost/tradepost/pkg/stage"
	"github.com/tradepost/tradepost/services/tradepost/internal/signins"
)

const (
	// retireTime bounds ending the sign-ins to ServiceTrade.
	retireTime = 10 * time.Second
)

// withKey gives the stages a key of their own in data_dir, where the configuration
// has none, so that they share their sign-ins. own says that nobody else has it.
func withKey(o *Options) (own bool, err error) {
	if !o.Config.Secrets.Key.IsZero() {
		return false, nil
	}
	text, err := signin.EnsureKeyFile(filepath.Join(o.Config.DataDir, signins.OwnKeys))
	if err != nil {
		return false, err
	}
	config := *o.Config
	config.Secrets.Key = connection.NewSecret(text)
	if _, err := config.Secrets.Bytes(); err != nil {
		return false, fmt.Errorf("read %s: %w", filepath.Join(o.Config.DataDir, signins.OwnKeys), err)
	}
	o.Config = &config
	if o.Live != nil {
		o.Live.Use(&config)
	}
	return true, nil
}

// retire ends the accounts' sessions and tokens. It runs once all stages have
// ended, and only where no other process shares them. What cannot be ended dies
// of age, or is used again at the next start.
func retire(ctx context.Context, o Options) {
	ctx, cancel := context.WithTimeout(ctx, retireTime)
	defer cancel()
	nc, err := bus.Connect(ctx, bus.ConnectOptions{
		URL: o.Config.NATS.URL, CredsFile: o.Config.NATS.CredentialsFile, Name: "sign-out", InProcess: o.NATS, Log: o.Log,
	})
	if err != nil {
		o.Log.WarnContext(ctx, "the sessions at ServiceTrade were not ended", "error", err)
		return
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		o.Log.WarnContext(ctx, "the sessions at ServiceTrade were not ended", "error", err)
		return
	}
	clients, err := stage.Clients(ctx, runtime.Deps{Config: o.Config, Live: o.Live, NC: nc, JS: js, Log: o.Log}, nil)
	if err != nil {
		o.Log.WarnContext(ctx, "the sessions at ServiceTrade were not ended", "error", err)
		return
	}
	for account, c := range clients.All() {
		if err := c.Retire(ctx); err != nil {
			o.Log.WarnContext(ctx, "the session at ServiceTrade was not ended", "account", account, "error", err)
		}
	}
}
