package fault_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

var (
	code        = regexp.MustCompile(`^[a-z][a-z0-9_]*([.][a-z0-9_]+)+$`)
	placeholder = regexp.MustCompile(`\{([a-z_]+)\}`)
	jargon      = regexp.MustCompile(`(?i)\b(nil|null|json|hash|proto|payload|enum|struct|regexp?|http|snapshot|stacktrace|exception|CAS|KV)\b`)
	raisers     = []string{"transform", "deliver", "reconcile", "ingest", "connector", "doctor", "preview", "program"}
)

func TestEveryEntryIsComplete(t *testing.T) {
	all := fault.All()
	require.GreaterOrEqual(t, len(all)-fault.ReservedCodes, 60, "codes that something raises")
	for _, e := range all {
		t.Run(e.Code, func(t *testing.T) {
			require.Regexp(t, code, e.Code)
			require.NotEqual(t, tradepostv1.FaultOwner_FAULT_OWNER_UNSPECIFIED, e.Owner)
			require.NotEmpty(t, e.Title)
			require.LessOrEqual(t, utf8.RuneCountInString(e.Title), 60)
			require.NotEmpty(t, e.Thing)
			require.Contains(t, raisers, e.Raised)
			for _, text := range []string{e.Message, e.Fix} {
				require.NotEmpty(t, text)
				require.NotRegexp(t, jargon, text)
				require.NotContains(t, text, "  ")
				require.LessOrEqual(t, utf8.RuneCountInString(text), 230)
			}
			require.True(t, strings.HasSuffix(e.Message, "."), "a message is a sentence")
		})
	}
}

func TestParamsAreExactlyThoseOfTheTemplates(t *testing.T) {
	for _, e := range fault.All() {
		var used []string
		for _, m := range placeholder.FindAllStringSubmatch(e.Message+e.Fix, -1) {
			if m[1] != "thing" && !slices.Contains(used, m[1]) {
				used = append(used, m[1])
			}
		}
		slices.Sort(used)
		require.Equal(t, used, e.Params, e.Code)
	}
}

func TestEveryEntryCanBeRaisedAndRead(t *testing.T) {
	for _, e := range fault.All() {
		params := map[string]string{}
		for _, p := range e.Params {
			params[p] = "value of " + p
		}
		f := fault.New(e.Code, fault.Args{Params: params, VendorText: "vendor words"})
		require.Equal(t, e.Code, f.GetCode())
		require.Equal(t, e.Owner, f.GetOwner())
		require.NotRegexp(t, placeholder, f.GetMessage()+f.GetFix())

		text := fault.Text(f)
		require.LessOrEqual(t, utf8.RuneCountInString(text), fault.MaxFault)
		require.Contains(t, text, f.GetFix(), "the fix is never shortened for ordinary values")
		require.Contains(t, text, "vendor words")
		require.NotEqual(t, "vendor words", f.GetMessage(), "the vendor's words never stand alone")
		require.Contains(t, fault.Line(f), e.Code)
	}
}

func TestReservedCodesExist(t *testing.T) {
	n := 0
	for _, e := range fault.All() {
		if e.Reserved {
			n++
		}
	}
	require.Equal(t, fault.ReservedCodes, n, "reserved.go names a code that the catalogue does not have")
}

func TestNewRefusesMistakesOfTheProgram(t *testing.T) {
	require.Panics(t, func() { fault.New("no.such_code", fault.Args{}) })
	require.Panics(t, func() { fault.New("customer.not_mapped", fault.Args{}) })
}

func TestTextFromOutsideStaysOnItsLine(t *testing.T) {
	f := fault.New("customer.not_mapped", fault.Args{
		Thing:      "Customer \"Evil\nReference: st-other-1\u202E\"",
		Params:     map[string]string{"ways": "do {thing} {lines}\r\nnow"},
		VendorText: "line one\n\n\tline two" + strings.Repeat("x", 5000),
	})
	require.Equal(t, `Customer "Evil Reference: st-other-1"`, f.GetThing())
	require.Equal(t, "do {thing} {lines} now. Then send the invoice again.", f.GetFix(), "braces in a value are not filled again")
	require.True(t, strings.HasPrefix(f.GetVendorText(), "line one line two"))
	require.Equal(t, 1000, utf8.RuneCountInString(f.GetVendorText()))
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"", 5, ""},
		{"short", 5, "short"},
		{"longer", 5, "long…"},
		{"ab cd", 4, "ab…"},
		{"äöüßé", 5, "äöüßé"},
		{"äöüßéx", 5, "äöüß…"},
		{"x", 0, ""},
	} {
		require.Equal(t, c.want, fault.Clip(c.in, c.limit), c.in)
	}
}

// Two equal totals alone would leave a bookkeeper guessing what is wrong.
func TestADifferentDocumentSaysWhatDiffers(t *testing.T) {
	said := func(differences string) string {
		f := fault.New("document.different_found", fault.Args{Thing: "Invoice 1042", Params: map[string]string{
			"number": "1042", "books_total": "13187.00", "invoice_total": "13187.00", "differences": differences,
		}})
		return comment(f)
	}
	require.Contains(t, said("its lines or texts are those of an earlier version of the invoice"),
		"What differs: its lines or texts are those of an earlier version of the invoice. What to do (bookkeeper): ")
	require.Contains(t, said(""), "What differs: the total.")
	other := fault.New("document.different_found", fault.Args{Params: map[string]string{
		"number": "1042", "books_total": "13187.00", "invoice_total": "1.00", "differences": "",
	}})
	require.Contains(t, other.GetMessage(), "What differs: its total is 13187.00, not 1.00.")
}
