package runtime_test

import (
	"bytes"
	"log/slog"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/runtime"
)

func TestLogger(t *testing.T) {
	for name, c := range map[string]struct {
		log       connection.Log
		want      string
		debugging bool
	}{
		"auto is JSON away from a terminal": {connection.Log{Level: "info", Format: "auto"}, `"msg":"hello","invoice":42}`, false},
		"JSON":                              {connection.Log{Level: "debug", Format: "json"}, `"msg":"hello","invoice":42}`, true},
		"text has no colors in a file":      {connection.Log{Level: "info", Format: "text"}, `INF hello invoice=42`, false},
		"nothing said":                      {connection.Log{}, `"msg":"hello"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			log := runtime.Logger(c.log, &out)
			log.Info("hello", runtime.KeyInvoice, 42)
			require.Contains(t, out.String(), c.want)
			require.NotContains(t, out.String(), "\x1b")
			require.Equal(t, c.debugging, log.Enabled(t.Context(), slog.LevelDebug))
		})
	}
}

func TestInstanceIsUnique(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		instance := runtime.NewInstance()
		require.Regexp(t, regexp.MustCompile(`^[A-Za-z0-9-]{1,40}-\d+-[A-Z0-9]{8}$`), instance)
		require.False(t, seen[instance])
		seen[instance] = true
	}
}
