package bus

import (
	"fmt"
	"time"
)

// Message is what a handler is given.
type Message struct {
	// Subject names the stage, connection and invoice. It is zero for messages of
	// the POLLS stream, which belong to no invoice (ParsePoll reads their Raw), and
	// in OnDead for a message whose subject could not be read.
	Subject Subject
	// Raw is the subject as it is on the wire.
	Raw  string
	Body []byte
	// ID is Watermill's id, else Nats-Msg-Id, else <stream>-<sequence>: for logs only.
	ID string
	// Stream and Sequence find the message again: nats stream get <stream> <sequence>.
	Stream   string
	Sequence uint64
	// Published is when the server stored the message, by the server's clock.
	Published time.Time
	// Delivered counts the deliveries of this message to its consumer, this one
	// included: retries, waits and crashes alike.
	Delivered int
	// Headers are the message's headers without those of NATS itself; of a repeated
	// header the first value. None is required; it may be empty.
	Headers map[string]string
}

func (m Message) where() string {
	if m.Stream == "" {
		return m.Raw
	}
	return fmt.Sprintf("message %d of %s on %s", m.Sequence, m.Stream, m.Raw)
}
