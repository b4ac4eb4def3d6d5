package api

import (
	"github.com/tradepost/tradepost/services/sandbox/internal/book"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

type wireCompany struct {
	ID           int64       `json:"id"`
	URI          string      `json:"uri"`
	Name         string      `json:"name"`
	Status       string      `json:"status"`
	PhoneNumber  string      `json:"phoneNumber"`
	PrimaryEmail string      `json:"primaryEmail"`
	Customer     bool        `json:"customer"`
	Vendor       bool        `json:"vendor"`
	Address      wireAddress `json:"address"`
	ExternalIDs  externalIDs `json:"externalIds"`
	Created      int64       `json:"created"`
	Updated      int64       `json:"updated"`
}

func (a *API) company(c *book.Company) wireCompany {
	return wireCompany{
		ID: c.ID, URI: a.uri("company", c.ID), Name: c.Name, Status: c.Status, PhoneNumber: c.Phone, PrimaryEmail: c.Email,
		Customer: !c.Vendor, Vendor: c.Vendor, Address: wireAddress(c.Address), ExternalIDs: c.ExternalIDs,
		Created: c.Created, Updated: c.Updated,
	}
}

type wireLocation struct {
	ID             int64        `json:"id"`
	URI            string       `json:"uri"`
	Name           string       `json:"name"`
	RefNumber      *string      `json:"refNumber"`
	Status         string       `json:"status"`
	StoreNumber    *string      `json:"storeNumber"`
	PhoneNumber    string       `json:"phoneNumber"`
	Email          string       `json:"email"`
	Taxable        bool         `json:"taxable"`
	Address        wireAddress  `json:"address"`
	Company        *reference   `json:"company"`
	Brand          *reference   `json:"brand"`
	PrimaryContact *reference   `json:"primaryContact"`
	Offices        []*reference `json:"offices"`
	Tags           []wireTag    `json:"tags"`
	TaxGroup       *taxCode     `json:"taxGroup"`
	ExternalIDs    externalIDs  `json:"externalIds"`
	Created        int64        `json:"created"`
	Updated        int64        `json:"updated"`
}

type taxCode struct {
	Code string `json:"code"`
}

func (a *API) location(t *state.Tables, l *book.Location) wireLocation {
	out := wireLocation{
		ID: l.ID, URI: a.uri("location", l.ID), Name: l.Name, Status: l.Status, StoreNumber: textOrNull(l.StoreNumber),
		PhoneNumber: l.Phone, Email: l.Email, Taxable: l.Taxable, Address: wireAddress(l.Address),
		Company: a.companyRef(t, l.CompanyID), Offices: a.officeRefs(t, l.OfficeIDs), Tags: tags(l.Tags),
		ExternalIDs: l.ExternalIDs, Created: l.Created, Updated: l.Updated,
	}
	if l.TaxGroup != "" {
		out.TaxGroup = &taxCode{l.TaxGroup}
	}
	return out
}

type wireLibItem struct {
	ID          int64       `json:"id"`
	URI         string      `json:"uri"`
	Name        string      `json:"name"`
	Type        string      `json:"type"`
	Code        *string     `json:"code"`
	IsGeneric   bool        `json:"isGeneric"`
	Cost        book.Amount `json:"cost"`
	Taxable     bool        `json:"taxable"`
	ExternalIDs externalIDs `json:"externalIds"`
	Created     int64       `json:"created"`
	Updated     int64       `json:"updated"`
}

func (a *API) libItem(i *book.LibItem) wireLibItem {
	return wireLibItem{
		ID: i.ID, URI: a.uri("libitem", i.ID), Name: i.Name, Type: i.Type, Code: textOrNull(i.Code), IsGeneric: i.Generic,
		Cost: i.Cost, Taxable: i.Taxable, ExternalIDs: i.ExternalIDs, Created: i.Created, Updated: i.Updated,
	}
}

type wireJobItem struct {
	ID          int64            `json:"id"`
	URI         string           `json:"uri"`
	Name        string           `json:"name"`
	Quantity    book.Amount      `json:"quantity"`
	Cost        *book.Amount     `json:"cost"`
	Job         *reference       `json:"job"`
	LibItem     *itemLib         `json:"libItem"`
	ServiceLine *wireServiceLine `json:"serviceLine"`
	Source      *wireSource      `json:"source"`
	ExternalIDs externalIDs      `json:"externalIds"`
	Created     int64            `json:"created"`
	Updated     int64            `json:"updated"`
}

type wireSource struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

func (a *API) jobItem(t *state.Tables, i *book.JobItem) wireJobItem {
	out := wireJobItem{
		ID: i.ID, URI: a.uri("jobitem", i.ID), Name: i.Name, Quantity: i.Quantity, Cost: i.Cost,
		ServiceLine: serviceLine(t, i.ServiceLineID), ExternalIDs: i.ExternalIDs, Created: i.Created, Updated: i.Updated,
	}
	if j := t.Jobs[i.JobID]; j != nil {
		out.Job = &reference{ID: j.ID, URI: a.uri("job", j.ID), Name: j.Name}
	}
	if lib := t.LibItems[i.LibItemID]; lib != nil {
		out.LibItem = &itemLib{lib.ID, a.uri("libitem", lib.ID), lib.Name, textOrNull(lib.Code), lib.Type}
	}
	if i.SourceType != "" {
		out.Source = &wireSource{i.SourceType, i.SourceValue}
	}
	return out
}
