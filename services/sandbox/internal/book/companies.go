package book

import (
	"fmt"
	"math/rand/v2"
	"strconv"
)

// companies makes the contractor with its offices, the customers with their
// locations, and two customers that no mapping knows.
func (m *maker) companies() {
	created := anchor().AddDate(-3, 0, 0).Unix()
	m.book.Companies = append(m.book.Companies, Company{
		ID: vendorID, Name: "Meridian Mechanical & Fire", Status: "active", Vendor: true, Phone: "919-555-0100",
		Email: "office@example.com", Address: Address{"400 Commerce Dr", "Durham", "NC", "27701"},
		Created: created, Updated: created,
	})
	for i, office := range []string{"Durham Office", "Richmond Office"} {
		m.book.Locations = append(m.book.Locations, Location{
			ID: int64(701 + i), CompanyID: vendorID, Name: office, Status: "active", Office: true,
			Address: Address{"400 Commerce Dr", "Durham", "NC", "27701"}, Created: created, Updated: created,
		})
	}
	count := min(max(8, m.opt.Invoices/4), 400)
	for i := range count {
		m.company(i)
	}
	m.known = m.book.Companies[1:]
	for i := range 2 {
		m.unknownCompany(count + i)
	}
	m.unknown = m.book.Companies[1+count:]
}

func (m *maker) company(i int) {
	r := m.rng("company", i)
	c := m.newCompany(r, i, companyName(i))
	key := fmt.Sprintf("C-%05d", 10001+i)
	if i%7 == 6 {
		m.book.CustomerTable = append(m.book.CustomerTable, TableRow{ID: c.ID, Name: c.Name, Key: key})
	} else {
		c.ExternalIDs = map[string]string{m.opt.ExternalSystem: key}
	}
	m.book.Companies = append(m.book.Companies, c)
	for n := range 1 + r.IntN(3) {
		m.location(r, c, n)
	}
}

// unknownCompany is in no table and has no external id: its invoices must fail.
func (m *maker) unknownCompany(i int) {
	r := m.rng("company", i)
	name := []string{"Nobody Knows Us, LLC", "Neukunde & Söhne KG"}[i%2]
	c := m.newCompany(r, i, name)
	m.book.Companies = append(m.book.Companies, c)
	m.location(r, c, 0)
}

func companyName(i int) string {
	name := companyNames[i%len(companyNames)]
	if round := i / len(companyNames); round > 0 {
		return name + " " + strconv.Itoa(round+1)
	}
	return name
}

func (m *maker) newCompany(r *rand.Rand, i int, name string) Company {
	created := anchor().AddDate(0, -6-r.IntN(24), 0).Unix()
	return Company{
		ID: int64(9001 + i), Name: name, Status: "active", Phone: fmt.Sprintf("919-555-%04d", 200+i),
		Email: fmt.Sprintf("ap%d@example.com", i), Address: address(r, pick(r, places)), Created: created, Updated: created,
	}
}

func (m *maker) location(r *rand.Rand, c Company, n int) {
	where := pick(r, places)
	site := Location{
		ID: int64(20001 + len(m.book.Locations)), CompanyID: c.ID, Name: c.Name + " - " + locationSuffixes[(int(c.ID)+n)%len(locationSuffixes)],
		Status: "active", StoreNumber: strconv.Itoa(100 + n), Phone: c.Phone, Email: c.Email,
		Taxable: r.IntN(2) == 0, TaxGroup: where.taxGroup, OfficeIDs: []int64{int64(701 + r.IntN(2))},
		Address: address(r, where), Created: c.Created, Updated: c.Updated,
	}
	m.sites[c.ID] = append(m.sites[c.ID], site)
	m.book.Locations = append(m.book.Locations, site)
}

func address(r *rand.Rand, p place) Address {
	return Address{Street: fmt.Sprintf("%d %s", 1+r.IntN(9900), pick(r, streets)), City: p.city, State: p.state, PostalCode: p.zip}
}
