package state

import "strings"

// AddSystem is "Add an External System" of the account settings. kind must be
// standard, the type for everybody but ServiceTrade's own integrations.
func (s *Store) AddSystem(kind, name, label string) (*System, error) {
	if kind = strings.ToLower(kind); kind != "standard" {
		return nil, invalid("External system type %q must be standard", kind)
	}
	if err := CheckSystemName(name); err != nil {
		return nil, err
	}
	if strings.TrimSpace(label) == "" {
		return nil, invalid("label is required")
	}
	var out *System
	err := s.change(func(t *Tables) ([]Event, error) {
		for _, other := range t.Systems {
			if other.Name == name {
				return nil, conflict("External system %s exists already", name)
			}
		}
		now := s.now()
		out = &System{ID: t.newID(), Type: kind, Name: name, Label: label, Created: now, Updated: now}
		keep(t, out.ID, out)
		return nil, nil
	})
	return out, err
}

// ConfigureSystem is "Configure" under Integrations: the box Can Be Sent
// Invoices, then Save. An empty label leaves the label as it is.
func (s *Store) ConfigureSystem(id int64, canBeSentInvoices bool, label string) (*System, error) {
	var out *System
	err := s.change(func(t *Tables) ([]Event, error) {
		if t.Systems[id] == nil {
			return nil, notFound("External system", id)
		}
		put(t, id, func(r *System) {
			r.CanBeSentInvoices, r.Updated = canBeSentInvoices, s.now()
			if strings.TrimSpace(label) != "" {
				r.Label = label
			}
		})
		out = t.Systems[id]
		return nil, nil
	})
	return out, err
}

// DeleteSystem removes an external system. External ids of its name stay.
func (s *Store) DeleteSystem(id int64) error {
	return s.change(func(t *Tables) ([]Event, error) {
		if t.Systems[id] == nil {
			return nil, notFound("External system", id)
		}
		remove[System](t, id)
		return nil, nil
	})
}
