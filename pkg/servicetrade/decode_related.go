package servicetrade

import (
	"cmp"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func decodeCompany(body []byte, id int64) (*tradepostv1.ServiceTradeCompany, error) {
	o, _, err := entity(body, "company")
	if err != nil {
		return nil, err
	}
	if err := requested(o, id); err != nil {
		return nil, err
	}
	return companyOf(o), nil
}

func companyOf(o object) *tradepostv1.ServiceTradeCompany {
	return &tradepostv1.ServiceTradeCompany{
		Id:          o.integer("id"),
		Name:        o.text("name"),
		Status:      o.text("status"),
		Phone:       o.text("phoneNumber"),
		Email:       o.text("primaryEmail", "email"),
		Address:     decodeAddress(o),
		ExternalIds: stringMap(o["externalIds"]),
	}
}

func decodeLocation(body []byte, id int64) (*tradepostv1.ServiceTradeLocation, error) {
	o, beside, err := entity(body, "location")
	if err != nil {
		return nil, err
	}
	if err := requested(o, id); err != nil {
		return nil, err
	}
	return locationOf(o, beside), nil
}

func locationOf(o object, beside siblings) *tradepostv1.ServiceTradeLocation {
	return &tradepostv1.ServiceTradeLocation{
		Id:          o.integer("id"),
		Name:        o.text("name"),
		StoreNumber: o.text("storeNumber"),
		RefNumber:   o.text("refNumber"),
		Address:     decodeAddress(o),
		Taxable:     o.flag("taxable"),
		TaxGroup:    beside.taxGroup(o),
		Company:     beside.ref(o, "companies", "company", "companyId"),
		Offices:     beside.refs(o, "locations", "offices"),
		Tags:        beside.refs(o, "tags", "tags"),
		ExternalIds: stringMap(o["externalIds"]),
		Phone:       o.text("phoneNumber"),
		Email:       o.text("email"),
	}
}

// taxGroup is the tax group of an invoice or location, named by its code where the
// answer has one: codes are unique in an account, and mappings go by them.
func (s siblings) taxGroup(o object) *tradepostv1.NamedRef {
	group := s.resolveFirst(o, "taxGroups", "taxGroup", "taxGroupId")
	ref := &tradepostv1.NamedRef{Id: group.integer("id"), Name: cmp.Or(group.text("code"), nameOf(group))}
	if ref.GetId() == 0 && ref.GetName() == "" {
		return nil
	}
	return ref
}

func decodeJob(body []byte, id int64) (JobDetail, error) {
	o, beside, err := entity(body, "job")
	if err != nil {
		return JobDetail{}, err
	}
	if err := requested(o, id); err != nil {
		return JobDetail{}, err
	}
	job := &tradepostv1.ServiceTradeJob{
		Id:             id,
		Number:         o.text("number"),
		RefNumber:      o.text("refNumber"),
		Name:           o.text("name"),
		Type:           o.text("type"),
		Status:         o.text("status"),
		CustomerPo:     o.text("customerPo"),
		AssignedOffice: beside.ref(o, "locations", "assignedOffice", "assignedOfficeId"),
		Owner:          beside.ref(o, "users", "owner", "ownerId"),
		Sales:          beside.ref(o, "users", "sales", "salesId"),
		Contract:       beside.ref(o, "contracts", "contract", "contractId"),
		Tags:           beside.refs(o, "tags", "tags"),
		ExternalIds:    stringMap(o["externalIds"]),
		CompletedOn:    o.integer("completedOn"),
	}
	return JobDetail{
		Job:      job,
		Customer: beside.ref(o, "companies", "customer", "customerId"),
		Location: beside.ref(o, "locations", "location", "locationId"),
	}, nil
}

func decodeLibItem(body []byte, id int64) (*tradepostv1.ServiceTradeLibItem, error) {
	o, _, err := entity(body, "libItem")
	if err != nil {
		return nil, err
	}
	if err := requested(o, id); err != nil {
		return nil, err
	}
	return libItemOf(o), nil
}

// decodeAddress reads address{} or the flat address fields. Parts are cut to
// what tradepost.v1.Address allows: an absurd address must not make the snapshot
// a message that no consumer accepts.
func decodeAddress(o object) *tradepostv1.Address {
	at := o.child("address")
	part := func(inside, flat string, most int) string {
		if t := at.text(inside); t != "" {
			return clip(t, most)
		}
		return clip(o.text(flat), most)
	}
	address := &tradepostv1.Address{
		Street:     part("street", "addressStreet", 1000),
		City:       part("city", "addressCity", 255),
		State:      part("state", "addressState", 255),
		PostalCode: part("postalCode", "addressPostalCode", 40),
		Country:    part("country", "addressCountry", 60),
	}
	if address.Street+address.City+address.State+address.PostalCode+address.Country == "" {
		return nil
	}
	return address
}
