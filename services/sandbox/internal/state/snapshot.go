package state

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
)

// Snapshot is the account as it is kept in a file.
type Snapshot struct {
	Version     int           `json:"version"`
	Book        *book.Book    `json:"book"`
	Comments    []*Comment    `json:"comments"`
	Systems     []*System     `json:"systems"`
	Webhooks    []*Webhook    `json:"webhooks"`
	Attachments []*Attachment `json:"attachments"`
	NextID      int64         `json:"nextId"`
}

// snapshotVersion is raised when an older file can no longer be read.
const snapshotVersion = 1

// ReadSnapshot reads a state file. A missing file gives nil and no error.
func ReadSnapshot(path string) (*Snapshot, error) {
	data, err := os.ReadFile(path) //nolint:gosec // the operator's own file
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the state file: %w", err)
	}
	var s Snapshot
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("decode the state file %s: %w", path, err)
	}
	if s.Version != snapshotVersion || s.Book == nil {
		return nil, fmt.Errorf("decode the state file %s: version %d is not %d", path, s.Version, snapshotVersion)
	}
	return &s, nil
}

// write replaces the file in one step, so that a killed sandbox leaves either
// the old state or the new one.
func (s *Snapshot) write(path string) error {
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode the state: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("make a file beside the state file: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already after the rename
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("put the state file in place: %w", err)
	}
	return nil
}

func index[T any](from []T, id func(*T) int64) Table[T] {
	out := make(Table[T], len(from))
	for i := range from {
		record := from[i]
		out[id(&record)] = &record
	}
	return out
}

func values[T any](t Table[T]) []T {
	out := make([]T, 0, len(t))
	for _, record := range t.Sorted() {
		out = append(out, *record)
	}
	return out
}

func deref[T any](from []*T) []T {
	out := make([]T, 0, len(from))
	for _, p := range from {
		out = append(out, *p)
	}
	return out
}

// tablesOf opens a snapshot.
func tablesOf(s *Snapshot) *Tables {
	b := s.Book
	return &Tables{
		Companies:    index(b.Companies, func(r *book.Company) int64 { return r.ID }),
		Locations:    index(b.Locations, func(r *book.Location) int64 { return r.ID }),
		Jobs:         index(b.Jobs, func(r *book.Job) int64 { return r.ID }),
		LibItems:     index(b.LibItems, func(r *book.LibItem) int64 { return r.ID }),
		ServiceLines: index(b.ServiceLines, func(r *book.ServiceLine) int64 { return r.ID }),
		Users:        index(b.Users, func(r *book.User) int64 { return r.ID }),
		JobItems:     index(b.JobItems, func(r *book.JobItem) int64 { return r.ID }),
		Contracts:    index(b.Contracts, func(r *book.Contract) int64 { return r.ID }),
		Invoices:     index(b.Invoices, func(r *book.Invoice) int64 { return r.ID }),
		Comments:     index(deref(s.Comments), func(r *Comment) int64 { return r.ID }),
		Systems:      index(deref(s.Systems), func(r *System) int64 { return r.ID }),
		Webhooks:     index(deref(s.Webhooks), func(r *Webhook) int64 { return r.ID }),
		Attachments:  index(deref(s.Attachments), func(r *Attachment) int64 { return r.ID }),
		nextID:       s.NextID,
	}
}

// snapshotOf lists the tables again; labels and mapping tables come from origin.
func snapshotOf(t *Tables, origin *book.Book) *Snapshot {
	b := *origin
	b.Companies, b.Locations, b.Jobs = values(t.Companies), values(t.Locations), values(t.Jobs)
	b.LibItems, b.ServiceLines, b.Users = values(t.LibItems), values(t.ServiceLines), values(t.Users)
	b.JobItems, b.Contracts, b.Invoices = values(t.JobItems), values(t.Contracts), values(t.Invoices)
	return &Snapshot{
		Version: snapshotVersion, Book: &b, Comments: t.Comments.Sorted(), Systems: t.Systems.Sorted(),
		Webhooks: t.Webhooks.Sorted(), Attachments: t.Attachments.Sorted(), NextID: t.nextID,
	}
}
