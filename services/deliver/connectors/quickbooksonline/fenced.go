package quickbooksonline

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/tradepost/tradepost/pkg/connector"
)

// fenced is the body of a write. It is read right before it goes to the socket, the
// connection being there already, so that this is where the claim is checked:
// QuickBooks does nothing before it has all of it. It cannot be rewound, so that the
// transport sends it once.
type fenced struct {
	ctx context.Context //nolint:containedctx // lives as long as the request that it is the body of

	mu    sync.Mutex // the transport may read after it gave up
	left  []byte
	begun bool
	stop  error
}

var errGivenUp = errors.New("the call was given up")

// Read implements io.Reader.
func (f *fenced) Read(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.begun && f.stop == nil {
		if f.stop = f.ctx.Err(); f.stop == nil {
			f.stop = connector.CheckFence(f.ctx)
		}
		f.begun = f.stop == nil
	}
	if f.stop != nil {
		return 0, f.stop
	}
	if len(f.left) == 0 {
		return 0, io.EOF
	}
	n := copy(b, f.left)
	f.left = f.left[n:]
	return n, nil
}

// unanswered judges a call that has no answer: a write was certainly not made only
// where its body was never begun, and from now on cannot be.
func (f *fenced) unanswered(ctx context.Context, r request, err error) *trouble {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := &trouble{class: classNotSent, doing: r, cause: err}
	switch {
	case f.begun:
		t.class = classNoAnswer
	case f.stop != nil:
		t.cause = f.stop
	case ctx.Err() != nil:
		t.cause = ctx.Err()
	}
	if f.stop == nil {
		f.stop = errGivenUp
	}
	return t
}
