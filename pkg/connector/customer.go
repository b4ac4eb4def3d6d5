package connector

// RecordKind is a kind of ServiceTrade record that may stand for a customer, in
// ServiceTrade's own lower-case word.
type RecordKind string

// The kinds of records that stand for customers.
const (
	RecordCompany  RecordKind = "company"
	RecordLocation RecordKind = "location"
)

// Customer is a customer of the accounting system that a document was posted to,
// and the ServiceTrade record that it stands for. Deliver may write its id to that
// record as external id, and from then on the record is matched by it.
type Customer struct {
	// Record is what stands for the customer: the document's company for the customer
	// that the document names, also where the mapping found it by the location; or its
	// location where the customer is one below that.
	Record RecordKind
	// RecordID is ServiceTrade's id of that record.
	RecordID int64
	// ID is the accounting system's own key of the customer. A document whose
	// reference names it by that id (REFERENCE_BY_ID) is posted to the same customer,
	// now and later, and answers with the same id. It never changes while the
	// customer exists, and differs between any two.
	ID string
	// Created says that this call made the customer.
	Created bool
}
