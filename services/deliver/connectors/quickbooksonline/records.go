package quickbooksonline

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/tradepost/tradepost/pkg/connector"
)

// The entities that documents name.
const (
	customerRecords   = "Customer"
	itemRecords       = "Item"
	accountRecords    = "Account"
	termRecords       = "Term"
	classRecords      = "Class"
	departmentRecords = "Department"
	taxRecords        = "TaxCode"
)

// captured tells whether change data capture knows an entity. Tax codes it does not.
func captured(name string) bool { return name != taxRecords }

// activity tells whether an entity's records can be inactive, and are left out of a
// query then that does not ask for them.
func activity(name string) bool { return !isDocument(name) }

// record is a record that a document can name.
type record struct {
	id, name, fullName, code string
	active                   bool
	// parent is the id of the customer above.
	parent string
	// account is the income account of an item.
	account string
	// currency of a customer.
	currency  string
	syncToken string
	removed   bool
}

// wireRecord is such a record as the API writes it, whatever it is.
type wireRecord struct {
	ID                 string `json:"Id"`
	SyncToken          string
	Status             string `json:"status"`
	Name               string
	DisplayName        string
	FullyQualifiedName string
	Sku                string
	AcctNum            string
	Active             *bool
	ParentRef          *ref
	IncomeAccountRef   *ref
	CurrencyRef        *ref
	MetaData           *metaData
}

func (w *wireRecord) id() string { return w.ID }

func (w *wireRecord) created() string {
	if w.MetaData == nil {
		return ""
	}
	return w.MetaData.CreateTime
}

func (w *wireRecord) record() record {
	r := record{
		id: w.ID, name: w.Name, fullName: w.FullyQualifiedName, code: w.Sku, active: w.Active == nil || *w.Active,
		parent: valueOf(w.ParentRef), account: valueOf(w.IncomeAccountRef), currency: valueOf(w.CurrencyRef),
		syncToken: w.SyncToken, removed: w.Status == statusDeleted,
	}
	if w.DisplayName != "" {
		r.name = w.DisplayName
	}
	if w.AcctNum != "" {
		r.code = w.AcctNum
	}
	return r
}

// records are those of a company, by entity and id, and by folded name and code.
type records struct {
	mu   sync.Mutex
	byID map[string]map[string]record
	by   map[string]map[string][]string // entity and folded name or code
}

func newRecords() records {
	return records{byID: map[string]map[string]record{}, by: map[string]map[string][]string{}}
}

// fold makes names alike that QuickBooks takes for the same.
func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

func (r record) keys() []string {
	keys := []string{"name " + fold(r.name)}
	if full := fold(r.fullName); full != "" && full != fold(r.name) {
		keys = append(keys, "name "+full)
	}
	if r.code != "" {
		keys = append(keys, "code "+fold(r.code))
	}
	return keys
}

// longName is the name of a record with those above it: Acme:Tower North.
func (r record) longName() string { return cmp.Or(r.fullName, r.name) }

// note takes in a record as it stands now.
func (s *records) note(entity string, r record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID[entity] == nil {
		s.byID[entity], s.by[entity] = map[string]record{}, map[string][]string{}
	}
	if before, known := s.byID[entity][r.id]; known {
		for _, key := range before.keys() {
			s.by[entity][key] = slices.DeleteFunc(s.by[entity][key], func(id string) bool { return id == r.id })
		}
		delete(s.byID[entity], r.id)
	}
	if r.removed {
		return
	}
	s.byID[entity][r.id] = r
	for _, key := range r.keys() {
		s.by[entity][key] = append(s.by[entity][key], r.id)
	}
}

// withID returns the record of an id.
func (s *records) withID(entity, id string) (record, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.byID[entity][id]
	return r, ok
}

// named lists the records of a name or code, active ones first.
func (s *records) named(entity, by, value string) []record {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []record
	for _, id := range s.by[entity][by+" "+fold(value)] {
		found = append(found, s.byID[entity][id])
	}
	slices.SortStableFunc(found, func(a, b record) int { return order(a.active) - order(b.active) })
	return found
}

func order(active bool) int {
	if active {
		return 0
	}
	return 1
}

var referenceEntities = map[connector.ReferenceKind]string{
	connector.ReferenceCustomer: customerRecords, connector.ReferenceItem: itemRecords,
	connector.ReferenceAccount: accountRecords, connector.ReferenceTax: taxRecords,
	connector.ReferenceTerms: termRecords,
}
