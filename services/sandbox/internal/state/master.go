package state

import "github.com/tradepost/tradepost/services/sandbox/internal/book"

// AddCompany stores a new company.
func (s *Store) AddCompany(c book.Company, by int64) (*book.Company, error) {
	if c.Name == "" {
		return nil, invalid("name is required")
	}
	err := s.change(func(t *Tables) ([]Event, error) {
		c.ID, c.Created, c.Updated = t.newID(), s.now(), s.now()
		keep(t, c.ID, &c)
		return []Event{s.event("company", c.ID, "created", by)}, nil
	})
	return &c, err
}

// EditCompany changes a copy of the company and stores it.
func (s *Store) EditCompany(id int64, edit func(*book.Company), by int64) (*book.Company, error) {
	var out *book.Company
	err := s.change(func(t *Tables) ([]Event, error) {
		if t.Companies[id] == nil {
			return nil, notFound("Company", id)
		}
		put(t, id, func(c *book.Company) { edit(c); c.Updated = s.now() })
		out = t.Companies[id]
		return []Event{s.event("company", id, "updated", by)}, nil
	})
	return out, err
}

// AddLocation stores a new location of a company.
func (s *Store) AddLocation(l book.Location, by int64) (*book.Location, error) {
	if l.Name == "" {
		return nil, invalid("name is required")
	}
	err := s.change(func(t *Tables) ([]Event, error) {
		company := t.Companies[l.CompanyID]
		if company == nil {
			return nil, invalid("companyId: no company %d", l.CompanyID)
		}
		l.ID, l.Office, l.Created, l.Updated = t.newID(), company.Vendor, s.now(), s.now()
		keep(t, l.ID, &l)
		return []Event{s.event("location", l.ID, "created", by)}, nil
	})
	return &l, err
}

// EditLocation changes a copy of the location and stores it.
func (s *Store) EditLocation(id int64, edit func(*book.Location), by int64) (*book.Location, error) {
	var out *book.Location
	err := s.change(func(t *Tables) ([]Event, error) {
		if t.Locations[id] == nil {
			return nil, notFound("Location", id)
		}
		put(t, id, func(l *book.Location) { edit(l); l.Updated = s.now() })
		out = t.Locations[id]
		return []Event{s.event("location", id, "updated", by)}, nil
	})
	return out, err
}

// MergeLocation moves jobs and invoices to the replacement and removes the
// location: its id is unknown afterwards.
func (s *Store) MergeLocation(id, replacement int64, by int64) error {
	return s.change(func(t *Tables) ([]Event, error) {
		if t.Locations[id] == nil {
			return nil, notFound("Location", id)
		}
		if id == replacement || t.Locations[replacement] == nil {
			return nil, invalid("replacementId: no other location %d", replacement)
		}
		for jobID, job := range t.Jobs {
			if job.LocationID == id {
				put(t, jobID, func(j *book.Job) { j.LocationID = replacement })
			}
		}
		for invoiceID, inv := range t.Invoices {
			if inv.LocationID == id {
				put(t, invoiceID, func(i *book.Invoice) { i.LocationID = replacement })
			}
		}
		remove[book.Location](t, id)
		return []Event{s.event("location", id, "deleted", by), s.event("location", replacement, "updated", by)}, nil
	})
}

// AddJob stores a new scheduled job; the location names the customer.
func (s *Store) AddJob(j book.Job, by int64) (*book.Job, error) {
	err := s.change(func(t *Tables) ([]Event, error) {
		location := t.Locations[j.LocationID]
		if location == nil {
			return nil, invalid("locationId: no location %d", j.LocationID)
		}
		j.ID, j.Number, j.CustomerID = t.newID(), nextJobNumber(t), location.CompanyID
		j.Status, j.Created, j.Updated = "scheduled", s.now(), s.now()
		keep(t, j.ID, &j)
		return []Event{s.event("job", j.ID, "created", by)}, nil
	})
	return &j, err
}

// EditJob changes a copy of the job and stores it. A change of the status is
// told to webhooks that want changesets.
func (s *Store) EditJob(id int64, edit func(*book.Job), by int64) (*book.Job, error) {
	var out *book.Job
	err := s.change(func(t *Tables) ([]Event, error) {
		old := t.Jobs[id]
		if old == nil {
			return nil, notFound("Job", id)
		}
		put(t, id, func(j *book.Job) { edit(j); j.Updated = s.now() })
		out = t.Jobs[id]
		e := s.event("job", id, "updated", by)
		if old.Status != out.Status {
			e.Changes = []Change{{"status", old.Status, out.Status}}
		}
		return []Event{e}, nil
	})
	return out, err
}

// AddJobItem stores a new item of a job.
func (s *Store) AddJobItem(i book.JobItem, by int64) (*book.JobItem, error) {
	err := s.change(func(t *Tables) ([]Event, error) {
		if t.Jobs[i.JobID] == nil {
			return nil, invalid("jobId: no job %d", i.JobID)
		}
		i.ID, i.Created, i.Updated = t.newID(), s.now(), s.now()
		keep(t, i.ID, &i)
		return []Event{s.event("jobitem", i.ID, "created", by)}, nil
	})
	return &i, err
}

// EditJobItem changes a copy of the item and stores it.
func (s *Store) EditJobItem(id int64, edit func(*book.JobItem), by int64) (*book.JobItem, error) {
	var out *book.JobItem
	err := s.change(func(t *Tables) ([]Event, error) {
		if t.JobItems[id] == nil {
			return nil, notFound("Job item", id)
		}
		put(t, id, func(i *book.JobItem) { edit(i); i.Updated = s.now() })
		out = t.JobItems[id]
		return []Event{s.event("jobitem", id, "updated", by)}, nil
	})
	return out, err
}

// AddAttachment stores the entry of a file; the bytes are thrown away.
func (s *Store) AddAttachment(a Attachment, by int64) (*Attachment, error) {
	err := s.change(func(t *Tables) ([]Event, error) {
		word, ok := s.Word(a.EntityType)
		if !ok || !t.has(word, a.EntityID) {
			return nil, invalid("entityId: no record %d of entity type %d", a.EntityID, a.EntityType)
		}
		a.ID, a.Created = t.newID(), s.now()
		keep(t, a.ID, &a)
		return []Event{s.event("attachment", a.ID, "created", by)}, nil
	})
	return &a, err
}

// EditLibItem changes a copy of the library item and stores it.
func (s *Store) EditLibItem(id int64, edit func(*book.LibItem), by int64) (*book.LibItem, error) {
	var out *book.LibItem
	err := s.change(func(t *Tables) ([]Event, error) {
		if t.LibItems[id] == nil {
			return nil, notFound("Library item", id)
		}
		put(t, id, func(i *book.LibItem) { edit(i); i.Updated = s.now() })
		out = t.LibItems[id]
		return []Event{s.event("libitem", id, "updated", by)}, nil
	})
	return out, err
}
