// Package target is the accounting system of a chaos run, seen by the harness: how
// the product is told to post to it, and what it really holds. Another system is
// another value of Target.
package target

import (
	"context"
	"net/http"
	"time"
)

// What happened to a document.
const (
	Created = "created"
	Updated = "updated"
	Refused = "refused"
	// Voided: it is still there, and counts nothing.
	Voided = "voided"
	// Deleted by a bookkeeper.
	Deleted = "deleted"
)

// Event is one thing that happened in the accounting system, whether its answer
// arrived or not.
type Event struct {
	At     time.Time `json:"at"`
	What   string    `json:"what"`
	Marker string    `json:"marker"`
	ID     string    `json:"id,omitempty"`
	// Total of the document, a decimal with ServiceTrade's sign.
	Total string `json:"total,omitempty"`
	// Late is the time from the client's first byte to the commit.
	Late time.Duration `json:"late,omitempty"`
	// Trouble is what the answer met, or "".
	Trouble string `json:"trouble,omitempty"`
}

// Host starts what a target needs.
type Host interface {
	// Serve answers with a handler inside the harness; it returns host:port.
	Serve(h http.Handler) (string, error)
	// Spawn starts a program of Programs as a process of its own, which no fault
	// touches, with the arguments for the host:port that it is to listen at. It waits
	// until the path there answers 200, and returns host:port.
	Spawn(ctx context.Context, name, program, readyPath string, args func(address string) []string) (string, error)
}

// Connection is a connection as the configuration has it.
type Connection struct {
	// Connector is the kind of the connector.
	Connector string
	Settings  map[string]any
}

// Target is one accounting system with one company.
type Target interface {
	// Start starts the accounting system and returns its host:port. The processes reach
	// it through proxies that the harness can cut. crippled asks for what makes the
	// product find nothing that it posted.
	Start(ctx context.Context, h Host, crippled bool) (address string, err error)
	// Program is the Go package of the deliver binary that is linked with the connector.
	Program() string
	// Connection is how the processes post to it, for the address that they reach it at.
	Connection(url string, crippled bool) Connection
	// Operator is the connection in the configuration of the operator's commands. They
	// are of the product's own binary, which may lack the connector.
	Operator() Connection
	// SignIn is the word of the accounting system in `tradepost connect`, where an
	// operator has to sign the connection in, or "".
	SignIn() string
	// Mapping is what the mapping has to say for this system, besides the tables.
	Mapping() map[string]any
	// RefusedDate is a date that the system itself refuses, as one of a closed period.
	RefusedDate() time.Time
	// ClaimTime is how long others stay out after a worker that stands still.
	ClaimTime() time.Duration
	// Delete takes the documents of a marker out, as a bookkeeper would, and tells
	// whether there was one.
	Delete(ctx context.Context, marker string) (bool, error)
	// Admit has the system take what it refused for its date, from now on.
	Admit(ctx context.Context, marker string) error
	// Calm ends the system's own misbehaviour, and tells how often it struck, by kind,
	// where Events do not have it.
	Calm(ctx context.Context) (map[string]int, error)
	// Events lists everything that ever happened, in order.
	Events(ctx context.Context) ([]Event, error)
	// Totals lists the totals of the live documents of each marker, as Event has them.
	Totals(ctx context.Context) (map[string][]string, error)
}
