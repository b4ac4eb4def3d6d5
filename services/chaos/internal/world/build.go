package world

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// Build builds every program of a run into dir. root is the repository.
func Build(ctx context.Context, root, dir, deliver string) error {
	packages := []string{"./services/tradepost/cmd/tradepost", "./services/sandbox/cmd/sandbox", deliver}
	for _, s := range []string{"ingest", "transform", "reconcile"} {
		packages = append(packages, "./services/"+s+"/cmd/"+s)
	}
	if err := goBuild(ctx, root, dir, packages...); err != nil {
		return err
	}
	// The version that this module's go.mod pins.
	return goBuild(ctx, filepath.Join(root, "services", "chaos"), dir, "github.com/nats-io/nats-server/v2")
}

func goBuild(ctx context.Context, from, dir string, packages ...string) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"build", "-o", dir + "/"}, packages...)...)
	cmd.Dir = from
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %v: %w\n%s", packages, err, out)
	}
	return nil
}
