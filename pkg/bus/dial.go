package bus

import (
	"net"
	"time"
)

// writeTimeout is how long the network may take nothing from us. nats.go holds the
// connection's lock while it writes, so that until then every publish stands still,
// whatever its context says, and so does the ping that would notice; its own default
// is a minute.
const writeTimeout = 5 * time.Second

// dialer makes connections that end with the first write that fails. nats.go would
// go on with one after dropping what it could not write, be it a subscription.
type dialer struct{ net.Dialer }

// Dial is part of nats.CustomDialer.
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	c, err := d.Dialer.Dial(network, address)
	if err != nil {
		return nil, err
	}
	return &strictConn{c}, nil
}

type strictConn struct{ net.Conn }

func (c *strictConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if err != nil {
		_ = c.Close()
	}
	return n, err
}
