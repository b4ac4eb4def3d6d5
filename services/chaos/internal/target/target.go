// Package target is the accounting system of a chaos run, seen by the harness: how
// the product is told to post to it, and what it really holds. Another system is
// another value of Target.
package target

import (
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

// Target is one accounting system with one company.
type Target interface {
	// Connector is the kind of the connector that posts to it.
	Connector() string
	// Program is the Go package of the deliver binary that is linked with the connector.
	Program() string
	// Handler is the accounting system itself. The processes reach it through
	// proxies that the harness can cut.
	Handler() http.Handler
	// Settings are those of the connection, for an address of Handler. crippled
	// asks for a connector that finds nothing.
	Settings(url string, crippled bool) map[string]any
	// Mapping is what the mapping has to say for this system, besides the tables.
	Mapping() map[string]any
	// RefusedDate is a date that the system itself refuses, as one of a closed period.
	RefusedDate() time.Time
	// ClaimTime is how long others stay out after a worker that stands still.
	ClaimTime() time.Duration
	// Delete takes the documents of a marker out, as a bookkeeper would, and tells
	// whether there was one.
	Delete(marker string) bool
	// Admit has the system take what it refused for its date, from now on.
	Admit(marker string)
	// Calm ends the system's own misbehaviour.
	Calm()
	// Events lists everything that ever happened, in order.
	Events() []Event
	// Totals lists the totals of the live documents of each marker, as Event has them.
	Totals() map[string][]string
}
