package books

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// All lists the objects of an entity as they are now, inactive ones too.
func (c *Company) All(e Entity) []Object {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := []Object{}
	for _, r := range c.tables[e.Name].all {
		if v := r.latest(); !v.deleted {
			out = append(out, v.doc)
		}
	}
	return out
}

// Version is an object as it was from a time on.
type Version struct {
	At      time.Time `json:"at"`
	Object  Object    `json:"object"`
	Deleted bool      `json:"deleted,omitempty"`
}

// History lists all versions of the objects of an entity, object by object, each
// from its first one.
func (c *Company) History(e Entity) []Version {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := []Version{}
	for _, r := range c.tables[e.Name].all {
		for _, v := range r.versions {
			out = append(out, Version{v.at, v.doc, v.deleted})
		}
	}
	return out
}

// ByHand does what a user does on QuickBooks' own pages: always on the version in
// force, and of what is not named nothing is cleared.
func (c *Company) ByHand(e Entity, doc Object, do func(*Company, Entity, Object, Options) (Object, *Fault)) (Object, *Fault) {
	if id := Text(doc, "Id"); id != "" {
		c.mu.Lock()
		old := c.get(e.Name, id)
		c.mu.Unlock()
		if old == nil {
			return nil, gone()
		}
		doc = clone(doc)
		doc["SyncToken"], doc["sparse"] = old["SyncToken"], true
	}
	return do(c, e, doc, Options{AllowDuplicates: true})
}

// Decode reads a JSON object and keeps its numbers as they are written.
func Decode(data []byte) (Object, error) {
	var o Object
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&o); err != nil {
		return nil, fmt.Errorf("decode the object: %w", err)
	}
	return o, nil
}

// MarkDeposited says that the money of a transaction is in the bank, so that it
// cannot be changed before the deposit is.
func (c *Company) MarkDeposited(e Entity, id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	doc := c.get(e.Name, id)
	if doc == nil {
		return false
	}
	c.deposits[id] = true
	return true
}
