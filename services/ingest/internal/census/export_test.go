package census

import "context"

// Once makes one pass.
func (c *Census) Once(ctx context.Context) { c.once(ctx, Every) }
