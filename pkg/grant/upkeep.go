package grant

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/types/known/timestamppb"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/pause"
	"github.com/tradepost/tradepost/pkg/runtime"
)

const (
	// upkeepEvery is how often the sign-ins are looked after that nobody asks for.
	upkeepEvery = time.Minute
	// idleFor is how long a refresh token is not used at the most: a sign-in of which
	// nothing is posted for months stays alive, and one that was ended is told.
	idleFor = 12 * time.Hour
	// endsSoon is how long before its end a sign-in is told in /readyz.
	endsSoon = 30 * 24 * time.Hour
	// pausedFor is how long the pause of a signed-out connection lasts that nobody
	// probes; see package pauses of deliver, whose probes make it longer.
	pausedFor = 10 * time.Minute
	// pauseTime bounds writing a pause.
	pauseTime = 10 * time.Second
	atOnce    = 8
)

// Run looks after the sign-ins until ctx ends, and then waits for renewals under way.
func (k *Keeper) Run(ctx context.Context) error {
	defer k.keysThere()
	defer k.renewals.Wait()
	tick := time.NewTicker(upkeepEvery)
	defer tick.Stop()
	for {
		k.upkeep(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (k *Keeper) upkeep(ctx context.Context) {
	var g errgroup.Group
	g.SetLimit(atOnce)
	for _, h := range k.all() {
		g.Go(func() error {
			h.upkeep(ctx)
			return nil
		})
	}
	_ = g.Wait()
}

// upkeep renews what is due though nobody asks, and shows when the sign-in ends.
func (h *Holder) upkeep(ctx context.Context) {
	select {
	case h.gate <- struct{}{}:
	default:
		return // Somebody is at it.
	}
	if _, err := h.detached(ctx, h.due); err != nil && ctx.Err() == nil {
		h.keeper.log.WarnContext(ctx, "connection has no token", "connection", h.connection, "system", h.app.System, "err", err)
	}
	h.mu.Lock()
	e := h.seen
	h.mu.Unlock()
	h.keeper.metrics.show(h.connection, e)
}

// due tells whether a sign-in is renewed before its access token needs it. A claim that
// nobody gave back may have cost the newest refresh token, and the one before it does
// not live long.
func (h *Holder) due(e Entry) bool {
	return e.Claim != nil || h.keeper.now().Sub(e.Renewed) > idleFor
}

// noted pauses a connection that is signed out. Its end is found by deliver's probe,
// or by the sign-in. One that nobody ever signed in is not at work, and needs none.
func (k *Keeper) noted(h *Holder, err *Error) {
	k.metrics.signedOut(h.connection, err != nil && err.SignedOut())
	lacksKey := err != nil && err.Reason == ReasonKey
	k.metrics.keyMissing(h.connection, lacksKey)
	switch {
	case lacksKey:
		k.keyMissing(h, err)
	case err == nil || err.Reason != ReasonStore: // else nobody could look
		k.keyThere(h.connection)
	}
	if err == nil || !err.SignedOut() || err.Reason == ReasonNever || k.pauses == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), pauseTime)
	defer cancel()
	now := time.Now()
	p := &tradepostv1.Pause{
		By: pause.Deliver, Reason: connector.ReasonSignedOut, Message: err.What(), Fix: err.Fix(), Probed: true, Until: timestamppb.New(now.Add(pausedFor)),
	}
	if _, err := k.pauses.Set(ctx, h.connection, p, now); err != nil {
		k.log.WarnContext(ctx, "a signed-out connection could not be paused", "connection", h.connection, "err", err)
	}
}

// Notice tells which connections are signed out, and which will be soon: a
// runtime.Notice, or nil.
func (k *Keeper) Notice() error {
	var told []string
	all := k.all()
	slices.SortFunc(all, func(a, b *Holder) int { return cmp.Compare(a.connection, b.connection) })
	for _, h := range all {
		h.mu.Lock()
		trouble, e := h.trouble, h.seen
		h.mu.Unlock()
		switch end, soon := e.endsBefore(k.now().Add(endsSoon)); {
		case trouble != nil:
			told = append(told, trouble.Error())
		case soon:
			told = append(told, fmt.Sprintf("the sign-in of connection %s to %s ends on %s. Sign in again before: %s",
				h.connection, h.app.Title, end.UTC().Format(time.DateOnly), (&Error{System: h.app.System, Connection: h.connection}).command()))
		}
	}
	if len(told) == 0 {
		return nil
	}
	return runtime.Notice(strings.Join(told, "; "))
}

// endsBefore tells when a sign-in ends, if that is before a time.
func (e Entry) endsBefore(t time.Time) (time.Time, bool) {
	for _, end := range []time.Time{e.Ends, e.RefreshEnds()} {
		if !end.IsZero() && end.Before(t) {
			return end, true
		}
	}
	return time.Time{}, false
}
