package bus

import "fmt"

const (
	// maxPanics ends a message whose handler panics again and again.
	maxPanics        = 20
	panicsRemembered = 4096
)

// countPanic counts the panics of a message and returns how many there were.
//
// The server's count of deliveries cannot be used: it counts waits (RetryAfter)
// and ordinary retries as well, and waiting must never use up a message. So the
// panics are counted here, in memory: exact for one process; with n replicas a
// message may panic n times as often, and a restart begins anew. A crash that
// takes the whole process with it is not seen here: the record counts those,
// since attempts are written down before they are made.
func (r *Router) countPanic(d *Delivery) int {
	r.panicsMu.Lock()
	defer r.panicsMu.Unlock()
	n, _ := r.panics.Get(d.key())
	r.panics.Add(d.key(), n+1)
	return n + 1
}

// key names the message for its consumer, whatever its headers say.
func (d *Delivery) key() string {
	return fmt.Sprintf("%s/%s/%d", d.Meta.Stream, d.consumer.Durable, d.Meta.Sequence.Stream)
}
