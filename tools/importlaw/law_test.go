package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLaw(t *testing.T) {
	for _, c := range []struct {
		from, to string
		ok       bool
	}{
		{"proto/tradepost/v1", "google.golang.org/protobuf/proto", true},
		{"proto/tradepost/v1", "pkg/money", false},
		{"pkg/bus", "pkg/record", true},
		{"pkg/bus", "proto/tradepost/v1", true},
		{"pkg/bus", "services/ingest", false},
		{"services/ingest/internal/poll", "services/ingest/internal/lease", true},
		{"services/ingest", "pkg/bus", true},
		{"services/ingest", "services/deliver", false},
		{"services/sandbox", "services/transform", false},
		{"services/sandbox", "services/deliver/connectors/hledger", false},
		{"services/sandbox", "pkg/servicetrade", true},
		{"services/chaos", "pkg/bus", true},
		{"services/chaos", "services/sandbox", false},
		{"services/tradepost/cmd/tradepost", "services/deliver", true},
		{"services/tradepost", "services/sandbox", true},
		{"services/tradepost", "tools/importlaw", false},
		{"tools/importlaw", "pkg/bus", false},
		{"tools/importlaw", "fmt", true},
		{"somewhere/new", "pkg/bus", false},
		{"somewhere/new", "fmt", true},
	} {
		to := c.to
		if a, _, _ := strings.Cut(to, "/"); a == "pkg" || a == "proto" || a == "services" || a == "tools" {
			to = root + to
		}
		ok, rule := allowed(area(root+c.from), area(to))
		require.Equal(t, c.ok, ok, "%s -> %s", c.from, c.to)
		require.True(t, ok || rule != "", "a breach has a rule")
	}
}

func TestBreachesNameBothSides(t *testing.T) {
	deliver := root + "services/deliver"
	found := breaches([]pkg{
		{ImportPath: root + "services/ingest", Imports: []string{"fmt", deliver}, TestImports: []string{deliver}},
		{ImportPath: root + "pkg/bus", XTestImports: []string{root + "services/sandbox"}},
	})
	require.Equal(t, []string{
		"services/ingest imports services/deliver: a service imports pkg and proto, never another service",
		"pkg/bus imports services/sandbox: pkg imports proto only",
	}, found)
}

func TestDecode(t *testing.T) {
	packages, err := decode(strings.NewReader(`{"ImportPath":"a"}{"ImportPath":"b","Imports":["c"]}`))
	require.NoError(t, err)
	require.Equal(t, []pkg{{ImportPath: "a"}, {ImportPath: "b", Imports: []string{"c"}}}, packages)
	_, err = decode(strings.NewReader(`{"ImportPath"`))
	require.ErrorContains(t, err, "read what go list says")
}

// The go command has to understand the call; the answer is the repository's own.
func TestListOfThisRepository(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command here")
	}
	t.Setenv("GOWORK", "")
	t.Chdir(filepath.Join("..", ".."))
	packages, err := list()
	require.NoError(t, err)
	require.NotEmpty(t, packages)
}
