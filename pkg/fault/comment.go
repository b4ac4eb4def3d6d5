package fault

import (
	"fmt"
	"strings"
	"unicode/utf8"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Limits of a private comment, in characters. ServiceTrade does not tell its
// own; these are safe, and more than a person reads.
const (
	MaxComment = 2000
	MaxFault   = 500

	maxLink = 300
	// maxText leaves room for the number in front of a fault.
	maxText = MaxFault - 5
)

// CommentInput is what a comment tells.
type CommentInput struct {
	Faults []*tradepostv1.Fault
	// InvoiceNumber is ServiceTrade's number of the invoice, or its id as text.
	InvoiceNumber string
	// SystemTitle is the accounting system as people call it: hledger.
	SystemTitle string
	// Reference finds the comment again; it is its last line, never shortened.
	Reference string
	// Link leads to the invoice; "" leaves it out.
	Link string
	// Heading replaces the first line, for comments on invoices that were posted
	// all the same. "" says that the invoice was not posted.
	Heading string
}

// Comment writes the private comment: plain text of at most MaxComment
// characters that names every fault. When they do not fit one by one, faults
// of the same kind are told together, and what there is no room for is left out piece
// by piece: things and words before what to do. It says how many things are left out. The same input gives the same text.
func Comment(in CommentInput) string {
	head, foot := heading(in), footer(in.Link, in.Reference)
	room := MaxComment - utf8.RuneCountInString(head) - utf8.RuneCountInString(foot) - 2
	for _, body := range []func([]*tradepostv1.Fault, int) (string, bool){oneByOne, grouped} {
		if text, fits := body(in.Faults, room); fits {
			return head + "\n" + text + "\n" + foot
		}
	}
	return head + "\n" + titlesOnly(in.Faults, room) + "\n" + foot
}

func heading(in CommentInput) string {
	if in.Heading != "" {
		return Clip(OneLine(in.Heading), 300)
	}
	system := Clip(OneLine(in.SystemTitle), 60)
	if system == "" {
		system = "the accounting system"
	}
	invoice := "This invoice"
	if number := Clip(OneLine(in.InvoiceNumber), 60); number != "" {
		invoice = "Invoice " + number
	}
	s := fmt.Sprintf("%s was not posted to %s: ", invoice, system)
	if len(in.Faults) == 1 {
		return s + "1 problem."
	}
	return s + fmt.Sprintf("%d problems.", len(in.Faults))
}

// Signed is a text with the last lines of a comment: the link to the invoice, "" leaves
// it out, and the reference by which the comment is found again.
func Signed(text, link, reference string) string { return text + "\n" + footer(link, reference) }

func footer(link, reference string) string {
	ref := "Reference: " + reference
	link = OneLine(link)
	if link == "" || utf8.RuneCountInString(link) > maxLink {
		return ref
	}
	return link + "\n" + ref
}

func oneByOne(faults []*tradepostv1.Fault, room int) (string, bool) {
	lines := make([]string, len(faults))
	for i, f := range faults {
		lines[i] = numbered(i, len(faults), Text(f))
	}
	text := strings.Join(lines, "\n")
	return text, utf8.RuneCountInString(text) <= room
}

// numbered puts a number before each of several lines, so that they stay apart
// where a page shows a comment without its line ends.
func numbered(i, of int, s string) string {
	if of < 2 {
		return s
	}
	return fmt.Sprintf("%d. %s", i+1, s)
}

// Text is one fault as one line for people: thing: message. What to do (who):
// fix. It has at most MaxFault characters; the accounting system's words give
// way first, the fix last.
func Text(f *tradepostv1.Fault) string {
	head := f.GetThing() + ": "
	fix := todo(f)
	room := maxText - utf8.RuneCountInString(head) - utf8.RuneCountInString(fix) - 1
	message := Clip(f.GetMessage(), max(room, 40))
	if vendor := f.GetVendorText(); vendor != "" {
		frame := ` It says: ""` + traced(f)
		if left := room - utf8.RuneCountInString(message) - utf8.RuneCountInString(frame); left >= 10 {
			message += ` It says: "` + Clip(OneLine(vendor), left) + `"` + traced(f)
		}
	}
	return Clip(head+message+" "+fix, maxText)
}

// traced is the vendor's id of the call, for its support desk.
func traced(f *tradepostv1.Fault) string {
	if f.GetVendorTraceId() == "" {
		return ""
	}
	return " (its id of the call: " + f.GetVendorTraceId() + ")"
}

func todo(f *tradepostv1.Fault) string {
	return fmt.Sprintf("What to do (%s): %s", OwnerWord(f.GetOwner()), f.GetFix())
}

// Line is one fault as one line for a terminal or a log, with its code and
// without a limit.
func Line(f *tradepostv1.Fault) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s: %s", f.GetCode(), f.GetThing(), f.GetMessage())
	if f.GetVendorText() != "" {
		fmt.Fprintf(&b, " It says: %q%s", f.GetVendorText(), traced(f))
	}
	fmt.Fprintf(&b, " %s", todo(f))
	if f.GetPath() != "" {
		fmt.Fprintf(&b, " [%s]", f.GetPath())
	}
	return b.String()
}
