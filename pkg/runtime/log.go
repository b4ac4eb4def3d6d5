package runtime

import (
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/lmittmann/tint"
	"golang.org/x/term"

	"github.com/tradepost/tradepost/pkg/connection"
	"github.com/tradepost/tradepost/pkg/telemetry"
)

// Logger makes the logger of a process that writes to w: for people (colors on a
// terminal, unless NO_COLOR is set) or JSON, as c says. Entries that are written with
// the context of a span have its trace_id and span_id.
func Logger(c connection.Log, w io.Writer) *slog.Logger {
	return slog.New(telemetry.LogHandler(handler(c, w)))
}

func handler(c connection.Log, w io.Writer) slog.Handler {
	terminal := isTerminal(w)
	if c.Format == "text" || (c.Format != "json" && terminal) {
		return tint.NewTextHandler(w, &tint.Options{
			Level: level(c.Level), TimeFormat: time.TimeOnly + ".000", NoColor: !terminal || os.Getenv("NO_COLOR") != "",
		})
	}
	return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level(c.Level)})
}

// level reads the word of the configuration, which Load has checked; info otherwise.
func level(word string) slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(word)); err != nil {
		return slog.LevelInfo
	}
	return l
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
