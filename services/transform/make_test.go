package transform_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"buf.build/go/protovalidate"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/fault"
	"github.com/tradepost/tradepost/pkg/invoice"
	"github.com/tradepost/tradepost/pkg/mapping"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
	"github.com/tradepost/tradepost/services/transform"
)

// check proves what holds for every result, whatever the snapshot was.
func check(t require.TestingT, in transform.Input, r transform.Result) {
	if len(r.Faults) > 0 {
		require.Empty(t, r.Documents)
		for _, f := range r.Faults {
			require.NoError(t, protovalidate.Validate(f))
			require.NotEqual(t, fault.Unknown, f.GetCode(), f.GetMessage())
		}
		return
	}
	require.Len(t, r.Documents, 1)
	doc := r.Documents[0]
	require.NoError(t, protovalidate.Validate(doc))
	require.NoError(t, invoice.Check(doc))
	require.Len(t, doc.GetLines(), len(in.Snapshot.GetInvoice().GetItems()), "every line is carried")
	explained(t, doc, r.Explanations[0])
}

// explained proves that every field that is set has its reason, and that the
// reason names the value that is there.
func explained(t require.TestingT, doc *tradepostv1.Document, e *tradepostv1.DocumentExplanation) {
	values := map[string]string{}
	for _, f := range e.GetFields() {
		require.NotContains(t, values, f.GetField(), "explained twice")
		require.NotEmpty(t, f.GetRule(), f.GetField())
		values[f.GetField()] = f.GetValue()
	}
	set := map[string]string{}
	leaves(doc.ProtoReflect(), "", set)
	require.Equal(t, set, values)
}

// leaves lists the fields that are set, by their paths; a reference is one field.
func leaves(m protoreflect.Message, path string, into map[string]string) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		at := path + string(fd.Name())
		switch {
		case fd.IsMap():
			v.Map().Range(func(k protoreflect.MapKey, mv protoreflect.Value) bool {
				into[at+"."+k.String()] = mv.String()
				return true
			})
		case fd.IsList():
			for i := range v.List().Len() {
				leaf(fd, v.List().Get(i), fmt.Sprintf("%s[%d]", at, i), into)
			}
		default:
			leaf(fd, v, at, into)
		}
		return true
	})
}

func leaf(fd protoreflect.FieldDescriptor, v protoreflect.Value, at string, into map[string]string) {
	switch {
	case fd.Kind() == protoreflect.EnumKind:
		into[at] = string(fd.Enum().Values().ByNumber(v.Enum()).Name())
	case fd.Kind() != protoreflect.MessageKind:
		into[at] = fmt.Sprint(v.Interface())
	default:
		if r, ok := v.Message().Interface().(*tradepostv1.Reference); ok {
			into[at] = r.GetValue()
			return
		}
		leaves(v.Message(), at+".", into)
	}
}

func TestGoldenResultsHoldThePromises(t *testing.T) {
	for _, c := range goldenCases {
		t.Run(c.name, func(t *testing.T) {
			s := base()
			c.edit(s)
			in := c.input(t, s)
			before := proto.CloneOf(s)
			check(t, in, transform.Make(in))
			require.True(t, proto.Equal(before, s), "the snapshot is not touched")
		})
	}
}

// Rubbish in every field: an answer, never a panic, never a document that breaks a promise.
func TestMakeOfRubbish(t *testing.T) {
	in := goldenCase{mapping: "tax"}.input(t, nil)
	text := rapid.OneOf(rapid.Just(""), rapid.String(), rapid.SampledFrom([]string{"1", "-3.50", "NaN", "1e9", "invoice", "\x00", "٣"}))
	rapid.Check(t, func(t *rapid.T) {
		s := base()
		s.Invoice.InvoiceNumber, s.Invoice.Name, s.Invoice.Notes = text.Draw(t, "number"), text.Draw(t, "name"), text.Draw(t, "notes")
		s.Invoice.TotalPrice, s.Invoice.Tax, s.Invoice.TaxRate = text.Draw(t, "total"), text.Draw(t, "tax"), text.Draw(t, "rate")
		s.Invoice.TransactionDate, s.Invoice.DueDate = rapid.Int64().Draw(t, "date"), rapid.Int64().Draw(t, "due")
		s.Customer.Name, s.Customer.Email, s.Customer.Phone = text.Draw(t, "customer"), text.Draw(t, "email"), text.Draw(t, "phone")
		s.Customer.ExternalIds = map[string]string{"accounting": text.Draw(t, "external id"), text.Draw(t, "system"): "x"}
		s.Location.Address.PostalCode = strings.Repeat(text.Draw(t, "zip"), 50)
		for _, item := range s.Invoice.Items {
			item.Id, item.Quantity, item.Price = rapid.Int64().Draw(t, "id"), text.Draw(t, "quantity"), text.Draw(t, "price")
			item.Description, item.LibItem = text.Draw(t, "text"), &libItem{Code: text.Draw(t, "code"), Name: text.Draw(t, "item")}
		}
		in.Snapshot = s
		r := transform.Make(in)
		require.NotEqual(t, len(r.Faults) > 0, len(r.Documents) > 0)
		check(t, in, r)
		fault.Comment(fault.CommentInput{Faults: r.Faults})
	})
}

func TestMakeWithoutMapping(t *testing.T) {
	r := transform.Make(transform.Input{Snapshot: base(), Connection: "acme-hledger"})
	require.Equal(t, "connection.mapping_wrong", r.Faults[0].GetCode())
	m, err := mapping.Parse([]byte("version: 1\n"), "m.yaml")
	require.NoError(t, err)
	r = transform.Make(transform.Input{Snapshot: base(), Mapping: m, Account: "acme", TimeZone: time.UTC})
	require.Equal(t, "customer.not_mapped", r.Faults[0].GetCode())
	require.Contains(t, r.Faults[0].GetFix(), "customer table", "without an external system only the table is offered")
	require.NotContains(t, r.Faults[0].GetFix(), "external ID")
}

// Many lines: the explanation gives way before the message grows too large, and
// a document that is too large is refused.
func TestMakeOfManyLines(t *testing.T) {
	in := goldenCase{}.input(t, base())
	lines := func(n int) {
		in.Snapshot.Invoice.Items = nil
		for i := range n {
			in.Snapshot.Invoice.Items = append(in.Snapshot.Invoice.Items, sold(int64(i+1), "Filter", "1", "1", filter))
		}
		in.Snapshot.Invoice.TotalPrice = fmt.Sprint(n)
	}
	lines(900)
	r := transform.Make(in)
	require.Empty(t, r.Faults)
	require.Len(t, r.Documents[0].GetLines(), 900)
	require.Less(t, len(stable(t, r.Explanations[0])), 384<<10)
	last := r.Explanations[0].GetFields()[len(r.Explanations[0].GetFields())-1]
	require.Equal(t, "lines", last.GetField())

	lines(5000)
	r = transform.Make(in)
	require.Equal(t, "message.too_large", r.Faults[0].GetCode())
}
