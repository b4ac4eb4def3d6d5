package books

import "time"

// Changes lists what of an entity was made, changed or deleted since a time, as
// statements see it now (Intuit documentation, "Change data capture operation").
// Of deleted objects only the id is left.
func (c *Company) Changes(e Entity, since time.Time, age time.Duration) []Object {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.now().Add(-max(age, c.settings.QueryDelay))
	var out []Object
	for _, r := range c.tables[e.Name].all {
		v, ok := r.asOf(at)
		if !ok || v.at.Before(since) {
			continue
		}
		if v.deleted {
			out = append(out, Object{"domain": "QBO", "status": "Deleted", "Id": r.id, "MetaData": Object{"LastUpdatedTime": stamp(v.at)}})
			continue
		}
		out = append(out, v.doc)
	}
	return out
}
