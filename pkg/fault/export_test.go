package fault

// ReservedCodes is how many codes reserved.go names.
var ReservedCodes = len(reserved)
