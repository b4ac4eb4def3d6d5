package state

import (
	"maps"
	"regexp"
	"slices"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
)

// withExternalIDs are the entities that may carry external ids, whether or not
// the sandbox keeps records of them. Invoices are not among them.
var withExternalIDs = []string{
	"asset", "company", "contact", "contract", "deficiency", "location", "job", "jobitem", "libitem", "quote", "user",
}

var systemName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// CheckSystemName refuses what is no system name: a letter first, then letters,
// digits and underscores, all lower case.
func CheckSystemName(name string) error {
	if !systemName.MatchString(name) {
		return invalid("System name %q must start with a letter and hold only lower-case letters, digits and underscores", name)
	}
	return nil
}

func checkEntity(word string) error {
	if !slices.Contains(withExternalIDs, word) {
		return invalid("Entity type %q does not support external ids", word)
	}
	return nil
}

// ExternalIDs gives the external ids of a record by system name.
func (s *Store) ExternalIDs(word string, id int64) (map[string]string, error) {
	if err := checkEntity(word); err != nil {
		return nil, err
	}
	var out map[string]string
	err := notFound(word, id)
	s.Read(func(t *Tables) {
		if t.has(word, id) {
			out, err = maps.Clone(t.externalIDs(word, id)), nil
		}
	})
	return out, err
}

// FindByExternalID gives the id of the record that carries the value.
func (s *Store) FindByExternalID(word, system, value string) (int64, error) {
	if err := checkEntity(word); err != nil {
		return 0, err
	}
	var found int64
	s.Read(func(t *Tables) {
		t.eachExternal(func(w string, id int64, ids map[string]string) {
			if w == word && value != "" && ids[system] == value {
				found = id
			}
		})
	})
	if found == 0 {
		return 0, &RefusalError{NotFound, "No " + word + " has this external id"}
	}
	return found, nil
}

// SetExternalID stores a value, or removes it when the value is empty. A value
// may be used once within a system, whatever the kind of record.
func (s *Store) SetExternalID(word string, id int64, system, value string, by int64) error {
	if err := checkEntity(word); err != nil {
		return err
	}
	if err := CheckSystemName(system); err != nil {
		return err
	}
	return s.change(func(t *Tables) ([]Event, error) {
		if !t.has(word, id) {
			return nil, notFound(word, id)
		}
		var clash error
		t.eachExternal(func(w string, other int64, ids map[string]string) {
			if value != "" && ids[system] == value && (w != word || other != id) {
				clash = conflict("External id %q of system %s is already used by %s %d", value, system, w, other)
			}
		})
		if clash != nil {
			return nil, clash
		}
		t.putExternal(word, id, changed(t.externalIDs(word, id), system, value), s.now())
		return []Event{s.event(word, id, "updated", by)}, nil
	})
}

func changed(old map[string]string, system, value string) map[string]string {
	next := maps.Clone(old)
	if next == nil {
		next = map[string]string{}
	}
	next[system] = value
	if value == "" {
		delete(next, system)
	}
	return next
}

func (t *Tables) externalIDs(word string, id int64) map[string]string {
	var out map[string]string
	t.eachExternal(func(w string, other int64, ids map[string]string) {
		if w == word && other == id {
			out = ids
		}
	})
	return out
}

func (t *Tables) eachExternal(fn func(word string, id int64, ids map[string]string)) {
	for id, r := range t.Companies {
		fn("company", id, r.ExternalIDs)
	}
	for id, r := range t.Locations {
		fn("location", id, r.ExternalIDs)
	}
	for id, r := range t.Jobs {
		fn("job", id, r.ExternalIDs)
	}
	for id, r := range t.LibItems {
		fn("libitem", id, r.ExternalIDs)
	}
	for id, r := range t.JobItems {
		fn("jobitem", id, r.ExternalIDs)
	}
	for id, r := range t.Users {
		fn("user", id, r.ExternalIDs)
	}
}

func (t *Tables) putExternal(word string, id int64, ids map[string]string, now int64) {
	switch word {
	case "company":
		put(t, id, func(r *book.Company) { r.ExternalIDs, r.Updated = ids, now })
	case "location":
		put(t, id, func(r *book.Location) { r.ExternalIDs, r.Updated = ids, now })
	case "job":
		put(t, id, func(r *book.Job) { r.ExternalIDs, r.Updated = ids, now })
	case "libitem":
		put(t, id, func(r *book.LibItem) { r.ExternalIDs, r.Updated = ids, now })
	case "jobitem":
		put(t, id, func(r *book.JobItem) { r.ExternalIDs, r.Updated = ids, now })
	case "user":
		put(t, id, func(r *book.User) { r.ExternalIDs = ids })
	}
}
