package runtime_test

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/runtime"
)

// The test binary is a service when this variable is set.
const asService = "TRADEPOST_TEST_AS_SERVICE"

func TestMain(m *testing.M) {
	if os.Getenv(asService) != "" {
		os.Args = os.Args[:1]
		runtime.Main("stage", build(untilAsked))
	}
	os.Exit(m.Run())
}

func TestProcessEndsOnSIGTERM(t *testing.T) {
	o, _ := options(t)
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), asService+"=1", "TRADEPOST_CONFIG="+configFile(t, configText),
		"TRADEPOST_NATS_URL="+o.Config.NATS.URL, "TRADEPOST_HTTP_LISTEN=127.0.0.1:0")
	stderr, err := command.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	var lines []string
	for scanner := bufio.NewScanner(stderr); scanner.Scan(); {
		lines = append(lines, scanner.Text())
		if strings.Contains(scanner.Text(), "service is running") {
			require.NoError(t, command.Process.Signal(syscall.SIGTERM))
		}
	}
	require.NoError(t, command.Wait(), strings.Join(lines, "\n"))
	require.Contains(t, strings.Join(lines, "\n"), `"msg":"stopped"`)
}
