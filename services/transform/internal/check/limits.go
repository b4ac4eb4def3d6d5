package check

import (
	"fmt"
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
	// Text is the number without Suffix, Prefix what the mapping put in front of it.
	Text, Prefix string
	// FromJob says that the mapping takes the job's number, not the invoice's.
	FromJob bool
	// Suffix stands behind the number of one of the documents; its text is "" for none.
	Suffix Suffix
	// Connection is the one whose mapping it is.
	Connection string
}

// Suffix is what stands behind the number of a document that an invoice has besides its
// own one, and the key of the mapping that asks for that document.
type Suffix struct {
	Text, Setting string
	// Of says, for people, what has it.
	Of string
}

// Limits refuses what the accounting system cannot hold. Descriptions are not here: they
// are shortened.
func Limits(inv *normalise.Invoice, number Number, l connector.Limits) []*tradepostv1.Fault {
	faults := number.Fits(l)
	if l.Lines > 0 && len(inv.Lines) > l.Lines {
		faults = append(faults, fault.New("lines.too_many", fault.Args{Path: "items", Params: map[string]string{
			"lines": strconv.Itoa(len(inv.Lines)), "limit": strconv.Itoa(l.Lines),
		}}))
	}
	return faults
}

// Fits refuses a number that is too long, and blames whoever can mend it: one that fits
// without what the mapping added is none of ServiceTrade's doing.
func (number Number) Fits(l connector.Limits) []*tradepostv1.Fault {
	limit := maxNumber
	if l.NumberLength > 0 {
		limit = min(limit, l.NumberLength)
	}
	own := utf8.RuneCountInString(number.Text)
	whole := own + utf8.RuneCountInString(number.Suffix.Text)
	prefix := utf8.RuneCountInString(number.Prefix)
	switch {
	case own == 0 || whole <= limit:
		return nil
	case own <= limit:
		how := fmt.Sprintf("%q behind it for %s", number.Suffix.Text, number.Suffix.Of)
		return one(number.madeTooLong(number.Text+number.Suffix.Text, whole, limit, number.Suffix.Setting, how))
	case prefix > 0 && own-prefix <= limit:
		return one(fault.New("number.prefix_too_long", fault.Args{Path: "numbers.prefix", Params: map[string]string{
			"number": number.Text, "length": strconv.Itoa(own), "limit": strconv.Itoa(limit),
			"prefix": number.Prefix, "connection": number.Connection,
		}}))
	case number.FromJob:
		return one(number.madeTooLong(number.Text, own, limit, "numbers.source", "numbers.source: job"))
	}
	return one(fault.New("number.too_long", fault.Args{Path: "invoiceNumber", Params: map[string]string{
		"number": number.Text, "length": strconv.Itoa(own), "limit": strconv.Itoa(limit),
	}}))
}

func (number Number) madeTooLong(text string, length, limit int, setting, how string) *tradepostv1.Fault {
	return fault.New("number.made_too_long", fault.Args{Path: setting, Params: map[string]string{
		"number": text, "length": strconv.Itoa(length), "limit": strconv.Itoa(limit),
		"how": how, "setting": setting, "connection": number.Connection,
	}})
}
