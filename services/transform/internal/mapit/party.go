package mapit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost/tradepost/pkg/mapping"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform/internal/normalise"
)

func (w *Writer) customer(c normalise.Customer, a mapping.Answer) {
	w.doc.Customer = &tradepostv1.Customer{
		CompanyId:      w.log.ID("customer.company_id", c.ID, "customer.id"),
		Reference:      w.log.Answer("customer.reference", a, "customer"),
		Name:           w.log.Text("customer.name", c.Name, "customer.name"),
		ExternalIds:    w.externalIDs("customer.external_ids", c.Company.GetExternalIds(), "customer"),
		Emails:         w.emails(c.Company.GetEmail()),
		Phone:          w.log.Text("customer.phone", normalise.OneLine(c.Company.GetPhone()), "customer.phoneNumber"),
		BillingAddress: w.address("customer.billing_address", c.Company.GetAddress(), "customer.address"),

		CreateIfMissing: w.allowed("customer.create_if_missing", w.Mapping.Customers.Create, "customers.create"),

		StandsForLocation: w.allowed("customer.stands_for_location", w.Mapping.Customers.Of == mapping.OfLocation, "customers.of"),
	}
}

// below tells whether the mapping posts to one of these levels.
func (w *Writer) below(levels ...mapping.Level) bool {
	return slices.Contains(levels, w.Mapping.Customers.Level)
}

// emails splits a field that people fill with several addresses.
func (w *Writer) emails(written string) []string {
	var list []string
	for _, e := range strings.FieldsFunc(written, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' }) {
		if e = normalise.OneLine(e); e != "" && !slices.Contains(list, e) {
			list = append(list, w.log.Text(fmt.Sprintf("customer.emails[%d]", len(list)), e, "customer.email"))
		}
	}
	return list
}

func (w *Writer) location(inv *normalise.Invoice) {
	l := inv.Location
	if l == nil {
		return
	}
	w.doc.Location = &tradepostv1.Location{
		LocationId:  w.log.ID("location.location_id", l.GetId(), "location.id"),
		Name:        w.log.Text("location.name", normalise.OneLine(l.GetName()), "location.name"),
		ExternalIds: w.externalIDs("location.external_ids", l.GetExternalIds(), "location"),
		Address:     w.address("location.address", l.GetAddress(), "location.address"),
		StoreNumber: w.log.Text("location.store_number", normalise.OneLine(l.GetStoreNumber()), "location.storeNumber"),

		BelowCustomer:   w.allowed("location.below_customer", w.below(mapping.LevelLocation, mapping.LevelJob), "customers.level"),
		CreateIfMissing: w.allowed("location.create_if_missing", w.Mapping.Customers.Create && w.below(mapping.LevelLocation, mapping.LevelJob), "customers.create"),
	}
}

func (w *Writer) job(inv *normalise.Invoice) {
	j := inv.Job
	if j == nil {
		return
	}
	w.doc.Job = &tradepostv1.Job{
		JobId:       w.log.ID("job.job_id", j.GetId(), "job.id"),
		Number:      w.log.Text("job.number", normalise.OneLine(j.GetNumber()), "job.number"),
		Name:        w.log.Text("job.name", normalise.OneLine(j.GetName()), "job.name"),
		Type:        w.log.Text("job.type", normalise.OneLine(j.GetType()), "job.type"),
		ExternalIds: w.externalIDs("job.external_ids", j.GetExternalIds(), "job"),

		BelowCustomer:   w.allowed("job.below_customer", w.below(mapping.LevelJob), "customers.level"),
		CreateIfMissing: w.allowed("job.create_if_missing", w.Mapping.Customers.Create && w.below(mapping.LevelJob), "customers.create"),
	}
	for _, tag := range j.GetTags() {
		if name := normalise.OneLine(tag.GetName()); name != "" {
			field := fmt.Sprintf("job.tags[%d]", len(w.doc.Job.Tags))
			w.doc.Job.Tags = append(w.doc.Job.Tags, w.log.Text(field, name, "job.tags"))
		}
	}
}

func (w *Writer) externalIDs(field string, ids map[string]string, record string) map[string]string {
	if len(ids) == 0 {
		return nil
	}
	copied := make(map[string]string, len(ids))
	for _, system := range slices.Sorted(maps.Keys(ids)) {
		if ids[system] != "" {
			copied[system] = w.log.Text(field+"."+system, ids[system], record+".externalIds."+system)
		}
	}
	return copied
}

func (w *Writer) address(field string, a *tradepostv1.Address, source string) *tradepostv1.Address {
	short := func(name, value string, limit int) string {
		from := source + "." + strings.Replace(name, "postal_code", "postalCode", 1)
		return w.short(field+"."+name, normalise.OneLine(value), from, limit)
	}
	copied := &tradepostv1.Address{
		Street:     short("street", a.GetStreet(), maxStreet),
		City:       short("city", a.GetCity(), maxShortText),
		State:      short("state", a.GetState(), maxShortText),
		PostalCode: short("postal_code", a.GetPostalCode(), maxPostalCode),
		Country:    short("country", a.GetCountry(), maxCountry),
	}
	if copied.Street+copied.City+copied.State+copied.PostalCode+copied.Country == "" {
		return nil
	}
	return copied
}
