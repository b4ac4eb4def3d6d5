package bus

import (
	"context"

	"github.com/ThreeDotsLabs/watermill/message"
)

// idle is a subscriber without messages.
type idle struct{}

func newIdle() message.Subscriber { return idle{} }

// Subscribe returns a channel that closes when ctx ends.
func (idle) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	out := make(chan *message.Message)
	context.AfterFunc(ctx, func() { close(out) })
	return out, nil
}

// Close does nothing.
func (idle) Close() error { return nil }
