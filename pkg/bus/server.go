package bus

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
)

const (
	minServerMajor = 2
	minServerMinor = 14
	// The JetStream API level of server 2.14; levels only grow.
	minAPILevel = 4
)

// checkServer refuses servers that lack what we need. Servers before 2.12 accept
// unknown options and silently drop them, hence the check before anything else.
func checkServer(nc *nats.Conn) error {
	if !nc.IsConnected() {
		return fmt.Errorf("check the NATS server: not connected (%s)", nc.Status())
	}
	enabled, level := nc.ConnectedServerJetStream()
	return checkServerVersion(nc.ConnectedServerVersion(), enabled, level)
}

func checkServerVersion(version string, enabled bool, level int) error {
	major, minor, err := parseServerVersion(version)
	if err != nil {
		return err
	}
	if major < minServerMajor || (major == minServerMajor && minor < minServerMinor) {
		return fmt.Errorf("the NATS server is version %s, but Tradepost needs %d.%d or newer "+
			"(recurring schedules, per-message TTL); older servers silently ignore these", version, minServerMajor, minServerMinor)
	}
	if !enabled {
		return fmt.Errorf("the NATS server (version %s) has JetStream switched off; switch it on (jetstream {} in its configuration)", version)
	}
	if level < minAPILevel {
		return fmt.Errorf("the NATS server (version %s) offers JetStream API level %d, but Tradepost needs level %d "+
			"(recurring schedules, per-message TTL)", version, level, minAPILevel)
	}
	return nil
}

func parseServerVersion(version string) (major, minor int, err error) {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	if len(parts) >= 2 {
		major, err = strconv.Atoi(parts[0])
		if err == nil {
			minor, err = strconv.Atoi(parts[1])
		}
	}
	if len(parts) < 2 || err != nil {
		return 0, 0, fmt.Errorf("the NATS server calls its version %q, which cannot be read; Tradepost needs %d.%d or newer",
			version, minServerMajor, minServerMinor)
	}
	return major, minor, nil
}
