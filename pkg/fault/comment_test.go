package fault_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

var update = flag.Bool("update", false, "write the golden files anew")

func customer(name string) *tradepostv1.Fault {
	return fault.New("customer.not_mapped", fault.Args{Path: "customer", Thing: `Customer "` + name + `"`, Params: map[string]string{
		"ways": `Enter the customer's code in the books as external ID "accounting" of the company in ServiceTrade`,
	}})
}

func item(i int) *tradepostv1.Fault {
	return fault.New("item.not_mapped", fault.Args{Path: fmt.Sprintf("items[%d].libItem", i), Thing: fmt.Sprintf(`Item FLT-%d "Pleated filter %d"`, i, i), Params: map[string]string{
		"lines": fmt.Sprintf("line %d", i), "ways": "Have it added to the item table of connection acme-hledger",
	}})
}

func mismatch() *tradepostv1.Fault {
	return fault.New("total.mismatch", fault.Args{Path: "totalPrice", Params: map[string]string{
		"lines_total": "100.00", "invoice_total": "107.25", "difference": "7.25",
	}})
}

func refused() *tradepostv1.Fault {
	return fault.New("accounting.refused", fault.Args{
		Params: map[string]string{"system": "hledger"}, VendorText: "undeclared account \"revenue:labor\" " + strings.Repeat("long ", 300),
	})
}

func everyKind() []*tradepostv1.Fault {
	var list []*tradepostv1.Fault
	for _, e := range fault.All() {
		params := map[string]string{}
		for _, p := range e.Params {
			params[p] = strings.Repeat("v", 60)
		}
		list = append(list, fault.New(e.Code, fault.Args{Params: params}))
	}
	return list
}

func comment(faults ...*tradepostv1.Fault) string {
	return fault.Comment(fault.CommentInput{
		Faults: faults, InvoiceNumber: "11653990", SystemTitle: "hledger",
		Reference: "acme/2687264638045999/5f3a9c0b", Link: "https://app.servicetrade.com/invoice/2687264638045999",
	})
}

func items(n int) []*tradepostv1.Fault {
	list := make([]*tradepostv1.Fault, n)
	for i := range list {
		list[i] = item(i + 1)
	}
	return list
}

// eight are problems of kinds of their own, which do not fit one by one.
func eight() []*tradepostv1.Fault {
	list := []*tradepostv1.Fault{customer("Acme Tower LLC"), item(3), mismatch(), refused()}
	for _, code := range []string{"document.different_found", "document.number_taken", "document.in_closed_books", "document.total_differs"} {
		params := map[string]string{}
		e, _ := fault.Lookup(code)
		for _, p := range e.Params {
			params[p] = "the value of " + p
		}
		list = append(list, fault.New(code, fault.Args{Params: params}))
	}
	return list
}

// Whoever reads of eight problems is told what to do about each: nothing that there is
// room for is left out.
func TestCommentOfEightProblemsSaysWhatToDo(t *testing.T) {
	got := comment(eight()...)
	require.LessOrEqual(t, utf8.RuneCountInString(got), fault.MaxComment)
	for _, f := range eight() {
		require.Contains(t, got, f.GetThing())
		require.Contains(t, got, f.GetFix())
	}
}

func TestCommentGolden(t *testing.T) {
	cases := map[string]string{
		"one":       comment(customer("Acme Tower LLC")),
		"three":     comment(customer("Acme Tower LLC"), item(3), mismatch()),
		"vendor":    comment(refused()),
		"grouped":   comment(append(items(14), customer("Acme Tower LLC"), mismatch())...),
		"eight":     comment(eight()...),
		"overflow":  comment(append([]*tradepostv1.Fault{customer("Acme Tower LLC"), mismatch()}, items(300)...)...),
		"all-kinds": comment(everyKind()...),
		"heading": fault.Comment(fault.CommentInput{
			Heading: "Invoice 7 was posted to hledger. Please note:", Faults: []*tradepostv1.Fault{mismatch()}, Reference: "r",
		}),
	}
	for name, got := range cases {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("testdata", "comment", name+".txt")
			if *update {
				require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
				require.NoError(t, os.WriteFile(file, []byte(got+"\n"), 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, string(want), got+"\n")
		})
	}
}

var number = regexp.MustCompile(`^\d+\. `)

var counts = regexp.MustCompile(`\((\d+)(?:; [A-Za-z ]+)?\)`)

// Whatever is thrown at it: the limit holds, the reference is the last line, and
// every fault is either named or counted.
func TestCommentNeverDropsInSilence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var faults []*tradepostv1.Fault
		for range rapid.IntRange(0, 3).Draw(t, "customers") {
			faults = append(faults, customer(rapid.StringN(1, 200, 900).Draw(t, "name")))
		}
		n := rapid.IntRange(0, 400).Draw(t, "items")
		faults = append(faults, items(n)...)
		if rapid.Bool().Draw(t, "mismatch") {
			faults = append(faults, mismatch())
		}
		if rapid.Bool().Draw(t, "vendor") {
			faults = append(faults, refused())
		}
		got := comment(faults...)
		require.LessOrEqual(t, utf8.RuneCountInString(got), fault.MaxComment)
		lines := strings.Split(got, "\n")
		require.Equal(t, "Reference: acme/2687264638045999/5f3a9c0b", lines[len(lines)-1])
		require.Contains(t, lines[0], "11653990")
		require.Equal(t, len(faults), told(got))
	})
}

// told counts the faults that a comment accounts for.
func told(comment string) int {
	sum := 0
	lines := strings.Split(comment, "\n")
	for _, line := range lines[1 : len(lines)-2] {
		line = number.ReplaceAllString(line, "")
		if m := counts.FindStringSubmatch(line); m != nil && isGroup(line) {
			n, _ := strconv.Atoi(m[1])
			sum += n
		} else if line != "" {
			sum++
		}
	}
	return sum
}

func isGroup(line string) bool {
	for _, e := range fault.All() {
		if strings.HasPrefix(line, e.Title+" (") {
			return true
		}
	}
	return false
}

func TestCommentOfEveryKindCountsWhatItLeavesOut(t *testing.T) {
	got := comment(everyKind()...)
	require.LessOrEqual(t, utf8.RuneCountInString(got), fault.MaxComment)
	require.Regexp(t, `and \d+ more kinds, see the log`, got)
}

func TestTheVendorsIdOfTheCallIsToldBesideItsWords(t *testing.T) {
	f := fault.New("accounting.refused", fault.Args{
		Params: map[string]string{"system": "QuickBooks Online"}, VendorText: "the period is closed", VendorTraceID: "1-abc\n",
	})
	for _, text := range []string{fault.Text(f), fault.Line(f)} {
		require.Contains(t, text, `It says: "the period is closed" (its id of the call: 1-abc)`)
	}
	f.VendorText += strings.Repeat(" and so on", 200)
	require.Contains(t, fault.Text(f), "(its id of the call: 1-abc)", "the words give way to it")
}
