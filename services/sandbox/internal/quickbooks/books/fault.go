package books

import (
	"fmt"
	"net/http"
)

// The types of faults (Intuit documentation, "Error codes", fault types).
const (
	TypeValidation     = "ValidationFault"
	TypeSystem         = "SystemFault"
	TypeService        = "SERVICE"
	TypeAuthentication = "AUTHENTICATION"
	TypeAuthorization  = "AuthorizationFault"
)

// Fault is a refusal as the API words it (Intuit documentation, "Error codes",
// the Fault element).
type Fault struct {
	Status  int
	Type    string
	Code    string
	Message string
	Detail  string
	Element string
}

// AsError gives the refusal as an error; nil when there is none.
func (f *Fault) AsError() error {
	if f == nil {
		return nil
	}
	return fmt.Errorf("QuickBooks refuses it: %s %s: %s", f.Code, f.Message, f.Detail)
}

func refuse(code, message, detail string) *Fault {
	return &Fault{Status: http.StatusBadRequest, Type: TypeValidation, Code: code, Message: message, Detail: detail}
}

func (f *Fault) on(element string) *Fault {
	f.Element = element
	return f
}

// missing is code 2020 (Intuit documentation, "Handling common errors", 2020).
func missing(parameter string) *Fault {
	return refuse("2020", "Required param missing, need to supply the required value for the API",
		"Required parameter "+parameter+" is missing in the request").on(parameter)
}

// unknownProperty is code 2010 (Intuit error code list).
func unknownProperty(name string) *Fault {
	return refuse("2010", "Request has invalid or unsupported property",
		"Property Name:"+name+" specified is unsupported or invalid").on(name)
}

// tooLong is code 2050 (Intuit error code list).
func tooLong(element string, most, length int) *Fault {
	return refuse("2050", "String length is either shorter or longer than supported by specification",
		fmt.Sprintf("String length specified does not match the supported length. Min:0 Max:%d supported. Supplied length:%d", most, length)).on(element)
}

// badReference is code 2500: an id that never was one of this company (Intuit
// documentation, "Handling common errors", 2500).
func badReference(what, id string) *Fault {
	return refuse("2500", "Invalid Reference Id", fmt.Sprintf("Invalid Reference Id : %s element id %s not found", what, id))
}

// inactive is code 610 on a reference (Intuit documentation, "Handling common
// errors", 610, name list objects).
func inactive() *Fault {
	return refuse("610", "Object Not Found", "Object Not Found : Something you're trying to use has been made inactive. "+
		"Check the fields with accounts, customers, items, vendors or employees.")
}

// gone is code 610 on the object itself (Intuit documentation, "Handling common
// errors", 610, transaction objects).
func gone() *Fault {
	return refuse("610", "Object Not Found", "Object Not Found : Another user has deleted this transaction.")
}

// stale is code 5010 (Intuit documentation, "Handling common errors", 5010).
func stale() *Fault {
	return refuse("5010", "Stale Object Error",
		"Stale Object Error : You and root were working on this at the same time. root finished before you did, so your work was not saved.")
}

// business is code 6000 (Intuit documentation, "Handling common errors", 6000).
func business(detail string) *Fault {
	return refuse("6000", "A business validation error has occurred while processing your request", "Business Validation Error: "+detail)
}

// unsupported is code 500 (Intuit documentation, "Handling common errors", 500).
func unsupported(what string) *Fault {
	return refuse("500", "Unsupported Operation", "Operation "+what+" is not supported.")
}

// notEnabled is code 5030 (Intuit error code list, feature not supported).
func notEnabled(feature string) *Fault {
	return refuse("5030", "Feature Not Supported Error",
		"The feature you are trying to use is not supported : "+feature+" is not turned on in this company.")
}

// linked is code 800: what a payment pays cannot be deleted (Intuit API reference,
// "Delete an invoice"; error code list).
func linked() *Fault {
	return refuse("800", "Cannot delete object", "The object can't be deleted due to existing dependencies. Delete those dependencies first.")
}

// deposited is code 6540 (Intuit documentation, "Handling common errors", 6540).
func deposited() *Fault {
	return refuse("6540", "Deposited Transaction cannot be changed",
		"This transaction has been deposited. If you want to change or delete it, you must edit the deposit it appears on and remove it first.")
}
