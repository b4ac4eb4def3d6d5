package books

// companyInfo is the one CompanyInfo (Intuit API reference, CompanyInfo). The
// lock is held.
func (c *Company) companyInfo() Object {
	s := c.settings
	address := Object{"Id": "1", "Line1": "400 Commerce Dr", "City": "Durham", "CountrySubDivisionCode": s.State, "PostalCode": s.PostalCode, "Country": "US"}
	return Object{
		"CompanyName": s.Name, "LegalName": s.Name, "CompanyAddr": address, "LegalAddr": address, "Country": "US", "FiscalYearStartMonth": "January",
		"Id": "1", "SyncToken": "4", "domain": "QBO", "sparse": false, "SupportedLanguages": "en", "CompanyStartDate": "2015-06-05",
		"NameValue": []any{Object{"Name": "SubscriptionStatus", "Value": map[bool]string{true: "EXPIRED", false: "PAID"}[s.Ended]}},
		"MetaData":  Object{"CreateTime": "2015-06-05T13:55:54-07:00", "LastUpdatedTime": "2015-07-06T08:51:50-07:00"},
	}
}

// preferences are what the company's user set (Intuit API reference,
// Preferences). The lock is held.
func (c *Company) preferences() Object {
	s := c.settings
	tax := Object{"UsingSalesTax": s.SalesTax != TaxOff}
	switch s.SalesTax {
	case TaxManual: // a company without the engine does not show PartnerTaxEnabled at all
		tax["TaxGroupCodeRef"] = reference("2", "")
	case TaxAutomated:
		tax["PartnerTaxEnabled"] = true
	default:
		tax["PartnerTaxEnabled"] = false
	}
	accounting := Object{
		"ClassTrackingPerTxn": s.ClassPerTxn, "ClassTrackingPerTxnLine": s.ClassPerLine, "TrackDepartments": s.Departments,
		"DepartmentTerminology": "Location", "CustomerTerminology": "Customers", "FirstMonthOfFiscalYear": "January", "TaxYearMonth": "January",
	}
	if s.ClosedThrough != "" && !s.ClosedUntold {
		accounting["BookCloseDate"] = s.ClosedThrough
	}
	return Object{
		"Id": "1", "SyncToken": "6", "domain": "QBO", "sparse": false,
		"AccountingInfoPrefs": accounting,
		"SalesFormsPrefs": Object{
			"CustomTxnNumbers": s.CustomNumbers, "AllowServiceDate": true, "AllowDiscount": true, "AllowShipping": false, "AllowEstimates": true,
			"CustomField": c.customFieldPrefs(), "DefaultTerms": reference("3", ""), "AllowDeposit": false, "AutoApplyCredit": true,
		},
		"TaxPrefs":                tax,
		"CurrencyPrefs":           Object{"MultiCurrencyEnabled": s.MultiCurrency, "HomeCurrency": reference("USD", "")},
		"ProductAndServicesPrefs": Object{"ForSales": true, "ForPurchase": true, "QuantityWithPriceAndRate": true, "QuantityOnHand": false},
		"OtherPrefs":              Object{"NameValue": []any{Object{"Name": "SalesFormsPrefs.DefaultItem", "Value": "1"}, Object{"Name": "WarnDuplicateInvoiceNumber", "Value": map[bool]string{true: "true", false: "false"}[s.WarnDuplicates]}}},
		"MetaData":                Object{"CreateTime": "2015-06-05T13:55:54-07:00", "LastUpdatedTime": "2015-07-06T08:51:50-07:00"},
	}
}

// customFieldPrefs tells which custom fields are on and what they are called, in
// the two groups in which the API shows them.
func (c *Company) customFieldPrefs() []any {
	var on, names []any
	for i, name := range c.settings.CustomFields {
		field := "SalesFormsPrefs.UseSalesCustom" + itoa(i+1)
		on = append(on, Object{"Name": field, "Type": "BooleanType", "BooleanValue": name != ""})
		if name != "" {
			names = append(names, Object{"Name": "SalesFormsPrefs.SalesCustomName" + itoa(i+1), "Type": "StringType", "StringValue": name})
		}
	}
	return []any{Object{"CustomField": on}, Object{"CustomField": names}}
}
