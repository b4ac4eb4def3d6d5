package telemetry

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// Register registers c and returns it, or the collector of the same description that
// r already has: several services of one process have one registry. Where r is nil
// nobody looks at it.
func Register[C prometheus.Collector](r prometheus.Registerer, c C) C {
	if r == nil {
		return c
	}
	var registered prometheus.AlreadyRegisteredError
	if err := r.Register(c); errors.As(err, &registered) {
		if existing, ok := registered.ExistingCollector.(C); ok {
			return existing
		}
	}
	return c
}
