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

// Number is a document number as the mapping made it.
type Number struct {
	// Text is the whole number, Prefix what the mapping put in front of it.
	Text, Prefix string
	// Connection is the one whose mapping it is.
	Connection string
}

// Limits refuses what the accounting system cannot hold. Descriptions are not here: they
// are shortened.
func Limits(inv *normalise.Invoice, number Number, l connector.Limits) []*tradepostv1.Fault {
	var faults []*tradepostv1.Fault
	limit := maxNumber
	if l.NumberLength > 0 {
		limit = min(limit, l.NumberLength)
	}
	if n := utf8.RuneCountInString(number.Text); inv.Number != "" && n > limit {
		faults = append(faults, number.tooLong(n, limit))
	}
	if l.Lines > 0 && len(inv.Lines) > l.Lines {
		faults = append(faults, fault.New("lines.too_many", fault.Args{Path: "items", Params: map[string]string{
			"lines": strconv.Itoa(len(inv.Lines)), "limit": strconv.Itoa(l.Lines),
		}}))
	}
	return faults
}

// tooLong blames whoever can mend it: the number that fits without the prefix is none of
// ServiceTrade's doing.
func (number Number) tooLong(n, limit int) *tradepostv1.Fault {
	params := map[string]string{"number": number.Text, "length": strconv.Itoa(n), "limit": strconv.Itoa(limit)}
	if p := utf8.RuneCountInString(number.Prefix); p > 0 && n-p <= limit {
		params["prefix"], params["connection"] = number.Prefix, number.Connection
		return fault.New("number.prefix_too_long", fault.Args{Path: "numbers.prefix", Params: params})
	}
	return fault.New("number.too_long", fault.Args{Path: "invoiceNumber", Params: params})
}
