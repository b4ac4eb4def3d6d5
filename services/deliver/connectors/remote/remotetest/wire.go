package remotetest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
)

// errLost stands for an answer that did not arrive.
var errLost = errors.New("the answer was lost")

// wire carries requests, and loses answers or keeps them back when it is told to.
type wire struct {
	inner          connector.Programs
	losing, slowed atomic.Bool
}

func (w *wire) lose(on bool) { w.losing.Store(on) }
func (w *wire) slow(on bool) { w.slowed.Store(on) }

// Ask implements connector.Programs. The program does its work in any case.
func (w *wire) Ask(ctx context.Context, subject string, body []byte) ([]byte, error) {
	answer, err := w.inner.Ask(ctx, subject, body)
	switch {
	case w.losing.Load():
		return nil, errLost
	case w.slowed.Load():
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return answer, err
}

// AskAll implements connector.Programs. What a program is, it always tells.
func (w *wire) AskAll(ctx context.Context, subject string, body []byte, linger time.Duration) ([][]byte, error) {
	return w.inner.AskAll(ctx, subject, body, linger)
}
