package check

import (
	"strconv"
	"unicode/utf8"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform/internal/normalise"
)

// maxNumber is the longest document number that a document carries.
const maxNumber = 255

// Limits refuses what the accounting system cannot hold. number is the document
// number that the mapping made. Descriptions are not here: they are shortened.
func Limits(inv *normalise.Invoice, number string, l connector.Limits) []*tradepostv1.Fault {
	var faults []*tradepostv1.Fault
	limit := maxNumber
	if l.NumberLength > 0 {
		limit = min(limit, l.NumberLength)
	}
	if n := utf8.RuneCountInString(number); inv.Number != "" && n > limit {
		faults = append(faults, fault.New("number.too_long", fault.Args{Path: "invoiceNumber", Params: map[string]string{
			"number": number, "length": strconv.Itoa(n), "limit": strconv.Itoa(limit),
		}}))
	}
	if l.Lines > 0 && len(inv.Lines) > l.Lines {
		faults = append(faults, fault.New("lines.too_many", fault.Args{Path: "items", Params: map[string]string{
			"lines": strconv.Itoa(len(inv.Lines)), "limit": strconv.Itoa(l.Lines),
		}}))
	}
	return faults
}
