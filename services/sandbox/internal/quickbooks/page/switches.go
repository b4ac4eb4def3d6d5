package page

import "github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/books"

// toggle is a setting that is on or off.
type toggle struct {
	Name, Title string
	of          func(*books.Settings) *bool
}

var toggles = []toggle{
	{"customNumbers", "Custom transaction numbers", func(s *books.Settings) *bool { return &s.CustomNumbers }},
	{"warnDuplicates", "Warn about duplicate numbers", func(s *books.Settings) *bool { return &s.WarnDuplicates }},
	{"taxOverride", "Automated tax keeps a total that is sent", func(s *books.Settings) *bool { return &s.TaxOverride }},
	{"closedPassword", "Closed books have a password", func(s *books.Settings) *bool { return &s.ClosedPassword }},
	{"closedUntold", "Preferences do not tell the closing date", func(s *books.Settings) *bool { return &s.ClosedUntold }},
	{"classPerLine", "Classes on each line", func(s *books.Settings) *bool { return &s.ClassPerLine }},
	{"classPerTxn", "One class for a transaction", func(s *books.Settings) *bool { return &s.ClassPerTxn }},
	{"departments", "Locations", func(s *books.Settings) *bool { return &s.Departments }},
	{"multiCurrency", "Several currencies", func(s *books.Settings) *bool { return &s.MultiCurrency }},
	{"inactiveFreesName", "Inactive records give their name free", func(s *books.Settings) *bool { return &s.InactiveFreesName }},
	{"terseNames", "Say less about names that are taken", func(s *books.Settings) *bool { return &s.TerseNames }},
	{"ended", "The subscription has ended (6190)", func(s *books.Settings) *bool { return &s.Ended }},
	{"accessLost", "The user lost access (120)", func(s *books.Settings) *bool { return &s.AccessLost }},
	{"maintenance", "Under maintenance (150)", func(s *books.Settings) *bool { return &s.Maintenance }},
}

// shownSwitch is a toggle with its state.
type shownSwitch struct {
	toggle
	On bool
}

func switches(s books.Settings) []shownSwitch {
	var out []shownSwitch
	for _, t := range toggles {
		out = append(out, shownSwitch{t, *t.of(&s)})
	}
	return out
}
