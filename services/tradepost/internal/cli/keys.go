package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/grant"
	"github.com/tradepost/tradepost/pkg/keyring"
	"github.com/tradepost/tradepost/services/tradepost/internal/signins"
)

const keysLong = `Replaces the key for secrets, which encrypts the sign-ins to accounting systems, without losing one. The
keys stand in secrets.key_file (or in data_dir, where "tradepost up" made them), one to a line: the first
one encrypts, all of them decrypt. Step by step:

  tradepost keys add           a new key at the end. Restart all processes, so that each can decrypt with it
  tradepost keys promote       the last key becomes the first. Restart all processes
  tradepost keys reencrypt     what older keys encrypted is encrypted with the first one
  tradepost keys               no sign-in uses the old key any more
  tradepost keys drop KEY      the old key goes. Restart all processes

Where one process does everything (tradepost up), one restart after promote is enough. With --print the
new text is printed and the file stays: for a variable or a Kubernetes secret. Sessions at ServiceTrade are
not carried over: after promote each account signs in once more.`

type keysOptions struct{ print bool }

func newKeys(g *global) *cobra.Command {
	c := &cobra.Command{
		Use: "keys", Short: "Show and replace the key for secrets", Long: keysLong, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return g.showKeys(cmd) },
	}
	c.AddCommand(
		g.editKeys("add", "Add a new key at the end: it decrypts, and does not encrypt yet", func(text, _ string) (string, string, error) {
			next, id, err := keyring.Add(text)
			return next, fmt.Sprintf("key %s is added. Restart all processes, then: tradepost keys promote", id), err
		}),
		g.editKeys("promote", "Let the last key take the place of the first", func(text, _ string) (string, string, error) {
			next, id, err := keyring.Promote(text)
			return next, fmt.Sprintf("key %s encrypts from now on. Restart all processes, then: tradepost keys reencrypt", id), err
		}),
		g.editKeys("drop", "Take a key away that nothing uses any more", func(text, key string) (string, string, error) {
			id, err := keyring.ParseID(key)
			if err != nil {
				return "", "", err
			}
			next, err := keyring.Drop(text, id)
			return next, fmt.Sprintf("key %s is gone. Restart all processes", id), err
		}),
		&cobra.Command{
			Use: "reencrypt", Short: "Encrypt all sign-ins with the first key", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return g.reencrypt(cmd) },
		})
	return c
}

// editKeys is a command that changes the text of the keys.
func (g *global) editKeys(name, short string, edit func(text, key string) (next, told string, err error)) *cobra.Command {
	var o keysOptions
	c := &cobra.Command{Use: name, Short: short, Args: cobra.NoArgs}
	if name == "drop" {
		c.Use, c.Args = "drop KEY", cobra.ExactArgs(1)
	}
	c.RunE = func(cmd *cobra.Command, args []string) error {
		config, err := g.load()
		if err != nil {
			return err
		}
		if len(args) == 1 {
			if err := g.unused(cmd.Context(), config, args[0]); err != nil {
				return err
			}
		}
		place, text, err := keysText(config)
		if err != nil {
			return err
		}
		next, told, err := edit(text, strings.Join(args, ""))
		if err != nil {
			return &usageError{err}
		}
		if o.print {
			_, err = fmt.Fprint(cmd.OutOrStdout(), next)
			return err
		}
		if err := writeKeys(place, next); err != nil {
			return err
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), told)
		return err
	}
	c.Flags().BoolVar(&o.print, "print", false, "print the new keys instead of writing them to the file")
	return c
}

// keysText returns the keys, and the file that they stand in; "" for the variable's.
func keysText(config *connection.Config) (place, text string, err error) {
	place = config.Secrets.KeyFile
	switch {
	case os.Getenv("TRADEPOST_SECRETS_KEY") != "":
		return "", config.Secrets.Key.Reveal(), nil
	case place == "":
		place = filepath.Join(config.DataDir, signins.OwnKeys)
	}
	raw, err := os.ReadFile(place)
	if err != nil && config.Secrets.KeyFile == "" && config.NATS.URL != "" {
		return "", "", &usageError{signins.ErrNoKeys}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", "", fmt.Errorf("read the keys for secrets: %w", err)
	}
	return place, string(raw), nil
}

// writeKeys puts a whole file into the place of the old one, readable by its owner only.
func writeKeys(place, text string) error {
	if place == "" {
		return &usageError{errors.New("the keys come from the variable TRADEPOST_SECRETS_KEY: use --print, and change it there")}
	}
	if err := os.MkdirAll(filepath.Dir(place), 0o700); err != nil {
		return fmt.Errorf("make the folder of the keys for secrets: %w", err)
	}
	draft, err := os.CreateTemp(filepath.Dir(place), ".keys-*") // with mode 0600
	if err != nil {
		return fmt.Errorf("write the keys for secrets (--print writes nothing): %w", err)
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	_, err = draft.WriteString(text)
	if err = errors.Join(err, draft.Sync(), draft.Close()); err == nil {
		err = os.Rename(draft.Name(), place)
	}
	if err != nil {
		return fmt.Errorf("write the keys for secrets: %w", err)
	}
	return nil
}

// withGrants runs do with NATS.
func (g *global) withGrants(ctx context.Context, config *connection.Config, do func(d *signInDesk) error) error {
	d := &signInDesk{g: g, config: config}
	nc, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer nc.Close()
	return do(d)
}

// unused refuses to take a key away that a sign-in still needs.
func (g *global) unused(ctx context.Context, config *connection.Config, text string) error {
	id, err := keyring.ParseID(text)
	if err != nil {
		return &usageError{err}
	}
	key := id.String()
	return g.withGrants(ctx, config, func(d *signInDesk) error {
		states, err := grant.States(ctx, d.js)
		if err != nil {
			return err
		}
		for _, id := range slices.Sorted(maps.Keys(states)) {
			if states[id].Key == key {
				return &usageError{fmt.Errorf("key %s still encrypts the sign-in of connection %s: tradepost keys reencrypt", key, id)}
			}
		}
		return nil
	})
}

func (g *global) reencrypt(cmd *cobra.Command) error {
	config, err := g.load()
	if err != nil {
		return err
	}
	ring, err := signins.Ring(config)
	if err != nil {
		return &usageError{err}
	}
	return g.withGrants(cmd.Context(), config, func(d *signInDesk) error {
		keeper, err := signins.Open(cmd.Context(), config, d.js, slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		done, err := keeper.Reencrypt(cmd.Context(), d.js, ring.IDs()[0].String())
		_, _ = fmt.Fprintf(cmd.OutOrStdout(), "%d sign-ins were encrypted anew with key %s\n", len(done), ring.IDs()[0])
		return err
	})
}
