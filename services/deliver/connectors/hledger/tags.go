package hledger

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost/tradepost/pkg/connector"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// headerTags are the comments of the entry: what finds it again first, then what
// a bookkeeper looks for, each with a line of its own.
func headerTags(p connector.Posting) []string {
	d := p.Document
	tags := []string{
		fmt.Sprintf("stid:%s, kind:%s, gen:%d", d.GetMarker(), kindTag(d.GetKind()), p.Generation),
		"sthash:" + p.DocumentHash,
	}
	add := func(name, value string) { tags = withTag(tags, name, value) }
	if entryDate(d) != d.GetIssueDate() {
		add("issued", d.GetIssueDate())
	}
	add("due", d.GetDueDate())
	add("po", d.GetPoNumber())
	add("job", d.GetJob().GetNumber())
	add("location", d.GetLocation().GetName())
	tags = chosenTags(tags, d)
	add("office", d.GetOffice())
	add("from", d.GetServiceFrom())
	add("to", d.GetServiceTo())
	add("message", d.GetCustomerMessage())
	add("note", d.GetPrivateNote())
	add("memo", d.GetMemo())
	add("corrects", d.GetAppliesTo().GetNumber())
	for _, name := range slices.Sorted(maps.Keys(d.GetCustomFields())) {
		if tag := fieldTag(name); tag != "" {
			add(tag, d.GetCustomFields()[name])
		}
	}
	add("url", d.GetSource().GetUrl())
	return tags
}

// chosenTags are what the mapping chose for the whole document.
func chosenTags(tags []string, d *tradepostv1.Document) []string {
	tags = withTag(tags, "terms", termsWord(d.GetTerms()))
	tags = withTag(tags, "class", d.GetClass().GetValue())
	tags = withTag(tags, "department", d.GetDepartment().GetValue())
	tags = withTag(tags, "rep", d.GetSalesRep().GetValue())
	return withTag(tags, "form", d.GetTemplate().GetValue())
}

// withTag adds a tag that has a value.
func withTag(tags []string, name, value string) []string {
	if v := tagText(value); v != "" {
		return append(tags, name+":"+v)
	}
	return tags
}

// termsWord is what the books call the terms; else ServiceTrade's word.
func termsWord(t *tradepostv1.Terms) string {
	if v := t.GetReference().GetValue(); v != "" {
		return v
	}
	return t.GetName()
}

var notInTag = regexp.MustCompile(`[^\pL\pN]+`)

// fieldTag is the tag of a custom field. What is before the name keeps a field called
// void or stid from being taken for a tag that Tradepost reads.
func fieldTag(name string) string {
	word := strings.Trim(notInTag.ReplaceAllString(strings.ToLower(name), "-"), "-")
	if word == "" {
		return ""
	}
	return "field-" + word
}

const creditMemoTag = "credit-memo"

func kindTag(k tradepostv1.DocumentKind) string {
	if k == tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO {
		return creditMemoTag
	}
	return "invoice"
}

func kindOf(tag string) tradepostv1.DocumentKind {
	switch tag {
	case creditMemoTag:
		return tradepostv1.DocumentKind_DOCUMENT_KIND_CREDIT_MEMO
	case "invoice":
		return tradepostv1.DocumentKind_DOCUMENT_KIND_INVOICE
	}
	return tradepostv1.DocumentKind_DOCUMENT_KIND_UNSPECIFIED
}

// lineTags is the comment of a line's posting.
func lineTags(i int, ln *tradepostv1.Line) string {
	tags := []string{"line:" + tagText(ln.GetKey())}
	add := func(name, value string) { tags = withTag(tags, name, value) }
	if ln.GetKey() == "" {
		tags[0] = "line:" + strconv.Itoa(i+1)
	}
	add("item", itemWord(ln.GetItem()))
	add("qty", ln.GetQuantity())
	add("unit", ln.GetUnitOfMeasure())
	add("price", ln.GetUnitPrice())
	add("class", ln.GetClass().GetValue())
	add("department", ln.GetDepartment().GetValue())
	add("taxcode", ln.GetTaxCode().GetValue())
	add("costcode", ln.GetCostCode())
	add("text", ln.GetDescription())
	return strings.Join(tags, ", ")
}

func itemWord(it *tradepostv1.Item) string {
	for _, word := range []string{it.GetReference().GetValue(), it.GetCode(), it.GetName()} {
		if word != "" {
			return word
		}
	}
	return ""
}

// taxTags is the comment of a tax's posting.
func taxTags(tax *tradepostv1.Tax) string {
	tags := []string{"tax:" + tagText(tax.GetName())}
	tags = withTag(tags, "rate", tax.GetRatePercent())
	tags = withTag(tags, "taxcode", tax.GetCode().GetValue())
	tags = withTag(tags, "base", tax.GetTaxableBase())
	return strings.Join(tags, ", ")
}
