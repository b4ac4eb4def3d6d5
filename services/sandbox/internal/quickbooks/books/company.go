// Package books keeps the companies of the QuickBooks Online stand-in, and the
// rules by which their objects are made, changed and found. Its objects are the
// JSON of the Accounting API as maps. It is built from Intuit's documentation.
package books

import (
	"slices"
	"strconv"
	"sync"
	"time"
)

// Company is one company (realm). It is safe for many goroutines: QuickBooks
// too does one thing of a company after the other.
type Company struct {
	// Realm is the company id in addresses.
	Realm string

	now func() time.Time

	mu       sync.Mutex
	settings Settings
	tables   map[string]*table
	sequence map[string]int
	lastDoc  map[string]int // the last number that QuickBooks gave, by kind of form
	answers  answers
	deposits map[string]bool   // ids of transactions that were deposited
	places   map[string]Object // the address to which a sale is shipped, where it is shown in another way
	changed  chan struct{}     // closed at each change
	journal  []Entry
	admitted []string // texts in private notes that closed books are open to
}

// table holds the objects of one entity in the order in which they were made.
type table struct {
	byID map[string]*record
	all  []*record
}

type record struct {
	id       string
	versions []version // the last one is in force
}

// version is what an object was from a time on. deleted objects have a last
// version that says so.
type version struct {
	at      time.Time
	doc     Object
	deleted bool
}

func (r *record) latest() version { return r.versions[len(r.versions)-1] }

// asOf gives the version at a time; false when the object was not there.
func (r *record) asOf(t time.Time) (version, bool) {
	for _, v := range slices.Backward(r.versions) {
		if !v.at.After(t) {
			return v, true
		}
	}
	return version{}, false
}

// NewCompany makes an empty company.
func NewCompany(realm string, s Settings, now func() time.Time) *Company {
	c := &Company{
		Realm: realm, now: now, settings: s, tables: map[string]*table{}, sequence: map[string]int{}, lastDoc: map[string]int{},
		changed: make(chan struct{}), deposits: map[string]bool{}, places: map[string]Object{},
	}
	for _, e := range entities {
		c.tables[e.Name] = &table{byID: map[string]*record{}}
	}
	return c
}

// Settings gives the settings in force.
func (c *Company) Settings() Settings {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.settings
	s.CustomFields = slices.Clone(s.CustomFields)
	return s
}

// Configure changes the settings.
func (c *Company) Configure(change func(*Settings)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.settings)
	c.tell()
}

// Changed gives a channel that is closed at the next change.
func (c *Company) Changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

// tell wakes who waits for a change. The lock is held.
func (c *Company) tell() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// sequences tells which entities draw their ids from the same sequence.
func sequenceOf(entity string) string {
	switch entity {
	case "Invoice", "CreditMemo", "Payment":
		return "transaction"
	case "Customer", "Vendor", "Employee":
		return "name"
	}
	return entity
}

func (c *Company) nextID(entity string) string {
	s := sequenceOf(entity)
	c.sequence[s]++
	if entity == "Class" { // classes have ids of their own size
		return strconv.Itoa(5000000000 + c.sequence[s])
	}
	return strconv.Itoa(c.sequence[s])
}

// get gives an object in force, nil when there is none. The lock is held.
func (c *Company) get(entity, id string) Object {
	r := c.tables[entity].byID[id]
	if r == nil || r.latest().deleted {
		return nil
	}
	return r.latest().doc
}

// put stores a new version of an object and gives it with its MetaData. The
// lock is held.
func (c *Company) put(entity string, doc Object, deleted bool) Object {
	return c.putAt(c.now(), entity, doc, deleted)
}

func (c *Company) putAt(now time.Time, entity string, doc Object, deleted bool) Object {
	t := c.tables[entity]
	id := Text(doc, "Id")
	r := t.byID[id]
	created := stamp(now)
	if r == nil {
		r = &record{id: id}
		t.byID[id], t.all = r, append(t.all, r)
	} else if meta, ok := r.latest().doc["MetaData"].(Object); ok {
		created = Text(meta, "CreateTime")
	}
	doc = clone(doc)
	doc["MetaData"] = Object{"CreateTime": created, "LastUpdatedTime": stamp(now)}
	r.versions = append(r.versions, version{now, doc, deleted})
	c.tell()
	return doc
}

// pacific is the zone in which QuickBooks writes its times.
var pacific = func() *time.Location {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		return time.FixedZone("PST", -8*3600)
	}
	return zone
}()

// stamp writes a time as MetaData has it: to the second.
func stamp(t time.Time) string { return t.In(pacific).Format("2006-01-02T15:04:05-07:00") }

// today is the server's date, which QuickBooks puts where a date is missing.
func (c *Company) today() string { return c.now().In(pacific).Format(time.DateOnly) }
