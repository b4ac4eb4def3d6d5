package state

// words are the entity type numbers that are known of ServiceTrade. The number
// of invoices is not, so it is the sandbox's configuration.
var words = map[int]string{3: "job", 4: "user", 5: "company", 11: "location"}

// Word is the lower-case word of an entity type number.
func (s *Store) Word(entityType int) (string, bool) {
	if entityType == s.cfg.InvoiceEntityType {
		return "invoice", true
	}
	word, ok := words[entityType]
	return word, ok
}

// Number is the entity type number of a word; 0 when webhooks cannot name it.
func (s *Store) Number(word string) int {
	if word == "invoice" {
		return s.cfg.InvoiceEntityType
	}
	for n, w := range words {
		if w == word {
			return n
		}
	}
	return 0
}

// has tells whether the record exists.
func (t *Tables) has(word string, id int64) bool {
	switch word {
	case "invoice":
		return t.Invoices[id] != nil
	case "job":
		return t.Jobs[id] != nil
	case "user":
		return t.Users[id] != nil
	case "company":
		return t.Companies[id] != nil
	case "location":
		return t.Locations[id] != nil
	case "libitem":
		return t.LibItems[id] != nil
	case "jobitem":
		return t.JobItems[id] != nil
	}
	return false
}
