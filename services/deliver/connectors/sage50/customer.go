package sage50

import (
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"

	"github.com/tradepost/tradepost/services/deliver/internal/ansi"
	"github.com/tradepost/tradepost/services/deliver/internal/outbox"
)

// customerColumns are the columns of a file with new customers.
var customerColumns = []string{
	colCustomer, "Customer Name", "Bill to Address-Line One", "Bill to Address-Line Two", "Bill to City",
	"Bill to State", "Bill to Zip", "Bill to Country", "Telephone 1", "Customer E-mail",
}

const (
	maxCustomerName = 39
	maxBillLine     = 30
	maxPhone        = 20
	maxEmail        = 64
)

// newCustomer is the record of a customer that the mapping lets be made; nil where it
// does not. Sage 50 knows customers by their id, and an import that names one it does not
// have stops there.
func (c *Config) newCustomer(d *tradepostv1.Document) *outbox.Rows {
	who := d.GetCustomer()
	if !who.GetCreateIfMissing() {
		return nil
	}
	a := who.GetBillingAddress()
	street := []rune(ansi.Text(a.GetStreet()))
	cut := min(len(street), maxBillLine)
	email := ""
	if len(who.GetEmails()) > 0 {
		email = who.GetEmails()[0]
	}
	cells := map[string]string{
		colCustomer: who.GetReference().GetValue(), "Customer Name": clipped(who.GetName(), maxCustomerName),
		"Bill to Address-Line One": string(street[:cut]), "Bill to Address-Line Two": clipped(string(street[cut:]), maxBillLine),
		"Bill to City": clipped(a.GetCity(), maxCity), "Bill to State": stateCode(a.GetState()),
		"Bill to Zip": clipped(a.GetPostalCode(), maxZip), "Bill to Country": clipped(a.GetCountry(), maxCountry),
		"Telephone 1": clipped(who.GetPhone(), maxPhone), "Customer E-mail": clipped(email, maxEmail),
	}
	record := make([]string, len(c.CustomerColumns))
	for i, column := range c.CustomerColumns {
		record[i] = cells[column]
	}
	rows := &outbox.Rows{Key: cells[colCustomer], Rows: lines([][]string{record})}
	if c.Header {
		rows.Head = lines([][]string{c.CustomerColumns})
	}
	return rows
}
