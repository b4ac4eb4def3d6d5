package state

import (
	"cmp"
	"maps"
	"slices"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
)

// firstNewID is where the ids of records begin that are made while the sandbox
// runs: above every id of a book.
const firstNewID = 2700000000000001

// Table holds the records of one kind by id. A stored record is never changed
// in place, so readers may keep pointers.
type Table[T any] map[int64]*T

// Sorted lists the records by id.
func (t Table[T]) Sorted() []*T {
	out := make([]*T, 0, len(t))
	for _, id := range slices.Sorted(maps.Keys(t)) {
		out = append(out, t[id])
	}
	return out
}

// Comment is a remark on a record. An empty Visibility means private.
type Comment struct {
	ID         int64    `json:"id"`
	EntityType int      `json:"entityType"`
	EntityID   int64    `json:"entityId"`
	Content    string   `json:"content"`
	Visibility []string `json:"visibility"`
	Pinned     bool     `json:"pinned,omitempty"`
	AuthorID   int64    `json:"authorId,omitempty"`
	Created    int64    `json:"created"`
	Updated    int64    `json:"updated"`
}

// Private tells whether only the account's own office sees the comment.
func (c Comment) Private() bool { return len(c.Visibility) == 0 }

// System is an external system of the account's settings.
type System struct {
	ID                int64  `json:"id"`
	Type              string `json:"type"`
	Name              string `json:"name"` // the system name of the external ids
	Label             string `json:"label"`
	CanBeSentInvoices bool   `json:"canBeSentInvoices"`
	Created           int64  `json:"created"`
	Updated           int64  `json:"updated"`
}

// EntityEvent is one subscription of a webhook.
type EntityEvent struct {
	EntityType int      `json:"entityType"`
	Actions    []string `json:"actions"`
}

// Webhook is a registered receiver of events. EntityEvents nil means everything.
type Webhook struct {
	ID                int64         `json:"id"`
	HookURL           string        `json:"hookUrl"`
	Enabled           bool          `json:"enabled"`
	Confirmed         bool          `json:"confirmed"`
	IncludeChangesets bool          `json:"includeChangesets"`
	EntityEvents      []EntityEvent `json:"entityEvents"`
}

// Attachment is a file's entry; the bytes are not kept.
type Attachment struct {
	ID         int64  `json:"id"`
	EntityType int    `json:"entityType"`
	EntityID   int64  `json:"entityId"`
	PurposeID  int    `json:"purposeId"`
	FileName   string `json:"fileName"`
	Size       int64  `json:"size"`
	Created    int64  `json:"created"`
}

// Tables is the whole account.
type Tables struct {
	Companies    Table[book.Company]
	Locations    Table[book.Location]
	Jobs         Table[book.Job]
	LibItems     Table[book.LibItem]
	ServiceLines Table[book.ServiceLine]
	Users        Table[book.User]
	JobItems     Table[book.JobItem]
	Contracts    Table[book.Contract]
	Invoices     Table[book.Invoice]
	Comments     Table[Comment]
	Systems      Table[System]
	Webhooks     Table[Webhook]
	Attachments  Table[Attachment]

	nextID int64
	undo   []func(past *Tables) // the ways back of the change that is being made
}

func (t *Tables) newID() int64 {
	t.nextID = max(t.nextID, firstNewID) + 7
	return t.nextID
}

// CommentsOn lists the comments of one record, oldest first.
func (t *Tables) CommentsOn(entityType int, entityID int64) []*Comment {
	var out []*Comment
	for _, c := range t.Comments {
		if c.EntityType == entityType && c.EntityID == entityID {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b *Comment) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// SendTarget is the external system that the Send button offers: the first one
// that can be sent invoices, nil when the set-up was not done.
func (t *Tables) SendTarget() *System {
	for _, s := range t.Systems.Sorted() {
		if s.CanBeSentInvoices {
			return s
		}
	}
	return nil
}
