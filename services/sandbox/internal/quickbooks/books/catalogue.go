package books

import "net/http"

// catalogue words the faults that can be ordered by their code (Intuit error code
// list; "Handling common errors" where it has the code).
var catalogue = map[string]Fault{
	"100":   {http.StatusUnauthorized, TypeAuthentication, "", "General Authentication Error", "AuthenticationErrorGeneral: SRV-110-Authentication Failure , statusCode: 401", ""},
	"120":   {http.StatusUnauthorized, TypeAuthorization, "", "Authorization Failure", "AuthorizationFailure: --11014-You do not have access to use QuickBooks Online Plus., statusCode: 401", ""},
	"130":   {http.StatusBadRequest, TypeSystem, "", "Wrong cluster", "The request was sent to the wrong cluster of this company.", ""},
	"140":   {http.StatusBadRequest, TypeSystem, "", "Company locked", "The company is locked.", ""},
	"150":   {http.StatusBadRequest, TypeSystem, "", "Company under maintenance", "The company is being upgraded. Please try again later.", ""},
	"600":   {http.StatusBadRequest, TypeValidation, "", "Duplicate Request ID", "A request with this id was already made.", ""},
	"2500":  {http.StatusBadRequest, TypeValidation, "", "Invalid Reference Id", "Invalid Reference Id : Something you're trying to use has been made inactive. Check the fields with accounts, customers, items, vendors or employees.", ""},
	"3001":  {http.StatusForbidden, TypeService, "", "message=ThrottleExceeded; errorCode=003001; statusCode=403", "The request limit was reached.  Try again later", ""},
	"3100":  {http.StatusForbidden, TypeService, "", "message=AuthorizationFailed; errorCode=003100; statusCode=403", "", ""},
	"3200":  {http.StatusUnauthorized, TypeAuthentication, "", "message=AuthenticationFailed; errorCode=003200; statusCode=401", "Token expired", ""},
	"4002":  {http.StatusBadRequest, TypeValidation, "", "Error processing query", "QueryProcessingError: To email address entered is invalid", ""},
	"5020":  {http.StatusForbidden, TypeValidation, "", "Permission Denied Error", "Permission Denied Error : You do not have sufficient permissions to perform this action.", ""},
	"5030":  {http.StatusBadRequest, TypeValidation, "", "Feature Not Supported Error", "The feature you are trying to use is not supported.", ""},
	"6000":  {http.StatusBadRequest, TypeValidation, "", "A business validation error has occurred while processing your request", "Business Validation Error: Unexpected Internal Error. (-30034)", ""},
	"6140":  {http.StatusBadRequest, TypeValidation, "", "Duplicate Document Number Error", "Duplicate Document Number Error : You must specify a different number. This number has already been used.", ""},
	"6190":  {http.StatusBadRequest, TypeValidation, "", "Invalid Company Status", "Subscription period has ended or canceled or there was a billing problem : You can't add data to QuickBooks Online Plus because your trial or subscription period ended", ""},
	"6200":  {http.StatusBadRequest, TypeValidation, "", "Account Period Closed", "The account period has closed.", ""},
	"6210":  {http.StatusBadRequest, TypeValidation, "", "Account Period Closed, Cannot Update Through Services API", "The account period has closed and the account books cannot be updated through through the QBO Services API. Please use the QBO website to make these changes.", ""},
	"6240":  {http.StatusBadRequest, TypeValidation, "", "Duplicate Name Exists Error", "The name supplied already exists. : Another customer, vendor or employee is already using this name. Please use a different name.", ""},
	"6250":  {http.StatusBadRequest, TypeValidation, "", "Invalid Customer", "Invalid Customer : The customer is missing or was made inactive.", ""},
	"10000": {http.StatusInternalServerError, TypeSystem, "", "An application error has occurred while processing your request", "System Failure Error: Could not find resource", ""},
}

// FaultOf words a fault by its code; one that is not known gets plain words.
func FaultOf(code string) *Fault {
	switch code {
	case "610":
		return inactive()
	case "5010":
		return stale()
	case "6540":
		return deposited()
	}
	f, ok := catalogue[code]
	if !ok {
		f = Fault{Status: http.StatusBadRequest, Type: TypeValidation, Message: "Error " + code, Detail: "A fault was ordered with this code."}
	}
	f.Code = code
	return &f
}
