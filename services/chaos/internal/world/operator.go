package world

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"
)

// commandTime is how long an operator tries a command that does not work.
const commandTime = time.Minute

// Apply makes the streams and buckets as an operator does, with the product's own
// command, and signs the connection in where that was lost with them. A cluster that
// has just started needs a moment. flags are those of `nats apply`; signedIn tells that a
// sign-in was needed.
func (w *World) Apply(ctx context.Context, flags ...string) (signedIn bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*commandTime)
	defer cancel()
	if err := w.untilDone(ctx, func() error { return w.command(ctx, nil, append([]string{"nats", "apply"}, flags...)...) }); err != nil {
		return false, err
	}
	if w.opt.Target.SignIn() == "" {
		return false, nil
	}
	err = w.untilDone(ctx, func() error {
		there, err := w.isSignedIn(ctx)
		if err != nil || there {
			return err
		}
		signedIn = true
		return w.signIn(ctx)
	})
	return signedIn, err
}

// untilDone does something again and again until it works.
func (w *World) untilDone(ctx context.Context, do func() error) error {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	for {
		err := do()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(time.Second):
		}
	}
}

// operators makes a command of the product's binary.
func (w *World) operators(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, filepath.Join(w.opt.Binaries, "tradepost"), append(args, "--config", w.path(admin+".yaml"))...)
}

// command runs one to its end. What it prints is read as JSON where into is not nil.
func (w *World) command(ctx context.Context, into any, args ...string) error {
	cmd := w.operators(ctx, args...)
	var problems bytesOf
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("tradepost %v: %w: %s%s", args, err, out, problems.text)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(out, into); err != nil {
		return fmt.Errorf("read what tradepost %v prints: %w", args, err)
	}
	return nil
}

// bytesOf keeps what is written to it.
type bytesOf struct{ text []byte }

// Write implements io.Writer.
func (b *bytesOf) Write(p []byte) (int, error) {
	b.text = append(b.text, p...)
	return len(p), nil
}

func (w *World) isSignedIn(ctx context.Context) (bool, error) {
	var rows []struct {
		SignedIn bool `json:"signed_in"`
	}
	err := w.command(ctx, &rows, "-o", "json", "connect", w.opt.Target.SignIn(), Connection, "--status")
	return len(rows) == 1 && rows[0].SignedIn, err
}

var link = regexp.MustCompile(`https?://\S+`)

// signIn signs the connection in as an operator does who pastes the address at which
// the browser ended. The accounting system says yes to whoever asks.
func (w *World) signIn(ctx context.Context) error {
	cmd := w.operators(ctx, "connect", w.opt.Target.SignIn(), Connection, "--paste")
	paste, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	told, err := cmd.StderrPipe()
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	text, err := w.browse(ctx, told, paste)
	_ = paste.Close() // Without an address the command ends.
	rest, _ := io.ReadAll(told)
	if ended := cmd.Wait(); ended != nil || err != nil {
		return fmt.Errorf("tradepost connect %s: %w: %s%s", w.opt.Target.SignIn(), errors.Join(ended, err), text, rest)
	}
	return nil
}

// browse opens the link that a command tells, and pastes where the browser ends.
func (w *World) browse(ctx context.Context, told io.Reader, paste io.Writer) (text []byte, err error) {
	part := make([]byte, 4096)
	// The link ends with its line; what is asked for comes after it.
	for at := []int(nil); at == nil || at[1] == len(text); at = link.FindIndex(text) {
		n, err := told.Read(part)
		text = append(text, part[:n]...)
		if err != nil {
			return text, fmt.Errorf("there is no link: %w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, string(link.Find(text)), http.NoBody)
	if err != nil {
		return text, fmt.Errorf("open the link: %w", err)
	}
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := browser.Do(req)
	if err != nil {
		return text, fmt.Errorf("open the link: %w", err)
	}
	defer resp.Body.Close()
	if _, err := fmt.Fprintln(paste, resp.Header.Get("Location")); err != nil {
		return text, fmt.Errorf("paste the address: %w", err)
	}
	return text, nil
}
