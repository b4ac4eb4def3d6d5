// Package book holds the records of a ServiceTrade account as the sandbox keeps
// them, and makes up realistic ones for a mechanical, HVAC and fire contractor.
//
// Records are values that nobody changes once they are stored: a change makes a
// new one. Ids are int64, dates are Unix seconds, 0 means absent everywhere.
package book

// Line is one line of an invoice.
type Line struct {
	ID            int64  `json:"id"`
	Description   string `json:"description"`
	Quantity      Amount `json:"quantity"`
	Price         Amount `json:"price"`
	Taxable       bool   `json:"taxable,omitempty"`
	LibItemID     int64  `json:"libItemId,omitempty"`
	ServiceLineID int64  `json:"serviceLineId,omitempty"`
}

// Tax is the sales tax of an invoice. It is part of the total, and shown only
// where the book was made with tax.
type Tax struct {
	Subtotal Amount `json:"subtotal"`
	Tax      Amount `json:"tax"`
	Rate     Amount `json:"rate"`  // in percent: 7.25
	Group    string `json:"group"` // the tax group's code
}

// Invoice is a customer invoice, a vendor bill or an external one.
type Invoice struct {
	ID              int64  `json:"id"`
	Type            string `json:"type"` // invoice, vendorbill, external
	Name            string `json:"name"`
	Number          string `json:"number"`
	Status          string `json:"status"`
	Substatus       string `json:"substatus,omitempty"`
	Partial         bool   `json:"partial,omitempty"`
	Notes           string `json:"notes,omitempty"`
	TransactionDate int64  `json:"transactionDate"`
	DueDate         int64  `json:"dueDate,omitempty"`
	Total           Amount `json:"total"`
	Paid            Amount `json:"paid"`
	CustomerID      int64  `json:"customerId,omitempty"`
	LocationID      int64  `json:"locationId,omitempty"`
	VendorID        int64  `json:"vendorId,omitempty"`
	JobID           int64  `json:"jobId,omitempty"`
	ContractID      int64  `json:"contractId,omitempty"`
	AssignedUserID  int64  `json:"assignedUserId,omitempty"`
	PaymentTerms    string `json:"paymentTerms,omitempty"`
	Tax             *Tax   `json:"tax,omitempty"`
	Lines           []Line `json:"lines"`
	SystemID        int64  `json:"systemId,omitempty"` // the external system of the last Send
	Created         int64  `json:"created"`
	Updated         int64  `json:"updated"`
}

// Address is a postal address; ServiceTrade knows one address line only.
type Address struct {
	Street     string `json:"street"`
	City       string `json:"city"`
	State      string `json:"state"`
	PostalCode string `json:"postalCode"`
}

// Company is a customer, or the contractor itself (a vendor).
type Company struct {
	ID          int64             `json:"id"`
	Name        string            `json:"name"`
	Status      string            `json:"status"`
	Phone       string            `json:"phone,omitempty"`
	Email       string            `json:"email,omitempty"`
	Vendor      bool              `json:"vendor,omitempty"`
	Address     Address           `json:"address"`
	ExternalIDs map[string]string `json:"externalIds,omitempty"`
	Created     int64             `json:"created"`
	Updated     int64             `json:"updated"`
}

// Location is a job site, or an office when its company is the vendor.
type Location struct {
	ID          int64             `json:"id"`
	CompanyID   int64             `json:"companyId"`
	Name        string            `json:"name"`
	Status      string            `json:"status"`
	StoreNumber string            `json:"storeNumber,omitempty"`
	Phone       string            `json:"phone,omitempty"`
	Email       string            `json:"email,omitempty"`
	Taxable     bool              `json:"taxable,omitempty"`
	Office      bool              `json:"office,omitempty"`
	TaxGroup    string            `json:"taxGroup,omitempty"`
	OfficeIDs   []int64           `json:"officeIds,omitempty"`
	Tags        []string          `json:"tags,omitempty"`
	Address     Address           `json:"address"`
	ExternalIDs map[string]string `json:"externalIds,omitempty"`
	Created     int64             `json:"created"`
	Updated     int64             `json:"updated"`
}

// Job is the work that an invoice bills.
type Job struct {
	ID          int64             `json:"id"`
	Number      int64             `json:"number"`
	Name        string            `json:"name"`
	Type        string            `json:"type"`
	Status      string            `json:"status"`
	CustomerPO  string            `json:"customerPo,omitempty"`
	Description string            `json:"description,omitempty"`
	CustomerID  int64             `json:"customerId"`
	LocationID  int64             `json:"locationId"`
	VendorID    int64             `json:"vendorId"`
	OfficeID    int64             `json:"officeId,omitempty"`
	OwnerID     int64             `json:"ownerId,omitempty"`
	SalesID     int64             `json:"salesId,omitempty"`
	ContractID  int64             `json:"contractId,omitempty"`
	ServiceLine int64             `json:"serviceLineId,omitempty"`
	Tags        []string          `json:"tags,omitempty"`
	Scheduled   int64             `json:"scheduled,omitempty"`
	Completed   int64             `json:"completed,omitempty"`
	ExternalIDs map[string]string `json:"externalIds,omitempty"`
	Created     int64             `json:"created"`
	Updated     int64             `json:"updated"`
}

// LibItem is an item of the library: a part, labor, a fee, or a generic one
// that stands behind many different lines.
type LibItem struct {
	ID          int64             `json:"id"`
	Name        string            `json:"name"`
	Code        string            `json:"code,omitempty"`
	Type        string            `json:"type"`
	Generic     bool              `json:"generic,omitempty"`
	Cost        Amount            `json:"cost"`
	Taxable     bool              `json:"taxable,omitempty"`
	ExternalIDs map[string]string `json:"externalIds,omitempty"`
	Created     int64             `json:"created"`
	Updated     int64             `json:"updated"`
}

// ServiceLine is a trade such as Sprinkler; every invoice line carries one.
type ServiceLine struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Trade string `json:"trade"`
	Abbr  string `json:"abbr"`
}

// User is a person of the account.
type User struct {
	ID          int64             `json:"id"`
	Username    string            `json:"username"`
	FirstName   string            `json:"firstName"`
	LastName    string            `json:"lastName"`
	Email       string            `json:"email"`
	Tech        bool              `json:"tech,omitempty"`
	CompanyID   int64             `json:"companyId"`
	ExternalIDs map[string]string `json:"externalIds,omitempty"`
}

// Name is the first and the last name.
func (u User) Name() string { return u.FirstName + " " + u.LastName }

// JobItem is a part or an hour used on a job.
type JobItem struct {
	ID            int64             `json:"id"`
	JobID         int64             `json:"jobId"`
	Name          string            `json:"name"`
	Quantity      Amount            `json:"quantity"`
	Cost          *Amount           `json:"cost,omitempty"`
	LibItemID     int64             `json:"libItemId,omitempty"`
	ServiceLineID int64             `json:"serviceLineId,omitempty"`
	SourceType    string            `json:"sourceType,omitempty"`
	SourceValue   string            `json:"sourceValue,omitempty"`
	ExternalIDs   map[string]string `json:"externalIds,omitempty"`
	Created       int64             `json:"created"`
	Updated       int64             `json:"updated"`
}

// Contract carries a customer's default payment terms.
type Contract struct {
	ID           int64  `json:"id"`
	Name         string `json:"name"`
	PaymentTerms string `json:"paymentTerms"`
}
