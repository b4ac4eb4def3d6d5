package books

import (
	"strings"
)

// personLimits are the maximum lengths of names (Intuit API reference, Customer).
var personLimits = []limit{
	{"DisplayName", 500},
	{"CompanyName", 100},
	{"GivenName", 100},
	{"MiddleName", 100},
	{"FamilyName", 100},
	{"PrintOnCheckName", 110},
	{"PrimaryEmailAddr", 100},
	{"Notes", 2000},
	{"PrimaryPhone.FreeFormNumber", 30},
	{"Title", 16},
	{"Suffix", 16},
	{"ResaleNum", 16},
}

// person checks and completes a customer, vendor or employee (Intuit API
// reference, Customer). The lock is held.
func (c *Company) person(e Entity, doc, old Object) (Object, *Fault) {
	if f := checkLimits(doc, personLimits); f != nil {
		return nil, f
	}
	if Text(doc, "DisplayName") == "" {
		name := strings.Join(strings.Fields(strings.Join([]string{
			Text(doc, "Title"), Text(doc, "GivenName"), Text(doc, "MiddleName"), Text(doc, "FamilyName"), Text(doc, "Suffix"),
		}, " ")), " ")
		if name == "" {
			return nil, refuse("6080", "Name is missing", "At least one of the name fields has to be set : Title, GivenName, MiddleName, FamilyName, Suffix or DisplayName").on("DisplayName")
		}
		doc["DisplayName"] = name
	}
	if f := nameRules(doc); f != nil {
		return nil, f
	}
	if doc["Active"] == nil {
		doc["Active"] = old == nil || Flag(old, "Active")
	}
	c.freeName(doc, old, "DisplayName")
	if f := c.nameTaken(Text(doc, "DisplayName"), old); f != nil {
		return nil, f
	}
	return c.place(e, doc, old)
}

// nameRules are the business rules of a customer's names and address for mail
// (Intuit API reference, Customer, business rules; error code list, 2040 and 2210).
func nameRules(doc Object) *Fault {
	for _, property := range []string{"DisplayName", "Title", "GivenName", "MiddleName", "FamilyName", "Suffix", "PrintOnCheckName"} {
		if name := Text(doc, property); strings.ContainsAny(name, ":\t\n") {
			return refuse("2040", "Invalid String", "Element contains invalid characters : "+name).on(property)
		}
	}
	mail, _ := At(doc, "PrimaryEmailAddr").(string)
	if mail != "" && (!strings.Contains(mail, "@") || !strings.Contains(mail, ".")) {
		return refuse("2210", "Invalid Email Address format", "Email Address does not conform to the syntax rules of RFC 822. Supplied value:"+mail).on("PrimaryEmailAddr")
	}
	return nil
}

// place puts a customer under its parent (Intuit API reference,
// Customer.ParentRef and Customer.Job; error code list, 6150 and 6180).
func (c *Company) place(e Entity, doc, old Object) (Object, *Fault) {
	full, level := Text(doc, "DisplayName"), 0
	if id := Ref(doc, "ParentRef"); id != "" && e.Name == "Customer" {
		parent := c.get("Customer", id)
		switch {
		case parent == nil:
			return nil, badReference("Names", id)
		case !Flag(parent, "Active"):
			return nil, inactive()
		case !Flag(doc, "Job"):
			return nil, refuse("6150", "Invalid parent reference", "ParentRef may be set only where Job is true").on("ParentRef")
		}
		above, _ := number(parent, "Level")
		if level = int(above.IntPart()) + 1; level > 4 {
			return nil, refuse("6180", "Too many levels", "Sub-customers may be nested in five levels at most").on("ParentRef")
		}
		full = Text(parent, "FullyQualifiedName") + ":" + full
		doc["ParentRef"] = reference(id, Text(parent, "DisplayName"))
	} else if Flag(doc, "Job") {
		return nil, refuse("6150", "Invalid parent reference", "A job needs a ParentRef").on("ParentRef")
	}
	if e.Name == "Customer" {
		doc["Level"] = jsonInt(level)
		doc["FullyQualifiedName"] = full
		if doc["Job"] == nil {
			doc["Job"] = false
		}
		for _, name := range []string{"Balance", "BalanceWithJobs"} {
			if doc[name] == nil {
				doc[name] = jsonInt(0)
			}
		}
	}
	if doc["PrintOnCheckName"] == nil {
		doc["PrintOnCheckName"] = Text(doc, "DisplayName")
	}
	if old != nil && Flag(old, "Active") && !Flag(doc, "Active") && c.hasChildren(Text(old, "Id")) {
		return nil, business("You can't make this customer inactive : it has active sub-customers")
	}
	return doc, nil
}

func (c *Company) hasChildren(id string) bool {
	for _, r := range c.tables["Customer"].all {
		if v := r.latest(); Ref(v.doc, "ParentRef") == id && Flag(v.doc, "Active") {
			return true
		}
	}
	return false
}

// freeName marks the name of what is made inactive, where the company does so,
// and takes the mark away again.
func (c *Company) freeName(doc, old Object, property string) {
	const mark = " (deleted)"
	if old == nil || !c.settings.InactiveFreesName {
		return
	}
	name := strings.TrimSuffix(Text(doc, property), mark)
	if !Flag(doc, "Active") {
		name += mark
	}
	doc[property] = name
}

// nameTaken is code 6240: a name is taken by a customer, a vendor or an
// employee, whatever its case (Intuit documentation, "Handling common errors",
// 6240).
func (c *Company) nameTaken(name string, old Object) *Fault {
	for _, entity := range []string{"Customer", "Vendor", "Employee"} {
		for _, r := range c.tables[entity].all {
			v := r.latest()
			if v.deleted || old != nil && r.id == Text(old, "Id") || !strings.EqualFold(Text(v.doc, "DisplayName"), name) {
				continue
			}
			if c.settings.TerseNames {
				return refuse("6240", "Duplicate Name Exists Error", "The name supplied already exists. : null")
			}
			return refuse("6240", "Duplicate Name Exists Error", "The name supplied already exists. : Another "+strings.ToLower(entity)+
				" is already using this name. Please use a different name.")
		}
	}
	return nil
}

// item checks and completes an item (Intuit API reference, Item). The lock is
// held.
func (c *Company) item(doc, old Object) (Object, *Fault) {
	if f := checkLimits(doc, []limit{{"Name", 100}, {"Sku", 100}, {"Description", 4000}, {"PurchaseDesc", 1000}}); f != nil {
		return nil, f
	}
	name := Text(doc, "Name")
	switch kind := Text(doc, "Type"); {
	case name == "":
		return nil, missing("Name")
	case strings.ContainsAny(name, ":\t\n"):
		return nil, refuse("2040", "Invalid characters", "The name has a character that is not allowed : "+name).on("Name")
	case kind == "":
		return nil, missing("Type")
	case kind != "Service" && kind != "NonInventory" && kind != "Inventory" && kind != "Category":
		return nil, refuse("2170", "Invalid Enumeration", "Invalid Enumeration : "+kind).on("Type")
	case (kind == "Service" || kind == "Inventory") && Ref(doc, "IncomeAccountRef") == "":
		return nil, missing("IncomeAccountRef")
	case kind == "Inventory" && (Ref(doc, "AssetAccountRef") == "" || Ref(doc, "ExpenseAccountRef") == "" || doc["InvStartDate"] == nil || doc["QtyOnHand"] == nil):
		return nil, missing("AssetAccountRef, ExpenseAccountRef, InvStartDate and QtyOnHand of an inventory item")
	}
	for _, ref := range []string{"IncomeAccountRef", "ExpenseAccountRef", "AssetAccountRef"} {
		if f := c.refer(doc, ref, "Account"); f != nil {
			return nil, f
		}
	}
	if doc["Active"] == nil {
		doc["Active"] = old == nil || Flag(old, "Active")
	}
	c.freeName(doc, old, "Name")
	for _, r := range c.tables["Item"].all {
		if v := r.latest(); (old == nil || r.id != Text(old, "Id")) && strings.EqualFold(Text(v.doc, "Name"), Text(doc, "Name")) {
			return nil, refuse("6240", "Duplicate Name Exists Error", "The name supplied already exists. : null")
		}
	}
	doc["FullyQualifiedName"] = doc["Name"]
	if doc["UnitPrice"] == nil {
		doc["UnitPrice"] = jsonInt(0)
	}
	if doc["Taxable"] == nil {
		doc["Taxable"] = false
	}
	return doc, nil
}
