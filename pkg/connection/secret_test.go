package connection_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
)

type holder struct{ hidden connection.Secret }

func TestSecretIsNeverPrinted(t *testing.T) {
	const value = "hunter2-hunter2"
	s := connection.NewSecret(value)
	require.Equal(t, value, s.Reveal())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%T", "%10.3s"} {
		for _, thing := range []any{s, &s, []connection.Secret{s}, map[string]connection.Secret{"k": s}, holder{s}, connection.ServiceTrade{Password: s}} {
			printed := fmt.Sprintf(verb, thing)
			require.NotContains(t, printed, "hunter")
			require.NotContains(t, strings.ToLower(printed), fmt.Sprintf("%x", "hunter"))
		}
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", s, "in", connection.ServiceTrade{Password: s})
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", s, "in", connection.ServiceTrade{Password: s})
	asJSON, err := json.Marshal(connection.ServiceTrade{Password: s})
	require.NoError(t, err)
	asYAML, err := yaml.Marshal(connection.ServiceTrade{Password: s})
	require.NoError(t, err)
	for _, text := range []string{log.String(), string(asJSON), string(asYAML)} {
		require.NotContains(t, text, "hunter")
		require.Contains(t, text, "********")
	}
}

func TestNoSecret(t *testing.T) {
	var s connection.Secret
	require.True(t, s.IsZero())
	require.Empty(t, s.Reveal())
	require.Empty(t, fmt.Sprint(s))
}

func TestSecretSources(t *testing.T) {
	for name, c := range map[string]struct{ written, want, problem string }{
		"plain":         {written: "p", want: "p"},
		"number":        {written: "0123", want: "0123"},
		"env":           {written: "{env: PW}", want: "from env"},
		"env missing":   {written: "{env: NONE}", problem: "the environment variable NONE is not set, or empty"},
		"file":          {written: "{file: pw.txt}", want: "from file"},
		"file missing":  {written: "{file: none.txt}", problem: "the secret's file cannot be read"},
		"file is empty": {written: "{file: empty.txt}", problem: "is empty"},
		"both":          {written: "{env: PW, file: pw.txt}", problem: "needs either env or file"},
		"neither":       {written: "{}", problem: "needs either env or file"},
		"other":         {written: "{vault: x}", problem: "is not a secret: unknown key"},
		"list":          {written: "[a]", problem: "is not a secret"},
		"nothing":       {written: "", problem: "is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, strings.Replace(small, "password: p", "password: "+c.written, 1))
			put(t, filepath.Join(filepath.Dir(path), "pw.txt"), "from file\r\n")
			put(t, filepath.Join(filepath.Dir(path), "empty.txt"), "\n")
			loaded, err := connection.Load(path, []string{"PW=from env"})
			if c.problem != "" {
				require.ErrorContains(t, err, c.problem)
				require.ErrorContains(t, err, ":6:7: accounts.acme.servicetrade.password: ")
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, loaded.Accounts["acme"].ServiceTrade.Password.Reveal())
		})
	}
}
