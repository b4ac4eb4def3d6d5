package sage50

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

func codesOf(t *testing.T, a connector.Answer) []string {
	t.Helper()
	r, is := a.(connector.Rejected)
	require.True(t, is, "%#v", a)
	var codes []string
	for _, f := range r.Faults {
		codes = append(codes, f.GetCode())
	}
	return codes
}

func postingOf(d *tradepostv1.Document) connector.Posting {
	return connector.Posting{Document: d, DocumentHash: "hash of " + d.GetMarker(), Generation: 1}
}

// Everything that is wrong is told at once, and preview tells the same.
func TestWhatWouldStopAnImportIsToldBefore(t *testing.T) {
	for name, c := range map[string]struct {
		shape func(*Config)
		spoil func(*tradepostv1.Document)
		want  []string
	}{
		"a credit memo, and no column for it": {shapes[LayoutShort], func(d *tradepostv1.Document) {
			d.Kind = tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO
		}, []string{"document.kind_refused"}},
		"no accounts": {func(c *Config) { c.Accounts = Accounts{} }, func(*tradepostv1.Document) {}, []string{"account.not_mapped", "account.not_mapped"}},
		"several things": {func(*Config) {}, func(d *tradepostv1.Document) {
			d.Number, d.Customer.Reference.Value = "", strings.Repeat("C", 21)
			d.Lines[0].Item = &tradepostv1.Item{Reference: code("A*")}
		}, []string{"text.too_long", "document.incomplete", "text.refused"}},
		"an id that the file cannot hold": {func(*Config) {}, func(d *tradepostv1.Document) { d.Customer.Reference.Value = "Ж100" }, []string{"text.refused"}},
		"an account that is too long":     {func(*Config) {}, func(d *tradepostv1.Document) { d.ReceivableAccount = code("assets:receivable") }, []string{"text.too_long"}},
		"a year that two digits cannot tell": {func(*Config) {}, func(d *tradepostv1.Document) {
			d.IssueDate = "2070-01-01"
		}, []string{"date.invalid"}},
		"parts of a cent": {func(*Config) {}, func(d *tradepostv1.Document) { d.Lines[0].Amount = "275.001" }, []string{"line.amount_invalid"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := connect(t, settings(t.TempDir(), c.shape))
			d := sample(1)
			c.spoil(d)
			require.Equal(t, c.want, codesOf(t, f.Create(t.Context(), postingOf(d))))
			faults, err := f.CheckDocument(t.Context(), d)
			require.NoError(t, err)
			require.Len(t, faults, len(c.want))
		})
	}
}

func TestANumberOfACustomerIsUsedOnce(t *testing.T) {
	f := connect(t, settings(t.TempDir()))
	first, second, third := sample(1), sample(2), sample(3)
	second.Number, third.Number = first.GetNumber(), first.GetNumber()
	third.Customer.Reference.Value = "C200"
	require.IsType(t, connector.Handed{}, f.Create(t.Context(), postingOf(first)))
	require.Equal(t, []string{"document.number_taken"}, codesOf(t, f.Create(t.Context(), postingOf(second))))
	require.IsType(t, connector.Handed{}, f.Create(t.Context(), postingOf(third)), "another customer has numbers of his own")
}

func TestWhenItIsDue(t *testing.T) {
	net := 10
	for name, c := range map[string]struct {
		change func(*tradepostv1.Document)
		net    *int
		want   string
	}{
		"by the document":   {func(*tradepostv1.Document) {}, nil, "12/22/26"},
		"by the terms":      {func(d *tradepostv1.Document) { d.DueDate, d.Terms = "", &tradepostv1.Terms{NetDays: 30} }, &net, "12/22/26"},
		"by the settings":   {func(d *tradepostv1.Document) { d.DueDate = "" }, &net, "12/02/26"},
		"of what is voided": {func(d *tradepostv1.Document) { d.DueDate, d.Marker = "", d.Marker+"-v" }, nil, "11/22/26"},
	} {
		d := sample(1)
		c.change(d)
		cfg := completed(t, func(s *Config) { s.NetDays = c.net })
		s := newSheet(cfg, "x", d)
		require.Empty(t, s.faults, name)
		require.Equal(t, c.want, s.header[colDue], name)
	}
}

func TestSettingsThatCannotWork(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"folder: is missing":              func(c *Config) { c.Folder = "" },
		"layout":                          func(c *Config) { c.Layout = "long" },
		"\"Amount\" is missing":           func(c *Config) { c.Columns = []string{"Customer ID"} },
		"\"Amounts\" is no column":        func(c *Config) { c.Columns = append(c.Columns, "Amounts") },
		"is there twice":                  func(c *Config) { c.Columns = slices.Concat(fullColumns, []string{"Sales Tax Code"}) },
		"date_format":                     func(c *Config) { c.DateFormat = "YYYY" },
		"sales_tax: \"X\"":                func(c *Config) { c.SalesTax = "X" },
		"sales_taxes: \"TOO LONG ID\"":    func(c *Config) { c.SalesTaxes["TOO LONG ID"] = c.SalesTaxes["WAKE"] },
		"sales_taxes.WAKE[0].rate":        func(c *Config) { c.SalesTaxes["WAKE"][0].Rate = "0" },
		"accounts.receivable":             func(c *Config) { c.Accounts.Receivable = "assets:receivable" },
		"tax_types":                       func(c *Config) { c.TaxTypes.Taxable = 26 },
		"batch":                           func(c *Config) { c.Batch = -1 },
		"currency":                        func(c *Config) { c.Currency = "dollars" },
		"customer_columns":                func(c *Config) { c.CustomerColumns = []string{"Shoe size"} },
		"\"Sales Tax Agency ID\" is miss": func(c *Config) { c.Columns = needed },
	} {
		c := settings(t.TempDir(), change)
		_, err := New(c, connector.Settings{Connection: "acme-sage"})
		require.ErrorContains(t, err, want)
	}
}

func TestNewCustomersComeInAFileOfTheirOwn(t *testing.T) {
	f := connect(t, settings(t.TempDir(), func(c *Config) { c.Header = true }))
	for id := int64(1); id <= 3; id++ {
		d := sample(id)
		d.Customer.CreateIfMissing = id < 3
		d.Customer.Name, d.Customer.Emails = "Zażółć \"Tower\", LLC", []string{"ap@example.com"}
		d.Customer.BillingAddress = &tradepostv1.Address{Street: "1 Main", City: "Raleigh", State: "NC", PostalCode: "27601"}
		require.IsType(t, connector.Handed{}, f.Create(t.Context(), postingOf(d)))
	}
	files, err := f.HandedFiles(t.Context())
	require.NoError(t, err)
	require.Len(t, files, 3)
	require.NotEmpty(t, files[0].CustomerFile)
	require.Empty(t, files[1].CustomerFile, "it went out before")
	require.Equal(t, "Customer ID,Customer Name,Bill to Address-Line One,Bill to Address-Line Two,Bill to City,Bill to State,Bill to Zip,Bill to Country,Telephone 1,Customer E-mail\r\n"+
		"C100,\"Zazólc \"\"Tower\"\", LLC\",1 Main,,Raleigh,NC,27601,,,ap@example.com\r\n", inUTF8(t, f, files[0].CustomerFile))
}
