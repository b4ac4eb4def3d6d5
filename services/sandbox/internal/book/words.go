package book

// companyNames are the customers, odd spellings on purpose: names with accents,
// other scripts, quotes, commas, double spaces and signs that text formats use.
var companyNames = []string{
	"Harbor Point Medical Center", "Café Ñandú Restaurants", "Piedmont Cold Storage, Inc.",
	"Brüder Wägner Brauhaus", "O'Malley's Pub & Grille", "Oak Ridge Unified School District",
	"Łódź Deli & Pierogi Co.", "三井 Trading (USA)", "Three Rivers Property Management LLC",
	"St. Anne’s Hospital — North Campus", "Carolina Data Vault", "Gable & Finch Hotels",
	"\"Precision\" Tool; Die | Mold", "Smörgåsbord Foods AB", "City of Fairhaven: Public Works",
	"Δelta Biosciences", "Lakeside  Assisted Living", "Northgate Mall Partners",
	"Rivera Bros. Produce #12", "Zażółć Packaging", "Blue Heron Apartments", "Ironwood Logistics Park",
	"Quincy Street Dental Group", "Summit Ridge Ski Resort", "Müller-Lüdenscheidt GmbH", "First Baptist Church",
	"Cedar Grove Elementary", "Atlas Freight Terminals", "Willow Creek Winery", "Coastal Carolina Credit Union",
}

var locationSuffixes = []string{
	"Main Campus", "Building B", "Warehouse 4", "Roof Top Units", "Store #0117", "Kitchen", "Annex", "Tower II",
	"Distribution Center", "Bürohaus",
}

var streets = []string{
	"Wayne Ave", "N Church St", "Industrial Pkwy", "Old Mill Rd", "Harbour Blvd", "Peachtree Ln", "State Route 54",
}

type place struct{ city, state, zip, taxGroup, rate string }

var places = []place{
	{"Durham", "NC", "27701", "NC-DURHAM", "7.5"},
	{"Raleigh", "NC", "27601", "NC-WAKE", "7.25"},
	{"Richmond", "VA", "23219", "VA-RICHMOND", "6"},
	{"Greenville", "SC", "29601", "SC-GREENVILLE", "6"},
	{"Española", "NM", "87532-2101", "NM-ESPANOLA", "8.9375"},
}

var (
	firstNames = []string{"Maria", "José", "Aoife", "Wei", "Zoë", "Tomasz", "Keisha", "Björn", "Dale", "Priya"}
	lastNames  = []string{"Nguyễn", "Hartley", "O’Brien", "García", "Kowalski", "Smith-Jones", "Åkesson", "Baker", "Rao", "Lee"}
)

var jobTypes = []string{
	"service_call", "emergency_service_call", "inspection", "reinspection", "repair", "preventative_maintenance",
	"installation", "replacement", "construction", "start_up", "warranty", "cleaning", "delivery", "consultation",
}

var jobTags = []string{"after-hours", "recall", "prevailing-wage", "tax-exempt", "pm:hartley", "grün"}

var purchaseOrders = []string{"", "PO-8841", "4500017733", "VERBAL / Dave", "PO 12,345; rev 2", "№ 77-Б"}

var paymentTerms = []string{"Net 30", "Net 15", "Due on receipt", "Net 60", "2% 10 Net 30"}

var serviceLines = []ServiceLine{
	{5, "Sprinkler", "Fire Protection", "SPK"},
	{6, "Fire Alarm", "Fire Protection", "FA"},
	{7, "Portable Fire Extinguishers", "Fire Protection", "PFE"},
	{8, "Heating", "HVAC", "HTG"},
	{9, "Cooling", "HVAC", "AC"},
	{10, "Refrigeration", "Mechanical", "REF"},
	{11, "Plumbing", "Mechanical", "PLB"},
	{12, "Kitchen Hood", "Fire Protection", "KH"},
}

var remarks = []string{
	"", "", " - replaced under protest", " (2nd floor, east)", " – Gerät Nr. 7", "; see job notes", " 1/2\" x 3'",
	" [RTU-4]", " 温度センサー",
}

var notes = []string{
	"", "", "Thank you for your business!", "Site contact: José, call before arrival.\nGate code 4471#.",
	"Retainage does not apply.", "Work performed <under> warranty & billed at cost", "Zahlbar ohne Abzug – merci 🙏",
}
