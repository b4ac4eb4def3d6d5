package book

// catalogueItem is one library item before it gets an id.
type catalogueItem struct {
	code, name, kind, price string
	quantities              string // the way of counting: each, hours, feet, one
	taxable                 bool
	link                    string // how it is mapped: external, table, none
}

// catalogue is the item library. Prices have up to four decimals, codes hold
// spaces and slashes, and a few items are generic, without a code.
var catalogue = []catalogueItem{
	{"LABOR-STD", "Standard labor", "labor", "125", "hours", false, "external"},
	{"LABOR-OT", "Overtime labor", "labor", "187.5", "hours", false, "external"},
	{"LABOR-EMG", "Emergency labor", "labor", "245.75", "hours", false, "external"},
	{"LABOR-APP", "Apprentice labor", "labor", "68.3333", "hours", false, "table"},
	{"TRIP", "Trip charge", "fee", "89", "one", false, "external"},
	{"FUEL", "Fuel surcharge", "fee", "12.4375", "one", false, "external"},
	{"PERMIT", "Permit fee", "fee", "310", "one", false, "table"},
	{"DISPOSAL/HAZ", "Refrigerant disposal", "fee", "45.5", "one", false, "external"},
	{"SPK-HEAD", "Sprinkler head, pendent", "part", "17.85", "each", true, "external"},
	{"SPK-HEAD-QR", "Sprinkler head, quick response", "part", "24.1275", "each", true, "external"},
	{"VALVE 2.5IN", "Angle valve 2 1/2\"", "part", "214.995", "each", true, "external"},
	{"FDC-CAP", "FDC cap with chain", "part", "38.2", "each", true, "external"},
	{"EXT-10ABC", "Extinguisher 10 lb ABC", "part", "79.99", "each", true, "external"},
	{"EXT-RECHARGE", "Extinguisher recharge", "service", "32.5", "each", false, "external"},
	{"FILTER-20x20", "Pleated filter 20x20x2", "part", "8.3725", "each", true, "external"},
	{"BELT-A42", "V-belt A42", "part", "14.06", "each", true, "external"},
	{"COMP-5T", "Compressor, 5 ton scroll", "equipment", "2689.4", "one", true, "external"},
	{"RTU-10T", "Rooftop unit, 10 ton", "equipment", "11250", "one", true, "external"},
	{"COND-FAN", "Condenser fan motor", "part", "318.62", "each", true, "external"},
	{"CAP-45/5", "Run capacitor 45/5 µF", "part", "21.0001", "each", true, "external"},
	{"TSTAT-PRO", "Thermostat, programmable", "part", "149.95", "each", true, "external"},
	{"R410A", "Refrigerant R-410A, lb", "material", "38.7525", "feet", true, "external"},
	{"CU-3/4", "Copper pipe 3/4\", ft", "material", "4.1875", "feet", true, "external"},
	{"PIPE-BLK-2", "Black pipe 2\", ft", "material", "9.8333", "feet", true, "table"},
	{"DUCT-TAPE", "Foil tape", "material", "0.05", "feet", true, "external"},
	{"INSP-SPK", "Annual sprinkler inspection", "inspection", "425", "one", false, "external"},
	{"INSP-FA", "Fire alarm inspection", "inspection", "385", "one", false, "external"},
	{"INSP-BF", "Backflow test", "inspection", "95", "each", false, "external"},
	{"PM-QTR", "Quarterly maintenance visit", "service", "640", "one", false, "external"},
	{"HOOD-CLEAN", "Kitchen hood cleaning", "service", "550", "one", false, "external"},
	{"CRANE", "Crane rental", "subcontractor", "1850", "one", false, "external"},
	{"SUB-ELEC", "Electrical subcontractor", "subcontractor", "96.25", "hours", false, "table"},
	{"GC-SUPER", "Site supervision", "general_conditions", "112", "hours", false, "external"},
	{"WARR", "Covered by warranty", "other", "0", "each", false, "external"},
	{"DISC", "Goodwill discount", "other", "-50", "credit", false, "external"},
	{"", "Miscellaneous part", "part", "33.17", "each", true, "table"},
	{"", "Miscellaneous labor", "labor", "110", "hours", false, "table"},
	{"", "Ad hoc item", "other", "75", "one", false, "none"},
	{"NEW-2026-X", "Smart leak sensor", "part", "164.4", "each", true, "none"},
}
