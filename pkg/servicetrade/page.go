package servicetrade

import (
	"strconv"
	"strings"
)

// InvoicePage is the page of an invoice in ServiceTrade's web application, for people;
// "" where the address of the application is not known.
func InvoicePage(appURL string, id int64) string {
	if appURL == "" {
		return ""
	}
	return strings.TrimRight(appURL, "/") + "/invoice/" + strconv.FormatInt(id, 10)
}
