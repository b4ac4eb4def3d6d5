package servicetrade

import (
	"cmp"
	"fmt"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func decodeInvoice(body []byte, id int64) (*tradepostv1.ServiceTradeInvoice, error) {
	o, beside, err := entity(body, "invoice")
	if err != nil {
		return nil, err
	}
	if err := requested(o, id); err != nil {
		return nil, err
	}
	items, err := decodeItems(o, beside)
	if err != nil {
		return nil, err
	}
	inv := &tradepostv1.ServiceTradeInvoice{
		Id:              id,
		Type:            o.text("type"),
		Name:            o.text("name"),
		InvoiceNumber:   o.text("invoiceNumber"),
		Status:          o.text("status"),
		Substatus:       o.text("substatus"),
		Partial:         o.flag("partial"),
		Notes:           o.text("notes"),
		TransactionDate: o.integer("transactionDate"),
		DueDate:         o.integer("dueDate"),
		PaymentTerms:    o.text("paymentTerms", "terms"),
		Items:           items,
		Created:         o.integer("created"),
		Updated:         o.integer("updated"),
	}
	invoiceAmounts(inv, o)
	invoiceRefs(inv, o, beside)
	return inv, nil
}

func invoiceAmounts(inv *tradepostv1.ServiceTradeInvoice, o object) {
	inv.TotalPrice = o.amount("totalPrice")
	inv.TotalPaidAmount = o.amount("totalPaidAmount")
	inv.Subtotal = o.amount("subtotal")
	inv.Tax = o.amount("tax")
	inv.TaxRate = o.amount("taxRate")
}

// invoiceRefs adds the records that an invoice names. An invoice without a
// location of its own has that of its job.
func invoiceRefs(inv *tradepostv1.ServiceTradeInvoice, o object, beside siblings) {
	inv.Customer = beside.ref(o, "companies", "customer", "customerId")
	inv.Location = beside.ref(o, "locations", "location", "locationId")
	inv.Job = beside.ref(o, "jobs", "job", "jobId")
	inv.Vendor = beside.ref(o, "companies", "vendor", "vendorId")
	inv.TaxGroup = cmp.Or(beside.taxGroup(o).GetName(), o.text("taxGroup"))
	inv.Contract = beside.ref(o, "contracts", "contract", "contractId")
	inv.AssignedUser = beside.ref(o, "users", "assignedUser", "assignedUserId")
	if inv.Location == nil {
		job := beside.resolveFirst(o, "jobs", "job", "jobId")
		inv.Location = beside.ref(job, "locations", "location", "locationId")
	}
}

// decodeItems decodes every line or fails: a line must never go missing.
func decodeItems(o object, beside siblings) ([]*tradepostv1.ServiceTradeItem, error) {
	rows, err := elements(o["items"])
	if err != nil {
		return nil, fmt.Errorf("items %w", err)
	}
	items := make([]*tradepostv1.ServiceTradeItem, 0, len(rows))
	for i, row := range rows {
		line := asObject(row)
		if id, ok := wholeNumber(asText(row)); ok && line == nil {
			if line = beside["items"][id]; line == nil {
				line = beside["invoiceitems"][id]
			}
		}
		if line == nil {
			return nil, fmt.Errorf("items[%d] is no line", i)
		}
		items = append(items, decodeItem(line, beside))
	}
	return items, nil
}

func decodeItem(o object, beside siblings) *tradepostv1.ServiceTradeItem {
	return &tradepostv1.ServiceTradeItem{
		Id:          o.integer("id"),
		Description: o.text("description"),
		Quantity:    o.amount("quantity"),
		Price:       o.amount("price"),
		Taxable:     o.flag("taxable"),
		LibItem:     itemLibItem(o, beside),
		ServiceLine: itemServiceLine(o, beside),
		Cost:        o.amount("cost"),
	}
}

func itemLibItem(o object, beside siblings) *tradepostv1.ServiceTradeLibItem {
	lib := beside.resolveFirst(o, "libItems", "libItem", "libitem", "libItemId", "libitemId")
	if lib == nil {
		return nil
	}
	item := libItemOf(lib)
	if item.Id == 0 {
		item.Id = o.integer("libItemId", "libitemId")
	}
	return item
}

func itemServiceLine(o object, beside siblings) *tradepostv1.ServiceTradeServiceLine {
	line := beside.resolveFirst(o, "serviceLines", "serviceLine", "serviceline", "serviceLineId", "servicelineId")
	if line == nil {
		return nil
	}
	id := line.integer("id")
	if id == 0 {
		id = o.integer("serviceLineId", "servicelineId")
	}
	return &tradepostv1.ServiceTradeServiceLine{
		Id: id, Name: line.text("name"), Trade: line.text("trade"), Abbr: line.text("abbr"),
	}
}

func libItemOf(o object) *tradepostv1.ServiceTradeLibItem {
	return &tradepostv1.ServiceTradeLibItem{
		Id:          o.integer("id"),
		Name:        o.text("name"),
		Code:        o.text("code"),
		Type:        o.text("type"),
		Generic:     o.flag("isGeneric"),
		ExternalIds: stringMap(o["externalIds"]),
	}
}

func decodeRow(o object) InvoiceRow {
	return InvoiceRow{
		ID:            o.integer("id"),
		Status:        o.text("status"),
		Updated:       o.integer("updated"),
		InvoiceNumber: o.text("invoiceNumber"),

		TransactionDate: o.integer("transactionDate"),
	}
}
