package hledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"
)

var (
	errProgramMissing = errors.New("the program is not installed")
	errBooksBroken    = errors.New("the books have an error of their own")
)

// refusal is what hledger has against its input.
type refusal struct{ words string }

func (r *refusal) Error() string { return "hledger: " + r.words }

// program runs hledger in one directory.
type program struct{ name, dir string }

// run gives hledger an input and returns what it printed. It ends with ctx. The
// surroundings are fixed, so that nobody's settings change what is checked;
// without UTF-8 in them hledger refuses every name with an accent.
func (p program) run(ctx context.Context, input string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, p.name, args...)
	cmd.Dir = p.dir
	cmd.Env = []string{"LC_ALL=C.UTF-8", "LANG=C.UTF-8", "PATH=" + os.Getenv("PATH")}
	cmd.Stdin = strings.NewReader(input)
	cmd.WaitDelay = 5 * time.Second // a busy machine may take seconds to notice that the program ended
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return stdout.String(), nil
	case ctx.Err() != nil:
		return "", fmt.Errorf("run %s: %w", p.name, ctx.Err())
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return "", fmt.Errorf("%w: %s: %w", errProgramMissing, p.name, err)
	case errors.As(err, &exit) && exit.Exited():
		return "", &refusal{strings.TrimSpace(stderr.String())}
	}
	return "", fmt.Errorf("run %s: %w", p.name, err)
}

func (l *Ledger) program() program { return program{l.cfg.Program, l.cfg.JournalDir} }

// checkText has hledger check a document's file together with the chart. asked
// is false when the program is missing and may be. A refusal of the document is
// a *refusal; a chart that is wrong by itself is errBooksBroken, since every
// other invoice would be refused too.
func (l *Ledger) checkText(ctx context.Context, text string, c chart) (asked bool, err error) {
	p := program{l.cfg.Program, c.dir}
	_, err = p.run(ctx, c.text+text, "-f", "-", "check", "--strict", "payees")
	var no *refusal
	switch {
	case errors.Is(err, errProgramMissing) && l.cfg.Check == CheckWhenInstalled:
		return false, nil
	case !errors.As(err, &no):
		return true, err
	}
	_, own := p.run(ctx, c.text, "-f", "-", "check", "--strict")
	switch {
	case errors.As(own, &no):
		return true, fmt.Errorf("%w: %s: %s", errBooksBroken, l.cfg.Chart, no.words)
	case own != nil:
		return true, own
	}
	return true, err
}
