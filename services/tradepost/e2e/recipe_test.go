package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// natsProgram builds the stock nats program of tools/natscli beside the services.
var natsProgram = sync.OnceValue(func() error {
	dir, err := build()
	if err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(dir, "nats"), "github.com/nats-io/natscli/nats")
	cmd.Dir, cmd.Env = filepath.Join(repository(), "tools", "natscli"), append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the nats program: %w\n%s", err, out)
	}
	return nil
})

func repository() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..")
}

// recipes are the commands of a page: every fenced block of sh, by the heading that it
// stands under. What the page says is what the test runs.
type recipes struct {
	blocks map[string][]string
	ran    map[string]bool
}

func readRecipes(t *testing.T, page string) *recipes {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository(), "docs", page))
	require.NoError(t, err)
	r := &recipes{blocks: map[string][]string{}, ran: map[string]bool{}}
	heading, block, inside := "", []string(nil), false
	for line := range strings.Lines(string(text)) {
		switch {
		case strings.HasPrefix(line, "## "):
			heading = strings.TrimSpace(strings.TrimPrefix(line, "## "))
		case strings.TrimSpace(line) == "```sh":
			inside, block = true, nil
		case inside && strings.TrimSpace(line) == "```":
			inside = false
			r.blocks[heading] = append(r.blocks[heading], strings.Join(block, ""))
		case inside:
			block = append(block, line)
		}
	}
	require.NotEmpty(t, r.blocks)
	return r
}

// requireAllRan fails when the page has commands that no test ran.
func (r *recipes) requireAllRan(t *testing.T) {
	t.Helper()
	for heading, blocks := range r.blocks {
		for i := range blocks {
			require.True(t, r.ran[fmt.Sprint(heading, i)], "block %d under %q was never run", i, heading)
		}
	}
}

// run executes the n-th block under the heading that begins so, as a person would in
// a shell of their own, and returns what it printed.
func (r *recipes) run(p *plant, heading string, n int, id int64) string {
	p.t.Helper()
	for h, blocks := range r.blocks {
		if strings.HasPrefix(h, heading) {
			require.Less(p.t, n, len(blocks), h)
			r.ran[fmt.Sprint(h, n)] = true
			return p.shell(blocks[n], id)
		}
	}
	require.Fail(p.t, "no such heading", heading)
	return ""
}

// shell runs a script with the nats program and tradepost in its path.
func (p *plant) shell(script string, id int64) string {
	p.t.Helper()
	require.NoError(p.t, natsProgram())
	bin, err := build()
	require.NoError(p.t, err)
	ctx, cancel := context.WithTimeout(p.t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", "set -euo pipefail\n"+script)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "HOME="+p.dir, "NATS_URL="+p.natsURL,
		"TRADEPOST_CONFIG="+p.path("tradepost.yaml"), "ID="+strconv.FormatInt(id, 10), "DATA_DIR="+p.dir)
	out, err := cmd.CombinedOutput()
	require.NoError(p.t, err, "%s\n%s", script, out)
	return string(out)
}
