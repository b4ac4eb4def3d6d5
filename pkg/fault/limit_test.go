package fault_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// However long the particulars are: one fault has at most MaxFault characters, also
// as the only one of a comment and with its number before it, and still tells the
// thing, who mends it and how the fix begins.
func TestEveryCodeFitsWithLongParticulars(t *testing.T) {
	for _, filling := range []string{strings.Repeat("W", 5000), strings.Repeat("Wärmepumpe 設置 ", 400), "x\n\ny"} {
		for _, e := range fault.All() {
			params := map[string]string{}
			for _, p := range e.Params {
				params[p] = filling
			}
			f := fault.New(e.Code, fault.Args{Thing: "Customer " + filling, Path: filling, Params: params, VendorText: filling})
			text := fault.Text(f)
			require.LessOrEqual(t, utf8.RuneCountInString("300. "+text), fault.MaxFault, e.Code)
			require.NotContains(t, text, "\n")
			require.True(t, strings.HasPrefix(text, f.GetThing()+": "), e.Code)
			todo := "What to do (" + fault.OwnerWord(e.Owner) + "): "
			require.Contains(t, text, todo+string([]rune(f.GetFix())[:12]), e.Code)
			// The vendor's words never come without ours before them.
			if at := strings.Index(text, `It says: "`); at >= 0 {
				require.Greater(t, at, len(f.GetThing())+2, e.Code)
			}

			for line := range strings.SplitSeq(comment(f), "\n") {
				require.LessOrEqual(t, utf8.RuneCountInString(line), fault.MaxFault, e.Code)
			}
			for _, n := range []int{1, 5, 300} {
				require.LessOrEqual(t, utf8.RuneCountInString(comment(slices.Repeat([]*tradepostv1.Fault{f}, n)...)), fault.MaxComment, e.Code)
			}
		}
	}
}
