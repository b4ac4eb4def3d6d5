package connection_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
)

type settings struct {
	Directory string            `yaml:"directory"`
	Token     connection.Secret `yaml:"token"`
	Timeout   time.Duration     `yaml:"timeout"`
}

func (s *settings) Validate() error {
	if s.Directory == "" {
		return errors.New("directory is missing")
	}
	return nil
}

func load(t *testing.T, text string) *connection.Config {
	t.Helper()
	c, err := connection.Load(write(t, text), []string{"TOKEN=secret"})
	require.NoError(t, err)
	return c
}

func TestDecodeSettings(t *testing.T) {
	c := load(t, small+"    settings:\n      directory: books\n      token: {env: TOKEN}\n")
	s := settings{Timeout: time.Minute}
	require.NoError(t, c.Connections["acme-books"].DecodeSettings(&s))
	require.Equal(t, settings{"books", connection.NewSecret("secret"), time.Minute}, s)
}

func TestDecodeSettingsReportsEverything(t *testing.T) {
	c := load(t, small+"    settings:\n      directroy: books\n      token: {env: NONE}\n      timeout: soon\n")
	err := c.Connections["acme-books"].DecodeSettings(&settings{})
	require.ErrorContains(t, err, "3 problems:")
	require.ErrorContains(t, err, "tradepost.yaml:14:7: connections.acme-books.settings.directroy: unknown key")
	require.ErrorContains(t, err, `did you mean "directory"?`)
	require.ErrorContains(t, err, "tradepost.yaml:15:7: connections.acme-books.settings.token: the environment variable NONE")
	require.ErrorContains(t, err, "tradepost.yaml:16:7: connections.acme-books.settings.timeout: must be a length of time, but is a text")
}

func TestDecodeSettingsValidates(t *testing.T) {
	for name, c := range map[string]struct{ written, where string }{
		"given":     {"    settings:\n      timeout: 1s\n", ":13:5:"},
		"empty":     {"    settings:\n", ":13:5:"},
		"not given": {"", ":9:3:"},
	} {
		t.Run(name, func(t *testing.T) {
			err := load(t, small+c.written).Connections["acme-books"].DecodeSettings(&settings{})
			require.ErrorContains(t, err, c.where+" connections.acme-books.settings: directory is missing")
		})
	}
}

func TestDecodeSettingsByManyAtOnce(t *testing.T) {
	c := load(t, small+"    settings:\n      directory: books\n")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			var s settings
			if err := c.Connections["acme-books"].DecodeSettings(&s); err != nil || s.Directory != "books" {
				t.Errorf("decoded %v, %v", s, err)
			}
		})
	}
	wg.Wait()
}

func TestCheckConnectors(t *testing.T) {
	c := load(t, strings.Replace(small, "connector: hledger", "connector: hleger", 1))
	require.NoError(t, c.CheckConnectors([]string{"hleger"}))
	err := c.CheckConnectors([]string{"hledger", "webhook"})
	require.ErrorContains(t, err, `tradepost.yaml:11:5: connections.acme-books.connector: this program has no connector "hleger"`)
	require.ErrorContains(t, err, `did you mean "hledger"?`)
	var all *connection.Error
	require.ErrorAs(t, err, &all)
}
