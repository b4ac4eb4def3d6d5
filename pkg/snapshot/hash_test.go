package snapshot

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

type (
	invoice = tradepostv1.ServiceTradeInvoice
	item    = tradepostv1.ServiceTradeItem
)

// Every field of an invoice and of a line stands in one of these lists, so that
// a new one cannot be forgotten.
var (
	counts = map[string]string{
		"invoice": "invoice_number notes transaction_date due_date total_price customer location job items",
		"item":    "id description quantity price taxable lib_item service_line",
	}
	countsNot = map[string]string{
		"invoice": "id type name status substatus partial total_paid_amount vendor contract assigned_user created updated payment_terms subtotal tax tax_rate tax_group",
		"item":    "cost",
	}
)

func fieldNames(m proto.Message) []string {
	var names []string
	fields := m.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		names = append(names, string(fields.Get(i).Name()))
	}
	return names
}

func TestEveryFieldIsDecidedOn(t *testing.T) {
	for kind, m := range map[string]proto.Message{"invoice": &invoice{}, "item": &item{}} {
		require.ElementsMatch(t, fieldNames(m), strings.Fields(counts[kind]+" "+countsNot[kind]), kind)
	}
}

func drawRef(t *rapid.T, label string) *tradepostv1.NamedRef {
	if rapid.Bool().Draw(t, label+" nil") {
		return nil
	}
	return &tradepostv1.NamedRef{Id: rapid.Int64Min(1).Draw(t, label), Name: rapid.String().Draw(t, label+" name")}
}

var amounts = rapid.StringMatching(`-?(0|[1-9][0-9]{0,9})(\.[0-9]{1,4})?`)

func drawItem(t *rapid.T) *item {
	return &item{
		Id:          rapid.Int64Range(0, 9).Draw(t, "line id"),
		Description: rapid.String().Draw(t, "description"),
		Quantity:    amounts.Draw(t, "quantity"),
		Price:       amounts.Draw(t, "price"),
		Taxable:     rapid.Bool().Draw(t, "taxable"),
		LibItem:     &tradepostv1.ServiceTradeLibItem{Id: rapid.Int64Min(0).Draw(t, "lib item")},
		ServiceLine: &tradepostv1.ServiceTradeServiceLine{Id: rapid.Int64Min(0).Draw(t, "service line")},
		Cost:        amounts.Draw(t, "cost"),
	}
}

func drawInvoice(t *rapid.T) *invoice {
	return &invoice{
		Id:              2687264638045999,
		InvoiceNumber:   rapid.String().Draw(t, "number"),
		Notes:           rapid.String().Draw(t, "notes"),
		Status:          "pending_accounting",
		TransactionDate: rapid.Int64Range(0, 1<<33).Draw(t, "date"),
		DueDate:         rapid.Int64Range(0, 1<<33).Draw(t, "due"),
		TotalPrice:      amounts.Draw(t, "total"),
		Customer:        drawRef(t, "customer"),
		Location:        drawRef(t, "location"),
		Job:             drawRef(t, "job"),
		Items:           rapid.SliceOfN(rapid.Custom(drawItem), 1, 5).Draw(t, "items"),
	}
}

// change alters one field of m in a way that is another content.
func change(m protoreflect.Message, name string) {
	field := m.Descriptor().Fields().ByName(protoreflect.Name(name))
	old := m.Get(field)
	switch {
	case field.IsList():
		list := m.Mutable(field).List()
		list.Truncate(list.Len() - 1)
	case field.Kind() == protoreflect.MessageKind:
		change(m.Mutable(field).Message(), "id")
	case field.Kind() == protoreflect.BoolKind:
		m.Set(field, protoreflect.ValueOfBool(!old.Bool()))
	case field.Kind() == protoreflect.Int64Kind:
		m.Set(field, protoreflect.ValueOfInt64(old.Int()^1))
	default:
		m.Set(field, protoreflect.ValueOfString("1"+old.String()+"1"))
		if strings.HasPrefix(old.String(), "-") {
			m.Set(field, protoreflect.ValueOfString(old.String()+"1"))
		}
	}
}

func mustHash(t require.TestingT, inv *invoice) string {
	hash, err := Hash(inv)
	require.NoError(t, err)
	require.Len(t, hash, 64)
	return hash
}

func TestHashSeesWhatCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inv := drawInvoice(t)
		before := mustHash(t, inv)
		for name := range strings.FieldsSeq(counts["invoice"]) {
			other := proto.CloneOf(inv)
			change(other.ProtoReflect(), name)
			require.NotEqual(t, before, mustHash(t, other), name)
		}
		for name := range strings.FieldsSeq(counts["item"]) {
			other := proto.CloneOf(inv)
			at := rapid.IntRange(0, len(inv.Items)-1).Draw(t, "line")
			change(other.Items[at].ProtoReflect(), name)
			require.NotEqual(t, before, mustHash(t, other), name)
		}
	})
}

func TestHashIsBlindToTheRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inv := drawInvoice(t)
		before := mustHash(t, inv)
		for name := range strings.FieldsSeq(countsNot["invoice"]) {
			change(inv.ProtoReflect(), name)
			require.Equal(t, before, mustHash(t, inv), name)
		}
		for _, line := range inv.Items {
			change(line.ProtoReflect(), "cost")
			line.LibItem.Name, line.LibItem.Code, line.LibItem.Type = "new name", "new code", "labor"
			line.LibItem.ExternalIds = map[string]string{"accounting": "1"}
			line.ServiceLine.Name = "new name"
		}
		for _, ref := range []*tradepostv1.NamedRef{inv.Customer, inv.Location, inv.Job} {
			if ref != nil {
				ref.Name = "new name"
			}
		}
		require.Equal(t, before, mustHash(t, inv))
	})
}

func respell(t *rapid.T, amount string) string {
	zeros := strings.Repeat("0", rapid.IntRange(0, 5).Draw(t, "zeros"))
	if !strings.Contains(amount, ".") {
		amount += "."
		zeros += "0"
	}
	return amount + zeros
}

func TestHashReadsAmountsAsNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inv := drawInvoice(t)
		before := mustHash(t, inv)
		inv.TotalPrice = respell(t, inv.TotalPrice)
		for _, line := range inv.Items {
			line.Quantity, line.Price = respell(t, line.Quantity), respell(t, line.Price)
		}
		require.Equal(t, before, mustHash(t, inv))
	})
}

func TestHashOrdersLinesByID(t *testing.T) {
	inv := &invoice{Id: 1, Items: []*item{{Id: 2, Description: "b"}, {Id: 1, Description: "a"}, {Id: 3}}}
	before := mustHash(t, inv)
	slices.Reverse(inv.Items)
	require.Equal(t, before, mustHash(t, inv))
	require.EqualValues(t, 3, inv.Items[0].Id, "the invoice itself keeps its order")
}

func TestHashOfOddAmounts(t *testing.T) {
	for _, pair := range [][2]string{{"", "0"}, {"abc", ""}, {"1e999999999", "1"}, {"1e-999999999", "0"}, {strings.Repeat("9", 200), "9"}, {"0.1", "0.01"}} {
		require.NotEqual(t, mustHash(t, &invoice{TotalPrice: pair[0]}), mustHash(t, &invoice{TotalPrice: pair[1]}), pair)
	}
	for _, pair := range [][2]string{{"522.5", "522.50"}, {"-0", "0.00"}, {"1e3", "1000"}} {
		require.Equal(t, mustHash(t, &invoice{TotalPrice: pair[0]}), mustHash(t, &invoice{TotalPrice: pair[1]}), pair)
	}
	require.NotEqual(t,
		mustHash(t, &invoice{Customer: &tradepostv1.NamedRef{Id: 9007199254740992}}),
		mustHash(t, &invoice{Customer: &tradepostv1.NamedRef{Id: 9007199254740993}}), "ids are no doubles")
}

// A hash that is stored must still be found equal by the next release.
func TestHashStaysTheSame(t *testing.T) {
	inv := &invoice{
		Id: 1, InvoiceNumber: "11653990", TransactionDate: 1772323200, DueDate: 1774915200, Notes: "ü \"quoted\"\n",
		TotalPrice: "522.50", Customer: &tradepostv1.NamedRef{Id: 9001}, Job: &tradepostv1.NamedRef{Id: 2274033731792769},
		Items: []*item{{Id: 1, Description: "Labor", Quantity: "2.5", Price: "209", Taxable: true, LibItem: &tradepostv1.ServiceTradeLibItem{Id: 123}}},
	}
	require.Equal(t, "2845d1ae9788ce0aedcc960f37df6ce314294a732587a8c93b2f6fd79fbfb97c", mustHash(t, inv))
}

func FuzzAmount(f *testing.F) {
	for _, text := range []string{"1", "1e100", "-0.50", "1e999999999", "abc"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		require.LessOrEqual(t, len(amount(text)), max(len(text), 3*maxAmountText))
		require.Equal(t, amount(text), amount(amount(text)))
	})
}
