package sage50

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
)

// What lacks the end of its last row shows an amount, or a number, that was cut.
func TestAnExportThatWasCutIsRefused(t *testing.T) {
	const whole = "Customer ID,Invoice/CM #,Amount,Credit Memo\r\nC100,1001,-100.00,FALSE\r\nC100,1001,-23.45,FALSE\r\n"
	for n := range len(whole) {
		if whole[:n] != "" && whole[n-1] == '\n' {
			continue // Nothing in it tells; it counts once it is there for a while.
		}
		docs, err := readExport([]byte(whole[:n]))
		require.Error(t, err, "%q", whole[:n])
		require.Empty(t, docs)
	}
	docs, err := readExport([]byte(whole))
	require.NoError(t, err)
	require.Len(t, docs, 1)
	require.Equal(t, "123.45", docs[0].Total)
}

// A copy that stalled at the end of a row shows a part of its last document: that one has
// fewer rows than it says itself, and is left out.
func TestTheLastDocumentOfAShortExportIsLeftOut(t *testing.T) {
	const head = "Customer ID,Invoice/CM #,Number of Distributions,Amount,Credit Memo\r\n"
	const first = "C100,1001,1,-10.00,FALSE\r\n"
	const second = "C100,1002,2,-100.00,FALSE\r\n"
	const rest = "C100,1002,2,-23.45,FALSE\r\n"
	for content, totals := range map[string][]string{
		head + first + second:                                  {"10.00"},
		head + second:                                          {},
		head + first + second + rest:                           {"10.00", "123.45"},
		head + first + second + rest + second:                  {"10.00"}, // imported twice, and cut
		head + first + second + rest + second + rest:           {"10.00", "246.90"},
		head + first + strings.ReplaceAll(second, ",2,", ",,"): {"10.00", "100.00"}, // it does not say
	} {
		docs, err := readExport([]byte(content))
		require.NoError(t, err)
		shown := []string{}
		for _, d := range docs {
			shown = append(shown, d.Total)
		}
		require.Equal(t, totals, shown, content)
	}
}

// What is void in Sage 50 is not in the books.
func TestAVoidDocumentIsNotShown(t *testing.T) {
	docs, err := readExport([]byte("Invoice/CM #,Amount,Voided by Transaction\r\n1001,-10.00,77\r\n1002,-20.00,\r\n"))
	require.NoError(t, err)
	require.Len(t, docs, 1)
	require.Equal(t, "1002", docs[0].Number)
}

// An amount of another country's Windows is refused, and not read as a hundred times as much.
func TestAmountsAreReadAsTheyAreWritten(t *testing.T) {
	for text, want := range map[string]string{
		"-10": "-10", "1,234.50": "1234.5", "(1,234.50)": "-1234.5", "$12.50": "12.5", "-$12.50": "-12.5", "$-12.50": "-12.5", "($12.50)": "-12.5",
		"$(12.50)": "-12.5", "12.50-": "-12.5", ".5": "0.5", "1,234,567": "1234567", "12.": "12",
		"12,50": "", "1.234,50": "", "1,23": "", "1234,567": "", "": "", ".": "", "(-5)": "", "--5": "", "1e5": "", "5 USD": "", ",100": "",
	} {
		have, err := readAmount(text)
		if want == "" {
			require.Error(t, err, "%q is %s", text, have)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, want, have.String(), text)
	}
}

// An export that a program saved as UTF-8 names the same customers as Sage 50's own.
func TestLettersAreReadAsTheyWereWritten(t *testing.T) {
	const text = "Customer ID,Invoice/CM #,Amount\r\nMÜLLER,1001,-10.00\r\n"
	sage, err := charmap.Windows1252.NewEncoder().String(text)
	require.NoError(t, err)
	for _, content := range []string{sage, text, "\ufeff" + text} {
		docs, err := readExport([]byte(content))
		require.NoError(t, err)
		require.Len(t, docs, 1)
		require.Equal(t, "MÜLLER", docs[0].Customer)
	}
}
