package outbox

import (
	"fmt"
	"strings"
)

// named finds the documents of a file by id or number; without any it is all. Two
// customers may have documents of one number in a file: that names neither.
func named(m *Manifest, names []string) ([]Listed, error) {
	if len(names) == 0 {
		return m.Documents, nil
	}
	var found []Listed
	for _, name := range names {
		d, err := m.named(name)
		if err != nil {
			return nil, err
		}
		found = append(found, d)
	}
	return found, nil
}

func (m *Manifest) named(name string) (Listed, error) {
	var numbered []Listed
	for _, d := range m.Documents {
		if entryID(d.Marker, d.N) == name {
			return d, nil
		}
		if d.Number == name {
			numbered = append(numbered, d)
		}
	}
	switch len(numbered) {
	case 0:
		return Listed{}, fmt.Errorf("file %s has no document %q", m.File, name)
	case 1:
		return numbered[0], nil
	}
	choices := make([]string, len(numbered))
	for i, d := range numbered {
		choices[i] = fmt.Sprintf("%s (%s of customer %s, %s)", entryID(d.Marker, d.N), d.Kind, d.Customer, d.Total)
	}
	return Listed{}, fmt.Errorf("file %s has %d documents with the number %s; name the one that is meant by its id: %s",
		m.File, len(numbered), name, strings.Join(choices, ", "))
}
