package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// Verify is for services, which bind to streams and never make them: it returns
// an error that names every stream and bucket that is missing and says what to
// run. It needs the permission to ask for stream information, nothing else.
func Verify(ctx context.Context, js jetstream.JetStream) error {
	if err := checkServer(js.Conn()); err != nil {
		return err
	}
	var missing []string
	for name, shown := range declaredStreams() {
		_, err := js.Stream(ctx, name)
		switch {
		case errors.Is(err, jetstream.ErrStreamNotFound):
			missing = append(missing, shown)
		case err != nil:
			return fmt.Errorf("look up %s: %w", shown, err)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("missing on the NATS server: %s; run `tradepost nats apply`", strings.Join(missing, ", "))
	}
	return nil
}

// declaredStreams yields each stream's name and what people call it, in order.
func declaredStreams() func(yield func(string, string) bool) {
	return func(yield func(string, string) bool) {
		for _, s := range Streams(1) {
			if !yield(s.Name, "stream "+s.Name) {
				return
			}
		}
		for _, b := range Buckets(1) {
			if !yield("KV_"+b.Bucket, "bucket "+b.Bucket) {
				return
			}
		}
	}
}
