package mapit

import (
	"strings"

	"github.com/tradepost/tradepost/pkg/mapping"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform/internal/normalise"
)

// factsOf is what the rules of the mapping may ask of an invoice.
func factsOf(inv *normalise.Invoice) mapping.Facts {
	company := inv.Customer.Company
	return mapping.Facts{
		Invoice: mapping.InvoiceFacts{
			Number: inv.Number, Name: inv.Name, Notes: inv.Notes, Terms: inv.Terms, TaxGroup: inv.TaxGroup,
			Date: inv.IssueDate.String(), Partial: inv.Partial, Negative: inv.Total.Value.Sign() < 0,
		},
		Customer: mapping.CustomerFacts{
			ID: inv.Customer.ID, Name: inv.Customer.Name, Status: normalise.OneLine(company.GetStatus()),
			State: normalise.OneLine(company.GetAddress().GetState()), ZIP: normalise.OneLine(company.GetAddress().GetPostalCode()),
		},
		Location: locationFacts(inv.Location),
		Job:      jobFacts(inv),
	}
}

func locationFacts(l *tradepostv1.ServiceTradeLocation) mapping.LocationFacts {
	return mapping.LocationFacts{
		ID: l.GetId(), Name: normalise.OneLine(l.GetName()), StoreNumber: normalise.OneLine(l.GetStoreNumber()),
		City: normalise.OneLine(l.GetAddress().GetCity()), State: normalise.OneLine(l.GetAddress().GetState()),
		ZIP: normalise.OneLine(l.GetAddress().GetPostalCode()), TaxGroup: normalise.OneLine(l.GetTaxGroup().GetName()),
		Taxable: l.GetTaxable(), Offices: names(l.GetOffices()), Tags: names(l.GetTags()),
	}
}

func jobFacts(inv *normalise.Invoice) mapping.JobFacts {
	j := inv.Job
	return mapping.JobFacts{
		ID: j.GetId(), Number: normalise.OneLine(j.GetNumber()), Name: normalise.OneLine(j.GetName()),
		Type: normalise.OneLine(j.GetType()), Office: inv.Office, PO: normalise.OneLine(j.GetCustomerPo()),
		Owner: normalise.OneLine(j.GetOwner().GetName()), Sales: normalise.OneLine(j.GetSales().GetName()), Tags: names(j.GetTags()),
	}
}

func lineFacts(l normalise.Line) *mapping.LineFacts {
	return &mapping.LineFacts{
		ItemID: l.LibItem.GetId(), ItemCode: normalise.OneLine(l.LibItem.GetCode()), ItemName: normalise.OneLine(l.LibItem.GetName()),
		ItemType: strings.ToLower(normalise.OneLine(l.LibItem.GetType())), ServiceLine: l.ServiceLine, Trade: l.Trade,
		Description: l.Description, Generic: l.LibItem.GetGeneric(), Taxable: l.Taxable, Negative: l.Amount.Sign() < 0,
	}
}

func names(refs []*tradepostv1.NamedRef) []string {
	var list []string
	for _, r := range refs {
		if name := normalise.OneLine(r.GetName()); name != "" {
			list = append(list, name)
		}
	}
	return list
}
