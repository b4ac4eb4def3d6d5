package api

import (
	"github.com/tradepost/tradepost/services/sandbox/internal/book"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

// wireJob is the flat shape: related records are embedded. Its references are
// filled either with objects or, in the compound shape, with bare ids.
type wireJob struct {
	ID             int64            `json:"id"`
	URI            string           `json:"uri"`
	Number         int64            `json:"number"`
	RefNumber      *string          `json:"refNumber"`
	Name           string           `json:"name"`
	CustomName     *string          `json:"customName"`
	Type           string           `json:"type"`
	Status         string           `json:"status"`
	DisplayStatus  string           `json:"displayStatus"`
	Substatus      *string          `json:"substatus"`
	CustomerPO     *string          `json:"customerPo"`
	Visibility     []string         `json:"visibility"`
	Description    *string          `json:"description"`
	ScheduledDate  *int64           `json:"scheduledDate"`
	CompletedOn    *int64           `json:"completedOn"`
	ServiceLine    *wireServiceLine `json:"serviceLine"`
	Vendor         any              `json:"vendor"`
	Customer       any              `json:"customer"`
	Location       any              `json:"location"`
	Owner          any              `json:"owner"`
	Sales          any              `json:"sales"`
	PrimaryContact any              `json:"primaryContact"`
	AssignedOffice any              `json:"assignedOffice"`
	Offices        any              `json:"offices"`
	Contract       *reference       `json:"contract"`
	Terms          *reference       `json:"terms"` // terms and conditions, never payment terms
	Tags           []wireTag        `json:"tags"`
	ExternalIDs    externalIDs      `json:"externalIds"`
	Created        int64            `json:"created"`
	Updated        int64            `json:"updated"`

	// The long form adds these.
	Notes           *[]any `json:"notes,omitempty"`
	ServiceRequests *[]any `json:"serviceRequests,omitempty"`
}

func (a *API) jobBase(t *state.Tables, j *book.Job, long bool) wireJob {
	out := wireJob{
		ID: j.ID, URI: a.uri("job", j.ID), Number: j.Number, Name: j.Name, Type: j.Type, Status: j.Status,
		DisplayStatus: j.Status, CustomerPO: textOrNull(j.CustomerPO), Visibility: []string{"public"},
		Description: textOrNull(j.Description), ScheduledDate: orNull(j.Scheduled), CompletedOn: orNull(j.Completed),
		ServiceLine: serviceLine(t, j.ServiceLine), Contract: contractRef(t, j.ContractID), Tags: tags(j.Tags),
		ExternalIDs: j.ExternalIDs, Created: j.Created, Updated: j.Updated,
		Terms: &reference{ID: 3, Name: "All work is subject to the attached conditions. Late payment bears interest."},
	}
	if long {
		out.Notes, out.ServiceRequests = &[]any{}, &[]any{}
	}
	return out
}

// job renders the flat shape.
func (a *API) job(t *state.Tables, j *book.Job, long bool) wireJob {
	out := a.jobBase(t, j, long)
	out.Vendor, out.Customer = a.companyRef(t, j.VendorID), a.companyRef(t, j.CustomerID)
	out.Location, out.Owner, out.Sales = a.locationRef(t, j.LocationID), a.userRef(t, j.OwnerID), a.userRef(t, j.SalesID)
	out.AssignedOffice, out.Offices = a.officeRef(t, j.OfficeID), a.officeRefs(t, []int64{j.OfficeID})
	return out
}

// compoundJob renders the compound shape: the job with bare ids, and beside it
// the records that the ids mean.
func (a *API) compoundJob(t *state.Tables, j *book.Job, long bool) any {
	out := a.jobBase(t, j, long)
	out.Vendor, out.Customer, out.Location = orNull(j.VendorID), orNull(j.CustomerID), orNull(j.LocationID)
	out.Owner, out.Sales = orNull(j.OwnerID), orNull(j.SalesID)
	out.AssignedOffice, out.Offices = orNull(j.OfficeID), []int64{j.OfficeID}
	locations, companies, users := []any{}, []any{}, []any{}
	for _, id := range []int64{j.LocationID, j.OfficeID} {
		if ref := a.locationRef(t, id); ref != nil {
			locations = append(locations, ref)
		}
	}
	for _, id := range []int64{j.VendorID, j.CustomerID} {
		if ref := a.companyRef(t, id); ref != nil {
			companies = append(companies, ref)
		}
	}
	for _, id := range []int64{j.OwnerID, j.SalesID} {
		if ref := a.userRef(t, id); ref != nil {
			users = append(users, ref)
		}
	}
	return map[string]any{
		"job": out, "locations": locations, "companies": companies, "users": users,
		"contacts": []any{}, "serviceRequests": []any{},
	}
}
