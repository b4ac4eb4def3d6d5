package normalise

import (
	"fmt"

	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// parties reads who owes and where the work was done. A related record with
// another id than the invoice names is not used: it was merged or read at
// another time, and a wrong customer is worse than none.
func (r *reader) parties(s *tradepostv1.Snapshot, inv *Invoice) {
	src := s.GetInvoice()
	if l := s.GetLocation(); l != nil && same(l.GetId(), src.GetLocation()) {
		inv.Location = l
	} else if ref := src.GetLocation(); ref.GetId() != 0 {
		inv.Location = &tradepostv1.ServiceTradeLocation{Id: ref.GetId(), Name: ref.GetName()}
	}
	if j := s.GetJob(); j != nil && same(j.GetId(), src.GetJob()) {
		inv.Job = j
	} else if ref := src.GetJob(); ref.GetId() != 0 {
		inv.Job = &tradepostv1.ServiceTradeJob{Id: ref.GetId(), Name: ref.GetName()}
	}
	inv.Office = office(inv)
	r.customer(s, inv)
}

func same(id int64, ref *tradepostv1.NamedRef) bool { return ref.GetId() == 0 || ref.GetId() == id }

func (r *reader) customer(s *tradepostv1.Snapshot, inv *Invoice) {
	ref, company := s.GetInvoice().GetCustomer(), s.GetCustomer()
	if company != nil && !same(company.GetId(), ref) {
		company = nil
	}
	inv.Customer = Customer{ID: ref.GetId(), Name: OneLine(ref.GetName()), Company: company}
	if company != nil {
		inv.Customer.ID = company.GetId()
		if name := OneLine(company.GetName()); name != "" {
			inv.Customer.Name = name
		}
	}
	switch {
	case inv.Customer.ID == 0:
		r.add("customer.missing", fault.Args{Path: "customer"})
	case inv.Customer.Name == "":
		r.add("customer.name_missing", fault.Args{Path: "customer.name", Params: map[string]string{
			"company_id": fmt.Sprint(inv.Customer.ID),
		}})
	}
}

// office is the job's; a location with exactly one office stands in.
func office(inv *Invoice) string {
	if name := OneLine(inv.Job.GetAssignedOffice().GetName()); name != "" {
		return name
	}
	if offices := inv.Location.GetOffices(); len(offices) == 1 {
		return OneLine(offices[0].GetName())
	}
	return ""
}
