package books

import (
	"slices"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// detailTypes are the kinds of lines of a sale (IntuitNamesTypes.xsd of Intuit's
// SDKs, LineDetailTypeEnum).
var detailTypes = []string{"SalesItemLineDetail", "GroupLineDetail", "DescriptionOnly", "DiscountLineDetail", "SubTotalLineDetail"}

var lineProperties = []string{
	"Id", "LineNum", "Description", "Amount", "DetailType", "LinkedTxn", "CustomExtensions", "Received",
	"SalesItemLineDetail", "DescriptionLineDetail", "DiscountLineDetail", "SubTotalLineDetail", "GroupLineDetail",
}

// maxTaxableLines is the most lines of a sale that is taxable (Intuit API
// reference, Invoice, business rules).
const maxTaxableLines = 750

// saleLines checks the lines, numbers them and adds the subtotal line that
// QuickBooks shows with every sale (Intuit API reference, Invoice.Line).
func (c *Company) saleLines(_ Entity, doc, _ Object, _ Options) *Fault {
	given := list(doc, "Line")
	if len(given) == 0 {
		return missing("Line")
	}
	if len(given) > maxTaxableLines && sumLines(doc).taxable.IsPositive() {
		return business("A taxable transaction can have 750 lines at most")
	}
	ids := lineIDs(given)
	var lines []any
	for _, line := range given {
		line = clone(line)
		switch kind := Text(line, "DetailType"); {
		case kind == "":
			return missing("DetailType")
		case kind == "SubTotalLineDetail" && line["Id"] == nil: // what was read and sent back: made anew
			continue
		case !slices.Contains(detailTypes, kind):
			return refuse("2170", "Invalid Enumeration", "Invalid Enumeration : "+kind).on("DetailType")
		}
		if f := c.line(line); f != nil {
			return f
		}
		if Text(line, "DetailType") != "DiscountLineDetail" {
			if id := Text(line, "Id"); id == "" {
				line["Id"] = ids()
			}
			line["LineNum"] = jsonInt(len(lines) + 1)
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return missing("Line")
	}
	doc["Line"] = lines
	return nil
}

// lineIDs gives ids that no line has yet.
func lineIDs(given []Object) func() string {
	used := map[string]bool{}
	for _, l := range given {
		used[Text(l, "Id")] = true
	}
	n := 0
	return func() string {
		for n++; used[itoa(n)]; n++ {
		}
		return itoa(n)
	}
}

func (c *Company) line(line Object) *Fault {
	for name := range line {
		if !slices.Contains(lineProperties, name) {
			return unknownProperty(name)
		}
	}
	if d := Text(line, "Description"); utf8.RuneCountInString(d) > 4000 {
		return tooLong("Description", 4000, utf8.RuneCountInString(d))
	}
	switch Text(line, "DetailType") {
	case "SalesItemLineDetail":
		return c.itemLine(line)
	case "DiscountLineDetail":
		return discountLine(line)
	case "GroupLineDetail":
		return unsupported("a bundle line in this stand-in")
	}
	return nil
}

// discountLine is code 6090 (Intuit error code list, discount line missing required
// info).
func discountLine(line Object) *Fault {
	detail, _ := line["DiscountLineDetail"].(Object)
	_, hasAmount := number(line, "Amount")
	_, hasPercent := number(detail, "DiscountPercent")
	if Flag(detail, "PercentBased") && !hasPercent || !Flag(detail, "PercentBased") && !hasAmount {
		return refuse("6090", "Discount Line missing required info", "A discount amount or percent is required").on("Line")
	}
	return nil
}

// itemLine checks a line that sells an item (Intuit API reference,
// Invoice.Line SalesItemLine; error code list, 6070 and 6100).
func (c *Company) itemLine(line Object) *Fault {
	total, ok := number(line, "Amount")
	if !ok {
		return missing("Amount")
	}
	detail, _ := line["SalesItemLineDetail"].(Object)
	detail = clone(detail)
	if detail == nil {
		detail = Object{}
	}
	if f := amounts(total, detail); f != nil {
		return f
	}
	if Ref(detail, "ItemRef") == "" {
		return nil // a line without an item only documents: its amount does not count (Finance.xsd, ItemRef)
	}
	if Ref(detail, "ClassRef") != "" && !c.settings.ClassPerLine {
		return notEnabled("Class tracking for each row")
	}
	for name, entity := range map[string]string{"ItemRef": "Item", "ClassRef": "Class"} {
		if f := c.refer(detail, name, entity); f != nil {
			return f
		}
	}
	if f := checkDate(detail, "ServiceDate"); f != nil {
		return f
	}
	if f := c.lineTax(detail); f != nil {
		return f
	}
	line["Amount"], line["SalesItemLineDetail"] = amount(round2(total)), detail
	return nil
}

// amounts is code 6070: where both are given, quantity times price must be the
// amount (Intuit error code list).
func amounts(total decimal.Decimal, detail Object) *Fault {
	qty, hasQty := number(detail, "Qty")
	price, hasPrice := number(detail, "UnitPrice")
	switch {
	case hasQty && hasPrice:
		if !round2(qty.Mul(price)).Equal(round2(total)) {
			return refuse("6070", "Amount calculation incorrect in the request",
				"Amount calculation incorrect in the request : Amount is not equal to UnitPrice * Qty. Supplied value:"+total.String()).on("Line")
		}
	case hasQty && !hasPrice && !qty.IsZero():
		detail["UnitPrice"] = amount(total.DivRound(qty, 7))
	}
	return nil // decimals beyond the cent are rounded: amounts may have five (Intuit API reference, Line.Amount)
}

// lineTax is code 6100: a US company knows TAX and NON only on a line (Intuit
// documentation, "Manage sales tax for US locales"). A line that says nothing is
// not taxed, but with automated sales tax its item decides (Intuit developer blog
// of 2018-03-28, "Automated Sales Tax in the QuickBooks Online API – Update").
func (c *Company) lineTax(detail Object) *Fault {
	switch code := Ref(detail, "TaxCodeRef"); code {
	case "":
		detail["TaxCodeRef"] = reference("NON", "")
		if c.settings.SalesTax == TaxAutomated && Flag(c.get("Item", Ref(detail, "ItemRef")), "Taxable") {
			detail["TaxCodeRef"] = reference("TAX", "")
		}
	case "TAX", "NON":
	default:
		return refuse("6100", "Invalid tax code", "Invalid Line TaxCode : Line TaxCodeRef value must be TAX or NON. Supplied value:"+code).on("TaxCodeRef")
	}
	return nil
}
